//===- Entities.cpp - What of an extension can move -----------------------===//
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

Place Rewriter::placeOf(const Variable &V) const {
  if (!V.Declarations.empty())
    return V.Declarations.front();
  return V.References.empty() ? Place() : V.References.front().Token;
}

void Rewriter::leave(const std::string &What, Place Where, std::string Why,
                     bool Residue) {
  R.Left.push_back({What, Where, std::move(Why)});
  R.Residue |= Residue;
}

void Rewriter::findInitOnly() {
  std::vector<std::string> Run;
  for (const auto &[Key, F] : I.Functions) {
    bool Other = !F.Escapes.empty();
    bool Init = Key == BodyKey || Key == M.InitFunction;
    for (const auto &[Root, Of] : F.Roots)
      if (Root == Root::Init)
        Init = true;
      else if (Root != Root::ModuleHook)
        Other = true;
    bool Called = false;
    for (const Call &C : I.Calls)
      Called |= C.Callee == Key;
    if (!Init && !Called && F.Roots.empty() && !F.Static)
      Other = true;
    if (Other)
      Run.push_back(Key);
  }
  RunTime = I.calledFrom(std::move(Run));
}

void Rewriter::chooseEntities() {
  findInitOnly();
  if (O.Upto < Level::State) {
    for (const auto &[Key, V] : I.Variables)
      if (V.Mutable && !isTable(V) && !V.onlyFunctions())
        R.Residue |= writtenAnywhere(V);
    R.Residue |= !I.Types.empty();
    return;
  }
  for (const auto &[Key, V] : I.Variables) {
    if (I.Types.count(Key) || isTable(V) || V.TypeName == "PyModuleDef")
      continue;
    if (V.Declarations.empty() || !V.Mutable || V.onlyFunctions())
      continue;
    if (V.TypeName == "_Py_Identifier")
      continue; // The interpreter keeps the strings of these apart.
    bool AtRun = false, AtInit = false;
    for (const Reference &Ref : V.References)
      if (Ref.Writes)
        (RunTime.count(Ref.Function) ? AtRun : AtInit) = true;
    if (!AtRun && !AtInit && !V.Instance)
      continue;
    const std::string What = "variable '" + V.Name + "'";
    if (V.Instance) {
      Entity E;
      E.V = &V;
      E.Instance = E.Owned = true;
      const std::string Why = whyInstanceStays(E);
      if (Why.empty())
        Entities[Key] = E;
      else
        leave(What, placeOf(V),
              "it is a Python object with static storage" + Why);
      continue;
    }
    if (V.ThreadLocal) {
      if (V.Object || V.ObjectBlock)
        leave(What, placeOf(V), "it is thread-local");
      continue;
    }
    if (V.TypeName == "PyTypeObject" && !V.Object) {
      if (O.Upto < Level::HeapTypes || V.Array || !V.Defined ||
          !isStructSequence(Key)) {
        leave("type '" + V.Name + "'", placeOf(V),
              "a type that is filled at run time");
        continue;
      }
      Entity E;
      E.V = &V;
      E.Sequence = E.Owned = true;
      Entities[Key] = E;
      continue;
    }
    if (isGuard(V)) {
      leave(What, placeOf(V), "it guards against a second import", false);
      continue;
    }
    if (AtRun)
      if (std::string Api = processApi(V); !Api.empty()) {
        leave(What, placeOf(V),
              "it goes with '" + Api + "', which acts on the whole process");
        continue;
      }
    if (Key == M.GlobalVariable)
      continue; // It goes as the module itself.
    if (!V.Defined) {
      if (V.Object || V.ObjectBlock)
        leave(What, placeOf(V), "it is defined elsewhere");
      continue;
    }
    const bool Plain = !V.Object && !V.ObjectBlock;
    if (Plain && !AtRun && (!V.Declarable || isShared(V))) {
      leave(What, placeOf(V),
            "plain data, written only while the module is imported", false);
      continue;
    }
    if (V.ObjectBlock && V.ObjectPaths.empty()) {
      leave(What, placeOf(V),
            "it holds Python objects in a struct or an array");
      continue;
    }
    if (!V.Declarable && fieldFromText(V).empty()) {
      leave(What, placeOf(V), "its type cannot be declared as a field");
      continue;
    }
    const bool FunctionPointer = StringRef(V.FieldText).contains("(*");
    if (Plain && !V.CapsuleApi && !freeListOf(V) &&
        (AtRun
             ? V.TypeText.find('*') != std::string::npos ||
                   V.TypeText.find("struct") != std::string::npos
             : V.TypeText.find('*') != std::string::npos && !FunctionPointer)) {
      leave(What, placeOf(V),
            "it may stand for something of the whole process, such as a "
            "handle of a library; decide by hand");
      continue;
    }
    Entity E;
    E.V = &V;
    E.Owned = V.Object && isOwnedPath(V, "");
    for (const std::string &Path : V.ObjectPaths)
      if (isOwnedPath(V, Path)) {
        E.OwnedPaths.push_back(Path);
        E.Owned = true;
      }
    Entities[Key] = E;
  }
  if (O.Upto >= Level::HeapTypes)
    for (const auto &[Key, T] : I.Types) {
      Entity E;
      E.V = &I.Variables.at(Key);
      E.T = &T;
      E.Owned = true;
      E.Drop = T.Refused;
      E.DropAt = T.Definition;
      Entities[Key] = E;
    }
  else
    R.Residue |= !I.Types.empty();
  if (HasState && !Entities.empty() && !M.StateEnd.valid()) {
    for (auto &[Key, E] : Entities)
      leave(nameOf(E), placeOf(*E.V),
            "the module has a state whose struct is not in these files");
    Entities.clear();
  }
  for (const std::string &Hook : {M.Traverse, M.Clear, M.Free})
    if (!Hook.empty() && !function(Hook) && !Entities.empty()) {
      for (auto &[Key, E] : Entities)
        leave(nameOf(E), placeOf(*E.V),
              "m_traverse, m_clear or m_free is not in these files");
      Entities.clear();
    }
  if (!Body && !Entities.empty() && M.MultiPhase) {
    for (auto &[Key, E] : Entities)
      leave(nameOf(E), placeOf(*E.V), "the module has no Py_mod_exec slot");
    Entities.clear();
  }
}

