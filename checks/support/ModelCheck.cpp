//===- ModelCheck.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/ModelCheck.h"
#include "facts/GeneratedCode.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace pyext {

ModelCheck::ModelCheck(llvm::StringRef Name,
                       clang::tidy::ClangTidyContext *Context)
    : ClangTidyCheck(Name, Context), EnabledChecks(Context->getOptions().Checks),
      HazardText(Options.getLocalOrGlobal("Hazard", "both")),
      MinPythonText(Options.getLocalOrGlobal("MinPython", "3.9")),
      CompatText(Options.getLocalOrGlobal("Compat", "none")),
      FactsText(Options.getLocalOrGlobal("FactsFile", "")) {
  if (HazardText == "free-threading")
    Wanted.Subinterpreters = false;
  else if (HazardText == "subinterpreters")
    Wanted.FreeThreading = false;
  else if (HazardText != "both")
    configurationDiag("invalid value '%0' for option 'Hazard': expected "
                      "'free-threading', 'subinterpreters' or 'both'",
                      DiagnosticIDs::Error)
        << HazardText;
  if (std::optional<facts::PyVersion> V = facts::PyVersion::parse(MinPythonText))
    MinPython = *V;
  else
    configurationDiag("invalid value '%0' for option 'MinPython': expected a "
                      "version such as '3.9'",
                      DiagnosticIDs::Error)
        << MinPythonText;
  if (CompatText == "pythoncapi_compat")
    Compat = true;
  else if (CompatText != "none")
    configurationDiag("invalid value '%0' for option 'Compat': expected "
                      "'none' or 'pythoncapi_compat'",
                      DiagnosticIDs::Error)
        << CompatText;
  const llvm::StringRef Generated =
      Options.getLocalOrGlobal("GeneratedCode", "skip");
  if (Generated != "skip" && Generated != "report")
    configurationDiag("invalid value '%0' for option 'GeneratedCode': expected "
                      "'skip' or 'report'",
                      DiagnosticIDs::Error)
        << Generated;
  if (FactsText.empty())
    return;
  if (llvm::Expected<const facts::UserFacts *> Loaded =
          facts::loadUserFacts(FactsText))
    Facts = *Loaded;
  else
    configurationDiag("invalid value '%0' for option 'FactsFile': %1",
                      DiagnosticIDs::Error)
        << FactsText << llvm::toString(Loaded.takeError());
}

void ModelCheck::storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) {
  Options.store(Opts, "Hazard", HazardText);
  Options.store(Opts, "MinPython", MinPythonText);
  Options.store(Opts, "Compat", CompatText);
  Options.store(Opts, "FactsFile", FactsText);
  Options.store(Opts, "GeneratedCode",
                Options.getLocalOrGlobal("GeneratedCode", "skip"));
}

void ModelCheck::registerPPCallbacks(const SourceManager &SM, Preprocessor *PP,
                                     Preprocessor *) {
  TU = TranslationUnit::of(SM, *PP, Facts);
}

/// Whether \p Globs, the enabled checks, turn on no check but this project's.
static bool onlyOwnChecks(llvm::StringRef Globs) {
  bool Only = false;
  llvm::SmallVector<llvm::StringRef, 8> Items;
  llvm::SplitString(Globs, Items, ",\n");
  for (llvm::StringRef Item : Items) {
    Item = Item.trim();
    if (Item == "-*")
      Only = true;
    else if (!Item.empty() && !Item.starts_with("-") &&
             !Item.starts_with("cpython-") &&
             !Item.starts_with("clang-diagnostic-") &&
             !Item.starts_with("pyext-tidy-"))
      Only = false;
  }
  return Only;
}

void ModelCheck::registerMatchers(MatchFinder *Finder) {
  // Without a matcher no end of the translation unit is told. This one is
  // tried on one node only, and not even matches inside clangd.
  Finder->addMatcher(translationUnitDecl().bind("unit"), this);
  Siblings = CheckGroup::of(*Finder);
  if (Siblings->Checks.empty()) {
    Finder->addMatcher(functionDecl(), this);
    Finder->addMatcher(varDecl(hasGlobalStorage()), this);
    Siblings->Alone = EnabledChecks && onlyOwnChecks(*EnabledChecks);
  }
  Siblings->Checks.push_back(this);
}

void ModelCheck::check(const MatchFinder::MatchResult &Result) {
  Siblings->Context = Result.Context;
  if (Siblings->Alone && Result.Nodes.getNodeAs<TranslationUnitDecl>("unit"))
    TU->skipDeclarations(*Result.Context);
}

void ModelCheck::onEndOfTranslationUnit() {
  if (!Siblings)
    return;
  std::vector<ModelCheck *> Checks = std::move(Siblings->Checks);
  Siblings->Checks.clear();
  if (ASTContext *Context = Siblings->Context) {
    llvm::sort(Checks, [](const ModelCheck *A, const ModelCheck *B) {
      return A->getID() < B->getID();
    });
    for (ModelCheck *Check : Checks)
      Check->runOn(*Context);
  }
  Siblings.reset();
  TU.reset();
}

void ModelCheck::runOn(ASTContext &Context) {
  if (!TU || !TU->preprocessing().pythonIncluded())
    return;
  facts::UserFactsScope Scope(TU->userFacts());
  facts::GeneratedCodeScope Generated(
      Options.getLocalOrGlobal("GeneratedCode", "skip") == "report");
  const model::ExtensionModel &Model = TU->model(Context);
  analyze(Model);
  if (TU->claimNotAnalysed())
    for (const auto &[FD, Why] : Model.notAnalysed())
      diag(FD->getLocation(), "%0 was not analysed: %1", DiagnosticIDs::Remark)
          << FD << Why;
}

} // namespace pyext
