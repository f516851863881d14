//===- PendingException.cpp - Exceptions nobody has seen ------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/PendingException.h"
#include "flow/Solver.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"

using namespace clang;
using namespace llvm;

namespace pyext::threads {

static StringRef nameOf(const CallExpr *Call) {
  const FunctionDecl *FD = Call->getDirectCallee();
  return FD && FD->getIdentifier() && !isa<CXXMethodDecl>(FD)
             ? facts::canonicalName(FD->getName())
             : StringRef();
}

/// Runs Python code and gives a new reference, or null with an exception.
static bool canRaise(StringRef Name) {
  const facts::CallEffect *Effect = facts::findEffect(Name);
  const facts::NewReference *Result = facts::findNewReference(Name);
  return Effect && Effect->Class == facts::EffectClass::RunsCode && Result &&
         Result->OutArg < 0;
}

namespace {
/// Which calls may have left an exception.
class Analysis {
public:
  explicit Analysis(const model::ExtensionModel &Model) : Model(Model) {}

  using State = SmallVector<const CallExpr *, 4>; ///< Sorted by address.
  State entry() { return {}; }
  bool join(State &Into, const State &From) {
    bool Changed = false;
    for (const CallExpr *Call : From)
      Changed |= add(Into, Call);
    return Changed;
  }

  void transfer(State &S, const CFGElement &E) {
    const auto Statement = E.getAs<CFGStmt>();
    if (!Statement)
      return;
    const Stmt *At = Statement->getStmt();
    if (const auto *D = dyn_cast<DeclStmt>(At)) {
      for (const Decl *Each : D->decls())
        if (const auto *VD = dyn_cast<VarDecl>(Each); VD && VD->getInit())
          assigned(VD, VD->getInit());
      return;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(At);
        B && B->getOpcode() == BO_Assign) {
      if (const auto *Ref = dyn_cast<DeclRefExpr>(model::stripped(B->getLHS())))
        assigned(Ref->getDecl(), B->getRHS());
      return;
    }
    const auto *Call = dyn_cast<CallExpr>(At);
    if (!Call)
      return;
    const StringRef Name = nameOf(Call);
    if (canRaise(Name))
      add(S, Call);
    else if (!isHarmless(Name))
      S.clear();
  }

  bool refine(State &S, const CFGBlock &From, unsigned Successor) {
    const Stmt *Last = From.getLastCondition();
    const auto *Condition = dyn_cast_or_null<Expr>(Last);
    if (!Condition || From.succ_size() != 2)
      return true;
    // !x, x == NULL, x != NULL, x
    bool NonNull = Successor == 0;
    const Expr *E = Condition->IgnoreParenImpCasts();
    while (const auto *U = dyn_cast<UnaryOperator>(E)) {
      if (U->getOpcode() != UO_LNot)
        break;
      NonNull = !NonNull;
      E = U->getSubExpr()->IgnoreParenImpCasts();
    }
    if (const auto *B = dyn_cast<BinaryOperator>(E); B && B->isEqualityOp()) {
      const bool Right = model::isNullOrZero(B->getRHS(), Model.context());
      if (!Right && !model::isNullOrZero(B->getLHS(), Model.context()))
        return true;
      if (B->getOpcode() == BO_EQ)
        NonNull = !NonNull;
      E = model::stripped(Right ? B->getLHS() : B->getRHS());
    }
    E = model::stripped(E);
    if (const auto *B = dyn_cast<BinaryOperator>(E);
        B && B->getOpcode() == BO_Assign)
      E = model::stripped(B->getLHS());
    const auto *Ref = dyn_cast<DeclRefExpr>(E);
    if (NonNull)
      llvm::erase_if(S, [&](const CallExpr *Call) {
        const auto It = ValueOf.find(Call);
        return Call == E || (Ref && It != ValueOf.end() &&
                             It->second == Ref->getDecl());
      });
    return true;
  }

private:
  bool add(State &S, const CallExpr *Call) {
    const auto It = llvm::lower_bound(S, Call);
    if (It != S.end() && *It == Call)
      return false;
    S.insert(It, Call);
    return true;
  }
  void assigned(const ValueDecl *D, const Expr *Value) {
    if (const auto *Call = dyn_cast<CallExpr>(model::stripped(Value)))
      ValueOf[Call] = D;
  }
  /// Leaves exceptions as they are. Code that is not seen can take care of them.
  static bool isHarmless(StringRef Name) {
    if (facts::hasRole(Name, facts::ApiRole::TakesException))
      return false;
    return facts::isApiName(Name);
  }

  const model::ExtensionModel &Model;
  DenseMap<const CallExpr *, const ValueDecl *> ValueOf;
};
} // namespace

std::vector<PendingException>
pendingExceptions(const model::ExtensionModel &Model,
                  const model::Function &F) {
  std::vector<PendingException> Result;
  DenseMap<const Stmt *, const facts::ThreadStateApi *> Releases;
  for (const model::ThreadStateUse &Use : F.ThreadStates)
    if (Use.Api->Op == facts::ThreadStateOp::Release &&
        Use.Api->Family == facts::ThreadStateFamily::InterpreterGuard)
      Releases[Use.Where] = Use.Api;
  std::string Failed;
  if (Releases.empty())
    return Result;
  const auto Flow = Model.flows().get(F.Decl, Failed);
  if (!Flow)
    return Result;
  Analysis A(Model);
  const auto Solved = flow::solveForward(Flow, A, Failed);
  if (!Solved)
    return Result;
  DenseSet<const CallExpr *> Seen;
  Solved->visit(A, [&](const Analysis::State &S, const CFGElement &E) {
    const auto Statement = E.getAs<CFGStmt>();
    const auto It =
        Statement ? Releases.find(Statement->getStmt()) : Releases.end();
    if (It == Releases.end())
      return;
    for (const CallExpr *Call : S)
      if (Seen.insert(Call).second)
        Result.push_back({Call, nameOf(Call),
                          cast<Expr>(Statement->getStmt()), It->second->Name});
  });
  const SourceManager &SM = Model.context().getSourceManager();
  llvm::sort(Result, [&](const PendingException &X, const PendingException &Y) {
    return SM.isBeforeInTranslationUnit(
        SM.getExpansionLoc(X.Call->getExprLoc()),
        SM.getExpansionLoc(Y.Call->getExprLoc()));
  });
  return Result;
}

} // namespace pyext::threads
