//===- HoldReports.cpp ----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/HoldReports.h"
#include "facts/ModelCalls.h"
#include "model/Initializers.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/Stmt.h"

using namespace clang;

namespace pyext::threads {

SourceLocation placeOf(const Stmt *S, const SourceManager &SM) {
  const auto *E = dyn_cast<Expr>(S);
  return SM.getExpansionLoc(E && !isa<CallExpr>(E) ? E->getExprLoc()
                                                   : S->getBeginLoc());
}

SourceLocation exitLocation(const FunctionDecl *FD, const Stmt *Way,
                            const SourceManager &SM) {
  return Way ? placeOf(Way, SM) : SM.getExpansionLoc(FD->getBodyRBrace());
}

std::string exitName(const Stmt *Way) {
  if (!Way)
    return "the end of the function";
  if (isa<ReturnStmt>(Way))
    return "'return'";
  if (isa<GotoStmt>(Way))
    return "'goto'";
  if (isa<BreakStmt>(Way))
    return "'break'";
  if (isa<ContinueStmt>(Way))
    return "'continue'";
  if (isa<CXXThrowExpr>(Way))
    return "'throw'";
  if (const auto *Call = dyn_cast<CallExpr>(Way))
    if (const FunctionDecl *Callee = Call->getDirectCallee()) {
      const IdentifierInfo *II = Callee->getIdentifier();
      const bool Jumps = II && facts::findModelCall(II->getName()) ==
                                   facts::ModelCall::LeavesFunction;
      return (Jumps ? "'" : "an exception of '") + Callee->getNameAsString() +
             "'";
    }
  return "the jump";
}

std::vector<HoldReport> reportsOf(const flow::FunctionAttachment &A,
                                  flow::HoldProblem Problem,
                                  const FunctionDecl *FD,
                                  const SourceManager &SM) {
  std::vector<HoldReport> Result;
  for (const flow::HoldFinding &F : A.findings()) {
    if (F.Problem != Problem)
      continue;
    auto It = llvm::find_if(
        Result, [&](const HoldReport &R) { return R.Hold == F.Hold; });
    if (It == Result.end()) {
      Result.push_back({F.Hold, {}});
      It = std::prev(Result.end());
    }
    It->Findings.push_back(&F);
  }
  for (HoldReport &R : Result)
    llvm::sort(R.Findings, [&](const auto *L, const auto *R) {
      return SM.isBeforeInTranslationUnit(exitLocation(FD, L->Where, SM),
                                          exitLocation(FD, R->Where, SM));
    });
  llvm::sort(Result, [&](const HoldReport &L, const HoldReport &R) {
    return SM.isBeforeInTranslationUnit(
        exitLocation(FD, L.Findings[0]->Where, SM),
        exitLocation(FD, R.Findings[0]->Where, SM));
  });
  return Result;
}

llvm::StringRef writtenApi(const Expr *E, llvm::StringRef Otherwise,
                           const model::ExtensionModel &Model) {
  llvm::StringRef Name = Otherwise;
  for (llvm::StringRef N :
       Model.preprocessing().macroNames(E->getBeginLoc()))
    if (facts::isApiName(N) && (facts::findApi(N) || facts::findEffect(N)))
      Name = N;
  return Name;
}

} // namespace pyext::threads
