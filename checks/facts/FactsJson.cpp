//===- FactsJson.cpp - The facts as JSON ----------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/FactsJson.h"
#include "facts/ApiRoles.h"
#include "facts/ContainerRules.h"
#include "facts/Containers.h"
#include "facts/EnumNames.h"
#include "facts/ModelCalls.h"
#include "facts/ProcessState.h"
#include "facts/ThreadStorage.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using llvm::ArrayRef;
using llvm::StringRef;

namespace pyext::facts {

namespace {
/// Writes the members of one row. What is open is left out.
class RowWriter {
public:
  explicit RowWriter(llvm::json::OStream &J) : J(J) {}

  void text(StringRef Key, const char *Value) {
    if (Value && *Value)
      J.attribute(Key, Value);
  }
  void flag(StringRef Key, bool Value) { J.attribute(Key, Value); }
  /// A version as "3.13", nothing for 0.
  void version(StringRef Key, unsigned Minor) {
    if (Minor)
      J.attribute(Key, PyVersion{Minor}.str());
  }
  /// An argument index, nothing for -1; the object of a method is "this".
  void argument(StringRef Key, int Index) {
    if (Index == ThisArgument)
      J.attribute(Key, "this");
    else if (Index >= 0)
      J.attribute(Key, Index);
  }
  template <typename EnumT> void choice(StringRef Key, EnumT Value) {
    J.attribute(Key, enumName(Value));
  }

  void row(const ApiVersion &R) {
    text("Name", R.Name);
    choice("Kind", R.Kind);
    version("Since", R.Since);
    version("Removed", R.Removed);
    flag("FreeThreadedOnly", R.FreeThreadedOnly);
    version("LimitedSince", R.LimitedSince);
    flag("InCompat", R.InCompat);
  }
  void row(const AstAlias &R) {
    text("Callee", R.Callee);
    text("Name", R.Name);
    version("Since", R.Since);
    version("Removed", R.Removed);
  }
  void row(const BorrowedReference &R) {
    text("Name", R.Name);
    choice("Kind", R.Kind);
    choice("Result", R.Result);
    argument("OutArg", R.OutArg);
    argument("OutArg2", R.OutArg2);
    argument("ContainerArg", R.ContainerArg);
    choice("Container", R.Container);
    flag("Mutable", R.Mutable);
    text("Replacement", R.Replacement);
    choice("Shape", R.Shape);
    if (R.Replacement) {
      version("Since", R.Since);
      flag("InCompat", R.InCompat);
    }
    flag("SwallowsErrors", R.SwallowsErrors);
    text("Note", R.Note);
  }
  void row(const StolenReference &R) {
    text("Name", R.Name);
    choice("Kind", R.Kind);
    argument("Arg", R.ArgIndex);
    choice("When", R.When);
    choice("What", R.What);
    flag("NullOk", R.NullOk);
    text("Note", R.Note);
  }
  void row(const NewReference &R) {
    text("Name", R.Name);
    argument("OutArg", R.OutArg);
    choice("Container", R.Container);
    flag("Fresh", R.Fresh);
    flag("FreshByFormat", R.FreshByFormat);
  }
  void row(const ReferenceCountApi &R) {
    text("Name", R.Name);
    choice("Kind", R.Kind);
    choice("Op", R.Op);
    flag("NullOk", R.NullOk);
    argument("Arg", R.Arg);
  }
  void row(const ContainerCall &R) {
    text("Name", R.Name);
    argument("Arg", R.Arg);
  }
  void row(const InteriorPointer &R) {
    text("Name", R.Name);
    choice("Kind", R.Kind);
    flag("IsSize", R.IsSize);
    argument("OwnerArg", R.OwnerArg);
    choice("Owner", R.Owner);
    flag("Moves", R.Moves);
    text("Alternative", R.Alternative);
    text("Note", R.Note);
  }
  void row(const BorrowedField &R) {
    text("Struct", R.Struct);
    text("Field", R.Field);
    flag("Mutable", R.Mutable);
    text("Accessor", R.Accessor);
    text("Note", R.Note);
  }
  void row(const CallEffect &R) {
    text("Name", R.Name);
    choice("Class", R.Class);
    choice("MaySuspend", R.Suspend);
    argument("MutatesArg", R.MutatesArg);
    choice("Basis", R.Source);
    text("Condition", R.Condition);
  }
  void row(const DetachedCall &R) {
    text("Name", R.Name);
    choice("Basis", R.Source);
    text("Note", R.Note);
  }
  void row(const ThreadSafetyLevel &R) {
    text("Name", R.Name);
    choice("Level", R.Level);
  }
  void row(const LockApi &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("Spelling", R.Spelling);
    choice("Op", R.Op);
    choice("Kind", R.Kind);
    argument("LockArg", R.LockArg);
    argument("LockArg2", R.LockArg2);
  }
  void row(const LockGuard &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("Kind", R.Kind);
    argument("LockArg", R.LockArg);
    text("Mode", R.Mode == LockMode::Shared ? "Shared" : "Exclusive");
  }
  void row(const ThreadStateApi &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("Spelling", R.Kind);
    choice("Op", R.Op);
    choice("Family", R.Family);
    text("Counterpart", R.Counterpart);
  }
  void row(const NamedEntity &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
  }
  void row(const ObjectStruct &R) {
    text("Name", R.Name);
    J.attribute("Kind", R.IsType ? "Type" : "Object");
  }
  void row(const GeneratedName &R) {
    text("Text", R.Text);
    J.attribute("Match", R.IsPrefix ? "Prefix" : "Exact");
    text("Generator", R.Generator);
  }
  void row(const TypeSlot &R) {
    text("Field", R.TpField);
    text("Macro", R.SlotMacro);
    choice("Role", R.Role);
    text("Struct", R.SubStruct);
  }
  void row(const ModuleSlot &R) {
    text("Macro", R.Macro);
    choice("Role", R.Role);
  }

