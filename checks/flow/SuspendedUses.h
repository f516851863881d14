//===- SuspendedUses.h - Fields read before others could run ----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pointer or a number that was read from a field of an object, or the test
// that a field is not null, holds no longer once the critical section of the
// object was suspended, or the thread was detached, in between.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FLOW_SUSPENDEDUSES_H
#define PYEXT_FLOW_SUSPENDEDUSES_H

#include "model/ExtensionModel.h"

namespace pyext::flow {

/// What lets other threads run in between.
enum class Suspension : uint8_t {
  Section, ///< A call suspends the critical section of the object.
  Detach,  ///< The thread was detached.
};

struct SuspendedUse {
  /// What holds the value of the field; null when the field itself was tested
  /// not to be null.
  const clang::VarDecl *Variable;
  const clang::MemberExpr *From; ///< The field, where it was read or tested.
  const clang::Expr *Suspends;   ///< A call.
  const clang::Expr *Use;
  /// Where another function replaces the field.
  const model::Access *Other;
};

/// In \p F; one for each place where a field is read. For Section \p F uses locks,
/// for Detach it detaches the thread.
std::vector<SuspendedUse> usesAfterSuspension(const model::ExtensionModel &Model,
                                              const model::Function &F,
                                              Suspension By);

} // namespace pyext::flow

#endif // PYEXT_FLOW_SUSPENDEDUSES_H
