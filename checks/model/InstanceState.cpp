//===- InstanceState.cpp - Judging the uses of fields ---------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/InstanceState.h"
#include "facts/ApiRoles.h"
#include "facts/ModelCalls.h"
#include "model/FirstUse.h"
#include "model/Initializers.h"
#include "model/InstanceUses.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/MapVector.h"
#include <map>

using namespace clang;
using namespace llvm;

namespace pyext::model {

using Group = std::vector<const FieldUse *>;

class InstanceState::Judge {
public:
  Judge(const ExtensionModel &Model, std::deque<FieldUse> &Uses,
        std::vector<FieldRace> &Races)
      : Model(Model), SM(Model.context().getSourceManager()), Uses(Uses),
        Races(Races) {}
  void run();

private:
  bool isOfInterest(const FieldDecl *FD) const;
  void judge(const FieldDecl *FD, const Group &All);
  bool chooseKind(FieldRace &R, const Group &Racing);
  const FieldUse *partner(const FieldUse *U, const Group &Among) const;
  Group collapse(const FieldDecl *FD, const Group &From);
  bool isLibrary(const Function *F);
  bool chooseLazy(FieldRace &R);
  bool chooseDetached(FieldRace &R, const Group &Racing);
  void judgeInit(const FieldDecl *FD, const Group &All);
  bool judgeRelease(const FieldDecl *FD, const Group &All);
  bool releasedAtDeath(const FieldDecl *FD) const;
  void mergeAlike();
  SourceLocation assignable(const FieldDecl *FD) const;
  bool judgeReader(const FieldDecl *FD, const Group &AtRun);
  void findBoundMembers();
  bool before(const Expr *A, const Expr *B) const {
    return SM.isBeforeInTranslationUnit(A->getBeginLoc(), B->getBeginLoc());
  }

