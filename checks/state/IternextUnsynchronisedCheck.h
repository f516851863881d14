//===- IternextUnsynchronisedCheck.h - cpython-state-iternext-unsynchronised ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_ITERNEXTUNSYNCHRONISEDCHECK_H
#define PYEXT_STATE_ITERNEXTUNSYNCHRONISEDCHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds iterators whose next step changes the cursor, or drops the sequence,
/// without a lock.
///
/// For users: docs/checks/state/iternext-unsynchronised.md
class IternextUnsynchronisedCheck : public FieldRaceReport {
public:
  IternextUnsynchronisedCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context)
      : FieldRaceReport(Name, Context, model::RaceKind::IterNext) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_ITERNEXTUNSYNCHRONISEDCHECK_H
