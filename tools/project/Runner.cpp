//===- Runner.cpp - Runs the analysis of many files -----------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runner.h"
#include "Databases.h"
#include "Message.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include <chrono>
#include <csignal>
#include <thread>

using namespace pyext::project;
using namespace pyext::driver;
namespace fs = llvm::sys::fs;
using Clock = std::chrono::steady_clock;

static volatile std::sig_atomic_t Interrupted = 0;
static void interrupt(int Signal) { Interrupted = Signal; }

namespace {

struct Job {
  size_t Unit;
  std::string Folder;
  llvm::sys::ProcessInfo Process;
  Clock::time_point Start;
};

class Progress {
public:
  Progress(size_t Total, bool On)
      : Total(Total), On(On && Total > 1),
        Terminal(llvm::sys::Process::StandardErrIsDisplayed()) {}

  void finished(llvm::StringRef File) {
    ++Done;
    if (!On)
      return;
    if (Terminal) {
      constexpr unsigned Width = 30;
      unsigned Filled = Done * Width / Total;
      llvm::errs() << "\r\033[K[" << std::string(Filled, '#')
                   << std::string(Width - Filled, '.') << "] " << Done << "/"
                   << Total << " " << llvm::sys::path::filename(File);
      if (Done == Total)
        llvm::errs() << "\r\033[K";
    } else {
      // About ten lines in a log, however many files.
      size_t Step = std::max<size_t>(1, Total / 10);
      if (Done % Step == 0 || Done == Total)
        llvm::errs() << "analysed " << Done << " of " << Total << "\n";
    }
    llvm::errs().flush();
  }

private:
  size_t Total, Done = 0;
  bool On, Terminal;
};

} // namespace

static std::string readText(const std::string &Path) {
  auto Buffer = llvm::MemoryBuffer::getFile(Path, /*IsText=*/true);
  return Buffer ? (*Buffer)->getBuffer().str() : "";
}

/// The last lines of what a process said, for a message.
static std::string lastWords(llvm::StringRef Log) {
  llvm::SmallVector<llvm::StringRef, 0> Lines;
  Log.split(Lines, '\n', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef Line : Lines)
    if (Line.consume_front("pyext-tidy: error: "))
      return Line.str();
  for (llvm::StringRef Line : Lines)
    if (Line.contains("error:"))
      return Line.str();
  return Lines.empty() ? "" : Lines.back().str();
}

static std::string stringOf(const llvm::json::Object &Object,
                            llvm::StringRef Key) {
  return Object.getString(Key).value_or("").str();
}

static std::vector<EvidenceInfo> evidenceOf(const llvm::json::Object &Object,
                                            llvm::StringRef Key) {
  std::vector<EvidenceInfo> Result;
  if (const llvm::json::Array *List = Object.getArray(Key))
    for (const llvm::json::Value &Value : *List)
      if (const llvm::json::Object *E = Value.getAsObject())
        Result.push_back({stringOf(*E, "file"),
                          unsigned(E->getInteger("line").value_or(0)),
                          stringOf(*E, "what")});
  return Result;
}

/// What to do about an error of the compiler, for the end of a message.
static std::string cureFor(llvm::StringRef Message) {
  if (!Message.ends_with("file not found"))
    return "";
  for (llvm::StringRef Package : HeaderPackages)
    if (Message.starts_with(("'" + Package + "/").str()))
      return ("; pip install " + Package).str();
  // A machine may have Python with its headers and nothing to compile with.
  llvm::StringRef Header = Message.split("'").second.split("'").first;
  if (llvm::is_contained({"assert.h", "ctype.h", "errno.h", "features.h",
                          "inttypes.h", "math.h", "stdio.h", "stdlib.h",
                          "string.h", "sys/types.h", "time.h", "unistd.h",
                          "wchar.h", "bits/libc-header-start.h"},
                         Header))
    return "; install the headers of the C library (Debian: apt install "
           "libc6-dev)";
  if (!Header.contains('.') && !Header.contains('/'))
    return "; install a C++ library (Debian: apt install g++)";
  return "";
}