  const ExtensionModel &Model;
  const SourceManager &SM;
  std::deque<FieldUse> &Uses;
  std::vector<FieldRace> &Races;
  DenseSet<FileID> PythonFiles; ///< With functions that take or return objects.
  bool FilesRead = false;
  DenseMap<const FieldDecl *, SourceLocation> BoundMembers;
  bool LocksHidden = false;
};

// --- Pairs ------------------------------------------------------------------

static bool isIndirect(const FieldDecl *FD) {
  const QualType QT = FD->getType();
  if (QT->isPointerType() || QT->isReferenceType())
    return true;
  const RecordDecl *RD = QT->getAsRecordDecl();
  return RD && StringRef(RD->getNameAsString()).ends_with("_ptr");
}

/// True when the two touch the same memory.
static bool overlap(const FieldUse &A, const FieldUse &B) {
  const FieldUse &Short = A.Path.size() <= B.Path.size() ? A : B;
  const FieldUse &Long = &Short == &A ? B : A;
  if (!std::equal(Short.Path.begin(), Short.Path.end(), Long.Path.begin()))
    return false;
  const size_t N = Short.Path.size();
  if (N == Long.Path.size())
    return A.Content == B.Content || !isIndirect(Short.Path.back());
  if (Short.Content)
    return true;
  for (size_t I = N - 1; I + 1 < Long.Path.size(); ++I)
    if (isIndirect(Long.Path[I]))
      return false;
  return true;
}

static bool isAtomic(const FieldUse &U) { return U.Kind == AccessKind::Atomic; }
static bool mutates(const FieldUse &U) {
  return U.writes() || (isAtomic(U) && !U.Resets);
}

/// True when a lock keeps the two apart, or may do so as far as one can see.
static bool excluded(const FieldUse &A, const FieldUse &B) {
  if (A.Locks.empty() || B.Locks.empty())
    return false;
  auto Clear = [](const std::string &Lock) {
    const StringRef L = flow::withoutMode(Lock);
    return L.starts_with("$") || L.starts_with("G:");
  };
  return !all_of(A.Locks, Clear) || !all_of(B.Locks, Clear) ||
         flow::excludeEachOther(A.Locks, B.Locks);
}

static bool race(const FieldUse &A, const FieldUse &B) {
  return (mutates(A) || mutates(B)) && !(isAtomic(A) && isAtomic(B)) &&
         !(A.Weak && B.Weak) &&
         overlap(A, B) && !excluded(A, B);
}

/// True when no race() tells the two apart.
static bool isAlike(const FieldUse &A, const FieldUse &B) {
  return A.Path == B.Path && A.Content == B.Content && A.Kind == B.Kind &&
         A.Resets == B.Resets && A.Weak == B.Weak && A.Locks == B.Locks;
}

/// Those of \p Among that race with one of them, or with themselves in a second
/// thread. Uses are many and kinds of them few: one of each kind is compared.
static Group racing(const Group &Among) {
  struct Kind {
    const FieldUse *Use;
    bool Races = false;
  };
  SmallVector<Kind, 8> Kinds;
  SmallVector<unsigned, 32> KindOf;
  for (const FieldUse *U : Among) {
    auto *It = find_if(Kinds, [&](const Kind &K) { return isAlike(*K.Use, *U); });
    KindOf.push_back(It - Kinds.begin());
    if (It == Kinds.end())
      Kinds.push_back({U});
  }
  for (Kind &K : Kinds)
    K.Races = any_of(
        Kinds, [&](const Kind &Other) { return race(*K.Use, *Other.Use); });
  Group Racing;
  for (size_t I = 0; I < Among.size(); ++I)
    if (Kinds[KindOf[I]].Races)
      Racing.push_back(Among[I]);
  return Racing;
}

/// Python comes to the function itself, where a lock can be taken.
static bool isDirect(const FieldUse &U) {
  return any_of(U.Ways, [](const WayIn &W) {
    return !W.Call && !W.From->Entries.empty();
  });
}

const FieldUse *
InstanceState::Judge::partner(const FieldUse *U, const Group &Among) const {
  const FieldUse *Best = nullptr;
  auto Rank = [&](const FieldUse *V) {
    return 8 * (V->In != U->In) + 4 * (V->Ways[0].From != U->Ways[0].From) +
           2 * V->TakesReference + (V->writes() && !U->writes());
  };
  for (const FieldUse *V : Among)
    if (race(*U, *V) && (!Best || Rank(V) > Rank(Best)))
      Best = V;
  return Best;
}

// --- One field --------------------------------------------------------------

/// A value of its own, no pointer and no struct.
static bool isPlainNumber(const FieldDecl *FD) {
  return FD->getType()->isArithmeticType() || FD->getType()->isEnumeralType();
}

bool InstanceState::Judge::isOfInterest(const FieldDecl *FD) const {
  QualType QT = FD->getType();
  while (const auto *A = QT->getAsArrayTypeUnsafe())
    QT = A->getElementType();
  // The user's own lock, for Clang's thread-safety analysis.
  if (const RecordDecl *RD = QT->getAsRecordDecl())
    if (RD->hasAttr<CapabilityAttr>())
      return false;
  // Clang's thread-safety analysis looks after it.
  if (FD->hasAttr<GuardedByAttr>() || FD->hasAttr<PtGuardedByAttr>())
    return false;
  return !QT.isConstQualified() && !QT->isAtomicType() &&
         !facts::isSynchronizationType(elementTypeName(FD->getType())) &&
         !(FD->getIdentifier() && facts::isGeneratedName(FD->getName()));
}

static bool leadsFrom(const FieldUse &U,
                      llvm::function_ref<bool(const EntryPoint &)> Accept) {
  return any_of(U.Ways, [&](const WayIn &W) {
    return any_of(W.From->Entries, Accept);
  });
}

static facts::SlotRole roleOf(const EntryPoint &E) {
  const facts::TypeSlot *Row = facts::findTypeSlotByField(E.Name);
  return E.Type && Row ? Row->Role : facts::SlotRole::Other;
}

static bool isStep(const EntryPoint &E) {
  return E.Kind == EntryKind::IterNext || E.Name == "__next__" ||
         roleOf(E) == facts::SlotRole::Send;
}
static bool isExport(const EntryPoint &E) {
  return roleOf(E) == facts::SlotRole::GetBuffer ||
         roleOf(E) == facts::SlotRole::ReleaseBuffer;
}

/// cls.def_readwrite("name", &Class::name): assigned without any lock.
void InstanceState::Judge::findBoundMembers() {
  if (!Model.context().getLangOpts().CPlusPlus)
    return;
  for (const auto &F : Model.functions())
    for (const CallSite &Site : F->Calls) {
      if (!Site.Call || !Site.Callee || !isa<CXXMethodDecl>(Site.Callee) ||
          !Site.Callee->getIdentifier() ||
          (Site.Name != "def_readwrite" && Site.Name != "def_rw"))
        continue;
      for (const Expr *Arg : Site.Call->arguments())
        if (const auto *Of = dyn_cast<UnaryOperator>(Arg->IgnoreParenCasts());
            Of && Of->getOpcode() == UO_AddrOf)
          if (const auto *R = dyn_cast<DeclRefExpr>(Of->getSubExpr()))
            if (const auto *FD = dyn_cast<FieldDecl>(R->getDecl()))
              BoundMembers.try_emplace(FD->getCanonicalDecl(),
                                       Model.context().getSourceManager()
                                           .getExpansionLoc(Arg->getBeginLoc()));
    }
}

/// Assigning it gives back what was there.
static bool ownsSomething(QualType QT) {
  if (QT.isConstQualified())
    return false;
  const CXXRecordDecl *RD = QT->getAsCXXRecordDecl();
  return RD && RD->hasDefinition() && !RD->hasTrivialDestructor();
}

SourceLocation InstanceState::Judge::assignable(const FieldDecl *FD) const {
  if (auto It = BoundMembers.find(FD);
      It != BoundMembers.end() && ownsSomething(FD->getType()))
    return It->second;
  if (!ExtensionModel::isObjectPointer(FD->getType()))
    return {};
  for (const TypeObject &T : Model.types())
    for (const auto &[Field, Loc] : T.Assignable)
      if (Field == FD)
        return Loc;
  return {};
}

/// A number that Python code reads as an attribute, without the lock of whoever
/// writes it.
bool InstanceState::Judge::judgeReader(const FieldDecl *FD, const Group &AtRun) {
  if (!isPlainNumber(FD))
    return false;
  FieldRace R;
  R.Kind = RaceKind::MemberDef;
  R.Field = FD;
  R.IsRead = true;
  for (const TypeObject &T : Model.types())
    for (const auto *List : {&T.Assignable, &T.Readable})
      for (const auto &[Field, Loc] : *List)
        if (Field == FD && R.Entry.isInvalid())
          R.Entry = Loc;
  if (R.Entry.isInvalid())
    return false;
  for (const FieldUse *U : AtRun)
    if (U->By && U->writes() && !U->Weak && U->Path.size() == 1 && !U->Content)
      R.Open.push_back(U);
  if (R.Open.empty())
    return false;
  R.First = R.Open.front();
  for (const FieldUse *U : R.Open)
    if (isDirect(*U) > isDirect(*R.First))
      R.First = U;
  Races.push_back(std::move(R));
  return true;
}

/// The field is, or points to, an object of a class with methods of its own.
static bool isOfClass(const FieldDecl *FD) {
  QualType QT = FD->getType();
  if (QT->isPointerType() || QT->isReferenceType())
    QT = QT->getPointeeType();
  const auto *RD = QT->getAsCXXRecordDecl();
  if (!RD || !RD->getDefinition() || ExtensionModel::isObjectRecord(RD))
    return false;
  RD = RD->getDefinition();
  return RD->isInStdNamespace() || any_of(RD->methods(), [](const auto *M) {
           return M->isUserProvided() && !isa<CXXConstructorDecl>(M);
         });
}

/// In a file that knows nothing of Python: a library, included as source.
bool InstanceState::Judge::isLibrary(const Function *F) {
  auto FileOf = [&](const Function *G) {
    return SM.getFileID(SM.getExpansionLoc(G->Decl->getLocation()));
  };
  if (!FilesRead) {
    FilesRead = true;
    for (const auto &G : Model.functions())
      if (ExtensionModel::isObjectPointer(G->Decl->getReturnType()) ||
          any_of(G->Decl->parameters(), [](const ParmVarDecl *P) {
            return ExtensionModel::isObjectPointer(P->getType());
          }))
        PythonFiles.insert(FileOf(G.get()));
  }
  return !PythonFiles.count(FileOf(F));
}

/// What happens inside a class or a library is shown where its user calls it.
std::vector<const FieldUse *>
InstanceState::Judge::collapse(const FieldDecl *FD, const Group &From) {
  Group Result;
  std::map<std::pair<const Function *, const Expr *>, FieldUse *> Known;
  for (const FieldUse *U : From) {
    const auto *Method = dyn_cast<CXXMethodDecl>(U->In->Decl);
    if (!isLibrary(U->In) &&
        (!Method || Method->isStatic() || Method->getParent()->isLambda() ||
         ExtensionModel::isObjectRecord(Method->getParent()))) {
      Result.push_back(U);
      continue;
    }
    for (const WayIn &W : U->Ways) {
      if (!W.Call) {
        Result.push_back(U);
        continue;
      }
      FieldUse *&Outer = Known[{W.From, W.Call}];
      if (Outer) {
        if (mutates(*U) && !mutates(*Outer))
          Outer->Kind = AccessKind::Write;
        continue;
      }
      Uses.push_back(*U);
      Outer = &Uses.back();
      Outer->By = nullptr;
      Outer->Where = W.Call;
      Outer->In = W.From;
      Outer->Ways = {{W.From, nullptr}};
      Outer->Path = {FD};
      Outer->Content = FD->getType()->isPointerType();
      Outer->Kind = mutates(*U) ? AccessKind::Write : AccessKind::Read;
      Result.push_back(Outer);
    }
  }
  return Result;
}

/// A flag stands for something that is set up in the branch of its test; a
/// number of its own is what some call or expression gives.
static bool isComputed(const FirstUse &Use) {
  const auto *If = dyn_cast<IfStmt>(Use.Branch);
  auto Within = [](const Stmt *Outer, const Stmt *Inner) {
    SmallVector<const Stmt *, 32> Work{Outer};
    while (!Work.empty()) {
      const Stmt *S = Work.pop_back_val();
      if (S == Inner)
        return true;
      for (const Stmt *Child : S ? S->children() : Stmt::const_child_range(
                                       Stmt::const_child_iterator(),
                                       Stmt::const_child_iterator()))
        if (Child)
          Work.push_back(Child);
    }
    return false;
  };
  const bool InBranch =
      If && (Use.Call ? Within(If->getThen(), Use.Call)
                      : Within(If->getThen(), Use.Write->Where));
  if (If && !InBranch)
    return false;
  const auto *Assign = dyn_cast<BinaryOperator>(Use.Write->Statement);
  const bool Constant =
      Assign && Assign->getRHS()->IgnoreParenCasts()->isEvaluatable(
                    Use.In->Decl->getASTContext());
  return !Constant || any_of(Use.Companions, [](const auto &C) {
           return !C.second->Resets;
         });
}

/// A first use whose test and write do not hold one lock.
bool InstanceState::Judge::chooseLazy(FieldRace &R) {
  const StateVariable *S = R.Part ? nullptr : Model.stateOf(R.Field);
  if (!S)
    return false;
  const Function *Last = nullptr;
  for (const FieldUse *U : R.Open) {
    // Of a double-checked initialisation only the test is open.
    if (U->In == Last || U->Path.size() != 1 || U->Content)
      continue;
    Last = U->In;
    for (int64_t Initial : {0, -1}) {
      if (Initial && !R.Field->getType()->isIntegralOrEnumerationType())
        continue;
      std::optional<FirstUse> Use = findFirstUse(Model, *U->In, *S, Initial);
      if (!Use || Use->Test->Kind != AccessKind::Read)
        continue;
      const FieldUse *Test = nullptr, *Write = nullptr;
      for (const FieldUse *V : R.Open)
        if (V->By && V->By->Where == Use->Test->Where)
          Test = V;
      for (const auto *List : {&R.Open, &R.Guarded})
        for (const FieldUse *V : *List)
          if (V->By && V->By->Where == Use->Write->Where && !Write)
            Write = V;
      if (!Test || !Write || Write->Kind != AccessKind::Write)
        continue;
      // `if (self->closed) return; ... self->closed = 1;` computes nothing.
      if (isPlainNumber(R.Field) && !isComputed(*Use))
        continue;
      R.First = Test;
      R.Second = Write;
      R.Test = Use->Branch;
      for (const auto &[Companion, A] : Use->Companions)
        if (const auto *FD = dyn_cast<FieldDecl>(Companion->Decl))
          R.Others.push_back(FD->getCanonicalDecl());
      return true;
    }
  }
  return false;
}

bool InstanceState::Judge::chooseDetached(FieldRace &R, const Group &Racing) {
  for (const FieldUse *U : R.Open) {
    if (!U->Detached || (!U->Content && !isIndirect(U->Path.back()) &&
                         !U->Path.back()->getType()->isRecordType()))
      continue;
    if (const FieldUse *V = partner(U, Racing)) {
      R.First = U;
      R.Second = V;
      R.WithGil = true;
      return true;
    }
  }
  return false;
}

/// How a number is used as a position, in the function or by way of a local.
struct PositionUse {
  bool Subscript = false; ///< Of memory: past its end is somewhere else.
  bool Checked = false;   ///< Given to a call that checks it.
};

static bool mentions(const Stmt *S, const FieldDecl *FD,
                     const SmallPtrSetImpl<const VarDecl *> &Copies) {
  if (!S)
    return false;
  if (const auto *M = dyn_cast<MemberExpr>(S);
      M && M->getMemberDecl()->getCanonicalDecl() == FD)
    return true;
  if (const auto *R = dyn_cast<DeclRefExpr>(S))
    if (const auto *VD = dyn_cast<VarDecl>(R->getDecl()))
      return Copies.count(VD);
  return any_of(S->children(),
                [&](const Stmt *Child) { return mentions(Child, FD, Copies); });
}

static void findPositions(const Stmt *S, const FieldDecl *FD,
                          SmallPtrSetImpl<const VarDecl *> &Copies,
                          PositionUse &Result) {
  if (!S)
    return;
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    for (const Decl *Each : D->decls())
      if (const auto *VD = dyn_cast<VarDecl>(Each);
          VD && VD->getInit() && VD->getType()->isIntegerType() &&
          mentions(VD->getInit(), FD, Copies))
        Copies.insert(VD);
  } else if (const auto *B = dyn_cast<BinaryOperator>(S)) {
    if (B->getOpcode() == BO_Assign && B->getType()->isIntegerType() &&
        mentions(B->getRHS(), FD, Copies))
      if (const auto *R = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens()))
        if (const auto *VD = dyn_cast<VarDecl>(R->getDecl()))
          Copies.insert(VD);
    if (B->isAdditiveOp() && B->getType()->isPointerType())
      Result.Subscript |= mentions(B->getRHS(), FD, Copies);
  } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(S)) {
    Result.Subscript |= mentions(A->getIdx(), FD, Copies);
  } else if (const auto *Call = dyn_cast<CallExpr>(S)) {
    const FunctionDecl *Callee = Call->getDirectCallee();
    if (Callee && Callee->getIdentifier() && Call->getNumArgs() > 1 &&
        facts::isApiName(Callee->getName()) &&
        ExtensionModel::isObjectPointer(Call->getArg(0)->getType()))
      Result.Checked |= mentions(Call->getArg(1), FD, Copies);
  }
  for (const Stmt *Child : S->children())
    findPositions(Child, FD, Copies, Result);
}

