//===- LegacyTlsCheck.cpp -------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/LegacyTlsCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

void LegacyTlsCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const std::vector<ApiUse> Uses = model::usesOf(Model, ApiRole::LegacyTls);
  // One finding per key, at its first use.
  SmallVector<const ValueDecl *, 4> Keys;
  for (const ApiUse &Use : Uses) {
    const ValueDecl *Key = keyOf(Use);
    if (Key && is_contained(Keys, Key))
      continue;
    if (Key)
      Keys.push_back(Key);
    const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
    diag(Loc, "'%0' uses thread-local storage with a key of type int, which "
              "fails where native keys are no integers; 'Py_tss_t' and "
              "'PyThread_tss_create' take its place")
        << Use.Name;
    if (!Key)
      continue;
    for (const ApiUse &Other : Uses)
      if (&Other != &Use && keyOf(Other) == Key)
        diag(SM.getExpansionLoc(Other.Call->getExprLoc()),
             "'%0' uses the same key", DiagnosticIDs::Note)
            << Other.Name;
  }
}

/// The variable with the key; null when the call shows none.
const ValueDecl *LegacyTlsCheck::keyOf(const ApiUse &Use) {
  const ValueDecl *Key = nullptr;
  if (Use.Call->getNumArgs())
    Key = model::variableOf(Use.Call->getArg(0));
  else
    Key = model::storedIn(model::pathTo(Use.In->Decl, Use.Call), Use.Call);
  return Key ? cast<ValueDecl>(Key->getCanonicalDecl()) : nullptr;
}

} // namespace pyext::threads
