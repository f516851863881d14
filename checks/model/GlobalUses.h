//===- GlobalUses.h - What is done to static data ---------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A variable of static storage is often not used by its name: its address is
// passed to a helper, kept in a local pointer, or returned by an accessor. Here
// each use of the name is followed to what is read and written in the end:
//
//   Arena *arena = &default_arena;   arena->count++;      writes count
//   clear(&default_arena);           what clear() does to its parameter
//   registry().insert(x);            a non-const method
//   table[i] = v; (int *table)       writes what the variable points to
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_GLOBALUSES_H
#define PYEXT_MODEL_GLOBALUSES_H

#include "model/ExtensionModel.h"
#include "model/SharedState.h"
#include "clang/AST/ParentMap.h"

namespace pyext::model {

enum class UseKind : uint8_t {
  Read,
  Write,
  ReadWrite, ///< x++, x += 1
  Atomic,
  Passed,    ///< To a function that is not here and may write there.
  Returned,  ///< Its address is, by Function.
  Kept,      ///< Its address is, in a place that is not followed.
};

/// One use of a variable, as Function has it.
struct GlobalUse {
  const Access *By = nullptr;  ///< The use of the name; null in a summary.
  const clang::Expr *Where = nullptr;
  const clang::FunctionDecl *Function = nullptr;
  UseKind Kind = UseKind::Read;
  /// Of what the variable points to, not of the variable.
  bool Pointee = false;
  /// A write of a constant null, 0 or the like that only resets.
  bool Resets = false;
  /// Fields from the variable to the part; what follows an array element is not
  /// among them.
  llvm::SmallVector<const clang::FieldDecl *, 2> Path;
  /// Names of the locks held there that are the same for all threads; "@" is the
  /// variable itself: "@.mutex".
  llvm::SmallVector<std::string, 1> Locks;
  /// A lock of some object is held there as well.
  bool ObjectLocked = false;
  /// Function has code for a build without the GIL that this run does not see.
  /// Not said in a summary.
  bool BesideHiddenCode = false;
  /// The function that does it when Where is an argument; else null.
  const clang::FunctionDecl *Callee = nullptr;
  unsigned Arg = 0; ///< Of Callee, for Passed.

  bool writes() const {
    return Kind == UseKind::Write || Kind == UseKind::ReadWrite;
  }
};

/// Follows the uses of static variables; keeps what it learns of functions.
class UseFollower {
public:
  explicit UseFollower(const ExtensionModel &Model);
  ~UseFollower();

  /// All uses of \p S, in source order of the use of the name.
  std::vector<GlobalUse> usesOf(const StateVariable &S);

  /// The nodes around those of \p FD's body; null without a body.
  const clang::ParentMap *parents(const clang::FunctionDecl *FD);
  /// Where \p FD names the local variable or parameter \p VD.
  llvm::ArrayRef<const clang::DeclRefExpr *>
  references(const clang::FunctionDecl *FD, const clang::VarDecl *VD);

  /// What \p FD does to what parameter \p Index points or refers to; with
  /// ThisIndex to the object it is called on. Null when its body is not here.
  static constexpr unsigned ThisIndex = ~0u;
  const std::vector<GlobalUse> *summary(const clang::FunctionDecl *FD,
                                        unsigned Index);

private:
  struct Position;
  struct Walk;

  const ExtensionModel &Model;
  llvm::DenseMap<std::pair<const clang::FunctionDecl *, unsigned>,
                 std::unique_ptr<std::vector<GlobalUse>>>
      Summaries;
  llvm::DenseMap<const clang::FunctionDecl *, bool> HiddenCode;
  unsigned Depth = 0;
};

/// True when two threads at \p A and \p B can be at the same data at the same
/// time: neither is atomic, no common lock, not different fields, both at run
/// time and in a build without the GIL.
bool canRace(const ExtensionModel &Model, const GlobalUse &A,
             const GlobalUse &B);
/// The part of it that is about one use: at run time, in a build without the
/// GIL.
bool usedAtRunTime(const ExtensionModel &Model, const GlobalUse &U);
/// The part of it that is about two: the same data and no common lock.
bool conflict(const GlobalUse &A, const GlobalUse &B);
/// The same data, not different fields or a pointer and what it points to.
bool overlap(const GlobalUse &A, const GlobalUse &B);

Phase phaseOf(const ExtensionModel &Model, const GlobalUse &U);
bool onlyWithGil(const ExtensionModel &Model, const GlobalUse &U);

} // namespace pyext::model

#endif // PYEXT_MODEL_GLOBALUSES_H
