//===- main.cpp - pyext-tidy, clang-tidy with the checks linked in --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "Config.h"
#include "Flags.h"
#include "Message.h"
#include "Module.h"
#include "Observer.h"
#include "ResourceDir.h"
#include "Catalogue.h"
#include "Commands.h"
#include "clang/Basic/Version.h"
#include "clang/Tooling/CommonOptionsParser.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/TargetSelect.h"

namespace clang::tidy {
// No installed header declares it; the same in every LLVM so far.
int clangTidyMain(int argc, const char **argv);
} // namespace clang::tidy

namespace pyext::facts {
/// Prints what the checks know about the C API, as one JSON document.
__attribute__((weak)) void printFactsJSON(llvm::raw_ostream &OS);
} // namespace pyext::facts

namespace pyext::model {
/// Prints the extension model of \p Files, compiled as \p Compilations says, as
/// one JSON document. Returns the exit status: 0 when every file compiled.
__attribute__((weak)) int
dumpModel(clang::tooling::CompilationDatabase &Compilations,
          llvm::ArrayRef<std::string> Files, llvm::raw_ostream &OS);
} // namespace pyext::model

using namespace pyext::driver;

static constexpr char Help[] = R"(Commands; each has its own --help:

  pyext-tidy check [PATH...]     - Analyse a project: files, folders, a database.
  pyext-tidy explain [CHECK...]  - Print the page of a check.
  pyext-tidy record -- COMMAND   - Run a build and write compile_commands.json.
  pyext-tidy init [WHAT...]      - Write settings for CI, pre-commit, editors.
  pyext-tidy [options] FILE...   - clang-tidy with the checks, as below.

pyext-tidy options:

  --facts             - Print what the checks know about the CPython C API as
                        JSON and exit.
  --dump-model        - Print the extension model of the source files (modules,
                        slots, methods, types, state, regions) as JSON and exit.
                        It shows why a check spoke or stayed silent.
  --python=<name>     - Python whose headers to use: an interpreter, a version
                        such as 3.14t, or a folder with Python.h. Without it,
                        -p or --: compile_commands.json of the project, else
                        the headers of $PYTHON or python3.
  --allow-no-python   - A file that does not include Python.h is no error.

  The cpython-* checks are on unless --checks, --config or .clang-tidy names
  them; without any of these nothing else is on.

Exit status of pyext-tidy:

  0  every file was analysed; findings, if any, were printed as warnings
  1  a finding that --warnings-as-errors selects, or an error: a file that does
     not exist or does not compile, no Python.h, an unknown check, option or
     value in the configuration (a warning when a project's .clang-tidy names
     one of another version of clang-tidy), an unreadable facts file

)";

static int printVersion() {
  llvm::outs() << "pyext-tidy " << pyext::Version << " (LLVM "
               << CLANG_VERSION_STRING << ")\nchecks " << pyext::BuildId
               << "\n";
  return 0;
}

/// clang-tidy goes on without a plugin it cannot load.
static bool loadPlugins(const Arguments &Args) {
  for (const std::string &Plugin : Args.Plugins) {
    std::string Message;
    if (llvm::sys::DynamicLibrary::LoadLibraryPermanently(Plugin.c_str(),
                                                          &Message)) {
      error() << "--load: " << Message << "\n";
      return false;
    }
  }
  return true;
}

static bool checkSources(const Arguments &Args) {
  bool Good = true;
  for (const std::string &Source : Args.Sources) {
    llvm::sys::fs::file_status Status;
    std::error_code EC = llvm::sys::fs::status(Source, Status);
    if (!EC && llvm::sys::fs::is_directory(Status))
      EC = std::make_error_code(std::errc::is_a_directory);
    if (!EC)
      EC = llvm::sys::fs::access(Source, llvm::sys::fs::AccessMode::Exist);
    if (!EC) {
      auto File = llvm::sys::fs::openNativeFileForRead(Source);
      if (!File)
        EC = llvm::errorToErrorCode(File.takeError());
      else
        (void)llvm::sys::fs::closeFile(*File);
    }
    if (EC) {
      error() << Source << ": " << EC.message()
              << "; give the path of a C or C++ source file\n";
      Good = false;
    }
  }
  return Good;
}

