//===- StaticIdentifierCheck.h - cpython-state-static-identifier ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_STATICIDENTIFIERCHECK_H
#define PYEXT_STATE_STATICIDENTIFIERCHECK_H

#include "support/ModelCheck.h"

namespace pyext::state {

/// Finds private identifiers, which keep interned strings in static variables.
///
/// For users: docs/checks/state/static-identifier.md
class StaticIdentifierCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_STATICIDENTIFIERCHECK_H
