//===- BorrowedEscapesCriticalSectionCheck.cpp - cpython-refs-borrowed-escapes-critical-section ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/BorrowedEscapesCriticalSectionCheck.h"
#include "refs/Places.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/SourceManager.h"
#include "support/Source.h"

using namespace clang;

namespace pyext::refs {

namespace {

/// \p Key names the object \p Text is a part of: self of self->cache.
bool isPartOf(StringRef Text, StringRef Key) {
  if (!Text.consume_front(Key))
    return false;
  return Text.empty() || Text.starts_with("->") || Text.starts_with(".");
}

/// The lock, among those held, that keeps others from replacing what \p Read
/// reads; null when there is none.
const flow::Lock *guardOf(const flow::LockList &Locks, const Expr *Read) {
  const std::string Text = flow::canonicalText(Read);
  for (const flow::Lock &L : Locks) {
    if (L.isByConvention())
      return nullptr; // Never released here.
    if ((L.Kind != facts::LockKind::CriticalSection &&
         L.Kind != facts::LockKind::CriticalSection2) ||
        isPartOf(Text, L.Key))
      return &L;
  }
  return nullptr;
}

} // namespace

/// What \p Cond, `!x` or `x == NULL`, finds to be null; null for other tests.
static const Expr *testedForNull(const Expr *Cond, const ASTContext &Context) {
  Cond = Cond->IgnoreParenImpCasts();
  if (const auto *Not = dyn_cast<UnaryOperator>(Cond))
    return Not->getOpcode() == UO_LNot ? Not->getSubExpr()->IgnoreParenCasts()
                                       : nullptr;
  const auto *B = dyn_cast<BinaryOperator>(Cond);
  if (!B || B->getOpcode() != BO_EQ)
    return nullptr;
  auto IsNull = [&](const Expr *E) {
    // The macro is a cast of 0.
    return E->IgnoreParenCasts()->isNullPointerConstant(
               const_cast<ASTContext &>(Context),
               Expr::NPC_ValueDependentIsNotNull) != Expr::NPCK_NotNull;
  };
  return IsNull(B->getRHS())   ? B->getLHS()->IgnoreParenCasts()
         : IsNull(B->getLHS()) ? B->getRHS()->IgnoreParenCasts()
                               : nullptr;
}

/// What is written to \p Place is only written when that is null: nothing that
/// somebody may have read is replaced.
static bool fillsInNull(const Expr *Place, const ASTContext &Context,
                        const ParentMap &Parents) {
  const std::string Text = flow::canonicalText(Place);
  const Stmt *Child = Place;
  for (const Stmt *S = Parents.getParent(Child); S;
       Child = S, S = Parents.getParent(S)) {
    const auto *If = dyn_cast<IfStmt>(S);
    if (!If || Child != If->getThen())
      continue;
    const Expr *Tested = testedForNull(If->getCond(), Context);
    if (!Tested)
      continue;
    if (flow::canonicalText(Tested) == Text)
      return true;
    // value = self->value; if (value == NULL)
    const auto *R = dyn_cast<DeclRefExpr>(Tested);
    const auto *Block = dyn_cast_or_null<CompoundStmt>(Parents.getParent(If));
    if (!R || !Block)
      continue;
    for (const Stmt *Before : Block->body()) {
      if (Before == If)
        break;
      const auto *B = dyn_cast<BinaryOperator>(Before);
      const auto *D = dyn_cast<DeclStmt>(Before);
      const auto *V = D && D->isSingleDecl()
                          ? dyn_cast<VarDecl>(D->getSingleDecl())
                          : nullptr;
      const auto *To = B && B->getOpcode() == BO_Assign
                           ? dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens())
                           : nullptr;
      const Expr *Value = nullptr;
      if (To && To->getDecl() == R->getDecl())
        Value = B->getRHS();
      else if (V && V == R->getDecl())
        Value = V->getInit();
      if (Value && flow::canonicalText(Value->IgnoreParenCasts()) == Text)
        return true;
    }
  }
  return false;
}

