//===- SuspendedUses.cpp --------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/SuspendedUses.h"
#include "flow/Attachment.h"
#include "flow/Solver.h"
#include "model/Initializers.h"
#include <map>

using namespace clang;

namespace pyext::threads {

namespace {
/// A pointer read from a field of the locked object, or found not to be null.
struct Load {
  const VarDecl *Variable; ///< Null: the field itself was tested.
  const MemberExpr *From;
  const flow::LexicalRegion *Region;
};

/// Gives its argument a reference.
static bool takesReference(const CallExpr *Call) {
  const FunctionDecl *Callee = Call->getDirectCallee();
  const facts::ReferenceCountApi *Api =
      Callee && Callee->getIdentifier()
          ? facts::findReferenceCountOp(facts::canonicalName(Callee->getName()))
          : nullptr;
  return Api && (Api->Op == facts::RefcountOp::Incref ||
                 Api->Op == facts::RefcountOp::NewRef);
}

class Analysis {
public:
  /// What a variable holds, and what may have suspended its section since.
  struct Known {
    unsigned Load;
    const Expr *Suspends = nullptr;
  };
  /// By the variable, or the field that was tested.
  using State = std::map<const ValueDecl *, Known>;

  Analysis(const model::ExtensionModel &Model,
           llvm::ArrayRef<const flow::LexicalRegion *> Regions)
      : Model(Model), SM(Model.context().getSourceManager()),
        Regions(Regions) {}

  State entry() { return {}; }
  bool join(State &Into, const State &From) {
    bool Changed = false;
    for (const auto &[VD, K] : From) {
      auto [It, New] = Into.try_emplace(VD, K);
      if (!New && !It->second.Suspends && K.Suspends) {
        It->second = K;
        Changed = true;
      }
      Changed |= New;
    }
    return Changed;
  }
  /// `if (self->x != NULL)`
  bool refine(State &S, const CFGBlock &From, unsigned Successor) {
    const Stmt *Term = From.getTerminatorStmt();
    const auto *Cond = dyn_cast_or_null<Expr>(From.getLastCondition());
    if (!Cond || !Term || From.succ_size() != 2 ||
        isa<SwitchStmt, CXXForRangeStmt, CXXTryStmt>(Term))
      return true;
    bool NonNull = Successor == 0;
    const Expr *E = Cond->IgnoreParenCasts();
    for (unsigned Depth = 0; Depth < 4; ++Depth) {
      if (const auto *U = dyn_cast<UnaryOperator>(E);
          U && U->getOpcode() == UO_LNot) {
        NonNull = !NonNull;
        E = U->getSubExpr()->IgnoreParenCasts();
      } else if (const auto *B = dyn_cast<BinaryOperator>(E);
                 B && B->isEqualityOp() &&
                 model::isNullOrZero(B->getRHS(), Model.context())) {
        if (B->getOpcode() == BO_EQ)
          NonNull = !NonNull;
        E = B->getLHS()->IgnoreParenCasts();
      } else {
        break;
      }
    }
    const auto *M = dyn_cast<MemberExpr>(E);
    const FieldDecl *Field = M ? loadable(M) : nullptr;
    if (!Field)
      return true;
    S.erase(Field);
    if (NonNull)
      load(S, Field, nullptr, M);
    return true;
  }

  void transfer(State &S, const CFGElement &E) {
    auto CS = E.getAs<CFGStmt>();
    if (!CS)
      return;
    const Stmt *St = CS->getStmt();
    if (const auto *D = dyn_cast<DeclStmt>(St)) {
      for (const Decl *Each : D->decls())
        if (const auto *VD = dyn_cast<VarDecl>(Each))
          assign(S, VD, VD->getInit());
    } else if (const auto *B = dyn_cast<BinaryOperator>(St)) {
      const auto *R = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
      const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
      if (VD && B->getOpcode() == BO_Assign)
        assign(S, VD, B->getRHS());
      // What the field had is the function's own now.
      if (const auto *M = dyn_cast<MemberExpr>(B->getLHS()->IgnoreParens()))
        overwritten(S, M);
    } else if (const auto *Call = dyn_cast<CallExpr>(St)) {
      use(S, Call);
      if (takesReference(Call) && Call->getNumArgs())
        if (const auto *R = dyn_cast<DeclRefExpr>(
                Call->getArg(0)->IgnoreParenCasts()))
          S.erase(R->getDecl());
      if (suspends(Call))
        for (auto &[VD, K] : S)
          if (!K.Suspends && within(*Loads[K.Load].Region, Call))
            K.Suspends = Call;
    } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(St)) {
      use(S, A->getBase(), A);
    } else if (const auto *U = dyn_cast<UnaryOperator>(St)) {
      if (U->getOpcode() == UO_Deref)
        use(S, U->getSubExpr(), U);
    } else if (const auto *M = dyn_cast<MemberExpr>(St)) {
      if (M->isArrow())
        use(S, M->getBase(), M);
    }
  }

  std::vector<Load> Loads;
  std::vector<SuspendedUse> Findings;
  bool Recording = false;

private:
  const model::ExtensionModel &Model;
  const SourceManager &SM;
  llvm::ArrayRef<const flow::LexicalRegion *> Regions;
  llvm::DenseMap<const Expr *, unsigned> LoadOf;
  llvm::DenseMap<const Expr *, bool> Suspending;

  bool within(const flow::LexicalRegion &R, const Stmt *S) const {
    const SourceLocation Loc = SM.getExpansionLoc(S->getBeginLoc());
    return SM.isBeforeInTranslationUnit(R.Begin, Loc) &&
           SM.isBeforeInTranslationUnit(Loc, R.End);
  }

