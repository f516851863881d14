//===- SequenceFastSharedCheck.cpp - cpython-refs-sequence-fast-shared ----===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/SequenceFastSharedCheck.h"
#include "refs/Places.h"
#include "support/Source.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include <map>

using namespace clang;

namespace pyext::refs {

/// The look-ups in what one call gave.
struct SequenceFastSharedCheck::Group {
  const FunctionDecl *In = nullptr; ///< The function that makes the call.
  /// The call that gives back the sequence as a list or tuple; null when the
  /// function is given one.
  const CallExpr *From = nullptr;
  llvm::SmallVector<const flow::Lookup *, 4> Lookups;
  flow::Sharing Sharing;
};

static const VarDecl *variableOf(const Expr *E) {
  const auto *R =
      E ? dyn_cast<DeclRefExpr>(E->IgnoreParenCasts()) : nullptr;
  return R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
}

/// The name of the API that gives back the sequence it is given.
static bool givesSameSequence(const FunctionDecl *FD) {
  if (!FD || !FD->getIdentifier())
    return false;
  const facts::NewReference *New =
      facts::findNewReference(facts::canonicalName(FD->getName()));
  return New && New->OutArg < 0 &&
         New->Container == facts::ContainerKind::Sequence;
}

/// The variable or the place that receives the value of \p Call.
static const VarDecl *receiver(const CallExpr *Call, const ParentMap &Parents) {
  for (const Stmt *S = Parents.getParent(Call); S; S = Parents.getParent(S)) {
    if (const auto *D = dyn_cast<DeclStmt>(S))
      return D->isSingleDecl() ? dyn_cast<VarDecl>(D->getSingleDecl())
                               : [&]() -> const VarDecl * {
        for (const Decl *One : D->decls())
          if (const auto *V = dyn_cast<VarDecl>(One);
              V && V->getInit() &&
              V->getInit()->IgnoreParenCasts() == Call)
            return V;
        return nullptr;
      }();
    if (const auto *B = dyn_cast<BinaryOperator>(S))
      return B->getOpcode() == BO_Assign ? variableOf(B->getLHS()) : nullptr;
    if (!isa<CastExpr, ParenExpr, FullExpr>(S))
      return nullptr;
  }
  return nullptr;
}

/// The last call in \p F before \p At that gave \p Sequence.
static const CallExpr *sourceOf(const model::Function &F, const Expr *Sequence,
                                SourceLocation At, const ParentMap &Parents,
                                const SourceManager &SM) {
  if (!Sequence)
    return nullptr;
  if (const auto *C = dyn_cast<CallExpr>(Sequence->IgnoreParenCasts());
      C && givesSameSequence(C->getDirectCallee()))
    return C;
  const VarDecl *V = variableOf(Sequence);
  const CallExpr *From = nullptr;
  for (const model::CallSite &C : F.Calls)
    if (V && C.Call && givesSameSequence(C.Callee) &&
        receiver(C.Call, Parents) == V &&
        SM.isBeforeInTranslationUnit(SM.getFileLoc(C.Call->getBeginLoc()),
                                     SM.getFileLoc(At)))
      From = C.Call;
  return From;
}

/// True when \p Use of a sequence's variable does not care whether it is a list:
/// it is in a macro for both, or only counts references or tests for null.
static bool worksOnTuple(const DeclRefExpr *Use, const ParentMap &Parents,
                         const ASTContext &Context) {
  const SourceManager &SM = Context.getSourceManager();
  SourceLocation Loc = Use->getLocation();
  for (unsigned I = 0; I < 16 && Loc.isMacroID(); ++I) {
    // The macros whose argument it is, from the inside out.
    StringRef Macro =
        Lexer::getImmediateMacroName(Loc, SM, Context.getLangOpts());
    const facts::BorrowedReference *Row = facts::findBorrowed(Macro);
    const facts::InteriorPointer *Inside = facts::findInteriorPointer(Macro);
    if ((Row && Row->Container == facts::ContainerKind::Sequence) ||
        (Inside && Inside->Owner == facts::ContainerKind::Sequence) ||
        facts::isReferenceCountOp(Macro) || facts::findLockApi(Macro))
      return true;
    Loc = SM.getImmediateExpansionRange(Loc).getBegin();
  }
  const Stmt *Child = Use;
  for (const Stmt *S = Parents.getParent(Use); S;
       Child = S, S = Parents.getParent(S)) {
    if (isa<CastExpr, ParenExpr, FullExpr>(S))
      continue;
    if (const auto *B = dyn_cast<BinaryOperator>(S))
      return B->isComparisonOp() || B->isLogicalOp() ||
             (B->getOpcode() == BO_Assign && Child == B->getLHS());
    if (const auto *U = dyn_cast<UnaryOperator>(S))
      return U->getOpcode() == UO_LNot;
    if (const auto *C = dyn_cast<CallExpr>(S)) {
      const FunctionDecl *FD = C->getDirectCallee();
      return FD && FD->getIdentifier() &&
             facts::isReferenceCountOp(facts::canonicalName(FD->getName()));
    }
    return isa<IfStmt, WhileStmt, ForStmt, DoStmt, ConditionalOperator>(S);
  }
  return false;
}

/// The edit that takes a private tuple instead of the list itself; empty with a
/// reason in \p WhyNot when something may depend on the list.
static std::optional<FixItHint> takeTuple(const CallExpr *Call,
                                          const FunctionDecl *FD,
                                          const ParentMap &Parents,
                                          const ASTContext &Context,
                                          const char *&WhyNot) {
  const VarDecl *V = receiver(Call, Parents);
  if (!V || !V->hasLocalStorage() || isa<ParmVarDecl>(V)) {
    WhyNot = "the sequence is not kept in a local variable";
    return std::nullopt;
  }
  llvm::SmallVector<const Stmt *, 32> Todo = {FD->getBody()};
  while (!Todo.empty()) {
    const Stmt *S = Todo.pop_back_val();
    if (const auto *R = dyn_cast<DeclRefExpr>(S);
        R && R->getDecl() == V && !worksOnTuple(R, Parents, Context)) {
      WhyNot = "the sequence is used in other ways";
      return std::nullopt;
    }
    for (const Stmt *Child : S->children())
      if (Child)
        Todo.push_back(Child);
  }
  const facts::InteriorPointer *Row = nullptr;
  for (const facts::InteriorPointer &P : facts::interiorPointers())
    if (P.Owner == facts::ContainerKind::Sequence && !P.IsSize)
      Row = &P;
  const SourceManager &SM = Context.getSourceManager();
  const support::SourceText Source(SM, Context.getLangOpts(),
                                   SM.getFileID(SM.getFileLoc(Call->getBeginLoc())));
  const std::optional<support::WrittenCall> Written = Source.writtenCall(
      Call->getBeginLoc(), Call->getDirectCallee()->getName());
  if (!Row || !Row->Alternative || !Written || Written->Args.size() < 2) {
    WhyNot = "the call is part of a macro";
    return std::nullopt;
  }
  return FixItHint::CreateReplacement(
      CharSourceRange::getCharRange(Source.location(Written->Whole.Begin),
                                    Source.location(Written->Whole.End)),
      std::string(Row->Alternative) + "(" +
          Source.text(Written->Args[0]).str() + ")");
}

/// A call with which \p F begins or ends a critical section, between the two places
/// as far as they are given; nullable.
static const CallExpr *sectionCall(const model::Function &F, facts::LockOp Op,
                                   SourceLocation Before, SourceLocation After,
                                   const SourceManager &SM) {
  for (const model::CallSite &C : F.Calls) {
    const facts::LockApi *Api =
        C.Call && C.Callee && C.Callee->getIdentifier()
            ? facts::findLockApi(C.Callee->getName())
            : nullptr;
    if (!Api || Api->Op != Op || !facts::isCriticalSection(Api->Kind))
      continue;
    const SourceLocation At = SM.getFileLoc(C.Call->getBeginLoc());
    if ((Before.isInvalid() || SM.isBeforeInTranslationUnit(At, Before)) &&
        (After.isInvalid() || SM.isBeforeInTranslationUnit(After, At)))
      return C.Call;
  }
  return nullptr;
}

/// A section on the sequence around \p L and \p Use that is only entered when the
/// sequence is a list: `if (lock) PyCriticalSection_Begin(&cs, seq);`.
static bool inSectionForLists(const model::ExtensionModel &Model,
                              const FunctionDecl *FD, const flow::FunctionRefs &R,
                              const flow::Lookup &L, const Stmt *Use) {
  const model::Function *F = Model.function(FD);
  const SourceManager &SM = Model.context().getSourceManager();
  if (!F || !L.Container)
    return false;
  const SourceLocation At = locationOf(L, SM),
                       Last = SM.getFileLoc(Use->getBeginLoc());
  const CallExpr *Begin =
      sectionCall(*F, facts::LockOp::Begin, At, SourceLocation(), SM);
  if (!Begin || Begin->getNumArgs() != 2 ||
      !sectionCall(*F, facts::LockOp::End, SourceLocation(), Last, SM))
    return false;
  // The macro keeps what it is given in a variable of its own.
  const Expr *Locked = Begin->getArg(1)->IgnoreParenCasts();
  if (const VarDecl *V = variableOf(Locked);
      V && !isa<ParmVarDecl>(V) && V->hasLocalStorage() && V->getInit() &&
      SM.getFileLoc(V->getLocation()) == SM.getFileLoc(Begin->getBeginLoc()))
    Locked = V->getInit()->IgnoreParenCasts();
  const std::string Key = flow::canonicalText(Locked);
  if (Key == flow::canonicalText(L.Container))
    return true;
  return llvm::any_of(L.ContainerValues, [&](unsigned V) {
    const flow::Origin &O = R.origin(V);
    return O.Kind == flow::OriginKind::Parameter && O.Decl &&
           O.Decl->getNameAsString() == Key;
  });
}

/// True when the reference or the items of \p L are used with nothing that keeps
/// the list as it is.
static bool isUnprotected(const model::ExtensionModel &Model,
                          const FunctionDecl *FD, const flow::FunctionRefs &R,
                          const flow::Lookup &L, bool &OnlyReturned) {
  flow::SharingAnalysis &Sharing = Model.sharing();
  bool Suspendable = false, Found = false;
  const bool Guarded =
      Sharing.protects(Model.locksAt(FD, L.Where), R, L, Suspendable);
  OnlyReturned = true;
  for (const flow::Use &U : L.Uses) {
    bool Again = false;
    if (inAssertion(U.Where->getBeginLoc(), Model.context()) ||
        (Guarded &&
         Sharing.protects(Model.locksAt(FD, U.Where), R, L, Again) &&
         !(Suspendable && U.Suspended)) ||
        (!U.Suspended && inSectionForLists(Model, FD, R, L, U.Where)))
      continue;
    Found = true;
    OnlyReturned &= U.Kind == flow::UseKind::Returned;
  }
  return Found;
}

void SequenceFastSharedCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  // Functions with look-ups have a body.
  auto ParentsOf = [&](const FunctionDecl *FD) -> const ParentMap & {
    return Model.flows().body(FD)->parents();
  };
  // By the call that gave the sequence, or by function and container.
  std::map<std::pair<const void *, std::string>, Group> Groups;
  for (const FunctionDecl *FD : Model.refs().relevant()) {
    const model::Function *F = Model.function(FD);
    if (!F || !runsConcurrently(Model, FD))
      continue;
    const flow::FunctionRefs *R = Model.refs().get(FD);
    if (!R)
      continue;
    for (const flow::Lookup &L : R->lookups()) {
      bool OnlyReturned = false;
      if (!L.Reached || !L.Fact->Mutable || !L.Container ||
          L.Fact->Container != facts::ContainerKind::Sequence ||
          !runsConcurrently(Model, FD, L.Where->getExprLoc()) ||
          !isUnprotected(Model, FD, *R, L, OnlyReturned))
        continue;
      // Judged where the helper is called.
      if (OnlyReturned && !F->isPythonVisible() && !F->Callers.empty())
        continue;
      flow::Sharing S = Model.sharing().container(*R, L);
      if (S.K != flow::Sharing::Shared)
        continue;
      auto Add = [&](const FunctionDecl *In, const CallExpr *From) {
        Group &G = Groups[From ? std::make_pair((const void *)From, std::string())
                               : std::make_pair((const void *)FD,
                                                flow::canonicalText(L.Container))];
        if (G.Lookups.empty()) {
          G.In = In;
          G.From = From;
          G.Sharing = S;
        }
        G.Lookups.push_back(&L);
      };
      if (const CallExpr *From = sourceOf(*F, L.Container, L.Where->getExprLoc(),
                                          ParentsOf(FD), SM)) {
        Add(FD, From);
        continue;
      }
      // A helper is given what its callers got.
      const auto *P = dyn_cast_or_null<ParmVarDecl>(variableOf(L.Container));
      bool Found = false;
      for (const model::CallSite &C : F->Callers) {
        const model::Function *Caller = Model.function(C.Caller);
        if (!P || !C.Call || !Caller ||
            P->getFunctionScopeIndex() >= C.Call->getNumArgs())
          continue;
        const CallExpr *From =
            sourceOf(*Caller, C.Call->getArg(P->getFunctionScopeIndex()),
                     C.Call->getBeginLoc(), ParentsOf(C.Caller), SM);
        if (!From)
          continue;
        Found = true;
        Add(C.Caller, From);
      }
      if (!Found)
        Add(FD, nullptr);
    }
  }
  for (auto &[Key, G] : Groups)
    report(Model, G, ParentsOf(G.In));
}