/// Function \p F of the file is given \p Address, of a field or a global, and writes
/// through it only when there is null.
static bool onlyFillsIn(const model::ExtensionModel &Model, const Expr *Address,
                        const ParentMap &Parents) {
  const Stmt *Child = Address, *S = Parents.getParent(Address);
  while (isa_and_nonnull<ParenExpr, CastExpr, UnaryOperator>(S)) {
    Child = S;
    S = Parents.getParent(S);
  }
  const auto *Call = dyn_cast_or_null<CallExpr>(S);
  const model::Function *F =
      Call ? Model.function(Call->getDirectCallee()) : nullptr;
  const flow::FunctionBody *Body = F ? Model.flows().body(F->Decl) : nullptr;
  if (!Body)
    return false;
  for (unsigned I = 0; I < Call->getNumArgs() && I < F->Decl->getNumParams();
       ++I) {
    if (Call->getArg(I) != Child)
      continue;
    for (const DeclRefExpr *R : Body->references(F->Decl->getParamDecl(I))) {
      const auto *Read = dyn_cast_or_null<UnaryOperator>(
          Body->parents().getParentIgnoreParenCasts(
              const_cast<DeclRefExpr *>(R)));
      if (!Read || Read->getOpcode() != UO_Deref)
        return false;
      const Stmt *Use = Body->parents().getParentIgnoreParens(
          const_cast<UnaryOperator *>(Read));
      if (const auto *U = dyn_cast_or_null<UnaryOperator>(Use);
          U && U->getOpcode() == UO_AddrOf)
        return false;
      const auto *B = dyn_cast_or_null<BinaryOperator>(Use);
      if (B && B->isAssignmentOp() && B->getLHS()->IgnoreParens() == Read &&
          !fillsInNull(Read, Model.context(), Body->parents()))
        return false;
    }
    return true;
  }
  return false;
}

/// True when the field or global can change once its owner is made. \p Writer is
/// set to who changes it, when that is in this file.
static bool mayChange(const model::ExtensionModel &Model, const ValueDecl *D,
                      const model::Access *&Writer) {
  Writer = nullptr;
  const model::StateVariable *S = Model.stateOf(D);
  if (!S) // Nothing here is known of the type.
    return isa<FieldDecl>(D) &&
           model::ExtensionModel::isObjectRecord(cast<FieldDecl>(D)->getParent()) &&
           Model.preprocessing().isFirstParty(D->getLocation());
  if (D->getType().isConstQualified() || S->ThreadLocal)
    return false;
  bool Written = false;
  for (const model::Access &A : S->Accesses) {
    if (!A.writes() || !A.Function)
      continue;
    Written = true;
    const model::Function *F = Model.function(A.Function);
    if (runsAlone(Model, A.Function) ||
        (F && (F->has(model::EntryKind::New) || F->has(model::EntryKind::Init) ||
               F->has(model::EntryKind::Dealloc) ||
               F->has(model::EntryKind::Clear))))
      continue;
    const flow::FunctionRefs *Refs = Model.refs().get(A.Function);
    if (Refs && A.Statement && Refs->storesToNewObject(A.Statement))
      continue;
    if (const flow::FunctionBody *Body = Model.flows().body(A.Function);
        Body && !A.Resets &&
        (A.Kind == model::AccessKind::Write
             ? fillsInNull(A.Where, Model.context(), Body->parents())
             : A.Kind == model::AccessKind::Address &&
                   onlyFillsIn(Model, A.Where, Body->parents())))
      continue;
    if (!Writer)
      Writer = &A;
  }
  // What nobody writes here others write: why else would there be a lock?
  return Writer || !Written;
}

/// The call \p U when it gives a pointer into the object; null otherwise.
static const Expr *interiorPointer(const flow::LoadUse &U) {
  const auto *Call = U.Kind == flow::UseKind::Passed
                         ? dyn_cast<CallExpr>(U.Where)
                         : nullptr;
  const FunctionDecl *FD = Call ? Call->getDirectCallee() : nullptr;
  if (!FD || !FD->getIdentifier() || !Call->getType()->isPointerType())
    return nullptr;
  const facts::InteriorPointer *Row =
      facts::findInteriorPointer(facts::canonicalName(FD->getName()));
  return Row && !Row->IsSize && Row->OwnerArg == 0 ? Call : nullptr;
}

