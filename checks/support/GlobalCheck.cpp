//===- GlobalCheck.cpp ----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/GlobalCheck.h"
#include "model/SlotEvidence.h"
#include "llvm/ADT/DenseSet.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext {

/// Uses listed in the notes of one finding.
static constexpr unsigned MaxUses = 12;

GlobalCheck::GlobalCheck(StringRef Name, tidy::ClangTidyContext *Context,
                         GlobalClass Class)
    : ModelCheck(Name, Context), Class(Class),
      CheckPrograms(Options.get("CheckPrograms", false)) {}

void GlobalCheck::storeOptions(tidy::ClangTidyOptions::OptionMap &Opts) {
  ModelCheck::storeOptions(Opts);
  Options.store(Opts, "CheckPrograms", CheckPrograms);
}

bool GlobalCheck::applies(const ExtensionModel &Model) const {
  return !Model.isGenerated() &&
         (CheckPrograms || none_of(Model.functions(), [](const auto &F) {
            return F->Decl->isMain();
          }));
}

void GlobalCheck::analyze(const ExtensionModel &Model) {
  if (!applies(Model))
    return;
  // Each instance of a template has its own, all written at one place.
  DenseSet<SourceLocation> Reported;
  for (const GlobalVerdict &V : Model.globals().all())
    if (V.Class == Class && !V.PartOf &&
        Reported.insert(V.Decl->getLocation()).second)
      report(Model, V);
}

std::string GlobalCheck::nameOf(const FunctionDecl *FD) {
  const auto *Method = dyn_cast_or_null<CXXMethodDecl>(FD);
  if (Method && Method->getParent()->isLambda())
    return "(lambda)";
  return FD ? FD->getNameAsString() : std::string();
}

static bool promises(const ExtensionModel &Model,
                     function_ref<bool(facts::Promise)> Accept) {
  return any_of(Model.modules(), [&](const model::Module &Mod) {
    std::optional<facts::Promise> Declared =
        promiseOf(Mod, facts::ModuleSlotRole::MultipleInterpreters);
    return Declared && Accept(*Declared);
  });
}

bool GlobalCheck::promisesInterpreters(const ExtensionModel &Model) {
  return promises(Model, [](facts::Promise P) {
    return P == facts::Promise::OwnGil || P == facts::Promise::SharedGil;
  });
}

bool GlobalCheck::threadsMeet(const ExtensionModel &Model) const {
  return hazards().FreeThreading ||
         (hazards().Subinterpreters &&
          promises(Model, [](facts::Promise P) {
            return P == facts::Promise::OwnGil;
          }));
}

static unsigned verbOf(const GlobalUse &U) {
  if (U.writes())
    return 0;
  return U.Kind == UseKind::Passed ? 2 : 1;
}

void GlobalCheck::noteUses(const ExtensionModel &Model, const GlobalVerdict &V,
                           bool OnlyPassed) {
  SmallVector<const GlobalUse *> Order;
  DenseSet<const FunctionDecl *> Functions;
  DenseSet<SourceLocation> Places;
  const SourceManager &SM = Model.context().getSourceManager();
  auto Add = [&](const GlobalUse &U, bool OnePerFunction) {
    if (U.Kind == UseKind::Kept || U.Kind == UseKind::Returned ||
        (OnlyPassed && U.Kind != UseKind::Passed) ||
        phaseOf(Model, U) != Phase::RunTime || onlyWithGil(Model, U))
      return;
    const SourceLocation Loc = SM.getExpansionLoc(U.Where->getBeginLoc());
    if (OnePerFunction && Functions.contains(U.Function))
      return;
    if (!Places.insert(Loc).second)
      return;
    Functions.insert(U.Function);
    Order.push_back(&U);
  };
  if (V.races()) {
    Add(V.Uses[*V.Write], false);
    Add(V.Uses[*V.Other], false);
  }
  for (bool OnePerFunction : {true, false})
    for (unsigned Verb : {0u, 2u, 1u})
      for (const GlobalUse &U : V.Uses)
        // Of further reads one per function is enough.
        if (verbOf(U) == Verb && (OnePerFunction || Verb != 1))
          Add(U, OnePerFunction);
  for (const GlobalUse *U : ArrayRef(Order).take_front(MaxUses)) {
    const bool Locked = !U->Locks.empty() && U->Locks.front() != "*";
    std::string Lock = Locked ? U->Locks.front() : std::string();
    if (StringRef(Lock).starts_with("@"))
      Lock = V.Decl->getNameAsString() + Lock.substr(1);
    diag(SM.getExpansionLoc(U->Where->getBeginLoc()),
         "%select{written|read|passed to '%3'}0 here, in '%1'"
         "%select{|, by '%3'}2%select{|, holding '%5'}4",
         DiagnosticIDs::Note)
        << verbOf(*U) << nameOf(U->Function)
        << (U->Callee && verbOf(*U) != 2)
        << (U->Callee ? nameOf(U->Callee) : std::string("a pointer")) << Locked
        << Lock;
  }
  if (Order.size() > MaxUses)
    diag(V.Decl->getLocation(), "and used in %0 more places",
         DiagnosticIDs::Note)
        << unsigned(Order.size() - MaxUses);
}

} // namespace pyext
