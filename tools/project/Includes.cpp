//===- Includes.cpp - What the sources of a project include ---------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Includes.h"
#include "PythonHeaders.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace pyext::project;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// Files of one project that are looked at; more are left alone.
static constexpr size_t MaxFiles = 100000;

bool pyext::project::isSource(llvm::StringRef File) {
  llvm::StringRef Extension = path::extension(File);
  return llvm::is_contained({".c", ".cc", ".cpp", ".cxx", ".c++", ".C"},
                            Extension);
}

bool pyext::project::isCxx(llvm::StringRef File) {
  return path::extension(File) != ".c";
}

static bool isHeader(llvm::StringRef File) {
  llvm::StringRef Extension = path::extension(File);
  return llvm::is_contained({".h", ".hh", ".hpp", ".hxx", ".h++", ".H", ".inc",
                             ".ipp", ".inl", ".tcc", ".def"},
                            Extension);
}

bool pyext::project::isForeign(llvm::StringRef Folder) {
  llvm::StringRef Name = path::filename(Folder);
  if (Name.starts_with(".") || Name.ends_with(".egg-info") ||
      llvm::is_contained({"build", "builddir", "_build", "dist", "_skbuild",
                          "node_modules", "site-packages", "__pycache__",
                          "CMakeFiles"},
                         Name))
    return true;
  for (llvm::StringRef Mark : {"pyvenv.cfg", "conda-meta", "CMakeCache.txt"}) {
    llvm::SmallString<256> File(Folder);
    path::append(File, Mark);
    if (fs::exists(File))
      return true;
  }
  return false;
}

Includes::Includes(llvm::StringRef Root) {
  walk(Root);
  llvm::sort(Sources);
}

void Includes::walk(llvm::StringRef Folder) {
  std::vector<std::string> Folders{Folder.str()};
  size_t Files = 0;
  while (!Folders.empty() && Files < MaxFiles) {
    std::string Next = std::move(Folders.back());
    Folders.pop_back();
    std::error_code EC;
    std::vector<std::string> Children;
    for (fs::directory_iterator I(Next, EC, /*follow_symlinks=*/false), E;
         !EC && I != E; I.increment(EC)) {
      const std::string &Path = I->path();
      fs::file_type Type = I->type();
      if (Type == fs::file_type::directory_file) {
        if (!isForeign(Path))
          Children.push_back(Path);
      } else if (Type == fs::file_type::regular_file) {
        bool Source = isSource(Path);
        if (!Source && !isHeader(Path))
          continue;
        ++Files;
        if (Source)
          Sources.push_back(Path);
        ByName[path::filename(Path)].push_back(Path);
      }
    }
    llvm::append_range(Folders, Children);
  }
  for (auto &Entry : ByName)
    llvm::sort(Entry.second);
}

std::vector<std::string> Includes::sourcesIn(llvm::StringRef Folder) const {
  std::string Prefix = Folder.ends_with("/") ? Folder.str() : (Folder + "/").str();
  std::vector<std::string> Result;
  for (const std::string &Source : Sources)
    if (llvm::StringRef(Source).starts_with(Prefix))
      Result.push_back(Source);
  return Result;
}

const std::vector<Includes::Line> &Includes::linesOf(llvm::StringRef File) {
  auto [I, New] = Lines.try_emplace(File);
  if (!New)
    return I->second;
  auto Text = llvm::MemoryBuffer::getFile(File, /*IsText=*/true);
  if (!Text)
    return I->second;
  llvm::StringRef Rest = (*Text)->getBuffer();
  while (!Rest.empty()) {
    llvm::StringRef L;
    std::tie(L, Rest) = Rest.split('\n');
    L = L.ltrim();
    if (!L.consume_front("#"))
      continue;
    L = L.ltrim();
    if (!L.consume_front("include"))
      continue;
    L = L.ltrim();
    bool Quoted = L.consume_front("\"");
    if (!Quoted && !L.consume_front("<"))
      continue;
    size_t End = L.find(Quoted ? '"' : '>');
    if (End != llvm::StringRef::npos)
      I->second.push_back({L.take_front(End).str(), Quoted});
  }
  return I->second;
}

