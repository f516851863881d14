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
  std::string Text = fieldFromText(*E.V);
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

void Rewriter::emitStateStruct() {
  // In the order of declaration.
  std::vector<const Entity *> Order = ordered();
  std::string Fields;
  for (const Entity *E : Order) {
    Fields += In + fieldDeclaration(*E) + ";";
    if (!E->isType() && !E->V->Comment.empty())
      Fields += " " + E->V->Comment;
    Fields += "\n";
  }
  std::string Text, Struct;
  std::string Storage = Multi ? "" : "static ";
  if (HasState && WithState)
    insert(M.StateEnd.File, M.StateEnd.Begin, Fields);
  else if (WithState)
    Struct = "typedef struct {\n" + Fields + "} " + StateType + ";\n\n";
  if (UsesModuleByType)
    Text += Storage + "PyObject *" + Prefix +
            "_get_module_by_type(PyTypeObject *type);\n";
  if (any_of(Modes, [](const auto &P) { return P.second == Mode::Closure; }))
    Text += "/* What a converter of arguments is given. */\n"
            "typedef struct {\n" +
            In + StateType + " *" + StateName + ";\n" + In +
            "void *target;\n} " + closureType() + ";\n\n";
  if (WithState && OwnGetState)
    Text += Storage + StateType + " *" + GetState + "(PyObject *module);\n";
  if (usesByType())
    Text += Storage + StateType + " *" + Prefix +
            "_get_state_by_type(PyTypeObject *type);\n";
  if (usesOperands())
    Text += Storage + StateType + " *" + Prefix +
            "_get_state_by_operands(PyObject *left, PyObject *right);\n";
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
      if (E->T && !E->V->Static)
        Text += "extern PyType_Spec " + E->T->Name + "_spec;\n";
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
  int Header = Multi ? sharedHeader(Order) : MainFile;
  if (Header < 0) {
    newHeader(Struct + Text);
    return;
  }
  const unsigned Early = structPlace(Order, Header, false);
  const unsigned Late = structPlace(Order, Header, true);
  if (Early >= Late || Struct.empty()) {
    insert(Header, Late, Struct + Text);
    return;
  }
  // Something before the types of the fields is given the state.
  insert(Header, Early,
         "typedef struct " + StateType + " " + StateType + ";\n\n" + Text);
  insert(Header, Late, "struct " + StateType + " {\n" + Fields + "};\n\n");
}

std::set<int> Rewriter::stateFiles() const {
  std::set<int> Out{MainFile};
  for (const Edit &E : R.Edits)
    if (mentionsState(E))
      Out.insert(E.Where.File);
  return Out;
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
  std::set<std::string> Seen;
  for (const Entity *E : ordered()) {
    if (E->isType() || !E->V->TypeEnd.valid())
      continue;
    const std::string Of = includedFrom(E->V->TypeEnd.File, MainFile);
    if (Seen.insert(Of).second)
      Includes += "#include \"" + Of + "\"\n";
  }
  R.NewFiles[std::string(Path)] =
      "#ifndef " + Guard + "\n#define " + Guard + "\n\n" + Includes + "\n" +
      StringRef(Text).rtrim().str() + "\n\n#endif\n";
  for (int File : stateFiles()) {
    StringRef T = I.Files[File].Text;
    // After the first #include <Python.h>, else after the last #include
    // before the first edit, else after the include guard.
    size_t At = T.find("Python.h");
    if (At == StringRef::npos) {
      size_t First = T.size();
      for (const Edit &E : R.Edits)
        if (E.Where.File == File)
          First = std::min<size_t>(First, E.Where.Begin);
      At = T.take_front(First).rfind("#include");
      if (At == StringRef::npos)
        At = T.find("#define");
    }
    size_t Line = At == StringRef::npos ? StringRef::npos : T.find('\n', At);
    insert(File, Line == StringRef::npos ? 0 : Line + 1,
           "#include \"" +
               relative(Path, sys::path::parent_path(I.Files[File].Path)) +
               "\"\n");
  }
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

bool Rewriter::usesByType() const {
  return any_of(Modes, [&](const auto &P) {
    return P.second == Mode::Local &&
           (mentioned().count(P.first) || handsState(P.first)) &&
           StringRef(fetch(I.Functions.at(P.first))).contains("_state_by_type");
  });
}

bool Rewriter::usesOperands() const {
  return any_of(Modes, [&](const auto &P) {
    return P.second == Mode::Local &&
           (mentioned().count(P.first) || handsState(P.first)) &&
           StringRef(fetch(I.Functions.at(P.first))).contains("_by_operands");
  });
}

/// The files that \p T includes with quotes, as indices, and where.
static std::vector<std::pair<size_t, int>> includesOf(const Index &I,
                                                      StringRef T) {
  std::vector<std::pair<size_t, int>> Out;
  for (size_t At = T.find("#"); At != StringRef::npos;
       At = T.find("#", At + 1)) {
    StringRef L =
        T.substr(At + 1).take_until([](char C) { return C == '\n'; }).trim();
    if (!L.consume_front("include"))
      continue;
    L = L.ltrim();
    if (!L.consume_front("\"") && !L.consume_front("<"))
      continue;
    StringRef Name = sys::path::filename(
        L.take_until([](char C) { return C == '"' || C == '>'; }));
    for (size_t File = 0; File < I.Files.size(); ++File)
      if (sys::path::filename(I.Files[File].Path) == Name)
        Out.push_back({At, int(File)});
  }
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
        !inComment(I.Files[File].Text, E.Where.Begin)) // Of Argument Clinic.
      At = std::min(At, E.Where.Begin);
  for (const Entity *E : Order)
    for (const Place &P : E->V->Declarations)
      if (P.File == File && !E->V->Local && AfterTypes)
        At = std::min(At, P.Begin);
  StringRef T = I.Files[File].Text;
  // Before the #include of what is part of this file.
  for (const Edit &E : R.Edits)
    if (E.Where.File != File && (AfterTypes || mentionsState(E)) &&
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
  // After the types of the fields.
  for (const Entity *E : Order)
    if (AfterTypes && !E->isType() && E->V->TypeEnd.File == File)
      if (unsigned End = T.find('\n', E->V->TypeEnd.Begin); End < T.size())
        At = std::max(At, End + 1);
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
