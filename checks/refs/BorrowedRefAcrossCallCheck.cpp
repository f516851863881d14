//===- BorrowedRefAcrossCallCheck.cpp - cpython-refs-borrowed-ref-across-call ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/BorrowedRefAcrossCallCheck.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::refs {

void BorrowedRefAcrossCallCheck::analyze(const model::ExtensionModel &Model) {
  const SourceManager &SM = Model.context().getSourceManager();
  flow::RefStates &States = Model.refs();
  llvm::DenseSet<std::pair<SourceLocation, const char *>> Reported;
  for (const FunctionDecl *FD : States.relevant()) {
    if (runsAlone(Model, FD))
      continue;
    const flow::FunctionRefs *Refs = States.get(FD);
    if (!Refs)
      continue;
    for (const flow::Lookup &L : Refs->lookups()) {
      const UseAfterCall After = findUseAfterCall(Model, *Refs, L);
      if (!After.Use || inAssertion(L.Where->getExprLoc(), Model.context()))
        continue;
      // A macro that evaluates its argument twice is one place.
      if (Reported.insert({SM.getFileLoc(L.Where->getExprLoc()), L.Fact->Name})
              .second)
        report(Model, *Refs, L, After);
    }
  }
  Offer.clear();
}

/// How a message names what \p Call calls.
static std::string nameOf(const CallExpr *Call, const ASTContext &Context) {
  if (const FunctionDecl *FD = Call->getDirectCallee())
    if (const IdentifierInfo *II = FD->getIdentifier())
      return facts::canonicalName(II->getName()).str();
  return sourceText(Call->getCallee(), Context);
}

void BorrowedRefAcrossCallCheck::report(const model::ExtensionModel &Model,
                                        const flow::FunctionRefs &Refs,
                                        const flow::Lookup &L,
                                        const UseAfterCall &After) {
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  const SourceLocation Loc = locationOf(L, SM);
  const std::string On = containerText(L, Context);
  const std::string Call = nameOf(After.Call, Context);
  const FunctionDecl *Callee = After.Call->getDirectCallee();
  const auto *State =
      Callee && Callee->getIdentifier()
          ? facts::findThreadStateApi(facts::canonicalName(Callee->getName()))
          : nullptr;
  const StrongReferenceFix Fix = Offer.fix(
      Model, Refs.function(), Refs, L, minPython(), mayUseCompatHeader());

  Offer.add(Fix,
            diag(Loc, "borrowed reference from '%0'%1 is used after "
                      "%select{'%3' may have run code that drops it|'%3' has "
                      "let other threads run, which may drop it|'%3' may have "
                      "dropped it}2")
                << L.Name << On << (After.Dropped ? 2 : State ? 1 : 0) << Call,
            SM);
  if (!After.Dropped)
    diag(After.Sharing.Where.isValid() ? SM.getFileLoc(After.Sharing.Where)
                                       : Loc,
         "%0", DiagnosticIDs::Note)
        << After.Sharing.Who;

  const SourceLocation At = SM.getFileLoc(After.Call->getBeginLoc());
  if (After.Within)
    diag(SM.getFileLoc(After.Use->Where->getBeginLoc()),
         "the reference is handed on here, and nothing else keeps the object "
         "alive during the call",
         DiagnosticIDs::Note);
  if (After.Dropped)
    diag(At, "what the reference was borrowed from may be gone after this call",
         DiagnosticIDs::Note);
  else if (State)
    diag(At, "other threads run from here on", DiagnosticIDs::Note);
  else if (const CallExpr *Inner = Model.refs().codeRunBy(Callee))
    diag(SM.getFileLoc(Inner->getBeginLoc()),
         "'%0' calls '%1' here, which can run any code", DiagnosticIDs::Note)
        << Call << nameOf(Inner, Context);
  else
    diag(At, "'%0' can run any code here", DiagnosticIDs::Note) << Call;
  diag(SM.getFileLoc((After.Within ? After.Within->Where : After.Use->Where)
                         ->getBeginLoc()),
       "the reference is used here afterwards", DiagnosticIDs::Note);
  if (L.Through)
    diag(innerLocationOf(Model, L),
         "'%0' hands out a reference borrowed with '%1'", DiagnosticIDs::Note)
        << L.Through->getNameAsString() << L.Fact->Name;
  if (L.Fact->Replacement)
    diag(Loc, "%0", DiagnosticIDs::Note) << Offer.note(Fix, L);
}

} // namespace pyext::refs