/// Reads what the process of \p U left in \p Folder.
static UnitResult collect(const Unit &U, const std::string &Folder,
                          int ReturnCode, bool TimedOut, Sources &Texts) {
  UnitResult Result;
  std::string Log = readText(Folder + "/log.txt");
  if (TimedOut) {
    Result.Problem = "took too long and was stopped; see --timeout";
    return Result;
  }
  auto Status = llvm::json::parse(readText(Folder + "/status.json"));
  const llvm::json::Array *List = Status ? Status->getAsArray() : nullptr;
  const llvm::json::Object *S =
      List && !List->empty() ? (*List)[0].getAsObject() : nullptr;
  if (!Status)
    llvm::consumeError(Status.takeError());
  if (!S) {
    Result.Problem = ReturnCode == -2 || ReturnCode > 2
                         ? "crashed the analysis; please report this file"
                         : lastWords(Log);
    if (Result.Problem.empty())
      Result.Problem = "the analysis ended with status " +
                       std::to_string(ReturnCode);
    return Result;
  }
  auto Is = [&](llvm::StringRef Key) {
    return S->getBoolean(Key).value_or(false);
  };

  llvm::Expected<Exported> Found =
      readExported(Folder + "/fixes.yaml", Texts);
  if (!Found) {
    Result.Problem = llvm::toString(Found.takeError());
    return Result;
  }
  Result.IncludesPython = Is("includes_python");
  Result.Generator = stringOf(*S, "generator");
  Result.Minor = S->getInteger("minor").value_or(0);
  Result.Findings = std::move(Found->Findings);
  for (Finding &F : Result.Findings)
    F.Builds = {toString(U.For).str()};

  if (Is("python_not_found"))
    Result.Problem =
        "Python.h was not found; install the headers of Python (Debian: apt "
        "install python3-dev), or name a Python with --python";
  else if (Is("does_not_compile") || !Found->Errors.empty()) {
    Result.Problem = "does not compile";
    if (!Found->Errors.empty()) {
      const Finding &First = Found->Errors.front();
      Result.Problem += ": ";
      if (First.At.Line)
        Result.Problem += llvm::sys::path::filename(First.At.File).str() + ":" +
                          std::to_string(First.At.Line) + ": ";
      Result.Problem += First.Message + cureFor(First.Message);
      Result.Cause = "does not compile: " + First.Message +
                     cureFor(First.Message);
      if (llvm::StringRef(First.Message).ends_with("file not found"))
        Result.Header = llvm::StringRef(First.Message)
                            .split("'")
                            .second.split("'")
                            .first.str();
    }
  } else if (!Is("analysed")) {
    Result.Problem = lastWords(Log);
    if (Result.Problem.empty())
      Result.Problem = "was not analysed";
  } else {
    Result.Analysed = true;
  }

  if (const llvm::json::Array *Modules = S->getArray("modules"))
    for (const llvm::json::Value &Value : *Modules)
      if (const llvm::json::Object *M = Value.getAsObject())
        Result.Modules.push_back({stringOf(*M, "name"), stringOf(*M, "init"),
                                  stringOf(*M, "file"),
                                  unsigned(M->getInteger("line").value_or(0)),
                                  stringOf(*M, "gil"),
                                  stringOf(*M, "interpreters"), U.Target});
  Result.AgainstFreeThreading = evidenceOf(*S, "against_free_threading");
  Result.AgainstInterpreters = evidenceOf(*S, "against_interpreters");
  if (const llvm::json::Array *Functions = S->getArray("not_analysed"))
    for (const llvm::json::Value &Value : *Functions)
      if (const llvm::json::Object *F = Value.getAsObject())
        Result.FunctionsNotAnalysed.push_back(
            {stringOf(*F, "function"), stringOf(*F, "reason")});
  return Result;
}

