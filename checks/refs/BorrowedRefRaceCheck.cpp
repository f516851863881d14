//===- BorrowedRefRaceCheck.cpp - cpython-refs-borrowed-ref-race ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/BorrowedRefRaceCheck.h"
#include "refs/StrongReferenceFix.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/DenseSet.h"

using namespace clang;

namespace pyext::refs {

/// The first Python with a free-threaded build.
static constexpr facts::PyVersion FirstFreeThreaded{13};

BorrowedRefRaceCheck::BorrowedRefRaceCheck(
    StringRef Name, clang::tidy::ClangTidyContext *Context)
    : ModelCheck(Name, Context), Tier(Options.get("Tier", 3U)),
      StrictHelpers(Options.get("StrictHelpers", false)) {
  if (Tier < 1 || Tier > 3)
    configurationDiag("invalid value '%0' for option 'Tier': expected 1, 2 or 3",
                      DiagnosticIDs::Error)
        << Tier;
}

void BorrowedRefRaceCheck::storeOptions(
    clang::tidy::ClangTidyOptions::OptionMap &Opts) {
  ModelCheck::storeOptions(Opts);
  Options.store(Opts, "Tier", Tier);
  Options.store(Opts, "StrictHelpers", StrictHelpers);
}

/// The reader can do something about it, or the memory itself can go away.
static bool isReportable(const facts::BorrowedReference &Row) {
  return Row.Mutable &&
         (Row.Replacement || Row.Container == facts::ContainerKind::List ||
          Row.Container == facts::ContainerKind::Sequence);
}

/// True when \p Loc is within assert(...).
static bool inAssertion(SourceLocation Loc, const ASTContext &Context) {
  const SourceManager &SM = Context.getSourceManager();
  for (unsigned I = 0; I < 32 && Loc.isMacroID(); ++I) {
    if (Lexer::getImmediateMacroName(Loc, SM, Context.getLangOpts()) ==
        "assert")
      return true;
    Loc = SM.getImmediateExpansionRange(Loc).getBegin();
  }
  return false;
}

/// The expression as the user wrote it, a macro by its invocation.
static std::string sourceText(const Expr *E, const ASTContext &Context) {
  const SourceManager &SM = Context.getSourceManager();
  SourceLocation Begin = SM.getFileLoc(E->getBeginLoc());
  SourceLocation End = E->getEndLoc();
  for (unsigned I = 0; I < 32 && End.isMacroID(); ++I)
    End = SM.isMacroArgExpansion(End)
              ? SM.getImmediateSpellingLoc(End)
              : SM.getImmediateExpansionRange(End).getEnd();
  StringRef Text = Lexer::getSourceText(
      CharSourceRange::getTokenRange(Begin, End), SM, Context.getLangOpts());
  if (Text.empty() || Text.size() > 80 || Text.contains('\n'))
    return flow::canonicalText(E);
  return Text.str();
}

void BorrowedRefRaceCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading)
    return;
  const model::Preprocessing &PP = Model.preprocessing();
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  flow::RefStates &States = Model.refs();
  flow::SharingAnalysis &Sharing = Model.sharing();
  llvm::DenseSet<std::pair<SourceLocation, const char *>> Reported;

  for (const FunctionDecl *FD : States.relevant()) {
    // While the module is imported, or when nobody else has the object.
    const uint8_t Contexts = Model.contextsOf(FD);
    if (Contexts && !(Contexts & (model::RunContext | model::ForeignContext)))
      continue;
    const flow::FunctionRefs *Refs = States.get(FD);
    if (!Refs)
      continue;
    for (const flow::Lookup &L : Refs->lookups()) {
      if (!L.Reached || !isReportable(*L.Fact))
        continue;
      SourceLocation Loc = L.Where->getExprLoc();
      if (PP.onlyWithGil(Loc) || PP.onlyBefore(FirstFreeThreaded, Loc) ||
          inAssertion(Loc, Context))
        continue;

      // Uses with no lock that keeps the container as it is.
      const flow::Use *Last = nullptr;
      bool Judged = false, SectionEnds = false;
      flow::LockList Held = Model.locksAt(FD, L.Where);
      bool Suspendable = false;
      const bool Guarded = Sharing.protects(Held, *Refs, L, Suspendable);
      for (const flow::Use &U : L.Uses) {
        if (inAssertion(U.Where->getBeginLoc(), Context))
          continue;
        if (Guarded) {
          bool Again = false;
          if (Sharing.protects(Model.locksAt(FD, U.Where), *Refs, L, Again) &&
              !(Suspendable && U.Suspended))
            continue;
          SectionEnds = true;
        }
        // A helper that only hands the reference on is judged where it is
        // called.
        Judged |= U.Kind != flow::UseKind::Returned;
        Last = &U;
      }
      if (!Last)
        continue;
      const model::Function *F = Model.function(FD);
      if (!Judged && F && !F->isPythonVisible() && !F->Callers.empty()) {
        bool FromCaller = false;
        for (unsigned V : L.ContainerValues)
          FromCaller |= Refs->origin(V).Kind == flow::OriginKind::Parameter;
        if (FromCaller)
          continue;
      }

      flow::Sharing S = Sharing.container(*Refs, L);
      if (S.K == flow::Sharing::Private)
        continue;
      if (S.K == flow::Sharing::Unknown) {
        if (!StrictHelpers)
          continue;
        S.Tier = 3;
        S.Who = "nothing here shows that no other thread holds the container";
      }
      if (S.Tier > Tier)
        continue;
      // A macro that evaluates its argument twice is one place.
      if (!Reported.insert({SM.getFileLoc(Loc), L.Fact->Name}).second)
        continue;
      report(Model, FD, *Refs, L, *Last, S, SectionEnds);
    }
  }

  FixWork.clear();
  for (const auto &[FD, Why] : States.notAnalysed())
    if (!FD->isTemplated())
      diag(FD->getLocation(), "'%0' was not analysed: %1",
           DiagnosticIDs::Remark)
          << FD->getNameAsString() << Why;
}

