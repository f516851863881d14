//===- StateMacros.cpp - Macros that stand for the state ------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `#define spam_global ((spam_state
// *)PyModule_GetState(PyState_FindModule(&def)))` is the state of the module:
// functions that use it are given that, and the macro goes.
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace pyext::migrate {

/// Whether \p Definition, from its name on, is the state and nothing else.
static bool isState(StringRef Definition, StringRef Find) {
  std::string Text;
  for (char C : Definition.drop_while(isWord))
    if (!isSpace(C) && C != '\\')
      Text += C;
  std::string Call = "PyModule_GetState(" + Find.str() + ")";
  Call.erase(remove_if(Call, isSpace), Call.end());
  StringRef T = Text;
  const size_t At = T.find(Call);
  if (At == StringRef::npos)
    return false;
  // Parentheses and a cast.
  StringRef Before = T.take_front(At), After = T.substr(At + Call.size());
  if (!all_of(After, [](char C) { return C == ')'; }))
    return false;
  const size_t Open = Before.rfind('(');
  if (Before.ends_with("*)") &&
      all_of(Before.slice(Open + 1, Before.size() - 2), isWord))
    Before = Before.take_front(Open);
  return all_of(Before, [](char C) { return C == '('; }) &&
         Before.size() == After.size();
}

void Rewriter::findStateMacros() {
  if (!HasState || O.Upto < Level::State)
    return;
  for (const ApiUse &U : I.Uses) {
    if (U.Name != "PyState_FindModule" || U.ArgVariable != M.Definition ||
        U.Function == BodyKey)
      continue;
    auto Body = find_if(I.MacroBodies,
                        [&](const Place &P) { return contains(P, U.Whole); });
    if (Body == I.MacroBodies.end() || !isState(I.text(*Body), I.text(U.Whole)))
      continue;
    StateMacro &Macro = StateMacros[*Body];
    Macro.Functions.insert(U.Function);
    Macro.Find = U.Whole;
  }
  for (auto &[Body, Macro] : StateMacros) {
    for (const Index::MacroUse &U : I.MacroUses)
      if (U.Definition == Body)
        Macro.Uses.push_back(U.Name);
    auto Inactive = [&](Place P) {
      return any_of(I.Files[P.File].Inactive,
                    [&](const auto &Part) { return contains(Part.first, P); });
    };
    // Every mention is one of these.
    StringRef Name = I.text(Body).take_while(isWord);
    for (size_t File = 0; File < I.Files.size(); ++File) {
      StringRef T = I.Files[File].Text;
      for (size_t At = T.find(Name); At != StringRef::npos;
           At = T.find(Name, At + 1)) {
        const Place P{int(File), unsigned(At), unsigned(At + Name.size())};
        if ((At && isWord(T[At - 1])) || isWord(T[P.End]) || inComment(T, At) ||
            isDead(P.File, At) || contains(Body, P))
          continue;
        // It may be in text that is compiled elsewhere.
        const std::string Key = enclosing(P.File, P.Begin);
        if (is_contained(Macro.Uses, P) ? Macro.Functions.count(Key) != 0
                                        : Inactive(P) && !Key.empty()) {
          Macro.Functions.insert(Key);
          if (!is_contained(Macro.Uses, P))
            Macro.Uses.push_back(P);
        } else {
          Macro.Find = Place();
        }
      }
    }
  }
  for (auto It = StateMacros.begin(); It != StateMacros.end();)
    It = It->second.Find.valid() ? std::next(It) : StateMacros.erase(It);
}

bool Rewriter::isStateMacro(const ApiUse &U) const {
  return any_of(StateMacros,
                [&](const auto &P) { return P.second.Find == U.Whole; });
}

void Rewriter::emitStateMacros() {
  for (const auto &[Body, Macro] : StateMacros) {
    for (const Place &Use : Macro.Uses)
      if (!skipped(Use))
        edit(Use, StateName);
    StringRef Before =
        StringRef(I.Files[Body.File].Text).take_front(Body.Begin).rtrim(" \t");
    Before = Before.drop_back(strlen("define")).rtrim(" \t").drop_back(1);
    const Place Line =
        wholeLine({Body.File, unsigned(Before.size()), Body.End});
    replaceAll(Line);
    edit(Line, "");
  }
}

} // namespace pyext::migrate
