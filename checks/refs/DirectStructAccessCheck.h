//===- DirectStructAccessCheck.h - cpython-refs-direct-struct-access ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_DIRECTSTRUCTACCESSCHECK_H
#define PYEXT_REFS_DIRECTSTRUCTACCESSCHECK_H

#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds direct accesses to fields of CPython's structs that other threads
/// change.
///
/// For users: docs/checks/refs/direct-struct-access.md
class DirectStructAccessCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void reportCounts(const model::ExtensionModel &Model);
};

} // namespace pyext::refs

#endif // PYEXT_REFS_DIRECTSTRUCTACCESSCHECK_H
