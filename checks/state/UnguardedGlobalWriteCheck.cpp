//===- UnguardedGlobalWriteCheck.cpp - cpython-state-unguarded-global-write ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/UnguardedGlobalWriteCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void UnguardedGlobalWriteCheck::report(const ExtensionModel &Model,
                                       const GlobalVerdict &V) {
  if (!threadsMeet(Model))
    return;
  const GlobalUse &Write = V.Uses[*V.Write], &Other = V.Uses[*V.Other];
  const SourceManager &SM = Model.context().getSourceManager();
  const SourceLocation Loc =
      V.DefinedElsewhere ? SM.getExpansionLoc(Write.Where->getBeginLoc())
                         : V.Decl->getLocation();
  diag(Loc,
       "'%0' is a %select{counter|buffer|container|list|variable}1 that all "
       "threads share%select{|, through a pointer}6; '%2' %select{can write|"
       "writes}7 it while %select{'%4' can %select{read|write}5 it|another "
       "thread in '%4' can too}3, with no lock in common")
      << V.Decl->getName() << unsigned(V.Shape) << nameOf(Write.Function)
      << (Other.Function == Write.Function) << nameOf(Other.Function)
      << (Other.Kind != UseKind::Read) << Write.Pointee << Write.writes();
  noteUses(Model, V);
  diag(Loc,
       "%select{make it atomic|use a buffer of the caller, or make it "
       "thread-local|hold one lock at all of these places|hold one lock at all "
       "of these places|hold one lock at all of these places, or make it "
       "atomic}0, or keep it in the module state",
       DiagnosticIDs::Note)
      << unsigned(V.Shape);
}

} // namespace pyext::state
