//===- InitReentrantCheck.h - cpython-state-init-reentrant ------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_INITREENTRANTCHECK_H
#define PYEXT_STATE_INITREENTRANTCHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds __init__ functions that overwrite what an earlier call of __init__ has
/// allocated.
///
/// For users: docs/checks/state/init-reentrant.md
class InitReentrantCheck : public FieldRaceReport {
public:
  InitReentrantCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context)
      : FieldRaceReport(Name, Context, model::RaceKind::Reinit) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;
  llvm::StringRef advice(const model::FieldRace &R) const override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_INITREENTRANTCHECK_H
