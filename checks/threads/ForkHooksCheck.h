//===- ForkHooksCheck.h - cpython-threads-fork-hooks ------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_FORKHOOKSCHECK_H
#define PYEXT_THREADS_FORKHOOKSCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds forks whose child goes on without putting the interpreter in order.
///
/// For users: docs/checks/threads/fork-hooks.md
class ForkHooksCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_FORKHOOKSCHECK_H
