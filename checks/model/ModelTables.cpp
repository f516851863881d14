//===- ModelTables.cpp - Reading the tables of an extension ---------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/ModelCalls.h"
#include "model/Initializers.h"
#include "model/ModelBuilder.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

void ExtensionModel::Builder::addEntry(const FunctionDecl *FD,
                                       EntryPoint Entry) {
  Function *F = functionFor(FD);
  if (!F)
    return;
  InTables.insert(F->Decl);
  for (const EntryPoint &E : F->Entries)
    if (E.Kind == Entry.Kind && E.Name == Entry.Name && E.Type == Entry.Type)
      return;
  F->Entries.push_back(std::move(Entry));
}

static EntryKind entryKind(facts::SlotRole Role) {
  switch (Role) {
  case facts::SlotRole::Dealloc:
  case facts::SlotRole::Free:
    return EntryKind::Dealloc;
  case facts::SlotRole::Finalize:
    return EntryKind::Finalize;
  case facts::SlotRole::Traverse:
    return EntryKind::Traverse;
  case facts::SlotRole::Clear:
    return EntryKind::Clear;
  case facts::SlotRole::New:
  case facts::SlotRole::Alloc:
    return EntryKind::New;
  case facts::SlotRole::Init:
    return EntryKind::Init;
  case facts::SlotRole::IterNext:
    return EntryKind::IterNext;
  default:
    return EntryKind::Slot;
  }
}

void ExtensionModel::Builder::readTypeSlot(TypeObject &Type, StringRef Field,
                                           const Expr *Value) {
  if (Value && (Field == "tp_flags" || Field == "flags")) {
    Type.FlagsExpr = Value; // Py_TPFLAGS_DEFAULT can be 0.
    Type.Flags = integerOf(Value, Context);
    return;
  }
  if (!Value || isNullOrZero(Value, Context))
    return;
  Type.Values.push_back({Field.str(), Value});
  if (Field == "tp_weaklistoffset") {
    Type.HasWeakList = true;
    Type.WeakListField = offsetofField(Value);
    return;
  }
  if (Field == "tp_dictoffset") {
    Type.HasDictOffset = true;
    return;
  }
  if (Field == "tp_name" || Field == "name") {
    std::string Name = stringOf(Value);
    if (!Name.empty())
      Type.Name = Name;
    return;
  }
  if (Field == "tp_basicsize" || Field == "basicsize") {
    Type.BasicSize = integerOf(Value, Context);
    if (const RecordDecl *RD = sizeofRecord(Value))
      Type.Instance = RD->getDefinition() ? RD->getDefinition() : RD;
    return;
  }
  const VarDecl *VD = variableOf(Value);
  if (Field == "tp_methods") {
    if (VD)
      Type.MethodTables.push_back(VD);
    return;
  }
  if (Field == "tp_getset") {
    if (VD)
      Type.GetSetTables.push_back(VD);
    return;
  }
  if (Field == "tp_members") {
    if (VD) {
      Type.MemberTables.push_back(VD);
      readMembers(VD, Type);
    }
    return;
  }
  if (Field.starts_with("tp_as_")) {
    const InitListExpr *List = VD ? initializerList(VD) : nullptr;
    const RecordDecl *RD = List ? List->getType()->getAsRecordDecl() : nullptr;
    if (RD)
      for (const FieldDecl *F : RD->fields())
        if (const Expr *Init = fieldInit(List, F->getName()))
          readTypeSlot(Type, F->getName(), Init);
    return;
  }
  if (const FunctionDecl *FD = functionOf(Value))
    Type.Slots.push_back({Field.str(), FD});
}

