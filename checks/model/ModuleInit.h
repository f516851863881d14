//===- ModuleInit.h - How a module comes into being -------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_MODULEINIT_H
#define PYEXT_MODEL_MODULEINIT_H

#include "facts/ModelCalls.h"
#include "model/ExtensionModel.h"

namespace pyext::model {

/// Whether this file starts the interpreter or lists built-in modules for it: a
/// program that embeds Python.
bool embedsPython(const ExtensionModel &Model);

/// Whether importing the module runs its init function alone, which makes the
/// module object. False when a branch that is not compiled here does it in
/// phases.
bool isSinglePhase(const ExtensionModel &Model, const Module &Mod);

} // namespace pyext::model

#endif // PYEXT_MODEL_MODULEINIT_H
