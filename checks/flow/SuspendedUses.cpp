//===- SuspendedUses.cpp --------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "flow/SuspendedUses.h"
#include "flow/Attachment.h"
#include "flow/LockRegions.h"
#include "flow/Solver.h"
#include "model/Initializers.h"
#include <map>

using namespace clang;

namespace pyext::flow {

namespace {
/// A pointer or a number read from a field of the object, or a pointer found not
/// to be null.
struct Load {
  const VarDecl *Variable; ///< Null: the field itself was tested.
  const MemberExpr *From;
  const flow::LexicalRegion *Region; ///< Null: the whole function.
  bool isNumber() const { return !From->getType()->isPointerType(); }
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

  Analysis(const model::ExtensionModel &Model, const model::Function &F,
           Suspension By, llvm::ArrayRef<const flow::LexicalRegion *> Regions)
      : Model(Model), SM(Model.context().getSourceManager()), By(By),
        Regions(Regions) {
    findBounds(F.Decl->getBody());
  }

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
          if (!K.Suspends && within(Loads[K.Load].Region, Call))
            K.Suspends = Call;
    } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(St)) {
      use(S, A->getBase(), A);
      useNumber(S, A->getBase(), {A->getIdx()}, A);
    } else if (const auto *U = dyn_cast<UnaryOperator>(St)) {
      if (U->getOpcode() == UO_Deref)
        use(S, U->getSubExpr(), U);
    } else if (const auto *M = dyn_cast<MemberExpr>(St)) {
      if (M->isArrow())
        use(S, M->getBase(), M);
      readAgain(S, M);
    }
  }

  std::vector<Load> Loads;
  std::vector<SuspendedUse> Findings;
  bool Recording = false;

