//===- Places.cpp ---------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/Places.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::refs {

/// The first Python with a free-threaded build.
static constexpr facts::PyVersion FirstFreeThreaded{13};

bool runsConcurrently(const model::ExtensionModel &Model,
                      const FunctionDecl *FD) {
  return !runsAlone(Model, FD);
}

bool runsConcurrently(const model::ExtensionModel &Model,
                      const FunctionDecl *FD, SourceLocation Loc) {
  const model::Preprocessing &PP = Model.preprocessing();
  return runsConcurrently(Model, FD) && !PP.onlyWithGil(Loc) && !PP.onlyBefore(FirstFreeThreaded, Loc) &&
         !inAssertion(Loc, Model.context());
}

std::string objectText(const Expr *E, const ASTContext &Context) {
  return sourceText(E->IgnoreParenCasts(), Context);
}

bool lockedElsewhere(const model::ExtensionModel &Model,
                     const FunctionDecl *FD, const Stmt *S) {
  const SourceManager &SM = Model.context().getSourceManager();
  const SourceRange Before(SM.getFileLoc(FD->getBody()->getBeginLoc()),
                           SM.getFileLoc(S->getBeginLoc()));
  for (const facts::LockApi &Api : facts::lockApis())
    if (facts::isCriticalSection(Api.Kind) && Api.Op == facts::LockOp::Begin &&
        Model.preprocessing().skippedMentions(Before, Api.Name))
      return true;
  return false;
}

const VarDecl *keptIn(const Expr *Call, const ParentMap &Parents) {
  const Stmt *Child = Call;
  for (const Stmt *S = Parents.getParent(Call); S;
       Child = S, S = Parents.getParent(S)) {
    if (const auto *D = dyn_cast<DeclStmt>(S)) {
      for (const Decl *One : D->decls())
        if (const auto *V = dyn_cast<VarDecl>(One); V && V->getInit() == Child)
          return V;
      return nullptr;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(S)) {
      const auto *R =
          B->getOpcode() == BO_Assign && B->getRHS() == Child
              ? dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParenCasts())
              : nullptr;
      return R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
    }
    if (!isa<CastExpr, ParenExpr, FullExpr>(S))
      return nullptr;
  }
  return nullptr;
}

} // namespace pyext::refs
