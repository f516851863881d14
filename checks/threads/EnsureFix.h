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

/// True when the function names an interpreter where this build does not look:
/// the branch for Python 3.15 of a condition, or of a macro that it uses.
bool attachesElsewhereByView(const model::ExtensionModel &Model,
                             const model::Function &F);

/// Gives the callback \p F a struct with the object that is its data \p Data now
/// and a view of the interpreter of that object, from Python 3.15 on: where
/// \p Call in \p In, the only registration, hands over \p Object, and where \p Use
/// attaches the thread. Empty when more than these two places would have to
/// change, or when a reference could be left behind where that fails.
llvm::SmallVector<clang::FixItHint>
carryView(const model::ExtensionModel &Model, const model::Function &F,
          const clang::ParmVarDecl *Data, const model::ThreadStateUse &Use,
          const model::Function &In, const clang::CallExpr *Call,
          const clang::Expr *Object, facts::PyVersion Min);

} // namespace pyext::threads

#endif // PYEXT_THREADS_ENSUREFIX_H
