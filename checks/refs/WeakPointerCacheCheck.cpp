//===- WeakPointerCacheCheck.cpp - cpython-refs-weak-pointer-cache --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/WeakPointerCacheCheck.h"
#include "refs/Places.h"
#include "refs/WeakPlaces.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;

namespace pyext::refs {

/// Only runs when an object of the extension dies.
static bool endsObjects(const model::ExtensionModel &Model,
                        const FunctionDecl *FD) {
  const model::Function *F = Model.function(FD);
  return F && (F->has(model::EntryKind::Dealloc) ||
               F->has(model::EntryKind::Finalize) ||
               F->onlyIn(model::DeadContext));
}

/// The method of a C++ container that is called where \p A is.
static StringRef methodCalled(const model::ExtensionModel &Model,
                              const model::Access &A) {
  const flow::FunctionBody *Body = Model.flows().body(A.Function);
  if (!Body)
    return {};
  const ParentMap &Parents = Body->parents();
  for (const Stmt *S = A.Where; S; S = Parents.getParent(S)) {
    if (const auto *C = dyn_cast<CXXMemberCallExpr>(S)) {
      const CXXMethodDecl *M = C->getMethodDecl();
      return M && M->getIdentifier() ? M->getName() : StringRef();
    }
    if (!isa<MemberExpr, DeclRefExpr, CastExpr, ParenExpr>(S))
      break;
  }
  return {};
}

/// A call in \p FD that takes a reference to what an iterator points to.
static const CallExpr *takesFromIterator(const model::ExtensionModel &Model,
                                         const FunctionDecl *FD) {
  const model::Function *F = Model.function(FD);
  if (!F)
    return nullptr;
  for (const model::CallSite &C : F->Calls) {
    if (!C.Call || !C.Callee || !C.Callee->getIdentifier() ||
        C.Call->getNumArgs() == 0)
      continue;
    const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(
        C.Name);
    if (!Op || (Op->Op != facts::RefcountOp::Incref &&
                Op->Op != facts::RefcountOp::NewRef))
      continue;
    const auto *M =
        dyn_cast<MemberExpr>(C.Call->getArg(0)->IgnoreParenCasts());
    if (M && M->getMemberDecl()->getDeclName().isIdentifier() &&
        M->getMemberDecl()->getName() == "second")
      return C.Call;
  }
  return nullptr;
}

namespace {

/// What happens to one table of a C library: a global, or a field that its calls
/// are given.
struct Table {
  const CallExpr *Insert = nullptr, *Remove = nullptr, *Taken = nullptr;
  const FunctionDecl *Taker = nullptr;
};

/// What a function does with references besides the calls of a table.
struct References {
  const CallExpr *Incref = nullptr; ///< Of a local variable.
  bool Keeps = false;               ///< Of a parameter or of state.
  bool Drops = false;
};

} // namespace

static const ValueDecl *declOf(const Expr *E) {
  E = E->IgnoreParenCasts();
  if (const auto *U = dyn_cast<UnaryOperator>(E);
      U && U->getOpcode() == UO_AddrOf)
    E = U->getSubExpr()->IgnoreParenCasts();
  if (const auto *M = dyn_cast<MemberExpr>(E))
    return M->getMemberDecl();
  const auto *R = dyn_cast<DeclRefExpr>(E);
  const auto *V = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
  return V && !V->hasLocalStorage() ? V : nullptr;
}

static References referencesOf(const model::Function &F) {
  References Result;
  for (const model::CallSite &C : F.Calls) {
    if (!C.Call || !C.Callee || !C.Callee->getIdentifier() ||
        C.Call->getNumArgs() == 0)
      continue;
    const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(
        C.Name);
    if (!Op)
      continue;
    if (Op->Op != facts::RefcountOp::Incref &&
        Op->Op != facts::RefcountOp::NewRef) {
      Result.Drops = true;
      continue;
    }
    const auto *R =
        dyn_cast<DeclRefExpr>(C.Call->getArg(0)->IgnoreParenCasts());
    const auto *V = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
    if (V && V->hasLocalStorage() && !isa<ParmVarDecl>(V))
      Result.Incref = C.Call;
    else
      Result.Keeps = true;
  }
  return Result;
}

/// A parameter that is an object, anywhere in \p E.
static bool mentionsObjectParameter(const Stmt *S) {
  if (const auto *R = dyn_cast<DeclRefExpr>(S))
    return isa<ParmVarDecl>(R->getDecl()) &&
           model::ExtensionModel::isObjectPointer(R->getDecl()->getType());
  return llvm::any_of(S->children(), [](const Stmt *Child) {
    return Child && mentionsObjectParameter(Child);
  });
}

namespace {
/// What a function of a table of a C library does, as far as its name tells.
enum class Purpose { Other, Inserts, Removes, Finds };
} // namespace

static Purpose purposeOf(StringRef Name) {
  if (facts::isApiName(Name))
    return Purpose::Other;
  auto Says = [&](std::initializer_list<StringRef> Words) {
    return llvm::any_of(
        Words, [&](StringRef W) { return Name.contains_insensitive(W); });
  };
  const bool Inserts = Says({"insert", "add", "put", "set"});
  const bool Removes = Says({"remove", "delete", "erase", "pop"});
  const bool Finds = Says({"lookup", "find", "get"});
  if (Inserts + Removes + Finds != 1)
    return Purpose::Other;
  return Inserts   ? Purpose::Inserts
         : Removes ? Purpose::Removes
                   : Purpose::Finds;
}

/// Tables of C libraries: objects are put in without a reference, taken out
/// without giving one up, and found and then kept.
void WeakPointerCacheCheck::findTables(const model::ExtensionModel &Model) {
  const SourceManager &SM = Model.context().getSourceManager();
  llvm::MapVector<const ValueDecl *, Table> Tables;
  llvm::DenseMap<const IdentifierInfo *, Purpose> Does;
  for (const auto &F : Model.functions()) {
    std::optional<References> Refs;
    for (const model::CallSite &C : F->Calls) {
      if (!C.Call || !C.Callee || !C.Callee->getIdentifier() ||
          C.Call->getNumArgs() < 2 || F->Generated)
        continue;
      auto [Known, New] = Does.try_emplace(C.Callee->getIdentifier());
      if (New)
        Known->second = purposeOf(C.Callee->getName());
      const Purpose P = Known->second;
      if (P == Purpose::Other)
        continue;
      const ValueDecl *D = declOf(C.Call->getArg(0));
      if (!D || model::ExtensionModel::isObjectPointer(D->getType()))
        continue;
      if (!Refs)
        Refs = referencesOf(*F);
      Table &T = Tables[cast<ValueDecl>(D->getCanonicalDecl())];
      if (P == Purpose::Inserts && !Refs->Keeps && !Refs->Incref) {
        for (const Expr *A : llvm::drop_begin(C.Call->arguments()))
          if (mentionsObjectParameter(A))
            T.Insert = C.Call;
      } else if (P == Purpose::Removes && !Refs->Drops) {
        T.Remove = C.Call;
      } else if (P == Purpose::Finds && Refs->Incref && !Refs->Drops &&
                 runsConcurrently(Model, F->Decl,
                                  Refs->Incref->getExprLoc()) &&
                 SM.isBeforeInTranslationUnit(C.Call->getBeginLoc(),
                                              Refs->Incref->getBeginLoc())) {
        T.Taken = Refs->Incref;
        T.Taker = F->Decl;
      }
    }
  }
  for (const auto &[D, T] : Tables) {
    if (!T.Insert || !T.Remove || !T.Taken)
      continue;
    report(Model, D, T.Taken, T.Taker);
    diag(SM.getFileLoc(T.Insert->getBeginLoc()),
         "it is put in without a reference of its own here",
         DiagnosticIDs::Note);
    diag(SM.getFileLoc(T.Remove->getBeginLoc()),
         "it is taken out here without giving a reference up",
         DiagnosticIDs::Note);
  }
}

void WeakPointerCacheCheck::report(const model::ExtensionModel &Model,
                                   const ValueDecl *D, const Stmt *Taken,
                                   const FunctionDecl *Taker) {
  diag(Model.context().getSourceManager().getFileLoc(Taken->getBeginLoc()),
       "'%0' takes a reference to the object in '%1', which may be dying: "
       "'%1' does not own it")
      << Taker->getNameAsString() << D->getNameAsString();
}

void WeakPointerCacheCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  findTables(Model);
  const SourceManager &SM = Model.context().getSourceManager();
  for (const WeakPlace &P : findWeakPlaces(Model)) {
    report(Model, P.Decl, P.Taken->getArg(0)->IgnoreParenCasts(), P.Taker);
    diag(SM.getFileLoc(P.Removed->getExprLoc()),
         "'%0' takes the object out only when its last reference is gone",
         DiagnosticIDs::Note)
        << P.Remover->getNameAsString();
    diag(SM.getFileLoc(P.Stored->getExprLoc()),
         "it is put in without a reference of its own here",
         DiagnosticIDs::Note);
  }
  // Containers of C++.
  for (const model::StateVariable &S : Model.state()) {
    if (!S.HoldsObjects || S.ThreadLocal || S.Generated || S.Constant ||
        !S.Decl->getType()->getAsCXXRecordDecl() ||
        (S.Kind != model::StateKind::Global &&
         S.Kind != model::StateKind::StaticLocal))
      continue;
    // Whoever gives a reference up has owned it.
    bool Owned = false;
    const model::Access *Removed = nullptr, *Stored = nullptr;
    const Stmt *Taken = nullptr;
    const FunctionDecl *Taker = nullptr;
    for (const model::Access &A : S.Accesses) {
      Owned |= A.DropsReference;
      if (!A.Function)
        continue;
      const bool Dying = endsObjects(Model, A.Function);
      const StringRef Method = methodCalled(Model, A);
      if (Dying && (A.Resets || Method == "erase" || Method == "extract")) {
        Removed = &A;
        continue;
      }
      if (Dying || !runsConcurrently(Model, A.Function, A.Where->getExprLoc()))
        continue;
      if (A.TakesReference && !A.writes()) {
        Taken = Taken ? Taken : A.Where;
        Taker = A.Function;
      } else if (Method == "find" && !Taken) {
        Taken = takesFromIterator(Model, A.Function);
        Taker = A.Function;
      } else if (A.Kind == model::AccessKind::Write && !A.Resets) {
        Stored = &A;
      }
    }
    if (Owned || !Removed || !Taken)
      continue;
    report(Model, S.Decl, Taken, Taker);
    diag(SM.getFileLoc(Removed->Where->getExprLoc()),
         "'%0' takes the object out only when its last reference is gone",
         DiagnosticIDs::Note)
        << Removed->Function->getNameAsString();
    if (Stored)
      diag(SM.getFileLoc(Stored->Where->getExprLoc()),
           "it is put in without a reference of its own here",
           DiagnosticIDs::Note);
  }
}

} // namespace pyext::refs
