//===- ExternalSyncRequiredCheck.cpp - cpython-refs-external-sync-required ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/ExternalSyncRequiredCheck.h"
#include "facts/ContainerRules.h"
#include "refs/Places.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;

namespace pyext::refs {

namespace {

/// One call on an object kept in a global or a field.
struct Place {
  const CallExpr *Call;
  const FunctionDecl *FD;
  StringRef Api;
  bool Changes;
  flow::LockList Locks;
};

} // namespace

/// The global, or the field of an object of the extension, that \p E reads.
static const ValueDecl *keptIn(const Expr *E,
                               const model::ExtensionModel &Model) {
  E = E->IgnoreParenCasts();
  if (const auto *R = dyn_cast<DeclRefExpr>(E)) {
    const auto *V = dyn_cast<VarDecl>(R->getDecl());
    return V && !V->hasLocalStorage() && V->getTLSKind() == VarDecl::TLS_None
               ? V
               : nullptr;
  }
  const auto *M = dyn_cast<MemberExpr>(E);
  const auto *F = M ? dyn_cast<FieldDecl>(M->getMemberDecl()) : nullptr;
  return F && M->isArrow() && Model.stateOf(F) ? F : nullptr;
}

void ExternalSyncRequiredCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  llvm::MapVector<const ValueDecl *, std::vector<Place>> ByVariable;
  for (const facts::ThreadSafetyLevel &Row : facts::threadSafetyLevels()) {
    if (Row.Level != facts::ThreadSafety::Distinct)
      continue;
    for (const model::CallSite *C : Model.apiCalls(Row.Name)) {
      if (C->Call->getNumArgs() == 0 ||
          !runsConcurrently(Model, C->Caller, C->Call->getExprLoc()))
        continue;
      const ValueDecl *D = keptIn(C->Call->getArg(0), Model);
      if (!D)
        continue;
      ByVariable[cast<ValueDecl>(D->getCanonicalDecl())].push_back(
          {C->Call, C->Caller, Row.Name, facts::isExclusiveWriter(Row.Name),
           Model.locksAt(C->Caller, C->Call)});
    }
  }
  auto At = [&](const Place &P) {
    return SM.getFileLoc(P.Call->getExprLoc());
  };
  for (auto &[D, Places] : ByVariable) {
    llvm::sort(Places, [&](const Place &A, const Place &B) {
      return SM.isBeforeInTranslationUnit(At(A), At(B));
    });
    // A pair with no lock in common of which one changes the object; a call can
    // run twice at the same time.
    const Place *First = nullptr, *Second = nullptr;
    for (const Place &A : Places)
      for (const Place &B : Places)
        if ((!First || (First == Second && &A != &B)) &&
            (A.Changes || B.Changes) &&
            llvm::none_of(A.Locks, [&](const flow::Lock &L) {
              return llvm::is_contained(B.Locks, L);
            })) {
          First = A.Changes ? &A : &B;
          Second = A.Changes ? &B : &A;
        }
    if (!First || lockedElsewhere(Model, First->FD, First->Call))
      continue;
    diag(At(*First), "'%0' on '%1' is not safe while another thread uses the "
                     "same object")
        << First->Api << D->getNameAsString();
    if (First == Second)
      diag(At(*First), "any number of threads can call '%0' at the same time",
           DiagnosticIDs::Note)
          << First->FD->getNameAsString();
    else
      diag(At(*Second), "another thread can call '%0' in '%1' meanwhile, with "
                        "no lock in common",
           DiagnosticIDs::Note)
          << Second->Api << Second->FD->getNameAsString();
  }
}

} // namespace pyext::refs
