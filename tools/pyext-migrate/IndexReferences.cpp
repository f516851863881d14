//===- IndexReferences.cpp - Mentions of variables and functions ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexer.h"
#include "facts/ApiRoles.h"
#include "facts/ProcessState.h"
#include "Pointers.h"

using namespace clang;
using namespace llvm;

namespace pyext::migrate {

DynTypedNode Indexer::parent(const DynTypedNode &N) {
  auto Parents = Context.getParents(N);
  return Parents.empty() ? DynTypedNode() : Parents[0];
}

const Stmt *Indexer::parentStmt(const Stmt *S) {
  return parent(DynTypedNode::create(*S)).get<Stmt>();
}

bool Indexer::VisitMemberExpr(MemberExpr *E) {
  Place P = token(E->getMemberLoc());
  if (P.valid())
    I.OtherNames[P.File].insert(P.Begin);
  return true;
}

void Indexer::noteOtherToken(SourceLocation Loc) {
  if (Place P = token(Loc); P.valid())
    I.OtherNames[P.File].insert(P.Begin);
}

bool Indexer::VisitOffsetOfExpr(OffsetOfExpr *E) {
  for (unsigned N = 0; N < E->getNumComponents(); ++N)
    if (E->getComponent(N).getKind() == OffsetOfNode::Field)
      noteOtherToken(E->getComponent(N).getEndLoc());
  return true;
}

bool Indexer::VisitGotoStmt(GotoStmt *S) {
  noteOtherToken(S->getLabelLoc());
  return true;
}

bool Indexer::VisitLabelStmt(LabelStmt *S) {
  noteOtherToken(S->getIdentLoc());
  return true;
}

bool Indexer::VisitTypedefTypeLoc(TypedefTypeLoc TL) {
  noteOtherToken(TL.getNameLoc());
  return true;
}

bool Indexer::VisitTagTypeLoc(TagTypeLoc TL) {
  noteOtherToken(TL.getNameLoc());
  return true;
}

bool Indexer::VisitDesignatedInitExpr(DesignatedInitExpr *E) {
  for (const DesignatedInitExpr::Designator &D : E->designators())
    if (D.isFieldDesignator()) {
      Place P = token(D.getFieldLoc());
      if (P.valid())
        I.OtherNames[P.File].insert(P.Begin);
    }
  return true;
}

bool Indexer::VisitDeclRefExpr(DeclRefExpr *E) {
  if (auto *VD = dyn_cast<VarDecl>(E->getDecl())) {
    if (VD->hasGlobalStorage() && ours(VD))
      noteReference(E, VD);
    else {
      Place P = token(E->getLocation());
      if (P.valid())
        I.OtherNames[P.File].insert(P.Begin);
    }
  } else if (auto *FD = dyn_cast<FunctionDecl>(E->getDecl())) {
    if (ours(FD) && !Callees.count(E))
      noteEscape(E, FD);
    Place P = token(E->getLocation());
    if (P.valid())
      I.OtherNames[P.File].insert(P.Begin);
  } else {
    Place P = token(E->getLocation());
    if (P.valid())
      I.OtherNames[P.File].insert(P.Begin);
  }
  return true;
}

void Indexer::noteReference(const DeclRefExpr *E, const VarDecl *VD) {
  Variable &V = I.Variables[keyOf(VD)];
  if (V.Key.empty())
    noteVariable(VD);
  Reference R;
  R.Token = token(E->getLocation());
  if (!R.Token.valid())
    R.Pasted = pastedAt(E->getLocation());
  if (Current)
    R.Function = keyOf(Current);
  if (Table) {
    R.Table = keyOf(Table);
    if (isTypeObject(Table->getType()))
      if (const InitListExpr *List = model::initializerList(Table))
        for (const char *Field : {"tp_base"})
          if (const Expr *Init = model::fieldInit(List, Field))
            if (model::variableOf(Init) == VD)
              R.TableField = Field;
  }
  // What is around it.
  const Stmt *S = E;
  const Stmt *P = parentStmt(S);
  while (P && isa<ParenExpr>(P)) {
    S = P;
    P = parentStmt(P);
  }
  if (const auto *U = dyn_cast_or_null<UnaryOperator>(P)) {
    const Place At = R.Token.valid() ? R.Token : R.Pasted;
    if (U->getOpcode() == UO_AddrOf && At.valid()) {
      Place Amp = token(U->getOperatorLoc());
      if (Amp.File == At.File && Amp.Begin < At.Begin) {
        StringRef Between =
            StringRef(I.Files[Amp.File].Text).slice(Amp.End, At.Begin);
        if (Between.trim(" \t").empty())
          R.AddressOf = Amp;
      }
    }
  } else if (const auto *M = dyn_cast_or_null<MemberExpr>(P)) {
    if (!M->isArrow() && R.Token.valid()) {
      Place Dot = token(M->getOperatorLoc());
      if (Dot.File == R.Token.File && Dot.Begin >= R.Token.End &&
          StringRef(I.Files[Dot.File].Text)
              .slice(R.Token.End, Dot.Begin)
              .trim(" \t")
              .empty())
        R.Member = Dot;
    }
  }
  R.Writes = Current && writes(E);
  V.OtherUse |= !usesAsTable(E);
  V.MoreThanRead |= !onlyReads(E);
  if (Current)
    R.Returning = returningIf(E);
  if (Current && V.Instance)
    noteInstanceUse(E, R);
  if (Current && R.AddressOf.valid())
    R.InCapsule = inCapsule(E);
  for (Reference &Old : V.References)
    if (Old.Token == R.Token && Old.Pasted == R.Pasted &&
        Old.Function == R.Function) {
      Old.Writes |= R.Writes;
      Old.Keeps |= R.Keeps;
      Old.InCapsule |= R.InCapsule;
      Old.Increments |= R.Increments;
      Old.KeptIn.insert(Old.KeptIn.end(), R.KeptIn.begin(), R.KeptIn.end());
      return;
    }
  V.References.push_back(std::move(R));
}

Place Indexer::returningIf(const Expr *E) {
  const Stmt *S = E;
  for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
    if (isa<ParenExpr>(P) || isa<CastExpr>(P))
      continue;
    if (const auto *B = dyn_cast<BinaryOperator>(P))
      if ((B->getOpcode() == BO_NE &&
           model::isNullOrZero(B->getLHS() == S ? B->getRHS() : B->getLHS(),
                               Context)) ||
          (B->getOpcode() == BO_Assign && B->getRHS() == S))
        continue;
    const auto *If = dyn_cast<IfStmt>(P);
    if (!If || If->getCond() != S || If->getElse() ||
        !returnsAlways(If->getThen()))
      return {};
    const Stmt *Up = parentStmt(If);
    return Up && isa<CompoundStmt>(Up)
               ? withSemicolon(written(If->getSourceRange()))
               : Place();
  }
  return {};
}

