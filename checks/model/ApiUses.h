//===- ApiUses.h - Calls by what they do ------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_APIUSES_H
#define PYEXT_MODEL_APIUSES_H

#include "facts/ApiRoles.h"
#include "model/ExtensionModel.h"

namespace pyext::model {

/// A call of a function with a role, by a function that is not generated.
struct ApiUse {
  const clang::CallExpr *Call;
  llvm::StringRef Name; ///< In canonical spelling.
  const Function *In;
};

/// The calls of all functions with the role, in source order.
std::vector<ApiUse> usesOf(const ExtensionModel &Model, facts::ApiRole Role);

/// The role of the function that \p E calls, casts stripped.
bool isCallOf(const clang::Expr *E, facts::ApiRole Role);

/// The statements from the body of \p FD down to \p Inner, without it; empty
/// when it is not there.
std::vector<const clang::Stmt *> pathTo(const ExtensionModel &Model,
                                        const clang::FunctionDecl *FD,
                                        const clang::Stmt *Inner);

/// What the variable or field is that the value of the call is stored in; null
/// when it is used otherwise. \p Path is pathTo() the call.
const clang::ValueDecl *storedIn(llvm::ArrayRef<const clang::Stmt *> Path,
                                 const clang::Expr *Call,
                                 const clang::MemberExpr **Member = nullptr);

/// The value of the call is thrown away.
bool isIgnored(llvm::ArrayRef<const clang::Stmt *> Path);

/// Every module of the file refuses to be used in several interpreters.
bool refusesInterpreters(const ExtensionModel &Model);

/// The file has main(): a program that embeds Python.
bool isProgram(const ExtensionModel &Model);

} // namespace pyext::model

#endif // PYEXT_MODEL_APIUSES_H
