//===- FirstUse.cpp -------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/FirstUse.h"
#include "flow/FunctionFlow.h"
#include "model/Initializers.h"
#include "model/SharedState.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMap.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

namespace {

/// The branch a value decides.
struct Decision {
  const Stmt *Branch; ///< IfStmt, ConditionalOperator, or && and ||.
  bool Opens; ///< The condition holds while the variable is uninitialised.
};

/// One access of shared static data by the function.
struct Touch {
  const StateVariable *Variable;
  const Access *By;
};

class Finder {
public:
  /// \p Initial is that of the fields among \p Touches.
  Finder(const ExtensionModel &Model, const Function &F,
         ArrayRef<Touch> Touches,
         std::optional<int64_t> Initial = std::nullopt)
      : Model(Model), F(F), Touches(Touches), FieldInitial(Initial.value_or(0)),
        IsField(Initial.has_value()), Body(*Model.flows().body(F.Decl)),
        Parents(Body.parents()) {}

  void run(std::vector<FirstUse> &Result);
  /// Tests and writes of the fields that \p Pointer leads to.
  void runFields(const ParmVarDecl *Pointer, const StateVariable &Variable,
                 SourceLocation Shared, std::vector<FieldFirstUse> &Result);

private:
  void decide(const Expr *E, int64_t Initial, SmallVectorImpl<Decision> &Out,
              bool FollowLocal = true);
  void decideLocal(const VarDecl *Local, int64_t Initial,
                   SmallVectorImpl<Decision> &Out);
  SmallVector<const Stmt *, 4> opened(const Decision &D) const;
  bool within(const Stmt *S, ArrayRef<const Stmt *> Regions) const;
  const Access *writeIn(const StateVariable &S, ArrayRef<const Stmt *> Regions,
                        int64_t Initial, const CallExpr *&Call) const;
  const Access *writeOf(const Function *Callee, const StateVariable &S,
                        int64_t Initial, unsigned Depth) const;
  bool isReset(const Access &A, int64_t Initial) const;

  const ExtensionModel &Model;
  const Function &F;
  ArrayRef<Touch> Touches; ///< Of F, grouped by variable, in source order.
  const int64_t FieldInitial;
  const bool IsField;
  const flow::FunctionBody &Body;
  const ParentMap &Parents;
};

} // namespace

/// What static storage holds before any code runs; nothing when that is not a
/// number or a null pointer.
static std::optional<int64_t> initialValue(const VarDecl *VD,
                                           const ASTContext &Context) {
  const Expr *Init = VD->getAnyInitializer();
  if (!Init || isa<InitListExpr, CXXConstructExpr, ImplicitValueInitExpr>(
                   Init->IgnoreImplicit()))
    return 0;
  if (isNullOrZero(Init, Context))
    return 0;
  return integerOf(Init, Context);
}

static std::optional<int64_t> constantOf(const Expr *E,
                                         const ASTContext &Context) {
  if (isNullOrZero(E, Context))
    return 0;
  return integerOf(E, Context);
}

static bool compare(BinaryOperatorKind Op, int64_t L,
                                   int64_t R) {
  switch (Op) {
  case BO_EQ:
    return L == R;
  case BO_NE:
    return L != R;
  case BO_LT:
    return L < R;
  case BO_LE:
    return L <= R;
  case BO_GT:
    return L > R;
  case BO_GE:
    return L >= R;
  default:
    return false;
  }
}

