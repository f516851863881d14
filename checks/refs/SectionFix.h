//===- SectionFix.h - A critical section around a loop ----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Wraps a loop in a critical section on an object. The macros of a section are
// the two halves of a block, so nothing may leave the loop but its own end and
// `break`: a `return` or `goto` in it becomes a flag and a `break`, and happens
// behind the section.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_SECTIONFIX_H
#define PYEXT_REFS_SECTIONFIX_H

#include "facts/Facts.h"
#include "model/ExtensionModel.h"
#include "clang/Basic/Diagnostic.h"
#include "llvm/ADT/SmallVector.h"
#include <string>

namespace pyext::refs {

struct SectionFix {
  /// Empty when there is no fix.
  llvm::SmallVector<clang::FixItHint> Hints;
  /// A `return` or `goto` was moved behind the section, or strong references
  /// were taken: for a person to review.
  bool Restructures = false;
  /// Why there is no fix, as a phrase; empty when there is one.
  std::string WhyNot;
};

/// \p Loop is a statement of \p FD in which the object \p Object is to be locked.
/// \p Strong are local variables that hold borrowed references in each step and
/// must be kept alive; the loop's body begins with them set.
SectionFix makeSectionFix(const model::ExtensionModel &Model,
                          const clang::FunctionDecl *FD,
                          const clang::Stmt *Loop, const clang::Expr *Object,
                          llvm::ArrayRef<const clang::VarDecl *> Strong,
                          facts::PyVersion MinPython);

} // namespace pyext::refs

#endif // PYEXT_REFS_SECTIONFIX_H
