//===- SelfFieldIncrefRaceCheck.h - cpython-state-self-field-incref-race ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_SELFFIELDINCREFRACECHECK_H
#define PYEXT_STATE_SELFFIELDINCREFRACECHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds object fields that one function replaces while another uses them, with
/// no lock in common.
///
/// For users: docs/checks/state/self-field-incref-race.md
class SelfFieldIncrefRaceCheck : public FieldRaceReport {
public:
  SelfFieldIncrefRaceCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context)
      : FieldRaceReport(Name, Context, model::RaceKind::Replaced) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_SELFFIELDINCREFRACECHECK_H
