//===- GilstateCheckCheck.h - cpython-threads-gilstate-check ----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_GILSTATECHECKCHECK_H
#define PYEXT_THREADS_GILSTATECHECKCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds questions to PyGILState whether the thread is attached.
///
/// For users: docs/checks/threads/gilstate-check.md
class GilstateCheckCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_GILSTATECHECKCHECK_H
