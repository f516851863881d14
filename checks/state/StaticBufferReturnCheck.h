//===- StaticBufferReturnCheck.h - cpython-state-static-buffer-return ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_STATICBUFFERRETURNCHECK_H
#define PYEXT_STATE_STATICBUFFERRETURNCHECK_H

#include "support/GlobalCheck.h"

namespace pyext::state {

/// Finds static buffers that a function fills and hands out, and that the next
/// call overwrites.
///
/// For users: docs/checks/state/static-buffer-return.md
class StaticBufferReturnCheck : public GlobalCheck {
public:
  StaticBufferReturnCheck(llvm::StringRef Name,
        clang::tidy::ClangTidyContext *Context)
      : GlobalCheck(Name, Context, model::GlobalClass::BufferReturn) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::GlobalVerdict &V) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_STATICBUFFERRETURNCHECK_H
