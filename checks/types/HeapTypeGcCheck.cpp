//===- HeapTypeGcCheck.cpp - cpython-types-heap-type-gc -------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/HeapTypeGcCheck.h"
#include "facts/ApiRoles.h"
#include "model/Initializers.h"
#include "support/Source.h"
#include "support/TypeEdits.h"
#include "types/HeapTypeGcFix.h"

using namespace clang;
using namespace llvm;
using pyext::model::ExtensionModel;
using pyext::model::LifeEvent;
using pyext::model::LifeStep;
using pyext::model::Lifecycle;
using pyext::model::OwnedField;
using pyext::model::TypeObject;

namespace pyext::types {

HeapTypeGcCheck::HeapTypeGcCheck(StringRef Name,
                                 tidy::ClangTidyContext *Context)
    : ModelCheck(Name, Context), LeafTypes(Options.get("LeafTypes", false)) {}

void HeapTypeGcCheck::storeOptions(tidy::ClangTidyOptions::OptionMap &Opts) {
  ModelCheck::storeOptions(Opts);
  Options.store(Opts, "LeafTypes", LeafTypes);
}

void HeapTypeGcCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  for (const TypeObject &Type : Model.types()) {
    if (Type.Static || !Type.Flags ||
        facts::isGeneratedName(Type.Object->getName()))
      continue;
    if (Type.hasFlag(facts::type_flags::HaveGc))
      checkTraverse(Model, Type);
    else
      checkMissing(Model, Type);
  }
  checkAllocations(Model);
}

/// Types without the flag whose instances can be part of a cycle.
void HeapTypeGcCheck::checkMissing(const ExtensionModel &Model,
                                   const TypeObject &Type) {
  // The flag is inherited with the functions when none of them is set.
  if (Type.hasBase(Model.context()) || !Type.SlotsVisible)
    return;
  const SourceLocation Loc =
      Type.FlagsExpr && Type.FlagsExpr->getBeginLoc().isValid()
          ? Model.context().getSourceManager().getExpansionLoc(
                Type.FlagsExpr->getBeginLoc())
          : Type.Loc;
  if (Type.hasFlag(facts::type_flags::ManagedDict)) {
    diag(Loc, "type '%0' has a managed dict, but not Py_TPFLAGS_HAVE_GC: the "
              "collector cannot see what the instances' attributes refer to")
        << Type.Name;
    return;
  }
  if (const FunctionDecl *Traverse = Type.slot("tp_traverse")) {
    diag(Loc, "type '%0' has a tp_traverse, but not Py_TPFLAGS_HAVE_GC: it is "
              "never called")
        << Type.Name;
    diag(Traverse->getLocation(), "the traverse function is here",
         DiagnosticIDs::Note);
    return;
  }
  if (Type.sets("tp_is_gc"))
    return;
  const std::vector<OwnedField> Owned = model::ownedFields(Model, Type);
  const auto First =
      find_if(Owned, [](const OwnedField &F) { return !F.Leaf; });
  if (First == Owned.end()) {
    if (!LeafTypes)
      return;
    diag(Loc, "instances of heap type '%0' own a reference to their type, but "
              "without Py_TPFLAGS_HAVE_GC the collector does not see it: one "
              "that the module keeps alive keeps the module alive")
        << Type.Name;
    return;
  }
  {
    auto Diag =
        diag(Loc, "instances of heap type '%0' own objects and their type, but "
                  "without Py_TPFLAGS_HAVE_GC the collector does not see them: "
                  "a cycle through '%1' is never freed, and with it the module");
    Diag << Type.Name << First->Field->getName();
    for (const FixItHint &Hint :
         makeCollectable(Model, Type, Owned, minPython()))
      Diag << Hint;
  }
  diag(First->Field->getLocation(), "'%0' holds an object", DiagnosticIDs::Note)
      << First->Field->getName();
  diag(Model.context().getSourceManager().getExpansionLoc(
           First->Dropped->getExprLoc()),
       "its reference is dropped here", DiagnosticIDs::Note);
}

