//===- GlobalPyobjectCheck.cpp - cpython-state-global-pyobject ------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/GlobalPyobjectCheck.h"
#include "model/GlobalClasses.h"
#include "model/SharedState.h"
#include "support/RewriteOffer.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

/// Writes listed in the notes of one finding.
static constexpr unsigned MaxWrites = 5;

GlobalPyobjectCheck::GlobalPyobjectCheck(StringRef Name,
                                         tidy::ClangTidyContext *Context)
    : ModelCheck(Name, Context),
      CheckPrograms(Options.get("CheckPrograms", false)) {}

void GlobalPyobjectCheck::storeOptions(
    tidy::ClangTidyOptions::OptionMap &Opts) {
  ModelCheck::storeOptions(Opts);
  Options.store(Opts, "CheckPrograms", CheckPrograms);
}

void GlobalPyobjectCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  if (!CheckPrograms && any_of(Model.functions(), [](const auto &F) {
        return F->Decl->isMain();
      }))
    return;
  // Free lists and what is initialised on first use have checks of their own.
  for (const GlobalVerdict &V : Model.globals().all())
    if (V.Class == GlobalClass::Object && !V.PartOf &&
        sharedVariable(*V.Variable))
      report(Model, *V.Variable);
}

/// A write that can replace an object pointer: not one of a plain field beside
/// it, and not one by generated code.
static bool writesObject(const ExtensionModel &Model, const Access &A) {
  if (!A.writes())
    return false;
  if (const Function *F = Model.function(A.Function); F && F->Generated)
    return false;
  return ExtensionModel::holdsObjects(A.Place->getType());
}

static StringRef phaseText(Phase When) {
  switch (When) {
  case Phase::Import:
    return " while the module is imported";
  case Phase::Unload:
    return " while the module is freed";
  case Phase::RunTime:
    return " at run time";
  case Phase::Unknown:
    return "";
  }
  llvm_unreachable("covered switch");
}

static std::string nameOf(const Access &A) {
  const auto *Method = dyn_cast_or_null<CXXMethodDecl>(A.Function);
  if (Method && Method->getParent()->isLambda())
    return "(lambda)";
  return A.Function ? A.Function->getNameAsString() : std::string();
}

/// The name of the module's state struct; empty when there is none.
static std::string stateName(const ExtensionModel &Model) {
  for (const model::Module &M : Model.modules()) {
    if (!M.State)
      continue;
    if (const TypedefNameDecl *Name = M.State->getTypedefNameForAnonDecl())
      return Name->getNameAsString();
    return M.State->getNameAsString();
  }
  return std::string();
}

/// The access that can happen while another thread is at \p Write, and that
/// tells the most: one in another function rather than one in the same.
static const Access *racingWith(const ExtensionModel &Model,
                                const StateVariable &State,
                                const Access &Write) {
  const Access *Best = nullptr;
  auto Rank = [&](const Access &A) {
    return 4 * (A.Function != Write.Function) + 2 * A.TakesReference +
           !A.writes();
  };
  for (const Access &A : State.Accesses) {
    if (phaseOf(Model, A) != Phase::RunTime || A.Kind == AccessKind::Atomic ||
        onlyWithGil(Model, A) || areDisjoint(Write, A) ||
        exclude(Model, Write, A))
      continue;
    if (!Best || Rank(A) > Rank(*Best))
      Best = &A;
  }
  return Best;
}

void GlobalPyobjectCheck::report(const ExtensionModel &Model,
                                 const StateVariable &State) {
  const VarDecl *VD = sharedVariable(State);
  SmallVector<const Access *> Writes;
  const Access *Later = nullptr, *Race = nullptr, *Other = nullptr;
  bool Stores = false;
  for (const Access &A : State.Accesses) {
    if (!writesObject(Model, A))
      continue;
    Writes.push_back(&A);
    Stores |= !A.Resets;
    const Phase When = phaseOf(Model, A);
    if (!Later && A.Function &&
        (When == Phase::RunTime || When == Phase::Unknown))
      Later = &A;
    if (When != Phase::RunTime)
      continue;
    const bool Once = any_of(A.Locks, [](const flow::Lock &L) {
      return L.Kind == facts::LockKind::Once;
    });
    if (Race || Once || onlyWithGil(Model, A))
      continue;
    if (const Access *Found = racingWith(Model, State, A)) {
      Race = &A;
      Other = Found;
    }
  }
  // Only ever set to null: nothing is kept.
  if (!Stores || (!hazards().Subinterpreters && !Race))
    return;

  const bool Several = !ExtensionModel::isObjectPointer(VD->getType());
  const StringRef Object = Several ? "Python objects" : "a Python object";
  if (Race && hazards().FreeThreading) {
    auto D = diag(VD->getLocation(),
                  "'%0' keeps %1 for all threads%2; '%3' writes it at run "
                  "time while %select{'%5' can access it|another thread in "
                  "'%5' can too}4, with no lock in common");
    D << VD->getName() << Object
      << (hazards().Subinterpreters ? " and interpreters" : "")
      << nameOf(*Race) << (Other->Function == Race->Function)
      << nameOf(*Other);
  } else if (hazards().Subinterpreters) {
    diag(VD->getLocation(),
         "'%0' keeps %1 of one interpreter for all interpreters; "
         "%select{every import of the module|'%3'}2 overwrites it")
        << VD->getName() << Object << (Later != nullptr)
        << (Later ? nameOf(*Later) : std::string());
  } else {
    return;
  }

  // The racing write first, then the others in source order.
  if (Race)
    std::stable_partition(Writes.begin(), Writes.end(),
                          [&](const Access *A) { return A == Race; });
  const SourceManager &SM = Model.context().getSourceManager();
  for (const Access *A : ArrayRef<const Access *>(Writes).take_front(MaxWrites)) {
    const flow::LockList Locks = globalLocksAt(Model, *A);
    const bool Named = !Locks.empty() && !Locks.front().isByConvention();
    diag(SM.getExpansionLoc(A->Where->getBeginLoc()),
         "%select{written here, in '%1'|its address is kept here}0%2%select{|, "
         "holding '%4'}3",
         DiagnosticIDs::Note)
        << (A->Function == nullptr) << nameOf(*A)
        << phaseText(phaseOf(Model, *A)) << Named
        << (Named ? Locks.front().Key : std::string());
  }
  if (Writes.size() > MaxWrites)
    diag(VD->getLocation(), "and written in %0 more places",
         DiagnosticIDs::Note)
        << unsigned(Writes.size() - MaxWrites);
  if (Race && hazards().FreeThreading && Other != Race && !Other->writes()) {
    const bool Freed =
        Other->TakesReference &&
        any_of(State.Accesses, [](const Access &A) { return A.DropsReference; });
    diag(SM.getExpansionLoc(Other->Where->getBeginLoc()),
         "read here%select{|, and a reference taken}0, in "
         "'%1'%select{|: the write can have freed the object by then}2",
         DiagnosticIDs::Note)
        << Other->TakesReference << nameOf(*Other) << Freed;
  }

  const std::string StateName = stateName(Model);
  diag(VD->getLocation(),
       "move it to the module state: %select{a struct of 'm_size' bytes that "
       "PyModule_GetState() gives|a field of '%1'}0, visited by 'm_traverse' "
       "and cleared by 'm_clear'; %2",
       DiagnosticIDs::Note)
      << !StateName.empty() << StateName
      << rewriteOffer(Model, RewriteLevel::State);
}

} // namespace pyext::state
