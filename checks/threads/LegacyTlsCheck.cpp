//===- LegacyTlsCheck.cpp -------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/LegacyTlsCheck.h"
#include "facts/ThreadStorage.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

/// `static int key;` or with an initialiser, on its own: where the type is
/// written, and where the declaration ends.
static CharSourceRange declarationOf(const ExtensionModel &Model,
                                     const VarDecl *Key) {
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  const SourceLocation Begin = Key->getTypeSpecStartLoc();
  if (Key->getStorageClass() != SC_Static || Key->getPreviousDecl() ||
      Key != Key->getMostRecentDecl() ||
      Context.getCanonicalType(Key->getType()) != Context.IntTy ||
      Key->getBeginLoc().isMacroID() || Key->getEndLoc().isMacroID() ||
      (Key->getInit() && !model::integerOf(Key->getInit(), Context)))
    return {};
  const std::optional<Token> Next =
      Lexer::findNextToken(Key->getEndLoc(), SM, Context.getLangOpts());
  const StringRef Type = Lexer::getSourceText(
      CharSourceRange::getCharRange(Begin, Key->getLocation()), SM,
      Context.getLangOpts());
  if (!Next || !Next->is(tok::semi) || Type.trim() != "int")
    return {};
  return CharSourceRange::getTokenRange(Begin, Key->getEndLoc());
}

/// The edit that \p A's use of the key needs; an invalid one when there is none.
static FixItHint editOf(const ExtensionModel &Model, const model::Access &A,
                        StringRef Key) {
  const ASTContext &Context = Model.context();
  const std::vector<const Stmt *> Path = model::pathTo(Model, A.Function, A.Where);
  const auto Replace = [&](const Expr *E, const Twine &Text) {
    if (E->getBeginLoc().isMacroID() || E->getEndLoc().isMacroID())
      return FixItHint();
    return FixItHint::CreateReplacement(E->getSourceRange(), Text.str());
  };
  const auto Comparison = [&](const Stmt *S) {
    const auto *B = dyn_cast_or_null<BinaryOperator>(S);
    const std::optional<int64_t> Value =
        B ? model::integerOf(B->getRHS(), Context) : std::nullopt;
    const bool Failed = Value && ((*Value == -1 && B->getOpcode() == BO_EQ) ||
                                  (*Value == 0 && B->getOpcode() == BO_LT));
    const bool Made = Value && ((*Value == -1 && B->getOpcode() == BO_NE) ||
                                (*Value == 0 && B->getOpcode() == BO_GE));
    return Failed ? 1 : Made ? 2 : 0;
  };
  // From the use outwards.
  SmallVector<const Stmt *, 4> Around;
  for (const Stmt *S : llvm::reverse(Path)) {
    if (!isa<CastExpr, ParenExpr>(S))
      Around.push_back(S);
    if (Around.size() == 2)
      break;
  }
  if (Around.empty())
    return {};
  if (const auto *Call = dyn_cast<CallExpr>(Around[0])) {
    const FunctionDecl *FD = Call->getDirectCallee();
    const StringRef Name = FD && FD->getIdentifier() ? FD->getName() : "";
    const facts::ThreadStorageCall *New = facts::findThreadStorage(Name);
    const Expr *First = Call->getNumArgs() ? Call->getArg(0) : nullptr;
    if (!New || !First || model::stripped(First) != A.Where ||
        Call->getBeginLoc().isMacroID() || Call->getEndLoc().isMacroID())
      return {};
    std::string Text = (Twine(New->Instead) + "(&" + Key).str();
    if (New->Value == facts::StoredValue::Null)
      Text += Context.getLangOpts().CPlusPlus ? ", nullptr" : ", NULL";
    return FixItHint::CreateReplacement(
        CharSourceRange::getTokenRange(Call->getBeginLoc(), First->getEndLoc()),
        Text);
  }
  const auto *B = dyn_cast<BinaryOperator>(Around[0]);
  if (!B)
    return {};
  if (B->getOpcode() == BO_Assign &&
      model::isCallOf(B->getRHS(), ApiRole::LegacyTls)) {
    const facts::ThreadStorageCall *Create = facts::findThreadStorage(
        cast<CallExpr>(model::stripped(B->getRHS()))
            ->getDirectCallee()
            ->getName());
    const int How = Around.size() > 1 ? Comparison(Around[1]) : 0;
    if (!Create)
      return {};
    if (How)
      return Replace(cast<Expr>(Around[1]), Twine(Create->Instead) + "(&" + Key + ")" +
                                                (How == 1 ? " != 0" : " == 0"));
    if (Around.size() > 1 && isa<Expr>(Around[1]))
      return {};
    return Replace(B, Twine(Create->Instead) + "(&" + Key + ")");
  }
  if (const int How = Comparison(B))
    return Replace(B, Twine(How == 1 ? "!" : "") +
                          facts::IsCreatedName + "(&" + Key + ")");
  return {};
}

