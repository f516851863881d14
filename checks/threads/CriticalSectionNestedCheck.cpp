//===- CriticalSectionNestedCheck.cpp ---------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/CriticalSectionNestedCheck.h"
#include "support/Source.h"
#include "threads/HoldReports.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;

namespace pyext::threads {

/// The first place within \p Range that uses \p Object.
static const Stmt *useWithin(const Stmt *S, llvm::StringRef Object,
                             SourceRange Range, const SourceManager &SM) {
  if (!S || isa<LambdaExpr>(S))
    return nullptr;
  const SourceLocation Loc = SM.getExpansionLoc(S->getBeginLoc());
  if (const auto *M = dyn_cast<MemberExpr>(S);
      M && M->isArrow() && SM.isBeforeInTranslationUnit(Range.getBegin(), Loc) &&
      SM.isBeforeInTranslationUnit(Loc, Range.getEnd()) &&
      flow::canonicalText(M->getBase()) == Object)
    return M;
  for (const Stmt *Child : S->children())
    if (const Stmt *Found = useWithin(Child, Object, Range, SM))
      return Found;
  return nullptr;
}

static const facts::LockApi *macroOf(facts::LockKind Kind, facts::LockOp Op) {
  for (const facts::LockApi &Api : facts::lockApis())
    if (Api.IsMacro && Api.Kind == Kind && Api.Op == Op &&
        Api.From == facts::Origin::CPython)
      return &Api;
  return nullptr;
}

static bool locksOne(const flow::LexicalRegion &R, facts::LockKind Kind) {
  const facts::LockApi *Api = facts::findLockApi(R.Open->Name);
  return Api && Api->IsMacro && Api->Kind == Kind;
}

/// Nothing but white space and `;` between two macros.
static bool adjoin(const model::MacroUse &A, const model::MacroUse &B,
                   const support::SourceText &Text, const SourceManager &SM) {
  auto [FileA, EndA] = SM.getDecomposedLoc(A.End);
  auto [FileB, BeginB] = SM.getDecomposedLoc(B.Begin);
  if (FileA != FileB || FileA != Text.file() || BeginB <= EndA)
    return false;
  const llvm::StringRef Between = Text.text({EndA, BeginB}).drop_front(1);
  return Between.find_first_not_of(" \t\r\n;)") == llvm::StringRef::npos;
}

/// Both begins as one, both ends as one; nothing when something lies between.
static llvm::SmallVector<FixItHint>
merge(const model::ExtensionModel &Model, const flow::LexicalRegion &Outer,
      const flow::LexicalRegion &Inner) {
  const SourceManager &SM = Model.context().getSourceManager();
  const bool Mutexes = locksOne(Outer, facts::LockKind::CriticalSectionMutex);
  const facts::LockKind One = Mutexes ? facts::LockKind::CriticalSectionMutex
                                      : facts::LockKind::CriticalSection;
  const facts::LockApi *Begin =
      macroOf(Mutexes ? facts::LockKind::CriticalSection2Mutex
                      : facts::LockKind::CriticalSection2,
              facts::LockOp::Begin);
  const facts::LockApi *End =
      macroOf(facts::LockKind::CriticalSection2, facts::LockOp::End);
  if (!Begin || !End || !locksOne(Outer, One) || !locksOne(Inner, One) ||
      !Outer.Close || !Inner.Close || !Outer.Open->Wrapper.empty() ||
      !Inner.Open->Wrapper.empty() || !Outer.Close->Wrapper.empty() ||
      !Inner.Close->Wrapper.empty() || Outer.Open->Args.size() != 1 ||
      Inner.Open->Args.size() != 1)
    return {};
  support::SourceText Text(SM, Model.context().getLangOpts(),
                           SM.getFileID(Outer.Open->Begin));
  if (!adjoin(*Outer.Open, *Inner.Open, Text, SM) ||
      !adjoin(*Inner.Close, *Outer.Close, Text, SM) ||
      Text.hasDirective({SM.getFileOffset(Outer.Open->Begin),
                         SM.getFileOffset(Inner.Open->End)}) ||
      Text.hasDirective({SM.getFileOffset(Inner.Close->Begin),
                         SM.getFileOffset(Outer.Close->End)}))
    return {};
  return {FixItHint::CreateReplacement(
              SourceRange(Outer.Open->Begin, Inner.Open->End),
              std::string(Begin->Name) + "(" + Outer.Open->Args[0] + ", " +
                  Inner.Open->Args[0] + ")"),
          FixItHint::CreateReplacement(
              SourceRange(Inner.Close->Begin, Outer.Close->End),
              std::string(End->Name) + "()")};
}

void CriticalSectionNestedCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated || !F->Locks)
      continue;
    const auto Regions = F->Locks->regions();
    for (const flow::LexicalRegion &Inner : Regions) {
      const facts::LockApi *Api = facts::findLockApi(Inner.Open->Name);
      if (Inner.Kind != flow::LexicalRegion::Locked || !Api ||
          !Api->IsMacro || !facts::isCriticalSection(Api->Kind))
        continue;
      // The innermost section around it.
      const flow::LexicalRegion *Outer = nullptr;
      for (const flow::LexicalRegion &R : Regions) {
        const facts::LockApi *Of = facts::findLockApi(R.Open->Name);
        if (&R != &Inner && R.Kind == flow::LexicalRegion::Locked && Of &&
            Of->IsMacro && facts::isCriticalSection(Of->Kind) &&
            SM.isBeforeInTranslationUnit(R.Begin, Inner.Begin) &&
            SM.isBeforeInTranslationUnit(Inner.End, R.End) &&
            (!Outer || SM.isBeforeInTranslationUnit(Outer->Begin, R.Begin)))
          Outer = &R;
      }
      if (!Outer || Outer->Locks.empty() || Inner.Locks.empty())
        continue;
      for (const flow::Lock &L : Outer->Locks) {
        if (llvm::any_of(Inner.Locks, [&](const flow::Lock &I) {
              return I.Key == L.Key;
            }))
          continue;
        const Stmt *Use = useWithin(F->Decl->getBody(), L.Key,
                                    {Inner.Begin, Inner.End}, SM);
        if (!Use || Model.preprocessing().onlyWithGil(Inner.Begin))
          continue;
        {
          auto Diag = diag(Inner.Begin,
                           "the section of '%0' can suspend the section of "
                           "'%1': the two are not locked together");
          Diag << flow::canonicalText(llvm::StringRef(
                      Inner.Open->Args.empty() ? "" : Inner.Open->Args[0]))
               << L.Key;
          for (const FixItHint &Hint : merge(Model, *Outer, Inner))
            Diag << Hint;
        }
        diag(placeOf(Use, SM), "'%0' is used here, maybe while another thread "
                               "has it",
             DiagnosticIDs::Note)
            << L.Key;
        diag(Outer->Begin, "the section of '%0' begins here",
             DiagnosticIDs::Note)
            << L.Key;
        break;
      }
    }
  }
}

} // namespace pyext::threads
