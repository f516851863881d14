//===- MissingInterpretersSlotCheck.h - cpython-modules-missing-interpreters-slot ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_MISSINGINTERPRETERSSLOTCHECK_H
#define PYEXT_MODULES_MISSINGINTERPRETERSSLOTCHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds multi-phase modules that do not declare their support for multiple
/// interpreters.
///
/// For users: docs/checks/modules/missing-interpreters-slot.md
class MissingInterpretersSlotCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_MISSINGINTERPRETERSSLOTCHECK_H
