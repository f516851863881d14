//===- Inactive.cpp - Text that this configuration does not compile -------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Other platforms and build options compile it. What it mentions inside a
// function that is known is rewritten like the rest, as far as names say what
// it is; elsewhere it keeps things from moving.
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace pyext::migrate {

/// The defined function whose body holds a place; empty when there is none.
std::string Rewriter::enclosing(int File, unsigned At) const {
  for (const auto &[Key, F] : I.Functions)
    if (F.Defined && F.Body.File == File && F.Body.Begin < At &&
        At < F.Body.End)
      return Key;
  return "";
}

/// `int name(...) {` or `int name(...);`, with the name at \p Name.
static bool declaresFunction(StringRef T, size_t Name, size_t Open) {
  StringRef Before = T.take_front(Name).rtrim(" \t\r\n*");
  if (Before.empty() || !isWord(Before.back()))
    return false;
  size_t End = Open;
  int Depth = 0;
  do {
    Depth += T[End] == '(' ? 1 : T[End] == ')' ? -1 : 0;
    ++End;
  } while (Depth && End < T.size());
  StringRef After = T.substr(End).ltrim();
  return After.starts_with("{") || After.starts_with(";");
}

void Rewriter::readInactive() {
  std::map<std::string, std::string> Variables, Functions;
  std::set<std::string> Twice;
  for (const auto &[Key, V] : I.Variables)
    if (!V.Local && !Variables.insert({V.Name, Key}).second)
      Twice.insert(V.Name);
  for (const auto &[Key, F] : I.Functions)
    if (F.Defined && !Functions.insert({F.Name, Key}).second)
      Twice.insert(F.Name);
  // A local static variable by its function.
  std::map<std::pair<std::string, std::string>, std::string> Locals;
  for (const auto &[Key, V] : I.Variables)
    if (V.Local)
      Locals[{V.Owner, V.Name}] = Key;
  std::set<std::pair<int, unsigned>> Known;
  for (const auto &[Key, V] : I.Variables)
    for (const Reference &Ref : V.References)
      Known.insert({Ref.Token.File, Ref.Token.Begin});
  std::set<std::pair<int, unsigned>> KnownCalls;
  for (const Call &C : I.Calls)
    KnownCalls.insert({C.Open.File, C.Open.Begin});

  for (size_t File = 0; File < I.Files.size(); ++File) {
    const int F = static_cast<int>(File);
    StringRef T = I.Files[File].Text;
    for (const auto &[Where, Supported] : I.Files[File].Inactive) {
      if (!Supported)
        continue;
      for (unsigned At = Where.Begin; At < Where.End;) {
        if (!isWord(T[At])) {
          ++At;
          continue;
        }
        unsigned End = At;
        while (End < T.size() && isWord(T[End]))
          ++End;
        const unsigned Begin = At;
        At = End;
        std::string Name = T.slice(Begin, End).str();
        auto Variable = Variables.find(Name);
        auto Function = Functions.find(Name);
        const std::string In = enclosing(F, Begin);
        auto Local = Locals.find({In, Name});
        if (Variable == Variables.end() && Function == Functions.end() &&
            Local == Locals.end())
          continue;
        auto Names = I.OtherNames.find(F);
        if (Twice.count(Name) || Known.count({F, Begin}) ||
            (Names != I.OtherNames.end() && Names->second.count(Begin)) ||
            inComment(T, Begin) || isDead(F, Begin))
          continue;
        StringRef Before = T.take_front(Begin).rtrim(" \t");
        if (Before.ends_with("->") || Before.ends_with("."))
          continue;
        size_t Line = T.rfind('\n', Begin);
        if (T.slice(Line == StringRef::npos ? 0 : Line + 1, Begin)
                .ltrim()
                .starts_with("#"))
          continue;
        if (Local != Locals.end() || Variable != Variables.end()) {
          const std::string &Key =
              Local != Locals.end() ? Local->second : Variable->second;
          if (In.empty() ||
              (Local == Locals.end() && I.Functions.at(In).Locals.count(Name)))
            continue; // It keeps the variable from moving.
          Reference Ref;
          Ref.Token = {F, Begin, End};
          Ref.Function = In;
          if (Before.ends_with("&") && !Before.ends_with("&&"))
            Ref.AddressOf = {F, unsigned(Before.size() - 1),
                             unsigned(Before.size())};
          if (End < T.size() && T[End] == '.')
            Ref.Member = {F, End, End + 1};
          I.Variables.at(Key).References.push_back(Ref);
          continue;
        }
        migrate::Function &Callee = I.Functions.at(Function->second);
        size_t Open = T.find_first_not_of(" \t", End);
        const bool IsCall = Open != StringRef::npos && T[Open] == '(';
        Place Here{F, Begin, End};
        if (IsCall && !In.empty()) {
          if (KnownCalls.count({F, unsigned(Open + 1)}))
            continue;
          Call C;
          C.Caller = In;
          C.Callee = Function->second;
          C.Open = {F, unsigned(Open + 1), unsigned(Open + 1)};
          C.HasArguments = T.substr(Open + 1).ltrim().front() != ')';
          I.Calls.push_back(C);
        } else if (IsCall && In.empty() && declaresFunction(T, Begin, Open)) {
          // Another definition of it, or a declaration.
          Function::ParameterList L;
          L.Open = {F, unsigned(Open + 1), unsigned(Open + 1)};
          StringRef Rest = T.substr(Open + 1).ltrim();
          L.Empty = Rest.starts_with(")");
          if (Rest.starts_with("void") && !isWord(Rest[4]) &&
              Rest.substr(4).ltrim().starts_with(")")) {
            const unsigned Word = Rest.data() - T.data();
            L.Void = {F, Word, Word + 4};
            L.Empty = true;
          }
          Callee.Lists.push_back(L);
        } else if (Callee.Roots.empty() || IsCall) {
          Callee.Escapes.push_back(
              {Here, "code that is not compiled here uses it"});
        }
      }
    }
  }
}

/// The module kept in a global variable is handed around under its name.
void Rewriter::prepareModuleVariable() {
  if (M.GlobalVariable.empty())
    return;
  const Variable &V = I.Variables.at(M.GlobalVariable);
  auto Again = [&](const Reference &Ref) {
    for (const Reference &Other : V.References)
      if (Other.Returning.valid() && contains(Other.Returning, Ref.Token) &&
          Other.Function == BodyKey)
        return Other.Returning;
    return Place();
  };
  for (const Reference &Ref : V.References) {
    if (!Ref.Token.valid() || Ref.Function.empty()) {
      R.Refused = "the module object is kept in a global variable, '" + V.Name +
                  "', that a table or a macro mentions";
      return;
    }
    if (Ref.Writes && Ref.Function != BodyKey) {
      R.Refused = "the module object is kept in a global variable, '" + V.Name +
                  "', that changes after the import";
      return;
    }
    ApiUse U;
    U.Name = "PyState_FindModule";
    U.Whole = Ref.Token;
    U.Function = Ref.Function;
    U.ArgVariable = M.Definition;
    if (Place If = Again(Ref); If.valid())
      U.Again = {If};
    ModuleMentions.push_back(U);
  }
}

} // namespace pyext::migrate
