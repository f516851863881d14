//===- MissingGilSlotCheck.cpp - cpython-modules-missing-gil-slot ---------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/MissingGilSlotCheck.h"
#include "model/SlotEvidence.h"
#include "support/SlotEdits.h"

using namespace clang;

namespace pyext::modules {

static constexpr unsigned MaxNotes = 3;

void MissingGilSlotCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const model::Module &Mod : Model.modules()) {
    const bool SinglePhase = Mod.Init == model::InitKind::SinglePhase;
    const bool HasSlots = Mod.Init == model::InitKind::MultiPhase ||
                          Mod.Init == model::InitKind::Export;
    if (!(SinglePhase && model::lacksSetGil(Model, Mod)) &&
        !(HasSlots &&
          model::lacksSlot(Model, Mod, facts::ModuleSlotRole::Gil)))
      continue;

    auto Edit = [&](facts::Promise Meaning) {
      return SinglePhase ? addSetGil(Model, Mod, Meaning)
                         : addSlot(Model, Mod, Meaning, minPython(),
                                   SlotPlace::BeforeEnd);
    };
    const char *NotUsed =
        facts::moduleSlotValue(facts::Promise::GilNotUsed).Name;
    const VarDecl *Table = Mod.SlotArray ? Mod.SlotArray : Mod.Definition;
    SourceLocation Loc = SinglePhase ? Mod.CreateSite ? SM.getExpansionLoc(Mod.CreateSite->getExprLoc())
                                                      : Mod.Loc
                         : Table     ? Table->getLocation()
                                     : Mod.Loc;
    // Without the declaration the module is taken to use the GIL, so saying so
    // changes nothing.
    diag(Loc, "module '%0' does not declare whether it needs the GIL; importing "
              "it enables the GIL in a free-threaded process")
        << Mod.Name << Edit(facts::Promise::GilUsed);
    if (Mod.InitFunction)
      diag(Mod.InitFunction->getLocation(), "module '%0' is initialized here",
           DiagnosticIDs::Note)
          << Mod.Name;

    const model::SlotEvidence *Evidence = &Model.slotEvidence();
    const std::vector<model::Evidence> &Against = Evidence->WithoutGil;
    if (Against.empty()) {
      diag(Loc, "nothing in this file stands against '%0' (%1); it is a promise "
                "for the whole module",
           DiagnosticIDs::Note)
          << NotUsed << Evidence->extent() << Edit(facts::Promise::GilNotUsed);
      continue;
    }
    for (const model::Evidence &E :
         llvm::ArrayRef(Against).take_front(MaxNotes))
      diag(E.Loc, "against '%0': '%1' %2", DiagnosticIDs::Note)
          << NotUsed << E.Name << E.What;
    if (Against.size() > MaxNotes)
      diag(Loc, "%0 more places in this file stand against '%1' (%2)",
           DiagnosticIDs::Note)
          << unsigned(Against.size() - MaxNotes) << NotUsed
          << Evidence->extent();
  }
}

} // namespace pyext::modules
