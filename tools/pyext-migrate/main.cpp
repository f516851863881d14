//===- main.cpp - pyext-migrate, the rewrite to per-module state ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Databases.h"
#include "Message.h"
#include "Prepare.h"
#include "Report.h"
#include "ResourceDir.h"
#include "Verify.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/Timer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace pyext::migrate;
using pyext::driver::error;
using pyext::driver::note;

static cl::OptionCategory Category("pyext-migrate options");
static cl::OptionCategory Proof("options of --verify");
static cl::list<std::string> Paths(cl::Positional, cl::cat(Category),
                                   cl::desc("PATH... [-- COMPILER FLAG...]"));
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
              cl::value_desc("VERSION"), cl::cat(Category));
static cl::opt<bool> Apply("apply",
                           cl::desc("Change the files instead of printing a "
                                    "diff: all of them or none"),
                           cl::cat(Category));
static cl::opt<bool> Quiet("quiet", cl::desc("Print no report and no notes"),
                           cl::cat(Category));
static cl::opt<std::string> ReportTo("report",
                                     cl::desc("Write the report as JSON, too"),
                                     cl::value_desc("FILE"), cl::cat(Category));
static cl::opt<std::string>
    BuildPath("p", cl::desc("Folder of compile_commands.json"),
              cl::value_desc("FOLDER"), cl::cat(Category));
static cl::list<std::string>
    Pythons("python",
            cl::desc("Compile with the headers of this Python: an interpreter, "
                     "a version, or a folder with Python.h. With --verify, an "
                     "interpreter to run; may be given several times"),
            cl::value_desc("PYTHON"), cl::cat(Category));
static cl::opt<bool>
    Verify("verify",
           cl::desc("Build the module before and after in copies, run its "
                    "tests, import it in several interpreters, look for leaks "
                    "and compare the speed. With --apply, the files change "
                    "only when all is well"),
           cl::cat(Proof));
static cl::opt<std::string>
    BuildCommand("build",
                 cl::desc("Command that builds the module in a copy of the "
                          "project; {python} is the interpreter (default: "
                          "compile and link with the flags found)"),
                 cl::value_desc("COMMAND"), cl::cat(Proof));
static cl::opt<std::string> TestCommand("test",
                                        cl::desc("Command that runs the tests"),
                                        cl::value_desc("COMMAND"),
                                        cl::cat(Proof));
static cl::list<std::string> BenchmarkCommands(
    "benchmark",
    cl::desc("Command to compare the speed with; may be given several times. "
             "What it prints last counts, when it is a number of seconds or a "
             "result of timeit, else the time that it takes"),
    cl::value_desc("COMMAND"), cl::cat(Proof));
static cl::opt<std::string>
    ProjectRoot("project",
                cl::desc("Folder to copy and to run the commands in (default: "
                         "the repository, or the folder that pip can build)"),
                cl::value_desc("FOLDER"), cl::cat(Proof));
static cl::opt<bool> Keep("keep", cl::desc("Keep the copies, and say where"),
                          cl::cat(Proof));
static cl::extrahelp More(R"(
PATH is a source file, a folder, or a compile_commands.json. A folder stands
for the modules whose sources are in it. Flags are those of -p, or of the
compilation database that pyext-tidy finds as well, or those that follow --, or
the include folders of a Python.

Prints a unified diff for `patch -p1` on standard output and a report, what
moved and what did not and why, on standard error.

Exit status, the first that applies:
  1  a module was not touched: its sources do not compile, it was not
     understood, or the result would not compile
  3  --verify has found that the module does not do what it did
  2  done, but something that several interpreters would share is left
  0  the diff is complete, and the result compiles
)");

static std::optional<unsigned> minorOf(StringRef Version) {
  unsigned Minor;
  if (!Version.consume_front("3.") || Version.getAsInteger(10, Minor) ||
      Minor < 9 || Minor > 15)
    return std::nullopt;
  return Minor;
}

/// The new texts of the files that \p R changes. Empty, with \p Problem set,
/// when that is not possible.
static FileChanges
changesOf(const Index &I, const RewriteResult &R,
          const std::map<std::string, std::string> &Originals,
          std::string &Problem) {
  FileChanges Changes;
  for (auto &[Path, Text] : apply(I, R.Edits, Problem)) {
    auto Original = Originals.find(Path);
    const std::string &Old = Original == Originals.end()
                                 ? I.Files[I.fileOf(Path)].Text
                                 : Original->second;
    Changes[Path] = {Old, inStyle(Path, Old, Text)};
  }
  for (const auto &[Path, Text] : R.NewFiles) {
    if (sys::fs::exists(Path))
      Problem = shown(Path) + ": exists already; rename it";
    Changes[Path] = {std::nullopt, inStyle(Path, "", Text)};
  }
  return Changes;
}

