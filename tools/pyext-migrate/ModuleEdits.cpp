//===- ModuleEdits.cpp - Multi-phase initialisation -----------------------===//
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

/// The limited API of an older Python hides what the headers have.
static bool limitedApi(const Index &I) { return I.LimitedApi; }

/// Whether a slot is declared in text that is not compiled with these headers.
static bool hiddenSlot(const Index &I, StringRef Name) {
  return limitedApi(I) && any_of(I.Files, [&](const SourceFile &File) {
           return StringRef(File.Text).contains(("{" + Name + ",").str());
         });
}

/// Where the innermost condition that is open at \p At begins.
static size_t openCondition(StringRef T, size_t At) {
  const std::vector<size_t> Open = openConditions(T, At);
  return Open.empty() ? StringRef::npos : Open.back();
}

std::string Rewriter::guarded(unsigned Minor, const std::string &Line) const {
  if (limitedApi(I))
    return std::string("#ifdef ") +
           (Minor == 12 ? "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED"
                        : "Py_MOD_GIL_NOT_USED") +
           "\n" + Line + "#endif\n";
  if (O.MinMinor >= Minor)
    return Line;
  char Hex[16];
  snprintf(Hex, sizeof Hex, "0x03%02X0000", Minor);
  return std::string("#if PY_VERSION_HEX >= ") + Hex + "\n" + Line + "#endif\n";
}

std::string Rewriter::slotLines(bool Exec) {
  std::string Text;
  if (Exec)
    Text +=
        In + "{Py_mod_exec, " + (Cxx ? "(void *)" : "") + Prefix + "_exec},\n";
  if (!M.Slots.count("Py_mod_multiple_interpreters") &&
      !hiddenSlot(I, "Py_mod_multiple_interpreters")) {
    if (O.ClaimOwnGil)
      Text += guarded(12, In + "{Py_mod_multiple_interpreters, "
                               "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},\n");
    else if (O.Upto >= Level::Interpreters || R.Residue)
      Text += guarded(12, In + "{Py_mod_multiple_interpreters, "
                               "Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},"
                               "\n");
  }
  if (!M.Slots.count("Py_mod_gil") && !hiddenSlot(I, "Py_mod_gil")) {
    if (!M.SetGil.empty())
      Text += guarded(13, In + "{Py_mod_gil, " + M.SetGil + "},\n");
    else if (O.ClaimNoGil)
      Text += guarded(13, In + "{Py_mod_gil, Py_MOD_GIL_NOT_USED},\n");
  }
  return Text;
}

/// What m_clear gives back, a collection does only for modules in cycles.
std::string Rewriter::freeText() {
  const Function *Clear = function(M.Clear);
  if (!Clear || !M.Free.empty() || !HasState || M.MultiPhase)
    return "";
  HasFree = true;
  return "static void\n" + Prefix + "_free(void *module)\n{\n" + In + "(void)" +
         Clear->Name + "((PyObject *)module);\n}\n\n";
}

std::string Rewriter::hooksText() {
  if (!WithState)
    return freeText();
  std::string S = StateName, Text;
  std::vector<const Entity *> Order = ordered();
  bool Objects = any_of(Order, [](const Entity *E) { return E->Owned; });
  const std::string Drain = drainLines();
  if (!Objects && Drain.empty())
    return freeText();
  HasHooks = true;
  std::string Own =
      In + StateType + " *" + S + " = " + GetState + "(module);\n";
  if (!M.Traverse.empty()) {
    extendHook(M.Traverse, "Py_VISIT");
  } else {
    Text += "static int\n" + Prefix +
            "_traverse(PyObject *module, visitproc visit, void *arg)\n{\n" +
            Own;
    for (const Entity *E : Order)
      Text += hookLines(*E, "Py_VISIT", access(*E), In);
    Text += In + "return 0;\n}\n\n";
  }
  if (!M.Clear.empty()) {
    extendHook(M.Clear, "Py_CLEAR");
  } else {
    Text += "static int\n" + Prefix + "_clear(PyObject *module)\n{\n" + Own;
    for (const Entity *E : Order)
      Text += hookLines(*E, "Py_CLEAR", access(*E), In);
    Text += In + "return 0;\n}\n\n";
  }
  const std::string Clear =
      M.Clear.empty() ? Prefix + "_clear" : I.Functions.at(M.Clear).Name;
  if (M.Free.empty()) {
    Text += "static void\n" + Prefix + "_free(void *module)\n{\n";
    if (!Drain.empty())
      Text += In + StateType + " *" + S + " = " + GetState +
              "((PyObject *)module);\n";
    Text +=
        In + "(void)" + Clear + "((PyObject *)module);\n" + Drain + "}\n\n";
  } else {
    const Function *F = function(M.Free);
    const bool Clears = StringRef(I.text(F->Body)).contains(Clear + "(");
    if (!Clears || !Drain.empty())
      nameParameter(*F, 0);
    if (!Drain.empty())
      declareState(*F, GetState + "(" + asObject(*F, 0) + ")");
    if (!Clears || !Drain.empty())
      insertFirst(*F, "(void)" + Clear + "(" + asObject(*F, 0) + ");" +
                          (Drain.empty() ? "" : "\n") +
                          StringRef(Drain).rtrim('\n').str());
    if (M.Clear.empty() && F->Header.valid())
      insert(F->Header.File, F->Header.Begin,
             "static int " + Clear + "(PyObject *module);\n\n");
  }
  return Text;
}

std::string Rewriter::hookLines(const Entity &E, const char *Macro,
                                const std::string &Access,
                                const std::string &Indent) const {
  if (!E.Owned)
    return "";
  if (E.OwnedPaths.empty())
    return Indent + Macro + "(" + Access + ");\n";
  std::string Text;
  for (const std::string &Path : E.OwnedPaths) {
    auto [Before, After] = StringRef(Path).split("[]");
    std::string Array = Access + Before.str();
    if (!StringRef(Path).contains("[]"))
      Text += Indent + Macro + "(" + Array + ");\n";
    else
      Text += Indent + "for (size_t i = 0; i < sizeof(" + Array +
              ") / sizeof(" + Array + "[0]); i++)\n" + Indent + In + Macro +
              "(" + Array + "[i]" + After.str() + ");\n";
  }
  return Text;
}

