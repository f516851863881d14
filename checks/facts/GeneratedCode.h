//===- GeneratedCode.h - Whether tools' code is analysed ---------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_GENERATEDCODE_H
#define PYEXT_FACTS_GENERATEDCODE_H

namespace pyext::facts {

/// While it lives, with \p Analyze, no name counts as one that a tool has made
/// for this thread. Scopes nest; only the innermost counts.
class GeneratedCodeScope {
public:
  explicit GeneratedCodeScope(bool Analyze);
  ~GeneratedCodeScope();
  GeneratedCodeScope(const GeneratedCodeScope &) = delete;
  GeneratedCodeScope &operator=(const GeneratedCodeScope &) = delete;

  /// Whether what tools have written is analysed like the rest.
  static bool analyzes();

private:
  bool Outer;
};

} // namespace pyext::facts

#endif // PYEXT_FACTS_GENERATEDCODE_H