std::optional<std::vector<UnitResult>>
pyext::project::runUnits(llvm::ArrayRef<Unit> Units,
                         const RunnerOptions &Options,
                         const std::string &Overlay, Sources &Texts) {
  std::vector<UnitResult> Results(Units.size());
  std::optional<std::string> Folder = temporaryFolder();
  if (!Folder) {
    error() << "no temporary folder can be made\n";
    return std::nullopt;
  }
  for (int Signal : {SIGINT, SIGTERM, SIGHUP})
    std::signal(Signal, interrupt);

  Progress Bar(Units.size(), Options.Progress);
  std::vector<Job> Running;
  size_t Next = 0;
  auto StopAll = [&] {
    for (Job &J : Running) {
      ::kill(J.Process.Pid, SIGKILL);
      (void)llvm::sys::Wait(J.Process, std::nullopt);
    }
  };
  while (Next != Units.size() || !Running.empty()) {
    if (Interrupted) {
      StopAll();
      removeTemporaryFolders();
      llvm::errs() << "\n";
      error() << "interrupted; nothing was changed\n";
      return std::nullopt;
    }
    while (Next != Units.size() && Running.size() < Options.Jobs) {
      const Unit &U = Units[Next];
      Job J;
      J.Unit = Next++;
      J.Folder = *Folder + "/" + std::to_string(J.Unit);
      (void)fs::create_directory(J.Folder);
      {
        std::error_code EC;
        llvm::raw_fd_ostream OS(J.Folder + "/" + databaseName().str(), EC);
        if (!EC)
          writeDatabase(U.Command, OS);
      }
      std::vector<std::string> Line{Options.Executable,
                                    "-p=" + J.Folder,
                                    "--quiet",
                                    "--export-fixes=" + J.Folder + "/fixes.yaml",
                                    "--status-to=" + J.Folder + "/status.json",
                                    "--header-filter=" + Options.HeaderFilter};
      llvm::append_range(Line, Options.Options);
      if (Options.OptionsFor)
        llvm::append_range(Line, Options.OptionsFor(U.File));
      if (!Overlay.empty())
        Line.push_back("--vfsoverlay=" + Overlay);
      Line.push_back(U.File);
      llvm::SmallVector<llvm::StringRef, 16> Arguments(Line.begin(),
                                                       Line.end());
      std::string Log = J.Folder + "/log.txt";
      std::optional<llvm::StringRef> Redirects[] = {
          llvm::StringRef(""), llvm::StringRef(""), llvm::StringRef(Log)};
      std::string Message;
      bool Failed = false;
      J.Process = llvm::sys::ExecuteNoWait(Options.Executable, Arguments,
                                           std::nullopt, Redirects,
                                           /*MemoryLimit=*/0, &Message, &Failed);
      if (Failed) {
        StopAll();
        error() << Options.Executable << ": " << Message << "\n";
        return std::nullopt;
      }
      J.Start = Clock::now();
      Running.push_back(std::move(J));
    }
    bool Any = false;
    for (size_t I = 0; I < Running.size();) {
      Job &J = Running[I];
      llvm::sys::ProcessInfo Done = llvm::sys::Wait(J.Process, 0);
      bool TimedOut = false;
      if (Done.Pid == 0) {
        if (Clock::now() - J.Start <
            std::chrono::seconds(Options.SecondsPerFile)) {
          ++I;
          continue;
        }
        ::kill(J.Process.Pid, SIGKILL);
        Done = llvm::sys::Wait(J.Process, std::nullopt);
        TimedOut = true;
      }
      Any = true;
      Results[J.Unit] = collect(Units[J.Unit], J.Folder, Done.ReturnCode,
                                TimedOut, Texts);
      (void)fs::remove_directories(J.Folder);
      Bar.finished(Units[J.Unit].File);
      Running.erase(Running.begin() + I);
    }
    if (!Any)
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  return Results;
}
