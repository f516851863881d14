//===- StoredInterpreterStateCheck.cpp ------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/StoredInterpreterStateCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/Facts.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

namespace {
enum What { Interpreter, Thread, Identifier };
} // namespace

/// The object is a helper on the stack: its class has a destructor, or it is a
/// local variable.
static bool isScoped(const model::Function &F, const MemberExpr *Member) {
  if (!Member)
    return false;
  const auto *Method = dyn_cast<CXXMethodDecl>(F.Decl);
  const CXXRecordDecl *RD =
      dyn_cast<CXXRecordDecl>(Member->getMemberDecl()->getDeclContext());
  if (RD && Method && Method->getParent()->getCanonicalDecl() ==
                          RD->getCanonicalDecl())
    if (const CXXDestructorDecl *D = RD->getDestructor();
        D && D->isUserProvided())
      return true;
  const auto *Ref = dyn_cast<DeclRefExpr>(Member->getBase()->IgnoreParenCasts());
  const auto *VD = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  return VD && !Member->isArrow() && VD->hasLocalStorage();
}

/// Whether the function that stores it also forgets it, or gives it back.
static bool isForgotten(const Stmt *S, const ValueDecl *To,
                        const ASTContext &Context, unsigned Depth = 0) {
  if (!S || Depth > 400)
    return false;
  auto Is = [&](const Expr *E) {
    const Expr *Bare = model::stripped(E);
    if (const auto *M = dyn_cast<MemberExpr>(Bare))
      return M->getMemberDecl()->getCanonicalDecl() == To->getCanonicalDecl();
    const auto *Ref = dyn_cast<DeclRefExpr>(Bare);
    return Ref && Ref->getDecl()->getCanonicalDecl() == To->getCanonicalDecl();
  };
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && B->getOpcode() == BO_Assign && Is(B->getLHS()) &&
      model::isNullOrZero(B->getRHS(), Context))
    return true;
  if (const auto *Call = dyn_cast<CallExpr>(S)) {
    const FunctionDecl *FD = Call->getDirectCallee();
    const facts::ThreadStateApi *Api =
        FD && FD->getIdentifier() ? facts::findThreadStateApi(
                                        facts::canonicalName(FD->getName()))
                                  : nullptr;
    if (Api && Api->Op == facts::ThreadStateOp::Attach &&
        any_of(Call->arguments(), Is))
      return true;
  }
  return any_of(S->children(), [&](const Stmt *C) {
    return isForgotten(C, To, Context, Depth + 1);
  });
}

void StoredInterpreterStateCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated() ||
      model::isProgram(Model) || model::refusesInterpreters(Model))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  DenseSet<const ValueDecl *> Reported;
  for (const auto &[Role, Kind] :
       {std::pair{ApiRole::ReturnsInterpreter, Interpreter},
        std::pair{ApiRole::ReturnsThreadState, Thread},
        std::pair{ApiRole::ReturnsInterpreterId, Identifier}})
    for (const ApiUse &Use : model::usesOf(Model, Role)) {
      const MemberExpr *Member = nullptr;
      const ValueDecl *To =
          model::storedIn(model::pathTo(Model, Use.In->Decl, Use.Call), Use.Call, &Member);
      const auto *VD = dyn_cast_or_null<VarDecl>(To);
      const auto *FD = dyn_cast_or_null<FieldDecl>(To);
      if (!To || (VD && (VD->hasLocalStorage() ||
                         VD->getTLSKind() != VarDecl::TLS_None)))
        continue;
      // The module's state ends with the interpreter.
      if (FD) {
        const model::StateVariable *State =
            Model.stateOf(cast<FieldDecl>(FD->getCanonicalDecl()));
        if ((State && State->Kind == model::StateKind::ModuleField) ||
            any_of(Model.modules(), [&](const model::Module &Mod) {
              return Mod.State && Mod.State->getCanonicalDecl() ==
                                      FD->getParent()->getCanonicalDecl();
            }) ||
            isScoped(*Use.In, Member))
          continue;
        // PyEval_SaveThread() in one function, PyEval_RestoreThread() in another
        // is a pair, if an unusual one.
        const facts::ThreadStateApi *Api = facts::findThreadStateApi(Use.Name);
        if (Api && Api->Op == facts::ThreadStateOp::Detach)
          continue;
      }
      if (isForgotten(Use.In->Decl->getBody(), To, Model.context()) ||
          !Reported.insert(cast<ValueDecl>(To->getCanonicalDecl())).second)
        continue;
      const bool Here =
          Model.preprocessing().isFirstParty(To->getLocation()) && VD;
      const SourceLocation Stored = SM.getExpansionLoc(Use.Call->getExprLoc());
      diag(Here ? To->getLocation() : Stored,
           "'%0' keeps the %select{pointer to an interpreter|thread "
           "state|number of an interpreter}1 "
           "%select{beyond the call|for all interpreters and threads}2: it "
           "%select{dangles|dangles|can name another one}1 once that "
           "interpreter is finalized")
          << To->getName() << unsigned(Kind) << (VD != nullptr);
      diag(Here ? Stored : To->getLocation(),
           "%select{it is declared here|'%1' is stored here}0",
           DiagnosticIDs::Note)
          << Here << Use.Name;
      unsigned Shown = 0;
      if (const model::StateVariable *State =
              Model.stateOf(cast<ValueDecl>(To->getCanonicalDecl())))
        for (const model::Access &A : State->Accesses)
          if (!A.writes() && A.Function && ++Shown <= 3)
            diag(SM.getExpansionLoc(A.Where->getExprLoc()),
                 "'%0' uses it here", DiagnosticIDs::Note)
                << A.Function->getNameAsString();
      diag(Stored,
           "from Python 3.15 on a PyInterpreterView can be kept, and "
           "'PyThreadState_EnsureFromView' attaches to its interpreter if it "
           "still exists; for older versions keep it in the module state",
           DiagnosticIDs::Note);
    }
}

} // namespace pyext::threads
