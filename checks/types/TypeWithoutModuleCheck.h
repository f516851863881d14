//===- TypeWithoutModuleCheck.h - cpython-types-type-without-module ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_TYPEWITHOUTMODULECHECK_H
#define PYEXT_TYPES_TYPEWITHOUTMODULECHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds heap types that are made without the module they belong to.
///
/// For users: docs/checks/types/type-without-module.md
class TypeWithoutModuleCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::types

#endif // PYEXT_TYPES_TYPEWITHOUTMODULECHECK_H
