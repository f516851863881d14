//===- Allocations.cpp ----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/Allocations.h"
#include "model/Initializers.h"
#include "clang/AST/DeclCXX.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

/// The variable or the field that the expression is; null for anything else.
static const ValueDecl *declOf(const Expr *E) {
  E = E ? stripped(E) : nullptr;
  if (const auto *Ref = dyn_cast_or_null<DeclRefExpr>(E))
    return dyn_cast<VarDecl>(Ref->getDecl());
  if (const auto *M = dyn_cast_or_null<MemberExpr>(E))
    return dyn_cast<FieldDecl>(M->getMemberDecl());
  return nullptr;
}

static StringRef nameOf(const FunctionDecl *FD) {
  return FD && FD->getIdentifier() ? facts::canonicalName(FD->getName())
                                   : StringRef();
}

/// Reads one body.
class Allocations::Visitor {
public:
  Visitor(Allocations &All, const ExtensionModel &Model)
      : All(All), Model(Model) {}

  void visit(const Stmt *S, unsigned Depth = 0);
  void finish();

private:
  void store(const ValueDecl *To, const Expr *Value);
  static const CallExpr *allocationIn(const Expr *E,
                                      const facts::Allocation *&Api) {
    const auto *Call = dyn_cast_or_null<CallExpr>(E ? stripped(E) : nullptr);
    Api = Call ? facts::findAllocation(nameOf(Call->getDirectCallee())) : nullptr;
    if (Api && Api->Op == facts::AllocationOp::Free)
      Api = nullptr;
    return Api ? Call : nullptr;
  }

  Allocations &All;
  const ExtensionModel &Model;
  /// Assignments of one place to another: local variables first.
  std::vector<std::pair<const ValueDecl *, const ValueDecl *>> Copies;
  DenseMap<const ValueDecl *, SmallVector<AllocationSite, 2>> Allocs, Frees;
  DenseMap<const ValueDecl *, unsigned> Stores;
  DenseMap<const ValueDecl *, const CallExpr *> Inits;
  SmallVector<const ValueDecl *, 8> Order;
  DenseSet<const ValueDecl *> Seen, Escaping;
  void note(const ValueDecl *D) {
    if (Seen.insert(D).second)
      Order.push_back(D);
  }
};

static const ValueDecl *canonical(const ValueDecl *D) {
  return cast<ValueDecl>(D->getCanonicalDecl());
}

void Allocations::Visitor::store(const ValueDecl *To, const Expr *Value) {
  To = canonical(To);
  // p = cond ? malloc(n) : NULL
  if (const auto *Cond =
          dyn_cast_or_null<ConditionalOperator>(Value ? stripped(Value) : nullptr)) {
    store(To, Cond->getTrueExpr());
    store(To, Cond->getFalseExpr());
    return;
  }
  if (isNullOrZero(Value, Model.context()))
    return;
  ++Stores[To];
  const facts::Allocation *Api = nullptr;
  if (const CallExpr *Call = allocationIn(Value, Api)) {
    note(To);
    Allocs[To].push_back(
        {Call, Api,
         facts::hasRole(Api->Name, facts::ApiRole::MakesObject) ||
             facts::hasRole(Api->Name, facts::ApiRole::MakesGcObject)});
  } else if (const ValueDecl *From = declOf(Value)) {
    Copies.push_back({To, canonical(From)});
  }
}

