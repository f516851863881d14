//===- UnlockedContainerMacroCheck.cpp - cpython-refs-unlocked-container-macro ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/UnlockedContainerMacroCheck.h"
#include "facts/ContainerRules.h"
#include "refs/Places.h"
#include "support/Source.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::refs {

/// The global or field whose address \p E is; null for anything else.
static const ValueDecl *stateBehind(const Expr *E) {
  const auto *U = dyn_cast<UnaryOperator>(E->IgnoreParenCasts());
  if (!U || U->getOpcode() != UO_AddrOf)
    return nullptr;
  E = U->getSubExpr()->IgnoreParenCasts();
  if (const auto *M = dyn_cast<MemberExpr>(E))
    return M->isArrow() ? M->getMemberDecl() : nullptr;
  const auto *R = dyn_cast<DeclRefExpr>(E);
  const auto *V = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
  return V && !V->hasLocalStorage() ? V : nullptr;
}

static bool areNew(const flow::FunctionRefs &R, const flow::Values &V) {
  return !V.empty() && llvm::all_of(V, [&](unsigned X) {
    const flow::OriginKind K = R.origin(X).Kind;
    return K == flow::OriginKind::Fresh || K == flow::OriginKind::Instance ||
           K == flow::OriginKind::Null;
  });
}

/// Who has the object that argument \p Arg of \p Call is; nobody when it is new.
static flow::Sharing whoHas(const model::ExtensionModel &Model,
                            const flow::FunctionRefs &R, const CallExpr *Call,
                            unsigned Arg) {
  const flow::CallArguments *Given = R.arguments(Call);
  const model::Function *F = Model.function(R.function());
  // What is stored in an object that is still being made is not known either.
  const bool Making = !F || F->has(model::EntryKind::New) ||
                      F->has(model::EntryKind::Init);
  const Expr *Target = Call->getArg(Arg);
  const QualType T = Target->IgnoreParenImpCasts()->getType();
  if (T->isPointerType() && T->getPointeeType()->isPointerType()) {
    if (const ValueDecl *D = stateBehind(Target)) {
      // Of a plain struct it is not known here whose it is.
      const auto *F = dyn_cast<FieldDecl>(D);
      if (F && !Model.stateOf(F) &&
          !model::ExtensionModel::isObjectRecord(F->getParent()))
        return {};
      return Model.sharing().variable(D);
    }
    if (Given)
      for (const flow::CallArguments::Pointee &B : Given->Behind)
        if (B.Arg == Arg && !B.Field &&
            !(areNew(R, B.Held) && (!B.Escaped || Making)))
          return Model.sharing().behindArgument(R, Call, Arg);
    return {};
  }
  if (!Given || Arg >= Given->Args.size() ||
      (areNew(R, Given->Args[Arg]) && (!Given->Escaped[Arg] || Making)))
    return {};
  flow::Sharing S = Model.sharing().argument(R, Call, Arg);
  // Where nothing else changes it, this does.
  if (S.K == flow::Sharing::Private && S.Why == flow::Sharing::Unchanged)
    for (unsigned V : Given->Args[Arg])
      if (const ValueDecl *D = R.origin(V).Decl) {
        S.K = flow::Sharing::Shared;
        S.Tier = 1;
        S.Who = "another thread can change '" + D->getNameAsString() +
                "' in '" + R.function()->getNameAsString() + "'";
        S.Where = Call->getBeginLoc();
        break;
      }
  return S;
}

/// What writes to the memory that pointer \p P, an expression, leads to, by way
/// of this very expression; null when nothing does.
static const Stmt *writeThrough(const Expr *P, const ParentMap &Parents) {
  const Stmt *Child = P;
  bool Memory = false; // Child is the memory, not the pointer.
  for (const Stmt *S = Parents.getParent(P); S;
       Child = S, S = Parents.getParent(S)) {
    if (isa<CastExpr, ParenExpr>(S)) {
      if (const auto *Cast = dyn_cast<CastExpr>(S);
          Cast && Cast->getCastKind() == CK_LValueToRValue && Memory)
        return nullptr;
      continue;
    }
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(S)) {
      if (Memory || A->getBase()->IgnoreParenCasts() !=
                        cast<Expr>(Child)->IgnoreParenCasts())
        return nullptr;
      Memory = true;
      continue;
    }
    if (const auto *U = dyn_cast<UnaryOperator>(S)) {
      if (U->getOpcode() == UO_Deref && !Memory)
        Memory = true;
      else if (U->isIncrementDecrementOp() && Memory)
        return S;
      else if (!U->isIncrementDecrementOp()) // *p++ = x
        return nullptr;
      continue;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(S)) {
      if (B->isAssignmentOp())
        return Memory && B->getLHS() == Child ? S : nullptr;
      if (Memory || !B->isAdditiveOp() || !B->getType()->isPointerType())
        return nullptr;
      continue;
    }
    // memcpy(p, ...) and its like
    const auto *Call = dyn_cast<CallExpr>(S);
    return Call && !Memory && Call->getNumArgs() > 0 &&
                   Call->getArg(0) == Child && Call->getDirectCallee() &&
                   Call->getDirectCallee()->getMemoryFunctionKind() &&
                   Call->getArg(0)->getType()->isPointerType() &&
                   !Call->getArg(0)
                        ->getType()
                        ->getPointeeType()
                        .isConstQualified()
               ? S
               : nullptr;
  }
  return nullptr;
}