/// Says what went wrong with each file after clang-tidy is done. Returns the
/// exit status, at least \p ExitStatus.
static int reportFiles(const Arguments &Args, int ExitStatus) {
  bool AnyPython = false;
  for (const std::string &Source : Args.Sources)
    AnyPython |= statusOf(Source).IncludesPython;
  for (const std::string &Source : Args.Sources) {
    FileStatus Status = statusOf(Source);
    if (!Status.Analysed && ExitStatus != 0) {
      continue; // clang-tidy has said why.
    } else if (!Status.Analysed) {
      error() << Source
              << ": was not analysed; give it flags: -p with the folder of "
                 "compile_commands.json, or flags after --\n";
      ExitStatus = 1;
    } else if (Status.PythonNotFound) {
      error() << Source
              << ": Python.h was not found, so nothing was checked; install the "
                 "headers of Python (Debian: apt install python3-dev), name a "
                 "Python with --python, or give the flags of the build: -p, or "
                 "after --\n";
      ExitStatus = 1;
    } else if (Status.DoesNotCompile) {
      if (!Args.FixErrors) {
        error() << Source
                << ": does not compile with these flags, so what was found is "
                   "incomplete; give the flags of its build: -p with the "
                   "folder of compile_commands.json, or flags after --\n";
        ExitStatus = 1;
      }
    } else if (!Status.IncludesPython && !Args.AllowNoPython) {
      llvm::raw_ostream &OS = AnyPython ? warning() : error();
      OS << Source
         << ": Python.h is not included, so there is nothing for the cpython "
            "checks to check; leave the file away, or give --allow-no-python\n";
      if (!AnyPython)
        ExitStatus = 1;
    }
  }
  return ExitStatus;
}

static std::vector<const char *>
pointers(const std::vector<std::string> &Strings) {
  std::vector<const char *> Pointers;
  for (const std::string &String : Strings)
    Pointers.push_back(String.c_str());
  return Pointers;
}

static int dumpModelOf(const Arguments &Args, const char *Argv0) {
  if (!pyext::model::dumpModel) {
    error() << "built without the extension model\n";
    return 1;
  }
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmParsers();
  static llvm::cl::OptionCategory Category("pyext-tidy options");
  std::vector<std::string> Line = Args.commandLine(Argv0);
  std::vector<const char *> Argv = pointers(Line);
  int Argc = static_cast<int>(Argv.size());
  auto Parser = clang::tooling::CommonOptionsParser::create(Argc, Argv.data(),
                                                            Category);
  if (!Parser) {
    error() << llvm::toString(Parser.takeError()) << "\n";
    return 1;
  }
  int Status = pyext::model::dumpModel(Parser->getCompilations(),
                                       Parser->getSourcePathList(),
                                       llvm::outs());
  llvm::outs().flush();
  if (Status != 0)
    error() << "the model of "
            << (Args.Sources.size() == 1 ? Args.Sources.front()
                                         : std::string("some files"))
            << " is missing or incomplete; give the flags of its build: -p with "
               "the folder of compile_commands.json, or flags after --\n";
  return Status;
}

/// Runs the subcommand that the first argument names; nullopt when it is none.
static std::optional<int> runSubcommand(llvm::ArrayRef<const char *> Argv) {
  if (Argv.size() < 2)
    return std::nullopt;
  llvm::ArrayRef<const char *> Rest = Argv.drop_front(2);
  llvm::StringRef Name = Argv[1];
  if (Name == "check")
    return pyext::project::check(Argv[0], Rest);
  if (Name == "explain")
    return pyext::project::explain(Rest);
  if (Name == "init")
    return pyext::project::init(Rest);
  if (Name == "record")
    return pyext::project::record(Argv[0], Rest);
  if (Name == pyext::project::RecordCompiler)
    return pyext::project::recordCompiler(Rest);
  return std::nullopt;
}