void ExtensionModel::Builder::readStaticType(const VarDecl *VD) {
  TypeObject Type;
  Type.Name = VD->getNameAsString();
  Type.Object = VD;
  Type.Static = true;
  Type.Loc = VD->getLocation();
  if (const InitListExpr *List = initializerList(VD))
    if (const RecordDecl *RD = List->getType()->getAsRecordDecl())
      for (const FieldDecl *F : RD->fields())
        if (const Expr *Init = fieldInit(List, F->getName()))
          readTypeSlot(Type, F->getName(), Init);
  M.Types.push_back(std::move(Type));
}

void ExtensionModel::Builder::readSpec(const VarDecl *VD) {
  const InitListExpr *List = initializerList(VD);
  if (!List)
    return;
  TypeObject Type;
  Type.Name = VD->getNameAsString();
  Type.Object = VD;
  Type.Loc = VD->getLocation();
  Type.Flags = 0;
  for (StringRef Field : {"name", "basicsize", "flags"})
    readTypeSlot(Type, Field, fieldInit(List, Field));
  const Expr *Slots = fieldInit(List, "slots");
  auto ReadSlot = [&](const InitListExpr *Element) {
    const Expr *Id = fieldInit(Element, "slot");
    if ((!Id || isNullOrZero(Id, Context)) && Element->getBeginLoc().isValid())
      Type.SlotEnd = SM.getExpansionLoc(Element->getBeginLoc());
    if (!Id)
      return;
    StringRef Macro = M.preprocessing().macroName(
        stripped(Id)->getBeginLoc(),
        [](StringRef N) { return facts::findTypeSlotByMacro(N); });
    if (const facts::TypeSlot *Row = facts::findTypeSlotByMacro(Macro))
      readTypeSlot(Type, Row->TpField, fieldInit(Element, "pfunc"));
    else if (!isNullOrZero(Id, Context))
      Type.SlotsVisible = false; // A slot that is not known.
  };
  if (const VarDecl *Array = Slots ? variableOf(Slots) : nullptr) {
    if (const VarDecl *Definition = Array->getDefinition())
      Array = Definition;
    Type.SlotArray = Array;
    Type.SlotsVisible = initializerList(Array) != nullptr;
    forEachElement(Array, ReadSlot);
    if (PP.skippedMentions(Array->getSourceRange(), "Py_tp_traverse"))
      Type.SlotsVisible = false;
  } else if (const InitListExpr *Literal =
                 Slots ? compoundLiteral(Slots) : nullptr) {
    forEachElement(Literal, ReadSlot); // .slots = (PyType_Slot[]){...}
  }
  for (const auto &[Name, Site] : Special)
    if (Site.Call && any_of(Site.Call->arguments(), [&](const Expr *A) {
          return variableOf(A) == VD;
        }))
      Type.Creations.push_back(Site.Call);
  M.Types.push_back(std::move(Type));
}

void ExtensionModel::Builder::readMethods(const VarDecl *Table,
                                          const TypeObject *Type) {
  auto Read = [&](const InitListExpr *Element) {
    const FunctionDecl *FD = nullptr;
    if (const Expr *Meth = fieldInit(Element, "ml_meth"))
      FD = functionOf(Meth);
    if (!FD)
      return;
    const Expr *Name = fieldInit(Element, "ml_name");
    EntryPoint Entry{EntryKind::Method, Name ? stringOf(Name) : "", Table, Type,
                     0};
    if (const Expr *Flags = fieldInit(Element, "ml_flags"))
      Entry.MethodFlags = integerOf(Flags, Context).value_or(0);
    addEntry(FD, std::move(Entry));
  };
  if (Table->getType()->isArrayType())
    forEachElement(Table, Read);
  else if (const InitListExpr *List = initializerList(Table))
    Read(List);
}

