//===- LockFix.h - A function that does its work under a lock ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Puts places of one function under a lock so that no jump leaves it: around the
// shortest run of statements of the function's body that has them all, where
// nothing leaves that run but its end or the last `return`. Where that cannot be,
// the body becomes a function of its own, `name_lock_held`, and the function
// calls it under the lock.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_LOCKFIX_H
#define PYEXT_SUPPORT_LOCKFIX_H

#include "support/SectionFix.h"
#include "support/Source.h"
#include "clang/AST/ParentMap.h"

namespace pyext {

/// Code put under a lock, for a check to offer.
struct GuardFix {
  llvm::SmallVector<clang::FixItHint> Hints; ///< Empty when there is no fix.
  /// Nothing but sections around statements, with no call in them that could
  /// suspend one.
  bool Simple = false;
  std::string WhyNot; ///< A phrase; empty when there is a fix or nothing to say.
};

class LockFix {
public:
  /// \p FD has a body.
  LockFix(const model::ExtensionModel &Model, const clang::FunctionDecl *FD);

  /// Locks \p Places, expressions in the body. False, and whyNot() set, when it
  /// cannot.
  bool lock(llvm::ArrayRef<const clang::Stmt *> Places, const LockLines &Lines);
  /// Gives all of \p Reads, of one field of an object, a strong reference of the
  /// function's own that is taken under the lock.
  bool keep(llvm::ArrayRef<const clang::MemberExpr *> Reads,
            const LockLines &Lines);

  /// Further changes, to be asked for before hints().
  support::EditSet &edits() { return *Edits; }
  const support::SourceText &source() const { return Source; }
  const clang::ParentMap &parents() const { return Parents; }
  /// A name that the function does not use.
  std::string freshName(llvm::StringRef Wish) const;
  /// Lines before the definition of the function.
  void addBefore(llvm::ArrayRef<std::string> Lines);

  /// The changes; empty, and whyNot() set, when they cannot be written down.
  llvm::SmallVector<clang::FixItHint> hints();
  const std::string &whyNot() const { return WhyNot; }
  /// The body became a function of its own.
  bool split() const { return Split; }
  /// What lock() has put under the lock; all of the body when split().
  llvm::ArrayRef<const clang::Stmt *> locked() const { return Locked; }

private:
  bool fail(const char *Why) {
    WhyNot = Why;
    return false;
  }
  std::optional<unsigned> elementOf(const clang::Stmt *S) const;
  bool inPlace(unsigned First, unsigned Last, const LockLines &Lines);
  bool splitDeclarations(unsigned First, unsigned &Last,
                         std::vector<std::string> &Before);
  bool isUsedAfter(const clang::ValueDecl *D, unsigned Last) const;
  bool splitFunction(const LockLines &Lines, const clang::MemberExpr *Kept,
                     llvm::StringRef KeptName);
  std::optional<std::string> declare(clang::QualType Type,
                                     llvm::StringRef Name) const;
  bool takesAndReturns(const clang::Stmt *S, const clang::ReturnStmt *R,
                       std::vector<std::string> &Before);
  bool returnsLater(const clang::ReturnStmt *R,
                    std::vector<std::string> &Before,
                    std::vector<std::string> &After);

  const model::ExtensionModel &Model;
  const clang::FunctionDecl *FD;
  const clang::SourceManager &SM;
  support::SourceText Source;
  clang::ParentMap Parents;
  std::optional<support::EditSet> Edits;
  llvm::SmallVector<const clang::Stmt *, 16> Elements;
  llvm::SmallVector<const clang::Stmt *, 16> Locked;
  std::string WhyNot;
  bool Split = false;
};

} // namespace pyext

#endif // PYEXT_SUPPORT_LOCKFIX_H
