//===- ExtensionModel.cpp -------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/ExtensionModel.h"
#include "flow/Attachment.h"
#include "model/SlotEvidence.h"
#include "flow/Sharing.h"
#include "model/GlobalClasses.h"
#include "model/InstanceState.h"
#include "model/ModelBuilder.h"
#include "model/Initializers.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

StringRef toString(EntryKind Kind) {
  switch (Kind) {
  case EntryKind::ModuleInit: return "module-init";
  case EntryKind::ModuleExport: return "module-export";
  case EntryKind::ModuleCreate: return "module-create";
  case EntryKind::ModuleExec: return "module-exec";
  case EntryKind::ModuleTraverse: return "module-traverse";
  case EntryKind::ModuleClear: return "module-clear";
  case EntryKind::ModuleFree: return "module-free";
  case EntryKind::Method: return "method";
  case EntryKind::Getter: return "getter";
  case EntryKind::Setter: return "setter";
  case EntryKind::Slot: return "slot";
  case EntryKind::New: return "new";
  case EntryKind::Init: return "init";
  case EntryKind::IterNext: return "iternext";
  case EntryKind::Dealloc: return "dealloc";
  case EntryKind::Finalize: return "finalize";
  case EntryKind::Traverse: return "traverse";
  case EntryKind::Clear: return "clear";
  case EntryKind::Thread: return "thread";
  case EntryKind::Callback: return "callback";
  case EntryKind::Exported: return "exported";
  }
  llvm_unreachable("covered switch");
}

StringRef toString(InitKind Kind) {
  switch (Kind) {
  case InitKind::SinglePhase: return "single-phase";
  case InitKind::MultiPhase: return "multi-phase";
  case InitKind::Export: return "export";
  case InitKind::Pybind11: return "pybind11";
  case InitKind::Nanobind: return "nanobind";
  case InitKind::Unknown: return "unknown";
  }
  llvm_unreachable("covered switch");
}

StringRef toString(StateKind Kind) {
  switch (Kind) {
  case StateKind::Global: return "global";
  case StateKind::StaticLocal: return "static-local";
  case StateKind::ModuleField: return "module-field";
  case StateKind::InstanceField: return "instance-field";
  }
  llvm_unreachable("covered switch");
}

StringRef toString(AccessKind Kind) {
  switch (Kind) {
  case AccessKind::Read: return "read";
  case AccessKind::Write: return "write";
  case AccessKind::ReadWrite: return "read-write";
  case AccessKind::Address: return "address";
  case AccessKind::Atomic: return "atomic";
  }
  llvm_unreachable("covered switch");
}

bool Function::has(EntryKind Kind) const {
  return any_of(Entries, [&](const EntryPoint &E) { return E.Kind == Kind; });
}

bool Function::isPythonVisible() const {
  return any_of(Entries, [](const EntryPoint &E) {
    switch (E.Kind) {
    case EntryKind::Method:
    case EntryKind::Getter:
    case EntryKind::Setter:
    case EntryKind::Slot:
    case EntryKind::New:
    case EntryKind::Init:
    case EntryKind::IterNext:
    case EntryKind::Exported:
    case EntryKind::Callback:
      return true;
    default:
      return false;
    }
  });
}

bool Function::isCalledFromOutside() const {
  return isPythonVisible() && any_of(Entries, [](const EntryPoint &E) {
           return E.Kind != EntryKind::Exported;
         });
}

const Slot *Module::slot(StringRef Name) const {
  for (const Slot &S : Slots)
    if (S.Name == Name)
      return &S;
  return nullptr;
}

const Slot *Module::slot(facts::ModuleSlotRole Role) const {
  for (const Slot &S : Slots)
    if (const facts::ModuleSlot *Row = facts::findModuleSlot(S.Name);
        Row && Row->Role == Role)
      return &S;
  return nullptr;
}

ExtensionModel::ExtensionModel(ASTContext &Context, const Preprocessing &PP)
    : Context(Context), PP(PP),
      Flows(std::make_unique<flow::FlowCache>(Context)) {
  Builder(*this).build();
}

ExtensionModel::~ExtensionModel() = default;

flow::Attachments &ExtensionModel::attachments() const {
  if (!Attached)
    Attached = std::make_unique<flow::Attachments>(*this);
  return *Attached;
}

const SlotEvidence &ExtensionModel::slotEvidence() const {
  if (!Slots)
    Slots = std::make_unique<SlotEvidence>(*this);
  return *Slots;
}

flow::RefStates &ExtensionModel::refs() const {
  if (!Refs)
    Refs = std::make_unique<flow::RefStates>(*this);
  return *Refs;
}