/// The cursor of an iterator that only ever goes to calls that check it: two
/// threads get one item twice, which CPython's own iterators accept too.
static bool isCheckedCursor(const FieldRace &R) {
  if (!isPlainNumber(R.Part ? R.Part : R.Field))
    return false;
  PositionUse Use;
  for (const FieldUse *U : R.Open) {
    SmallPtrSet<const VarDecl *, 4> Copies;
    findPositions(U->In->Decl->getBody(), U->Path.back(), Copies, Use);
  }
  return Use.Checked && !Use.Subscript;
}

bool InstanceState::Judge::chooseKind(FieldRace &R, const Group &Racing) {
  auto Pick = [&](llvm::function_ref<int(const FieldUse *)> Rank) {
    const FieldUse *Best = nullptr;
    for (const FieldUse *U : R.Open)
      if (int Value = Rank(U); Value > 0 && (!Best || Value > Rank(Best)))
        Best = U;
    if (!Best)
      return false;
    R.First = Best;
    R.Second = partner(Best, Racing);
    if (!R.Second)
      R.Second = Best;
    return true;
  };
  auto MixesAtomic = [&] {
    R.Kind = RaceKind::MixedAtomic;
    return any_of(Racing, [](const FieldUse *U) { return isAtomic(*U); }) &&
           Pick([](const FieldUse *U) {
             return isAtomic(*U) ? 0 : 1 + mutates(*U);
           });
  };
  // Everybody has a lock but those who are atomic.
  if (all_of(Racing, [](const FieldUse *U) {
        return isAtomic(*U) || !U->Locks.empty();
      }) && MixesAtomic())
    return true;
  if (isPlainNumber(R.Field) && Pick([](const FieldUse *U) {
        return U->writes() && leadsFrom(*U, isExport)
                   ? 1 + (U->Kind == AccessKind::ReadWrite)
                   : 0;
      })) {
    R.Kind = RaceKind::BufferExport;
    return true;
  }
  // A cursor is a field of the iterator itself.
  auto Steps = [&](const EntryPoint &E) {
    return isStep(E) &&
           (!E.Type || !E.Type->Instance ||
            E.Type->Instance->getCanonicalDecl() ==
                R.Field->getParent()->getCanonicalDecl());
  };
  if (Pick([&](const FieldUse *U) {
        return mutates(*U) && leadsFrom(*U, Steps)
                   ? 1 + 2 * U->DropsReference + (U->Kind == AccessKind::ReadWrite)
                   : 0;
      })) {
    R.Kind = RaceKind::IterNext;
    return !isCheckedCursor(R);
  }
  if (chooseDetached(R, Racing)) {
    R.Kind = RaceKind::Detached;
    return true;
  }
  if (chooseLazy(R)) {
    R.Kind = RaceKind::LazyInit;
    return true;
  }
  if (any_of(R.Guarded, [](const FieldUse *U) { return !isAtomic(*U); }) &&
      Pick([](const FieldUse *U) {
        return U->Weak ? 0 : 1 + mutates(*U);
      })) {
    R.Kind = RaceKind::HalfLocked;
    return true;
  }
  // Whoever lacks the lock is called from another file, where it may be taken.
  if (!R.Guarded.empty() &&
      all_of(R.Open, [](const FieldUse *U) { return U->Weak; }))
    return false;
  if (MixesAtomic())
    return true;
  const FieldDecl *Deepest = R.Part ? R.Part : R.Field;
  const bool Object = ExtensionModel::holdsObjects(Deepest->getType());
  R.Kind = Object ? RaceKind::Replaced : RaceKind::Unguarded;
  return Pick([](const FieldUse *U) {
    return mutates(*U) ? 1 + 4 * (U->Kind == AccessKind::ReadWrite) +
                             2 * U->DropsReference + !U->Resets
                       : 0;
  });
}

