//===- SelfStateInAllowThreadsCheck.h - cpython-state-self-state-in-allow-threads ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_SELFSTATEINALLOWTHREADSCHECK_H
#define PYEXT_STATE_SELFSTATEINALLOWTHREADSCHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds native state of an object that is used while detached and that another
/// method can change or free meanwhile.
///
/// For users: docs/checks/state/self-state-in-allow-threads.md
class SelfStateInAllowThreadsCheck : public FieldRaceReport {
public:
  SelfStateInAllowThreadsCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context)
      : FieldRaceReport(Name, Context, model::RaceKind::Detached) {}

protected:
  void analyze(const model::ExtensionModel &Model) override;
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;
  llvm::StringRef advice(const model::FieldRace &R) const override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_SELFSTATEINALLOWTHREADSCHECK_H
