//===- GilSlotContradictedCheck.h - cpython-modules-gil-slot-contradicted ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_GILSLOTCONTRADICTEDCHECK_H
#define PYEXT_MODULES_GILSLOTCONTRADICTEDCHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds modules that declare to run without the GIL while their code shows
/// data races.
///
/// For users: docs/checks/modules/gil-slot-contradicted.md
class GilSlotContradictedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_GILSLOTCONTRADICTEDCHECK_H
