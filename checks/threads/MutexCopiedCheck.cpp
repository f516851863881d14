//===- MutexCopiedCheck.cpp -------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/MutexCopiedCheck.h"
#include "facts/ModelCalls.h"
#include "model/Initializers.h"
#include "threads/HoldReports.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Lex/Lexer.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;

namespace pyext::threads {

/// The mutex that an object of type \p QT holds by value; null for none.
static const FieldDecl *mutexIn(QualType QT, unsigned Depth = 0) {
  while (const auto *A = QT->getAsArrayTypeUnsafe())
    QT = A->getElementType();
  const RecordDecl *RD = QT->getAsRecordDecl();
  RD = RD ? RD->getDefinition() : nullptr;
  if (!RD || Depth > 4)
    return nullptr;
  for (const FieldDecl *F : RD->fields()) {
    if (facts::isMutexType(model::elementTypeName(F->getType())) &&
        !F->getType()->isPointerType())
      return F;
    if (const FieldDecl *Inner = mutexIn(F->getType(), Depth + 1))
      return Inner;
  }
  return nullptr;
}

static bool isMutex(QualType QT) {
  return !QT->isPointerType() && !QT->isReferenceType() &&
         !QT->isArrayType() && facts::isMutexType(model::elementTypeName(QT));
}

/// `(Slot){0}` and `Slot()` make a new one.
static bool isFresh(const Expr *E) {
  for (const Expr *Outer = nullptr; E != Outer;) {
    Outer = E;
    E = E->IgnoreParenCasts();
    if (const auto *M = dyn_cast<MaterializeTemporaryExpr>(E))
      E = M->getSubExpr();
    else if (const auto *C = dyn_cast<ExprWithCleanups>(E))
      E = C->getSubExpr();
    else if (const auto *B = dyn_cast<CXXBindTemporaryExpr>(E))
      E = B->getSubExpr();
  }
  if (const auto *C = dyn_cast<CXXConstructExpr>(E))
    return !C->getConstructor()->isCopyOrMoveConstructor();
  if (isa<CallExpr>(E))
    return !E->isGLValue();
  return isa<CompoundLiteralExpr, InitListExpr, ImplicitValueInitExpr,
             CXXScalarValueInitExpr>(E);
}

/// Whether \p E is a variable that only serves to initialise others, as in
/// `PyMutex t = {0}; self->mutex = t;`: nobody can have locked it.
static bool isTemplate(const Expr *E, const Stmt *Body) {
  const VarDecl *VD = model::variableOf(E);
  if (!VD || !VD->getInit() || !isFresh(VD->getInit()))
    return false;
  if (VD->getType().isConstQualified())
    return true;
  if (!VD->hasLocalStorage())
    return false;
  llvm::SmallVector<const Stmt *, 32> Todo{Body};
  while (!Todo.empty()) {
    const Stmt *S = Todo.pop_back_val();
    if (!S)
      continue;
    if (const auto *U = dyn_cast<UnaryOperator>(S);
        U && U->getOpcode() == UO_AddrOf) {
      const Expr *Base = U->getSubExpr()->IgnoreParenCasts();
      while (const auto *M = dyn_cast<MemberExpr>(Base))
        Base = M->getBase()->IgnoreParenCasts();
      if (const auto *Ref = dyn_cast<DeclRefExpr>(Base); Ref && Ref->getDecl() == VD)
        return false;
    }
    for (const Stmt *Child : S->children())
      Todo.push_back(Child);
  }
  return true;
}

/// The elements of a container that moves them when it grows: std::vector.
static QualType movedElement(QualType QT) {
  const auto *Spec = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      QT.getNonReferenceType()->getAsCXXRecordDecl());
  if (!Spec || !Spec->isInStdNamespace() || Spec->getName() != "vector" ||
      Spec->getTemplateArgs().size() == 0)
    return {};
  const TemplateArgument &Arg = Spec->getTemplateArgs()[0];
  return Arg.getKind() == TemplateArgument::Type ? Arg.getAsType() : QualType();
}

void MutexCopiedCheck::container(const model::ExtensionModel &Model,
                                 const CallExpr *Call) {
  const auto *Member = dyn_cast<CXXMemberCallExpr>(Call);
  const CXXMethodDecl *Method = Member ? Member->getMethodDecl() : nullptr;
  if (!Method || !Method->getIdentifier() ||
      !llvm::is_contained(llvm::ArrayRef<llvm::StringRef>{
                              "push_back", "emplace_back", "resize", "insert"},
                          Method->getName()))
    return;
  const Expr *Object = Member->getImplicitObjectArgument();
  const QualType Element = movedElement(Object->getType());
  if (Element.isNull())
    return;
  const CXXRecordDecl *RD = Element->getAsCXXRecordDecl();
  const FieldDecl *Field = mutexIn(Element);
  // A class that has a way of its own to be copied or moved is safe.
  if ((!Field && !isMutex(Element)) ||
      (RD && RD->hasDefinition() &&
       (RD->hasUserDeclaredCopyConstructor() ||
        RD->hasUserDeclaredMoveConstructor())))
    return;
  diag(placeOf(Call, Model.context().getSourceManager()),
       "'%0' moves the elements of '%1' when it grows, and with them the "
       "mutex%select{| '%3'}2, which only works at the place where it was made")
      << Method->getName() << flow::canonicalText(Object) << (Field != nullptr)
      << (Field ? Field->getNameAsString() : "");
  if (Field)
    diag(Field->getLocation(), "the mutex is declared here",
         DiagnosticIDs::Note);
}

void MutexCopiedCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated() ||
      !mentionsMutexes(Model))
    return;
  for (const auto &F : Model.functions())
    if (!F->Generated) {
      visit(Model, *F, F->Decl->getBody());
      calls(Model, *F);
    }
}

