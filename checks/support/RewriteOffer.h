//===- RewriteOffer.h - Naming the command that rewrites --------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_REWRITEOFFER_H
#define PYEXT_SUPPORT_REWRITEOFFER_H

#include "model/ExtensionModel.h"
#include <string>

namespace pyext {

/// How far pyext-migrate has to go for a finding to go away.
enum class RewriteLevel { MultiPhase, State, HeapTypes };

/// What a note adds about the rewrite of a whole module: "'pyext-migrate
/// --level=state spam.c' does that for the whole module".
std::string rewriteOffer(const model::ExtensionModel &Model,
                         RewriteLevel Level);

} // namespace pyext

#endif // PYEXT_SUPPORT_REWRITEOFFER_H
