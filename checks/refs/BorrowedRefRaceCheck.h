//===- BorrowedRefRaceCheck.h - cpython-refs-borrowed-ref-race ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_BORROWEDREFRACECHECK_H
#define PYEXT_REFS_BORROWEDREFRACECHECK_H

#include "refs/BorrowedLookup.h"
#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds borrowed references that another thread can free while they are in
/// use.
///
/// For users: docs/checks/refs/borrowed-ref-race.md
class BorrowedRefRaceCheck : public ModelCheck {
public:
  BorrowedRefRaceCheck(llvm::StringRef Name,
                       clang::tidy::ClangTidyContext *Context);
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  void report(const model::ExtensionModel &Model, const clang::FunctionDecl *FD,
              const flow::FunctionRefs &Refs, const flow::Lookup &L,
              const flow::Use &Last, const flow::Sharing &Sharing,
              bool SectionEnds);

  StrongReferenceOffer Offer;
  const bool AcrossCall, Escapes; ///< Enabled beside this one.
  const unsigned Tier;
  const bool StrictHelpers;
};

} // namespace pyext::refs

#endif // PYEXT_REFS_BORROWEDREFRACECHECK_H
