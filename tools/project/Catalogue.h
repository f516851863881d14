//===- Catalogue.h - What there is to know about each check -- -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_CATALOGUE_H
#define PYEXT_PROJECT_CATALOGUE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace pyext::project {

/// A row of checks/Checks.def and the page of the check.
struct CheckInfo {
  llvm::StringRef Name, Group, Pattern, Stability, Since, Fix, Sentence;
  bool FreeThreading, Subinterpreters; ///< Hazards.
  llvm::StringRef Page;                ///< Markdown.

  /// The text under a heading of the page, such as "Why is this bad?".
  llvm::StringRef section(llvm::StringRef Heading) const;
  /// Where the page is on the web.
  std::string url() const;
};

/// Sorted by name.
extern const llvm::ArrayRef<CheckInfo> CheckRows;

/// Null for a check that is not one of ours.
const CheckInfo *findCheck(llvm::StringRef Name);

/// The web address of this project.
extern const char ProjectUrl[];

/// `pyext-tidy explain`. Returns the exit status.
int explain(llvm::ArrayRef<const char *> Arguments);

} // namespace pyext::project

#endif // PYEXT_PROJECT_CATALOGUE_H
