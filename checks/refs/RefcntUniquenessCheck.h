//===- RefcntUniquenessCheck.h - cpython-refs-refcnt-uniqueness ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_REFCNTUNIQUENESSCHECK_H
#define PYEXT_REFS_REFCNTUNIQUENESSCHECK_H

#include "support/ModelCheck.h"
#include "clang/AST/ParentMap.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"

namespace pyext::refs {

/// Finds reference counts that are compared with one to find out whether an
/// object may be changed in place.
///
/// For users: docs/checks/refs/refcnt-uniqueness.md
class RefcntUniquenessCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  struct Question;
  llvm::SmallVector<clang::FixItHint, 4>
  makeFix(const model::ExtensionModel &Model, const clang::FunctionDecl *FD,
          const clang::CallExpr *Count, const Question &Q,
          const facts::ApiVersion &Api, const clang::ParentMap &Parents);

  /// Files that a fix of this run makes include pythoncapi_compat.h.
  llvm::DenseSet<clang::FileID> Including;
  /// Of variables that fixes of this run declare.
  llvm::DenseMap<const clang::FunctionDecl *, llvm::StringSet<>> Names;
};

} // namespace pyext::refs

#endif // PYEXT_REFS_REFCNTUNIQUENESSCHECK_H
