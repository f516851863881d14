//===- SignalHandlerApiCheck.cpp ------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/SignalHandlerApiCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/ModelCalls.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

/// Calls \p Visit for each function that \p S makes a signal handler.
static void handlersIn(const Stmt *S,
                       function_ref<void(const FunctionDecl *, const Expr *)> Visit,
                       unsigned Depth = 0) {
  if (!S || Depth > 400)
    return;
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && B->getOpcode() == BO_Assign)
    if (const auto *M = dyn_cast<MemberExpr>(B->getLHS()->IgnoreParens());
        M && (M->getMemberDecl()->getName() == "sa_handler" ||
              M->getMemberDecl()->getName() == "sa_sigaction"))
      if (const FunctionDecl *FD = model::functionOf(B->getRHS()))
        Visit(FD, B);
  if (const auto *List = dyn_cast<InitListExpr>(S))
    if (const RecordDecl *RD = List->getType()->getAsRecordDecl();
        RD && RD->getName() == "sigaction")
      for (const Expr *Init : List->inits()) {
        const auto *Inner = dyn_cast<InitListExpr>(Init->IgnoreImplicit());
        const Expr *Value = Inner && Inner->getNumInits() ? Inner->getInit(0) : Init;
        if (const FunctionDecl *FD = model::functionOf(Value))
          Visit(FD, List);
      }
  for (const Stmt *Child : S->children())
    handlersIn(Child, Visit, Depth + 1);
}

void SignalHandlerApiCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  DenseSet<const FunctionDecl *> Seen;
  DenseSet<const FunctionDecl *> Bodies;
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::SetsSignalHandler)) {
    for (const Expr *Arg : Use.Call->arguments())
      if (const FunctionDecl *FD = model::functionOf(Arg))
        if (Seen.insert(FD->getCanonicalDecl()).second)
          checkHandler(Model, FD, Use.Call);
    if (Bodies.insert(Use.In->Decl).second)
      handlersIn(Use.In->Decl->getBody(),
                 [&](const FunctionDecl *FD, const Expr *Where) {
                   if (Seen.insert(FD->getCanonicalDecl()).second)
                     checkHandler(Model, FD, Where);
                 });
  }
}

void SignalHandlerApiCheck::checkHandler(const ExtensionModel &Model,
                                         const FunctionDecl *FD,
                                         const Expr *Set) {
  const SourceManager &SM = Model.context().getSourceManager();
  SmallVector<const model::Function *, 8> Work;
  if (const model::Function *F = Model.function(FD))
    Work.push_back(F);
  for (size_t I = 0; I < Work.size() && I < 50; ++I)
    for (const model::CallSite &Site : Work[I]->Calls) {
      if (!Site.Callee || !Site.Call)
        continue;
      if (const model::Function *Callee = Model.function(Site.Callee)) {
        if (!is_contained(Work, Callee))
          Work.push_back(Callee);
        continue;
      }
      if (!Site.Callee->getIdentifier())
        continue;
      const StringRef Name = Site.Name;
      if (!facts::isApiName(Name) || facts::isAtomicFunction(Name) ||
          facts::hasRole(Name, ApiRole::SignalSafe) ||
          facts::hasRole(Name, ApiRole::SetsSignalHandler))
        continue;
      diag(SM.getExpansionLoc(Site.Call->getExprLoc()),
           "'%0' is called in signal handler '%1', which can interrupt Python "
           "anywhere: only 'PyErr_SetInterruptEx' may be called there")
          << Name << FD->getNameAsString();
      diag(SM.getExpansionLoc(Set->getExprLoc()), "the handler is set here",
           DiagnosticIDs::Note);
      return;
    }
}

} // namespace pyext::threads