void SequenceFastSharedCheck::report(const model::ExtensionModel &Model,
                                     const Group &G, const ParentMap &Parents) {
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  auto At = [&](const flow::Lookup &L) {
    return SM.getFileLoc(isa<ArraySubscriptExpr>(L.Where)
                             ? cast<ArraySubscriptExpr>(L.Where)->getRBracketLoc()
                             : L.Where->getExprLoc());
  };
  llvm::SmallVector<const flow::Lookup *, 8> Places(G.Lookups.begin(),
                                                    G.Lookups.end());
  llvm::stable_sort(Places, [&](const flow::Lookup *A, const flow::Lookup *B) {
    return SM.isBeforeInTranslationUnit(At(*A), At(*B));
  });
  const SourceLocation Loc =
      G.From ? SM.getFileLoc(G.From->getBeginLoc()) : At(*Places.front());
  const char *WhyNot = nullptr;
  {
    std::optional<FixItHint> Fix;
    if (G.From)
      Fix = takeTuple(G.From, G.In, Parents, Context, WhyNot);
    auto Warning =
        G.From ? diag(Loc, "'%0' gives back the very list it is given, and "
                           "another thread may change it while its items are "
                           "used")
                     << G.From->getDirectCallee()->getNameAsString()
               : diag(Loc, "items of '%0' are used while another thread may "
                           "change it, if it is a list")
                     << objectText(Places.front()->Container, Context);
    if (Fix)
      Warning << *Fix;
  }
  diag(G.Sharing.Where.isValid() ? SM.getFileLoc(G.Sharing.Where) : Loc, "%0",
       DiagnosticIDs::Note)
      << G.Sharing.Who;
  SourceLocation Before;
  for (const flow::Lookup *L : Places) {
    if (At(*L) == Before)
      continue;
    Before = At(*L);
    diag(Before,
         L->Fact->Result == facts::ResultKind::Items
             ? "'%0' points into the list's own memory"
             : "'%0' borrows an item here",
         DiagnosticIDs::Note)
        << L->Name;
  }
  if (WhyNot)
    diag(Loc, "not rewritten automatically: %0", DiagnosticIDs::Note)
        << WhyNot;
}

} // namespace pyext::refs
