//===- HandOuts.h - Functions that pass borrowed references on --*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FLOW_HANDOUTS_H
#define PYEXT_FLOW_HANDOUTS_H

#include "model/ExtensionModel.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <vector>

namespace pyext::flow {

/// Which functions may return a borrowed reference, or store one through a
/// parameter, whatever path is taken. Variables are followed without regard to
/// order, so that RefStates needs to look only at those functions closely.
class HandOuts {
public:
  /// Looks at \p Candidates; no other function hands out anything.
  HandOuts(const model::ExtensionModel &Model,
           llvm::ArrayRef<const model::Function *> Candidates);

  /// \p FD: the definition that the model has, see model::Function::Decl.
  bool contains(const clang::FunctionDecl *FD) const {
    auto It = Nodes.find(FD);
    return It != Nodes.end() && Borrowed[It->second];
  }

private:
  const model::ExtensionModel &Model;
  /// The result of a function, or what a local variable holds. Number 0 is a
  /// lookup.
  llvm::DenseMap<const clang::Decl *, unsigned> Nodes;
  std::vector<llvm::SmallVector<unsigned, 2>> FlowsTo;
  std::vector<bool> Borrowed;

  unsigned node(const clang::Decl *D);
  void connect(unsigned From, unsigned To) { FlowsTo[From].push_back(To); }
  void visit(const model::Function &F);
  void visitCall(const clang::CallExpr *Call, unsigned Result);
  /// The value of \p E reaches \p To.
  void flow(const clang::Expr *E, unsigned To);
};

} // namespace pyext::flow

#endif // PYEXT_FLOW_HANDOUTS_H
