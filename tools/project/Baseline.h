//===- Baseline.h - Findings that are known ------------------ -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A baseline lists findings that a project lives with for now. They are known by
// their fingerprint, which comes from what the code says and not from where it is.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_BASELINE_H
#define PYEXT_PROJECT_BASELINE_H

#include "Finding.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace pyext::project {

struct BaselineEntry {
  std::string Fingerprint, Check, File, Message, Code;
};

llvm::Expected<std::vector<BaselineEntry>> readBaseline(llvm::StringRef Path);

/// Writes \p Findings and the entries \p Kept as a baseline, whole or not at
/// all; sorted, so that it can be reviewed as a diff.
llvm::Error writeBaseline(llvm::StringRef Path,
                          llvm::ArrayRef<Finding> Findings,
                          llvm::ArrayRef<BaselineEntry> Kept, Sources &Texts,
                          llvm::StringRef Root);

/// Removes from \p Findings what \p Known lists. Returns the entries that no
/// finding matched.
std::vector<BaselineEntry> applyBaseline(std::vector<Finding> &Findings,
                                         llvm::ArrayRef<BaselineEntry> Known);

} // namespace pyext::project

#endif // PYEXT_PROJECT_BASELINE_H
