//===- Report.h - What became of each module --------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_REPORT_H
#define PYEXT_PYEXT_MIGRATE_REPORT_H

#include "Inputs.h"
#include "Output.h"
#include "Rewrite.h"
#include "llvm/Support/raw_ostream.h"

namespace pyext::migrate {

/// One module of a run.
struct ModuleRun {
  ModuleInput Input;
  std::string Name;               ///< Full name; empty when none was found.
  std::vector<std::string> Files; ///< Sources as shown.
  Level Upto = Level::Interpreters;
  std::string Refused; ///< Why nothing was done; empty otherwise.
  RewriteResult Result;
  RewriteOptions Options; ///< With what the module claims.
  Index Before, After;
  FileChanges Changes;

  /// "done", "partly" or "refused".
  llvm::StringRef status() const;
};

/// \p Path from the current folder when it is below it.
std::string shown(llvm::StringRef Path);

void printText(const ModuleRun &M, llvm::raw_ostream &OS);
/// `--report`: an object with one element of "modules" per module.
void printJson(llvm::ArrayRef<ModuleRun> Modules, llvm::raw_ostream &OS);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_REPORT_H
