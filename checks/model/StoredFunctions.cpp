//===- StoredFunctions.cpp ------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/StoredFunctions.h"
#include "facts/ModelCalls.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace clang;

namespace pyext::model {

static const ValueDecl *pointerOf(const Expr *E) {
  E = E->IgnoreParens();
  const ValueDecl *D = nullptr;
  if (const auto *M = dyn_cast<MemberExpr>(E)) {
    D = dyn_cast<FieldDecl>(M->getMemberDecl());
    // Python calls what is in its own tables.
    if (D && D->getIdentifier() && facts::findTypeSlotByField(D->getName()))
      return nullptr;
  } else if (const auto *R = dyn_cast<DeclRefExpr>(E)) {
    const auto *VD = dyn_cast<VarDecl>(R->getDecl());
    D = VD && VD->hasLocalStorage() ? VD : nullptr;
  }
  // The interpreter calls it through the offset that the type has for it.
  if (D)
    if (const auto *TT = D->getType()->getAs<TypedefType>();
        TT && TT->getDecl()->getName() == "vectorcallfunc")
      return nullptr;
  return D && D->getType()->isFunctionPointerType()
             ? cast<ValueDecl>(D->getCanonicalDecl())
             : nullptr;
}

const ValueDecl *StoredFunctions::target(ArrayRef<const Stmt *> Path) {
  const Stmt *Child = Path.back();
  for (const Stmt *P : llvm::reverse(Path.drop_back())) {
    if (isa<CastExpr, ParenExpr, ConditionalOperator>(P) ||
        (isa<UnaryOperator>(P) &&
         cast<UnaryOperator>(P)->getOpcode() == UO_AddrOf)) {
      Child = P;
      continue;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(P))
      return B->getOpcode() == BO_Assign && B->getRHS() == Child
                 ? pointerOf(B->getLHS())
                 : nullptr;
    if (const auto *D = dyn_cast<DeclStmt>(P))
      for (const Decl *Each : D->decls())
        if (const auto *VD = dyn_cast<VarDecl>(Each);
            VD && VD->getInit() == Child && VD->hasLocalStorage() &&
            VD->getType()->isFunctionPointerType())
          return VD->getCanonicalDecl();
    return nullptr;
  }
  return nullptr;
}

bool StoredFunctions::stores(Function *F, const DeclRefExpr *E,
                             ArrayRef<const Stmt *> Path) {
  const ValueDecl *D = target(Path);
  if (!D)
    return false;
  Stored &S = Functions[F];
  S.Where = E;
  S.In.push_back(D);
  S.Code = true;
  return true;
}

bool StoredFunctions::storesInTable(Function *F, const DeclRefExpr *E,
                                    ArrayRef<const Stmt *> Path) {
  const Stmt *Child = E;
  for (const Stmt *P : llvm::reverse(Path.drop_back())) {
    const auto *List = dyn_cast<InitListExpr>(P);
    if (!List) {
      if (!isa<CastExpr, ParenExpr, UnaryOperator>(P))
        return false;
      Child = P;
      continue;
    }
    const RecordDecl *RD = List->getType()->getAsRecordDecl();
    if (!RD || RD->isUnion())
      return false;
    unsigned I = 0;
    for (const FieldDecl *FD : RD->fields()) {
      if (I < List->getNumInits() && List->getInit(I) == Child) {
        if (!FD->getType()->isFunctionPointerType())
          return false;
        Stored &S = Functions[F];
        S.Where = E;
        S.In.push_back(cast<ValueDecl>(FD->getCanonicalDecl()));
        S.Table = true;
        return true;
      }
      ++I;
    }
    return false;
  }
  return false;
}

bool StoredFunctions::passes(Function *F, const DeclRefExpr *E,
                             const CallExpr *Call, const CallSite &AsIf) {
  const FunctionDecl *Body = nullptr;
  if (!Call->getDirectCallee() || !Call->getDirectCallee()->hasBody(Body))
    return false;
  for (unsigned I = 0; I < Call->getNumArgs() && I < Body->getNumParams(); ++I) {
    const Expr *Arg = Call->getArg(I)->IgnoreParenCasts();
    if (const auto *U = dyn_cast<UnaryOperator>(Arg))
      Arg = U->getSubExpr()->IgnoreParenCasts();
    const ParmVarDecl *P = Body->getParamDecl(I);
    if (Arg != E || !P->getType()->isFunctionPointerType())
      continue;
    Stored &S = Functions[F];
    S.Where = E;
    S.In.push_back(P);
    S.AsIf.push_back(AsIf);
    return true;
  }
  return false;
}

void StoredFunctions::uses(const ValueDecl *D, const FunctionDecl *Caller,
                           ArrayRef<const Stmt *> Path) {
  const auto *E = dyn_cast<Expr>(Path.back());
  if (!E || !(D = pointerOf(E)))
    return;
  const Stmt *Child = E;
  for (const Stmt *P : llvm::reverse(Path.drop_back())) {
    if (isa<CastExpr, ParenExpr>(P) ||
        (isa<UnaryOperator>(P) &&
         cast<UnaryOperator>(P)->getOpcode() == UO_Deref)) {
      Child = P;
      continue;
    }
    if (const auto *Call = dyn_cast<CallExpr>(P); Call && Call->getCallee() == Child) {
      if (Caller)
        Pointers[D].Calls.push_back({Call, Caller, nullptr, Call, {}});
      return;
    }
    // A parameter of a function of this file, or of another one.
    if (const auto *Call = dyn_cast<CallExpr>(P)) {
      const FunctionDecl *Callee = Call->getDirectCallee(), *Body = nullptr;
      unsigned I = 0;
      while (I < Call->getNumArgs() && Call->getArg(I) != Child)
        ++I;
      if (Callee && Callee->hasBody(Body) && I < Call->getNumArgs() &&
          I < Body->getNumParams() &&
          Body->getParamDecl(I)->getType()->isFunctionPointerType()) {
        Pointers[D].CopiedTo.push_back(Body->getParamDecl(I));
        return;
      }
      break;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(P)) {
      if (B->isComparisonOp() || B->isLogicalOp() ||
          (B->getOpcode() == BO_Assign && B->getLHS() == Child))
        return;
    } else if (const auto *U = dyn_cast<UnaryOperator>(P)) {
      if (U->getOpcode() == UO_LNot)
        return;
    } else if (isa<IfStmt, WhileStmt, ForStmt, DoStmt>(P)) {
      return;
    } else if (const auto *C = dyn_cast<ConditionalOperator>(P);
               C && C->getCond() == Child) {
      return;
    }
    break;
  }
  if (const ValueDecl *To = target(Path))
    Pointers[D].CopiedTo.push_back(To);
  else
    Pointers[D].Escapes = true;
}

static void add(Function *F, const CallSite &Site,
                llvm::function_ref<Function *(const FunctionDecl *)> Find) {
  F->Callers.push_back(Site);
  if (Function *Caller = Find(Site.Caller))
    Caller->Calls.push_back(Site);
}

void StoredFunctions::conclude(
    llvm::function_ref<Function *(const FunctionDecl *)> Find,
    llvm::DenseMap<const FunctionDecl *, const DeclRefExpr *> &Unknown) {
  for (auto &[F, S] : Functions) {
    llvm::SmallPtrSet<const ValueDecl *, 8> Seen;
    llvm::SmallVector<const ValueDecl *, 8> Work(S.In.begin(), S.In.end());
    std::vector<CallSite> Calls;
    bool Escapes = false;
    while (!Work.empty()) {
      const ValueDecl *D = Work.pop_back_val();
      if (!Seen.insert(D).second)
        continue;
      if (const auto *P = dyn_cast<ParmVarDecl>(D))
        Escapes |= !Find(cast<FunctionDecl>(P->getDeclContext()));
      auto It = Pointers.find(D);
      if (It == Pointers.end())
        continue;
      Escapes |= It->second.Escapes;
      Calls.insert(Calls.end(), It->second.Calls.begin(), It->second.Calls.end());
      Work.append(It->second.CopiedTo.begin(), It->second.CopiedTo.end());
    }
    if (Escapes || Calls.empty()) {
      for (const CallSite &Site : S.AsIf)
        add(F, Site, Find);
      if (S.Table)
        Unknown.try_emplace(F->Decl, S.Where);
      if (!S.Code)
        continue;
      F->AddressTaken = true;
      if (!F->HandedOver)
        F->HandedOver = S.Where;
      continue;
    }
    for (CallSite Site : Calls) {
      Site.Callee = F->Decl;
      if (const IdentifierInfo *II = F->Decl->getIdentifier())
        Site.Name = facts::canonicalName(II->getName());
      add(F, Site, Find);
    }
  }
}

} // namespace pyext::model
