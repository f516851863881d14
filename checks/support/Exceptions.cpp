//===- Exceptions.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/Exceptions.h"
#include "clang/AST/Decl.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace clang;

namespace pyext::support {

using Seen = llvm::SmallPtrSet<const FunctionDecl *, 8>;

static bool mayThrow(const Stmt *S, unsigned Depth, Seen &Visited);

static bool mayThrow(const FunctionDecl *Callee, unsigned Depth,
                     Seen &Visited) {
  if (!Callee)
    return true;
  Callee = Callee->getCanonicalDecl();
  if (const auto *Proto = Callee->getType()->getAs<FunctionProtoType>();
      Proto && isNoexceptExceptionSpec(Proto->getExceptionSpecType()))
    return false;
  if (Callee->isExternC() || Callee->getBuiltinID())
    return false;
  if (const auto *Ctor = dyn_cast<CXXConstructorDecl>(Callee);
      Ctor && Ctor->isTrivial())
    return false;
  const FunctionDecl *Definition = nullptr;
  if (Depth < 4 && Callee->hasBody(Definition))
    return Visited.insert(Definition).second &&
           mayThrow(Definition->getBody(), Depth + 1, Visited);
  return true;
}

static bool mayThrow(const Stmt *S, unsigned Depth, Seen &Visited) {
  if (!S)
    return false;
  if (isa<CXXThrowExpr, CXXNewExpr, CXXTryStmt, LambdaExpr, CXXDynamicCastExpr,
          CXXTypeidExpr>(S))
    return true;
  if (const auto *CE = dyn_cast<CallExpr>(S)) {
    if (mayThrow(CE->getDirectCallee(), Depth, Visited))
      return true;
  } else if (const auto *Construct = dyn_cast<CXXConstructExpr>(S)) {
    if (mayThrow(Construct->getConstructor(), Depth, Visited))
      return true;
  }
  return llvm::any_of(S->children(), [&](const Stmt *Child) {
    return mayThrow(Child, Depth, Visited);
  });
}

bool mayThrow(const Stmt *S) {
  Seen Visited;
  return mayThrow(S, 0, Visited);
}

} // namespace pyext::support
