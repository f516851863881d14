//===- Output.h - From new texts to files -----------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_OUTPUT_H
#define PYEXT_PYEXT_MIGRATE_OUTPUT_H

#include "llvm/ADT/StringRef.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pyext::migrate {

/// A file before and after. There is no old text when the file is new.
struct FileChange {
  std::optional<std::string> Old;
  std::string New;
};
using FileChanges = std::map<std::string, FileChange>; ///< By path.

/// Every line of \p Text ends with a carriage return and a newline.
bool hasCarriageReturns(llvm::StringRef Text);
std::string withoutCarriageReturns(llvm::StringRef Text);

/// \p New as the project writes its files: with the line ends of \p Old, and
/// the changed lines as the .clang-format says that is found next to \p Path.
std::string inStyle(llvm::StringRef Path, llvm::StringRef Old, std::string New);

/// Changes all files or none; prints one error for the first that cannot be
/// written, or that is not what was read any more. A link stays a link.
bool writeAll(const FileChanges &Changes);

/// The folder that the paths of a diff start from: the current one, or the one
/// that holds all of \p Changes when a file is elsewhere.
std::string diffRoot(const FileChanges &Changes);

/// All of \p Changes as one diff for `patch -p1` in \p Root.
std::string diffOf(const FileChanges &Changes, llvm::StringRef Root);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_OUTPUT_H