std::string Rewriter::processApi(const Variable &V) const {
  for (const Reference &Ref : V.References)
    if (Ref.Writes)
      for (const auto &[Function, Api] : I.ProcessCalls)
        if (Function == Ref.Function)
          return Api;
  return "";
}

bool Rewriter::isTable(const Variable &V) {
  static const std::set<StringRef> Names{
      "PyMethodDef",          "PyGetSetDef",       "PyMemberDef",
      "PyType_Slot",          "PyType_Spec",       "PyModuleDef_Slot",
      "PyNumberMethods",      "PySequenceMethods", "PyMappingMethods",
      "PyAsyncMethods",       "PyBufferProcs",     "PyStructSequence_Field",
      "PyStructSequence_Desc"};
  return Names.count(V.TypeName);
}

bool Rewriter::writtenAnywhere(const Variable &V) const {
  return any_of(V.References, [](const Reference &Ref) { return Ref.Writes; });
}

/// `if (loaded) { PyErr_SetString(PyExc_ImportError, ...)`.
bool Rewriter::isGuard(const Variable &V) const {
  if (V.Object || V.ObjectBlock)
    return false;
  for (const Reference &Ref : V.References) {
    if (!Ref.Token.valid() || Ref.Writes)
      continue;
    StringRef T = I.Files[Ref.Token.File].Text;
    if (!T.take_front(Ref.Token.Begin).rtrim(" \t(!").ends_with("if"))
      continue;
    StringRef Rest = T.substr(Ref.Token.End, 250);
    if (Rest.take_until([](char C) { return C == ';'; })
            .contains("PyExc_ImportError"))
      return true;
  }
  return false;
}

