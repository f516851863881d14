//===- SharedState.h - Static variables as two parties see them -*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Questions that every check of static data asks: is the variable shared, when
// is it accessed, and can two accesses run at the same time.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_SHAREDSTATE_H
#define PYEXT_MODEL_SHAREDSTATE_H

#include "model/ExtensionModel.h"

namespace pyext::model {

/// When an access can happen.
enum class Phase : uint8_t {
  Unknown, ///< In no function, or in one nobody in this file calls.
  Import,  ///< Only while the module is imported.
  Unload,  ///< Only while the module object is traversed, cleared or freed.
  RunTime, ///< While any number of threads use the module.
};
Phase phaseOf(const ExtensionModel &Model, const Access &A);

/// The definition of a variable of static storage that all threads share and
/// that code may write. Null for anything else: fields, thread-local, const and
/// never written variables, locks and atomics, definition tables, tables that
/// a header provides, names made by a generator, flags of signal handlers, and
/// variables that another file defines.
const clang::VarDecl *sharedVariable(const StateVariable &S);

/// True when the two are parts of one variable that do not overlap: different
/// fields of one struct.
bool areDisjoint(const Access &A, const Access &B);

/// True when a thread at \p A keeps every other thread from \p B: a lock that
/// is the same for all threads is held at both.
bool exclude(const ExtensionModel &Model, const Access &A, const Access &B);

/// The locks held at \p A that are the same for all threads. The lock of an
/// object that differs from call to call is not among them.
flow::LockList globalLocksAt(const ExtensionModel &Model, const Access &A);

/// True when the access exists only in builds with the GIL.
bool onlyWithGil(const ExtensionModel &Model, const Access &A);
/// The same of what is written, or comes out of a macro, at \p Loc.
bool onlyWithGil(const ExtensionModel &Model, clang::SourceLocation Loc);

/// True for `assert(x)`: not compiled in a release.
bool isInAssert(clang::SourceLocation Loc, const ExtensionModel &Model);

} // namespace pyext::model

#endif // PYEXT_MODEL_SHAREDSTATE_H
