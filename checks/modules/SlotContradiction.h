//===- SlotContradiction.h - A promise and what breaks it -------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULES_SLOTCONTRADICTION_H
#define PYEXT_MODULES_SLOTCONTRADICTION_H

#include "model/SlotEvidence.h"
#include "clang/Basic/Diagnostic.h"

namespace pyext::modules {

/// What a module declares, and where.
struct Claim {
  facts::Promise Meaning;
  clang::SourceLocation Loc;
  std::string Spelled; ///< The macro or the tag.
  /// Of the macro, when it is written there; or invalid.
  clang::SourceLocation ValueLoc;
  bool Tag = false; ///< Of a binding.

  /// What declares \p Other in the same way.
  std::string spelledAs(facts::Promise Other) const;
  /// The edit that makes it declare \p Other; empty when there is none.
  clang::FixItHint change(const model::ExtensionModel &Model,
                          facts::Promise Other) const;
};

/// Nothing when the module does not declare it, or not in this file.
std::optional<Claim> claimOf(const model::Module &Mod,
                             facts::ModuleSlotRole Role);

/// The evidence that is enough to call a promise broken.
class Contradiction {
public:
  void add(llvm::ArrayRef<model::Evidence> List);
  bool empty() const { return Places.empty(); }
  unsigned size() const { return Places.size(); }
  llvm::ArrayRef<const model::Evidence *> shown() const;
  unsigned more() const { return size() - shown().size(); }

private:
  llvm::SmallVector<const model::Evidence *, 8> Places;
};

} // namespace pyext::modules

#endif // PYEXT_MODULES_SLOTCONTRADICTION_H