/// Follows the value of \p E, which is \p Initial before the initialisation, to
/// the branches it decides.
void Finder::decide(const Expr *E, int64_t Initial,
                    SmallVectorImpl<Decision> &Out, bool FollowLocal) {
  const ASTContext &Context = Model.context();
  const Stmt *Cur = E;
  int64_t Value = Initial;
  bool Loaded = false;
  while (const Stmt *P = Parents.getParent(Cur)) {
    if (const auto *C = dyn_cast<CastExpr>(P)) {
      Loaded |= C->getCastKind() == CK_LValueToRValue;
    } else if (isa<ParenExpr, ExprWithCleanups, ConstantExpr>(P)) {
    } else if (const auto *M = dyn_cast<MemberExpr>(P)) {
      // What a pointer leads to is not the variable.
      if (M->isArrow() || Loaded)
        return;
    } else if (const auto *Sub = dyn_cast<ArraySubscriptExpr>(P)) {
      if (Sub->getBase() != Cur || Loaded)
        return;
    } else if (const auto *U = dyn_cast<UnaryOperator>(P)) {
      if (U->getOpcode() == UO_LNot)
        Value = !Value;
      else if (U->getOpcode() == UO_PostInc || U->getOpcode() == UO_PostDec)
        Loaded = true;
      else
        return;
    } else if (const auto *B = dyn_cast<BinaryOperator>(P)) {
      if (B->isComparisonOp()) {
        const bool Left = B->getLHS() == Cur;
        std::optional<int64_t> Other =
            constantOf(Left ? B->getRHS() : B->getLHS(), Context);
        if (!Other)
          return;
        auto Holds = [&](int64_t V) {
          return compare(B->getOpcode(), Left ? V : *Other, Left ? *Other : V);
        };
        // v < 16 does not ask whether v is still 0.
        if (Holds(Value) == Holds(Value + 1) &&
            (Value <= 0 || Holds(Value) == Holds(Value - 1)))
          return;
        Value = Holds(Value);
      } else if (B->isLogicalOp()) {
        // !v && (v = f()) initialises in its other operand.
        if (B->getLHS() == Cur && (Value != 0) == (B->getOpcode() == BO_LAnd))
          Out.push_back({B, Value != 0});
        // Further on the value decides only when it wins: !a || b, a && b.
      } else if (B->getOpcode() == BO_Assign && B->getRHS() == Cur) {
        const auto *R = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
        const auto *Local = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
        if (!Local || Local->hasGlobalStorage())
          return;
        if (FollowLocal)
          decideLocal(Local, Value, Out);
      } else {
        return;
      }
    } else if (const auto *Call = dyn_cast<CallExpr>(P)) {
      const FunctionDecl *Callee = Call->getDirectCallee();
      if (isa<CXXMemberCallExpr>(Call) && Callee && Call->getNumArgs() == 0) {
        // cache.empty(), opt.has_value(), if (ptr)
        const bool Empty =
            Callee->getIdentifier() && Callee->getName() == "empty";
        const bool Full =
            isa<CXXConversionDecl>(Callee) ||
            (Callee->getIdentifier() && Callee->getName() == "has_value");
        if (!Empty && !Full)
          return;
        Value = Empty;
      } else if (!Callee || !Callee->getBuiltinID() ||
                 Call->getNumArgs() == 0 || Call->getArg(0) != Cur) {
        return; // __builtin_expect(v, 0) is v.
      }
      Loaded = true;
    } else if (const auto *D = dyn_cast<DeclStmt>(P)) {
      if (FollowLocal && D->isSingleDecl())
        if (const auto *Local = dyn_cast<VarDecl>(D->getSingleDecl());
            Local && !Local->hasGlobalStorage() &&
            !Local->getType()->isReferenceType())
          decideLocal(Local, Value, Out);
      return;
    } else if (const auto *C = dyn_cast<ConditionalOperator>(P)) {
      if (C->getCond() == Cur)
        Out.push_back({C, Value != 0});
      return;
    } else if (const auto *If = dyn_cast<IfStmt>(P)) {
      if (If->getCond() == Cur)
        Out.push_back({If, Value != 0});
      return;
    } else {
      return;
    }
    Cur = P;
  }
}

/// The tests of a local that the value was copied to.
void Finder::decideLocal(const VarDecl *Local, int64_t Initial,
                         SmallVectorImpl<Decision> &Out) {
  for (const DeclRefExpr *R : Body.references(Local))
    decide(R, Initial, Out, /*FollowLocal=*/false);
}

