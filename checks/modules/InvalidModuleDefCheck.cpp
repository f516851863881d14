//===- InvalidModuleDefCheck.cpp - cpython-modules-invalid-module-def -----===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/InvalidModuleDefCheck.h"
#include "facts/ModelCalls.h"
#include "model/Initializers.h"
#include "llvm/ADT/StringSet.h"

using namespace clang;
using namespace llvm;

namespace pyext::modules {

using model::InitKind;
using facts::ModuleSlotRole;

/// The last element of the array: null when it ends with zeros that nobody wrote
/// or is not known.
static const InitListExpr *lastElement(const VarDecl *Array,
                                       const ASTContext &Context) {
  const InitListExpr *List = model::initializerList(Array);
  const auto *Type = Context.getAsConstantArrayType(Array->getType());
  if (!List || !Type || !List->getNumInits() ||
      Type->getSize().getZExtValue() != List->getNumInits())
    return nullptr;
  return dyn_cast<InitListExpr>(
      List->getInit(List->getNumInits() - 1)->IgnoreImplicit());
}

/// The identifier of an element; null when it is left out.
static const Expr *identifierOf(const InitListExpr *Element) {
  const Expr *Id = model::fieldInit(Element, "slot");
  return Id ? Id : model::fieldInit(Element, "sl_id");
}

void InvalidModuleDefCheck::checkArray(const model::ExtensionModel &Model,
                                       const model::Module &Mod,
                                       const VarDecl *Array) {
  const InitListExpr *Last = lastElement(Array, Model.context());
  const Expr *Id = Last ? identifierOf(Last) : nullptr;
  if (Id && !model::isNullOrZero(Id, Model.context()) &&
      !Id->isValueDependent() &&
      model::integerOf(Id, Model.context()).has_value())
    diag(Model.context().getSourceManager().getExpansionLoc(Last->getBeginLoc()),
         "no element with slot 0 ends %0; reading goes on behind the array")
        << Array;
}

void InvalidModuleDefCheck::checkSlots(const model::ExtensionModel &Model,
                                       const model::Module &Mod) {
  const bool Export = Mod.Init == InitKind::Export;
  StringMap<const model::Slot *> First;
  bool HasAbi = false;
  for (const model::Slot &S : Mod.Slots) {
    const facts::ModuleSlot *Row = facts::findModuleSlot(S.Name);
    if (!Row || Row->Role == ModuleSlotRole::Slots ||
        Row->Role == ModuleSlotRole::End)
      continue;
    HasAbi |= Row->Role == ModuleSlotRole::Abi;
    auto [It, New] = First.try_emplace(S.Name, &S);
    if (!New && (Export || Row->Role != ModuleSlotRole::Exec)) {
      diag(S.Loc, "module '%0' has two '%1' slots; importing it fails")
          << Mod.Name << S.Name;
      diag(It->second->Loc, "the other one is here", DiagnosticIDs::Note);
    }
    if (!Export && Row->Role == ModuleSlotRole::Token)
      diag(S.Loc, "'%0' is not allowed in the slots of a module definition, which "
                  "is the token itself; importing '%1' fails")
          << S.Name << Mod.Name;
    if (const facts::ModuleSlotValue *Value = facts::findModuleSlotValue(S.Value);
        Value && S.Name != Value->Slot)
      diag(S.ValueLoc.isValid() ? S.ValueLoc : S.Loc,
           "'%0' is a value of slot '%1'; here it is read as another number of "
           "'%2'")
          << S.Value << Value->Slot << S.Name;
    // PySlot: the values of these two are data.
    if (Export && (Row->Role == ModuleSlotRole::Gil ||
                   Row->Role == ModuleSlotRole::MultipleInterpreters))
      for (StringRef Field : {"sl_func", "sl_size", "sl_int64", "sl_uint64"})
        if (model::fieldInit(S.Element, Field))
          diag(S.Loc, "the value of '%0' is read as data, not as '%1'")
              << S.Name << Field;
  }
  if (Export && Mod.SlotsVisible && Mod.SlotArray && !HasAbi &&
      !Mod.Slots.empty())
    diag(Mod.SlotArray->getLocation(),
         "module '%0' has no '%1' slot, which modules made from slots must have")
        << Mod.Name << facts::moduleSlot(ModuleSlotRole::Abi).Macro;
  if (Mod.SlotArray && Mod.SlotsVisible)
    checkArray(Model, Mod, Mod.SlotArray);
  SmallVector<const VarDecl *, 2> Nested;
  for (const model::Slot &S : Mod.Slots)
    if (S.Array && S.Array != Mod.SlotArray && !is_contained(Nested, S.Array)) {
      Nested.push_back(S.Array);
      checkArray(Model, Mod, S.Array);
    }
}

/// What the definition says beside the slots must not differ from them.
void InvalidModuleDefCheck::checkAgreement(const model::ExtensionModel &Model,
                                           const model::Module &Mod) {
  const InitListExpr *List =
      Mod.Definition ? model::initializerList(Mod.Definition) : nullptr;
  if (!List || Mod.Init == InitKind::Export)
    return;
  static constexpr std::pair<ModuleSlotRole, llvm::StringLiteral> Fields[] = {
      {ModuleSlotRole::Name, "m_name"},
      {ModuleSlotRole::Doc, "m_doc"},
      {ModuleSlotRole::Methods, "m_methods"},
      {ModuleSlotRole::StateTraverse, "m_traverse"},
      {ModuleSlotRole::StateClear, "m_clear"},
      {ModuleSlotRole::StateFree, "m_free"}};
  for (const auto &[Role, Field] : Fields) {
    const model::Slot *S = Mod.slot(Role);
    const Expr *Here = model::fieldInit(List, Field);
    const Expr *There = S ? model::fieldInit(S->Element, "value") : nullptr;
    if (!There || !Here || model::isNullOrZero(Here, Model.context()))
      continue;
    const NamedDecl *A = model::variableOf(Here), *B = model::variableOf(There);
    if (!A && !B) {
      A = model::functionOf(Here);
      B = model::functionOf(There);
    }
    // Equal literals can be one object.
    if (A && B ? A->getCanonicalDecl() == B->getCanonicalDecl()
               : A || B || model::stringOf(Here).empty() ||
                     model::stringOf(Here) == model::stringOf(There))
      continue;
    diag(S->Loc, "slot '%0' and '%1' of the definition of '%2' differ; importing "
                 "the module fails")
        << S->Name << Field << Mod.Name;
    diag(Here->getExprLoc(), "'%0' is set here", DiagnosticIDs::Note) << Field;
  }
}

void InvalidModuleDefCheck::checkDefinition(const model::ExtensionModel &Model,
                                            const model::Module &Mod) {
  const bool MultiPhase = Mod.Init == InitKind::MultiPhase;
  SourceLocation CreateLoc;
  if (Mod.CreateCall)
    CreateLoc = Model.context().getSourceManager().getExpansionLoc(
        Mod.CreateCall->getExprLoc());
  if (Mod.Definition && Mod.SlotArray && MultiPhase && Mod.Size &&
      *Mod.Size < 0)
    diag(Mod.Definition->getLocation(),
         "module '%0' has slots and a negative m_size; importing it fails with "
         "SystemError")
        << Mod.Name;
  if (Mod.Init == InitKind::SinglePhase && Mod.SlotArray && Mod.CreateCall) {
    diag(CreateLoc,
         "module '%0' has slots, which only multi-phase initialization reads; "
         "this call fails with SystemError")
        << Mod.Name;
    diag(Mod.SlotArray->getLocation(), "the slots are here",
         DiagnosticIDs::Note);
  }
  if (!Mod.CreateCall || !Mod.CreateCall->getNumArgs())
    return;
  const VarDecl *Def = model::variableOf(Mod.CreateCall->getArg(0));
  if (!Def || !Def->getType()->isRecordType())
    return;
  const bool Automatic = Def->hasLocalStorage() && !isa<ParmVarDecl>(Def);
  if (!Automatic && !Def->getType().isConstQualified())
    return;
  diag(Def->getLocation(),
       "definition %0 is %select{constant, but the interpreter writes to it|"
       "gone when the function returns, but the interpreter keeps a pointer to "
       "it}1")
      << Def << Automatic;
  diag(CreateLoc, "it is handed to the interpreter here",
       DiagnosticIDs::Note);
}

/// From Python 3.15 on PyInit_x is not called when there is PyModExport_x.
void InvalidModuleDefCheck::checkHooks(const model::ExtensionModel &Model) {
  auto NameOf = [](const model::Module &Mod) {
    return Mod.InitFunction && Mod.InitFunction->getIdentifier()
               ? Mod.InitFunction->getName().split('_').second
               : StringRef();
  };
  for (const model::Module &New : Model.modules()) {
    if (New.Init != InitKind::Export || !New.SlotsVisible)
      continue;
    for (const model::Module &Old : Model.modules()) {
      if (Old.Init != InitKind::MultiPhase || !Old.SlotsVisible ||
          NameOf(Old) != NameOf(New))
        continue;
      for (ModuleSlotRole Role :
           {ModuleSlotRole::Gil, ModuleSlotRole::MultipleInterpreters}) {
        const model::Slot *A = New.slot(Role), *B = Old.slot(Role);
        if (!A || !B || A->Value == B->Value)
          continue;
        diag(A->Loc, "module '%0' declares '%1' here and '%2' in its other "
                     "definition; from Python 3.15 on only this one counts")
            << New.Name << A->Value << B->Value;
        diag(B->Loc, "the other one is here", DiagnosticIDs::Note);
      }
    }
  }
}

/// Flags of methods that no call of the interpreter fits.
void InvalidModuleDefCheck::checkMethods(const model::ExtensionModel &Model) {
  SmallVector<const VarDecl *, 8> Tables, OfModules;
  for (const model::Module &Mod : Model.modules())
    OfModules.append(Mod.MethodTables.begin(), Mod.MethodTables.end());
  for (const auto &F : Model.functions())
    for (const model::EntryPoint &E : F->Entries)
      if (E.Kind == model::EntryKind::Method && E.Table && !F->Generated &&
          !is_contained(Tables, E.Table))
        Tables.push_back(E.Table);
  for (const VarDecl *Table : Tables)
    model::forEachElement(Table, [&](const InitListExpr *Element) {
      const Expr *Flags = model::fieldInit(Element, "ml_flags");
      const Expr *Meth = model::fieldInit(Element, "ml_meth");
      if (!Flags || !Meth || !model::functionOf(Meth) ||
          Flags->isValueDependent())
        return;
      std::optional<int64_t> Value = model::integerOf(Flags, Model.context());
      if (!Value)
        return;
      const Expr *Name = model::fieldInit(Element, "ml_name");
      const std::string Method = Name ? model::stringOf(Name) : "";
      const SourceLocation Loc =
          Model.context().getSourceManager().getExpansionLoc(
              Flags->getBeginLoc());
      if (!facts::isCallingConvention(*Value))
        diag(Loc, "the interpreter knows no way to call method '%0' with these "
                  "flags; making the method fails with SystemError")
            << Method;
      else if (*Value & facts::method::DefiningClass &&
               is_contained(OfModules, Table))
        diag(Loc, "function '%0' of a module asks for its defining class and has "
                  "none; importing the module fails with SystemError")
            << Method;
    });
}

void InvalidModuleDefCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  for (const model::Module &Mod : Model.modules()) {
    if (Mod.Generated)
      continue;
    checkSlots(Model, Mod);
    checkAgreement(Model, Mod);
    checkDefinition(Model, Mod);
  }
  checkHooks(Model);
  checkMethods(Model);
}

} // namespace pyext::modules
