//===- MutexIslockedControlCheck.cpp ----------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/MutexIslockedControlCheck.h"
#include "model/Initializers.h"
#include "threads/HoldReports.h"
#include "clang/AST/ParentMap.h"

using namespace clang;

namespace pyext::threads {

/// The statement that decides with the value of \p S; null when none does.
static const Stmt *decides(const Stmt *S, const ParentMap &Parents) {
  const Stmt *Child = S;
  for (const Stmt *P = Parents.getParent(S); P;
       Child = P, P = Parents.getParent(P)) {
    if (const auto *I = dyn_cast<IfStmt>(P))
      return I->getCond() == Child ? P : nullptr;
    if (const auto *W = dyn_cast<WhileStmt>(P))
      return W->getCond() == Child ? P : nullptr;
    if (const auto *D = dyn_cast<DoStmt>(P))
      return D->getCond() == Child ? P : nullptr;
    if (const auto *F = dyn_cast<ForStmt>(P))
      return F->getCond() == Child ? P : nullptr;
    if (const auto *C = dyn_cast<ConditionalOperator>(P);
        C && C->getCond() == Child)
      return P;
    if (!isa<Expr>(P))
      return nullptr;
  }
  return nullptr;
}

void MutexIslockedControlCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  for (const auto &F : Model.functions()) {
    std::unique_ptr<ParentMap> Parents;
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier())
        continue;
      const facts::LockApi *Api = facts::findLockApi(
          Site.Name);
      if (!Api || Api->Op != facts::LockOp::Query)
        continue;
      if (!Parents)
        Parents = std::make_unique<ParentMap>(F->Decl->getBody());
      const Stmt *Decision = decides(Site.Call, *Parents);
      // assert() and its likes decide in a statement of their own.
      if (!Decision ||
          !Model.preprocessing().macroName(
              Decision->getBeginLoc(), [](llvm::StringRef N) {
                return N.contains_insensitive("assert");
              }).empty())
        continue;
      diag(placeOf(Site.Call, SM),
           "what '%0' says can be wrong when it is acted on: another thread "
           "locks or unlocks '%1' in between")
          << Api->Name
          << (Site.Call->getNumArgs()
                  ? flow::canonicalText(Site.Call->getArg(0))
                  : "");
    }
  }
}

} // namespace pyext::threads
