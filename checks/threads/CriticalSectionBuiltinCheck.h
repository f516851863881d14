//===- CriticalSectionBuiltinCheck.h - cpython-threads-critical-section-builtin ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_CRITICALSECTIONBUILTINCHECK_H
#define PYEXT_THREADS_CRITICALSECTIONBUILTINCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds critical sections around a single call that locks the object itself.
///
/// For users: docs/checks/threads/critical-section-builtin.md
class CriticalSectionBuiltinCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_CRITICALSECTIONBUILTINCHECK_H
