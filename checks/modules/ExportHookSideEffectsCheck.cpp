//===- ExportHookSideEffectsCheck.cpp - cpython-modules-export-hook-side-effects ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/ExportHookSideEffectsCheck.h"
#include "model/Initializers.h"
#include "model/ModuleInit.h"

using namespace clang;
using namespace llvm;

namespace pyext::modules {

namespace {
struct Effect {
  SourceLocation Loc;
  std::string Name;
  bool Write;
};
} // namespace

/// Whether the call makes objects or changes those of an interpreter.
static bool changesInterpreter(StringRef Name) {
  std::optional<facts::ModelCall> Role = facts::findModelCall(Name);
  return Role == facts::ModelCall::Registers ||
         Role == facts::ModelCall::WritesType ||
         Role == facts::ModelCall::CreatesSinglePhase ||
         facts::findNewReference(Name);
}

/// What \p F does beside naming the slots, in source order.
static std::vector<Effect> effectsOf(const model::ExtensionModel &Model,
                                     const model::Function &F, bool Export) {
  const SourceManager &SM = Model.context().getSourceManager();
  const model::Preprocessing &PP = Model.preprocessing();
  std::vector<Effect> Result;
  for (const model::CallSite &Site : F.Calls) {
    const StringRef Name = Site.Name;
    if (!Site.Call || Name.empty())
      continue;
    // Written by a macro of a header: import_array(), PyDateTime_IMPORT.
    const SourceLocation Loc = Site.Call->getExprLoc();
    if (Loc.isMacroID() && !PP.isFirstParty(SM.getSpellingLoc(Loc)) &&
        !facts::isApiName(PP.macroName(
            Loc, [&](StringRef N) { return facts::canonicalName(Name) == N; })))
      continue;
    const bool Api = Export ? facts::isApiName(Name) &&
                                  !facts::mayCallDetached(Name) &&
                                  !Model.function(Site.Callee)
                            : changesInterpreter(Name);
    if (Api && facts::findModelCall(Name) != facts::ModelCall::CreatesMultiPhase)
      Result.push_back({SM.getExpansionLoc(Loc), Name.str(), false});
  }
  if (Export)
    for (const model::StateVariable &S : Model.state())
      if (S.Kind == model::StateKind::Global ||
          S.Kind == model::StateKind::StaticLocal)
        for (const model::Access &A : S.Accesses)
          if (A.Function == F.Decl && A.writes() &&
              A.Kind != model::AccessKind::Address)
            Result.push_back({SM.getExpansionLoc(A.Where->getBeginLoc()),
                              S.Decl->getNameAsString(), true});
  llvm::sort(Result, [&](const Effect &A, const Effect &B) {
    return SM.isBeforeInTranslationUnit(A.Loc, B.Loc);
  });
  return Result;
}

/// An array of the hook's own that it returns; null for none.
static const VarDecl *returnedLocal(const model::Function &F) {
  for (const Expr *E : F.Returned) {
    const VarDecl *VD = model::variableOf(E);
    if (VD && VD->hasLocalStorage() && VD->getType()->isArrayType())
      return VD;
  }
  return nullptr;
}

void ExportHookSideEffectsCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  for (const auto &F : Model.functions())
    if (const VarDecl *VD = F->has(model::EntryKind::ModuleExport)
                                ? returnedLocal(*F)
                                : nullptr)
      diag(VD->getLocation(),
           "the slots in '%0' are gone when '%1' returns, and the interpreter "
           "reads them until it ends")
          << VD->getNameAsString() << F->Decl->getNameAsString();
  const char *Exec = facts::moduleSlot(facts::ModuleSlotRole::Exec).Macro;
  for (const model::Module &Mod : Model.modules()) {
    const bool Export = Mod.Init == model::InitKind::Export;
    const model::Function *Init = Model.function(Mod.InitFunction);
    if (!Init || Mod.Generated || Init->Generated ||
        (!Export && Mod.Init != model::InitKind::MultiPhase))
      continue;
    SmallVector<const model::Function *, 4> Work = {Init};
    std::vector<Effect> Effects;
    for (size_t I = 0; I < Work.size() && I < 16; ++I) {
      std::vector<Effect> More = effectsOf(Model, *Work[I], Export);
      Effects.insert(Effects.end(), More.begin(), More.end());
      for (const model::CallSite &Site : Work[I]->Calls)
        if (const model::Function *Callee = Model.function(Site.Callee);
            Callee && !is_contained(Work, Callee))
          Work.push_back(Callee);
    }
    if (Effects.empty())
      continue;
    const Effect &First = Effects.front();
    diag(First.Loc,
         "%select{'%1' is called|'%1' is written}0 before module '%2' exists, "
         "%select{on behalf of the main interpreter, whichever imports the "
         "module|and the hook may run without the GIL and in any interpreter}3")
        << First.Write << First.Name << Mod.Name << Export;
    diag(Init->Decl->getLocation(),
         "'%0' should only name the slots; the rest belongs into a function that "
         "a '%1' slot names",
         DiagnosticIDs::Note)
        << Init->Decl->getNameAsString() << Exec;
    static constexpr size_t MaxNotes = 5;
    for (const Effect &E : ArrayRef(Effects).drop_front().take_front(MaxNotes))
      diag(E.Loc, "'%0' is %select{called|written}1 here", DiagnosticIDs::Note)
          << E.Name << E.Write;
  }
}

} // namespace pyext::modules
