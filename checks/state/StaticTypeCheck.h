//===- StaticTypeCheck.h - cpython-state-static-type ------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_STATICTYPECHECK_H
#define PYEXT_STATE_STATICTYPECHECK_H

#include "support/GlobalCheck.h"

namespace pyext::state {

/// Finds static type objects, which all interpreters of the process share.
///
/// For users: docs/checks/state/static-type.md
class StaticTypeCheck : public GlobalCheck {
public:
  StaticTypeCheck(llvm::StringRef Name,
        clang::tidy::ClangTidyContext *Context)
      : GlobalCheck(Name, Context, model::GlobalClass::StaticType) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::GlobalVerdict &V) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_STATICTYPECHECK_H
