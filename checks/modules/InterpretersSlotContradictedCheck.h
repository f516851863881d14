//===- InterpretersSlotContradictedCheck.h - cpython-modules-interpreters-slot-contradicted ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_INTERPRETERSSLOTCONTRADICTEDCHECK_H
#define PYEXT_MODULES_INTERPRETERSSLOTCONTRADICTEDCHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds modules that declare support for several interpreters while their code
/// shares objects or data between them.
///
/// For users: docs/checks/modules/interpreters-slot-contradicted.md
class InterpretersSlotContradictedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_INTERPRETERSSLOTCONTRADICTEDCHECK_H
