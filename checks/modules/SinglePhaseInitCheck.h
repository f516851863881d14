//===- SinglePhaseInitCheck.h - cpython-modules-single-phase-init ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_SINGLEPHASEINITCHECK_H
#define PYEXT_MODULES_SINGLEPHASEINITCHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds modules that are created by single-phase initialization, which
/// interpreters other than the main one share or refuse.
///
/// For users: docs/checks/modules/single-phase-init.md
class SinglePhaseInitCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_SINGLEPHASEINITCHECK_H
