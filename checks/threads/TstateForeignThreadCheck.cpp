//===- TstateForeignThreadCheck.cpp ---------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/TstateForeignThreadCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

/// Whether the function itself makes or saves the thread state in \p VD before
/// it uses it.
static bool setsHere(const ExtensionModel &Model, const ApiUse &Use,
                     const VarDecl *VD) {
  const SourceManager &SM = Model.context().getSourceManager();
  for (const model::CallSite &Site : Use.In->Calls)
    if (Site.Call && model::isCallOf(Site.Call, ApiRole::ReturnsThreadState) &&
        SM.isBeforeInTranslationUnit(Site.Call->getBeginLoc(),
                                     Use.Call->getBeginLoc()) &&
        model::storedIn(model::pathTo(Model, Use.In->Decl, Site.Call), Site.Call) ==
            VD)
      return true;
  return false;
}

/// Where another thread than the one that runs \p In puts its own thread state
/// into the field; null for nowhere.
static const model::Access *fieldOfAnotherThread(const ExtensionModel &Model,
                                                 const model::Function &In,
                                                 const FieldDecl *Field) {
  if (!In.onlyIn(model::ForeignContext))
    return nullptr;
  const model::Access *Found = nullptr;
  for (const model::FieldAccess &A : Model.fieldAccesses()) {
    if (A.Field != Field->getCanonicalDecl() || !A.By.writes() || A.By.Resets)
      continue;
    const model::Function *By =
        A.By.Function ? Model.function(A.By.Function) : nullptr;
    const auto *B = dyn_cast<BinaryOperator>(A.By.Statement);
    const auto *Call = B ? dyn_cast<CallExpr>(model::stripped(B->getRHS()))
                         : nullptr;
    const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
    const facts::ThreadStateApi *Api =
        Callee && Callee->getIdentifier()
            ? facts::findThreadStateApi(
                  facts::canonicalName(Callee->getName()))
            : nullptr;
    // A thread state made for the thread is its own.
    if (!By || (By->Contexts & model::ForeignContext) || !Api ||
        (Api->Op != facts::ThreadStateOp::Query &&
         Api->Op != facts::ThreadStateOp::Detach))
      return nullptr;
    Found = &A.By;
  }
  return Found;
}

void TstateForeignThreadCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated() || model::isProgram(Model))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  DenseSet<const VarDecl *> Reported;
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::UsesThreadState)) {
    if (!Use.Call->getNumArgs())
      continue;
    const Expr *Arg = model::stripped(Use.Call->getArg(0));
    const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
    const VarDecl *VD = model::variableOf(Arg);
    const bool Walked =
        model::isCallOf(Arg, ApiRole::WalksThreadStates) ||
        (VD && VD->hasLocalStorage() && VD->getInit() &&
         model::isCallOf(VD->getInit(), ApiRole::WalksThreadStates));
    if (Walked) {
      diag(Loc, "'%0' attaches to the thread state of another thread, found by "
                "going through those of the interpreter")
          << Use.Name;
      continue;
    }
    if (const auto *Member = dyn_cast<MemberExpr>(Arg))
      if (const auto *Field = dyn_cast<FieldDecl>(Member->getMemberDecl()))
        if (const model::Access *Write =
                fieldOfAnotherThread(Model, *Use.In, Field)) {
          report(Use, *Write, Field->getName(), SM);
          continue;
        }
    if (!VD || !VD->hasGlobalStorage() ||
        VD->getTLSKind() != VarDecl::TLS_None || isa<FieldDecl>(VD) ||
        setsHere(Model, Use, VD) ||
        !Reported.insert(VD->getCanonicalDecl()).second)
      continue;
    const model::StateVariable *State = Model.stateOf(VD);
    const model::Access *Write = nullptr;
    if (State)
      for (const model::Access &A : State->Accesses)
        if (A.writes() && !A.Resets && A.Function != Use.In->Decl && !Write)
          Write = &A;
    if (!Write)
      continue;
    report(Use, *Write, VD->getName(), SM);
  }
}

void TstateForeignThreadCheck::report(const ApiUse &Use,
                                      const model::Access &Write, StringRef Name,
                                      const SourceManager &SM) {
  const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
  diag(Loc, "'%0' attaches to the thread state in '%1', which belongs to the "
            "thread that ran '%2' last")
      << Use.Name << Name
      << (Write.Function ? Write.Function->getNameAsString() : std::string());
  diag(SM.getExpansionLoc(Write.Where->getExprLoc()), "it is stored here",
       DiagnosticIDs::Note);
  diag(Loc,
       "pass the interpreter, as a PyInterpreterGuard from Python 3.15 on, "
       "and let the thread make its own thread state",
       DiagnosticIDs::Note);
}

} // namespace pyext::threads
