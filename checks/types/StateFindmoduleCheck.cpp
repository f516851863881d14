//===- StateFindmoduleCheck.cpp - cpython-types-state-findmodule ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/StateFindmoduleCheck.h"
#include "facts/ApiRoles.h"
#include "model/Initializers.h"
#include "model/SlotEvidence.h"
#include "support/Source.h"

using namespace clang;
using namespace llvm;
using pyext::model::EntryKind;
using pyext::model::ExtensionModel;
using pyext::model::Function;
using pyext::model::InitKind;

namespace pyext::types {

StateFindmoduleCheck::StateFindmoduleCheck(StringRef Name,
                                           tidy::ClangTidyContext *Context)
    : ModelCheck(Name, Context),
      SinglePhase(Options.get("SinglePhase", true)) {}

void StateFindmoduleCheck::storeOptions(
    tidy::ClangTidyOptions::OptionMap &Opts) {
  ModelCheck::storeOptions(Opts);
  Options.store(Opts, "SinglePhase", SinglePhase);
}

/// The module of the file whose name \p Text is; nullable.
static const model::Module *moduleNamed(const ExtensionModel &Model, StringRef Text) {
  for (const model::Module &Mod : Model.modules())
    if (!Mod.Generated && !Mod.Name.empty() &&
        (Text == Mod.Name || Text.ends_with("." + Mod.Name)))
      return &Mod;
  return nullptr;
}

/// How the function itself is given the module; empty when it is not.
static std::string ownModule(const Function &F) {
  for (const model::EntryPoint &E : F.Entries) {
    if (E.Kind == EntryKind::ModuleExec || E.Kind == EntryKind::ModuleClear ||
        E.Kind == EntryKind::ModuleTraverse ||
        (E.Kind == EntryKind::Method && !E.Type && E.Table &&
         !(E.MethodFlags & (facts::method_flags::Class |
                             facts::method_flags::Static)))) {
      if (!F.Decl->getNumParams() || !ExtensionModel::isObjectPointer(
                                         F.Decl->getParamDecl(0)->getType()))
        return {};
      return F.Decl->getParamDecl(0)->getNameAsString();
    }
  }
  return {};
}

void StateFindmoduleCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  Found.clear();
  for (const auto &F : Model.functions())
    if (!F->Generated)
      checkFunction(Model, *F);
  for (size_t I = 0; I < Found.size(); ++I)
    report(Model, I);
}

void StateFindmoduleCheck::checkFunction(const ExtensionModel &Model,
                                         const Function &F) {
  bool AllModules = false;
  for (const model::CallSite &Site : F.Calls) {
    if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier())
      continue;
    const StringRef Name = Site.Name;
    const bool Finds = facts::hasRole(Name, facts::ApiRole::FindsModule);
    const bool Registers =
        facts::hasRole(Name, facts::ApiRole::RegistersModule);
    AllModules |= facts::hasRole(Name, facts::ApiRole::ListsModules);
    if (Finds || Registers)
      checkDefinition(Model, F, Site, Name, Finds);
    else if (AllModules || facts::hasRole(Name, facts::ApiRole::ImportsByName))
      for (const Expr *Arg : Site.Call->arguments())
        if (const model::Module *Mod = moduleNamed(Model, model::stringOf(Arg)))
          Found.push_back({&F, Site.Call, Name, Mod, nullptr, ByName});
  }
}

void StateFindmoduleCheck::checkDefinition(const ExtensionModel &Model,
                                           const Function &F,
                                           const model::CallSite &Site,
                                           StringRef Name, bool Finds) {
  const VarDecl *Def = nullptr;
  for (const Expr *Arg : Site.Call->arguments())
    if (const VarDecl *VD = model::variableOf(Arg);
        VD && VD->hasGlobalStorage())
      Def = VD->getCanonicalDecl();
  const model::Module *Mod = nullptr;
  for (const model::Module &Each : Model.modules())
    if (Def && Each.Definition &&
        Each.Definition->getCanonicalDecl() == Def)
      Mod = &Each;
  if ((Mod && Mod->Init == InitKind::SinglePhase && !SinglePhase) ||
      (!Mod && model::isModuleKey(Model, Def)))
    return;
  if (Finds || (Mod && Mod->Init != InitKind::SinglePhase))
    Found.push_back({&F, Site.Call, Name, Mod, Def,
                     !Mod                                 ? Unknown
                     : Mod->Init == InitKind::SinglePhase ? OnePhase
                                                          : MultiPhase});
}

/// The first of the places that are wrong in the same way; the others are notes.
void StateFindmoduleCheck::report(const ExtensionModel &Model, size_t Index) {
  const LookUp &L = Found[Index];
  auto Same = [&](const LookUp &Other) {
    return L.How != ByName && Other.How == L.How && Other.Name == L.Name &&
           Other.Definition == L.Definition;
  };
  if (any_of(ArrayRef(Found).take_front(Index), Same))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const bool Finds = facts::hasRole(L.Name, facts::ApiRole::FindsModule);
  diag(SM.getExpansionLoc(L.Call->getExprLoc()),
       "'%0' does not know %select{module '%1', which is made by multi-phase "
       "initialization: the result is %select{an error|null}2|modules that are "
       "made by multi-phase initialization, and only one per interpreter|"
       "modules that are made by multi-phase initialization: it keeps module "
       "'%1' from being one|which module this code belongs to: it gives "
       "whatever stands for '%1' in sys.modules}3")
      << L.Name << (L.Mod ? L.Mod->Name : std::string()) << Finds
      << unsigned(L.How);
  if (L.How == MultiPhase)
    diag(L.Mod->SlotArray ? L.Mod->SlotArray->getLocation() : L.Mod->Loc,
         "the slots of the module are here", DiagnosticIDs::Note);
  unsigned Shown = 0;
  for (const LookUp &Each : ArrayRef(Found).drop_front(Index)) {
    if (&Each != &L && !Same(Each))
      continue;
    if (++Shown > 8)
      break;
    advise(Model, Each, &Each == &L);
  }
}

/// Where the function gets the module from.
void StateFindmoduleCheck::advise(const ExtensionModel &Model, const LookUp &L,
                                  bool First) {
  const SourceManager &SM = Model.context().getSourceManager();
  const SourceLocation Loc = SM.getExpansionLoc(L.Call->getExprLoc());
  const std::string Own = ownModule(*L.In);
  const bool OfType = any_of(L.In->Entries, [](const model::EntryPoint &E) {
    return E.Type && !E.Type->Static;
  });
  FixItHint Hint;
  if (!Own.empty() && facts::hasRole(L.Name, facts::ApiRole::FindsModule)) {
    const support::SourceText Source(SM, Model.context().getLangOpts(),
                                     SM.getFileID(Loc));
    if (std::optional<support::TextRange> R = Source.written(L.Call))
      Hint = FixItHint::CreateReplacement(
          CharSourceRange::getCharRange(Source.location(R->Begin),
                                        Source.location(R->End)),
          Own);
  }
  diag(Loc,
       "%select{also here: |}2%select{pass the module, or its state, from the "
       "function that Python calls or with the callback's data|'%1', the first "
       "parameter, is the module|PyType_GetModuleByDef(Py_TYPE(self), ...) "
       "finds the module in functions of the type from Python 3.11 on, and "
       "METH_METHOD gives its methods the defining class}0",
       DiagnosticIDs::Note)
      << (!Own.empty() ? 1 : OfType ? 2 : 0) << Own << First << Hint;
}

} // namespace pyext::types
