//===- DeallocThreadAffinityCheck.h - cpython-types-dealloc-thread-affinity ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_DEALLOCTHREADAFFINITYCHECK_H
#define PYEXT_TYPES_DEALLOCTHREADAFFINITYCHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds deallocators that depend on the thread they run on.
///
/// For users: docs/checks/types/dealloc-thread-affinity.md
class DeallocThreadAffinityCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkFunction(const model::ExtensionModel &Model,
                     const model::Function &Root, const model::Function &In);

  llvm::DenseSet<const clang::Expr *> Reported;
};

} // namespace pyext::types

#endif // PYEXT_TYPES_DEALLOCTHREADAFFINITYCHECK_H
