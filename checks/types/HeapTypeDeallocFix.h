//===- HeapTypeDeallocFix.h -------------------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a check knows of one deallocator, and the edits that mend it. Each is
// empty when it cannot be written.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_HEAPTYPEDEALLOCFIX_H
#define PYEXT_TYPES_HEAPTYPEDEALLOCFIX_H

#include "model/ExtensionModel.h"
#include "clang/Basic/Diagnostic.h"

namespace pyext::types {

struct Dealloc {
  const model::ExtensionModel &Model;
  const model::TypeObject &Type;
  const clang::FunctionDecl *FD;
  const model::Lifecycle &Life;
  std::string Self; ///< The name of the parameter.

  clang::SourceLocation at(const model::LifeEvent &E) const;
  /// The only event of the kind, in the function itself and in one of its
  /// outermost blocks; null otherwise.
  const model::LifeEvent *only(model::LifeStep Step) const;
  size_t index(const model::LifeEvent *E) const {
    return E - Life.Events.data();
  }
  bool mentions(llvm::StringRef Name) const;
};

using Edits = llvm::SmallVector<clang::FixItHint, 2>;

bool contains(const clang::Stmt *Root, const clang::Stmt *Inner,
              unsigned Depth = 0);
/// Moves the drop of the type behind the call that frees the object.
Edits dropAfterFree(const Dealloc &D);
/// Reads the type, which \p Read reads too late, before the object is freed.
Edits readTypeFirst(const Dealloc &D, const model::LifeEvent &Read);
/// Drops the reference to the type after the object is freed.
Edits dropType(const Dealloc &D);
/// Frees with tp_free what \p Call frees.
Edits freeByType(const Dealloc &D, const model::LifeEvent &Free,
                 const clang::CallExpr &Call);
Edits clearWeakRefs(const Dealloc &D);

} // namespace pyext::types

#endif // PYEXT_TYPES_HEAPTYPEDEALLOCFIX_H
