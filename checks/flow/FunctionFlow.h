//===- FunctionFlow.h - The control flow graph of a function ----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One clang::CFG per function, built once and shared by all analyses. Every
// expression is an element of its own, in evaluation order, and C++ destructors
// are elements too, so that a transfer function looks at one node at a time.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FLOW_FUNCTIONFLOW_H
#define PYEXT_FLOW_FUNCTIONFLOW_H

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/ParentMap.h"
#include "clang/Analysis/CFG.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <string>
#include <vector>

namespace pyext::flow {

/// True when control does not come out of the end of \p S, which may be null.
bool leaves(const clang::Stmt *S);

/// How large a function may be before it is left alone.
struct FlowLimits {
  unsigned MaxBlocks = 20000;
  unsigned MaxElements = 400000;
};

/// The control flow graph of one function with its blocks in an order in which
/// a forward analysis converges fast.
class FunctionFlow {
public:
  /// Builds the graph of \p FD, which must have a body. Null when the function
  /// cannot be analysed; \p Failed then says why, as a phrase that follows
  /// "not analysed: ".
  static std::shared_ptr<const FunctionFlow>
  build(const clang::FunctionDecl *FD, clang::ASTContext &Context,
        std::string &Failed, FlowLimits Limits = FlowLimits());

  const clang::FunctionDecl *function() const { return FD; }
  const clang::CFG &graph() const { return *Graph; }

  /// Blocks that can be reached from the entry, in reverse post order.
  llvm::ArrayRef<const clang::CFGBlock *> order() const { return Order; }
  /// Position of \p B in order(), or ~0u when it is not reachable.
  unsigned indexOf(const clang::CFGBlock *B) const {
    return Index[B->getBlockID()];
  }
  /// True when an edge leads from a block to itself or to one before it.
  bool isLoopHead(const clang::CFGBlock *B) const {
    return LoopHead[B->getBlockID()];
  }

  /// Block and element that evaluate \p S; {nullptr, 0} when no element does.
  std::pair<const clang::CFGBlock *, unsigned>
  elementOf(const clang::Stmt *S) const;

private:
  FunctionFlow() = default;

  const clang::FunctionDecl *FD = nullptr;
  std::unique_ptr<clang::CFG> Graph;
  std::vector<const clang::CFGBlock *> Order;
  std::vector<unsigned> Index;   ///< By block id.
  std::vector<char> LoopHead;    ///< By block id.
  mutable llvm::DenseMap<const clang::Stmt *,
                         std::pair<const clang::CFGBlock *, unsigned>>
      Elements; ///< Filled on the first question.
};

/// What is around the statements of a function, and where it names its
/// variables.
class FunctionBody {
public:
  explicit FunctionBody(clang::Stmt *Body) : Body(Body), Parents(Body) {}

  const clang::ParentMap &parents() const { return Parents; }
  /// Where the local variable or parameter \p VD is named, in source order.
  llvm::ArrayRef<const clang::DeclRefExpr *>
  references(const clang::VarDecl *VD) const {
    collect();
    auto It = References.find(VD);
    return It == References.end()
               ? llvm::ArrayRef<const clang::DeclRefExpr *>()
               : llvm::ArrayRef<const clang::DeclRefExpr *>(It->second);
  }
  /// Where `this` is used.
  llvm::ArrayRef<const clang::Expr *> thisUses() const {
    collect();
    return This;
  }

private:
  void collect() const;
  void collect(const clang::Stmt *S) const;

  const clang::Stmt *Body;
  clang::ParentMap Parents;
  /// Both are filled on the first question.
  mutable llvm::DenseMap<const clang::VarDecl *,
                         llvm::SmallVector<const clang::DeclRefExpr *, 4>>
      References;
  mutable llvm::SmallVector<const clang::Expr *, 4> This;
  mutable bool Collected = false;
};

/// The graphs of one translation unit. Not thread-safe: one per translation
/// unit.
class FlowCache {
public:
  explicit FlowCache(clang::ASTContext &Context,
                     FlowLimits Limits = FlowLimits())
      : Context(Context), Limits(Limits) {}

  /// The graph of \p FD, or null with the reason in \p Failed.
  std::shared_ptr<const FunctionFlow> get(const clang::FunctionDecl *FD,
                                          std::string &Failed);

  /// Null when \p FD has no body or is refused.
  const FunctionBody *body(const clang::FunctionDecl *FD);

  /// Makes get() and body() refuse \p FD with \p Why: what the graph is built with would not
  /// survive the function.
  void refuse(const clang::FunctionDecl *FD, std::string Why) {
    Entries[FD] = {nullptr, std::move(Why)};
    Bodies[FD->getCanonicalDecl()] = nullptr;
  }

private:
  struct Entry {
    std::shared_ptr<const FunctionFlow> Flow;
    std::string Failed;
  };
  clang::ASTContext &Context;
  FlowLimits Limits;
  llvm::DenseMap<const clang::FunctionDecl *, Entry> Entries;
  /// By canonical declaration.
  llvm::DenseMap<const clang::FunctionDecl *, std::unique_ptr<FunctionBody>>
      Bodies;
};

} // namespace pyext::flow

#endif // PYEXT_FLOW_FUNCTIONFLOW_H