void InstanceState::Judge::judge(const FieldDecl *FD, const Group &All) {
  // All but judgeInit() is for the configuration that shows the locks.
  if (LocksHidden && (!FD->getType()->isPointerType() ||
                      none_of(All, [](const FieldUse *U) { return U->InInit; })))
    return;
  Group AtRun;
  for (const FieldUse *U : All)
    if (!U->InInit && !Model.preprocessing().onlyWithGil(
                          SM.getExpansionLoc(U->Where->getBeginLoc())))
      AtRun.push_back(U);
  Group Racing = racing(AtRun);
  FieldRace R;
  R.Field = FD;
  for (const FieldUse *U : Racing)
    (U->Locks.empty() && !isAtomic(*U) ? R.Open : R.Guarded).push_back(U);
  // Where some have no lock, one that is held on whatever object is at hand, such
  // as a caller's dict, is not the one that the others lack.
  if (!R.Open.empty()) {
    auto Elsewhere = [](const FieldUse *U) {
      return !isAtomic(*U) && all_of(U->Locks, [](StringRef Lock) {
        return Lock.starts_with("O:") && !Lock.contains("->");
      });
    };
    llvm::copy_if(R.Guarded, std::back_inserter(R.Open), Elsewhere);
    llvm::erase_if(R.Guarded, Elsewhere);
  }
  if (!Racing.empty() && all_of(Racing, [&](const FieldUse *U) {
        return U->Path.size() > 1 && U->Path[1] == Racing.front()->Path[1];
      }))
    R.Part = Racing.front()->Path[1];
  const SourceLocation Member = assignable(FD);
  if (Member.isValid()) {
    // Python assigns it under the object's critical section.
    for (const FieldUse *U : AtRun)
      if (U->Path.size() == 1 && !U->Content && U->Locks.empty() &&
          !is_contained(R.Open, U))
        R.Open.push_back(U);
    llvm::stable_sort(R.Open, [&](const FieldUse *A, const FieldUse *B) {
      return before(A->Where, B->Where);
    });
    for (const FieldUse *U : R.Open)
      if (U->Path.size() == 1 && !U->Content &&
          (!R.First || U->TakesReference > R.First->TakesReference)) {
        R.Kind = RaceKind::MemberDef;
        R.Entry = Member;
        R.First = U;
      }
    if (R.First) {
      Races.push_back(std::move(R));
      return;
    }
  }
  if (Racing.empty()) {
    if (!judgeReader(FD, AtRun))
      judgeInit(FD, All);
    return;
  }
  if (isOfClass(FD) || any_of(Racing, [&](const FieldUse *U) {
        return isLibrary(U->In);
      })) {
    R.Open = collapse(FD, R.Open);
    R.Guarded = collapse(FD, R.Guarded);
    Racing = R.Open;
    Racing.insert(Racing.end(), R.Guarded.begin(), R.Guarded.end());
    R.Part = nullptr;
  }
  if (R.Open.empty()) {
    // Each side has a lock, but not the same one.
    for (const FieldUse *U : R.Guarded)
      if (!isAtomic(*U))
        R.Open.push_back(U);
    llvm::erase_if(R.Guarded, [](const FieldUse *U) { return !isAtomic(*U); });
  }
  if (R.Open.empty() || !chooseKind(R, Racing))
    return;
  if (isPlainNumber(R.Part ? R.Part : FD)) {
    // A number that is computed again, and to the same value, at worst.
    R.SameValue = R.Kind == RaceKind::LazyInit && R.Others.empty() &&
                  all_of(R.Open, [&](const FieldUse *U) {
                    return !U->writes() || U->In == R.Second->In;
                  });
    // Written and never looked at.
    if (R.Kind == RaceKind::Unguarded &&
        all_of(R.Open, [&](const FieldUse *U) {
          return U->Kind == AccessKind::Write && !U->Foreign;
        })) {
      judgeReader(FD, AtRun);
      return;
    }
  }
  for (const FieldUse *U : All)
    if (U->InInit && U->Locks.empty() && U->Path.size() == 1 && U->writes() &&
        (U->DropsReference || (U->Content && U->Foreign)))
      R.Inits.push_back(U);
  Races.push_back(std::move(R));
}

