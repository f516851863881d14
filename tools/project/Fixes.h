//===- Fixes.h - Safe fixes, whole or not at all ------------- -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_FIXES_H
#define PYEXT_PROJECT_FIXES_H

#include "Finding.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <string>
#include <vector>

namespace pyext::project {

/// Texts of files after fixes, by absolute path.
using FixedTexts = std::map<std::string, std::string>;

struct Applied {
  FixedTexts Texts;               ///< Only of files that change.
  std::vector<const Finding *> Fixed;
  unsigned Postponed = 0; ///< Fixes that overlap one that was made.
};

/// Makes the safe fix of each finding for which \p Wanted says so, each as a
/// whole. Edits only files below \p Root.
Applied applyFixes(llvm::ArrayRef<Finding> Findings, Sources &Texts,
                   llvm::StringRef Root,
                   llvm::function_ref<bool(const Finding &)> Wanted);

/// A unified diff from \p Before to \p After, or nothing when they are equal.
std::string unifiedDiff(llvm::StringRef Name, llvm::StringRef Before,
                        llvm::StringRef After);

} // namespace pyext::project

#endif // PYEXT_PROJECT_FIXES_H
