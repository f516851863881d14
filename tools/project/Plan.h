//===- Plan.h - Which files are analysed, and how ------------ -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the paths of `pyext-tidy check` to one command line per file and build.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_PLAN_H
#define PYEXT_PROJECT_PLAN_H

#include "CompileCommand.h"
#include "PythonHeaders.h"
#include <optional>
#include <string>
#include <vector>

namespace pyext::project {

/// What the user asked for.
struct Request {
  std::vector<std::string> Paths;        ///< Files, folders, databases.
  std::optional<std::string> BuildPath;  ///< -p
  std::optional<std::string> Python;     ///< --python
  std::optional<std::vector<std::string>> Flags; ///< After `--`.
  std::vector<Build> Builds{Build::AsIs};
  bool Quiet = false;
};

/// One compilation to analyse.
struct Unit {
  std::string File; ///< Absolute.
  clang::tooling::CompileCommand Command;
  Build For = Build::AsIs;
  std::string Target; ///< What the build links it into; empty: not known.
  /// No build speaks of this file: it may be for another system.
  bool Guessed = false;
};

/// A file that is not analysed.
struct LeftOut {
  std::string File;
  std::string Reason;
  std::string Cause; ///< What files can have in common; empty: the reason.
};

struct Plan {
  std::vector<Unit> Units;
  std::vector<LeftOut> Failed;  ///< Asked for, and cannot be analysed.
  std::vector<LeftOut> Skipped; ///< No part of this build.
  unsigned WithoutPython = 0;   ///< Sources that include no Python.h.
  bool Build = false; ///< Flags come from a build, or are given.
};

/// Says on stderr, in one line each, which flags are used. nullopt after an
/// error: a path that does not exist, a Python that is not there.
std::optional<Plan> makePlan(const Request &Wanted);

} // namespace pyext::project

#endif // PYEXT_PROJECT_PLAN_H
