//===- ModuleStateLifecycleCheck.cpp --------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/ModuleStateLifecycleCheck.h"
#include "model/Initializers.h"
#include "support/TypeEdits.h"
#include "types/ModuleStateHooksFix.h"

using namespace clang;
using namespace llvm;
using pyext::model::ExtensionModel;
using pyext::model::LifeStep;
using pyext::model::Lifecycle;

namespace pyext::types {

/// Whether the access stores the module, as its exec function was given it, and
/// without a reference.
static bool storesModule(const ExtensionModel &Model, const model::Access &A) {
  const auto *B = dyn_cast<BinaryOperator>(A.Statement);
  const Expr *Value = B ? model::stripped(B->getRHS()) : nullptr;
  const VarDecl *VD = Value ? model::variableOf(Value) : nullptr;
  const model::Function *In = Model.function(A.Function);
  if (!VD || !isa<ParmVarDecl>(VD) || !In || !In->has(model::EntryKind::ModuleExec))
    return false;
  return llvm::none_of(In->Calls, [&](const model::CallSite &Site) {
    const facts::ReferenceCountApi *Op =
        Site.Call ? facts::findReferenceCountOp(Site.Name) : nullptr;
    return Op && Op->Op == facts::RefcountOp::Incref &&
           Site.Call->getNumArgs() && model::variableOf(Site.Call->getArg(0)) == VD;
  });
}

/// Whether the struct only borrows what the field points to.
static bool isBorrowed(const ExtensionModel &Model, const FieldDecl *Field) {
  const model::StateVariable *Var = Model.stateOf(Field);
  bool Any = false, Taken = false, Others = false;
  if (Var)
    for (const model::Access &A : Var->Accesses) {
      if (A.DropsReference)
        return false;
      Taken |= A.TakesReference;
      if (!A.writes() || A.Resets)
        continue;
      // The module itself: others may take references of it from here.
      if (storesModule(Model, A)) {
        Any = true;
        continue;
      }
      Others = true;
      const auto *B = dyn_cast<BinaryOperator>(A.Statement);
      const Expr *Value = B ? model::stripped(B->getRHS()) : nullptr;
      const auto *Call = dyn_cast_or_null<CallExpr>(Value);
      const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
      const bool Address = Value && isa<UnaryOperator>(Value) &&
                           model::variableOf(Value) &&
                           model::variableOf(Value)->hasGlobalStorage();
      if (!Address && !(Callee && Callee->getIdentifier() &&
                        facts::findBorrowed(
                            facts::canonicalName(Callee->getName()))))
        return false;
      Any = true;
    }
  return Any && !(Taken && Others);
}

/// "'a', 'b' and 3 more"
static std::string listed(ArrayRef<const FieldDecl *> Fields) {
  std::string Text;
  const size_t Shown = Fields.size() <= 4 ? Fields.size() : 3;
  for (size_t I = 0; I < Shown; ++I)
    Text += (I == 0                                         ? ""
             : I + 1 == Shown && Shown == Fields.size()     ? " and "
                                                            : ", ") +
            ("'" + Fields[I]->getNameAsString() + "'");
  if (Shown < Fields.size())
    Text += " and " + std::to_string(Fields.size() - Shown) + " more";
  return Text;
}

void ModuleStateLifecycleCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  for (const model::Module &Mod : Model.modules()) {
    if (Mod.Generated || !Mod.State || (Mod.Size && *Mod.Size <= 0) ||
        (Mod.SlotArray && !Mod.SlotsVisible))
      continue;
    if (!Mod.SlotArray && !(Mod.Definition &&
                            model::initializerList(Mod.Definition)))
      continue;
    ModuleHooks S = {Model, Mod, {}, {Mod.Traverse, Mod.Clear, Mod.Free}};
    for (const FieldDecl *Field : model::objectFields(Mod.State))
      if (!isBorrowed(Model, Field))
        S.Fields.push_back(Field);
    if (S.Fields.empty())
      continue;
    checkMissing(Model, Mod, S.Fields, makeHooks(S));
    checkFields(Model, Mod, S.Fields);
  }
}

