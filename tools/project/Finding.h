//===- Finding.h - One list of findings ---------------------- -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything that is printed, written to a report or compared with a baseline comes
// from one list of findings. It is read from what the analysis of each file
// exports, merged over files and header configurations, and sorted.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_FINDING_H
#define PYEXT_PROJECT_FINDING_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace llvm {
class MemoryBuffer;
} // namespace llvm

namespace pyext::project {

/// A place in a file; Line and Column start at 1 and count bytes. Line is 0
/// when the message is about no place.
struct Place {
  std::string File; ///< Absolute.
  unsigned Offset = 0, Line = 0, Column = 0;

  auto key() const { return std::tie(File, Offset); }
  bool operator==(const Place &O) const { return key() == O.key(); }
};

struct Edit {
  std::string File; ///< Absolute.
  unsigned Offset = 0, Length = 0;
  std::string Text;

  auto key() const { return std::tie(File, Offset, Length, Text); }
  bool operator==(const Edit &O) const { return key() == O.key(); }
  bool operator<(const Edit &O) const { return key() < O.key(); }
};

struct Note {
  Place At;
  std::string Message;
  std::vector<Edit> Edits; ///< A fix that a person has to judge.

  bool operator==(const Note &O) const {
    return At == O.At && Message == O.Message && Edits == O.Edits;
  }
};

struct Finding {
  std::string Check;
  std::string Message;
  Place At;
  unsigned Length = 0; ///< Of the range at At, bytes; 0 when there is none.
  std::vector<Note> Notes;
  std::vector<Edit> Edits; ///< The safe fix.
  std::vector<std::string> Builds; ///< Where it was seen: as-is, gil, ft.
  std::vector<std::string> Modules;
  /// Stays the same when the code moves; differs between all findings.
  std::string Fingerprint;
  bool FreeThreading = false, Subinterpreters = false; ///< Hazards.
  bool Error = false; ///< Selected by WarningsAsErrors.

  /// Cheap order of the list: place, check, message.
  bool operator<(const Finding &O) const {
    return std::tie(At.File, At.Offset, Check, Message) <
           std::tie(O.At.File, O.At.Offset, O.Check, O.Message);
  }
};

/// Texts of files, read once; with what --fix changed on top.
class Sources {
public:
  Sources();
  ~Sources();

  /// Empty when the file cannot be read.
  llvm::StringRef text(llvm::StringRef File);
  /// Line \p Number, from 1, without its end.
  llvm::StringRef line(llvm::StringRef File, unsigned Number);
  unsigned lines(llvm::StringRef File);
  /// Sets Line and Column from Offset.
  void locate(Place &At);
  void replace(llvm::StringRef File, std::string Text);

private:
  struct Entry {
    std::string Text;
    std::vector<unsigned> Starts;
  };
  Entry &entry(llvm::StringRef File);
  llvm::StringMap<std::unique_ptr<Entry>> Entries;
};

/// Columns of UTF-16 code units, from 1, as SARIF and editors count.
unsigned utf16Column(llvm::StringRef Line, unsigned ByteColumn);

/// A report is text: bytes that are not UTF-8 become U+FFFD.
std::string validUtf8(llvm::StringRef Text);

struct Exported {
  std::vector<Finding> Findings;
  std::vector<Finding> Errors; ///< Of the compiler.
};

/// Reads what clang-tidy's --export-fixes wrote for one file.
llvm::Expected<Exported> readExported(llvm::StringRef Path, Sources &Texts);

/// Sorts, joins what was found several times, and sets hazards.
std::vector<Finding> merge(std::vector<Finding> Findings);

/// Sets the fingerprints of a merged list. \p Root is the folder that paths are
/// relative to.
void setFingerprints(std::vector<Finding> &Findings, Sources &Texts,
                     llvm::StringRef Root);

/// \p File as a path from \p Root with '/'; \p File itself when it is elsewhere.
std::string relativeTo(llvm::StringRef Root, llvm::StringRef File);

} // namespace pyext::project

#endif // PYEXT_PROJECT_FINDING_H