private:
  const model::ExtensionModel &Model;
  const SourceManager &SM;
  const Suspension By;
  llvm::ArrayRef<const flow::LexicalRegion *> Regions;
  /// For `i < n` of a loop: what i is compared with.
  std::map<const VarDecl *, std::vector<const VarDecl *>> Bounds;
  llvm::DenseMap<const Expr *, unsigned> LoadOf;
  llvm::DenseMap<const Expr *, bool> Suspending;

  /// \p R is null for the whole function.
  bool within(const flow::LexicalRegion *R, const Stmt *S) const {
    if (!R)
      return true;
    const SourceLocation Loc = SM.getExpansionLoc(S->getBeginLoc());
    return SM.isBeforeInTranslationUnit(R->Begin, Loc) &&
           SM.isBeforeInTranslationUnit(Loc, R->End);
  }

  const FieldDecl *loadable(const MemberExpr *M, bool Number = false) const {
    const auto *Field = dyn_cast<FieldDecl>(M->getMemberDecl());
    if (!Field || !M->isArrow() || Field->getType()->isFunctionPointerType() ||
        !(Number ? Field->getType()->isIntegerType()
                 : Field->getType()->isPointerType()))
      return nullptr;
    // Without a section around it, only what is known to be an object is one
    // that others have; borrowed references are the matter of other checks.
    if (By == Suspension::Detach) {
      const auto *R = dyn_cast<DeclRefExpr>(M->getBase()->IgnoreParenCasts());
      if (!R || !model::ExtensionModel::isObjectRecord(Field->getParent()) ||
          model::ExtensionModel::isObjectPointer(Field->getType()))
        return nullptr;
    }
    return Field;
  }

  static const VarDecl *variable(const Expr *E) {
    const auto *R = dyn_cast<DeclRefExpr>(E->IgnoreParenCasts());
    return R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
  }

  void findBounds(const Stmt *S) {
    if (!S || isa<LambdaExpr>(S))
      return;
    const Expr *Cond = nullptr;
    if (const auto *F = dyn_cast<ForStmt>(S))
      Cond = F->getCond();
    else if (const auto *W = dyn_cast<WhileStmt>(S))
      Cond = W->getCond();
    const auto *B =
        Cond ? dyn_cast<BinaryOperator>(Cond->IgnoreParenCasts()) : nullptr;
    if (B && (B->isRelationalOp() || B->getOpcode() == BO_NE)) {
      const VarDecl *L = variable(B->getLHS()), *R = variable(B->getRHS());
      if (L && R) {
        Bounds[L].push_back(R);
        Bounds[R].push_back(L);
      }
    }
    for (const Stmt *Child : S->children())
      findBounds(Child);
  }

  /// A number is compared with the field, or read anew.
  void readAgain(State &S, const MemberExpr *M) {
    if (!loadable(M, /*Number=*/true))
      return;
    std::string Text;
    for (auto &[VD, K] : S) {
      const Load &L = Loads[K.Load];
      if (!K.Suspends || !L.isNumber() ||
          L.From->getMemberDecl() != M->getMemberDecl())
        continue;
      if (Text.empty())
        Text = flow::canonicalText(M);
      if (flow::canonicalText(L.From) == Text)
        K.Suspends = nullptr;
    }
  }

  /// \p Places, an index or arguments, reach into what a field of the object
  /// points to, \p Base, as far as a number says that was read earlier.
  void useNumber(State &S, const Expr *Base, llvm::ArrayRef<const Expr *> Places,
                 const Expr *At) {
    if (!Recording)
      return;
    const auto *M = dyn_cast<MemberExpr>(Base->IgnoreParenCasts());
    if (!M || !M->isArrow() || !M->getType()->isPointerType())
      return;
    for (const auto &[Key, K] : S) {
      const Load &L = Loads[K.Load];
      if (!K.Suspends || !L.isNumber() || !within(L.Region, At) ||
          flow::canonicalText(L.From->getBase()) !=
              flow::canonicalText(M->getBase()))
        continue;
      for (const Expr *Place : Places) {
        const VarDecl *VD = variable(Place);
        if (!VD)
          continue;
        auto It = Bounds.find(VD);
        if (VD != L.Variable &&
            (It == Bounds.end() || !llvm::is_contained(It->second, L.Variable)))
          continue;
        add(L, K.Suspends, At);
        return;
      }
    }
  }

  void add(const Load &L, const Expr *Suspends, const Expr *At) {
    if (llvm::none_of(Findings, [&](const SuspendedUse &F) {
          return F.From == L.From;
        }))
      Findings.push_back({L.Variable, L.From, Suspends, At, nullptr});
  }

  void assign(State &S, const VarDecl *VD, const Expr *Value) {
    S.erase(VD);
    if (!Value || !VD->hasLocalStorage())
      return;
    const auto *M = dyn_cast<MemberExpr>(Value->IgnoreParenCasts());
    if (!M)
      return;
    const FieldDecl *Field = loadable(M);
    if (Field ? !Field->getType()->getPointeeType()->isPointerType() ||
                    By == Suspension::Detach
              : VD->getType()->isIntegerType() &&
                    loadable(M, /*Number=*/true) != nullptr)
      load(S, VD, VD, M);
  }

  void load(State &S, const ValueDecl *Key, const VarDecl *VD,
            const MemberExpr *M) {
    auto It = LoadOf.find(M);
    if (It == LoadOf.end()) {
      const flow::LexicalRegion *In = nullptr;
      const std::string Object = flow::canonicalText(M->getBase());
      for (const flow::LexicalRegion *R : Regions)
        if (within(R, M) && llvm::any_of(R->Locks, [&](const flow::Lock &L) {
              return L.Key == Object;
            }))
          In = R;
      const bool Taken = In || By == Suspension::Detach;
      It = LoadOf.try_emplace(M, Taken ? unsigned(Loads.size()) : ~0u).first;
      if (Taken)
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
    if (By == Suspension::Detach) {
      const facts::ThreadStateApi *Api =
          Callee && Callee->getIdentifier()
              ? facts::findThreadStateApi(
                    facts::canonicalName(Callee->getName()))
              : nullptr;
      Result = Api && Api->Op == facts::ThreadStateOp::Attach &&
               Api->Family == facts::ThreadStateFamily::Eval;
    } else if (Callee && Callee->getIdentifier()) {
      const llvm::StringRef Name = facts::canonicalName(Callee->getName());
      if (facts::isReferenceCountOp(Name)) {
        // A local variable mostly holds something that is still used elsewhere.
        const Expr *Arg = Call->getNumArgs() ? placeOfCount(Call->getArg(0))
                                             : nullptr;
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
    if (!within(L.Region, At) || L.isNumber() ||
        (M && flow::canonicalText(M) != flow::canonicalText(L.From)))
      return;
    add(L, It->second.Suspends, At);
  }

  void use(State &S, const CallExpr *Call) {
    // Py_XDECREF(self->x) and the like look for themselves.
    const FunctionDecl *Callee = Call->getDirectCallee();
    const facts::ReferenceCountApi *Count =
        Callee && Callee->getIdentifier()
            ? facts::findReferenceCountOp(
                  facts::canonicalName(Callee->getName()))
            : nullptr;
    llvm::SmallVector<const Expr *, 4> All(Call->arguments());
    // What gives memory back asks for nothing behind it.
    const bool Frees = By == Suspension::Detach && Callee &&
                       Callee->getIdentifier() &&
                       Callee->getName().contains_insensitive("free");
    for (const Expr *Arg : Call->arguments()) {
      if (!Frees && !(Count && isa<MemberExpr>(Arg->IgnoreParenCasts()) &&
                      Callee->getName().contains("X")))
        use(S, Arg, Call);
      useNumber(S, Arg, All, Call);
    }
  }
};

/// A place where somebody else replaces what the field points to.
const model::Access *replacedBy(const model::ExtensionModel &Model,
                                const FieldDecl *Field, const model::Function &Not,
                                bool ByNull, Suspension By) {
  const model::StateVariable *S = Model.stateOf(Field);
  if (!S)
    return nullptr;
  for (const model::Access &A : S->Accesses) {
    const model::Function *F = A.Function ? Model.function(A.Function) : nullptr;
    if (!F || !A.writes() || F == &Not || (ByNull && !A.Resets) ||
        F->onlyIn(model::InitContext | model::DeadContext |
                  model::UnloadContext) ||
        F->has(model::EntryKind::New))
      continue;
    // What the function itself calls is part of what it does.
    if (By == Suspension::Detach &&
        (F->has(model::EntryKind::Init) ||
         llvm::any_of(F->Callers, [&](const model::CallSite &Site) {
           return Site.Caller == Not.Decl;
         })))
      continue;
    return &A;
  }
  return nullptr;
}

/// Whether \p F leaves a mark in the object that \p Other looks at: `self->busy`.
bool marksItsUse(const model::ExtensionModel &Model, const model::Function &F,
                 const FunctionDecl *Other, const Expr *Before) {
  const SourceManager &SM = Model.context().getSourceManager();
  llvm::DenseSet<const FieldDecl *> Read;
  for (const model::FieldAccess &A : Model.fieldAccesses())
    if (A.By.Function == Other && !A.By.writes())
      Read.insert(A.Field);
  return llvm::any_of(Model.fieldAccesses(), [&](const model::FieldAccess &A) {
    return A.By.Function == F.Decl && A.By.writes() && Read.count(A.Field) &&
           A.Field->getType()->isIntegerType() &&
           SM.isBeforeInTranslationUnit(A.By.Where->getBeginLoc(),
                                        Before->getBeginLoc());
  });
}

/// The last parts of the names of locks: those that two functions share.
bool shareLock(llvm::ArrayRef<flow::Lock> A, llvm::ArrayRef<flow::Lock> B) {
  auto Name = [](const flow::Lock &L) {
    const llvm::StringRef Key = L.Key;
    const size_t At = Key.find_last_of(">.");
    return At == llvm::StringRef::npos ? Key : Key.drop_front(At + 1);
  };
  return llvm::any_of(A, [&](const flow::Lock &L) {
    return !facts::isCriticalSection(L.Kind) &&
           llvm::any_of(B, [&](const flow::Lock &Other) {
             return Name(L) == Name(Other);
           });
  });
}
} // namespace

std::vector<SuspendedUse> usesAfterSuspension(const model::ExtensionModel &Model,
                                              const model::Function &F,
                                              Suspension By) {
  std::vector<const flow::LexicalRegion *> Regions;
  if (By == Suspension::Section)
    for (const flow::LexicalRegion &R : F.Locks->regions())
      if (const facts::LockApi *Api = facts::findLockApi(R.Open->Name);
          R.Kind == flow::LexicalRegion::Locked && Api &&
          facts::isCriticalSection(Api->Kind))
        Regions.push_back(&R);
  std::string Failed;
  std::shared_ptr<const flow::FunctionFlow> Flow =
      By == Suspension::Section && Regions.empty()
          ? nullptr
          : Model.flows().get(F.Decl, Failed);
  if (!Flow)
    return {};
  Analysis A(Model, F, By, Regions);
  auto Solved = flow::solveForward(Flow, A, Failed);
  if (!Solved || A.Loads.empty())
    return {};
  A.Recording = true;
  Solved->visit(A, [](const Analysis::State &, const CFGElement &) {});
  llvm::erase_if(A.Findings, [&](SuspendedUse &Each) {
    Each.Other =
        replacedBy(Model, cast<FieldDecl>(Each.From->getMemberDecl()), F,
                   /*ByNull=*/!Each.Variable, By);
    if (!Each.Other)
      return true;
    return By == Suspension::Detach &&
           (marksItsUse(Model, F, Each.Other->Function, Each.Suspends) ||
            shareLock(Model.locksAt(F.Decl, Each.Suspends), Each.Other->Locks));
  });
  return A.Findings;
}

} // namespace pyext::flow
