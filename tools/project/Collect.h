//===- Collect.h - From results of units to a report --------- -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_COLLECT_H
#define PYEXT_PROJECT_COLLECT_H

#include "Runner.h"
#include "report/Report.h"

namespace pyext::project {

/// Merges the results of all units: findings of files below \p R.Root, modules,
/// and what was not analysed. Sets R.Findings, Modules, Failed, Functions and
/// the counts.
void collect(llvm::ArrayRef<Unit> Units, llvm::ArrayRef<UnitResult> Results,
             report::Report &R);

/// Adds a finding for each NOLINT in \p Files that names one of the checks, or
/// all, and gives no reason behind it.
void addUnexplainedNolints(llvm::ArrayRef<std::string> Files,
                           report::Report &R);

/// Name of the findings of addUnexplainedNolints().
extern const char NolintCheck[];

} // namespace pyext::project

#endif // PYEXT_PROJECT_COLLECT_H
