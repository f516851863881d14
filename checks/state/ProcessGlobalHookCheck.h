//===- ProcessGlobalHookCheck.h - cpython-state-process-global-hook ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_PROCESSGLOBALHOOKCHECK_H
#define PYEXT_STATE_PROCESSGLOBALHOOKCHECK_H

#include "facts/ProcessState.h"
#include "support/ModelCheck.h"

namespace pyext::state {

/// Finds hooks and settings of the whole process that a module sets at run
/// time.
///
/// For users: docs/checks/state/process-global-hook.md
class ProcessGlobalHookCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  /// \p A is the assignment or the call that sets \p Hook.
  void report(const model::ExtensionModel &Model,
              const facts::ProcessHook &Hook, const model::Access &A);
};

} // namespace pyext::state

#endif // PYEXT_STATE_PROCESSGLOBALHOOKCHECK_H
