//===- InterpretersSlotContradictedCheck.cpp - cpython-modules-interpreters-slot-contradicted ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/InterpretersSlotContradictedCheck.h"
#include "modules/SlotContradiction.h"

using namespace clang;

namespace pyext::modules {

void InterpretersSlotContradictedCheck::analyze(
    const model::ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  for (const model::Module &Mod : Model.modules()) {
    const std::optional<Claim> C =
        claimOf(Mod, facts::ModuleSlotRole::MultipleInterpreters);
    if (!C || C->Meaning == facts::Promise::OneInterpreter)
      continue;
    const bool OwnGil = C->Meaning == facts::Promise::OwnGil;
    Contradiction Found;
    Found.add(Model.slotEvidence().SeveralInterpreters);
    const bool Shares = !Found.empty();
    if (OwnGil)
      Found.add(Model.slotEvidence().OwnGil);
    if (Found.empty())
      continue;
    diag(C->Loc, "module '%0' declares '%1', but %2 place%s2 in this file "
                 "%plural{1:mixes|:mix}2 interpreters")
        << Mod.Name << C->Spelled << Found.size();
    for (const model::Evidence *E : Found.shown())
      diag(E->Loc, "'%0' %1", DiagnosticIDs::Note) << E->Name << E->What;
    if (Found.more())
      diag(C->Loc, "and %0 more place%s0", DiagnosticIDs::Note) << Found.more();
    const facts::Promise As =
        Shares ? facts::Promise::OneInterpreter : facts::Promise::SharedGil;
    diag(C->Loc, "until they are mended the module is '%0' (%1)",
         DiagnosticIDs::Note)
        << C->spelledAs(As) << Model.slotEvidence().extent()
        << C->change(Model, As);
  }
}

} // namespace pyext::modules