void ExtensionModel::Builder::readGetSets(const VarDecl *Table,
                                          const TypeObject *Type) {
  forEachElement(Table, [&](const InitListExpr *Element) {
    const Expr *Name = fieldInit(Element, "name");
    std::string Text = Name ? stringOf(Name) : "";
    if (const Expr *Get = fieldInit(Element, "get"))
      if (const FunctionDecl *FD = functionOf(Get))
        addEntry(FD, {EntryKind::Getter, Text, Table, Type, 0});
    if (const Expr *Set = fieldInit(Element, "set"))
      if (const FunctionDecl *FD = functionOf(Set))
        addEntry(FD, {EntryKind::Setter, Text, Table, Type, 0});
  });
}

void ExtensionModel::Builder::readMembers(const VarDecl *Table,
                                          TypeObject &Type) {
  forEachElement(Table, [&](const InitListExpr *Element) {
    const Expr *Offset = fieldInit(Element, "offset");
    const FieldDecl *Field = Offset ? offsetofField(Offset) : nullptr;
    const Expr *Name = fieldInit(Element, "name");
    const std::string Text = Name ? stringOf(Name) : "";
    if (Text == "__weaklistoffset__") {
      Type.HasWeakList = true;
      Type.WeakListField = Field;
    } else if (Text == "__dictoffset__") {
      Type.HasDictOffset = true;
    } else if (Field && Text != "__vectorcalloffset__") {
      Type.Members.push_back(Field);
      const Expr *Flags = fieldInit(Element, "flags");
      const int64_t Value = Flags ? integerOf(Flags, Context).value_or(0) : 0;
      (Value & 1 ? Type.Readable : Type.Assignable) // Py_READONLY
          .push_back({cast<FieldDecl>(Field->getCanonicalDecl()),
                      SM.getExpansionLoc(Element->getBeginLoc())});
    }
  });
}

const FunctionDecl *TypeObject::slot(StringRef Field) const {
  for (const auto &[Name, FD] : Slots)
    if (Name == Field)
      return FD;
  return nullptr;
}

bool TypeObject::sets(StringRef Field) const {
  return any_of(Values, [&](const auto &V) { return V.first == Field; });
}

bool TypeObject::hasBase(const ASTContext &Context) const {
  if (sets("tp_base") || sets("tp_bases"))
    return true;
  // The bases are the last argument of the calls that take some.
  return any_of(Creations, [&](const CallExpr *Call) {
    const Expr *Last = Call->getArg(Call->getNumArgs() - 1);
    return Object && variableOf(Last) != Object && !isNullOrZero(Last, Context);
  });
}

/// The value of a PySlot, whatever its type.
static const Expr *slotValue(const InitListExpr *Element) {
  for (StringRef Field :
       {"sl_ptr", "sl_func", "sl_size", "sl_int64", "sl_uint64"})
    if (const Expr *Value = fieldInit(Element, Field))
      return Value;
  return nullptr;
}

/// The PySlot[] of a type, for PyType_FromSlots().
void ExtensionModel::Builder::readTypeSlots(const VarDecl *VD) {
  TypeObject Type;
  Type.Name = VD->getNameAsString();
  Type.Object = Type.SlotArray = VD;
  Type.Loc = VD->getLocation();
  Type.Flags = 0;
  Type.SlotsVisible = true;
  bool IsType = false;
  forEachElement(VD, [&](const InitListExpr *Element) {
    const Expr *Id = fieldInit(Element, "sl_id");
    if (!Id || isNullOrZero(Id, Context))
      return;
    const StringRef Macro = M.preprocessing().macroName(
        stripped(Id)->getBeginLoc(),
        [](StringRef N) { return facts::findTypeSlotByMacro(N); });
    const facts::TypeSlot *Row = facts::findTypeSlotByMacro(Macro);
    IsType |= Row != nullptr;
    if (Row && *Row->TpField)
      readTypeSlot(Type, Row->TpField, slotValue(Element));
    else if (!Row || Row->Role == facts::SlotRole::Slots)
      Type.SlotsVisible = false; // Not known, or more of them elsewhere.
  });
  if (IsType)
    M.Types.push_back(std::move(Type));
}

