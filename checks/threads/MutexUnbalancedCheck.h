//===- MutexUnbalancedCheck.h - cpython-threads-mutex-unbalanced ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_MUTEXUNBALANCEDCHECK_H
#define PYEXT_THREADS_MUTEXUNBALANCEDCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds mutexes that some path leaves locked, locks twice or unlocks twice.
///
/// For users: docs/checks/threads/mutex-unbalanced.md
class MutexUnbalancedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_MUTEXUNBALANCEDCHECK_H
