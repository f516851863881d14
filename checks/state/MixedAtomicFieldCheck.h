//===- MixedAtomicFieldCheck.h - cpython-state-mixed-atomic-field ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_MIXEDATOMICFIELDCHECK_H
#define PYEXT_STATE_MIXEDATOMICFIELDCHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds fields of objects that some functions access with atomic operations
/// and others plainly.
///
/// For users: docs/checks/state/mixed-atomic-field.md
class MixedAtomicFieldCheck : public FieldRaceReport {
public:
  MixedAtomicFieldCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context)
      : FieldRaceReport(Name, Context, model::RaceKind::MixedAtomic) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;
  llvm::StringRef advice(const model::FieldRace &R) const override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_MIXEDATOMICFIELDCHECK_H
