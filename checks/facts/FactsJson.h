//===- FactsJson.h - The facts as JSON --------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_FACTSJSON_H
#define PYEXT_FACTS_FACTSJSON_H

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace pyext::facts {

/// Prints every built-in table as one JSON object, ending with a newline: a
/// member per table, named as its file of rows, with an array of objects. What
/// a row leaves open (an empty column, "no argument") has no member.
void printFactsJSON(llvm::raw_ostream &OS);

} // namespace pyext::facts

#endif // PYEXT_FACTS_FACTSJSON_H
