//===- ContainerCheckThenActCheck.cpp - cpython-refs-container-check-then-act ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/ContainerCheckThenActCheck.h"
#include "facts/ContainerRules.h"
#include "refs/InsertOnceFix.h"
#include "refs/Places.h"
#include "refs/StrongReferenceFix.h"
#include "support/Source.h"
#include "clang/AST/ParentMap.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/StringMap.h"

using namespace clang;

namespace pyext::refs {

/// One call on a container and a key, by itself or within a helper.
struct ContainerCheckThenActCheck::Site {
  const FunctionDecl *FD;
  const CallExpr *Call;
  const Expr *Container, *Key;
  /// The call of the API; Call itself, or in the helper that Call calls.
  const CallExpr *Api;
};

static std::string keyText(const Expr *E) {
  if (const auto *S = dyn_cast<StringLiteral>(E->IgnoreParenCasts()))
    return "\"" + S->getBytes().str() + "\"";
  return flow::canonicalText(E);
}

static const ParmVarDecl *parameter(const Expr *E) {
  const auto *R = dyn_cast<DeclRefExpr>(E->IgnoreParenCasts());
  return R ? dyn_cast<ParmVarDecl>(R->getDecl()) : nullptr;
}

/// Calls of \p Name, and of helpers that hand their container and key to it.
void ContainerCheckThenActCheck::collect(const model::ExtensionModel &Model,
                                         StringRef Name,
                                         std::vector<Site> &Sites) {
  for (const model::CallSite *C : Model.apiCalls(Name)) {
    if (C->Call->getNumArgs() < 2)
      continue;
    const Expr *Container = C->Call->getArg(0), *Key = C->Call->getArg(1);
    Sites.push_back({C->Caller, C->Call, Container, Key, C->Call});
    const ParmVarDecl *P = parameter(Container), *Q = parameter(Key);
    const model::Function *F = Model.function(C->Caller);
    if (!P || !Q || !F)
      continue;
    for (const model::CallSite &Outer : F->Callers)
      if (Outer.Call && Outer.Call->getNumArgs() > P->getFunctionScopeIndex() &&
          Outer.Call->getNumArgs() > Q->getFunctionScopeIndex())
        Sites.push_back({Outer.Caller, Outer.Call,
                         Outer.Call->getArg(P->getFunctionScopeIndex()),
                         Outer.Call->getArg(Q->getFunctionScopeIndex()),
                         C->Call});
  }
}

/// True when \p S leaves the statements it is in.
static bool leaves(const Stmt *S) {
  if (const auto *C = dyn_cast_or_null<CompoundStmt>(S))
    return !C->body_empty() && leaves(C->body_back());
  return isa_and_nonnull<ReturnStmt, GotoStmt, ContinueStmt, BreakStmt,
                         CXXThrowExpr>(S);
}

/// The variable that receives the value of \p Call, or that it stores its result
/// through; null when there is none.
static void variablesOf(const CallExpr *Call, const ParentMap &Parents,
                        llvm::SmallVectorImpl<const VarDecl *> &Vars) {
  auto Add = [&](const Expr *E) {
    const auto *R = dyn_cast<DeclRefExpr>(E->IgnoreParenCasts());
    if (const auto *V = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr)
      Vars.push_back(V);
  };
  for (unsigned I = 2; I < Call->getNumArgs(); ++I)
    if (const auto *U =
            dyn_cast<UnaryOperator>(Call->getArg(I)->IgnoreParenCasts());
        U && U->getOpcode() == UO_AddrOf)
      Add(U->getSubExpr());
  for (const Stmt *S = Parents.getParent(Call); S; S = Parents.getParent(S)) {
    if (const auto *D = dyn_cast<DeclStmt>(S)) {
      for (const Decl *One : D->decls())
        if (const auto *V = dyn_cast<VarDecl>(One);
            V && V->getInit() &&
            support::isWithin(Call, V->getInit(), Parents))
          Vars.push_back(V);
      return;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->isAssignmentOp())
      Add(B->getLHS());
    if (!isa<Expr>(S))
      return;
  }
}

static bool mentions(const Stmt *S, llvm::ArrayRef<const VarDecl *> Vars,
                     const Stmt *Call) {
  if (S == Call)
    return true;
  if (const auto *R = dyn_cast<DeclRefExpr>(S))
    return llvm::is_contained(Vars, R->getDecl());
  for (const Stmt *Child : S->children())
    if (Child && mentions(Child, Vars, Call))
      return true;
  return false;
}

/// A test for an error, which says nothing about the key: `rc < 0`, `rc == -1`, or
/// one that makes another call.
static bool testsForError(const Expr *Condition, const CallExpr *Check) {
  Condition = Condition->IgnoreParenCasts();
  if (const auto *B = dyn_cast<BinaryOperator>(Condition)) {
    if (B->getOpcode() == BO_LOr || B->getOpcode() == BO_LAnd)
      return testsForError(B->getLHS(), Check) ||
             testsForError(B->getRHS(), Check);
    const Expr *R = B->getRHS()->IgnoreParenCasts();
    if (const auto *Zero = dyn_cast<IntegerLiteral>(R);
        Zero && B->getOpcode() == BO_LT && Zero->getValue() == 0)
      return true;
    if (const auto *U = dyn_cast<UnaryOperator>(R);
        U && U->getOpcode() == UO_Minus && B->getOpcode() == BO_EQ)
      return true;
  }
  llvm::SmallVector<const Stmt *, 8> Todo = {Condition};
  while (!Todo.empty()) {
    const Stmt *S = Todo.pop_back_val();
    if (const auto *C = dyn_cast<CallExpr>(S);
        C && C != Check &&
        !(C->getDirectCallee() && C->getDirectCallee()->getBuiltinID()))
      return true;
    if (S != Check)
      for (const Stmt *Child : S->children())
        if (Child)
          Todo.push_back(Child);
  }
  return false;
}

/// True when one of \p Vars is set to something else between \p Check and
/// \p Condition.
static bool isSetBetween(llvm::ArrayRef<const VarDecl *> Vars, const Stmt *Body,
                         const CallExpr *Check, const Stmt *Condition,
                         const ParentMap &Parents, const SourceManager &SM) {
  const SourceLocation From = SM.getFileLoc(Check->getEndLoc()),
                       To = SM.getFileLoc(Condition->getBeginLoc());
  llvm::SmallVector<const Stmt *, 64> Todo = {Body};
  while (!Todo.empty()) {
    const Stmt *S = Todo.pop_back_val();
    const auto *B = dyn_cast<BinaryOperator>(S);
    const auto *R = B && B->getOpcode() == BO_Assign
                        ? dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens())
                        : nullptr;
    if (R && llvm::is_contained(Vars, R->getDecl()) &&
        !support::isWithin(Check, B, Parents) &&
        SM.isBeforeInTranslationUnit(From, SM.getFileLoc(B->getBeginLoc())) &&
        SM.isBeforeInTranslationUnit(SM.getFileLoc(B->getEndLoc()), To))
      return true;
    for (const Stmt *Child : S->children())
      if (Child)
        Todo.push_back(Child);
  }
  return false;
}