/// Where \p F uses the variable that keeps \p Pointer when \p Guard is not held;
/// null when it does not.
static const Stmt *useWithout(const model::ExtensionModel &Model,
                              const model::Function &F, const Expr *Pointer,
                              const flow::Lock &Guard) {
  const flow::FunctionBody *Body = Model.flows().body(F.Decl);
  const VarDecl *V = Body ? keptIn(Pointer, Body->parents()) : nullptr;
  if (!V)
    return nullptr;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const DeclRefExpr *R : Body->references(V)) {
    if (!SM.isBeforeInTranslationUnit(SM.getFileLoc(Pointer->getBeginLoc()),
                                      SM.getFileLoc(R->getBeginLoc())))
      continue;
    // Only a comparison, or another value for the variable.
    const Stmt *Parent = Body->parents().getParentIgnoreParenImpCasts(
        const_cast<DeclRefExpr *>(R));
    if (const auto *B = dyn_cast_or_null<BinaryOperator>(Parent);
        B && (B->isComparisonOp() ||
              (B->isAssignmentOp() && B->getLHS()->IgnoreParens() == R)))
      continue;
    if (isa_and_nonnull<IfStmt>(Parent) ||
        (isa_and_nonnull<UnaryOperator>(Parent) &&
         cast<UnaryOperator>(Parent)->getOpcode() == UO_LNot))
      continue;
    if (!llvm::is_contained(Model.locksAt(F.Decl, R), Guard))
      return R;
  }
  return nullptr;
}

void BorrowedEscapesCriticalSectionCheck::analyze(
    const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading)
    return;
  for (const auto &F : Model.functions()) {
    if (!F->Locks || F->Generated || F->Decl->isDependentContext() ||
        runsAlone(Model, F->Decl) || !F->NotAnalysed.empty())
      continue;
    const flow::FunctionRefs *Refs = Model.refs().get(F->Decl);
    if (!Refs)
      continue;
    llvm::DenseSet<unsigned> Reported;
    for (const flow::LoadUse &U : Refs->loadUses()) {
      const flow::Origin &O = Refs->origin(U.Origin);
      if (Reported.contains(U.Origin) ||
          inAssertion(U.Where->getBeginLoc(), Model.context()))
        continue;
      const flow::LockList Held = Model.locksAt(F->Decl, O.Where);
      const flow::Lock *Guard = guardOf(Held, O.Where);
      if (!Guard)
        continue;
      const Stmt *Late = U.Where;
      const Expr *Pointer = nullptr;
      if (llvm::is_contained(Model.locksAt(F->Decl, U.Where), *Guard)) {
        // A pointer into the object is used longer than the object.
        Pointer = interiorPointer(U);
        Late = Pointer ? useWithout(Model, *F, Pointer, *Guard) : nullptr;
        if (!Late)
          continue;
      }
      const model::Access *Writer = nullptr;
      if (!mayChange(Model, O.Decl, Writer))
        continue;
      Reported.insert(U.Origin);
      report(Model, *Refs, U, Writer, Late, Pointer);
    }
    for (const flow::Lookup &L : Refs->lookups())
      if (const flow::Use *U = findUseAfterUnlock(Model, *Refs, L))
        report(Model, *Refs, L, *U);
  }
  Offer.clear();
}

void BorrowedEscapesCriticalSectionCheck::report(
    const model::ExtensionModel &Model, const flow::FunctionRefs &Refs,
    const flow::LoadUse &U, const model::Access *Writer, const Stmt *Late,
    const Expr *Pointer) {
  const SourceManager &SM = Model.context().getSourceManager();
  const flow::Origin &O = Refs.origin(U.Origin);
  const SourceLocation Loc = SM.getFileLoc(O.Where->getBeginLoc());
  if (Pointer) {
    diag(Loc, "'%0' is read under a lock, and a pointer into it is used after "
              "the lock is released")
        << sourceText(O.Where, Model.context());
  } else {
    auto Warning =
        diag(Loc, "'%0' is read under a lock, and the reference is used after "
                  "the lock is released");
    Warning << sourceText(O.Where, Model.context());
    for (const FixItHint &Hint : moveReference(Model, Refs, U))
      Warning << Hint;
  }
  diag(SM.getFileLoc(Late->getBeginLoc()),
       Pointer ? "the pointer is used here without the lock"
       : U.Kind == flow::UseKind::Incref
           ? "the reference becomes strong only here"
           : "the reference is used here without the lock",
       DiagnosticIDs::Note);
  if (Writer)
    diag(SM.getFileLoc(Writer->Where->getExprLoc()),
         "'%0' can replace it in another thread meanwhile", DiagnosticIDs::Note)
        << Writer->Function->getNameAsString();
  else
    diag(SM.getFileLoc(O.Decl->getLocation()),
         "others that take the lock can replace '%0' meanwhile",
         DiagnosticIDs::Note)
        << O.Decl->getNameAsString();
}

