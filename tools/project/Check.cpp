//===- Check.cpp - pyext-tidy check ---------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Baseline.h"
#include "Catalogue.h"
#include "Changes.h"
#include "Collect.h"
#include "Commands.h"
#include "Databases.h"
#include "Fixes.h"
#include "Includes.h"
#include "Message.h"
#include "Module.h"
#include "Plan.h"
#include "Runner.h"
#include "report/Report.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Threading.h"
#include <map>
#include <set>

using namespace pyext;
using namespace pyext::project;
using namespace pyext::driver;
using report::Report;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// Of a finding, for a reader; reports have all.
static constexpr size_t MaxNotes = 8;

static constexpr char Help[] =
    R"(USAGE: pyext-tidy check [options] [PATH...] [-- compiler flags]

Analyses the extension modules of a project. PATH is a source file, a folder or a
compile_commands.json; without one, the current folder.

Where flags come from, in this order:
  flags behind --; -p; a compile_commands.json in the folder, above it up to the
  top of the project, or in a build folder there (build/, build/cp313/, ...);
  else the headers of Python, NumPy, pybind11 and nanobind that python3 knows,
  and the folders of the project that hold the headers its sources include.

  -p FOLDER              Folder of a compile_commands.json.
  --python=NAME          Python whose headers to use: an interpreter, a version
                         such as 3.14t, or a folder with Python.h. It replaces
                         the one of a compile_commands.json.
  --config=LIST          Builds of Python to analyse for: gil, ft (free-threaded)
                         or gil,ft, merged. Without it: as the flags say.
  --checks=GLOBS         As in clang-tidy, on top of the checks of this tool.
  --config-file=FILE     A .clang-tidy to use for all files.
  -j N                   Processes at a time; all cores without it.
  --timeout=SECONDS      For one file; 600 without it.

What is reported:
  --baseline=FILE        Known findings, which are not reported; entries that are
                         no longer found are listed.
  --update-baseline      Write all findings to the baseline file.
  --diff-against=REV     Only findings on lines that differ from a git revision,
                         or with a note on such a line.
  --require-nolint-reason
                         NOLINT(cpython-...) without a reason behind it is a
                         finding.
  --all-notes            Print every note of a finding, not the first ones.
  --quiet                Print findings only, with every note.

Fixes:
  --diff                 Print safe fixes as a diff; change nothing.
  --fix                  Apply them: all files of a fix or none, and only when
                         the result still compiles.

Reports, all from the same findings; FILE may be - for standard output:
  --sarif=FILE           SARIF 2.1.0, for code scanning of GitHub and others.
  --sarif-limit=N        Results in it, the most important ones; 25000, which
                         GitHub takes, without it.
  --gitlab=FILE          GitLab code quality.
  --json=FILE            Everything, for programs.
  --html=FILE            One page to look at.
  --github               Annotations of a GitHub workflow, on standard output.

Exit status:
  0  all files were analysed, and nothing was found
  1  findings
  2  something could not be analysed, or the command line is wrong
  3  findings, and something could not be analysed
)";

namespace {

struct Options {
  Request Wanted;
  unsigned Jobs = 0, Timeout = 600, SarifLimit = 25000;
  std::optional<std::string> Baseline, DiffAgainst;
  bool UpdateBaseline = false, Fix = false, Diff = false, GitHub = false,
       NolintReason = false, AllNotes = false;
  std::optional<std::string> Sarif, GitLab, Json, Html;
  bool OwnChecks = false; ///< --checks or --config-file is given.
  std::vector<std::string> PassedOn;
};

} // namespace