bool Indexer::returnsAlways(const Stmt *S) {
  if (const auto *Block = dyn_cast<CompoundStmt>(S))
    return !Block->body_empty() && returnsAlways(Block->body_back());
  return isa<ReturnStmt>(S);
}

std::vector<Place> Indexer::returnsAgain(const CallExpr *C) {
  if (Place If = returningIf(C); If.valid())
    return {If};
  const Stmt *S = C, *P = parentStmt(S);
  std::string Name;
  for (;; S = P, P = parentStmt(P)) {
    DynTypedNode N = parent(DynTypedNode::create(*S));
    if (const auto *VD = N.get<VarDecl>()) {
      Name = VD->getNameAsString();
      P = parent(N).get<Stmt>();
      if (const auto *DS = dyn_cast_or_null<DeclStmt>(P);
          !DS || !DS->isSingleDecl())
        return {};
      S = P;
      P = parentStmt(P);
      break;
    }
    if (!P)
      return {};
    if (isa<CompoundStmt>(P))
      break;
    if (const auto *B = dyn_cast<BinaryOperator>(P)) {
      const auto *D = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParenCasts());
      if (B->getOpcode() != BO_Assign || !D || !Name.empty())
        return {};
      Name = D->getDecl()->getNameAsString();
    } else if (!isa<ParenExpr>(P) && !isa<CastExpr>(P)) {
      return {};
    }
  }
  const auto *Block = dyn_cast_or_null<CompoundStmt>(P);
  if (!Block || Name.empty())
    return {};
  const auto *At = llvm::find(Block->body(), S);
  if (At == Block->body_end() || At + 1 == Block->body_end())
    return {};
  const auto *If = dyn_cast<IfStmt>(*(At + 1));
  if (!If || If->getElse() || !returnsAlways(If->getThen()))
    return {};
  const Expr *Cond = If->getCond()->IgnoreParenImpCasts();
  if (const auto *B = dyn_cast<BinaryOperator>(Cond);
      B && B->getOpcode() == BO_NE && model::isNullOrZero(B->getRHS(), Context))
    Cond = B->getLHS()->IgnoreParenCasts();
  const auto *D = dyn_cast<DeclRefExpr>(Cond);
  if (!D || identifierOf(D->getDecl()) != Name)
    return {};
  Place First = withSemicolon(written(S->getSourceRange()));
  Place Second = withSemicolon(written(If->getSourceRange()));
  if (!First.valid() || !Second.valid())
    return {};
  return {First, Second};
}

