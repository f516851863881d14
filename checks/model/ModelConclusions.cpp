//===- ModelConclusions.cpp - What needs the whole file -------------------===//
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
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

static uint8_t contextOf(EntryKind Kind) {
  switch (Kind) {
  case EntryKind::ModuleInit:
  case EntryKind::ModuleExport:
  case EntryKind::ModuleCreate:
  case EntryKind::ModuleExec:
    return InitContext;
  case EntryKind::ModuleTraverse:
  case EntryKind::ModuleClear:
  case EntryKind::ModuleFree:
    return UnloadContext;
  case EntryKind::Dealloc:
  case EntryKind::Finalize:
  case EntryKind::Traverse:
  case EntryKind::Clear:
    return DeadContext;
  case EntryKind::Thread:
    return ForeignContext;
  default:
    return RunContext;
  }
}

/// Declared in a header of the extension: another file can call it.
static bool declaredInHeader(const FunctionDecl *FD, const SourceManager &SM) {
  return any_of(FD->redecls(), [&](const FunctionDecl *R) {
    return !SM.isInMainFile(SM.getExpansionLoc(R->getLocation()));
  });
}

/// What only the code that sets a module up does.
static bool isRegistration(StringRef Name) {
  std::optional<facts::ModelCall> Role = facts::findModelCall(Name);
  return Role == facts::ModelCall::Registers ||
         Role == facts::ModelCall::WritesType ||
         Role == facts::ModelCall::CreatesSinglePhase;
}

/// By its name, and because it is given nothing or one object, such as the
/// module.
static bool setsUp(const FunctionDecl *FD) {
  if (!FD->getIdentifier() || !facts::isSetupName(FD->getName()) ||
      FD->getNumParams() > 1)
    return false;
  if (const auto *Method = dyn_cast<CXXMethodDecl>(FD);
      Method && !Method->isStatic())
    return false;
  return FD->getNumParams() == 0 ||
         ExtensionModel::isObjectPointer(FD->getParamDecl(0)->getType());
}

void ExtensionModel::Builder::concludeContexts() {
  DenseSet<const FunctionDecl *> Registers, Attaches;
  for (const auto &[Name, Site] : Special) {
    if (isRegistration(Name))
      Registers.insert(Site.Caller->getCanonicalDecl());
    if (facts::findModelCall(Name) == facts::ModelCall::ForeignAttach)
      Attaches.insert(Site.Caller->getCanonicalDecl());
  }

  std::vector<Function *> Work;
  auto Add = [&](Function *F, uint8_t Set) {
    if ((F->Contexts | Set) == F->Contexts)
      return;
    F->Contexts |= Set;
    Work.push_back(F);
  };

  for (const auto &F : M.Functions) {
    const FunctionDecl *FD = F->Decl;
    // Handed to foreign code and attaching by itself: on any thread.
    bool Foreign = Attaches.count(FD->getCanonicalDecl()) &&
                   (F->AddressTaken || F->has(EntryKind::Callback));
    uint8_t Set = Foreign ? ForeignContext : NoContext;
    for (const EntryPoint &E : F->Entries)
      Set |= contextOf(E.Kind);
    // A table that nobody here knows: other code calls what is in it.
    const bool SetsUp = Registers.count(FD->getCanonicalDecl()) || setsUp(FD);
    auto Named = InInitializers.find(FD);
    if (Named != InInitializers.end() && !InTables.count(FD)) {
      F->AddressTaken = true;
      if (!F->HandedOver)
        F->HandedOver = Named->second;
      F->PresumedInit = !Set && SetsUp;
      Set |= F->PresumedInit ? InitContext : RunContext;
    } else if (F->AddressTaken) {
      Set |= RunContext;
    }
    const bool Member = isa<CXXMethodDecl>(FD) &&
                        !cast<CXXMethodDecl>(FD)->getParent()->isLambda();
    const bool External =
        FD->isExternallyVisible() && (!Member || !SM.isInMainFile(FD->getLocation()));
    if (!Set && External &&
        (F->Callers.empty() || (!SetsUp && declaredInHeader(FD, SM)))) {
      // A helper that registers types and constants is called while the module
      // is imported, even when the caller is in another file.
      if (F->Callers.empty() && SetsUp) {
        F->PresumedInit = true;
        Set = InitContext;
      } else {
        F->Entries.push_back({EntryKind::Exported, FD->getNameAsString(),
                              nullptr, nullptr, 0});
        Set = RunContext;
      }
    } else if (!Set && Member && F->Callers.empty()) {
      F->PresumedInit = SetsUp;
      Set = F->PresumedInit              ? InitContext
            : isa<CXXDestructorDecl>(FD) ? DeadContext
                                         : RunContext;
    }
    if (Set)
      Add(F.get(), Set);
  }

  while (!Work.empty()) {
    Function *F = Work.back();
    Work.pop_back();
    for (const CallSite &Site : F->Calls)
      if (Function *Callee = functionFor(Site.Callee))
        Add(Callee, F->Contexts);
  }
}

