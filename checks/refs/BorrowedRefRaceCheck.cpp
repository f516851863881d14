//===- BorrowedRefRaceCheck.cpp - cpython-refs-borrowed-ref-race ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/BorrowedRefRaceCheck.h"
#include "clang-tidy/ClangTidyDiagnosticConsumer.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseSet.h"

using namespace clang;

namespace pyext::refs {

/// The first Python with a free-threaded build.
static constexpr facts::PyVersion FirstFreeThreaded{13};

BorrowedRefRaceCheck::BorrowedRefRaceCheck(
    StringRef Name, clang::tidy::ClangTidyContext *Context)
    : ModelCheck(Name, Context),
      AcrossCall(
          Context->isCheckEnabled("cpython-refs-borrowed-ref-across-call")),
      Escapes(Context->isCheckEnabled(
          "cpython-refs-borrowed-escapes-critical-section")),
      Tier(Options.get("Tier", 3U)),
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
  // The check of sequences says where the list comes from.
  return Row.Mutable && Row.Container != facts::ContainerKind::Sequence &&
         (Row.Replacement || Row.Container == facts::ContainerKind::List);
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
    if (runsAlone(Model, FD))
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
      if (!Judged && F && !F->isCalledFromOutside() && !F->Callers.empty()) {
        bool FromCaller = false;
        for (unsigned V : L.ContainerValues)
          // Not what a lambda has captured.
          FromCaller |= Refs->origin(V).Kind == flow::OriginKind::Parameter &&
                        (!Refs->origin(V).Decl ||
                         Refs->origin(V).Decl->getDeclContext() ==
                             static_cast<const DeclContext *>(FD));
        if (FromCaller)
          continue;
      }

      flow::Sharing S = Sharing.container(*Refs, L);
      if (S.K == flow::Sharing::Private || S.OnlyGrows)
        continue;
      if (S.K == flow::Sharing::Unknown) {
        if (!StrictHelpers)
          continue;
        S.Tier = 3;
        S.Who = "nothing here shows that no other thread holds the container";
      }
      if (S.Tier > Tier)
        continue;
      // Another check says more: the GIL does not help, or the lock does not.
      if ((AcrossCall && findUseAfterCall(Model, *Refs, L).Use) ||
          (Escapes && SectionEnds && findUseAfterUnlock(Model, *Refs, L)))
        continue;
      // A macro that evaluates its argument twice is one place.
      if (!Reported.insert({SM.getFileLoc(Loc), L.Fact->Name}).second)
        continue;
      report(Model, FD, *Refs, L, *Last, S, SectionEnds);
    }
  }

  Offer.clear();
  for (const auto &[FD, Why] : States.notAnalysed())
    if (!FD->isTemplated())
      diag(FD->getLocation(), "'%0' was not analysed: %1",
           DiagnosticIDs::Remark)
          << FD->getNameAsString() << Why;
}

void BorrowedRefRaceCheck::report(const model::ExtensionModel &Model,
                                  const FunctionDecl *FD,
                                  const flow::FunctionRefs &Refs,
                                  const flow::Lookup &L, const flow::Use &Last,
                                  const flow::Sharing &S, bool SectionEnds) {
  const SourceManager &SM = Model.context().getSourceManager();
  auto FileLoc = [&](SourceLocation Loc) { return SM.getFileLoc(Loc); };
  const SourceLocation Loc = locationOf(L, SM);
  const std::string On = containerText(L, Model.context());
  const StrongReferenceFix Fix =
      Offer.fix(Model, FD, Refs, L, minPython(), mayUseCompatHeader());
  if (L.Fact->Result == facts::ResultKind::Items)
    diag(Loc, "items from '%0'%1 are used after another thread may have "
              "moved them")
        << L.Name << On;
  else
    Offer.add(Fix,
              diag(Loc, "borrowed reference from '%0'%1 is used after another "
                        "thread may have dropped it")
                  << L.Name << On,
              SM);

  diag(S.Where.isValid() ? FileLoc(S.Where) : Loc, "%0", DiagnosticIDs::Note)
      << S.Who;
  for (const CallExpr *Call : S.Given)
    diag(FileLoc(Call->getBeginLoc()), "'%0' is given the container here",
         DiagnosticIDs::Note)
        << FD->getNameAsString();
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
    diag(innerLocationOf(Model, L),
         "'%0' hands out a reference borrowed with '%1'", DiagnosticIDs::Note)
        << L.Through->getNameAsString() << L.Fact->Name;
  if (L.Fact->Replacement)
    diag(Loc, "%0", DiagnosticIDs::Note) << Offer.note(Fix, L);
}

} // namespace pyext::refs
