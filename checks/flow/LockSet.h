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
#include "flow/FunctionFlow.h"
#include "model/Preprocessing.h"
#include "clang/AST/Decl.h"
#include "clang/AST/ParentMap.h"
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
  /// Other readers can hold it at the same time.
  bool Shared = false;

  /// Some lock, by the name of the function: list_append_lock_held().
  static Lock heldByConvention() {
    return {facts::LockKind::CriticalSection, "*", nullptr};
  }
  bool isByConvention() const { return Key == "*"; }

  friend bool operator<(const Lock &A, const Lock &B) {
    return std::tie(A.Key, A.Kind, A.Shared) <
           std::tie(B.Key, B.Kind, B.Shared);
  }
  friend bool operator==(const Lock &A, const Lock &B) {
    return A.Key == B.Key && A.Kind == B.Kind && A.Shared == B.Shared;
  }
};
using LockList = llvm::SmallVector<Lock, 2>;

/// A lock by its name in a set of names; one that is shared has a mark.
std::string lockName(const Lock &L, std::string Name);
/// True when one lock is in \p A and in \p B, and not shared in both.
bool excludeEachOther(llvm::ArrayRef<std::string> A,
                      llvm::ArrayRef<std::string> B);
/// The name without the mark.
llvm::StringRef withoutMode(llvm::StringRef Name);

/// What the lock is made of, in a word: "critical-section", "mutex".
llvm::StringRef toString(facts::LockKind Kind);

/// Canonical text of an expression used as a lock or a container.
std::string canonicalText(const clang::Expr *E);
/// The same for a macro argument known only as text.
std::string canonicalText(llvm::StringRef Text);

/// What the attributes of \p FD say that its callers hold, in its own words. Sorted.
LockList requiredLocks(const clang::FunctionDecl *FD);

/// What a call of a function leaves behind, in the function's own words.
struct LockEffects {
  LockList Acquires;
  std::vector<std::string> Releases; ///< Keys.
  bool empty() const { return Acquires.empty() && Releases.empty(); }
};

/// The lock operations of callees: of known APIs, and of the user's own helpers
/// and C++ guard classes, found from their bodies. One per translation unit.
class LockSummaries {
public:
  /// What calling \p FD does when its body is at hand: every lock it takes and
  /// does not release in source order, branches ignored.
  const LockEffects &of(const clang::FunctionDecl *FD);
  /// True when a call of \p Callee can take or release a lock, attach or detach.
  bool changesLocks(const clang::FunctionDecl *Callee);
  /// True when \p VD is a guard that holds a lock while it lives: of a library,
  /// or of a class whose constructor takes one and whose destructor releases.
  bool changesLocks(const clang::VarDecl *VD);

private:
  llvm::DenseMap<const clang::FunctionDecl *, LockEffects> Effects;
};

/// Whether the thread state is attached (in a build with the GIL: the GIL is
/// held).
enum class Attachment : uint8_t { Attached, Detached, Unknown };

/// A critical section or a detached region as the source shows it.
struct LexicalRegion {
  enum RegionKind { Locked, Detached } Kind;
  clang::SourceLocation Begin, End;    ///< File locations; Begin is inclusive.
  LockList Locks;                      ///< Empty when Detached.
  const model::MacroUse *Open;         ///< What opens it.
  const model::MacroUse *Close;        ///< Null when it is never closed.
};

/// The locks of one function, and where it is detached.
class FunctionLocks {
public:
  /// Held at \p S on every path, lexical regions included. \p S must be in the
  /// function's body. Sorted.
  LockList at(const clang::Stmt *S) const;
  /// Unknown when paths disagree or the function was not analysed.
  Attachment attachmentAt(const clang::Stmt *S) const;
  /// In source order.
  llvm::ArrayRef<LexicalRegion> regions() const { return Regions; }

  /// Null when the function uses no lock and never detaches. \p Calls says
  /// whether it has a call or variable for which \p Summaries says changesLocks(); without,
  /// its control flow is not looked at. \p Failed is set to a reason when the
  /// control flow could not be analysed; lexical regions are known even then.
  static std::shared_ptr<FunctionLocks>
  compute(const clang::FunctionDecl *FD, flow::FlowCache &Flows,
          const model::Preprocessing &PP, LockSummaries &Summaries, bool Calls,
          std::string &Failed);

private:
  struct State {
    LockList Locks; ///< Sorted.
    Attachment Attached = Attachment::Attached;
  };
  class Analysis;

  void readRegions(const clang::FunctionDecl *FD,
                   const model::Preprocessing &PP);
  const State *stateAt(const clang::Stmt *S) const;

  const clang::SourceManager *SM = nullptr;
  std::vector<LexicalRegion> Regions;
  /// States before the elements that differ from the entry state.
  llvm::DenseMap<const clang::Stmt *, State> ByStmt;
  const clang::ParentMap *Parents = nullptr; ///< Of the FlowCache.
};

} // namespace pyext::flow

#endif // PYEXT_FLOW_LOCKSET_H
