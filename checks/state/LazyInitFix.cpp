//===- LazyInitFix.cpp ----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/LazyInitFix.h"
#include "flow/RefState.h"
#include "model/SharedState.h"
#include "support/LockFix.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {
namespace {

class Maker {
public:
  Maker(const ExtensionModel &Model, const FirstUse &Use, GuardFix &Result)
      : Model(Model), Use(Use), Result(Result) {}

  bool run(facts::PyVersion MinPython);

private:
  bool fail(const Twine &Why) {
    Result.WhyNot = Why.str();
    return false;
  }
  bool collect(const StateVariable &S, bool All);
  const CallExpr *runsPython() const;

  const ExtensionModel &Model;
  const FirstUse &Use;
  GuardFix &Result;
  SmallVector<const Stmt *, 8> Places;
};

/// The uses of \p S at run time; with \p All they have to be in the function,
/// or in the one that it calls to set \p S.
bool Maker::collect(const StateVariable &S, bool All) {
  for (const Access &A : S.Accesses) {
    if (!A.Function || phaseOf(Model, A) != Phase::RunTime ||
        onlyWithGil(Model, A))
      continue;
    if (Model.function(A.Function) == Use.In)
      Places.push_back(A.Where);
    else if (All && (!Use.Call || A.Function != Use.Write->Function))
      return fail("'" + A.Function->getNameAsString() + "' uses '" +
                  S.Decl->getNameAsString() + "', too");
  }
  return true;
}

/// The first call under the lock that can run Python code, in which another
/// thread, or this one, can wait for the lock.
const CallExpr *Maker::runsPython() const {
  const SourceManager &SM = Model.context().getSourceManager();
  auto At = [&](const Stmt *S) { return SM.getFileLoc(S->getBeginLoc()); };
  SourceLocation First = At(Places.front()), Last = First;
  for (const Stmt *S : Places) {
    if (SM.isBeforeInTranslationUnit(At(S), First))
      First = At(S);
    if (SM.isBeforeInTranslationUnit(Last, At(S)))
      Last = At(S);
  }
  for (const CallSite &Site : Use.In->Calls) {
    // The value of the last write begins behind its target.
    const bool Within =
        Site.Call && !SM.isBeforeInTranslationUnit(At(Site.Call), First) &&
        (SM.isBeforeInTranslationUnit(At(Site.Call), Last) ||
         (Use.Write->Statement &&
          SM.isBeforeInTranslationUnit(
              At(Site.Call), SM.getFileLoc(Use.Write->Statement->getEndLoc()))));
    if (Within &&
        Model.refs().maySuspend(
            Site.Callee, any_of(Site.Call->arguments(), [](const Expr *A) {
              return ExtensionModel::isObjectPointer(
                  A->IgnoreParenCasts()->getType());
            })))
      return Site.Call;
  }
  return nullptr;
}

bool Maker::run(facts::PyVersion MinPython) {
  if (Use.In->Generated || !Use.In->Decl->hasBody() ||
      isa<CXXMethodDecl>(Use.In->Decl))
    return false;
  if (Use.Call) {
    const Function *Helper = Model.function(Use.Write->Function);
    if (!Helper || Helper->Callers.size() != 1 || Helper->AddressTaken)
      return fail("'" + Use.Write->Function->getNameAsString() +
                  "' has other callers");
    Places.push_back(Use.Call);
  }
  if (!collect(*Use.Variable, /*All=*/true))
    return false;
  for (const auto &[Other, First] : Use.Companions)
    collect(*Other, /*All=*/false);
  if (Places.empty())
    return false;
  if (const CallExpr *Call = runsPython())
    return fail("'" +
                (Call->getDirectCallee()
                     ? Call->getDirectCallee()->getNameAsString()
                     : std::string("a call")) +
                "' can run Python code, for which a mutex is not to be held");
  LockFix Fix(Model, Use.In->Decl);
  const std::string Name =
      Fix.freshName(Use.Variable->Decl->getNameAsString() + "_mutex");
  std::string WhyNot;
  const LockLines Lines = mutexLock(Model, Name, MinPython, WhyNot);
  if (Lines.Take.empty())
    return fail(WhyNot);
  if (!Fix.lock(Places, Lines))
    return fail(Fix.whyNot());
  std::vector<std::string> Declared{"static " + mutexType() + " " + Name + ";"};
  if (!Lines.Guard.empty()) {
    Declared.insert(Declared.begin(), Lines.Guard);
    Declared.push_back("#endif");
  }
  Fix.addBefore(Declared);
  Result.Hints = Fix.hints();
  return Result.Hints.empty() ? fail(Fix.whyNot()) : true;
}

} // namespace

GuardFix makeLazyInitFix(const ExtensionModel &Model, const FirstUse &Use,
                            facts::PyVersion MinPython) {
  GuardFix Result;
  Maker(Model, Use, Result).run(MinPython);
  return Result;
}

} // namespace pyext::state