static size_t commonPrefix(llvm::StringRef A, llvm::StringRef B) {
  size_t Length = 0;
  while (Length < A.size() && Length < B.size() && A[Length] == B[Length])
    ++Length;
  return Length;
}

static bool isSystemHeader(llvm::StringRef Name) {
  if (!Name.contains('.') ||
      llvm::is_contained({"stddef.h", "stdarg.h", "stdbool.h", "stdint.h",
                          "limits.h", "float.h", "iso646.h", "stdatomic.h"},
                         Name))
    return true;
  for (llvm::StringRef Folder : {"/usr/include", "/usr/include/c++/v1"}) {
    llvm::SmallString<256> File(Folder);
    path::append(File, Name);
    if (fs::exists(File))
      return true;
  }
  return Name.starts_with("sys/") || Name.starts_with("bits/");
}

/// The file of the project that \p L of \p From names; empty when it is none.
/// \p Folder becomes the folder that the compiler has to search, unless that is
/// the one of \p From.
std::string Includes::resolve(llvm::StringRef From, const Line &L,
                              std::string &Folder) {
  llvm::SmallString<256> Beside(path::parent_path(From));
  path::append(Beside, L.Name);
  path::remove_dots(Beside, /*remove_dot_dot=*/true);
  if (L.Quoted && fs::is_regular_file(Beside))
    return std::string(Beside);
  // Headers of the system and of Python are not the project's.
  if (L.Name == "Python.h" || (!L.Quoted && isSystemHeader(L.Name)))
    return "";
  auto Found = ByName.find(path::filename(L.Name));
  if (Found == ByName.end())
    return "";
  std::string Suffix = "/" + L.Name;
  llvm::StringRef Best;
  size_t BestCommon = 0;
  for (llvm::StringRef Candidate : Found->second) {
    if (!Candidate.ends_with(Suffix))
      continue;
    size_t Common = commonPrefix(From, Candidate);
    if (Best.empty() || Common > BestCommon) {
      Best = Candidate;
      BestCommon = Common;
    }
  }
  if (Best.empty())
    return "";
  Folder = Best.drop_back(Suffix.size()).str();
  return Best.str();
}

Includes::Reached Includes::reached(llvm::StringRef File) {
  Reached Result;
  llvm::StringSet<> Seen;
  std::vector<std::string> Work{File.str()};
  Seen.insert(File);
  while (!Work.empty()) {
    std::string Current = std::move(Work.back());
    Work.pop_back();
    for (const Line &L : linesOf(Current)) {
      llvm::StringRef Name = L.Name;
      if (path::filename(Name) == "Python.h")
        Result.Python = true;
      for (llvm::StringRef Package : HeaderPackages)
        if (Name.starts_with((Package + "/").str())) {
          Result.Packages.insert(Package.str());
          Result.Python = true;
        }
      std::string Folder;
      std::string Target = resolve(Current, L, Folder);
      if (Target.empty())
        continue;
      if (!Folder.empty() && !llvm::is_contained(Result.Folders, Folder))
        Result.Folders.push_back(Folder);
      if (Seen.insert(Target).second)
        Work.push_back(Target);
    }
  }
  return Result;
}

std::string Includes::includedBy(llvm::StringRef File) {
  if (!HaveParents) {
    HaveParents = true;
    for (auto &Entry : ByName)
      for (const std::string &From : Entry.second)
        for (const Line &L : linesOf(From)) {
          std::string Folder;
          if (!isSource(L.Name))
            continue;
          std::string Target = resolve(From, L, Folder);
          if (!Target.empty() && Target != From)
            Parents.try_emplace(Target, From);
        }
  }
  return Parents.lookup(File);
}