void ExtensionModel::Builder::readTables() {
  std::vector<const VarDecl *> All = Variables;
  All.insert(All.end(), LocalSpecs.begin(), LocalSpecs.end());
  for (const VarDecl *VD : All) {
    if (VD->getType()->isPointerType())
      continue;
    std::string Name = elementTypeName(VD->getType());
    if (facts::isTypeObjectStruct(Name) && !VD->getType()->isArrayType())
      readStaticType(VD);
    else if (Name == "PyType_Spec" && !VD->getType()->isArrayType())
      readSpec(VD);
    else if (Name == "PySlot" && VD->getType()->isArrayType())
      readTypeSlots(VD);
  }
  for (const TypeAssignment &A : TypeAssignments)
    for (TypeObject &Type : M.Types)
      if (Type.Object == A.Object)
        readTypeSlot(Type, A.Field, A.Value);

  DenseSet<const VarDecl *> Read;
  for (const TypeObject &Type : M.Types) {
    for (const auto &[Field, FD] : Type.Slots) {
      const facts::TypeSlot *Row = facts::findTypeSlotByField(Field);
      addEntry(FD, {Row ? entryKind(Row->Role) : EntryKind::Slot, Field,
                    Type.Object, &Type, 0});
    }
    for (const VarDecl *T : Type.MethodTables) {
      readMethods(T, &Type);
      Read.insert(T);
    }
    for (const VarDecl *T : Type.GetSetTables) {
      readGetSets(T, &Type);
      Read.insert(T);
    }
  }
  // Tables that no type of this file lists: the module's, or passed around.
  for (const VarDecl *VD : Variables) {
    if (VD->getType()->isPointerType() || Read.count(VD))
      continue;
    std::string Name = elementTypeName(VD->getType());
    if (Name == "PyMethodDef")
      readMethods(VD, nullptr);
    else if (Name == "PyGetSetDef")
      readGetSets(VD, nullptr);
    else if (!VD->getType()->isArrayType() && !facts::isTypeObjectStruct(Name))
      readSlotTable(VD, Name);
  }
}

/// A PyMappingMethods or the like, of a type that was not recognised.
void ExtensionModel::Builder::readSlotTable(const VarDecl *VD, StringRef Name) {
  const InitListExpr *List = initializerList(VD);
  const RecordDecl *RD = List ? List->getType()->getAsRecordDecl() : nullptr;
  if (!RD)
    return;
  for (const FieldDecl *F : RD->fields()) {
    const facts::TypeSlot *Row = facts::findTypeSlotByField(F->getName());
    if (!Row || !Row->SubStruct || Row->SubStruct != Name)
      return;
    const Expr *Init = fieldInit(List, F->getName());
    const FunctionDecl *FD = Init ? functionOf(Init) : nullptr;
    if (FD && !InTables.count(FD->getCanonicalDecl()) &&
        !(functionFor(FD) && InTables.count(functionFor(FD)->Decl)))
      addEntry(FD, {entryKind(Row->Role), Row->TpField, VD, nullptr, 0});
  }
}

// --- Modules ----------------------------------------------------------------