Place Indexer::pastedAt(SourceLocation Loc) {
  for (unsigned N = 0; N < 8 && SM.isMacroArgExpansion(Loc); ++N)
    Loc = SM.getImmediateSpellingLoc(Loc);
  if (!Loc.isMacroID() || !SM.isWrittenInScratchSpace(SM.getSpellingLoc(Loc)))
    return {};
  Place P = token(SM.getImmediateExpansionRange(Loc).getBegin());
  if (!P.valid())
    return {};
  StringRef Rest = StringRef(I.Files[P.File].Text).substr(P.End).ltrim();
  return Rest.starts_with("##") ? P : Place();
}

bool Indexer::writes(const Expr *E) {
  const Stmt *S = E;
  for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
    if (isa<ParenExpr>(P))
      continue;
    if (const auto *M = dyn_cast<MemberExpr>(P)) {
      if (M->isArrow())
        return false;
      continue;
    }
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(P)) {
      if (A->getBase()->IgnoreParenImpCasts()->getType()->isArrayType() &&
          A->getBase()->IgnoreParens() != nullptr)
        continue;
      return false;
    }
    if (const auto *C = dyn_cast<ImplicitCastExpr>(P)) {
      if (C->getCastKind() == CK_ArrayToPointerDecay) {
        const Stmt *Up = parentStmt(C);
        if (Up && isa<ArraySubscriptExpr>(Up))
          continue;
        // `const char *text = array;`
        const auto *As = dyn_cast_or_null<ImplicitCastExpr>(Up);
        return !As || !As->getType()->isPointerType() ||
               !As->getType()->getPointeeType().isConstQualified();
      }
      return false;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(P))
      return B->isAssignmentOp() && B->getLHS() == S;
    if (const auto *U = dyn_cast<UnaryOperator>(P))
      return U->isIncrementDecrementOp() || U->getOpcode() == UO_AddrOf;
    return false;
  }
  return false;
}

bool Indexer::isInstance(QualType T) {
  const RecordDecl *RD =
      T->isPointerType() ? T->getPointeeType()->getAsRecordDecl() : nullptr;
  return RD && RD->getName() != "_object" &&
         model::ExtensionModel::isObjectRecord(RD);
}

