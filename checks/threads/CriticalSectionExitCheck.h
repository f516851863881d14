//===- CriticalSectionExitCheck.h - cpython-threads-critical-section-exit ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_CRITICALSECTIONEXITCHECK_H
#define PYEXT_THREADS_CRITICALSECTIONEXITCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds returns and jumps that leave a critical section without ending it.
///
/// For users: docs/checks/threads/critical-section-exit.md
class CriticalSectionExitCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_CRITICALSECTIONEXITCHECK_H
