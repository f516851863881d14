//===- Initializers.cpp ---------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/Initializers.h"
#include "model/Preprocessing.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

const Expr *stripped(const Expr *E) {
  while (E) {
    const Expr *Next = E->IgnoreParenCasts()->IgnoreImplicit();
    if (const auto *C = dyn_cast<CXXConstructExpr>(Next);
        C && C->getNumArgs() == 1)
      Next = C->getArg(0);
    if (Next == E)
      break;
    E = Next;
  }
  return E;
}

template <class DeclT> static const DeclT *declOf(const Expr *E) {
  E = stripped(E);
  if (const auto *U = dyn_cast_or_null<UnaryOperator>(E);
      U && (U->getOpcode() == UO_AddrOf || U->getOpcode() == UO_Deref))
    E = stripped(U->getSubExpr());
  // &array[0]
  if (const auto *A = dyn_cast_or_null<ArraySubscriptExpr>(E))
    E = stripped(A->getBase());
  if (const auto *R = dyn_cast_or_null<DeclRefExpr>(E))
    return dyn_cast<DeclT>(R->getDecl());
  return nullptr;
}

const FunctionDecl *functionOf(const Expr *E) {
  if (const auto *L = dyn_cast_or_null<LambdaExpr>(E ? stripped(E) : nullptr))
    return L->getCallOperator();
  return declOf<FunctionDecl>(E);
}
const VarDecl *variableOf(const Expr *E) { return declOf<VarDecl>(E); }

/// False for what is read from a variable or called at run time: most
/// expressions are, and clang takes long to find that out.
static bool mayBeConstant(const Expr *E, unsigned Depth = 0) {
  E = E->IgnoreParenCasts();
  if (Depth > 16)
    return true;
  auto May = [&](const Expr *Part) { return mayBeConstant(Part, Depth + 1); };
  if (const auto *Ref = dyn_cast<clang::DeclRefExpr>(E)) {
    const auto *V = dyn_cast<clang::VarDecl>(Ref->getDecl());
    return !V || V->isConstexpr() || V->getType()->isReferenceType() ||
           V->getType().isConstQualified();
  }
  if (const auto *M = dyn_cast<clang::MemberExpr>(E))
    return !isa<clang::FieldDecl>(M->getMemberDecl()) || May(M->getBase());
  if (const auto *U = dyn_cast<clang::UnaryOperator>(E))
    return U->getOpcode() == clang::UO_AddrOf || May(U->getSubExpr());
  if (const auto *B = dyn_cast<clang::BinaryOperator>(E)) {
    if (B->isAssignmentOp())
      return false;
    // `x && 0` is 0, and of `f(), 0` only the last part counts.
    if (B->isLogicalOp() || B->isCommaOp())
      return May(B->getLHS()) || May(B->getRHS());
    return May(B->getLHS()) && May(B->getRHS());
  }
  if (const auto *Call = dyn_cast<clang::CallExpr>(E)) {
    const clang::FunctionDecl *FD = Call->getDirectCallee();
    return FD && (FD->isConstexpr() || FD->getBuiltinID() != 0);
  }
  return true;
}

std::optional<int64_t> integerOf(const Expr *E, const ASTContext &Context) {
  if (!E || E->isValueDependent() || !mayBeConstant(E))
    return std::nullopt;
  Expr::EvalResult R;
  if (E->EvaluateAsInt(R, Context))
    return R.Val.getInt().tryExtValue(); // An unsigned one can be too large.
  // (void *)1
  E = E->IgnoreParenCasts();
  if (E->getType()->isIntegralOrEnumerationType() &&
      E->EvaluateAsInt(R, Context))
    return R.Val.getInt().tryExtValue();
  return std::nullopt;
}

std::string stringOf(const Expr *E) {
  if (const auto *S = dyn_cast_or_null<clang::StringLiteral>(E ? stripped(E) : nullptr);
      S && S->getCharByteWidth() == 1)
    return S->getString().str();
  return "";
}

template <class Node>
static const Node *findNode(const Stmt *S, unsigned Depth = 0) {
  if (!S || Depth > 32)
    return nullptr;
  if (const auto *N = dyn_cast<Node>(S))
    return N;
  for (const Stmt *Child : S->children())
    if (const Node *N = findNode<Node>(Child, Depth + 1))
      return N;
  return nullptr;
}

