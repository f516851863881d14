//===- SinglePhaseFix.h - Multi-phase initialisation alone ------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_SINGLEPHASEFIX_H
#define PYEXT_MODULES_SINGLEPHASEFIX_H

#include "model/ExtensionModel.h"
#include "clang/Basic/Diagnostic.h"

namespace pyext::modules {

using SinglePhaseFix = llvm::SmallVector<clang::FixItHint>;

/// Makes a module whose init function only creates it one of multi-phase
/// initialisation, and declares what the file shows that it supports. Empty
/// when there is more to do, or something speaks against several interpreters.
SinglePhaseFix defineSlots(const model::ExtensionModel &Model,
                           const model::Module &Mod, facts::PyVersion Min);

} // namespace pyext::modules

#endif // PYEXT_MODULES_SINGLEPHASEFIX_H
