//===- AllowThreadsExitCheck.h - cpython-threads-allow-threads-exit ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_ALLOWTHREADSEXITCHECK_H
#define PYEXT_THREADS_ALLOWTHREADSEXITCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds returns and jumps that leave a block with the thread detached.
///
/// For users: docs/checks/threads/allow-threads-exit.md
class AllowThreadsExitCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_ALLOWTHREADSEXITCHECK_H
