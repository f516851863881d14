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
#include <optional>
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

namespace {
/// The database that belongs to the current folder, where editors start their
/// servers.
struct ProjectDatabase {
  llvm::SmallString<256> Here;
  std::string Folder; ///< Empty without one.
  /// It has files of the current folder. The flags of a file that it does not
  /// list are then those of one that it does. Nothing when it cannot be read.
  std::optional<bool> KnowsHere;
};
} // namespace

static ProjectDatabase projectDatabase() {
  ProjectDatabase Found;
  if (llvm::sys::fs::current_path(Found.Here))
    return Found;
  Found.Folder = findDatabase(Found.Here);
  if (Found.Folder.empty())
    return Found;
  std::string Message;
  if (auto Database = clang::tooling::JSONCompilationDatabase::loadFromFile(
          (Found.Folder + "/" + databaseName()).str(), Message,
          clang::tooling::JSONCommandLineSyntax::AutoDetect))
    Found.KnowsHere = knowsFolder(*Database, Found.Here);
  return Found;
}

/// The folder of \p Found when it is in a place in which clangd does not look;
/// empty otherwise, or when the project says itself where its database is.
static std::string databaseToPass(const ProjectDatabase &Found) {
  llvm::SmallString<256> Config(Found.Here);
  llvm::sys::path::append(Config, ".clangd");
  if (auto Text = llvm::MemoryBuffer::getFile(Config))
    if ((*Text)->getBuffer().contains("CompilationDatabase"))
      return "";
  // clangd itself looks into the folders above a file, and build/ in them.
  if (Found.Here.str().starts_with(Found.Folder) ||
      llvm::sys::path::filename(Found.Folder) == "build")
    return "";
  // That of a project around this one speaks of other files.
  if (Found.KnowsHere == false) {
    note() << Found.Folder << "/" << databaseName()
           << " has no file of this folder and is not used\n";
    return "";
  }
  return Found.Folder;
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
    const ProjectDatabase Found =
        Has("compile-commands-dir") ? ProjectDatabase() : projectDatabase();
    if (Found.KnowsHere != true)
      offerPythonHeaders();
    Database = databaseToPass(Found);
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