void Rewriter::extendHook(const std::string &Key, const char *Macro) {
  const Function *F = function(Key);
  StringRef T = I.text(F->Body);
  size_t At = T.rfind("return");
  if (At == StringRef::npos)
    At = T.size() - 1;
  unsigned Offset = F->Body.Begin + At;
  std::string Ind = indentAt({F->Body.File, Offset, Offset}), Lines;
  const std::string State =
      GetState + "(" + asObject(*F, 0) + ")->";
  for (const Entity *E : ordered()) {
    bool Mentioned = any_of(E->V->References, [&](const Reference &Ref) {
      return Ref.Function == Key;
    });
    if (!Mentioned)
      Lines += hookLines(*E, Macro, State + E->Field, Ind);
  }
  Lines = StringRef(Lines).ltrim().str();
  if (!Lines.empty())
    Lines += Ind;
  nameParameter(*F, 0);
  insert(F->Body.File, Offset, Lines);
}

std::string Rewriter::accessorsText() {
  std::string Finder;
  const bool ByType = WithState && usesByType();
  const bool Operands = WithState && usesOperands();
  const bool Perhaps = WithState && usesPerhaps();
  const bool Asserts = WithState && any_of(Modes, [](const auto &P) {
                         return P.second == Mode::Asserts;
                       });
  const bool Three = WithState && usesThree();
  const bool Finds = ByType || Operands || Three || Perhaps;
  if (UsesModuleByType || Finds || Asserts)
    Finder = forAsserts(!UsesModuleByType && !Finds, finderText());
  if (!WithState)
    return Finder + askingText();
  std::string Storage = Multi ? "" : "static ";
  std::string Text;
  if (OwnGetState)
    Text = Storage + StateType + " *\n" + GetState + "(PyObject *module)\n{\n" +
           In + "void *data = PyModule_GetState(module);\n" + In +
           "assert(data != NULL);\n" + In + "return (" + StateType +
           " *)data;\n}\n\n";
  Text += Finder + askingText();
  if (Finds || Asserts)
    Text += forAsserts(
        !Finds, (Perhaps || Asserts ? Storage : "static ") + StateType +
                    " *\n" + Prefix + "_find_state(PyTypeObject *type)\n{\n" +
                    In + "PyObject *owner = " + Prefix +
                    "_find_module(type);\n" + In +
                    "return owner == NULL ? NULL : " + GetState +
                    "(owner);\n}\n\n");
  if (ByType || assertsByType())
    Text += forAsserts(
        !ByType, Storage + StateType + " *\n" + Prefix +
                     "_get_state_by_type(PyTypeObject *type)\n{\n" + In +
                     StateType + " *" + StateName + " = " + Prefix +
                     "_find_state(type);\n" + In + "assert(" + StateName +
                     " != NULL);\n" + In + "return " + StateName +
                     ";\n}\n\n");
  if (Operands)
    Text += Storage + StateType + " *\n" + Prefix +
            "_get_state_by_operands(PyObject *left, PyObject *right)\n{\n" +
            In + StateType + " *" + StateName + " = " + Prefix +
            "_find_state(Py_TYPE(left));\n" + In + "if (" + StateName +
            " == NULL)\n" + In + In + StateName + " = " + Prefix +
            "_find_state(Py_TYPE(right));\n" + In + "assert(" + StateName +
            " != NULL);\n" + In + "return " + StateName + ";\n}\n\n";
  if (Three)
    Text += Storage + StateType + " *\n" + Prefix +
            "_get_state_by_three(PyObject *left, PyObject *right,\n" + In +
            "PyObject *third)\n{\n" + In + "PyObject *operands[] = {left, right, "
            "third};\n" + In + StateType + " *" + StateName + " = NULL;\n" +
            In + "for (int i = 0; " + StateName + " == NULL && i < 3; i++)\n" +
            In + In + StateName + " = " + Prefix +
            "_find_state(Py_TYPE(operands[i]));\n" + In + "assert(" +
            StateName + " != NULL);\n" + In + "return " + StateName +
            ";\n}\n\n";
  if (UsesSequence)
    Text += "/* Makes a struct sequence whose functions find the module. "
            "*/\n" +
            Storage + "int\n" + Prefix +
            "_create_sequence(PyObject *module, PyStructSequence_Desc "
            "*desc,\n" +
            In + "PyTypeObject **type)\n{\n" + In +
            "PyTypeObject *made = PyStructSequence_NewType(desc);\n" + In +
            "if (made == NULL)\n" + In + In + "return -1;\n" + In +
            "Py_INCREF(module);\n" + In +
            "((PyHeapTypeObject *)made)->ht_module = module;\n" + In +
            "Py_XSETREF(*type, made);\n" + In + "return 0;\n}\n\n";
  if (anyType()) {
    Text += "/* Makes a heap type of the module. Returns -1 with an exception "
            "set when that fails. */\n" +
            Storage + "int\n" + Prefix +
            "_create_type(PyObject *module, PyType_Spec *spec,\n" + In +
            "PyTypeObject *base, PyTypeObject **type)\n{\n" + In +
            "PyObject *bases = NULL;\n" + In + "if (base != NULL) {\n" + In +
            In + "bases = PyTuple_Pack(1, (PyObject *)base);\n" + In + In +
            "if (bases == NULL)\n" + In + In + In + "return -1;\n" + In +
            "}\n" + In +
            "PyObject *made = PyType_FromModuleAndSpec(module, spec, "
            "bases);\n" +
            In + "Py_XDECREF(bases);\n" + In + "if (made == NULL)\n" + In + In +
            "return -1;\n";
    if (AnyNotCallable && O.MinMinor < 10)
      Text += "#if PY_VERSION_HEX < 0x030A0000\n" + In +
              "/* No Py_TPFLAGS_DISALLOW_INSTANTIATION. */\n" + In +
              "if (base == NULL) {\n" + In + In +
              "const PyType_Slot *slot = spec->slots;\n" + In + In +
              "while (slot->slot != 0 && slot->slot != Py_tp_new)\n" + In + In +
              In + "slot++;\n" + In + In + "if (slot->slot == 0)\n" + In + In +
              In + "((PyTypeObject *)made)->tp_new = NULL;\n" + In +
              "}\n#endif\n";
    Text += In + "Py_XSETREF(*type, (PyTypeObject *)made);\n" + In +
            "return 0;\n}\n\n";
    if (UsesFreeObject)
      Text += "/* Frees an object that was never completed, without its "
              "deallocator. */\n" +
              Storage + "void\n" + Prefix +
              "_free_object(PyObject *self)\n{\n" + In +
              "PyTypeObject *type = Py_TYPE(self);\n" + In +
              "PyObject_GC_UnTrack(self);\n" + In + "type->tp_free(self);\n" +
              In + "Py_DECREF(type);\n}\n\n";
  }
  return Text;
}