  static const FieldDecl *loadable(const MemberExpr *M) {
    const auto *Field = dyn_cast<FieldDecl>(M->getMemberDecl());
    return Field && M->isArrow() && Field->getType()->isPointerType() &&
                   !Field->getType()->isFunctionPointerType()
               ? Field
               : nullptr;
  }

  void assign(State &S, const VarDecl *VD, const Expr *Value) {
    S.erase(VD);
    if (!Value || !VD->hasLocalStorage())
      return;
    const auto *M = dyn_cast<MemberExpr>(Value->IgnoreParenCasts());
    const FieldDecl *Field = M ? loadable(M) : nullptr;
    if (Field && !Field->getType()->getPointeeType()->isPointerType())
      load(S, VD, VD, M);
  }

  void load(State &S, const ValueDecl *Key, const VarDecl *VD,
            const MemberExpr *M) {
    auto It = LoadOf.find(M);
    if (It == LoadOf.end()) {
      const flow::LexicalRegion *In = nullptr;
      const std::string Object = flow::canonicalText(M->getBase());
      for (const flow::LexicalRegion *R : Regions)
        if (within(*R, M) && llvm::any_of(R->Locks, [&](const flow::Lock &L) {
              return L.Key == Object;
            }))
          In = R;
      It = LoadOf.try_emplace(M, In ? unsigned(Loads.size()) : ~0u).first;
      if (In)
        Loads.push_back({VD, M, In});
    }
    if (It->second != ~0u)
      S[Key] = {It->second};
  }

  void overwritten(State &S, const MemberExpr *M) {
    const std::string Text = flow::canonicalText(M);
    for (auto It = S.begin(); It != S.end();)
      It = flow::canonicalText(Loads[It->second.Load].From) == Text
               ? S.erase(It)
               : std::next(It);
  }

  bool suspends(const CallExpr *Call) {
    auto [It, New] = Suspending.try_emplace(Call, false);
    if (!New)
      return It->second;
    const FunctionDecl *Callee = Call->getDirectCallee();
    bool Result = false;
    flow::Attachments &All = Model.attachments();
    if (Callee && Callee->getIdentifier()) {
      const llvm::StringRef Name = facts::canonicalName(Callee->getName());
      if (facts::isReferenceCountOp(Name)) {
        // A local variable mostly holds something that is still used elsewhere.
        const Expr *Arg =
            Call->getNumArgs() ? Call->getArg(0)->IgnoreParenCasts() : nullptr;
        const facts::ReferenceCountApi *Api = facts::findReferenceCountOp(Name);
        Result = Arg && isa<MemberExpr, ArraySubscriptExpr>(Arg) &&
                 Api->Op != facts::RefcountOp::Incref &&
                 Api->Op != facts::RefcountOp::NewRef;
      } else if (!All.needsThreadState(Callee).empty()) {
        const facts::CallEffect *Effect = facts::findEffect(Name);
        Result = Effect && Effect->Suspend == facts::MaySuspend::Yes &&
                 !facts::isErrorSetter(Name);
      } else if (Model.function(Callee)) {
        Result = All.runsPython(Callee);
      }
    }
    return Suspending[Call] = Result;
  }

  void use(State &S, const Expr *Base, const Expr *At) {
    const Expr *E = Base->IgnoreParenCasts();
    const auto *R = dyn_cast<DeclRefExpr>(E);
    const auto *M = dyn_cast<MemberExpr>(E);
    auto It = S.find(R ? R->getDecl() : M ? M->getMemberDecl() : nullptr);
    if (!Recording || It == S.end() || !It->second.Suspends)
      return;
    const Load &L = Loads[It->second.Load];
    if (!within(*L.Region, At) ||
        (M && flow::canonicalText(M) != flow::canonicalText(L.From)) ||
        llvm::any_of(Findings, [&](const SuspendedUse &F) {
          return F.From == L.From;
        }))
      return;
    Findings.push_back({L.Variable, L.From, It->second.Suspends, At});
  }

  void use(State &S, const CallExpr *Call) {
    // Py_XDECREF(self->x) and the like look for themselves.
    const FunctionDecl *Callee = Call->getDirectCallee();
    const facts::ReferenceCountApi *Count =
        Callee && Callee->getIdentifier()
            ? facts::findReferenceCountOp(
                  facts::canonicalName(Callee->getName()))
            : nullptr;
    for (const Expr *Arg : Call->arguments())
      if (!(Count && isa<MemberExpr>(Arg->IgnoreParenCasts()) &&
            Callee->getName().contains("X")))
        use(S, Arg, Call);
  }
};
} // namespace

std::vector<SuspendedUse> usesAfterSuspension(const model::ExtensionModel &Model,
                                              const model::Function &F) {
  std::vector<const flow::LexicalRegion *> Regions;
  for (const flow::LexicalRegion &R : F.Locks->regions())
    if (const facts::LockApi *Api = facts::findLockApi(R.Open->Name);
        R.Kind == flow::LexicalRegion::Locked && Api &&
        facts::isCriticalSection(Api->Kind))
      Regions.push_back(&R);
  std::string Failed;
  std::shared_ptr<const flow::FunctionFlow> Flow =
      Regions.empty() ? nullptr : Model.flows().get(F.Decl, Failed);
  if (!Flow)
    return {};
  Analysis A(Model, Regions);
  auto Solved = flow::solveForward(Flow, A, Failed);
  if (!Solved || A.Loads.empty())
    return {};
  A.Recording = true;
  Solved->visit(A, [](const Analysis::State &, const CFGElement &) {});
  return A.Findings;
}

} // namespace pyext::threads
