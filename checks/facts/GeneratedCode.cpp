//===- GeneratedCode.cpp - Whether tools' code is analysed ----------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/GeneratedCode.h"

namespace pyext::facts {

static thread_local bool Analyzes = false;

GeneratedCodeScope::GeneratedCodeScope(bool Analyze) : Outer(Analyzes) {
  Analyzes = Analyze;
}
GeneratedCodeScope::~GeneratedCodeScope() { Analyzes = Outer; }

bool GeneratedCodeScope::analyzes() { return Analyzes; }

} // namespace pyext::facts
