//===- ModuleInit.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/ModuleInit.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

bool embedsPython(const ExtensionModel &Model) {
  return any_of(Model.functions(), [](const auto &F) {
    return F->Decl->isMain() || any_of(F->Calls, [](const CallSite &Site) {
             return facts::findModelCall(Site.Name) ==
                    facts::ModelCall::EmbedsPython;
           });
  });
}

bool isSinglePhase(const ExtensionModel &Model, const Module &Mod) {
  if (Mod.Init != InitKind::SinglePhase || Mod.Generated || !Mod.CreateSite ||
      !Mod.InitFunction)
    return false;
  const Preprocessing &PP = Model.preprocessing();
  for (const facts::ModelCallApi &Row : facts::modelCalls())
    if (Row.Role == facts::ModelCall::CreatesMultiPhase &&
        (PP.skippedMentions(Mod.InitFunction->getSourceRange(), Row.Name) ||
         PP.skippedDefinition(Mod.InitFunction->getSourceRange(), Row.Name)))
      return false;
  return true;
}

} // namespace pyext::model
