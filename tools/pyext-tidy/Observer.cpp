//===- Observer.cpp - What became of each file ----------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Observer.h"
#include "model/ExtensionModel.h"
#include "model/SlotEvidence.h"
#include "support/Llvm.h"
#include "support/TranslationUnit.h"
#include "clang-tidy/ClangTidyCheck.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace clang;
using namespace clang::tidy;
using namespace pyext::driver;

static llvm::StringMap<FileStatus> &statuses() {
  static llvm::StringMap<FileStatus> Map;
  return Map;
}

static bool &withModel() {
  static bool Value = false;
  return Value;
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

/// Whether \p Globs enable warnings of clang itself; true when in doubt.
bool showsWarnings(StringRef Globs) {
  constexpr StringRef Diagnostics = "clang-diagnostic-";
  bool Shown = false;
  llvm::SmallVector<StringRef, 8> Parts;
  Globs.split(Parts, ',');
  for (StringRef Part : Parts) {
    llvm::SmallVector<StringRef, 2> Lines;
    Part.split(Lines, '\n');
    for (StringRef Glob : Lines) {
      Glob = Glob.trim();
      const bool Off = Glob.consume_front("-");
      const StringRef Front = Glob.trim().split('*').first;
      if (!Off && (Front.starts_with(Diagnostics) ||
                   (Glob.contains('*') && Diagnostics.starts_with(Front))))
        Shown = true;
      // Off are all of them: -*, -clang-diagnostic-*.
      if (Off && Diagnostics.starts_with(Front) &&
          Glob.trim().size() == Front.size() + 1)
        Shown = false;
    }
  }
  return Shown;
}

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
      : ClangTidyCheck(Name, Context),
        ShowsWarnings(showsWarnings(
            Context->getOptions().Checks.value_or(std::string()))) {}

  void registerPPCallbacks(const SourceManager &SM, Preprocessor *PP,
                           Preprocessor *) override {
    FileStatus &Status = statuses()[keyOf(getCurrentMainFile())];
    PP->addPPCallbacks(std::make_unique<Callbacks>(Status, *PP));
    Preprocessing = PP;
    // What nobody is shown needs no search: with -Wall that is a tenth of the
    // parse. What checks find goes through an engine of clang-tidy's own.
    if (!ShowsWarnings)
      PP->getDiagnostics().setIgnoreAllWarnings(true);
  }

  void registerMatchers(ast_matchers::MatchFinder *Finder) override {
    if (withModel())
      Finder->addMatcher(ast_matchers::translationUnitDecl(), this);
  }

  void check(const ast_matchers::MatchFinder::MatchResult &Result) override {
    FileStatus &Status = statuses()[keyOf(getCurrentMainFile())];
    // The one that the checks use: they were asked before parsing began.
    std::shared_ptr<pyext::TranslationUnit> Unit = pyext::TranslationUnit::of(
        *Result.SourceManager, *Preprocessing);
    if (!Unit->preprocessing().pythonIncluded())
      return;
    pyext::facts::UserFactsScope Scope(Unit->userFacts());
    describe(Unit->model(*Result.Context), Status);
  }

private:
  static void describe(const pyext::model::ExtensionModel &Model,
                       FileStatus &Status);
  static std::pair<std::string, unsigned> at(const SourceManager &SM,
                                             SourceLocation Loc);

  Preprocessor *Preprocessing = nullptr;
  const bool ShowsWarnings;
};

std::pair<std::string, unsigned> Observer::at(const SourceManager &SM,
                                              SourceLocation Loc) {
  Loc = SM.getExpansionLoc(Loc);
  return {keyOf(SM.getFilename(Loc)), SM.getSpellingLineNumber(Loc)};
}

