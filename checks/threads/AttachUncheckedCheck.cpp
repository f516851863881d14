//===- AttachUncheckedCheck.cpp ---------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/AttachUncheckedCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "support/Source.h"
#include "threads/HoldReports.h"
#include "threads/PendingException.h"

using namespace clang;

namespace pyext::threads {

/// The statement of \p FD's body that ends with \p E, when it is an element of a
/// block: what can be followed by another statement.
static const Stmt *statementOf(const Expr *E, const ParentMap &Parents) {
  const Stmt *S = E;
  for (const Stmt *P = Parents.getParent(S); P;
       S = P, P = Parents.getParent(P)) {
    if (isa<CompoundStmt>(P))
      return isa<DeclStmt>(S) || isa<BinaryOperator>(S) ? S : nullptr;
    const auto *B = dyn_cast<BinaryOperator>(P);
    if (!isa<CastExpr, ParenExpr, DeclStmt, ExprWithCleanups>(P) &&
        !(B && B->getOpcode() == BO_Assign && B->getRHS() == S))
      return nullptr;
  }
  return nullptr;
}

/// What gives back what is held at \p H, in the order of the fix; nothing when
/// something else is held that a return would leave behind.
static std::optional<std::vector<std::string>>
cleanUp(const flow::FunctionAttachment &A, const flow::Hold &H) {
  std::vector<std::string> Lines;
  for (unsigned Index : A.heldAt(H.Where)) {
    const flow::Hold &Other = A.holds()[Index];
    if (Other.Scoped)
      continue;
    if (!Other.Api || !Other.Handle)
      return std::nullopt;
    const char *Closer = Other.Api->Counterpart;
    if (const facts::ThreadStateApi *Api = facts::findThreadStateApi(Closer);
        !Api || Other.Kind == flow::HoldKind::SavedThread)
      return std::nullopt;
    Lines.insert(Lines.begin(),
                 std::string(Closer) + "(" + Other.Handle->getNameAsString() +
                     ");");
  }
  return Lines;
}

static bool setsNoException(const facts::ThreadStateApi &Api) {
  return !facts::hasRole(Api.Name, facts::ApiRole::SetsException);
}

/// Where code that runs because \p Handle is null asks for an exception; null
/// when nowhere.
static const CallExpr *asksForException(const Stmt *S, const VarDecl *Handle,
                                        const ASTContext &Context,
                                        bool IsNull = false) {
  if (!S || isa<LambdaExpr>(S))
    return nullptr;
  if (const auto *Call = dyn_cast<CallExpr>(S); Call && IsNull)
    if (model::isCallOf(Call, facts::ApiRole::TakesException))
      return Call;
  if (const auto *If = dyn_cast<IfStmt>(S)) {
    const Expr *Cond = If->getCond()->IgnoreParenImpCasts();
    bool Null = false, Tested = false;
    const auto IsHandle = [&](const Expr *E) {
      E = model::stripped(E);
      if (const auto *B = dyn_cast<BinaryOperator>(E);
          B && B->getOpcode() == BO_Assign)
        E = model::stripped(B->getLHS());
      const auto *Ref = dyn_cast<DeclRefExpr>(E);
      return Ref && Ref->getDecl() == Handle;
    };
    if (const auto *U = dyn_cast<UnaryOperator>(Cond);
        U && U->getOpcode() == UO_LNot)
      Null = Tested = IsHandle(U->getSubExpr());
    else if (const auto *B = dyn_cast<BinaryOperator>(Cond);
             B && B->isEqualityOp()) {
      Tested = (IsHandle(B->getLHS()) &&
                model::isNullOrZero(B->getRHS(), Context)) ||
               (IsHandle(B->getRHS()) &&
                model::isNullOrZero(B->getLHS(), Context));
      Null = B->getOpcode() == BO_EQ;
    } else {
      Tested = IsHandle(Cond);
    }
    if (Tested) {
      if (const CallExpr *Call = asksForException(If->getThen(), Handle,
                                                  Context, Null))
        return Call;
      return asksForException(If->getElse(), Handle, Context, !Null);
    }
  }
  for (const Stmt *Child : S->children())
    if (const CallExpr *Call =
            asksForException(Child, Handle, Context, IsNull))
      return Call;
  return nullptr;
}

void AttachUncheckedCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  for (const auto &F : Model.functions())
    if (!F->Generated && !F->ThreadStates.empty())
      if (const flow::FunctionAttachment *A =
              Model.attachments().of(F->Decl))
        analyze(Model, *F, *A);
}