flow::SharingAnalysis &ExtensionModel::sharing() const {
  if (!Sharing)
    Sharing = std::make_unique<flow::SharingAnalysis>(refs());
  return *Sharing;
}

const GlobalClasses &ExtensionModel::globals() const {
  if (!Globals)
    Globals = std::make_unique<GlobalClasses>(*this);
  return *Globals;
}

ArrayRef<const CallSite *> ExtensionModel::apiCalls(StringRef Name) const {
  if (!ApiCalls) {
    ApiCalls.emplace();
    // Few functions are called often.
    DenseMap<const FunctionDecl *, std::vector<const CallSite *> *> Known;
    for (const auto &F : Functions) {
      if (F->Generated || F->Decl->isDependentContext())
        continue;
      for (const CallSite &C : F->Calls) {
        if (!C.Call || !C.Callee || !C.Callee->getIdentifier())
          continue;
        auto [It, New] = Known.try_emplace(C.Callee->getCanonicalDecl(), nullptr);
        if (New) {
          StringRef Callee = C.Callee->getName();
          if (facts::isApiName(Callee))
            It->second = &(*ApiCalls)[facts::canonicalName(Callee)];
        }
        if (It->second)
          It->second->push_back(&C);
      }
    }
  }
  auto It = ApiCalls->find(Name);
  if (It == ApiCalls->end())
    return {};
  return It->second;
}

const Function *ExtensionModel::function(const FunctionDecl *FD) const {
  return FD ? FunctionIndex.lookup(FD->getCanonicalDecl()) : nullptr;
}

const StateVariable *ExtensionModel::stateOf(const ValueDecl *D) const {
  if (!D)
    return nullptr;
  auto It = StateIndex.find(cast<ValueDecl>(D->getCanonicalDecl()));
  return It == StateIndex.end() ? nullptr : &State[It->second];
}

const TypeObject *ExtensionModel::typeOf(const RecordDecl *Instance) const {
  if (!Instance)
    return nullptr;
  for (const TypeObject &T : Types)
    if (T.Instance &&
        T.Instance->getCanonicalDecl() == Instance->getCanonicalDecl())
      return &T;
  return nullptr;
}

const InstanceState &ExtensionModel::instances() const {
  if (!Instances)
    Instances = std::make_unique<InstanceState>(*this);
  return *Instances;
}

uint8_t ExtensionModel::contextsOf(const FunctionDecl *FD) const {
  const Function *F = function(FD);
  return F ? F->Contexts : uint8_t(RunContext);
}

flow::LockList ExtensionModel::locksAt(const FunctionDecl *FD,
                                       const Stmt *S) const {
  flow::LockList Result;
  if (!FD)
    return Result;
  if (const Function *F = function(FD); F && F->Locks)
    Result = F->Locks->at(S);
  auto It = CallerLocks.find(FD->getCanonicalDecl());
  if (It != CallerLocks.end())
    Result.append(It->second.begin(), It->second.end());
  llvm::sort(Result);
  Result.erase(std::unique(Result.begin(), Result.end()), Result.end());
  return Result;
}

std::vector<std::pair<const FunctionDecl *, std::string>>
ExtensionModel::notAnalysed() const {
  std::vector<std::pair<const FunctionDecl *, std::string>> Result;
  for (const auto &F : Functions)
    if (!F->NotAnalysed.empty())
      Result.push_back({F->Decl, F->NotAnalysed});
  return Result;
}

bool ExtensionModel::isObjectRecord(const RecordDecl *RD) {
  // Bounded: a malformed program could nest the first member in itself.
  for (unsigned Depth = 0; RD && Depth < 16; ++Depth) {
    if (facts::isObjectStruct(RD->getName()))
      return true;
    if (const auto *Typedef = RD->getTypedefNameForAnonDecl();
        Typedef && facts::isObjectStruct(Typedef->getName()))
      return true;
    const RecordDecl *Definition = RD->getDefinition();
    if (!Definition)
      return false;
    if (const auto *CXX = dyn_cast<CXXRecordDecl>(Definition);
        CXX && CXX->getNumBases()) {
      RD = CXX->bases_begin()->getType()->getAsRecordDecl();
      continue;
    }
    if (Definition->field_empty())
      return false;
    RD = Definition->field_begin()->getType()->getAsRecordDecl();
  }
  return false;
}

bool ExtensionModel::isObjectPointer(QualType QT) {
  if (QT.isNull() || !QT->isPointerType())
    return false;
  return isObjectRecord(QT->getPointeeType()->getAsRecordDecl());
}

} // namespace pyext::model
