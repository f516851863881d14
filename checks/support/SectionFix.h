//===- SectionFix.h - A critical section around a loop ----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Wraps a loop in a critical section on an object. The macros of a section are
// the two halves of a block, so nothing may leave the loop but its own end and
// `break`: a `return` or `goto` in it becomes a flag and a `break`, and happens
// behind the section.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_SECTIONFIX_H
#define PYEXT_SUPPORT_SECTIONFIX_H

#include "facts/Facts.h"
#include "model/ExtensionModel.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/AST/Stmt.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallVector.h"
#include <string>

namespace pyext {

/// How control leaves a statement other than by its end, and what it changes.
class Leaving {
public:
  explicit Leaving(const clang::Stmt *S) : Whole(S) { visit(S, /*Nested=*/false); }

  const clang::Stmt *Whole;
  llvm::SmallVector<const clang::Stmt *, 4> Exits; ///< `return` and `goto`, in order.
  /// `break` and `continue` of the statement itself, a loop.
  llvm::SmallVector<const clang::Stmt *, 4> Jumps;
  bool NestedExit = false; ///< An exit from an inner loop or a switch.
  bool Labels = false;
  bool Strange = false; ///< asm goto, computed goto, coroutines, try.
  llvm::DenseSet<const clang::ValueDecl *> Written; ///< Assigned, or address taken.

private:
  void visit(const clang::Stmt *S, bool Nested);
  void note(const clang::Expr *E);

  unsigned Switches = 0; ///< 1 inside a switch that belongs to the loop.
};

/// Lines that take a lock and give it back, with a version guard where needed.
/// None of them when there is no such lock.
struct LockLines {
  std::vector<std::string> Take, Give;
  std::string Guard; ///< The `#if` of what needs the lock; may be empty.
};
/// Of a critical section on \p Object, an expression.
LockLines criticalSection(const model::ExtensionModel &Model,
                          const std::string &Object, facts::PyVersion MinPython,
                          std::string &WhyNot);
/// Of a mutex, a variable called \p Name.
LockLines mutexLock(const model::ExtensionModel &Model, const std::string &Name,
                    facts::PyVersion MinPython, std::string &WhyNot);

/// The type of that mutex; one that is all zero is unlocked.
std::string mutexType();

struct SectionFix {
  /// Empty when there is no fix.
  llvm::SmallVector<clang::FixItHint> Hints;
  /// A `return` or `goto` was moved behind the section, or strong references
  /// were taken: for a person to review.
  bool Restructures = false;
  /// Why there is no fix, as a phrase; empty when there is one.
  std::string WhyNot;
};

/// \p Loop is a statement of \p FD in which the object \p Object is to be locked.
/// \p Strong are local variables that hold borrowed references in each step and
/// must be kept alive; the loop's body begins with them set.
SectionFix makeSectionFix(const model::ExtensionModel &Model,
                          const clang::FunctionDecl *FD,
                          const clang::Stmt *Loop, const clang::Expr *Object,
                          llvm::ArrayRef<const clang::VarDecl *> Strong,
                          facts::PyVersion MinPython);

} // namespace pyext

#endif // PYEXT_SUPPORT_SECTIONFIX_H
