//===- ThreadUnsafeLibcCheck.cpp - cpython-state-thread-unsafe-libc -------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/ThreadUnsafeLibcCheck.h"
#include "model/Initializers.h"
#include "model/SharedState.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

/// Calls of one function listed in the notes of one finding.
static constexpr unsigned MaxCalls = 5;

/// The function of the C library, not one of the same name.
static const facts::HiddenStateCall *hiddenState(const CallSite &Site) {
  const FunctionDecl *Callee = Site.Callee;
  if (!Site.Call || !Callee || !Callee->getIdentifier() ||
      isa<CXXMethodDecl>(Callee) ||
      !Callee->getDeclContext()->getRedeclContext()->isTranslationUnit())
    return nullptr;
  const facts::HiddenStateCall *Row =
      facts::findHiddenState(Callee->getName());
  // setlocale(LC_ALL, NULL) only asks.
  if (Row && Row->State == facts::HiddenState::Locale &&
      Site.Call->getNumArgs() > 1 &&
      isNullOrZero(Site.Call->getArg(1), Callee->getASTContext()))
    return nullptr;
  return Row;
}

void ThreadUnsafeLibcCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  for (const auto &F : Model.functions()) {
    if (F->Generated || !F->Contexts ||
        F->onlyIn(InitContext | UnloadContext) || F->RunsOnce)
      continue;
    // One finding for all calls of a function.
    MapVector<const facts::HiddenStateCall *, SmallVector<const CallSite *, 4>>
        Calls;
    for (const CallSite &Site : F->Calls)
      if (const facts::HiddenStateCall *Row = hiddenState(Site)) {
        Access There{};
        There.Where = Site.Call;
        There.Function = F->Decl;
        There.Locks = Model.locksAt(F->Decl, Site.Call);
        if (!Model.function(Site.Callee) &&
            globalLocksAt(Model, There).empty() && !onlyWithGil(Model, There))
          Calls[Row].push_back(&Site);
      }
    for (const auto &[Row, Sites] : Calls)
      report(Model, *F, *Row, Sites);
  }
}

void ThreadUnsafeLibcCheck::report(const ExtensionModel &Model,
                                   const model::Function &F,
                                   const facts::HiddenStateCall &Row,
                                   ArrayRef<const CallSite *> Sites) {
  auto IsDetached = [&](const CallSite *Site) {
    return F.Locks &&
           F.Locks->attachmentAt(Site->Call) == flow::Attachment::Detached;
  };
  const auto *Detached = find_if(Sites, IsDetached);
  // With the GIL only a detached thread meets others.
  if (!hazards().FreeThreading && Detached == Sites.end())
    return;
  const CallSite *First = Detached == Sites.end() ? Sites.front() : *Detached;
  const SourceManager &SM = Model.context().getSourceManager();
  diag(SM.getExpansionLoc(First->Call->getBeginLoc()),
       "'%0' %select{returns storage that the next call on any thread "
       "overwrites|keeps for all threads where it is|uses one random number "
       "generator for all threads|"
       "works on one table for all threads|keeps its conversion "
       "state for all threads|changes the locale of all threads while they use "
       "it|changes the environment while other threads read it|changes the "
       "time zone of all threads while they use it}1%select{|; the thread is "
       "detached here, so that holds with the GIL, too}2")
      << Row.Name << unsigned(Row.State) << (Detached != Sites.end());
  for (const CallSite *Site : Sites.take_front(MaxCalls))
    if (Site != First)
      diag(SM.getExpansionLoc(Site->Call->getBeginLoc()), "called here as well",
           DiagnosticIDs::Note);
  if (*Row.Instead)
    diag(SM.getExpansionLoc(First->Call->getBeginLoc()), "'%0' does not",
         DiagnosticIDs::Note)
        << Row.Instead;
}

} // namespace pyext::state
