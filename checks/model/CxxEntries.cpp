//===- CxxEntries.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/CxxEntries.h"
#include "facts/BindingArguments.h"
#include "facts/ModelCalls.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

/// The rows name its constructor.
static bool isThreadClass(QualType QT) {
  const CXXRecordDecl *RD = QT->getAsCXXRecordDecl();
  if (!RD || !RD->getIdentifier())
    return false;
  const std::string Name = RD->getQualifiedNameAsString();
  return facts::findModelCall(Name + "::" + RD->getName().str()) ==
         facts::ModelCall::StartsThread;
}

static bool isThread(const TemplateArgument &Arg) {
  return Arg.getKind() == TemplateArgument::Type &&
         isThreadClass(Arg.getAsType());
}

/// An argument like std::launch::deferred: whoever asks for the result runs it.
static bool isDeferred(const CallExpr *Call) {
  const auto *R =
      Call->getNumArgs()
          ? dyn_cast<DeclRefExpr>(Call->getArg(0)->IgnoreParenImpCasts())
          : nullptr;
  return R && isa<EnumConstantDecl>(R->getDecl()) &&
         R->getDecl()->getName() == "deferred";
}

static std::string startedBy(const CallExpr *Call) {
  const FunctionDecl *FD = Call->getDirectCallee();
  if (!FD || !FD->getIdentifier())
    return {};
  // threads.emplace_back([&] { ... });
  if (const auto *Method = dyn_cast<CXXMethodDecl>(FD)) {
    const auto *Of =
        dyn_cast<ClassTemplateSpecializationDecl>(Method->getParent());
    if (Of && Of->isInStdNamespace() && Of->getTemplateArgs().size() &&
        isThread(Of->getTemplateArgs()[0]) &&
        (FD->getName().starts_with("emplace") || FD->getName() == "push_back"))
      return Of->getTemplateArgs()[0]
          .getAsType()
          ->getAsCXXRecordDecl()
          ->getQualifiedNameAsString();
    return {};
  }
  const std::string Name = FD->isInStdNamespace()
                               ? FD->getQualifiedNameAsString()
                               : FD->getName().str();
  if (facts::findModelCall(Name) == facts::ModelCall::StartsThread)
    return isDeferred(Call) ? std::string() : Name;
  // std::make_unique<std::thread>([&] { ... })
  if (FD->isInStdNamespace())
    if (const TemplateArgumentList *Args = FD->getTemplateSpecializationArgs();
        Args && Args->size() && isThread(Args->get(0)))
      return Args->get(0)
          .getAsType()
          ->getAsCXXRecordDecl()
          ->getQualifiedNameAsString();
  return {};
}

std::string startedAsThreadBy(ArrayRef<const Stmt *> Path) {
  for (const Stmt *P : llvm::reverse(Path.drop_back())) {
    if (isa<CompoundStmt, LambdaExpr>(P))
      break;
    std::string Name;
    if (const auto *C = dyn_cast<CXXConstructExpr>(P)) {
      if (isThreadClass(C->getType()) &&
          !C->getConstructor()->isCopyOrMoveConstructor())
        Name = C->getConstructor()->getParent()->getQualifiedNameAsString();
    } else if (const auto *Call = dyn_cast<CallExpr>(P)) {
      Name = startedBy(Call);
    }
    if (!Name.empty())
      return Name;
  }
  return {};
}

bool isOfBinding(const Decl *D) {
  const DeclContext *DC = D->getDeclContext();
  for (; DC && !DC->isTranslationUnit(); DC = DC->getParent())
    if (const auto *NS = dyn_cast<NamespaceDecl>(DC))
      if (NS->getDeclContext()->getRedeclContext()->isTranslationUnit())
        return facts::isBindingNamespace(NS->getName());
  return false;
}

/// def() and the like; null when \p P is none.
static const CXXMethodDecl *bindingMethod(const Stmt *P) {
  const auto *Call = dyn_cast<CallExpr>(P);
  const auto *Method =
      Call ? dyn_cast_or_null<CXXMethodDecl>(Call->getDirectCallee()) : nullptr;
  return Method && Method->getIdentifier() &&
                 Method->getName().starts_with("def") && isOfBinding(Method)
             ? Method
             : nullptr;
}

flow::LockList locksOfBinding(ArrayRef<const Stmt *> Path,
                              const FunctionDecl *FD) {
  flow::LockList Result;
  for (const Stmt *P : llvm::reverse(Path.drop_back())) {
    if (isa<CompoundStmt, LambdaExpr>(P))
      break;
    const CXXMethodDecl *Def = bindingMethod(P);
    if (!Def)
      continue;
    const auto *Of = dyn_cast<CXXMethodDecl>(FD);
    const bool HasThis = Of && Of->isInstance() && !Of->getParent()->isLambda();
    const bool OfClass = Def->getParent()->getName().starts_with("class_");
    auto Lock = [&](unsigned Index) {
      if (Index >= FD->getNumParams() || FD->getParamDecl(Index)->getName().empty())
        return;
      const ParmVarDecl *Param = FD->getParamDecl(Index);
      Result.push_back({facts::LockKind::CriticalSection,
                        Param->getNameAsString(), Param});
    };
    unsigned Next = OfClass && !HasThis ? 1 : 0;
    for (const Expr *Arg : cast<CallExpr>(P)->arguments()) {
      const CXXRecordDecl *RD =
          Arg->getType().getNonReferenceType()->getAsCXXRecordDecl();
      if (!RD || !RD->getIdentifier() || !isOfBinding(RD))
        continue;
      switch (facts::bindingArgument(RD->getName())) {
      case facts::BindingArgument::None:
        break;
      case facts::BindingArgument::LockedParameter:
        Lock(Next);
        [[fallthrough]];
      case facts::BindingArgument::Parameter:
        ++Next;
        break;
      case facts::BindingArgument::LockedSelf:
        if (HasThis)
          Result.push_back({facts::LockKind::CriticalSection, "this", nullptr});
        else
          Lock(0);
        break;
      }
    }
    break;
  }
  llvm::sort(Result);
  return Result;
}

std::string boundBy(ArrayRef<const Stmt *> Path) {
  for (const Stmt *P : llvm::reverse(Path.drop_back())) {
    if (isa<CompoundStmt, LambdaExpr>(P))
      break;
    if (const auto *C = dyn_cast<CXXConstructExpr>(P)) {
      const CXXRecordDecl *RD = C->getConstructor()->getParent();
      if (RD->getIdentifier() && RD->getName() == "cpp_function" &&
          isOfBinding(RD))
        return RD->getName().str();
    } else if (const CXXMethodDecl *Def = bindingMethod(P)) {
      return Def->getName().str();
    }
  }
  return {};
}

} // namespace pyext::model
