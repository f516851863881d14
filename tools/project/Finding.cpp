//===- Finding.cpp - One list of findings ---------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Finding.h"
#include "Catalogue.h"
#include "CompileCommand.h"
#include "clang/Tooling/DiagnosticsYaml.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/YAMLTraits.h"
#include <map>

using namespace pyext::project;
namespace path = llvm::sys::path;

Sources::Sources() = default;
Sources::~Sources() = default;

static std::vector<unsigned> lineStarts(llvm::StringRef Text) {
  std::vector<unsigned> Starts{0};
  for (size_t I = 0; I != Text.size(); ++I)
    if (Text[I] == '\n')
      Starts.push_back(I + 1);
  return Starts;
}

Sources::Entry &Sources::entry(llvm::StringRef File) {
  std::unique_ptr<Entry> &Slot = Entries[File];
  if (!Slot) {
    Slot = std::make_unique<Entry>();
    if (auto Buffer = llvm::MemoryBuffer::getFile(File))
      Slot->Text = (*Buffer)->getBuffer().str();
    Slot->Starts = lineStarts(Slot->Text);
  }
  return *Slot;
}

void Sources::replace(llvm::StringRef File, std::string Text) {
  Entry &E = entry(File);
  E.Text = std::move(Text);
  E.Starts = lineStarts(E.Text);
}

llvm::StringRef Sources::text(llvm::StringRef File) { return entry(File).Text; }

unsigned Sources::lines(llvm::StringRef File) {
  return entry(File).Starts.size();
}

llvm::StringRef Sources::line(llvm::StringRef File, unsigned Number) {
  Entry &E = entry(File);
  if (Number == 0 || Number > E.Starts.size())
    return "";
  size_t Begin = E.Starts[Number - 1];
  size_t End = Number < E.Starts.size() ? E.Starts[Number] : E.Text.size();
  return llvm::StringRef(E.Text).slice(Begin, End).rtrim("\r\n");
}

void Sources::locate(Place &At) {
  if (At.File.empty())
    return;
  Entry &E = entry(At.File);
  auto Next = llvm::upper_bound(E.Starts, At.Offset);
  At.Line = Next - E.Starts.begin();
  At.Column = At.Offset - E.Starts[At.Line - 1] + 1;
}

std::string pyext::project::validUtf8(llvm::StringRef Text) {
  return llvm::json::isUTF8(Text) ? Text.str() : llvm::json::fixUTF8(Text);
}

unsigned pyext::project::utf16Column(llvm::StringRef Line,
                                     unsigned ByteColumn) {
  unsigned Column = 1;
  llvm::StringRef Before = Line.take_front(ByteColumn - 1);
  for (size_t I = 0; I < Before.size();) {
    unsigned Length = llvm::getNumBytesForUTF8(Before[I]);
    // Outside of the basic plane a character is two units.
    Column += Length == 4 && I + 4 <= Before.size() ? 2 : 1;
    I += std::max(Length, 1u);
  }
  return Column;
}

std::string pyext::project::relativeTo(llvm::StringRef Root,
                                       llvm::StringRef File) {
  llvm::StringRef Rest = File;
  if (Rest.consume_front(Root) &&
      (Root.ends_with("/") || Rest.consume_front("/")))
    return Rest.str();
  return File.str();
}

static std::string absolute(llvm::StringRef File, llvm::StringRef Folder) {
  llvm::SmallString<256> Path(File);
  makeAbsolute(Folder, Path);
  llvm::sys::fs::make_absolute(Path);
  path::remove_dots(Path, /*remove_dot_dot=*/true);
  return std::string(Path);
}

