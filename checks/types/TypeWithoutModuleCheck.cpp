//===- TypeWithoutModuleCheck.cpp -----------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/TypeWithoutModuleCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/ModelCalls.h"
#include "support/Source.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::types {

/// A variable that holds the module at \p At in \p F: its parameter when it is
/// given the module, or what was made by PyModule_Create(). Null when none.
static const VarDecl *moduleAt(const ExtensionModel &Model,
                               const model::Function &F, SourceLocation At) {
  const SourceManager &SM = Model.context().getSourceManager();
  if (F.has(model::EntryKind::ModuleExec) && F.Decl->getNumParams())
    return F.Decl->getParamDecl(0);
  for (const model::CallSite &Site : F.Calls) {
    if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier())
      continue;
    const StringRef Name = Site.Name;
    std::optional<facts::ModelCall> Role = facts::findModelCall(Name);
    if (Role == facts::ModelCall::CreatesSinglePhase &&
        SM.isBeforeInTranslationUnit(Site.Call->getExprLoc(), At)) {
      const auto *VD = dyn_cast_or_null<VarDecl>(
          model::storedIn(model::pathTo(Model, F.Decl, Site.Call), Site.Call));
      if (VD && VD->hasLocalStorage())
        return VD;
    }
    // What constants and types are added to is the module.
    if ((facts::hasRole(Name, ApiRole::AddsToModule) ||
         Role == facts::ModelCall::ReturnsState) &&
        Site.Call->getNumArgs()) {
      const auto *P = dyn_cast_or_null<ParmVarDecl>(
          model::variableOf(Site.Call->getArg(0)));
      if (P && ExtensionModel::isObjectPointer(P->getType()))
        return P;
    }
  }
  return nullptr;
}

void TypeWithoutModuleCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::MakesBareType)) {
    const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
    if (Model.preprocessing().onlyBefore({9}, Loc) || !Use.Call->getNumArgs())
      continue;
    const VarDecl *Module = moduleAt(Model, *Use.In, Loc);
    if (!Module)
      continue;
    const VarDecl *Spec = model::variableOf(Use.Call->getArg(0));
    const model::TypeObject *Type = nullptr;
    for (const model::TypeObject &T : Model.types())
      if (Spec && T.Object &&
          T.Object->getCanonicalDecl() == Spec->getCanonicalDecl())
        Type = &T;
    std::optional<unsigned> Limited = Model.preprocessing().limitedApi();
    const StringRef New = facts::nameOf(ApiRole::MakesModuleType);
    auto Diag = diag(Loc, "'%0' makes %select{a type|type '%2'}1 that belongs "
                          "to no module: its methods cannot find the module's "
                          "state through the type");
    Diag << Use.Name << (Type != nullptr)
         << (Type ? Type->Name : std::string());
    const support::SourceText Source(SM, Model.context().getLangOpts(),
                                     SM.getFileID(Loc));
    std::optional<unsigned> At =
        Source.spelled(Use.Call->getCallee()->getExprLoc());
    std::optional<support::TextRange> Arg =
        Source.written(Use.Call->getArg(0));
    std::optional<support::TextRange> Last = Source.written(
        Use.Call->getArg(Use.Call->getNumArgs() - 1));
    if (!At || !Arg || !Last || minPython() < facts::PyVersion{9} ||
        (Limited && *Limited < 0x030A0000))
      continue;
    const SourceLocation Name = Source.location(*At);
    Diag << FixItHint::CreateReplacement(
                CharSourceRange::getTokenRange(Name, Name), New)
         << FixItHint::CreateInsertion(Source.location(Arg->Begin),
                                       Module->getNameAsString() + ", ");
    if (Use.Call->getNumArgs() == 1)
      Diag << FixItHint::CreateInsertion(Source.location(Last->End), ", NULL");
  }
}

} // namespace pyext::types