int main(int argc, const char **argv) {
  if (std::optional<int> Status = runSubcommand(llvm::ArrayRef(argv, argc)))
    return *Status;
  // clangTidyMain() initialises LLVM.
  std::optional<Arguments> Parsed = parseArguments(argc, argv);
  if (!Parsed)
    return 1;
  Arguments &Args = *Parsed;

  if (Args.Version)
    return printVersion();
  if (Args.Help) {
    llvm::outs() << Help;
    llvm::outs().flush();
    const char *Line[] = {argv[0], "--help", nullptr};
    return clang::tidy::clangTidyMain(2, Line);
  }
  if (Args.Facts) {
    if (!pyext::facts::printFactsJSON) {
      error() << "built without the facts\n";
      return 1;
    }
    pyext::facts::printFactsJSON(llvm::outs());
    return 0;
  }

  if (Args.Sources.empty() && Args.analyses()) {
    error() << "no source file given; see " << argv[0] << " --help\n";
    return 1;
  }
  // run-clang-tidy asks for the list of checks of "" and "-".
  if ((Args.analyses() && !checkSources(Args)) || !loadPlugins(Args))
    return 1;
  std::string ExtraChecks;
  bool FiltersHeaders = false;
  if (!Args.DumpModel && !checkConfiguration(Args, ExtraChecks, FiltersHeaders))
    return 1;
  auto AddUnlessGiven = [&](llvm::StringRef Name, llvm::StringRef Value) {
    if (llvm::none_of(Args.Stock, [&](llvm::StringRef Argument) {
          return Argument.contains(Name);
        }))
      Args.Stock.push_back(("--" + Name + "=" + Value).str());
  };
  // What is wrong in the user's own headers, and in source files that others
  // include, is the user's to know. LLVM 22 has this default by itself.
  if (Args.analyses() && !FiltersHeaders)
    AddUnlessGiven("header-filter", ".*");
  // The .clang-tidy of a project may turn colours on for its developers' terminals.
  // In a pipe or a file they hide the findings from whatever reads it.
  if (Args.analyses() && !llvm::sys::Process::StandardOutIsDisplayed())
    AddUnlessGiven("use-color", "false");
  if (!findFlags(Args))
    return 1;
  if (!Args.ResourceDir)
    if (std::optional<std::string> Path = pyext::resourceDirToPass(argv[0]))
      Args.Stock.push_back("--extra-arg-before=-resource-dir=" + *Path);
  if (Args.DumpModel)
    return dumpModelOf(Args, argv[0]);

  auto Append = [](std::optional<std::string> &Given, llvm::StringRef Extra) {
    if (!Extra.empty())
      Given = Given ? *Given + "," + Extra.str() : Extra.str();
  };
  if (Args.analyses()) {
    registerObserver(/*WithModel=*/Args.StatusTo.has_value());
    ExtraChecks += (ExtraChecks.empty() ? "" : ",") + std::string(ObserverName);
  }
  Append(Args.Checks, ExtraChecks);

  std::vector<std::string> Line = Args.commandLine(argv[0]);
  std::vector<const char *> Argv = pointers(Line);
  Argv.push_back(nullptr);
  int ExitStatus = clang::tidy::clangTidyMain(
      static_cast<int>(Argv.size()) - 1, Argv.data());
  llvm::outs().flush();
  if (Args.StatusTo) {
    if (llvm::Error Err = writeStatuses(Args.Sources, *Args.StatusTo)) {
      error() << llvm::toString(std::move(Err)) << "\n";
      return 1;
    }
    return 0;
  }
  return Args.analyses() ? reportFiles(Args, ExitStatus) : ExitStatus;
}
