//===- TypeEdits.h - Edits of functions of types ----------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_TYPEEDITS_H
#define PYEXT_SUPPORT_TYPEEDITS_H

#include "model/ExtensionModel.h"
#include "clang/Basic/Diagnostic.h"

namespace pyext {

/// Adds \p Lines, whole statements, as the first ones of the body, after the
/// declarations it begins with. Lines that start with `#` go to column one. An
/// empty hint when the body does not stand in a file as it is.
clang::FixItHint addFirst(const model::ExtensionModel &Model,
                          const clang::FunctionDecl *FD,
                          llvm::ArrayRef<std::string> Lines,
                          bool BeforeDeclarations = false);

/// Adds \p Lines before or after the statement that begins at \p S, which must
/// be an element of a block. An empty hint when it comes out of a macro's body.
clang::FixItHint addBefore(const model::ExtensionModel &Model,
                           const clang::FunctionDecl *FD, const clang::Stmt *S,
                           llvm::ArrayRef<std::string> Lines);
clang::FixItHint addAfter(const model::ExtensionModel &Model,
                          const clang::FunctionDecl *FD, const clang::Stmt *S,
                          llvm::ArrayRef<std::string> Lines);

/// The element of a block of \p FD that holds \p S; null when S stands under
/// an if or a loop without braces, or deeper than an expression.
const clang::Stmt *elementOf(const clang::FunctionDecl *FD,
                             const clang::Stmt *S,
                             const clang::CompoundStmt **Block = nullptr);

/// Adds `Py_VISIT(base->field);` or Py_CLEAR() for each of \p Fields beside the first event of
/// the kind \p Step in \p FD for a field of the same struct, whose base it takes
/// over. Empty when there is none, or a field is no plain pointer.
llvm::SmallVector<clang::FixItHint, 1>
addLikeSibling(const model::ExtensionModel &Model, const clang::FunctionDecl *FD,
               const model::Lifecycle &Life, model::LifeStep Step,
               llvm::ArrayRef<const clang::FieldDecl *> Fields);

/// The text of an expression as written; empty when a macro wrote a part.
std::string writtenText(const model::ExtensionModel &Model,
                        const clang::Expr *E);

/// The lines within `#if` for Python 3.\p Since and newer, or as they are when
/// \p Min is not older.
std::vector<std::string> sinceVersion(unsigned Since, facts::PyVersion Min,
                                      std::vector<std::string> Lines);

} // namespace pyext

#endif // PYEXT_SUPPORT_TYPEEDITS_H
