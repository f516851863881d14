//===- StopTheWorldMisuseCheck.cpp ------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/StopTheWorldMisuseCheck.h"
#include "facts/ModelCalls.h"
#include "threads/HoldReports.h"

using namespace clang;

namespace pyext::threads {

void StopTheWorldMisuseCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    bool Stops = false;
    for (const model::CallSite &Site : F->Calls)
      Stops |= Site.Callee && Site.Callee->getIdentifier() &&
               facts::findModelCall(Site.Callee->getName()) ==
                   facts::ModelCall::StopsWorld;
    const flow::FunctionAttachment *A =
        !Stops || F->Generated ? nullptr : Model.attachments().of(F->Decl);
    if (!A)
      continue;
    auto IsWorld = [&](unsigned Hold) {
      return A->holds()[Hold].Kind == flow::HoldKind::World;
    };
    for (const HoldReport &R :
         reportsOf(*A, flow::HoldProblem::LeftHeld, F->Decl, SM)) {
      if (!IsWorld(R.Hold))
        continue;
      for (const flow::HoldFinding *Each : R.Findings)
        diag(exitLocation(F->Decl, Each->Where, SM),
             "%0 leaves all other threads stopped")
            << exitName(Each->Where);
      diag(placeOf(A->holds()[R.Hold].Where, SM), "stopped here",
           DiagnosticIDs::Note);
    }
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier())
        continue;
      const llvm::StringRef Name =
          Site.Name;
      const facts::CallEffect *Effect = facts::findEffect(Name);
      const auto Role = facts::findModelCall(Name);
      const bool Again = Role == facts::ModelCall::StopsWorld;
      const bool Locks = Effect && Effect->mayDetach();
      if ((!Locks && !Again) || Role == facts::ModelCall::StartsWorld)
        continue;
      for (unsigned Index : A->heldAt(Site.Call))
        if (IsWorld(Index)) {
          diag(placeOf(Site.Call, SM),
               "'%0' is called while all other threads are stopped, "
               "%select{and can wait for one of them|a second time}1")
              << Name << Again;
          diag(placeOf(A->holds()[Index].Where, SM), "stopped here",
               DiagnosticIDs::Note);
          break;
        }
    }
  }
}

} // namespace pyext::threads
