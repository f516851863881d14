//===- BlockingWhileAttachedCheck.h - cpython-threads-blocking-while-attached ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_BLOCKINGWHILEATTACHEDCHECK_H
#define PYEXT_THREADS_BLOCKINGWHILEATTACHEDCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds calls that block a thread while it is attached, and locks whose owner
/// may have to wait for it.
///
/// For users: docs/checks/threads/blocking-while-attached.md
class BlockingWhileAttachedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void locks(const model::ExtensionModel &Model);
  void calls(const model::ExtensionModel &Model, const model::Function &F);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_BLOCKINGWHILEATTACHEDCHECK_H
