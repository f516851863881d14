//===- ApiWhileDetachedCheck.h - cpython-threads-api-while-detached ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_APIWHILEDETACHEDCHECK_H
#define PYEXT_THREADS_APIWHILEDETACHEDCHECK_H

#include "flow/Attachment.h"
#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds uses of Python objects and of the C API while the thread is detached.
///
/// For users: docs/checks/threads/api-while-detached.md
class ApiWhileDetachedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  /// Reports a field that is written detached and used attached.
  void field(const model::ExtensionModel &Model, const model::StateVariable &S);
  /// Reports uses of Python in the threads of OpenMP, and what those of C++ keep.
  void parallel(const model::ExtensionModel &Model);
  /// Says why the thread is detached in \p Region; null: on entry.
  void explain(const model::ExtensionModel &Model, const model::Function &F,
               const flow::EntryState &E, const clang::Expr *Region);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_APIWHILEDETACHEDCHECK_H
