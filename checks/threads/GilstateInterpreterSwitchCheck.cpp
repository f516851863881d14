//===- GilstateInterpreterSwitchCheck.cpp ---------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/GilstateInterpreterSwitchCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/Facts.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ExtensionModel;

namespace pyext::threads {

namespace {
/// What a function does to the thread state, in source order.
struct Event {
  const Expr *Where;
  const facts::ThreadStateApi *Api; ///< Null for a helper that switches.
  StringRef Name;
};
} // namespace

/// An if that finds out that no interpreter was made, and leaves.
static bool isFailurePath(const IfStmt *If, const VarDecl *Made) {
  if (!Made || !If->getThen() || If->getElse())
    return false;
  const Stmt *Last = If->getThen();
  if (const auto *Block = dyn_cast<CompoundStmt>(Last))
    Last = Block->body_empty() ? nullptr : Block->body_back();
  if (!isa_and_nonnull<ReturnStmt, GotoStmt, BreakStmt, ContinueStmt>(Last))
    return false;
  SmallVector<const Stmt *, 16> Work{If->getCond()};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (const auto *Ref = dyn_cast_or_null<DeclRefExpr>(S);
        Ref && Ref->getDecl() == Made)
      return true;
    if (S)
      Work.append(S->child_begin(), S->child_end());
  }
  return false;
}

/// The variable that says whether the call has made an interpreter; null when
/// that is not seen.
static const VarDecl *madeVariable(const ExtensionModel &Model,
                                   const model::Function &F, const Expr *Call) {
  const std::vector<const Stmt *> Path = model::pathTo(Model, F.Decl, Call);
  return dyn_cast_or_null<VarDecl>(model::storedIn(Path, Call));
}

static bool isInFailurePath(const ExtensionModel &Model,
                            const model::Function &F, const Expr *Release,
                            const VarDecl *Made) {
  return any_of(model::pathTo(Model, F.Decl, Release), [&](const Stmt *S) {
    const auto *If = dyn_cast<IfStmt>(S);
    return If && isFailurePath(If, Made);
  });
}

/// PyThreadState_Swap(saved): it goes back.
static bool goesBack(const Event &E, const ASTContext &Context) {
  const auto *Call = dyn_cast<CallExpr>(E.Where);
  return E.Api && E.Api->Op == facts::ThreadStateOp::Swap && Call &&
         Call->getNumArgs() == 1 &&
         E.Api->Family == facts::ThreadStateFamily::ThreadState &&
         !model::isNullOrZero(Call->getArg(0), Context);
}

/// The name of what leaves the thread with another thread state than \p F was
/// called with; empty when it goes back, or does nothing of the kind.
static StringRef switches(const ExtensionModel &Model, const model::Function &F,
                          unsigned Depth = 0) {
  StringRef Last;
  for (const model::ThreadStateUse &Use : F.ThreadStates) {
    if (Use.Api->Family == facts::ThreadStateFamily::GILState)
      return {};
    if (!facts::hasRole(Use.Api->Name, ApiRole::SwitchesInterpreter))
      continue;
    if (goesBack({Use.Where, Use.Api, {}}, Model.context()))
      Last = {};
    else if (Use.Api->Family == facts::ThreadStateFamily::Interpreter)
      Last = Use.Api->Name;
  }
  if (Last.empty() && F.ThreadStates.empty() && Depth < 3)
    for (const model::CallSite &Site : F.Calls)
      if (const model::Function *Callee = Model.function(Site.Callee);
          Callee && Callee != &F && Last.empty())
        Last = switches(Model, *Callee, Depth + 1);
  return Last;
}

static std::vector<Event> eventsOf(const ExtensionModel &Model,
                                   const model::Function &F) {
  std::vector<Event> Events;
  for (const model::ThreadStateUse &Use : F.ThreadStates)
    Events.push_back({Use.Where, Use.Api, Use.Api->Name});
  for (const model::CallSite &Site : F.Calls)
    if (const model::Function *Callee = Model.function(Site.Callee);
        Callee && Site.Call && Callee != &F)
      if (!switches(Model, *Callee).empty())
        Events.push_back({Site.Call, nullptr, Callee->Decl->getName()});
  const SourceManager &SM = Model.context().getSourceManager();
  llvm::stable_sort(Events, [&](const Event &A, const Event &B) {
    return SM.isBeforeInTranslationUnit(
        SM.getExpansionLoc(A.Where->getExprLoc()),
        SM.getExpansionLoc(B.Where->getExprLoc()));
  });
  return Events;
}

void GilstateInterpreterSwitchCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  const auto Attaches = [](const model::ThreadStateUse &Use) {
    return Use.Api->Family == facts::ThreadStateFamily::GILState &&
           Use.Api->Op == facts::ThreadStateOp::Attach;
  };
  for (const auto &F : Model.functions())
    if (!F->Generated && any_of(F->ThreadStates, Attaches))
      analyze(Model, *F);
}

void GilstateInterpreterSwitchCheck::analyze(const ExtensionModel &Model,
                                             const model::Function &F) {
  const SourceManager &SM = Model.context().getSourceManager();
  std::optional<Event> Ensure, Switch;
  const VarDecl *Made = nullptr;
  const auto Report = [&](const Event *Release) {
    diag(SM.getExpansionLoc(Switch->Where->getExprLoc()),
         "'%0' leaves the thread attached to another thread state than '%1' "
         "did%select{, and '%3' ends that one|}2")
        << Switch->Name << Ensure->Name << (Release == nullptr)
        << (Release ? Release->Name : StringRef());
    diag(SM.getExpansionLoc(Ensure->Where->getExprLoc()),
         "the thread is attached here", DiagnosticIDs::Note);
    if (Release)
      diag(SM.getExpansionLoc(Release->Where->getExprLoc()),
           "and released here, with another thread state, or none, being the "
           "current one",
           DiagnosticIDs::Note);
    Ensure.reset();
  };
  for (const Event &E : eventsOf(Model, F)) {
    const bool GilState =
        E.Api && E.Api->Family == facts::ThreadStateFamily::GILState;
    if (GilState && E.Api->Op == facts::ThreadStateOp::Attach) {
      Ensure = E;
      Switch.reset();
    } else if (GilState && E.Api->Op == facts::ThreadStateOp::Release) {
      if (Ensure && Switch && isInFailurePath(Model, F, E.Where, Made))
        continue;
      if (Ensure && Switch)
        Report(&E);
      Ensure.reset();
    } else if (Ensure && Switch && goesBack(E, Model.context())) {
      Switch.reset();
    } else if (Ensure && !Switch &&
               (!E.Api ||
                facts::hasRole(E.Name, ApiRole::SwitchesInterpreter))) {
      Switch = E;
      Made = madeVariable(Model, F, E.Where);
    }
  }
  // To make an interpreter there is wrong in itself, whoever releases.
  if (Ensure && Switch &&
      (!Switch->Api ||
       (Switch->Api->Family == facts::ThreadStateFamily::Interpreter &&
        Switch->Api->Op == facts::ThreadStateOp::Swap)))
    Report(nullptr);
}

} // namespace pyext::threads
