//===- Observer.h - What became of each file --------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// clang-tidy's exit status does not tell a clean file from one that was never
// analysed. The observer is one more clang-tidy check, known to this process
// only and registered only for a run that analyses files; it reports nothing and
// notes for each file what it saw.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_TIDY_OBSERVER_H
#define PYEXT_PYEXT_TIDY_OBSERVER_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace pyext::driver {

/// To be enabled with --checks.
inline constexpr char ObserverName[] = "pyext-tidy-observer";

struct FileStatus {
  bool Analysed = false;         ///< Read to its end.
  bool IncludesPython = false;   ///< Python.h was read.
  bool PythonNotFound = false;   ///< Python.h is included and was not found.
  bool DoesNotCompile = false;   ///< The compiler reported an error.
};

/// Makes the observer known to clang-tidy. Called at most once.
void registerObserver();

/// What happened to \p File, a path as given on the command line. If it was
/// compiled several times, the union of what was seen.
FileStatus statusOf(llvm::StringRef File);

} // namespace pyext::driver

#endif // PYEXT_PYEXT_TIDY_OBSERVER_H
