//===- HandOuts.cpp - Functions that pass borrowed references on ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "flow/HandOuts.h"
#include "facts/Containers.h"
#include "flow/RefState.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;

namespace pyext::flow {

namespace {

constexpr unsigned LookupNode = 0;

/// The local variable that \p E is, or is a part of, or leads to.
const VarDecl *rootOf(const Expr *E) {
  while (E) {
    E = E->IgnoreParenCasts();
    if (const auto *M = dyn_cast<MemberExpr>(E))
      E = M->getBase();
    else if (const auto *A = dyn_cast<ArraySubscriptExpr>(E))
      E = A->getBase();
    else if (const auto *U = dyn_cast<UnaryOperator>(E))
      E = U->getSubExpr();
    else
      break;
  }
  const auto *DRE = dyn_cast_or_null<DeclRefExpr>(E);
  const auto *VD = DRE ? dyn_cast<VarDecl>(DRE->getDecl()) : nullptr;
  return VD && VD->hasLocalStorage() ? VD : nullptr;
}

/// True when a function that is given \p E can store a reference in it.
bool canBeFilled(const Expr *E) {
  const QualType T = E->IgnoreParenCasts()->getType();
  if (E->isGLValue() || T->isArrayType())
    return true;
  const auto *P = T->getAs<PointerType>();
  return P && (P->getPointeeType()->isPointerType() ||
               isa<UnaryOperator>(E->IgnoreParenCasts()));
}

} // namespace

HandOuts::HandOuts(const model::ExtensionModel &Model,
                   llvm::ArrayRef<const model::Function *> Candidates)
    : Model(Model), FlowsTo(1) {
  for (const model::Function *F : Candidates)
    visit(*F);
  Borrowed.resize(FlowsTo.size());
  std::vector<unsigned> Work{LookupNode};
  while (!Work.empty()) {
    const unsigned From = Work.back();
    Work.pop_back();
    for (unsigned To : FlowsTo[From])
      if (!Borrowed[To]) {
        Borrowed[To] = true;
        Work.push_back(To);
      }
  }
}

unsigned HandOuts::node(const Decl *D) {
  auto [It, New] = Nodes.try_emplace(D, FlowsTo.size());
  if (New)
    FlowsTo.emplace_back();
  return It->second;
}

void HandOuts::visit(const model::Function &F) {
  const unsigned Result = node(F.Decl);
  llvm::SmallVector<const Stmt *, 64> Todo{F.Decl->getBody()};
  while (!Todo.empty()) {
    const Stmt *S = Todo.pop_back_val();
    if (!S)
      continue;
    for (const Stmt *Child : S->children())
      Todo.push_back(Child);
    if (const auto *R = dyn_cast<ReturnStmt>(S)) {
      flow(R->getRetValue(), Result);
    } else if (const auto *DS = dyn_cast<DeclStmt>(S)) {
      for (const Decl *D : DS->decls())
        if (const auto *VD = dyn_cast<VarDecl>(D); VD && VD->getInit())
          flow(VD->getInit(), node(VD));
    } else if (const auto *B = dyn_cast<BinaryOperator>(S);
               B && B->getOpcode() == BO_Assign) {
      if (const VarDecl *VD = rootOf(B->getLHS()))
        flow(B->getRHS(), node(VD));
      // *out = x
      if (const auto *U =
              dyn_cast<UnaryOperator>(B->getLHS()->IgnoreParenCasts());
          U && U->getOpcode() == UO_Deref)
        flow(B->getRHS(), Result);
    } else if (const auto *Call = dyn_cast<CallExpr>(S)) {
      visitCall(Call, Result);
    }
  }
}

void HandOuts::visitCall(const CallExpr *Call, unsigned Result) {
  // h = x and h.reset(x): what a member function is given can be kept.
  const Expr *Object = nullptr;
  if (const auto *M = dyn_cast<CXXMemberCallExpr>(Call))
    Object = M->getImplicitObjectArgument();
  else if (isa<CXXOperatorCallExpr>(Call) && Call->getNumArgs() > 0)
    Object = Call->getArg(0);
  if (const VarDecl *VD = Object ? rootOf(Object) : nullptr)
    for (const Expr *A : Call->arguments())
      if (A != Object)
        flow(A, node(VD));

  unsigned From = LookupNode;
  const FunctionDecl *FD = Call->getDirectCallee();
  const IdentifierInfo *II = FD ? FD->getIdentifier() : nullptr;
  if (const model::Function *F = Model.function(FD)) {
    From = node(F->Decl);
  } else {
    const facts::BorrowedReference *Row =
        II && facts::isApiName(II->getName())
            ? facts::findBorrowed(facts::canonicalName(II->getName()))
            : nullptr;
    if (!Row || Row->Result != facts::ResultKind::OutArguments)
      return;
  }
  for (const Expr *A : Call->arguments())
    if (const VarDecl *VD = canBeFilled(A) ? rootOf(A) : nullptr) {
      connect(From, node(VD));
      if (isa<ParmVarDecl>(VD))
        connect(From, Result);
    }
}

void HandOuts::flow(const Expr *Value, unsigned To) {
  llvm::SmallVector<const Stmt *, 16> Todo{Value};
  while (!Todo.empty()) {
    const auto *E = dyn_cast_or_null<Expr>(Todo.pop_back_val());
    if (!E)
      continue;
    E = E->IgnoreParenCasts();
    if (const auto *DRE = dyn_cast<DeclRefExpr>(E)) {
      if (const VarDecl *VD = rootOf(DRE))
        connect(node(VD), To);
      continue;
    }
    if (isa<CallExpr, ArraySubscriptExpr, MemberExpr>(E)) {
      std::string Name;
      const Expr *Container;
      if (borrowedLookup(E, Model, Name, Container)) {
        connect(LookupNode, To);
        continue;
      }
    }
    if (const auto *Call = dyn_cast<CallExpr>(E)) {
      const FunctionDecl *FD = Call->getDirectCallee();
      if (const model::Function *F = Model.function(FD)) {
        connect(node(F->Decl), To);
        // handle.ptr() is the object itself.
        if (!isa<CXXMemberCallExpr, CXXOperatorCallExpr>(Call))
          continue;
      }
      // What is new is not borrowed.
      if (const IdentifierInfo *II = FD ? FD->getIdentifier() : nullptr;
          II && facts::isApiName(II->getName())) {
        StringRef Api = facts::canonicalName(II->getName());
        const facts::NewReference *New = facts::findNewReference(Api);
        const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(Api);
        if ((New && New->OutArg < 0) ||
            (Op && Op->Op == facts::RefcountOp::NewRef))
          continue;
      }
    } else if (const auto *B = dyn_cast<BinaryOperator>(E)) {
      if (B->isAssignmentOp() || B->getOpcode() == BO_Comma) {
        Todo.push_back(B->getRHS());
        if (B->isCompoundAssignmentOp())
          Todo.push_back(B->getLHS());
        continue;
      }
      if (!B->getType()->isPointerType())
        continue;
    } else if (const auto *C = dyn_cast<ConditionalOperator>(E)) {
      Todo.push_back(C->getTrueExpr());
      Todo.push_back(C->getFalseExpr());
      continue;
    } else if (const auto *O = dyn_cast<OpaqueValueExpr>(E)) {
      Todo.push_back(O->getSourceExpr());
      continue;
    } else if (const auto *D = dyn_cast<CXXDefaultArgExpr>(E)) {
      Todo.push_back(D->getExpr());
      continue;
    } else if (const auto *SE = dyn_cast<StmtExpr>(E)) {
      if (const CompoundStmt *Body = SE->getSubStmt(); !Body->body_empty())
        Todo.push_back(Body->body_back());
      continue;
    } else if (const auto *U = dyn_cast<UnaryOperator>(E);
               U && U->getOpcode() == UO_AddrOf) {
      // What is stored through the pointer is in the variable.
      if (const VarDecl *VD = rootOf(U->getSubExpr()))
        connect(To, node(VD));
    }
    for (const Stmt *Child : E->children())
      Todo.push_back(Child);
  }
}

} // namespace pyext::flow
