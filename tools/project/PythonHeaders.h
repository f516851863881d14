//===- PythonHeaders.h - Where headers of Python are ------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_PYTHONHEADERS_H
#define PYEXT_PROJECT_PYTHONHEADERS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pyext::project {

/// A Python whose headers a file can be compiled with.
struct Python {
  std::string Version;               ///< "3.13.5"; empty when not known.
  std::vector<std::string> Includes; ///< The first one holds Python.h.
  std::string From;                  ///< Interpreter or folder, for messages.
  /// Include folders of packages, by name: numpy, pybind11...
  std::map<std::string, std::vector<std::string>> Packages;
};

/// Packages with headers that extensions include.
extern const llvm::ArrayRef<llvm::StringRef> HeaderPackages;

/// The packages of HeaderPackages whose headers \p Text includes.
std::vector<std::string> packagesIn(llvm::StringRef Text);

bool hasPythonH(llvm::StringRef Folder);

/// "3.13" and whether it is a free-threaded build, as the headers in \p Folder
/// say; nullopt when patchlevel.h is not there.
struct HeaderVersion {
  int Minor = 0;
  bool FreeThreaded = false;
};
std::optional<HeaderVersion> headerVersion(llvm::ArrayRef<std::string> Includes);

/// Asks \p Interpreter for its version and include folders, and for those of
/// \p Packages. nullopt when it cannot be run; Includes is empty when it has no
/// Python.h.
std::optional<Python> askInterpreter(llvm::StringRef Interpreter,
                                     llvm::ArrayRef<std::string> Packages);

/// The Python that option \p Option names: a folder with Python.h, an
/// interpreter, or a version such as 3.14 or 3.14t. Prints an error when there
/// is none.
std::optional<Python> namedPython(llvm::StringRef Name, llvm::StringRef Option,
                                  llvm::ArrayRef<std::string> Packages);

/// The Python to use when none is named: $PYTHON, else the first of python3
/// with headers, else python3-config. Its Includes is empty when there is none;
/// nullopt, after an error, when $PYTHON is not usable.
std::optional<Python> defaultPython(llvm::ArrayRef<std::string> Packages);

} // namespace pyext::project

#endif // PYEXT_PROJECT_PYTHONHEADERS_H
