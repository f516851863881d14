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
  std::set<std::string> Run;
  std::vector<std::string> Work;
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
    if (Other && Run.insert(Key).second)
      Work.push_back(Key);
  }
  while (!Work.empty()) {
    std::string Key = Work.back();
    Work.pop_back();
    for (const Call &C : I.Calls)
      if (C.Caller == Key && Run.insert(C.Callee).second)
        Work.push_back(C.Callee);
  }
  RunTime = std::move(Run);
}

void Rewriter::chooseEntities() {
  findInitOnly();
  if (O.Upto < Level::State) {
    for (const auto &[Key, V] : I.Variables)
      if (V.Mutable && !isTable(V))
        R.Residue |= writtenAnywhere(V);
    R.Residue |= !I.Types.empty();
    return;
  }
  for (const auto &[Key, V] : I.Variables) {
    if (I.Types.count(Key) || isTable(V) || V.TypeName == "PyModuleDef")
      continue;
    if (V.Declarations.empty() || !V.Mutable)
      continue;
    bool AtRun = false, AtInit = false;
    for (const Reference &Ref : V.References)
      if (Ref.Writes)
        (RunTime.count(Ref.Function) ? AtRun : AtInit) = true;
    if (!AtRun && !AtInit && !V.Instance)
      continue;
    const std::string What = "variable '" + V.Name + "'";
    if (V.Instance) {
      leave(What, placeOf(V), "it is a Python object with static storage");
      continue;
    }
    if (V.ThreadLocal) {
      if (V.Object || V.ObjectBlock)
        leave(What, placeOf(V), "it is thread-local");
      continue;
    }
    if (V.TypeName == "PyTypeObject" && !V.Object) {
      leave(What, placeOf(V), "a type that is filled at run time");
      continue;
    }
    if (AtRun)
      if (std::string Api = processApi(V); !Api.empty()) {
        leave(What, placeOf(V),
              "it goes with '" + Api + "', which acts on the whole process");
        continue;
      }
    if (!V.Object && !V.ObjectBlock && !AtRun) {
      leave(What, placeOf(V),
            "plain data, written only while the module is imported", false);
      continue;
    }
    if (V.ObjectBlock) {
      leave(What, placeOf(V),
            "it holds Python objects in a struct or an array");
      continue;
    }
    if (!V.Declarable) {
      leave(What, placeOf(V), "its type cannot be declared as a field");
      continue;
    }
    if (!V.Object && (V.TypeText.find('*') != std::string::npos ||
                      V.TypeText.find("struct") != std::string::npos)) {
      leave(What, placeOf(V),
            "it may stand for something of the whole process, such as a "
            "handle of a library; decide by hand");
      continue;
    }
    Entity E;
    E.V = &V;
    E.Owned = V.Object && isOwned(V);
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
  if (HasState && !Entities.empty() &&
      (!M.StateEnd.valid() || !function(M.Traverse) || !function(M.Clear))) {
    for (auto &[Key, E] : Entities)
      leave(nameOf(E), placeOf(*E.V),
            "the module has a state struct already, without an m_traverse "
            "and an m_clear that could be extended");
    Entities.clear();
  }
  if (!HasState &&
      (!M.Traverse.empty() || !M.Clear.empty() || !M.Free.empty()) &&
      !Entities.empty()) {
    for (auto &[Key, E] : Entities)
      leave(nameOf(E), placeOf(*E.V),
            "the module has m_traverse, m_clear or m_free already");
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

bool Rewriter::isOwned(const Variable &V) const {
  if (V.Dropped)
    return true;
  // Assigned the result of a call, other than one that lends.
  for (const Reference &Ref : V.References) {
    if (!Ref.Writes || !Ref.Token.valid())
      continue;
    StringRef T = I.Files[Ref.Token.File].Text;
    StringRef Rest =
        T.substr(Ref.Token.End).take_until([](char C) { return C == ';'; });
    Rest = Rest.ltrim();
    if (!Rest.consume_front("=") || Rest.starts_with("="))
      continue;
    Rest = Rest.ltrim();
    while (Rest.starts_with("(") && Rest.contains(')') &&
           Rest.slice(1, Rest.find(')')).trim().ends_with("*"))
      Rest = Rest.substr(Rest.find(')') + 1).ltrim();
    StringRef Name = Rest.take_while(isWord);
    StringRef After = Rest.drop_front(Name.size()).ltrim();
    if (!After.starts_with("("))
      continue;
    static const std::set<StringRef> Lend{
        "PyDict_GetItem",   "PyDict_GetItemString", "PyDict_GetItemWithError",
        "PyList_GetItem",   "PyTuple_GetItem",      "PyList_GET_ITEM",
        "PyTuple_GET_ITEM", "PyImport_AddModule",   "PyModule_GetDict",
        "PySys_GetObject"};
    if (!Lend.count(Name))
      return true;
  }
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
  while (Taken.count(Prefix + "_state") || Taken.count(Prefix + "_exec") ||
         Taken.count(Prefix + "_slots") || Taken.count(Prefix + "_clear") ||
         Taken.count(Prefix + "_free") || Taken.count(Prefix + "_traverse") ||
         Taken.count(Prefix + "_get_state"))
    Prefix += "_module";
  StateType = Prefix + "_state";
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
