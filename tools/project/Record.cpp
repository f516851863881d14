//===- Record.cpp - pyext-tidy record -------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "CompileCommand.h"
#include "Databases.h"
#include "Embedded.h"
#include "Includes.h"
#include "Message.h"
#include "clang/Tooling/JSONCompilationDatabase.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/StringSaver.h"
#include "llvm/Support/xxhash.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unistd.h>

using namespace pyext::project;
using namespace pyext::driver;
using clang::tooling::CompileCommand;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static constexpr char Help[] =
    R"(USAGE: pyext-tidy record [-o FILE] [--python=NAME]
       pyext-tidy record [-o FILE] -- COMMAND [ARGUMENT]...

Runs a build and writes the compiler commands it ran to compile_commands.json in
the current folder, or to FILE.

Without a command it builds the project of the current folder, whatever its build
backend, into a folder of the user's cache, with its build requirements in an
environment there. First it runs the build without compiling, as only the
commands matter; a build that takes no empty objects is run once more with the
compiler. NAME is the Python to build for, an interpreter or a version; python3
without it.

A command is any that compiles:

    pyext-tidy record -- pip install --no-deps --force-reinstall .
    pyext-tidy record -- python setup.py build_ext --force

CC and CXX are set for the build; they note the command and run the compiler
that CC and CXX named before (cc and c++ when they named none).
Entries of an existing file stay unless the build compiled the same file again.
Only what is really compiled is recorded: force a rebuild, or remove the build
folder before.

Exit status: that of COMMAND; 2 when nothing was recorded.
)";

static constexpr char LogVariable[] = "PYEXT_TIDY_RECORD";
static constexpr char CcVariable[] = "PYEXT_TIDY_RECORD_CC";
static constexpr char CxxVariable[] = "PYEXT_TIDY_RECORD_CXX";
/// Folders whose sources are not really compiled.
static constexpr char DryVariable[] = "PYEXT_TIDY_RECORD_DRY";

static void *addressInThisExecutable() {
  static char Anchor;
  return &Anchor;
}

/// The words of $CC: "ccache gcc".
static std::vector<std::string> wordsOf(const char *Variable,
                                        llvm::StringRef Default) {
  const char *Value = std::getenv(Variable);
  llvm::StringRef Text = Value && *Value ? llvm::StringRef(Value) : Default;
  llvm::BumpPtrAllocator Allocator;
  llvm::StringSaver Saver(Allocator);
  llvm::SmallVector<const char *, 4> Words;
  llvm::cl::TokenizeGNUCommandLine(Text, Saver, Words);
  return std::vector<std::string>(Words.begin(), Words.end());
}

/// Appends one line to the log, at once: compilers run side by side.
static void appendTo(llvm::ArrayRef<std::string> Line, const char *Log) {
  llvm::SmallString<256> Here;
  (void)fs::current_path(Here);
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  llvm::json::OStream J(OS);
  J.object([&] {
    J.attribute("directory", Here);
    J.attributeArray("arguments", [&] {
      for (const std::string &Word : Line)
        J.value(Word);
    });
  });
  J.flush();
  OS << "\n";
  int FD = -1;
  if (fs::openFileForWrite(Log, FD, fs::CD_OpenAlways, fs::OF_Append))
    return;
  OS.flush();
  size_t Written = 0;
  while (Written < Text.size()) {
    ssize_t N = ::write(FD, Text.data() + Written, Text.size() - Written);
    if (N <= 0)
      break;
    Written += N;
  }
  ::close(FD);
}

/// What a command line of a compiler does.
struct Work {
  std::vector<std::string> Sources, Inputs; ///< Absolute.
  std::string Output, Dependencies;         ///< Empty: not named.
  bool CompilesOnly = false, Other = false;
};

static Work workOf(llvm::ArrayRef<const char *> Arguments) {
  Work Result;
  for (size_t I = 0; I != Arguments.size(); ++I) {
    llvm::StringRef Argument = Arguments[I];
    bool More = I + 1 != Arguments.size();
    if (Argument == "-o" && More)
      Result.Output = Arguments[++I];
    else if (Argument == "-MF" && More)
      Result.Dependencies = Arguments[++I];
    else if (Argument == "-c")
      Result.CompilesOnly = true;
    else if (Argument == "-E" || Argument == "-S" || Argument == "-M" ||
             Argument == "-MM" || Argument == "-x" || Argument == "-" ||
             Argument.starts_with("--") || Argument.starts_with("-print"))
      Result.Other = true;
    else if (!Argument.starts_with("-"))
      (isSource(Argument) ? Result.Sources : Result.Inputs)
          .push_back(absolutePath(Argument));
  }
  return Result;
}