/// True when whether \p Act is executed depends on what \p Check has found.
static bool dependsOn(const CallExpr *Act, const CallExpr *Check,
                      const Stmt *Body, const ParentMap &Parents,
                      const SourceManager &SM) {
  llvm::SmallVector<const VarDecl *, 2> Vars;
  variablesOf(Check, Parents, Vars);
  auto Tests = [&](const Stmt *Condition) {
    return Condition && !support::isWithin(Act, Condition, Parents) &&
           mentions(Condition, Vars, Check) &&
           (support::isWithin(Check, Condition, Parents) ||
            !isSetBetween(Vars, Body, Check, Condition, Parents, SM));
  };
  const Stmt *Child = Act;
  for (const Stmt *S = Parents.getParent(Act); S;
       Child = S, S = Parents.getParent(S)) {
    if (const auto *If = dyn_cast<IfStmt>(S)) {
      if (Child != If->getCond() && Tests(If->getCond()))
        return true;
    } else if (const auto *C = dyn_cast<AbstractConditionalOperator>(S)) {
      if (Child != C->getCond() && Tests(C->getCond()))
        return true;
    } else if (const auto *B = dyn_cast<BinaryOperator>(S)) {
      if (B->isLogicalOp() && Child == B->getRHS() && Tests(B->getLHS()))
        return true;
    } else if (const auto *Block = dyn_cast<CompoundStmt>(S)) {
      // if (found) return ...;
      for (const Stmt *Before : Block->body()) {
        if (Before == Child)
          break;
        const auto *If = dyn_cast<IfStmt>(Before);
        if (If && Tests(If->getCond()) &&
            !testsForError(If->getCond(), Check) &&
            !SM.isBeforeInTranslationUnit(
                SM.getFileLoc(If->getEndLoc()),
                SM.getFileLoc(Check->getBeginLoc())) &&
            (leaves(If->getThen()) || (If->getElse() && leaves(If->getElse()))))
          return true;
      }
    }
  }
  return false;
}

