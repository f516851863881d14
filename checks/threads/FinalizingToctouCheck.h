//===- FinalizingToctouCheck.h - cpython-threads-finalizing-toctou ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_FINALIZINGTOCTOUCHECK_H
#define PYEXT_THREADS_FINALIZINGTOCTOUCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds threads that ask whether the interpreter is ending and then attach to
/// it.
///
/// For users: docs/checks/threads/finalizing-toctou.md
class FinalizingToctouCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_FINALIZINGTOCTOUCHECK_H
