//===- Finds.cpp - Uses of PyState_FindModule() ---------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// It finds nothing under multi-phase initialisation.
// A macro that is PyModule_GetState(PyState_FindModule(&def)), in a cast, is the
// state of the module: functions that use it are given that, and the macro goes.
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
      for (size_t At = findWord(T, Name); At != StringRef::npos;
           At = findWord(T, Name, At + 1)) {
        const Place P{int(File), unsigned(At), unsigned(At + Name.size())};
        if (inComment(T, At) || isDead(P.File, At) || contains(Body, P))
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
    const Place Lines = definitionLines(I, Body);
    replaceAll(Lines);
    edit(Lines, "");
  }
}

/// The module for a function that is not given it; empty for others.
std::string Rewriter::moduleFor(const Function &F) {
  auto Is = Modes.find(F.Key);
  if (Is == Modes.end())
    return "";
  if (Is->second == Mode::Current)
    return Prefix + "_get_current_module()";
  if (Is->second != Mode::Local)
    return "";
  const std::string Value = fetchModule(F);
  UsesModuleByType |= StringRef(Value).contains("_get_module_by_type");
  return Value;
}

bool Rewriter::handsModule(const std::string &Key) const {
  return any_of(I.Calls, [&](const Call &C) {
    auto To = Modes.find(C.Callee);
    return C.Caller == Key && To != Modes.end() &&
           To->second == Mode::ModuleParameter;
  });
}

void Rewriter::emitFinds() {
  const std::vector<const ApiUse *> All = finds();
  std::map<std::string, unsigned> Times; // In functions, how often.
  for (const ApiUse *U : All)
    Times[U->Function] += !inBody(*U);
  const std::set<std::string> Ready = readyFunctions();
  std::set<std::string> Fetched;
  if (!M.GlobalVariable.empty())
    for (const Place &P : I.Variables.at(M.GlobalVariable).Declarations)
      removeDeclaration(P);
  for (const ApiUse *U : All) {
    if (inBody(*U) && U->Whole.Begin < M.CreateStatement.Begin) {
      // Each interpreter has a module of its own.
      for (const Place &P : U->Again) {
        if (skipped(P))
          continue;
        replaceAll(P);
        edit(wholeLine(P), "");
      }
      if (U->Again.empty())
        R.Refused = "'" + Body->Name +
                    "' looks for a module that exists already, in a way that "
                    "is not understood";
    }
    if (skipped(U->Whole) ||
        I.text(U->Whole) == (inBody(*U) ? ModuleName : moduleVariable()))
      continue;
    // What is needed once is fetched there.
    std::string Value;
    if (const Function *F = function(U->Function);
        F && !inBody(*U) && contains(F->Body, U->Whole) &&
        Times[U->Function] == 1 && !handsModule(U->Function) &&
        !Ready.count(U->Function)) {
      Value = moduleFor(*F);
      if (Modes[F->Key] == Mode::Local)
        nameParameter(*F, 0);
    }
    if (Value.empty())
      Value = inBody(*U) ? ModuleName : moduleVariable();
    else
      Fetched.insert(U->Function);
    replaceAll(U->Whole);
    edit(U->Whole, Value);
  }
  for (const std::string &Key : ModuleUsers) {
    auto It = I.Functions.find(Key);
    auto Is = Modes.find(Key);
    if (It == I.Functions.end() || Is == Modes.end() || Fetched.count(Key))
      continue;
    if (Times[Key] == 0 && (!handsModule(Key) || Key == BodyKey))
      continue;
    const Function &F = It->second;
    const std::string Value =
        Is->second == Mode::Exec ? ModuleName : moduleFor(F);
    if (Value.empty() || Value == moduleVariable())
      continue;
    if (Is->second == Mode::Local)
      nameParameter(F, 0);
    declare(F, "PyObject *" + moduleVariable() + " = " + Value + ";");
  }
  // Modules of multi-phase initialisation are in no such table.
  for (const ApiUse &U : I.Uses) {
    if (U.Name != "PyState_AddModule" || U.Function != BodyKey || M.MultiPhase)
      continue;
    const Place P = U.If.valid() ? U.If : U.Statement;
    if (!P.valid() || (U.NeedsBraces && !U.If.valid())) {
      R.Refused = "the result of PyState_AddModule() is used";
      continue;
    }
    replaceAll(P);
    edit(wholeLine(P), "");
  }
  removeSurplusReferences();
  // Types of the module have to know it.
  if (WithState || !All.empty())
    for (const ApiUse &U : I.Uses) {
      const std::string Module = moduleAt(U);
      if (!StringRef(U.Name).starts_with("PyType_FromSpec") ||
          Module.empty() || (U.Function != BodyKey && !specsNeedModule()) ||
          !U.Whole.valid() || U.Args.empty())
        continue;
      edit({U.Whole.File, U.Whole.Begin,
            U.Whole.Begin + unsigned(U.Name.size())},
           "PyType_FromModuleAndSpec");
      StringRef T = I.text(U.Whole);
      unsigned Open = U.Whole.Begin + T.find('(') + 1;
      insert(U.Whole.File, Open, Module + ", ");
      if (U.Name == "PyType_FromSpec")
        insert(U.Whole.File, U.Whole.End - 1, ", NULL");
    }
}

