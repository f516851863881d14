//===- Allocations.h - Where memory comes from and goes ---------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which calls allocate, resize and free what a variable or a field points to,
// in the whole file. A local variable that only stands for one field counts as
// that field.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_ALLOCATIONS_H
#define PYEXT_MODEL_ALLOCATIONS_H

#include "facts/ApiRoles.h"
#include "model/ExtensionModel.h"
#include "clang/AST/ExprCXX.h"

namespace pyext::model {

struct AllocationSite {
  const clang::CallExpr *Call;
  const facts::Allocation *Api;
  bool MakesObject = false; ///< PyObject_New() and the like.
  bool Shared = false;      ///< The same call works on other places too.
};

/// A variable or a field that points to memory.
struct MemoryHolder {
  const clang::ValueDecl *Decl;
  std::vector<AllocationSite> Allocs; ///< Those that resize included.
  std::vector<AllocationSite> Frees;  ///< Those that resize included.
  const clang::CallExpr *Initialized = nullptr; ///< Made an object; nullable.
  bool Escapes = false; ///< Returned, or stored elsewhere.
};

class Allocations {
public:
  explicit Allocations(const ExtensionModel &Model);

  /// In the order in which the file names them.
  llvm::ArrayRef<MemoryHolder> places() const { return Places; }
  /// Python objects made with `new`.
  llvm::ArrayRef<const clang::CXXNewExpr *> newObjects() const { return News; }

private:
  class Visitor;
  MemoryHolder &placeOf(const clang::ValueDecl *D);

  std::vector<MemoryHolder> Places;
  llvm::DenseMap<const clang::ValueDecl *, unsigned> Index;
  std::vector<const clang::CXXNewExpr *> News;
};

} // namespace pyext::model

#endif // PYEXT_MODEL_ALLOCATIONS_H
