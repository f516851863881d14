//===- ModelCheck.h - Base class of all checks ------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_MODELCHECK_H
#define PYEXT_SUPPORT_MODELCHECK_H

#include "model/ExtensionModel.h"
#include "support/TranslationUnit.h"
#include "clang-tidy/ClangTidyCheck.h"

namespace pyext {

/// Which hazards the user wants to hear of: option `Hazard`.
struct Hazards {
  bool FreeThreading = true;
  bool Subinterpreters = true;
};

/// A check that asks the model once, at the end of the translation unit. It
/// never runs on a file that does not include Python.h.
class ModelCheck : public clang::tidy::ClangTidyCheck {
public:
  ModelCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context);

  bool isLanguageVersionSupported(const clang::LangOptions &LO) const override {
    return true;
  }
  void registerPPCallbacks(const clang::SourceManager &SM,
                           clang::Preprocessor *PP,
                           clang::Preprocessor *ModuleExpanderPP) final;
  void registerMatchers(clang::ast_matchers::MatchFinder *Finder) final;
  void check(const clang::ast_matchers::MatchFinder::MatchResult &Result) final;
  void onEndOfTranslationUnit() final;
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  /// Reports what the model shows; called once per translation unit.
  virtual void analyze(const model::ExtensionModel &Model) = 0;

  /// Options common to all checks, `cpython-<check>.<Name>` or, for all checks
  /// at once, the global `<Name>`.
  Hazards hazards() const { return Wanted; }
  /// Oldest Python supported by the extension: option `MinPython`, "3.9" when
  /// not given.
  facts::PyVersion minPython() const { return MinPython; }
  /// Option `Compat`: a fix may use names of pythoncapi_compat.h.
  bool mayUseCompatHeader() const { return Compat; }

private:
  void runOn(clang::ASTContext &Context);

  std::shared_ptr<TranslationUnit> TU;
  std::shared_ptr<CheckGroup> Siblings;
  std::optional<std::string> EnabledChecks; ///< Globs.
  Hazards Wanted;
  facts::PyVersion MinPython{9};
  bool Compat = false;
  const facts::UserFacts *Facts = nullptr;
  std::string HazardText, MinPythonText, CompatText, FactsText;
};

} // namespace pyext

#endif // PYEXT_SUPPORT_MODELCHECK_H
