//===- BorrowedLookup.cpp - What checks of look-ups share -----------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/BorrowedLookup.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"

using namespace clang;

namespace pyext::refs {

bool runsAlone(const model::ExtensionModel &Model, const FunctionDecl *FD) {
  const uint8_t Contexts = Model.contextsOf(FD);
  return Contexts && !(Contexts & (model::RunContext | model::ForeignContext));
}

bool inAssertion(SourceLocation Loc, const ASTContext &Context) {
  const SourceManager &SM = Context.getSourceManager();
  for (unsigned I = 0; I < 32 && Loc.isMacroID(); ++I) {
    if (Lexer::getImmediateMacroName(Loc, SM, Context.getLangOpts()) ==
        "assert")
      return true;
    Loc = SM.getImmediateExpansionRange(Loc).getBegin();
  }
  return false;
}

std::string sourceText(const Expr *E, const ASTContext &Context) {
  const SourceManager &SM = Context.getSourceManager();
  SourceLocation Begin = SM.getFileLoc(E->getBeginLoc());
  SourceLocation End = E->getEndLoc();
  for (unsigned I = 0; I < 32 && End.isMacroID(); ++I)
    End = SM.isMacroArgExpansion(End)
              ? SM.getImmediateSpellingLoc(End)
              : SM.getImmediateExpansionRange(End).getEnd();
  StringRef Text = Lexer::getSourceText(
      CharSourceRange::getTokenRange(Begin, End), SM, Context.getLangOpts());
  // An argument of the user's macro does not end where it is used in it.
  if (Text.empty() || Text.size() > 80 || Text.contains('\n') ||
      Text.count('(') != Text.count(')'))
    return flow::canonicalText(E);
  return Text.str();
}

SourceLocation locationOf(const flow::Lookup &L, const SourceManager &SM) {
  const auto *Item = dyn_cast<ArraySubscriptExpr>(L.Where);
  return SM.getFileLoc(Item ? Item->getRBracketLoc() : L.Where->getExprLoc());
}

SourceLocation innerLocationOf(const model::ExtensionModel &Model,
                               const flow::Lookup &L) {
  const SourceManager &SM = Model.context().getSourceManager();
  SourceLocation Loc = L.Through->getLocation();
  const flow::Lookup *In = &L;
  for (unsigned I = 0; I < 16 && In->Through; ++I) {
    const model::Function *F = Model.function(In->Through);
    const flow::FunctionRefs *Refs = F ? Model.refs().get(F->Decl) : nullptr;
    if (!Refs || In->Inner >= Refs->lookups().size())
      break;
    In = &Refs->lookups()[In->Inner];
    Loc = locationOf(*In, SM);
  }
  return Loc;
}

std::string containerText(const flow::Lookup &L, const ASTContext &Context) {
  return L.Container ? " on '" + sourceText(L.Container, Context) + "'" : "";
}

/// Objects that stay for as long as something else than the container lives.
static bool staysWithoutContainer(const flow::Lookup &L) {
  switch (L.Fact->Container) {
  case facts::ContainerKind::Dict:
  case facts::ContainerKind::List:
  case facts::ContainerKind::Sequence:
  case facts::ContainerKind::Set:
  case facts::ContainerKind::Tuple:
  case facts::ContainerKind::Type:
  case facts::ContainerKind::Weakref:
    return false;
  case facts::ContainerKind::Sys:
    // A module stays in sys.modules.
    return L.Fact->Shape == facts::ReplacementShape::DropInReturnStrong ||
           L.Fact->Shape == facts::ReplacementShape::OtherArguments;
  default:
    return true;
  }
}

UseAfterCall findUseAfterCall(const model::ExtensionModel &Model,
                              const flow::FunctionRefs &Refs,
                              const flow::Lookup &L) {
  UseAfterCall Result;
  if (!L.Reached || L.Step || staysWithoutContainer(L) ||
      L.Fact->Result != facts::ResultKind::Return)
    return Result;
  const FunctionDecl *FD = Refs.function();
  const ASTContext &Context = Model.context();
  flow::SharingAnalysis &Sharing = Model.sharing();

  // What happens to the container is asked last: it costs most.
  const flow::Use *Found = nullptr;
  for (const flow::Use &U : L.Uses) {
    if (!U.After || U.Kind == flow::UseKind::Decref ||
        inAssertion(U.Where->getBeginLoc(), Context))
      continue;
    if (!Found || (U.Dropped && !Found->Dropped))
      Found = &U;
  }
  const flow::LateUse *Within = nullptr;
  if (!Found)
    for (const flow::Use &U : L.Uses) {
      const auto *Call = dyn_cast<CallExpr>(U.Where);
      const FunctionDecl *Callee =
          Call && U.Kind == flow::UseKind::Passed ? Call->getDirectCallee()
                                                  : nullptr;
      const model::Function *F = Model.function(Callee);
      const flow::CallArguments *Given =
          F ? Refs.arguments(Call) : nullptr;
      const flow::FunctionRefs *Inner =
          Given && Model.refs().codeRunBy(F->Decl) ? Model.refs().get(F->Decl)
                                                   : nullptr;
      if (!Inner)
        continue;
      for (unsigned I = 0; I < Given->Args.size() && !Within; ++I)
        for (unsigned V : Given->Args[I])
          if (Refs.origin(V).Kind == flow::OriginKind::Borrowed &&
              &Refs.lookups()[Refs.origin(V).Lookup] == &L)
            Within = Inner->lateUse(I);
      if (Within) {
        Found = &U;
        break;
      }
    }
  if (!Found)
    return Result;

  if (Found->Dropped && !Within) {
    Result.Dropped = true;
  } else {
    if (L.Fact->Container == facts::ContainerKind::Tuple)
      return Result;
    Result.Sharing = Sharing.container(Refs, L);
    if (Result.Sharing.K != flow::Sharing::Shared || Result.Sharing.OnlyGrows)
      return Result;
    // A native lock also keeps the own thread from coming back. A critical
    // section does not, but who takes one has thought of what is called.
    bool Suspendable = false;
    if (Sharing.protects(Model.locksAt(FD, L.Where), Refs, L, Suspendable) &&
        (!Suspendable || Within))
      return Result;
  }
  Result.Use = Found;
  Result.Call = Within ? Within->After : Found->After;
  Result.Within = Within;
  return Result;
}

const flow::Use *findUseAfterUnlock(const model::ExtensionModel &Model,
                                    const flow::FunctionRefs &Refs,
                                    const flow::Lookup &L) {
  if (!L.Reached || L.Step || !L.Fact->Mutable ||
      L.Fact->Result != facts::ResultKind::Return)
    return nullptr;
  const FunctionDecl *FD = Refs.function();
  flow::SharingAnalysis &Sharing = Model.sharing();
  bool Suspendable = false;
  if (!Sharing.protects(Model.locksAt(FD, L.Where), Refs, L, Suspendable))
    return nullptr;
  for (const flow::Use &U : L.Uses)
    if (!inAssertion(U.Where->getBeginLoc(), Model.context()) &&
        !Sharing.protects(Model.locksAt(FD, U.Where), Refs, L, Suspendable)) {
      const flow::Sharing S = Sharing.container(Refs, L);
      return S.K == flow::Sharing::Shared && !S.OnlyGrows ? &U : nullptr;
    }
  return nullptr;
}

StrongReferenceFix StrongReferenceOffer::fix(const model::ExtensionModel &Model,
                                             const FunctionDecl *FD,
                                             const flow::FunctionRefs &Refs,
                                             const flow::Lookup &L,
                                             facts::PyVersion MinPython,
                                             bool CompatHeader) {
  StrongReferenceFix Fix;
  if (L.Through)
    Fix.WhyNot = "the look-up is in another function";
  else if (!affords(Refs, Model.context().getSourceManager()))
    Fix.WhyNot = "the function is large and has many look-ups";
  else if (L.Fact->Replacement)
    Fix = makeStrongReferenceFix(
        L.Where, *L.Fact, FD, Model.context(),
        {MinPython, CompatHeader, Model.preprocessing().limitedApi(), &Names[FD]});
  if (!Fix.Applicable)
    return Fix;
  // Of two fixes that change the same text neither could be applied.
  const SourceManager &SM = Model.context().getSourceManager();
  llvm::SmallVector<Change, 8> Changes;
  for (const FixItHint &Hint : Fix.Hints) {
    const auto [File, Begin] = SM.getDecomposedLoc(Hint.RemoveRange.getBegin());
    const unsigned End = SM.getFileOffset(Hint.RemoveRange.getEnd());
    Changes.push_back({File, Begin, std::max(Begin, End)});
  }
  for (const Change &A : Changes)
    for (const Change &B : Offered)
      if (A.File == B.File && A.Begin < B.End && B.Begin < A.End) {
        Fix = StrongReferenceFix();
        Fix.WhyNot = "the fix of another look-up changes the same lines";
        return Fix;
      }
  Offered.append(Changes.begin(), Changes.end());
  return Fix;
}

/// Every fix looks at the whole function again. What that may cost is bounded,
/// so that a large generated function does not take a minute.
bool StrongReferenceOffer::affords(const flow::FunctionRefs &Refs,
                                   const SourceManager &SM) {
  constexpr size_t MaxBlocks = 30000, MaxBytes = 4000000;
  auto &[Blocks, Bytes] = Work[Refs.function()];
  if (Blocks > MaxBlocks || Bytes > MaxBytes)
    return false;
  Blocks += Refs.size() + 20;
  const SourceRange Body = Refs.function()->getBody()->getSourceRange();
  Bytes += SM.getFileOffset(SM.getExpansionLoc(Body.getEnd())) -
           SM.getFileOffset(SM.getExpansionLoc(Body.getBegin()));
  return true;
}

void StrongReferenceOffer::add(const StrongReferenceFix &Fix,
                               const DiagnosticBuilder &Warning,
                               const SourceManager &SM) {
  if (!Fix.Applicable)
    return;
  for (const FixItHint &Hint : Fix.Hints)
    Warning << Hint;
  if (Fix.Include &&
      Including.insert(SM.getFileID(Fix.Include->RemoveRange.getBegin())).second)
    Warning << *Fix.Include;
}

std::string StrongReferenceOffer::note(const StrongReferenceFix &Fix,
                                       const flow::Lookup &L) {
  std::string Text =
      "'" + std::string(L.Fact->Replacement) + "' returns a strong reference";
  if (L.Fact->Since > 9)
    Text += " (Python 3." + std::to_string(L.Fact->Since) +
            (L.Fact->InCompat ? ", or pythoncapi_compat.h)" : ")");
  if (!Fix.Applicable)
    Text += "; not rewritten automatically: " + Fix.WhyNot;
  return Text;
}

} // namespace pyext::refs
