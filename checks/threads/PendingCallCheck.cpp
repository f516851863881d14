//===- PendingCallCheck.cpp -----------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/PendingCallCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/ModelCalls.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

/// A call of the C API that needs the interpreter the work belongs to.
static const CallExpr *usesObjects(const ExtensionModel &Model,
                                   const FunctionDecl *FD) {
  SmallVector<const model::Function *, 4> Work;
  if (const model::Function *F = FD ? Model.function(FD) : nullptr)
    Work.push_back(F);
  for (size_t I = 0; I < Work.size() && I < 20; ++I)
    for (const model::CallSite &Site : Work[I]->Calls) {
      if (!Site.Callee || !Site.Call || !Site.Callee->getIdentifier())
        continue;
      if (const model::Function *Callee = Model.function(Site.Callee)) {
        if (!is_contained(Work, Callee))
          Work.push_back(Callee);
        continue;
      }
      const StringRef Name = Site.Name;
      if (facts::isApiName(Name) && !facts::isAtomicFunction(Name) &&
          !facts::hasRole(Name, ApiRole::SignalSafe) &&
          !facts::findLockApi(Name) && !facts::findAllocation(Name))
        return Site.Call;
    }
  return nullptr;
}

void PendingCallCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const bool Several =
      !model::refusesInterpreters(Model) && !model::isProgram(Model);
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::AddsPendingCall)) {
    if (!Use.Call->getNumArgs())
      continue;
    const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
    const FunctionDecl *FD = model::functionOf(Use.Call->getArg(0));
    const CallExpr *Uses = Several ? usesObjects(Model, FD) : nullptr;
    const bool Ignored =
        model::isIgnored(model::pathTo(Model, Use.In->Decl, Use.Call));
    if (!Uses && !Ignored)
      continue;
    diag(Loc, "'%0' %select{can fail when its queue is full, and the call is "
              "lost|has '%2' run in the main interpreter, whatever interpreter "
              "its data belongs to%select{|; it can also fail, and the call "
              "is lost}3}1")
        << Use.Name << (Uses != nullptr)
        << (FD ? FD->getNameAsString() : std::string()) << Ignored;
    if (Uses)
      diag(SM.getExpansionLoc(Uses->getExprLoc()),
           "which uses that interpreter's objects here", DiagnosticIDs::Note);
  }
}

} // namespace pyext::threads
