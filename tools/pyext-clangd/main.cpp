//===- main.cpp - pyext-clangd, clangd with the checks linked in ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Databases.h"
#include "Message.h"
#include "PythonHeaders.h"
#include "ResourceDir.h"
#include "clang/Tooling/JSONCompilationDatabase.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <vector>

namespace clang::clangd {
// No installed header declares it; the same in every LLVM so far.
int clangdMain(int argc, char *argv[]);
} // namespace clang::clangd

using namespace pyext::project;
using pyext::driver::note;

/// Makes the headers of Python, and of the packages it has, the last ones that
/// are searched: for a file that no compilation database speaks of. Flags of a
/// database come before them.
static void offerPythonHeaders() {
  std::vector<std::string> Packages;
  for (llvm::StringRef Package : HeaderPackages)
    Packages.push_back(Package.str());
  std::optional<Python> Found = defaultPython(Packages);
  if (!Found || Found->Includes.empty()) {
    note() << "no Python with headers was found; a file needs a "
              "compile_commands.json\n";
    return;
  }
  note() << "without a compile_commands.json, a file gets the headers of Python "
         << Found->Version << " in " << Found->Includes.front() << "\n";
  for (const auto &Entry : Found->Packages)
    llvm::append_range(Found->Includes, Entry.second);
  for (const char *Variable : {"C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"}) {
    const char *Old = std::getenv(Variable);
    std::vector<std::string> Folders;
    if (Old && *Old)
      Folders.push_back(Old);
    llvm::append_range(Folders, Found->Includes);
    ::setenv(Variable, llvm::join(Folders, ":").c_str(), /*overwrite=*/1);
  }
}

/// The database of the project in the current folder, where editors start
/// their servers, when it is in a place in which clangd does not look; empty
/// otherwise, or when the project says itself where it is.
static std::string databaseToPass() {
  llvm::SmallString<256> Here;
  if (llvm::sys::fs::current_path(Here))
    return "";
  llvm::SmallString<256> Config(Here);
  llvm::sys::path::append(Config, ".clangd");
  if (auto Text = llvm::MemoryBuffer::getFile(Config))
    if ((*Text)->getBuffer().contains("CompilationDatabase"))
      return "";
  std::string Folder = findDatabase(Here);
  // clangd itself looks into the folders above a file, and build/ in them.
  if (Here.str().starts_with(Folder) ||
      llvm::sys::path::filename(Folder) == "build")
    return "";
  // That of a project around this one speaks of other files.
  std::string Message;
  auto Database = clang::tooling::JSONCompilationDatabase::loadFromFile(
      (Folder + "/" + databaseName()).str(), Message,
      clang::tooling::JSONCommandLineSyntax::AutoDetect);
  if (Database && !knowsFolder(*Database, Here)) {
    note() << Folder << "/" << databaseName()
           << " has no file of this folder and is not used\n";
    return "";
  }
  return Folder;
}

/// Whether a database has files of the current folder. The flags of a file that
/// it does not list are then those of one that it does.
static bool hasDatabase() {
  llvm::SmallString<256> Here;
  if (llvm::sys::fs::current_path(Here))
    return false;
  const std::string Folder = findDatabase(Here);
  std::string Message;
  auto Database =
      Folder.empty()
          ? nullptr
          : clang::tooling::JSONCompilationDatabase::loadFromFile(
                (Folder + "/" + databaseName()).str(), Message,
                clang::tooling::JSONCommandLineSyntax::AutoDetect);
  return Database && knowsFolder(*Database, Here);
}

int main(int argc, char **argv) {
  pyext::driver::ToolName = "pyext-clangd";
  std::vector<char *> Arguments(argv, argv + argc);
  auto Has = [&](llvm::StringRef Option) {
    return llvm::any_of(Arguments, [&](llvm::StringRef Argument) {
      return Argument.ltrim('-').starts_with(Option);
    });
  };
  std::string ResourceDir, Database;
  if (!Has("resource-dir")) {
    if (auto Path = pyext::resourceDirToPass(argv[0])) {
      ResourceDir = "--resource-dir=" + *Path;
      Arguments.insert(Arguments.begin() + 1, ResourceDir.data());
    }
  }
  if (!Has("version") && !Has("help")) {
    // Asking an interpreter takes about as long as a first diagnosis.
    if (Has("compile-commands-dir") || !hasDatabase())
      offerPythonHeaders();
    if (!Has("compile-commands-dir"))
      Database = databaseToPass();
    if (!Database.empty()) {
      note() << "using the flags in " << Database << "/compile_commands.json\n";
      Database = "--compile-commands-dir=" + Database;
      Arguments.insert(Arguments.begin() + 1, Database.data());
    }
  }
  Arguments.push_back(nullptr);
  return clang::clangd::clangdMain(static_cast<int>(Arguments.size()) - 1,
                                   Arguments.data());
}