/// `Foo.tp_name == NULL`, as long as nothing has made the struct sequence, and
/// `Foo.tp_dict` of any type: the end of the name of the field; 0 for others.
unsigned Rewriter::testsWhetherMade(const Reference &Ref, bool Sequence) const {
  if (!Ref.Token.valid() || !Ref.Member.valid())
    return 0;
  StringRef T = I.Files[Ref.Token.File].Text;
  StringRef Rest = T.substr(Ref.Member.End).ltrim();
  const StringRef Field = Rest.take_while(isWord);
  if (Field != "tp_dict" && !(Sequence && Field == "tp_name"))
    return 0;
  const unsigned End = Field.end() - T.data();
  Rest = T.substr(End).ltrim();
  const StringRef Before = T.take_front(Ref.Token.Begin).rtrim();
  if (Rest.consume_front("==") || Rest.consume_front("!=")) {
    const StringRef Value = Rest.ltrim().take_while(isWord);
    return Value == "NULL" || Value == "0" || Value == "nullptr" ? End : 0;
  }
  const bool Ends = Rest.starts_with(")") || Rest.starts_with("&&") ||
                    Rest.starts_with("||");
  return Ends && (Before.ends_with("!") || Before.ends_with("&&") ||
                  Before.ends_with("||") || Before.ends_with("if ("))
             ? End
             : 0;
}

/// A struct sequence, made once by PyStructSequence_InitType().
bool Rewriter::isStructSequence(const std::string &Key) const {
  unsigned Made = 0;
  for (const ApiUse &U : I.Uses)
    if (StringRef(U.Name).starts_with("PyStructSequence_InitType") &&
        U.Type == Key) {
      ++Made;
      if (!U.Whole.valid() || U.Args.size() != 2 || RunTime.count(U.Function))
        return false;
      // There is nothing yet to look into.
      for (const Reference &Ref : I.Variables.at(Key).References)
        if (Ref.Function == U.Function && Ref.Member.valid() &&
            Ref.Token.Begin < U.Whole.Begin && !testsWhetherMade(Ref, true))
          return false;
    }
  return Made == 1;
}

/// Written in a header of which every file has its own copy.
bool Rewriter::isShared(const Variable &V) const {
  return any_of(V.Declarations,
                [&](const Place &P) { return I.Files[P.File].Header; }) &&
         V.Static;
}

/// Whether the value of \p Value, an expression in \p Function, is a reference
/// that the function owns.
bool Rewriter::givesReference(const std::string &Key, StringRef Value,
                              int Depth) const {
  Value = Value.ltrim();
  while (Value.starts_with("(") && Value.contains(')') &&
         Value.slice(1, Value.find(')')).trim().ends_with("*"))
    Value = Value.substr(Value.find(')') + 1).ltrim();
  StringRef Name = Value.take_while(isWord);
  StringRef After = Value.drop_front(Name.size()).ltrim();
  if (Name.empty())
    return false;
  if (After.starts_with("(")) {
    static const std::set<StringRef> Lend{"PyDict_GetItem",
                                          "PyDict_GetItemString",
                                          "PyDict_GetItemWithError",
                                          "PyList_GetItem",
                                          "PyTuple_GetItem",
                                          "PyList_GET_ITEM",
                                          "PyTuple_GET_ITEM",
                                          "PyImport_AddModule",
                                          "PyModule_GetDict",
                                          "PySys_GetObject",
                                          "Py_TYPE",
                                          "PyType_GetModule"};
    return !Lend.count(Name);
  }
  const Function *F = function(Key);
  if (!F || Depth > 2 ||
      !(After.empty() || After.starts_with(";") || After.starts_with(")") ||
        After.starts_with(",")))
    return false;
  // A local variable: one that was given a new reference, or whose object is
  // given one more here.
  StringRef T = I.text(F->Body);
  for (size_t At = findWord(T, Name); At != StringRef::npos;
       At = findWord(T, Name, At + 1)) {
    StringRef Before = T.take_front(At).rtrim("( \t");
    if (Before.ends_with("Py_INCREF") || Before.ends_with("Py_XINCREF") ||
        Before.ends_with("Py_NewRef"))
      return true;
    StringRef Rest = T.substr(At + Name.size()).ltrim();
    if (!Rest.consume_front("=") || Rest.starts_with("="))
      continue;
    if (Key == BodyKey && Name == M.ModuleVariable)
      continue; // The exec function borrows the module.
    if (F->Locals.count(Name.str()) && givesReference(Key, Rest, Depth + 1))
      return true;
  }
  return false;
}

