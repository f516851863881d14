//===- MissingGilSlotCheck.h - cpython-modules-missing-gil-slot ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_MISSINGGILSLOTCHECK_H
#define PYEXT_MODULES_MISSINGGILSLOTCHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds modules that do not declare whether they need the GIL.
///
/// For users: docs/checks/modules/missing-gil-slot.md
class MissingGilSlotCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_MISSINGGILSLOTCHECK_H