/// Rewrites with M.Options and reads the result; false, with M.Refused set, when
/// that does not work.
static bool attempt(ModuleRun &M, const std::vector<std::string> &Sources,
                    const std::vector<std::string> &ExtraArgs,
                    const std::map<std::string, std::string> &Originals,
                    const std::map<std::string, std::string> &Plain,
                    bool Quietly = true, bool Once = false) {
  M.Refused.clear();
  M.Result = rewrite(M.Before, M.Options);
  if (!M.Result.Refused.empty()) {
    M.Refused = M.Result.Refused;
    return false;
  }
  std::string Problem;
  M.Changes = changesOf(M.Before, M.Result, Originals, Problem);
  if (!Problem.empty()) {
    M.Refused = Problem + "; nothing was changed";
    if (StringRef(Problem).ends_with("rename it"))
      M.Result.MovedKeys.clear(); // Not the fault of any.
    return false;
  }
  std::map<std::string, std::string> Texts = Plain;
  for (const auto &[Path, Change] : M.Changes)
    Texts[Path] = Change.New;
  M.After = buildIndex(M.Input, Sources, ExtraArgs, Texts, Quietly, Once);
  if (M.After.Errors.empty())
    return true;
  M.Refused = shown(M.After.Errors.front()) +
              ": the rewritten file would not compile; nothing was changed";
  return false;
}

/// Finds what has to stay so that the rest can move, by halves.
static bool leaveOut(ModuleRun &M, const std::vector<std::string> &Sources,
                     const std::vector<std::string> &ExtraArgs,
                     const std::map<std::string, std::string> &Originals,
                     const std::map<std::string, std::string> &Plain) {
  // In CPU time: the result must not depend on what else the machine does.
  const double Start = TimeRecord::getCurrentTime().getUserTime();
  const std::vector<std::string> All = M.Result.MovedKeys;
  if (All.empty())
    return false;
  auto Works = [&] {
    return attempt(M, Sources, ExtraArgs, Originals, Plain, /*Quietly=*/true,
                   /*Once=*/true);
  };
  auto Late = [&] {
    return TimeRecord::getCurrentTime().getUserTime() - Start > 120;
  };
  auto Why = [&] {
    return M.Result.Refused.empty()
               ? "with it, the rewritten files would not compile" +
                     (M.After.FirstError.empty()
                          ? std::string()
                          : ": " + M.After.FirstError)
               : M.Result.Refused;
  };
  const std::string First = Why();
  for (const std::string &Key : All)
    M.Options.Excluded[Key] = First;
  if (!Works()) {
    // One may be to blame, and the module may not do without the others.
    for (const std::string &Key : All) {
      M.Options.Excluded = {{Key, First}};
      if (Late())
        break;
      if (Works())
        return attempt(M, Sources, ExtraArgs, Originals, Plain);
    }
    return false;
  }
  std::vector<std::vector<std::string>> Work{All};
  while (!Work.empty()) {
    const std::vector<std::string> Part = std::move(Work.back());
    Work.pop_back();
    const std::map<std::string, std::string> Before = M.Options.Excluded;
    for (const std::string &Key : Part)
      M.Options.Excluded.erase(Key);
    if (Part.size() < All.size() && Works())
      continue;
    M.Options.Excluded = Before;
    if (Part.size() == 1)
      M.Options.Excluded[Part[0]] = All.size() == 1 ? First : Why();
    if (Part.size() == 1)
      continue;
    if (Late()) {
      for (const std::string &Key : Part)
        M.Options.Excluded[Key] =
            "it was not tried alone, which would take long; with others: " +
            First;
      continue;
    }
    Work.emplace_back(Part.begin() + Part.size() / 2, Part.end());
    Work.emplace_back(Part.begin(), Part.begin() + Part.size() / 2);
  }
  return attempt(M, Sources, ExtraArgs, Originals, Plain);
}

