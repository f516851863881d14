//===- TstateForeignThreadCheck.cpp ---------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/TstateForeignThreadCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

/// Whether the function itself makes or saves the thread state in \p VD.
static bool setsHere(const ExtensionModel &Model, const model::Function &F,
                     const VarDecl *VD) {
  for (const model::CallSite &Site : F.Calls)
    if (Site.Call && model::isCallOf(Site.Call, ApiRole::ReturnsThreadState) &&
        model::storedIn(model::pathTo(F.Decl, Site.Call), Site.Call) == VD)
      return true;
  return false;
}

void TstateForeignThreadCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated() || model::isProgram(Model))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  DenseSet<const VarDecl *> Reported;
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::UsesThreadState)) {
    if (!Use.Call->getNumArgs())
      continue;
    const Expr *Arg = model::stripped(Use.Call->getArg(0));
    const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
    const VarDecl *VD = model::variableOf(Arg);
    const bool Walked =
        model::isCallOf(Arg, ApiRole::WalksThreadStates) ||
        (VD && VD->hasLocalStorage() && VD->getInit() &&
         model::isCallOf(VD->getInit(), ApiRole::WalksThreadStates));
    if (Walked) {
      diag(Loc, "'%0' attaches to the thread state of another thread, found by "
                "going through those of the interpreter")
          << Use.Name;
      continue;
    }
    if (!VD || !VD->hasGlobalStorage() ||
        VD->getTLSKind() != VarDecl::TLS_None || isa<FieldDecl>(VD) ||
        setsHere(Model, *Use.In, VD) ||
        !Reported.insert(VD->getCanonicalDecl()).second)
      continue;
    const model::StateVariable *State = Model.stateOf(VD);
    const model::Access *Write = nullptr;
    if (State)
      for (const model::Access &A : State->Accesses)
        if (A.writes() && !A.Resets && A.Function != Use.In->Decl && !Write)
          Write = &A;
    if (!Write)
      continue;
    diag(Loc, "'%0' attaches to the thread state in '%1', which belongs to the "
              "thread that ran '%2' last")
        << Use.Name << VD->getName()
        << (Write->Function ? Write->Function->getNameAsString()
                            : std::string());
    diag(SM.getExpansionLoc(Write->Where->getExprLoc()),
         "it is stored here", DiagnosticIDs::Note);
    diag(Loc,
         "pass the interpreter, as a PyInterpreterGuard from Python 3.15 on, "
         "and let the thread make its own thread state",
         DiagnosticIDs::Note);
  }
}

} // namespace pyext::threads
