//===- BorrowedLookup.h - What checks of look-ups share ---------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the checks of borrowed references have in common: how a look-up is named
// and found in the source, how a use after a call that runs code is recognised,
// and the fix that takes a strong reference.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_BORROWEDLOOKUP_H
#define PYEXT_REFS_BORROWEDLOOKUP_H

#include "flow/Sharing.h"
#include "refs/StrongReferenceFix.h"
#include "llvm/ADT/DenseSet.h"

namespace pyext::refs {

/// Only while the module is imported, or when nobody else has the object.
bool runsAlone(const model::ExtensionModel &Model,
               const clang::FunctionDecl *FD);

/// True when \p Loc is within assert(...).
bool inAssertion(clang::SourceLocation Loc, const clang::ASTContext &Context);

/// The expression as the user wrote it, a macro by its invocation.
std::string sourceText(const clang::Expr *E, const clang::ASTContext &Context);

/// Where to report on \p L, in a file.
clang::SourceLocation locationOf(const flow::Lookup &L,
                                 const clang::SourceManager &SM);

/// Where the function of this file through which \p L goes has the reference from;
/// where the function is declared when that is not known. Not for others.
clang::SourceLocation innerLocationOf(const model::ExtensionModel &Model,
                                      const flow::Lookup &L);

/// " on 'self->items'", or nothing when the container has no expression.
std::string containerText(const flow::Lookup &L,
                          const clang::ASTContext &Context);

/// A use of a borrowed reference that a call before it can have made invalid,
/// in one thread and with the GIL too.
struct UseAfterCall {
  const flow::Use *Use = nullptr; ///< The first such use; null: there is none.
  const clang::CallExpr *Call = nullptr; ///< Never null otherwise.
  /// Call drops the container or the item itself.
  bool Dropped = false;
  /// Who can change the container; Private when Dropped.
  flow::Sharing Sharing;
  /// Set when Use hands the reference to a function of this file that makes the
  /// call and uses its argument afterwards.
  const flow::LateUse *Within = nullptr;
};

UseAfterCall findUseAfterCall(const model::ExtensionModel &Model,
                              const flow::FunctionRefs &Refs,
                              const flow::Lookup &L);

/// The first use of a reference that was looked up under a lock on its container
/// and is used after that lock was released; null when there is none.
const flow::Use *findUseAfterUnlock(const model::ExtensionModel &Model,
                                    const flow::FunctionRefs &Refs,
                                    const flow::Lookup &L);

/// Makes the fixes of one check and the note on the replacement.
class StrongReferenceOffer {
public:
  /// For the next translation unit.
  void clear() {
    Work.clear();
    Offered.clear();
    Names.clear();
  }

  /// The fix of \p L, a look-up in \p FD.
  StrongReferenceFix fix(const model::ExtensionModel &Model,
                         const clang::FunctionDecl *FD,
                         const flow::FunctionRefs &Refs, const flow::Lookup &L,
                         facts::PyVersion MinPython, bool CompatHeader);
  /// Adds the edits to \p Warning.
  void add(const StrongReferenceFix &Fix,
           const clang::DiagnosticBuilder &Warning,
           const clang::SourceManager &SM);
  /// "'X' returns a strong reference (Python 3.13)..."; the row of \p L names a
  /// replacement.
  static std::string note(const StrongReferenceFix &Fix, const flow::Lookup &L);

private:
  bool affords(const flow::FunctionRefs &Refs, const clang::SourceManager &SM);

  /// Text that a fix of this run changes: offsets, the end excluded.
  struct Change {
    clang::FileID File;
    unsigned Begin, End;
  };
  llvm::SmallVector<Change, 0> Offered;
  llvm::DenseMap<const clang::FunctionDecl *, FixNames> Names;
  /// Basic blocks and bytes of text that the fixes of a function have looked at.
  llvm::DenseMap<const clang::FunctionDecl *, std::pair<size_t, size_t>> Work;
  /// Files that a fix of this run makes include pythoncapi_compat.h.
  llvm::DenseSet<clang::FileID> Including;
};

} // namespace pyext::refs

#endif // PYEXT_REFS_BORROWEDLOOKUP_H
