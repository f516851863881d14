//===- CallbackObjectUserdataCheck.h - cpython-threads-callback-object-userdata ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_CALLBACKOBJECTUSERDATACHECK_H
#define PYEXT_THREADS_CALLBACKOBJECTUSERDATACHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds callbacks that take their data for a Python object and attach without
/// knowing its interpreter.
///
/// For users: docs/checks/threads/callback-object-userdata.md
class CallbackObjectUserdataCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_CALLBACKOBJECTUSERDATACHECK_H
