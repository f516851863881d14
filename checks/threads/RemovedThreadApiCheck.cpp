//===- RemovedThreadApiCheck.cpp - cpython-threads-removed-thread-api -----===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/RemovedThreadApiCheck.h"
#include "facts/ModelCalls.h"
#include "model/Initializers.h"
#include "model/ModuleInit.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;
using namespace llvm;

namespace pyext::threads {

static constexpr size_t MaxNotes = 5;

namespace {
struct Use {
  SourceLocation Loc;
  const facts::SupersededApi *Api;
  const CallExpr *Call; ///< Null when only its name was found.
  const model::Function *Function;
};
} // namespace

/// The statement that is nothing but \p Call, with its semicolon and, when
/// nothing else is on it, its line.
static CharSourceRange statementOf(const model::ExtensionModel &Model,
                                   const Use &U) {
  const SourceManager &SM = Model.context().getSourceManager();
  const Stmt *Whole = nullptr;
  auto Look = [&](auto &&Self, const Stmt *S) -> void {
    for (const Stmt *C : S->children()) {
      if (!C)
        continue;
      const auto *E = dyn_cast<Expr>(C);
      if (isa<CompoundStmt>(S) && E && model::stripped(E) == U.Call)
        Whole = C;
      Self(Self, C);
    }
  };
  Look(Look, U.Function->Decl->getBody());
  if (!Whole || Whole->getBeginLoc().isMacroID() ||
      Whole->getEndLoc().isMacroID())
    return {};
  auto [File, Begin] = SM.getDecomposedLoc(Whole->getBeginLoc());
  unsigned End = SM.getFileOffset(Lexer::findLocationAfterToken(
      Whole->getEndLoc(), tok::semi, SM, Model.context().getLangOpts(), false));
  if (!End)
    return {};
  const StringRef Text = SM.getBufferData(File);
  const size_t LineStart = Text.rfind('\n', Begin) + 1;
  const StringRef Tail = Text.drop_front(End).split('\n').first;
  if (LineStart && Text.slice(LineStart, Begin).trim().empty() &&
      Tail.trim().empty()) {
    // With the newline before it, so that the next line keeps its indentation.
    Begin = LineStart - 1;
    End += Tail.size();
  }
  const SourceLocation Start = SM.getLocForStartOfFile(File);
  return CharSourceRange::getCharRange(Start.getLocWithOffset(Begin),
                                       Start.getLocWithOffset(End));
}

static FixItHint fixFor(const model::ExtensionModel &Model, const Use &U,
                        facts::PyVersion Min, bool Compat) {
  if (!U.Call)
    return {};
  if (U.Api->Change == facts::SupersededChange::Delete) {
    CharSourceRange Range = statementOf(Model, U);
    return Range.isValid() ? FixItHint::CreateRemoval(Range) : FixItHint();
  }
  const facts::ApiVersion *New =
      U.Api->Replacement ? facts::findApi(U.Api->Replacement) : nullptr;
  const auto *Ref = dyn_cast<DeclRefExpr>(U.Call->getCallee()->IgnoreImpCasts());
  if (U.Api->Change != facts::SupersededChange::Rename || !New ||
      !New->usableFrom(Min, Compat) || !Ref || Ref->getExprLoc().isMacroID())
    return {};
  return FixItHint::CreateReplacement(Ref->getSourceRange(),
                                      U.Api->Replacement);
}

/// Names that this version of Python no longer declares, which C++ does not turn
/// into calls.
static void findUndeclared(const model::ExtensionModel &Model,
                           std::vector<Use> &Uses) {
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  const model::Preprocessing &PP = Model.preprocessing();
  if (!Context.getLangOpts().CPlusPlus)
    return;
  bool Wanted = false;
  for (const facts::SupersededApi &Row : facts::supersededApis()) {
    auto It = Context.Idents.find(Row.Name);
    Wanted |= It != Context.Idents.end() && !It->second->hasMacroDefinition() &&
              Context.getTranslationUnitDecl()->lookup(It->second).empty();
  }
  if (!Wanted)
    return;
  const FileID Main = SM.getMainFileID();
  PP.identifiers(
      {SM.getLocForStartOfFile(Main), SM.getLocForEndOfFile(Main)},
      [&](StringRef Name, SourceLocation Loc) {
        const facts::SupersededApi *Row = facts::findSuperseded(Name);
        if (Row && !PP.isSkipped(Loc) &&
            Context.getTranslationUnitDecl()
                ->lookup(&Context.Idents.get(Name))
                .empty())
          Uses.push_back({Loc, Row, nullptr, nullptr});
      });
}

void RemovedThreadApiCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const model::Preprocessing &PP = Model.preprocessing();
  std::vector<Use> Uses;
  for (const auto &F : Model.functions()) {
    if (F->Generated)
      continue;
    for (const model::CallSite &Site : F->Calls)
      if (Site.Call)
        if (const facts::SupersededApi *Row =
                facts::findSuperseded(Site.Name);
            Row && !Model.function(Site.Callee)) // A replacement of one's own.
          Uses.push_back({SM.getExpansionLoc(Site.Call->getExprLoc()), Row,
                          Site.Call, F.get()});
  }
  findUndeclared(Model, Uses);

  MapVector<StringRef, std::vector<Use>> Families;
  for (const Use &U : Uses) {
    const facts::ApiVersion *New =
        U.Api->Replacement ? facts::findApi(U.Api->Replacement) : nullptr;
    // Nothing to use instead yet.
    if (U.Api->Status == facts::SupersededStatus::Deprecated && New &&
        !New->usableFrom(minPython(), mayUseCompatHeader()))
      continue;
    if (PP.versionCondition(U.Loc))
      continue; // Another branch is for the others.
    Families[U.Api->Family].push_back(U);
  }
  for (auto &[Family, List] : Families) {
    llvm::stable_sort(List, [&](const Use &A, const Use &B) {
      return SM.isBeforeInTranslationUnit(A.Loc, B.Loc);
    });
    const Use &First = List.front();
    const facts::SupersededApi &Api = *First.Api;
    {
      auto Diag = diag(First.Loc,
                       "'%0' %select{is gone in Python %1|will be removed in "
                       "Python %1|is deprecated since Python %1|does nothing "
                       "since Python %1}2: %3")
                  << Api.Name << facts::PyVersion{Api.Version}.str()
                  << unsigned(Api.Status) << Api.Why;
      for (const Use &U : List)
        if (FixItHint Hint =
                fixFor(Model, U, minPython(), mayUseCompatHeader());
            !Hint.isNull())
          Diag << Hint;
    }
    if (Api.Replacement) {
      const facts::ApiVersion *New = facts::findApi(Api.Replacement);
      diag(First.Loc, "'%0' takes its place%select{|, from Python %2 on}1",
           DiagnosticIDs::Note)
          << Api.Replacement
          << (New && !New->usableFrom(minPython(), mayUseCompatHeader()))
          << facts::PyVersion{New ? New->Since : 0}.str();
    }
    for (const Use &U : ArrayRef(List).drop_front().take_front(MaxNotes))
      diag(U.Loc, "'%0' is used here too", DiagnosticIDs::Note) << U.Api->Name;
    if (List.size() > MaxNotes + 1)
      diag(First.Loc, "and in %0 more places of this file", DiagnosticIDs::Note)
          << unsigned(List.size() - MaxNotes - 1);
  }
}

} // namespace pyext::threads
