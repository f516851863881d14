//===- ParseNestedBorrowedCheck.h - cpython-refs-parse-nested-borrowed ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_PARSENESTEDBORROWEDCHECK_H
#define PYEXT_REFS_PARSENESTEDBORROWEDCHECK_H

#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds nested argument formats that borrow from a sequence which need not be
/// a tuple.
///
/// For users: docs/checks/refs/parse-nested-borrowed.md
class ParseNestedBorrowedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkCall(const model::ExtensionModel &Model,
                 const model::CallSite &Site,
                 const facts::BorrowedReference &Row);
  static bool isKeywords(const clang::Expr *E);
  static bool isTuple(const model::ExtensionModel &Model,
                      const model::CallSite &Site);
};

} // namespace pyext::refs

#endif // PYEXT_REFS_PARSENESTEDBORROWEDCHECK_H
