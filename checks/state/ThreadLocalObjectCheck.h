//===- ThreadLocalObjectCheck.h - cpython-state-thread-local-object ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_THREADLOCALOBJECTCHECK_H
#define PYEXT_STATE_THREADLOCALOBJECTCHECK_H

#include "support/GlobalCheck.h"

namespace pyext::state {

/// Finds thread-local variables that keep Python objects or thread states,
/// although one thread can run several interpreters.
///
/// For users: docs/checks/state/thread-local-object.md
class ThreadLocalObjectCheck : public GlobalCheck {
public:
  ThreadLocalObjectCheck(llvm::StringRef Name,
        clang::tidy::ClangTidyContext *Context)
      : GlobalCheck(Name, Context, model::GlobalClass::ThreadObject) {}

protected:
  void analyze(const model::ExtensionModel &Model) override;
  void report(const model::ExtensionModel &Model,
              const model::GlobalVerdict &V) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_THREADLOCALOBJECTCHECK_H
