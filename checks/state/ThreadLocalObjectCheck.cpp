//===- ThreadLocalObjectCheck.cpp - cpython-state-thread-local-object -----===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/ThreadLocalObjectCheck.h"
#include "facts/ThreadStorage.h"
#include "model/Initializers.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

static constexpr llvm::StringLiteral Advice =
    "keep it in the dict of the thread state or in the module state, or keep "
    "the interpreter beside it and compare";

/// saved = tls; tls = x; ... tls = saved;
static bool restores(const StateVariable &S, const Access &A) {
  const auto *B = dyn_cast<BinaryOperator>(A.Statement);
  const auto *R = B && B->getOpcode() == BO_Assign
                      ? dyn_cast<DeclRefExpr>(B->getRHS()->IgnoreParenCasts())
                      : nullptr;
  const auto *Saved = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
  const Expr *Init = Saved ? Saved->getInit() : nullptr;
  const auto *From =
      Init ? dyn_cast<DeclRefExpr>(Init->IgnoreParenCasts()) : nullptr;
  return From && From->getDecl()->getCanonicalDecl() == S.Decl;
}

/// The value is put back, or taken away, before the function returns.
static bool isScoped(const StateVariable &S, const Access &Store) {
  return restores(S, Store) || any_of(S.Accesses, [&](const Access &Later) {
           return Later.Function == Store.Function && &Later > &Store &&
                  Later.writes() && (Later.Resets || restores(S, Later));
         });
}

/// The function asks which interpreter or thread state it runs in.
static bool asksWhere(const ExtensionModel &Model, const FunctionDecl *FD) {
  const model::Function *F = Model.function(FD);
  return F && any_of(F->ThreadStates, [](const ThreadStateUse &Use) {
           return Use.Api->Op == facts::ThreadStateOp::Query;
         });
}

/// A key of the thread's storage, by its variable.
void ThreadLocalObjectCheck::analyze(const ExtensionModel &Model) {
  GlobalCheck::analyze(Model);
  if (!applies(Model) || !hazards().Subinterpreters)
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated || asksWhere(Model, F->Decl))
      continue;
    const CallExpr *Store = nullptr;
    for (const CallSite &Site : F->Calls) {
      if (!Site.Call || Site.Call->getNumArgs() != 2 ||
          !facts::setsThreadStorage(Site.Name))
        continue;
      const Expr *Value = Site.Call->getArg(1);
      if (ExtensionModel::isObjectPointer(Value->IgnoreParenCasts()->getType()))
        Store = Store ? Store : Site.Call;
      else if (isNullOrZero(Value, Model.context()))
        Store = nullptr; // Taken away before the function returns.
    }
    if (!Store)
      continue;
    diag(SM.getExpansionLoc(Store->getBeginLoc()),
         "'%0' keeps a Python object for a thread, which can run several "
         "interpreters: the next one uses that of the first")
        << nameOf(F->Decl);
    diag(SM.getExpansionLoc(Store->getBeginLoc()), Advice, DiagnosticIDs::Note);
  }
}

void ThreadLocalObjectCheck::report(const ExtensionModel &Model,
                                    const GlobalVerdict &V) {
  if (!hazards().Subinterpreters)
    return;
  const StateVariable &S = *V.Variable;
  const VarDecl *VD = V.Decl;
  const Access *Store = nullptr;
  for (const Access &A : S.Accesses)
    if (!Store && A.Function && A.writes() && !A.Resets && !isScoped(S, A))
      Store = &A;
  const Expr *Init = VD->getAnyInitializer();
  const bool Made = Init && ownsObjects(VD->getType()) &&
                    !Init->isConstantInitializer(Model.context(), false);
  if (!Store && !Made)
    return;
  // Kept together with the interpreter it belongs to.
  if (any_of(S.Accesses, [&](const Access &A) {
        return asksWhere(Model, A.Function);
      }))
    return;
  const bool State = !S.HoldsObjects && !ownsObjects(VD->getType());
  diag(VD->getLocation(),
       "'%0' keeps %select{Python objects|a thread state}1 for a thread, which "
       "can run several interpreters: the next one uses those of the first")
      << VD->getName() << State;
  if (Store)
    diag(Model.context().getSourceManager().getExpansionLoc(
             Store->Where->getBeginLoc()),
         "stored here, in '%0'", DiagnosticIDs::Note)
        << nameOf(Store->Function);
  diag(VD->getLocation(),
       Advice, DiagnosticIDs::Note);
}

} // namespace pyext::state
