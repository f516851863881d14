//===- AttachUncheckedCheck.h - cpython-threads-attach-unchecked ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_ATTACHUNCHECKEDCHECK_H
#define PYEXT_THREADS_ATTACHUNCHECKEDCHECK_H

#include "flow/Attachment.h"
#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds results of attaching, of interpreter guards and of views that are used
/// without a test for NULL.
///
/// For users: docs/checks/threads/attach-unchecked.md
class AttachUncheckedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void analyze(const model::ExtensionModel &Model,
               const model::Function &F, const flow::FunctionAttachment &A);
  /// Leaves the function when \p H failed; empty where that is not clear.
  llvm::SmallVector<clang::FixItHint>
  fix(const model::ExtensionModel &Model, const clang::FunctionDecl *FD,
      const flow::FunctionAttachment &A, const flow::Hold &H);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_ATTACHUNCHECKEDCHECK_H
