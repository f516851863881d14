//===- CapiTableCheck.h - cpython-state-capi-table --------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_CAPITABLECHECK_H
#define PYEXT_STATE_CAPITABLECHECK_H

#include "model/GlobalClasses.h"
#include "support/ModelCheck.h"

namespace pyext::state {

/// Finds tables of functions out of a capsule that all interpreters share, or
/// that are imported at run time.
///
/// For users: docs/checks/state/capi-table.md
class CapiTableCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void reportTable(const model::ExtensionModel &Model,
                   const model::GlobalVerdict &V);
  /// Tests and imports of a table that a header provides, in one function.
  void reportHeaderTables(const model::ExtensionModel &Model);
};

} // namespace pyext::state

#endif // PYEXT_STATE_CAPITABLECHECK_H