void HeapTypeGcCheck::checkTraverse(const ExtensionModel &Model,
                                    const TypeObject &Type) {
  const SourceManager &SM = Model.context().getSourceManager();
  const FunctionDecl *Traverse = Type.slot("tp_traverse");
  if (!Type.sets("tp_traverse")) {
    if (Type.SlotsVisible && !Type.hasBase(Model.context()))
      diag(Type.Loc, "type '%0' has Py_TPFLAGS_HAVE_GC, but no "
                     "Py_tp_traverse: the type cannot be made")
          << Type.Name;
    return;
  }
  const model::Function *F = Traverse ? Model.function(Traverse) : nullptr;
  const Lifecycle *Life = Model.lifecycle(Traverse);
  if (!Life || F->Generated || Life->has(LifeStep::Delegates) ||
      Life->has(LifeStep::PassesSelf) ||
      !Reported.insert(F->Decl).second)
    return;
  const FunctionDecl *FD = F->Decl;
  if (!Life->has(LifeStep::VisitsType) &&
      !Model.preprocessing().skippedMentions(
          FD->getSourceRange(), facts::nameOf(facts::ApiRole::TypeOf))) {
    FixItHint Hint;
    if (FD->getNumParams() == 3 && FD->getParamDecl(1)->getName() == "visit" &&
        FD->getParamDecl(2)->getName() == "arg" &&
        !FD->getParamDecl(0)->getName().empty())
      Hint = addFirst(
          Model, FD,
          sinceVersion(9, minPython(),
                       {"Py_VISIT(Py_TYPE(" +
                        FD->getParamDecl(0)->getName().str() + "));"}));
    diag(FD->getLocation(),
         "'%0' does not visit the type of the object: instances of heap type "
         "'%1' own it, so a cycle through type and module is never freed")
        << FD->getName() << Type.Name << Hint;
  }
  if (Type.hasFlag(facts::type_flags::ManagedDict) &&
      !Life->has(LifeStep::VisitsDict))
    diag(FD->getLocation(),
         "'%0' does not visit the managed dict of type '%1': a cycle through "
         "an attribute is never freed")
        << FD->getName() << Type.Name;

  for (const OwnedField &Owned : model::ownedFields(Model, Type)) {
    if (Owned.Leaf || Life->Mentioned.contains(Owned.Field))
      continue;
    {
      auto Diag =
          diag(FD->getLocation(),
               "'%0' does not visit '%1', which instances of '%2' own: a cycle "
               "through it is never freed");
      Diag << FD->getName() << Owned.Field->getName() << Type.Name;
      for (const FixItHint &Hint : addLikeSibling(
               Model, FD, *Life, LifeStep::Visits, Owned.Field))
        Diag << Hint;
    }
    diag(Owned.Field->getLocation(), "'%0' holds an object",
         DiagnosticIDs::Note)
        << Owned.Field->getName();
    diag(SM.getExpansionLoc(Owned.Dropped->getExprLoc()),
         "its reference is dropped here", DiagnosticIDs::Note);
  }
}

/// The struct that the value of \p Call is cast to; nullable.
static const RecordDecl *castRecord(const Stmt *Root, const CallExpr *Call,
                                    unsigned Depth = 0) {
  if (!Root || Depth > 400)
    return nullptr;
  const auto *Cast = dyn_cast<CastExpr>(Root);
  if (Cast && Cast->getType()->isPointerType() &&
      Cast->getSubExpr()->IgnoreParenCasts() == Call)
    return Cast->getType()->getPointeeType()->getAsRecordDecl();
  for (const Stmt *Child : Root->children())
    if (const RecordDecl *RD = castRecord(Child, Call, Depth + 1))
      return RD;
  return nullptr;
}

/// The variable or the field that \p E names; nullable.
static const ValueDecl *placeIn(const Expr *E) {
  E = E->IgnoreParenCasts();
  if (const auto *M = dyn_cast<MemberExpr>(E))
    return M->getMemberDecl();
  const auto *Ref = dyn_cast<DeclRefExpr>(E);
  return Ref ? Ref->getDecl() : nullptr;
}

