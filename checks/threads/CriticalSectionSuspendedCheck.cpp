//===- CriticalSectionSuspendedCheck.cpp ------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/CriticalSectionSuspendedCheck.h"
#include "threads/HoldReports.h"
#include "threads/SuspendedUses.h"

using namespace clang;

namespace pyext::threads {

/// A place where somebody else replaces what the field points to.
static const model::Access *replacedBy(const model::ExtensionModel &Model,
                                       const FieldDecl *Field,
                                       const FunctionDecl *Not, bool ByNull) {
  const model::StateVariable *S = Model.stateOf(Field);
  if (!S)
    return nullptr;
  for (const model::Access &A : S->Accesses) {
    const model::Function *F = A.Function ? Model.function(A.Function) : nullptr;
    if (F && A.writes() && A.Function != Not && (!ByNull || A.Resets) &&
        !F->onlyIn(model::InitContext | model::DeadContext) &&
        !F->has(model::EntryKind::New))
      return &A;
  }
  return nullptr;
}

void CriticalSectionSuspendedCheck::analyze(
    const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated || !F->Locks)
      continue;
    for (const SuspendedUse &Each : usesAfterSuspension(Model, *F)) {
      const auto *Field = cast<FieldDecl>(Each.From->getMemberDecl());
      const model::Access *Other =
          replacedBy(Model, Field, F->Decl, /*ByNull=*/!Each.Variable);
      if (!Other)
        continue;
      const FunctionDecl *Callee =
          cast<CallExpr>(Each.Suspends)->getDirectCallee();
      const llvm::StringRef Name = facts::canonicalName(Callee->getName());
      diag(placeOf(Each.Use, SM),
           "%select{'%0' may no longer be what '%1' points to|'%1' may be null "
           "now, though it was tested}3: '%2' can suspend the critical section "
           "in between")
          << (Each.Variable ? Each.Variable->getNameAsString() : "")
          << flow::canonicalText(Each.From)
          << writtenApi(Each.Suspends, Name, Model) << !Each.Variable;
      diag(placeOf(Each.From, SM), "%select{tested|read}0 here",
           DiagnosticIDs::Note)
          << (Each.Variable != nullptr);
      diag(placeOf(Each.Suspends, SM), "suspended here", DiagnosticIDs::Note);
      diag(placeOf(Other->Where, SM), "another thread can replace it here",
           DiagnosticIDs::Note);
    }
  }
}

} // namespace pyext::threads