llvm::Expected<Exported> pyext::project::readExported(llvm::StringRef Path,
                                                      Sources &Texts) {
  Exported Result;
  auto Buffer = llvm::MemoryBuffer::getFile(Path);
  if (!Buffer)
    return Result; // clang-tidy writes none when it has nothing to say.
  clang::tooling::TranslationUnitDiagnostics Unit;
  std::string Complaint;
  llvm::yaml::Input In(
      (*Buffer)->getBuffer(), nullptr,
      [](const llvm::SMDiagnostic &D, void *Text) {
        *static_cast<std::string *>(Text) = D.getMessage().str();
      },
      &Complaint);
  In >> Unit;
  if (In.error())
    return llvm::createStringError(In.error(), "%s: %s", Path.str().c_str(),
                                   Complaint.c_str());

  for (clang::tooling::Diagnostic &D : Unit.Diagnostics) {
    auto PlaceOf = [&](const clang::tooling::DiagnosticMessage &M) {
      Place At;
      if (!M.FilePath.empty()) {
        At.File = absolute(M.FilePath, D.BuildDirectory);
        At.Offset = M.FileOffset;
        Texts.locate(At);
      }
      return At;
    };
    auto EditsOf = [&](const clang::tooling::DiagnosticMessage &M) {
      std::vector<Edit> Edits;
      for (const auto &Entry : M.Fix)
        for (const clang::tooling::Replacement &R : Entry.second)
          Edits.push_back({absolute(R.getFilePath(), D.BuildDirectory),
                           R.getOffset(), R.getLength(),
                           R.getReplacementText().str()});
      llvm::stable_sort(Edits, [](const Edit &A, const Edit &B) {
        return std::tie(A.File, A.Offset) < std::tie(B.File, B.Offset);
      });
      return Edits;
    };
    Finding F;
    F.Check = D.DiagnosticName;
    F.Message = D.Message.Message;
    F.At = PlaceOf(D.Message);
    for (const clang::tooling::FileByteRange &Range : D.Message.Ranges)
      if (!Range.FilePath.empty() && Range.FileOffset == F.At.Offset &&
          absolute(Range.FilePath, D.BuildDirectory) == F.At.File)
        F.Length = std::max(F.Length, Range.Length);
    F.Edits = EditsOf(D.Message);
    for (const clang::tooling::DiagnosticMessage &N : D.Notes)
      F.Notes.push_back({PlaceOf(N), N.Message, EditsOf(N)});
    F.Error = D.DiagLevel == clang::tooling::Diagnostic::Error;
    if (D.DiagnosticName == "clang-diagnostic-error" ||
        llvm::StringRef(D.DiagnosticName).starts_with("clang-diagnostic-fatal"))
      Result.Errors.push_back(std::move(F));
    else if (D.DiagLevel != clang::tooling::Diagnostic::Remark)
      Result.Findings.push_back(std::move(F));
  }
  return Result;
}

template <typename T>
static void addMissing(std::vector<T> &To, const std::vector<T> &From) {
  for (const T &Item : From)
    if (!llvm::is_contained(To, Item))
      To.push_back(Item);
}

std::vector<Finding> pyext::project::merge(std::vector<Finding> Findings) {
  llvm::stable_sort(Findings);
  std::vector<Finding> Merged;
  for (Finding &F : Findings) {
    if (!Merged.empty() && !(Merged.back() < F)) {
      Finding &Same = Merged.back();
      addMissing(Same.Builds, F.Builds);
      addMissing(Same.Modules, F.Modules);
      addMissing(Same.Notes, F.Notes);
      Same.Error |= F.Error;
      Same.Length = std::max(Same.Length, F.Length);
      // Two files or builds that want different text of the same lines: there
      // is no fix for all of them.
      if (Same.Edits.empty())
        Same.Edits = std::move(F.Edits);
      else if (!F.Edits.empty() && F.Edits != Same.Edits)
        Same.Edits.clear();
      continue;
    }
    Merged.push_back(std::move(F));
  }
  for (Finding &F : Merged) {
    llvm::sort(F.Builds);
    llvm::sort(F.Modules);
    if (const CheckInfo *Check = findCheck(F.Check)) {
      F.FreeThreading = Check->FreeThreading;
      F.Subinterpreters = Check->Subinterpreters;
    }
  }
  return Merged;
}

/// One blank between words: what an indenter does not change.
static std::string squeezed(llvm::StringRef Text) {
  llvm::SmallVector<llvm::StringRef, 16> Words;
  llvm::SplitString(Text, Words);
  return llvm::join(Words, " ");
}

/// \p Message without numbers of lines: they move with the code.
static std::string withoutLines(llvm::StringRef Message) {
  std::string Result;
  while (!Message.empty()) {
    size_t At = Message.find("line ");
    if (At == llvm::StringRef::npos)
      break;
    Result += Message.take_front(At + 5);
    Message = Message.drop_front(At + 5);
    Message = Message.drop_while(llvm::isDigit);
  }
  return Result + Message.str();
}

void pyext::project::setFingerprints(std::vector<Finding> &Findings,
                                     Sources &Texts, llvm::StringRef Root) {
  std::map<std::string, unsigned> Seen;
  for (Finding &F : Findings) {
    std::string Key = F.Check + '\0' + relativeTo(Root, F.At.File) + '\0' +
                      withoutLines(F.Message) + '\0' +
                      squeezed(Texts.line(F.At.File, F.At.Line));
    unsigned Ordinal = Seen[Key]++;
    Key += '\0' + std::to_string(Ordinal);
    auto Hash = llvm::SHA256::hash(llvm::arrayRefFromStringRef(Key));
    F.Fingerprint =
        llvm::toHex(llvm::ArrayRef(Hash).take_front(16), /*LowerCase=*/true);
  }
}
