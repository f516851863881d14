//===- GilstateInterpreterSwitchCheck.h - cpython-threads-gilstate-interpreter-switch ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_GILSTATEINTERPRETERSWITCHCHECK_H
#define PYEXT_THREADS_GILSTATEINTERPRETERSWITCHCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds changes of the interpreter between PyGILState_Ensure and
/// PyGILState_Release.
///
/// For users: docs/checks/threads/gilstate-interpreter-switch.md
class GilstateInterpreterSwitchCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void analyze(const model::ExtensionModel &Model, const model::Function &F);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_GILSTATEINTERPRETERSWITCHCHECK_H
