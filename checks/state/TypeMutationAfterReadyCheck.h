//===- TypeMutationAfterReadyCheck.h - cpython-state-type-mutation-after-ready ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_TYPEMUTATIONAFTERREADYCHECK_H
#define PYEXT_STATE_TYPEMUTATIONAFTERREADYCHECK_H

#include "support/ModelCheck.h"

namespace pyext::state {

/// Finds changes of a type that may already be in use.
///
/// For users: docs/checks/state/type-mutation-after-ready.md
class TypeMutationAfterReadyCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  /// \p Where changes \p Field, or the dict that it leads to, in \p F.
  void check(const model::ExtensionModel &Model, const model::Function &F,
             const clang::MemberExpr *Field, const clang::Expr *Where);
};

} // namespace pyext::state

#endif // PYEXT_STATE_TYPEMUTATIONAFTERREADYCHECK_H
