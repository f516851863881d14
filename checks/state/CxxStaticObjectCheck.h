//===- CxxStaticObjectCheck.h - cpython-state-cxx-static-object ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_CXXSTATICOBJECTCHECK_H
#define PYEXT_STATE_CXXSTATICOBJECTCHECK_H

#include "support/GlobalCheck.h"

namespace pyext::state {

/// Finds C++ objects of static storage that own Python objects.
///
/// For users: docs/checks/state/cxx-static-object.md
class CxxStaticObjectCheck : public GlobalCheck {
public:
  CxxStaticObjectCheck(llvm::StringRef Name,
        clang::tidy::ClangTidyContext *Context)
      : GlobalCheck(Name, Context, model::GlobalClass::CxxObject) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::GlobalVerdict &V) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_CXXSTATICOBJECTCHECK_H
