//===- MutexCopiedCheck.h - cpython-threads-mutex-copied --------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_MUTEXCOPIEDCHECK_H
#define PYEXT_THREADS_MUTEXCOPIEDCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds mutexes that are copied, moved or used without having been set to
/// zero.
///
/// For users: docs/checks/threads/mutex-copied.md
class MutexCopiedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  /// The file has a type or a variable with a mutex.
  static bool mentionsMutexes(const model::ExtensionModel &Model);
  void visit(const model::ExtensionModel &Model, const model::Function &F,
             const clang::Stmt *S);
  void calls(const model::ExtensionModel &Model, const model::Function &F);
  /// A call that makes a std::vector grow.
  void container(const model::ExtensionModel &Model,
                 const clang::CallExpr *Call);
  static bool mentionsSizeOf(const clang::Stmt *S, clang::QualType Of);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_MUTEXCOPIEDCHECK_H
