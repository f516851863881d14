//===- WeakPointerCacheCheck.h - cpython-refs-weak-pointer-cache ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_WEAKPOINTERCACHECHECK_H
#define PYEXT_REFS_WEAKPOINTERCACHECHECK_H

#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds caches of objects they do not own that take references to objects
/// which may be dying.
///
/// For users: docs/checks/refs/weak-pointer-cache.md
class WeakPointerCacheCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void findTables(const model::ExtensionModel &Model);
  void report(const model::ExtensionModel &Model, const clang::ValueDecl *D,
              const clang::Stmt *Taken, const clang::FunctionDecl *Taker);
};

} // namespace pyext::refs

#endif // PYEXT_REFS_WEAKPOINTERCACHECHECK_H
