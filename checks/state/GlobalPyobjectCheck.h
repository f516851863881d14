//===- GlobalPyobjectCheck.h - cpython-state-global-pyobject ----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_GLOBALPYOBJECTCHECK_H
#define PYEXT_STATE_GLOBALPYOBJECTCHECK_H

#include "support/ModelCheck.h"

namespace pyext::state {

/// Finds Python objects in static variables that code writes: all interpreters
/// of the process, and without the GIL all threads, share them.
///
/// For users: docs/checks/state/global-pyobject.md
class GlobalPyobjectCheck : public ModelCheck {
public:
  GlobalPyobjectCheck(llvm::StringRef Name,
                      clang::tidy::ClangTidyContext *Context);
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void report(const model::ExtensionModel &Model,
              const model::StateVariable &State);

  /// Also look at programs that embed Python: files that define main().
  const bool CheckPrograms;
};

} // namespace pyext::state

#endif // PYEXT_STATE_GLOBALPYOBJECTCHECK_H
