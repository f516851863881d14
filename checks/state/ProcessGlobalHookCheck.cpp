//===- ProcessGlobalHookCheck.cpp - cpython-state-process-global-hook -----===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/ProcessGlobalHookCheck.h"
#include "model/Initializers.h"
#include "model/SharedState.h"
#include "support/GlobalCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

/// sigaction(n, NULL, &old) and signal-free calls only ask.
static bool onlyAsks(const CallExpr *Call) {
  return Call->getNumArgs() == 3 &&
         isNullOrZero(Call->getArg(1),
                      Call->getDirectCallee()->getASTContext());
}

void ProcessGlobalHookCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated() || any_of(Model.functions(), [](const auto &F) {
        return F->Decl->isMain(); // A program that embeds Python.
      }))
    return;
  for (const auto &[Variable, A] : Model.headerUses())
    if (const facts::ProcessHook *Hook =
            facts::findProcessHook(Variable->getName());
        Hook && A.writes())
      report(Model, *Hook, A);
  for (const auto &F : Model.functions())
    for (const CallSite &Site : F->Calls) {
      if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier() ||
          isa<CXXMethodDecl>(Site.Callee) || Model.function(Site.Callee))
        continue;
      const facts::ProcessHook *Hook =
          facts::findProcessHook(Site.Name);
      if (!Hook || onlyAsks(Site.Call))
        continue;
      Access There{};
      There.Where = Site.Call;
      There.Function = F->Decl;
      There.Locks = Model.locksAt(F->Decl, Site.Call);
      report(Model, *Hook, There);
    }
}

void ProcessGlobalHookCheck::report(const ExtensionModel &Model,
                                    const facts::ProcessHook &Hook,
                                    const Access &A) {
  const model::Function *F = Model.function(A.Function);
  const Phase When = phaseOf(Model, A);
  // Setting it once, while the module is imported, is what hooks are for; only
  // not for every interpreter again.
  const bool Again =
      When == Phase::Import && hazards().Subinterpreters &&
      Hook.Reach == facts::HookReach::Process && *Hook.Instead &&
      GlobalCheck::promisesInterpreters(Model);
  const bool Races = When == Phase::RunTime && hazards().FreeThreading &&
                     globalLocksAt(Model, A).empty() && !onlyWithGil(Model, A);
  if (!F || F->Generated || (!Again && !Races))
    return;
  const SourceLocation Loc =
      Model.context().getSourceManager().getExpansionLoc(
          A.Where->getBeginLoc());
  diag(Loc, "'%0' is set for %select{all interpreters of the process by each "
            "of them|the whole process at run time, while other threads use "
            "it|all threads of the interpreter at run time, while they run}1")
      << Hook.Name
      << (Races ? 1u + (Hook.Reach == facts::HookReach::Interpreter) : 0u);
  if (*Hook.Instead)
    diag(Loc, "'%0' is of one interpreter", DiagnosticIDs::Note)
        << Hook.Instead;
  else
    diag(Loc,
         "set it while the module is imported, or hold one lock wherever it "
         "is set",
         DiagnosticIDs::Note);
}

} // namespace pyext::state
