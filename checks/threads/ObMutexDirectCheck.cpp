//===- ObMutexDirectCheck.cpp -----------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/ObMutexDirectCheck.h"
#include "facts/ModelCalls.h"
#include "support/Source.h"
#include "threads/HoldReports.h"
#include "clang/Lex/Lexer.h"

using namespace clang;

namespace pyext::threads {

/// The object whose own mutex \p E is; null for anything else.
static const MemberExpr *objectMutex(const Expr *E) {
  E = E->IgnoreParenCasts();
  if (const auto *U = dyn_cast<UnaryOperator>(E);
      U && U->getOpcode() == UO_AddrOf)
    E = U->getSubExpr()->IgnoreParenCasts();
  const auto *M = dyn_cast<MemberExpr>(E);
  return M && facts::isObjectMutexField(M->getMemberDecl()->getName()) ? M
                                                                       : nullptr;
}

static std::string objectText(const model::ExtensionModel &Model,
                              const MemberExpr *M) {
  const SourceManager &SM = Model.context().getSourceManager();
  const Expr *Base = M->getBase()->IgnoreParenImpCasts();
  std::string Text =
      Lexer::getSourceText(CharSourceRange::getTokenRange(Base->getSourceRange()),
                           SM, Model.context().getLangOpts())
          .str();
  return M->isArrow() ? Text : "&" + Text;
}

void ObMutexDirectCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  for (const auto &F : Model.functions()) {
    if (F->Generated)
      continue;
    std::vector<const CallExpr *> Locks, Unlocks;
    std::vector<const Expr *> Others;
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier())
        continue;
      const facts::LockApi *Api =
          facts::findLockApi(Site.Name);
      for (const Expr *Arg : Site.Call->arguments()) {
        if (!objectMutex(Arg))
          continue;
        if (Api && Api->Op == facts::LockOp::Acquire)
          Locks.push_back(Site.Call);
        else if (Api && Api->Op == facts::LockOp::Release)
          Unlocks.push_back(Site.Call);
        else
          Others.push_back(Site.Call);
      }
    }
    report(Model, F->Decl, Locks, Unlocks, Others);
  }
}

void ObMutexDirectCheck::report(const model::ExtensionModel &Model,
                                const FunctionDecl *FD,
                                llvm::ArrayRef<const CallExpr *> Locks,
                                llvm::ArrayRef<const CallExpr *> Unlocks,
                                llvm::ArrayRef<const Expr *> Others) {
  const SourceManager &SM = Model.context().getSourceManager();
  std::vector<const Expr *> Places(Locks.begin(), Locks.end());
  Places.insert(Places.end(), Unlocks.begin(), Unlocks.end());
  Places.insert(Places.end(), Others.begin(), Others.end());
  if (Places.empty())
    return;
  llvm::sort(Places, [&](const Expr *A, const Expr *B) {
    return SM.isBeforeInTranslationUnit(A->getBeginLoc(), B->getBeginLoc());
  });
  llvm::SmallVector<FixItHint> Hints;
  if (Locks.size() == 1 && Unlocks.size() == 1 && Others.empty())
    Hints = fix(Model, FD, Locks[0], Unlocks[0]);
  {
    auto Diag = diag(placeOf(Places[0], SM),
                   "the mutex of an object is the runtime's own: locked "
                   "directly, it is not released when the thread has to wait");
    for (const FixItHint &Hint : Hints)
      Diag << Hint;
  }
  for (const Expr *Place : llvm::ArrayRef<const Expr *>(Places).drop_front())
    diag(placeOf(Place, SM), "also used here", DiagnosticIDs::Note);
}

/// A statement of its own in a block.
static const CompoundStmt *blockOf(const Stmt *S, const ParentMap &Parents) {
  return dyn_cast_or_null<CompoundStmt>(Parents.getParent(S));
}

llvm::SmallVector<FixItHint>
ObMutexDirectCheck::fix(const model::ExtensionModel &Model,
                        const FunctionDecl *FD, const CallExpr *Lock,
                        const CallExpr *Unlock) {
  const SourceManager &SM = Model.context().getSourceManager();
  ParentMap Parents(FD->getBody());
  const CompoundStmt *Block = blockOf(Lock, Parents);
  const MemberExpr *M = objectMutex(Lock->getArg(0));
  if (!Block || Block != blockOf(Unlock, Parents) ||
      flow::canonicalText(Lock->getArg(0)) !=
          flow::canonicalText(Unlock->getArg(0)))
    return {};
  // What is declared or left in between would be in another block.
  bool Between = false;
  for (const Stmt *S : Block->body()) {
    if (S == Lock) {
      Between = true;
      continue;
    }
    if (S == Unlock)
      break;
    if (!Between)
      continue;
    if (isa<DeclStmt, LabelStmt>(S) || hasJump(S))
      return {};
  }
  const facts::LockApi *Begin = nullptr, *End = nullptr;
  for (const facts::LockApi &Api : facts::lockApis())
    if (Api.IsMacro && Api.Kind == facts::LockKind::CriticalSection)
      (Api.Op == facts::LockOp::Begin ? Begin : End) = &Api;
  support::SourceText Text(
      SM, Model.context().getLangOpts(),
      SM.getFileID(SM.getExpansionLoc(Lock->getBeginLoc())));
  const SourceRange LockRange =
      SM.getExpansionRange(Lock->getSourceRange()).getAsRange();
  const SourceRange UnlockRange =
      SM.getExpansionRange(Unlock->getSourceRange()).getAsRange();
  if (!Begin || !End || Text.hasDirective({SM.getFileOffset(LockRange.getBegin()),
                         SM.getFileOffset(LockRange.getEnd())}))
    return {};
  return {FixItHint::CreateReplacement(LockRange,
                                       std::string(Begin->Name) + "(" +
                                           objectText(Model, M) + ")"),
          FixItHint::CreateReplacement(UnlockRange,
                                       std::string(End->Name) + "()")};
}

bool ObMutexDirectCheck::hasJump(const Stmt *S) {
  if (!S)
    return false;
  if (isa<ReturnStmt, GotoStmt, BreakStmt, ContinueStmt>(S))
    return true;
  return llvm::any_of(S->children(),
                      [](const Stmt *Child) { return hasJump(Child); });
}

} // namespace pyext::threads
