//===- BindingMissingTagsCheck.h - cpython-modules-binding-missing-tags ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_BINDINGMISSINGTAGSCHECK_H
#define PYEXT_MODULES_BINDINGMISSINGTAGSCHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds modules of pybind11 and nanobind that do not declare whether they need
/// the GIL and which interpreters they support.
///
/// For users: docs/checks/modules/binding-missing-tags.md
class BindingMissingTagsCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkPybind11(const model::ExtensionModel &Model,
                     const model::Module &Mod);
  void checkNanobind(const model::ExtensionModel &Model,
                     const model::Module &Mod);
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_BINDINGMISSINGTAGSCHECK_H
