//===- NoZ3.cpp - No solver of constraints --------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The static analyzer of clang can ask the solver Z3, and no check here does.
// Defined before the archives are searched, this keeps the wrapper of Z3, and
// with it a shared library, out of the tools that are linked statically.

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/SMTAPI.h"

llvm::SMTSolverRef llvm::CreateZ3Solver() {
  report_fatal_error("built without the solver Z3");
}

// Members of the same archive member.
void llvm::SMTSort::dump() const {}
void llvm::SMTExpr::dump() const {}
void llvm::SMTSolverStatistics::dump() const {}
void llvm::SMTSolver::dump() const {}
