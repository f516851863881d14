//===- FunctionFlow.cpp - The control flow graph of a function ------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "flow/FunctionFlow.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/Stmt.h"
#include <algorithm>

using namespace clang;

namespace pyext::flow {

bool leaves(const Stmt *S) {
  if (const auto *Block = dyn_cast_or_null<CompoundStmt>(S))
    return !Block->body_empty() && leaves(Block->body_back());
  if (const auto *Label = dyn_cast_or_null<LabelStmt>(S))
    return leaves(Label->getSubStmt());
  if (const auto *Do = dyn_cast_or_null<DoStmt>(S)) // Py_RETURN_NONE
    return leaves(Do->getBody());
  if (const auto *If = dyn_cast_or_null<IfStmt>(S))
    return If->getElse() && leaves(If->getThen()) && leaves(If->getElse());
  return S && isa<ReturnStmt, GotoStmt, BreakStmt, ContinueStmt, CXXThrowExpr>(S);
}

std::shared_ptr<const FunctionFlow>
FunctionFlow::build(const FunctionDecl *FD, ASTContext &Context,
                    std::string &Failed, FlowLimits Limits) {
  Failed.clear();
  Stmt *Body = FD->getBody();
  if (!Body) {
    Failed = "it has no body in this file";
    return nullptr;
  }
  // The instantiations of a template are analysed instead.
  if (FD->isDependentContext()) {
    Failed = "it is a template";
    return nullptr;
  }
  if (FD->isInvalidDecl()) {
    Failed = "it does not compile";
    return nullptr;
  }

  CFG::BuildOptions Options;
  Options.setAllAlwaysAdd();
  Options.AddImplicitDtors = true;
  Options.AddInitializers = true;
  std::unique_ptr<CFG> Graph = CFG::buildCFG(FD, Body, &Context, Options);
  if (!Graph) {
    Failed = "its control flow cannot be followed";
    return nullptr;
  }
  const unsigned NumBlocks = Graph->getNumBlockIDs();
  if (NumBlocks > Limits.MaxBlocks) {
    Failed = "it has " + std::to_string(NumBlocks) +
             " basic blocks, more than " + std::to_string(Limits.MaxBlocks);
    return nullptr;
  }
  size_t NumElements = 0;
  for (const CFGBlock *B : *Graph)
    NumElements += B->size();
  if (NumElements > Limits.MaxElements) {
    Failed = "it has " + std::to_string(NumElements) +
             " expressions, more than " + std::to_string(Limits.MaxElements);
    return nullptr;
  }

  std::shared_ptr<FunctionFlow> Flow(new FunctionFlow());
  Flow->FD = FD;
  Flow->Index.assign(NumBlocks, ~0u);
  Flow->LoopHead.assign(NumBlocks, 0);

  // Depth-first without recursion: a function of the size allowed above would
  // overflow the stack.
  enum : char { White, Grey, Black };
  std::vector<char> Colour(NumBlocks, White);
  llvm::SmallVector<std::pair<const CFGBlock *, CFGBlock::const_succ_iterator>,
                    32>
      Stack;
  const CFGBlock *Entry = &Graph->getEntry();
  Colour[Entry->getBlockID()] = Grey;
  Stack.push_back({Entry, Entry->succ_begin()});
  while (!Stack.empty()) {
    auto &[B, It] = Stack.back();
    if (It == B->succ_end()) {
      Colour[B->getBlockID()] = Black;
      Flow->Order.push_back(B);
      Stack.pop_back();
      continue;
    }
    const CFGBlock *Succ = It->getReachableBlock();
    ++It;
    if (!Succ)
      continue;
    char &C = Colour[Succ->getBlockID()];
    if (C == White) {
      C = Grey;
      Stack.push_back({Succ, Succ->succ_begin()});
    } else if (C == Grey) {
      Flow->LoopHead[Succ->getBlockID()] = 1;
    }
  }
  std::reverse(Flow->Order.begin(), Flow->Order.end());
  for (unsigned I = 0, N = Flow->Order.size(); I != N; ++I)
    Flow->Index[Flow->Order[I]->getBlockID()] = I;
  Flow->Graph = std::move(Graph);
  return Flow;
}

std::pair<const CFGBlock *, unsigned>
FunctionFlow::elementOf(const Stmt *S) const {
  if (Elements.empty()) {
    for (const CFGBlock *B : Order) {
      unsigned I = 0;
      for (const CFGElement &E : *B) {
        if (auto CS = E.getAs<CFGStmt>())
          Elements.try_emplace(CS->getStmt(), B, I);
        ++I;
      }
    }
  }
  auto It = Elements.find(S);
  return It == Elements.end()
             ? std::pair<const CFGBlock *, unsigned>{nullptr, 0}
             : It->second;
}

std::shared_ptr<const FunctionFlow> FlowCache::get(const FunctionDecl *FD,
                                                   std::string &Failed) {
  auto [It, New] = Entries.try_emplace(FD);
  if (New)
    It->second.Flow =
        FunctionFlow::build(FD, Context, It->second.Failed, Limits);
  Failed = It->second.Failed;
  return It->second.Flow;
}

void FunctionBody::collect() const {
  if (!Collected)
    collect(Body);
  Collected = true;
}

void FunctionBody::collect(const Stmt *S) const {
  if (!S)
    return;
  if (const auto *R = dyn_cast<DeclRefExpr>(S)) {
    if (const auto *VD = dyn_cast<VarDecl>(R->getDecl());
        VD && !VD->hasGlobalStorage())
      References[VD].push_back(R);
  } else if (isa<CXXThisExpr>(S)) {
    This.push_back(cast<Expr>(S));
  }
  for (const Stmt *Child : S->children())
    collect(Child);
}

const FunctionBody *FlowCache::body(const FunctionDecl *FD) {
  if (!FD)
    return nullptr;
  auto [It, New] = Bodies.try_emplace(FD->getCanonicalDecl());
  if (New)
    if (Stmt *Body = FD->getBody())
      It->second = std::make_unique<FunctionBody>(Body);
  return It->second.get();
}

} // namespace pyext::flow