const RecordDecl *sizeofRecord(const Expr *E) {
  const auto *T = findNode<UnaryExprOrTypeTraitExpr>(E);
  if (!T || T->getKind() != UETT_SizeOf)
    return nullptr;
  return T->getTypeOfArgument()->getAsRecordDecl();
}

const FieldDecl *offsetofField(const Expr *E) {
  const auto *O = findNode<OffsetOfExpr>(E);
  if (!O || !O->getNumComponents() ||
      O->getComponent(0).getKind() != OffsetOfNode::Field)
    return nullptr;
  return O->getComponent(0).getField();
}

bool isNullOrZero(const Expr *E, const ASTContext &Context) {
  if (!E || E->isValueDependent() || E->isTypeDependent())
    return false;
  E = E->IgnoreParenCasts();
  if (isa<CXXNullPtrLiteralExpr, GNUNullExpr>(E))
    return true;
  // A braced list has no type before it is known what it initialises.
  if (E->getType().isNull() || !E->getType()->isIntegralOrEnumerationType())
    return false;
  std::optional<int64_t> V = integerOf(E, Context);
  return V && *V == 0;
}

const InitListExpr *initializerList(const VarDecl *VD) {
  const Expr *Init = VD->getInit();
  if (!Init)
    return nullptr;
  const auto *List = dyn_cast<InitListExpr>(Init->IgnoreImplicit());
  if (List && List->isSyntacticForm() && List->getSemanticForm())
    List = List->getSemanticForm();
  return List;
}

const Expr *fieldInit(const InitListExpr *List, StringRef Name) {
  const RecordDecl *RD = List->getType()->getAsRecordDecl();
  if (!RD || RD->isUnion())
    return nullptr;
  unsigned I = 0;
  if (const auto *CXX = dyn_cast<CXXRecordDecl>(RD); CXX && CXX->hasDefinition())
    I = CXX->getNumBases();
  for (const FieldDecl *F : RD->fields()) {
    if (F->isUnnamedBitField())
      continue;
    if (I >= List->getNumInits())
      return nullptr;
    if (F->getName() == Name) {
      const Expr *E = List->getInit(I);
      return isa<ImplicitValueInitExpr>(E) ? nullptr : E;
    }
    // An anonymous union as in PySlot: its initialised member is a list.
    if (F->isAnonymousStructOrUnion())
      if (const auto *Inner = dyn_cast<InitListExpr>(List->getInit(I)))
        if (const FieldDecl *In = Inner->getInitializedFieldInUnion();
            In && In->getName() == Name && Inner->getNumInits())
          return Inner->getInit(0);
    ++I;
  }
  return nullptr;
}

const InitListExpr *compoundLiteral(const Expr *E) {
  const auto *Literal = dyn_cast<CompoundLiteralExpr>(stripped(E));
  return Literal ? dyn_cast<InitListExpr>(Literal->getInitializer()) : nullptr;
}

void forEachElement(const VarDecl *Array,
                    function_ref<void(const InitListExpr *)> Visit) {
  const InitListExpr *List = initializerList(Array);
  if (List && Array->getType()->isArrayType())
    forEachElement(List, Visit);
}

void forEachElement(const InitListExpr *List,
                    function_ref<void(const InitListExpr *)> Visit) {
  for (const Expr *E : List->inits())
    if (const auto *Element = dyn_cast<InitListExpr>(E->IgnoreImplicit()))
      Visit(Element);
}

std::string elementTypeName(QualType QT) {
  while (true) {
    if (const auto *A = QT->getAsArrayTypeUnsafe())
      QT = A->getElementType();
    else if (QT->isPointerType())
      QT = QT->getPointeeType();
    else
      break;
  }
  QT = QT.getUnqualifiedType();
  if (const auto *T = QT->getAs<TypedefType>())
    return T->getDecl()->getNameAsString();
  if (const RecordDecl *RD = QT->getAsRecordDecl()) {
    if (const auto *Named = RD->getTypedefNameForAnonDecl())
      return Named->getNameAsString();
    return RD->getQualifiedNameAsString();
  }
  return QT.getAsString();
}

} // namespace pyext::model
