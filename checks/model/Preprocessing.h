//===- Preprocessing.h - What only the preprocessor sees --------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In a build with the GIL Py_BEGIN_CRITICAL_SECTION(op) is a bare brace: the
// AST holds neither the section nor `op`. Here the expansions of the macros
// that matter are recorded while the file is preprocessed, together with the
// conditional regions that exist in only one of the two configurations.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_PREPROCESSING_H
#define PYEXT_MODEL_PREPROCESSING_H

#include "facts/Facts.h"
#include "facts/UserFacts.h"
#include "clang/Basic/SourceLocation.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace clang {
class Preprocessor;
class SourceManager;
} // namespace clang

namespace pyext::model {

/// One use of a macro that opens or closes a region, takes or releases a lock,
/// or defines a module.
struct MacroUse {
  std::string Name;              ///< As facts spell it.
  clang::SourceLocation Begin;   ///< File location of the outermost expansion.
  clang::SourceLocation End;     ///< Last token of the outermost expansion.
  std::vector<std::string> Args; ///< Spelling of the arguments, no white space.
  /// The user's own macro around it (ENTER_X), empty when written directly.
  std::string Wrapper;
  /// True when this configuration compiles the macro to nothing and the use was
  /// read off the definition for the other one.
  bool FromOtherConfiguration = false;
};

/// The text between two preprocessor directives that depends on
/// Py_GIL_DISABLED.
struct ConfigurationRegion {
  clang::SourceRange Range;
  bool FreeThreaded; ///< Exists when Py_GIL_DISABLED is defined; else with GIL.
  bool Skipped;      ///< Not compiled in this run.
};

/// `#pragma omp parallel` and its likes: the statement behind it runs in threads
/// of OpenMP's; or, with Master, in that of the thread which came there.
struct ParallelPragma {
  clang::SourceLocation Loc; ///< Of the hash.
  clang::SourceLocation End; ///< Of the line, with those that continue it.
  bool Master;
};

/// The recorded facts of one translation unit.
class Preprocessing {
public:
  Preprocessing();
  ~Preprocessing();

  /// Starts recording; once, before the main file is preprocessed.
  /// \p Facts are the user's rows, or null.
  void record(clang::Preprocessor &PP, const facts::UserFacts *Facts = nullptr);

  /// In source order per file.
  llvm::ArrayRef<MacroUse> uses() const { return Uses; }
  /// Those that begin within \p Range, in source order. Valid as long as this.
  std::vector<const MacroUse *> usesWithin(clang::SourceRange Range) const;
  llvm::ArrayRef<ConfigurationRegion> configurationRegions() const {
    return Regions;
  }

  /// In first-party files, in source order; also when OpenMP is not switched on.
  llvm::ArrayRef<ParallelPragma> parallelPragmas() const { return Parallels; }

  /// True when this run sees the free-threaded configuration.
  bool freeThreaded() const;
  /// True when Python.h was read.
  bool pythonIncluded() const;
  /// CPython's minor version N of 3.N as Python.h says; 0 without Python.h.
  unsigned pythonMinor() const;
  /// Value of Py_LIMITED_API, when defined.
  std::optional<unsigned> limitedApi() const;

  /// True when \p Loc is only compiled with the GIL (`#ifndef Py_GIL_DISABLED`).
  bool onlyWithGil(clang::SourceLocation Loc) const;
  /// True when \p Loc lies under a condition on the Python version or on PyPy,
  /// e.g. `#if PY_VERSION_HEX < 0x030F0000`; gives the text of the condition.
  std::optional<llvm::StringRef> versionCondition(clang::SourceLocation Loc) const;
  /// True when \p Loc is only compiled for a Python older than \p Version: under
  /// `#if PY_VERSION_HEX < 0x030D0000` or the #else of its opposite.
  bool onlyBefore(facts::PyVersion Version, clang::SourceLocation Loc) const;

  /// True when \p Loc is compiled only when something else than the version of
  /// Python holds: under any other `#if`. The guard of a header does not count.
  bool conditional(clang::SourceLocation Loc) const;

  /// Conditions on Py_GIL_DISABLED that stand in front of the inclusion of
  /// Python.h, which defines it; in source order.
  llvm::ArrayRef<clang::SourceLocation> earlyGilConditions() const {
    return EarlyGilConditions;
  }