void Indexer::noteEscape(const DeclRefExpr *E, const FunctionDecl *FD) {
  Place At = token(E->getLocation());
  std::string Where, Foreign;
  bool Back = false;
  if (Table) {
    std::string Type = model::elementTypeName(Table->getType());
    static const std::set<StringRef> Tables{
        "PyMethodDef",     "PyGetSetDef",       "PyType_Slot",
        "PyTypeObject",    "PyModuleDef_Slot",  "PyModuleDef",
        "PyNumberMethods", "PySequenceMethods", "PyMappingMethods",
        "PyAsyncMethods",  "PyBufferProcs",     "_typeobject"};
    if (Tables.count(Type))
      return;
    Where = "it is stored in '" + Table->getNameAsString() + "'";
  } else {
    // T.tp_x = f is a slot.
    const Stmt *P = parentStmt(E);
    while (P && (isa<ParenExpr>(P) || isa<CastExpr>(P) ||
                 (isa<UnaryOperator>(P) &&
                  cast<UnaryOperator>(P)->getOpcode() == UO_AddrOf)))
      P = parentStmt(P);
    if (const auto *B = dyn_cast_or_null<BinaryOperator>(P)) {
      if (B->isComparisonOp())
        return;
      if (B->isAssignmentOp())
        if (const auto *D =
                dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParenCasts());
            D && facts::findProcessHook(identifierOf(D->getDecl())))
          Foreign = D->getDecl()->getNameAsString();
      if (B->isAssignmentOp())
        if (const auto *M =
                dyn_cast<MemberExpr>(B->getLHS()->IgnoreParenCasts())) {
          StringRef Field = identifierOf(M->getMemberDecl());
          if (Field == "sa_handler" || Field == "sa_sigaction")
            Foreign = "sigaction";
          if (facts::findTypeSlotByField(Field) && !M->isArrow())
            return;
          const auto *T = M->getType()->getAs<TypedefType>();
          const RecordDecl *RD =
              M->getBase()->IgnoreParenCasts()->getType()->isPointerType()
                  ? M->getBase()->getType()->getPointeeType()->getAsRecordDecl()
                  : nullptr;
          if (T && RD && T->getDecl()->getName() == "vectorcallfunc") {
            Vectorcalls.push_back(
                {FD, RD->getDefinition() ? RD->getDefinition() : RD, At});
            return;
          }
        }
    }
    Where = "its address is taken";
    if (const auto *C = dyn_cast_or_null<CallExpr>(P))
      if (const FunctionDecl *Callee = C->getDirectCallee()) {
        // The object that a trace function is given is an instance.
        if ((identifierOf(Callee) == "PyEval_SetTrace" ||
             identifierOf(Callee) == "PyEval_SetProfile") &&
            C->getNumArgs() == 2 && FD->getNumParams() &&
            isInstance(C->getArg(1)->IgnoreParenCasts()->getType()))
          return addRoot(FD, Root::SelfSlot, "");
        Where = "it is handed to '" + Callee->getNameAsString() + "'";
        if (facts::hasRole(identifierOf(Callee),
                           facts::ApiRole::RunsElsewhere) ||
            facts::findProcessHook(identifierOf(Callee)))
          Foreign = Callee->getNameAsString();
        Back = Current && facts::hasRole(identifierOf(Callee),
                                         facts::ApiRole::CallsBack);
      }
  }
  Function &F = I.Functions[keyOf(FD)];
  F.Key = keyOf(FD);
  if (Back)
    F.CalledBack.insert({At, keyOf(Current)});
  if (!Foreign.empty())
    F.Foreign = Foreign;
  for (const auto &Old : F.Escapes)
    if (Old.first == At)
      return;
  F.Escapes.push_back({At, Where});
}

void Indexer::noteWritten(const RecordDecl *RD) {
  if (const TypedefNameDecl *TD = RD->getTypedefNameForAnonDecl())
    I.WrittenStructs.insert(TD->getNameAsString());
  I.WrittenStructs.insert(RD->getNameAsString());
}

bool Indexer::onlyFunctions(const RecordDecl *RD) {
  RD = RD->getDefinition();
  return RD && !RD->isUnion() && all_of(RD->fields(), [](const FieldDecl *F) {
           const QualType T = F->getType();
           return T->isIntegralOrEnumerationType() ||
                  (T->isPointerType() &&
                   (T->getPointeeType()->isFunctionType() ||
                    (T->getPointeeType()->isCharType() &&
                     T->getPointeeType().isConstQualified())));
         });
}