/// What a configure step compiles to see whether it compiles.
static bool isProbe(llvm::StringRef Source) {
  llvm::StringRef Name = path::filename(Source);
  return Name.starts_with("conftest") || Name.starts_with("_configtest") ||
         Name.starts_with("testprog") || Name.starts_with("sanitycheck") ||
         Source.contains("/CMakeFiles/") || Source.contains("/meson-private/");
}

static bool isEmptyFile(llvm::StringRef File) {
  uint64_t Size = 1;
  return !fs::file_size(File, Size) && Size == 0;
}

/// Does what a build needs of the compiler when only the commands matter: makes
/// an empty object for sources of the project, and links those to a library
/// without content, which tools such as strip take, or to an empty file when
/// there is no compiler. False when this takes the real compiler.
static bool pretend(const Work &W, const std::string &Compiler) {
  const char *Folders = std::getenv(DryVariable);
  if (!Folders || !*Folders || W.Other)
    return false;
  llvm::SmallVector<llvm::StringRef, 2> Roots;
  llvm::StringRef(Folders).split(Roots, ':', -1, /*KeepEmpty=*/false);
  auto OfProject = [&](llvm::StringRef Source) {
    return !isProbe(Source) && llvm::any_of(Roots, [&](llvm::StringRef Root) {
      return Source.starts_with(Root) && Source.drop_front(Root.size()).starts_with("/");
    });
  };
  std::string Output = W.Output;
  if (W.CompilesOnly) {
    if (W.Sources.size() != 1 || !OfProject(W.Sources.front()))
      return false;
    if (Output.empty())
      Output = (path::stem(W.Sources.front()) + ".o").str();
  } else if (!W.Sources.empty() || Output.empty() ||
             llvm::none_of(W.Inputs, isEmptyFile)) {
    return false;
  }
  if (!W.CompilesOnly)
    if (auto Program = llvm::sys::findProgramByName(Compiler))
      if (llvm::sys::ExecuteAndWait(*Program, {*Program, "-shared", "-x", "c",
                                               "/dev/null", "-o", Output}) == 0)
        return true;
  std::error_code EC;
  llvm::raw_fd_ostream Empty(Output, EC);
  if (EC)
    return false;
  if (!W.Dependencies.empty()) {
    llvm::raw_fd_ostream Rule(W.Dependencies, EC);
    Rule << Output << ":\n";
  }
  return true;
}

int pyext::project::recordCompiler(llvm::ArrayRef<const char *> Arguments) {
  bool Cxx = !Arguments.empty() && llvm::StringRef(Arguments[0]) == "c++";
  std::vector<std::string> Line =
      wordsOf(Cxx ? CxxVariable : CcVariable, Cxx ? "c++" : "cc");
  llvm::ArrayRef<const char *> Rest =
      Arguments.drop_front(Arguments.empty() ? 0 : 1);
  Line.insert(Line.end(), Rest.begin(), Rest.end());
  Work W = workOf(Rest);
  const char *Log = std::getenv(LogVariable);
  if (Log && *Log && !W.Sources.empty())
    appendTo(Line, Log);
  if (pretend(W, Line.front()))
    return 0;
  std::vector<char *> Argv;
  for (std::string &Word : Line)
    Argv.push_back(Word.data());
  Argv.push_back(nullptr);
  ::execvp(Argv[0], Argv.data());
  error() << "record: " << Argv[0] << ": " << std::strerror(errno) << "\n";
  return 127;
}

/// A folder of this tool in the cache of the user, made; empty when that is not
/// possible.
static std::string cacheFolder(llvm::StringRef Name) {
  llvm::SmallString<256> Folder;
  if (const char *Cache = std::getenv("XDG_CACHE_HOME"); Cache && *Cache)
    Folder = Cache;
  else if (!path::cache_directory(Folder))
    return "";
  path::append(Folder, "pyext-tidy", Name);
  return fs::create_directories(Folder) ? "" : std::string(Folder);
}

