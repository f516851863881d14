//===- GilstateInterpreterSwitchCheck.cpp ---------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/GilstateInterpreterSwitchCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/Facts.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

void GilstateInterpreterSwitchCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated)
      continue;
    const model::ThreadStateUse *Ensure = nullptr;
    const Expr *Switch = nullptr;
    StringRef Name;
    for (const model::ThreadStateUse &Use : F->ThreadStates) {
      const bool GilState =
          Use.Api->Family == facts::ThreadStateFamily::GILState;
      if (GilState && Use.Api->Op == facts::ThreadStateOp::Attach) {
        Ensure = &Use;
        Switch = nullptr;
      } else if (GilState && Use.Api->Op == facts::ThreadStateOp::Release) {
        if (Ensure && Switch) {
          diag(SM.getExpansionLoc(Switch->getExprLoc()),
               "'%0' leaves the thread attached to another thread state than "
               "'%1' did, and '%2' ends that one")
              << Name << Ensure->Api->Name << Use.Api->Name;
          diag(SM.getExpansionLoc(Ensure->Where->getExprLoc()),
               "the thread is attached here", DiagnosticIDs::Note);
          diag(SM.getExpansionLoc(Use.Where->getExprLoc()),
               "and released here, with another thread state, or none, being "
               "the current one",
               DiagnosticIDs::Note);
        }
        Ensure = nullptr;
      } else if (Ensure &&
                 facts::hasRole(Use.Api->Name, ApiRole::SwitchesInterpreter)) {
        // PyThreadState_Swap(saved) goes back.
        const auto *Call = dyn_cast<CallExpr>(Use.Where);
        if (Switch && Use.Api->Op == facts::ThreadStateOp::Swap && Call &&
            Call->getNumArgs() == 1 &&
            Use.Api->Family == facts::ThreadStateFamily::ThreadState &&
            !model::isNullOrZero(Call->getArg(0), Model.context())) {
          Switch = nullptr;
        } else if (!Switch) {
          Switch = Use.Where;
          Name = Use.Api->Name;
        }
      }
    }
  }
}

} // namespace pyext::threads
