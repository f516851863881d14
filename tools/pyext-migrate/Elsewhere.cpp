//===- Elsewhere.cpp - Functions that other builds compile ----------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whole functions below `#ifdef _WIN32` and the like, as their text says what
// they are: what they are called with follows from their first parameter, from
// the table that names them, or from the function that is compiled instead.
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Regex.h"

using namespace llvm;

namespace pyext::migrate {

/// The position after the `}` that closes the `{` at \p Open; npos when
/// conditions or the end come first.
static size_t pastBlock(StringRef T, size_t Open, size_t End) {
  unsigned Depth = 0;
  for (size_t At = Open; At < End;) {
    if (const size_t Past = pastLiteral(T, At); Past != At) {
      At = Past;
      continue;
    }
    if (T[At] == '{')
      ++Depth;
    else if (T[At] == '}' && --Depth == 0)
      return At + 1;
    ++At;
  }
  return StringRef::npos;
}

/// Past blanks, comments and directives.
static size_t pastBlanks(StringRef T, size_t At, size_t End) {
  while (At < End) {
    if (isSpace(T[At])) {
      ++At;
    } else if (T[At] == '#') {
      do
        At = std::min(T.find('\n', At + 1), T.size());
      while (At < T.size() && T[At - 1] == '\\');
    } else if (T[At] == '/' && pastLiteral(T, At) != At) {
      At = pastLiteral(T, At);
    } else {
      break;
    }
  }
  return At;
}

/// The function whose header is from \p Begin to the `{` at \p Open.
static std::optional<Function> readFunction(StringRef T, int File, size_t Begin,
                                            size_t Open, size_t End) {
  static Regex Header("^([A-Za-z_][A-Za-z0-9_ \t\r\n*]*[ \t\r\n*])([A-Za-z_][A-"
                      "Za-z0-9_]*)[ \t\r\n]*\\(([^(){};=]*)\\)$");
  StringRef H = T.slice(Begin, Open).rtrim();
  SmallVector<StringRef, 4> M;
  if (!Header.match(H, &M) || M[1].trim() == "else" || M[1].trim() == "return")
    return std::nullopt;
  Function F;
  F.Name = M[2].str();
  F.Defined = true;
  StringRef Type = M[1].trim();
  F.Static = (" " + Type.str() + " ").find(" static ") != std::string::npos ||
             Type.starts_with("static");
  F.Returns = Type.ends_with("*")          ? Function::Pointer
              : Type.ends_with("void")     ? Function::Void
              : Type.ends_with("double") || Type.ends_with("float")
                  ? Function::Floating
              : Type.ends_with("int") || Type.ends_with("long") ||
                      Type.ends_with("ssize_t") || Type.ends_with("size_t")
                  ? Function::Integer
                  : Function::Other;
  F.ReturnsObject = Type.ends_with("*") && Type.contains("PyObject");
  F.Header = {File, unsigned(Begin), unsigned(Begin + H.size())};
  F.Body = {File, unsigned(Open), unsigned(End)};
  F.FirstStatement = F.Body.Begin + 1;
  Function::ParameterList L;
  const unsigned In = M[3].data() - T.data();
  L.Open = {File, In, In};
  StringRef List = M[3].trim();
  L.Empty = List.empty() || List == "void";
  if (List == "void") {
    const unsigned Word = List.data() - T.data();
    L.Void = {File, Word, Word + 4};
  }
  F.Lists.push_back(L);
  if (!L.Empty) {
    SmallVector<StringRef, 8> Parts;
    M[3].split(Parts, ',');
    for (StringRef Part : Parts) {
      Part = Part.trim();
      static Regex Plain("^([A-Za-z_][A-Za-z0-9_ \t\r\n*]*[ \t\r\n*])([A-Za-z_]["
                         "A-Za-z0-9_]*)$");
      SmallVector<StringRef, 4> P;
      if (!Plain.match(Part, &P))
        return std::nullopt;
      Parameter Q;
      Q.Name = P[2].str();
      StringRef Of = P[1].trim();
      Q.Pointer = Of.ends_with("*");
      Q.Type = Of.rtrim("* \t\r\n").str() +
               (Q.Pointer ? " " + std::string(Of.count('*'), '*') : "");
      const unsigned At = Part.data() - T.data();
      Q.Written = {File, At, unsigned(At + Part.size())};
      F.TakesObject |= StringRef(Q.Type).contains("PyObject");
      F.Locals.insert(Q.Name);
      F.Parameters.push_back(Q);
    }
  }
  // What looks like a declaration.
  static Regex Local("(^|[;{}\n])[ \t\r\n]*[A-Za-z_][A-Za-z0-9_]*[ \t\r\n*]+([A-"
                     "Za-z_][A-Za-z0-9_]*)[ \t]*(=|;|,|\\[)");
  for (StringRef Rest = T.slice(Open, End); Local.match(Rest, &M);) {
    F.Locals.insert(M[2].str());
    Rest = Rest.drop_front(M[2].end() - Rest.begin());
  }
  return F;
}

void Rewriter::readFunctionsElsewhere() {
  std::map<std::string, std::vector<std::string>> Named;
  for (const auto &[Key, F] : I.Functions)
    if (F.Defined)
      Named[F.Name].push_back(Key);
  std::vector<Function> Found;
  for (size_t N = 0; N < I.Files.size(); ++N) {
    const int File = int(N);
    StringRef T = I.Files[N].Text;
    for (const auto &[Where, Supported] : I.Files[N].Inactive) {
      if (!Supported || !enclosing(File, Where.Begin).empty())
        continue;
      for (size_t At = pastBlanks(T, Where.Begin, Where.End);
           At < Where.End; At = pastBlanks(T, At, Where.End)) {
        // To the end of the declaration, or to what it defines.
        const size_t Begin = At;
        unsigned Depth = 0;
        while (At < Where.End &&
               (Depth || (T[At] != ';' && T[At] != '{' && T[At] != '}'))) {
          if (const size_t Past = pastLiteral(T, At); Past != At) {
            At = Past;
            continue;
          }
          Depth += T[At] == '(';
          Depth -= T[At] == ')' && Depth;
          ++At;
        }
        if (At >= Where.End || T[At] == '}')
          break;
        if (T[At] == ';') {
          ++At;
          continue;
        }
        const size_t End = pastBlock(T, At, Where.End);
        if (End == StringRef::npos)
          break;
        if (std::optional<Function> F =
                readFunction(T, File, Begin, At, End)) {
          F->Key = F->Name + "#elsewhere" + std::to_string(File) + "." +
                   std::to_string(Begin);
          Found.push_back(std::move(*F));
        }
        At = End;
      }
    }
  }
  for (Function &F : Found) {
    auto Same = Named.find(F.Name);
    if (Same != Named.end()) {
      // In the place of one that is compiled here.
      if (Same->second.size() != 1)
        continue;
      Function &Here = I.Functions.at(Same->second.front());
      const bool Alike = Here.Parameters.size() == F.Parameters.size();
      if (Here.MacroMade || Here.Converts || Here.Body.File != F.Body.File ||
          has(Here, Root::Init) ||
          (Alike ? !Here.Family.empty() : !Here.Roots.empty()))
        continue;
      F.Roots = Here.Roots;
      F.Escapes = Here.Escapes;
      F.Foreign = Here.Foreign;
      if (F.Roots.empty() && Alike) {
        F.Members.push_back(Here.Key);
        Here.Members.push_back(F.Key);
      }
    } else {
      rootsElsewhere(F);
      if (F.Roots.empty() && !F.Static)
        continue; // Files that are not here may use it.
    }
    Elsewhere.insert(F.Key);
    I.Functions.emplace(F.Key, std::move(F));
  }
}

/// What calls \p F: a table that names it, or its first parameter says so.
void Rewriter::rootsElsewhere(Function &F) const {
  if (F.Parameters.empty())
    return;
  const std::string Type =
      StringRef(F.Parameters[0].Type).rtrim("* ").str();
  StringRef T = I.Files[F.Body.File].Text;
  for (size_t At = findWord(T, F.Name); At != StringRef::npos;
       At = findWord(T, F.Name, At + 1)) {
    const Place There{F.Body.File, unsigned(At),
                      unsigned(At + F.Name.size())};
    const size_t Close = T.find('}', At);
    StringRef Entry = T.slice(At, Close);
    if (Entry.contains("METH_STATIC") || Entry.contains("METH_CLASS"))
      continue;
    for (const auto &[Key, V] : I.Variables)
      if (any_of(V.Declarations, [&](const Place &P) {
            return contains(P, There) && I.text(P).contains('{');
          })) {
        if (is_contained(M.MethodTables, Key))
          F.Roots.push_back({Root::ModuleMethod, M.Definition});
        for (const auto &[Of, Each] : I.Types)
          if (is_contained(Each.Tables, Key))
            F.Roots.push_back({Root::TypeMethod, Of});
      }
  }
  if (F.Roots.empty() && Type != "PyObject")
    for (const auto &[Of, Each] : I.Types)
      if (StringRef(F.Parameters[0].Type).count('*') == 1 &&
          (Each.InstanceStruct == Type || structName(Each) == Type ||
           "struct " + Each.InstanceStruct == Type))
        F.Roots.push_back({Root::SelfSlot, Of});
}

} // namespace pyext::migrate