void ExtensionModel::Builder::readModuleSlots(Module &Mod, const VarDecl *Array,
                                              unsigned Depth) {
  if (!Depth)
    Mod.SlotArray = Array;
  const VarDecl *Definition = Array->getDefinition();
  if (!Definition || !initializerList(Definition) || Depth > 5 ||
      any_of(stateFor(Definition, StateKind::Global).Accesses,
             [](const Access &A) { return A.writes(); })) {
    Mod.SlotsVisible = false;
    return;
  }
  if (!Depth) {
    Mod.SlotArray = Definition;
    Mod.SlotsVisible = true;
  }
  auto IsSlot = [](StringRef N) { return facts::findModuleSlot(N) != nullptr; };
  forEachElement(Definition, [&](const InitListExpr *Element) {
    // PyModuleDef_Slot is {slot, value}, PySlot is {sl_id, ..., union}.
    const Expr *Id = fieldInit(Element, "slot");
    const Expr *Value = fieldInit(Element, "value");
    if (!Id)
      Id = fieldInit(Element, "sl_id");
    if (!Value)
      Value = slotValue(Element);
    if (!Depth && (!Id || isNullOrZero(Id, Context)) &&
        Element->getBeginLoc().isValid())
      Mod.SlotEnd = SM.getExpansionLoc(Element->getBeginLoc());
    if (!Id)
      return;
    // Py_mod_gil as the argument of PySlot_DATA() stands within parentheses of
    // that macro.
    Id = stripped(Id);
    Slot S;
    S.Loc = SM.getExpansionLoc(Id->getBeginLoc());
    S.Array = Definition;
    S.Element = Element;
    S.Name = M.preprocessing().macroName(Id->getBeginLoc(), IsSlot).str();
    if (S.Name.empty()) {
      std::optional<int64_t> Number = integerOf(Id, Context);
      if (!Number || *Number == 0)
        return; // The end.
      S.Name = std::to_string(*Number);
    }
    if (Value) {
      if (!Value->isValueDependent() &&
          !stripped(Value)->getType()->isFunctionType())
        S.Number = integerOf(stripped(Value), Context);
      S.Function = functionOf(Value);
      if (S.Function)
        S.Value = S.Function->getNameAsString();
      else if (StringRef Macro = M.preprocessing().macroName(
                   stripped(Value)->getBeginLoc(),
                   [](StringRef N) { return facts::isModuleSlotValue(N); });
               !Macro.empty()) {
        S.Value = Macro.str();
        SourceLocation At = SM.getFileLoc(stripped(Value)->getBeginLoc());
        SmallString<64> Buffer;
        if (Lexer::getSpelling(At, Buffer, SM, Context.getLangOpts()) == Macro)
          S.ValueLoc = At;
      }
      else if (const VarDecl *VD = variableOf(Value))
        S.Value = VD->getNameAsString();
      else
        S.Value = textOf(stripped(Value)->getSourceRange());
    }
    if (const facts::ModuleSlot *Row = facts::findModuleSlot(S.Name)) {
      switch (Row->Role) {
      case facts::ModuleSlotRole::Exec:
        addEntry(S.Function, {EntryKind::ModuleExec, S.Name, Definition, nullptr, 0});
        break;
      case facts::ModuleSlotRole::Create:
        addEntry(S.Function, {EntryKind::ModuleCreate, S.Name, Definition, nullptr, 0});
        break;
      case facts::ModuleSlotRole::StateTraverse:
        Mod.Traverse = S.Function;
        break;
      case facts::ModuleSlotRole::StateClear:
        Mod.Clear = S.Function;
        break;
      case facts::ModuleSlotRole::StateFree:
        Mod.Free = S.Function;
        break;
      case facts::ModuleSlotRole::Slots:
        if (const VarDecl *Nested = Value ? variableOf(Value) : nullptr)
          readModuleSlots(Mod, Nested, Depth + 1);
        else
          Mod.SlotsVisible = false;
        break;
      case facts::ModuleSlotRole::Methods:
        if (Value)
          if (const VarDecl *VD = variableOf(Value))
            Mod.MethodTables.push_back(VD);
        break;
      case facts::ModuleSlotRole::StateSize:
        if (Value) {
          Mod.Size = integerOf(Value, Context);
          Mod.State = sizeofRecord(Value);
        }
        break;
      default:
        break;
      }
    }
    Mod.Slots.push_back(std::move(S));
  });
}