/// The edits that make the key a Py_tss_t; empty when a use of it is something
/// else than a call of the family or a test.
SmallVector<FixItHint> LegacyTlsCheck::fix(const ExtensionModel &Model,
                                           const ValueDecl *D) {
  const auto *Key = dyn_cast<VarDecl>(D);
  const model::StateVariable *State = Key ? Model.stateOf(Key) : nullptr;
  const CharSourceRange Declared =
      State ? declarationOf(Model, Key) : CharSourceRange();
  if (Declared.isInvalid())
    return {};
  SmallVector<FixItHint> Edits = {FixItHint::CreateReplacement(
      Declared,
      ("Py_tss_t " + Key->getName() + " = Py_tss_NEEDS_INIT").str())};
  for (const model::Access &A : State->Accesses) {
    if (!A.Function || Model.preprocessing().versionCondition(
                           A.Where->getExprLoc()))
      return {};
    const FixItHint Edit = editOf(Model, A, Key->getName());
    if (Edit.isNull())
      return {};
    Edits.push_back(Edit);
  }
  return Edits;
}

void LegacyTlsCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const std::vector<ApiUse> Uses = model::usesOf(Model, ApiRole::LegacyTls);
  // One finding per key, at its first use.
  SmallVector<const ValueDecl *, 4> Keys;
  for (const ApiUse &Use : Uses) {
    const ValueDecl *Key = keyOf(Model, Use);
    if (Key && is_contained(Keys, Key))
      continue;
    if (Key)
      Keys.push_back(Key);
    const SourceLocation Loc = SM.getExpansionLoc(Use.Call->getExprLoc());
    {
      auto Diag =
          diag(Loc, "'%0' uses thread-local storage with a key of type int, "
                    "which fails where native keys are no integers; 'Py_tss_t' "
                    "and 'PyThread_tss_create' take its place");
      Diag << Use.Name;
      if (Key)
        for (const FixItHint &Edit : fix(Model, Key))
          Diag << Edit;
    }
    if (!Key)
      continue;
    for (const ApiUse &Other : Uses)
      if (&Other != &Use && keyOf(Model, Other) == Key)
        diag(SM.getExpansionLoc(Other.Call->getExprLoc()),
             "'%0' uses the same key", DiagnosticIDs::Note)
            << Other.Name;
  }
}

/// The variable with the key; null when the call shows none.
const ValueDecl *LegacyTlsCheck::keyOf(const ExtensionModel &Model,
                                       const ApiUse &Use) {
  const ValueDecl *Key = nullptr;
  if (Use.Call->getNumArgs())
    Key = model::variableOf(Use.Call->getArg(0));
  else
    Key = model::storedIn(model::pathTo(Model, Use.In->Decl, Use.Call), Use.Call);
  return Key ? cast<ValueDecl>(Key->getCanonicalDecl()) : nullptr;
}

} // namespace pyext::threads