/// The first write into the object whose memory \p Call gives, in \p FD; null when
/// there is none.
static const Stmt *findWrite(const CallExpr *Call, const FunctionDecl *FD,
                             const ParentMap &Parents,
                             const SourceManager &SM) {
  if (const Stmt *Write = writeThrough(Call, Parents))
    return Write;
  const VarDecl *V = keptIn(Call, Parents);
  if (!V || !V->hasLocalStorage() || isa<ParmVarDecl>(V))
    return nullptr;
  const Stmt *First = nullptr;
  llvm::SmallVector<const Stmt *, 32> Todo = {FD->getBody()};
  while (!Todo.empty()) {
    const Stmt *S = Todo.pop_back_val();
    for (const Stmt *Child : S->children())
      if (Child)
        Todo.push_back(Child);
    const auto *R = dyn_cast<DeclRefExpr>(S);
    if (!R || R->getDecl() != V)
      continue;
    // Another pointer: which of the two is written through is not known.
    for (const Stmt *P = Parents.getParent(R); P; P = Parents.getParent(P))
      if (!isa<CastExpr, ParenExpr>(P)) {
        if (const auto *B = dyn_cast<BinaryOperator>(P);
            B && B->getOpcode() == BO_Assign &&
            B->getLHS()->IgnoreParenCasts() == R &&
            B->getRHS()->IgnoreParenCasts() != Call)
          return nullptr;
        break;
      }
    const Stmt *Write = writeThrough(R, Parents);
    // PyUnicode_WRITE(kind, data, 0, ch)
    for (const Stmt *P = Parents.getParent(R); !Write && isa_and_nonnull<Expr>(P);
         P = Parents.getParent(P))
      if (const auto *C = dyn_cast<CallExpr>(P)) {
        const FunctionDecl *Callee = C->getDirectCallee();
        const facts::InitWrite *Row =
            Callee && Callee->getIdentifier()
                ? facts::findInitWrite(facts::canonicalName(Callee->getName()))
                : nullptr;
        if (Row && Row->TargetArg < C->getNumArgs() &&
            C->getArg(Row->TargetArg)->IgnoreParenCasts() == R)
          Write = C;
        break;
      }
    if (Write && (!First || SM.isBeforeInTranslationUnit(
                                SM.getFileLoc(Write->getBeginLoc()),
                                SM.getFileLoc(First->getBeginLoc()))))
      First = Write;
  }
  return First;
}

/// \p FD asks whether it has the only reference to the object that \p Target
/// names: what is written into then is known to nobody else.
static bool asksWhetherUnique(const model::ExtensionModel &Model,
                              const FunctionDecl *FD, const Expr *Target) {
  const model::Function *F = Model.function(FD);
  const std::string Text = flow::canonicalText(Target);
  return F && llvm::any_of(F->Calls, [&](const model::CallSite &C) {
           return C.Call && C.Call->getNumArgs() == 1 &&
                  (C.Name == facts::uniquenessCall(facts::UniquenessMeaning::Count) ||
                   facts::asksWhetherUnique(C.Name)) &&
                  flow::canonicalText(C.Call->getArg(0)) == Text;
         });
}

/// The callers of \p FD hold its object's lock, as its name or an attribute says.
static bool isCalledLocked(const model::ExtensionModel &Model,
                           const FunctionDecl *FD, const Stmt *At) {
  return llvm::any_of(Model.locksAt(FD, At),
                      [](const flow::Lock &L) { return L.isByConvention(); });
}