void ExtensionModel::Builder::readDefinition(Module &Mod, const VarDecl *Def) {
  if (const VarDecl *Definition = Def->getDefinition())
    Def = Definition;
  Mod.Definition = Def;
  for (const TypeAssignment &A : SlotAssignments)
    if (A.Object == Def->getCanonicalDecl()) {
      if (const VarDecl *Array = variableOf(A.Value))
        readModuleSlots(Mod, Array);
      return;
    }
  const InitListExpr *List = initializerList(Def);
  if (!List)
    return;
  if (const Expr *E = fieldInit(List, "m_name"))
    Mod.Name = stringOf(E);
  if (const Expr *E = fieldInit(List, "m_size")) {
    Mod.Size = integerOf(E, Context);
    Mod.State = sizeofRecord(E);
  } else {
    Mod.Size = 0;
  }
  if (const Expr *E = fieldInit(List, "m_methods"))
    if (const VarDecl *VD = variableOf(E))
      Mod.MethodTables.push_back(VD);
  if (const Expr *E = fieldInit(List, "m_traverse"))
    Mod.Traverse = functionOf(E);
  if (const Expr *E = fieldInit(List, "m_clear"))
    Mod.Clear = functionOf(E);
  if (const Expr *E = fieldInit(List, "m_free"))
    Mod.Free = functionOf(E);
  const Expr *Slots = fieldInit(List, "m_slots");
  if (Slots && !isNullOrZero(Slots, Context)) {
    if (const VarDecl *Array = variableOf(Slots))
      readModuleSlots(Mod, Array);
  } else {
    Mod.SlotsVisible = true; // There are none.
  }
}

void ExtensionModel::Builder::readSetGil(Module &Mod, const CallExpr *Call) {
  Mod.SetGilCall = Call;
  Mod.SetGilLoc = SM.getExpansionLoc(Call->getExprLoc());
  if (Call->getNumArgs() != 2)
    return;
  const SourceLocation Loc = stripped(Call->getArg(1))->getBeginLoc();
  const StringRef Macro =
      M.preprocessing().macroName(
          Loc, [](StringRef N) { return facts::isModuleSlotValue(N); });
  if (const facts::ModuleSlotValue *Row = facts::findModuleSlotValue(Macro))
    Mod.GilPromise = Row->Meaning;
  SmallString<64> Buffer;
  const SourceLocation At = SM.getFileLoc(Loc);
  if (!Macro.empty() &&
      Lexer::getSpelling(At, Buffer, SM, Context.getLangOpts()) == Macro)
    Mod.SetGilValueLoc = At;
}

/// The name after the prefix of an entry function; empty when \p Name is none.
static StringRef moduleName(StringRef Name, EntryKind &Kind) {
  if (Name.consume_front("PyInit_") || Name.consume_front("PyInitU_")) {
    Kind = EntryKind::ModuleInit;
    return Name;
  }
  if (Name.consume_front("PyModExport_")) {
    Kind = EntryKind::ModuleExport;
    return Name;
  }
  return {};
}

/// The definition that \p E, in \p In, stands for: itself, a local pointer to it,
/// or a parameter of a helper that \p CalledAt shows the call of. Nullable.
static const VarDecl *
definitionOf(const Expr *E, const FunctionDecl *In,
             const DenseMap<const FunctionDecl *, CallSite> &CalledAt) {
  const VarDecl *VD = variableOf(E);
  for (unsigned Depth = 0; VD && !VD->hasGlobalStorage(); ++Depth) {
    if (Depth == 4)
      return nullptr;
    if (const auto *Param = dyn_cast<ParmVarDecl>(VD)) {
      auto It = CalledAt.find(In);
      const CallExpr *Call = It == CalledAt.end() ? nullptr : It->second.Call;
      const unsigned Index = Param->getFunctionScopeIndex();
      if (!Call || Index >= Call->getNumArgs())
        return nullptr;
      In = It->second.Caller;
      VD = variableOf(Call->getArg(Index));
    } else {
      VD = VD->getInit() && VD->getType()->isPointerType()
               ? variableOf(VD->getInit())
               : nullptr;
    }
  }
  return VD;
}

