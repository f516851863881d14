//===- CompileCommand.h - One way to compile one file -------- -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A command of a build is made for the compiler of that build. Here it becomes one
// that clang reads: flags only gcc knows are dropped, the headers of a Python or of
// a package are added where they are missing or replaced by those asked for.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_COMPILECOMMAND_H
#define PYEXT_PROJECT_COMPILECOMMAND_H

#include "PythonHeaders.h"
#include "clang/Tooling/CompilationDatabase.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>
#include <vector>

namespace pyext::project {

/// Which of the two builds of Python a file is compiled for.
enum class Build { AsIs, Gil, FreeThreaded };

/// "as-is", "gil" or "ft".
llvm::StringRef toString(Build B);

/// Drops from \p Arguments, a command line with the compiler first, what clang
/// does not know or what would keep it from analysing: flags of gcc alone,
/// plugins of the compiler, warnings as errors.
std::vector<std::string>
withoutForeignFlags(llvm::ArrayRef<std::string> Arguments);

/// Include folders of \p Command in order, absolute.
std::vector<std::string>
includeFolders(const clang::tooling::CompileCommand &Command);

/// Removes the include folders with a Python.h.
void removePython(clang::tooling::CompileCommand &Command);

/// Adds \p Folders as system folders, behind all others.
void addFolders(clang::tooling::CompileCommand &Command,
                llvm::ArrayRef<std::string> Folders);

/// Makes \p Command compile for \p B.
void setBuild(clang::tooling::CompileCommand &Command, Build B);

/// \p Commands as compile_commands.json.
void writeDatabase(llvm::ArrayRef<clang::tooling::CompileCommand> Commands,
                   llvm::raw_ostream &OS);

/// Makes a relative \p Path one below \p Folder.
void makeAbsolute(llvm::StringRef Folder, llvm::SmallVectorImpl<char> &Path);

} // namespace pyext::project

#endif // PYEXT_PROJECT_COMPILECOMMAND_H