// --- __init__() -------------------------------------------------------------

/// Code that runs when an object dies gives back what the field holds.
bool InstanceState::Judge::releasedAtDeath(const FieldDecl *FD) const {
  const StateVariable *S = Model.stateOf(FD);
  return S && any_of(S->Accesses, [&](const Access &A) {
           const Function *F = Model.function(A.Function);
           if (!F || !F->onlyIn(DeadContext) || F->has(EntryKind::Traverse))
             return false;
           if (A.DropsReference)
             return true;
           const auto *Call = dyn_cast<CallExpr>(A.Statement);
           return Call || isa<CXXDeleteExpr>(A.Statement);
         });
}

/// __init__() gives back the object that was there, and others take it meanwhile.
bool InstanceState::Judge::judgeRelease(const FieldDecl *FD, const Group &All) {
  const FieldUse *Drop = nullptr;
  for (const FieldUse *U : All)
    if (U->InInit && U->Path.size() == 1 && !U->Content && U->DropsReference &&
        U->writes() && U->Locks.empty() && !Drop &&
        any_of(U->Ways, [](const WayIn &W) {
          return W.From->has(EntryKind::Init);
        }))
      Drop = U;
  if (!Drop || !ExtensionModel::isObjectPointer(FD->getType()))
    return false;
  FieldRace R;
  R.Kind = RaceKind::Reinit;
  R.Field = FD;
  R.First = Drop;
  R.Open = {Drop};
  for (const FieldUse *U : All)
    if (!U->InInit && !U->Weak && U->TakesReference && overlap(*U, *Drop) &&
        U->Locks.empty() && U->Path.size() == 1) {
      R.Open.push_back(U);
      if (!R.Second)
        R.Second = U;
    }
  if (R.Second)
    Races.push_back(std::move(R));
  return true;
}