static std::optional<Options>
parseOptions(llvm::ArrayRef<const char *> Arguments) {
  Options O;
  auto Bad = [](const llvm::Twine &Why) {
    error() << Why << "; see pyext-tidy check --help\n";
    return std::nullopt;
  };
  for (size_t I = 0; I != Arguments.size(); ++I) {
    llvm::StringRef Argument = Arguments[I];
    if (Argument == "--") {
      O.Wanted.Flags.emplace();
      for (const char *Flag : Arguments.drop_front(I + 1))
        O.Wanted.Flags->push_back(Flag);
      break;
    }
    if (!Argument.starts_with("-") || Argument == "-") {
      O.Wanted.Paths.push_back(Argument.str());
      continue;
    }
    llvm::StringRef Name = Argument.ltrim('-');
    std::optional<llvm::StringRef> Value;
    if (size_t Equals = Name.find('='); Equals != llvm::StringRef::npos) {
      Value = Name.substr(Equals + 1);
      Name = Name.take_front(Equals);
    }
    if (bool *Flag = llvm::StringSwitch<bool *>(Name)
                         .Case("quiet", &O.Wanted.Quiet)
                         .Case("fix", &O.Fix)
                         .Case("diff", &O.Diff)
                         .Case("github", &O.GitHub)
                         .Case("all-notes", &O.AllNotes)
                         .Case("require-nolint-reason", &O.NolintReason)
                         .Default(nullptr)) {
      if (Value)
        return Bad("'--" + Name + "' takes no value");
      *Flag = true;
      continue;
    }
    if (Name == "update-baseline") {
      O.UpdateBaseline = true;
      if (Value)
        O.Baseline = Value->str();
      continue;
    }
    // -j4
    if (Name.size() > 1 && Name[0] == 'j' && llvm::isDigit(Name[1])) {
      Value = Name.drop_front();
      Name = "j";
    }
    bool Known = llvm::is_contained(
        {"p", "build-path", "python", "config", "checks", "config-file",
         "header-filter", "load", "j", "jobs", "timeout", "baseline",
         "diff-against", "sarif", "sarif-limit", "gitlab", "json", "html"},
        Name);
    if (!Known)
      return Bad("unknown option '" + Argument + "'");
    if (!Value) {
      if (I + 1 == Arguments.size())
        return Bad("'" + Argument + "' needs a value");
      Value = Arguments[++I];
    }
    if (std::optional<std::string> *Option =
            llvm::StringSwitch<std::optional<std::string> *>(Name)
                .Cases("p", "build-path", &O.Wanted.BuildPath)
                .Case("python", &O.Wanted.Python)
                .Case("baseline", &O.Baseline)
                .Case("diff-against", &O.DiffAgainst)
                .Case("sarif", &O.Sarif)
                .Case("gitlab", &O.GitLab)
                .Case("json", &O.Json)
                .Case("html", &O.Html)
                .Default(nullptr)) {
      *Option = Value->str();
    } else if (Name == "j" || Name == "jobs" || Name == "timeout" ||
               Name == "sarif-limit") {
      unsigned Number = 0;
      if (Value->getAsInteger(10, Number) || Number == 0)
        return Bad("'" + Argument + "' needs a number");
      (Name == "timeout"       ? O.Timeout
       : Name == "sarif-limit" ? O.SarifLimit
                               : O.Jobs) = Number;
    } else if (Name == "config") {
      O.Wanted.Builds.clear();
      llvm::SmallVector<llvm::StringRef, 2> Names;
      Value->split(Names, ',');
      for (llvm::StringRef Item : Names) {
        if (Item == "gil")
          O.Wanted.Builds.push_back(Build::Gil);
        else if (Item == "ft")
          O.Wanted.Builds.push_back(Build::FreeThreaded);
        else if (Item == "as-is")
          O.Wanted.Builds.push_back(Build::AsIs);
        else
          return Bad("--config: '" + Item + "' is none of gil, ft, as-is (the "
                     "option of clang-tidy is --config-file here)");
      }
    } else {
      O.OwnChecks |= Name == "checks" || Name == "config-file";
      O.PassedOn.push_back(("--" + Name + "=" + *Value).str());
    }
  }
  if (O.Fix && O.Diff)
    return Bad("--fix and --diff exclude each other");
  if (O.Wanted.Python && O.Wanted.Flags)
    return Bad("--python and flags behind -- exclude each other");
  if (O.UpdateBaseline && !O.Baseline)
    O.Baseline = "pyext-tidy-baseline.json";
  if (O.UpdateBaseline && O.DiffAgainst)
    return Bad("--update-baseline takes all findings, not those of "
               "--diff-against");
  if (O.Wanted.Paths.empty())
    O.Wanted.Paths.push_back(".");
  return O;
}

/// The top of the git work tree of \p Folder, else of the project.
static std::string reportRoot(const std::string &Folder) {
  for (llvm::StringRef Parent = Folder; !Parent.empty();
       Parent = path::parent_path(Parent)) {
    llvm::SmallString<256> Git(Parent);
    path::append(Git, ".git");
    if (fs::exists(Git))
      return Parent.str();
  }
  return projectRoot(Folder);
}

