//===- WeakPlaces.h - Where objects are kept without a reference *- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A global, an element of a global array, or a field of a plain struct that holds
// objects which it does not own: the deallocation of the object takes it out,
// nobody gives a reference from there up, and somebody finds it there and takes
// a reference.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_WEAKPLACES_H
#define PYEXT_REFS_WEAKPLACES_H

#include "model/ExtensionModel.h"

namespace pyext::refs {

struct WeakPlace {
  const clang::ValueDecl *Decl;
  /// Py_INCREF() and the like of what was found there, in Taker.
  const clang::CallExpr *Taken;
  const clang::FunctionDecl *Taker;
  /// Where it is taken out, in Remover.
  const clang::Expr *Removed;
  const clang::FunctionDecl *Remover;
  const clang::Expr *Stored = nullptr; ///< Nullable.
};

/// In source order of the references that are taken.
std::vector<WeakPlace> findWeakPlaces(const model::ExtensionModel &Model);

} // namespace pyext::refs

#endif // PYEXT_REFS_WEAKPLACES_H