  /// Calls \p Visit with each identifier of the text within \p Range, compiled or
  /// not, also of directives.
  void identifiers(clang::SourceRange Range,
                   llvm::function_ref<void(llvm::StringRef, clang::SourceLocation)>
                       Visit) const;

  /// Whether the text between two directives does anything: code, or a macro that
  /// stands for some. \p Range is that of a ConfigurationRegion.
  bool hasCode(clang::SourceRange Range) const;

  /// True when the text at \p Loc is not compiled.
  bool isSkipped(clang::SourceLocation Loc) const;

  /// Whether macro \p Name is defined at this point of preprocessing: at the end
  /// of the file, once a check runs.
  bool defined(llvm::StringRef Name) const;
  /// Its value when it is one number.
  std::optional<unsigned> valueOf(llvm::StringRef Name) const;
  /// The tokens it stands for, without white space; empty when not defined.
  std::string replacementOf(llvm::StringRef Name) const;

  /// True when the skipped text within \p Range mentions identifier \p Name,
  /// e.g. a slot written under a condition that is false here.
  bool skippedMentions(clang::SourceRange Range, llvm::StringRef Name) const;

  /// True when the text within \p Range uses a macro of which a skipped
  /// definition mentions \p Name: `#define GIL_SLOT {Py_mod_gil, ...},` in the
  /// branch for newer versions.
  bool skippedDefinition(clang::SourceRange Range, llvm::StringRef Name) const;

  /// True when this run sees the configuration with the GIL and the other one has
  /// locks that are not visible here: `#ifdef Py_GIL_DISABLED` around a mutex.
  bool locksAreHidden() const;

  /// Lexer::getImmediateMacroName(), which reads the name in the source again
  /// each time. \p Loc: in a macro.
  llvm::StringRef immediateMacro(clang::SourceLocation Loc) const;
  /// Names of the macros whose expansion \p Loc lies in, innermost first.
  llvm::SmallVector<llvm::StringRef, 4>
  macroNames(clang::SourceLocation Loc) const;
  /// The first of macroNames() that \p Accept takes; empty when none.
  llvm::StringRef
  macroName(clang::SourceLocation Loc,
            llvm::function_ref<bool(llvm::StringRef)> Accept) const;

  /// True when \p Loc is in a file of the extension itself: not a system
  /// header, not one of CPython's, NumPy's, pybind11's or nanobind's.
  bool isFirstParty(clang::SourceLocation Loc) const;

private:
  class Recorder;
  friend class Recorder;

  bool isInPythonDir(llvm::StringRef Path) const;
  /// True when \p Loc is in one of CPython's headers or a system header.
  bool isOfPython(clang::SourceLocation Loc) const;

  struct SkippedText {
    clang::SourceRange Range;
    llvm::StringRef Text; ///< As written.
  };
  /// The identifiers in \p Skipped; the macros that it defines have true.
  llvm::StringMap<bool> wordsOf(const SkippedText &Skipped) const;
  struct ConditionRegion {
    clang::SourceRange Range;
    std::string Condition; ///< As written; "!(...)" in the else branch.
  };

  const clang::SourceManager *SM = nullptr;
  clang::Preprocessor *PP = nullptr;
  std::vector<MacroUse> Uses;
  std::vector<ConfigurationRegion> Regions;
  std::vector<ParallelPragma> Parallels;
  /// What onlyWithGil() looks up, made on its first call: offsets in ascending
  /// order, both ends included.
  mutable llvm::DenseMap<
      clang::FileID, llvm::SmallVector<std::pair<unsigned, unsigned>, 4>>
      GilRanges;
  mutable bool GilRangesReady = false;
  std::vector<ConditionRegion> VersionConditions;
  std::vector<clang::SourceRange> OtherConditions; ///< Of first-party files.
  std::vector<clang::SourceLocation> EarlyGilConditions;
  std::vector<SkippedText> Skipped;
  mutable llvm::DenseMap<clang::FileID, bool> FirstParty;
  /// Names of macros by their expansions.
  mutable llvm::DenseMap<clang::FileID, llvm::StringRef> MacroNames;
  /// Uses by file and offset, made when first asked for.
  mutable llvm::DenseMap<clang::FileID,
                         std::vector<std::pair<unsigned, const MacroUse *>>>
      UsesByFile;
  mutable std::optional<std::string> PythonDir;
};

} // namespace pyext::model

#endif // PYEXT_MODEL_PREPROCESSING_H