/// Where the value of \p Call, below \p S, is stored; nullable.
static const ValueDecl *storedIn(const Stmt *S, const CallExpr *Call,
                                 unsigned Depth = 0) {
  if (!S || Depth > 400)
    return nullptr;
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && B->getOpcode() == BO_Assign &&
      B->getRHS()->IgnoreParenCasts() == Call)
    return placeIn(B->getLHS());
  for (const Stmt *Child : S->children())
    if (const ValueDecl *D = storedIn(Child, Call, Depth + 1))
      return D;
  return nullptr;
}

/// Of several types with one instance struct the one that \p E names; null when
/// that cannot be told.
static const TypeObject *typeNamed(const ExtensionModel &Model, const Expr *E,
                                   ArrayRef<const TypeObject *> Types) {
  if (const auto *U = dyn_cast<UnaryOperator>(E->IgnoreParenCasts()))
    E = U->getSubExpr();
  const ValueDecl *Named = placeIn(E);
  for (const TypeObject *T : Types) {
    if (Named && T->Static && T->Object == Named)
      return T;
    for (const CallExpr *Creation : T->Creations)
      for (const auto &F : Model.functions())
        if (Named && any_of(F->Calls, [&](const model::CallSite &Site) {
              return Site.Call == Creation;
            }))
          if (storedIn(F->Decl->getBody(), Creation) == Named)
            return T;
  }
  return nullptr;
}

/// Objects allocated with the wrong kind of header.
void HeapTypeGcCheck::checkAllocations(const ExtensionModel &Model) {
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated)
      continue;
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier() ||
          Site.Call->getNumArgs() < 1)
        continue;
      const StringRef Name = Site.Name;
      const bool Plain = facts::hasRole(Name, facts::ApiRole::MakesObject);
      if (!Plain && !facts::hasRole(Name, facts::ApiRole::MakesGcObject))
        continue;
      // The macro casts the result to the instance struct.
      SmallVector<const TypeObject *, 2> Types;
      const RecordDecl *RD = castRecord(F->Decl->getBody(), Site.Call);
      for (const TypeObject &T : Model.types())
        if (RD && T.Instance && T.Instance->getCanonicalDecl() ==
                                    RD->getCanonicalDecl())
          Types.push_back(&T);
      if (const TypeObject *Named =
              Types.size() > 1
                  ? typeNamed(Model, Site.Call->getArg(0), Types)
                  : nullptr)
        Types = {Named};
      if (Types.empty() || any_of(Types, [&](const TypeObject *T) {
            return T->Static || !T->Flags || T->hasBase(Model.context()) ||
                   T->hasFlag(facts::type_flags::HaveGc) != Plain;
          }))
        continue;
      const TypeObject *Type = Types.front();
      const SourceLocation Loc = SM.getExpansionLoc(Site.Call->getBeginLoc());
      FixItHint Hint;
      const StringRef Other =
          facts::inDomain(*facts::findAllocation(Name),
                          Plain ? facts::MemoryDomain::GcObject
                                : facts::MemoryDomain::Object)
              ->Name;
      const support::SourceText Source(SM, Model.context().getLangOpts(),
                                       SM.getFileID(Loc));
      if (std::optional<support::WrittenCall> Call =
              Source.writtenCall(Site.Call->getBeginLoc(), Name))
        Hint = FixItHint::CreateReplacement(
            CharSourceRange::getCharRange(Source.location(Call->Name.Begin),
                                          Source.location(Call->Name.End)),
            Other);
      diag(Loc, "'%0' makes an object %select{with|without}1 the collector's "
                "header, but type '%2' %select{lacks|has}1 "
                "Py_TPFLAGS_HAVE_GC: freeing it corrupts the heap")
          << Name << Plain << Type->Name << Hint;
      diag(Type->Loc, "the type is defined here", DiagnosticIDs::Note);
    }
  }
}

} // namespace pyext::types
