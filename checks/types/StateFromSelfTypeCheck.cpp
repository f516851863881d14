//===- StateFromSelfTypeCheck.cpp -----------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/StateFromSelfTypeCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "support/Source.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::types {

/// Whether \p E is the type of some object, not one of a function's own types.
static bool isTypeOfObject(const FunctionDecl *FD, const Expr *E,
                           unsigned Depth = 0) {
  E = model::stripped(E);
  if (model::isCallOf(E, ApiRole::TypeOf))
    return true;
  if (const auto *M = dyn_cast<MemberExpr>(E))
    return M->getMemberDecl()->getName() == "ob_type";
  const auto *Ref = dyn_cast<DeclRefExpr>(E);
  const auto *VD = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  return VD && !isa<ParmVarDecl>(VD) && VD->hasLocalStorage() &&
         VD->getInit() && Depth < 4 &&
         isTypeOfObject(FD, VD->getInit(), Depth + 1);
}

/// The function goes up the bases itself, or asks what the type is.
static bool walksBases(const Stmt *S, unsigned Depth = 0) {
  if (!S || Depth > 400)
    return false;
  if (const auto *M = dyn_cast<MemberExpr>(S))
    if (const auto *Row =
            facts::findTypeSlotByField(M->getMemberDecl()->getName());
        Row && (Row->Role == facts::SlotRole::Base ||
                M->getMemberDecl()->getName() == "tp_mro"))
      return true;
  return any_of(S->children(),
                [&](const Stmt *C) { return walksBases(C, Depth + 1); });
}

namespace {
/// Who leads to a function.
struct Reach {
  const model::TypeObject *Subclassed = nullptr; ///< Allows subclasses.
  bool Unknown = false; ///< Methods of a type that is not seen.
  const model::EntryPoint *Binary = nullptr;
};
} // namespace

/// An operation whose first argument can be an object of any type.
static bool isBinary(StringRef Field, const FunctionDecl *FD) {
  const facts::TypeSlot *Row = facts::findTypeSlotByField(Field);
  return Row && Row->Role == facts::SlotRole::Number &&
         FD->getNumParams() >= 2 && !Field.contains("inplace");
}

static Reach reachOf(const ExtensionModel &Model, const model::Function &F) {
  Reach R;
  SmallVector<const model::Function *, 8> Work = {&F};
  for (size_t I = 0; I < Work.size() && I < 200; ++I) {
    for (const model::EntryPoint &E : Work[I]->Entries) {
      if (E.Type && !E.Type->Static) {
        if (!E.Type->lacksFlag(facts::type_flags::BaseType) && !R.Subclassed)
          R.Subclassed = E.Type;
        if (isBinary(E.Name, Work[I]->Decl) && !R.Binary)
          R.Binary = &E;
      } else if (E.Kind == model::EntryKind::Method && !E.Type && E.Table &&
                 none_of(Model.modules(), [&](const model::Module &Mod) {
                   return is_contained(Mod.MethodTables, E.Table);
                 })) {
        R.Unknown = true;
      }
    }
    for (const model::CallSite &Site : Work[I]->Callers)
      if (const model::Function *Caller = Model.function(Site.Caller);
          Caller && !is_contained(Work, Caller))
        Work.push_back(Caller);
  }
  return R;
}

void StateFromSelfTypeCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const ApiRole Role : {ApiRole::ReadsTypeModule, ApiRole::ReadsTypeData})
    for (const ApiUse &Use : model::usesOf(Model, Role)) {
      const unsigned Index = Role == ApiRole::ReadsTypeData ? 1 : 0;
      if (Use.Call->getNumArgs() <= Index)
        continue;
      const Expr *Arg = Use.Call->getArg(Index);
      const bool New = isNewType(*Use.In, Arg);
      if (!New && !isTypeOfObject(Use.In->Decl, Arg))
        continue;
      if (walksBases(Use.In->Decl->getBody()))
        continue;
      const Reach R = reachOf(Model, *Use.In);
      if (!R.Subclassed && !R.Unknown && !R.Binary)
        continue;
      const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
      diag(Loc,
           "'%0' is given the %select{type of the object|type to make}1, which "
           "can be %select{a subclass|the other operand's type}2: its module "
           "is another one, or none")
          << Use.Name << New << (!R.Subclassed && !R.Unknown);
      if (R.Subclassed) {
        const Expr *Flags = R.Subclassed->FlagsExpr;
        diag(Flags ? SM.getExpansionLoc(Flags->getBeginLoc())
                   : R.Subclassed->Loc,
             "type '%0' allows subclasses", DiagnosticIDs::Note)
            << R.Subclassed->Name;
      }
      FixItHint Hint;
      const model::Module *Mod =
          Model.modules().size() == 1 ? &Model.modules().front() : nullptr;
      const support::SourceText Source(SM, Model.context().getLangOpts(),
                                       SM.getFileID(Loc));
      std::optional<support::TextRange> Whole = Source.written(Use.Call);
      std::optional<support::TextRange> Type = Source.written(Arg);
      const bool Declared =
          Mod && Mod->Definition &&
          any_of(Mod->Definition->redecls(), [&](const VarDecl *D) {
            return SM.isBeforeInTranslationUnit(D->getLocation(), Loc);
          });
      // The state is one step further, after a test for null.
      if (Declared && Whole && Type && Role == ApiRole::ReadsTypeModule &&
          !Use.Call->getType()->isVoidPointerType() &&
          minPython() >= facts::PyVersion{11} &&
          !Model.preprocessing().limitedApi()) {
        Hint = FixItHint::CreateReplacement(
            CharSourceRange::getCharRange(Source.location(Whole->Begin),
                                          Source.location(Whole->End)),
            (facts::nameOf(ApiRole::FindsTypeModule) + "(" +
             Source.text(*Type) + ", &" + Mod->Definition->getName() + ")")
                .str());
      }
      diag(Loc,
           "'PyType_GetModuleByDef' goes up to the class that the module "
           "defines (Python 3.11); methods get that class with METH_METHOD",
           DiagnosticIDs::Note)
          << Hint;
    }
}

/// The type that tp_new was called with.
bool StateFromSelfTypeCheck::isNewType(const model::Function &F,
                                       const Expr *E) {
  const auto *Ref = dyn_cast<DeclRefExpr>(model::stripped(E));
  const auto *P = Ref ? dyn_cast<ParmVarDecl>(Ref->getDecl()) : nullptr;
  return P && P->getFunctionScopeIndex() == 0 &&
         F.has(model::EntryKind::New) &&
         P->getDeclContext() == cast<DeclContext>(F.Decl);
}

} // namespace pyext::types
