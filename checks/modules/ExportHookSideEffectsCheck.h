//===- ExportHookSideEffectsCheck.h - cpython-modules-export-hook-side-effects ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_EXPORTHOOKSIDEEFFECTSCHECK_H
#define PYEXT_MODULES_EXPORTHOOKSIDEEFFECTSCHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds init functions of multi-phase modules and export hooks that do more
/// than name the module's slots.
///
/// For users: docs/checks/modules/export-hook-side-effects.md
class ExportHookSideEffectsCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_EXPORTHOOKSIDEEFFECTSCHECK_H
