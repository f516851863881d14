//===- HoldReports.h - Words for what is held -------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_HOLDREPORTS_H
#define PYEXT_THREADS_HOLDREPORTS_H

#include "flow/Attachment.h"
#include "model/ExtensionModel.h"

namespace pyext::threads {

/// Where \p Way leaves \p FD; the closing brace for null.
clang::SourceLocation exitLocation(const clang::FunctionDecl *FD,
                                   const clang::Stmt *Way,
                                   const clang::SourceManager &SM);
/// What leaves: "'return'", "the end of the function".
std::string exitName(const clang::Stmt *Way);

/// Where \p S is written: the outermost macro that contains it.
clang::SourceLocation placeOf(const clang::Stmt *S,
                              const clang::SourceManager &SM);

/// Findings of \p Problem about one hold, in source order.
struct HoldReport {
  unsigned Hold;
  std::vector<const flow::HoldFinding *> Findings;
};
std::vector<HoldReport> reportsOf(const flow::FunctionAttachment &A,
                                  flow::HoldProblem Problem,
                                  const clang::FunctionDecl *FD,
                                  const clang::SourceManager &SM);

/// The name of the C API as \p E was written: the macro around it, if it is one
/// of the C API, else \p Otherwise.
llvm::StringRef writtenApi(const clang::Expr *E, llvm::StringRef Otherwise,
                           const model::ExtensionModel &Model);

} // namespace pyext::threads

#endif // PYEXT_THREADS_HOLDREPORTS_H
