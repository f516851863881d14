//===- Changes.cpp - What changed since a git revision --------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Changes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace pyext::project;
namespace fs = llvm::sys::fs;

static llvm::Expected<std::string>
git(llvm::StringRef Folder, llvm::ArrayRef<llvm::StringRef> Arguments) {
  auto Bad = [&](const llvm::Twine &Why) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(), Why);
  };
  llvm::ErrorOr<std::string> Program = llvm::sys::findProgramByName("git");
  if (!Program)
    return Bad("git is not installed");
  llvm::SmallString<256> Output, Errors;
  if (fs::createTemporaryFile("pyext-tidy", "txt", Output) ||
      fs::createTemporaryFile("pyext-tidy", "txt", Errors))
    return Bad("no temporary file can be made");
  llvm::SmallVector<llvm::StringRef, 16> Line{*Program, "-C", Folder, "-c",
                                              "core.quotePath=false"};
  Line.append(Arguments.begin(), Arguments.end());
  std::optional<llvm::StringRef> Redirects[] = {
      llvm::StringRef(""), llvm::StringRef(Output), llvm::StringRef(Errors)};
  int Status =
      llvm::sys::ExecuteAndWait(*Program, Line, std::nullopt, Redirects);
  auto Read = [](llvm::StringRef Path) {
    auto Text = llvm::MemoryBuffer::getFile(Path);
    std::string Result = Text ? (*Text)->getBuffer().str() : "";
    (void)fs::remove(Path);
    return Result;
  };
  std::string Text = Read(Output), Said = Read(Errors);
  if (Status != 0)
    return Bad("git: " + llvm::StringRef(Said).split('\n').first.trim());
  return Text;
}

static std::string pathIn(llvm::StringRef Root, llvm::StringRef Name) {
  llvm::SmallString<256> Path(Root);
  llvm::sys::path::append(Path, Name);
  llvm::sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
  return std::string(Path);
}

llvm::Expected<ChangedLines> ChangedLines::since(llvm::StringRef Revision,
                                                 llvm::StringRef Folder) {
  llvm::Expected<std::string> Top =
      git(Folder, {"rev-parse", "--show-toplevel"});
  if (!Top)
    return Top.takeError();
  std::string Root = llvm::StringRef(*Top).trim().str();
  // What is not a revision must not be taken for an option or a file.
  llvm::Expected<std::string> Commit = git(
      Folder, {"rev-parse", "--verify", "--quiet", "--end-of-options",
               (Revision + "^{commit}").str()});
  if (!Commit) {
    llvm::consumeError(Commit.takeError());
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   "git knows no revision '" + Revision + "'");
  }
  std::string Hash = llvm::StringRef(*Commit).trim().str();
  llvm::Expected<std::string> Diff =
      git(Root, {"diff", "-U0", "--no-color", "--no-ext-diff", "--no-renames",
                 "--src-prefix=a/", "--dst-prefix=b/", Hash, "--"});
  if (!Diff)
    return Diff.takeError();
  llvm::Expected<std::string> New =
      git(Root, {"ls-files", "--others", "--exclude-standard", "-z"});
  if (!New)
    return New.takeError();

  ChangedLines Result;
  llvm::SmallVector<llvm::StringRef, 0> Lines;
  llvm::StringRef(*Diff).split(Lines, '\n');
  std::string File;
  // Of the hunk: lines of text may look like anything.
  unsigned Left = 0;
  for (llvm::StringRef Line : Lines) {
    if (Left != 0 && (Line.starts_with("+") || Line.starts_with("-"))) {
      --Left;
      continue;
    }
    if (Line.consume_front("+++ ")) {
      Line = Line.rtrim("\t\r");
      File = Line.consume_front("b/") ? pathIn(Root, Line) : "";
    } else if (Line.consume_front("@@ -")) {
      // -first[,count] +first[,count] @@
      auto [Before, Rest] = Line.split(" +");
      llvm::StringRef After = Rest.split(' ').first;
      auto Numbers = [](llvm::StringRef Text) {
        auto [First, Count] = Text.split(',');
        unsigned A = 0, B = 1;
        First.getAsInteger(10, A);
        if (!Count.empty())
          Count.getAsInteger(10, B);
        return std::make_pair(A, B);
      };
      auto [Begin, Count] = Numbers(After);
      Left = Numbers(Before).second + Count;
      if (File.empty())
        continue;
      // Lines that were only taken away touch those around the gap.
      if (Count == 0)
        Result.Ranges[File].push_back({Begin, Begin + 1});
      else
        Result.Ranges[File].push_back({Begin, Begin + Count - 1});
    }
  }
  llvm::SmallVector<llvm::StringRef, 0> Names;
  llvm::StringRef(*New).split(Names, '\0', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef Name : Names)
    Result.Ranges[pathIn(Root, Name)].push_back({1, ~0U});
  return Result;
}

bool ChangedLines::contains(const Place &At) const {
  auto Found = Ranges.find(At.File);
  if (Found == Ranges.end())
    return false;
  return llvm::any_of(Found->second, [&](const Range &R) {
    return R.first <= At.Line && At.Line <= R.second;
  });
}

bool ChangedLines::touches(const Finding &F) const {
  return contains(F.At) || llvm::any_of(F.Notes, [&](const Note &N) {
           return contains(N.At);
         });
}
