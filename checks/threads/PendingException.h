//===- PendingException.h - Exceptions nobody has seen ----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_PENDINGEXCEPTION_H
#define PYEXT_THREADS_PENDINGEXCEPTION_H

#include "model/ExtensionModel.h"

namespace pyext::threads {

/// A call that can fail with an exception, and the release of the thread state
/// that takes the exception with it, or leaves it to somebody else.
struct PendingException {
  const clang::CallExpr *Call;
  llvm::StringRef Name;
  const clang::Expr *Release;
  llvm::StringRef ReleaseName;
};

/// The calls of \p F whose failure nothing on the way to a release takes note of,
/// in source order.
std::vector<PendingException>
pendingExceptions(const model::ExtensionModel &Model, const model::Function &F);

} // namespace pyext::threads

#endif // PYEXT_THREADS_PENDINGEXCEPTION_H