/// `add_type(m, &spec, &type)`, where that gives `*type` a reference of its own,
/// besides the one that a module takes.
bool Rewriter::filledFor(const Reference &Ref, StringRef Path) const {
  if (!Ref.Token.valid())
    return false;
  StringRef T = I.Files[Ref.Token.File].Text;
  StringRef Rest = T.substr(Ref.Token.End);
  if (!Rest.consume_front(Path) ||
      !(Rest.ltrim().starts_with(",") || Rest.ltrim().starts_with(")")))
    return false;
  for (const Call &C : I.Calls) {
    if (C.Caller != Ref.Function || C.Open.File != Ref.Token.File ||
        C.Open.End > Ref.Token.Begin)
      continue;
    const size_t End = closing(T, C.Open.Begin - 1);
    const Function *F = function(C.Callee);
    if (!F || End == StringRef::npos || End < Ref.Token.End)
      continue;
    const size_t N = splitTop(T.slice(C.Open.End, Ref.Token.Begin)).size() - 1;
    if (N >= F->Parameters.size())
      continue;
    StringRef Body = I.text(F->Body);
    const std::string To = "*" + F->Parameters[N].Name;
    const size_t At = Body.find(To);
    if (At == StringRef::npos || Body.find(To, At + 1) != StringRef::npos)
      continue;
    StringRef Value = Body.substr(At + To.size()).ltrim();
    if (!Value.consume_front("="))
      continue;
    Value = Value.take_until([](char C) { return C == ';'; }).trim();
    Value = Value.substr(Value.find_last_of(")") + 1).trim();
    if (!Value.empty() && F->Locals.count(Value.str()))
      return Body.contains("PyModule_AddObject(")
                 ? Body.contains(("Py_INCREF(" + Value + ")").str())
                 : givesReference(F->Key, Value);
  }
  return false;
}

/// The variable owns what it, or the part \p Path of it, points to.
bool Rewriter::isOwnedPath(const Variable &V, StringRef Path) const {
  if (V.Dropped)
    return true;
  for (const Reference &Ref : V.References) {
    const Place At = Ref.Token.valid() ? Ref.Token : Ref.Pasted;
    if (!At.valid())
      continue;
    StringRef T = I.Files[At.File].Text;
    StringRef Rest =
        T.substr(At.End).take_until([](char C) { return C == ';'; });
    Rest = Rest.ltrim();
    while (!Ref.Token.valid() && Rest.consume_front("##"))
      Rest = Rest.ltrim().drop_while(isWord).ltrim();
    StringRef Left = Path;
    bool Fits = true;
    while (Fits && !Left.empty()) {
      if (Left.consume_front("[]")) {
        Fits = Rest.starts_with("[") && Rest.contains(']');
        Rest = Rest.substr(Rest.find(']') + 1).ltrim();
      } else {
        StringRef Field =
            Left.take_front(1 + Left.drop_front().take_while(isWord).size());
        Left = Left.drop_front(Field.size());
        // `.x##_name` in a macro.
        if (StringRef Pasted = Rest; Pasted.consume_front(".")) {
          Pasted = Pasted.drop_while(isWord).ltrim();
          if (Pasted.consume_front("##")) {
            StringRef End = Pasted.ltrim().take_while(isWord);
            Fits = Field.ends_with(End);
            Rest = Pasted.ltrim().drop_front(End.size()).ltrim();
            continue;
          }
        }
        Fits = Rest.consume_front(Field) && (Rest.empty() || !isWord(Rest[0]));
        Rest = Rest.ltrim();
      }
    }
    if (!Fits || !Rest.consume_front("=") || Rest.starts_with("="))
      continue;
    if (givesReference(Ref.Function, Rest))
      return true;
  }
  // `p->error = PyErr_NewException(...)`, with a pointer into it.
  if (const size_t Dot = Path.rfind('.'); Dot != StringRef::npos) {
    const std::string Field = ("->" + Path.substr(Dot + 1)).str();
    bool Given = false, Stolen = false;
    for (const Reference &Ref : V.References) {
      const Function *F = function(Ref.Function);
      StringRef T = F ? I.text(F->Body) : StringRef();
      for (size_t At = T.find(Field); At != StringRef::npos;
           At = T.find(Field, At + 1)) {
        StringRef Rest = T.substr(At + Field.size());
        if (!Rest.empty() && isWord(Rest[0]))
          continue;
        StringRef Before = T.take_front(At);
        Before = Before.substr(Before.find_last_of(";{}") + 1);
        Stolen |= Before.contains("PyModule_AddObject(");
        Rest = Rest.ltrim();
        if (Rest.consume_front("=") && !Rest.starts_with("="))
          Given |= givesReference(Ref.Function, Rest.take_until([](char C) {
            return C == ';';
          }));
      }
    }
    if (Given)
      return !Stolen;
  }
  if (any_of(V.References, [&](const Reference &Ref) {
        return Ref.AddressOf.valid() && filledFor(Ref, Path);
      }))
    return true;
  if (Path.empty())
    for (const ApiUse &U : I.Uses)
      if ((U.Name == "Py_INCREF" || U.Name == "Py_XINCREF") &&
          U.ArgVariable == V.Key)
        return true;
  return false;
}

