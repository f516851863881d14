//===- Flags.cpp - Compiler flags when nobody gives any -------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flags.h"
#include "Message.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace pyext::driver;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static bool hasDatabase(llvm::StringRef Folder) {
  llvm::SmallString<256> File(Folder);
  path::append(File, "compile_commands.json");
  return fs::exists(File);
}

/// The build folder below \p Root with the newest compile_commands.json, where
/// the usual build backends put it; empty when there is none.
static std::string buildFolderIn(llvm::StringRef Root) {
  std::string Best;
  llvm::sys::TimePoint<> BestTime;
  auto Consider = [&](llvm::StringRef Folder) {
    llvm::SmallString<256> File(Folder);
    path::append(File, "compile_commands.json");
    fs::file_status Status;
    if (fs::status(File, Status) || !fs::is_regular_file(Status))
      return;
    if (Best.empty() || Status.getLastModificationTime() > BestTime) {
      Best = Folder.str();
      BestTime = Status.getLastModificationTime();
    }
  };
  auto ConsiderChildren = [&](llvm::StringRef Parent, llvm::StringRef Below) {
    std::error_code EC;
    for (fs::directory_iterator I(Parent, EC), E; !EC && I != E;
         I.increment(EC)) {
      llvm::SmallString<256> Folder(I->path());
      if (!Below.empty())
        path::append(Folder, Below);
      Consider(Folder);
    }
  };
  for (const char *Name : {"build", "builddir"}) {
    llvm::SmallString<256> Folder(Root);
    path::append(Folder, Name);
    Consider(Folder);
  }
  llvm::SmallString<256> Build(Root), Skbuild(Root);
  path::append(Build, "build");
  path::append(Skbuild, "_skbuild");
  ConsiderChildren(Build, ""); // meson-python: build/cp313
  ConsiderChildren(Skbuild, "cmake-build");
  return Best;
}

namespace {

struct Python {
  std::string Version;
  std::vector<std::string> Includes; ///< The first one holds Python.h.
  std::string From;                  ///< For the message.
};

} // namespace

static bool hasPythonH(llvm::StringRef Folder) {
  llvm::SmallString<256> File(Folder);
  path::append(File, "Python.h");
  return fs::exists(File);
}

/// Standard output of \p Program with \p Arguments, or nullopt when it cannot
/// be run or fails. Its standard error is dropped.
static std::optional<std::string>
outputOf(llvm::StringRef Program, llvm::ArrayRef<llvm::StringRef> Arguments) {
  llvm::SmallString<256> Output;
  if (fs::createTemporaryFile("pyext-tidy", "txt", Output))
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef, 8> Line{Program};
  Line.append(Arguments.begin(), Arguments.end());
  std::optional<llvm::StringRef> Redirects[] = {
      llvm::StringRef(""), llvm::StringRef(Output), llvm::StringRef("")};
  std::optional<std::string> Result;
  if (llvm::sys::ExecuteAndWait(Program, Line, std::nullopt, Redirects,
                                /*SecondsToWait=*/30) == 0)
    if (auto Text = llvm::MemoryBuffer::getFile(Output, /*IsText=*/true))
      Result = (*Text)->getBuffer().str();
  (void)fs::remove(Output);
  return Result;
}

/// Asks \p Interpreter for its version and include folders; NumPy's too when
/// \p NumPy. nullopt when it cannot be run; Includes is empty when it has no
/// Python.h.
static std::optional<Python> askInterpreter(llvm::StringRef Interpreter,
                                            bool NumPy) {
  static const char Script[] =
      "import sysconfig, sys\n"
      "p = sysconfig.get_paths()\n"
      "print('%d.%d.%d' % sys.version_info[:3])\n"
      "print(p['include'])\n"
      "print(p['platinclude'])\n"
      "if len(sys.argv) > 1:\n"
      "    try:\n"
      "        import numpy\n"
      "        print(numpy.get_include())\n"
      "    except ImportError:\n"
      "        pass\n";
  llvm::ErrorOr<std::string> Program =
      llvm::sys::findProgramByName(Interpreter);
  if (!Program)
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef, 4> Arguments{"-c", Script};
  if (NumPy)
    Arguments.push_back("numpy");
  std::optional<std::string> Text = outputOf(*Program, Arguments);
  if (!Text)
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef, 8> Lines;
  llvm::StringRef(*Text).split(Lines, '\n', -1, /*KeepEmpty=*/false);
  if (Lines.size() < 3)
    return std::nullopt;
  Python Result;
  Result.Version = Lines[0].trim().str();
  Result.From = *Program;
  if (!hasPythonH(Lines[1].trim()))
    return Result;
  for (llvm::StringRef Line : llvm::ArrayRef(Lines).drop_front()) {
    std::string Folder = Line.trim().str();
    if (llvm::find(Result.Includes, Folder) == Result.Includes.end())
      Result.Includes.push_back(Folder);
  }
  return Result;
}

/// What `python3-config --includes` says: a Python whose interpreter is not on
/// the search path, or has another name.
static std::optional<Python> askPythonConfig() {
  llvm::ErrorOr<std::string> Program =
      llvm::sys::findProgramByName("python3-config");
  if (!Program)
    return std::nullopt;
  std::optional<std::string> Text = outputOf(*Program, {"--includes"});
  if (!Text)
    return std::nullopt;
  Python Result;
  Result.From = *Program;
  llvm::SmallVector<llvm::StringRef, 4> Words;
  llvm::StringRef(*Text).trim().split(Words, ' ', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef Word : Words)
    if (Word.consume_front("-I") &&
        llvm::find(Result.Includes, Word) == Result.Includes.end())
      Result.Includes.push_back(Word.str());
  if (llvm::none_of(Result.Includes, hasPythonH))
    return std::nullopt;
  return Result;
}

