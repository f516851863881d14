//===- HeapTypeDeallocCheck.cpp - cpython-types-heap-type-dealloc ---------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/HeapTypeDeallocCheck.h"
#include "facts/ApiRoles.h"
#include "model/Initializers.h"
#include "support/TypeEdits.h"
#include "types/HeapTypeDeallocFix.h"

using namespace clang;
using namespace llvm;
using pyext::model::ExtensionModel;
using pyext::model::LifeEvent;
using pyext::model::LifeStep;
using pyext::model::Lifecycle;
using pyext::model::TypeObject;

namespace pyext::types {

/// Whether \p Inner runs only when a test says so.
static bool isConditional(const Stmt *Root, const Stmt *Inner,
                          unsigned Depth = 0) {
  if (!Root || Depth > 400)
    return false;
  for (const Stmt *Child : Root->children())
    if (contains(Child, Inner))
      return isa<IfStmt, ConditionalOperator, SwitchStmt>(Root) ||
             isConditional(Child, Inner, Depth + 1);
  return false;
}

void HeapTypeDeallocCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  for (const TypeObject &Type : Model.types()) {
    if (!Type.Static && Type.sets("tp_free"))
      checkFree(Model, Type);
    const FunctionDecl *Slot = Type.slot("tp_dealloc");
    const Lifecycle *Life = Model.lifecycle(Slot);
    const model::Function *F = Life ? Model.function(Slot) : nullptr;
    if (!F || F->Generated || !F->Decl->getNumParams() ||
        facts::isGeneratedName(Type.Object->getName()))
      continue;
    if (Type.Static)
      checkStatic(Model, Type, *Life);
    else if (Reported.insert(F->Decl).second)
      checkHeap(Model, Type, F->Decl, *Life);
  }
}

/// tp_free of a heap type is PyObject_GC_Del or PyObject_Free, by the flag.
void HeapTypeDeallocCheck::checkFree(const ExtensionModel &Model,
                                     const TypeObject &Type) {
  const FunctionDecl *Free = Type.slot("tp_free");
  if (!Free || !Free->getIdentifier() || !Type.Flags)
    return;
  const StringRef Name = facts::canonicalName(Free->getName());
  const bool Gc = Type.hasFlag(facts::type_flags::HaveGc);
  if (facts::hasRole(Name, Gc ? facts::ApiRole::FreesGcObject
                              : facts::ApiRole::FreesObject))
    return;
  const auto Value = find_if(
      Type.Values, [](const auto &V) { return V.first == "tp_free"; });
  diag(Model.context().getSourceManager().getExpansionLoc(
           Value->second->getBeginLoc()),
       "heap type '%0' sets Py_tp_free to '%1', but its memory must be freed "
       "by '%2', which is set when the slot is left out")
      << Type.Name << Free->getName()
      << facts::nameOf(Gc ? facts::ApiRole::FreesGcObject
                          : facts::ApiRole::FreesObject);
}

void HeapTypeDeallocCheck::checkStatic(const ExtensionModel &Model,
                                       const TypeObject &Type,
                                       const Lifecycle &Life) {
  const LifeEvent *Drop = Life.first(LifeStep::DropsType);
  if (!Drop || isConditional(Drop->In->getBody(), Drop->Inner))
    return;
  // The same function for a heap type, in another configuration for example.
  for (const TypeObject &Other : Model.types())
    if (!Other.Static && Other.slot("tp_dealloc") == Type.slot("tp_dealloc"))
      return;
  diag(Model.context().getSourceManager().getExpansionLoc(
           Drop->Inner->getExprLoc()),
       "the reference to the type is dropped, but instances of static type "
       "'%0' own none")
      << Type.Name;
  diag(Type.Loc, "the static type is defined here", DiagnosticIDs::Note);
}

/// The type is read after the object was freed, or dropped before.
bool HeapTypeDeallocCheck::checkOrder(const Dealloc &D) {
  const LifeEvent *Free = D.Life.first(LifeStep::FreesObject);
  const LifeEvent *Drop = D.Life.first(LifeStep::DropsType);
  if (!Free || !Drop)
    return false;
  if (D.index(Drop) < D.index(Free)) {
    // PyObject_Free() does not need the type.
    const FunctionDecl *Callee =
        isa<CallExpr>(Free->Inner)
            ? cast<CallExpr>(Free->Inner)->getDirectCallee()
            : nullptr;
    if ((Callee && Callee->getIdentifier() &&
         facts::hasRole(facts::canonicalName(Callee->getName()),
                        facts::ApiRole::FreesObject)) ||
        !isa<CallExpr>(Free->Inner))
      return false;
    auto Diag = diag(D.at(*Drop), "the reference to the type of the object is "
                                  "dropped before the object is freed: this "
                                  "can free the type that frees it");
    for (const FixItHint &Hint : dropAfterFree(D))
      Diag << Hint;
    return true;
  }
  // Py_DECREF(Py_TYPE(self)) after the object is gone.
  for (const LifeEvent &E : D.Life.Events) {
    if (E.Step != LifeStep::LoadsType || D.index(&E) < D.index(Free) ||
        !contains(Drop->Inner, E.Inner))
      continue;
    auto Diag = diag(D.at(E), "the type is read from the object after it was "
                              "freed");
    for (const FixItHint &Hint : readTypeFirst(D, E))
      Diag << Hint;
    return true;
  }
  return false;
}