/// A project's .clang-tidy is for the project: it counts when it speaks of these
/// checks or their options. Otherwise it may name checks of another clang-tidy.
static std::vector<std::string> configurationFor(const std::string &File) {
  static std::map<std::string, std::vector<std::string>> Cache;
  std::string Folder = path::parent_path(File).str();
  auto [I, New] = Cache.try_emplace(Folder);
  if (!New)
    return I->second;
  bool Checks = false, Options = false;
  for (llvm::StringRef Parent = Folder; !Parent.empty();
       Parent = path::parent_path(Parent)) {
    llvm::SmallString<256> Path(Parent);
    path::append(Path, ".clang-tidy");
    auto Text = llvm::MemoryBuffer::getFile(Path);
    if (!Text)
      continue;
    llvm::StringRef Content = (*Text)->getBuffer();
    Checks |= Content.contains("cpython-");
    for (llvm::StringRef Name : {"Hazard", "MinPython", "Compat", "FactsFile"})
      Options |= Content.contains(Name);
    if (!Content.contains("InheritParentConfig"))
      break;
  }
  if (Checks)
    I->second = {};
  else if (Options)
    I->second = {"--checks=-*,cpython-*"};
  else
    I->second = {"--config={Checks: '-*,cpython-*'}"};
  return I->second;
}

namespace {

class Command {
public:
  Command(const Options &O, const char *Argv0) : O(O), Argv0(Argv0) {}
  int run();

private:
  bool refresh();
  bool judged(const BaselineEntry &Entry) const;
  bool fix();
  bool writeFixes();
  std::string writeOverlay(const FixedTexts &Fixed);
  bool writeReports();
  bool writeOne(const std::optional<std::string> &Path,
                void (*Write)(const Report &, llvm::raw_ostream &));

  const Options &O;
  const char *Argv0;
  Plan Planned;
  RunnerOptions Running;
  std::vector<UnitResult> Results;
  std::optional<ChangedLines> Changed;
  std::vector<BaselineEntry> Known, Stale;
  Sources Texts;
  Report R;
  std::string Here;
  FixedTexts Originals; ///< Of files that fixes change.
  unsigned Rejected = 0, Fixed = 0;
};

} // namespace

/// Whether this run can say that \p Entry is gone: its file was analysed, or is
/// no longer there. Of a header it takes a run over all that may include it.
bool Command::judged(const BaselineEntry &Entry) const {
  std::string File = path::is_absolute(Entry.File)
                         ? Entry.File
                         : R.Root + "/" + Entry.File;
  if (!fs::exists(File))
    return true;
  if (!isSource(File))
    return R.Failed.empty() &&
           llvm::all_of(O.Wanted.Paths, [&](const std::string &Path) {
             return fs::is_directory(Path) &&
                    llvm::StringRef(File).starts_with(absolutePath(Path));
           });
  bool Any = false;
  for (size_t I = 0; I != Planned.Units.size(); ++I)
    if (Planned.Units[I].File == File) {
      Any = true;
      if (!Results[I].Analysed)
        return false;
    }
  return Any;
}

/// Makes the report from the results: merged, then without what is not wanted.
bool Command::refresh() {
  R.Failed = Planned.Failed;
  R.Skipped = Planned.Skipped;
  R.WithoutPython = Planned.WithoutPython;
  R.Build = Planned.Build;
  R.Known = R.Unchanged = 0;
  collect(Planned.Units, Results, R);
  if (O.NolintReason) {
    std::set<std::string> Files;
    for (const Unit &U : Planned.Units)
      Files.insert(U.File);
    addUnexplainedNolints(std::vector<std::string>(Files.begin(), Files.end()),
                          R);
  }
  setFingerprints(R.Findings, Texts, R.Root);
  // How far a module is does not depend on what is known or changed.
  for (report::Module &M : R.Modules) {
    M.FreeThreading = M.Subinterpreters = 0;
    for (const Finding &F : R.Findings)
      if (llvm::is_contained(F.Modules, M.Info.Name)) {
        M.FreeThreading += F.FreeThreading;
        M.Subinterpreters += F.Subinterpreters;
      }
  }
  if (O.Baseline && !O.UpdateBaseline) {
    size_t Before = R.Findings.size();
    Stale = applyBaseline(R.Findings, Known);
    llvm::erase_if(Stale,
                   [&](const BaselineEntry &E) { return !judged(E); });
    R.Known = Before - R.Findings.size();
  }
  if (Changed) {
    size_t Before = R.Findings.size();
    llvm::erase_if(R.Findings,
                   [&](const Finding &F) { return !Changed->touches(F); });
    R.Unchanged = Before - R.Findings.size();
  }
  return true;
}