  void row(const ApiRoleRow &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("Role", R.Role);
  }
  void row(const Allocation &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("Domain", R.Domain);
    choice("Op", R.Op);
  }

  void row(const ModelCallApi &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("Role", R.Role);
  }
  void row(const ModuleSlotValue &R) {
    text("Name", R.Name);
    text("Slot", R.Slot);
    choice("Meaning", R.Meaning);
  }
  void row(const BindingTag &R) {
    text("Name", R.Name);
    choice("Meaning", R.Meaning);
  }
  void row(const SupersededApi &R) {
    text("Name", R.Name);
    choice("Status", R.Status);
    version("Version", R.Version);
    text("Replacement", R.Replacement);
    choice("Change", R.Change);
    text("Family", R.Family);
    text("Why", R.Why);
  }
  void row(const NamePattern &R) {
    text("Text", R.Text);
    choice("Match", R.Match);
    choice("Meaning", R.Meaning);
  }

  void row(const ExistingObject &R) { text("Name", R.Name); }
  void row(const ItemStorage &R) {
    text("Struct", R.Struct);
    text("Field", R.Field);
    text("Item", R.Item);
    text("Items", R.Items);
  }
  void row(const TypeTest &R) {
    text("Name", R.Name);
    choice("Kind", R.Kind);
  }
  void row(const UserCodeCall &R) {
    text("Name", R.Name);
    argument("ObjectArg", R.ObjectArg);
    choice("When", R.When);
  }

