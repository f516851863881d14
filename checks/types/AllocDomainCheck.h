//===- AllocDomainCheck.h - cpython-types-alloc-domain ----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_ALLOCDOMAINCHECK_H
#define PYEXT_TYPES_ALLOCDOMAINCHECK_H

#include "model/Allocations.h"
#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds memory of the object domain that holds no Python object, objects in
/// other memory, and memory freed by another family than it came from.
///
/// For users: docs/checks/types/alloc-domain.md
class AllocDomainCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  bool checkMismatch(const model::ExtensionModel &Model,
                     const model::MemoryHolder &P);
  void checkPurpose(const model::ExtensionModel &Model, const model::MemoryHolder &P);
  llvm::SmallVector<clang::FixItHint, 4>
  rename(const model::ExtensionModel &Model, const model::MemoryHolder &P);

  /// Calls that a finding has named.
  llvm::DenseSet<const clang::CallExpr *> Judged;
};

} // namespace pyext::types

#endif // PYEXT_TYPES_ALLOCDOMAINCHECK_H
