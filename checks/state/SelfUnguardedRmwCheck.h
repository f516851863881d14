//===- SelfUnguardedRmwCheck.h - cpython-state-self-unguarded-rmw ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_SELFUNGUARDEDRMWCHECK_H
#define PYEXT_STATE_SELFUNGUARDEDRMWCHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds fields of objects that one thread changes while another uses them,
/// with no lock in common.
///
/// For users: docs/checks/state/self-unguarded-rmw.md
class SelfUnguardedRmwCheck : public FieldRaceReport {
public:
  SelfUnguardedRmwCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context)
      : FieldRaceReport(Name, Context, model::RaceKind::Unguarded) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_SELFUNGUARDEDRMWCHECK_H
