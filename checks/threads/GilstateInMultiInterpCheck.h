//===- GilstateInMultiInterpCheck.h -----------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_GILSTATEINMULTIINTERPCHECK_H
#define PYEXT_THREADS_GILSTATEINMULTIINTERPCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds threads attached with PyGILState in modules that support multiple
/// interpreters.
///
/// For users: docs/checks/threads/gilstate-in-multi-interp.md
class GilstateInMultiInterpCheck : public ModelCheck {
public:
  GilstateInMultiInterpCheck(llvm::StringRef Name,
                             clang::tidy::ClangTidyContext *Context);
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  const bool AssumeMultipleInterpreters;
  /// Another check that is on offers to add the slot.
  const bool SlotOfferedElsewhere;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_GILSTATEINMULTIINTERPCHECK_H
