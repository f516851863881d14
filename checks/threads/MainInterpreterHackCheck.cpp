//===- MainInterpreterHackCheck.cpp ---------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/MainInterpreterHackCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "facts/ModelCalls.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

void MainInterpreterHackCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated() ||
      model::isProgram(Model) || model::refusesInterpreters(Model))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const auto Uses = model::usesOf(Model, ApiRole::MainInterpreter);
  // From the first interpreter to the one after a given one: all of them.
  SmallPtrSet<const model::Function *, 2> Walks;
  for (const ApiUse &Use : Uses)
    if (const auto *Call = dyn_cast<CallExpr>(Use.Call);
        Call && Call->getNumArgs())
      Walks.insert(Use.In);
  for (const ApiUse &Use : Uses) {
    if (Walks.contains(Use.In))
      continue;
    const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
    // Compared with the current one: to refuse all others.
    const std::vector<const Stmt *> Path =
        model::pathTo(Model, Use.In->Decl, Use.Call);
    const bool Compared = any_of(Path, [](const Stmt *P) {
      const auto *B = dyn_cast<BinaryOperator>(P);
      return B && B->isEqualityOp();
    });
    // Only asked whether there is one: the runtime is up.
    const Stmt *Around = nullptr;
    for (const Stmt *P : llvm::reverse(Path))
      if (!isa<CastExpr, ParenExpr>(P)) {
        Around = P;
        break;
      }
    const auto *Not = dyn_cast_or_null<UnaryOperator>(Around);
    const auto *Op = dyn_cast_or_null<BinaryOperator>(Around);
    if ((Not && Not->getOpcode() == UO_LNot) ||
        (Op && (Op->isLogicalOp() ||
                (Op->isEqualityOp() &&
                 (model::isNullOrZero(Op->getLHS(), Model.context()) ||
                  model::isNullOrZero(Op->getRHS(), Model.context()))))))
      continue;
    if (Use.In->initOnly() && (Compared || Use.Call->getType()->isIntegerType()))
      continue;
    diag(Loc, "'%0' %select{picks|singles out}1 the main interpreter, but the "
              "module does not refuse to be used in others")
        << Use.Name << (Compared || Use.Call->getType()->isIntegerType());
    for (const model::Module &Mod : Model.modules())
      if (!Mod.Generated)
        diag(Mod.SlotArray ? Mod.SlotArray->getLocation() : Mod.Loc,
             "module '%0' is defined here", DiagnosticIDs::Note)
            << Mod.Name;
    diag(Loc,
         "carry a PyInterpreterView from where the work is registered (Python "
         "3.15), or declare '%0'",
         DiagnosticIDs::Note)
        << facts::moduleSlotValue(facts::Promise::OneInterpreter).Name;
  }
}

} // namespace pyext::threads
