//===- StateEdits.cpp - The struct that holds the state -------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <functional>

using namespace llvm;

namespace pyext::migrate {

std::string Rewriter::fieldFromText(const Variable &V) const {
  for (unsigned N = 0; N < V.Declarations.size(); ++N) {
    StringRef T = I.text(V.Declarations[N]);
    if (V.Declarators[N] != 1 || V.MacroMade || T.starts_with("extern"))
      continue;
    unsigned Name = nameIn(V.Declarations[N], V.Name) - V.Declarations[N].Begin;
    StringRef After = T.substr(Name + V.Name.size());
    After = After.take_front(After.find_first_of("=;")).rtrim();
    StringRef Before = T.take_front(Name);
    if (Before.contains('#') || After.contains('#') || Name == 0)
      continue;
    bool More = true;
    while (More) {
      More = false;
      for (StringRef Word : {"static", "volatile", "register"})
        if (Before.take_while(isWord) == Word) {
          Before = Before.drop_front(Word.size());
          Before = Before.ltrim();
          More = true;
        }
    }
    return (Before + "@" + After).str();
  }
  return "";
}

std::string Rewriter::fieldDeclaration(const Entity &E) const {
  if (E.isType())
    return "PyTypeObject *" + E.Field;
  if (E.Instance)
    return E.V->TypeText + " *" + E.Field;
  std::string Text = E.Plainly ? E.V->PlainText : fieldFromText(*E.V);
  if ((Text.empty() || StringRef(Text).contains('\n') ||
       StringRef(Text).contains("[]")) &&
      E.V->Declarable)
    Text = E.V->FieldText;
  size_t At = Text.find('@');
  // Its own list of parameters changes where the declaration was.
  for (const auto &[Key, Is] : Modes)
    if (const Function *F = function(Key); F && !F->Members.empty())
      for (const Function::ParameterList &L : F->Lists)
        for (const Place &P : E.V->Declarations)
          if (size_t Open = StringRef(Text).find(")(", At);
              contains(P, L.Open) && Open != StringRef::npos)
            Text.insert(Open + 2, Is == Mode::Parameter
                                      ? StateType + " *" + (L.Empty ? "" : ", ")
                                      : "PyObject *" +
                                            std::string(L.Empty ? "" : ", "));
  return Text.replace(At, 1, E.Field);
}

/// The place of the struct: below what the fields need, if nothing above that
/// uses one of them; else that is \p Needed.
unsigned Rewriter::fieldsPlace(const std::vector<const Entity *> &Order,
                               int File, std::vector<Place> &Needed) const {
  const unsigned Late = structPlace(Order, File, true);
  Needed = neededOf(File, Late, fieldTexts(Order));
  if (Needed.empty() || Needed.back().End > firstUse(File))
    return Late;
  // The line after it.
  StringRef T = I.Files[File].Text;
  unsigned End = Needed.back().End;
  if (T[End - 1] != '\n')
    End = std::min(T.find('\n', End), T.size() - 1) + 1;
  Needed.clear();
  return ofItsOwn(File, End);
}

/// The file for the struct, \p Header or one that it includes.
int Rewriter::chooseHeader(const std::vector<const Entity *> &Order,
                           int Header) {
  // What is needed before the #include that brings Python.h is in a header
  // that brings it as well.
  for (unsigned Depth = 0; Depth < 8; ++Depth) {
    const unsigned Python = pythonPlace(Header);
    std::vector<Place> Needed;
    if (Python == ~0u || fieldsPlace(Order, Header, Needed) >= Python)
      break;
    const int Inner = includedAt(Header, Python);
    if (Inner < 0)
      break;
    Header = Inner;
  }
  // A function that uses a field comes before the types of other fields.
  unsigned Use = ~0u;
  for (const Edit &E : R.Edits)
    if (E.Where.File == Header && StringRef(E.Text).contains(StateName + "->"))
      Use = std::min(Use, E.Where.Begin);
  for (const Entity *E : Order)
    if (!E->isType() && E->V->TypeEnd.File == Header &&
        E->V->TypeEnd.Begin > Use && !E->V->PlainText.empty())
      E->Plainly = true;
  return Header;
}

void Rewriter::emitStateStruct() {
  // In the order of declaration.
  std::vector<const Entity *> Order = ordered();
  int Header = Multi ? sharedHeader(Order) : MainFile;
  if (!HasState && Header >= 0)
    Header = chooseHeader(Order, Header);
  std::string Fields;
  for (const Entity *E : Order) {
    Fields += In + fieldDeclaration(*E) + ";";
    if (!E->isType() && !E->V->Comment.empty())
      Fields += " " + E->V->Comment;
    Fields += "\n";
  }
  std::string Text, Struct;
  std::string Storage = Multi ? "" : "static ";
  // What is above the struct needs it, too.
  unsigned First = ~0u;
  if (HasState && WithState && !MovesStruct && M.StateDeclaration.valid())
    for (const Edit &E : R.Edits)
      if (E.Where.File == M.StateDeclaration.File && mentionsState(E) &&
          !inComment(I.Files[E.Where.File].Text, E.Where.Begin))
        First = std::min(First, E.Where.Begin);
  const bool Raised = First != ~0u && First < M.StateDeclaration.Begin;
  if (Raised)
    if (std::string Why = whyStructStays(); !Why.empty()) {
      R.Refused = "the state of the module is declared below what needs it (" +
                  Why + ")";
      return;
    }
  if (MovesStruct || Raised) {
    // With the comment that belongs to it.
    StringRef Above = StringRef(I.Files[M.StateDeclaration.File].Text)
                          .take_front(M.StateDeclaration.Begin);
    if (Above.ends_with("*/\n"))
      if (const size_t Begin = Above.rfind("/*"); Begin != StringRef::npos &&
                                                  (!Begin ||
                                                   Above[Begin - 1] == '\n'))
        M.StateDeclaration.Begin = Begin;
    StringRef Own = I.text(M.StateDeclaration);
    const size_t End = M.StateEnd.Begin - M.StateDeclaration.Begin;
    Struct = (Own.take_front(End) + Fields + Own.substr(End) + "\n\n").str();
    replaceAll(M.StateDeclaration);
    removeDeclarationBlock(M.StateDeclaration);
  } else if (HasState && WithState) {
    insert(M.StateEnd.File, M.StateEnd.Begin, Fields);
    if (const Place D = M.StateDeclaration; D.valid()) {
      const unsigned At = ofItsOwn(D.File, D.Begin);
      insert(D.File, At,
             takeDeclarations(neededOf(D.File, D.End, fieldTexts(Order))));
    }
  }
  else if (WithState)
    Struct = "typedef struct {\n" + Fields + "} " + StateType + ";\n\n";
  if (UsesModuleByType)
    Text += Storage + "PyObject *" + Prefix +
            "_get_module_by_type(PyTypeObject *type);\n";
  if (any_of(Modes, [](const auto &P) { return P.second == Mode::Closure; }))
    Text += "/* What a converter of arguments is given. */\n" +
            (Cxx ? "struct " + closureType() + " {\n"
                 : std::string("typedef struct {\n")) +
            In + StateType + " *" + StateName + ";\n" + In +
            "void *target;\n" +
            (Cxx ? In + closureType() + " *address() { return this; }\n};\n\n"
                 : "} " + closureType() + ";\n\n");
  if (WithState && OwnGetState)
    Text += Storage + StateType + " *" + GetState + "(PyObject *module);\n";
  const bool Asserts = any_of(
      Modes, [](const auto &P) { return P.second == Mode::Asserts; });
  if (usesByType() || assertsByType())
    Text += forAsserts(!usesByType(),
                       Storage + StateType + " *" + Prefix +
                           "_get_state_by_type(PyTypeObject *type);\n");
  if (usesPerhaps() || Asserts)
    Text += forAsserts(!usesPerhaps(),
                       Storage + StateType + " *" + Prefix +
                           "_find_state(PyTypeObject *type);\n");
  Text += askingPrototypes();
  if (usesOperands())
    Text += Storage + StateType + " *" + Prefix +
            "_get_state_by_operands(PyObject *left, PyObject *right);\n";
  if (usesThree())
    Text += Storage + StateType + " *" + Prefix +
            "_get_state_by_three(PyObject *left, PyObject *right,\n" + In +
            "PyObject *third);\n";
  if (UsesSequence)
    Text += Storage + "int " + Prefix +
            "_create_sequence(PyObject *module, PyStructSequence_Desc *desc,\n" +
            In + "PyTypeObject **type);\n";
  if (anyType()) {
    Text += Storage + "int " + Prefix +
            "_create_type(PyObject *module, PyType_Spec *spec,\n" + In +
            "PyTypeObject *base, PyTypeObject **type);\n";
    if (UsesFreeObject)
      Text += Storage + "void " + Prefix + "_free_object(PyObject *self);\n";
    if (O.MinMinor < 10) {
      std::string Up = upper(Prefix);
      Text += "\n#ifdef Py_TPFLAGS_IMMUTABLETYPE\n#  define " + Up +
              "_IMMUTABLETYPE Py_TPFLAGS_IMMUTABLETYPE\n#  define " + Up +
              "_DISALLOW_INSTANTIATION Py_TPFLAGS_DISALLOW_INSTANTIATION\n"
              "#else\n#  define " +
              Up + "_IMMUTABLETYPE 0\n#  define " + Up +
              "_DISALLOW_INSTANTIATION 0\n#endif\n";
    }
  }
  Text += "\n";
  if (Multi)
    for (const Entity *E : Order)
      if (E->T && (!E->V->Static || isMadeElsewhere(*E)))
        Text += "extern PyType_Spec " + E->T->Name + "_spec;\n";
  if (MovesStruct)
    return newHeader(Struct + Text);
  if (Raised) {
    const int File = M.StateDeclaration.File;
    const unsigned At = structPlace(Order, File, true);
    std::vector<std::string> Texts = fieldTexts(Order);
    Texts.push_back(Struct);
    insert(File, At,
           takeDeclarations(neededOf(File, At, Texts)) + Struct + Text);
    return;
  }
  if (HasState) {
    // After the struct.
    StringRef T = I.Files[M.StateEnd.File].Text;
    size_t Semi = T.find(';', M.StateEnd.Begin);
    size_t Line = T.find('\n', Semi);
    if (Line == StringRef::npos)
      Line = T.size() - 1;
    insert(M.StateEnd.File, unsigned(Line + 1), "\n" + Text);
    return;
  }
  if (Header < 0)
    return newHeader(Struct + Text);
  if (Cxx && !Multi) {
    StringRef T = I.Files[Header].Text;
    const size_t Space = T.find("namespace {"), At = structPlace(Order, Header, true);
    size_t End = Space;
    for (int Depth = 0; End < T.size(); ++End)
      if (!inComment(T, End)) {
        Depth += T[End] == '{' ? 1 : T[End] == '}' ? -1 : 0;
        if (T[End] == '}' && Depth == 0)
          break;
      }
    InNamespace = Space < At && At < End && Body && End < Body->Body.End;
  }
  const unsigned Early = structPlace(Order, Header, false);
  std::vector<Place> Needed;
  const unsigned Late = fieldsPlace(Order, Header, Needed);
  std::string Needs = takeDeclarations(Needed);
  if (Multi) {
    std::vector<std::string> Includes;
    Needs += neededOfSources(Order, Header, Includes);
    for (const std::string &Include : Includes)
      insert(Header, includePlace(Header), Include);
  }
  auto Spaced = [&](unsigned At, std::string New) {
    StringRef Before = StringRef(I.Files[Header].Text).take_front(At);
    StringRef Last = Before.rtrim("\n");
    Last = Last.substr(Last.rfind('\n') + 1).trim();
    const bool Close = At && !Before.ends_with("\n\n") &&
                       !Last.starts_with("#") && !Last.ends_with("*/");
    insert(Header, At, (Close ? "\n" : "") + std::move(New));
  };
  Struct = Needs + Struct;
  if (Early >= Late || Struct.empty()) {
    Spaced(Late, Struct + Text);
    return;
  }
  // Something before the types of the fields is given the state.
  Spaced(Early,
         "typedef struct " + StateType + " " + StateType + ";\n\n" + Text);
  Spaced(Late, Needs + "struct " + StateType + " {\n" + Fields + "};\n\n");
}

std::string Rewriter::whyStructStays() {
  Place &P = M.StateDeclaration;
  // typedef struct name { ... } name;
  if (P.valid() && I.text(P).starts_with("struct")) {
    StringRef T = I.Files[P.File].Text;
    StringRef Before = T.take_front(P.Begin).rtrim();
    if (Before.ends_with("typedef")) {
      P.Begin = Before.size() - 7;
      P.End = std::min(T.find(';', M.StateEnd.Begin), T.size() - 1) + 1;
    }
  }
  if (!P.valid() || !contains(P, M.StateEnd) || !I.text(P).ends_with(";"))
    return "its declaration is not understood";
  StringRef T = I.Files[P.File].Text;
  const size_t Guards = I.Files[P.File].Header ? 1 : 0;
  if (openConditions(T, P.Begin).size() > Guards || I.text(P).contains("\n#"))
    return "its declaration depends on a condition";
  for (const Place &Type : M.StateTypes)
    if (!I.Files[Type.File].Header)
      return "the type of a field is declared in a source";
  // A constant of the source.
  for (const Place &Body : I.MacroBodies) {
    StringRef Name = I.text(Body).take_while(isWord);
    StringRef Text = I.text(P);
    if (I.Files[Body.File].Header)
      continue;
    // Its own name, where that is not called.
    if (Name != StateType && findWord(Text, Name) != StringRef::npos)
      return "'" + Name.str() + "' is defined in a source";
  }
  return "";
}

size_t endOfCondition(StringRef T, size_t At) {
  unsigned Depth = 1;
  for (size_t Line = T.find('\n', At); Line != StringRef::npos;
       Line = T.find('\n', Line + 1)) {
    StringRef L = T.substr(Line + 1).ltrim(" \t");
    if (!L.consume_front("#"))
      continue;
    L = L.ltrim(" \t");
    if (L.starts_with("if"))
      ++Depth;
    else if (L.starts_with("endif") && --Depth == 0)
      return Line + 1;
  }
  return At;
}

std::set<int> Rewriter::stateFiles() const {
  std::set<int> Out = GaveDeclarations;
  Out.insert(MainFile);
  for (const Edit &E : R.Edits)
    if (mentionsState(E))
      Out.insert(E.Where.File);
  return Out;
}

/// `state->x` in the definition of a macro, which needs it where it is used.
bool Rewriter::inMacroAlone(const Edit &E) const {
  StringRef T = E.Text;
  return !T.contains(StateType) && !T.contains(Prefix + "_") &&
         any_of(I.MacroBodies,
                [&](const Place &P) { return contains(P, E.Where); });
}

bool Rewriter::mentionsState(const Edit &E) const {
  StringRef T = E.Text;
  return T.contains(StateType) || T.contains(Prefix + "_") ||
         T.contains(upper(Prefix) + "_") || T.contains("_spec,") ||
         T.contains(StateName + "->");
}

int Rewriter::sharedHeader(const std::vector<const Entity *> &Order) const {
  for (const Entity *E : Order)
    for (const Place &P : E->V->Declarations) {
      if (!I.Files[P.File].Header)
        continue;
      bool All = true;
      for (int File : stateFiles())
        All &= File == P.File || I.Includes.count({File, P.File}) ||
               (I.Files[File].Header && reaches(File, P.File));
      if (All)
        return P.File;
    }
  return -1;
}

/// \p Path as a file in \p Folder names it.
static std::string relative(StringRef Path, StringRef Folder) {
  auto P = sys::path::begin(Path), PEnd = sys::path::end(Path);
  auto F = sys::path::begin(Folder), FEnd = sys::path::end(Folder);
  while (P != PEnd && F != FEnd && *P == *F)
    ++P, ++F;
  std::string Out;
  for (; F != FEnd; ++F)
    Out += "../";
  for (bool First = true; P != PEnd; ++P, First = false)
    Out += (First ? "" : "/") + P->str();
  return Out;
}

/// How a file next to \p Other includes \p File.
std::string Rewriter::includedFrom(int File, int Other) const {
  return relative(I.Files[File].Path,
                  sys::path::parent_path(I.Files[Other].Path));
}

void Rewriter::newHeader(const std::string &Text) {
  SmallString<256> Path(sys::path::parent_path(I.Files[MainFile].Path));
  const std::string Name = Prefix + "_state.h";
  sys::path::append(Path, Name);
  std::string Guard = upper(Prefix) + "_STATE_H";
  // The types of the fields.
  std::string Includes = "#include <Python.h>\n";
  std::vector<std::string> Seen;
  const std::string Needs = neededOfSources(ordered(), -1, Seen);
  for (const std::string &Include : Seen)
    Includes += Include;
  std::vector<Place> Types;
  for (const Entity *E : ordered())
    if (!E->isType())
      Types.push_back(E->V->TypeEnd);
  if (MovesStruct)
    Types.insert(Types.end(), M.StateTypes.begin(), M.StateTypes.end());
  for (const Place &Type : Types) {
    if (!Type.valid() || !I.Files[Type.File].Header)
      continue;
    const std::string Of =
        "#include \"" + includedFrom(Type.File, MainFile) + "\"\n";
    if (!is_contained(Seen, Of)) {
      Seen.push_back(Of);
      Includes += Of;
    }
  }
  R.NewFiles[std::string(Path)] =
      "#ifndef " + Guard + "\n#define " + Guard + "\n\n" + Includes + "\n" +
      Needs + StringRef(Text).rtrim().str() + "\n\n#endif\n";
  for (int File : stateFiles()) {
    StringRef T = I.Files[File].Text;
    insert(File, includePlace(File),
           "#include \"" +
               relative(Path, sys::path::parent_path(I.Files[File].Path)) +
               "\"\n");
  }
}

/// The beginning of the line after the #include of Python.h in \p File, else of
/// the line after the last #include before the first edit, else of the one after
/// the include guard.
unsigned Rewriter::includePlace(int File) const {
  StringRef T = I.Files[File].Text;
  auto After = [&](size_t At) {
    const size_t Line = T.find('\n', At);
    return Line == StringRef::npos ? unsigned(T.size()) : unsigned(Line + 1);
  };
  const unsigned Python = pythonPlace(File);
  if (Python != ~0u)
    return Python;
  size_t First = T.size();
  for (const Edit &E : R.Edits)
    if (E.Where.File == File)
      First = std::min<size_t>(First, E.Where.Begin);
  for (size_t At = T.take_front(First).rfind("#include");
       At != StringRef::npos; At = T.take_front(At).rfind("#include"))
    if (outsideConditions(T, At, I.Files[File].Header) == At &&
        !inComment(T, At))
      return After(At);
  if (const size_t Once = T.find("#pragma once"); Once != StringRef::npos)
    return After(Once);
  if (const size_t Guard = T.find("#define"); Guard != StringRef::npos)
    return After(Guard);
  // Below the comment about the file.
  const unsigned Word = firstWordFrom(T, 0, /*Directives=*/true);
  StringRef Before = T.take_front(Word);
  return Before.trim().empty() ? 0 : Before.rfind('\n') + 1;
}

std::vector<Inclusion> inclusions(StringRef T) {
  std::vector<Inclusion> Out;
  for (size_t At = T.find('#'); At != StringRef::npos; At = T.find('#', At + 1)) {
    StringRef L =
        T.substr(At + 1).take_until([](char C) { return C == '\n'; }).trim();
    if (!L.consume_front("include"))
      continue;
    L = L.ltrim();
    const bool Quoted = L.consume_front("\"");
    if (!Quoted && !L.consume_front("<"))
      continue;
    Out.push_back({At,
                   sys::path::filename(L.take_until(
                       [](char C) { return C == '"' || C == '>'; })),
                   Quoted});
  }
  return Out;
}

/// The beginning of the line after which the names of Python.h are known in
/// \p File, through headers of the extension or not; ~0u when nowhere.
unsigned Rewriter::pythonPlace(int File, unsigned Depth) const {
  StringRef T = I.Files[File].Text;
  for (const auto &[At, Name, Quoted] : inclusions(T)) {
    if (inComment(T, At))
      continue;
    bool Found = Name == "Python.h";
    for (size_t Of = 0; !Found && Depth < 8 && Of < I.Files.size(); ++Of)
      Found = int(Of) != File &&
              sys::path::filename(I.Files[Of].Path) == Name &&
              pythonPlace(int(Of), Depth + 1) != ~0u;
    if (!Found)
      continue;
    // Behind the conditions that it is in.
    const std::vector<size_t> Open = openConditions(T, At);
    size_t End = At;
    for (size_t N = Open.size(); N > (I.Files[File].Header ? 1 : 0); --N)
      End = endOfCondition(T, End);
    const size_t Line = T.find('\n', End);
    return Line == StringRef::npos ? unsigned(T.size()) : unsigned(Line + 1);
  }
  return ~0u;
}

std::vector<const Rewriter::Entity *> Rewriter::ordered() const {
  std::vector<const Entity *> Order;
  for (const auto &[Key, E] : Entities)
    if (E.Drop.empty())
      Order.push_back(&E);
  sort(Order, [&](const Entity *A, const Entity *B) {
    if (!A->T != !B->T)
      return !A->T;
    return placeOf(*A->V) < placeOf(*B->V);
  });
  return Order;
}

bool Rewriter::usesByType() const { return usesFetch("_state_by_type("); }

bool Rewriter::usesPerhaps() const {
  return any_of(Modes,
                [](const auto &P) { return P.second == Mode::Perhaps; });
}

bool Rewriter::assertsByType() const {
  return any_of(Modes, [&](const auto &P) {
    return P.second == Mode::Asserts && I.Functions.at(P.first).Roots.empty();
  });
}

std::string Rewriter::forAsserts(bool Only, const std::string &Text) {
  if (!Only)
    return Text;
  const bool Spaced = StringRef(Text).ends_with("\n\n");
  return "#ifndef NDEBUG\n" + StringRef(Text).rtrim().str() + "\n#endif\n" +
         (Spaced ? "\n" : "");
}

bool Rewriter::usesFetch(StringRef Name) const {
  return any_of(Modes, [&](const auto &P) {
    return P.second == Mode::Local &&
           (mentioned().count(P.first) || handsState(P.first)) &&
           StringRef(fetch(I.Functions.at(P.first))).contains(Name);
  });
}

bool Rewriter::usesOperands() const { return usesFetch("_by_operands("); }

bool Rewriter::usesThree() const { return usesFetch("_by_three("); }

/// The files of the extension that \p T includes, as indices, and where.
static std::vector<std::pair<size_t, int>> includesOf(const Index &I,
                                                      StringRef T) {
  std::vector<std::pair<size_t, int>> Out;
  for (const auto &[At, Name, Quoted] : inclusions(T))
    for (size_t File = 0; File < I.Files.size(); ++File)
      if (sys::path::filename(I.Files[File].Path) == Name)
        Out.push_back({At, int(File)});
  return Out;
}

bool Rewriter::reaches(int From, int To, unsigned Depth) const {
  if (From == To)
    return true;
  if (Depth > 8)
    return false;
  return any_of(includesOf(I, I.Files[From].Text), [&](const auto &P) {
    return P.second != From && reaches(P.second, To, Depth + 1);
  });
}

/// The file of the extension whose #include is on the line before \p At.
int Rewriter::includedAt(int File, unsigned At) const {
  StringRef T = I.Files[File].Text;
  const size_t Line = T.take_front(At ? At - 1 : 0).rfind('\n');
  const size_t Begin = Line == StringRef::npos ? 0 : Line + 1;
  for (const auto &[Where, Included] : includesOf(I, T))
    if (Included != File && Begin <= Where && Where < At)
      return Included;
  return -1;
}

/// Where \p File includes \p Header, directly or through another.
size_t Rewriter::includeOf(int File, int Header) const {
  for (const auto &[At, Included] : includesOf(I, I.Files[File].Text))
    if (Included != File && reaches(Included, Header))
      return At;
  return StringRef::npos;
}

unsigned Rewriter::structPlace(const std::vector<const Entity *> &Order,
                               int File, bool AfterTypes) const {
  unsigned At = ~0u;
  for (const Edit &E : R.Edits)
    if (E.Where.File == File && (AfterTypes || mentionsState(E)) &&
        !StringRef(E.Text).ltrim().starts_with("#include") &&
        !inComment(I.Files[File].Text, E.Where.Begin)) // Of Argument Clinic.
      At = std::min(At, E.Where.Begin);
  for (const Entity *E : Order)
    for (const Place &P : E->V->Declarations)
      if (P.File == File && !E->V->Local && AfterTypes)
        At = std::min(At, P.Begin);
  StringRef T = I.Files[File].Text;
  // Before the #include of what is part of this file.
  for (const Edit &E : R.Edits)
    if (E.Where.File != File && mentionsState(E) && !inMacroAlone(E) &&
        I.Includes.count({File, E.Where.File}) &&
        onlyIncludedBy(E.Where.File, File)) {
      size_t Include = includeOf(File, E.Where.File);
      if (Include != StringRef::npos)
        At = std::min(At, unsigned(Include));
    }
  if (At == ~0u)
    At = T.size();
  // Not within a function or a macro: go to the start of the declaration at
  // the top level that holds it.
  for (const auto &[Key, F] : I.Functions)
    if (F.Defined && F.Body.File == File && F.Header.valid() &&
        F.Header.Begin <= At && At < F.Body.End)
      At = std::min(At, F.Header.Begin);
  for (const Place &P : I.MacroBodies)
    if (P.File == File && P.Begin <= At && At < P.End)
      At = P.Begin;
  return ofItsOwn(File, At);
}

/// \p At before what belongs to what follows there, and outside of conditions.
unsigned Rewriter::ofItsOwn(int File, unsigned At) const {
  StringRef T = I.Files[File].Text;
  size_t Line = T.rfind('\n', At);
  At = Line == StringRef::npos ? 0 : Line + 1;
  // Before a comment or a condition that belongs to what follows.
  for (;;) {
    StringRef Before = T.take_front(At).rtrim("\n");
    size_t Prev = Before.rfind('\n');
    StringRef Last = Before.substr(Prev == StringRef::npos ? 0 : Prev + 1);
    StringRef L = Last.trim();
    bool Directly = T.take_front(At).ends_with(Last.str() + "\n") &&
                    !T.take_front(At).ends_with("\n\n");
    if (Directly && (L.starts_with("#if") || L.starts_with("//") ||
                     (L.starts_with("/*") && L.ends_with("*/")))) {
      At = Prev == StringRef::npos ? 0 : Prev + 1;
      continue;
    }
    break;
  }
  // Conditions that are open here would make the struct depend on them.
  return outsideConditions(T, At, I.Files[File].Header);
}

} // namespace pyext::migrate