std::string Rewriter::finderText() const {
  std::string Text =
      "/* The module that made a type or one of its bases. NULL, without an "
      "exception, for\n   types of others. */\nstatic PyObject *\n" +
      Prefix + "_find_module(PyTypeObject *type)\n{\n" + In +
      "PyObject *mro = type->tp_mro;\n" + In +
      "Py_ssize_t n = mro == NULL ? 0 : PyTuple_GET_SIZE(mro);\n" + In +
      "for (Py_ssize_t i = 0; i < n; i++) {\n" + In + In +
      "PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);\n" + In +
      In + "if (PyType_HasFeature(base, Py_TPFLAGS_HEAPTYPE)) {\n" + In + In +
      In + "PyObject *owner = ((PyHeapTypeObject *)base)->ht_module;\n" + In +
      In + In + "if (owner != NULL && PyModule_GetDef(owner) == &" + M.DefName +
      ")\n" + In + In + In + In + "return owner;\n" + In + In + "}\n" + In +
      "}\n" + In + "return NULL;\n}\n\n";
  if (UsesModuleByType)
    Text += std::string(Multi ? "" : "static ") + "PyObject *\n" + Prefix +
            "_get_module_by_type(PyTypeObject *type)\n{\n" + In +
            "PyObject *owner = " + Prefix + "_find_module(type);\n" + In +
            "assert(owner != NULL);\n" + In + "return owner;\n}\n\n";
  return Text;
}

std::string Rewriter::definitionText() {
  std::map<std::string, std::string> Fields(M.DefFields.begin(),
                                            M.DefFields.end());
  Fields["m_size"] = HasState    ? Fields["m_size"]
                     : WithState ? "sizeof(" + StateType + ")"
                                 : "0";
  Fields["m_slots"] = M.MultiPhase ? Fields["m_slots"] : Prefix + "_slots";
  if (HasHooks) {
    if (M.Traverse.empty())
      Fields["m_traverse"] = Prefix + "_traverse";
    if (M.Clear.empty())
      Fields["m_clear"] = Prefix + "_clear";
    if (M.Free.empty())
      Fields["m_free"] = Prefix + "_free";
  }
  if (HasFree)
    Fields["m_free"] = Prefix + "_free";
  std::string Storage = M.DefStatic ? "static " : "";
  std::string Text = Storage + "struct PyModuleDef " + M.DefName + " = {\n" +
                     In + "PyModuleDef_HEAD_INIT,\n";
  for (const char *Name : {"m_name", "m_doc", "m_size", "m_methods", "m_slots",
                           "m_traverse", "m_clear", "m_free"}) {
    std::string Value = Fields[Name];
    if (Cxx) {
      if (Value.empty())
        Value = StringRef(Name) == "m_size" ? "0" : "NULL";
      Text += In + Value + ", /* " + Name + " */\n";
    } else if (!Value.empty()) {
      Text += In + "." + Name + " = " + Value + ",\n";
    }
  }
  return Text + "};\n\n";
}

std::string Rewriter::loadedOnce() {
  return In + "static int loaded = 0;\n\n" + In +
         "/* Some of the state is still shared by the whole process. */\n" +
         In + "if (loaded) {\n" + In + In +
         "PyErr_SetString(PyExc_ImportError,\n" + In + In +
         "                \"cannot load module more than once per "
         "process\");\n" +
         In + In + "return -1;\n" + In + "}\n" + In + "loaded = 1;\n";
}

/// Whether there is nothing in \p P but macros and the definition \p Def.
static bool onlyOwn(StringRef T, Place P, Place Def) {
  std::string Text;
  if (Def.File == P.File && P.Begin <= Def.Begin && Def.End <= P.End)
    Text = (T.slice(P.Begin, Def.Begin) + T.slice(Def.End, P.End)).str();
  else
    Text = T.slice(P.Begin, P.End).str();
  SmallVector<StringRef, 16> Lines;
  StringRef(Text).split(Lines, '\n');
  return all_of(Lines, [](StringRef L) {
    L = L.trim();
    return L.empty() || L.starts_with("#") || L.starts_with("//") ||
           (L.starts_with("/*") && L.ends_with("*/"));
  });
}

/// Where the groups of conditions begin that stand right before \p At and hold
/// nothing but specifiers; \p At when there are none.
static unsigned specifiersBefore(StringRef T, unsigned At) {
  for (;;) {
    StringRef Before = T.take_front(At).rtrim();
    const size_t Line = Before.rfind('\n') + 1;
    if (!Before.substr(Line).ltrim().starts_with("#"))
      return At;
    StringRef Last = Before.substr(Line).ltrim().drop_front().ltrim();
    if (!Last.starts_with("endif"))
      return At;
    const std::vector<size_t> Open = openConditions(T, Line);
    if (Open.empty())
      return At;
    SmallVector<StringRef, 8> Lines;
    T.slice(Open.back(), Line).split(Lines, '\n');
    bool Any = false;
    for (StringRef L : Lines) {
      L = L.trim();
      if (L.consume_front("#")) {
        if (L.ltrim().starts_with("define"))
          return At;
        continue;
      }
      if (L.empty())
        continue;
      if (L.find_first_of(";{}=*/") != StringRef::npos)
        return At;
      Any = true;
    }
    if (!Any)
      return At;
    At = Open.back();
  }
}

