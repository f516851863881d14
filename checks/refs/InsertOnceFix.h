//===- InsertOnceFix.h - Everybody gets the value that came first -*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_INSERTONCEFIX_H
#define PYEXT_REFS_INSERTONCEFIX_H

#include "flow/RefState.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/Diagnostic.h"
#include "llvm/ADT/StringSet.h"

namespace pyext::refs {

/// Rewrites `if (PyDict_SetItem(dict, key, value) < 0)`, where \p Insert is the
/// call: \p Replacement inserts the value unless one has come in between, and the
/// variable goes on with the one that is in the dict. Empty when \p Insert stands
/// elsewhere, or the variable is not known to own what it holds. \p Taken are
/// names that other fixes of the same function have declared.
llvm::SmallVector<clang::FixItHint, 4>
makeInsertOnceFix(const clang::CallExpr *Insert, llvm::StringRef Replacement,
                  const flow::FunctionRefs &Refs,
                  const clang::ParentMap &Parents,
                  const clang::ASTContext &Context, llvm::StringSet<> &Taken);

} // namespace pyext::refs

#endif // PYEXT_REFS_INSERTONCEFIX_H
