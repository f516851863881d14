//===- SequenceFastSharedCheck.h - cpython-refs-sequence-fast-shared ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_SEQUENCEFASTSHAREDCHECK_H
#define PYEXT_REFS_SEQUENCEFASTSHAREDCHECK_H

#include "support/ModelCheck.h"

namespace clang {
class ParentMap;
} // namespace clang

namespace pyext::refs {

/// Finds items of PySequence_Fast() results that another thread can remove
/// while they are in use.
///
/// For users: docs/checks/refs/sequence-fast-shared.md
class SequenceFastSharedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  struct Group;
  void report(const model::ExtensionModel &Model, const Group &G,
              const clang::ParentMap &Parents);
};

} // namespace pyext::refs

#endif // PYEXT_REFS_SEQUENCEFASTSHAREDCHECK_H
