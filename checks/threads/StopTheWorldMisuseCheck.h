//===- StopTheWorldMisuseCheck.h - cpython-threads-stop-the-world-misuse ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_STOPTHEWORLDMISUSECHECK_H
#define PYEXT_THREADS_STOPTHEWORLDMISUSECHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds code that raises, waits, runs Python code or leaves while it has
/// stopped all other threads.
///
/// For users: docs/checks/threads/stop-the-world-misuse.md
class StopTheWorldMisuseCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_STOPTHEWORLDMISUSECHECK_H