/// The statements that run when the variable is found uninitialised.
SmallVector<const Stmt *, 4> Finder::opened(const Decision &D) const {
  SmallVector<const Stmt *, 4> Result;
  if (const auto *B = dyn_cast<BinaryOperator>(D.Branch)) {
    Result.push_back(B->getRHS());
  } else if (const auto *C = dyn_cast<ConditionalOperator>(D.Branch)) {
    Result.push_back(D.Opens ? C->getTrueExpr() : C->getFalseExpr());
  } else if (const auto *If = dyn_cast<IfStmt>(D.Branch)) {
    if (D.Opens) {
      Result.push_back(If->getThen());
      return Result;
    }
    if (If->getElse())
      Result.push_back(If->getElse());
    if (!flow::leaves(If->getThen()))
      return Result;
    // What follows; of a field also what follows the blocks around it.
    const Stmt *From = If;
    for (const Stmt *P = Parents.getParent(If); P; P = Parents.getParent(P)) {
      if (const auto *Block = dyn_cast<CompoundStmt>(P)) {
        bool After = false;
        for (const Stmt *S : Block->body()) {
          if (After)
            Result.push_back(S);
          After |= S == From;
        }
        From = Block;
        if (!IsField)
          break;
      } else if (IsField && isa<IfStmt>(P)) {
        From = P;
      } else {
        break;
      }
    }
  }
  return Result;
}

bool Finder::within(const Stmt *S, ArrayRef<const Stmt *> Regions) const {
  for (; S; S = Parents.getParent(S))
    if (is_contained(Regions, S))
      return true;
  return false;
}

/// True for a write that brings the initial value back.
bool Finder::isReset(const Access &A, int64_t Initial) const {
  if (const auto *B = dyn_cast<BinaryOperator>(A.Statement);
      B && B->getOpcode() == BO_Assign)
    return constantOf(B->getRHS(), Model.context()) == Initial;
  return A.Resets && Initial == 0;
}

const Access *Finder::writeOf(const Function *Callee, const StateVariable &S,
                              int64_t Initial, unsigned Depth) const {
  if (!Callee || Callee == &F || Callee->Generated)
    return nullptr;
  for (const Access &A : S.Accesses)
    if (A.writes() && !isReset(A, Initial) &&
        Model.function(A.Function) == Callee)
      return &A;
  if (Depth)
    for (const CallSite &Site : Callee->Calls)
      if (Site.Call)
        if (const Access *A =
                writeOf(Model.function(Site.Callee), S, Initial, Depth - 1))
          return A;
  return nullptr;
}

const Access *Finder::writeIn(const StateVariable &S,
                              ArrayRef<const Stmt *> Regions, int64_t Initial,
                              const CallExpr *&Call) const {
  Call = nullptr;
  for (const Touch &T : Touches)
    if (T.Variable == &S && T.By->writes() && !isReset(*T.By, Initial) &&
        within(T.By->Where, Regions))
      return T.By;
  for (const CallSite &Site : F.Calls)
    if (Site.Call && Model.function(Site.Callee) && within(Site.Call, Regions))
      if (const Access *A =
              writeOf(Model.function(Site.Callee), S, Initial, 2)) {
        Call = Site.Call;
        return A;
      }
  return nullptr;
}

