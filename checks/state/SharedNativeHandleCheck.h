//===- SharedNativeHandleCheck.h - cpython-state-shared-native-handle ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_SHAREDNATIVEHANDLECHECK_H
#define PYEXT_STATE_SHAREDNATIVEHANDLECHECK_H

#include "support/GlobalCheck.h"

namespace pyext::state {

/// Finds handles of C libraries in static variables that threads use at the
/// same time without a lock.
///
/// For users: docs/checks/state/shared-native-handle.md
class SharedNativeHandleCheck : public GlobalCheck {
public:
  SharedNativeHandleCheck(llvm::StringRef Name,
        clang::tidy::ClangTidyContext *Context)
      : GlobalCheck(Name, Context, model::GlobalClass::NativeHandle),
        ThreadSafeHandleTypes(Options.get("ThreadSafeHandleTypes", "")) {}
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  void report(const model::ExtensionModel &Model,
              const model::GlobalVerdict &V) override;

private:
  const std::string ThreadSafeHandleTypes;
};

} // namespace pyext::state

#endif // PYEXT_STATE_SHAREDNATIVEHANDLECHECK_H
