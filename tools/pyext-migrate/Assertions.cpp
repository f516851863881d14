//===- Assertions.cpp - The state where only assertions need it -----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"

using namespace llvm;

namespace pyext::migrate {

/// The `assert(` that \p At is in, when the statement is that and no more.
static size_t assertionAround(StringRef T, unsigned Begin, unsigned At) {
  StringRef Before = T.slice(Begin, At);
  Before = Before.substr(Before.find_last_of(";{}") + 1).ltrim();
  return Before.starts_with("assert(") || Before.starts_with("assert (")
             ? size_t(Before.data() - T.data())
             : StringRef::npos;
}

/// Whether all that needs the state in a function is in assertions.
bool Rewriter::onlyAsserts(const Function &F) const {
  StringRef T = I.Files[F.Body.File].Text;
  auto Asserted = [&](Place P) {
    return assertionAround(T, F.Body.Begin, P.Begin) != StringRef::npos;
  };
  if (F.MacroMade || I.text(F.Body).contains("\n#") ||
      I.text(F.Body).contains("\n #"))
    return false;
  const std::optional<std::vector<Place>> Needs = needsIn(F);
  return Needs && all_of(*Needs, Asserted);
}

void Rewriter::declareForAsserts(const Function &F, const std::string &Value) {
  StringRef T = I.Files[F.Body.File].Text;
  const unsigned At = F.Body.Begin + 1;
  if (T[At] != '\n')
    return declareState(F, Value);
  insert(F.Body.File, At,
         "\n#ifndef NDEBUG\n" + In + StateType + " *" + StateName + " = " +
             Value + ";\n#endif");
}

/// What a helper or a deallocator asserts of the type of an object. A build
/// without assertions needs no state there.
std::optional<Rewriter::Assertions>
Rewriter::onlyAssertedTypes(const Function &F) const {
  const bool Dying = !F.Roots.empty();
  if (Cxx || !F.Defined || !F.Body.valid() || F.MacroMade || F.Variadic ||
      F.Parameters.empty() || F.Members.size() || !F.Family.empty() ||
      any_of(F.Roots, [](const auto &P) {
        return P.first != Root::Dying || P.second.empty();
      }))
    return std::nullopt;
  StringRef T = I.Files[F.Body.File].Text, Body = I.text(F.Body);
  if (Body.contains("\n#") || Body.contains("\n #"))
    return std::nullopt;
  Assertions Out;
  std::set<unsigned> Found;
  for (const auto &[Key, E] : Entities) {
    if (!E.Drop.empty())
      continue;
    for (const Reference &Ref : E.V->References) {
      if (Ref.Function != F.Key)
        continue;
      if (!E.T || !Ref.Token.valid())
        return std::nullopt;
      std::vector<Place> Uses{Ref.Token};
      if (!contains(F.Body, Ref.Token))
        Uses = usesLeadingTo(F, Ref.Token);
      if (Uses.empty())
        return std::nullopt;
      for (const Place &P : Uses) {
        const size_t At = assertionAround(T, F.Body.Begin, P.Begin);
        if (At == StringRef::npos)
          return std::nullopt;
        Found.insert(unsigned(At));
      }
    }
  }
  if (Found.empty())
    return std::nullopt;
  Out.Statements.assign(Found.begin(), Found.end());
  // Its scope is that of the function.
  int Depth = 0;
  for (unsigned At = F.Body.Begin; At < *Found.begin(); ++At)
    if (!inComment(T, At))
      Depth += T[At] == '{' ? 1 : T[At] == '}' ? -1 : 0;
  StringRef Line = T.take_front(*Found.begin());
  Line = Line.substr(Line.rfind('\n') + 1);
  if (Depth != 1 || !Line.trim().empty())
    return std::nullopt;
  StringRef Asserted = T.substr(*Found.begin()).take_until([](char C) {
    return C == ';';
  });
  if (Dying) {
    Out.Value = Prefix + "_find_state(Py_TYPE(" + selfName(F) + "))";
    return Out;
  }
  // It is the object that decides, and nothing else.
  if (Asserted.contains("||") || Asserted.contains('?') ||
      Asserted.contains("NULL") || Asserted.contains('!'))
    return std::nullopt;
  for (const Parameter &P : F.Parameters) {
    if (P.Name.empty() || StringRef(P.Name).starts_with("_unused_") ||
        !StringRef(P.Type).trim().ends_with("*"))
      continue;
    const bool Type = StringRef(P.Type).contains("PyTypeObject");
    if (Type != Asserted.contains("PyType_IsSubtype("))
      continue;
    for (size_t At = Asserted.find(P.Name); At != StringRef::npos;
         At = Asserted.find(P.Name, At + 1)) {
      StringRef After = Asserted.substr(At + P.Name.size()).ltrim();
      if (At && !isWord(Asserted[At - 1]) && Asserted[At - 1] != '>' &&
          Asserted[At - 1] != '.' &&
          (After.starts_with(")") || After.starts_with(","))) {
        Out.Value =
            Prefix + "_get_state_by_type(" +
            (Type ? P.Name : "Py_TYPE(" + P.Name + ")") + ")";
        return Out;
      }
    }
  }
  return std::nullopt;
}

void Rewriter::emitAssertions(const Function &F) {
  const std::optional<Assertions> A = onlyAssertedTypes(F);
  if (!A)
    return;
  const int File = F.Body.File;
  StringRef T = I.Files[File].Text;
  const unsigned First = A->Statements.front();
  const size_t Line = T.take_front(First).rfind('\n') + 1;
  insert(File, unsigned(Line),
         "#ifndef NDEBUG\n" + indentAt({File, First, First}) + StateType +
             " *" + StateName + " = " + A->Value + ";\n#endif\n");
  if (!F.Roots.empty())
    for (unsigned At : A->Statements)
      insert(File, unsigned(T.find('(', At) + 1), StateName + " == NULL || ");
}

} // namespace pyext::migrate
