//===- ModuleSetgilMisuseCheck.h - cpython-modules-module-setgil-misuse ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_MODULESETGILMISUSECHECK_H
#define PYEXT_MODULES_MODULESETGILMISUSECHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds calls of PyUnstable_Module_SetGIL that have no effect or do not
/// compile in every build.
///
/// For users: docs/checks/modules/module-setgil-misuse.md
class ModuleSetgilMisuseCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkCall(const model::ExtensionModel &Model, const model::Function &F,
                 const clang::CallExpr *Call);
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_MODULESETGILMISUSECHECK_H
