//===- DictNextUnlockedCheck.cpp - cpython-refs-dict-next-unlocked --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/DictNextUnlockedCheck.h"
#include "refs/Places.h"
#include "support/SectionFix.h"
#include "clang/AST/ParentMap.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Analysis/Analyses/CFGReachabilityAnalysis.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::refs {

/// One call that hands out the next item.
struct DictNextUnlockedCheck::Step {
  const model::ExtensionModel &Model;
  const facts::BorrowedReference &Row;
  const CallExpr *Call;
  const FunctionDecl *FD;
  const flow::FunctionRefs &Refs;
  const Stmt *Loop = nullptr; ///< That makes all the steps; nullable.

  const Expr *container() const { return Call->getArg(Row.ContainerArg); }
  std::string text() const { return objectText(container(), Model.context()); }
  SourceLocation loc(const Stmt *S) const {
    return Model.context().getSourceManager().getFileLoc(S->getBeginLoc());
  }
  bool within(const Stmt *S, const Stmt *Outer) const {
    const SourceManager &SM = Model.context().getSourceManager();
    const SourceLocation At = loc(S);
    return !SM.isBeforeInTranslationUnit(At, loc(Outer)) &&
           !SM.isBeforeInTranslationUnit(SM.getFileLoc(Outer->getEndLoc()), At);
  }
  bool protectedAt(const Stmt *S, bool &Suspendable) const {
    return Model.sharing().protects(Model.locksAt(FD, S), Refs, Call,
                                    Row.ContainerArg, Suspendable);
  }
  const Stmt *sectionWithinLoop() const;
};

static const VarDecl *localVariable(const Expr *E) {
  E = E->IgnoreParenCasts();
  if (const auto *U = dyn_cast<UnaryOperator>(E);
      U && U->getOpcode() == UO_AddrOf)
    E = U->getSubExpr()->IgnoreParenCasts();
  const auto *R = dyn_cast<DeclRefExpr>(E);
  return R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
}

/// True when \p S gives \p V a value.
static bool sets(const Stmt *S, const VarDecl *V) {
  if (!S || isa<LambdaExpr>(S))
    return false;
  if (const auto *D = dyn_cast<DeclStmt>(S))
    for (const Decl *One : D->decls())
      if (One == V)
        return true;
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && B->getOpcode() == BO_Assign && localVariable(B->getLHS()) == V &&
      isa<DeclRefExpr>(B->getLHS()->IgnoreParens()))
    return true;
  for (const Stmt *Child : S->children())
    if (sets(Child, V))
      return true;
  return false;
}

/// The loop whose iterations are the steps of \p Call: the innermost one that
/// does not start from the beginning again.
static const Stmt *iterationLoop(const CallExpr *Call, const VarDecl *Position,
                                 const ParentMap &Parents) {
  for (const Stmt *S = Parents.getParent(Call); S; S = Parents.getParent(S)) {
    const Stmt *Body = nullptr;
    if (const auto *W = dyn_cast<WhileStmt>(S))
      Body = W->getBody();
    else if (const auto *D = dyn_cast<DoStmt>(S))
      Body = D->getBody();
    else if (const auto *F = dyn_cast<ForStmt>(S))
      Body = F->getBody();
    else if (const auto *R = dyn_cast<CXXForRangeStmt>(S))
      Body = R->getBody();
    if (Body)
      return Position && sets(Body, Position) ? nullptr : S;
  }
  return nullptr;
}

