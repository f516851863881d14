//===- Text.cpp - Findings for a person at a terminal ---------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "project/Catalogue.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <map>
#include <set>

using namespace pyext;
using namespace pyext::report;
using project::Finding;
using project::LeftOut;
using project::Place;
using llvm::raw_ostream;

Readiness pyext::report::freeThreading(const Module &M) {
  if (!M.Files && M.Failed)
    return Readiness::Unknown;
  bool Found = M.FreeThreading != 0;
  if (M.Info.Gil == "Py_MOD_GIL_NOT_USED")
    return Found ? Readiness::Contradicted : Readiness::Ready;
  if (M.Info.Gil == "Py_MOD_GIL_USED")
    return Readiness::Declined;
  return Found ? Readiness::NotReady : Readiness::Open;
}

Readiness pyext::report::subinterpreters(const Module &M) {
  if (!M.Files && M.Failed)
    return Readiness::Unknown;
  bool Found = M.Subinterpreters != 0;
  if (M.Info.Interpreters == "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED" ||
      M.Info.Interpreters == "Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED")
    return Found ? Readiness::Contradicted : Readiness::Ready;
  if (M.Info.Interpreters == "Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED")
    return Readiness::Declined;
  return Found ? Readiness::NotReady : Readiness::Open;
}

static std::string counted(size_t Count, llvm::StringRef One,
                           llvm::StringRef Many) {
  return std::to_string(Count) + " " + (Count == 1 ? One : Many).str();
}

static void writePlace(const Report &R, llvm::StringRef Folder, const Place &At,
                       raw_ostream &OS) {
  OS << project::relativeTo(Folder, At.File) << ":" << At.Line << ":"
     << At.Column << ": ";
}

static void writeCode(const Report &R, const Place &At, unsigned Length,
                      raw_ostream &OS) {
  llvm::StringRef Line = R.Texts->line(At.File, At.Line);
  if (Line.size() > 300)
    return;
  OS << llvm::right_justify(std::to_string(At.Line), 6) << " | " << Line
     << "\n       | ";
  for (char C : Line.take_front(At.Column - 1))
    // A character of several bytes is one column.
    if ((C & 0xC0) != 0x80)
      OS << (C == '\t' ? '\t' : ' ');
  OS.changeColor(raw_ostream::GREEN, /*Bold=*/true);
  OS << "^";
  size_t Room = Line.size() >= At.Column ? Line.size() - At.Column : 0;
  for (size_t I = 1; I < Length && I <= Room; ++I)
    OS << "~";
  OS.resetColor();
  OS << "\n";
}

void pyext::report::writeFindings(const Report &R, llvm::StringRef Folder,
                                  size_t MaxNotes, raw_ostream &OS) {
  OS.enable_colors(OS.has_colors());
  for (const Finding &F : R.Findings) {
    writePlace(R, Folder, F.At, OS);
    OS.changeColor(F.Error ? raw_ostream::RED : raw_ostream::MAGENTA, true);
    OS << (F.Error ? "error: " : "warning: ");
    OS.resetColor();
    OS << F.Message << " [" << F.Check << "]\n";
    if (F.At.Line)
      writeCode(R, F.At, F.Length, OS);
    // The last one says what to do.
    const bool Cut = F.Notes.size() > MaxNotes + 1;
    for (size_t I = 0; I != F.Notes.size(); ++I) {
      if (Cut && I == MaxNotes - 1) {
        size_t Left = F.Notes.size() - MaxNotes;
        OS.changeColor(raw_ostream::CYAN, true);
        OS << "note: ";
        OS.resetColor();
        OS << "and " << Left << " more places (--all-notes shows them)\n";
        I += Left;
      }
      const project::Note &N = F.Notes[I];
      if (N.At.Line)
        writePlace(R, Folder, N.At, OS);
      OS.changeColor(raw_ostream::CYAN, true);
      OS << "note: ";
      OS.resetColor();
      OS << N.Message << "\n";
    }
  }
}

