//===- BorrowedRefAcrossCallCheck.h - cpython-refs-borrowed-ref-across-call ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_BORROWEDREFACROSSCALLCHECK_H
#define PYEXT_REFS_BORROWEDREFACROSSCALLCHECK_H

#include "refs/BorrowedLookup.h"
#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds borrowed references that are used after a call that can run code which
/// drops them.
///
/// For users: docs/checks/refs/borrowed-ref-across-call.md
class BorrowedRefAcrossCallCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void report(const model::ExtensionModel &Model,
              const flow::FunctionRefs &Refs, const flow::Lookup &L,
              const UseAfterCall &After);

  StrongReferenceOffer Offer;
};

} // namespace pyext::refs

#endif // PYEXT_REFS_BORROWEDREFACROSSCALLCHECK_H