/// What gives the lock back within the loop and goes on with it; null when the
/// lock is held for all of it.
const Stmt *DictNextUnlockedCheck::Step::sectionWithinLoop() const {
  if (!Loop)
    return nullptr;
  const SourceManager &SM = Model.context().getSourceManager();
  const model::Function *F = Model.function(FD);
  bool Suspendable = false;
  // Held where the loop begins, by callers or by a region around it.
  if (F && F->Locks)
    for (const flow::LexicalRegion &R : F->Locks->regions())
      if (R.Kind == flow::LexicalRegion::Locked &&
          SM.isBeforeInTranslationUnit(loc(Loop), R.Begin) &&
          SM.isBeforeInTranslationUnit(R.Begin, loc(Call)) &&
          SM.isBeforeInTranslationUnit(loc(Call), SM.getFileLoc(R.End)) &&
          Model.sharing().protects(R.Locks, Refs, Call, Row.ContainerArg,
                                   Suspendable))
        return Call;
  // Something in the loop runs without it.
  llvm::SmallVector<const Stmt *, 32> Todo = {Loop};
  while (!Todo.empty()) {
    const Stmt *S = Todo.pop_back_val();
    if (const auto *C = dyn_cast<CallExpr>(S))
      if (const FunctionDecl *Callee = C->getDirectCallee();
          Callee && Callee->getIdentifier())
        if (const facts::LockApi *Api = facts::findLockApi(
                facts::canonicalName(Callee->getName()));
            Api && (Api->Op == facts::LockOp::Acquire ||
                    Api->Op == facts::LockOp::Begin) &&
            !protectedAt(C, Suspendable) && SM.isBeforeInTranslationUnit(
                                                loc(C), loc(Call)))
          return C;
    for (const Stmt *Child : S->children())
      if (Child)
        Todo.push_back(Child);
  }
  return nullptr;
}

void DictNextUnlockedCheck::analyze(const model::ExtensionModel &Model) {
  Reported.clear();
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  for (const facts::BorrowedReference &Row : facts::borrowedReferences()) {
    if (!Row.Mutable || Row.Result != facts::ResultKind::OutArguments)
      continue;
    for (const model::CallSite *C : Model.apiCalls(Row.Name)) {
      if (C->Call->getNumArgs() < 3 ||
          !runsConcurrently(Model, C->Caller, C->Call->getExprLoc()))
        continue;
      const flow::FunctionRefs *Refs = Model.refs().get(C->Caller);
      if (!Refs)
        continue;
      judge({Model, Row, C->Call, C->Caller, *Refs,
             iterationLoop(C->Call, localVariable(C->Call->getArg(1)),
                           Model.flows().body(C->Caller)->parents())});
    }
  }
}

void DictNextUnlockedCheck::judge(const Step &S) {
  const flow::Sharing Sharing =
      S.Model.sharing().argument(S.Refs, S.Call, S.Row.ContainerArg);
  if (Sharing.K != flow::Sharing::Shared)
    return;
  bool Suspendable = false;
  if (!S.protectedAt(S.Call, Suspendable)) {
    if (!lockedElsewhere(S.Model, S.FD, S.Call))
      reportUnlocked(S, Sharing);
    return;
  }
  if (S.sectionWithinLoop()) {
    const SourceLocation Loc = S.loc(S.Call);
    diag(Loc, "the lock on '%0' is given back between the steps of '%1', while "
              "another thread may change it")
        << S.text() << S.Row.Name;
    diag(Sharing.Where.isValid() ? S.Model.context().getSourceManager().getFileLoc(
                                       Sharing.Where)
                                 : Loc,
         "%0", DiagnosticIDs::Note)
        << Sharing.Who;
    diag(S.loc(S.Loop), "the critical section has to enclose this loop",
         DiagnosticIDs::Note);
    return;
  }
  if (Suspendable)
    reportSuspended(S, Sharing);
}

