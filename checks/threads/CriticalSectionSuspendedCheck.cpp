//===- CriticalSectionSuspendedCheck.cpp ------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/CriticalSectionSuspendedCheck.h"
#include "facts/ModelCalls.h"
#include "flow/LockRegions.h"
#include "flow/Solver.h"
#include "threads/HoldReports.h"

using namespace clang;

namespace pyext::threads {

namespace {
/// A pointer read from a field of the locked object.
struct Load {
  const VarDecl *Variable;
  const MemberExpr *From;
  const flow::LexicalRegion *Region;
};

struct Finding {
  unsigned Load;
  const Expr *Suspends;
  const Expr *Use;
};

class Analysis {
public:
  /// What a variable holds, and what may have suspended its section since.
  struct Known {
    unsigned Load;
    const Expr *Suspends = nullptr;
  };
  using State = std::map<const VarDecl *, Known>;

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
  bool refine(State &, const CFGBlock &, unsigned) { return true; }

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
    } else if (const auto *Call = dyn_cast<CallExpr>(St)) {
      use(S, Call);
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
  std::vector<Finding> Findings;
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

  void assign(State &S, const VarDecl *VD, const Expr *Value) {
    S.erase(VD);
    if (!Value || !VD->hasLocalStorage())
      return;
    const auto *M = dyn_cast<MemberExpr>(Value->IgnoreParenCasts());
    const auto *Field = M ? dyn_cast<FieldDecl>(M->getMemberDecl()) : nullptr;
    if (!Field || !M->isArrow() || !Field->getType()->isPointerType() ||
        Field->getType()->isFunctionPointerType() ||
        Field->getType()->getPointeeType()->isPointerType() ||
        model::ExtensionModel::isObjectPointer(Field->getType()))
      return;
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
      S[VD] = {It->second};
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
    const auto *R = dyn_cast<DeclRefExpr>(Base->IgnoreParenCasts());
    const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
    auto It = VD ? S.find(VD) : S.end();
    if (!Recording || It == S.end() || !It->second.Suspends ||
        !within(*Loads[It->second.Load].Region, At))
      return;
    if (llvm::none_of(Findings, [&](const Finding &F) {
          return F.Load == It->second.Load;
        }))
      Findings.push_back({It->second.Load, It->second.Suspends, At});
  }

  void use(State &S, const CallExpr *Call) {
    for (const Expr *Arg : Call->arguments())
      use(S, Arg, Call);
  }
};
} // namespace

/// A place where somebody else replaces what the field points to.
static const model::Access *replacedBy(const model::ExtensionModel &Model,
                                       const FieldDecl *Field,
                                       const FunctionDecl *Not) {
  const model::StateVariable *S = Model.stateOf(Field);
  if (!S)
    return nullptr;
  for (const model::Access &A : S->Accesses) {
    const model::Function *F = A.Function ? Model.function(A.Function) : nullptr;
    if (F && A.writes() && A.Function != Not &&
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
    std::vector<const flow::LexicalRegion *> Regions;
    for (const flow::LexicalRegion &R : F->Locks->regions())
      if (const facts::LockApi *Api = facts::findLockApi(R.Open->Name);
          R.Kind == flow::LexicalRegion::Locked && Api &&
          facts::isCriticalSection(Api->Kind))
        Regions.push_back(&R);
    std::string Failed;
    std::shared_ptr<const flow::FunctionFlow> Flow =
        Regions.empty() ? nullptr : Model.flows().get(F->Decl, Failed);
    if (!Flow)
      continue;
    Analysis A(Model, Regions);
    auto Solved = flow::solveForward(Flow, A, Failed);
    if (!Solved || A.Loads.empty())
      continue;
    A.Recording = true;
    Solved->visit(A, [](const Analysis::State &, const CFGElement &) {});
    for (const Finding &Each : A.Findings) {
      const Load &L = A.Loads[Each.Load];
      const auto *Field = cast<FieldDecl>(L.From->getMemberDecl());
      const model::Access *Other = replacedBy(Model, Field, F->Decl);
      if (!Other)
        continue;
      const FunctionDecl *Callee =
          cast<CallExpr>(Each.Suspends)->getDirectCallee();
      const llvm::StringRef Name = facts::canonicalName(Callee->getName());
      diag(placeOf(Each.Use, SM),
           "'%0' may no longer be what '%1' points to: '%2' can suspend the "
           "critical section in between")
          << L.Variable->getNameAsString() << flow::canonicalText(L.From)
          << writtenApi(Each.Suspends, Name, Model);
      diag(placeOf(L.From, SM), "read here", DiagnosticIDs::Note);
      diag(placeOf(Each.Suspends, SM), "suspended here", DiagnosticIDs::Note);
      diag(placeOf(Other->Where, SM), "another thread can replace it here",
           DiagnosticIDs::Note);
    }
  }
}

} // namespace pyext::threads