void Rewriter::emitModule() {
  if (M.MultiPhase) {
    emitMultiPhase();
    return;
  }
  std::string Hooks = hooksText();
  bool Trivial = isTrivialBody();
  StringRef T = I.Files[Body->Body.File].Text;
  // The definition moves behind the slots.
  Place Def = M.DefDeclaration;
  bool Earlier = false;
  for (const Reference &Ref : I.Variables.at(M.Definition).References)
    Earlier |= !contains(Body->Body, Ref.Token) &&
               Ref.Function != M.InitFunction && Ref.Token.valid() &&
               none_of(I.Uses, [&](const ApiUse &U) {
                 return U.Name == "PyState_FindModule" &&
                        contains(U.Whole, Ref.Token);
               });
  // Or it is declared above.
  for (const Place &P : I.Variables.at(M.Definition).Declarations)
    Earlier &= P.File != Def.File || P.Begin >= Def.Begin;
  replaceAll(Def);
  for (const Place &P : M.DefAssignments) {
    replaceAll(P);
    edit(wholeLine(P), "");
  }
  if (Earlier && !Cxx)
    edit(Def, std::string("static struct PyModuleDef ") + M.DefName + ";");
  else
    removeDeclarationBlock(Def);
  // Header.
  std::string Exec = Prefix + "_exec";
  Place Header = Body->Header;
  StringRef HeaderText = I.text(Header);
  if (HeaderText.contains("\n#"))
    if (size_t If = openCondition(T, Header.Begin); If != StringRef::npos) {
      Place Line{Header.File, unsigned(If), unsigned(T.find('\n', If) + 1)};
      // Or only the header that the same body had in Python 2.
      if (onlyOwn(T, {Header.File, Line.End, Header.Begin}, Def) ||
          T.slice(Line.End, Header.Begin).find_first_of("{;}") ==
              StringRef::npos)
        Header.Begin = If;
      else
        edit(Line, ""); // Other things of this branch stay.
    }
  // `extern "C"` within `#ifdef __cplusplus` and the like is of PyInit_, too.
  const unsigned Specifiers = specifiersBefore(T, Header.Begin);
  const std::string Lead = T.slice(Specifiers, Header.Begin).str();
  Header.Begin = Specifiers;
  const bool Plain = BodyKey == M.InitFunction && !HeaderText.contains('#') &&
                     !HeaderText.contains("//");
  std::string InitText =
      (Plain ? Lead + HeaderText.str()
             : "PyMODINIT_FUNC\nPyInit_" + M.Name + "(void)") +
      "\n{\n" + In + "return PyModuleDef_Init(&" + M.DefName + ");\n}\n";
  std::string Tail =
      Hooks + "static PyModuleDef_Slot " + Prefix + "_slots[] = {\n" +
      slotLines(!Trivial || R.Residue || !AtExecStart.empty() || asks()) + In +
      "{0, NULL}\n};\n\n" + definitionText() +
      (InNamespace ? "namespace {\n\n" + accessorsText() + "} // namespace\n\n"
                   : accessorsText());
  const bool Own = BodyKey == M.InitFunction;
  if (Trivial && !R.Residue && AtExecStart.empty() && !asks()) {
    Place All{Header.File, Header.Begin, Body->Body.End};
    replaceAll(All);
    edit(All, Tail + (Own ? StringRef(InitText).rtrim().str() : ""));
    if (!Own)
      editInitCall();
    return;
  }
  edit(Header, giverText() + otherModules() + "static int\n" + Exec +
                   "(PyObject *" + ModuleName + ")");
  editBody();
  std::string Whole = "\n\n" + StringRef(Tail).rtrim().str();
  if (Own)
    Whole += "\n\n" + StringRef(InitText).rtrim().str();
  insert(Body->Body.File, Body->Body.End, Whole);
  if (!Own)
    editInitCall();
}

void Rewriter::editInitCall() {
  for (const Return &Ret : I.Returns)
    if (Ret.Function == M.InitFunction && Ret.Whole.valid() &&
        StringRef(Ret.Value).contains(Body->Name)) {
      edit(Ret.Whole, "return PyModuleDef_Init(&" + M.DefName + ");");
      return;
    }
  R.Refused = "PyInit_" + M.Name + " does not simply return what '" +
              Body->Name + "' creates";
}

/// `PyDict_SetItemString(dict, "x", PyList_New(0))` takes no reference: what
/// was lost once would be lost with each import.
std::string Rewriter::giverText() {
  const std::string Name = Prefix + "_give_item";
  bool Used = false;
  for (const ApiUse &U : I.Uses) {
    if (U.Function != BodyKey || U.Name != "PyDict_SetItemString" ||
        !U.GivesNew || !U.Whole.valid() || skipped(U.Whole) ||
        !I.text(U.Whole).starts_with(U.Name))
      continue;
    edit({U.Whole.File, U.Whole.Begin,
          unsigned(U.Whole.Begin + U.Name.size())},
         Name);
    Used = true;
  }
  if (!Used)
    return "";
  return "/* PyDict_SetItemString() that is given the reference. */\n"
         "static int\n" +
         Name + "(PyObject *dict, const char *key, PyObject *value)\n{\n" + In +
         "int result = value == NULL ? -1 : PyDict_SetItemString(dict, key, "
         "value);\n" +
         In + "Py_XDECREF(value);\n" + In + "return result;\n}\n\n";
}

