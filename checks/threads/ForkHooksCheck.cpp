//===- ForkHooksCheck.cpp -------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/ForkHooksCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/ModelCalls.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

/// Whether the function, or one of the file that it calls, has the role.
static bool reaches(const ExtensionModel &Model, const model::Function &F,
                    ArrayRef<ApiRole> Roles) {
  SmallVector<const model::Function *, 8> Work = {&F};
  for (size_t I = 0; I < Work.size() && I < 50; ++I)
    for (const model::CallSite &Site : Work[I]->Calls) {
      if (!Site.Callee || !Site.Callee->getIdentifier())
        continue;
      const StringRef Name = Site.Name;
      if (any_of(Roles, [&](ApiRole R) { return facts::hasRole(Name, R); }))
        return true;
      if (const model::Function *Callee = Model.function(Site.Callee);
          Callee && !is_contained(Work, Callee))
        Work.push_back(Callee);
    }
  return false;
}

void ForkHooksCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated() || model::isProgram(Model))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::Forks)) {
    if (reaches(Model, *Use.In,
                {ApiRole::AfterFork, ApiRole::ObsoleteAfterFork,
                 ApiRole::ReplacesProcess}))
      continue;
    // Hooks in the function that calls the one that forks.
    if (!Use.In->Callers.empty() &&
        all_of(Use.In->Callers, [&](const model::CallSite &Site) {
          const model::Function *Caller = Model.function(Site.Caller);
          return Caller && reaches(Model, *Caller,
                                   {ApiRole::AfterFork, ApiRole::ReplacesProcess});
        }))
      continue;
    diag(SM.getExpansionLoc(Use.Call->getExprLoc()),
         "'%0' goes on in the child without 'PyOS_AfterFork_Child': the locks "
         "and the other threads of the interpreter are as in the parent, but "
         "the threads do not run")
        << Use.Name;
  }
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::ObsoleteAfterFork))
    diag(SM.getExpansionLoc(Use.Call->getExprLoc()),
         "'%0' does only a part of what a fork needs: 'PyOS_BeforeFork', "
         "'PyOS_AfterFork_Parent' and 'PyOS_AfterFork_Child' take its place")
        << Use.Name;
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::ForkHandlers)) {
    const FunctionDecl *Child =
        Use.Call->getNumArgs() == 3
            ? model::functionOf(Use.Call->getArg(2))
            : nullptr;
    const model::Function *F = Child ? Model.function(Child) : nullptr;
    if (!F)
      continue;
    for (const model::CallSite &Site : F->Calls)
      if (Site.Call && Site.Callee && Site.Callee->getIdentifier() &&
          facts::isApiName(Site.Name) &&
          !facts::isAtomicFunction(Site.Callee->getName())) {
        diag(SM.getExpansionLoc(Site.Call->getExprLoc()),
             "'%0' is called in the child of a fork before the interpreter has "
             "been put in order there")
            << Site.Name;
        diag(SM.getExpansionLoc(Use.Call->getExprLoc()),
             "'%0' runs in the child of every fork", DiagnosticIDs::Note)
            << F->Decl->getNameAsString();
        break;
      }
  }
}

} // namespace pyext::threads
