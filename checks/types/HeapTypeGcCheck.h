//===- HeapTypeGcCheck.h - cpython-types-heap-type-gc -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_HEAPTYPEGCCHECK_H
#define PYEXT_TYPES_HEAPTYPEGCCHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds heap types whose instances the garbage collector cannot follow to the
/// objects they own or to their type.
///
/// For users: docs/checks/types/heap-type-gc.md
class HeapTypeGcCheck : public ModelCheck {
public:
  HeapTypeGcCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context);
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void checkMissing(const model::ExtensionModel &Model,
                    const model::TypeObject &Type);
  void checkTraverse(const model::ExtensionModel &Model,
                     const model::TypeObject &Type);
  void checkAllocations(const model::ExtensionModel &Model);

  /// Also report types whose instances own nothing but their type.
  const bool LeafTypes;
  /// Traverse functions that were judged: several types can share one.
  llvm::DenseSet<const clang::FunctionDecl *> Reported;
};

} // namespace pyext::types

#endif // PYEXT_TYPES_HEAPTYPEGCCHECK_H
