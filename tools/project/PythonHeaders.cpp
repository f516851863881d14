//===- PythonHeaders.cpp - Where headers of Python are --------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PythonHeaders.h"
#include "Message.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace pyext::project;
using pyext::driver::error;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static constexpr llvm::StringRef Known[] = {"numpy", "pybind11", "nanobind",
                                            "cppy"};
const llvm::ArrayRef<llvm::StringRef> pyext::project::HeaderPackages(Known);

std::vector<std::string> pyext::project::packagesIn(llvm::StringRef Text) {
  std::vector<std::string> Result;
  for (llvm::StringRef Package : HeaderPackages)
    if (Text.contains((Package + "/").str()))
      Result.push_back(Package.str());
  return Result;
}

bool pyext::project::hasPythonH(llvm::StringRef Folder) {
  llvm::SmallString<256> File(Folder);
  path::append(File, "Python.h");
  return fs::exists(File);
}

std::optional<HeaderVersion>
pyext::project::headerVersion(llvm::ArrayRef<std::string> Includes) {
  HeaderVersion Result;
  for (const std::string &Folder : Includes) {
    for (llvm::StringRef Name : {"patchlevel.h", "pyconfig.h"}) {
      llvm::SmallString<256> File(Folder);
      path::append(File, Name);
      auto Text = llvm::MemoryBuffer::getFile(File, /*IsText=*/true);
      if (!Text)
        continue;
      llvm::SmallVector<llvm::StringRef, 0> Lines;
      (*Text)->getBuffer().split(Lines, '\n');
      for (llvm::StringRef Line : Lines) {
        if (!Line.consume_front("#define "))
          continue;
        Line = Line.trim();
        if (Line.consume_front("PY_MINOR_VERSION"))
          Line.trim().getAsInteger(10, Result.Minor);
        else if (Line.consume_front("Py_GIL_DISABLED"))
          Result.FreeThreaded = Line.trim() == "1";
      }
    }
  }
  if (Result.Minor == 0)
    return std::nullopt;
  return Result;
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

/// Whether pyconfig.h in \p Folder only leads to another one.
static bool includesFromAbove(llvm::StringRef Folder) {
  auto Text = llvm::MemoryBuffer::getFile(Folder + "/pyconfig.h",
                                          /*IsText=*/true);
  return Text && (*Text)->getBuffer().contains("-linux-gnu") &&
         (*Text)->getBuffer().contains("/pyconfig.h>");
}

std::optional<Python>
pyext::project::askInterpreter(llvm::StringRef Interpreter,
                               llvm::ArrayRef<std::string> Packages) {
  // A package is imported only when its headers are not where its wheel has
  // them: importing NumPy takes longer than to analyse a file.
  static const char Script[] =
      "import os, sysconfig, sys\n"
      "from importlib.util import find_spec\n"
      "p = sysconfig.get_paths()\n"
      "print('%d.%d.%d' % sys.version_info[:3])\n"
      "print(p['include'])\n"
      "print(p['platinclude'])\n"
      "def say(name, folders):\n"
      "    found = [f for f in folders if os.path.isdir(f)]\n"
      "    for folder in found:\n"
      "        print(name + '=' + os.path.abspath(folder))\n"
      "    return found\n"
      "for name in sys.argv[1:]:\n"
      "    try:\n"
      "        spec = find_spec(name)\n"
      "        here = list(spec.submodule_search_locations)[0]\n"
      "    except Exception:\n"
      "        continue\n"
      "    places = ['include']\n"
      "    if name == 'numpy':\n"
      "        places = ['_core/include', 'core/include']\n"
      "    if name == 'nanobind':\n"
      "        places.append('ext/robin_map/include')\n"
      "    folders = [os.path.join(here, place) for place in places]\n"
      "    if say(name, folders[:1]) or say(name, folders[1:2]):\n"
      "        if name == 'nanobind':\n"
      "            say(name, folders[1:])\n"
      "        continue\n"
      "    try:\n"
      "        package = __import__(name)\n"
      "        get = getattr(package, 'get_include', None) or "
      "package.include_dir\n"
      "        say(name, [get()])\n"
      "    except Exception:\n"
      "        continue\n";
  llvm::ErrorOr<std::string> Program =
      llvm::sys::findProgramByName(Interpreter);
  if (!Program)
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef, 4> Arguments{"-c", Script};
  Arguments.append(Packages.begin(), Packages.end());
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
  for (llvm::StringRef Line : llvm::ArrayRef(Lines).drop_front(3)) {
    auto [Name, Folder] = Line.trim().split('=');
    Result.Packages[Name.str()].push_back(Folder.str());
  }
  for (llvm::StringRef Line : llvm::ArrayRef(Lines).slice(1, 2)) {
    llvm::StringRef Folder = Line.trim();
    // A debug build can share the headers of the other one.
    if (!hasPythonH(Folder) && Folder.ends_with("d") &&
        hasPythonH(Folder.drop_back()))
      Folder = Folder.drop_back();
    if (!llvm::is_contained(Result.Includes, Folder))
      Result.Includes.push_back(Folder.str());
  }
  if (!hasPythonH(Result.Includes.front())) {
    Result.Includes.clear();
    return Result;
  }
  // Debian's pyconfig.h includes one per architecture from the folder above,
  // which compilers know as long as Python is installed in the usual place.
  const std::string Above =
      path::parent_path(Result.Includes.front()).str();
  if (Above != "/usr/include" && Above != "/usr/local/include" &&
      includesFromAbove(Result.Includes.front()))
    Result.Includes.push_back(Above);
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
        !llvm::is_contained(Result.Includes, Word))
      Result.Includes.push_back(Word.str());
  if (llvm::none_of(Result.Includes, hasPythonH))
    return std::nullopt;
  return Result;
}

std::optional<Python>
pyext::project::namedPython(llvm::StringRef Name, llvm::StringRef Option,
                            llvm::ArrayRef<std::string> Packages) {
  if (fs::is_directory(Name)) {
    if (!hasPythonH(Name)) {
      error() << Option << ": " << Name << " holds no Python.h\n";
      return std::nullopt;
    }
    llvm::SmallString<256> Folder(Name);
    (void)fs::make_absolute(Folder);
    Python Result;
    Result.From = Name.str();
    Result.Includes.push_back(std::string(Folder));
    // Debian keeps pyconfig.h per architecture, beside the folder of Python.h.
    Result.Includes.push_back(path::parent_path(Folder).str());
    return Result;
  }
  std::string Interpreter = Name.str();
  if (!Name.empty() && Name[0] >= '0' && Name[0] <= '9')
    Interpreter = "python" + Interpreter;
  std::optional<Python> Result = askInterpreter(Interpreter, Packages);
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

std::optional<Python>
pyext::project::defaultPython(llvm::ArrayRef<std::string> Packages) {
  if (auto Variable = llvm::sys::Process::GetEnv("PYTHON");
      Variable && !Variable->empty())
    return namedPython(*Variable, "$PYTHON", Packages);
  std::optional<Python> Found;
  for (const char *Name : {"python3", "/usr/bin/python3", "python"}) {
    std::optional<Python> Next = askInterpreter(Name, Packages);
    if (!Next)
      continue;
    // Headers of packages may come from another one than Python.h.
    if (Found)
      Next->Packages.insert(Found->Packages.begin(), Found->Packages.end());
    Found = std::move(Next);
    if (!Found->Includes.empty())
      return Found;
  }
  if (std::optional<Python> Config = askPythonConfig()) {
    if (Found)
      Config->Packages = std::move(Found->Packages);
    return Config;
  }
  return Found ? Found : Python();
}