/// An object that is the same whoever puts it there.
static bool isConstant(const Expr *E) {
  E = E->IgnoreParenCasts();
  if (const auto *U = dyn_cast<UnaryOperator>(E);
      U && U->getOpcode() == UO_AddrOf) {
    const auto *R =
        dyn_cast<DeclRefExpr>(U->getSubExpr()->IgnoreParenCasts());
    const auto *V = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
    return V && !V->hasLocalStorage();
  }
  return false;
}

/// True when the value of \p Call only says whether there was an error: it is
/// thrown away, or tested with `< 0` or `== -1`.
static bool testsForErrorOnly(const CallExpr *Call, const ParentMap &Parents) {
  const Stmt *Child = Call;
  const Stmt *S = Parents.getParent(Call);
  while (isa_and_nonnull<ParenExpr, CastExpr, FullExpr>(S)) {
    Child = S;
    S = Parents.getParent(S);
  }
  const auto *B = dyn_cast_or_null<BinaryOperator>(S);
  if (!B)
    return isa_and_nonnull<CompoundStmt, LabelStmt, SwitchCase>(S) ||
           (isa_and_nonnull<IfStmt>(S) && cast<IfStmt>(S)->getCond() != Child);
  if (B->getLHS() != Child)
    return false;
  const Expr *R = B->getRHS()->IgnoreParenCasts();
  if (const auto *Zero = dyn_cast<IntegerLiteral>(R))
    return Zero->getValue() == 0 && B->getOpcode() == BO_LT;
  const auto *U = dyn_cast<UnaryOperator>(R);
  const auto *One =
      U && U->getOpcode() == UO_Minus
          ? dyn_cast<IntegerLiteral>(U->getSubExpr()->IgnoreParenCasts())
          : nullptr;
  return One && One->getValue() == 1 && B->getOpcode() == BO_EQ;
}

