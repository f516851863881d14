//===- Message.h - How the tools speak --------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_COMMON_MESSAGE_H
#define PYEXT_COMMON_MESSAGE_H

#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

namespace pyext::driver {

/// The tool that speaks; set by main() of another one.
inline const char *ToolName = "pyext-tidy";

// Each starts a message on stderr, "pyext-tidy: error: ..."; the caller ends it
// with a newline. An error that is printed makes the exit status non-zero.
inline llvm::raw_ostream &error() {
  return llvm::WithColor::error(llvm::errs(), ToolName);
}
inline llvm::raw_ostream &warning() {
  return llvm::WithColor::warning(llvm::errs(), ToolName);
}
inline llvm::raw_ostream &note() {
  return llvm::WithColor::note(llvm::errs(), ToolName);
}

} // namespace pyext::driver

#endif // PYEXT_COMMON_MESSAGE_H
