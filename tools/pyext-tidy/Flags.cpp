//===- Flags.cpp - Compiler flags when nobody gives any -------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flags.h"
#include "Message.h"
#include "CompileCommand.h"
#include "Databases.h"
#include "Includes.h"
#include "PythonHeaders.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cstring>

using namespace pyext::driver;
using namespace pyext::project;
using clang::tooling::CompileCommand;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static std::vector<std::string>
packagesOf(const std::vector<std::string> &Sources) {
  std::vector<std::string> Packages;
  for (const std::string &Source : Sources)
    if (auto Text = llvm::MemoryBuffer::getFile(Source, /*IsText=*/true))
      for (std::string &Name : packagesIn((*Text)->getBuffer()))
        if (!llvm::is_contained(Packages, Name))
          Packages.push_back(std::move(Name));
  return Packages;
}

/// Makes clang-tidy read the database in \p Folder by way of a copy, in which
/// the commands of the sources are such that clang understands them. The
/// original serves when it cannot be read; clang-tidy says why.
static void useDatabase(Arguments &Args, const std::string &Folder,
                        std::vector<CompileCommand> Commands) {
  std::string Use = Folder;
  if (!Commands.empty())
    if (std::optional<std::string> Copy = temporaryFolder()) {
      llvm::SmallString<256> File(*Copy);
      path::append(File, databaseName());
      std::error_code EC;
      llvm::raw_fd_ostream OS(File, EC);
      if (!EC) {
        writeDatabase(Commands, OS);
        Use = *Copy;
      }
    }
  llvm::erase_if(Args.Stock, [](llvm::StringRef Option) {
    return Option.starts_with("-p=") || Option.starts_with("--p=");
  });
  for (size_t I = 0; I + 1 < Args.Stock.size(); ++I)
    if (Args.Stock[I] == "-p" || Args.Stock[I] == "--p") {
      Args.Stock.erase(Args.Stock.begin() + I, Args.Stock.begin() + I + 2);
      break;
    }
  Args.Stock.push_back("-p=" + Use);
  Args.BuildPath = Use;
}

/// The database in the folder of `-p`, for all sources.
static void useGivenDatabase(Arguments &Args,
                             const std::optional<Python> &Headers) {
  std::string Message;
  std::vector<CompileCommand> Commands;
  if (auto Database = clang::tooling::CompilationDatabase::loadFromDirectory(
          *Args.BuildPath, Message))
    for (const std::string &Source : Args.Sources)
      for (CompileCommand &Command :
           Database->getCompileCommands(absolutePath(Source))) {
        Command.CommandLine = withoutForeignFlags(Command.CommandLine);
        if (Headers) {
          removePython(Command);
          addFolders(Command, Headers->Includes);
        }
        Commands.push_back(std::move(Command));
      }
  useDatabase(Args, *Args.BuildPath, std::move(Commands));
}

/// Uses the database that was found in \p Folder. It need not be that of the
/// sources: false when it says nothing of any.
static bool useFoundDatabase(Arguments &Args, const std::string &Folder) {
  std::string Message, Name = Folder + "/" + databaseName().str();
  auto Database = clang::tooling::CompilationDatabase::loadFromDirectory(
      Folder, Message);
  if (!Database) {
    useDatabase(Args, Folder, {}); // clang-tidy says why.
    return true;
  }
  std::optional<std::optional<Python>> Asked;
  auto AddPython = [&](CompileCommand &Command) {
    if (!Asked)
      Asked = defaultPython(packagesOf(Args.Sources));
    if (!*Asked)
      return;
    addFolders(Command, (*Asked)->Includes);
    for (const auto &[Package, Folders] : (*Asked)->Packages)
      addFolders(Command, Folders);
  };
  std::vector<CompileCommand> Commands;
  std::vector<std::string> Unknown, Notes;
  for (const std::string &Source : Args.Sources) {
    bool Any = false;
    for (CompileCommand &Command :
         commandsFor(*Database, absolutePath(Source))) {
      if (llvm::none_of(includeFolders(Command), hasPythonH)) {
        // The flags of a neighbour that is no extension lead nowhere.
        if (!Command.Heuristic.empty())
          continue;
        // Of an environment of the build that is gone, or a compiler that finds
        // them by itself.
        AddPython(Command);
      }
      Notes.push_back(Command.Heuristic.empty()
                          ? "using the flags in " + Name
                          : Name + " does not know " + Source +
                                "; using its flags " +
                                Command.Heuristic.substr(std::strlen("inferred ")));
      Command.CommandLine = withoutForeignFlags(Command.CommandLine);
      Commands.push_back(std::move(Command));
      Any = true;
    }
    if (!Any)
      Unknown.push_back(Source);
  }
  if (Commands.empty()) {
    if (!Args.Quiet)
      note() << Name << " does not know " << Args.Sources.front()
             << " and is not used\n";
    return false;
  }
  if (!Args.Quiet)
    for (size_t I = 0; I != Notes.size(); ++I)
      if (std::find(Notes.begin(), Notes.begin() + I, Notes[I]) ==
          Notes.begin() + I)
        note() << Notes[I] << "\n";
  for (const std::string &Source : Unknown) {
    CompileCommand Command;
    Command.Filename = absolutePath(Source);
    Command.Directory = path::parent_path(Command.Filename).str();
    Command.CommandLine = {isCxx(Source) ? "c++" : "cc", "-c",
                           Command.Filename};
    AddPython(Command);
    if (!Args.Quiet)
      note() << Name << " does not know " << Source
             << "; using the headers of "
             << (Asked && *Asked && !(*Asked)->Version.empty()
                     ? "Python " + (*Asked)->Version
                     : "a Python")
             << " for it\n";
    Commands.push_back(std::move(Command));
  }
  useDatabase(Args, Folder, std::move(Commands));
  return true;
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
    if (!Args.Python) {
      if (hasDatabase(*Args.BuildPath))
        useGivenDatabase(Args, std::nullopt);
      return true;
    }
  } else if (!Args.Python) {
    const std::string First = absolutePath(Args.Sources.front());
    for (llvm::StringRef Parent = path::parent_path(First); !Parent.empty();
         Parent = path::parent_path(Parent)) {
      std::string Folder =
          hasDatabase(Parent) ? Parent.str() : buildFolderIn(Parent);
      if (!Folder.empty()) {
        if (useFoundDatabase(Args, Folder))
          return true;
        break;
      }
      // clang-tidy finds this one by itself.
      if (fs::exists(Parent + "/compile_flags.txt"))
        return true;
    }
  }

  const std::vector<std::string> Packages = packagesOf(Args.Sources);
  std::optional<Python> Found = Args.Python
                                    ? namedPython(*Args.Python, "--python",
                                                  Packages)
                                    : defaultPython(Packages);
  if (!Found)
    return false;

  if (Found->Includes.empty()) {
    // Whether that matters shows when the file is read.
    if (!Args.Quiet)
      note() << "no compile_commands.json for " << Args.Sources.front()
             << " and no Python with headers; using no flags\n";
    Args.HasCompilerFlags = true;
    return true;
  }
  for (const auto &[Package, Folders] : Found->Packages)
    Found->Includes.insert(Found->Includes.end(), Folders.begin(),
                           Folders.end());
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
  if (Args.BuildPath && hasDatabase(*Args.BuildPath)) {
    useGivenDatabase(Args, Found);
    return true;
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
