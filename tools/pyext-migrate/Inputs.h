//===- Inputs.h - Which sources make which module ---------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_INPUTS_H
#define PYEXT_PYEXT_MIGRATE_INPUTS_H

#include "Plan.h"
#include "clang/Tooling/CompilationDatabase.h"

namespace pyext::migrate {

/// The sources of one module with their commands: a compilation database.
class ModuleInput : public clang::tooling::CompilationDatabase {
public:
  std::vector<project::Unit> Units;

  std::vector<std::string> sources() const;
  std::vector<clang::tooling::CompileCommand>
  getCompileCommands(llvm::StringRef Path) const override;
  std::vector<std::string> getAllFiles() const override { return sources(); }
};

/// Finds the modules that the paths of \p Wanted stand for: by what the build
/// links together, else by who uses whose functions and variables. Sources that
/// belong to no module are left out, with a note, when folders are named, and
/// make one module when only files are. Empty after an error.
std::vector<ModuleInput> findModules(const project::Request &Wanted,
                                     const std::vector<std::string> &ExtraArgs);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_INPUTS_H
