//===- Pointers.h - Functions that are called through pointers --*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where the addresses of functions go: into variables, fields and parameters of
// the extension, from one to the other, and into the converters of
// PyArg_ParseTuple(). What is called through the same pointers is a family: its
// functions, its pointers and its calls change their parameters together.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_POINTERS_H
#define PYEXT_PYEXT_MIGRATE_POINTERS_H

#include "Index.h"
#include "clang/AST/Decl.h"
#include <functional>

namespace pyext::migrate {

/// How a translation unit says where things are.
struct Places {
  std::function<std::string(const clang::NamedDecl *)> KeyOf;
  std::function<Place(clang::SourceLocation)> Token;
  std::function<Place(clang::SourceRange)> Written;
  std::function<bool(const clang::Decl *)> Ours;
};

/// Empty for operators, conversions and the like.
inline llvm::StringRef identifierOf(const clang::NamedDecl *D) {
  return D->getIdentifier() ? D->getName() : llvm::StringRef();
}

/// Adds what one translation unit says of pointers.
void notePointers(Index &I, clang::ASTContext &Context, const Places &Where);

/// Makes the families, when all translation units are read.
void finishPointers(Index &I);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_POINTERS_H
