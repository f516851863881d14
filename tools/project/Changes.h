//===- Changes.h - What changed since a git revision --------- -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_CHANGES_H
#define PYEXT_PROJECT_CHANGES_H

#include "Finding.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <string>
#include <utility>
#include <vector>

namespace pyext::project {

/// The lines of each file, by absolute path, that differ from a revision.
class ChangedLines {
public:
  /// Asks git in \p Folder what the work tree changed since \p Revision; files
  /// that git does not know yet are new as a whole.
  static llvm::Expected<ChangedLines> since(llvm::StringRef Revision,
                                            llvm::StringRef Folder);

  /// Whether the finding or one of its notes is on a changed line: a new writer
  /// makes an old reader a race.
  bool touches(const Finding &F) const;

private:
  bool contains(const Place &At) const;
  using Range = std::pair<unsigned, unsigned>; ///< First line, last line.
  llvm::StringMap<std::vector<Range>> Ranges;
};

} // namespace pyext::project

#endif // PYEXT_PROJECT_CHANGES_H
