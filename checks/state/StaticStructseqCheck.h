//===- StaticStructseqCheck.h - cpython-state-static-structseq ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_STATICSTRUCTSEQCHECK_H
#define PYEXT_STATE_STATICSTRUCTSEQCHECK_H

#include "support/GlobalCheck.h"

namespace pyext::state {

/// Finds static types of struct sequences, which all interpreters share and
/// each import fills again.
///
/// For users: docs/checks/state/static-structseq.md
class StaticStructseqCheck : public GlobalCheck {
public:
  StaticStructseqCheck(llvm::StringRef Name,
                       clang::tidy::ClangTidyContext *Context)
      : GlobalCheck(Name, Context, model::GlobalClass::StructSequence) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::GlobalVerdict &V) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_STATICSTRUCTSEQCHECK_H