void InstanceState::Judge::judgeInit(const FieldDecl *FD, const Group &All) {
  if (!FD->getType()->isPointerType() || judgeRelease(FD, All))
    return;
  const FieldUse *Store = nullptr;
  for (const FieldUse *U : All) {
    if (!U->InInit || U->Path.size() != 1)
      continue;
    if (U->DropsReference || U->Content)
      return; // What was there is given back first.
    if (U->Kind == AccessKind::Write && !U->Resets && !U->Content && !Store &&
        U->By)
      Store = U;
  }
  const StateVariable *S = Model.stateOf(FD);
  if (!Store || !S || !Store->Locks.empty())
    return;
  // A test of the field, of any kind, before it is set: the author thought of it.
  for (const FieldUse *U : All)
    if (U->InInit && U->Kind == AccessKind::Read && U->In == Store->In &&
        before(U->Where, Store->Where))
      return;
  const auto *Assign = dyn_cast<BinaryOperator>(Store->By->Statement);
  const Expr *Value =
      Assign ? Assign->getRHS()->IgnoreParenCasts() : nullptr;
  bool Allocates = Value && isa<CXXNewExpr>(Value);
  if (const auto *Call = dyn_cast_or_null<CallExpr>(Value))
    if (const FunctionDecl *Callee = Call->getDirectCallee();
        Callee && Callee->getIdentifier()) {
      StringRef Name = facts::canonicalName(Callee->getName());
      const facts::Allocation *Row = facts::findAllocation(Name);
      Allocates |= (Row && Row->Op != facts::AllocationOp::Free) ||
                   facts::findNewReference(Name);
    }
  if (!Allocates && !releasedAtDeath(FD))
    return;
  Group Open;
  for (const FieldUse *U : All)
    if (!U->InInit && overlap(*U, *Store))
      Open.push_back(U);
  FieldRace R;
  R.Kind = RaceKind::Reinit;
  R.Field = FD;
  R.First = R.Second = Store;
  R.Open = {Store};
  R.Guarded = std::move(Open);
  R.WithGil = true;
  Races.push_back(std::move(R));
}

