//===- Runner.h - Runs the analysis of many files ------------ -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_RUNNER_H
#define PYEXT_PROJECT_RUNNER_H

#include "Finding.h"
#include "Plan.h"
#include <functional>
#include <string>
#include <vector>

namespace pyext::project {

struct ModuleInfo {
  std::string Name, Init, File;
  unsigned Line = 0;
  std::string Gil, Interpreters; ///< What it declares; empty: nothing.
  std::string Target;            ///< Of the unit that defines it.
};

struct EvidenceInfo {
  std::string File;
  unsigned Line = 0;
  std::string What;
  bool operator==(const EvidenceInfo &O) const {
    return File == O.File && Line == O.Line && What == O.What;
  }
};

/// What came of one unit.
struct UnitResult {
  bool Analysed = false;       ///< Findings are complete.
  bool IncludesPython = false;
  std::string Problem;         ///< Why it was not analysed; empty when it was.
  std::string Cause;           ///< The same without the place, for groups.
  std::string Header;          ///< That was not found; empty: none.
  std::string Generator;
  unsigned Minor = 0;
  std::vector<Finding> Findings;
  std::vector<ModuleInfo> Modules;
  std::vector<EvidenceInfo> AgainstFreeThreading, AgainstInterpreters;
  std::vector<std::pair<std::string, std::string>> FunctionsNotAnalysed;
};

struct RunnerOptions {
  std::string Executable;
  unsigned Jobs = 1;
  unsigned SecondsPerFile = 600;
  std::string HeaderFilter;
  /// Options for the tool, such as --checks.
  std::vector<std::string> Options;
  /// More options for one file.
  std::function<std::vector<std::string>(const std::string &File)> OptionsFor;
  /// Progress on stderr.
  bool Progress = true;
};

/// Analyses \p Units, each in a process of its own: one that crashes or hangs
/// takes no other with it. \p Overlay is a --vfsoverlay or empty. nullopt, after
/// one error, when nothing can be run or the user interrupts.
std::optional<std::vector<UnitResult>>
runUnits(llvm::ArrayRef<Unit> Units, const RunnerOptions &Options,
         const std::string &Overlay, Sources &Texts);

} // namespace pyext::project

#endif // PYEXT_PROJECT_RUNNER_H
