//===- IndexVariables.cpp - Declarations of functions and variables -------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexer.h"
#include "Pointers.h"
#include "model/SlotEvidence.h"

using namespace clang;
using namespace llvm;

namespace pyext::migrate {

bool Indexer::TraverseDecl(Decl *D) {
  if (!D)
    return true;
  const FunctionDecl *OldFunction = Current;
  const VarDecl *OldTable = Table;
  if (auto *FD = dyn_cast<FunctionDecl>(D)) {
    noteFunction(FD);
    if (FD->doesThisDeclarationHaveABody()) {
      Current = FD;
      Table = nullptr;
    }
  } else if (auto *VD = dyn_cast<VarDecl>(D)) {
    if (VD->hasGlobalStorage()) {
      noteVariable(VD);
      Table = VD;
    } else {
      noteOther(VD);
    }
  } else if (auto *ND = dyn_cast<NamedDecl>(D)) {
    noteOther(ND);
  }
  bool Result = RecursiveASTVisitor::TraverseDecl(D);
  Current = OldFunction;
  Table = OldTable;
  return Result;
}

void Indexer::noteOther(const NamedDecl *D) {
  Place P = token(D->getLocation());
  if (P.valid())
    I.OtherNames[P.File].insert(P.Begin);
  if (isa<TypeDecl>(D) && D->getIdentifier())
    I.Foreign.insert(D->getNameAsString());
  if (Current && !identifierOf(D).empty() && isa<VarDecl>(D))
    I.Functions[keyOf(Current)].Locals.insert(D->getNameAsString());
}

void Indexer::noteFunction(const FunctionDecl *FD) {
  Function &F = I.Functions[keyOf(FD)];
  F.Key = keyOf(FD);
  F.Name = FD->getNameAsString();
  F.Static = FD->getFormalLinkage() != Linkage::External;
  // `int f()` in C, with no parameters in its definition either.
  const FunctionDecl *Definition = FD->getDefinition();
  const bool NoList =
      !FD->hasPrototype() && (!Definition || !Definition->param_empty());
  F.Variadic |= FD->isVariadic() || NoList || isa<CXXMethodDecl>(FD) ||
                FD->isTemplateInstantiation() ||
                FD->getDescribedFunctionTemplate();
  QualType R = FD->getReturnType();
  F.Returns = R->isVoidType()                    ? Function::Void
              : R->isPointerType()               ? Function::Pointer
              : R->isIntegralOrEnumerationType() ? Function::Integer
              : R->isRealFloatingType()          ? Function::Floating
                                                 : Function::Other;
  F.ReturnsObject = R->isPointerType() &&
                    model::ExtensionModel::isObjectPointer(R) &&
                    model::elementTypeName(R) == "PyObject";
  F.ReturnsEnum = R->isEnumeralType();
  F.TakesObject |= any_of(FD->parameters(), [](const ParmVarDecl *P) {
    return model::ExtensionModel::isObjectPointer(P->getType());
  });
  Place Name = token(FD->getLocation());
  if (Name.valid())
    I.OtherNames[Name.File].insert(Name.Begin);
  for (const ParmVarDecl *P : FD->parameters()) {
    Place T = token(P->getLocation());
    if (T.valid())
      I.OtherNames[T.File].insert(T.Begin);
  }
  // The parameter list of this declaration.
  if (Name.valid() &&
      SM.getSpellingLoc(FD->getLocation()) == FD->getLocation()) {
    StringRef T = I.Files[Name.File].Text;
    size_t Open = T.find_first_not_of(" \t\r\n", Name.End);
    if (Open != StringRef::npos && T[Open] == '(') {
      Function::ParameterList L;
      unsigned At = Open + 1;
      L.Open = {Name.File, At, At};
      L.Empty = FD->param_empty();
      if (L.Empty) {
        size_t Word = T.find_first_not_of(" \t\r\n", At);
        if (T.substr(Word).starts_with("void"))
          L.Void = {Name.File, unsigned(Word), unsigned(Word + 4)};
      }
      bool Known = false;
      for (const auto &Old : F.Lists)
        Known |= Old.Open == L.Open;
      if (!Known)
        F.Lists.push_back(L);
    }
  } else {
    F.Variadic = true; // Written by a macro: its list cannot be changed.
  }
  if (!FD->doesThisDeclarationHaveABody())
    return;
  F.Defined = true;
  F.Parameters.clear();
  for (const ParmVarDecl *P : FD->parameters()) {
    Parameter Q;
    Q.Name = P->getNameAsString();
    Q.Type = P->getType().getAsString();
    Q.Pointer = P->getType()->isPointerType();
    Q.Written = written(P->getSourceRange());
    F.Parameters.push_back(Q);
  }
  F.Body = written(FD->getBody()->getSourceRange());
  if (Place Made = macroBody(FD->getBody()); Made.valid()) {
    F.Body = Made;
    F.Header = {};
    F.MacroMade = true;
    F.FirstStatement = F.Body.Begin + 1;
    for (unsigned N = 0; N < F.Parameters.size(); ++N) {
      Place Name = token(FD->getParamDecl(N)->getLocation());
      F.Parameters[N].Written = Name.File == Made.File ? Name : Place();
    }
  } else if (F.Body.valid()) {
    SourceLocation Begin = SM.getExpansionLoc(FD->getBeginLoc());
    auto [ID, B] = SM.getDecomposedLoc(Begin);
    int FileIndex = file(ID);
    if (FileIndex == F.Body.File) {
      StringRef T = I.Files[FileIndex].Text;
      unsigned E = F.Body.Begin;
      while (E > B && isspace(static_cast<unsigned char>(T[E - 1])))
        --E;
      StringRef Before = T.take_front(B).rtrim();
      if (Before.consume_back("\"C\"") && Before.rtrim().ends_with("extern"))
        B = Before.rtrim().size() - 6;
      F.Header = {FileIndex, unsigned(B), E};
    }
    F.FirstStatement = F.Body.Begin + 1;
  }
}

Place Indexer::macroBody(const Stmt *Body) {
  SourceLocation B = Body->getBeginLoc(), E = Body->getEndLoc();
  if (!B.isMacroID() || !E.isMacroID() || SM.isMacroArgExpansion(B) ||
      SM.isMacroArgExpansion(E) ||
      SM.getExpansionLoc(B) != SM.getExpansionLoc(E))
    return {};
  Place Open = token(B), Close = token(E);
  if (!Open.valid() || Open.File != Close.File || Close.End <= Open.Begin)
    return {};
  return {Open.File, Open.Begin, Close.End};
}

void Indexer::noteVariable(const VarDecl *VD) {
  if (VD->getName().empty())
    return;
  Variable &V = I.Variables[keyOf(VD)];
  V.Key = keyOf(VD);
  V.Name = VD->getNameAsString();
  V.Static = VD->getFormalLinkage() != Linkage::External;
  V.Local = VD->isStaticLocal();
  QualType T = VD->getType();
  V.TypeName = model::elementTypeName(T);
  V.Defined |= VD->isThisDeclarationADefinition() != VarDecl::DeclarationOnly;
  if (VD->getLocation().isMacroID() &&
      !SM.isMacroArgExpansion(VD->getLocation()))
    V.MacroMade = true;
  V.ThreadLocal = VD->getTLSKind() != VarDecl::TLS_None;
  V.Object = model::ExtensionModel::isObjectPointer(T);
  const RecordDecl *RD = T->getAsRecordDecl();
  V.Instance =
      RD && model::ExtensionModel::isObjectRecord(RD) && !isTypeObject(T);
  V.ObjectBlock =
      !V.Object && !isTypeObject(T) && model::ExtensionModel::holdsObjects(T);
  V.Array = T->isArrayType();
  PrintingPolicy Policy(LO);
  Policy.SuppressTagKeyword = LO.CPlusPlus;
  V.TypeText = T.getUnqualifiedType().getAsString(Policy);
  if (V.FieldText.empty() ||
      (StringRef(V.FieldText).contains("[]") && !T->isIncompleteArrayType())) {
    V.FieldText = "@";
    T.getUnqualifiedType().getAsStringInternal(V.FieldText, Policy);
  }
  if (T->isArithmeticType())
    V.PlainText =
        T.getCanonicalType().getUnqualifiedType().getAsString(Policy) + " @";
  const clang::Type *Element = T->getBaseElementTypeUnsafe();
  const RecordDecl *Inner = Element->getAsRecordDecl();
  V.Aggregate = T->isArrayType() || T->isRecordType();
  V.Declarable = !T->isIncompleteArrayType() &&
                 !(Inner && !Inner->getIdentifier() &&
                   !QualType(Element, 0)->getAs<TypedefType>());
  if (LO.CPlusPlus && Inner)
    V.Declarable &= T.isPODType(Context);
  if (std::optional<Place> End = ownTypeEnd(T))
    V.TypeEnd = *End;
  V.ObjectPaths.clear();
  if (V.ObjectBlock && !objectPaths(T, "", V.ObjectPaths))
    V.ObjectPaths.clear();
  if (const model::StateVariable *S = Model.stateOf(VD)) {
    V.Mutable |= !S->DefinitionTable && !S->Constant && !S->Synchronization &&
                 !S->HeaderTable && !S->Generated;
    for (const model::Access &A : S->Accesses) {
      V.Dropped |= A.DropsReference;
      if (A.writes() && A.Kind != model::AccessKind::Address)
        V.Changes = true;
      else if (A.Kind == model::AccessKind::Address) {
        const model::AddressUse Use = model::addressUse(Model, *S, A);
        V.Changes |= Use == model::AddressUse::Written;
        if (Use == model::AddressUse::Kept)
          V.KeptAs.insert(V.TypeName);
      } else if (A.Kind == model::AccessKind::Atomic) {
        V.Changes = true;
      }
    }
  } else {
    V.Changes = true;
  }
  if (VD->isStaticLocal() && Current)
    V.Owner = keyOf(Current);
  else if (VD->isStaticLocal())
    V.Owner = keyOf(cast<FunctionDecl>(VD->getParentFunctionOrMethod()));
  noteDeclaration(VD, V);
  if (const Expr *Init = VD->getInit())
    if (!isAllZero(Init)) {
      V.Initialiser = textOf(Init);
      V.ConstantInitialiser =
          (T->isArithmeticType() || T->isPointerType() ||
           T->isEnumeralType()) &&
          !Init->isValueDependent() &&
          (LO.CPlusPlus ? Init->isCXX11ConstantExpr(Context)
                        : Init->isConstantInitializer(Context, false));
    }
  if (V.Instance && VD->getInit())
    noteInstance(VD, V);
  V.FunctionTable = holdsFunctions(T);
  V.OfStructs =
      Inner && !Inner->isUnion() && V.TypeName != "" && Element->isRecordType();
  if (const Expr *Init = VD->getInit())
    V.OtherUse |= !givesFunctions(Init);
  if (V.TypeName == "PyMethodDef")
    noteMethods(VD);
  else if (V.TypeName == "PyGetSetDef")
    noteGetSets(VD);
  else if (V.TypeName == "PyType_Slot")
    noteSpecSlots(VD);
  else if (V.TypeName == "PyModuleDef")
    noteDefinition(VD);
  else if (isTypeObject(T) && RD)
    noteType(VD);
  else if (facts::findTypeSlotByField(firstFieldOf(RD)))
    noteSlotTable(VD);
}

void Indexer::noteInstance(const VarDecl *VD, Variable &V) {
  const InitListExpr *List = model::initializerList(VD);
  const RecordDecl *RD = List ? List->getType()->getAsRecordDecl() : nullptr;
  if (!RD)
    return;
  struct Finder : RecursiveASTVisitor<Finder> {
    std::set<const VarDecl *> Found;
    bool VisitDeclRefExpr(DeclRefExpr *E) {
      if (auto *VD = dyn_cast<VarDecl>(E->getDecl()))
        Found.insert(VD);
      return true;
    }
  };
  V.InstanceType.clear();
  V.InstanceFields.clear();
  V.InstanceRefused.clear();
  const bool Plain = RD->getName() == "_object";
  for (const FieldDecl *F : RD->fields()) {
    const Expr *E = nullptr;
    if (F->isUnnamedBitField())
      continue;
    if (F->getFieldIndex() < List->getNumInits())
      E = List->getInit(F->getFieldIndex());
    if (!E || isa<ImplicitValueInitExpr>(E))
      continue;
    Finder Names;
    Names.TraverseStmt(const_cast<Expr *>(E));
    if (Plain || F->getFieldIndex() == 0) {
      for (const VarDecl *Of : Names.Found)
        if (isTypeObject(Of->getType()) && ours(Of))
          V.InstanceType = keyOf(Of);
      // The length of an object with items.
      if (const auto *Head = dyn_cast<InitListExpr>(E->IgnoreParenCasts()))
        if (const Expr *Size = model::fieldInit(Head, "ob_size");
            Size && !model::isNullOrZero(Size, Context))
          V.InstanceRefused = "it has items";
      continue;
    }
    if (isAllZero(E))
      continue;
    const std::string Text = textOf(E);
    if (!F->getType()->isScalarType() || !Names.Found.empty() || Text.empty() ||
        !F->getIdentifier() || StringRef(Text).contains('\n'))
      V.InstanceRefused = "its initialiser is not understood";
    V.InstanceFields.push_back({F->getNameAsString(), Text});
  }
}

void Indexer::noteInstanceUse(const Expr *E, Reference &R) {
  const Stmt *S = E;
  for (;;) {
    const DynTypedNode N = parent(DynTypedNode::create(*S));
    const Stmt *P = N.get<Stmt>();
    if (const auto *VD = N.get<VarDecl>())
      return void(R.KeptIn.push_back(VD->getNameAsString()));
    const Stmt *Child = S;
    if (!P)
      break;
    S = P;
    if (isa<ParenExpr>(P) || isa<CastExpr>(P) || isa<UnaryOperator>(P) ||
        isa<ConditionalOperator>(P) || isa<StmtExpr>(P))
      continue;
    if (isa<MemberExpr>(P))
      return; // A field of it.
    if (const auto *B = dyn_cast<BinaryOperator>(P)) {
      if (B->isComparisonOp() || B->isLogicalOp())
        return;
      if (B->getOpcode() == BO_Comma) {
        if (B->getLHS() == Child)
          return;
        continue;
      }
      if (B->getOpcode() == BO_Assign)
        return void(R.KeptIn.push_back(textOf(B->getLHS())));
      break;
    }
    if (isa<CompoundStmt>(P) || isa<IfStmt>(P))
      return; // Nothing.
    const auto *C = dyn_cast<CallExpr>(P);
    if (!C)
      break;
    const FunctionDecl *FD = C->getDirectCallee();
    if (!FD || !FD->getIdentifier() || C->getCallee() == Child)
      break;
    StringRef Name = FD->getName();
    Name.consume_front("_");
    if (const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(Name);
        Op && (Op->Op == facts::RefcountOp::Incref ||
               Op->Op == facts::RefcountOp::NewRef)) {
      R.Increments = true;
      return;
    }
    if (Name == "PyModule_AddObject" &&
        isa_and_nonnull<CompoundStmt>(parentStmt(C)))
      return; // It is given one there.
    if (facts::findStolen(Name).empty())
      return;
    break;
  }
  R.Keeps = true;
}

bool Indexer::inCapsule(const Expr *E) {
  const Stmt *S = E;
  const Stmt *P = parentStmt(S);
  while (P && (isa<ParenExpr>(P) || isa<CastExpr>(P) || isa<UnaryOperator>(P) ||
               isa<MemberExpr>(P))) {
    S = P;
    P = parentStmt(P);
  }
  return isHandedOut(P, S);
}

bool Indexer::isHandedOut(const Stmt *P, const Stmt *Pointer) {
  const auto *C = dyn_cast_or_null<CallExpr>(P);
  const FunctionDecl *FD = C ? C->getDirectCallee() : nullptr;
  return FD && identifierOf(FD) == "PyCapsule_New" && C->getNumArgs() &&
         C->getArg(0) == Pointer;
}

std::optional<Place> Indexer::ownTypeEnd(QualType T) {
  while (T->isPointerType() || T->isArrayType())
    T = T->isPointerType() ? T->getPointeeType()
                           : QualType(T->getBaseElementTypeUnsafe(), 0);
  const Decl *D = nullptr;
  if (const auto *TT = T->getAs<TypedefType>())
    D = TT->getDecl();
  else if (const RecordDecl *RD = T->getAsRecordDecl())
    D = RD->getIdentifier() ? (RD->getDefinition() ? RD->getDefinition() : RD)
                            : nullptr;
  if (!D || !ours(D))
    return std::nullopt;
  Place P = withSemicolon(written(D->getSourceRange()));
  if (!P.valid())
    return std::nullopt;
  return Place{P.File, P.End, P.End};
}

bool Indexer::isAllZero(const Expr *E) {
  if (const auto *List = dyn_cast<InitListExpr>(E->IgnoreParenCasts())) {
    if (const InitListExpr *Semantic = List->getSemanticForm())
      List = Semantic;
    return all_of(List->inits(),
                  [&](const Expr *Init) { return isAllZero(Init); });
  }
  return isa<ImplicitValueInitExpr>(E) || model::isNullOrZero(E, Context);
}

bool Indexer::objectPaths(QualType T, const std::string &Path,
                          std::vector<std::string> &Out) {
  if (model::ExtensionModel::isObjectPointer(T)) {
    Out.push_back(Path);
    return true;
  }
  if (const ConstantArrayType *A = Context.getAsConstantArrayType(T))
    return !StringRef(Path).contains("[]") &&
           objectPaths(A->getElementType(), Path + "[]", Out);
  if (const RecordDecl *RD = T->getAsRecordDecl()) {
    RD = RD->getDefinition();
    if (!RD || RD->isUnion() || model::ExtensionModel::isObjectRecord(RD))
      return false;
    for (const FieldDecl *F : RD->fields())
      if (model::ExtensionModel::holdsObjects(F->getType()) ||
          model::ExtensionModel::isObjectPointer(F->getType()))
        if (!objectPaths(F->getType(), Path + "." + F->getNameAsString(), Out))
          return false;
    return true;
  }
  return !T->isPointerType();
}

void Indexer::noteDeclaration(const VarDecl *VD, Variable &V) {
  SourceLocation Begin = VD->getBeginLoc();
  Place B = token(SM.getExpansionLoc(Begin));
  if (!B.valid())
    return;
  StringRef T = I.Files[B.File].Text;
  // Find the `;` at depth 0 and count the declarators.
  int Depth = 0;
  unsigned Count = 1;
  size_t At = B.Begin;
  char Quote = 0;
  for (; At < T.size(); ++At) {
    char C = T[At];
    if (Quote) {
      if (C == '\\')
        ++At;
      else if (C == Quote)
        Quote = 0;
      continue;
    }
    if (C == '/' && At + 1 < T.size() &&
        (T[At + 1] == '/' || T[At + 1] == '*')) {
      size_t End = T[At + 1] == '/' ? T.find('\n', At) : T.find("*/", At + 2);
      if (End == StringRef::npos)
        return;
      At = T[At + 1] == '/' ? End : End + 1;
      continue;
    }
    if (C == '"' || C == '\'')
      Quote = C;
    else if (C == '(' || C == '{' || C == '[')
      ++Depth;
    else if (C == ')' || C == '}' || C == ']')
      --Depth;
    else if (C == ',' && Depth == 0)
      ++Count;
    else if (C == ';' && Depth == 0)
      break;
  }
  if (At >= T.size())
    return;
  Place P{B.File, B.Begin, unsigned(At + 1)};
  for (const Place &Old : V.Declarations)
    if (Old == P)
      return;
  V.Declarations.push_back(P);
  V.Declarators.push_back(Count);
  StringRef Rest = T.substr(P.End);
  Rest = Rest.take_until([](char C) { return C == '\n'; }).trim();
  if ((Rest.starts_with("/*") && Rest.ends_with("*/")) ||
      Rest.starts_with("//"))
    V.Comment = Rest.str();
}

} // namespace pyext::migrate