// --- All of them ------------------------------------------------------------

static bool isGeneral(RaceKind Kind) {
  return Kind == RaceKind::Replaced || Kind == RaceKind::Unguarded;
}

/// Several fields of one iterator, the parts of a struct, and several fields behind one flag, are one
/// finding.
void InstanceState::Judge::mergeAlike() {
  std::vector<FieldRace> Merged;
  for (FieldRace &R : Races) {
    FieldRace *Into = nullptr;
    for (FieldRace &M : Merged) {
      const bool Step = R.Kind == RaceKind::IterNext && M.Kind == R.Kind &&
                        R.Field->getParent() == M.Field->getParent() &&
                        R.Field != M.Field;
      const bool Init = R.Kind == RaceKind::Reinit && M.Kind == R.Kind &&
                        R.First->In == M.First->In && R.WithGil == M.WithGil;
      const bool Lazy = M.Kind == RaceKind::LazyInit &&
                        is_contained(M.Others, R.Field) &&
                        (R.Kind == RaceKind::LazyInit ||
                         R.Kind == RaceKind::Replaced ||
                         R.Kind == RaceKind::Unguarded);
      const bool Parts = R.Part && M.Part && R.Field == M.Field &&
                         (R.Kind == M.Kind || (isGeneral(R.Kind) &&
                                               isGeneral(M.Kind)));
      if (Step || Init || Lazy || Parts)
        Into = &M;
    }
    if (!Into) {
      Merged.push_back(std::move(R));
      continue;
    }
    const FieldDecl *Name = R.Part ? R.Part : R.Field;
    if (Name != (Into->Part ? Into->Part : Into->Field) &&
        !is_contained(Into->Others, Name))
      Into->Others.push_back(Name);
    // Of the parts of a struct, the one that Python's own entry point changes.
    if (R.Part && Into->Part && !R.First->In->Entries.empty() &&
        Into->First->In->Entries.empty()) {
      std::replace(Into->Others.begin(), Into->Others.end(), R.Part,
                   Into->Part);
      Into->Part = R.Part;
      Into->Kind = R.Kind;
      Into->First = R.First;
      Into->Second = R.Second;
    }
    Into->Open.insert(Into->Open.end(), R.Open.begin(), R.Open.end());
    Into->Guarded.insert(Into->Guarded.end(), R.Guarded.begin(),
                         R.Guarded.end());
    // What an iterator drops tells more than what it counts.
    if (R.Kind == RaceKind::IterNext && R.First->DropsReference &&
        !Into->First->DropsReference) {
      std::replace(Into->Others.begin(), Into->Others.end(), R.Field,
                   Into->Field);
      Into->Field = R.Field;
      Into->First = R.First;
      Into->Second = R.Second;
    }
  }
  Races = std::move(Merged);
}