/// Puts \p Fixed into files of a temporary folder and returns the overlay that
/// shows them in the place of the real ones; empty when that fails.
std::string Command::writeOverlay(const FixedTexts &Fixed) {
  std::optional<std::string> Folder = temporaryFolder();
  if (!Folder)
    return "";
  std::string Overlay = *Folder + "/overlay.yaml";
  std::error_code EC;
  llvm::raw_fd_ostream OS(Overlay, EC);
  if (EC)
    return "";
  // JSON is YAML.
  llvm::json::OStream J(OS);
  unsigned Number = 0;
  J.object([&] {
    J.attribute("version", 0);
    J.attribute("case-sensitive", "true");
    J.attributeArray("roots", [&] {
      for (const auto &Entry : Fixed) {
        std::string Copy = *Folder + "/" + std::to_string(Number++);
        llvm::raw_fd_ostream Out(Copy, EC);
        Out << Entry.second;
        J.object([&] {
          J.attribute("type", "file");
          J.attribute("name", Entry.first);
          J.attribute("external-contents", Copy);
          // Diagnostics name the real file.
          J.attribute("use-external-name", false);
        });
      }
    });
  });
  J.flush();
  return Overlay;
}

/// Applies safe fixes in memory, round by round, and analyses the result, until
/// there is nothing more to fix. False when interrupted.
bool Command::fix() {
  std::set<std::string> Refused;
  FixedTexts Now;
  RunnerOptions Quietly = Running;
  Quietly.Progress = false;
  for (unsigned Round = 0; Round != 20; ++Round) {
    Applied A = applyFixes(R.Findings, Texts, R.Root, [&](const Finding &F) {
      return !Refused.count(F.Fingerprint);
    });
    if (A.Fixed.empty())
      break;
    FixedTexts Next = Now;
    bool Header = false;
    for (const auto &Entry : A.Texts) {
      Next[Entry.first] = Entry.second;
      Header |= llvm::none_of(Planned.Units, [&](const Unit &U) {
        return U.File == Entry.first;
      });
    }
    std::vector<size_t> Affected;
    std::vector<Unit> Units;
    for (size_t I = 0; I != Planned.Units.size(); ++I)
      if (Header || A.Texts.count(Planned.Units[I].File)) {
        Affected.push_back(I);
        Units.push_back(Planned.Units[I]);
      }
    // What the new results say about places is about the new texts.
    std::map<std::string, std::string> Before;
    for (const auto &[File, Text] : A.Texts) {
      Before[File] = Texts.text(File).str();
      Texts.replace(File, Text);
    }
    std::string Overlay = writeOverlay(Next);
    auto After = Overlay.empty()
                     ? std::nullopt
                     : runUnits(Units, Quietly, Overlay, Texts);
    if (!After)
      return false;
    std::set<std::string> Broken;
    for (size_t I = 0; I != Affected.size(); ++I)
      if (Results[Affected[I]].Analysed && !(*After)[I].Analysed)
        Broken.insert(Units[I].File);
    if (!Broken.empty()) {
      // Nothing of this round is kept; the fixes to blame are not tried again.
      for (auto &[File, Text] : Before)
        Texts.replace(File, Text);
      for (const Finding *F : A.Fixed)
        if (Header || llvm::any_of(F->Edits, [&](const Edit &E) {
              return Broken.count(E.File);
            })) {
          Refused.insert(F->Fingerprint);
          ++Rejected;
        }
      continue;
    }
    for (auto &[File, Text] : Before)
      Originals.try_emplace(File, Text);
    Now = std::move(Next);
    Fixed += A.Fixed.size();
    for (size_t I = 0; I != Affected.size(); ++I)
      Results[Affected[I]] = std::move((*After)[I]);
    refresh();
  }
  return true;
}

