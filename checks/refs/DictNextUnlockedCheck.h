//===- DictNextUnlockedCheck.h - cpython-refs-dict-next-unlocked -*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_DICTNEXTUNLOCKEDCHECK_H
#define PYEXT_REFS_DICTNEXTUNLOCKEDCHECK_H

#include "flow/Sharing.h"
#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds iterations over dicts and sets that other threads may change
/// meanwhile.
///
/// For users: docs/checks/refs/dict-next-unlocked.md
class DictNextUnlockedCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  struct Step;
  void judge(const Step &S);
  void reportUnlocked(const Step &S, const flow::Sharing &Sharing);
  void reportSuspended(const Step &S, const flow::Sharing &Sharing);
  llvm::DenseSet<const clang::Stmt *> Reported; ///< Loops with a finding.
};

} // namespace pyext::refs

#endif // PYEXT_REFS_DICTNEXTUNLOCKEDCHECK_H