void DictNextUnlockedCheck::reportUnlocked(const Step &S,
                                           const flow::Sharing &Sharing) {
  const SourceManager &SM = S.Model.context().getSourceManager();
  const SourceLocation Loc = S.loc(S.Call);
  if (S.Loop && !Reported.insert(S.Loop).second)
    return;

  // Locked, references may still have to be kept over calls that suspend the
  // section.
  llvm::SmallVector<const VarDecl *, 2> Strong;
  SectionFix Fix;
  bool Kept = true;
  if (S.Loop) {
    for (const flow::Lookup &L : S.Refs.lookups()) {
      if (L.Step != S.Call)
        continue;
      bool Needed = false;
      for (const flow::Use &U : L.Uses) {
        Kept &= S.within(U.Where, S.Loop) || U.Kind == flow::UseKind::Decref;
        Needed |= U.Suspended || U.After;
      }
      if (Needed) {
        const VarDecl *V = localVariable(L.Where);
        Kept &= V != nullptr;
        Strong.push_back(V);
      }
    }
    if (Kept)
      Fix = makeSectionFix(S.Model, S.FD, S.Loop, S.container(), Strong,
                           minPython());
    else
      Fix.WhyNot = "an item is used behind the loop";
  }
  {
    auto Warning =
        diag(Loc, "'%0' steps through '%1' without its critical section, while "
                  "another thread may change it")
        << S.Row.Name << S.text();
    if (!Fix.Restructures)
      for (const FixItHint &Hint : Fix.Hints)
        Warning << Hint;
  }
  diag(Sharing.Where.isValid() ? SM.getFileLoc(Sharing.Where) : Loc, "%0",
       DiagnosticIDs::Note)
      << Sharing.Who;
  if (!S.Loop)
    return;
  if (Fix.Restructures && !Fix.Hints.empty()) {
    auto Note = diag(S.loc(S.Loop),
                     Strong.empty()
                         ? "a critical section has to enclose this loop, and "
                           "what leaves the loop has to leave the section first"
                         : "a critical section has to enclose this loop, and "
                           "what is used after a call that suspends it has to "
                           "be kept",
                     DiagnosticIDs::Note);
    for (const FixItHint &Hint : Fix.Hints)
      Note << Hint;
    return;
  }
  diag(S.loc(S.Loop), "a critical section has to enclose this loop%0",
       DiagnosticIDs::Note)
      << (Fix.Hints.empty() ? "; not rewritten automatically: " + Fix.WhyNot
                            : std::string());
}

/// Inside the section, but after a call that may have suspended it.
void DictNextUnlockedCheck::reportSuspended(const Step &S,
                                            const flow::Sharing &Sharing) {
  const SourceManager &SM = S.Model.context().getSourceManager();
  const flow::Use *First = nullptr;
  for (const flow::Lookup &L : S.Refs.lookups()) {
    if (L.Step != S.Call)
      continue;
    for (const flow::Use &U : L.Uses) {
      bool Suspendable = false;
      if (!U.Suspended || inAssertion(U.Where->getBeginLoc(), S.Model.context()) ||
          !S.protectedAt(U.Where, Suspendable))
        continue;
      if (!First || SM.isBeforeInTranslationUnit(S.loc(U.Where),
                                                 S.loc(First->Where)))
        First = &U;
    }
  }
  if (!First)
    return;
  // The last call on the way to it that may have.
  const Stmt *By = nullptr;
  std::string Failed;
  std::shared_ptr<const flow::FunctionFlow> Flow =
      S.Model.flows().get(S.FD, Failed);
  if (!Flow)
    return;
  CFGReverseBlockReachabilityAnalysis Reaches(Flow->graph());
  const CFGBlock *To = Flow->elementOf(First->Where).first;
  std::string Name;
  for (const model::CallSite &C : S.Model.function(S.FD)->Calls) {
    if (!C.Call || !SM.isBeforeInTranslationUnit(S.loc(S.Call), S.loc(C.Call)) ||
        !SM.isBeforeInTranslationUnit(S.loc(C.Call), S.loc(First->Where)))
      continue;
    const CFGBlock *From = Flow->elementOf(C.Call).first;
    if (!From || !To || (From != To && !Reaches.isReachable(From, To)))
      continue;
    bool Given = false;
    for (const Expr *A : C.Call->arguments())
      Given |= model::ExtensionModel::isObjectPointer(
          A->IgnoreParenCasts()->getType());
    if (S.Model.refs().maySuspend(C.Callee, Given)) {
      By = C.Call;
      Name = C.Callee ? C.Callee->getNameAsString() : objectText(
                            C.Call->getCallee(), S.Model.context());
    }
  }
  if (!By)
    return;
  diag(S.loc(First->Where),
       "item of '%0', borrowed with '%1', is used after the critical section "
       "may have been suspended")
      << S.text() << S.Row.Name;
  diag(S.loc(By), "'%0' can suspend it", DiagnosticIDs::Note) << Name;
  diag(Sharing.Where.isValid() ? SM.getFileLoc(Sharing.Where)
                               : S.loc(First->Where),
       "meanwhile, %0", DiagnosticIDs::Note)
      << Sharing.Who;
}

} // namespace pyext::refs
