//===- ThreadUnsafeLibcCheck.h - cpython-state-thread-unsafe-libc ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_THREADUNSAFELIBCCHECK_H
#define PYEXT_STATE_THREADUNSAFELIBCCHECK_H

#include "facts/ProcessState.h"
#include "support/ModelCheck.h"

namespace pyext::state {

/// Finds calls of C library functions that keep data for all threads.
///
/// For users: docs/checks/state/thread-unsafe-libc.md
class ThreadUnsafeLibcCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void report(const model::ExtensionModel &Model, const model::Function &F,
              const facts::HiddenStateCall &Row,
              llvm::ArrayRef<const model::CallSite *> Sites);
};

} // namespace pyext::state

#endif // PYEXT_STATE_THREADUNSAFELIBCCHECK_H
