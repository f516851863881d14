//===- UnbalancedAttachCheck.cpp ------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/UnbalancedAttachCheck.h"
#include "facts/ModelCalls.h"
#include "threads/HoldReports.h"

using namespace clang;

namespace pyext::threads {

/// What remains when the hold is not given back; an index for %select.
static unsigned kindOf(const flow::Hold &H) {
  switch (H.Kind) {
  case flow::HoldKind::SavedThread:
    return 0;
  case flow::HoldKind::GILState:
  case flow::HoldKind::ThreadState:
  case flow::HoldKind::OwnThread:
    return 1;
  case flow::HoldKind::InterpreterGuard:
    return 2;
  default:
    return 3;
  }
}

static bool isOurs(const flow::Hold &H) {
  switch (H.Kind) {
  case flow::HoldKind::SavedThread:
  case flow::HoldKind::GILState:
  case flow::HoldKind::ThreadState:
  case flow::HoldKind::InterpreterGuard:
  case flow::HoldKind::InterpreterView:
  case flow::HoldKind::OwnThread:
    return !H.Scoped;
  default:
    return false;
  }
}

/// A program that embeds Python detaches its main thread for good.
static bool embeds(const model::ExtensionModel &Model) {
  for (const auto &F : Model.functions()) {
    if (F->Decl->isMain())
      return true;
    for (const model::CallSite &Site : F->Calls)
      if (Site.Callee && Site.Callee->getIdentifier() &&
          facts::findModelCall(Site.Callee->getName()) ==
              facts::ModelCall::EmbedsPython)
        return true;
  }
  return false;
}

void UnbalancedAttachCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const bool Embeds = embeds(Model);
  for (const auto &F : Model.functions())
    if (!F->Generated)
      if (const flow::FunctionAttachment *A =
              Model.attachments().of(F->Decl))
        analyze(Model, F->Decl, *A, Embeds);
}

void UnbalancedAttachCheck::analyze(const model::ExtensionModel &Model,
                                    const FunctionDecl *FD,
                                    const flow::FunctionAttachment &A,
                                    bool Embeds) {
  const SourceManager &SM = Model.context().getSourceManager();
  for (const HoldReport &R :
       reportsOf(A, flow::HoldProblem::LeftHeld, FD, SM)) {
    const flow::Hold &H = A.holds()[R.Hold];
    if (!isOurs(H) || H.FromMacro ||
        (Embeds && H.Kind == flow::HoldKind::SavedThread))
      continue;
    if (!H.Handle && StringRef(H.Key).starts_with("*"))
      continue; // *state = PyGILState_Ensure(): the caller gives it back.
    bool First = true;
    for (const flow::HoldFinding *Each : R.Findings) {
      const SourceLocation Loc = exitLocation(FD, Each->Where, SM);
      if (First)
        diag(Loc, "%0 leaves %select{the thread detached|the thread attached|"
                  "the interpreter guarded, so that it cannot end|the "
                  "interpreter view open}1")
            << exitName(Each->Where) << kindOf(H);
      else
        diag(Loc, "%0 leaves it likewise", DiagnosticIDs::Note)
            << exitName(Each->Where);
      First = false;
    }
    diag(placeOf(H.Where, SM), "'%0' is called here", DiagnosticIDs::Note)
        << H.Name;
  }
  for (const HoldReport &R : reportsOf(A, flow::HoldProblem::Lost, FD, SM)) {
    const flow::Hold &H = A.holds()[R.Hold];
    if (!isOurs(H))
      continue;
    diag(placeOf(R.Findings[0]->Where, SM),
         "what '%0' returned earlier is overwritten before it is given back")
        << H.Name;
    diag(placeOf(H.Where, SM), "'%0' is called here", DiagnosticIDs::Note)
        << H.Name;
  }
  for (const HoldReport &R :
       reportsOf(A, flow::HoldProblem::ReleasedTwice, FD, SM)) {
    const flow::Hold &H = A.holds()[R.Hold];
    if (!isOurs(H))
      continue;
    const flow::HoldFinding &Each = *R.Findings[0];
    diag(placeOf(Each.Where, SM), "what '%0' returned is given back twice")
        << H.Name;
    if (Each.Other)
      diag(placeOf(Each.Other, SM), "given back here already",
           DiagnosticIDs::Note);
    diag(placeOf(H.Where, SM), "'%0' is called here", DiagnosticIDs::Note)
        << H.Name;
  }
  for (const flow::Hold &H : A.holds()) {
    if (!isOurs(H) || !H.ValueUnused ||
        (H.Kind == flow::HoldKind::SavedThread &&
         (Embeds || attachesLater(A))))
      continue;
    diag(placeOf(H.Where, SM), "what '%0' returns is needed to "
                               "%select{attach the thread again|leave the "
                               "thread as it was|let the interpreter end|close "
                               "the view}1, and is thrown away")
        << H.Name << kindOf(H);
  }
}

bool UnbalancedAttachCheck::attachesLater(const flow::FunctionAttachment &A) {
  return A.atExit() != flow::AttachState::Detached;
}

} // namespace pyext::threads