void AttachUncheckedCheck::analyze(const model::ExtensionModel &Model,
                                   const model::Function &F,
                                   const flow::FunctionAttachment &A) {
  const FunctionDecl *FD = F.Decl;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const HoldReport &R :
       reportsOf(A, flow::HoldProblem::Unchecked, FD, SM)) {
    const flow::Hold &H = A.holds()[R.Hold];
    {
      auto Diag = diag(placeOf(H.Where, SM),
                       "'%0' can return NULL, and the result is used without "
                       "a test");
      Diag << H.Name;
      for (const FixItHint &Hint : fix(Model, FD, A, H))
        Diag << Hint;
    }
    for (const flow::HoldFinding *Each : R.Findings)
      diag(placeOf(Each->Where, SM), "used here", DiagnosticIDs::Note);
  }
  for (const HoldReport &R :
       reportsOf(A, flow::HoldProblem::UsedClosed, FD, SM)) {
    const flow::Hold &H = A.holds()[R.Hold];
    diag(placeOf(R.Findings[0]->Where, SM), "'%0' is closed already")
        << (H.Handle ? H.Handle->getName() : llvm::StringRef(H.Key));
    if (R.Findings[0]->Other)
      diag(placeOf(R.Findings[0]->Other, SM), "closed here",
           DiagnosticIDs::Note);
  }
  for (const flow::Hold &H : A.holds())
    if (H.Handle && H.Api && H.MayFail && setsNoException(*H.Api))
      if (const CallExpr *Call =
              asksForException(FD->getBody(), H.Handle, Model.context())) {
        diag(placeOf(Call, SM), "'%0' sets no exception when it fails")
            << H.Name;
        diag(placeOf(H.Where, SM), "called here", DiagnosticIDs::Note);
      }
  for (const PendingException &P : pendingExceptions(Model, F)) {
    diag(placeOf(P.Call, SM),
         "'%0' can fail here, and '%1' is called with its exception pending: "
         "it is lost, or left to the code that the thread has interrupted")
        << P.Name << P.ReleaseName;
    diag(placeOf(P.Release, SM), "released here", DiagnosticIDs::Note);
  }
}

llvm::SmallVector<FixItHint>
AttachUncheckedCheck::fix(const model::ExtensionModel &Model,
                          const FunctionDecl *FD,
                          const flow::FunctionAttachment &A,
                          const flow::Hold &H) {
  const QualType Returns = FD->getReturnType();
  if (!H.Handle || !(Returns->isVoidType() || Returns->isPointerType()))
    return {};
  // A function that Python calls has to set an exception.
  const model::Function *F = Model.function(FD);
  if (!F || F->isPythonVisible())
    return {};
  ParentMap Parents(FD->getBody());
  const Stmt *At = statementOf(H.Where, Parents);
  std::optional<std::vector<std::string>> Lines = cleanUp(A, H);
  if (!At || !Lines)
    return {};
  const SourceManager &SM = Model.context().getSourceManager();
  support::SourceText Text(SM, Model.context().getLangOpts(),
                           SM.getFileID(SM.getExpansionLoc(At->getBeginLoc())));
  support::EditSet Edits(Text, Parents);
  const bool Cxx = Model.context().getLangOpts().CPlusPlus;
  std::vector<std::string> Block = {
      "if (" + H.Handle->getNameAsString() + " == " +
      (Cxx ? "nullptr" : "NULL") + ") {"};
  for (const std::string &Line : *Lines)
    Block.push_back("\t" + Line);
  Block.push_back(Returns->isVoidType() ? "\treturn;"
                  : Cxx                 ? "\treturn nullptr;"
                                        : "\treturn NULL;");
  Block.push_back("}");
  Edits.after(At, Block);
  std::string WhyNot;
  return Edits.finish(WhyNot);
}

} // namespace pyext::threads
