//===- ApiUses.cpp --------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/ApiUses.h"
#include "facts/ModelCalls.h"
#include "model/Initializers.h"
#include "model/SlotEvidence.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

std::vector<ApiUse> usesOf(const ExtensionModel &Model, facts::ApiRole Role) {
  const SourceManager &SM = Model.context().getSourceManager();
  std::vector<ApiUse> Uses;
  StringRef Last;
  for (const facts::ApiRoleRow &Row : facts::apiRoles()) {
    if (Row.Role != Role || Last == Row.Name)
      continue;
    Last = Row.Name;
    if (!facts::isApiName(Row.Name)) {
      for (const auto &F : Model.functions())
        for (const CallSite &Site : F->Calls)
          if (!F->Generated && Site.Call && Site.Callee &&
              Site.Callee->getIdentifier() &&
              Site.Callee->getName() == Row.Name)
            Uses.push_back({Site.Call, Row.Name, F.get()});
      continue;
    }
    for (const CallSite *Site : Model.apiCalls(Row.Name)) {
      const Function *F = Model.function(Site->Caller);
      if (Site->Call && F && !F->Generated)
        Uses.push_back({Site->Call, Row.Name, F});
    }
  }
  std::stable_sort(Uses.begin(), Uses.end(),
                   [&](const ApiUse &A, const ApiUse &B) {
                     return SM.isBeforeInTranslationUnit(
                         A.Call->getExprLoc(), B.Call->getExprLoc());
                   });
  return Uses;
}

bool isCallOf(const Expr *E, facts::ApiRole Role) {
  const auto *Call = dyn_cast_or_null<CallExpr>(E ? stripped(E) : nullptr);
  const FunctionDecl *FD = Call ? Call->getDirectCallee() : nullptr;
  return FD && FD->getIdentifier() &&
         facts::hasRole(facts::canonicalName(FD->getName()), Role);
}

std::vector<const Stmt *> pathTo(const ExtensionModel &Model,
                                 const FunctionDecl *FD, const Stmt *Inner) {
  std::vector<const Stmt *> Path;
  const flow::FunctionBody *Body = Model.flows().body(FD);
  while (Body && (Inner = Body->parents().getParent(Inner)))
    Path.push_back(Inner);
  std::reverse(Path.begin(), Path.end());
  return Path;
}

const ValueDecl *storedIn(ArrayRef<const Stmt *> Path, const Expr *Call,
                          const MemberExpr **Member) {
  for (const Stmt *P : llvm::reverse(Path)) {
    if (isa<CastExpr, ParenExpr, ConditionalOperator, ExprWithCleanups>(P))
      continue;
    if (const auto *D = dyn_cast<DeclStmt>(P)) {
      for (const Decl *Each : D->decls())
        if (const auto *VD = dyn_cast<VarDecl>(Each);
            VD && VD->getInit() && stripped(VD->getInit()) == Call)
          return VD;
      return nullptr;
    }
    const auto *B = dyn_cast<BinaryOperator>(P);
    if (!B || B->getOpcode() != BO_Assign || stripped(B->getRHS()) != Call)
      return nullptr;
    const Expr *To = stripped(B->getLHS());
    if (const auto *Ref = dyn_cast<DeclRefExpr>(To))
      return dyn_cast<VarDecl>(Ref->getDecl());
    if (const auto *M = dyn_cast<MemberExpr>(To)) {
      if (Member)
        *Member = M;
      return dyn_cast<FieldDecl>(M->getMemberDecl());
    }
    return nullptr;
  }
  return nullptr;
}

bool isIgnored(ArrayRef<const Stmt *> Path) {
  for (const Stmt *P : llvm::reverse(Path)) {
    if (const auto *C = dyn_cast<CastExpr>(P)) {
      if (C->getCastKind() == CK_ToVoid)
        return false; // On purpose.
      continue;
    }
    if (isa<ParenExpr, ExprWithCleanups>(P))
      continue;
    return isa<CompoundStmt, LabelStmt, SwitchCase>(P);
  }
  return false;
}

bool refusesInterpreters(const ExtensionModel &Model) {
  return !Model.modules().empty() &&
         all_of(Model.modules(), [](const Module &Mod) {
           return promiseOf(Mod, facts::ModuleSlotRole::MultipleInterpreters) ==
                  facts::Promise::OneInterpreter;
         });
}

bool isProgram(const ExtensionModel &Model) {
  return any_of(Model.functions(),
                [](const auto &F) { return F->Decl->isMain(); });
}

} // namespace pyext::model
