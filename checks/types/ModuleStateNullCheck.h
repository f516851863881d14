//===- ModuleStateNullCheck.h - cpython-types-module-state-null ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_MODULESTATENULLCHECK_H
#define PYEXT_TYPES_MODULESTATENULLCHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds module state that is used although it can be null.
///
/// For users: docs/checks/types/module-state-null.md
class ModuleStateNullCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  static bool isDereferenced(const model::ExtensionModel &Model,
                             const model::Function &F,
                             const clang::CallExpr *Call);
  static bool derefs(const clang::Stmt *S, const clang::ValueDecl *D);
  static bool tests(const clang::Stmt *S, const clang::ValueDecl *D);
};

} // namespace pyext::types

#endif // PYEXT_TYPES_MODULESTATENULLCHECK_H
