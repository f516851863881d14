//===- FirstUse.h - Data that is initialised when first used ----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Recognises "test, then initialise" whatever its form:
//
//   if (!v) v = f();              if (v) return v;  ...  v = f();
//   if (v < 0) { ... v = 1; }     return v ? v : (v = f());
//   if (!v) init_v();             T *p = v; if (p == NULL) v = p = f();
//
// Which way a test goes before the initialisation is computed from the
// variable's initial value, so any sentinel will do.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_FIRSTUSE_H
#define PYEXT_MODEL_FIRSTUSE_H

#include "model/ExtensionModel.h"
#include <optional>

namespace pyext::model {

/// A test whether a variable still has its initial value, and what is done if
/// it has.
struct FirstUse {
  const Function *In;
  const StateVariable *Variable;
  const Access *Test;      ///< The read that is tested.
  const clang::Stmt *Branch; ///< The if, ?:, && or || that tests.
  /// The first write of Variable on the way that the test opens; in the same
  /// function, or in one that it calls there.
  const Access *Write;
  /// The call that leads to Write; null when the function writes by itself.
  const clang::CallExpr *Call;
  /// A further test on that way, under the lock of the write: double-checked
  /// locking.
  bool TestedAgain;
  /// Other static data written on that way by the function itself, each with
  /// its first write; what the variable is a flag for.
  std::vector<std::pair<const StateVariable *, const Access *>> Companions;
};

/// The same with a field behind a pointer that the function is given, when the
/// struct is known to be one for all threads.
struct FieldFirstUse {
  const Function *In;
  const clang::ParmVarDecl *Pointer;
  const clang::FieldDecl *Field;
  const clang::MemberExpr *Test;
  const clang::Stmt *Branch; ///< As above.
  const clang::MemberExpr *Write;
  /// The static variable in which the function keeps the pointer, or whose
  /// address a caller passes, and where.
  const StateVariable *Variable;
  clang::SourceLocation Shared;
};
std::vector<FieldFirstUse> findFieldFirstUses(const ExtensionModel &Model);

/// All first uses, in the order of the functions and of the tests, one per
/// variable and function.
std::vector<FirstUse> findFirstUses(const ExtensionModel &Model);

/// The first use of \p Field, a field of an object that starts out as
/// \p Initial, within \p F; nothing when F has none.
std::optional<FirstUse> findFirstUse(const ExtensionModel &Model,
                                     const Function &F,
                                     const StateVariable &Field,
                                     int64_t Initial);

} // namespace pyext::model

#endif // PYEXT_MODEL_FIRSTUSE_H
