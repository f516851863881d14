//===- CriticalSectionExitCheck.cpp ---------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/CriticalSectionExitCheck.h"
#include "facts/ModelCalls.h"
#include "threads/HoldReports.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMap.h"
#include "clang/AST/StmtCXX.h"

using namespace clang;

namespace pyext::threads {

namespace {
/// One section, and what leaves it.
struct Section {
  SourceLocation Begin;
  std::string Name;   ///< Of the macro or call that begins it.
  std::string Object; ///< What is locked.
  std::vector<const Stmt *> Exits; ///< Null: the end of the function.
};

/// Finds what leaves a block. Loops and labels inside are no exits.
class ExitFinder {
public:
  ExitFinder(const CompoundStmt *Block, std::vector<const Stmt *> &Exits)
      : Exits(Exits) {
    findLabels(Block);
    visit(Block, false, false, false);
  }

private:
  std::vector<const Stmt *> &Exits;
  llvm::SmallPtrSet<const LabelDecl *, 4> Labels;

  void findLabels(const Stmt *S) {
    if (!S || isa<LambdaExpr, BlockExpr>(S))
      return;
    if (const auto *L = dyn_cast<LabelStmt>(S))
      Labels.insert(L->getDecl());
    for (const Stmt *Child : S->children())
      findLabels(Child);
  }

  void visit(const Stmt *S, bool InLoop, bool InSwitch, bool InTry) {
    if (!S || isa<LambdaExpr, BlockExpr>(S))
      return;
    if (const auto *G = dyn_cast<GotoStmt>(S)) {
      if (!Labels.count(G->getLabel()))
        Exits.push_back(S);
    } else if (isa<ReturnStmt>(S) || (isa<CXXThrowExpr>(S) && !InTry) ||
               (isa<BreakStmt>(S) && !InLoop && !InSwitch) ||
               (isa<ContinueStmt>(S) && !InLoop)) {
      Exits.push_back(S);
    } else if (const auto *Call = dyn_cast<CallExpr>(S)) {
      const FunctionDecl *Callee = Call->getDirectCallee();
      if (Callee && Callee->getIdentifier() &&
          facts::findModelCall(Callee->getName()) ==
              facts::ModelCall::LeavesFunction)
        Exits.push_back(S);
    }
    InLoop |= isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(S);
    InSwitch |= isa<SwitchStmt>(S);
    const auto *Try = dyn_cast<CXXTryStmt>(S);
    for (const Stmt *Child : S->children())
      visit(Child, InLoop, InSwitch,
            InTry || (Try && Child == Try->getTryBlock()));
  }
};

/// Finds the blocks that macros open.
void findBlocks(const Stmt *S, const SourceManager &SM,
                llvm::DenseMap<SourceLocation, const CompoundStmt *> &Blocks) {
  if (!S || isa<LambdaExpr>(S))
    return;
  if (const auto *C = dyn_cast<CompoundStmt>(S);
      C && C->getLBracLoc().isMacroID())
    Blocks[SM.getExpansionLoc(C->getLBracLoc())] = C;
  for (const Stmt *Child : S->children())
    findBlocks(Child, SM, Blocks);
}
} // namespace

/// Where the file ends the section itself before \p Way, in the configuration
/// that is not compiled now.
static bool endedElsewhere(const model::ExtensionModel &Model,
                           const CompoundStmt *Block, const Stmt *Way) {
  const SourceManager &SM = Model.context().getSourceManager();
  const SourceRange Between(SM.getExpansionLoc(Block->getLBracLoc()),
                            SM.getExpansionLoc(Way->getBeginLoc()));
  return llvm::any_of(facts::lockApis(), [&](const facts::LockApi &Api) {
    return Api.Op == facts::LockOp::End && !Api.IsMacro &&
           Model.preprocessing().skippedMentions(Between, Api.Name);
  });
}

/// What the macro at \p Begin locks, as it is written.
static std::string objectAt(const model::Function &F, SourceLocation Begin) {
  for (const flow::LexicalRegion &R : F.Locks->regions())
    if (R.Begin == Begin && !R.Open->Args.empty())
      return flow::canonicalText(llvm::StringRef(R.Open->Args.front()));
  return "";
}

/// The sections that macros open, where these are nothing but a brace.
static void bareSections(const model::ExtensionModel &Model,
                         const model::Function &F,
                         std::vector<Section> &Sections) {
  const SourceManager &SM = Model.context().getSourceManager();
  llvm::DenseMap<SourceLocation, const CompoundStmt *> Blocks;
  for (const flow::LexicalRegion &R : F.Locks->regions()) {
    const facts::LockApi *Api = facts::findLockApi(R.Open->Name);
    if (R.Kind != flow::LexicalRegion::Locked || !Api || !Api->IsMacro ||
        !facts::isCriticalSection(Api->Kind))
      continue;
    if (Blocks.empty())
      findBlocks(F.Decl->getBody(), SM, Blocks);
    const CompoundStmt *Block = Blocks.lookup(R.Begin);
    if (!Block)
      continue;
    Section S{R.Begin, R.Open->Name, objectAt(F, R.Begin), {}};
    ExitFinder(Block, S.Exits);
    llvm::erase_if(S.Exits, [&](const Stmt *Way) {
      return endedElsewhere(Model, Block, Way);
    });
    Sections.push_back(std::move(S));
  }
}

void CriticalSectionExitCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated || !F->Locks)
      continue;
    std::vector<Section> Sections;
    if (!Model.preprocessing().freeThreaded())
      bareSections(Model, *F, Sections);
    if (const flow::FunctionAttachment *A = Model.attachments().of(F->Decl))
      for (const HoldReport &R :
           reportsOf(*A, flow::HoldProblem::LeftHeld, F->Decl, SM)) {
        const flow::Hold &H = A->holds()[R.Hold];
        if (H.Kind != flow::HoldKind::CriticalSection || !H.Lock)
          continue;
        const auto *Call = cast<CallExpr>(H.Where);
        Section S{placeOf(Call, SM), H.Name, "", {}};
        S.Object = objectAt(*F, S.Begin);
        if (S.Object.empty() && H.Lock->LockArg >= 0 &&
            unsigned(H.Lock->LockArg) < Call->getNumArgs())
          S.Object = flow::canonicalText(Call->getArg(H.Lock->LockArg));
        for (const flow::HoldFinding *Each : R.Findings)
          S.Exits.push_back(Each->Where);
        Sections.push_back(std::move(S));
      }
    for (const Section &S : Sections) {
      bool First = true;
      for (const Stmt *Way : S.Exits) {
        const SourceLocation Loc = exitLocation(F->Decl, Way, SM);
        if (Model.preprocessing().onlyWithGil(Loc))
          continue;
        if (First)
          diag(Loc, "%0 leaves the critical section%select{| of '%2'}1 without "
                    "ending it")
              << exitName(Way) << !S.Object.empty() << S.Object;
        else
          diag(Loc, "%0 leaves it likewise", DiagnosticIDs::Note)
              << exitName(Way);
        First = false;
      }
      if (!First)
        diag(S.Begin, "the section begins here", DiagnosticIDs::Note);
    }
  }
}

} // namespace pyext::threads
