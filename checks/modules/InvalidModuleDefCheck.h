//===- InvalidModuleDefCheck.h - cpython-modules-invalid-module-def ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_INVALIDMODULEDEFCHECK_H
#define PYEXT_MODULES_INVALIDMODULEDEFCHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds module definitions and slots that the import machinery rejects or
/// misreads at run time.
///
/// For users: docs/checks/modules/invalid-module-def.md
class InvalidModuleDefCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkSlots(const model::ExtensionModel &Model, const model::Module &Mod);
  void checkArray(const model::ExtensionModel &Model, const model::Module &Mod,
                  const clang::VarDecl *Array);
  void checkAgreement(const model::ExtensionModel &Model,
                      const model::Module &Mod);
  void checkDefinition(const model::ExtensionModel &Model,
                       const model::Module &Mod);
  void checkHooks(const model::ExtensionModel &Model);
  void checkMethods(const model::ExtensionModel &Model);
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_INVALIDMODULEDEFCHECK_H
