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
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

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

/// `PyTypeObject X = { ... name`
static bool inStaticType(StringRef T, size_t Name) {
  StringRef Before = T.take_front(Name);
  const size_t End = Before.rfind("};");
  StringRef Since = Before.substr(End == StringRef::npos ? 0 : End);
  const size_t Type = Since.rfind("PyTypeObject");
  return Type != StringRef::npos && Since.substr(Type).contains("= {");
}

/// `return NULL;` in the function that creates the module, or a macro that is a
/// return elsewhere in it.
bool Rewriter::noteInactiveReturn(Place Word, StringRef Name) {
  if (M.MultiPhase || !Body || !contains(Body->Body, Word) ||
      isDead(Word.File, Word.Begin))
    return false;
  StringRef T = I.Files[Word.File].Text;
  if (inComment(T, Word.Begin))
    return false;
  Return Out;
  Out.Function = BodyKey;
  if (Name == "return") {
    const size_t Semi = T.find(';', Word.End);
    if (Semi == StringRef::npos)
      return false;
    Out.Whole = {Word.File, Word.Begin, unsigned(Semi + 1)};
    Out.Value = T.slice(Word.End, Semi).trim().str();
    Out.What = Out.Value == "NULL" || Out.Value == "0" ? Return::Null
               : Out.Value == M.ModuleVariable         ? Return::Module
               : Out.Value.empty()                     ? Return::Nothing
                                                       : Return::Other;
    if (Out.What == Return::Nothing)
      return false; // Of Python 2.
  } else {
    auto Same = find_if(I.Returns, [&](const Return &Ret) {
      return Ret.Function == BodyKey && Ret.Macro && Ret.Whole.valid() &&
             I.text(Ret.Whole) == Name && isOnlyReturn(Ret);
    });
    if (Same == I.Returns.end())
      return false;
    Out = *Same;
    Out.Whole = Word;
  }
  if (none_of(I.Returns, [&](const Return &Ret) {
        return Ret.Function == BodyKey && Ret.Whole == Out.Whole;
      }))
    I.Returns.push_back(Out);
  return true;
}

/// `Foo_Type.tp_new = value;`
void Rewriter::noteInactiveField(const std::string &Key, Place Name,
                                 const std::string &In) {
  if (!I.Types.count(Key))
    return;
  StringRef T = I.Files[Name.File].Text;
  StringRef Rest = T.substr(Name.End).ltrim(" \t");
  if (!Rest.consume_front("."))
    return;
  TypeAssignment A;
  A.Field = Rest.take_while(isWord).str();
  Rest = Rest.drop_front(A.Field.size()).ltrim();
  if (!Rest.consume_front("=") || Rest.starts_with("="))
    return;
  const size_t Semi = Rest.find(';');
  StringRef Before = T.take_front(Name.Begin).rtrim();
  if (Semi == StringRef::npos || Before.ends_with("="))
    return;
  A.Type = Key;
  A.Value = Rest.take_front(Semi).trim().str();
  A.ValueIsNull = A.Value == "NULL" || A.Value == "0";
  A.Function = In;
  A.Inactive = true;
  A.Statement = {Name.File, Name.Begin,
                 unsigned(Rest.data() - T.data() + Semi + 1)};
  I.Assignments.push_back(A);
}

void Rewriter::readInactive() {
  readFunctionsElsewhere();
  std::map<std::string, std::string> Variables, Functions;
  std::set<std::string> Twice;
  for (const auto &[Key, V] : I.Variables)
    if (!V.Local && !Variables.insert({V.Name, Key}).second)
      Twice.insert(V.Name);
  for (const auto &[Key, F] : I.Functions)
    if (F.Defined && !Elsewhere.count(Key) &&
        !Functions.insert({F.Name, Key}).second)
      Twice.insert(F.Name);
  for (const std::string &Key : Elsewhere)
    Functions.insert({I.Functions.at(Key).Name, Key});
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
        if (noteInactiveReturn({F, Begin, End}, Name))
          continue;
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
          if (In.empty() && inStaticType(T, Begin))
            for (auto &[Of, Method] : I.Functions)
              if (any_of(Method.Roots, [&](const auto &Root) {
                    return Root.second == Key;
                  }))
                Method.Escapes.push_back(
                    {{F, Begin, End},
                     "a static type that is not compiled here uses it"});
          if (In.empty() ||
              (Local == Locals.end() && I.Functions.at(In).Locals.count(Name)))
            continue; // It keeps the variable from moving.
          noteInactiveField(Key, {F, Begin, End}, In);
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
        } else if (any_of(Elsewhere, [&](const std::string &Key) {
                     return contains(I.Functions.at(Key).Header, Here);
                   })) {
          continue;
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
        } else if (In.empty() && inStaticType(T, Begin)) {
          // Its objects do not know the module.
          Callee.Escapes.push_back(
              {Here, "a static type that is not compiled here uses it"});
        }
      }
    }
  }
}

