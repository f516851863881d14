//===- GilAsMutexCheck.h - cpython-threads-gil-as-mutex ---------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_GILASMUTEXCHECK_H
#define PYEXT_THREADS_GILASMUTEXCHECK_H

#include "flow/Attachment.h"
#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds data that is guarded by nothing but being attached.
///
/// For users: docs/checks/threads/gil-as-mutex.md
class GilAsMutexCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void report(const model::ExtensionModel &Model, const model::Function &F,
              const flow::FunctionAttachment &A, unsigned Hold,
              const model::StateVariable &S);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_GILASMUTEXCHECK_H
