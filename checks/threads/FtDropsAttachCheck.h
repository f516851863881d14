//===- FtDropsAttachCheck.h - cpython-threads-ft-drops-attach ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_FTDROPSATTACHCHECK_H
#define PYEXT_THREADS_FTDROPSATTACHCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds calls that attach or detach the thread and are left out of
/// free-threaded builds.
///
/// For users: docs/checks/threads/ft-drops-attach.md
class FtDropsAttachCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_FTDROPSATTACHCHECK_H
