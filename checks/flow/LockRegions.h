//===- LockRegions.h - What happens while a lock is held --------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every native lock and PyMutex of a file: where it is taken, and what the
// code does while it is held that can run Python code or change the thread
// state. Critical sections are no such locks: they are suspended instead.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FLOW_LOCKREGIONS_H
#define PYEXT_FLOW_LOCKREGIONS_H

#include "flow/Attachment.h"
#include "model/ExtensionModel.h"

namespace pyext::flow {

/// Where a lock is taken: a call, or the construction of a guard.
struct LockSite {
  Lock L;
  const clang::Expr *Where;
  const clang::FunctionDecl *In;
  AttachState State; ///< Of the thread there.
  /// Builds without the GIL have another lock here.
  bool OnlyWithGil = false;
};

/// What is done while a lock is held.
struct LockedUse {
  enum Kind : uint8_t {
    RunsPython, ///< A call that can run any Python code.
    Drops,      ///< A reference to an object that others may not have.
    MayRun,     ///< A call that can run Python code for some arguments.
    Attaches,   ///< Waits until the thread is attached again.
  } K;
  Lock L;
  const clang::Expr *Where;
  const clang::FunctionDecl *In;
  std::string Name;                     ///< As written.
  const clang::Expr *Inside = nullptr;  ///< In a helper: the call that does it.
  std::string Inner;                    ///< Its name.
};

/// The field, the element or the static variable whose reference a call counts
/// that is given \p Arg, also by way of the variables of Py_CLEAR(); null for
/// what only the function knows.
const clang::Expr *placeOfCount(const clang::Expr *Arg);

class LockRegions {
public:
  explicit LockRegions(Attachments &All);

  llvm::ArrayRef<LockSite> sites() const { return Sites; }
  llvm::ArrayRef<LockedUse> uses() const { return Uses; }

  /// What the lock is, the same in all functions of the file.
  std::string identity(const Lock &L) const;

  /// True when the text of \p F within \p Range takes locks, waits for nothing
  /// else, and can do so attached in a free-threaded build: the locks detach by
  /// themselves there, or whoever has one never waits for another thread.
  bool waitsForLocksThatDetach(const model::Function &F,
                               clang::SourceRange Range) const;

  /// The first call in \p FD, or in what it calls, that can run any Python code
  /// while the thread is attached as it was when it was called.
  struct Run {
    const clang::Expr *Where;
    std::string Name;
  };
  std::optional<Run> runsPython(const clang::FunctionDecl *FD,
                                unsigned Depth = 0);

private:
  void findSites(const model::Function &F);
  void findUses(const model::Function &F);
  /// Constructions of the binding libraries' classes while a lock is held.
  void findConstructions(const model::Function &F);
  void findGuards(const model::Function &F);
  /// Adds a site unless the lock is no native one. \p Arg is the lock, as
  /// written.
  void addSite(Lock L, const clang::Expr *Where, const clang::Expr *Arg,
               const clang::FunctionDecl *In, const clang::Stmt *At);
  bool isOnlyWithGil(const clang::Expr *Where, const clang::Expr *Arg) const;
  LockList nativeLocksAt(const clang::FunctionDecl *FD, const clang::Stmt *S);

  Attachments &All;
  const model::ExtensionModel &Model;
  std::vector<LockSite> Sites;
  std::vector<LockedUse> Uses;
  llvm::DenseMap<const clang::FunctionDecl *, std::optional<Run>> Runs;
};

} // namespace pyext::flow

#endif // PYEXT_FLOW_LOCKREGIONS_H