/// Writes out what the rewrite could not follow; returns for which variables.
static std::set<std::string>
prepareAll(ModuleRun &M, const std::vector<std::string> &Sources,
           const std::vector<std::string> &ExtraArgs,
           std::map<std::string, std::string> &Originals,
           std::map<std::string, std::string> &Plain,
           const std::set<std::string> &Never) {
  Preparation Step;
  for (unsigned Steps = 0; Steps < 12; ++Steps) {
    Preparation Next = prepare(M.Before, M.Upto, Step, Never);
    if (Next.Texts.empty())
      break;
    auto Texts = Plain;
    for (const auto &[Path, Text] : Next.Texts)
      Texts[Path] = Text;
    Index Read = buildIndex(M.Input, Sources, ExtraArgs, Texts, /*Quietly=*/true);
    if (!Read.Errors.empty())
      break;
    for (const auto &[Path, Text] : Next.Texts)
      Originals.try_emplace(Path, M.Before.Files[M.Before.fileOf(Path)].Text);
    Plain = std::move(Texts);
    M.Before = std::move(Read);
    Step = std::move(Next);
  }
  return Step.For;
}

/// Rewrites one module; what stands against it ends up in M.Refused.
static void migrate(ModuleRun &M, unsigned MinMinor,
                    const std::vector<std::string> &ExtraArgs) {
  const std::vector<std::string> Sources = M.Input.sources();
  M.Before = buildIndex(M.Input, Sources, ExtraArgs);
  // Files are read, changed and read again with plain newlines.
  std::map<std::string, std::string> Originals, Plain;
  for (const SourceFile &File : M.Before.Files)
    if (hasCarriageReturns(File.Text)) {
      Originals[File.Path] = File.Text;
      Plain[File.Path] = withoutCarriageReturns(File.Text);
    }
  if (!Plain.empty())
    M.Before = buildIndex(M.Input, Sources, ExtraArgs, Plain);
  if (!M.Before.Errors.empty()) {
    M.Refused = shown(M.Before.Errors.front()) +
                ": does not compile, so nothing is rewritten; give the flags "
                "of its build: -p, or after --";
    return;
  }
  if (!M.Before.PythonMinor) {
    M.Refused = "no file includes Python.h; give its folder: -- -I...";
    return;
  }
  if (M.Before.Modules.size() == 1) {
    const ModuleInfo &Only = M.Before.Modules.front();
    // The one that is imported, with the package that m_name may give.
    M.Name = StringRef(Only.FullName).ends_with("." + Only.Name)
                 ? Only.FullName
                 : Only.Name;
  }
  M.Options.Upto = M.Upto;
  M.Options.MinMinor = MinMinor;
  // What is written out for something that stays all the same is not.
  const Index AsWritten = M.Before;
  const auto OriginalsAsWritten = Originals, PlainAsWritten = Plain;
  std::set<std::string> Never;
  bool Partly = false, Accept = false;
  unsigned Rounds = 0;
  for (;;) {
    const std::set<std::string> For =
        prepareAll(M, Sources, ExtraArgs, Originals, Plain, Never);
    // Once to see what the checks say of the result, and again with the claims
    // that this allows.
    bool Works = attempt(M, Sources, ExtraArgs, Originals, Plain);
    const std::string Why = M.Refused;
    Works = Works || leaveOut(M, Sources, ExtraArgs, Originals, Plain);
    if (Works && (For.empty() || Accept))
      break;
    if (Works && all_of(For, [&](const std::string &Key) {
          return is_contained(M.Result.MovedKeys, Key);
        }))
      break;
    M.Options.Excluded.clear();
    Partly |= Works && !For.empty();
    if (For.empty() && Partly && !Accept) {
      Accept = true; // Better than nothing.
    } else if (For.empty() || Accept) {
      attempt(M, Sources, ExtraArgs, Originals, Plain, /*Quietly=*/false);
      M.Refused = Why;
      return;
    }
    if (Works && ++Rounds < 4)
      copy_if(For, std::inserter(Never, Never.end()), [&](const auto &Key) {
        return !is_contained(M.Result.MovedKeys, Key);
      });
    else
      Never.insert(For.begin(), For.end());
    if (Accept)
      Never.clear();
    M.Before = AsWritten;
    Originals = OriginalsAsWritten;
    Plain = PlainAsWritten;
  }
  M.Options.ClaimOwnGil = M.Upto >= Level::Interpreters &&
                          M.After.SeveralInterpreters.empty() &&
                          M.After.OwnGil.empty() && !M.Result.Residue;
  M.Options.ClaimNoGil = M.Upto >= Level::Gil && M.After.WithoutGil.empty();
  if (M.Options.ClaimOwnGil || M.Options.ClaimNoGil)
    attempt(M, Sources, ExtraArgs, Originals, Plain, /*Quietly=*/false);
}