/// Writes into the memory of objects that cannot be changed once others have
/// them: bytes and strings.
void UnlockedContainerMacroCheck::analyzePointers(
    const model::ExtensionModel &Model) {
  const SourceManager &SM = Model.context().getSourceManager();
  for (const facts::InteriorPointer &Row : facts::interiorPointers()) {
    if (Row.IsSize || Row.OwnerArg < 0 ||
        (Row.Owner != facts::ContainerKind::Bytes &&
         Row.Owner != facts::ContainerKind::Unicode))
      continue;
    for (const model::CallSite *C : Model.apiCalls(Row.Name)) {
      const FunctionDecl *FD = C->Caller;
      const QualType T = C->Call->getType();
      if (C->Call->getNumArgs() <= unsigned(Row.OwnerArg) ||
          !T->isPointerType() || T->getPointeeType().isConstQualified() ||
          !runsConcurrently(Model, FD, C->Call->getExprLoc()))
        continue;
      const flow::FunctionBody *Body = Model.flows().body(FD);
      const Stmt *Write =
          Body ? findWrite(C->Call, FD, Body->parents(), SM) : nullptr;
      const flow::FunctionRefs *R = Write ? Model.refs().get(FD) : nullptr;
      if (!R)
        continue;
      const flow::Sharing S = whoHas(Model, *R, C->Call, Row.OwnerArg);
      if (S.K != flow::Sharing::Shared || S.Tier > 2 ||
          asksWhetherUnique(Model, FD, C->Call->getArg(Row.OwnerArg)) ||
          isCalledLocked(Model, FD, C->Call))
        continue;
      const SourceLocation Loc = SM.getFileLoc(Write->getBeginLoc());
      diag(Loc, "writes into '%0', which others have already and which must not "
                "change")
          << objectText(C->Call->getArg(Row.OwnerArg), Model.context());
      diag(S.Where.isValid() ? SM.getFileLoc(S.Where) : Loc, "%0",
           DiagnosticIDs::Note)
          << S.Who;
      diag(SM.getFileLoc(C->Call->getExprLoc()),
           "'%0' gives a pointer that may only be written through while the "
           "object is new",
           DiagnosticIDs::Note)
          << Row.Name;
    }
  }
}

void UnlockedContainerMacroCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  analyzePointers(Model);
  const SourceManager &SM = Model.context().getSourceManager();
  for (const facts::InitWrite &Row : facts::initWrites())
    for (const model::CallSite *C : Model.apiCalls(Row.Name)) {
      const FunctionDecl *FD = C->Caller;
      if (C->Call->getNumArgs() <= Row.TargetArg ||
          !runsConcurrently(Model, FD, C->Call->getExprLoc()))
        continue;
      const flow::FunctionRefs *R = Model.refs().get(FD);
      if (!R)
        continue;
      const flow::Sharing S = whoHas(Model, *R, C->Call, Row.TargetArg);
      // A helper of other files may be for new objects only.
      if (S.K != flow::Sharing::Shared || S.Tier > 2)
        continue;
      bool Suspendable = false;
      if (asksWhetherUnique(Model, FD, C->Call->getArg(Row.TargetArg)) ||
          isCalledLocked(Model, FD, C->Call))
        continue;
      // Of a tuple that nobody else has, or changes, either.
      if ((Row.Target == facts::ContainerKind::List ||
           Model.sharing().argument(*R, C->Call, Row.TargetArg).Why ==
               flow::Sharing::Unchanged) &&
          (Model.sharing().protects(Model.locksAt(FD, C->Call), *R, C->Call,
                                    Row.TargetArg, Suspendable) ||
           lockedElsewhere(Model, FD, C->Call)))
        continue;
      const SourceLocation Loc = SM.getFileLoc(C->Call->getExprLoc());
      const Expr *Target = C->Call->getArg(Row.TargetArg);
      if (const auto *U = dyn_cast<UnaryOperator>(Target->IgnoreParenCasts());
          U && U->getOpcode() == UO_AddrOf)
        Target = U->getSubExpr();
      diag(Loc, "'%0' writes into '%1', which others have already, without a "
                "lock and without giving up what was there")
          << Row.Name << objectText(Target, Model.context());
      diag(S.Where.isValid() ? SM.getFileLoc(S.Where) : Loc, "%0",
           DiagnosticIDs::Note)
          << S.Who;
      if (!*Row.Replacement) {
        diag(Loc, "make a new object and put it in the place of the old one",
             DiagnosticIDs::Note);
        continue;
      }
      const support::SourceText Source(SM, Model.context().getLangOpts(),
                                       SM.getFileID(Loc));
      const std::optional<support::WrittenCall> Written =
          Source.writtenCall(C->Call->getBeginLoc(), Row.Name);
      auto Note = diag(Loc, "'%0' locks, gives up the old item and says whether "
                            "it has failed",
                       DiagnosticIDs::Note)
                  << Row.Replacement;
      if (Written)
        Note << FixItHint::CreateReplacement(
            CharSourceRange::getCharRange(Source.location(Written->Name.Begin),
                                          Source.location(Written->Name.End)),
            Row.Replacement);
    }
}

} // namespace pyext::refs
