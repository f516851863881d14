//===- StaticFreelistCheck.cpp - cpython-state-static-freelist ------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/StaticFreelistCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void StaticFreelistCheck::report(const ExtensionModel &Model,
                                 const GlobalVerdict &V) {
  const bool Races = V.races() && hazards().FreeThreading;
  if (!Races && !hazards().Subinterpreters)
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  auto FunctionAt = [&](const Expr *Where) {
    for (const GlobalUse &U : V.Uses)
      if (U.Where == Where)
        return nameOf(U.Function);
    return std::string();
  };
  const std::string In = FunctionAt(V.In), OutOf = FunctionAt(V.OutOf);
  diag(V.Decl->getLocation(),
       "'%0' keeps dead instances for reuse by all %select{interpreters, whose "
       "memory is not the same|threads|threads and interpreters}1; '%2' puts "
       "them in and '%3' takes them out%select{|, with no lock in common}4")
      << V.Decl->getName()
      << (Races ? 1u + hazards().Subinterpreters : 0u) << In << OutOf << Races;
  diag(SM.getExpansionLoc(V.In->getBeginLoc()), "put in here, in '%0'",
       DiagnosticIDs::Note)
      << In;
  diag(SM.getExpansionLoc(V.OutOf->getBeginLoc()), "taken out here, in '%0'",
       DiagnosticIDs::Note)
      << OutOf;
  for (const GlobalVerdict &Part : Model.globals().all())
    if (Part.PartOf && Part.PartOf == V.Variable)
      diag(Part.Decl->getLocation(), "'%0' belongs to it", DiagnosticIDs::Note)
          << Part.Decl->getName();
  diag(V.Decl->getLocation(),
       "free the instance instead: the allocator keeps lists of its own",
       DiagnosticIDs::Note);
}

} // namespace pyext::state
