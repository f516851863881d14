//===- LockHeldAcrossPythonCheck.h - cpython-threads-lock-held-across-python ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_LOCKHELDACROSSPYTHONCHECK_H
#define PYEXT_THREADS_LOCKHELDACROSSPYTHONCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds locks held while Python code can run.
///
/// For users: docs/checks/threads/lock-held-across-python.md
class LockHeldAcrossPythonCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_LOCKHELDACROSSPYTHONCHECK_H
