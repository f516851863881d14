//===- TypeMutationAfterReadyCheck.cpp - cpython-state-type-mutation-after-ready ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/TypeMutationAfterReadyCheck.h"
#include "facts/ModelCalls.h"
#include "model/GlobalClasses.h"
#include "model/Initializers.h"
#include "support/GlobalCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

/// Callers followed to see which type a helper is given.
static constexpr unsigned MaxDepth = 3;

/// The variable that \p Base is, through casts, or whose beginning it is: a type
/// in a larger struct, `&wrapper->super.ht_type`.
static const VarDecl *variableIn(const Expr *Base) {
  Base = stripped(Base);
  while (true) {
    const Expr *Outer = nullptr;
    if (const auto *U = dyn_cast<UnaryOperator>(Base);
        U && U->getOpcode() == UO_AddrOf)
      Outer = U->getSubExpr();
    else if (const auto *M = dyn_cast<MemberExpr>(Base);
             M && M->getType()->isRecordType())
      Outer = M->getBase();
    if (!Outer)
      break;
    Base = stripped(Outer);
  }
  const auto *R = dyn_cast<DeclRefExpr>(Base);
  return R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
}

/// A type that the function got from a call: new, and known to nobody else.
static bool isOwnNew(const ExtensionModel &Model, const FunctionDecl *FD,
                     const Expr *Base);

static bool isNewValue(const ExtensionModel &Model, const FunctionDecl *FD,
                       const Expr *Value) {
  Value = stripped(Value);
  if (const auto *Call = dyn_cast<CallExpr>(Value)) {
    const FunctionDecl *Callee = Call->getDirectCallee();
    if (!Callee || !Callee->getIdentifier())
      return true; // tp_new() or tp_alloc()
    StringRef Name = facts::canonicalName(Callee->getName());
    // Py_TYPE(), and look-ups.
    return facts::findNewReference(Name) ||
           (!facts::isApiName(Name) && !Model.function(Callee));
  }
  return isOwnNew(Model, FD, Value);
}

static bool isOwnNew(const ExtensionModel &Model, const FunctionDecl *FD,
                     const Expr *Base) {
  const VarDecl *VD = variableIn(Base);
  if (!VD || VD->hasGlobalStorage() || isa<ParmVarDecl>(VD))
    return false;
  if (VD->getInit() && isNewValue(Model, FD, VD->getInit()))
    return true;
  for (const DeclRefExpr *R : Model.globals().follower().references(FD, VD)) {
    const ParentMap *Parents = Model.globals().follower().parents(FD);
    const auto *B = dyn_cast_or_null<BinaryOperator>(Parents->getParent(R));
    if (B && B->getOpcode() == BO_Assign && B->getLHS() == R &&
        isNewValue(Model, FD, B->getRHS()))
      return true;
  }
  return false;
}

/// Whether the type that \p Base leads to can be in use by other threads when
/// \p F runs.
static bool mayBeInUse(const ExtensionModel &Model, const model::Function &F,
                       const Expr *Base, unsigned Depth) {
  if (!F.Contexts || F.Generated ||
      F.onlyIn(InitContext | UnloadContext | DeadContext))
    return false;
  if (isOwnNew(Model, F.Decl, Base))
    return false;
  const auto *Param = dyn_cast_or_null<ParmVarDecl>(variableIn(Base));
  if (!Param) {
    const VarDecl *VD = variableIn(Base);
    // A copy of a parameter, or of what another function returns.
    if (!VD || VD->hasGlobalStorage() || !Depth)
      return true;
    bool Any = false;
    for (const auto &[Local, Value] : F.PointerValues) {
      if (Local != VD)
        continue;
      Any = true;
      if (!variableIn(Value) || mayBeInUse(Model, F, Value, Depth - 1))
        return true;
    }
    return !Any;
  }
  // The metaclass's own: the type is being made.
  if (F.has(EntryKind::New) || F.has(EntryKind::Init))
    return false;
  if (F.isPythonVisible() && !F.has(EntryKind::Exported))
    return true;
  if (!Depth)
    return false;
  return any_of(F.Callers, [&](const CallSite &Site) {
    const model::Function *Caller = Model.function(Site.Caller);
    const unsigned I = Param->getFunctionScopeIndex();
    return Caller && Site.Call && I < Site.Call->getNumArgs() &&
           mayBeInUse(Model, *Caller, Site.Call->getArg(I), Depth - 1);
  });
}

/// The function makes the type ready afterwards.
static bool isReadiedLater(const ExtensionModel &Model,
                           const model::Function &F, const Stmt *Write,
                           const Expr *Base) {
  const SourceManager &SM = Model.context().getSourceManager();
  return any_of(F.Calls, [&](const CallSite &Site) {
    const FunctionDecl *Callee = Site.Callee;
    return Site.Call && Callee && Callee->getIdentifier() &&
           Site.Call->getNumArgs() &&
           facts::findModelCall(facts::canonicalName(Callee->getName())) ==
               facts::ModelCall::WritesType &&
           variableOf(Site.Call->getArg(0)) == variableOf(Base) &&
           SM.isBeforeInTranslationUnit(Write->getBeginLoc(),
                                        Site.Call->getBeginLoc());
  });
}

void TypeMutationAfterReadyCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated() || !hazards().FreeThreading)
    return;
  for (const TypeWrite &W : Model.typeWrites())
    if (const model::Function *F = Model.function(W.Function))
      check(Model, *F, W.Field, W.Assignment);
  // PyDict_SetItem(type->tp_dict, name, value)
  for (const auto &F : Model.functions())
    for (const CallSite &Site : F->Calls) {
      const FunctionDecl *Callee = Site.Callee;
      if (!Site.Call || !Callee || !Callee->getIdentifier() ||
          !Site.Call->getNumArgs())
        continue;
      const facts::CallEffect *Effect =
          facts::findEffect(facts::canonicalName(Callee->getName()));
      if (!Effect || Effect->MutatesArg != 0)
        continue;
      const auto *Field =
          dyn_cast<MemberExpr>(stripped(Site.Call->getArg(0)));
      if (Field && Field->getMemberDecl()->getName() == "tp_dict")
        check(Model, *F, Field, Site.Call);
    }
}

void TypeMutationAfterReadyCheck::check(const ExtensionModel &Model,
                                        const model::Function &F,
                                        const MemberExpr *Field,
                                        const Expr *Where) {
  const SourceManager &SM = Model.context().getSourceManager();
  const Expr *Base = Field->getBase();
  if (!mayBeInUse(Model, F, Base, MaxDepth) ||
      isReadiedLater(Model, F, Where, Base))
    return;
  Access There{};
  There.Where = Where;
  There.Function = F.Decl;
  There.Locks = Model.locksAt(F.Decl, Where);
  if (!globalLocksAt(Model, There).empty() || onlyWithGil(Model, There))
    return;
  diag(SM.getExpansionLoc(Where->getBeginLoc()),
       "'%0' of a type that may be in use is changed in '%1', at run time; "
       "other threads read it without a lock")
      << Field->getMemberDecl()->getName() << GlobalCheck::nameOf(F.Decl);
  diag(SM.getExpansionLoc(Where->getBeginLoc()),
       "set it before the type is made ready, or set the attribute with "
       "PyObject_SetAttr()",
       DiagnosticIDs::Note);
}

} // namespace pyext::state