std::string Rewriter::otherModules() {
  const std::string Name = Prefix + "_create_submodule";
  bool Used = false;
  for (const ModuleInfo::Other &Other : M.Others) {
    const bool Needed = any_of(Other.MethodTables, [&](const auto &Table) {
      auto Entries = I.MethodTables.find(Table);
      return Entries != I.MethodTables.end() &&
             any_of(Entries->second, [&](const MethodEntry &E) {
               return Modes.count(E.Function) != 0;
             });
    });
    if (!Needed || !Other.Refused.empty())
      continue;
    replaceAll(Other.Call);
    edit(Other.Call, Name + "(" + ModuleName + ", " + Other.Argument + ")");
    Used = true;
  }
  if (!Used)
    return "";
  return "/* Makes a module within the module. Its functions are called with "
         "the module itself,\n   which has the state. */\nstatic PyObject *\n" +
         Name + "(PyObject *module, PyModuleDef *def)\n{\n" + In +
         "PyObject *made = PyModule_New(def->m_name);\n" + In +
         "if (made == NULL)\n" + In + In + "return NULL;\n" + In +
         "PyObject *name = PyModule_GetNameObject(made);\n" + In +
         "int failed = name == NULL;\n" + In +
         "if (!failed && def->m_doc != NULL)\n" + In + In +
         "failed = PyModule_SetDocString(made, def->m_doc) < 0;\n" + In +
         "for (PyMethodDef *method = def->m_methods; !failed && "
         "method->ml_name != NULL; method++) {\n" +
         In + In +
         "PyObject *function = PyCFunction_NewEx(method, module, name);\n" +
         In + In +
         "failed = function == NULL || PyObject_SetAttrString(made, "
         "method->ml_name, function) < 0;\n" +
         In + In + "Py_XDECREF(function);\n" + In + "}\n" + In +
         "Py_XDECREF(name);\n" + In + "if (failed)\n" + In + In +
         "Py_CLEAR(made);\n" + In + "return made;\n}\n\n";
}

bool Rewriter::isTrivialBody() const {
  if (!M.OnlyReturnsCreate)
    return false;
  std::string Text;
  Place At = Body->Body;
  ++At.Begin;
  std::vector<Place> Gone = M.DefAssignments;
  Gone.push_back(M.DefDeclaration);
  llvm::sort(Gone);
  for (const Place &P : Gone)
    if (contains(At, P)) {
      Text += I.text({At.File, At.Begin, P.Begin}).str();
      At.Begin = P.End;
    }
  Text += I.text({At.File, At.Begin, At.End - 1}).str();
  StringRef T = StringRef(Text).trim();
  return T.starts_with("return") && T.count(';') == 1;
}

std::vector<std::string> Rewriter::initialLines() const {
  std::vector<std::string> Out;
  for (const Entity *E : ordered()) {
    const Variable &V = *E->V;
    if (E->T || E->Instance || V.Initialiser.empty())
      continue;
    if (!isTemplate(V)) {
      Out.push_back(access(*E) + " = " + V.Initialiser + ";");
      continue;
    }
    std::string From = V.Name + "_init";
    if (V.Local) {
      From = E->Field + "_init";
      std::string Text = V.FieldText;
      Text.replace(Text.find('@'), 1, From);
      Out.push_back("static " +
                    std::string(StringRef(Text).contains('*') ? "" : "const ") +
                    Text + " = " + V.Initialiser + ";");
    }
    Out.push_back(V.Array ? "memcpy(" + access(*E) + ", " + From +
                                ", sizeof(" + access(*E) + "));"
                          : access(*E) + " = " + From + ";");
  }
  return Out;
}

/// The tables that are read by the statement at \p At or before: they follow
/// what is put there.
std::string Rewriter::execTables(unsigned At) {
  std::string Out;
  erase_if(ExecTables, [&](const auto &P) {
    if (P.first > At)
      return false;
    Out += "\n" + In + P.second;
    return true;
  });
  return Out;
}

/// Those that are left, each before the statement that reads it.
void Rewriter::insertExecTables() {
  for (const auto &[At, Table] : ExecTables)
    insert(Body->Body.File, At,
           Table + "\n" + indentAt({Body->Body.File, At, At}));
}

/// Where the init function begins: behind what goes, which is \p Gone and the
/// assignments to types that move, and outside of conditions.
unsigned Rewriter::startOfBody(std::vector<Place> Gone) const {
  for (const auto &[Key, E] : Entities)
    if (E.Drop.empty())
      for (const auto *List : {&E.Absorbed, &E.TableAssignments})
        for (const TypeAssignment *A : *List)
          Gone.push_back(A->Statement);
  llvm::sort(Gone);
  unsigned At = firstStatement(*Body);
  for (size_t N = 0; N < Gone.size(); ++N)
    for (const Place &P : Gone)
      if (P.File == Body->Body.File && P.Begin <= At && At < P.End)
        At = firstStatement(*Body, wholeLine(P).End);
  StringRef T = I.Files[Body->Body.File].Text;
  for (;;) {
    const size_t If = openCondition(T, At);
    if (If == StringRef::npos || If < Body->Body.Begin)
      return At;
    At = If;
  }
}

