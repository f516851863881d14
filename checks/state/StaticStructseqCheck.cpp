//===- StaticStructseqCheck.cpp - cpython-state-static-structseq ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/StaticStructseqCheck.h"
#include "support/RewriteOffer.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void StaticStructseqCheck::report(const ExtensionModel &Model,
                                  const GlobalVerdict &V) {
  if (!hazards().Subinterpreters)
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const Access *Fill = nullptr;
  for (const Access &A : V.Variable->Accesses)
    if (A.Statement == V.In)
      Fill = &A;
  diag(V.Decl->getLocation(),
       "'%0' is a static type, one object that all interpreters share, and "
       "'%1' fills it again while they use it")
      << V.Decl->getName() << nameOf(Fill->Function);
  diag(SM.getExpansionLoc(V.In->getBeginLoc()), "filled here",
       DiagnosticIDs::Note);
  diag(V.Decl->getLocation(),
       "create it with PyStructSequence_NewType(), and keep it in the module "
       "state; %0",
       DiagnosticIDs::Note)
      << rewriteOffer(Model, RewriteLevel::HeapTypes);
}

} // namespace pyext::state
