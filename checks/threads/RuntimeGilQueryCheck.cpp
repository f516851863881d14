//===- RuntimeGilQueryCheck.cpp - cpython-threads-runtime-gil-query -------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/RuntimeGilQueryCheck.h"
#include "model/Initializers.h"
#include "model/ModuleInit.h"

using namespace clang;
using namespace llvm;

namespace pyext::threads {

/// The function of module sys that says whether the GIL is enabled.
static constexpr StringRef Query = "_is_gil_enabled";

/// A call of \p F that names the query; null without.
static const CallExpr *queryIn(const model::Function &F) {
  for (const model::CallSite &Site : F.Calls)
    if (Site.Call)
      for (const Expr *Arg : Site.Call->arguments())
        if (const auto *Text =
                dyn_cast<clang::StringLiteral>(Arg->IgnoreParenImpCasts());
            Text && Text->getCharByteWidth() == 1 &&
            Text->getString().contains(Query))
          return Site.Call;
  return nullptr;
}

void RuntimeGilQueryCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  // Functions that ask, and those that they answer.
  DenseMap<const FunctionDecl *, const CallExpr *> Asks;
  for (const auto &F : Model.functions()) {
    bool Invalid = false;
    const StringRef Text = SM.getBufferData(
        SM.getFileID(SM.getExpansionLoc(F->Decl->getLocation())), &Invalid);
    if (F->Generated || Invalid || !mentions(Text))
      continue;
    if (const CallExpr *Call = queryIn(*F))
      Asks[F->Decl] = Call;
  }
  if (Asks.empty())
    return;
  for (const model::StateVariable &S : Model.state()) {
    if (S.Kind == model::StateKind::InstanceField || S.Generated)
      continue;
    const model::Access *Kept = nullptr;
    const CallExpr *Asked = nullptr;
    for (const model::Access &A : S.Accesses) {
      if (!A.writes() || A.Resets || !A.Function || Kept)
        continue;
      auto Answers = [&](const FunctionDecl *FD) -> const CallExpr * {
        const model::Function *F = Model.function(FD);
        auto It = F ? Asks.find(F->Decl) : Asks.end();
        return It == Asks.end() ? nullptr : It->second;
      };
      if ((Asked = Answers(A.Function))) {
        Kept = &A;
        continue;
      }
      // v = asks();
      const auto *Assign = dyn_cast<BinaryOperator>(A.Statement);
      const Expr *Value = Assign ? Assign->getRHS()->IgnoreParenCasts() : nullptr;
      if (const auto *Call = dyn_cast_or_null<CallExpr>(Value))
        if (const FunctionDecl *Callee = Call->getDirectCallee())
          if ((Asked = Answers(Callee)))
            Kept = &A;
    }
    if (!Kept || !holdsAnswer(S.Decl->getType()))
      continue;
    diag(Kept->Where->getBeginLoc(),
         "%0 keeps whether the GIL is enabled, but importing another module can "
         "enable it later")
        << S.Decl;
    diag(SM.getExpansionLoc(Asked->getExprLoc()), "it is asked for here",
         DiagnosticIDs::Note);
  }
}

bool RuntimeGilQueryCheck::mentions(StringRef Text) {
  if (LastText != Text.data()) {
    LastText = Text.data();
    LastMentions = Text.contains(Query);
  }
  return LastMentions;
}

/// The answer itself, or the object of it.
bool RuntimeGilQueryCheck::holdsAnswer(QualType QT) {
  return QT->isIntegralOrEnumerationType() ||
         model::ExtensionModel::isObjectPointer(QT);
}

} // namespace pyext::threads
