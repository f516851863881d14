//===- HeapTypeMutableCheck.h - cpython-types-heap-type-mutable ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_HEAPTYPEMUTABLECHECK_H
#define PYEXT_TYPES_HEAPTYPEMUTABLECHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds heap types that Python code can instantiate or change although a
/// static type in their place could not be.
///
/// For users: docs/checks/types/heap-type-mutable.md
class HeapTypeMutableCheck : public ModelCheck {
public:
  HeapTypeMutableCheck(llvm::StringRef Name,
                       clang::tidy::ClangTidyContext *Context);
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  static clang::FixItHint addFlag(const model::ExtensionModel &Model,
                                  const model::TypeObject &Type,
                                  llvm::StringRef Flag);

  const bool AllowMutable;
};

} // namespace pyext::types

#endif // PYEXT_TYPES_HEAPTYPEMUTABLECHECK_H
