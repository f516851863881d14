//===- MainInterpreterHackCheck.h - cpython-threads-main-interpreter-hack ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_MAININTERPRETERHACKCHECK_H
#define PYEXT_THREADS_MAININTERPRETERHACKCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds code that is tied to the main interpreter in modules that do not say
/// so.
///
/// For users: docs/checks/threads/main-interpreter-hack.md
class MainInterpreterHackCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_MAININTERPRETERHACKCHECK_H
