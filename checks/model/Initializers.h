//===- Initializers.h - Reading C tables ------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Small readers for the expressions of which extension modules are made:
// tables of structs, addresses of functions and variables, macro names.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_INITIALIZERS_H
#define PYEXT_MODEL_INITIALIZERS_H

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>
#include <string>

namespace pyext::model {

class Preprocessing;

/// Strips parentheses, casts of any kind, and constructors that only convert.
const clang::Expr *stripped(const clang::Expr *E);

/// The function that \p E is or takes the address of; null otherwise.
const clang::FunctionDecl *functionOf(const clang::Expr *E);
/// The variable that \p E is, takes the address of, or decays from; nullable.
const clang::VarDecl *variableOf(const clang::Expr *E);
/// The value of an integer constant expression.
std::optional<int64_t> integerOf(const clang::Expr *E,
                                 const clang::ASTContext &Context);
/// The text of a string literal; empty otherwise.
std::string stringOf(const clang::Expr *E);
/// The record T of a `sizeof(T)` or `sizeof(*p)` within \p E; nullable.
const clang::RecordDecl *sizeofRecord(const clang::Expr *E);
/// The field of an `offsetof(T, field)` within \p E; nullable.
const clang::FieldDecl *offsetofField(const clang::Expr *E);
bool isNullOrZero(const clang::Expr *E, const clang::ASTContext &Context);

/// The initialiser list of \p VD in semantic form; nullable.
const clang::InitListExpr *initializerList(const clang::VarDecl *VD);
/// The initialiser of field \p Name in a list for a struct; null when absent or
/// implicit.
const clang::Expr *fieldInit(const clang::InitListExpr *List,
                             llvm::StringRef Name);
/// The list of a compound literal: (T[]){...}; null for anything else.
const clang::InitListExpr *compoundLiteral(const clang::Expr *E);
/// Calls \p Visit for each element of an array's list that is itself a list.
void forEachElement(const clang::VarDecl *Array,
                    llvm::function_ref<void(const clang::InitListExpr *)> Visit);
void forEachElement(const clang::InitListExpr *List,
                    llvm::function_ref<void(const clang::InitListExpr *)> Visit);

/// The name of a type without qualifiers, typedef sugar kept, pointers and
/// arrays removed: "PyMethodDef" for `static PyMethodDef t[]`.
std::string elementTypeName(clang::QualType QT);

} // namespace pyext::model

#endif // PYEXT_MODEL_INITIALIZERS_H
