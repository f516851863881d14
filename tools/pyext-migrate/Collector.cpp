//===- Collector.cpp - Types that need no collector -----------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each object of a heap type has a reference to its type, which has one to its
// module. That is a cycle only when the module leads to the object, and the
// collector's header costs more than the rest of a small object. An object that
// holds none is in no other cycle.
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace pyext::migrate {

/// Whether \p Name is a call that gives an object which leads to no other, or a
/// new exception.
static bool givesPlain(StringRef Name) {
  static const StringRef Prefixes[] = {
      "PyErr_NewException", "PyUnicode_From",  "PyUnicode_Intern",
      "PyBytes_From",       "PyLong_From",     "PyFloat_From",
      "PyComplex_From",     "PyBool_From",     "PyStructSequence_NewType"};
  return any_of(Prefixes,
                [&](StringRef Prefix) { return Name.starts_with(Prefix); });
}

/// Without casts and brackets before it.
static StringRef uncast(StringRef Text) {
  Text = Text.ltrim();
  while (Text.starts_with("(")) {
    StringRef In = Text.substr(1).take_until([](char C) { return C == ')'; });
    Text = In.trim().ends_with("*") ? Text.substr(In.size() + 2).ltrim()
                                    : Text.drop_front().ltrim();
  }
  return Text;
}

/// Whether the variable only ever holds exceptions of the module, texts and
/// numbers.
bool Rewriter::isPlain(const Variable &V) const {
  if (!V.Object || V.Array)
    return false;
  for (const Reference &Ref : V.References) {
    if (!Ref.Writes)
      continue;
    if (!Ref.Token.valid() || Ref.AddressOf.valid())
      return false;
    StringRef T = I.Files[Ref.Token.File].Text;
    StringRef Before = T.take_front(Ref.Token.Begin).rtrim(" \t(");
    if (Before.ends_with("Py_CLEAR"))
      continue;
    StringRef Rest = T.substr(Ref.Token.End).ltrim();
    if (!Rest.consume_front("="))
      return false;
    // `a = b = f()`
    Rest = uncast(Rest);
    StringRef Name = Rest.take_while(isWord);
    StringRef After = Rest.drop_front(Name.size()).ltrim();
    if (Name == "NULL" || Name == "nullptr" ||
        (Name == "0" && After.starts_with(";")) ||
        (After.starts_with("(") && givesPlain(Name)))
      continue;
    return false;
  }
  return true;
}

/// Whether nothing that the module leads to could hold an object of its types:
/// not its state, not its dict, not the dicts of the types.
bool Rewriter::holdsNoInstance() const {
  if (HoldsNone)
    return *HoldsNone;
  HoldsNone = false;
  if (HasState || !Body)
    return false;
  static const std::set<StringRef> Numbers{
      "char", "signed char", "unsigned char", "short", "unsigned short", "int",
      "unsigned int", "long", "unsigned long", "long long",
      "unsigned long long", "float", "double", "uint8_t", "uint16_t",
      "uint32_t", "uint64_t", "int8_t", "int16_t", "int32_t", "int64_t",
      "size_t", "Py_ssize_t", "wchar_t"};
  for (const auto &[Key, V] : I.Variables) {
    if (V.TypeName == "PyModuleDef" || Key == M.GlobalVariable ||
        I.Types.count(Key) || isTable(V) || V.TypeName == "PyTypeObject")
      continue;
    if (V.Object) {
      if (!isPlain(V))
        return false;
    } else if (V.Instance || V.ObjectBlock ||
               (V.Mutable && writtenAnywhere(V) && !V.onlyFunctions() &&
                (StringRef(V.TypeText).contains('*') || V.Aggregate) &&
                !Numbers.count(V.TypeName))) {
      return false;
    }
  }
  for (const ApiUse &U : I.Uses) {
    if (!StringRef(U.Name).starts_with("PyModule_AddObject"))
      continue;
    if (U.Args.size() != 3)
      return false;
    auto V = I.Variables.find(U.ArgVariable);
    StringRef Given = uncast(U.Args[2]);
    StringRef Name = Given.take_while(isWord);
    if (I.Types.count(U.Type) || (V != I.Variables.end() && isPlain(V->second)) ||
        (givesPlain(Name) && Given.drop_front(Name.size()).ltrim().starts_with("(")))
      continue;
    return false;
  }
  auto Puts = [](StringRef Text) {
    static const StringRef Into[] = {
        "PyModule_GetDict",        "PyObject_SetAttr", "PyModule_Add(",
        "PyObject_GenericSetAttr", "tp_dict",          "PyState_",
        "PyImport_"};
    return any_of(Into, [&](StringRef Name) { return Text.contains(Name); });
  };
  for (const auto &[Key, F] : I.Functions)
    if (F.Body.valid() && Puts(I.text(F.Body)))
      return false;
  for (const Place &P : I.MacroBodies)
    if (Puts(I.text(P)))
      return false;
  HoldsNone = true;
  return true;
}

/// Objects that hold no objects, in a module that holds none of them.
bool Rewriter::isInNoCycle(const Entity &E) const {
  const StaticType &T = *E.T;
  if (T.HasGc || T.HoldsObjects || !T.Offsets.empty() || !E.Base.empty() ||
      (!E.ForeignBase.empty() &&
       !StringRef(E.ForeignBase).contains("PyBaseObject_Type")))
    return false;
  for (const StaticType::Slot &S : E.Slots)
    for (StringRef Id : {"Py_tp_traverse", "Py_tp_clear", "Py_tp_finalize",
                         "Py_tp_del", "Py_tp_bases"})
      if (S.Id == Id)
        return false;
  const std::string Dealloc = slotFunction(E, "Py_tp_dealloc");
  if (Dealloc.empty() ? plainFree(E).empty()
                      : !delegateOf(Dealloc, "Py_tp_dealloc").empty())
    return false;
  for (const auto &[Key, Other] : Entities)
    if (&Other != &E && Other.T &&
        (Other.T->Base == T.Key ||
         (!Dealloc.empty() && slotFunction(Other, "Py_tp_dealloc") == Dealloc)))
      return false;
  const std::set<std::string> Importing = I.calledFrom({BodyKey});
  for (const Reference &Ref : E.V->References) {
    if (Ref.Function.empty() || !Ref.Token.valid())
      return false;
    if (Importing.count(Ref.Function) &&
        none_of(I.Uses, [&](const ApiUse &U) {
          return U.Type == T.Key && U.Whole.valid() &&
                 contains(U.Whole, Ref.Token) &&
                 (U.Name == "PyType_Ready" || StringRef(U.Name).ends_with("CREF") ||
                  StringRef(U.Name).starts_with("PyModule_Add"));
        }))
      return false;
  }
  // The memory goes back in the deallocator alone.
  for (const ApiUse &U : I.Uses)
    if (!T.InstanceStruct.empty() && U.ArgStruct == T.InstanceStruct &&
        U.Function != Dealloc && StringRef(U.Name).starts_with("PyObject_"))
      for (StringRef Frees : {"Del", "DEL", "Free", "FREE", "GC"})
        if (StringRef(U.Name).contains(Frees))
          return false;
  return holdsNoInstance();
}

} // namespace pyext::migrate
