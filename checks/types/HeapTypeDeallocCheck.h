//===- HeapTypeDeallocCheck.h - cpython-types-heap-type-dealloc ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_HEAPTYPEDEALLOCCHECK_H
#define PYEXT_TYPES_HEAPTYPEDEALLOCCHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

struct Dealloc;

/// Finds deallocators of heap types that leak or misuse the type, or leave out
/// a step that the object needs.
///
/// For users: docs/checks/types/heap-type-dealloc.md
class HeapTypeDeallocCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkFree(const model::ExtensionModel &Model,
                 const model::TypeObject &Type);
  void checkStatic(const model::ExtensionModel &Model,
                   const model::TypeObject &Type, const model::Lifecycle &Life);
  bool checkOrder(const Dealloc &D);
  void checkHeap(const model::ExtensionModel &Model,
                 const model::TypeObject &Type, const clang::FunctionDecl *FD,
                 const model::Lifecycle &Life);

  /// Functions that were judged: several types can share one.
  llvm::DenseSet<const clang::FunctionDecl *> Reported;
};

} // namespace pyext::types

#endif // PYEXT_TYPES_HEAPTYPEDEALLOCCHECK_H