/// The command that builds the project of the current folder with \p Python;
/// empty, after an error, when there is no project or something is missing.
static std::vector<std::string> ownBuild(const std::string &Python,
                                         const std::string &Scripts) {
  llvm::SmallString<256> Here;
  (void)fs::current_path(Here);
  if (!fs::exists("pyproject.toml") && !fs::exists("setup.py")) {
    error() << "record: no pyproject.toml and no setup.py in " << Here
            << "; go to the folder of the project, or give the build command "
               "behind --\n";
    return {};
  }
  llvm::ErrorOr<std::string> Interpreter = llvm::sys::findProgramByName(Python);
  if (!Interpreter) {
    error() << "record: " << Python << ": " << Interpreter.getError().message()
            << "\n";
    return {};
  }
  std::string Compiler = wordsOf("CC", "cc").front();
  bool HaveCompiler = bool(llvm::sys::findProgramByName(Compiler));
  std::string Folder = cacheFolder(
      ("build/" + path::filename(Here) + "-" +
       llvm::utohexstr(llvm::xxh3_64bits((Here + "\n" + *Interpreter).str()),
                       /*LowerCase=*/true))
          .str());
  std::string Script = Scripts + "/build_project.py";
  llvm::Error Err = llvm::writeToOutput(Script, [](llvm::raw_ostream &OS) {
    OS << embedded("project/build_project.py");
    return llvm::Error::success();
  });
  if (Folder.empty() || Err) {
    llvm::consumeError(std::move(Err));
    error() << "record: nothing can be written to the cache of the user\n";
    return {};
  }
  return {*Interpreter, Script, Folder, HaveCompiler ? "" : Compiler};
}

/// Writes the two programs that stand in for the compiler. They are in a place
/// that stays: a build folder may remember their names, and without a recording
/// they only run the compiler. Empty when that is not possible.
static std::string writeCompilers(const std::string &Executable) {
  std::string Folder = cacheFolder("record");
  if (Folder.empty())
    return "";
  for (llvm::StringRef Name : {"cc", "c++"}) {
    llvm::SmallString<256> File(Folder);
    path::append(File, Name);
    llvm::Error Err = llvm::writeToOutput(File, [&](llvm::raw_ostream &OS) {
      OS << "#!/bin/sh\n"
            "# Written by pyext-tidy record: notes the command, then runs the "
            "compiler.\n"
            "if [ -x '"
         << Executable << "' ]; then\n  exec '" << Executable << "' "
         << RecordCompiler << " " << Name << " \"$@\"\nfi\nexec " << Name
         << " \"$@\"\n";
      return llvm::Error::success();
    });
    if (Err) {
      llvm::consumeError(std::move(Err));
      return "";
    }
    (void)fs::setPermissions(File, fs::all_read | fs::all_exe |
                                       fs::owner_write);
  }
  return Folder;
}

/// The recorded commands, one per source that still exists.
static std::vector<CompileCommand> readLog(llvm::StringRef Log) {
  std::vector<CompileCommand> Result;
  auto Buffer = llvm::MemoryBuffer::getFile(Log);
  if (!Buffer)
    return Result;
  llvm::SmallVector<llvm::StringRef, 0> Lines;
  (*Buffer)->getBuffer().split(Lines, '\n', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef Line : Lines) {
    auto Value = llvm::json::parse(Line);
    if (!Value) {
      llvm::consumeError(Value.takeError());
      continue;
    }
    const llvm::json::Object *O = Value->getAsObject();
    const llvm::json::Array *Arguments = O ? O->getArray("arguments") : nullptr;
    if (!Arguments)
      continue;
    CompileCommand Command;
    Command.Directory = O->getString("directory").value_or("").str();
    for (const llvm::json::Value &Word : *Arguments)
      Command.CommandLine.push_back(Word.getAsString().value_or("").str());
    for (size_t I = 1; I < Command.CommandLine.size(); ++I) {
      const std::string &Word = Command.CommandLine[I];
      if (Word == "-o" && I + 1 < Command.CommandLine.size())
        Command.Output = Command.CommandLine[I + 1];
      if (!isSource(Word) || llvm::StringRef(Word).starts_with("-"))
        continue;
      llvm::SmallString<256> File(Word);
      makeAbsolute(Command.Directory, File);
      path::remove_dots(File, /*remove_dot_dot=*/true);
      // Those that a configure step compiles, most of them gone by now.
      if (!fs::exists(File) || isProbe(File))
        continue;
      CompileCommand One = Command;
      One.Filename = std::string(File);
      Result.push_back(std::move(One));
    }
  }
  return Result;
}

