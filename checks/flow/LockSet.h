//===- LockSet.h - Which locks are held where -------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Critical sections are lexical (begin and end macro in one block) and are read
// from the preprocessor's record, so they are known in both configurations.
// Everything else (PyMutex, pthread, PyThread_type_lock, C++ guards) is a
// forward must-analysis over the CFG: a lock counts only when it is held on
// every path.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FLOW_LOCKSET_H
#define PYEXT_FLOW_LOCKSET_H

#include "facts/Facts.h"
#include "model/Preprocessing.h"
#include "clang/AST/Decl.h"
#include "clang/AST/Stmt.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <string>

namespace pyext::flow {

/// One lock, by what was written: `self`, `&cache_mutex`, `st->lock`.
struct Lock {
  facts::LockKind Kind;
  /// Canonical text: casts, parentheses, `&`, PyObject casts and white space
  /// removed, e.g. "self", "cache_mutex", "st->lock".
  std::string Key;
  /// The variable at the root of Key, when known; nullable.
  const clang::ValueDecl *Root = nullptr;

  friend bool operator<(const Lock &A, const Lock &B) {
    return std::tie(A.Key, A.Kind) < std::tie(B.Key, B.Kind);
  }
  friend bool operator==(const Lock &A, const Lock &B) {
    return A.Key == B.Key && A.Kind == B.Kind;
  }
};
using LockList = llvm::SmallVector<Lock, 2>;

/// Canonical text of an expression used as a lock or a container.
std::string canonicalText(const clang::Expr *E);
/// The same for a macro argument known only as text.
std::string canonicalText(llvm::StringRef Text);

/// A critical section or a GIL-released region as the source shows it.
struct LexicalRegion {
  enum Kind { CriticalSection, AllowThreads } K;
  clang::SourceLocation Begin, End; ///< File locations.
  LockList Locks;                   ///< Empty for AllowThreads.
  const model::MacroUse *Open;
};

/// The locks of one function.
class FunctionLocks {
public:
  /// Held at \p S on every path, lexical sections included. \p S must be in the
  /// function's body.
  LockList at(const clang::Stmt *S) const;
  llvm::ArrayRef<LexicalRegion> regions() const { return Regions; }

  /// Null when the function uses no lock. \p Failed is set to a reason when
  /// the function is over the bound; lexical sections are known even then.
  static std::shared_ptr<FunctionLocks>
  compute(const clang::FunctionDecl *FD, clang::ASTContext &Context,
          const model::Preprocessing &PP, std::string &Failed);

private:
  const clang::SourceManager *SM = nullptr;
  llvm::SmallVector<LexicalRegion, 2> Regions;
  llvm::DenseMap<const clang::Stmt *, LockList> ByStmt; ///< CFG elements only.
  clang::ParentMap *Parents = nullptr;
  std::shared_ptr<clang::ParentMap> OwnedParents;
};

} // namespace pyext::flow

#endif // PYEXT_FLOW_LOCKSET_H
