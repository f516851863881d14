//===- SharedState.cpp ----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/SharedState.h"
#include "model/Initializers.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

Phase phaseOf(const ExtensionModel &Model, const Access &A) {
  const Function *F = Model.function(A.Function);
  if (!F || !F->Contexts)
    return Phase::Unknown;
  if (F->initOnly())
    return Phase::Import;
  if (F->onlyIn(UnloadContext))
    return Phase::Unload;
  if (F->onlyIn(InitContext | UnloadContext))
    return Phase::Import;
  // An object can die on any thread while others run.
  return Phase::RunTime;
}

const VarDecl *sharedVariable(const StateVariable &S) {
  const auto *VD = dyn_cast<VarDecl>(S.Decl);
  if (!VD || S.ThreadLocal || S.Synchronization || S.DefinitionTable ||
      S.Constant || S.Generated || S.HeaderTable)
    return nullptr;
  // Clang's thread-safety analysis looks after it.
  if (!S.HoldsObjects &&
      (VD->hasAttr<GuardedByAttr>() || VD->hasAttr<PtGuardedByAttr>()))
    return nullptr;
  QualType QT = VD->getType();
  // volatile sig_atomic_t is for signal handlers.
  if (QT.isVolatileQualified())
    if (const auto *Typedef = QT->getAs<TypedefType>();
        Typedef && Typedef->getDecl()->getName() == "sig_atomic_t")
      return nullptr;
  if (const VarDecl *Definition = VD->getDefinition())
    return Definition;
  // `static PyObject *cache;` in C is a definition when nothing else is.
  for (const VarDecl *Each : VD->redecls())
    if (Each->isThisDeclarationADefinition() != VarDecl::DeclarationOnly)
      return Each;
  return nullptr;
}

/// A function of the module, or one that such functions alone call.
static bool isOfModule(const ExtensionModel &Model, const FunctionDecl *FD,
                       unsigned Depth = 0) {
  const Function *F = Model.function(FD);
  if (!F || Depth > 2)
    return false;
  if (F->Entries.empty())
    return !F->Callers.empty() && all_of(F->Callers, [&](const CallSite &Site) {
      return isOfModule(Model, Site.Caller, Depth + 1);
    });
  return any_of(F->Entries, [](const EntryPoint &E) {
    return E.Kind == EntryKind::Method && !E.Type;
  });
}

/// A lock whose identity does not depend on the call: a variable of static
/// storage, a field of something that is no instance, or the module itself.
static bool isGlobal(const ExtensionModel &Model, const FunctionDecl *FD,
                     const flow::Lock &L) {
  if (L.isByConvention() || !L.Root || L.Kind == facts::LockKind::Once)
    return true;
  const auto *VD = dyn_cast<VarDecl>(L.Root);
  if (!VD || VD->hasGlobalStorage())
    return true;
  if (!ExtensionModel::isObjectPointer(VD->getType()))
    return true; // A struct that the callers share, such as the module state.
  // The module that a module function is given.
  const auto *Param = dyn_cast<ParmVarDecl>(VD);
  return Param && Param->getFunctionScopeIndex() == 0 && isOfModule(Model, FD);
}

flow::LockList globalLocksAt(const ExtensionModel &Model, const Access &A) {
  flow::LockList Result;
  for (const flow::Lock &L : A.Locks)
    if (isGlobal(Model, A.Function, L))
      Result.push_back(L);
  return Result;
}

bool areDisjoint(const Access &A, const Access &B) {
  const auto *First = dyn_cast<MemberExpr>(A.Place),
             *Second = dyn_cast<MemberExpr>(B.Place);
  return First && Second &&
         First->getMemberDecl()->getDeclContext() ==
             Second->getMemberDecl()->getDeclContext() &&
         First->getMemberDecl() != Second->getMemberDecl();
}

bool exclude(const ExtensionModel &Model, const Access &A, const Access &B) {
  const flow::LockList First = globalLocksAt(Model, A),
                       Second = globalLocksAt(Model, B);
  for (const flow::Lock &L : First)
    for (const flow::Lock &Other : Second)
      if ((L.Key == Other.Key && !(L.Shared && Other.Shared)) ||
          L.isByConvention() || Other.isByConvention())
        return true;
  return false;
}

bool onlyWithGil(const ExtensionModel &Model, SourceLocation Loc) {
  const SourceManager &SM = Model.context().getSourceManager();
  // A macro that builds without the GIL define in another way.
  for (; Loc.isMacroID(); Loc = SM.getImmediateExpansionRange(Loc).getBegin())
    if (!SM.isMacroArgExpansion(Loc) &&
        Model.preprocessing().onlyWithGil(SM.getSpellingLoc(Loc)))
      return true;
  return Model.preprocessing().onlyWithGil(Loc);
}

bool isInAssert(SourceLocation Loc, const ExtensionModel &Model) {
  return Loc.isMacroID() &&
         !Model.preprocessing().macroName(
             Loc, [](StringRef Name) { return Name == "assert"; }).empty();
}

bool onlyWithGil(const ExtensionModel &Model, const Access &A) {
  return onlyWithGil(Model, A.Where->getBeginLoc());
}

} // namespace pyext::model
