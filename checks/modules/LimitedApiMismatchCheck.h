//===- LimitedApiMismatchCheck.h - cpython-modules-limited-api-mismatch ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_LIMITEDAPIMISMATCHCHECK_H
#define PYEXT_MODULES_LIMITEDAPIMISMATCHCHECK_H

#include "support/ModelCheck.h"

namespace pyext::modules {

/// Finds uses of the C API that the Limited API of the file does not have.
///
/// For users: docs/checks/modules/limited-api-mismatch.md
class LimitedApiMismatchCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void opaque(const model::ExtensionModel &Model);
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_LIMITEDAPIMISMATCHCHECK_H
