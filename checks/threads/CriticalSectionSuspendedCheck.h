//===- CriticalSectionSuspendedCheck.h - cpython-threads-critical-section-suspended ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_CRITICALSECTIONSUSPENDEDCHECK_H
#define PYEXT_THREADS_CRITICALSECTIONSUSPENDEDCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds pointers into an object that are used after the critical section of
/// the object may have been suspended.
///
/// For users: docs/checks/threads/critical-section-suspended.md
class CriticalSectionSuspendedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_CRITICALSECTIONSUSPENDEDCHECK_H
