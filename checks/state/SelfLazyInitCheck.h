//===- SelfLazyInitCheck.h - cpython-state-self-lazy-init -------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_SELFLAZYINITCHECK_H
#define PYEXT_STATE_SELFLAZYINITCHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds fields of objects that are computed on first use by a test and a write
/// that no common lock guards.
///
/// For users: docs/checks/state/self-lazy-init.md
class SelfLazyInitCheck : public FieldRaceReport {
public:
  SelfLazyInitCheck(llvm::StringRef Name,
                    clang::tidy::ClangTidyContext *Context);
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  bool accept(const model::FieldRace &R) const override {
    return !(AllowBenignScalarCaches && R.SameValue);
  }
  llvm::StringRef advice(const model::FieldRace &R) const override;
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;

private:
  const bool AllowBenignScalarCaches;
};

} // namespace pyext::state

#endif // PYEXT_STATE_SELFLAZYINITCHECK_H