std::string Rewriter::nameOf(const Entity &E) const {
  return (E.T ? "type '" : "variable '") + E.V->Name + "'";
}

void Rewriter::chooseNames() {
  std::set<std::string> Taken;
  for (const auto &[Key, V] : I.Variables)
    Taken.insert(V.Name);
  for (const auto &[Key, F] : I.Functions)
    Taken.insert(F.Name);
  Taken.insert(I.Macros.begin(), I.Macros.end());
  Taken.insert(I.Foreign.begin(), I.Foreign.end());
  while ((Taken.count(Prefix + "_state") && !HasState) ||
         Taken.count(Prefix + "_exec") || Taken.count(Prefix + "_slots") ||
         Taken.count(Prefix + "_clear") || Taken.count(Prefix + "_free") ||
         Taken.count(Prefix + "_traverse") ||
         Taken.count(Prefix + "_get_current_state") ||
         (Taken.count(Prefix + "_get_state") && !HasState))
    Prefix += "_module";
  StateType = Prefix + "_state";
  GetState = Prefix + "_get_state";
  if (HasState)
    for (const auto &[Key, F] : I.Functions)
      if (F.Defined && F.Parameters.size() == 1 && F.Roots.empty() &&
          F.Returns == Function::Pointer && F.Body.valid() &&
          F.Parameters[0].Type == "PyObject *" &&
          F.Body.End - F.Body.Begin < 300 && F.Body.File == MainFile &&
          !(F.Static && multiFile()) &&
          I.text(F.Body).contains("PyModule_GetState")) {
        GetState = F.Name;
        OwnGetState = false;
      }
  while (OwnGetState && Taken.count(GetState))
    GetState += "_";
  if (HasState)
    for (const auto &[Field, Text] : M.DefFields)
      if (Field == "m_size") {
        StringRef T = Text;
        StateType = T.slice(T.find('(') + 1, T.rfind(')')).trim().str();
      }
  for (const char *Name : {"state", "mstate", "module_state"}) {
    StateName = Name;
    bool Free = !Taken.count(Name);
    for (const auto &[Key, F] : I.Functions) {
      Free &= !F.Locals.count(Name);
      for (const Parameter &P : F.Parameters)
        Free &= P.Name != Name;
    }
    if (Free)
      break;
    StateName = Prefix + "_st";
  }
  std::set<std::string> Fields;
  for (auto &[Key, E] : Entities) {
    E.Field = E.V->Name;
    if (!Fields.insert(E.Field).second) {
      E.Field = sanitised(E.V->Owner.substr(E.V->Owner.rfind('#') + 1)) + "_" +
                E.V->Name;
      while (!Fields.insert(E.Field).second)
        E.Field += "_";
    }
  }
}

} // namespace pyext::migrate
