//===- WeakPlaces.cpp - Where objects are kept without a reference --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/WeakPlaces.h"
#include "facts/ApiRoles.h"
#include "refs/Places.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;

namespace pyext::refs {

namespace {

using model::Access;

class Finder {
public:
  explicit Finder(const model::ExtensionModel &Model) : Model(Model) {}

  std::vector<WeakPlace> run() {
    findDying();
    if (Dying.empty())
      return {};
    findPlaces();
    if (!Places.empty())
      findReferences();
    std::vector<WeakPlace> Result;
    for (const auto &[D, P] : Places)
      if (P.Taken && !P.Owned &&
          llvm::none_of(P.Stores, [&](const Access *A) {
            return keepsStored(*cast<BinaryOperator>(A->Statement), A->Function);
          }))
        Result.push_back({D, P.Taken, P.Taker, P.Removed, P.Remover,
                          P.Stores.back()->Where});
    const SourceManager &SM = Model.context().getSourceManager();
    llvm::stable_sort(Result, [&](const WeakPlace &A, const WeakPlace &B) {
      return SM.isBeforeInTranslationUnit(A.Taken->getBeginLoc(),
                                          B.Taken->getBeginLoc());
    });
    return Result;
  }

private:
  struct Place {
    const CallExpr *Taken = nullptr;
    const FunctionDecl *Taker = nullptr;
    const Expr *Removed = nullptr;
    llvm::SmallVector<const Access *, 4> Stores;
    llvm::SmallVector<const FunctionDecl *, 4> Functions; ///< That name it.
    const FunctionDecl *Remover = nullptr;
    bool Owned = false; ///< Somebody gives up a reference that was there.
  };
  const model::ExtensionModel &Model;
  /// Runs when an object dies: those functions and what they call.
  llvm::DenseSet<const FunctionDecl *> Dying;
  llvm::MapVector<const ValueDecl *, Place> Places;

  void findDying() {
    std::vector<const model::Function *> Work;
    for (const auto &F : Model.functions())
      if (!F->Generated && (F->has(model::EntryKind::Dealloc) ||
                            F->has(model::EntryKind::Finalize)) &&
          Dying.insert(F->Decl).second)
        Work.push_back(F.get());
    for (size_t I = 0; I < Work.size(); ++I)
      for (const model::CallSite &C : Work[I]->Calls)
        if (const model::Function *Callee = Model.function(C.Callee);
            Callee && Dying.insert(Callee->Decl).second)
          Work.push_back(Callee);
  }

  /// A pointer to an object, or to anything.
  static bool holdsObject(QualType T) {
    while (T->isArrayType())
      T = T->castAsArrayTypeUnsafe()->getElementType();
    return model::ExtensionModel::isObjectPointer(T) || T->isVoidPointerType() ||
           (T->isPointerType() &&
            model::ExtensionModel::isObjectPointer(T->getPointeeType()));
  }

  /// An object's own fields belong to the object.
  bool isPlain(const FieldDecl *F) const {
    return !model::ExtensionModel::isObjectRecord(F->getParent()) &&
           Model.preprocessing().isFirstParty(F->getLocation());
  }

  void findPlaces() {
    for (const model::StateVariable &S : Model.state()) {
      const auto *F = dyn_cast<FieldDecl>(S.Decl);
      if (S.ThreadLocal || S.Generated || S.Constant || (F && !isPlain(F)))
        continue;
      for (const Access &A : S.Accesses)
        note(S.Decl, A);
    }
    for (const model::FieldAccess &A : Model.fieldAccesses())
      if (!Model.stateOf(A.Field) && isPlain(A.Field))
        note(A.Field, A.By);
    findFreedEntries();
    Places.remove_if([](const auto &P) {
      return !P.second.Removed || P.second.Owned || P.second.Stores.empty();
    });
  }

  /// An entry of a table is freed with the object in it.
  void findFreedEntries() {
    for (const FunctionDecl *FD : Dying)
      for (const model::CallSite &C : Model.function(FD)->Calls) {
        if (!C.Call || C.Call->getNumArgs() != 1)
          continue;
        const facts::Allocation *Row = facts::findAllocation(C.Name);
        const QualType T = C.Call->getArg(0)->IgnoreParenCasts()->getType();
        if (!Row || Row->Op != facts::AllocationOp::Free || !T->isPointerType())
          continue;
        for (auto &[D, P] : Places)
          if (const auto *F = dyn_cast<FieldDecl>(D);
              F && !P.Removed && T->getPointeeType()->getAsRecordDecl() &&
              declaresSame(T->getPointeeType()->getAsRecordDecl(),
                           F->getParent())) {
            P.Removed = C.Call;
            P.Remover = FD;
          }
      }
  }
  static bool declaresSame(const RecordDecl *A, const RecordDecl *B) {
    return A->getCanonicalDecl() == B->getCanonicalDecl();
  }

