//===- CapiTableCheck.cpp - cpython-state-capi-table ----------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/CapiTableCheck.h"
#include "facts/ProcessState.h"
#include "support/GlobalCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

/// A struct of functions only: the same for all interpreters.
static bool hasOnlyFunctions(QualType QT) {
  const RecordDecl *RD =
      QT->isPointerType() ? QT->getPointeeType()->getAsRecordDecl() : nullptr;
  RD = RD ? RD->getDefinition() : nullptr;
  return RD && all_of(RD->fields(), [](const FieldDecl *F) {
           return F->getType()->isFunctionPointerType() ||
                  F->getType()->isArithmeticType();
         });
}

void CapiTableCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  for (const GlobalVerdict &V : Model.globals().all())
    if (V.Class == GlobalClass::ApiTable)
      reportTable(Model, V);
  if (hazards().FreeThreading)
    reportHeaderTables(Model);
}

void CapiTableCheck::reportTable(const ExtensionModel &Model,
                                 const GlobalVerdict &V) {
  const bool Races = V.races() && hazards().FreeThreading;
  const bool Shared = hazards().Subinterpreters &&
                      !hasOnlyFunctions(V.Decl->getType()) &&
                      GlobalCheck::promisesInterpreters(Model);
  if (!Races && !Shared)
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const auto In = find_if(
      V.Uses, [&](const GlobalUse &U) { return U.Where == V.In; });
  diag(V.Decl->getLocation(),
       "'%0' keeps what another module exports%select{| to one interpreter for "
       "all interpreters}1%select{|; '%3' imports it at run time while another "
       "thread can use it, with no lock in common}2")
      << V.Decl->getName() << Shared << Races
      << GlobalCheck::nameOf(In->Function);
  diag(SM.getExpansionLoc(V.In->getBeginLoc()), "imported here, in '%0'",
       DiagnosticIDs::Note)
      << GlobalCheck::nameOf(In->Function);
  diag(V.Decl->getLocation(),
       "import it while the module is imported%select{|, into the module "
       "state}0",
       DiagnosticIDs::Note)
      << Shared;
}

/// Compared with null: !X, X == NULL, if (X).
static bool isTested(const ExtensionModel &Model, const Access &A) {
  const ParentMap *Parents =
      Model.globals().follower().parents(A.Function);
  const Stmt *S = A.Where;
  while (Parents && S && isa<Expr>(S)) {
    S = Parents->getParent(S);
    if (const auto *U = dyn_cast_or_null<UnaryOperator>(S);
        U && U->getOpcode() == UO_LNot)
      return true;
    if (const auto *B = dyn_cast_or_null<BinaryOperator>(S))
      return B->isEqualityOp();
    if (!isa_and_nonnull<CastExpr, ParenExpr>(S))
      break;
  }
  return isa_and_nonnull<IfStmt>(S);
}

void CapiTableCheck::reportHeaderTables(const ExtensionModel &Model) {
  const SourceManager &SM = Model.context().getSourceManager();
  DenseSet<std::pair<const VarDecl *, const FunctionDecl *>> Reported;
  for (const auto &[Variable, Write] : Model.headerUses()) {
    if (!Write.writes() || facts::findProcessHook(Variable->getName()) || phaseOf(Model, Write) != Phase::RunTime ||
        !globalLocksAt(Model, Write).empty() || onlyWithGil(Model, Write) ||
        !Reported.insert({Variable, Write.Function}).second)
      continue;
    const Access *Test = nullptr;
    for (const auto &[Other, A] : Model.headerUses())
      if (Other == Variable && A.Function == Write.Function &&
          A.Kind == AccessKind::Read && !Test && isTested(Model, A))
        Test = &A;
    const SourceLocation Loc = SM.getExpansionLoc(
        (Test ? Test : &Write)->Where->getBeginLoc());
    diag(Loc,
         "'%0' is %select{imported|tested and imported}1 at run time, in '%2', "
         "while another thread can do the same")
        << Variable->getName() << (Test != nullptr)
        << GlobalCheck::nameOf(Write.Function);
    diag(SM.getExpansionLoc(Write.Where->getBeginLoc()),
         "import it while the module is imported, and do not test it",
         DiagnosticIDs::Note);
  }
}

} // namespace pyext::state
