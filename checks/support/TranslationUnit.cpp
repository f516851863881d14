//===- TranslationUnit.cpp ------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/TranslationUnit.h"
#include "model/ExtensionModel.h"
#include "clang/AST/ASTContext.h"
#include "llvm/ADT/DenseMap.h"
#include <mutex>

using namespace clang;

namespace pyext {

namespace {
/// What belongs to the translation units being analysed now, on any thread;
/// clangd analyses several at once. It is owned by the checks that hold it.
template <typename Key, typename Value> class Registry {
public:
  template <typename MakeT>
  std::shared_ptr<Value> of(const Key &K, MakeT Make) {
    std::lock_guard<std::mutex> Guard(Mutex);
    std::weak_ptr<Value> &Entry = Values[&K];
    std::shared_ptr<Value> Found = Entry.lock();
    if (!Found)
      Entry = Found = Make();
    return Found;
  }

private:
  std::mutex Mutex;
  llvm::DenseMap<const Key *, std::weak_ptr<Value>> Values;
};
} // namespace

TranslationUnit::TranslationUnit(Preprocessor &PP,
                                 const facts::UserFacts *Facts)
    : Facts(Facts) {
  Preprocessed.record(PP, Facts);
}
TranslationUnit::~TranslationUnit() = default;

std::shared_ptr<TranslationUnit> TranslationUnit::of(const SourceManager &SM,
                                                     Preprocessor &PP,
                                                     const facts::UserFacts *Facts) {
  static Registry<SourceManager, TranslationUnit> Units;
  return Units.of(SM, [&] {
    return std::shared_ptr<TranslationUnit>(new TranslationUnit(PP, Facts));
  });
}

std::shared_ptr<CheckGroup>
CheckGroup::of(const ast_matchers::MatchFinder &Finder) {
  static Registry<ast_matchers::MatchFinder, CheckGroup> Groups;
  return Groups.of(Finder, [] { return std::make_shared<CheckGroup>(); });
}

void TranslationUnit::skipDeclarations(ASTContext &Context) {
  if (Skipped || Model)
    return;
  Skipped = true;
  Context.setTraversalScope({});
}

const model::ExtensionModel &TranslationUnit::model(ASTContext &Context) {
  facts::UserFactsScope Scope(Facts);
  if (std::exchange(Skipped, false))
    Context.setTraversalScope({Context.getTranslationUnitDecl()});
  if (!Model)
    Model = std::make_unique<model::ExtensionModel>(Context, Preprocessed);
  return *Model;
}

} // namespace pyext
