//===- StrongReferenceFix.h - From borrowed to strong -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rewrites one look-up of a borrowed reference to the call that returns a
// strong one, and the function around it so that the reference is given up
// exactly once on every path. Everything the rewrite relies on is proved on the
// control flow graph; what cannot be proved is a reason not to offer the fix.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_STRONGREFERENCEFIX_H
#define PYEXT_REFS_STRONGREFERENCEFIX_H

#include "facts/Facts.h"
#include "support/Source.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Expr.h"
#include "clang/Basic/Diagnostic.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSet.h"
#include <optional>
#include <string>

namespace pyext::refs {

/// The rewrite of one look-up, to be applied whole or not at all.
struct StrongReferenceFix {
  bool Applicable = false;
  /// Why there is no automatic fix, as a phrase that follows "not rewritten
  /// automatically: "; empty when Applicable.
  std::string WhyNot;
  /// What the fix does, as a phrase: "take a strong reference with 'X'". Set
  /// whenever the row names a replacement.
  std::string Title;
  /// The edits; empty unless Applicable.
  llvm::SmallVector<clang::FixItHint> Hints;
  /// The inclusion of pythoncapi_compat.h that the edits need and the file
  /// lacks. It belongs to one fix per file and run.
  std::optional<clang::FixItHint> Include;
};

/// What other fixes of the same function have declared.
struct FixNames {
  llvm::StringSet<> References;
  /// Blocks with a variable for a returned value.
  llvm::SmallPtrSet<const clang::Stmt *, 4> Results;
};

/// What the fixed code has to compile with.
struct FixTarget {
  /// The oldest Python the extension supports.
  facts::PyVersion MinPython{9};
  /// pythoncapi_compat.h may be included.
  bool CompatHeader = false;
  /// The value of Py_LIMITED_API when it is defined.
  std::optional<unsigned> LimitedApi;
  /// Never null.
  FixNames *Names = nullptr;
};

/// \p Lookup is the call that returns the borrowed reference, or the expression
/// written as a macro; \p Row what is known about it; \p FD the function around
/// it. The edits compile for Target.MinPython and everything newer.
StrongReferenceFix makeStrongReferenceFix(const clang::Expr *Lookup,
                                          const facts::BorrowedReference &Row,
                                          const clang::FunctionDecl *FD,
                                          clang::ASTContext &Context,
                                          const FixTarget &Target);

/// The line that includes pythoncapi_compat.h; nothing when the file has it.
std::optional<clang::FixItHint>
compatInclude(const support::SourceText &Source,
              const clang::SourceManager &SM);

} // namespace pyext::refs

#endif // PYEXT_REFS_STRONGREFERENCEFIX_H