/// Whether functions look for the state in types that the sources make of specs.
bool Rewriter::specsNeedModule() const {
  return any_of(Modes, [&](const auto &P) {
    const Function *F = P.second == Mode::Local ? function(P.first) : nullptr;
    return F && any_of(F->Roots, [&](const auto &Of) {
             return Of.first != Root::ModuleMethod &&
                    Of.first != Root::ModuleHook && !Of.second.empty() &&
                    none_of(I.Types, [&](const auto &T) {
                      return T.first == Of.second ||
                             is_contained(T.second.Tables, Of.second);
                    });
           });
  });
}

/// The module where \p U makes a type of it: in the exec function, or in one that
/// this alone calls, with the module. "" elsewhere.
std::string Rewriter::moduleAt(const ApiUse &U) const {
  if (U.Function == BodyKey)
    return ModuleName;
  const Function *F = function(U.Function);
  const std::string Own = F ? moduleParameter(*F) : "";
  if (Own.empty() || !F->Roots.empty() || !F->Escapes.empty() ||
      !contains(F->Body, U.Whole))
    return "";
  size_t N = 0;
  while (F->Parameters[N].Name != Own)
    ++N;
  bool Called = false;
  for (const Call &C : I.Calls) {
    if (C.Callee != F->Key)
      continue;
    if (C.Caller != BodyKey || !C.Open.valid())
      return "";
    StringRef T = I.Files[C.Open.File].Text;
    const size_t End = closing(T, C.Open.Begin - 1);
    if (End == StringRef::npos)
      return "";
    const std::vector<std::string> Args =
        splitTop(T.slice(C.Open.End, End - 1));
    if (N >= Args.size() || StringRef(Args[N]).trim() != ModuleName)
      return "";
    Called = true;
  }
  return Called ? Own : "";
}

/// A heap type that PyInit_ gives one reference too many would keep its module
/// from being released.
void Rewriter::removeSurplusReferences() {
  for (const ApiUse &U : I.Uses) {
    if (!StringRef(U.Name).starts_with("PyType_FromSpec") ||
        U.Function != BodyKey || !U.Whole.valid())
      continue;
    // `Name = (cast)PyType_FromSpec(...)`
    StringRef T = I.Files[U.Whole.File].Text;
    StringRef Before = T.take_front(U.Whole.Begin).rtrim();
    while (Before.consume_back(")") || Before.ends_with("(PyTypeObject *") ||
           Before.ends_with("(PyTypeObject*"))
      Before = Before.take_front(Before.rfind('(')).rtrim();
    if (!Before.consume_back("="))
      continue;
    Before = Before.rtrim();
    size_t Begin = Before.size();
    while (Begin && isWord(Before[Begin - 1]))
      --Begin;
    const std::string Name = Before.substr(Begin).str();
    const bool Local = Body->Locals.count(Name) && Begin &&
                       !StringRef("->.").contains(Before[Begin - 1]);
    if (!Local)
      continue;
    // The field that it goes to.
    std::set<std::string> Names{Name};
    bool Kept = false;
    StringRef Text = I.text(Body->Body);
    for (size_t At = Text.find(Name); At != StringRef::npos;
         At = Text.find(Name, At + 1)) {
      StringRef Left = Text.take_front(At).rtrim();
      if (!Text.substr(At + Name.size()).ltrim().starts_with(";"))
        continue;
      if (Left.consume_back(")"))
        Left = Left.take_front(Left.rfind('(')).rtrim();
      if (!Left.consume_back("="))
        continue;
      Left = Left.rtrim();
      size_t Field = Left.size();
      while (Field && isWord(Left[Field - 1]))
        --Field;
      if (Left.take_front(Field).ends_with("->")) {
        Names.insert(Left.substr(Field).str());
        Kept = true;
      }
    }
    auto Of = [&](StringRef Arg) {
      Arg = Arg.rtrim(" )");
      size_t N = Arg.size();
      while (N && isWord(Arg[N - 1]))
        --N;
      return Names.count(Arg.substr(N).str()) != 0;
    };
    std::vector<const ApiUse *> Increments;
    unsigned Given = 0;
    for (const ApiUse &Other : I.Uses) {
      if (Other.Function != BodyKey || Other.Args.empty())
        continue;
      if ((Other.Name == "Py_INCREF" || Other.Name == "Py_XINCREF") &&
          Of(Other.Args[0]))
        Increments.push_back(&Other);
      else if (Other.Name == "PyModule_AddObject" && Other.Args.size() == 3 &&
               Of(Other.Args[2]))
        ++Given;
    }
    if (!Kept)
      continue; // Not known who owns it.
    while (Increments.size() > Given && Increments.back()->Statement.valid() &&
           !Increments.back()->NeedsBraces) {
      const Place S = Increments.back()->Statement;
      R.Left.push_back({"'" + I.text(S).str() + "'", S,
                        "removed: nothing gives this reference back"});
      replaceAll(S);
      edit(wholeLine(S), "");
      Increments.pop_back();
    }
  }
}

} // namespace pyext::migrate