void ExtensionModel::Builder::readModules() {
  DenseMap<const FunctionDecl *, SmallVector<std::pair<StringRef, CallSite>, 2>>
      Creates;
  for (const auto &S : Special)
    Creates[S.second.Caller->getCanonicalDecl()].push_back(S);

  for (const auto &F : M.Functions) {
    if (!F->Decl->getIdentifier())
      continue;
    EntryKind Kind = EntryKind::ModuleInit;
    StringRef Name = moduleName(F->Decl->getName(), Kind);
    if (Name.empty())
      continue;
    addEntry(F->Decl, {Kind, Name.str(), nullptr, nullptr, 0});
    // PYBIND11_MODULE and NB_MODULE write this function; readBindings() reads
    // what was written.
    if (isOfModuleMacro(F->Decl->getLocation()))
      continue;
    Module Mod;
    Mod.InitFunction = F->Decl;
    Mod.Loc = F->Decl->getLocation();
    Mod.Generated = F->Generated || !Generator.empty();

    // The creating call, here or in a helper, at most a few calls away.
    SmallVector<std::pair<const FunctionDecl *, unsigned>, 8> Work;
    DenseSet<const FunctionDecl *> Seen;
    DenseMap<const FunctionDecl *, CallSite> CalledAt;
    Work.push_back({F->Decl, 0});
    for (size_t I = 0; I < Work.size(); ++I) {
      auto [FD, Depth] = Work[I];
      if (!Seen.insert(FD->getCanonicalDecl()).second)
        continue;
      for (const auto &[Callee, Site] : Creates.lookup(FD->getCanonicalDecl())) {
        std::optional<facts::ModelCall> Role = facts::findModelCall(Callee);
        if (Role == facts::ModelCall::SetsGil && !Mod.SetGilCall)
          readSetGil(Mod, Site.Call);
        bool Multi = Role == facts::ModelCall::CreatesMultiPhase;
        if ((!Multi && Role != facts::ModelCall::CreatesSinglePhase) ||
            Mod.CreateCall)
          continue;
        Mod.CreateCall = Site.Call;
        Mod.Init = Multi ? InitKind::MultiPhase : InitKind::SinglePhase;
        if (Site.Call->getNumArgs())
          if (const VarDecl *Def =
                  definitionOf(Site.Call->getArg(0), FD, CalledAt))
            readDefinition(Mod, Def);
        // Back to the file of the init function.
        Mod.CreateSite = Site.Call;
        for (const FunctionDecl *At = FD;
             At != F->Decl && !SM.isWrittenInSameFile(
                                  SM.getExpansionLoc(At->getLocation()),
                                  SM.getExpansionLoc(F->Decl->getLocation()));) {
          const CallSite &Up = CalledAt.find(At)->second;
          Mod.CreateSite = Up.Where;
          At = Up.Caller;
        }
      }
      if (Depth < 4)
        if (const Function *Caller = functionFor(FD))
          for (const CallSite &Site : Caller->Calls)
            if (Function *Callee = functionFor(Site.Callee)) {
              CalledAt.try_emplace(Callee->Decl, Site);
              Work.push_back({Callee->Decl, Depth + 1});
            }
    }
    if (Kind == EntryKind::ModuleExport) {
      Mod.Init = InitKind::Export;
      // The slot array it returns: the only array of that type it names.
      for (const VarDecl *VD : Variables)
        if (elementTypeName(VD->getType()) == "PySlot" &&
            VD->getType()->isArrayType())
          for (const Access &A : stateFor(VD, StateKind::Global).Accesses)
            if (A.Function == F->Decl && !Mod.SlotArray)
              readModuleSlots(Mod, VD);
    }
    if (Mod.Name.empty())
      Mod.Name = Name.str();
    addModule(std::move(Mod));
  }

  // Definitions with slots that no init function of this file uses.
  for (const VarDecl *VD : Variables) {
    if (elementTypeName(VD->getType()) != "PyModuleDef" ||
        !VD->getType()->isRecordType() || isOfModuleMacro(VD->getLocation()) ||
        any_of(M.Modules, [&](const Module &Mod) {
          return Mod.Definition &&
                 Mod.Definition->getCanonicalDecl() == VD->getCanonicalDecl();
        }))
      continue;
    Module Mod;
    readDefinition(Mod, VD);
    if (!Mod.SlotArray)
      continue;
    Mod.Init = InitKind::MultiPhase;
    Mod.Loc = VD->getLocation();
    Mod.Generated = !Generator.empty() || isGenerated(VD);
    addModule(std::move(Mod));
  }
}

