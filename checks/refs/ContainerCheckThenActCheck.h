//===- ContainerCheckThenActCheck.h - cpython-refs-container-check-then-act ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_CONTAINERCHECKTHENACTCHECK_H
#define PYEXT_REFS_CONTAINERCHECKTHENACTCHECK_H

#include "facts/ContainerRules.h"
#include "support/ModelCheck.h"
#include "clang/AST/ParentMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"

namespace pyext::refs {

/// Finds dict look-ups whose result decides about a second call that another
/// thread can have made wrong.
///
/// For users: docs/checks/refs/container-check-then-act.md
class ContainerCheckThenActCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  struct Site;
  void collect(const model::ExtensionModel &Model, llvm::StringRef Name,
               std::vector<Site> &Sites);
  void judge(const model::ExtensionModel &Model, const facts::PairedCalls &Row,
             const Site &Check, const Site &Act);
  static bool checksAgain(const model::ExtensionModel &Model,
                          llvm::ArrayRef<Site> Sites, const Site &Check,
                          const Site &Act);
  llvm::SmallVector<clang::FixItHint, 2>
  makeFix(const model::ExtensionModel &Model, const facts::PairedCalls &Row,
          const Site &Act, const clang::ParentMap &Parents);

  llvm::DenseSet<const clang::CallExpr *> Reported;
  /// Files that a fix of this run makes include pythoncapi_compat.h.
  llvm::DenseSet<clang::FileID> Including;
  /// Of variables that fixes of this run declare.
  llvm::DenseMap<const clang::FunctionDecl *, llvm::StringSet<>> Names;
};

} // namespace pyext::refs

#endif // PYEXT_REFS_CONTAINERCHECKTHENACTCHECK_H
