//===- UnlockedContainerMacroCheck.h - cpython-refs-unlocked-container-macro ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_UNLOCKEDCONTAINERMACROCHECK_H
#define PYEXT_REFS_UNLOCKEDCONTAINERMACROCHECK_H

#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds writes with calls for new objects into containers that others have
/// already.
///
/// For users: docs/checks/refs/unlocked-container-macro.md
class UnlockedContainerMacroCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void analyzePointers(const model::ExtensionModel &Model);
};

} // namespace pyext::refs

#endif // PYEXT_REFS_UNLOCKEDCONTAINERMACROCHECK_H
