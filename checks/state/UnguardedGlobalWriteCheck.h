//===- UnguardedGlobalWriteCheck.h - cpython-state-unguarded-global-write ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_UNGUARDEDGLOBALWRITECHECK_H
#define PYEXT_STATE_UNGUARDEDGLOBALWRITECHECK_H

#include "support/GlobalCheck.h"

namespace pyext::state {

/// Finds static C and C++ data that threads write and use at the same time with
/// no lock in common.
///
/// For users: docs/checks/state/unguarded-global-write.md
class UnguardedGlobalWriteCheck : public GlobalCheck {
public:
  UnguardedGlobalWriteCheck(llvm::StringRef Name,
        clang::tidy::ClangTidyContext *Context)
      : GlobalCheck(Name, Context, model::GlobalClass::Unguarded) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::GlobalVerdict &V) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_UNGUARDEDGLOBALWRITECHECK_H
