//===- Arguments.cpp - The command line of pyext-tidy ---------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "Message.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

using namespace pyext::driver;
namespace cl = llvm::cl;

/// Whether option \p Name of clang-tidy takes its value from the next argument
/// when none follows an equals sign.
static bool takesValue(llvm::StringRef Name) {
  // CommonOptionsParser makes these only when it runs.
  if (Name == "p" || Name == "extra-arg" || Name == "extra-arg-before" ||
      Name == "removed-arg")
    return true;
  cl::Option *Option = cl::getRegisteredOptions().lookup(Name);
  return Option && Option->getValueExpectedFlag() == cl::ValueRequired;
}

static bool isTrue(std::optional<llvm::StringRef> Value) {
  return !Value || Value->equals_insensitive("true") || *Value == "1";
}

std::optional<Arguments> pyext::driver::parseArguments(int Argc,
                                                       const char **Argv) {
  llvm::SmallVector<const char *> Expanded(Argv, Argv + Argc);
  llvm::BumpPtrAllocator Allocator;
  cl::ExpansionContext Context(Allocator, cl::TokenizeGNUCommandLine);
  if (llvm::Error Err = Context.expandResponseFiles(Expanded)) {
    error() << llvm::toString(std::move(Err)) << "\n";
    return std::nullopt;
  }

  Arguments Result;
  for (size_t I = 1; I < Expanded.size(); ++I) {
    llvm::StringRef Argument = Expanded[I];
    if (Argument == "--") {
      Result.HasCompilerFlags = true;
      Result.CompilerFlags.assign(Expanded.begin() + I + 1, Expanded.end());
      break;
    }
    if (!Argument.starts_with("-") || Argument == "-") {
      Result.Sources.push_back(Argument.str());
      continue;
    }

    llvm::StringRef Name = Argument.ltrim('-');
    std::optional<llvm::StringRef> Value;
    if (size_t Equals = Name.find('='); Equals != llvm::StringRef::npos) {
      Value = Name.substr(Equals + 1);
      Name = Name.substr(0, Equals);
    }

    // Own options.
    if (bool *Flag = llvm::StringSwitch<bool *>(Name)
                         .Case("facts", &Result.Facts)
                         .Case("dump-model", &Result.DumpModel)
                         .Case("allow-no-python", &Result.AllowNoPython)
                         .Case("help", &Result.Help)
                         .Case("help-list", &Result.Help)
                         .Case("h", &Result.Help)
                         .Case("version", &Result.Version)
                         .Default(nullptr)) {
      *Flag = isTrue(Value);
      continue;
    }
    std::optional<std::string> *Own =
        llvm::StringSwitch<std::optional<std::string> *>(Name)
            .Case("python", &Result.Python)
            .Case("status-to", &Result.StatusTo)
            .Default(nullptr);
    if (Own || takesValue(Name)) {
      bool Separate = !Value;
      if (Separate) {
        if (I + 1 == Expanded.size()) {
          error() << Argument << " needs a value; see " << Argv[0]
                  << " --help\n";
          return std::nullopt;
        }
        Value = Expanded[++I];
      }
      if (Own) {
        *Own = Value->str();
        continue;
      }
      // The driver adds to these two, and clang-tidy takes each only once.
      if (Name != "checks" && Name != "warnings-as-errors") {
        Result.Stock.push_back(Argument.str());
        if (Separate)
          Result.Stock.push_back(Value->str());
      }
      if (std::optional<std::string> *Option =
              llvm::StringSwitch<std::optional<std::string> *>(Name)
                  .Case("p", &Result.BuildPath)
                  .Case("checks", &Result.Checks)
                  .Case("warnings-as-errors", &Result.WarningsAsErrors)
                  .Case("config", &Result.Config)
                  .Case("config-file", &Result.ConfigFile)
                  .Default(nullptr))
        *Option = Value->str();
      if (Name == "load")
        Result.Plugins.push_back(Value->str());
      if (Value->starts_with("-resource-dir"))
        Result.ResourceDir = true;
      continue;
    }
    if (bool *Flag = llvm::StringSwitch<bool *>(Name)
                         .Case("list-checks", &Result.ListChecks)
                         .Case("explain-config", &Result.ExplainConfig)
                         .Case("dump-config", &Result.DumpConfig)
                         .Case("verify-config", &Result.VerifyConfig)
                         .Case("quiet", &Result.Quiet)
                         .Case("fix-errors", &Result.FixErrors)
                         .Case("allow-no-checks", &Result.AllowNoChecks)
                         .Default(nullptr))
      *Flag = isTrue(Value);
    Result.Stock.push_back(Argument.str());
  }
  for (llvm::StringRef Flag : Result.CompilerFlags)
    if (Flag.starts_with("-resource-dir"))
      Result.ResourceDir = true;
  return Result;
}

std::vector<std::string> Arguments::commandLine(const char *Argv0) const {
  std::vector<std::string> Line{Argv0};
  Line.insert(Line.end(), Stock.begin(), Stock.end());
  if (Checks)
    Line.push_back("--checks=" + *Checks);
  if (WarningsAsErrors)
    Line.push_back("--warnings-as-errors=" + *WarningsAsErrors);
  Line.insert(Line.end(), Sources.begin(), Sources.end());
  if (HasCompilerFlags) {
    Line.push_back("--");
    Line.insert(Line.end(), CompilerFlags.begin(), CompilerFlags.end());
  }
  return Line;
}
