//===- ModuleStateLifecycleCheck.h - cpython-types-module-state-lifecycle ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_MODULESTATELIFECYCLECHECK_H
#define PYEXT_TYPES_MODULESTATELIFECYCLECHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds objects in the module state that the module does not visit, clear or
/// release.
///
/// For users: docs/checks/types/module-state-lifecycle.md
class ModuleStateLifecycleCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkMissing(const model::ExtensionModel &Model,
                    const model::Module &Mod,
                    llvm::ArrayRef<const clang::FieldDecl *> Fields,
                    llvm::ArrayRef<clang::FixItHint> Hints);
  void checkFields(const model::ExtensionModel &Model, const model::Module &Mod,
                   llvm::ArrayRef<const clang::FieldDecl *> Fields);
};

} // namespace pyext::types

#endif // PYEXT_TYPES_MODULESTATELIFECYCLECHECK_H