void Rewriter::editBody() {
  StringRef T = I.Files[Body->Body.File].Text;
  // Initialisers of what moved.
  std::string Start;
  for (const std::string &Line : initialLines())
    Start += "\n" + In + Line;
  if (asks())
    Start += "\n" + settingLines(In);
  for (const Entity *E : inBaseOrder(AtExecStart))
    Start += "\n" + In + "if (" + createCall(*E, ModuleName) + " < 0)\n" + In +
             In + "return -1;" + instanceLines(*E, In, "return -1;");
  if (!Start.empty()) {
    std::vector<Place> Gone = M.DefAssignments;
    Gone.insert(Gone.end(), {M.CreateStatement, M.CheckStatement, SetGil,
                             M.DefDeclaration});
    for (const ApiUse *U : finds())
      if (inBody(*U) && U->Whole.Begin < M.CreateStatement.Begin)
        Gone.insert(Gone.end(), U->Again.begin(), U->Again.end());
    const unsigned At = startOfBody(std::move(Gone));
    Start += execTables(At);
    const bool Directive = T.substr(At).ltrim(" \t").starts_with("#");
    insert(
        Body->Body.File, At,
        (Directive ? In : std::string()) +
            StringRef(Start).drop_front(1 + In.size()).str() + "\n\n" +
            (Directive ? std::string() : indentAt({Body->Body.File, At, At})));
  }
  insertExecTables();
  if (R.Residue) {
    const StringRef Rest = T.slice(Body->Body.Begin + 1, Body->Body.End);
    const StringRef Line = Rest.take_until([](char C) { return C == '\n'; });
    const bool InOneLine = Line.size() == Rest.size();
    insert(Body->Body.File,
           Body->Body.Begin + 1 + unsigned(InOneLine ? 0 : Line.size()),
           "\n" + StringRef(loadedOnce()).rtrim().str() +
               (InOneLine ? "\n" + In : std::string()));
  }
  if (M.OnlyReturnsCreate) {
    for (const Return &Ret : I.Returns)
      if (Ret.Function == BodyKey)
        edit(Ret.Whole, Ret.What == Return::Null ? minusOne(Ret) : "return 0;");
    return;
  }
  if (!M.VariableReused)
    removeVariable();
  if (SetGil.valid()) {
    replaceAll(SetGil);
    edit(withDirectives(wholeLine(SetGil)), "");
  }
  if (M.VariableReused) {
    edit(M.CreateCall, ModuleName);
  } else {
    // Others that are declared with it stay.
    const std::string Kept =
        M.VariableWithCreate && M.GlobalVariable.empty()
            ? withoutNames(I.text(M.CreateStatement), {M.ModuleVariable})
            : "";
    replaceAll(M.CreateStatement);
    if (Kept.empty())
      edit(wholeLine(M.CreateStatement), "");
    else
      edit(M.CreateStatement, Kept);
  }
  if (M.CheckStatement.valid()) {
    replaceAll(M.CheckStatement);
    edit(wholeLine(M.CheckStatement), "");
  }
  for (const Return &Ret : I.Returns) {
    if (Ret.Function != BodyKey || skipped(Ret.Whole) ||
        contains(M.CheckStatement, Ret.Whole) ||
        contains(M.CreateStatement, Ret.Whole))
      continue;
    if (Ret.Macro && !isOnlyReturn(Ret) && returnsArgument(Ret)) {
      edit(Ret.Argument, "-1");
      continue;
    }
    if (Ret.Macro && !isOnlyReturn(Ret)) {
      // The macro does more: its definition is for this function only.
      // Nor does it release the module, which is borrowed here.
      Place Where = Ret.Spelled;
      StringRef Before =
          StringRef(I.Files[Where.File].Text).take_front(Where.Begin).rtrim();
      for (StringRef Name : {"Py_XDECREF", "Py_DECREF"})
        for (StringRef Module : {"module", "mod", "m", "(module)", "(m)"}) {
          std::string Release = (Name + "(" + Module + ");").str();
          if (Before.ends_with(Release))
            Where.Begin = Before.size() - Release.size();
        }
      edit(Where, I.text(Where).ends_with(";") ? "return -1;" : "return -1");
      continue;
    }
    if (Ret.What == Return::Null)
      edit(Ret.Whole, minusOne(Ret));
    else if (Ret.What == Return::Module)
      edit(Ret.Whole, Ret.Macro && !I.text(Ret.Whole).ends_with(";")
                          ? "return 0"
                          : "return 0;");
    else
      edit(Ret.Whole, "return " + Ret.Value + " == NULL ? -1 : 0;");
  }
  // A hook that needed no module, and was called without one.
  for (const Call &C : I.Calls)
    if (C.Caller == BodyKey && C.HasArguments && C.Open.valid() &&
        !C.Callee.empty() && (C.Callee == M.Clear || C.Callee == M.Free)) {
      StringRef Given =
          StringRef(I.Files[C.Open.File].Text).substr(C.Open.Begin);
      Given = Given.take_until([](char C) { return C == ')'; }).trim();
      if (Given == "NULL" || Given == "0" || Given == "nullptr") {
        unsigned At = Given.begin() - I.Files[C.Open.File].Text.data();
        edit({C.Open.File, At, unsigned(At + Given.size())}, ModuleName);
      }
    }
  if (!M.VariableReused)
    removeReleases();
  removeDeadBranches();
}

/// `#if PY_MAJOR_VERSION >= 3` in the body, with what stands for it otherwise:
/// what is left of them would be empty, or return something else.
void Rewriter::removeDeadBranches() {
  const int File = Body->Body.File;
  StringRef T = I.Files[File].Text;
  auto LineOf = [&](size_t At) {
    size_t Begin = T.rfind('\n', At);
    Begin = Begin == StringRef::npos ? 0 : Begin + 1;
    return Place{File, unsigned(Begin), unsigned(T.find('\n', At) + 1)};
  };
  auto Directive = [&](size_t At) {
    StringRef L = T.slice(LineOf(At).Begin, LineOf(At).End).trim();
    L.consume_front("#");
    return L.ltrim();
  };
  for (const auto &[Where, Supported] : I.Files[File].Inactive) {
    if (Supported || !contains(Body->Body, Where))
      continue;
    StringRef First = Directive(Where.Begin), Last = Directive(Where.End);
    if (First.starts_with("if") && Last.starts_with("endif")) {
      edit({File, LineOf(Where.Begin).Begin, LineOf(Where.End).End}, "");
    } else if (First.starts_with("else") && Last.starts_with("endif")) {
      size_t If = openCondition(T, LineOf(Where.Begin).Begin);
      if (If == StringRef::npos || If < Body->Body.Begin)
        continue;
      edit(LineOf(If), "");
      edit({File, LineOf(Where.Begin).Begin, LineOf(Where.End).End}, "");
    } else if (First.starts_with("if") && Last.starts_with("else")) {
      size_t End = LineOf(Where.End).End;
      unsigned Depth = 1;
      while (Depth && End < Body->Body.End) {
        StringRef L = Directive(End);
        if (T.substr(End).ltrim(" \t").starts_with("#")) {
          if (L.starts_with("if"))
            ++Depth;
          else if (L.starts_with("endif") && --Depth == 0)
            break;
        }
        End = LineOf(End).End;
      }
      if (Depth)
        continue;
      edit({File, LineOf(Where.Begin).Begin, LineOf(Where.End).End}, "");
      edit(LineOf(End), "");
    }
  }
}

