//===- UnlockedContainerMacroCheck.cpp - cpython-refs-unlocked-container-macro ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/UnlockedContainerMacroCheck.h"
#include "facts/ContainerRules.h"
#include "refs/Places.h"
#include "support/Source.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::refs {

/// The global or field whose address \p E is; null for anything else.
static const ValueDecl *stateBehind(const Expr *E) {
  const auto *U = dyn_cast<UnaryOperator>(E->IgnoreParenCasts());
  if (!U || U->getOpcode() != UO_AddrOf)
    return nullptr;
  E = U->getSubExpr()->IgnoreParenCasts();
  if (const auto *M = dyn_cast<MemberExpr>(E))
    return M->isArrow() ? M->getMemberDecl() : nullptr;
  const auto *R = dyn_cast<DeclRefExpr>(E);
  const auto *V = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
  return V && !V->hasLocalStorage() ? V : nullptr;
}

/// Who has the object that is written to; nobody when it is new.
static flow::Sharing whoHas(const model::ExtensionModel &Model,
                            const flow::FunctionRefs &R, const CallExpr *Call,
                            const facts::InitWrite &Row) {
  const Expr *Target = Call->getArg(Row.TargetArg);
  const QualType T = Target->IgnoreParenImpCasts()->getType();
  if (T->isPointerType() && T->getPointeeType()->isPointerType()) {
    const ValueDecl *D = stateBehind(Target);
    return D ? Model.sharing().variable(D) : flow::Sharing();
  }
  const flow::CallArguments *Given = R.arguments(Call);
  if (!Given || Row.TargetArg >= Given->Args.size())
    return {};
  bool New = !Given->Args[Row.TargetArg].empty();
  for (unsigned V : Given->Args[Row.TargetArg]) {
    const flow::OriginKind K = R.origin(V).Kind;
    New &= K == flow::OriginKind::Fresh || K == flow::OriginKind::Instance ||
           K == flow::OriginKind::Null;
  }
  const model::Function *F = Model.function(R.function());
  // What is stored in an object that is still being made is not known either.
  if (New && (!Given->Escaped[Row.TargetArg] || !F ||
              F->has(model::EntryKind::New) || F->has(model::EntryKind::Init)))
    return {};
  return Model.sharing().argument(R, Call, Row.TargetArg);
}

void UnlockedContainerMacroCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const facts::InitWrite &Row : facts::initWrites())
    for (const model::CallSite *C : Model.apiCalls(Row.Name)) {
      const FunctionDecl *FD = C->Caller;
      if (C->Call->getNumArgs() <= Row.TargetArg ||
          !runsConcurrently(Model, FD, C->Call->getExprLoc()))
        continue;
      const flow::FunctionRefs *R = Model.refs().get(FD);
      if (!R)
        continue;
      const flow::Sharing S = whoHas(Model, *R, C->Call, Row);
      // A helper of other files may be for new objects only.
      if (S.K != flow::Sharing::Shared || S.Tier > 2)
        continue;
      bool Suspendable = false;
      if (Row.Target == facts::ContainerKind::List &&
          (Model.sharing().protects(Model.locksAt(FD, C->Call), *R, C->Call,
                                    Row.TargetArg, Suspendable) ||
           lockedElsewhere(Model, FD, C->Call)))
        continue;
      const SourceLocation Loc = SM.getFileLoc(C->Call->getExprLoc());
      diag(Loc, "'%0' writes into '%1', which others have already, without a "
                "lock and without giving up what was there")
          << Row.Name
          << objectText(C->Call->getArg(Row.TargetArg), Model.context());
      diag(S.Where.isValid() ? SM.getFileLoc(S.Where) : Loc, "%0",
           DiagnosticIDs::Note)
          << S.Who;
      if (!*Row.Replacement) {
        diag(Loc, "make a new object and put it in the place of the old one",
             DiagnosticIDs::Note);
        continue;
      }
      const support::SourceText Source(SM, Model.context().getLangOpts(),
                                       SM.getFileID(Loc));
      const std::optional<support::WrittenCall> Written =
          Source.writtenCall(C->Call->getBeginLoc(), Row.Name);
      auto Note = diag(Loc, "'%0' locks, gives up the old item and says whether "
                            "it has failed",
                       DiagnosticIDs::Note)
                  << Row.Replacement;
      if (Written)
        Note << FixItHint::CreateReplacement(
            CharSourceRange::getCharRange(Source.location(Written->Name.Begin),
                                          Source.location(Written->Name.End)),
            Row.Replacement);
    }
}

} // namespace pyext::refs
