//===- StaticTypeCheck.cpp - cpython-state-static-type --------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/StaticTypeCheck.h"
#include "support/RewriteOffer.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void StaticTypeCheck::report(const ExtensionModel &Model,
                             const GlobalVerdict &V) {
  const StateVariable &S = *V.Variable;
  // A type that nothing here uses, and that no other file can.
  if (S.Accesses.empty() && !V.Decl->isExternallyVisible())
    return;
  const Access *Ready = nullptr, *Later = nullptr;
  for (const Access &A : S.Accesses) {
    if (A.Kind != AccessKind::Write || !isa<CallExpr>(A.Statement))
      continue;
    if (!Ready)
      Ready = &A;
    if (!Later && phaseOf(Model, A) == Phase::RunTime &&
        globalLocksAt(Model, A).empty() && !onlyWithGil(Model, A))
      Later = &A;
  }
  if (!V.Decl->hasInit() && !Ready &&
      none_of(S.Accesses, [](const Access &A) { return A.writes(); }))
    return;
  const bool Races = Later && hazards().FreeThreading;
  if (!hazards().Subinterpreters && !Races)
    return;
  if (!hazards().Subinterpreters)
    diag(V.Decl->getLocation(),
         "'%0' is a static type that '%1' makes ready at run time; another "
         "thread can use it before it is complete")
        << V.Decl->getName() << nameOf(Later->Function);
  else
    diag(V.Decl->getLocation(),
         "'%0' is a static type, one object that all interpreters "
         "share%select{|, although the module declares that it supports "
         "several}1%select{|; '%3' makes it ready at run time, and another "
         "thread can use it before it is complete}2")
        << V.Decl->getName() << promisesInterpreters(Model) << Races
        << (Later ? nameOf(Later->Function) : std::string());
  if (const Access *A = Races ? Later : Ready)
    diag(Model.context().getSourceManager().getExpansionLoc(
             A->Where->getBeginLoc()),
         "made ready here, in '%0'", DiagnosticIDs::Note)
        << nameOf(A->Function);
  diag(V.Decl->getLocation(),
       "create a type for each module object with "
       "PyType_FromModuleAndSpec(), and keep it in the module state; %0",
       DiagnosticIDs::Note)
      << rewriteOffer(Model, RewriteLevel::HeapTypes);
}

} // namespace pyext::state