void BorrowedEscapesCriticalSectionCheck::report(
    const model::ExtensionModel &Model, const flow::FunctionRefs &Refs,
    const flow::Lookup &L, const flow::Use &U) {
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  const flow::Sharing S = Model.sharing().container(Refs, L);
  const SourceLocation Loc = locationOf(L, SM);
  const StrongReferenceFix Fix = Offer.fix(
      Model, Refs.function(), Refs, L, minPython(), mayUseCompatHeader());
  Offer.add(Fix,
            diag(Loc, "borrowed reference from '%0'%1 is used after the lock "
                      "held at the look-up is released")
                << L.Name << containerText(L, Context),
            SM);
  diag(S.Where.isValid() ? SM.getFileLoc(S.Where) : Loc, "%0",
       DiagnosticIDs::Note)
      << S.Who;
  diag(SM.getFileLoc(U.Where->getBeginLoc()),
       U.Kind == flow::UseKind::Incref
           ? "the reference becomes strong only here"
           : "the reference is used here without the lock",
       DiagnosticIDs::Note);
  if (L.Fact->Replacement)
    diag(Loc, "%0", DiagnosticIDs::Note) << Offer.note(Fix, L);
}

/// True when \p S assigns to \p V or hands out its address.
static bool sets(const Stmt *S, const VarDecl *V) {
  const Expr *To = nullptr;
  if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->isAssignmentOp())
    To = B->getLHS();
  else if (const auto *U = dyn_cast<UnaryOperator>(S);
           U && U->getOpcode() == UO_AddrOf)
    To = U->getSubExpr();
  const auto *R = To ? dyn_cast<DeclRefExpr>(To->IgnoreParens()) : nullptr;
  return (R && R->getDecl() == V) ||
         llvm::any_of(S->children(),
                      [&](const Stmt *Child) { return Child && sets(Child, V); });
}

/// True when \p S, which lies between the section and the first use of \p V, does
/// not use V and cannot leave the function with an object in V.
static bool isHarmless(const Stmt *S, const VarDecl *V) {
  if (const auto *If = dyn_cast<IfStmt>(S)) {
    // if (v == NULL) return NULL;
    const auto *DRE = dyn_cast_or_null<DeclRefExpr>(
        testedForNull(If->getCond(), V->getASTContext()));
    if (DRE && DRE->getDecl() == V)
      return !If->getElse() && !sets(If->getThen(), V);
  }
  llvm::SmallVector<const Stmt *, 16> Work{S};
  while (!Work.empty()) {
    const Stmt *Each = Work.pop_back_val();
    if (isa<ReturnStmt, GotoStmt, IndirectGotoStmt, BreakStmt, ContinueStmt,
            LabelStmt, CXXThrowExpr, GCCAsmStmt>(Each))
      return false;
    if (const auto *DRE = dyn_cast<DeclRefExpr>(Each); DRE && DRE->getDecl() == V)
      return false;
    for (const Stmt *Child : Each->children())
      if (Child)
        Work.push_back(Child);
  }
  return true;
}

