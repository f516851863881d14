//===- GilSlotContradictedCheck.cpp - cpython-modules-gil-slot-contradicted ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/GilSlotContradictedCheck.h"
#include "modules/SlotContradiction.h"

using namespace clang;

namespace pyext::modules {

void GilSlotContradictedCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  for (const model::Module &Mod : Model.modules()) {
    const std::optional<Claim> C =
        claimOf(Mod, facts::ModuleSlotRole::Gil);
    if (!C || C->Meaning != facts::Promise::GilNotUsed)
      continue;
    Contradiction Found;
    Found.add(Model.slotEvidence().WithoutGil);
    if (Found.empty())
      continue;
    diag(C->Loc, "module '%0' declares '%1', but %2 place%s2 in this file "
                 "%plural{1:is|:are}2 not safe without the GIL")
        << Mod.Name << C->Spelled << Found.size();
    for (const model::Evidence *E : Found.shown())
      diag(E->Loc, "'%0' %1", DiagnosticIDs::Note) << E->Name << E->What;
    if (Found.more())
      diag(C->Loc, "and %0 more place%s0", DiagnosticIDs::Note) << Found.more();
    diag(C->Loc, "until they are mended the module is '%0' (%1)",
         DiagnosticIDs::Note)
        << C->spelledAs(facts::Promise::GilUsed)
        << Model.slotEvidence().extent()
        << C->change(Model, facts::Promise::GilUsed);
  }
}

} // namespace pyext::modules