/// Writes all changed files: first beside their places, then into them.
bool Command::writeFixes() {
  std::vector<std::pair<std::string, std::string>> Renames;
  auto Fail = [&](llvm::StringRef File, const llvm::Twine &Why) {
    for (const auto &[From, To] : Renames)
      (void)fs::remove(From);
    error() << File << ": " << Why << "; nothing was changed\n";
    return false;
  };
  for (const auto &[File, Original] : Originals) {
    llvm::SmallString<256> Real;
    if (std::error_code EC = fs::real_path(File, Real))
      return Fail(File, EC.message());
    auto OnDisk = llvm::MemoryBuffer::getFile(Real);
    if (!OnDisk || (*OnDisk)->getBuffer() != Original)
      return Fail(File, "changed while it was analysed");
    llvm::SmallString<256> Temporary;
    int FD = -1;
    if (std::error_code EC = fs::createUniqueFile(
            Real + ".%%%%%%.tmp", FD, Temporary))
      return Fail(File, EC.message());
    Renames.push_back({std::string(Temporary), std::string(Real)});
    llvm::raw_fd_ostream OS(FD, /*shouldClose=*/true);
    OS << Texts.text(File);
    OS.close();
    if (OS.has_error()) {
      OS.clear_error();
      return Fail(File, "cannot be written");
    }
    if (auto Permissions = fs::getPermissions(Real))
      (void)fs::setPermissions(Temporary, *Permissions);
  }
  for (const auto &[From, To] : Renames)
    if (std::error_code EC = fs::rename(From, To)) {
      error() << To << ": " << EC.message() << "\n";
      return false;
    }
  return true;
}

bool Command::writeOne(const std::optional<std::string> &Path,
                       void (*Write)(const Report &, llvm::raw_ostream &)) {
  if (!Path)
    return true;
  llvm::Error Err = llvm::writeToOutput(*Path, [&](llvm::raw_ostream &OS) {
    Write(R, OS);
    return llvm::Error::success();
  });
  if (!Err)
    return true;
  error() << llvm::toString(std::move(Err)) << "\n";
  return false;
}

bool Command::writeReports() {
  bool Good = writeOne(O.Sarif, report::writeSarif);
  Good &= writeOne(O.GitLab, report::writeGitLab);
  Good &= writeOne(O.Json, report::writeJson);
  Good &= writeOne(O.Html, report::writeHtml);
  if (O.GitHub)
    report::writeGitHub(R, llvm::outs());
  return Good;
}

static void *addressInThisExecutable() {
  static char Anchor;
  return &Anchor;
}