void InstanceState::Judge::run() {
  findBoundMembers();
  LocksHidden = Model.preprocessing().locksAreHidden();
  MapVector<const FieldDecl *, Group> ByField;
  for (const FieldUse &U : Uses)
    ByField[U.field()].push_back(&U);
  // An assignable member counts even when C code only reads it.
  for (auto &[FD, All] : ByField) {
    if (!isOfInterest(FD))
      continue;
    // The fields of a struct of one's own are judged one by one, unless it is
    // also changed as a whole.
    if (isOfClass(FD) ||
        any_of(All, [&](const FieldUse *U) { return isLibrary(U->In); })) {
      judge(FD, All);
      continue;
    }
    MapVector<const FieldDecl *, Group> Parts;
    Group Whole;
    for (const FieldUse *U : All)
      (U->Path.size() > 1 ? Parts[U->Path[1]] : Whole).push_back(U);
    if (Parts.size() < 2 || any_of(Whole, [](const FieldUse *U) {
          return mutates(*U) && !U->InInit;
        })) {
      judge(FD, All);
      continue;
    }
    for (auto &[Part, Uses] : Parts)
      if (isOfInterest(Part))
        judge(FD, Uses);
    judge(FD, Whole);
  }
  // What is behind a flag joins the flag, whichever was judged first.
  llvm::stable_sort(Races, [](const FieldRace &A, const FieldRace &B) {
    return (A.Kind == RaceKind::LazyInit && !A.Others.empty()) >
           (B.Kind == RaceKind::LazyInit && !B.Others.empty());
  });
  mergeAlike();
  // Only the other configuration shows the locks: it has to judge.
  if (LocksHidden)
    llvm::erase_if(Races, [](const FieldRace &R) {
      return R.Kind != RaceKind::Reinit || !R.WithGil;
    });
  for (FieldRace &R : Races)
    if (R.Kind == RaceKind::LazyInit)
      llvm::erase_if(R.Others, [&](const FieldDecl *FD) {
        return none_of(R.Open, [&](const FieldUse *U) {
          return U->field() == FD;
        });
      });
  llvm::stable_sort(Races, [&](const FieldRace &A, const FieldRace &B) {
    return before(A.First->Where, B.First->Where);
  });
}

InstanceState::InstanceState(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  Collector(Model, Uses, Cut).run();
  Judge(Model, Uses, Races).run();
}

InstanceState::~InstanceState() = default;

} // namespace pyext::model