void Finder::run(std::vector<FirstUse> &Result) {
  const size_t Begin = Result.size();
  const StateVariable *Done = nullptr;
  for (const Touch &T : Touches) {
    const StateVariable &S = *T.Variable;
    const Access &A = *T.By;
    if (&S == Done ||
        (A.Kind != AccessKind::Read && A.Kind != AccessKind::ReadWrite))
      continue;
    std::optional<int64_t> Initial = FieldInitial;
    if (const VarDecl *Variable = sharedVariable(S))
      Initial = initialValue(Variable, Model.context());
    if (!Initial)
      continue;
    SmallVector<Decision> Decisions;
    // n = counter++ makes a number, not a copy of the variable.
    decide(A.Where, *Initial, Decisions, A.Kind == AccessKind::Read);
    for (const Decision &D : Decisions) {
      SmallVector<const Stmt *, 4> Regions = opened(D);
      FirstUse Use{&F, &S, &A, D.Branch, nullptr, nullptr, false, {}};
      Use.Write = writeIn(S, Regions, *Initial, Use.Call);
      if (!Use.Write && A.Kind == AccessKind::ReadWrite)
        Use.Write = &A; // if (!done++)
      if (!Use.Write)
        continue;
      for (const Touch &Other : Touches) {
        if (!within(Other.By->Where, Regions))
          continue;
        if (Other.Variable == &S)
          Use.TestedAgain |= Other.By->Kind == AccessKind::Read &&
                             exclude(Model, *Other.By, *Use.Write);
        else if (Other.By->writes() &&
                 !ExtensionModel::isObjectRecord(
                     Other.Variable->Decl->getType()->getAsRecordDecl()) &&
                 (Use.Companions.empty() ||
                  Use.Companions.back().first != Other.Variable))
          Use.Companions.push_back({Other.Variable, Other.By});
      }
      Result.push_back(std::move(Use));
      Done = &S;
      break;
    }
  }
  // What is tested by itself is no companion.
  for (FirstUse &Use : MutableArrayRef(Result).drop_front(Begin))
    llvm::erase_if(Use.Companions, [&](const auto &Companion) {
      return any_of(ArrayRef(Result).drop_front(Begin), [&](const FirstUse &O) {
        return O.Variable == Companion.first && O.Branch != Use.Branch;
      });
    });
  const SourceManager &SM = Model.context().getSourceManager();
  std::stable_sort(Result.begin() + Begin, Result.end(),
                   [&](const FirstUse &A, const FirstUse &B) {
                     return SM.isBeforeInTranslationUnit(
                         A.Test->Where->getBeginLoc(),
                         B.Test->Where->getBeginLoc());
                   });
}

static void collectFields(const Stmt *S, const ParmVarDecl *Pointer,
                          SmallVectorImpl<const MemberExpr *> &Out) {
  if (!S)
    return;
  if (const auto *M = dyn_cast<MemberExpr>(S);
      M && M->isArrow() && isa<FieldDecl>(M->getMemberDecl()))
    if (const auto *R =
            dyn_cast<DeclRefExpr>(M->getBase()->IgnoreParenImpCasts());
        R && R->getDecl() == Pointer)
      Out.push_back(M);
  for (const Stmt *Child : S->children())
    collectFields(Child, Pointer, Out);
}

void Finder::runFields(const ParmVarDecl *Pointer,
                       const StateVariable &Variable, SourceLocation Shared,
                       std::vector<FieldFirstUse> &Result) {
  SmallVector<const MemberExpr *> Fields;
  collectFields(F.Decl->getBody(), Pointer, Fields);
  auto Assigned = [&](const MemberExpr *M) {
    const auto *B = dyn_cast_or_null<BinaryOperator>(Parents.getParent(M));
    return B && B->getOpcode() == BO_Assign && B->getLHS() == M &&
           constantOf(B->getRHS(), Model.context()) != 0;
  };
  auto At = [&](const MemberExpr *M) {
    Access A{};
    A.Where = A.Place = M;
    A.Function = F.Decl;
    A.Locks = Model.locksAt(F.Decl, M);
    return A;
  };
  SmallVector<const ValueDecl *> Done;
  for (const MemberExpr *Test : Fields) {
    if (Assigned(Test) || is_contained(Done, Test->getMemberDecl()))
      continue;
    SmallVector<Decision> Decisions;
    decide(Test, 0, Decisions);
    for (const Decision &D : Decisions) {
      SmallVector<const Stmt *, 4> Regions = opened(D);
      const auto *Write = find_if(Fields, [&](const MemberExpr *M) {
        return M->getMemberDecl() == Test->getMemberDecl() && Assigned(M) &&
               within(M, Regions);
      });
      if (Write == Fields.end() || exclude(Model, At(Test), At(*Write)))
        continue;
      Result.push_back({&F, Pointer, cast<FieldDecl>(Test->getMemberDecl()),
                        Test, D.Branch, *Write, &Variable, Shared});
      Done.push_back(Test->getMemberDecl());
      break;
    }
  }
}

