//===- CriticalSectionSuspendedCheck.cpp ------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/CriticalSectionSuspendedCheck.h"
#include "threads/HoldReports.h"
#include "flow/SuspendedUses.h"

using namespace clang;

namespace pyext::threads {

void CriticalSectionSuspendedCheck::analyze(
    const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated || !F->Locks)
      continue;
    for (const flow::SuspendedUse &Each :
         usesAfterSuspension(Model, *F, flow::Suspension::Section)) {
      const FunctionDecl *Callee =
          cast<CallExpr>(Each.Suspends)->getDirectCallee();
      const llvm::StringRef Name = facts::canonicalName(Callee->getName());
      diag(placeOf(Each.Use, SM),
           "%select{'%0' may no longer be what '%1' points to|'%1' may be null "
           "now, though it was tested|'%0' may no longer be '%1'}3: '%2' can "
           "suspend the critical section "
           "in between")
          << (Each.Variable ? Each.Variable->getNameAsString() : "")
          << flow::canonicalText(Each.From)
          << writtenApi(Each.Suspends, Name, Model) << (!Each.Variable ? 1
              : Each.From->getType()->isPointerType() ? 0
                                                      : 2);
      diag(placeOf(Each.From, SM), "%select{tested|read}0 here",
           DiagnosticIDs::Note)
          << (Each.Variable != nullptr);
      diag(placeOf(Each.Suspends, SM), "suspended here", DiagnosticIDs::Note);
      diag(placeOf(Each.Other->Where, SM), "another thread can replace it here",
           DiagnosticIDs::Note);
    }
  }
}

} // namespace pyext::threads
