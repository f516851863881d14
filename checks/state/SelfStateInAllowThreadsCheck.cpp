//===- SelfStateInAllowThreadsCheck.cpp - cpython-state-self-state-in-allow-threads ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/SelfStateInAllowThreadsCheck.h"
#include "flow/SuspendedUses.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void SelfStateInAllowThreadsCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  diag(placeOf(Model, R.First->Where),
       "'%0' %select{uses|changes}1 %select{'%3'|what is behind '%3'}2 of '%4' "
       "while detached; meanwhile, even with the GIL, %select{another thread "
       "in the same function|'%6'}5 can %select{use it|%select{free or "
       "replace|change}8 it}7")
      << nameOf(*R.First->In) << R.First->writes() << R.First->Content
      << fieldOf(R) << structOf(R) << (R.Second->In != R.First->In)
      << nameOf(*R.Second->In) << R.Second->writes() << R.Second->Content;
}

/// What a function read before it detached and uses when it is attached again.
void SelfStateInAllowThreadsCheck::analyze(const ExtensionModel &Model) {
  FieldRaceReport::analyze(Model);
  if (Model.isGenerated())
    return;
  for (const auto &F : Model.functions()) {
    if (F->Generated || F->onlyIn(InitContext | DeadContext | UnloadContext) ||
        F->has(EntryKind::New) || F->has(EntryKind::Init) ||
        none_of(F->ThreadStates, [](const ThreadStateUse &U) {
          return U.Api->Op == facts::ThreadStateOp::Detach;
        }))
      continue;
    for (const flow::SuspendedUse &Each :
         flow::usesAfterSuspension(Model, *F, flow::Suspension::Detach)) {
      diag(placeOf(Model, Each.Use),
           "%select{'%0' may no longer be what '%1' points to|'%1' may be null "
           "now, though it was tested|'%0' may no longer be '%1'}2: the thread "
           "was detached since, and even with the GIL '%3' can run meanwhile")
          << (Each.Variable ? Each.Variable->getName() : "")
          << flow::canonicalText(Each.From)
          << (!Each.Variable ? 1
              : Each.From->getType()->isPointerType() ? 0
                                                      : 2)
          << nameOf(*Model.function(Each.Other->Function));
      diag(placeOf(Model, Each.From), "%select{tested|read}0 here",
           DiagnosticIDs::Note)
          << (Each.Variable != nullptr);
      diag(placeOf(Model, Each.Suspends), "attached again here",
           DiagnosticIDs::Note);
      diag(placeOf(Model, Each.Other->Where),
           "another thread can replace it here", DiagnosticIDs::Note);
    }
  }
}

StringRef SelfStateInAllowThreadsCheck::advice(const FieldRace &R) const {
  return "guard it with a mutex of the object that is taken after detaching, "
         "here and at the other places; a critical section ends when the thread "
         "detaches";
}

} // namespace pyext::state
