//===- LazyInitFix.h - Once-only initialisation -----------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_LAZYINITFIX_H
#define PYEXT_STATE_LAZYINITFIX_H

#include "facts/Facts.h"
#include "model/FirstUse.h"
#include "clang/Basic/Diagnostic.h"

namespace pyext::state {

struct LazyInitFix {
  llvm::SmallVector<clang::FixItHint> Hints; ///< Empty when there is no fix.
  std::string WhyNot; ///< A phrase; empty when there is a fix or nothing to say.
};

/// Puts the test and all that it opens under one mutex.
LazyInitFix makeLazyInitFix(const model::ExtensionModel &Model,
                            const model::FirstUse &Use,
                            facts::PyVersion MinPython);

} // namespace pyext::state

#endif // PYEXT_STATE_LAZYINITFIX_H
