//===- TranslationUnit.h - What all checks of one file share ----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One object per translation unit, found by its SourceManager, so that the
// preprocessor is recorded once and the model is built once, however many
// checks ask. It works in clang-tidy and in clangd, where several files are
// analysed at the same time on different threads and where
// translationUnitDecl() never matches.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_TRANSLATIONUNIT_H
#define PYEXT_SUPPORT_TRANSLATIONUNIT_H

#include "facts/UserFacts.h"
#include "model/Preprocessing.h"
#include <memory>
#include <utility>
#include <vector>

namespace clang {
class ASTContext;
class Preprocessor;
class SourceManager;
namespace ast_matchers {
class MatchFinder;
} // namespace ast_matchers
} // namespace clang

namespace pyext {

class ModelCheck;
namespace model {
class ExtensionModel;
} // namespace model

class TranslationUnit {
public:
  ~TranslationUnit();

  /// The object of \p SM's translation unit, made on the first call. The first
  /// call also adds the recording callbacks to \p PP, so it must come before
  /// the main file is preprocessed: from ClangTidyCheck::registerPPCallbacks().
  /// The user's rows, or null, are those of the first call.
  static std::shared_ptr<TranslationUnit>
  of(const clang::SourceManager &SM, clang::Preprocessor &PP,
     const facts::UserFacts *Facts = nullptr);

  /// The user's rows, or null.
  const facts::UserFacts *userFacts() const { return Facts; }

  const model::Preprocessing &preprocessing() const { return Preprocessed; }

  /// The model, built on the first call; \p Context must be the one of this
  /// translation unit and outlive the returned reference.
  const model::ExtensionModel &model(clang::ASTContext &Context);

  /// Keeps the traversal that has come to the unit itself from visiting every
  /// declaration of every header, until the model is asked for.
  void skipDeclarations(clang::ASTContext &Context);

  /// True for the first caller only, who tells the user which functions were
  /// not analysed.
  bool claimNotAnalysed() { return !std::exchange(NotAnalysedClaimed, true); }

private:
  TranslationUnit(clang::Preprocessor &PP, const facts::UserFacts *Facts);

  const facts::UserFacts *Facts;
  model::Preprocessing Preprocessed;
  std::unique_ptr<model::ExtensionModel> Model;
  bool NotAnalysedClaimed = false;
  bool Skipped = false;
};

/// The checks of one file. They run together, in the order of their names: a
/// MatchFinder tells its callbacks of the end of the file in any order.
struct CheckGroup {
  /// The group of the file that \p Finder is for, made on the first call.
  static std::shared_ptr<CheckGroup>
  of(const clang::ast_matchers::MatchFinder &Finder);

  std::vector<ModelCheck *> Checks;
  /// What the matchers of the first check came upon; null until then. A matcher
  /// of each check would be tried on every declaration of every header.
  clang::ASTContext *Context = nullptr;
  /// Nobody else's checks are on, so the declarations need not be visited.
  bool Alone = false;
};

} // namespace pyext

#endif // PYEXT_SUPPORT_TRANSLATIONUNIT_H