void ModuleStateLifecycleCheck::checkMissing(
    const ExtensionModel &Model, const model::Module &Mod,
    ArrayRef<const FieldDecl *> Fields, ArrayRef<FixItHint> Hints) {
  const FunctionDecl *Hooks[] = {Mod.Traverse, Mod.Clear, Mod.Free};
  SmallVector<StringRef, 3> Missing;
  for (int I : {Traverse, Clear, Free})
    if (!Hooks[I])
      Missing.push_back(FieldNames[I]);
  // A function that frees makes up for one that clears.
  if (Missing.empty() || (Missing.size() == 1 && !Mod.Clear))
    return;
  const SourceLocation Loc =
      Mod.Definition ? Mod.Definition->getLocation() : Mod.Loc;
  {
    auto Diag = diag(
        Loc,
        "the state of module '%0' owns objects, %1, but the module has no %2: "
        "%select{|the collector does not see them, so that a type and its "
        "module keep each other alive|they are not released when the module "
        "is freed without being cleared before|they are never released}3");
    Diag << Mod.Name << listed(Fields)
         << (Missing.size() == 3   ? "m_traverse, m_clear and m_free"
             : Missing.size() == 2 ? (Missing[0] + " and " + Missing[1]).str()
                                   : Missing[0].str())
         << (!Mod.Traverse && !Mod.Clear && !Mod.Free ? 3
             : !Mod.Traverse                          ? 1
                                                      : 2);
    for (const FixItHint &Hint : Hints)
      Diag << Hint;
  }
  diag(Mod.State->getLocation(), "the state is defined here",
       DiagnosticIDs::Note);
}

void ModuleStateLifecycleCheck::checkFields(const ExtensionModel &Model,
                                            const model::Module &Mod,
                                            ArrayRef<const FieldDecl *> Fields) {
  const Lifecycle *Visit = Model.lifecycle(Mod.Traverse);
  const Lifecycle *Drop = Model.lifecycle(Mod.Clear);
  const Lifecycle *Release = Model.lifecycle(Mod.Free);
  auto Known = [](const Lifecycle *Life) {
    return Life && !Life->has(LifeStep::Delegates) &&
           !Life->has(LifeStep::PassesSelf);
  };
  auto Report = [&](const FunctionDecl *FD, const Lifecycle *Life,
                    ArrayRef<const FieldDecl *> Missed, LifeStep Step,
                    unsigned What) {
    if (Missed.empty())
      return;
    auto Diag = diag(FD->getLocation(),
                     "'%0' does not %select{visit|clear|release}1 %2 in the "
                     "state of module '%3': %select{a cycle through "
                     "%select{it|them}4 is never freed|%select{it|they}4 may "
                     "keep a cycle alive|%select{it is|they are}4 never "
                     "released}1");
    Diag << FD->getName() << What << listed(Missed) << Mod.Name
         << (Missed.size() > 1);
    for (const FixItHint &Hint :
         addLikeSibling(Model, Model.function(FD)->Decl, *Life, Step, Missed))
      Diag << Hint;
  };

  SmallVector<const FieldDecl *, 8> Missed;
  if (Known(Visit)) {
    for (const FieldDecl *Field : Fields)
      if (!Visit->Mentioned.contains(Field) && !model::holdsLeaves(Model, Field))
        Missed.push_back(Field);
    Report(Mod.Traverse, Visit, Missed, LifeStep::Visits, 0);
  }
  Missed.clear();
  if (Known(Drop)) {
    for (const FieldDecl *Field : Fields)
      if (!Drop->Mentioned.contains(Field) &&
          !(Release && Release->Mentioned.contains(Field)))
        Missed.push_back(Field);
    Report(Mod.Clear, Drop, Missed, LifeStep::Drops, 1);
  }
  if (Known(Release) && Drop) {
    SmallVector<const FieldDecl *, 8> Kept;
    for (const FieldDecl *Field : Fields)
      if (!Release->Mentioned.contains(Field) && !is_contained(Missed, Field))
        Kept.push_back(Field);
    if (!Kept.empty()) {
      auto Diag = diag(Mod.Free->getLocation(),
                       "'%0' does not release %1 in the state of module '%2': "
                       "'%3' does, but is not always called before the module "
                       "is freed");
      Diag << Mod.Free->getName() << listed(Kept) << Mod.Name
           << Mod.Clear->getName();
    }
  }
  // Dropped, and still there when the function that frees drops it again.
  if (Drop)
    for (const FieldDecl *Field : Fields) {
      const model::LifeEvent *E = Drop->first(LifeStep::Drops, Field);
      if (!E || Drop->has(LifeStep::Nulls, Field) ||
          Drop->has(LifeStep::PassesSelf))
        continue;
      diag(Model.context().getSourceManager().getExpansionLoc(
               E->Inner->getExprLoc()),
           "the reference in '%0' is dropped, but the pointer stays in the "
           "state, where it is used and dropped again after the object was "
           "freed")
          << Field->getName();
    }
}

} // namespace pyext::types
