//===- MemberdefMixedAccessCheck.h - cpython-state-memberdef-mixed-access ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_MEMBERDEFMIXEDACCESSCHECK_H
#define PYEXT_STATE_MEMBERDEFMIXEDACCESSCHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds object fields that Python code can assign through PyMemberDef while C
/// code uses them without a lock.
///
/// For users: docs/checks/state/memberdef-mixed-access.md
class MemberdefMixedAccessCheck : public FieldRaceReport {
public:
  MemberdefMixedAccessCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context)
      : FieldRaceReport(Name, Context, model::RaceKind::MemberDef) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;
  llvm::StringRef advice(const model::FieldRace &R) const override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_MEMBERDEFMIXEDACCESSCHECK_H
