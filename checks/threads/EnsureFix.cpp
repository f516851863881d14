//===- EnsureFix.cpp ------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/EnsureFix.h"
#include "model/Initializers.h"
#include "support/Source.h"
#include "clang/AST/ParentMap.h"

using namespace clang;

namespace pyext::threads {

/// Every reference to \p VD below \p S.
static void references(const Stmt *S, const VarDecl *VD,
                       llvm::SmallVectorImpl<const DeclRefExpr *> &Out) {
  if (!S)
    return;
  if (const auto *R = dyn_cast<DeclRefExpr>(S); R && R->getDecl() == VD)
    Out.push_back(R);
  for (const Stmt *Child : S->children())
    references(Child, VD, Out);
}

/// What a function returns that could do nothing; nothing when that is not
/// clear.
static std::optional<std::string> returnNothing(const FunctionDecl *FD) {
  if (FD->getReturnType()->isVoidType())
    return "return;";
  if (FD->getReturnType()->isPointerType())
    return "return NULL;";
  return std::nullopt;
}

llvm::SmallVector<FixItHint> attachToMain(const model::ExtensionModel &Model,
                                          const model::Function &F,
                                          const model::ThreadStateUse &Use,
                                          facts::PyVersion Min) {
  const FunctionDecl *FD = F.Decl;
  const auto *Body = dyn_cast_or_null<CompoundStmt>(FD->getBody());
  const std::optional<std::string> Return = returnNothing(FD);
  const auto *Attach = dyn_cast<CallExpr>(Use.Where);
  if (!Body || !Return || !Attach || Use.Where->getBeginLoc().isMacroID())
    return {};
  // An object that it is given belongs to an interpreter of its own.
  for (const ParmVarDecl *P : FD->parameters())
    if (P->getType()->isVoidPointerType() ||
        model::ExtensionModel::isObjectPointer(P->getType()))
      return {};
  // Nothing that would have to be undone comes before.
  const VarDecl *Handle = nullptr;
  const Stmt *Statement = nullptr;
  for (const Stmt *S : Body->body()) {
    const auto *D = dyn_cast<DeclStmt>(S);
    if (!D)
      return {};
    const auto *VD =
        D->isSingleDecl() ? dyn_cast<VarDecl>(D->getSingleDecl()) : nullptr;
    if (VD && VD->getInit() && VD->getInit()->IgnoreParenImpCasts() == Attach) {
      Handle = VD;
      Statement = S;
      break;
    }
    for (const Decl *Each : D->decls())
      if (const auto *Other = dyn_cast<VarDecl>(Each);
          !Other || Other->getType()->getAsCXXRecordDecl())
        return {};
  }
  if (!Handle || !Handle->hasLocalStorage())
    return {};

  ParentMap Parents(const_cast<Stmt *>(FD->getBody()));
  llvm::SmallVector<const DeclRefExpr *, 4> Uses;
  references(Body, Handle, Uses);
  const SourceManager &SM = Model.context().getSourceManager();
  const support::SourceText Source(
      SM, Model.context().getLangOpts(),
      SM.getFileID(SM.getExpansionLoc(Attach->getBeginLoc())));
  // No name of ours may be one of the function's.
  std::optional<support::TextRange> Whole = Source.written(FD->getSourceRange());
  if (!Whole || Uses.empty() || Source.mentions(*Whole, "main_view"))
    return {};
  support::EditSet Edits(Source, Parents);
  const std::string Name = Handle->getNameAsString();
  const bool Both = Min.Minor < 15;
  std::vector<std::string> New = {
      "PyInterpreterView *main_view = PyInterpreterView_FromMain();",
      "PyThreadStateToken *" + Name +
          " = main_view == NULL ? NULL : PyThreadState_EnsureFromView(main_view);",
      "if (main_view != NULL)", "\tPyInterpreterView_Close(main_view);",
      "if (" + Name + " == NULL)", "\t" + *Return};
  auto Add = [&](const Stmt *S, std::vector<std::string> Lines) {
    std::optional<support::TextRange> R = Source.writtenStatement(S);
    if (!R || !Source.isFirstOnLine(R->Begin))
      return false;
    if (Both) {
      Lines.insert(Lines.begin(), "#if PY_VERSION_HEX >= 0x030F0000");
      Lines.push_back("#else");
      Lines.push_back(Source.text(*R).str());
      Lines.push_back("#endif");
    }
    Edits.replaceStatement(S, Lines);
    return true;
  };
  if (!Add(Statement, New))
    return {};
  for (const DeclRefExpr *R : Uses) {
    const Stmt *P = Parents.getParent(R);
    while (isa_and_nonnull<CastExpr, ParenExpr>(P))
      P = Parents.getParent(P);
    const auto *Call = dyn_cast_or_null<CallExpr>(P);
    const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
    const facts::ThreadStateApi *Api =
        Callee && Callee->getIdentifier()
            ? facts::findThreadStateApi(Callee->getName())
            : nullptr;
    // A statement of its own, in a block.
    if (!Api || Api->Op != facts::ThreadStateOp::Release ||
        Call->getBeginLoc().isMacroID() ||
        !isa_and_nonnull<CompoundStmt>(Parents.getParent(Call)) ||
        // The release can take an exception with it.
        !Add(Call, {"if (PyErr_Occurred() != NULL)",
                    "\tPyErr_WriteUnraisable(NULL);",
                    "PyThreadState_Release(" + Name + ");"}))
      return {};
  }
  std::string WhyNot;
  return Edits.finish(WhyNot);
}

} // namespace pyext::threads