/// Every fix looks at the whole function again. What that may cost is bounded,
/// so that a large generated function does not take a minute.
bool BorrowedRefRaceCheck::affordsFix(const flow::FunctionRefs &Refs) {
  constexpr size_t MaxWork = 30000; // Basic blocks.
  size_t &Spent = FixWork[Refs.function()];
  if (Spent > MaxWork)
    return false;
  Spent += Refs.size() + 20;
  return true;
}

void BorrowedRefRaceCheck::report(const model::ExtensionModel &Model,
                                  const FunctionDecl *FD,
                                  const flow::FunctionRefs &Refs,
                                  const flow::Lookup &L, const flow::Use &Last,
                                  const flow::Sharing &S, bool SectionEnds) {
  const SourceManager &SM = Model.context().getSourceManager();
  auto FileLoc = [&](SourceLocation Loc) { return SM.getFileLoc(Loc); };
  const SourceLocation Loc = FileLoc(
      isa<ArraySubscriptExpr>(L.Where)
          ? cast<ArraySubscriptExpr>(L.Where)->getRBracketLoc()
          : L.Where->getExprLoc());
  const std::string On =
      L.Container ? " on '" + sourceText(L.Container, Model.context()) + "'"
                  : "";

  StrongReferenceFix Fix;
  if (L.Through)
    Fix.WhyNot = "the look-up is in another function";
  else if (!affordsFix(Refs))
    Fix.WhyNot = "the function is large and has many look-ups";
  else if (L.Fact->Replacement)
    Fix = makeStrongReferenceFix(
        L.Where, *L.Fact, FD, Model.context(),
        {minPython(), mayUseCompatHeader(),
         Model.preprocessing().limitedApi()});
  auto AddFix = [&](const DiagnosticBuilder &Warning) {
    if (!Fix.Applicable)
      return;
    for (const FixItHint &Hint : Fix.Hints)
      Warning << Hint;
    if (Fix.Include &&
        Including.insert(SM.getFileID(Fix.Include->RemoveRange.getBegin()))
            .second)
      Warning << *Fix.Include;
  };
  if (L.Fact->Result == facts::ResultKind::Items)
    diag(Loc, "items from '%0'%1 are used after another thread may have "
              "moved them")
        << L.Name << On;
  else
    AddFix(diag(Loc, "borrowed reference from '%0'%1 is used after another "
                     "thread may have dropped it")
           << L.Name << On);

  diag(S.Where.isValid() ? FileLoc(S.Where) : Loc, "%0", DiagnosticIDs::Note)
      << S.Who;
  if (SectionEnds)
    diag(FileLoc(Last.Where->getBeginLoc()),
         Last.Suspended ? "the lock held at the lookup may have been suspended "
                          "before the reference is used last here"
                        : "the lock held at the lookup is released before the "
                          "reference is used last here",
         DiagnosticIDs::Note);
  else
    diag(FileLoc(Last.Where->getBeginLoc()),
         Last.Kind == flow::UseKind::Incref
             ? "the reference becomes strong only here"
             : "the reference is used last here",
         DiagnosticIDs::Note);
  if (L.Through)
    diag(L.Through->getLocation(), "'%0' hands out a reference borrowed with "
                                   "'%1'",
         DiagnosticIDs::Note)
        << L.Through->getNameAsString() << L.Fact->Name;
  if (L.Fact->Replacement) {
    std::string Since;
    if (L.Fact->Since > 9)
      Since = " (Python 3." + std::to_string(L.Fact->Since) +
              (L.Fact->InCompat ? ", or pythoncapi_compat.h)" : ")");
    diag(Loc, "'%0' returns a strong reference%1%2", DiagnosticIDs::Note)
        << L.Fact->Replacement << Since
        << (Fix.Applicable ? ""
                           : "; not rewritten automatically: " + Fix.WhyNot);
  }
}

} // namespace pyext::refs
