//===- ExternalSyncRequiredCheck.h - cpython-refs-external-sync-required ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_EXTERNALSYNCREQUIREDCHECK_H
#define PYEXT_REFS_EXTERNALSYNCREQUIREDCHECK_H

#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds calls on shared objects for which the caller has to provide a lock.
///
/// For users: docs/checks/refs/external-sync-required.md
class ExternalSyncRequiredCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::refs

#endif // PYEXT_REFS_EXTERNALSYNCREQUIREDCHECK_H
