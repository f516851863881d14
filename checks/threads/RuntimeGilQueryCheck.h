//===- RuntimeGilQueryCheck.h - cpython-threads-runtime-gil-query ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_RUNTIMEGILQUERYCHECK_H
#define PYEXT_THREADS_RUNTIMEGILQUERYCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds answers to whether the GIL is enabled that are kept in variables.
///
/// For users: docs/checks/threads/runtime-gil-query.md
class RuntimeGilQueryCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  bool mentions(llvm::StringRef Text);
  static bool holdsAnswer(clang::QualType QT);

  const char *LastText = nullptr;
  bool LastMentions = false;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_RUNTIMEGILQUERYCHECK_H