bool MutexCopiedCheck::mentionsMutexes(const model::ExtensionModel &Model) {
  for (const Decl *D : Model.context().getTranslationUnitDecl()->decls()) {
    const auto *RD = dyn_cast<RecordDecl>(D);
    if (const auto *T = dyn_cast<TypedefNameDecl>(D))
      RD = T->getUnderlyingType()->getAsRecordDecl();
    if (RD && Model.preprocessing().isFirstParty(RD->getLocation()) &&
        RD->getDefinition() && !RD->isDependentContext() &&
        llvm::any_of(RD->getDefinition()->fields(), [&](const FieldDecl *F) {
          return isMutex(F->getType()) || mutexIn(F->getType());
        }))
      return true;
    if (const auto *VD = dyn_cast<VarDecl>(D); VD && isMutex(VD->getType()))
      return true;
  }
  return false;
}

void MutexCopiedCheck::visit(const model::ExtensionModel &Model,
                             const model::Function &F, const Stmt *S) {
  if (!S || isa<UnaryExprOrTypeTraitExpr, LambdaExpr>(S))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const Expr *Copied = nullptr;
  if (const auto *C = dyn_cast<ImplicitCastExpr>(S)) {
    if (C->getCastKind() == CK_LValueToRValue && C->getType()->isRecordType() &&
        !isFresh(C->getSubExpr()))
      Copied = C->getSubExpr();
  } else if (const auto *C = dyn_cast<CXXConstructExpr>(S)) {
    if (C->getConstructor()->isCopyOrMoveConstructor() && !C->isElidable() &&
        C->getConstructor()->isImplicit() && C->getNumArgs() == 1 &&
        !isFresh(C->getArg(0)))
      Copied = C->getArg(0);
  } else if (const auto *Op = dyn_cast<CXXOperatorCallExpr>(S)) {
    const auto *Method =
        dyn_cast_or_null<CXXMethodDecl>(Op->getDirectCallee());
    if (Method && Method->isImplicit() && Op->getNumArgs() == 2 &&
        (Method->isCopyAssignmentOperator() ||
         Method->isMoveAssignmentOperator()) &&
        !isFresh(Op->getArg(1)))
      Copied = Op->getArg(1);
  }
  if (Copied) {
    const QualType QT = Copied->getType();
    const FieldDecl *Field = mutexIn(QT);
    if ((Field || isMutex(QT)) && !isTemplate(Copied, F.Decl->getBody())) {
      diag(placeOf(Copied, SM),
           "copying '%0' copies the mutex%select{| '%2'}1, which only works at "
           "the place where it was made")
          << Lexer::getSourceText(
                 CharSourceRange::getTokenRange(Copied->getSourceRange()), SM,
                 Model.context().getLangOpts())
          << (Field != nullptr)
          << (Field ? Field->getNameAsString() : "");
      if (Field)
        diag(Field->getLocation(), "the mutex is declared here",
             DiagnosticIDs::Note);
    }
  }
  if (const auto *D = dyn_cast<DeclStmt>(S))
    for (const Decl *Each : D->decls())
      if (const auto *VD = dyn_cast<VarDecl>(Each);
          VD && VD->hasLocalStorage() && !isa<ParmVarDecl>(VD) &&
          isMutex(VD->getType()) && !VD->getInit())
        diag(VD->getLocation(), "the mutex '%0' is not set to zero")
            << VD->getNameAsString();
  for (const Stmt *Child : S->children())
    visit(Model, F, Child);
}

void MutexCopiedCheck::calls(const model::ExtensionModel &Model,
                             const model::Function &F) {
  const SourceManager &SM = Model.context().getSourceManager();
  for (const model::CallSite &Site : F.Calls) {
    if (Site.Call && Model.context().getLangOpts().CPlusPlus)
      container(Model, Site.Call);
    if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier() ||
        Site.Call->getNumArgs() < 2)
      continue;
    const llvm::StringRef Name = Site.Callee->getName();
    const std::optional<facts::ModelCall> Role =
        facts::findModelCall(facts::canonicalName(Name));
    const bool Moves = Role == facts::ModelCall::Reallocates;
    if (!Moves && Role != facts::ModelCall::CopiesMemory)
      continue;
    const Expr *From =
        Site.Call->getArg(Moves ? 0 : 1)->IgnoreParenImpCasts();
    if (!From->getType()->isPointerType())
      continue;
    const QualType Of = From->getType()->getPointeeType();
    const FieldDecl *Field = mutexIn(Of);
    if (!Field && !isMutex(Of))
      continue;
    // What lies before the mutex may be copied.
    if (!Moves && Field && !mentionsSizeOf(Site.Call->getArg(2), Of))
      continue;
    diag(placeOf(Site.Call, SM),
         "'%0' %select{copies|moves}1 the mutex%select{| '%3'}2, which only works "
         "at the place where it was made")
        << writtenApi(Site.Call, Name, Model) << Moves << (Field != nullptr)
        << (Field ? Field->getNameAsString() : "");
    if (Field)
      diag(Field->getLocation(), "the mutex is declared here",
           DiagnosticIDs::Note);
  }
}

bool MutexCopiedCheck::mentionsSizeOf(const Stmt *S, QualType Of) {
  if (!S)
    return false;
  if (const auto *T = dyn_cast<UnaryExprOrTypeTraitExpr>(S))
    return T->getKind() == UETT_SizeOf &&
           T->getTypeOfArgument()->getAsRecordDecl() == Of->getAsRecordDecl();
  return llvm::any_of(S->children(), [&](const Stmt *Child) {
    return mentionsSizeOf(Child, Of);
  });
}

} // namespace pyext::threads