void HeapTypeDeallocCheck::checkHeap(const ExtensionModel &Model,
                                     const TypeObject &Type,
                                     const FunctionDecl *FD,
                                     const Lifecycle &Life) {
  const Dealloc D = {Model, Type, FD, Life,
                     FD->getParamDecl(0)->getNameAsString()};
  const LifeEvent *Free = Life.first(LifeStep::FreesObject);
  const bool Delegates = Life.has(LifeStep::Delegates);
  const bool Gc = Type.hasFlag(facts::type_flags::HaveGc);
  const StringRef Name = FD->getIdentifier() ? FD->getName() : "tp_dealloc";

  if (!checkOrder(D) && Free && !Delegates && !Life.has(LifeStep::DropsType)) {
    auto Diag = diag(FD->getLocation(),
                     "'%0' does not drop the reference that instances of heap "
                     "type '%1' own to their type: the type, its module and "
                     "the module's state are never freed");
    Diag << Name << Type.Name;
    for (const FixItHint &Hint : dropType(D))
      Diag << Hint;
  }

  // Freed with the wrong function.
  for (const LifeEvent &E : Life.Events) {
    const auto *Call = dyn_cast<CallExpr>(E.Inner);
    const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
    if (E.Step != LifeStep::FreesObject || !Callee ||
        !Callee->getIdentifier() || !Type.Flags)
      continue;
    const StringRef Freed = facts::canonicalName(Callee->getName());
    const bool Plain = facts::hasRole(Freed, facts::ApiRole::FreesObject);
    const bool Base = Type.hasFlag(facts::type_flags::BaseType);
    if (Plain ? !Gc && !Base : Gc || Type.hasBase(Model.context()))
      continue;
    auto Diag = diag(D.at(E), "'%0' frees an instance of '%1', but "
                              "%select{the type has no Py_TPFLAGS_HAVE_GC|the "
                              "type has Py_TPFLAGS_HAVE_GC|an instance of a "
                              "subclass can have a header of the collector}2: "
                              "tp_free is the function that fits the type");
    Diag << Freed << Type.Name << (Plain ? (Gc ? 1 : 2) : 0);
    for (const FixItHint &Hint : freeByType(D, E, *Call))
      Diag << Hint;
  }

  // Steps that come before fields are released.
  const LifeEvent *Release = nullptr;
  for (const LifeEvent &E : Life.Events)
    if (!Release && (E.Step == LifeStep::Drops || E.Step == LifeStep::Nulls ||
                     E.Step == LifeStep::Uses))
      Release = &E;
  if (Gc && Release && Free && !Life.has(LifeStep::Untracks)) {
    auto Diag = diag(FD->getLocation(),
                     "'%0' releases '%1' while the collector still knows the "
                     "object: it can be traversed, and found by "
                     "gc.get_objects(), half released");
    Diag << Name << Release->Field->getName();
    if (!Life.has(LifeStep::Finalizes) && !D.Self.empty())
      Diag << addFirst(Model, FD,
                       {facts::nameOf(facts::ApiRole::Untracks).str() + "(" +
                        D.Self + ");"});
  }
  const bool Weak = Type.HasWeakList ||
                    Type.hasFlag(facts::type_flags::ManagedWeakref);
  if (Weak && Free && !Delegates && !Life.has(LifeStep::ClearsWeakRefs)) {
    auto Diag = diag(FD->getLocation(),
                     "'%0' does not clear the weak references to the object: "
                     "they point to freed memory afterwards");
    Diag << Name;
    // Two fixes do not fit into the same place.
    if (!Gc || Life.has(LifeStep::Untracks))
      for (const FixItHint &Hint : clearWeakRefs(D))
        Diag << Hint;
  }
  if (Type.hasFlag(facts::type_flags::ManagedDict) && Free && !Delegates &&
      !Life.has(LifeStep::ClearsDict))
    diag(FD->getLocation(),
         "'%0' does not clear the managed dict of the object: what its "
         "attributes refer to is never freed")
        << Name;
}

} // namespace pyext::types