  /// A member of a global struct is a place of its own.
  static const ValueDecl *placeOf(const ValueDecl *D, const Access &A) {
    const Expr *E = A.Place ? A.Place->IgnoreParenCasts() : nullptr;
    while (const auto *Item = dyn_cast_or_null<ArraySubscriptExpr>(E))
      E = Item->getBase()->IgnoreParenCasts();
    if (const auto *M = dyn_cast_or_null<MemberExpr>(E))
      D = M->getMemberDecl();
    return cast<ValueDecl>(D->getCanonicalDecl());
  }

  void note(const ValueDecl *Of, const Access &A) {
    const ValueDecl *D = placeOf(Of, A);
    if (!A.Function || !holdsObject(D->getType()))
      return;
    Place &P = Places[D];
    P.Owned |= A.DropsReference;
    P.Functions.push_back(A.Function);
    const auto *Assign = dyn_cast_or_null<BinaryOperator>(A.Statement);
    if (A.Kind != model::AccessKind::Write || !Assign)
      return;
    if (Dying.contains(A.Function)) {
      if (!P.Removed) {
        P.Removed = A.Where;
        P.Remover = A.Function;
      }
    } else if (!A.Resets && !runsAlone(Model, A.Function)) {
      P.Stores.push_back(&A);
    }
  }

  /// Calls of \p FD that change a reference count, with what they do.
  template <typename Visitor>
  void referenceCalls(const model::Function &F, Visitor Visit) {
    for (const model::CallSite &C : F.Calls) {
      if (!C.Call || !C.Callee || !C.Callee->getIdentifier() ||
          C.Call->getNumArgs() == 0)
        continue;
      if (const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(C.Name))
        Visit(C.Call, Op->Op == facts::RefcountOp::Decref);
    }
  }

  /// The function that stores an object takes a reference for the place: of the
  /// variable that is stored, or of the place after it was stored.
  bool keepsStored(const BinaryOperator &Assign, const FunctionDecl *FD) {
    const model::Function *F = Model.function(FD);
    if (!F)
      return true;
    const auto *Given =
        dyn_cast<DeclRefExpr>(Assign.getRHS()->IgnoreParenCasts());
    const flow::FunctionRefs *R = Model.refs().get(F->Decl);
    bool Keeps = !R || (isa<CallExpr>(Assign.getRHS()->IgnoreParenCasts()) &&
                        takes(cast<CallExpr>(Assign.getRHS()->IgnoreParenCasts())));
    referenceCalls(*F, [&](const CallExpr *Call, bool Drops) {
      const Expr *Of = Call->getArg(0)->IgnoreParenCasts();
      const auto *Var = dyn_cast<DeclRefExpr>(Of);
      if (Drops || Keeps)
        return;
      if (flow::canonicalText(Of) == flow::canonicalText(Assign.getLHS()))
        Keeps = reaches(FD, &Assign, Call);
      else if (Given && Var && Var->getDecl() == Given->getDecl())
        Keeps = isOther(*R, Call) &&
                (reaches(FD, &Assign, Call) || reaches(FD, Call, &Assign));
    });
    return Keeps;
  }

  /// What \p Call, Py_INCREF(), is given can be something else than what was read
  /// from state.
  static bool isOther(const flow::FunctionRefs &R, const CallExpr *Call) {
    const flow::CallArguments *Given = R.arguments(Call);
    return !Given || Given->Args.empty() ||
           llvm::any_of(Given->Args[0], [&](unsigned X) {
             return R.origin(X).Kind != flow::OriginKind::Load &&
                    R.origin(X).Kind != flow::OriginKind::Null;
           });
  }

  static bool takes(const CallExpr *Call) {
    const FunctionDecl *FD = Call->getDirectCallee();
    const facts::ReferenceCountApi *Op =
        FD && FD->getIdentifier()
            ? facts::findReferenceCountOp(facts::canonicalName(FD->getName()))
            : nullptr;
    return Op && Op->Op != facts::RefcountOp::Decref;
  }