/// The changes of all modules. A module that changes a file that another one
/// changes, too, has to wait for the next run.
static FileChanges merged(std::vector<ModuleRun> &Runs) {
  FileChanges All;
  for (ModuleRun &M : Runs) {
    if (!M.Refused.empty())
      continue;
    for (const auto &[Path, Change] : M.Changes)
      if (auto Other = All.find(Path);
          Other != All.end() && Other->second.New != Change.New) {
        M.Refused = shown(Path) + ": is changed for another module as well; "
                                  "apply that, and run again";
        break;
      }
    if (M.Refused.empty())
      All.insert(M.Changes.begin(), M.Changes.end());
    else
      M.Changes.clear();
  }
  return All;
}

static bool writeReport(ArrayRef<ModuleRun> Runs) {
  std::error_code EC;
  raw_fd_ostream OS(ReportTo, EC);
  if (!EC) {
    printJson(Runs, OS);
    OS.close();
    EC = OS.error();
    OS.clear_error();
  }
  if (EC)
    error() << ReportTo << ": " << EC.message() << "\n";
  return !EC;
}

int main(int argc, const char **argv) {
  pyext::driver::ToolName = "pyext-migrate";
  InitializeAllTargetInfos();
  InitializeAllTargetMCs();
  InitializeAllAsmParsers();

  std::vector<const char *> Own;
  pyext::project::Request Wanted;
  for (int I = 0; I < argc; ++I) {
    if (StringRef(argv[I]) == "--") {
      Wanted.Flags.emplace(argv + I + 1, argv + argc);
      break;
    }
    Own.push_back(argv[I]);
  }
  cl::HideUnrelatedOptions({&Category, &Proof});
  if (!cl::ParseCommandLineOptions(
          Own.size(), Own.data(),
          "Rewrites extension modules from globals and static types to "
          "per-module state.\n",
          &errs()))
    return 1;
  if (Paths.empty()) {
    error() << "no path given; see " << argv[0] << " --help\n";
    return 1;
  }
  std::optional<unsigned> Minor = minorOf(MinPython);
  if (!Minor) {
    error() << "--min-python=" << MinPython << ": expected 3.9 to 3.15\n";
    return 1;
  }
  for (cl::opt<std::string> *Option :
       {&BuildCommand, &TestCommand, &ProjectRoot})
    if (Option->getNumOccurrences() && !Verify) {
      error() << "--" << Option->ArgStr << " goes with --verify\n";
      return 1;
    }
  if (!BenchmarkCommands.empty() && !Verify) {
    error() << "--benchmark goes with --verify\n";
    return 1;
  }
  Wanted.Paths = Paths;
  Wanted.Quiet = Quiet;
  if (!BuildPath.empty())
    Wanted.BuildPath = BuildPath;
  // To run, not to compile with, when the flags say what to compile with.
  if (!Pythons.empty() && !(Verify && Wanted.Flags))
    Wanted.Python = Pythons.front();
  std::vector<std::string> Extra;
  if (std::optional<std::string> Dir = pyext::resourceDirToPass(argv[0]))
    Extra.push_back("-resource-dir=" + *Dir);

  std::vector<ModuleRun> Runs;
  for (ModuleInput &Input : findModules(Wanted, Extra)) {
    ModuleRun &M = Runs.emplace_back();
    M.Input = std::move(Input);
    for (const std::string &File : M.Input.sources())
      M.Files.push_back(shown(File));
    M.Upto = Upto;
    migrate(M, *Minor, Extra);
  }
  if (Runs.empty())
    return 1;
  FileChanges Changes = merged(Runs);

  int Status = 0;
  for (const ModuleRun &M : Runs) {
    if (!M.Refused.empty()) {
      error() << (Runs.size() > 1 && !M.Name.empty() ? "module " + M.Name + ": "
                                                     : std::string())
              << M.Refused << "\n";
      Status = 1;
    } else if (Status == 0 && M.status() == "partly") {
      Status = 2;
    }
    if (!Quiet)
      printText(M, errs());
  }
  if (!ReportTo.empty() && !writeReport(Runs))
    return 1;

  if (Verify) {
    VerifyOptions Options;
    Options.Build = BuildCommand;
    Options.Test = TestCommand;
    Options.Benchmarks = BenchmarkCommands;
    Options.Pythons = Pythons;
    Options.Project = ProjectRoot;
    Options.Keep = Keep;
    if (!verify(Options, Runs, Changes))
      return Status == 1 ? 1 : 3;
  }
  if (Apply) {
    if (!writeAll(Changes))
      return 1;
  } else if (!Verify) {
    const std::string Root = diffRoot(Changes);
    SmallString<256> Here;
    (void)sys::fs::current_path(Here);
    if (!Quiet && Root != Here.str())
      note() << "paths in the diff begin in " << Root << "\n";
    outs() << diffOf(Changes, Root);
  }
  return Status;
}
