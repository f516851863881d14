//===- FinalizingToctouCheck.cpp --------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/FinalizingToctouCheck.h"
#include "facts/ModelCalls.h"
#include "support/Source.h"
#include "threads/HoldReports.h"
#include "clang/AST/ParentMap.h"

using namespace clang;

namespace pyext::threads {

/// The condition that \p S is part of, and the statement it controls.
static const IfStmt *condition(const Stmt *S, const ParentMap &Parents) {
  const Stmt *Child = S;
  for (const Stmt *P = Parents.getParent(S); P;
       Child = P, P = Parents.getParent(P)) {
    if (const auto *I = dyn_cast<IfStmt>(P))
      return I->getCond() == Child ? I : nullptr;
    if (!isa<Expr>(P))
      return nullptr;
  }
  return nullptr;
}

/// The branch does nothing but leave.
static bool leaves(const Stmt *S) {
  if (const auto *C = dyn_cast_or_null<CompoundStmt>(S))
    S = C->body_empty() ? nullptr : C->body_back();
  return isa_and_nonnull<ReturnStmt, GotoStmt, BreakStmt, ContinueStmt>(S);
}

/// Such a function is attached already.
static bool calledByPython(const model::Function &F) {
  return F.isPythonVisible() && !F.has(model::EntryKind::Callback) &&
         !F.has(model::EntryKind::Exported);
}

void FinalizingToctouCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated || F->ThreadStates.empty() || calledByPython(*F))
      continue;
    std::unique_ptr<ParentMap> Parents;
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier() ||
          facts::findModelCall(Site.Name) != facts::ModelCall::AsksForEnd)
        continue;
      if (!Parents)
        Parents = std::make_unique<ParentMap>(F->Decl->getBody());
      const IfStmt *If = condition(Site.Call, *Parents);
      if (!If)
        continue;
      for (const model::ThreadStateUse &Use : F->ThreadStates) {
        if (Use.Api->Op != facts::ThreadStateOp::Attach)
          continue;
        // In the branch, or after a branch that leaves.
        const bool Guarded =
            support::isWithin(Use.Where, If->getThen(), *Parents) ||
            (If->getElse() &&
             support::isWithin(Use.Where, If->getElse(), *Parents)) ||
            (leaves(If->getThen()) &&
             SM.isBeforeInTranslationUnit(If->getEndLoc(),
                                          Use.Where->getBeginLoc()));
        if (!Guarded)
          continue;
        diag(placeOf(Use.Where, SM),
             "the interpreter can begin to end between the call of '%0' and "
             "'%1', which then waits for ever")
            << Site.Callee->getName() << Use.Api->Name;
        diag(placeOf(Site.Call, SM), "asked here", DiagnosticIDs::Note);
        if (F->HandedOver)
          diag(placeOf(F->HandedOver, SM),
               "'%0' is handed to code here that may call it on any thread",
               DiagnosticIDs::Note)
              << F->Decl->getNameAsString();
        break;
      }
      break;
    }
  }
}

} // namespace pyext::threads