void Allocations::Visitor::visit(const Stmt *S, unsigned Depth) {
  if (!S || isa<UnaryExprOrTypeTraitExpr>(S) || Depth > 1000)
    return;
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    for (const Decl *Each : D->decls())
      if (const auto *VD = dyn_cast<VarDecl>(Each); VD && VD->getInit())
        store(VD, VD->getInit());
  } else if (const auto *B = dyn_cast<BinaryOperator>(S)) {
    if (B->getOpcode() == BO_Assign) {
      if (const ValueDecl *To = declOf(B->getLHS()))
        store(To, B->getRHS());
      else if (const ValueDecl *From = declOf(B->getRHS()))
        Escaping.insert(canonical(From));
    }
  } else if (const auto *R = dyn_cast<ReturnStmt>(S)) {
    if (const ValueDecl *From = declOf(R->getRetValue()))
      Escaping.insert(canonical(From));
  } else if (const auto *New = dyn_cast<CXXNewExpr>(S)) {
    const CXXRecordDecl *RD = New->getAllocatedType()->getAsCXXRecordDecl();
    const FunctionDecl *Operator = New->getOperatorNew();
    if (RD && ExtensionModel::isObjectRecord(RD) && !New->getNumPlacementArgs() &&
        !(Operator && isa<CXXMethodDecl>(Operator)))
      All.News.push_back(New);
  } else if (const auto *Call = dyn_cast<CallExpr>(S)) {
    const StringRef Name = nameOf(Call->getDirectCallee());
    const facts::Allocation *Api = facts::findAllocation(Name);
    if (Api && Api->Op != facts::AllocationOp::Alloc && Call->getNumArgs()) {
      if (const ValueDecl *D = declOf(Call->getArg(0))) {
        note(canonical(D));
        Frees[canonical(D)].push_back({Call, Api});
      }
    } else if (facts::hasRole(Name, facts::ApiRole::InitsObject) &&
               Call->getNumArgs()) {
      if (const ValueDecl *D = declOf(Call->getArg(0))) {
        note(canonical(D));
        Inits[canonical(D)] = Call;
      }
    }
  }
  for (const Stmt *Child : S->children())
    visit(Child, Depth + 1);
}

void Allocations::Visitor::finish() {
  auto IsLocal = [](const ValueDecl *D) {
    const auto *VD = dyn_cast<VarDecl>(D);
    return VD && VD->hasLocalStorage();
  };
  // What a local variable points to is stored in a field, or comes from one.
  for (const auto &[To, From] : Copies) {
    if (IsLocal(From) && !IsLocal(To)) {
      if (Allocs.count(From)) {
        note(To);
        for (AllocationSite Site : SmallVector<AllocationSite, 2>(Allocs[From]))
          Allocs[To].push_back(Site);
      }
      Escaping.insert(From);
    } else if (IsLocal(To) && !IsLocal(From) && Frees.count(To)) {
      const bool Only = Stores.lookup(To) == 1;
      if (!Only)
        continue;
      note(From);
      for (AllocationSite Site : SmallVector<AllocationSite, 2>(Frees[To]))
        Frees[From].push_back(Site);
    } else if (IsLocal(To) && IsLocal(From)) {
      Escaping.insert(From);
      if (Stores.lookup(To) == 1 && Allocs.count(From) && Frees.count(To)) {
        note(To);
        for (AllocationSite Site : SmallVector<AllocationSite, 2>(Allocs[From]))
          Allocs[To].push_back(Site);
      }
    }
  }
  DenseMap<const CallExpr *, unsigned> Uses;
  for (const ValueDecl *D : Order)
    for (const AllocationSite &Site : Frees.lookup(D))
      ++Uses[Site.Call];
  for (const ValueDecl *D : Order) {
    MemoryHolder &P = All.placeOf(D);
    for (AllocationSite Site : Allocs.lookup(D))
      P.Allocs.push_back(Site);
    for (AllocationSite Site : Frees.lookup(D)) {
      Site.Shared = Uses[Site.Call] > 2;
      P.Frees.push_back(Site);
    }
    if (const CallExpr *Init = Inits.lookup(D))
      P.Initialized = Init;
    P.Escapes |= Escaping.contains(D);
  }
}

MemoryHolder &Allocations::placeOf(const ValueDecl *D) {
  auto [It, New] = Index.try_emplace(D, Places.size());
  if (New) {
    Places.emplace_back();
    Places.back().Decl = D;
  }
  return Places[It->second];
}

Allocations::Allocations(const ExtensionModel &Model) {
  for (const auto &F : Model.functions()) {
    if (F->Generated)
      continue;
    const bool Any = any_of(F->Calls, [](const CallSite &Site) {
      return Site.Callee && Site.Callee->getIdentifier() &&
             (facts::findAllocation(
                  Site.Name) ||
              facts::hasRole(Site.Name,
                             facts::ApiRole::InitsObject));
    });
    if (!Any && !Model.context().getLangOpts().CPlusPlus)
      continue;
    Visitor V(*this, Model);
    V.visit(F->Decl->getBody());
    V.finish();
  }
}

} // namespace pyext::model
