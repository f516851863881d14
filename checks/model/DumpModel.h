//===- DumpModel.h - Prints the model of files ------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_DUMPMODEL_H
#define PYEXT_MODEL_DUMPMODEL_H

#include "clang/Tooling/CompilationDatabase.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace pyext::model {

/// Parses each of \p Files with its command in \p Compilations and prints its
/// model as one JSON object.
/// \returns 0, or 1 when a file did not parse, with clang's errors on stderr.
int dumpModel(clang::tooling::CompilationDatabase &Compilations,
              llvm::ArrayRef<std::string> Files, llvm::raw_ostream &OS);

} // namespace pyext::model

#endif // PYEXT_MODEL_DUMPMODEL_H
