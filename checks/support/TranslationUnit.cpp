//===- TranslationUnit.cpp ------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/TranslationUnit.h"
#include "model/ExtensionModel.h"
#include "llvm/ADT/DenseMap.h"
#include <mutex>

using namespace clang;

namespace pyext {

namespace {
/// The translation units being analysed now, on any thread; clangd analyses
/// several at once. A unit is owned by the checks that hold it.
struct Registry {
  std::mutex Mutex;
  llvm::DenseMap<const SourceManager *, std::weak_ptr<TranslationUnit>> Units;
};
Registry &registry() {
  static Registry R;
  return R;
}
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
  Registry &R = registry();
  std::lock_guard<std::mutex> Guard(R.Mutex);
  std::weak_ptr<TranslationUnit> &Entry = R.Units[&SM];
  std::shared_ptr<TranslationUnit> Unit = Entry.lock();
  if (!Unit) {
    Unit.reset(new TranslationUnit(PP, Facts));
    Entry = Unit;
  }
  return Unit;
}

const model::ExtensionModel &TranslationUnit::model(ASTContext &Context) {
  facts::UserFactsScope Scope(Facts);
  if (!Model)
    Model = std::make_unique<model::ExtensionModel>(Context, Preprocessed);
  return *Model;
}

} // namespace pyext