  void row(const PointerKeeper &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    J.attribute("Arg", R.Arg);
  }
  void row(const HiddenStateCall &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("State", R.State);
    text("Instead", R.Instead);
  }
  void row(const ProcessHook &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("Spelling", R.Spelling);
    choice("Reach", R.Reach);
    text("Instead", R.Instead);
  }
  void row(const NativeHandle &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("Use", R.Use);
  }
  void row(const ThreadStorageCall &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    text("Instead", R.Instead);
    choice("Value", R.Value);
  }
  void row(const StaticIdentifier &R) {
    text("Name", R.Name);
    choice("Origin", R.From);
    choice("Spelling", R.Spelling);
    text("Instead", R.Instead);
  }
  void row(const ExclusiveWrite &R) { text("Name", R.Name); }
  void row(const InitWrite &R) {
    text("Name", R.Name);
    argument("TargetArg", int(R.TargetArg));
    choice("Target", R.Target);
    text("Replacement", R.Replacement);
  }
  void row(const PairedCalls &R) {
    text("Check", R.Check);
    text("Act", R.Act);
    text("Replacement", R.Replacement);
    text("Fix", R.ActAlone ? "Alone" : "Guided");
  }
  void row(const UniquenessTest &R) {
    text("Name", R.Name);
    choice("Meaning", R.Meaning);
  }

  template <typename RowT> void table(StringRef Name, ArrayRef<RowT> Rows) {
    J.attributeArray(Name, [&] {
      for (const RowT &Row : Rows)
        J.object([&] { row(Row); });
    });
  }

private:
  llvm::json::OStream &J;
};
} // namespace

void printFactsJSON(llvm::raw_ostream &OS) {
  llvm::json::OStream J(OS, /*IndentSize=*/1);
  J.object([&] {
    RowWriter W(J);
    W.table("Allocations", allocations());
    W.table("ApiRoles", apiRoles());
    W.table("ApiTables", apiTables());
    W.table("Apis", apis());
    W.table("AstAliases", astAliases());
    W.table("BindingTags", bindingTags());
    W.table("BorrowedFields", borrowedFields());
    W.table("BorrowedReferences", borrowedReferences());
    W.table("CallEffects", callEffects());
    W.table("ContainerCalls", containerCalls());
    W.table("DefinitionTables", definitionTables());
    W.table("DetachedCalls", detachedCalls());
    W.table("ExclusiveWrites", exclusiveWrites());
    W.table("ExistingObjects", existingObjects());
    W.table("GeneratedNames", generatedNames());
    W.table("HiddenStates", hiddenStates());
    W.table("InitWrites", initWrites());
    W.table("InteriorPointers", interiorPointers());
    W.table("ItemStorages", itemStorages());
    W.table("LockGuards", lockGuards());
    W.table("Locks", lockApis());
    W.table("ModelCalls", modelCalls());
    W.table("ModuleMacros", moduleMacros());
    W.table("ModuleSlotValues", moduleSlotValues());
    W.table("ModuleSlots", moduleSlots());
    W.table("NamePatterns", namePatterns());
    W.table("NativeHandles", nativeHandles());
    W.table("NewReferences", newReferences());
    W.table("ObjectHolders", objectHolders());
    W.table("ObjectOwners", objectOwners());
    W.table("ObjectStructs", objectStructs());
    W.table("PairedCalls", pairedCalls());
    W.table("PointerKeepers", pointerKeepers());
    W.table("ProcessHooks", processHooks());
    W.table("ReferenceCounts", referenceCountOps());
    W.table("StaticIdentifiers", staticIdentifiers());
    W.table("StolenReferences", stolenReferences());
    W.table("SupersededApis", supersededApis());
    W.table("SynchronizationTypes", synchronizationTypes());
    W.table("ThreadSafeTypes", threadSafeTypes());
    W.table("ThreadSafety", threadSafetyLevels());
    W.table("ThreadStates", threadStateApis());
    W.table("ThreadStorage", threadStorageCalls());
    W.table("ThreadStorageSetters", threadStorageSetters());
    W.table("TypeSlots", typeSlots());
    W.table("TypeTests", typeTests());
    W.table("UniquenessTests", uniquenessTests());
    W.table("UserCode", userCodeCalls());
  });
  OS << '\n';
}

} // namespace pyext::facts
