//===- main.cpp - pyext-migrate, the rewrite to per-module state ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Index.h"
#include "ResourceDir.h"
#include "Rewrite.h"
#include "clang/Tooling/CommonOptionsParser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace pyext::migrate;

static cl::OptionCategory Category("pyext-migrate options");
static cl::opt<Level> Upto(
    "level", cl::desc("How far to go; each level includes those before it"),
    cl::values(clEnumValN(Level::MultiPhase, "multi-phase",
                          "multi-phase initialisation"),
               clEnumValN(Level::State, "state",
                          "variables move to the state of the module"),
               clEnumValN(Level::HeapTypes, "heap-types",
                          "static types become heap types"),
               clEnumValN(Level::Interpreters, "interpreters",
                          "the module claims interpreters with a GIL of their "
                          "own, when nothing stands against it (default)"),
               clEnumValN(Level::Gil, "gil",
                          "the module claims to run without the GIL, when the "
                          "checks have no evidence against it")),
    cl::init(Level::Interpreters), cl::cat(Category));
static cl::opt<std::string>
    MinPython("min-python", cl::init("3.9"),
              cl::desc("Oldest Python that the result supports: 3.9 to 3.15"),
              cl::cat(Category));
static cl::opt<bool> Apply("apply",
                           cl::desc("Change the files instead of printing a "
                                    "diff: all of them or none"),
                           cl::cat(Category));
static cl::opt<bool> Quiet("quiet", cl::desc("Print no report"),
                           cl::cat(Category));
static cl::extrahelp More(R"(
Prints a unified diff on standard output and a report, what moved and what did
not and why, on standard error.

Exit status:
  0  the diff is complete, and the result compiles
  1  nothing was done: the sources do not compile, the module was not
     understood, or the result would not compile
  2  done, but something that several interpreters would share is left
)");

static std::optional<unsigned> minorOf(StringRef Version) {
  unsigned Minor;
  if (!Version.consume_front("3.") || Version.getAsInteger(10, Minor) ||
      Minor < 9 || Minor > 15)
    return std::nullopt;
  return Minor;
}

static raw_ostream &error() { return errs() << "pyext-migrate: error: "; }

static std::string where(const Index &I, Place P) {
  if (!P.valid())
    return "";
  SmallString<256> Path(I.Files[P.File].Path), Here;
  if (!sys::fs::current_path(Here) && StringRef(Path).starts_with(Here) &&
      Path.size() > Here.size())
    Path = StringRef(Path).drop_front(Here.size() + 1);
  unsigned Line =
      StringRef(I.Files[P.File].Text).take_front(P.Begin).count('\n') + 1;
  return (Path + ":" + Twine(Line) + ": ").str();
}

static std::string relative(StringRef Path) {
  SmallString<256> Here;
  if (!sys::fs::current_path(Here) && Path.starts_with(Here) &&
      Path.size() > Here.size())
    return Path.drop_front(Here.size() + 1).str();
  return Path.str();
}

/// Writes all files next to their places first, then moves them there.
static bool writeAll(const std::map<std::string, std::string> &Files) {
  std::vector<std::pair<std::string, std::string>> Written;
  auto Undo = [&] {
    for (const auto &[Temporary, Path] : Written)
      (void)sys::fs::remove(Temporary);
  };
  for (const auto &[Path, Text] : Files) {
    std::string Temporary = Path + ".pyext-migrate";
    std::error_code EC;
    raw_fd_ostream OS(Temporary, EC);
    if (!EC) {
      Written.push_back({Temporary, Path});
      OS << Text;
      OS.close();
      EC = OS.error();
      OS.clear_error();
    }
    if (EC) {
      error() << Path << ": " << EC.message() << "; no file was changed\n";
      Undo();
      return false;
    }
    if (ErrorOr<sys::fs::perms> Mode = sys::fs::getPermissions(Path))
      (void)sys::fs::setPermissions(Temporary, *Mode);
  }
  for (const auto &[Temporary, Path] : Written)
    if (std::error_code EC = sys::fs::rename(Temporary, Path)) {
      error() << Path << ": " << EC.message() << "\n";
      return false;
    }
  return true;
}

