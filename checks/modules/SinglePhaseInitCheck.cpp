//===- SinglePhaseInitCheck.cpp - cpython-modules-single-phase-init -------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/SinglePhaseInitCheck.h"
#include "model/ModuleInit.h"
#include "model/SlotEvidence.h"
#include "modules/SinglePhaseFix.h"
#include "support/RewriteOffer.h"

using namespace clang;

namespace pyext::modules {

void SinglePhaseInitCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated() ||
      model::embedsPython(Model))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const model::Evidence *Finds = nullptr;
  for (const model::Module &Mod : Model.modules()) {
    if (!model::isSinglePhase(Model, Mod))
      continue;
    diag(SM.getExpansionLoc(Mod.CreateSite->getExprLoc()),
         "module '%0' is created by single-phase initialization; interpreters "
         "with a GIL of their own refuse to import it")
        << Mod.Name;
    if (Mod.Definition && Mod.Size && *Mod.Size < 0)
      diag(Mod.Definition->getLocation(),
           "with a negative m_size, all other interpreters share the objects "
           "that the first one put into the module",
           DiagnosticIDs::Note);
    if (Mod.InitFunction)
      diag(Mod.InitFunction->getLocation(),
           "what '%0' does with the new module belongs into a function that a "
           "'%1' slot names; %2",
           DiagnosticIDs::Note)
          << Mod.InitFunction->getNameAsString()
          << facts::moduleSlot(facts::ModuleSlotRole::Exec).Macro
          << rewriteOffer(Model, RewriteLevel::MultiPhase);
    if (SinglePhaseFix Fix = defineSlots(Model, Mod, minPython()); !Fix.empty())
      diag(SM.getExpansionLoc(Mod.CreateSite->getExprLoc()),
           "nothing is done with the new module, so an array of slots can say "
           "all there is to say",
           DiagnosticIDs::Note)
          << Fix;
    for (const model::Evidence &E : Model.slotEvidence().SeveralInterpreters)
      if (!Finds &&
          facts::findModelCall(E.Name) == facts::ModelCall::StateModule)
        Finds = &E;
    if (Finds)
      diag(Finds->Loc,
           "'%0' does not find a module of multi-phase initialization; methods "
           "have to get it in another way",
           DiagnosticIDs::Note)
          << Finds->Name;
  }
}

} // namespace pyext::modules
