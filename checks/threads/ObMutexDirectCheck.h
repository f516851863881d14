//===- ObMutexDirectCheck.h - cpython-threads-ob-mutex-direct ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_OBMUTEXDIRECTCHECK_H
#define PYEXT_THREADS_OBMUTEXDIRECTCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds code that locks the mutex of an object directly.
///
/// For users: docs/checks/threads/ob-mutex-direct.md
class ObMutexDirectCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void report(const model::ExtensionModel &Model, const clang::FunctionDecl *FD,
              llvm::ArrayRef<const clang::CallExpr *> Locks,
              llvm::ArrayRef<const clang::CallExpr *> Unlocks,
              llvm::ArrayRef<const clang::Expr *> Others);
  llvm::SmallVector<clang::FixItHint> fix(const model::ExtensionModel &Model,
                                          const clang::FunctionDecl *FD,
                                          const clang::CallExpr *Lock,
                                          const clang::CallExpr *Unlock);
  static bool hasJump(const clang::Stmt *S);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_OBMUTEXDIRECTCHECK_H