/// The second call done so that it does not matter whether the key is still
/// there, or has come in between; nothing when that takes more than another
/// call.
llvm::SmallVector<FixItHint, 2>
ContainerCheckThenActCheck::makeFix(const model::ExtensionModel &Model,
                                    const facts::PairedCalls &Row,
                                    const Site &Act,
                                    const ParentMap &Parents) {
  const facts::ApiVersion *Api = facts::findApi(Row.Replacement);
  if (!Row.ActAlone || Act.Call != Act.Api || !Api ||
      !Api->usableFrom(minPython(), mayUseCompatHeader()) ||
      !testsForErrorOnly(Act.Call, Parents))
    return {};
  const SourceManager &SM = Model.context().getSourceManager();
  const support::SourceText Source(
      SM, Model.context().getLangOpts(),
      SM.getFileID(SM.getFileLoc(Act.Call->getBeginLoc())));
  const std::optional<support::WrittenCall> Written =
      Source.writtenCall(Act.Call->getBeginLoc(), Row.Act);
  if (!Written || Written->Args.size() != Act.Call->getNumArgs())
    return {};
  llvm::SmallVector<FixItHint, 2> Hints = {
      FixItHint::CreateReplacement(
          CharSourceRange::getCharRange(Source.location(Written->Name.Begin),
                                        Source.location(Written->Name.End)),
          Row.Replacement),
      FixItHint::CreateInsertion(Source.location(Written->Args.back().End),
                                 ", NULL")};
  if (!Api->usableFrom(minPython(), /*WithCompat=*/false))
    if (std::optional<FixItHint> Include = compatInclude(Source, SM);
        Include && Including.insert(Source.file()).second)
      Hints.push_back(*Include);
  return Hints;
}

void ContainerCheckThenActCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  llvm::StringMap<std::vector<Site>> Sites;
  auto SitesOf = [&](StringRef Name) -> const std::vector<Site> & {
    auto [It, New] = Sites.try_emplace(Name);
    if (New)
      collect(Model, Name, It->second);
    return It->second;
  };
  Reported.clear();
  Including.clear();
  Names.clear();
  // What is put in first, and then taken out again, is about putting it in.
  for (bool Alone : {false, true})
    for (const facts::PairedCalls &Row : facts::pairedCalls())
      if (Row.ActAlone == Alone)
        for (const Site &Act : SitesOf(Row.Act))
          for (const Site &Check : SitesOf(Row.Check))
            if (Act.FD == Check.FD && Act.Call != Check.Call &&
                !llvm::any_of(facts::pairedCalls(),
                              [&](const facts::PairedCalls &Other) {
                                return StringRef(Other.Act) == Row.Act &&
                                       checksAgain(Model, SitesOf(Other.Check),
                                                   Check, Act);
                              }))
              judge(Model, Row, Check, Act);
}

/// One of \p Sites looks once more for what \p Check has looked for, under a lock
/// that is still held at \p Act.
bool ContainerCheckThenActCheck::checksAgain(const model::ExtensionModel &Model,
                                             llvm::ArrayRef<Site> Sites,
                                             const Site &Check,
                                             const Site &Act) {
  const SourceManager &SM = Model.context().getSourceManager();
  const flow::LockList Held = Model.locksAt(Act.FD, Act.Call);
  if (Held.empty())
    return false;
  return llvm::any_of(Sites, [&](const Site &Again) {
    return Again.FD == Act.FD && Again.Call != Check.Call &&
           Again.Call != Act.Call &&
           SM.isBeforeInTranslationUnit(
               SM.getFileLoc(Check.Call->getBeginLoc()),
               SM.getFileLoc(Again.Call->getBeginLoc())) &&
           SM.isBeforeInTranslationUnit(
               SM.getFileLoc(Again.Call->getBeginLoc()),
               SM.getFileLoc(Act.Call->getBeginLoc())) &&
           keyText(Again.Key) == keyText(Act.Key) &&
           flow::canonicalText(Again.Container) ==
               flow::canonicalText(Act.Container) &&
           llvm::any_of(Model.locksAt(Again.FD, Again.Call),
                        [&](const flow::Lock &L) {
                          return llvm::is_contained(Held, L);
                        });
  });
}

