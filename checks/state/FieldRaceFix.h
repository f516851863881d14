//===- FieldRaceFix.h - Fields of objects put under a lock ------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Puts every place that lacks the lock under a critical section on the object.
// A section is suspended by calls that run Python code, so what is used across
// such a call is treated on its own: an object that is only read gets a strong
// reference, the first result of a computation on first use wins, and the rest is
// left to a person.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_FIELDRACEFIX_H
#define PYEXT_STATE_FIELDRACEFIX_H

#include "model/InstanceState.h"
#include "support/LockFix.h"

namespace pyext::state {

GuardFix makeFieldRaceFix(const model::ExtensionModel &Model,
                              const model::FieldRace &R,
                              facts::PyVersion MinPython);

} // namespace pyext::state

#endif // PYEXT_STATE_FIELDRACEFIX_H
