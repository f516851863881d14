//===- Plan.cpp - Which files are analysed, and how -----------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plan.h"
#include "CompileCommand.h"
#include "Databases.h"
#include "Finding.h"
#include "Includes.h"
#include "Message.h"
#include "clang/Tooling/JSONCompilationDatabase.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <map>
#include <set>

using namespace pyext::project;
using namespace pyext::driver;
using clang::tooling::CompileCommand;
using clang::tooling::JSONCompilationDatabase;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace {

class Planner {
public:
  explicit Planner(const Request &Wanted) : Wanted(Wanted) {}
  std::optional<Plan> run();

private:
  struct Database {
    std::string Folder;
    std::map<std::string, std::vector<CompileCommand>> Commands; ///< By file.
    /// Has commands for files that it does not list, too.
    std::unique_ptr<clang::tooling::CompilationDatabase> Inferring;
  };

  bool addPath(const std::string &Given);
  Database *load(const std::string &Folder);
  void addFile(const std::string &File, Database *From, bool Explicit);
  void addCommand(const std::string &File, CompileCommand Command,
                  bool FromDatabase, bool Guessed = false);
  bool addLikeNeighbour(const std::string &File, const Database &From);
  bool fallback(const std::string &File, CompileCommand &Command,
                const Database *From);
  Includes &includes(llvm::StringRef File);
  const Python *python();
  void say(const std::string &Text);

  const Request &Wanted;
  Plan Result;
  std::map<std::string, std::optional<Database>> Databases;
  std::map<std::string, std::unique_ptr<Includes>> Projects; ///< By root.
  std::optional<std::optional<Python>> Headers;
  std::set<std::string> Said;
  std::set<std::string> Done; ///< Files.
  bool Good = true;
};

} // namespace

void Planner::say(const std::string &Text) {
  if (!Wanted.Quiet && Said.insert(Text).second)
    note() << Text << "\n";
}

Includes &Planner::includes(llvm::StringRef File) {
  llvm::StringRef Folder =
      fs::is_directory(File) ? File : path::parent_path(File);
  std::string Root = projectRoot(Folder);
  // A folder in one that a project leaves alone, such as build/: a project of
  // its own.
  for (llvm::StringRef Parent = Folder; Parent.size() > Root.size();
       Parent = path::parent_path(Parent))
    if (isForeign(Parent)) {
      Root = Parent.str();
      break;
    }
  std::unique_ptr<Includes> &Slot = Projects[Root];
  if (!Slot)
    Slot = std::make_unique<Includes>(Root);
  return *Slot;
}

/// The Python whose headers are used where a build names none; null when there
/// is none.
const Python *Planner::python() {
  if (!Headers) {
    std::vector<std::string> Packages;
    for (llvm::StringRef Package : HeaderPackages)
      Packages.push_back(Package.str());
    if (Wanted.Python) {
      Headers = namedPython(*Wanted.Python, "--python", Packages);
      // Headers of packages do not depend on the version of Python.
      if (*Headers && (*Headers)->Packages.empty())
        if (auto Default = askInterpreter("python3", Packages))
          (*Headers)->Packages = Default->Packages;
    } else {
      Headers = defaultPython(Packages);
    }
    if (!*Headers)
      Good = false;
  }
  return *Headers ? &**Headers : nullptr;
}

/// From the name of an object file: the folder in which the build keeps the
/// objects of one library (meson: x.so.p, CMake: x.dir).
static std::string targetOf(const CompileCommand &Command) {
  llvm::StringRef Output = Command.Output;
  if (Output.empty())
    for (size_t I = 1; I + 1 < Command.CommandLine.size(); ++I)
      if (Command.CommandLine[I] == "-o")
        Output = Command.CommandLine[I + 1];
  for (llvm::StringRef Part = path::parent_path(Output); !Part.empty();
       Part = path::parent_path(Part))
    if (llvm::StringRef Name = path::filename(Part);
        Name.ends_with(".p") || Name.ends_with(".dir"))
      return absolutePath((Command.Directory + "/" + Part).str());
  return "";
}

Planner::Database *Planner::load(const std::string &Folder) {
  std::optional<Database> &Slot = Databases[Folder];
  if (Slot)
    return &*Slot;
  std::string Message, File = Folder + "/" + databaseName().str();
  auto Loaded = JSONCompilationDatabase::loadFromFile(
      File, Message, clang::tooling::JSONCommandLineSyntax::AutoDetect);
  if (!Loaded) {
    error() << File << ": " << Message
            << "; build again, or remove it to use the headers of a Python\n";
    Good = false;
    return nullptr;
  }
  Slot.emplace();
  Slot->Folder = Folder;
  for (CompileCommand &Command : Loaded->getAllCompileCommands()) {
    llvm::SmallString<256> Name(Command.Filename);
    makeAbsolute(Command.Directory, Name);
    Slot->Commands[absolutePath(Name)].push_back(std::move(Command));
  }
  Slot->Inferring = inferMissingCompileCommands(std::move(Loaded));
  return &*Slot;
}