  /// A path leads from \p From to \p To without leaving the function.
  bool reaches(const FunctionDecl *FD, const Stmt *From, const Stmt *To) {
    std::string Failed;
    const auto Flow = Model.flows().get(FD, Failed);
    if (!Flow)
      return true;
    const CFGBlock *Start = nullptr, *End = nullptr;
    unsigned StartAt = 0, EndAt = 0;
    for (const CFGBlock *B : Flow->order()) {
      unsigned At = 0;
      for (const CFGElement &E : *B) {
        ++At;
        if (auto CS = E.getAs<CFGStmt>()) {
          if (CS->getStmt() == From)
            Start = B, StartAt = At;
          if (CS->getStmt() == To)
            End = B, EndAt = At;
        }
      }
    }
    if (!Start || !End)
      return true;
    if (Start == End && StartAt < EndAt)
      return true;
    llvm::DenseSet<const CFGBlock *> Seen;
    llvm::SmallVector<const CFGBlock *, 16> Work = {Start};
    while (!Work.empty())
      for (const CFGBlock::AdjacentBlock &A : Work.pop_back_val()->succs())
        if (const CFGBlock *B = A.getReachableBlock();
            B && Seen.insert(B).second) {
          if (B == End)
            return true;
          Work.push_back(B);
        }
    return false;
  }

  /// Functions that name one of the places, and those that are handed what such
  /// a function returns.
  std::vector<const model::Function *> functionsNear() {
    llvm::DenseSet<const model::Function *> Seen;
    std::vector<const model::Function *> Near;
    auto Add = [&](const FunctionDecl *FD) {
      const model::Function *F = Model.function(FD);
      if (F && !F->Generated && !F->Decl->isDependentContext() &&
          F->NotAnalysed.empty() && Seen.insert(F).second)
        Near.push_back(F);
    };
    for (const auto &[D, P] : Places)
      for (const FunctionDecl *FD : P.Functions)
        Add(FD);
    size_t Next = 0;
    for (unsigned Depth = 0; Depth < 4; ++Depth)
      for (const size_t End = Near.size(); Next < End; ++Next)
        if (Near[Next]->Decl->getReturnType()->isPointerType())
          for (const model::CallSite &C : Near[Next]->Callers)
            Add(C.Caller);
    // In the order of the source.
    Near.clear();
    for (const auto &F : Model.functions())
      if (Seen.contains(F.get()))
        Near.push_back(F.get());
    return Near;
  }

  void findReferences() {
    for (const model::Function *F : functionsNear()) {
      bool Any = false;
      referenceCalls(*F, [&](const CallExpr *, bool) { Any = true; });
      const flow::FunctionRefs *R = Any ? Model.refs().get(F->Decl) : nullptr;
      if (!R)
        continue;
      referenceCalls(*F, [&](const CallExpr *Call, bool Drops) {
        const flow::CallArguments *Given = R->arguments(Call);
        if (!Given || Given->Args.empty() ||
            (!Drops && !runsConcurrently(Model, F->Decl, Call->getExprLoc())))
          return;
        llvm::SmallPtrSet<const ValueDecl *, 4> From;
        for (unsigned X : Given->Args[0])
          collect(*R, X, From, 0);
        for (const ValueDecl *D : From) {
          auto It = Places.find(D);
          if (It == Places.end())
            continue;
          // What is given up again at once, or was taken before, is not owned.
          if (Drops) {
            It->second.Owned |= !takesToo(*F, *R, D);
          } else if (!It->second.Taken && !Dying.contains(F->Decl)) {
            It->second.Taken = Call;
            It->second.Taker = F->Decl;
          }
        }
      });
    }
  }

  /// \p F takes a reference to what it finds in \p D, too.
  bool takesToo(const model::Function &F, const flow::FunctionRefs &R,
                const ValueDecl *D) {
    bool Found = false;
    referenceCalls(F, [&](const CallExpr *Call, bool Drops) {
      const flow::CallArguments *Given = Drops ? nullptr : R.arguments(Call);
      llvm::SmallPtrSet<const ValueDecl *, 4> From;
      if (Given && !Given->Args.empty())
        for (unsigned X : Given->Args[0])
          collect(R, X, From, 0);
      Found |= From.contains(D);
    });
    return Found;
  }

  /// The places that value \p X of \p R was read from, here or in a function
  /// that returned it.
  void collect(const flow::FunctionRefs &R, unsigned X,
               llvm::SmallPtrSetImpl<const ValueDecl *> &From, unsigned Depth) {
    const flow::Origin &O = R.origin(X);
    if (O.Kind == flow::OriginKind::Load && O.Decl) {
      From.insert(cast<ValueDecl>(O.Decl->getCanonicalDecl()));
    } else if (O.Kind == flow::OriginKind::Call && Depth < 4) {
      const flow::FunctionRefs *Callee =
          Model.refs().get(cast<FunctionDecl>(O.Decl));
      if (Callee)
        for (unsigned V : Callee->returned())
          collect(*Callee, V, From, Depth + 1);
    }
  }
};

} // namespace

std::vector<WeakPlace> findWeakPlaces(const model::ExtensionModel &Model) {
  return Finder(Model).run();
}

} // namespace pyext::refs
