//===- HeapTypeMutableCheck.cpp -------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/HeapTypeMutableCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/ModelCalls.h"
#include "support/Source.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::types {

HeapTypeMutableCheck::HeapTypeMutableCheck(StringRef Name,
                                           tidy::ClangTidyContext *Context)
    : ModelCheck(Name, Context), AllowMutable(Options.get("AllowMutable", true)) {
}

void HeapTypeMutableCheck::storeOptions(
    tidy::ClangTidyOptions::OptionMap &Opts) {
  ModelCheck::storeOptions(Opts);
  Options.store(Opts, "AllowMutable", AllowMutable);
}

/// `p` in `p->tp_new = NULL`, the way of versions before 3.10.
static bool clearsNew(const Stmt *S, const ASTContext &Context,
                      unsigned Depth = 0) {
  if (!S || Depth > 400)
    return false;
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && B->getOpcode() == BO_Assign)
    if (const auto *M = dyn_cast<MemberExpr>(B->getLHS()->IgnoreParens())) {
      const auto *Row =
          facts::findTypeSlotByField(M->getMemberDecl()->getName());
      if (Row && Row->Role == facts::SlotRole::New &&
          model::isNullOrZero(B->getRHS(), Context))
        return true;
    }
  return any_of(S->children(), [&](const Stmt *C) {
    return clearsNew(C, Context, Depth + 1);
  });
}

/// A pointer of the instance that a function Python can call uses as it is.
static const model::Access *usedPointer(const ExtensionModel &Model,
                                        const model::TypeObject &Type) {
  if (!Type.Instance)
    return nullptr;
  for (const FieldDecl *Field : Type.Instance->fields()) {
    if (!Field->getType()->isPointerType())
      continue;
    const model::StateVariable *State =
        Model.stateOf(cast<FieldDecl>(Field->getCanonicalDecl()));
    if (!State)
      continue;
    for (const model::Access &A : State->Accesses) {
      const model::Function *F = Model.function(A.Function);
      if (!F || A.writes() ||
          none_of(F->Entries, [&](const model::EntryPoint &E) {
            return E.Type == &Type && (E.Kind == model::EntryKind::Method ||
                                       E.Kind == model::EntryKind::Getter ||
                                       E.Kind == model::EntryKind::Slot ||
                                       E.Kind == model::EntryKind::IterNext);
          }))
        continue;
      // Tested somewhere: the function knows that it can be null.
      bool Tested = false, Used = false;
      for (const model::Access &B : State->Accesses) {
        if (B.Function != A.Function)
          continue;
        const std::vector<const Stmt *> Path = model::pathTo(Model, F->Decl, B.Where);
        for (const Stmt *P : llvm::reverse(Path)) {
          if (isa<CastExpr, ParenExpr>(P))
            continue;
          const auto *Op = dyn_cast<BinaryOperator>(P);
          const auto *Not = dyn_cast<UnaryOperator>(P);
          Tested |= isa<IfStmt, ConditionalOperator>(P) ||
                    (Op && (Op->isComparisonOp() || Op->isLogicalOp())) ||
                    (Not && Not->getOpcode() == UO_LNot);
          const auto *Call = dyn_cast<CallExpr>(P);
          Used |= isa<MemberExpr, ArraySubscriptExpr>(P) ||
                  (Not && Not->getOpcode() == UO_Deref) ||
                  (Call && Call->getDirectCallee() &&
                   !facts::isReferenceCountOp(
                       facts::canonicalName(Call->getDirectCallee()->getNameAsString())));
          break;
        }
      }
      if (Used && !Tested)
        return &A;
    }
  }
  return nullptr;
}

void HeapTypeMutableCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  std::optional<bool> Clears;
  for (const model::TypeObject &Type : Model.types()) {
    if (Type.Static || !Type.Flags || !Type.SlotsVisible || !Type.FlagsExpr ||
        facts::isGeneratedName(Type.Object->getName()))
      continue;
    const bool Newer = minPython() >= facts::PyVersion{10};
    const SourceLocation Loc =
        SM.getExpansionLoc(Type.FlagsExpr->getBeginLoc());
    const bool Makes = Type.sets("tp_new") || Type.sets("tp_init") ||
                       Type.hasBase(Model.context()) ||
                       Type.hasFlag(facts::type_flags::DisallowInstantiation);
    if (const model::Access *Used = Makes ? nullptr : usedPointer(Model, Type)) {
      if (!Clears)
        Clears = any_of(Model.functions(), [&](const auto &F) {
          return clearsNew(F->Decl->getBody(), Model.context());
        });
      if (!*Clears) {
        {
          auto Diag = diag(
              Loc, "heap type '%0' inherits tp_new from object: Python code "
                   "can make instances whose C fields are all zero");
          Diag << Type.Name;
          if (Newer)
            Diag << addFlag(Model, Type, facts::type_flags::DisallowInstantiationName);
        }
        diag(SM.getExpansionLoc(Used->Where->getExprLoc()),
             "'%0' uses a field as it is", DiagnosticIDs::Note)
            << Used->Function->getNameAsString();
      }
    }
    if (!AllowMutable && Newer && hazards().FreeThreading &&
        !Type.hasFlag(facts::type_flags::ImmutableType)) {
      auto Diag = diag(Loc, "heap type '%0' can be changed by Python code while "
                            "other threads use it, as a static type cannot");
      Diag << Type.Name;
      if (Makes)
        Diag << addFlag(Model, Type, facts::type_flags::ImmutableTypeName);
    }
  }
}

FixItHint HeapTypeMutableCheck::addFlag(const ExtensionModel &Model,
                                        const model::TypeObject &Type,
                                        StringRef Flag) {
  const SourceManager &SM = Model.context().getSourceManager();
  const support::SourceText Source(
      SM, Model.context().getLangOpts(),
      SM.getFileID(SM.getExpansionLoc(Type.FlagsExpr->getBeginLoc())));
  std::optional<support::TextRange> R =
      Source.written(Type.FlagsExpr->getSourceRange());
  std::optional<unsigned> Limited = Model.preprocessing().limitedApi();
  if (!R || (Limited && *Limited < 0x030A0000))
    return {};
  return FixItHint::CreateInsertion(Source.location(R->End),
                                    (" | " + Flag).str());
}

} // namespace pyext::types
