//===- Rewrite.h - From process-global to per-module state ------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decides what of an extension can move into the state of its module, and
// writes the edits. An edit belongs to a thing that moves as a whole: a
// variable with all its uses, a type with its definition, registration and
// deallocator. What cannot move stays, with the reason.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_REWRITE_H
#define PYEXT_PYEXT_MIGRATE_REWRITE_H

#include "Index.h"

namespace pyext::migrate {

enum class Level {
  MultiPhase = 1, ///< PyInit_ returns PyModuleDef_Init().
  State,          ///< Variables move to the module state.
  HeapTypes,      ///< Static types become heap types.
  Interpreters,   ///< Claims interpreters with a GIL of their own.
  Gil,            ///< Claims to run without the GIL.
};

struct RewriteOptions {
  Level Upto = Level::Interpreters;
  unsigned MinMinor = 9; ///< Oldest Python 3.N to support.
  /// What was found out about the rewritten module.
  bool ClaimOwnGil = false, ClaimNoGil = false;
  /// Keys of what is left, because with it nothing could be done, and why.
  std::map<std::string, std::string> Excluded;
};

struct Edit {
  Place Where; ///< An empty range inserts.
  std::string Text;
};

/// What happened to one thing, for the report.
struct Outcome {
  std::string What; ///< "variable 'x'"
  Place Where;
  std::string Reason; ///< Empty when it moved.
};

struct RewriteResult {
  std::vector<Edit> Edits;
  std::map<std::string, std::string> NewFiles; ///< Texts by path.
  std::vector<Outcome> Moved, Left;
  std::vector<Outcome> Asking; ///< Functions that ask the interpreter, and why.
  std::vector<std::string> MovedKeys; ///< Of Moved.
  std::string Refused;  ///< Why nothing can be done; empty otherwise.
  bool Residue = false; ///< Mutable state of the process is left.
};

RewriteResult rewrite(const Index &I, const RewriteOptions &Options);

/// The files of \p I that \p Edits change, by path. Nothing, with \p Error set,
/// when edits overlap.
std::map<std::string, std::string>
apply(const Index &I, std::vector<Edit> Edits, std::string &Error);

/// A unified diff from \p Old to \p New, \p Path named on both sides; empty
/// when they are equal.
std::string unifiedDiff(llvm::StringRef Path, llvm::StringRef Old,
                        llvm::StringRef New);

/// The bytes of \p New, as [begin, end), on lines that \p Old does not have.
std::vector<std::pair<unsigned, unsigned>> addedRanges(llvm::StringRef Old,
                                                       llvm::StringRef New);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_REWRITE_H
