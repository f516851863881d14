//===- StaticBufferReturnCheck.cpp - cpython-state-static-buffer-return ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/StaticBufferReturnCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void StaticBufferReturnCheck::report(const ExtensionModel &Model,
                                     const GlobalVerdict &V) {
  if (!threadsMeet(Model))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const GlobalUse *In = nullptr, *OutOf = nullptr;
  for (const GlobalUse &U : V.Uses) {
    if (U.Where == V.In && !In)
      In = &U;
    if (U.Where == V.OutOf)
      OutOf = &U;
  }
  diag(V.Decl->getLocation(),
       "'%0' is filled by '%1' and handed out by '%2'; the next call, on "
       "another thread, overwrites what the first caller is still reading")
      << V.Decl->getName() << nameOf(In->Function) << nameOf(OutOf->Function);
  diag(SM.getExpansionLoc(V.In->getBeginLoc()), "filled here, in '%0'",
       DiagnosticIDs::Note)
      << nameOf(In->Function);
  diag(SM.getExpansionLoc(V.OutOf->getBeginLoc()), "handed out here, in '%0'",
       DiagnosticIDs::Note)
      << nameOf(OutOf->Function);
  diag(V.Decl->getLocation(),
       "let the caller give the buffer, make it thread-local, or build the "
       "Python object at once",
       DiagnosticIDs::Note);
}

} // namespace pyext::state