static bool holdsObjects(QualType QT, unsigned Depth) {
  if (QT.isNull() || Depth > 4)
    return false;
  if (ExtensionModel::isObjectPointer(QT))
    return true;
  if (const auto *A = QT->getAsArrayTypeUnsafe())
    return holdsObjects(A->getElementType(), Depth + 1);
  if (QT->isPointerType() && QT->getPointeeType()->isPointerType())
    return holdsObjects(QT->getPointeeType(), Depth + 1);
  const RecordDecl *RD = QT->getAsRecordDecl();
  if (!RD || !RD->getDefinition() || ExtensionModel::isObjectRecord(RD))
    return false;
  RD = RD->getDefinition();
  // An allocator of instances holds none.
  if (const auto *CXX = dyn_cast<CXXRecordDecl>(RD); CXX && CXX->isEmpty())
    return false;
  if (facts::isObjectHolderType(RD->getQualifiedNameAsString()))
    return true;
  if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(RD))
    for (const TemplateArgument &Arg : Spec->getTemplateArgs().asArray())
      if (Arg.getKind() == TemplateArgument::Type &&
          holdsObjects(Arg.getAsType(), Depth + 1))
        return true;
  if (const auto *CXX = dyn_cast<CXXRecordDecl>(RD))
    for (const CXXBaseSpecifier &Base : CXX->bases())
      if (holdsObjects(Base.getType(), Depth + 1))
        return true;
  return any_of(RD->fields(), [&](const FieldDecl *F) {
    return holdsObjects(F->getType(), Depth + 1);
  });
}

bool ExtensionModel::holdsObjects(QualType QT) {
  return model::holdsObjects(QT, 0);
}

/// The element type of a (multi-dimensional) array, or the type itself.
static QualType elementType(QualType QT) {
  while (const auto *A = QT->getAsArrayTypeUnsafe())
    QT = A->getElementType();
  return QT;
}

static bool isAtomicType(QualType QT) {
  QT = elementType(QT);
  return QT->isAtomicType();
}

void ExtensionModel::Builder::concludeState() {
  for (const TypeObject &Type : M.Types)
    if (Type.Instance)
      StateRecords.remove(canonical(Type.Instance));
  for (const auto &[Field, A] : M.Fields) {
    if (!PP.isFirstParty(Field->getLocation()))
      continue;
    const RecordDecl *Record = canonical(Field->getParent());
    // tp_ and ob_ fields are CPython's own; first party is tested on the field.
    if (StateRecords.count(Record))
      stateFor(Field, StateKind::ModuleField).Accesses.push_back(A);
    else if (isObjectRecord(Field->getParent()))
      stateFor(Field, StateKind::InstanceField).Accesses.push_back(A);
  }
  for (StateVariable &S : M.State) {
    QualType QT = S.Decl->getType();
    QualType Element = elementType(QT);
    const std::string TypeName = elementTypeName(QT);
    S.HoldsObjects = holdsObjects(QT);
    if (const auto *VD = dyn_cast<VarDecl>(S.Decl)) {
      S.ThreadLocal = VD->getTLSKind() != VarDecl::TLS_None;
      S.HeaderTable = facts::isHeaderProvidedTable(VD->getName());
      if (VD->isStaticLocal())
        S.Owner = dyn_cast_or_null<FunctionDecl>(
            VD->getParentFunctionOrMethod());
    }
    const RecordDecl *Record = Element->getAsRecordDecl();
    S.Synchronization = isAtomicType(QT) ||
                        facts::isSynchronizationType(TypeName) ||
                        (Record && Record->hasAttr<CapabilityAttr>());
    S.DefinitionTable =
        !Element->isPointerType() && facts::isDefinitionTableType(TypeName);
    S.Generated = isGenerated(S.Decl);
    S.Constant = Element.isConstQualified() ||
                 none_of(S.Accesses, [](const Access &A) { return A.writes(); });
    auto Before = [&](const Access &A, const Access &B) {
      return SM.isBeforeInTranslationUnit(A.Where->getBeginLoc(),
                                          B.Where->getBeginLoc());
    };
    // They are, unless functions of several files use it.
    if (!llvm::is_sorted(S.Accesses, Before))
      llvm::stable_sort(S.Accesses, Before);
  }
  // Source order, whatever was met first.
  std::vector<unsigned> Order(M.State.size());
  for (unsigned I = 0; I < Order.size(); ++I)
    Order[I] = I;
  llvm::sort(Order, [&](unsigned A, unsigned B) {
    SourceLocation L = M.State[A].Decl->getLocation(),
                   R = M.State[B].Decl->getLocation();
    if (L == R)
      return A < B;
    return SM.isBeforeInTranslationUnit(L, R);
  });
  std::vector<StateVariable> Sorted;
  for (unsigned I : Order)
    Sorted.push_back(std::move(M.State[I]));
  M.State = std::move(Sorted);
  M.StateIndex.clear();
  for (unsigned I = 0; I < M.State.size(); ++I)
    M.StateIndex[cast<ValueDecl>(M.State[I].Decl->getCanonicalDecl())] = I;
}

