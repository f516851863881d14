//===- Output.cpp - From new texts to files -------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Output.h"
#include "Databases.h"
#include "Finding.h"
#include "Message.h"
#include "Rewrite.h"
#include "clang/Format/Format.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using pyext::driver::error;

namespace pyext::migrate {

bool hasCarriageReturns(StringRef Text) {
  return Text.contains('\n') && Text.count('\n') == Text.count("\r\n");
}

std::string withoutCarriageReturns(StringRef Text) {
  std::string Result;
  for (size_t I = 0; I < Text.size(); ++I)
    if (!Text.substr(I).starts_with("\r\n"))
      Result += Text[I];
  return Result;
}

static std::string withCarriageReturns(StringRef Text) {
  std::string Result;
  for (size_t I = 0; I < Text.size(); ++I) {
    if (Text[I] == '\n' && (I == 0 || Text[I - 1] != '\r'))
      Result += '\r';
    Result += Text[I];
  }
  return Result;
}

/// Whether the file is in its style at all: at most one line in five would
/// change. Nobody formats the others, so the new lines look like the old ones.
static bool follows(const clang::format::FormatStyle &Style, StringRef Path,
                    StringRef Text) {
  clang::tooling::Replacements Edits = clang::format::reformat(
      Style, Text, {clang::tooling::Range(0, Text.size())}, Path);
  Expected<std::string> Formatted =
      clang::tooling::applyAllReplacements(Text, Edits);
  if (!Formatted) {
    consumeError(Formatted.takeError());
    return false;
  }
  size_t Lines = 0;
  for (auto [Begin, End] : addedRanges(Text, *Formatted))
    Lines += StringRef(*Formatted).slice(Begin, End).count('\n');
  return Lines * 5 <= size_t(Text.count('\n'));
}

static std::string formatted(StringRef Path, StringRef Old, StringRef New) {
  Expected<clang::format::FormatStyle> Style =
      clang::format::getStyle("file", Path, "none", New, /*FS=*/nullptr,
                              /*AllowUnknownOptions=*/true);
  if (!Style) {
    driver::warning() << toString(Style.takeError())
                      << "; the lines are left as they are\n";
    return New.str();
  }
  if (Style->DisableFormat || !follows(*Style, Path, Old))
    return New.str();
  const auto Added = addedRanges(Old, New);
  std::vector<clang::tooling::Range> Ranges;
  for (auto [Begin, End] : Added)
    Ranges.push_back({Begin, End - Begin});
  clang::format::FormattingAttemptStatus Status;
  clang::tooling::Replacements Edits =
      clang::format::reformat(*Style, New, Ranges, Path, &Status);
  // It also touches lines around them; those are not ours. What precedes a line
  // begins with the newline of the line before.
  clang::tooling::Replacements Own;
  for (const clang::tooling::Replacement &R : Edits)
    if (any_of(Added, [&](const auto &Range) {
          return R.getOffset() + 1 >= Range.first &&
                 R.getOffset() + 1 < Range.second &&
                 R.getOffset() + R.getLength() <= Range.second;
        }))
      consumeError(Own.add(R));
  Expected<std::string> Result = clang::tooling::applyAllReplacements(New, Own);
  if (!Result || !Status.FormatComplete) {
    consumeError(Result.takeError());
    return New.str();
  }
  return *Result;
}

std::string inStyle(StringRef Path, StringRef Old, std::string New) {
  if (hasCarriageReturns(Old))
    New = withCarriageReturns(New);
  return formatted(Path, Old, New);
}

/// Where the text goes: a link is followed.
static std::string target(StringRef Path) {
  SmallString<256> Real;
  return sys::fs::real_path(Path, Real) ? Path.str() : std::string(Real);
}

static std::optional<std::string> contents(StringRef Path) {
  auto Buffer = MemoryBuffer::getFile(Path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false,
                                      /*IsVolatile=*/true);
  if (!Buffer)
    return std::nullopt;
  return (*Buffer)->getBuffer().str();
}

static std::error_code writeText(StringRef Path, StringRef Text) {
  std::error_code EC;
  raw_fd_ostream OS(Path, EC);
  if (EC)
    return EC;
  OS << Text;
  OS.close();
  EC = OS.error();
  OS.clear_error();
  return EC;
}

bool writeAll(const FileChanges &Changes) {
  struct Step {
    std::string Path, Temporary, Target;
    const FileChange *Change;
  };
  std::vector<Step> Steps;
  size_t Written = 0, Moved = 0;
  auto Fail = [&](StringRef Path, const Twine &Why) {
    // What was moved already gets its old text back.
    for (const Step &S : ArrayRef(Steps).take_front(Moved))
      if (!S.Change->Old)
        (void)sys::fs::remove(S.Target);
      else if (!writeText(S.Temporary, *S.Change->Old))
        (void)sys::fs::rename(S.Temporary, S.Target);
    for (const Step &S : ArrayRef(Steps).slice(Moved, Written - Moved))
      (void)sys::fs::remove(S.Temporary);
    error() << Path << ": " << Why << "; no file was changed\n";
    return false;
  };
  for (const auto &[Path, Change] : Changes) {
    std::string Target = target(Path);
    for (const Step &S : Steps)
      if (S.Target == Target && S.Change->New != Change.New)
        return Fail(Path, "is the same file as " + S.Path +
                              ", and the two would become different");
    Steps.push_back({Path, Target + ".pyext-migrate", Target, &Change});
  }
  for (const Step &S : Steps) {
    if (!S.Change->Old) {
      if (sys::fs::exists(S.Target))
        return Fail(S.Path, "exists already; rename it");
    } else if (contents(S.Target) != S.Change->Old) {
      return Fail(S.Path, "was changed while it was read; start again");
    }
    ErrorOr<sys::fs::perms> Mode = sys::fs::getPermissions(S.Target);
    if (Mode && !(*Mode & sys::fs::all_write))
      return Fail(S.Path, "is read-only");
    if (sys::fs::exists(S.Temporary))
      return Fail(S.Temporary, "exists, perhaps from a run that was "
                               "interrupted; remove it");
    ++Written;
    std::error_code EC = writeText(S.Temporary, S.Change->New);
    if (!EC && Mode)
      EC = sys::fs::setPermissions(S.Temporary, *Mode);
    if (EC)
      return Fail(S.Path, EC.message());
  }
  for (const Step &S : Steps) {
    if (std::error_code EC = sys::fs::rename(S.Temporary, S.Target))
      return Fail(S.Path, EC.message());
    ++Moved;
  }
  return true;
}

std::string diffRoot(const FileChanges &Changes) {
  SmallString<256> Here;
  (void)sys::fs::current_path(Here);
  std::string Root(Here);
  auto Holds = [&](StringRef Folder) {
    return all_of(Changes, [&](const auto &C) {
      return project::relativeTo(Folder, C.first) != C.first;
    });
  };
  if (Changes.empty() || Holds(Root))
    return Root;
  Root = project::projectRoot(sys::path::parent_path(Changes.begin()->first));
  while (!Holds(Root) && Root != sys::path::root_path(Root))
    Root = sys::path::parent_path(Root).str();
  return Root;
}

std::string diffOf(const FileChanges &Changes, StringRef Root) {
  std::string Text;
  for (const auto &[Path, Change] : Changes)
    Text += unifiedDiff(project::relativeTo(Root, Path),
                        Change.Old.value_or(""), Change.New);
  return Text;
}

} // namespace pyext::migrate
