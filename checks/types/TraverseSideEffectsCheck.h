//===- TraverseSideEffectsCheck.h - cpython-types-traverse-side-effects ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_TRAVERSESIDEEFFECTSCHECK_H
#define PYEXT_TYPES_TRAVERSESIDEEFFECTSCHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds traverse functions that do more than show objects to the garbage
/// collector.
///
/// For users: docs/checks/types/traverse-side-effects.md
class TraverseSideEffectsCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkTraverse(const model::ExtensionModel &Model,
                     const model::Function &Root,
                     llvm::ArrayRef<const clang::FunctionDecl *> Functions);
  void checkOutside(const model::ExtensionModel &Model,
                    const model::Function &F);
};

} // namespace pyext::types

#endif // PYEXT_TYPES_TRAVERSESIDEEFFECTSCHECK_H
