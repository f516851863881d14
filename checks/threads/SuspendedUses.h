//===- SuspendedUses.h ------------------------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What code reads from a locked object, and still uses after a call that can
// suspend the critical section.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_SUSPENDEDUSES_H
#define PYEXT_THREADS_SUSPENDEDUSES_H

#include "model/ExtensionModel.h"

namespace pyext::threads {

struct SuspendedUse {
  /// What holds the value of the field; null when the field itself was tested
  /// not to be null.
  const clang::VarDecl *Variable;
  const clang::MemberExpr *From; ///< The field, where it was read or tested.
  const clang::Expr *Suspends;   ///< A call.
  const clang::Expr *Use;
};

/// In \p F, which uses locks; one for each place where a field is read.
std::vector<SuspendedUse> usesAfterSuspension(const model::ExtensionModel &Model,
                                              const model::Function &F);

} // namespace pyext::threads

#endif // PYEXT_THREADS_SUSPENDEDUSES_H