/// Flags for a file that no build speaks of, \p From neither. False when it is
/// not to be analysed.
bool Planner::fallback(const std::string &File, CompileCommand &Command,
                       const Database *From) {
  Command.Directory = path::parent_path(File).str();
  Command.Filename = File;
  Command.CommandLine = {isCxx(File) ? "c++" : "cc"};
  if (Wanted.Flags) {
    llvm::append_range(Command.CommandLine, *Wanted.Flags);
    llvm::SmallString<256> Here;
    (void)fs::current_path(Here);
    Command.Directory = std::string(Here);
    if (Wanted.Python) {
      const Python *P = python();
      if (!P)
        return false;
      removePython(Command);
      addFolders(Command, P->Includes);
    }
  } else {
    const Python *P = python();
    if (!Good)
      return false;
    Includes::Reached Reached = includes(File).reached(File);
    for (const std::string &Folder : Reached.Folders)
      Command.CommandLine.push_back("-I" + Folder);
    if (P && !P->Includes.empty()) {
      std::string Version = P->Version.empty() ? "" : P->Version + " ";
      std::string Text = "using the headers of Python " + Version + "in " +
                         P->Includes.front() + " (" + P->From + ")";
      if (From)
        Text = From->Folder + "/" + databaseName().str() + " does not know " +
               path::filename(File).str() + "; " + Text;
      else if (!Wanted.Python)
        Text = "no compile_commands.json; " + Text;
      say(Text);
      addFolders(Command, P->Includes);
      for (const std::string &Package : Reached.Packages)
        if (auto Found = P->Packages.find(Package); Found != P->Packages.end())
          addFolders(Command, Found->second);
    }
  }
  Command.CommandLine.push_back("-c");
  Command.CommandLine.push_back(File);
  return true;
}

/// Completes what a build says and adds one unit per build of Python.
void Planner::addCommand(const std::string &File, CompileCommand Command,
                         bool FromDatabase, bool Guessed) {
  Result.Build |= FromDatabase || Wanted.Flags;
  std::string Target = targetOf(Command);
  if (FromDatabase) {
    Command.CommandLine = withoutForeignFlags(Command.CommandLine);
    std::vector<std::string> Folders = includeFolders(Command);
    if (Wanted.Python) {
      const Python *P = python();
      if (!P)
        return;
      removePython(Command);
      addFolders(Command, P->Includes);
    } else if (llvm::none_of(Folders, hasPythonH)) {
      // Of an environment of the build that is gone, or a compiler that finds
      // them by itself.
      if (const Python *P = python())
        addFolders(Command, P->Includes);
    }
    for (const std::string &Package : includes(File).reached(File).Packages) {
      bool Have = llvm::any_of(Folders, [&](const std::string &Folder) {
        return fs::is_directory(Folder + "/" + Package);
      });
      if (Have)
        continue;
      if (const Python *P = python())
        if (auto Found = P->Packages.find(Package); Found != P->Packages.end())
          addFolders(Command, Found->second);
    }
  }
  std::vector<std::string> Folders = includeFolders(Command);
  std::optional<HeaderVersion> Version = headerVersion(Folders);
  for (Build B : Wanted.Builds) {
    std::string Reason;
    if (B == Build::FreeThreaded && Version && Version->Minor < 13)
      Reason = "the headers are of Python 3." + std::to_string(Version->Minor) +
               ", and free threading begins with 3.13";
    else if (B == Build::Gil && Version && Version->FreeThreaded)
      Reason = "the headers are of a free-threaded Python";
    if (!Reason.empty()) {
      if (Wanted.Builds.size() == 1)
        Result.Failed.push_back({File, "--config=" + toString(B).str() + ": " +
                                           Reason});
      else
        say("--config=" + toString(B).str() + " is left out: " + Reason);
      continue;
    }
    Unit U{File, Command, B, Target, Guessed};
    setBuild(U.Command, B);
    U.Command.Filename = File;
    Result.Units.push_back(std::move(U));
  }
}

/// Takes for \p File, which is newer than the build, the flags of the nearest
/// file of \p From. False when those are no guide: of another language, or of
/// something that is no extension.
bool Planner::addLikeNeighbour(const std::string &File, const Database &From) {
  bool Any = false;
  for (CompileCommand &Command : commandsFor(*From.Inferring, File)) {
    if (!llvm::any_of(includeFolders(Command), hasPythonH))
      continue;
    say(From.Folder + "/" + databaseName().str() + " does not know " +
        path::filename(File).str() + "; using its flags " +
        llvm::StringRef(Command.Heuristic).substr(9).str());
    addCommand(File, std::move(Command), /*FromDatabase=*/true,
               /*Guessed=*/true);
    Any = true;
  }
  return Any;
}

