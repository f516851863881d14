//===- Observer.cpp - What became of each file ----------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Observer.h"
#include "support/Llvm.h"
#include "clang-tidy/ClangTidyCheck.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace clang;
using namespace clang::tidy;
using namespace pyext::driver;

static llvm::StringMap<FileStatus> &statuses() {
  static llvm::StringMap<FileStatus> Map;
  return Map;
}

static std::string keyOf(llvm::StringRef File) {
  llvm::SmallString<256> Path;
  if (llvm::sys::fs::real_path(File, Path)) {
    Path = File;
    (void)llvm::sys::fs::make_absolute(Path);
    llvm::sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
  }
  return std::string(Path);
}

namespace {

class Callbacks : public PPCallbacks {
public:
  Callbacks(FileStatus &Status, Preprocessor &PP)
      : Status(Status), PP(PP) {}

  bool FileNotFound(StringRef FileName) override {
    if (llvm::sys::path::filename(FileName) == "Python.h")
      Status.PythonNotFound = true;
    return false;
  }

  void EndOfMainFile() override {
    Status.Analysed = true;
    // By now the file is parsed. Errors of the compiler only: warnings become
    // errors when clang-tidy prints them.
    if (PP.getDiagnostics().hasUncompilableErrorOccurred())
      Status.DoesNotCompile = true;
    // Include guard of Python.h in every version.
    if (PP.isMacroDefined("Py_PYTHON_H"))
      Status.IncludesPython = true;
  }

private:
  FileStatus &Status;
  Preprocessor &PP;
};

class Observer : public ClangTidyCheck {
public:
  Observer(StringRef Name, ClangTidyContext *Context)
      : ClangTidyCheck(Name, Context) {}

  void registerPPCallbacks(const SourceManager &SM, Preprocessor *PP,
                           Preprocessor *) override {
    FileStatus &Status = statuses()[keyOf(getCurrentMainFile())];
    PP->addPPCallbacks(std::make_unique<Callbacks>(Status, *PP));
  }
};

class ObserverModule : public ClangTidyModule {
public:
  void addCheckFactories(ClangTidyCheckFactories &Factories) override {
    Factories.registerCheck<Observer>(ObserverName);
  }
};

} // namespace

void pyext::driver::registerObserver() {
  static ClangTidyModuleRegistry::Add<ObserverModule> X(
      "pyext-tidy-module", "Tells pyext-tidy what became of each file.");
}

FileStatus pyext::driver::statusOf(llvm::StringRef File) {
  return statuses().lookup(keyOf(File));
}
