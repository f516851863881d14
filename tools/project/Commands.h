//===- Commands.h - The subcommands of pyext-tidy ------------ -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_COMMANDS_H
#define PYEXT_PROJECT_COMMANDS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace pyext::project {

// Each takes the arguments behind its name and returns the exit status.

/// `pyext-tidy check`: analyses a project.
int check(const char *Argv0, llvm::ArrayRef<const char *> Arguments);

/// `pyext-tidy record`: runs a build and writes compile_commands.json.
int record(const char *Argv0, llvm::ArrayRef<const char *> Arguments);

/// What `record` puts in the place of the compiler: notes the command and runs
/// the compiler.
inline constexpr char RecordCompiler[] = "record-compiler";
int recordCompiler(llvm::ArrayRef<const char *> Arguments);

/// `pyext-tidy init`: writes settings.
int init(llvm::ArrayRef<const char *> Arguments);

} // namespace pyext::project

#endif // PYEXT_PROJECT_COMMANDS_H