std::vector<FieldFirstUse> findFieldFirstUses(const ExtensionModel &Model) {
  // A parameter that goes into a static variable.
  DenseMap<const ParmVarDecl *,
           std::pair<const StateVariable *, SourceLocation>>
      Shared;
  for (const StateVariable &S : Model.state()) {
    if (!sharedVariable(S))
      continue;
    for (const Access &A : S.Accesses) {
      if (!A.Function || phaseOf(Model, A) != Phase::RunTime)
        continue;
      if (const auto *B = dyn_cast<BinaryOperator>(A.Statement);
          B && A.Kind == AccessKind::Write) {
        const auto *R = dyn_cast<DeclRefExpr>(stripped(B->getRHS()));
        if (const auto *P = R ? dyn_cast<ParmVarDecl>(R->getDecl()) : nullptr)
          Shared.try_emplace(P, &S, A.Where->getBeginLoc());
      } else if (const auto *Call = dyn_cast<CallExpr>(A.Statement);
                 Call && A.Kind == AccessKind::Address &&
                 A.Place == A.Where) {
        const Function *Callee = Model.function(Call->getDirectCallee());
        for (unsigned I = 0;
             Callee && I < std::min<unsigned>(Call->getNumArgs(),
                                              Callee->Decl->getNumParams());
             ++I)
          if (variableOf(Call->getArg(I)) &&
              variableOf(Call->getArg(I))->getCanonicalDecl() == S.Decl)
            Shared.try_emplace(Callee->Decl->getParamDecl(I), &S,
                               A.Where->getBeginLoc());
      }
    }
  }
  std::vector<FieldFirstUse> Result;
  for (const auto &F : Model.functions()) {
    if (F->Generated || F->RunsOnce || !F->Contexts || !F->NotAnalysed.empty() ||
        F->onlyIn(InitContext | UnloadContext))
      continue;
    for (const ParmVarDecl *P : F->Decl->parameters())
      if (auto It = Shared.find(P); It != Shared.end() &&
                                    P->getType()->isPointerType() &&
                                    !ExtensionModel::isObjectPointer(
                                        P->getType()))
        Finder(Model, *F, {}).runFields(P, *It->second.first,
                                        It->second.second, Result);
  }
  return Result;
}

std::optional<FirstUse> findFirstUse(const ExtensionModel &Model,
                                     const Function &F,
                                     const StateVariable &Field,
                                     int64_t Initial) {
  if (!F.NotAnalysed.empty())
    return std::nullopt;
  SmallVector<Touch> Touches;
  // The field itself first, then what it may be a flag for.
  for (const Access &A : Field.Accesses)
    if (A.Function == F.Decl)
      Touches.push_back({&Field, &A});
  const auto *Of = cast<FieldDecl>(Field.Decl)->getParent();
  for (const FieldDecl *Other : Of->fields())
    if (const StateVariable *S = Model.stateOf(Other); S && S != &Field)
      for (const Access &A : S->Accesses)
        if (A.Function == F.Decl)
          Touches.push_back({S, &A});
  std::vector<FirstUse> Found;
  Finder(Model, F, Touches, Initial).run(Found);
  for (FirstUse &Use : Found)
    if (Use.Variable == &Field)
      return std::move(Use);
  return std::nullopt;
}

std::vector<FirstUse> findFirstUses(const ExtensionModel &Model) {
  DenseMap<const Function *, SmallVector<Touch>> Touches;
  for (const StateVariable &S : Model.state())
    if (sharedVariable(S))
      for (const Access &A : S.Accesses)
        if (const Function *F = Model.function(A.Function))
          Touches[F].push_back({&S, &A});
  std::vector<FirstUse> Result;
  for (const auto &F : Model.functions())
    if (auto It = Touches.find(F.get());
        It != Touches.end() && F->NotAnalysed.empty())
      Finder(Model, *F, It->second).run(Result);
  return Result;
}

} // namespace pyext::model