/// Moves the Py_INCREF() or Py_NewRef() that comes after the section to the
/// place where the value is read. Only for the plain form:
///
///   Py_BEGIN_CRITICAL_SECTION(self);
///   value = self->value;
///   Py_END_CRITICAL_SECTION();
///   return Py_XNewRef(value);
llvm::SmallVector<FixItHint, 4>
BorrowedEscapesCriticalSectionCheck::moveReference(
    const model::ExtensionModel &Model, const flow::FunctionRefs &Refs,
    const flow::LoadUse &U) {
  llvm::SmallVector<FixItHint, 4> None;
  if (U.Kind != flow::UseKind::Incref)
    return None;
  const auto *Call = cast<CallExpr>(U.Where);
  const IdentifierInfo *Name = Call->getDirectCallee()
                                   ? Call->getDirectCallee()->getIdentifier()
                                   : nullptr;
  const facts::ReferenceCountApi *Op =
      Name ? facts::findReferenceCountOp(facts::canonicalName(Name->getName()))
           : nullptr;
  const auto *Given =
      Op && Call->getNumArgs() == 1
          ? dyn_cast<DeclRefExpr>(Call->getArg(0)->IgnoreParenCasts())
          : nullptr;
  const auto *V = Given ? dyn_cast<VarDecl>(Given->getDecl()) : nullptr;
  if (!V || !V->hasLocalStorage() || isa<ParmVarDecl>(V))
    return None;

  // value = self->value; as a statement of its own, and the only other value
  // the variable ever has is null.
  ASTContext &Context = Model.context();
  const flow::FunctionBody *Statements = Model.flows().body(Refs.function());
  if (!Statements)
    return None;
  const ParentMap &Parents = Statements->parents();
  const Expr *Read = Refs.origin(U.Origin).Where;
  const Stmt *Assign = Parents.getParentIgnoreParenCasts(const_cast<Expr *>(Read));
  const auto *Plain = dyn_cast_or_null<BinaryOperator>(Assign);
  if (!Plain || Plain->getOpcode() != BO_Assign ||
      !isa<CompoundStmt>(Parents.getParent(const_cast<Stmt *>(Assign))))
    return None;
  const auto *Target =
      dyn_cast<DeclRefExpr>(Plain->getLHS()->IgnoreParenImpCasts());
  if (!Target || Target->getDecl() != V)
    return None;

  // Where the section is, and where the reference is taken, in one block.
  const auto *Section =
      cast<CompoundStmt>(Parents.getParent(const_cast<Stmt *>(Assign)));
  const Stmt *Late = Call;
  const CompoundStmt *Block = nullptr;
  while (Late && !Block) {
    const Stmt *Parent = Parents.getParent(const_cast<Stmt *>(Late));
    Block = dyn_cast_or_null<CompoundStmt>(Parent);
    if (!Block)
      Late = Parent;
  }
  if (!Block || isa<IfStmt, WhileStmt, ForStmt, DoStmt, SwitchStmt>(Late))
    return None;
  const Stmt *Outer = Assign;
  while (Outer && Parents.getParent(const_cast<Stmt *>(Outer)) != Block)
    Outer = Parents.getParent(const_cast<Stmt *>(Outer));
  if (!Outer || Outer == Late)
    return None;
  bool After = false;
  for (const Stmt *S : Block->body()) {
    if (S == Outer) {
      After = true;
      continue;
    }
    if (S == Late)
      break;
    if (After && !isHarmless(S, V))
      return None;
  }
  // Within the section the variable is not touched after it was assigned.
  if (Outer != Assign) {
    bool Behind = false;
    for (const Stmt *S : Section->body()) {
      if (Behind && !isHarmless(S, V))
        return None;
      Behind |= S == Assign;
    }
    if (Parents.getParent(const_cast<CompoundStmt *>(Section)) != Block)
      return None;
  }

  const SourceManager &SM = Context.getSourceManager();
  const support::SourceText Text(SM, Context.getLangOpts(),
                                 SM.getFileID(SM.getFileLoc(Read->getBeginLoc())));
  support::EditSet Change(Text, Parents);
  const std::string Variable = V->getNameAsString();
  // A null value stays null.
  Change.after(Assign, {"Py_XINCREF(" + Variable + ");"});
  if (Op->Op == facts::RefcountOp::NewRef) {
    const std::optional<support::TextRange> Whole = Text.written(Call);
    if (!Whole)
      return None;
    Change.replace(*Whole, Variable);
  } else {
    if (Late != Call)
      return None;
    Change.remove(Call);
  }
  std::string WhyNot;
  llvm::SmallVector<FixItHint, 4> Result;
  for (FixItHint &Hint : Change.finish(WhyNot))
    Result.push_back(std::move(Hint));
  return Result;
}

} // namespace pyext::refs
