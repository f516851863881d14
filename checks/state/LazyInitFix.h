//===- LazyInitFix.h - Once-only initialisation -----------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_LAZYINITFIX_H
#define PYEXT_STATE_LAZYINITFIX_H

#include "model/FirstUse.h"
#include "support/LockFix.h"

namespace pyext::state {

/// Puts the test and all that it opens under one mutex.
GuardFix makeLazyInitFix(const model::ExtensionModel &Model,
                            const model::FirstUse &Use,
                            facts::PyVersion MinPython);

} // namespace pyext::state

#endif // PYEXT_STATE_LAZYINITFIX_H
