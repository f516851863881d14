//===- StateFromSelfTypeCheck.h - cpython-types-state-from-self-type ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_STATEFROMSELFTYPECHECK_H
#define PYEXT_TYPES_STATEFROMSELFTYPECHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds module state that is looked up through the type of an object, which
/// can be a subclass.
///
/// For users: docs/checks/types/state-from-self-type.md
class StateFromSelfTypeCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  static bool isNewType(const model::Function &F, const clang::Expr *E);
};

} // namespace pyext::types

#endif // PYEXT_TYPES_STATEFROMSELFTYPECHECK_H
