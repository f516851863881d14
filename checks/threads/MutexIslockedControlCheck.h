//===- MutexIslockedControlCheck.h - cpython-threads-mutex-islocked-control ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_MUTEXISLOCKEDCONTROLCHECK_H
#define PYEXT_THREADS_MUTEXISLOCKEDCONTROLCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds decisions that depend on whether a mutex is locked just now.
///
/// For users: docs/checks/threads/mutex-islocked-control.md
class MutexIslockedControlCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_MUTEXISLOCKEDCONTROLCHECK_H