/// The macro that is used at \p Ret, from its name; invalid when unknown.
Place Rewriter::macroOf(const Return &Ret) const {
  for (const Index::MacroUse &U : I.MacroUses)
    if (U.Name.File == Ret.Whole.File && U.Name.Begin == Ret.Whole.Begin)
      return U.Definition;
  return {};
}

/// Whether the macro is a return and nothing else that matters to a function
/// that borrows the module.
bool Rewriter::isOnlyReturn(const Return &Ret) const {
  Place Definition = macroOf(Ret);
  if (!Definition.valid())
    return true; // The macro is not of the extension.
  StringRef T = I.text(Definition);
  T = T.drop_front(T.take_while(isWord).size());
  if (T.starts_with("("))
    T = T.drop_front(T.find(')') + 1);
  std::string Flat;
  for (char C : T)
    if (C != '\\' && C != '\n' && C != '\r')
      Flat += C;
  StringRef S = StringRef(Flat).trim();
  S.consume_front("do");
  S = S.ltrim(" {");
  for (StringRef Name : {"Py_XDECREF", "Py_DECREF"})
    if (S.starts_with(Name)) {
      S = S.drop_front(S.find(';') == StringRef::npos ? 0 : S.find(';') + 1);
      S = S.ltrim();
    }
  return S.starts_with("return") && S.count(';') <= 2 && !S.contains("if");
}

/// Whether the macro that returns is told to return NULL: another value can be
/// written there.
bool Rewriter::returnsArgument(const Return &Ret) const {
  if (Ret.What != Return::Null || !Ret.Argument.valid())
    return false;
  StringRef After =
      StringRef(I.Files[Ret.Argument.File].Text).substr(Ret.Argument.End);
  return all_of(I.text(Ret.Argument), isWord) &&
         !After.ltrim().starts_with("(") &&
         (contains(Body->Body, Ret.Argument) || onlyInBody(Ret.Argument));
}

/// Every use of the macro whose definition holds \p P is in the function that
/// makes the module.
bool Rewriter::onlyInBody(Place P) const {
  std::set<Place> Definitions;
  for (const Place &D : I.MacroBodies)
    if (contains(D, P))
      Definitions.insert(D);
  bool More = true;
  while (More) {
    More = false;
    for (const Index::MacroUse &U : I.MacroUses) {
      if (!Definitions.count(U.Definition) || contains(Body->Body, U.Name))
        continue;
      bool Nested = false;
      for (const Place &D : I.MacroBodies)
        if (contains(D, U.Name) && !(D == U.Definition)) {
          Nested = true;
          More |= Definitions.insert(D).second;
        }
      if (!Nested)
        return false;
    }
  }
  return !Definitions.empty();
}

std::string Rewriter::minusOne(const Return &Ret) {
  return Ret.Macro ? "return -1" : "return -1;";
}

std::vector<const Rewriter::Entity *>
Rewriter::inBaseOrder(std::vector<Entity *> In) const {
  std::vector<const Entity *> Out;
  std::set<const Entity *> Done;
  std::function<void(const Entity *)> Add = [&](const Entity *E) {
    if (!Done.insert(E).second)
      return;
    if (!E->Base.empty())
      for (Entity *Other : In)
        if (Other->T->Key == E->Base)
          Add(Other);
    Out.push_back(E);
  };
  for (Entity *E : In)
    Add(E);
  return Out;
}

void Rewriter::removeVariable() {
  if (M.VariableWithCreate || !M.VariableDeclaration.valid())
    return;
  Place Token = M.VariableDeclaration;
  StringRef T = I.Files[Token.File].Text;
  size_t Begin = T.find_last_of(";{}", Token.Begin);
  Begin = T.find_first_not_of(" \t\r\n", Begin + 1);
  while (Begin < Token.Begin &&
         (T.substr(Begin).starts_with("/*") ||
          T.substr(Begin).starts_with("//") || T[Begin] == '#')) {
    size_t End = T.substr(Begin).starts_with("/*") ? T.find("*/", Begin) + 2
                                                   : T.find('\n', Begin);
    Begin = T.find_first_not_of(" \t\r\n", End);
  }
  size_t End = T.find(';', Token.End);
  if (Begin == StringRef::npos || End == StringRef::npos || Begin > Token.Begin)
    return;
  Place Whole{Token.File, unsigned(Begin), unsigned(End + 1)};
  StringRef Text = I.text(Whole);
  std::string Kept = withoutNames(Text, {M.ModuleVariable});
  replaceAll(Whole);
  if (Kept.empty())
    edit(wholeLine(Whole), "");
  else
    edit(Whole, Kept);
}

void Rewriter::removeReleases() {
  StringRef T = I.Files[Body->Body.File].Text;
  for (const char *Name : {"Py_DECREF", "Py_XDECREF", "Py_CLEAR"}) {
    for (size_t At = T.find(Name, Body->Body.Begin);
         At != StringRef::npos && At < Body->Body.End;
         At = T.find(Name, At + 1)) {
      size_t P = At + strlen(Name);
      StringRef Rest = T.substr(P).ltrim();
      if (!Rest.consume_front("("))
        continue;
      Rest = Rest.ltrim();
      if (!Rest.consume_front(M.ModuleVariable))
        continue;
      Rest = Rest.ltrim();
      if (!Rest.consume_front(")"))
        continue;
      Rest = Rest.ltrim();
      if (!Rest.consume_front(";"))
        continue;
      unsigned End = Rest.data() - T.data();
      Place S{Body->Body.File, unsigned(At), End};
      if (inComment(T, At) || skipped(S))
        continue;
      // The body of an if without braces needs a statement.
      StringRef Before = T.take_front(At).rtrim();
      if (Before.ends_with(")") || Before.ends_with("else"))
        edit(S, ";");
      else
        edit(wholeLine(S), "");
    }
  }
}

