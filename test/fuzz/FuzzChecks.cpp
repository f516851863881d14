//===- FuzzChecks.cpp - Any source through all checks ---------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The input is a source file. All checks run on it, and must neither crash nor
// hang, and say the same twice. With FUZZ_FIXES=1, safe fixes of a source that
// compiles must give a source that compiles.
//
// FUZZ_PYTHON names the headers: 3.11, 3.13, 3.13t, 3.14t, 3.15, 3.15t.
//
//===----------------------------------------------------------------------===//

#include "Fuzz.h"
#include "ResourceDir.h"
#include "support/Llvm.h"
#include "clang-tidy/ClangTidy.h"
#include "clang-tidy/ClangTidyOptions.h"
#include "clang/Tooling/CompilationDatabase.h"
#include "clang/Tooling/Core/Replacement.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/VirtualFileSystem.h"
#include <memory>
#include <vector>

using namespace clang;
using namespace clang::tidy;
using pyext::fuzz::broken;

static std::vector<std::string> Flags;
static bool TryFixes;

extern "C" int LLVMFuzzerInitialize(int *Argc, char ***Argv) {
  llvm::StringRef Python = "3.13t";
  if (const char *Wanted = getenv("FUZZ_PYTHON"))
    Python = Wanted;
  bool FreeThreaded = Python.consume_back("t");
  std::string Include =
      (FUZZ_PYTHON_HEADERS "/root-" + Python + "/usr/include").str();
  if (!llvm::sys::fs::exists(Include))
    broken(Include + " does not exist; fetch the headers of Python first");
  bool IsC = llvm::StringRef(FUZZ_FILE).ends_with(".c");
  Flags = {IsC ? "-std=gnu11" : "-std=c++17",
           "-ferror-limit=20",
           "-w",
           "-fno-caret-diagnostics",
           "-isystem",
           Include + "/python" + Python.str(),
           "-isystem",
           Include,
           "-I" FUZZ_INPUTS};
  if (FreeThreaded)
    Flags.push_back("-DPy_GIL_DISABLED=1");
  if (auto Dir = pyext::resourceDirToPass((*Argv)[0]))
    Flags.insert(Flags.end(), {"-resource-dir", *Dir});
  const char *Fixes = getenv("FUZZ_FIXES");
  TryFixes = Fixes && llvm::StringRef(Fixes) == "1";
  return 0;
}

static std::vector<ClangTidyError> analyse(llvm::StringRef Text) {
  ClangTidyGlobalOptions Global;
  ClangTidyOptions Options = ClangTidyOptions::getDefaults();
  Options.Checks = "-*,cpython-*";
  ClangTidyContext Context(
      std::make_unique<DefaultOptionsProvider>(Global, Options));
  auto Overlay = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(
      llvm::vfs::getRealFileSystem());
  auto Memory = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  Memory->addFile("/" FUZZ_FILE, 0,
                  llvm::MemoryBuffer::getMemBufferCopy(Text));
  Overlay->pushOverlay(Memory);
  tooling::FixedCompilationDatabase Database("/", Flags);
  return runClangTidy(Context, Database, {"/" FUZZ_FILE}, Overlay,
                      /*ApplyAnyFix=*/false);
}

static bool compiles(llvm::ArrayRef<ClangTidyError> Errors) {
  return llvm::none_of(Errors, [](const ClangTidyError &E) {
    return E.DiagLevel == tooling::Diagnostic::Error;
  });
}

static std::string print(llvm::ArrayRef<ClangTidyError> Errors) {
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  for (const ClangTidyError &E : Errors) {
    OS << E.Message.FileOffset << ": " << E.Message.Message << " ["
       << E.DiagnosticName << "]\n";
    for (const tooling::DiagnosticMessage &N : E.Notes)
      OS << "  " << N.FileOffset << ": " << N.Message << "\n";
  }
  return Text;
}

/// \p Text with the safe fixes applied, whole or not at all.
static std::string fixed(llvm::StringRef Text,
                         llvm::ArrayRef<ClangTidyError> Errors) {
  tooling::Replacements All;
  for (const ClangTidyError &E : Errors) {
    tooling::Replacements Tried = All;
    bool Fits = true;
    for (const auto &Entry : E.Message.Fix)
      for (const tooling::Replacement &R : Entry.second)
        if (llvm::Error Overlap = Tried.add(R)) {
          llvm::consumeError(std::move(Overlap));
          Fits = false;
        }
    if (Fits)
      All = std::move(Tried);
  }
  auto Result = tooling::applyAllReplacements(Text, All);
  if (!Result)
    broken("fixes do not apply: " + llvm::toString(Result.takeError()));
  return *Result;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  llvm::StringRef Text(reinterpret_cast<const char *>(Data), Size);
  // Reading arbitrary files of this machine is no part of the test.
  if (Text.contains("#include \"/") || Text.contains("include </"))
    return -1;
  std::vector<ClangTidyError> Errors = analyse(Text);
  if (!TryFixes)
    return 0;
  std::string First = print(Errors), Second = print(analyse(Text));
  if (First != Second)
    broken("two runs differ:\n" + First + "\nand\n" + Second);
  std::string After = fixed(Text, Errors);
  if (!compiles(Errors) || After == Text)
    return 0;
  std::vector<ClangTidyError> Again = analyse(After);
  if (!compiles(Again))
    broken("the fixed source does not compile:\n" + print(Again) + "\n" +
           After);
  return 0;
}
