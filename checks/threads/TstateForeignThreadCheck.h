//===- TstateForeignThreadCheck.h - cpython-threads-tstate-foreign-thread ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_TSTATEFOREIGNTHREADCHECK_H
#define PYEXT_THREADS_TSTATEFOREIGNTHREADCHECK_H

#include "model/ApiUses.h"
#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds threads that attach to the thread state of another thread.
///
/// For users: docs/checks/threads/tstate-foreign-thread.md
class TstateForeignThreadCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void report(const model::ApiUse &Use, const model::Access &Write,
              llvm::StringRef Name, const clang::SourceManager &SM);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_TSTATEFOREIGNTHREADCHECK_H
