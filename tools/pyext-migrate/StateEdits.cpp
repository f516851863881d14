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

std::string Rewriter::fieldType(const Entity &E) const {
  return E.T ? "PyTypeObject *" : E.V->TypeText;
}

void Rewriter::emitStateStruct() {
  // In the order of declaration.
  std::vector<const Entity *> Order = ordered();
  std::string Fields;
  for (const Entity *E : Order) {
    std::string Type = fieldType(*E);
    Fields += In + Type + (Type.back() == '*' ? "" : " ") + E->Field + ";";
    if (!E->T && !E->V->Comment.empty())
      Fields += " " + E->V->Comment;
    Fields += "\n";
  }
  std::string Text;
  std::string Storage = Multi ? "" : "static ";
  if (HasState && WithState)
    insert(M.StateEnd.File, M.StateEnd.Begin, Fields);
  else if (WithState)
    Text = "typedef struct {\n" + Fields + "} " + StateType + ";\n\n";
  if (UsesModuleByType)
    Text += Storage + "PyObject *" + Prefix +
            "_get_module_by_type(PyTypeObject *type);\n";
  if (WithState)
    Text +=
        Storage + StateType + " *" + Prefix + "_get_state(PyObject *module);\n";
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
    newHeader(Text);
    return;
  }
  insert(Header, structPlace(Order, Header), Text);
}

std::set<int> Rewriter::stateFiles() const {
  std::set<int> Out{MainFile};
  for (const Edit &E : R.Edits)
    if (StringRef(E.Text).contains(StateType) ||
        StringRef(E.Text).contains(StateName + "->"))
      Out.insert(E.Where.File);
  return Out;
}

int Rewriter::sharedHeader(const std::vector<const Entity *> &Order) const {
  for (const Entity *E : Order)
    for (const Place &P : E->V->Declarations) {
      if (!I.Files[P.File].Header)
        continue;
      bool All = true;
      for (int File : stateFiles())
        All &= File == P.File || I.Includes.count({File, P.File});
      if (All)
        return P.File;
    }
  return -1;
}

void Rewriter::newHeader(const std::string &Text) {
  SmallString<256> Path(sys::path::parent_path(I.Files[MainFile].Path));
  const std::string Name = Prefix + "_state.h";
  sys::path::append(Path, Name);
  std::string Guard = upper(Prefix) + "_STATE_H";
  R.NewFiles[std::string(Path)] = "#ifndef " + Guard + "\n#define " + Guard +
                                  "\n\n#include <Python.h>\n\n" +
                                  StringRef(Text).rtrim().str() +
                                  "\n\n#endif\n";
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
    SmallString<256> Spelled(Name);
    if (sys::path::parent_path(I.Files[File].Path) !=
        sys::path::parent_path(I.Files[MainFile].Path))
      Spelled = Path;
    insert(File, Line == StringRef::npos ? 0 : Line + 1,
           "#include \"" + std::string(Spelled) + "\"\n");
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
  return any_of(Modes,
                [&](const auto &P) {
                  return P.second == Mode::Local &&
                         (mentioned().count(P.first) || handsState(P.first)) &&
                         StringRef(fetch(I.Functions.at(P.first)))
                             .contains("_by_type");
                }) ||
         usesOperands();
}

bool Rewriter::usesOperands() const {
  return any_of(Modes, [&](const auto &P) {
    return P.second == Mode::Local &&
           StringRef(fetch(I.Functions.at(P.first))).contains("_by_operands");
  });
}

unsigned Rewriter::structPlace(const std::vector<const Entity *> &Order,
                               int File) const {
  unsigned At = ~0u;
  for (const Edit &E : R.Edits)
    if (E.Where.File == File)
      At = std::min(At, E.Where.Begin);
  for (const Entity *E : Order)
    for (const Place &P : E->V->Declarations)
      if (P.File == File && !E->V->Local)
        At = std::min(At, P.Begin);
  StringRef T = I.Files[File].Text;
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
    if (!E->T && !E->V->Local && E->V->TypeName != "PyObject" &&
        E->V->TypeName != "PyTypeObject")
      for (const Place &P : E->V->Declarations)
        if (P.File == File)
          At = std::max(At, P.Begin);
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
