//===- Places.h - Where code of an extension runs ---------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Questions about one place of the source that several checks of references
// and containers ask before they look any closer.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_PLACES_H
#define PYEXT_REFS_PLACES_H

#include "flow/Sharing.h"
#include "model/ExtensionModel.h"
#include "refs/BorrowedLookup.h"
#include "clang/AST/ParentMap.h"

namespace pyext::refs {

/// True when \p FD may run while other threads use the same objects: not only
/// while the module is imported or an object dies.
bool runsConcurrently(const model::ExtensionModel &Model,
                      const clang::FunctionDecl *FD);
/// The same for the code at \p Loc in it: not only in builds or Pythons with the
/// GIL, and not in an assertion.
bool runsConcurrently(const model::ExtensionModel &Model,
                      const clang::FunctionDecl *FD, clang::SourceLocation Loc);

/// The object \p E as the user wrote it, without the casts of CPython's macros.
std::string objectText(const clang::Expr *E, const clang::ASTContext &Context);

/// True when a configuration that is not compiled here takes a critical section
/// in \p FD before \p S.
bool lockedElsewhere(const model::ExtensionModel &Model,
                     const clang::FunctionDecl *FD, const clang::Stmt *S);

/// The variable that the value of \p Call initialises or is assigned to; nullable.
const clang::VarDecl *keptIn(const clang::Expr *Call,
                             const clang::ParentMap &Parents);

} // namespace pyext::refs

#endif // PYEXT_REFS_PLACES_H
