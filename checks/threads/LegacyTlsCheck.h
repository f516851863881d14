//===- LegacyTlsCheck.h - cpython-threads-legacy-tls ------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_LEGACYTLSCHECK_H
#define PYEXT_THREADS_LEGACYTLSCHECK_H

#include "model/ApiUses.h"
#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds thread-local storage with keys of type int.
///
/// For users: docs/checks/threads/legacy-tls.md
class LegacyTlsCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  static llvm::SmallVector<clang::FixItHint>
  fix(const model::ExtensionModel &Model, const clang::ValueDecl *Key);
  static const clang::ValueDecl *keyOf(const model::ExtensionModel &Model,
                                       const model::ApiUse &Use);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_LEGACYTLSCHECK_H
