//===- Includes.h - What the sources of a project include ---- -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A look at the #include lines of a project, without a preprocessor: enough to tell
// which sources reach Python.h, which folders of the project their headers are in,
// and which packages they need, when no build says so.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_INCLUDES_H
#define PYEXT_PROJECT_INCLUDES_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pyext::project {

/// Whether \p File is a C or C++ source by its name; headers are not.
bool isSource(llvm::StringRef File);

/// Whether the source \p File is compiled as C++.
bool isCxx(llvm::StringRef File);

/// Folders of builds, environments and tools: what is in them is not of the
/// project, unless it is asked for by name.
bool isForeign(llvm::StringRef Folder);

class Includes {
public:
  /// Looks at all files below \p Root but those of builds and environments.
  explicit Includes(llvm::StringRef Root);

  /// C and C++ sources below \p Folder, sorted.
  std::vector<std::string> sourcesIn(llvm::StringRef Folder) const;

  struct Reached {
    bool Python = false;
    std::set<std::string> Packages;   ///< numpy, pybind11...
    std::vector<std::string> Folders; ///< Of the project, to search headers in.
  };
  /// All that \p File includes, directly or through headers of the project.
  Reached reached(llvm::StringRef File);

  /// The source that includes \p File, itself a source; empty when none does.
  std::string includedBy(llvm::StringRef File);

private:
  struct Line {
    std::string Name;
    bool Quoted;
  };
  const std::vector<Line> &linesOf(llvm::StringRef File);
  std::string resolve(llvm::StringRef From, const Line &L, std::string &Folder);
  void walk(llvm::StringRef Folder);

  std::vector<std::string> Sources;
  llvm::StringMap<std::vector<std::string>> ByName; ///< All files, by basename.
  llvm::StringMap<std::vector<Line>> Lines;
  llvm::StringMap<std::string> Parents;
  bool HaveParents = false;
};

} // namespace pyext::project

#endif // PYEXT_PROJECT_INCLUDES_H