void ExtensionModel::Builder::addModule(Module Mod) {
  for (auto [FD, Entry] :
       {std::pair{Mod.Traverse, EntryKind::ModuleTraverse},
        std::pair{Mod.Clear, EntryKind::ModuleClear},
        std::pair{Mod.Free, EntryKind::ModuleFree}})
    addEntry(FD, {Entry, Mod.Name, Mod.Definition, nullptr, 0});
  if (Mod.State)
    StateRecords.insert(canonical(Mod.State));
  M.Modules.push_back(std::move(Mod));
}

/// Adds the parts of \p Text, the variadic argument of a binding's macro.
void ExtensionModel::Builder::addBindingTags(Module &Mod, StringRef Text,
                                             unsigned Depth) {
  std::string Replacement = Depth < 4 ? PP.replacementOf(Text) : "";
  if (!Replacement.empty())
    return addBindingTags(Mod, Replacement, Depth + 1);
  int Open = 0;
  for (size_t I = 0; I < Text.size(); ++I) {
    Open += StringRef("({[").contains(Text[I]);
    Open -= StringRef(")}]").contains(Text[I]);
    if (Text[I] != ',' || Open)
      continue;
    addBindingTags(Mod, Text.take_front(I), Depth);
    return addBindingTags(Mod, Text.drop_front(I + 1), Depth);
  }
  if (!Text.empty())
    Mod.BindingTags.push_back(Text.str());
}

void ExtensionModel::Builder::readBindings() {
  for (const MacroUse &Use : PP.uses()) {
    std::optional<facts::ModuleMacro> Macro = facts::findModuleMacro(Use.Name);
    if (!Macro || Use.Args.empty() || !PP.isFirstParty(Use.Begin))
      continue;
    Module Mod;
    Mod.Name = Use.Args[0];
    Mod.Init = *Macro == facts::ModuleMacro::Nanobind ? InitKind::Nanobind
                                                      : InitKind::Pybind11;
    Mod.Loc = Use.Begin;
    if (Mod.Init == InitKind::Nanobind && PP.defined("NB_FREE_THREADED"))
      Mod.GilPromise = facts::Promise::GilNotUsed;
    // PYBIND11_PLUGIN(name) takes no tags.
    if (Use.Wrapper.empty() && Use.Args.size() >= 2)
      Mod.BindingEnd = Use.End;
    for (size_t I = 2; I < Use.Args.size(); ++I)
      addBindingTags(Mod, Use.Args[I]);
    // The braces after the macro are the body of a function that it declares.
    for (const auto &F : M.Functions)
      if (F->Decl->getLocation().isMacroID() &&
          SM.getExpansionLoc(F->Decl->getLocation()) == Use.Begin) {
        const Stmt *Body = F->Decl->getBody();
        bool Written = Body && Body->getBeginLoc().isFileID();
        addEntry(F->Decl, {Written ? EntryKind::ModuleExec
                                   : EntryKind::ModuleInit,
                           Mod.Name, nullptr, nullptr, 0});
        if (Written)
          Mod.InitFunction = F->Decl;
      }
    M.Modules.push_back(std::move(Mod));
  }
}

} // namespace pyext::model
