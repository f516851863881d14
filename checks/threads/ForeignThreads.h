//===- ForeignThreads.h - Threads of OpenMP and C++ -------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_FOREIGNTHREADS_H
#define PYEXT_THREADS_FOREIGNTHREADS_H

#include "model/ExtensionModel.h"

namespace pyext::threads {

/// A use of Python in threads that have no thread state.
struct ParallelUse {
  clang::SourceLocation Pragma;
  const clang::Expr *Where;
  std::string Name;                    ///< Of what is called.
  const clang::Expr *Inside = nullptr; ///< The use in a helper of the file.
  std::string Inner;                   ///< Its name.
};

/// Those of regions that do not attach the threads, in source order per region.
std::vector<ParallelUse> usesInForeignThreads(const model::ExtensionModel &Model);

/// An object that owns a reference and that a lambda, run as a thread, keeps by
/// value: it dies with the thread, which is detached then.
struct ThreadCapture {
  const model::Function *Lambda;
  const clang::VarDecl *Variable;
  clang::SourceLocation Loc; ///< Of the capture.
};
std::vector<ThreadCapture> capturedByThreads(const model::ExtensionModel &Model);

} // namespace pyext::threads

#endif // PYEXT_THREADS_FOREIGNTHREADS_H
