//===- StaticFreelistCheck.h - cpython-state-static-freelist ----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_STATICFREELISTCHECK_H
#define PYEXT_STATE_STATICFREELISTCHECK_H

#include "support/GlobalCheck.h"

namespace pyext::state {

/// Finds free lists of instances in static variables.
///
/// For users: docs/checks/state/static-freelist.md
class StaticFreelistCheck : public GlobalCheck {
public:
  StaticFreelistCheck(llvm::StringRef Name,
        clang::tidy::ClangTidyContext *Context)
      : GlobalCheck(Name, Context, model::GlobalClass::Freelist) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::GlobalVerdict &V) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_STATICFREELISTCHECK_H
