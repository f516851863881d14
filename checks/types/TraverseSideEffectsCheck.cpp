//===- TraverseSideEffectsCheck.cpp ---------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/TraverseSideEffectsCheck.h"
#include "facts/ApiRoles.h"
#include "facts/ModelCalls.h"
#include "model/Initializers.h"

using namespace clang;
using namespace llvm;
using pyext::model::EntryKind;
using pyext::model::ExtensionModel;
using pyext::model::Function;
using pyext::model::Lifecycle;

namespace pyext::types {

namespace {
enum class Effect { Counts, Locks, Attaches, Allocates, Calls, None };

struct Finding {
  Effect What;
  SourceLocation Loc;
  std::string Name;
  const Function *In;
};
} // namespace

/// A test for a type: PyTuple_CheckExact().
static bool isTypeTest(StringRef Name) {
  return Name.ends_with("_Check") || Name.ends_with("_CheckExact");
}

static Effect effectOf(StringRef Name) {
  if (Name.empty() || facts::hasRole(Name, facts::ApiRole::TraverseSafe) ||
      facts::hasRole(Name, facts::ApiRole::TraverseTolerated) ||
      facts::hasRole(Name, facts::ApiRole::ReadsTypeModule))
    return Effect::None;
  if (facts::findReferenceCountOp(Name))
    return Effect::Counts;
  if (const facts::LockApi *Lock = facts::findLockApi(Name))
    return Lock->Op == facts::LockOp::Query ? Effect::None : Effect::Locks;
  if (const facts::ThreadStateApi *State = facts::findThreadStateApi(Name))
    return State->Op == facts::ThreadStateOp::Query ? Effect::None
                                                    : Effect::Attaches;
  if (facts::findAllocation(Name))
    return Effect::Allocates;
  if (isTypeTest(Name) || !facts::isApiName(Name))
    return Effect::None;
  const facts::CallEffect *Row = facts::findEffect(Name);
  // What only reads, such as PyList_GET_ITEM(), is no danger.
  if (Row && Row->Class == facts::EffectClass::Pure)
    return Effect::None;
  return Row || facts::findApi(Name) ? Effect::Calls : Effect::None;
}

static bool isTraverse(const Function &F) {
  return F.has(EntryKind::Traverse) || F.has(EntryKind::ModuleTraverse);
}

void TraverseSideEffectsCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  DenseSet<const FunctionDecl *> Traversing;
  for (const auto &F : Model.functions())
    if (isTraverse(*F))
      if (const Lifecycle *Life = Model.lifecycle(F->Decl)) {
        for (const FunctionDecl *FD : Life->Functions)
          Traversing.insert(FD->getCanonicalDecl());
        if (!F->Generated)
          checkTraverse(Model, *F, Life->Functions);
      }
  for (const auto &F : Model.functions())
    if (!Traversing.count(F->Decl->getCanonicalDecl()) && !F->Generated)
      checkOutside(Model, *F);
}

/// Functions for the collector's time, called at another time.
void TraverseSideEffectsCheck::checkOutside(const ExtensionModel &Model,
                                            const Function &F) {
  for (const model::CallSite &Site : F.Calls) {
    if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier() ||
        !facts::hasRole(Site.Name,
                        facts::ApiRole::DuringGc))
      continue;
    diag(Model.context().getSourceManager().getExpansionLoc(
             Site.Call->getExprLoc()),
         "'%0' may only be called while the collector traverses objects, but "
         "'%1' runs at other times: its result is a borrowed pointer without "
         "error handling")
        << Site.Callee->getName() << F.Decl->getNameAsString();
  }
}

void TraverseSideEffectsCheck::checkTraverse(
    const ExtensionModel &Model, const Function &Root,
    ArrayRef<const FunctionDecl *> Functions) {
  const SourceManager &SM = Model.context().getSourceManager();
  const model::Preprocessing &PP = Model.preprocessing();
  std::vector<Finding> Found;
  for (const FunctionDecl *FD : Functions) {
    const Function *F = Model.function(FD);
    if (!F)
      continue;
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier() ||
          Model.function(Site.Callee))
        continue;
      const SourceLocation Loc = Site.Call->getExprLoc();
      const StringRef Name = Site.Name;
      const Effect What = effectOf(Name);
      if (What == Effect::None ||
          !PP.macroName(Loc, [](StringRef N) {
             return N == "assert" || isTypeTest(N);
           }).empty())
        continue;
      // Py_CLEAR() rather than the call within.
      StringRef Macro = PP.macroName(Loc, [](StringRef N) {
        return facts::findReferenceCountOp(N) || facts::findLockApi(N) ||
               facts::findThreadStateApi(N);
      });
      Found.push_back({What, SM.getExpansionLoc(Loc),
                       (Macro.empty() ? Name : Macro).str(), F});
    }
    // With the GIL a critical section is a brace.
    for (const model::MacroUse *Use :
         Model.preprocessing().usesWithin(FD->getSourceRange())) {
      const facts::LockApi *Lock = facts::findLockApi(Use->Name);
      if (Lock && Lock->Op != facts::LockOp::Query)
        Found.push_back({Effect::Locks, Use->Begin, Use->Name, F});
    }
  }
  // A macro can hold several calls.
  std::vector<Finding> Unique;
  for (Finding &E : Found)
    if (none_of(Unique, [&](const Finding &U) { return U.Loc == E.Loc; }))
      Unique.push_back(std::move(E));
  if (Unique.empty())
    return;
  // The worst first: a lock can hang, a count breaks the collector.
  auto Rank = [](const Finding &E) {
    return E.What == Effect::Locks ? 0 : int(E.What) + 1;
  };
  std::stable_sort(Unique.begin(), Unique.end(),
                   [&](const Finding &A, const Finding &B) {
                     return SM.isBeforeInTranslationUnit(A.Loc, B.Loc);
                   });
  const auto Worst = std::min_element(
      Unique.begin(), Unique.end(),
      [&](const Finding &A, const Finding &B) { return Rank(A) < Rank(B); });

  diag(Worst->Loc,
       "'%0' %select{changes a reference count|takes or gives back a "
       "lock|attaches or detaches the thread|allocates or frees memory|is not "
       "safe}1 while the collector traverses objects in '%2': "
       "%select{the collector compares the counts with what it visits|"
       "the thread that holds it is stopped, without the GIL, until the "
       "collector is done|all other threads are stopped, without the GIL|the "
       "heap is being walked meanwhile, without the GIL|it can make or free "
       "objects, raise an error or run other code}1")
      << Worst->Name << unsigned(Worst->What) << Root.Decl->getNameAsString();
  if (Worst->In != &Root)
    diag(Root.Decl->getLocation(), "the traverse function is here",
         DiagnosticIDs::Note);
  unsigned Others = 0;
  for (const Finding &E : Unique)
    if (&E != &*Worst && ++Others <= 8)
      diag(E.Loc,
           "'%0' %select{changes a reference count|takes or gives back a "
           "lock|attaches or detaches the thread|allocates or frees memory|is "
           "not safe}1 here",
           DiagnosticIDs::Note)
          << E.Name << unsigned(E.What);
}

} // namespace pyext::types
