//===- DeallocThreadAffinityCheck.cpp -------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/DeallocThreadAffinityCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "model/SharedState.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::types {

/// Whether the value is only compared: to refuse what another thread may not do.
static bool isCompared(ArrayRef<const Stmt *> Path) {
  return any_of(Path, [](const Stmt *P) {
    const auto *B = dyn_cast<BinaryOperator>(P);
    const auto *Call = dyn_cast<CallExpr>(P);
    const FunctionDecl *FD = Call ? Call->getDirectCallee() : nullptr;
    return (B && B->isComparisonOp()) ||
           (FD && FD->getIdentifier() && FD->getName() == "pthread_equal");
  });
}

void DeallocThreadAffinityCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  for (const auto &F : Model.functions()) {
    if (F->Generated || (!F->has(model::EntryKind::Dealloc) &&
                         !F->has(model::EntryKind::Finalize)))
      continue;
    const model::Lifecycle *Life = Model.lifecycle(F->Decl);
    if (!Life)
      continue;
    for (const FunctionDecl *FD : Life->Functions)
      if (const model::Function *In = Model.function(FD))
        checkFunction(Model, *F, *In);
  }
}

void DeallocThreadAffinityCheck::checkFunction(const ExtensionModel &Model,
                                               const model::Function &Root,
                                               const model::Function &In) {
  const SourceManager &SM = Model.context().getSourceManager();
  auto Report = [&](const Expr *Where, StringRef Name) {
    const std::vector<const Stmt *> Path = model::pathTo(Model, In.Decl, Where);
    if (isCompared(Path) || !Reported.insert(Where).second ||
        model::isInAssert(Where->getExprLoc(), Model))
      return;
    diag(SM.getExpansionLoc(Where->getExprLoc()),
         "'%0' depends on the thread, but '%1' can run on another thread than "
         "the one that made or used the object: without the GIL an object is "
         "freed later, by whoever merges its reference counts")
        << Name << Root.Decl->getNameAsString();
  };
  for (const model::CallSite &Site : In.Calls)
    if (Site.Call && Site.Callee && Site.Callee->getIdentifier()) {
      const StringRef Name = Site.Name;
      if (facts::hasRole(Name, ApiRole::ThreadIdentity))
        Report(Site.Call, Name);
    }
  // A number, such as a counter, belongs to no thread's library.
  for (const model::StateVariable &State : Model.state())
    if (State.ThreadLocal && !State.Generated &&
        !Model.context()
             .getBaseElementType(State.Decl->getType())
             ->isArithmeticType())
      for (const model::Access &A : State.Accesses)
        if (A.Function == In.Decl) {
          Report(A.Where, State.Decl->getName());
          break;
        }
}

} // namespace pyext::types