void Planner::addFile(const std::string &File, Database *From, bool Explicit) {
  if (!Done.insert(File).second)
    return;
  if (!fs::exists(File)) {
    Result.Failed.push_back(
        {File, From ? "is in compile_commands.json and does not exist; build "
                      "again to generate it"
                    : "does not exist"});
    return;
  }
  if (From) {
    auto Commands = From->Commands.find(File);
    if (Commands != From->Commands.end()) {
      say("using the flags in " + From->Folder + "/" + databaseName().str());
      std::set<std::vector<std::string>> Seen;
      for (const CompileCommand &Command : Commands->second) {
        // The same, but for the name of the object.
        std::vector<std::string> Line = Command.CommandLine;
        auto Output = llvm::find(Line, "-o");
        if (Output != Line.end() && Output + 1 != Line.end())
          Line.erase(Output, Output + 2);
        if (Seen.insert(Line).second)
          addCommand(File, Command, /*FromDatabase=*/true);
      }
      return;
    }
    if (!Explicit) {
      Result.Skipped.push_back(
          {File, "is not in compile_commands.json",
           "not in compile_commands.json"});
      return;
    }
    if (addLikeNeighbour(File, *From))
      return;
  }
  CompileCommand Command;
  if (fallback(File, Command, From))
    addCommand(File, std::move(Command), /*FromDatabase=*/false,
               /*Guessed=*/!Wanted.Flags);
}

bool Planner::addPath(const std::string &Given) {
  std::string Path = absolutePath(Given);
  fs::file_status Status;
  if (std::error_code EC = fs::status(Path, Status)) {
    error() << Given << ": " << EC.message() << "\n";
    return false;
  }
  auto AddAllOf = [&](Database *From, llvm::StringRef Below) {
    for (auto &[File, Commands] : From->Commands) {
      if (!Below.empty() && !llvm::StringRef(File).starts_with(Below))
        continue;
      if (isSource(File) && fs::exists(File) &&
          !includes(File).reached(File).Python) {
        ++Result.WithoutPython;
        continue;
      }
      addFile(File, From, /*Explicit=*/false);
    }
  };

  if (fs::is_regular_file(Status)) {
    if (path::filename(Path) == databaseName()) {
      Database *From = load(path::parent_path(Path).str());
      if (From)
        AddAllOf(From, "");
      return From;
    }
    if (!isSource(Path)) {
      // A header has no flags of its own; the sources that include it show it.
      Result.Skipped.push_back({Path, "is no C or C++ source by its name"});
      return true;
    }
  }
  bool Folder = fs::is_directory(Status);

  Database *From = nullptr;
  if (!Wanted.Flags) {
    std::string Where =
        Wanted.BuildPath ? *Wanted.BuildPath
                         : findDatabase(Folder ? llvm::StringRef(Path)
                                               : path::parent_path(Path));
    if (!Where.empty()) {
      From = load(absolutePath(Where));
      if (!From)
        return false;
    }
  }
  if (!Folder) {
    addFile(Path, From, /*Explicit=*/true);
    return Good;
  }
  // A build folder stands for all that was built there.
  if (From && From->Folder == Path && !isProjectRoot(Path)) {
    AddAllOf(From, "");
    return true;
  }
  // A build that knows nothing of this folder is not its build: it is that of
  // the project around it, or of another copy.
  if (From && !Wanted.BuildPath && !knowsFolder(*From->Inferring, Path)) {
    say(From->Folder + "/" + databaseName().str() +
        " has no file of this folder and is not used");
    From = nullptr;
  }
  if (From)
    AddAllOf(From, Path + "/");
  Includes &Project = includes(Path);
  for (const std::string &File : Project.sourcesIn(Path)) {
    if (From && From->Commands.count(File))
      continue;
    if (!Project.reached(File).Python) {
      ++Result.WithoutPython;
      continue;
    }
    if (std::string Parent = Project.includedBy(File); !Parent.empty()) {
      Result.Skipped.push_back(
          {File, "is included by " + relativeTo(projectRoot(Path), Parent)});
      continue;
    }
    addFile(File, From, /*Explicit=*/false);
    if (!Good)
      return false;
  }
  return Good;
}

std::optional<Plan> Planner::run() {
  if (Wanted.BuildPath && !hasDatabase(*Wanted.BuildPath)) {
    error() << "-p " << *Wanted.BuildPath << ": no compile_commands.json "
            << "there; name the folder that holds it, or leave -p away to use "
               "the headers of a Python\n";
    return std::nullopt;
  }
  if (Wanted.Python && !python())
    return std::nullopt;
  bool All = true;
  for (const std::string &Path : Wanted.Paths)
    All &= addPath(Path);
  if (!All || !Good)
    return std::nullopt;
  // The order of paths on the command line changes nothing.
  llvm::stable_sort(Result.Units, [](const Unit &A, const Unit &B) {
    return A.File < B.File;
  });
  auto ByFile = [](const LeftOut &A, const LeftOut &B) {
    return A.File < B.File;
  };
  llvm::stable_sort(Result.Failed, ByFile);
  llvm::stable_sort(Result.Skipped, ByFile);
  return std::move(Result);
}

std::optional<Plan> pyext::project::makePlan(const Request &Wanted) {
  return Planner(Wanted).run();
}
