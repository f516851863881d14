//===- AllowThreadsExitCheck.cpp ------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/AllowThreadsExitCheck.h"
#include "threads/HoldReports.h"

using namespace clang;

namespace pyext::threads {

void AllowThreadsExitCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    const flow::FunctionAttachment *A =
        F->Generated ? nullptr : Model.attachments().of(F->Decl);
    if (!A)
      continue;
    for (const HoldReport &R :
         reportsOf(*A, flow::HoldProblem::LeftHeld, F->Decl, SM)) {
      const flow::Hold &H = A->holds()[R.Hold];
      if (H.Kind != flow::HoldKind::SavedThread || !H.FromMacro)
        continue;
      bool First = true;
      for (const flow::HoldFinding *Each : R.Findings) {
        const SourceLocation Loc = exitLocation(F->Decl, Each->Where, SM);
        if (First)
          diag(Loc, "%0 leaves the block with the thread detached: nothing can "
                    "attach it again")
              << exitName(Each->Where);
        else
          diag(Loc, "%0 leaves it likewise", DiagnosticIDs::Note)
              << exitName(Each->Where);
        First = false;
      }
      diag(placeOf(H.Where, SM), "detached by '%0' here", DiagnosticIDs::Note)
          << H.Name;
    }
  }
}

} // namespace pyext::threads
