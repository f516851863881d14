//===- ForeignThreads.cpp ------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/ForeignThreads.h"
#include "flow/Attachment.h"
#include "threads/HoldReports.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtOpenMP.h"

using namespace clang;

namespace pyext::threads {

namespace {
/// The text of a statement.
struct Region {
  FileID File;
  unsigned Begin = 0, End = 0;
  bool contains(std::pair<FileID, unsigned> Loc) const {
    return Loc.first == File && Begin <= Loc.second && Loc.second < End;
  }
};
} // namespace

/// The statement of \p Body that follows \p Pragma: the outermost one that begins
/// behind it first. Empty when \p Body does not contain the pragma.
static Region regionOf(const Stmt *Body, const model::ParallelPragma &Pragma,
                       const SourceManager &SM) {
  auto [File, From] = SM.getDecomposedLoc(Pragma.End);
  Region Found{File, ~0u, 0};
  llvm::SmallVector<const Stmt *, 32> Work{Body};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S)
      continue;
    auto [InFile, Begin] = SM.getDecomposedExpansionLoc(S->getBeginLoc());
    auto [EndFile, End] = SM.getDecomposedExpansionLoc(S->getEndLoc());
    // A directive of OpenMP ends with its line.
    if (!isa<OMPExecutableDirective>(S) &&
        (InFile != File || EndFile != File || End < From))
      continue;
    if (Begin >= From) {
      if (Begin < Found.Begin || (Begin == Found.Begin && End + 1 > Found.End)) {
        Found.Begin = Begin;
        Found.End = End + 1;
      }
      continue;
    }
    if (const auto *C = dyn_cast<CapturedStmt>(S))
      Work.push_back(C->getCapturedStmt());
    else
      Work.append(S->child_begin(), S->child_end());
  }
  if (!Found.End)
    Found = {};
  return Found;
}

std::vector<ParallelUse> usesInForeignThreads(const model::ExtensionModel &Model) {
  const auto Pragmas = Model.preprocessing().parallelPragmas();
  std::vector<ParallelUse> Uses;
  if (llvm::all_of(Pragmas, [](const auto &P) { return P.Master; }))
    return Uses;
  const SourceManager &SM = Model.context().getSourceManager();
  flow::Attachments &All = Model.attachments();
  for (const auto &F : Model.functions()) {
    const Stmt *Body = F->Decl->getBody();
    auto Holds = [&](SourceLocation Loc) {
      const SourceLocation Begin = SM.getExpansionLoc(Body->getBeginLoc());
      return SM.isWrittenInSameFile(Begin, Loc) &&
             SM.isPointWithin(Loc, Begin, SM.getExpansionLoc(Body->getEndLoc()));
    };
    if (F->Generated)
      continue;
    std::vector<Region> Masters;
    for (const model::ParallelPragma &P : Pragmas)
      if (P.Master && Holds(P.Loc))
        Masters.push_back(regionOf(Body, P, SM));
    for (const model::ParallelPragma &P : Pragmas) {
      if (P.Master || !Holds(P.Loc))
        continue;
      const Region R = regionOf(Body, P, SM);
      auto Within = [&](const Expr *E) {
        return R.contains(SM.getDecomposedExpansionLoc(E->getBeginLoc()));
      };
      // Threads that are attached there are judged as all others.
      if (llvm::any_of(F->ThreadStates, [&](const model::ThreadStateUse &U) {
            return U.Api->Op == facts::ThreadStateOp::Attach && Within(U.Where);
          }))
        continue;
      for (const model::CallSite &Site : F->Calls) {
        if (!Site.Call || !Site.Callee || !Within(Site.Call) ||
            llvm::any_of(Masters, [&](const Region &M) {
              return M.contains(
                  SM.getDecomposedExpansionLoc(Site.Call->getBeginLoc()));
            }))
          continue;
        const llvm::StringRef Name = All.needsThreadState(Site.Callee);
        if (!Name.empty()) {
          Uses.push_back({P.Loc, Site.Call,
                          writtenApi(Site.Call, Name, Model).str(), nullptr, ""});
        } else if (Model.function(Site.Callee)) {
          if (auto Api = All.usesApiAsEntered(Site.Callee))
            Uses.push_back({P.Loc, Site.Call, Site.Callee->getNameAsString(),
                            Api->Where,
                            writtenApi(Api->Where, Api->Name, Model).str()});
        }
      }
    }
  }
  return Uses;
}

/// A class of a binding library, or derived from one, that owns a reference.
static bool ownsReference(QualType QT) {
  const CXXRecordDecl *RD = QT->getAsCXXRecordDecl();
  for (unsigned Depth = 0; RD && RD->hasDefinition() && Depth < 8; ++Depth) {
    if (RD->hasTrivialDestructor())
      return false;
    if (facts::isObjectHolderType(RD->getQualifiedNameAsString()))
      return true;
    RD = RD->getNumBases() ? RD->bases_begin()->getType()->getAsCXXRecordDecl()
                           : nullptr;
  }
  return false;
}

/// Whether \p S gives away what \p VD owns: moves it, assigns to it, or calls a
/// method of it that is not const.
static bool givesAway(const Stmt *S, const VarDecl *VD) {
  if (!S)
    return false;
  auto Names = [&](const Expr *E) {
    const auto *Ref = E ? dyn_cast<DeclRefExpr>(E->IgnoreParenImpCasts()) : nullptr;
    return Ref && Ref->getDecl() == VD;
  };
  if (const auto *Op = dyn_cast<CXXOperatorCallExpr>(S)) {
    if (Op->getOperator() == OO_Equal && Names(Op->getArg(0)))
      return true;
  } else if (const auto *Member = dyn_cast<CXXMemberCallExpr>(S)) {
    const CXXMethodDecl *Method = Member->getMethodDecl();
    if (Method && !Method->isConst() &&
        Names(Member->getImplicitObjectArgument()))
      return true;
  } else if (const auto *Call = dyn_cast<CallExpr>(S)) {
    const FunctionDecl *Callee = Call->getDirectCallee();
    if (Callee && Callee->isInStdNamespace() && Callee->getIdentifier() &&
        Callee->getName() == "move" && Call->getNumArgs() == 1 &&
        Names(Call->getArg(0)))
      return true;
  }
  return llvm::any_of(S->children(),
                      [&](const Stmt *Child) { return givesAway(Child, VD); });
}

std::vector<ThreadCapture> capturedByThreads(const model::ExtensionModel &Model) {
  std::vector<ThreadCapture> Result;
  for (const auto &F : Model.functions()) {
    const auto *Method = dyn_cast<CXXMethodDecl>(F->Decl);
    if (!Method || !Method->getParent()->isLambda() || F->Generated ||
        !F->has(model::EntryKind::Thread))
      continue;
    for (const LambdaCapture &C : Method->getParent()->captures()) {
      const auto *VD = C.capturesVariable()
                           ? dyn_cast<VarDecl>(C.getCapturedVar())
                           : nullptr;
      if (VD && C.getCaptureKind() == LCK_ByCopy &&
          ownsReference(VD->getType()) && !givesAway(F->Decl->getBody(), VD))
        Result.push_back({F.get(), VD, C.getLocation()});
    }
  }
  return Result;
}

} // namespace pyext::threads
