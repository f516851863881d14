//===- Databases.h - Compilation databases where builds put them  -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_DATABASES_H
#define PYEXT_PROJECT_DATABASES_H

#include "clang/Tooling/CompilationDatabase.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>
#include <vector>

namespace pyext::project {

/// "compile_commands.json"
llvm::StringRef databaseName();

bool hasDatabase(llvm::StringRef Folder);

/// The build folder below \p Root with the newest compile_commands.json, where
/// the usual build backends put it (meson-python: build/cp313,
/// scikit-build-core: build/cp313-cp313-linux_x86_64 or _skbuild/..., CMake:
/// build); empty when there is none.
std::string buildFolderIn(llvm::StringRef Root);

/// Whether \p Folder is the top of a project: a repository, or a folder that
/// pip can build.
bool isProjectRoot(llvm::StringRef Folder);

/// The nearest folder with a database, from \p Folder up to the top of the
/// project; empty when there is none.
std::string findDatabase(llvm::StringRef Folder);

/// How \p Database, which infers what it does not list, has \p File compiled.
/// Empty when it does not list a source and the nearest one that it lists is
/// of the other language: its flags are no guide. Headers are never listed.
std::vector<clang::tooling::CompileCommand>
commandsFor(const clang::tooling::CompilationDatabase &Database,
            llvm::StringRef File);

/// Whether \p Database lists a file below \p Folder.
bool knowsFolder(const clang::tooling::CompilationDatabase &Database,
                 llvm::StringRef Folder);

/// The top of the project that holds \p Folder, else \p Folder.
std::string projectRoot(llvm::StringRef Folder);

/// \p Path absolute and without dots.
std::string absolutePath(llvm::StringRef Path);

/// A new folder that is removed when the process ends, by exit() or by a
/// signal that asks it to end; nullopt when none can be made.
std::optional<std::string> temporaryFolder();

/// Removes the temporary folders now.
void removeTemporaryFolders();

} // namespace pyext::project

#endif // PYEXT_PROJECT_DATABASES_H