int Command::run() {
  llvm::SmallString<256> Current;
  (void)fs::current_path(Current);
  Here = std::string(Current);
  std::string First = absolutePath(O.Wanted.Paths.front());
  R.Root = reportRoot(fs::is_directory(First) ? First
                                              : path::parent_path(First).str());
  R.Version = Version;
  R.BuildId = BuildId;
  R.SarifLimit = O.SarifLimit;
  R.Texts = &Texts;

  if (O.Baseline && !O.UpdateBaseline) {
    auto Read = readBaseline(*O.Baseline);
    if (!Read) {
      error() << llvm::toString(Read.takeError()) << "\n";
      return 2;
    }
    Known = std::move(*Read);
  }
  if (O.DiffAgainst) {
    auto Lines = ChangedLines::since(*O.DiffAgainst, R.Root);
    if (!Lines) {
      error() << "--diff-against: " << llvm::toString(Lines.takeError())
              << "\n";
      return 2;
    }
    Changed = std::move(*Lines);
  }
  std::optional<Plan> Made = makePlan(O.Wanted);
  if (!Made)
    return 2;
  Planned = std::move(*Made);
  bool Folders = llvm::any_of(O.Wanted.Paths, [](const std::string &Path) {
    return fs::is_directory(Path);
  });
  if (Planned.Units.empty() && Planned.Failed.empty() && Folders) {
    error() << O.Wanted.Paths.front()
            << ": no C or C++ source here includes Python.h; is this the folder "
               "of an extension?\n";
    return 2;
  }

  Running.Executable =
      fs::getMainExecutable(Argv0, addressInThisExecutable());
  Running.Jobs = O.Jobs ? O.Jobs
                        : llvm::hardware_concurrency().compute_thread_count();
  Running.SecondsPerFile = O.Timeout;
  Running.HeaderFilter = ".*";
  Running.Options = O.PassedOn;
  Running.Progress = !O.Wanted.Quiet;
  if (!O.OwnChecks)
    Running.OptionsFor = configurationFor;
  auto Done = runUnits(Planned.Units, Running, "", Texts);
  if (!Done)
    return 2;
  Results = std::move(*Done);
  refresh();

  if (O.UpdateBaseline) {
    // What this run did not look at stays.
    std::vector<BaselineEntry> Kept;
    if (auto Old = readBaseline(*O.Baseline)) {
      llvm::StringSet<> Now;
      for (const Finding &F : R.Findings)
        Now.insert(F.Fingerprint);
      for (BaselineEntry &Entry : *Old)
        if (!Now.contains(Entry.Fingerprint) && !judged(Entry))
          Kept.push_back(std::move(Entry));
    } else {
      llvm::consumeError(Old.takeError());
    }
    if (llvm::Error Err =
            writeBaseline(*O.Baseline, R.Findings, Kept, Texts, R.Root)) {
      error() << llvm::toString(std::move(Err)) << "\n";
      return 2;
    }
    if (!O.Wanted.Quiet)
      note() << *O.Baseline << ": " << R.Findings.size()
             << (R.Findings.size() == 1 ? " finding" : " findings")
             << " written"
             << (Kept.empty() ? ""
                              : ", " + std::to_string(Kept.size()) +
                                    " of files not analysed now kept")
             << "\n";
    R.Known = R.Findings.size();
    R.Findings.clear();
  }

  // The text goes where no report does.
  bool Stdout = O.GitHub || O.Diff;
  for (const auto *Path : {&O.Sarif, &O.GitLab, &O.Json, &O.Html})
    Stdout |= *Path && **Path == "-";
  llvm::raw_ostream &OS = Stdout ? llvm::errs() : llvm::outs();

  bool Good = true;
  bool Found = !R.Findings.empty();
  if (O.Fix || O.Diff) {
    if (!fix())
      return 2;
    if (O.Fix && !Originals.empty() && !writeFixes())
      return 2;
    if (O.Diff)
      for (const auto &[File, Original] : Originals)
        llvm::outs() << unifiedDiff(relativeTo(Here, File), Original,
                                    Texts.text(File));
    if (O.Fix)
      Found = !R.Findings.empty();
  }
  if (!O.Diff) {
    Good &= writeReports();
    report::writeFindings(
        R, Here, O.AllNotes || O.Wanted.Quiet ? SIZE_MAX - 1 : MaxNotes, OS);
  }
  if (!O.Wanted.Quiet) {
    if (!O.Diff)
      report::writeSummary(R, Here, OS);
    if (O.Fix || O.Diff)
      OS << Fixed << (Fixed == 1 ? " fix" : " fixes")
         << (O.Fix ? " applied" : " in this diff") << "\n";
    if (Rejected)
      OS << Rejected
         << " refused: the file would no longer compile; please report this\n";
    if (!Stale.empty()) {
      OS << Stale.size()
         << (Stale.size() == 1 ? " entry" : " entries")
         << " of the baseline no longer found (--update-baseline removes "
            "them):\n";
      for (const BaselineEntry &Entry : Stale)
        OS << "  " << Entry.File << ": " << Entry.Check << ": " << Entry.Code
           << "\n";
    }
  } else {
    for (const LeftOut &L : R.Failed)
      error() << relativeTo(Here, L.File) << ": " << L.Reason << "\n";
  }
  llvm::outs().flush();
  if (!Good)
    return 2;
  return (Found ? 1 : 0) | (R.Failed.empty() ? 0 : 2);
}

int pyext::project::check(const char *Argv0,
                          llvm::ArrayRef<const char *> Arguments) {
  for (llvm::StringRef Argument : Arguments) {
    if (Argument == "--")
      break;
    if (Argument == "--help" || Argument == "-h" || Argument == "-help") {
      llvm::outs() << Help;
      return 0;
    }
  }
  std::optional<Options> O = parseOptions(Arguments);
  if (!O)
    return 2;
  return Command(*O, Argv0).run();
}
