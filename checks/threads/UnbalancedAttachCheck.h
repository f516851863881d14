//===- UnbalancedAttachCheck.h - cpython-threads-unbalanced-attach ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_UNBALANCEDATTACHCHECK_H
#define PYEXT_THREADS_UNBALANCEDATTACHCHECK_H

#include "flow/Attachment.h"
#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds attached or detached thread states, tokens and interpreter guards that
/// some path does not give back.
///
/// For users: docs/checks/threads/unbalanced-attach.md
class UnbalancedAttachCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void analyze(const model::ExtensionModel &Model,
               const clang::FunctionDecl *FD,
               const flow::FunctionAttachment &A, bool Embeds);
  /// The function attaches the thread in another way.
  static bool attachesLater(const flow::FunctionAttachment &A);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_UNBALANCEDATTACHCHECK_H
