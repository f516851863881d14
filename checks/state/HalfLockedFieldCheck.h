//===- HalfLockedFieldCheck.h - cpython-state-half-locked-field ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_HALFLOCKEDFIELDCHECK_H
#define PYEXT_STATE_HALFLOCKEDFIELDCHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds fields of objects that some functions use under a lock and others
/// without it.
///
/// For users: docs/checks/state/half-locked-field.md
class HalfLockedFieldCheck : public FieldRaceReport {
public:
  HalfLockedFieldCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context)
      : FieldRaceReport(Name, Context, model::RaceKind::HalfLocked) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_HALFLOCKEDFIELDCHECK_H
