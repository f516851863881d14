//===- StaticIdentifierCheck.cpp - cpython-state-static-identifier --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/StaticIdentifierCheck.h"
#include "facts/ProcessState.h"
#include "model/Initializers.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

/// Uses listed in the notes of one finding.
static constexpr unsigned MaxUses = 4;

void StaticIdentifierCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated() || !hazards().Subinterpreters)
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const StateVariable &S : Model.state()) {
    const auto *VD = dyn_cast<VarDecl>(S.Decl);
    const facts::StaticIdentifier *Type =
        VD ? facts::findStaticIdentifier(elementTypeName(VD->getType()))
           : nullptr;
    if (!Type || Type->Spelling != facts::SpellingKind::Type || S.Generated ||
        VD->getType()->isPointerType())
      continue;
    diag(SM.getExpansionLoc(VD->getLocation()),
         "'%0' keeps an interned string in a static variable, with private "
         "functions that Python is going to remove")
        << VD->getName();
    unsigned Notes = 0;
    for (const Access &A : S.Accesses) {
      const auto *Call = dyn_cast<CallExpr>(A.Statement);
      const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
      const facts::StaticIdentifier *Use =
          Callee && Callee->getIdentifier()
              ? facts::findStaticIdentifier(Callee->getName())
              : nullptr;
      if (Use && *Use->Instead && Notes++ < MaxUses)
        diag(SM.getExpansionLoc(Call->getBeginLoc()),
             "used here by '%0'; '%1' takes a string that the module state "
             "keeps",
             DiagnosticIDs::Note)
            << Use->Name << Use->Instead;
    }
  }
}

} // namespace pyext::state
