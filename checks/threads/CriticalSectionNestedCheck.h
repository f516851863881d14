//===- CriticalSectionNestedCheck.h - cpython-threads-critical-section-nested ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_THREADS_CRITICALSECTIONNESTEDCHECK_H
#define PYEXT_THREADS_CRITICALSECTIONNESTEDCHECK_H

#include "support/ModelCheck.h"

namespace pyext::threads {

/// Finds critical sections nested to lock two objects, which does not lock them
/// together.
///
/// For users: docs/checks/threads/critical-section-nested.md
class CriticalSectionNestedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::threads

#endif // PYEXT_THREADS_CRITICALSECTIONNESTEDCHECK_H