/// One line per cause; without one, per file.
static void writeLeftOut(const Report &R, llvm::StringRef Folder,
                         llvm::ArrayRef<LeftOut> List, size_t Limit,
                         raw_ostream &OS) {
  constexpr size_t Few = 2;
  std::map<std::string, std::vector<const LeftOut *>> ByCause;
  for (const LeftOut &L : List)
    if (!L.Cause.empty())
      ByCause[L.Cause].push_back(&L);
  size_t Written = 0, Said = 0;
  std::set<std::string> Done;
  for (const LeftOut &L : List) {
    if (Written == Limit)
      break;
    auto Group = ByCause.find(L.Cause);
    bool Alone = Group == ByCause.end() || Group->second.size() <= Few;
    if (!Alone && !Done.insert(L.Cause).second)
      continue;
    ++Written;
    OS << "  " << project::relativeTo(Folder, L.File);
    if (Alone) {
      OS << ": " << L.Reason << "\n";
      ++Said;
    } else {
      OS << " and " << Group->second.size() - 1 << " more: " << L.Cause << "\n";
      Said += Group->second.size();
    }
  }
  if (List.size() > Said)
    OS << "  and " << List.size() - Said << " more; --json lists all\n";
}

static llvm::StringRef say(Readiness Value) {
  switch (Value) {
  case Readiness::Unknown:
    return "not known, no file was analysed";
  case Readiness::Ready:
    return "declared, nothing found against it";
  case Readiness::Contradicted:
    return "declared, but see the findings";
  case Readiness::Open:
    return "not declared, nothing found against it";
  case Readiness::NotReady:
    return "not ready";
  case Readiness::Declined:
    return "declares that it does not support it";
  }
  return "";
}

void pyext::report::writeSummary(const Report &R, llvm::StringRef Folder,
                                 raw_ostream &OS) {
  size_t Files = 0, Fixes = 0, FreeThreading = 0, Subinterpreters = 0;
  std::set<std::string> Seen;
  std::map<std::string, size_t> ByCheck;
  for (const Finding &F : R.Findings) {
    Files += Seen.insert(F.At.File).second;
    Fixes += !F.Edits.empty();
    FreeThreading += F.FreeThreading;
    Subinterpreters += F.Subinterpreters;
    ++ByCheck[F.Check];
  }
  if (R.Findings.empty())
    OS << "no findings";
  else
    OS << counted(R.Findings.size(), "finding", "findings") << " in "
       << counted(Files, "file", "files");
  OS << "; " << counted(R.FilesAnalysed, "file", "files") << " analysed";
  if (R.WithoutPython)
    OS << ", " << R.WithoutPython << " without Python.h";
  OS << "\n";
  if (!R.Findings.empty()) {
    OS << "  free threading: " << FreeThreading
       << ", subinterpreters: " << Subinterpreters;
    if (Fixes)
      OS << "; " << counted(Fixes, "has a safe fix", "have a safe fix")
         << " (--diff shows them, --fix applies them)";
    OS << "\n";
    for (const auto &[Check, Count] : ByCheck)
      OS << llvm::right_justify(std::to_string(Count), 6) << "  " << Check
         << "\n";
  }
  if (!R.Modules.empty()) {
    OS << "modules:\n";
    for (const Module &M : R.Modules) {
      OS << "  " << M.Info.Name << " ("
         << counted(M.Files, "file", "files");
      if (M.Failed)
        OS << ", " << M.Failed << " not analysed";
      OS << ")\n    free threading: "
         << say(freeThreading(M));
      if (M.FreeThreading)
        OS << ", " << counted(M.FreeThreading, "finding", "findings");
      OS << "\n    subinterpreters: " << say(subinterpreters(M));
      if (M.Subinterpreters)
        OS << ", " << counted(M.Subinterpreters, "finding", "findings");
      OS << "\n";
    }
  }
  if (R.Known)
    OS << counted(R.Known, "known finding is", "known findings are")
       << " in the baseline\n";
  if (R.Unchanged)
    OS << counted(R.Unchanged, "finding is", "findings are")
       << " on lines that did not change\n";
  if (!R.Functions.empty()) {
    OS << "functions that were not analysed:\n";
    writeLeftOut(R, Folder, R.Functions, 20, OS);
  }
  if (!R.Skipped.empty()) {
    OS << "not part of this build, and not analysed:\n";
    writeLeftOut(R, Folder, R.Skipped, 10, OS);
  }
  if (!R.Failed.empty()) {
    OS << counted(R.Failed.size(), "file", "files")
       << " could not be analysed:\n";
    writeLeftOut(R, Folder, R.Failed, 50, OS);
    if (R.Withheld)
      OS << "  " << counted(R.Withheld, "finding", "findings")
         << " there " << (R.Withheld == 1 ? "is" : "are")
         << " withheld: what does not compile cannot be judged\n";
    if (!R.Build && llvm::any_of(R.Failed, [](const LeftOut &L) {
          return !L.Cause.empty();
        }))
      OS << "  'pyext-tidy record' builds the project in an environment of its "
            "own and notes the\n  flags of its files; then check again\n";
  }
}
