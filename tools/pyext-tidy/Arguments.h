//===- Arguments.h - The command line of pyext-tidy -------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// pyext-tidy takes every argument of clang-tidy and a few of its own. Its own
// are taken out here; the rest is handed to clang-tidy unchanged, and read only
// as far as the driver has to know it.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_TIDY_ARGUMENTS_H
#define PYEXT_PYEXT_TIDY_ARGUMENTS_H

#include <optional>
#include <string>
#include <vector>

namespace pyext::driver {

struct Arguments {
  // Own options.
  bool Facts = false;
  bool DumpModel = false;
  bool Help = false;
  bool Version = false;
  bool AllowNoPython = false;
  std::optional<std::string> Python;
  /// File that is to hold what became of each source, as JSON: for `check`,
  /// which runs this tool once per file.
  std::optional<std::string> StatusTo;

  // Options of clang-tidy the driver looks at.
  bool ListChecks = false;
  bool ExplainConfig = false;
  bool DumpConfig = false;
  bool VerifyConfig = false;
  bool Quiet = false;
  bool FixErrors = false;
  bool AllowNoChecks = false;
  bool ResourceDir = false; ///< -resource-dir is given somewhere.
  std::optional<std::string> BuildPath;
  std::optional<std::string> Checks;
  std::optional<std::string> WarningsAsErrors;
  std::optional<std::string> Config;
  std::optional<std::string> ConfigFile;
  std::vector<std::string> Plugins;

  /// Source files as written.
  std::vector<std::string> Sources;

  /// Everything for clang-tidy before `--`, except argv[0], Sources, Checks and
  /// WarningsAsErrors.
  std::vector<std::string> Stock;
  /// `--` is given; what follows it are the flags of the compiler.
  bool HasCompilerFlags = false;
  std::vector<std::string> CompilerFlags;

  /// Whether files are analysed, not only configuration shown.
  bool analyses() const {
    return !ListChecks && !ExplainConfig && !DumpConfig && !VerifyConfig;
  }

  /// The command line for clang-tidy, \p Argv0 first.
  std::vector<std::string> commandLine(const char *Argv0) const;
};

/// Reads the command line, response files (@file) expanded. On failure prints
/// one message and returns nullopt.
std::optional<Arguments> parseArguments(int Argc, const char **Argv);

} // namespace pyext::driver

#endif // PYEXT_PYEXT_TIDY_ARGUMENTS_H
