//===- CxxStaticObjectCheck.cpp - cpython-state-cxx-static-object ---------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/CxxStaticObjectCheck.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

/// Whether evaluating \p S calls something.
static bool calls(const Stmt *S) {
  if (!S || isa<LambdaExpr>(S))
    return false;
  if (isa<CallExpr>(S))
    return true;
  if (const auto *C = dyn_cast<CXXConstructExpr>(S);
      C && C->getNumArgs() && !C->getConstructor()->isCopyOrMoveConstructor() &&
      ownsObjects(C->getType()))
    return true;
  return any_of(S->children(), [](const Stmt *Child) { return calls(Child); });
}

void CxxStaticObjectCheck::report(const ExtensionModel &Model,
                                  const GlobalVerdict &V) {
  const VarDecl *VD = V.Decl;
  const Expr *Init = VD->getAnyInitializer();
  const bool Made = calls(Init);
  const bool Written = any_of(V.Uses, [](const GlobalUse &U) {
    return (U.writes() && !U.Resets) || U.Kind == UseKind::Passed;
  });
  if (!Made && !Written)
    return; // Never holds anything.
  QualType QT = VD->getType();
  // static auto &x = *new py::object(...) is never destroyed.
  const bool Kept = QT->isPointerType() || QT->isReferenceType();
  const bool Guarded = VD->isStaticLocal() && Made;
  const bool Races = V.races() && hazards().FreeThreading;
  if (Kept && !hazards().Subinterpreters && !Races)
    return;
  diag(VD->getLocation(),
       "'%0' owns Python objects%select{| of one interpreter for all "
       "interpreters}1%select{, and gives them up when the process ends and "
       "Python is gone|}2%select{|; '%4' changes it while "
       "%select{'%6' can use it|another thread in '%6' can too}5, with no "
       "lock in common}3")
      << VD->getName() << hazards().Subinterpreters << Kept << Races
      << (Races ? nameOf(V.Uses[*V.Write].Function) : std::string())
      << (Races &&
          V.Uses[*V.Write].Function == V.Uses[*V.Other].Function)
      << (Races ? nameOf(V.Uses[*V.Other].Function) : std::string());
  if (Guarded && Init)
    diag(Init->getExprLoc(),
         "its initialiser runs Python code while the thread holds the guard of "
         "'%0'; a thread that waits for the guard and keeps the GIL never gets "
         "it",
         DiagnosticIDs::Note)
        << VD->getName();
  if (Races)
    noteUses(Model, V);
  diag(VD->getLocation(),
       "%select{keep it in the module state|use "
       "'gil_safe_call_once_and_store', or keep it in the module state}0",
       DiagnosticIDs::Note)
      << VD->isStaticLocal();
}

} // namespace pyext::state
