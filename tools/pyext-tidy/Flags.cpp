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
#include "PythonHeaders.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace pyext::driver;
using namespace pyext::project;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// Makes clang-tidy read the database in \p Folder by way of a copy, in which
/// the commands of the sources are such that clang understands them. The
/// original serves when it cannot be read; clang-tidy says why.
static void useDatabase(Arguments &Args, const std::string &Folder,
                        const std::optional<Python> &Headers) {
  std::string Message;
  auto Database = clang::tooling::CompilationDatabase::loadFromDirectory(
      Folder, Message);
  std::vector<clang::tooling::CompileCommand> Commands;
  if (Database)
    for (const std::string &Source : Args.Sources) {
      llvm::SmallString<256> Path(Source);
      (void)fs::make_absolute(Path);
      path::remove_dots(Path, /*remove_dot_dot=*/true);
      for (clang::tooling::CompileCommand &Command :
           Database->getCompileCommands(Path)) {
        Command.CommandLine = withoutForeignFlags(Command.CommandLine);
        if (Headers) {
          removePython(Command);
          addFolders(Command, Headers->Includes);
        }
        Commands.push_back(std::move(Command));
      }
    }
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
        useDatabase(Args, *Args.BuildPath, std::nullopt);
      return true;
    }
  } else if (!Args.Python) {
    llvm::SmallString<256> Folder(Args.Sources.front());
    if (!fs::make_absolute(Folder)) {
      path::remove_dots(Folder, /*remove_dot_dot=*/true);
      for (llvm::StringRef Parent = path::parent_path(Folder); !Parent.empty();
           Parent = path::parent_path(Parent)) {
        if (hasDatabase(Parent)) {
          useDatabase(Args, Parent.str(), std::nullopt);
          return true;
        }
        // clang-tidy finds this one by itself.
        llvm::SmallString<256> Flags(Parent);
        path::append(Flags, "compile_flags.txt");
        if (fs::exists(Flags))
          return true;
        std::string Build = buildFolderIn(Parent);
        if (!Build.empty()) {
          if (!Args.Quiet)
            note() << "using the flags in " << Build
                   << "/compile_commands.json\n";
          useDatabase(Args, Build, std::nullopt);
          return true;
        }
      }
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
    useDatabase(Args, *Args.BuildPath, Found);
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
