//===- WeakPointerCacheCheck.cpp - cpython-refs-weak-pointer-cache --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/WeakPointerCacheCheck.h"
#include "refs/Places.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::refs {

/// Only runs when an object of the extension dies.
static bool endsObjects(const model::ExtensionModel &Model,
                        const FunctionDecl *FD) {
  const model::Function *F = Model.function(FD);
  return F && (F->has(model::EntryKind::Dealloc) ||
               F->has(model::EntryKind::Finalize) ||
               F->onlyIn(model::DeadContext));
}

/// The method of a C++ container that is called where \p A is.
static StringRef methodCalled(const model::Access &A) {
  const ParentMap Parents(A.Function->getBody());
  for (const Stmt *S = A.Where; S; S = Parents.getParent(S)) {
    if (const auto *C = dyn_cast<CXXMemberCallExpr>(S)) {
      const CXXMethodDecl *M = C->getMethodDecl();
      return M && M->getIdentifier() ? M->getName() : StringRef();
    }
    if (!isa<MemberExpr, DeclRefExpr, CastExpr, ParenExpr>(S))
      break;
  }
  return {};
}

/// A call in \p FD that takes a reference to what an iterator points to.
static const CallExpr *takesFromIterator(const model::ExtensionModel &Model,
                                         const FunctionDecl *FD) {
  const model::Function *F = Model.function(FD);
  if (!F)
    return nullptr;
  for (const model::CallSite &C : F->Calls) {
    if (!C.Call || !C.Callee || !C.Callee->getIdentifier() ||
        C.Call->getNumArgs() == 0)
      continue;
    const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(
        facts::canonicalName(C.Callee->getName()));
    if (!Op || (Op->Op != facts::RefcountOp::Incref &&
                Op->Op != facts::RefcountOp::NewRef))
      continue;
    const auto *M =
        dyn_cast<MemberExpr>(C.Call->getArg(0)->IgnoreParenCasts());
    if (M && M->getMemberDecl()->getDeclName().isIdentifier() &&
        M->getMemberDecl()->getName() == "second")
      return C.Call;
  }
  return nullptr;
}

void WeakPointerCacheCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const model::StateVariable &S : Model.state()) {
    if (!S.HoldsObjects || S.ThreadLocal || S.Generated || S.Constant ||
        (S.Kind != model::StateKind::Global &&
         S.Kind != model::StateKind::StaticLocal))
      continue;
    // Whoever gives a reference up has owned it.
    bool Owned = false;
    const model::Access *Removed = nullptr, *Stored = nullptr;
    const Stmt *Taken = nullptr;
    const FunctionDecl *Taker = nullptr;
    const bool Class = S.Decl->getType()->getAsCXXRecordDecl() != nullptr;
    for (const model::Access &A : S.Accesses) {
      Owned |= A.DropsReference;
      if (!A.Function)
        continue;
      const bool Dying = endsObjects(Model, A.Function);
      StringRef Method = Class ? methodCalled(A) : StringRef();
      if (Dying && (A.Resets || Method == "erase" || Method == "extract")) {
        Removed = &A;
        continue;
      }
      if (Dying || !runsConcurrently(Model, A.Function, A.Where->getExprLoc()))
        continue;
      if (A.TakesReference && !A.writes()) {
        Taken = Taken ? Taken : A.Where;
        Taker = A.Function;
      } else if (Class && Method == "find" && !Taken) {
        Taken = takesFromIterator(Model, A.Function);
        Taker = A.Function;
      } else if (A.Kind == model::AccessKind::Write && !A.Resets) {
        Stored = &A;
      }
    }
    if (Owned || !Removed || !Taken)
      continue;
    diag(SM.getFileLoc(Taken->getBeginLoc()),
         "'%0' takes a reference to the object in '%1', which may be dying: "
         "'%1' does not own it")
        << Taker->getNameAsString() << S.Decl->getNameAsString();
    diag(SM.getFileLoc(Removed->Where->getExprLoc()),
         "'%0' takes the object out only when its last reference is gone",
         DiagnosticIDs::Note)
        << Removed->Function->getNameAsString();
    if (Stored)
      diag(SM.getFileLoc(Stored->Where->getExprLoc()),
           "it is put in without a reference of its own here",
           DiagnosticIDs::Note);
  }
}

} // namespace pyext::refs
