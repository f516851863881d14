//===- Flags.cpp - Compilation databases as clang can use them -----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// clangd gives a file that a database does not list the flags of the nearest one,
// be it of another language, and passes on flags that only gcc knows. The function
// that makes a database guess is called by another object, so the linker's --wrap
// replaces it, as in FastChecks.cpp.
//
//===----------------------------------------------------------------------===//

#include "CompileCommand.h"
#include "Databases.h"
#include "clang/Tooling/CompilationDatabase.h"
#include <memory>

using clang::tooling::CompilationDatabase;
using clang::tooling::CompileCommand;

namespace {

class UsableDatabase : public CompilationDatabase {
public:
  explicit UsableDatabase(std::unique_ptr<CompilationDatabase> Inner)
      : Inner(std::move(Inner)) {}

  std::vector<CompileCommand>
  getCompileCommands(llvm::StringRef File) const override {
    std::vector<CompileCommand> Commands =
        pyext::project::commandsFor(*Inner, File);
    for (CompileCommand &Command : Commands)
      Command.CommandLine =
          pyext::project::withoutForeignFlags(Command.CommandLine);
    return Commands;
  }
  std::vector<std::string> getAllFiles() const override {
    return Inner->getAllFiles();
  }
  std::vector<CompileCommand> getAllCompileCommands() const override {
    return Inner->getAllCompileCommands();
  }

private:
  std::unique_ptr<CompilationDatabase> Inner;
};

} // namespace

std::unique_ptr<CompilationDatabase>
realInferMissing(std::unique_ptr<CompilationDatabase> Listed) asm(
    "__real__ZN5clang7tooling27inferMissingCompileCommandsESt10unique_ptrINS0_"
    "19CompilationDatabaseESt14default_deleteIS2_EE");
std::unique_ptr<CompilationDatabase>
wrapInferMissing(std::unique_ptr<CompilationDatabase> Listed) asm(
    "__wrap__ZN5clang7tooling27inferMissingCompileCommandsESt10unique_ptrINS0_"
    "19CompilationDatabaseESt14default_deleteIS2_EE");

std::unique_ptr<CompilationDatabase>
wrapInferMissing(std::unique_ptr<CompilationDatabase> Listed) {
  return std::make_unique<UsableDatabase>(realInferMissing(std::move(Listed)));
}
