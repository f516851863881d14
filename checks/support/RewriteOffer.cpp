//===- RewriteOffer.cpp ---------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/RewriteOffer.h"
#include "clang/AST/ASTContext.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Path.h"

using namespace clang;
using namespace llvm;

namespace pyext {

static StringRef nameOf(RewriteLevel Level) {
  switch (Level) {
  case RewriteLevel::MultiPhase:
    return "multi-phase";
  case RewriteLevel::State:
    return "state";
  case RewriteLevel::HeapTypes:
    return "heap-types";
  }
  llvm_unreachable("covered switch");
}

std::string rewriteOffer(const model::ExtensionModel &Model,
                         RewriteLevel Level) {
  const SourceManager &SM = Model.context().getSourceManager();
  // Folders would make the text differ from one machine to the next.
  StringRef Name = "FILE";
  if (OptionalFileEntryRef File = SM.getFileEntryRefForID(SM.getMainFileID()))
    Name = sys::path::filename(File->getName());
  return ("'pyext-migrate --level=" + nameOf(Level) + " " + Name +
          "' does that for the whole module")
      .str();
}

} // namespace pyext
