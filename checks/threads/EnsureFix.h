//===- EnsureFix.h ----------------------------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes the attach of Python 3.15 beside PyGILState_Ensure(), each for the
// versions that have it.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_ENSUREFIX_H
#define PYEXT_THREADS_ENSUREFIX_H

#include "facts/Facts.h"
#include "model/ExtensionModel.h"
#include "clang/Basic/Diagnostic.h"

namespace pyext::threads {

/// The edits for the attach \p Use of \p F: to the main interpreter, the only
/// one of a module that supports no other. Empty when they cannot be written: the
/// function is given an object or user data, the handle is used for anything but
/// the release, or what the function does when it cannot attach is not clear.
llvm::SmallVector<clang::FixItHint>
attachToMain(const model::ExtensionModel &Model, const model::Function &F,
             const model::ThreadStateUse &Use, facts::PyVersion Min);

} // namespace pyext::threads

#endif // PYEXT_THREADS_ENSUREFIX_H