void Observer::describe(const pyext::model::ExtensionModel &Model,
                        FileStatus &Status) {
  using namespace pyext;
  const SourceManager &SM = Model.context().getSourceManager();
  Status.FreeThreaded = Model.preprocessing().freeThreaded();
  Status.Minor = Model.preprocessing().pythonMinor();
  Status.Generator = Model.generator().str();
  for (const model::Module &Mod : Model.modules()) {
    SeenModule Seen;
    Seen.Name = Mod.Name;
    Seen.Init = model::toString(Mod.Init).str();
    std::tie(Seen.File, Seen.Line) = at(SM, Mod.Loc);
    auto Declared = [&](facts::ModuleSlotRole Role) -> std::string {
      std::optional<facts::Promise> Promise = model::promiseOf(Mod, Role);
      return Promise ? facts::moduleSlotValue(*Promise).Name : "";
    };
    Seen.Gil = Declared(facts::ModuleSlotRole::Gil);
    Seen.Interpreters = Declared(facts::ModuleSlotRole::MultipleInterpreters);
    Status.Modules.push_back(std::move(Seen));
  }
  if (!Model.isGenerated()) {
    model::SlotEvidence Found(Model);
    auto Add = [&](std::vector<SeenEvidence> &To,
                   const std::vector<model::Evidence> &From) {
      for (const model::Evidence &E : From) {
        SeenEvidence Seen;
        std::tie(Seen.File, Seen.Line) = at(SM, E.Loc);
        Seen.What = "'" + E.Name + "' " + E.What;
        To.push_back(std::move(Seen));
      }
    };
    Add(Status.AgainstFreeThreading, Found.WithoutGil);
    Add(Status.AgainstInterpreters, Found.SeveralInterpreters);
    Add(Status.AgainstInterpreters, Found.OwnGil);
  }
  for (const auto &[Function, Reason] : Model.notAnalysed())
    Status.NotAnalysed.push_back(
        {Function->getQualifiedNameAsString(), Reason});
}

class ObserverModule : public ClangTidyModule {
public:
  void addCheckFactories(ClangTidyCheckFactories &Factories) override {
    Factories.registerCheck<Observer>(ObserverName);
  }
};

} // namespace

void pyext::driver::registerObserver(bool WithModel) {
  withModel() = WithModel;
  static ClangTidyModuleRegistry::Add<ObserverModule> X(
      "pyext-tidy-module", "Tells pyext-tidy what became of each file.");
}

FileStatus pyext::driver::statusOf(llvm::StringRef File) {
  return statuses().lookup(keyOf(File));
}

llvm::Error pyext::driver::writeStatuses(llvm::ArrayRef<std::string> Files,
                                         llvm::StringRef Path) {
  return llvm::writeToOutput(Path, [&](llvm::raw_ostream &OS) {
    llvm::json::OStream J(OS);
    auto Evidence = [&](llvm::StringRef Key,
                        llvm::ArrayRef<SeenEvidence> List) {
      J.attributeArray(Key, [&] {
        for (const SeenEvidence &E : List)
          J.object([&] {
            J.attribute("file", E.File);
            J.attribute("line", E.Line);
            J.attribute("what", E.What);
          });
      });
    };
    J.array([&] {
      for (const std::string &File : Files) {
        FileStatus Status = statusOf(File);
        J.object([&] {
          J.attribute("file", keyOf(File));
          J.attribute("analysed", Status.Analysed);
          J.attribute("includes_python", Status.IncludesPython);
          J.attribute("python_not_found", Status.PythonNotFound);
          J.attribute("does_not_compile", Status.DoesNotCompile);
          J.attribute("free_threaded", Status.FreeThreaded);
          J.attribute("minor", Status.Minor);
          J.attribute("generator", Status.Generator);
          J.attributeArray("modules", [&] {
            for (const SeenModule &Mod : Status.Modules)
              J.object([&] {
                J.attribute("name", Mod.Name);
                J.attribute("init", Mod.Init);
                J.attribute("file", Mod.File);
                J.attribute("line", Mod.Line);
                J.attribute("gil", Mod.Gil);
                J.attribute("interpreters", Mod.Interpreters);
              });
          });
          Evidence("against_free_threading", Status.AgainstFreeThreading);
          Evidence("against_interpreters", Status.AgainstInterpreters);
          J.attributeArray("not_analysed", [&] {
            for (const auto &Entry : Status.NotAnalysed)
              J.object([&] {
                J.attribute("function", Entry.first);
                J.attribute("reason", Entry.second);
              });
          });
        });
      }
    });
    return llvm::Error::success();
  });
}