void Rewriter::findOthersHeaders() {
  std::set<std::string> Folders, Own;
  std::map<std::string, int> Headers;
  for (size_t File = 0; File < I.Files.size(); ++File) {
    const std::string &Path = I.Files[File].Path;
    Own.insert(Path);
    Folders.insert(sys::path::parent_path(Path).str());
    if (I.Files[File].Header)
      Headers[sys::path::filename(Path).str()] = int(File);
  }
  if (Headers.empty())
    return;
  // One without a declaration of its own is not among the files.
  std::set<StringRef> Included;
  for (const SourceFile &File : I.Files)
    for (const Inclusion &Each : inclusions(File.Text))
      if (Each.Quoted)
        Included.insert(Each.Name);
  for (const std::string &Folder : Folders) {
    std::error_code Failed;
    for (sys::fs::directory_iterator It(Folder, Failed), End;
         It != End && !Failed; It.increment(Failed)) {
      const std::string Path = It->path();
      StringRef Extension = sys::path::extension(Path);
      if ((Extension != ".c" && Extension != ".cc" && Extension != ".cpp" &&
           Extension != ".cxx") ||
          Own.count(Path) || Included.count(sys::path::filename(Path)))
        continue;
      ErrorOr<std::unique_ptr<MemoryBuffer>> Text =
          MemoryBuffer::getFile(Path, /*IsText=*/true);
      if (!Text)
        continue;
      for (const Inclusion &Each : inclusions((*Text)->getBuffer()))
        if (auto Header = Headers.find(Each.Name.str());
            Each.Quoted && Header != Headers.end())
          OthersHeaders.insert(
              {Header->second, sys::path::filename(Path).str()});
    }
  }
}

std::string Rewriter::inOthersHeader(int File) const {
  auto Other = OthersHeaders.find(File);
  if (Other == OthersHeaders.end())
    return "";
  return sys::path::filename(I.Files[File].Path).str() + ", which " +
         Other->second +
         " includes, and that is not one of the sources of the module";
}

/// Mentions in macros that nothing expands.
void Rewriter::readUnusedMacros() {
  std::set<Place> Used;
  for (const Index::MacroUse &U : I.MacroUses)
    Used.insert(U.Definition);
  std::map<std::string, std::vector<std::string>> Named;
  std::set<std::pair<int, unsigned>> Known;
  for (const auto &[Key, V] : I.Variables) {
    if (!V.Local)
      Named[V.Name].push_back(Key);
    for (const Reference &Ref : V.References)
      Known.insert({Ref.Token.File, Ref.Token.Begin});
  }
  for (const Place &P : I.MacroBodies) {
    if (Used.count(P))
      continue;
    StringRef T = I.Files[P.File].Text;
    const std::string Macro = T.substr(P.Begin).take_while(isWord).str();
    // What other builds compile may use it.
    bool Elsewhere = false;
    for (size_t File = 0; File < I.Files.size(); ++File)
      for (const auto &[Where, Supported] : I.Files[File].Inactive)
        Elsewhere |= Supported && I.text(Where).contains(Macro);
    if (Elsewhere)
      continue;
    for (unsigned At = P.Begin + Macro.size(); At < P.End;) {
      if (!isWord(T[At])) {
        ++At;
        continue;
      }
      const unsigned Begin = At;
      while (At < P.End && isWord(T[At]))
        ++At;
      auto Which = Named.find(T.slice(Begin, At).str());
      if (Which == Named.end() || Known.count({P.File, Begin}) ||
          inComment(T, Begin) || T.take_front(Begin).ends_with("#") ||
          T.substr(At).ltrim(" ").starts_with("##"))
        continue;
      // The one that this file has, when there are several.
      std::string Key;
      for (const std::string &Each : Which->second)
        if (Which->second.size() == 1 ||
            any_of(I.Variables.at(Each).Declarations,
                   [&](const Place &D) { return D.File == P.File; }))
          Key = Each;
      StringRef Before = T.take_front(Begin).rtrim(" \t");
      if (Key.empty() || Before.ends_with("->") || Before.ends_with("."))
        continue;
      Reference Ref;
      Ref.Token = {P.File, Begin, At};
      Ref.Function = UnusedMacro;
      if (Before.ends_with("&") && !Before.ends_with("&&"))
        Ref.AddressOf = {P.File, unsigned(Before.size() - 1),
                         unsigned(Before.size())};
      if (At < P.End && T[At] == '.')
        Ref.Member = {P.File, At, At + 1};
      I.Variables.at(Key).References.push_back(Ref);
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
