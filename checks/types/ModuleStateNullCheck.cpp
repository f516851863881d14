//===- ModuleStateNullCheck.cpp -------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/ModuleStateNullCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/ModelCalls.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::types {

static bool isRef(const Expr *E, const ValueDecl *D) {
  const auto *Ref = dyn_cast<DeclRefExpr>(model::stripped(E));
  return Ref && Ref->getDecl() == D;
}

void ModuleStateNullCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const model::Module *Only =
      Model.modules().size() == 1 ? &Model.modules().front() : nullptr;
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::ReadsModuleState)) {
    if (!Use.Call->getNumArgs())
      continue;
    const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
    const auto *Inner =
        dyn_cast<CallExpr>(model::stripped(Use.Call->getArg(0)));
    for (const ApiRole Role : {ApiRole::FindsTypeModule, ApiRole::FindsModule,
                               ApiRole::ReadsTypeModule})
      if (Inner && model::isCallOf(Inner, Role)) {
        const StringRef Name =
            facts::canonicalName(Inner->getDirectCallee()->getName());
        diag(Loc,
             "'%0' is given the result of '%1' without a test: it is null, "
             "with an error set, when there is no such module"
             "%select{|; the new reference is never dropped}2")
            << Use.Name << Name << (facts::findNewReference(Name) != nullptr);
      }
    // The module of this file has none at all.
    if (Only && Only->Definition && Only->Size && *Only->Size <= 0 &&
        isDereferenced(Model, *Use.In, Use.Call)) {
      diag(Loc, "'%0' gives null: module '%1' has no state, its m_size is %2")
          << Use.Name << Only->Name << (*Only->Size ? "-1" : "0");
      diag(Only->Definition->getLocation(), "the module is defined here",
           DiagnosticIDs::Note);
    }
  }
}

/// `((State *)PyModule_GetState(m))->field`, or a variable it is stored in that
/// is used like this without having been tested.
bool ModuleStateNullCheck::isDereferenced(const ExtensionModel &Model,
                                          const model::Function &F,
                                          const CallExpr *Call) {
  const std::vector<const Stmt *> Path = model::pathTo(Model, F.Decl, Call);
  for (const Stmt *P : llvm::reverse(Path)) {
    if (isa<CastExpr, ParenExpr>(P))
      continue;
    if (const auto *M = dyn_cast<MemberExpr>(P))
      return M->isArrow();
    break;
  }
  const ValueDecl *To = model::storedIn(Path, Call);
  return To && isa<VarDecl>(To) && derefs(F.Decl->getBody(), To) &&
         !tests(F.Decl->getBody(), To);
}

bool ModuleStateNullCheck::derefs(const Stmt *S, const ValueDecl *D) {
  if (!S)
    return false;
  if (const auto *M = dyn_cast<MemberExpr>(S); M && M->isArrow())
    if (isRef(M->getBase(), D))
      return true;
  return any_of(S->children(), [&](const Stmt *C) { return derefs(C, D); });
}

bool ModuleStateNullCheck::tests(const Stmt *S, const ValueDecl *D) {
  if (!S)
    return false;
  if (const auto *U = dyn_cast<UnaryOperator>(S);
      U && U->getOpcode() == UO_LNot && isRef(U->getSubExpr(), D))
    return true;
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && B->isEqualityOp() && (isRef(B->getLHS(), D) || isRef(B->getRHS(), D)))
    return true;
  if (const auto *If = dyn_cast<IfStmt>(S); If && isRef(If->getCond(), D))
    return true;
  if (const auto *Cond = dyn_cast<ConditionalOperator>(S);
      Cond && isRef(Cond->getCond(), D))
    return true;
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && B->isLogicalOp() && (isRef(B->getLHS(), D) || isRef(B->getRHS(), D)))
    return true;
  return any_of(S->children(), [&](const Stmt *C) { return tests(C, D); });
}

} // namespace pyext::types
