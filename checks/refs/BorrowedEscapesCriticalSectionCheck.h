//===- BorrowedEscapesCriticalSectionCheck.h - cpython-refs-borrowed-escapes-critical-section ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_BORROWEDESCAPESCRITICALSECTIONCHECK_H
#define PYEXT_REFS_BORROWEDESCAPESCRITICALSECTIONCHECK_H

#include "refs/BorrowedLookup.h"
#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds references that are read under a lock without taking one, and used
/// after the lock is released.
///
/// For users: docs/checks/refs/borrowed-escapes-critical-section.md
class BorrowedEscapesCriticalSectionCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  /// A field or global; used last at \p Late, through \p Pointer into it when that
  /// is not null.
  void report(const model::ExtensionModel &Model,
              const flow::FunctionRefs &Refs, const flow::LoadUse &U,
              const model::Access *Writer,
              const clang::Stmt *Late, const clang::Expr *Pointer);
  /// An item of a container.
  void report(const model::ExtensionModel &Model,
              const flow::FunctionRefs &Refs, const flow::Lookup &L,
              const flow::Use &U);
  static llvm::SmallVector<clang::FixItHint, 4>
  moveReference(const model::ExtensionModel &Model,
                const flow::FunctionRefs &Refs, const flow::LoadUse &U);

  StrongReferenceOffer Offer;
};

} // namespace pyext::refs

#endif // PYEXT_REFS_BORROWEDESCAPESCRITICALSECTIONCHECK_H
