//===- StaticLazyInitCheck.h - cpython-state-static-lazy-init ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_STATICLAZYINITCHECK_H
#define PYEXT_STATE_STATICLAZYINITCHECK_H

#include "model/FirstUse.h"
#include "support/ModelCheck.h"

namespace pyext::state {

/// Finds static data that is initialised on first use at run time by a test and
/// a write that no common lock guards.
///
/// For users: docs/checks/state/static-lazy-init.md
class StaticLazyInitCheck : public ModelCheck {
public:
  StaticLazyInitCheck(llvm::StringRef Name,
                      clang::tidy::ClangTidyContext *Context);
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  /// \p Threads: two threads can meet here, not only two interpreters.
  void report(const model::ExtensionModel &Model, const model::FirstUse &Use,
              bool Threads);

  void report(const model::ExtensionModel &Model,
              const model::FieldFirstUse &Use);

  /// Silent about a number that is computed again at worst.
  const bool AllowBenignScalarCaches;
};

} // namespace pyext::state

#endif // PYEXT_STATE_STATICLAZYINITCHECK_H