/// The end of `if (...) { return NULL; }`, `if (...) return NULL;` or of
/// `name(...);` at \p At in \p T; npos for other statements.
static size_t endOfSimple(StringRef T, size_t At) {
  const size_t Open = T.find_first_not_of(
      " \t\r\n", At + T.substr(At).take_while(isWord).size());
  if (Open == StringRef::npos || T[Open] != '(')
    return StringRef::npos;
  const size_t Close = closing(T, Open);
  if (Close == StringRef::npos)
    return Close;
  StringRef Rest = T.substr(Close).ltrim();
  if (!T.substr(At).starts_with("if"))
    return Rest.starts_with(";") ? Rest.data() - T.data() + 1
                                 : StringRef::npos;
  const bool Block = Rest.consume_front("{");
  Rest = Rest.ltrim();
  if (!Rest.consume_front("return"))
    return StringRef::npos;
  Rest = Rest.ltrim();
  if (!Rest.consume_front("NULL") && !Rest.consume_front("nullptr") &&
      !Rest.consume_front("0"))
    return StringRef::npos;
  Rest = Rest.ltrim();
  if (!Rest.consume_front(";"))
    return StringRef::npos;
  if (Block) {
    Rest = Rest.ltrim();
    if (!Rest.consume_front("}"))
      return StringRef::npos;
  }
  if (Rest.ltrim().starts_with("else"))
    return StringRef::npos;
  return Rest.data() - T.data();
}

void Rewriter::moveFromInit() {
  const Function *Init = function(M.Body);
  if (!M.MultiPhase || !Body || !Init || M.Body == BodyKey ||
      O.Upto < Level::State || !Init->Parameters.empty() ||
      Init->Body.File != Body->Body.File || ModuleName.empty())
    return;
  StringRef T = I.Files[Init->Body.File].Text;
  std::vector<Place> Found;
  for (unsigned At = firstWordFrom(T, Init->Body.Begin + 1);
       At < Init->Body.End;) {
    StringRef Rest = T.substr(At);
    if (Rest.starts_with("return")) {
      if (!Rest.take_until([](char C) { return C == ';'; })
               .contains("PyModuleDef_Init"))
        return;
      break;
    }
    const size_t End = endOfSimple(T, At);
    if (End == StringRef::npos || End >= Init->Body.End)
      return;
    Found.push_back({Init->Body.File, At, unsigned(End)});
    At = firstWordFrom(T, End);
  }
  // What could move is written there, or in what is called.
  std::vector<std::string> Called;
  auto In = [&](Place P) {
    return any_of(Found, [&](const Place &S) { return contains(S, P); });
  };
  for (const Call &C : I.Calls)
    if (C.Caller == M.Body && In(C.Open))
      Called.push_back(C.Callee);
  const std::set<std::string> Reached = I.calledFrom(std::move(Called));
  const bool Needed = any_of(I.Variables, [&](const auto &P) {
    return P.second.Mutable && any_of(P.second.References, [&](const auto &R) {
             return R.Writes && (Reached.count(R.Function) ||
                                 (R.Function == M.Body && In(R.Token)));
           });
  });
  if (!Needed)
    return;
  FromInit = std::move(Found);
  for (Call &C : I.Calls)
    if (C.Caller == M.Body && inFromInit(C.Open))
      C.Caller = BodyKey;
  for (auto &[Key, V] : I.Variables)
    for (Reference &Ref : V.References)
      if (Ref.Function == M.Body && inFromInit(Ref.Token))
        Ref.Function = BodyKey;
  for (ApiUse &U : I.Uses)
    if (U.Function == M.Body && inFromInit(U.Whole))
      U.Function = BodyKey;
}

bool Rewriter::inFromInit(Place P) const {
  return any_of(FromInit, [&](const Place &S) { return contains(S, P); });
}

void Rewriter::emitMultiPhase() {
  // A promise that was refused before.
  if (O.ClaimOwnGil)
    if (auto Slot = M.SlotValues.find("Py_mod_multiple_interpreters");
        Slot != M.SlotValues.end() && Slot->second.valid() &&
        I.text(Slot->second) != "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED" &&
        StringRef(I.text(Slot->second)).starts_with("Py_MOD_"))
      edit(Slot->second, "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED");
  std::string Lines = slotLines(false);
  if (!Lines.empty() && M.SlotsEnd.valid()) {
    StringRef T = I.Files[M.SlotsEnd.File].Text;
    size_t Line = T.rfind('\n', M.SlotsEnd.Begin);
    insert(M.SlotsEnd.File, Line == StringRef::npos ? 0 : Line + 1, Lines);
  }
  if (!WithState && !asks())
    return;
  if (!M.DefDeclaration.valid()) {
    R.Refused = "the definition of '" + M.DefName + "' was not found";
    return;
  }
  std::string Hooks = hooksText();
  std::string Text = Hooks + StringRef(definitionText()).rtrim().str() +
                     "\n\n" + StringRef(accessorsText()).rtrim().str();
  replaceAll(M.DefDeclaration);
  edit(M.DefDeclaration, Text);
  if (Body) {
    std::string Start;
    for (const Place &P : FromInit) {
      std::string Moved = takeEdited(P);
      for (StringRef Null : {"return NULL;", "return nullptr;", "return 0;"})
        if (const size_t At = Moved.rfind(Null.str());
            At != std::string::npos)
          Moved.replace(At, Null.size(), "return -1;");
      edit(wholeLine(P), "");
      Replaced.push_back(P);
      Start += In + Moved + "\n";
    }
    for (const std::string &Line : initialLines())
      Start += In + Line + "\n";
    if (asks())
      Start += settingLines(In) + "\n";
    for (const Entity *E : inBaseOrder(AtExecStart))
      Start += In + "if (" + createCall(*E, ModuleName) + " < 0)\n" + In + In +
               "return -1;" + instanceLines(*E, In, "return -1;") + "\n";
    if (!Start.empty()) {
      const unsigned At = startOfBody({});
      StringRef T = I.Files[Body->Body.File].Text;
      if (std::string Tables = execTables(At); !Tables.empty())
        Start += StringRef(Tables).drop_front().str() + "\n";
      const bool Directive = T.substr(At).ltrim(" \t").starts_with("#");
      insert(Body->Body.File, At,
             (Directive ? In : std::string()) + StringRef(Start).ltrim().str() +
                 (Directive ? std::string()
                            : indentAt({Body->Body.File, At, At})));
    }
    insertExecTables();
  }
}

} // namespace pyext::migrate
