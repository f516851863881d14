//===- MutexUnbalancedCheck.cpp ---------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/MutexUnbalancedCheck.h"
#include "facts/ModelCalls.h"
#include "threads/HoldReports.h"

using namespace clang;

namespace pyext::threads {

/// What a thread waits for itself for, or ends the process for giving back twice.
static bool isExclusive(const flow::Hold &H) {
  return H.Lock && H.Lock->Op == facts::LockOp::Acquire &&
         (H.Lock->Kind == facts::LockKind::PyMutex ||
          H.Lock->Kind == facts::LockKind::C11);
}

/// The last part of `self->lock`: what other functions call it too.
static llvm::StringRef lastPart(llvm::StringRef Key) {
  const size_t At = Key.find_last_of(">.");
  return At == llvm::StringRef::npos ? Key : Key.drop_front(At + 1);
}

/// Whether another function releases a lock of that name: a pair of functions.
static bool releasedElsewhere(const model::ExtensionModel &Model,
                              const FunctionDecl *FD, llvm::StringRef Key) {
  for (const auto &F : Model.functions()) {
    if (F->Decl == FD)
      continue;
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier() ||
          !Site.Call->getNumArgs())
        continue;
      const facts::LockApi *Api = facts::findLockApi(
          Site.Name);
      if (Api && Api->Op == facts::LockOp::Release &&
          lastPart(flow::canonicalText(Site.Call->getArg(0))) == lastPart(Key))
        return true;
    }
  }
  return false;
}

void MutexUnbalancedCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    const flow::FunctionAttachment *A =
        F->Generated || !F->Locks ? nullptr : Model.attachments().of(F->Decl);
    if (!A || facts::isLockingName(F->Decl->getNameAsString()))
      continue;
    auto Here = [&](const flow::Hold &H) {
      diag(placeOf(H.Where, SM), "locked here", DiagnosticIDs::Note);
    };
    for (const HoldReport &R :
         reportsOf(*A, flow::HoldProblem::LeftHeld, F->Decl, SM)) {
      const flow::Hold &H = A->holds()[R.Hold];
      // Native locks are also used to pass a message between functions.
      if (H.Kind != flow::HoldKind::Mutex ||
          (!H.Released &&
           (H.Lock->Kind != facts::LockKind::PyMutex ||
            releasedElsewhere(Model, F->Decl, H.Key))))
        continue;
      bool First = true;
      for (const flow::HoldFinding *Each : R.Findings) {
        const SourceLocation Loc = exitLocation(F->Decl, Each->Where, SM);
        if (First)
          diag(Loc, "%0 leaves '%1' locked") << exitName(Each->Where) << H.Key;
        else
          diag(Loc, "%0 leaves it likewise", DiagnosticIDs::Note)
              << exitName(Each->Where);
        First = false;
      }
      Here(H);
    }
    for (const HoldReport &R :
         reportsOf(*A, flow::HoldProblem::TakenTwice, F->Decl, SM)) {
      const flow::Hold &H = A->holds()[R.Hold];
      if (!isExclusive(H))
        continue;
      diag(placeOf(R.Findings[0]->Where, SM),
           "'%0' is locked already: the thread waits for itself")
          << H.Key;
      Here(H);
    }
    for (const HoldReport &R :
         reportsOf(*A, flow::HoldProblem::ReleasedTwice, F->Decl, SM)) {
      const flow::Hold &H = A->holds()[R.Hold];
      if (!isExclusive(H))
        continue;
      diag(placeOf(R.Findings[0]->Where, SM),
           "'%0' is unlocked here though it may not be locked any more")
          << H.Key;
      if (const Stmt *Other = R.Findings[0]->Other)
        diag(placeOf(Other, SM), "unlocked here already", DiagnosticIDs::Note);
    }
  }
}

} // namespace pyext::threads
