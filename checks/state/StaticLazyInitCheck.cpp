//===- StaticLazyInitCheck.cpp - cpython-state-static-lazy-init -----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/StaticLazyInitCheck.h"
#include "model/GlobalClasses.h"
#include "model/SharedState.h"
#include "state/LazyInitFix.h"
#include "support/RewriteOffer.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

/// Data behind a flag listed in the notes of one finding.
static constexpr unsigned MaxCompanions = 3;

StaticLazyInitCheck::StaticLazyInitCheck(StringRef Name,
                                         tidy::ClangTidyContext *Context)
    : ModelCheck(Name, Context),
      AllowBenignScalarCaches(Options.get("AllowBenignScalarCaches", false)) {}

void StaticLazyInitCheck::storeOptions(
    tidy::ClangTidyOptions::OptionMap &Opts) {
  ModelCheck::storeOptions(Opts);
  Options.store(Opts, "AllowBenignScalarCaches", AllowBenignScalarCaches);
}

static std::string nameOf(const StateVariable &State) {
  return State.Decl->getNameAsString();
}

/// What is initialised is, or comes with, a Python object.
static bool holdsObjects(const FirstUse &Use) {
  return Use.Variable->HoldsObjects ||
         any_of(Use.Companions,
                [](const auto &C) { return C.first->HoldsObjects; });
}

/// A number of its own, not a flag for something else.
static bool isScalarCache(const FirstUse &Use) {
  return Use.Companions.empty() && !Use.Call &&
         Use.Variable->Decl->getType()->isArithmeticType();
}

void StaticLazyInitCheck::analyze(const ExtensionModel &Model) {
  llvm::SmallPtrSet<const Stmt *, 16> Reported;
  for (const FirstUse &Use : Model.globals().firstUses()) {
    const GlobalVerdict *V = Model.globals().of(*Use.Variable);
    if (!V || V->Class != GlobalClass::LazyInit)
      continue; // Another check speaks of it.
    if (AllowBenignScalarCaches && isScalarCache(Use))
      continue;
    const bool Threads = hazards().FreeThreading && !V->OnlyWithGil &&
                         !onlyWithGil(Model, *Use.Test) &&
                         !onlyWithGil(Model, *Use.Write);
    if (!Threads && !(hazards().Subinterpreters && holdsObjects(Use)))
      continue;
    // if (!a || !b) { a = ...; b = ...; } is one initialisation.
    if (Reported.insert(Use.Branch).second)
      report(Model, Use, Threads);
  }
  if (!Model.isGenerated() && hazards().FreeThreading)
    for (const FieldFirstUse &Use : findFieldFirstUses(Model))
      if (!Model.preprocessing().onlyWithGil(
              Model.context().getSourceManager().getExpansionLoc(
                  Use.Test->getBeginLoc())) &&
          Reported.insert(Use.Branch).second)
        report(Model, Use);
}

void StaticLazyInitCheck::report(const ExtensionModel &Model,
                                 const FieldFirstUse &Use) {
  const SourceManager &SM = Model.context().getSourceManager();
  const std::string Name =
      Use.Pointer->getNameAsString() + "->" + Use.Field->getNameAsString();
  const SourceLocation Write = SM.getExpansionLoc(Use.Write->getBeginLoc());
  diag(SM.getExpansionLoc(Use.Branch->getBeginLoc()),
       "'%0' is initialised on first use without a lock; another thread in "
       "'%1' can pass the same test before line %2 writes it")
      << Name << Use.In->Decl->getNameAsString()
      << SM.getSpellingLineNumber(Write);
  diag(Write, "'%0' is written here", DiagnosticIDs::Note) << Name;
  diag(SM.getExpansionLoc(Use.Shared),
       "one struct for all threads: here it is in '%0'", DiagnosticIDs::Note)
      << nameOf(*Use.Variable);
  diag(Write,
       "hold one lock at the test and at the write, or set '%0' once with an "
       "atomic compare-exchange",
       DiagnosticIDs::Note)
      << Name;
}

void StaticLazyInitCheck::report(const ExtensionModel &Model,
                                 const FirstUse &Use, bool Threads) {
  const SourceManager &SM = Model.context().getSourceManager();
  const SourceLocation Test = SM.getExpansionLoc(Use.Branch->getBeginLoc());
  const SourceLocation Write =
      SM.getExpansionLoc(Use.Write->Where->getBeginLoc());
  const std::string Name = nameOf(*Use.Variable);
  const std::string Function = Use.In->Decl->getNameAsString();
  const bool Interpreters = hazards().Subinterpreters && holdsObjects(Use);

  if (!Threads)
    diag(Test, "'%0' is initialised by the first interpreter that comes here "
               "in '%1'; the others then use its Python objects")
        << Name << Function;
  else if (!globalLocksAt(Model, *Use.Write).empty())
    diag(Test, "'%0' is initialised on first use, and this test is outside the "
               "lock of the write%select{|: double-checked locking with a "
               "plain variable}1; another thread can see '%0' set before what "
               "it stands for%select{|, and other interpreters use its Python "
               "objects}2")
        << Name << Use.TestedAgain << Interpreters;
  else
    diag(Test, "'%0' is initialised on first use without a lock; another "
               "thread in '%1' can pass the same test before line %2 writes "
               "it%select{|, and other interpreters use its Python objects}3")
        << Name << Function << SM.getSpellingLineNumber(Write) << Interpreters;

  diag(Write, "'%0' is written here%select{|, in '%2'}1", DiagnosticIDs::Note)
      << Name << (Use.Call != nullptr)
      << (Use.Call ? Use.Write->Function->getNameAsString() : std::string());
  for (const auto &[Other, Access] :
       ArrayRef(Use.Companions).take_front(MaxCompanions))
    diag(SM.getExpansionLoc(Access->Where->getBeginLoc()),
         "a thread that sees '%0' set need not see this write of '%1'",
         DiagnosticIDs::Note)
        << Name << nameOf(*Other);
  // Objects belong to one interpreter: once for all is not enough.
  GuardFix Fix;
  if (!holdsObjects(Use))
    Fix = makeLazyInitFix(Model, Use, minPython());
  auto Note =
      diag(sharedVariable(*Use.Variable)->getLocation(),
           "%select{hold one lock at the test and at the write, or set '%1' "
           "once with an atomic compare-exchange%3|set '%1' in 'Py_mod_exec' "
           "and keep it in the module state; %2}0",
           DiagnosticIDs::Note)
      << holdsObjects(Use) << Name << rewriteOffer(Model, RewriteLevel::State)
      << (Fix.WhyNot.empty() ? std::string()
                             : "; not rewritten automatically: " + Fix.WhyNot);
  for (const FixItHint &Hint : Fix.Hints)
    Note << Hint;
}

} // namespace pyext::state
