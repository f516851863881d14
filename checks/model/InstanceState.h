//===- InstanceState.h - The fields of objects and their races --*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every field of an object that Python code can share between threads: who
// uses it, from which entry points, holding which locks. Two uses race when they
// can run at the same time on the same object, at least one writes, and no lock
// is held at both. What hangs off a field (`self->ctx->pos`, the state behind a
// library's handle) belongs to the field.
//
// Private are objects that the function has just made, those of tp_dealloc,
// tp_traverse and tp_clear, and what tp_new and tp_init set up, as far as nobody
// calls __init__() twice.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_INSTANCESTATE_H
#define PYEXT_MODEL_INSTANCESTATE_H

#include "model/ExtensionModel.h"
#include "model/Places.h"
#include <deque>

namespace pyext::model {

/// Locks in the words of the object: "$" is the object itself, "$->lock" a field
/// of it; "G:x" a global; "O:lock" a field of something else. Sorted.
using ObjectLocks = llvm::SmallVector<std::string, 2>;

/// An entry point that leads to a use of a field.
struct WayIn {
  const Function *From;
  const clang::Expr *Call; ///< In From; null when From itself is the user.
};

/// One use of a field, under one set of locks.
struct FieldUse {
  FieldPath Path;         ///< From the object; the first is the field.
  bool Content = false;   ///< What the last field points to, not itself.
  const Access *By = nullptr; ///< Null when a call is given the content.
  const clang::Expr *Where;
  const Function *In;
  AccessKind Kind = AccessKind::Read; ///< Address counts as Write.
  bool Foreign = false;   ///< A library does it.
  bool Resets = false, TakesReference = false, DropsReference = false;
  bool Detached = false;  ///< Between detaching and attaching.
  bool InInit = false;    ///< Only while __init__() runs.
  /// Who is given the address, and does it; nullable.
  const clang::FunctionDecl *Through = nullptr;
  bool Weak = false;      ///< Only other files call it, who knows under which
                          ///< locks.
  ObjectLocks Locks;
  std::vector<WayIn> Ways; ///< At least one.

  const clang::FieldDecl *field() const { return Path.front(); }
  bool writes() const {
    return Kind == AccessKind::Write || Kind == AccessKind::ReadWrite;
  }
};

enum class RaceKind : uint8_t {
  BufferExport, ///< An export counter of bf_getbuffer.
  IterNext,     ///< The cursor of an iterator.
  MemberDef,    ///< Python assigns it through a PyMemberDef.
  Detached,     ///< Used while detached; other threads run even with the GIL.
  LazyInit,     ///< Computed on first use.
  HalfLocked,   ///< Some users hold a lock.
  MixedAtomic,  ///< Some users are atomic.
  Replaced,     ///< An object that is replaced while others use it.
  Reinit,       ///< Set by __init__(), which can run again.
  Unguarded,    ///< Anything else.
};

struct FieldRace {
  RaceKind Kind = RaceKind::Unguarded;
  const clang::FieldDecl *Field = nullptr;
  /// The field of the struct in or behind Field that alone is meant; nullable.
  const clang::FieldDecl *Part = nullptr;
  /// Further fields that the same functions race for in the same way; further
  /// parts of Field when there is a Part.
  llvm::SmallVector<const clang::FieldDecl *, 2> Others;
  const FieldUse *First = nullptr; ///< The one to report.
  /// Where it is listed as one that Python code can assign, for MemberDef.
  clang::SourceLocation Entry;
  /// MemberDef: by that entry Python code reads what C code writes.
  bool IsRead = false;
  /// LazyInit: a number that both threads compute alike.
  bool SameValue = false;
  /// What it races with; First itself for two threads in one place. Null for
  /// MemberDef.
  const FieldUse *Second = nullptr;
  std::vector<const FieldUse *> Open;    ///< All that lack the lock, with First.
  std::vector<const FieldUse *> Guarded; ///< Those with a lock.
  /// Where __init__(), called again, gives back what was there.
  std::vector<const FieldUse *> Inits;
  const clang::Stmt *Test = nullptr; ///< Of LazyInit: the branch that tests.
  bool WithGil = false; ///< The GIL does not help either.
};

class InstanceState {
public:
  explicit InstanceState(const ExtensionModel &Model);
  ~InstanceState();

  /// One per field, grouped where one pattern covers several, in source order
  /// of First.
  llvm::ArrayRef<FieldRace> races() const { return Races; }
  /// Every use at run time, in the order of functions and of the source.
  const std::deque<FieldUse> &uses() const { return Uses; }

  /// Functions whose uses of fields are not all among uses(), and why.
  llvm::ArrayRef<std::pair<const clang::FunctionDecl *, const char *>>
  notAnalysed() const {
    return Cut;
  }

private:
  class Collector;
  class Judge;

  std::vector<std::pair<const clang::FunctionDecl *, const char *>> Cut;
  std::deque<FieldUse> Uses;
  std::vector<FieldRace> Races;
};

} // namespace pyext::model

#endif // PYEXT_MODEL_INSTANCESTATE_H
