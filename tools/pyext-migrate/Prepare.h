//===- Prepare.h - Texts that a rewrite can follow --------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Some sources are written so that no edit of a name or a statement makes
// anything of them: a macro declares a type, or PyInit_ begins within `#if`.
// They are written out first, in steps that change nothing of what is compiled,
// and the result is what is rewritten.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_PREPARE_H
#define PYEXT_PYEXT_MIGRATE_PREPARE_H

#include "Rewrite.h"

namespace pyext::migrate {

struct Preparation {
  std::map<std::string, std::string> Texts; ///< By path, of what changes.
  /// Variables and types for which macros are written out, and the macros.
  std::set<std::string> For, Macros;
  unsigned Lines = 0; ///< That are more.
};

/// One step; it continues \p Before. Nothing is done for the variables \p Never.
Preparation prepare(const Index &I, Level Upto, const Preparation &Before,
                    const std::set<std::string> &Never);

/// What says the same of types and variables in a form that the rewrite takes
/// apart; the types for which are added to \p For.
std::vector<Edit> plainer(const Index &I, Level Upto,
                          const std::set<std::string> &Never,
                          std::set<std::string> &For);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_PREPARE_H