static bool mentionsNumPy(const std::vector<std::string> &Sources) {
  for (const std::string &Source : Sources)
    if (auto Text = llvm::MemoryBuffer::getFile(Source, /*IsText=*/true))
      if ((*Text)->getBuffer().contains("numpy/"))
        return true;
  return false;
}

/// The Python that `--python` names: a folder with Python.h, an interpreter, or
/// a version such as 3.14 or 3.14t. Prints an error when there is none.
static std::optional<Python> namedPython(llvm::StringRef Name,
                                         llvm::StringRef Option, bool NumPy) {
  if (fs::is_directory(Name)) {
    if (!hasPythonH(Name)) {
      error() << Option << ": " << Name << " holds no Python.h\n";
      return std::nullopt;
    }
    Python Result;
    Result.From = Name.str();
    Result.Includes.push_back(Name.str());
    // Debian keeps pyconfig.h per architecture, beside the folder of Python.h.
    Result.Includes.push_back(path::parent_path(Name).str());
    return Result;
  }
  std::string Interpreter = Name.str();
  if (!Name.empty() && Name[0] >= '0' && Name[0] <= '9')
    Interpreter = "python" + Interpreter;
  std::optional<Python> Result = askInterpreter(Interpreter, NumPy);
  if (!Result) {
    error() << Option << ": '" << Interpreter
            << "' cannot be run as a Python interpreter; give a path, a "
               "version, or a folder with Python.h\n";
  } else if (Result->Includes.empty()) {
    error() << Option << ": '" << Interpreter << "' (Python " << Result->Version
            << ") has no Python.h; install its development files, or give a "
               "folder with Python.h\n";
    return std::nullopt;
  }
  return Result;
}

bool pyext::driver::findFlags(Arguments &Args) {
  if (Args.Sources.empty())
    return true;
  if (Args.HasCompilerFlags) {
    if (!Args.Python)
      return true;
  } else if (Args.BuildPath) {
    if (!hasDatabase(*Args.BuildPath) && !fs::exists(*Args.BuildPath +
                                                     "/compile_flags.txt")) {
      error() << "-p " << *Args.BuildPath
              << ": no compile_commands.json there; name the folder that holds "
                 "it, or leave -p away to use the headers of a Python\n";
      return false;
    }
    if (!Args.Python)
      return true;
  } else if (!Args.Python) {
    llvm::SmallString<256> Folder(Args.Sources.front());
    if (!fs::make_absolute(Folder)) {
      path::remove_dots(Folder, /*remove_dot_dot=*/true);
      for (llvm::StringRef Parent = path::parent_path(Folder); !Parent.empty();
           Parent = path::parent_path(Parent)) {
        // clang-tidy finds these two by itself.
        if (hasDatabase(Parent))
          return true;
        llvm::SmallString<256> Flags(Parent);
        path::append(Flags, "compile_flags.txt");
        if (fs::exists(Flags))
          return true;
        std::string Build = buildFolderIn(Parent);
        if (!Build.empty()) {
          if (!Args.Quiet)
            note() << "using the flags in " << Build
                   << "/compile_commands.json\n";
          Args.Stock.push_back("-p=" + Build);
          Args.BuildPath = Build;
          return true;
        }
      }
    }
  }

  const bool NumPy = mentionsNumPy(Args.Sources);
  std::optional<Python> Found;
  if (Args.Python) {
    Found = namedPython(*Args.Python, "--python", NumPy);
    if (!Found)
      return false;
  } else if (auto Variable = llvm::sys::Process::GetEnv("PYTHON");
             Variable && !Variable->empty()) {
    Found = namedPython(*Variable, "$PYTHON", NumPy);
    if (!Found)
      return false;
  } else {
    for (const char *Name : {"python3", "/usr/bin/python3", "python"}) {
      Found = askInterpreter(Name, NumPy);
      if (Found && !Found->Includes.empty())
        break;
    }
    if (!Found || Found->Includes.empty())
      if (std::optional<Python> Config = askPythonConfig())
        Found = Config;
  }

  if (!Found || Found->Includes.empty()) {
    // Whether that matters shows when the file is read.
    if (!Args.Quiet)
      note() << "no compile_commands.json for " << Args.Sources.front()
             << " and no Python with headers; using no flags\n";
    Args.HasCompilerFlags = true;
    return true;
  }
  if (!Args.Quiet) {
    if (!Args.Python)
      note() << "no compile_commands.json for " << Args.Sources.front()
             << "; using";
    else
      note() << "using";
    llvm::errs() << " the headers of Python "
                 << (Found->Version.empty() ? "" : Found->Version + " ")
                 << "in " << Found->Includes.front() << " (" << Found->From
                 << ")\n";
  }
  if (Args.BuildPath || Args.HasCompilerFlags) {
    // --python on top of other flags: before them in the search order.
    std::vector<std::string> Extra;
    for (const std::string &Include : Found->Includes) {
      Extra.push_back("--extra-arg-before=-isystem");
      Extra.push_back("--extra-arg-before=" + Include);
    }
    Args.Stock.insert(Args.Stock.end(), Extra.begin(), Extra.end());
    return true;
  }
  Args.HasCompilerFlags = true;
  for (const std::string &Include : Found->Includes) {
    Args.CompilerFlags.push_back("-isystem");
    Args.CompilerFlags.push_back(Include);
  }
  return true;
}
