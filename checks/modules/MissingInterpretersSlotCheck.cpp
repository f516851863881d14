//===- MissingInterpretersSlotCheck.cpp -----------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/MissingInterpretersSlotCheck.h"
#include "model/SlotEvidence.h"
#include "support/SlotEdits.h"

using namespace clang;

namespace pyext::modules {

static constexpr unsigned MaxNotes = 3;

void MissingInterpretersSlotCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  for (const model::Module &Mod : Model.modules()) {
    if ((Mod.Init != model::InitKind::MultiPhase &&
         Mod.Init != model::InitKind::Export) ||
        !model::lacksSlot(Model, Mod,
                          facts::ModuleSlotRole::MultipleInterpreters))
      continue;
    const model::SlotEvidence *Evidence = &Model.slotEvidence();
    const Expr *OnlyOnce = model::loadsOnlyOnce(Model);
    const bool Refuses = OnlyOnce || !Evidence->SeveralInterpreters.empty();
    const std::vector<model::Evidence> &Against =
        Refuses ? Evidence->SeveralInterpreters : Evidence->OwnGil;

    auto Edit = [&](facts::Promise Meaning) {
      return addSlot(Model, Mod, Meaning, minPython(), SlotPlace::AfterOthers);
    };
    const VarDecl *Table = Mod.SlotArray ? Mod.SlotArray : Mod.Definition;
    SourceLocation Loc = Table->getLocation();
    {
      // SUPPORTED is the default: to write it down changes nothing.
      auto Diag = diag(Loc, "module '%0' does not declare its support for "
                            "multiple interpreters; it passes for safe in all "
                            "that share the GIL, and others refuse it")
                  << Mod.Name;
      if (!Refuses && !Against.empty())
        Diag << Edit(facts::Promise::SharedGil);
    }
    if (Mod.InitFunction)
      diag(Mod.InitFunction->getLocation(), "module '%0' is initialized here",
           DiagnosticIDs::Note)
          << Mod.Name;

    if (OnlyOnce)
      diag(OnlyOnce->getExprLoc(),
           "it refuses to be loaded twice in one process", DiagnosticIDs::Note);
    const char *Promise =
        facts::moduleSlotValue(Refuses ? facts::Promise::SharedGil
                                       : facts::Promise::OwnGil)
            .Name;
    for (const model::Evidence &E :
         llvm::ArrayRef(Against).take_front(MaxNotes))
      diag(E.Loc, "against '%0': '%1' %2", DiagnosticIDs::Note)
          << Promise << E.Name << E.What;
    if (Against.size() > MaxNotes)
      diag(Loc, "%0 more places in this file stand against '%1'",
           DiagnosticIDs::Note)
          << unsigned(Against.size() - MaxNotes) << Promise;
    if (Refuses)
      diag(Loc, "as the code is, the module is '%0' (%1)", DiagnosticIDs::Note)
          << facts::moduleSlotValue(facts::Promise::OneInterpreter).Name
          << Evidence->extent() << Edit(facts::Promise::OneInterpreter);
    else if (Against.empty())
      diag(Loc, "nothing in this file stands against '%0' (%1); it is a promise "
                "for the whole module",
           DiagnosticIDs::Note)
          << Promise << Evidence->extent() << Edit(facts::Promise::OwnGil);
  }
}

} // namespace pyext::modules