void ContainerCheckThenActCheck::judge(const model::ExtensionModel &Model,
                                       const facts::PairedCalls &Row,
                                       const Site &Check, const Site &Act) {
  const SourceManager &SM = Model.context().getSourceManager();
  const SourceLocation At = SM.getFileLoc(Check.Call->getBeginLoc());
  const SourceLocation Loc = SM.getFileLoc(Act.Call->getBeginLoc());
  if (Reported.count(Act.Call) || Reported.count(Check.Call) ||
      !SM.isBeforeInTranslationUnit(At, Loc) ||
      keyText(Act.Key) != keyText(Check.Key) ||
      flow::canonicalText(Act.Container) !=
          flow::canonicalText(Check.Container) ||
      !runsConcurrently(Model, Act.FD, Act.Call->getExprLoc()))
    return;
  // A constant put in twice is put in once.
  if (Act.Api->getNumArgs() > 2 && Act.Call == Act.Api &&
      isConstant(Act.Call->getArg(2)))
    return;
  const flow::FunctionBody *Body = Model.flows().body(Act.FD);
  if (!Body)
    return;
  const ParentMap *Parents = &Body->parents();
  if (!dependsOn(Act.Call, Check.Call, Act.FD->getBody(), *Parents, SM))
    return;
  const flow::FunctionRefs *R = Model.refs().get(Check.FD);
  if (!R)
    return;
  unsigned Arg = 0;
  while (Check.Call->getArg(Arg) != Check.Container)
    ++Arg;
  const flow::Sharing S = Model.sharing().argument(*R, Check.Call, Arg);
  if (S.K != flow::Sharing::Shared)
    return;
  // One lock over both.
  const flow::LockList First = Model.locksAt(Check.FD, Check.Call),
                       Second = Model.locksAt(Act.FD, Act.Call);
  bool Suspendable = false;
  if (Model.sharing().protects(First, *R, Check.Call, Arg, Suspendable) &&
      llvm::any_of(First,
                   [&](const flow::Lock &L) { return llvm::is_contained(Second, L); }))
    return;
  if (lockedElsewhere(Model, Act.FD, Act.Call))
    return;
  // What follows from one look-up is one finding.
  Reported.insert(Act.Call);
  Reported.insert(Check.Call);
  {
    auto Warning =
        diag(Loc, "'%0' on '%1' relies on what '%2' found, and another thread "
                  "may have changed it since")
        << Row.Act << objectText(Act.Container, Model.context()) << Row.Check;
    for (const FixItHint &Hint : makeFix(Model, Row, Act, *Parents))
      Warning << Hint;
  }
  diag(At, "looked up here", DiagnosticIDs::Note);
  diag(S.Where.isValid() ? SM.getFileLoc(S.Where) : Loc, "%0",
       DiagnosticIDs::Note)
      << S.Who;
  if (!*Row.Replacement) {
    diag(Loc, "a lock has to be held over both", DiagnosticIDs::Note);
    return;
  }
  auto Note = diag(Loc, "'%0' does both at once", DiagnosticIDs::Note)
              << Row.Replacement;
  const facts::ApiVersion *Api = facts::findApi(Row.Replacement);
  const flow::FunctionRefs *Refs =
      Row.ActAlone || Act.Call != Act.Api || !Api ||
              !Api->usableFrom(minPython(), mayUseCompatHeader())
          ? nullptr
          : Model.refs().get(Act.FD);
  if (!Refs)
    return;
  llvm::SmallVector<FixItHint, 4> Once =
      makeInsertOnceFix(Act.Call, Row.Replacement, *Refs, *Parents,
                        Model.context(), Names[Act.FD]);
  if (!Once.empty() && !Api->usableFrom(minPython(), /*WithCompat=*/false)) {
    const support::SourceText Source(SM, Model.context().getLangOpts(),
                                     SM.getFileID(Loc));
    if (std::optional<FixItHint> Include = compatInclude(Source, SM);
        Include && Including.insert(Source.file()).second)
      Once.push_back(*Include);
  }
  for (const FixItHint &Hint : Once)
    Note << Hint;
}

} // namespace pyext::refs
