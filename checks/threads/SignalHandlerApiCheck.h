//===- SignalHandlerApiCheck.h - cpython-threads-signal-handler-api ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_SIGNALHANDLERAPICHECK_H
#define PYEXT_THREADS_SIGNALHANDLERAPICHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds signal handlers that call the C API.
///
/// For users: docs/checks/threads/signal-handler-api.md
class SignalHandlerApiCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkHandler(const model::ExtensionModel &Model,
                    const clang::FunctionDecl *FD, const clang::Expr *Set);
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_SIGNALHANDLERAPICHECK_H
