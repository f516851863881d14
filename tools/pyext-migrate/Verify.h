//===- Verify.h - Proving that a module does what it did --------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Here is only what has to know the sources. The work is done by verify.py,
// which the executable carries: it builds copies of the project and runs the
// interpreters.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_VERIFY_H
#define PYEXT_PYEXT_MIGRATE_VERIFY_H

#include "Report.h"

namespace pyext::migrate {

struct VerifyOptions {
  std::string Build, Test; ///< Commands; empty for none.
  std::vector<std::string> Benchmarks;
  std::vector<std::string> Pythons;   ///< Interpreters; empty: python3.
  std::string Project;                ///< Folder; empty: the repository.
  bool Keep = false;                  ///< Keep the copies.
};

/// Builds the modules of \p Runs before and after \p Changes and compares them.
/// Prints what it does and finds; true when nothing got worse.
bool verify(const VerifyOptions &Options, llvm::ArrayRef<ModuleRun> Runs,
            const FileChanges &Changes);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_VERIFY_H