bool Indexer::holdsFunctions(QualType T) {
  if (T->isArrayType()) {
    const QualType Element(T->getBaseElementTypeUnsafe(), 0);
    if (Element->isVoidPointerType() || Element->isFunctionPointerType())
      return true;
    T = Element;
  }
  const RecordDecl *RD = T->getAsRecordDecl();
  return RD && onlyFunctions(RD) &&
         any_of(RD->getDefinition()->fields(), [](const FieldDecl *F) {
           return F->getType()->isFunctionPointerType();
         });
}

bool Indexer::givesFunctions(const Expr *E) {
  E = E->IgnoreParenCasts();
  if (const auto *List = dyn_cast<InitListExpr>(E)) {
    if (const InitListExpr *Semantic = List->getSemanticForm())
      List = Semantic;
    return all_of(List->inits(),
                  [&](const Expr *Init) { return Init && givesFunctions(Init); });
  }
  return isa<ImplicitValueInitExpr>(E) || isa<clang::StringLiteral>(E) ||
         model::functionOf(E) || model::isNullOrZero(E, Context) ||
         (E->getType()->isIntegralOrEnumerationType() &&
          model::integerOf(E, Context));
}

bool Indexer::onlyReads(const Expr *E) {
  const Stmt *S = E;
  bool Pointer = false;
  for (;;) {
    const DynTypedNode N = parent(DynTypedNode::create(*S));
    if (const auto *VD = N.get<VarDecl>())
      return Pointer && !VD->hasGlobalStorage() &&
             VD->getType()->isPointerType();
    const Stmt *P = N.get<Stmt>();
    if (!P)
      return false;
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(P)) {
      if (A->getBase() != S)
        return false;
      Pointer = false;
    } else if (const auto *C = dyn_cast<CastExpr>(P)) {
      if (C->getCastKind() == CK_LValueToRValue)
        return true;
      if (C->getCastKind() == CK_ArrayToPointerDecay)
        Pointer = true;
      else if (C->getCastKind() != CK_NoOp || isa<ExplicitCastExpr>(C))
        return false;
    } else if (const auto *U = dyn_cast<UnaryOperator>(P)) {
      if (U->getOpcode() != UO_AddrOf)
        return false;
      Pointer = true;
    } else if (const auto *B = dyn_cast<BinaryOperator>(P)) {
      if (B->getOpcode() != BO_Assign || B->getRHS() != S || !Pointer)
        return false;
      const auto *D = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
      const auto *VD = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
      return VD && !VD->hasGlobalStorage();
    } else if (isa<UnaryExprOrTypeTraitExpr>(P)) {
      return true;
    } else if (!isa<ParenExpr>(P) && !isa<MemberExpr>(P)) {
      return false;
    }
    S = P;
  }
}

bool Indexer::usesAsTable(const Expr *E) {
  const Stmt *S = E;
  for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
    if (isa<ParenExpr>(P) || isa<MemberExpr>(P))
      continue;
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(P)) {
      if (A->getBase() == S)
        continue;
      return false;
    }
    if (const auto *C = dyn_cast<CastExpr>(P)) {
      if (C->getCastKind() == CK_LValueToRValue)
        return true;
      continue;
    }
    if (const auto *U = dyn_cast<UnaryOperator>(P)) {
      if (U->getOpcode() == UO_AddrOf)
        continue;
      return false;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(P))
      return B->getOpcode() == BO_Assign && B->getLHS() == S && Current &&
             Model.contextsOf(Current) == model::InitContext &&
             givesFunctions(B->getRHS());
    if (isa<UnaryExprOrTypeTraitExpr>(P))
      return true;
    return isHandedOut(P, S);
  }
  return false;
}

void Indexer::noteGiven(const CallExpr *C) {
  const FunctionDecl *FD = C->getDirectCallee();
  if (FD && ours(FD))
    return;
  for (const Expr *A : C->arguments()) {
    QualType T = A->IgnoreParenCasts()->getType();
    T = T->isPointerType() || T->isArrayType()
            ? QualType(T->getPointeeOrArrayElementType(), 0)
            : QualType();
    if (!T.isNull() && T->getAsRecordDecl())
      noteWritten(T->getAsRecordDecl());
  }
}

} // namespace pyext::migrate
