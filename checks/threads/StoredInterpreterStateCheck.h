//===- StoredInterpreterStateCheck.h - cpython-threads-stored-interpreter-state ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_STOREDINTERPRETERSTATECHECK_H
#define PYEXT_THREADS_STOREDINTERPRETERSTATECHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds interpreters and thread states that are kept in variables and fields
/// beyond the call.
///
/// For users: docs/checks/threads/stored-interpreter-state.md
class StoredInterpreterStateCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_STOREDINTERPRETERSTATECHECK_H
