//===- GilstateCheckCheck.cpp ---------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/GilstateCheckCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "support/Source.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

/// `f() != NULL`, `!f()`, `if (f())`: the whole comparison, or the call itself.
static const Expr *comparisonAround(ArrayRef<const Stmt *> Path,
                                    const CallExpr *Call,
                                    const ASTContext &Context, bool &Negated) {
  for (const Stmt *P : llvm::reverse(Path)) {
    if (isa<CastExpr, ParenExpr>(P))
      continue;
    if (const auto *B = dyn_cast<BinaryOperator>(P);
        B && B->isEqualityOp() && (model::isNullOrZero(B->getLHS(), Context) ||
                                   model::isNullOrZero(B->getRHS(), Context))) {
      Negated = B->getOpcode() == BO_EQ;
      return B;
    }
    const auto *U = dyn_cast<UnaryOperator>(P);
    const auto *B = dyn_cast<BinaryOperator>(P);
    if ((U && U->getOpcode() == UO_LNot) || (B && B->isLogicalOp()) ||
        isa<IfStmt, WhileStmt, ConditionalOperator>(P))
      return Call;
    return nullptr;
  }
  return nullptr;
}

void GilstateCheckCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const ASTContext &Context = Model.context();
  for (const ApiRole Role :
       {ApiRole::ChecksGilState, ApiRole::GetsGilStateThread})
    for (const ApiUse &Use : model::usesOf(Model, Role)) {
      const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
      const std::vector<const Stmt *> Path =
          model::pathTo(Model, Use.In->Decl, Use.Call);
      bool Negated = false;
      const Expr *Test = comparisonAround(Path, Use.Call, Context, Negated);
      const bool Checks = Role == ApiRole::ChecksGilState;
      if ((!Checks && !Test) || Model.preprocessing().onlyBefore({13}, Loc))
        continue;
      auto Diag = diag(
          Loc, "'%0' %select{does not say whether this thread is attached: it "
               "knows only the thread state of one interpreter|is always 1 "
               "once a subinterpreter was made: it does not say whether this "
               "thread is attached}1");
      Diag << Use.Name << Checks;
      const support::SourceText Source(SM, Context.getLangOpts(),
                                       SM.getFileID(Loc));
      const bool Whole = !Checks && Test != Use.Call;
      std::optional<support::TextRange> R =
          Source.written(Whole ? Test : cast<Expr>(Use.Call));
      if (!R || !(minPython() >= facts::PyVersion{13} || mayUseCompatHeader()))
        continue;
      const std::string Get = facts::nameOf(ApiRole::AsksAttached).str() + "()";
      Diag << FixItHint::CreateReplacement(
          CharSourceRange::getCharRange(Source.location(R->Begin),
                                        Source.location(R->End)),
          Whole ? Get + (Negated ? " == NULL" : " != NULL")
                : "(" + Get + " != NULL)");
    }
}

} // namespace pyext::threads
