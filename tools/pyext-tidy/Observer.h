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

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace pyext::driver {

/// To be enabled with --checks.
inline constexpr char ObserverName[] = "pyext-tidy-observer";

/// What speaks against a promise of a module.
struct SeenEvidence {
  std::string File;
  unsigned Line = 0;
  std::string What; ///< "'cache' is written at run time"
};

/// A module that a file defines.
struct SeenModule {
  std::string Name, Init, File;
  unsigned Line = 0;
  std::string Gil;          ///< Macro it declares; empty: nothing.
  std::string Interpreters; ///< The same.
};

struct FileStatus {
  bool Analysed = false;         ///< Read to its end.
  bool IncludesPython = false;   ///< Python.h was read.
  bool PythonNotFound = false;   ///< Python.h is included and was not found.
  bool DoesNotCompile = false;   ///< The compiler reported an error.

  // Filled only when the observer is registered for a report.
  bool FreeThreaded = false; ///< Py_GIL_DISABLED was defined.
  unsigned Minor = 0;        ///< Of Python's headers; 0 when not known.
  std::string Generator;     ///< Tool that wrote the file; empty: a person.
  std::vector<SeenModule> Modules;
  std::vector<SeenEvidence> AgainstFreeThreading, AgainstInterpreters;
  /// Functions that were left out, with the reason.
  std::vector<std::pair<std::string, std::string>> NotAnalysed;
};

/// Makes the observer known to clang-tidy. Called at most once. With
/// \p WithModel it also looks at the extension model of each file.
void registerObserver(bool WithModel);

/// What happened to \p File, a path as given on the command line. If it was
/// compiled several times, the union of what was seen.
FileStatus statusOf(llvm::StringRef File);

/// Writes the statuses of \p Files as JSON to the file \p Path.
llvm::Error writeStatuses(llvm::ArrayRef<std::string> Files,
                          llvm::StringRef Path);

} // namespace pyext::driver

#endif // PYEXT_PYEXT_TIDY_OBSERVER_H
