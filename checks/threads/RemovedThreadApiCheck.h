//===- RemovedThreadApiCheck.h - cpython-threads-removed-thread-api ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_REMOVEDTHREADAPICHECK_H
#define PYEXT_THREADS_REMOVEDTHREADAPICHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds calls of the C API that are removed or going to be because they are
/// unsafe with threads or interpreters.
///
/// For users: docs/checks/threads/removed-thread-api.md
class RemovedThreadApiCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_REMOVEDTHREADAPICHECK_H
