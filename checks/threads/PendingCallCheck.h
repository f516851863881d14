//===- PendingCallCheck.h - cpython-threads-pending-call --------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_PENDINGCALLCHECK_H
#define PYEXT_THREADS_PENDINGCALLCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds pending calls that run in the main interpreter or can get lost.
///
/// For users: docs/checks/threads/pending-call.md
class PendingCallCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_PENDINGCALLCHECK_H
