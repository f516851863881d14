//===- CxxEntries.h - How C++ hands functions over --------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions and lambdas that C++ code starts as threads, or binds with pybind11
// or nanobind.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_CXXENTRIES_H
#define PYEXT_MODEL_CXXENTRIES_H

#include "flow/LockSet.h"
#include "clang/AST/Stmt.h"
#include "llvm/ADT/ArrayRef.h"
#include <string>

namespace pyext::model {

/// The name of what starts the function at the end of \p Path as a thread:
/// std::thread, std::async, emplace_back() of a container of threads; empty for
/// nothing. \p Path is the chain of parents.
std::string startedAsThreadBy(llvm::ArrayRef<const clang::Stmt *> Path);

/// The method that binds the function at the end of \p Path for Python: the name
/// of def(), def_static() and the like, or of a constructor; empty for none.
std::string boundBy(llvm::ArrayRef<const clang::Stmt *> Path);

/// The critical sections that nanobind holds while the function \p FD at the
/// end of \p Path runs, in the words of \p FD; "this" is its object.
flow::LockList locksOfBinding(llvm::ArrayRef<const clang::Stmt *> Path,
                              const clang::FunctionDecl *FD);

/// A class of pybind11 or nanobind, or a function of theirs.
bool isOfBinding(const clang::Decl *D);

} // namespace pyext::model

#endif // PYEXT_MODEL_CXXENTRIES_H