int main(int argc, const char **argv) {
  InitializeAllTargetInfos();
  InitializeAllTargetMCs();
  InitializeAllAsmParsers();
  auto Parser = clang::tooling::CommonOptionsParser::create(
      argc, argv, Category, cl::OneOrMore,
      "Rewrites an extension module from globals and static types to "
      "per-module state.");
  if (!Parser) {
    error() << toString(Parser.takeError()) << "\n";
    return 1;
  }
  std::optional<unsigned> Minor = minorOf(MinPython);
  if (!Minor) {
    error() << "--min-python=" << MinPython << ": expected 3.9 to 3.15\n";
    return 1;
  }
  std::vector<std::string> Sources, Extra;
  for (const std::string &Source : Parser->getSourcePathList()) {
    SmallString<256> Path(Source);
    if (std::error_code EC = sys::fs::make_absolute(Path)) {
      error() << Source << ": " << EC.message() << "\n";
      return 1;
    }
    if (!sys::fs::exists(Path)) {
      error() << Source << ": no such file; name the sources of one module\n";
      return 1;
    }
    sys::path::remove_dots(Path, true);
    Sources.push_back(std::string(Path));
  }
  if (std::optional<std::string> Dir = pyext::resourceDirToPass(argv[0]))
    Extra.push_back("-resource-dir=" + *Dir);

  Index Before = buildIndex(Parser->getCompilations(), Sources, Extra);
  if (!Before.Errors.empty()) {
    for (const std::string &File : Before.Errors)
      error() << relative(File)
              << ": does not compile, so nothing is rewritten; give the flags "
                 "of its build: -p, or after --\n";
    return 1;
  }
  if (!Before.PythonMinor) {
    error() << "no file includes Python.h; give its folder: -- -I...\n";
    return 1;
  }
  RewriteOptions Options;
  Options.Upto = Upto;
  Options.MinMinor = *Minor;
  RewriteResult Result = rewrite(Before, Options);
  if (!Result.Refused.empty()) {
    error() << Result.Refused << "\n";
    return 1;
  }
  std::string Problem;
  std::map<std::string, std::string> New = apply(Before, Result.Edits, Problem);
  auto AddNewFiles = [&] {
    for (const auto &[Path, Text] : Result.NewFiles) {
      if (sys::fs::exists(Path))
        Problem = Path + ": exists already; rename it";
      New[Path] = Text;
    }
  };
  AddNewFiles();
  auto OldText = [&](StringRef Path) {
    int File = Before.fileOf(Path);
    return File < 0 ? StringRef() : StringRef(Before.Files[File].Text);
  };
  auto Check = [&](Index &After) {
    if (!Problem.empty()) {
      error() << Problem << "; nothing was changed\n";
      return false;
    }
    After = buildIndex(Parser->getCompilations(), Sources, Extra, New);
    if (After.Errors.empty())
      return true;
    for (const std::string &File : After.Errors)
      error()
          << relative(File)
          << ": the rewritten file would not compile; nothing was changed\n";
    return false;
  };
  Index After;
  if (!Check(After))
    return 1;
  // What the checks say of the result decides what it may claim.
  bool Again = false;
  if (Options.Upto >= Level::Interpreters &&
      After.SeveralInterpreters.empty() && After.OwnGil.empty() &&
      !Result.Residue) {
    Options.ClaimOwnGil = true;
    Again = true;
  }
  if (Options.Upto >= Level::Gil && After.WithoutGil.empty()) {
    Options.ClaimNoGil = true;
    Again = true;
  }
  if (Again) {
    Result = rewrite(Before, Options);
    New = apply(Before, Result.Edits, Problem);
    AddNewFiles();
    if (!Check(After))
      return 1;
  }

  if (!Quiet) {
    for (const Outcome &O : Result.Moved)
      errs() << where(Before, O.Where) << O.What
             << ": moved to the module state\n";
    for (const Outcome &O : Result.Left)
      errs() << where(Before, O.Where) << O.What
             << ": left as it is: " << O.Reason << "\n";
    auto Evidence = [&](const std::vector<std::string> &List, StringRef What) {
      for (const std::string &Line : List)
        errs() << "against " << What << ": " << Line << "\n";
    };
    if (Options.Upto >= Level::Interpreters) {
      Evidence(After.SeveralInterpreters, "several interpreters");
      Evidence(After.OwnGil, "interpreters with their own GIL");
    }
    if (Options.Upto >= Level::Gil)
      Evidence(After.WithoutGil, "running without the GIL");
    errs() << Result.Moved.size() << " moved, " << Result.Left.size()
           << " left; "
           << (Options.ClaimOwnGil
                   ? "claims interpreters with a GIL of their own"
                   : "does not claim interpreters with a GIL of their own")
           << "; " << After.FunctionsSeen << " functions and "
           << After.VariablesSeen << " variables analysed, "
           << After.NotAnalysed << " functions not\n";
  }
  if (Apply) {
    if (!writeAll(New))
      return 1;
  } else {
    for (const auto &[Path, Text] : New)
      outs() << unifiedDiff(relative(Path), OldText(Path), Text);
  }
  bool Left = Options.Upto >= Level::Interpreters && !Options.ClaimOwnGil;
  return Left ? 2 : 0;
}
