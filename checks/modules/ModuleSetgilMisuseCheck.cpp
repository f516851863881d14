//===- ModuleSetgilMisuseCheck.cpp - cpython-modules-module-setgil-misuse ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/ModuleSetgilMisuseCheck.h"
#include "model/Initializers.h"
#include "model/ModuleInit.h"
#include "model/SlotEvidence.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace llvm;

namespace pyext::modules {

using facts::ModuleSlotRole;

/// Whether the call is left out of builds that do not declare the function.
static bool isGuarded(const model::ExtensionModel &Model, const CallExpr *Call) {
  const SourceManager &SM = Model.context().getSourceManager();
  const model::Preprocessing &PP = Model.preprocessing();
  for (SourceLocation Loc : {SM.getExpansionLoc(Call->getExprLoc()),
                             SM.getSpellingLoc(Call->getExprLoc())}) {
    if (PP.conditional(Loc) || !PP.isFirstParty(Loc))
      return true;
  }
  return false;
}

/// The statement of a compound that has the call, when it can be left out as a
/// whole: the call, or an if without else that tests it.
static const Stmt *wholeStatement(const Stmt *Body, const CallExpr *Call) {
  for (const Stmt *Child : Body->children()) {
    if (!Child)
      continue;
    if (isa<CompoundStmt>(Body)) {
      if (const auto *E = dyn_cast<Expr>(Child);
          E && model::stripped(E) == Call)
        return E;
      if (const auto *If = dyn_cast<IfStmt>(Child); If && !If->getElse()) {
        bool InCond = false;
        auto Look = [&](auto &&Self, const Stmt *S) -> void {
          InCond |= S == Call;
          for (const Stmt *C : S->children())
            if (C)
              Self(Self, C);
        };
        Look(Look, If->getCond());
        if (InCond)
          return If;
      }
    }
    if (const Stmt *Found = wholeStatement(Child, Call))
      return Found;
  }
  return nullptr;
}

/// Puts the statement under a condition, where it has its lines for itself.
static FixItHint guardWith(const model::ExtensionModel &Model, const Stmt *S,
                           SourceLocation &After) {
  const SourceManager &SM = Model.context().getSourceManager();
  if (S->getBeginLoc().isMacroID() || S->getEndLoc().isMacroID())
    return {};
  auto [File, Begin] = SM.getDecomposedLoc(S->getBeginLoc());
  const StringRef Text = SM.getBufferData(File);
  const size_t LineStart = Text.rfind('\n', Begin) + 1;
  SourceLocation End = Lexer::getLocForEndOfToken(S->getEndLoc(), 0, SM,
                                                  Model.context().getLangOpts());
  const StringRef Tail = Text.drop_front(SM.getFileOffset(End)).split('\n').first;
  if (!Text.slice(LineStart, Begin).trim().empty() ||
      (Tail.trim() != ";" && !(Tail.trim().empty() && isa<IfStmt>(S))))
    return {};
  const unsigned Last = SM.getFileOffset(End) + Tail.size();
  After = SM.getLocForStartOfFile(File).getLocWithOffset(Last);
  return FixItHint::CreateInsertion(
      SM.getLocForStartOfFile(File).getLocWithOffset(LineStart),
      "#ifdef Py_GIL_DISABLED\n");
}

/// The local variable that is the module in the call's function but not the one
/// the function returns; null when that is not known.
static const VarDecl *otherModule(const model::Function &F, const CallExpr *Call) {
  const VarDecl *VD = model::variableOf(Call->getArg(0));
  if (!VD || !VD->hasLocalStorage() || isa<ParmVarDecl>(VD) ||
      !F.has(model::EntryKind::ModuleInit))
    return nullptr;
  bool ReturnsOther = false, Unknown = false;
  auto Look = [&](auto &&Self, const Stmt *S) -> void {
    if (const auto *Return = dyn_cast<ReturnStmt>(S)) {
      const Expr *E = Return->getRetValue();
      const VarDecl *Returned = E ? model::variableOf(E) : nullptr;
      if (Returned && Returned != VD)
        ReturnsOther = true;
      else if (Returned || !E || !model::isNullOrZero(E, VD->getASTContext()))
        Unknown = true;
    }
    // m = sub; or keep(&sub);
    if (const auto *Ref = dyn_cast<UnaryOperator>(S);
        Ref && Ref->getOpcode() == UO_AddrOf &&
        model::variableOf(Ref->getSubExpr()) == VD)
      Unknown = true;
    if (const auto *B = dyn_cast<BinaryOperator>(S);
        B && B->isAssignmentOp() && model::variableOf(B->getRHS()) == VD)
      Unknown = true;
    if (const auto *D = dyn_cast<DeclStmt>(S))
      for (const Decl *Each : D->decls())
        if (const auto *Var = dyn_cast<VarDecl>(Each))
          Unknown |= Var->getInit() && model::variableOf(Var->getInit()) == VD;
    for (const Stmt *C : S->children())
      if (C)
        Self(Self, C);
  };
  Look(Look, F.Decl->getBody());
  return ReturnsOther && !Unknown ? VD : nullptr;
}

void ModuleSetgilMisuseCheck::checkCall(const model::ExtensionModel &Model,
                                        const model::Function &F,
                                        const CallExpr *Call) {
  const SourceManager &SM = Model.context().getSourceManager();
  const SourceLocation Loc = SM.getExpansionLoc(Call->getExprLoc());
  const std::string Name = Call->getDirectCallee()->getNameAsString();
  const char *Slot = facts::moduleSlot(ModuleSlotRole::Gil).Macro;

  // A module of multi-phase initialization.
  const model::Module *Multi = nullptr;
  bool SinglePhase = false;
  for (const model::Module &Mod : Model.modules()) {
    SinglePhase |= Mod.Init == model::InitKind::SinglePhase;
    if (!Multi && (Mod.Init == model::InitKind::MultiPhase ||
                   Mod.Init == model::InitKind::Export))
      Multi = &Mod;
  }
  if (F.has(model::EntryKind::ModuleExec) || (Multi && !SinglePhase)) {
    diag(Loc, "'%0' comes too late: what a module of multi-phase initialization "
              "declares is read from its slots before they run")
        << Name;
    if (Multi)
      diag(Multi->SlotArray ? Multi->SlotArray->getLocation() : Multi->Loc,
           "slot '%0' belongs here", DiagnosticIDs::Note)
          << Slot;
    return;
  }
  if (Call->getNumArgs() == 2) {
    const Expr *Value = Call->getArg(1);
    const StringRef Macro = Model.preprocessing().macroName(
        model::stripped(Value)->getBeginLoc(),
        [](StringRef N) { return facts::isModuleSlotValue(N); });
    const facts::ModuleSlotValue *Row = facts::findModuleSlotValue(Macro);
    if (Row ? StringRef(Row->Slot) != Slot
            : isa<IntegerLiteral>(model::stripped(Value))) {
      diag(Loc, "'%0' is none of the values '%1' has; they are '%2' and '%3'")
          << (Row ? Macro.str()
                  : Lexer::getSourceText(
                        CharSourceRange::getTokenRange(Value->getSourceRange()),
                        SM, Model.context().getLangOpts())
                        .str())
          << Slot << facts::moduleSlotValue(facts::Promise::GilUsed).Name
          << facts::moduleSlotValue(facts::Promise::GilNotUsed).Name;
      return;
    }
    if (const VarDecl *VD = otherModule(F, Call)) {
      diag(Loc, "the module in %0 is not the one that '%1' returns; only that one "
                "is asked about the GIL")
          << VD << F.Decl->getNameAsString();
      return;
    }
  }
  if (isGuarded(Model, Call))
    return;
  auto Diag = diag(Loc, "'%0' is declared only in free-threaded builds; others do "
                        "not compile this call")
              << Name;
  SourceLocation After;
  if (const Stmt *Whole = wholeStatement(F.Decl->getBody(), Call))
    if (FixItHint Hint = guardWith(Model, Whole, After); !Hint.isNull())
      Diag << Hint << FixItHint::CreateInsertion(After, "\n#endif");
}

void ModuleSetgilMisuseCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  for (const auto &F : Model.functions())
    if (!F->Generated)
      for (const model::CallSite &Site : F->Calls)
        if (Site.Call && facts::findModelCall(Site.Name) ==
                             facts::ModelCall::SetsGil)
          checkCall(Model, *F, Site.Call);
}

} // namespace pyext::modules
