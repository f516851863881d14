//===- Databases.cpp - Compilation databases where builds put them --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Databases.h"
#include "Includes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cstdlib>
#include <vector>

using namespace pyext::project;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

llvm::StringRef pyext::project::databaseName() {
  return "compile_commands.json";
}

static bool holds(llvm::StringRef Folder, llvm::StringRef Name) {
  llvm::SmallString<256> File(Folder);
  path::append(File, Name);
  return fs::exists(File);
}

bool pyext::project::hasDatabase(llvm::StringRef Folder) {
  return holds(Folder, databaseName());
}

bool pyext::project::isProjectRoot(llvm::StringRef Folder) {
  for (llvm::StringRef Name : {".git", "pyproject.toml", "setup.py"})
    if (holds(Folder, Name))
      return true;
  return false;
}

std::string pyext::project::absolutePath(llvm::StringRef Path) {
  llvm::SmallString<256> Result(Path);
  (void)fs::make_absolute(Result);
  path::remove_dots(Result, /*remove_dot_dot=*/true);
  return std::string(Result);
}

std::string pyext::project::buildFolderIn(llvm::StringRef Root) {
  std::string Best;
  llvm::sys::TimePoint<> BestTime;
  auto Consider = [&](llvm::StringRef Folder) {
    llvm::SmallString<256> File(Folder);
    path::append(File, databaseName());
    fs::file_status Status;
    if (fs::status(File, Status) || !fs::is_regular_file(Status))
      return;
    if (Best.empty() || Status.getLastModificationTime() > BestTime) {
      Best = Folder.str();
      BestTime = Status.getLastModificationTime();
    }
  };
  auto ConsiderChildren = [&](llvm::StringRef Parent, llvm::StringRef Below) {
    llvm::SmallString<256> Top(Root);
    path::append(Top, Parent);
    std::error_code EC;
    for (fs::directory_iterator I(Top, EC), E; !EC && I != E;
         I.increment(EC)) {
      llvm::SmallString<256> Folder(I->path());
      if (!Below.empty())
        path::append(Folder, Below);
      Consider(Folder);
    }
  };
  for (llvm::StringRef Name :
       {"build", "builddir", "_build", "out", "cmake-build-debug",
        "cmake-build-release"}) {
    llvm::SmallString<256> Folder(Root);
    path::append(Folder, Name);
    Consider(Folder);
  }
  ConsiderChildren("build", "");
  ConsiderChildren("_skbuild", "");
  ConsiderChildren("_skbuild", "cmake-build");
  ConsiderChildren("out/build", "");
  return Best;
}

std::string pyext::project::findDatabase(llvm::StringRef Folder) {
  std::string Start = absolutePath(Folder);
  for (llvm::StringRef Parent = Start; !Parent.empty();
       Parent = path::parent_path(Parent)) {
    if (hasDatabase(Parent))
      return Parent.str();
    if (std::string Build = buildFolderIn(Parent); !Build.empty())
      return Build;
    if (isProjectRoot(Parent))
      break;
  }
  return "";
}

std::vector<clang::tooling::CompileCommand> pyext::project::commandsFor(
    const clang::tooling::CompilationDatabase &Database, llvm::StringRef File) {
  std::vector<clang::tooling::CompileCommand> Commands =
      Database.getCompileCommands(File);
  if (!isSource(File))
    return Commands;
  llvm::erase_if(Commands, [&](const clang::tooling::CompileCommand &Command) {
    llvm::StringRef From = Command.Heuristic;
    return From.consume_front("inferred from ") && isCxx(From) != isCxx(File);
  });
  return Commands;
}

bool pyext::project::knowsFolder(
    const clang::tooling::CompilationDatabase &Database,
    llvm::StringRef Folder) {
  std::string Below = absolutePath(Folder) + "/";
  return llvm::any_of(Database.getAllFiles(), [&](llvm::StringRef File) {
    return File.starts_with(Below);
  });
}

std::string pyext::project::projectRoot(llvm::StringRef Folder) {
  std::string Start = absolutePath(Folder);
  for (llvm::StringRef Parent = Start; !Parent.empty();
       Parent = path::parent_path(Parent))
    if (isProjectRoot(Parent))
      return Parent.str();
  return Start;
}

static std::vector<std::string> &temporaryFolders() {
  static std::vector<std::string> Folders;
  return Folders;
}

void pyext::project::removeTemporaryFolders() {
  for (const std::string &Folder : temporaryFolders())
    (void)fs::remove_directories(Folder, /*IgnoreErrors=*/true);
  temporaryFolders().clear();
}

std::optional<std::string> pyext::project::temporaryFolder() {
  llvm::SmallString<256> Folder;
  if (fs::createUniqueDirectory("pyext-tidy", Folder))
    return std::nullopt;
  if (temporaryFolders().empty())
    std::atexit(removeTemporaryFolders);
  temporaryFolders().push_back(std::string(Folder));
  return std::string(Folder);
}