/// \p L, held by the caller at \p Call, in the callee's words; nothing when the
/// callee cannot name it.
static std::optional<flow::Lock> translate(const flow::Lock &L,
                                           const CallExpr *Call,
                                           const FunctionDecl *Callee) {
  if (const auto *VD = dyn_cast_or_null<VarDecl>(L.Root);
      VD && VD->hasGlobalStorage())
    return L;
  unsigned N = std::min(Call->getNumArgs(), Callee->getNumParams());
  for (unsigned I = 0; I < N; ++I) {
    std::string Arg = flow::canonicalText(Call->getArg(I));
    StringRef Key = L.Key;
    if (Arg.empty() || !Key.consume_front(Arg) ||
        !(Key.empty() || Key.starts_with("->") || Key.starts_with(".")))
      continue;
    flow::Lock Result = L;
    Result.Key = Callee->getParamDecl(I)->getNameAsString() + Key.str();
    Result.Root = Callee->getParamDecl(I);
    return Result;
  }
  return std::nullopt;
}

void ExtensionModel::Builder::concludeLocks() {
  for (const auto &F : M.Functions)
    if (F->NotAnalysed.empty())
      F->Locks = flow::FunctionLocks::compute(
          F->Decl, *M.Flows, PP, LockCallees, ChangesLocks.count(F->Decl),
          F->NotAnalysed);

  // A lambda within the function that call_once() is given, and its helpers.
  bool Grew = true;
  for (unsigned Round = 0; Grew && Round < 8; ++Round) {
    Grew = false;
    for (const auto &F : M.Functions) {
      if (F->RunsOnce || !F->Entries.empty() || F->AddressTaken ||
          F->Callers.empty() || !all_of(F->Callers, [&](const CallSite &Site) {
            const Function *Caller = functionFor(Site.Caller);
            return Caller && Caller->RunsOnce;
          }))
        continue;
      F->RunsOnce = Grew = true;
    }
  }

  // A helper holds what all its callers hold. Grown from nothing, so a cycle of
  // helpers is taken to hold no lock.
  DenseSet<const FunctionDecl *> Known;
  bool Changed = true;
  for (unsigned Round = 0; Changed && Round < 8; ++Round) {
    Changed = false;
    for (const auto &F : M.Functions) {
      if (!F->Entries.empty() || F->AddressTaken || F->Callers.empty())
        continue;
      std::optional<flow::LockList> Common;
      bool ByConvention = false;
      for (const CallSite &Site : F->Callers) {
        if (Site.Caller->getCanonicalDecl() == F->Decl->getCanonicalDecl())
          continue;
        flow::LockList Held, There;
        if (Site.Call)
          There = M.locksAt(Site.Caller, Site.Call);
        // What lock that is, the other callers say.
        if (any_of(There, [](const flow::Lock &L) { return L.isByConvention(); })) {
          ByConvention = true;
          continue;
        }
        for (const flow::Lock &L : There)
          if (std::optional<flow::Lock> T = translate(L, Site.Call, F->Decl))
            Held.push_back(*T);
        llvm::sort(Held);
        if (!Common) {
          Common = Held;
        } else {
          flow::LockList Both;
          std::set_intersection(Common->begin(), Common->end(), Held.begin(),
                                Held.end(), std::back_inserter(Both));
          Common = Both;
        }
      }
      flow::LockList New = Common.value_or(
          ByConvention ? flow::LockList{flow::Lock::heldByConvention()}
                       : flow::LockList());
      if (facts::isLockHeldName(F->Decl->getNameAsString()) &&
          !is_contained(New, flow::Lock::heldByConvention()))
        New.push_back(flow::Lock::heldByConvention());
      flow::LockList &Old = M.CallerLocks[F->Decl->getCanonicalDecl()];
      if (!(Old == New)) {
        Old = New;
        Changed = true;
      }
    }
  }
  for (const auto &F : M.Functions) {
    flow::LockList &L = M.CallerLocks[F->Decl->getCanonicalDecl()];
    if (L.empty() && facts::isLockHeldName(F->Decl->getNameAsString()))
      L.push_back(flow::Lock::heldByConvention());
    if (F->Callers.empty()) // Python alone calls it.
      for (const flow::Lock &Held : BindingLocks.lookup(F->Decl->getCanonicalDecl()))
        L.push_back(Held);
    for (const flow::Lock &Required : flow::requiredLocks(F->Decl))
      if (!is_contained(L, Required))
        L.push_back(Required);
    if (F->RunsOnce)
      L.push_back({facts::LockKind::Once, F->Decl->getNameAsString(), F->Decl});
  }
  for (StateVariable &S : M.State)
    for (Access &A : S.Accesses)
      if (A.Function)
        A.Locks = M.locksAt(A.Function, A.Where);
  for (auto &[Variable, A] : M.HeaderUses)
    A.Locks = M.locksAt(A.Function, A.Where);
}

} // namespace pyext::model
