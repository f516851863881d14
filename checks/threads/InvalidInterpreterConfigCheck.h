//===- InvalidInterpreterConfigCheck.h - cpython-threads-invalid-interpreter-config ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_INVALIDINTERPRETERCONFIGCHECK_H
#define PYEXT_THREADS_INVALIDINTERPRETERCONFIGCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds configurations of interpreters that the runtime refuses, and results
/// that nothing tests.
///
/// For users: docs/checks/threads/invalid-interpreter-config.md
class InvalidInterpreterConfigCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_INVALIDINTERPRETERCONFIGCHECK_H
