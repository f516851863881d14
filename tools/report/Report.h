//===- Report.h - What is reported, and in which forms ------- -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One list of findings, several small writers. None of them decides anything: what
// is in a report was decided before.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REPORT_REPORT_H
#define PYEXT_REPORT_REPORT_H

#include "project/Finding.h"
#include "project/Plan.h"
#include "project/Runner.h"
#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace pyext::report {

/// One extension module, from all its files.
struct Module {
  project::ModuleInfo Info;
  unsigned Files = 0;         ///< Analysed.
  unsigned Failed = 0;        ///< Could not be analysed.
  unsigned FreeThreading = 0; ///< Findings of that hazard.
  unsigned Subinterpreters = 0;
  std::vector<project::EvidenceInfo> AgainstFreeThreading, AgainstInterpreters;
};

/// How far a module is, for one of the hazards.
enum class Readiness {
  Unknown,      ///< None of its files was analysed.
  Ready,        ///< Declared, and nothing was found.
  Contradicted, ///< Declared, and something was found.
  Open,         ///< Not declared, and nothing was found.
  NotReady,     ///< Not declared, and something was found.
  Declined,     ///< Declares that it does not support it.
};
Readiness freeThreading(const Module &M);
Readiness subinterpreters(const Module &M);

struct Report {
  std::string Root;   ///< Paths in reports are relative to it.
  std::string Version, BuildId;
  size_t SarifLimit = 25000; ///< Results in SARIF; GitHub's limit.
  std::vector<project::Finding> Findings;
  std::vector<Module> Modules;
  std::vector<project::LeftOut> Failed;  ///< Could not be analysed.
  std::vector<project::LeftOut> Skipped; ///< No part of the build.
  std::vector<project::LeftOut> Functions; ///< Left out; File is "file: name".
  unsigned FilesAnalysed = 0, WithoutPython = 0;
  unsigned Known = 0;    ///< Findings of the baseline.
  unsigned Unchanged = 0; ///< Findings on lines that did not change.
  unsigned Withheld = 0; ///< Findings in files that could not be analysed.
  bool Build = false;    ///< Flags come from a build, or are given.
  std::vector<std::string> Builds;
  project::Sources *Texts = nullptr;

  std::string path(llvm::StringRef File) const {
    return project::relativeTo(Root, File);
  }
};

void writeSarif(const Report &R, llvm::raw_ostream &OS);
void writeGitLab(const Report &R, llvm::raw_ostream &OS);
void writeGitHub(const Report &R, llvm::raw_ostream &OS);
void writeJson(const Report &R, llvm::raw_ostream &OS);
void writeHtml(const Report &R, llvm::raw_ostream &OS);

/// Findings for a person: message, code and notes. Paths are relative to
/// \p Folder. At most \p MaxNotes notes are shown of each.
void writeFindings(const Report &R, llvm::StringRef Folder, size_t MaxNotes,
                   llvm::raw_ostream &OS);
/// What was found by hazard and module, and what was not analysed.
void writeSummary(const Report &R, llvm::StringRef Folder,
                  llvm::raw_ostream &OS);

} // namespace pyext::report

#endif // PYEXT_REPORT_REPORT_H