int pyext::project::record(const char *Argv0,
                           llvm::ArrayRef<const char *> Arguments) {
  std::string Output = databaseName().str();
  std::string Python;
  size_t I = 0;
  for (; I != Arguments.size(); ++I) {
    llvm::StringRef Argument = Arguments[I];
    if (Argument == "--") {
      ++I;
      break;
    }
    if (Argument == "--help" || Argument == "-h") {
      llvm::outs() << Help;
      return 0;
    }
    if (Argument == "-o" && I + 1 != Arguments.size()) {
      Output = Arguments[++I];
      continue;
    }
    if (Argument.consume_front("--python=")) {
      Python = (Argument.empty() || !llvm::isDigit(Argument[0]) ? "" : "python") +
               Argument.str();
      continue;
    }
    if (!Argument.starts_with("-"))
      break;
    error() << "record: unknown option '" << Argument
            << "'; see pyext-tidy record --help\n";
    return 2;
  }
  std::vector<std::string> Build(Arguments.begin() + I, Arguments.end());
  std::optional<std::string> Folder = temporaryFolder();
  if (!Folder) {
    error() << "record: no temporary folder can be made\n";
    return 2;
  }
  if (Build.empty() && I != 0 && llvm::StringRef(Arguments[I - 1]) == "--") {
    error() << "record: no command behind --; see pyext-tidy record --help\n";
    return 2;
  }
  if (!Build.empty() && !Python.empty()) {
    error() << "record: --python and a command exclude each other\n";
    return 2;
  }
  if (Build.empty()) {
    const char *Variable = std::getenv("PYTHON");
    Build = ownBuild(!Python.empty()           ? Python
                     : Variable && *Variable ? Variable
                                             : "python3",
                     *Folder);
    if (Build.empty())
      return 2;
  }
  llvm::ErrorOr<std::string> Program =
      llvm::sys::findProgramByName(Build.front());
  if (!Program) {
    error() << "record: " << Build.front() << ": "
            << Program.getError().message() << "\n";
    return 2;
  }
  Output = absolutePath(Output);
  std::string Compilers = writeCompilers(
      fs::getMainExecutable(Argv0, addressInThisExecutable()));
  if (Compilers.empty()) {
    error() << "record: no folder in the cache of the user can be made\n";
    return 2;
  }
  std::string Log = *Folder + "/log";
  // A recording inside of a recording goes on with the same compilers.
  auto Keep = [](const char *Own, const char *Variable, const char *Default,
                 llvm::StringRef Compilers) {
    const char *Value = std::getenv(Variable);
    bool Ours = Value && llvm::StringRef(Value).starts_with(Compilers);
    if (!Ours)
      ::setenv(Own, Value && *Value ? Value : Default, 1);
  };
  Keep(CcVariable, "CC", "cc", Compilers);
  Keep(CxxVariable, "CXX", "c++", Compilers);
  ::setenv(LogVariable, Log.c_str(), 1);
  ::setenv("CC", (Compilers + "/cc").c_str(), 1);
  ::setenv("CXX", (Compilers + "/c++").c_str(), 1);

  llvm::SmallVector<llvm::StringRef, 16> Line(Build.begin(), Build.end());
  std::string Message;
  int Status = llvm::sys::ExecuteAndWait(*Program, Line, std::nullopt, {}, 0, 0,
                                         &Message);
  if (Status < 0) {
    error() << "record: " << Build.front() << ": " << Message << "\n";
    Status = 2;
  }

  std::vector<CompileCommand> Commands = readLog(Log);
  if (Commands.empty()) {
    error() << "record: the build compiled nothing, or only files that it "
               "removed again; force a rebuild (setup.py build_ext --force), "
               "remove its build folder, or turn off build isolation\n";
    return Status ? Status : 2;
  }
  size_t Recorded = Commands.size();
  // Keep what an earlier, larger build has recorded.
  std::map<std::string, bool> Again;
  for (const CompileCommand &Command : Commands)
    Again[Command.Filename] = true;
  std::string Complaint;
  if (fs::exists(Output))
    if (auto Old = clang::tooling::JSONCompilationDatabase::loadFromFile(
            Output, Complaint,
            clang::tooling::JSONCommandLineSyntax::AutoDetect))
      for (CompileCommand &Command : Old->getAllCompileCommands()) {
        llvm::SmallString<256> File(Command.Filename);
        makeAbsolute(Command.Directory, File);
        path::remove_dots(File, /*remove_dot_dot=*/true);
        if (Again.count(std::string(File)) || !fs::exists(File))
          continue;
        Command.Filename = std::string(File);
        Commands.push_back(std::move(Command));
      }
  if (llvm::Error Err =
          llvm::writeToOutput(Output, [&](llvm::raw_ostream &OS) {
            writeDatabase(Commands, OS);
            return llvm::Error::success();
          })) {
    error() << Output << ": " << llvm::toString(std::move(Err)) << "\n";
    return 2;
  }
  note() << Output << ": " << Recorded
                        << (Recorded == 1 ? " file" : " files")
                        << " recorded\n";
  return Status;
}
