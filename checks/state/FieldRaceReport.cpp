//===- FieldRaceReport.cpp ------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/FieldRaceReport.h"
#include "clang/AST/DeclCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

/// Functions named in the notes of one finding, and of those with a lock.
static constexpr size_t MaxFunctions = 60, MaxGuarded = 3;
/// Entry points that lead to it.
static constexpr size_t MaxEntries = 250;
/// Further uses shown in the function that is reported.
static constexpr size_t MaxHere = 3;
/// A function that uses a field so often, over so many lines, is shown as a whole.
static constexpr size_t ManyUses = 3, ManyLines = 6;

std::string FieldRaceReport::nameOf(const model::Function &F) {
  const auto *Method = dyn_cast<CXXMethodDecl>(F.Decl);
  if (Method && Method->getParent()->isLambda())
    return "(lambda)";
  return F.Decl->getNameAsString();
}

std::string FieldRaceReport::fieldOf(const FieldRace &R) {
  std::string Text = R.Field->getNameAsString();
  if (R.Part)
    Text += (R.Field->getType()->isPointerType() ? "->" : ".") +
            R.Part->getNameAsString();
  return Text;
}

std::string FieldRaceReport::fieldsOf(const FieldRace &R) {
  std::string Text = "'" + fieldOf(R) + "'";
  for (size_t I = 0; I < R.Others.size(); ++I) {
    const bool Last = I + 1 == R.Others.size();
    if (I == 5 && !Last)
      return Text + " and " + std::to_string(R.Others.size() - I) + " more";
    Text += (Last ? " and '" : ", '") + R.Others[I]->getNameAsString() + "'";
  }
  return Text;
}

std::string FieldRaceReport::structOf(const FieldRace &R) {
  const RecordDecl *RD = R.Field->getParent();
  if (const TypedefNameDecl *Typedef = RD->getTypedefNameForAnonDecl())
    return Typedef->getNameAsString();
  return RD->getNameAsString();
}

SourceLocation FieldRaceReport::placeOf(const ExtensionModel &Model,
                                       const Stmt *S) {
  return Model.context().getSourceManager().getExpansionLoc(S->getBeginLoc());
}

StringRef FieldRaceReport::advice(const FieldRace &R) const {
  if (OfModule)
    return "hold one lock at all of these places: a mutex in the module state, "
           "or a critical section on the module";
  return "hold one lock at all of these places: a critical section on the "
         "object, or a mutex that is a field of it";
}

void FieldRaceReport::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  for (const FieldRace &R : Model.instances().races())
    if (R.Kind == Kind && (R.WithGil || hazards().FreeThreading) &&
        accept(R)) {
      const StateVariable *S = Model.stateOf(R.Field);
      OfModule = S && S->Kind == StateKind::ModuleField;
      Fix = makeFieldRaceFix(Model, R, minPython());
      Fix.Simple &= Kind == RaceKind::Replaced;
      report(Model, R);
      note(Model, R);
    }
  // One of the checks speaks for all.
  if (Kind == RaceKind::Unguarded && hazards().FreeThreading)
    for (const auto &[FD, Why] : Model.instances().notAnalysed())
      diag(FD->getLocation(),
           "not all uses of fields of objects in '%0' were analysed: %1",
           DiagnosticIDs::Remark)
          << FD->getNameAsString() << Why;
}

static bool changes(const FieldUse &U) {
  return U.writes() || (U.Kind == AccessKind::Atomic && !U.Resets);
}

/// The field, or the part of it, that is used.
static std::string pathOf(const FieldUse &U) {
  std::string Text = U.Path[0]->getNameAsString();
  if (U.Path.size() > 1)
    Text += (U.Path[0]->getType()->isPointerType() ? "->" : ".") +
            U.Path[1]->getNameAsString();
  return Text;
}

/// How much a use tells about the danger.
static int weight(const FieldUse *U) {
  return 4 * U->writes() + 2 * U->TakesReference + U->Content;
}

bool FieldRaceReport::isReader(const FieldUse &U) {
  return !U.Locks.empty() && all_of(U.Locks, [](const std::string &L) {
    return flow::withoutMode(L) != L;
  });
}

/// How Python code comes to a function.
void FieldRaceReport::reach(const model::Function *F) {
  const EntryPoint &E = F->Entries.front();
  if (!E.Type || E.Name.empty())
    return;
  static constexpr StringRef Kinds[] = {"method", "getter", "setter", "slot"};
  const unsigned Kind = E.Kind == EntryKind::Method   ? 0
                        : E.Kind == EntryKind::Getter ? 1
                        : E.Kind == EntryKind::Setter ? 2
                                                      : 3;
  diag(F->Decl->getLocation(),
       "'%0' is the %1 '%2' of '%3': any number of threads can be in it",
       DiagnosticIDs::Note)
      << nameOf(*F) << Kinds[Kind] << E.Name << E.Type->Name;
}

/// `return helper(self, args);`
static bool isWholeBody(const WayIn &W, const model::Function &Helper) {
  const auto *Call = dyn_cast_or_null<CallExpr>(W.Call);
  const auto *Body = dyn_cast_or_null<CompoundStmt>(W.From->Decl->getBody());
  if (!Call || !Body || Body->size() != 1 || !Call->getDirectCallee() ||
      Call->getDirectCallee()->getCanonicalDecl() !=
          Helper.Decl->getCanonicalDecl())
    return false;
  const auto *Return = dyn_cast<ReturnStmt>(Body->body_back());
  return Return && Return->getRetValue() &&
         Return->getRetValue()->IgnoreParenCasts() == Call;
}

void FieldRaceReport::note(const ExtensionModel &Model, const FieldRace &R) {
  const SourceManager &SM = Model.context().getSourceManager();
  auto LineOf = [&](const FieldUse *U) {
    return SM.getExpansionLineNumber(U->Where->getBeginLoc());
  };
  MapVector<const model::Function *, std::vector<const FieldUse *>> ByFunction;
  ByFunction[R.First->In];
  if (R.Second)
    ByFunction[R.Second->In];
  for (const FieldUse *U : R.Open)
    ByFunction[U->In].push_back(U);
  if (R.Second && is_contained(R.Guarded, R.Second))
    ByFunction[R.Second->In].push_back(R.Second);

  // Instances of one template are one function to the reader.
  DenseSet<SourceLocation> Named;
  DenseSet<SourceLocation> Noted, Places;
  size_t Left = MaxFunctions, Entries = MaxEntries, Unnamed = 0;
  auto IsHelper = [&](const model::Function *F,
                      const std::vector<const FieldUse *> &Uses) {
    return F != R.First->In && (!R.Second || F != R.Second->In) &&
           all_of(Uses, [](const FieldUse *U) {
             return all_of(U->Ways, [](const WayIn &W) { return W.Call; });
           });
  };
  // Besides the two that race, the lock belongs where Python code comes in: in
  // a method, or in the helper that is all of it.
  DenseSet<const model::Function *> Silent;
  for (const auto &[F, Uses] : ByFunction)
    if (!Uses.empty() && IsHelper(F, Uses) &&
        none_of(Uses, [F = F](const FieldUse *U) {
          return changes(*U) && any_of(U->Ways, [F](const WayIn &W) {
            return isWholeBody(W, *F);
          });
        }))
      Silent.insert(F);
  auto Room = [&] {
    if (Left)
      return --Left, true;
    return ++Unnamed, false;
  };
  for (auto &[F, Uses] : ByFunction) {
    if (Uses.empty() || Silent.contains(F))
      continue;
    Named.insert(F->Decl->getLocation());
    llvm::stable_sort(Uses, [&](const FieldUse *A, const FieldUse *B) {
      return SM.isBeforeInTranslationUnit(A->Where->getBeginLoc(),
                                          B->Where->getBeginLoc());
    });
    // One use per line.
    SmallVector<const FieldUse *> Lines;
    for (const FieldUse *U : Uses)
      if (Lines.empty() || LineOf(Lines.back()) != LineOf(U))
        Lines.push_back(U);
      else if (weight(U) > weight(Lines.back()) && Lines.back() != R.First)
        Lines.back() = U;
    SmallVector<const FieldUse *> Shown;
    const bool Here = F == R.First->In;
    for (const FieldUse *U : Lines)
      if (!Here || LineOf(U) != LineOf(R.First))
        Shown.push_back(U);
    if (Here) {
      llvm::stable_sort(Shown, [](const FieldUse *A, const FieldUse *B) {
        return weight(A) > weight(B);
      });
      if (Shown.size() > MaxHere)
        Shown.resize(MaxHere);
      llvm::stable_sort(Shown, [&](const FieldUse *A, const FieldUse *B) {
        return LineOf(A) < LineOf(B);
      });
    } else if (!Shown.empty()) {
      if (!Noted.insert(F->Decl->getLocation()).second || !Room())
        continue;
      const FieldUse *Best = Shown.front();
      for (const FieldUse *U : Shown)
        if (weight(U) > weight(Best))
          Best = U;
      if (Shown.size() >= ManyUses &&
          LineOf(Shown.back()) - LineOf(Shown.front()) > ManyLines) {
        diag(F->Decl->getLocation(), "'%0' uses '%1' in %2 lines",
             DiagnosticIDs::Note)
            << nameOf(*F) << pathOf(*Best) << unsigned(Shown.size());
      }
      Shown = {Best};
    }
    for (const FieldUse *U : Shown) {
      const bool Guarded = is_contained(R.Guarded, U);
      if (!Places.insert(placeOf(Model, U->Where)).second)
        continue;
      diag(placeOf(Model, U->Where),
           "'%0' %select{reads|changes}1 %select{'%3'|what is behind '%3'}2 "
           "here%select{ without a lock|, under a lock| with an atomic "
           "operation|, under a lock that readers share|, under another "
           "lock}4%select{|, while "
           "detached}5",
           DiagnosticIDs::Note)
          << nameOf(*F) << changes(*U) << (U->Content && U->Path.size() == 1)
          << pathOf(*U)
          << (U->Kind == AccessKind::Atomic ? 2
              : isReader(*U) ? 3
              : Kind == RaceKind::MixedAtomic && !U->Locks.empty() ? 1
              : Guarded          ? 1
              : U->Locks.empty() ? 0
                                 : 4)
          << U->Detached;
    }
  }
  if (R.First->Through)
    diag(placeOf(Model, R.First->Where),
         "'%0' is given its address, and %select{reads|changes}1 it",
         DiagnosticIDs::Note)
        << R.First->Through->getNameAsString() << changes(*R.First);
  if (const WayIn &W = R.First->Ways.front(); !W.From->Entries.empty())
    reach(W.From);
  // A helper is not called by Python: who leads there without the lock?
  for (const auto &[F, Uses] : ByFunction)
    for (const FieldUse *U : Uses)
      for (const WayIn &W : U->Ways) {
        if (is_contained(R.Guarded, U) ||
            (Kind == RaceKind::MixedAtomic && !U->Locks.empty()) ||
            !Named.insert(W.From->Decl->getLocation()).second)
          continue;
        if (!Entries) {
          ++Unnamed;
          continue;
        }
        --Entries;
        const auto *Call = dyn_cast_or_null<CallExpr>(W.Call);
        const FunctionDecl *First = Call ? Call->getDirectCallee() : nullptr;
        const std::string By =
            First && First->getIdentifier() && First->getCanonicalDecl() !=
                                                   F->Decl->getCanonicalDecl()
                ? First->getNameAsString()
                : std::string();
        diag(placeOf(Model, W.Call ? W.Call : U->Where),
             "'%0' comes to '%1' %select{|by way of '%3' }2without a lock",
             DiagnosticIDs::Note)
            << nameOf(*W.From) << nameOf(*F) << !By.empty() << By;
      }
  for (const FieldUse *U : R.Inits)
    for (const WayIn &W : U->Ways)
      if (Named.insert(W.From->Decl->getLocation()).second)
        diag(placeOf(Model, W.Call ? W.Call : U->Where),
             "'%0' gives back what is in '%1' when __init__() is called again",
             DiagnosticIDs::Note)
            << nameOf(*W.From) << R.Field->getNameAsString();
  if (Unnamed)
    diag(R.Field->getLocation(), "and %0 more functions use it without a lock",
         DiagnosticIDs::Note)
        << unsigned(Unnamed);

  size_t Guarded = 0;
  for (const FieldUse *U : R.Guarded) {
    if (!Named.insert(U->In->Decl->getLocation()).second)
      continue;
    if (++Guarded > MaxGuarded)
      break;
    StringRef Lock = U->Locks.empty() ? StringRef() : U->Locks.front();
    Lock = flow::withoutMode(Lock);
    const bool Self = Lock == "$" || Lock == "G:module";
    Lock.consume_front("$->");
    Lock.consume_front("G:");
    Lock.consume_front("O:->");
    Lock.consume_front("O:");
    diag(placeOf(Model, U->Where),
         "'%0' %select{reads|changes}1 it here%select{ with an atomic "
         "operation| holding a critical section on the object| holding '%3'| "
         "under the lock of its caller|}2",
         DiagnosticIDs::Note)
        << nameOf(*U->In) << changes(*U)
        << (U->Kind == AccessKind::Atomic ? 0
            : Lock.empty()                ? 4
            : Self                        ? 1
            : Lock == "*"                 ? 3
                                          : 2)
        << Lock;
  }
  StringRef Advice = advice(R);
  if (Advice.empty())
    return;
  auto Note = diag(R.Field->getLocation(), "%0%1", DiagnosticIDs::Note)
              << Advice
              << (Fix.WhyNot.empty() ? std::string()
                                     : "; not rewritten automatically: " + Fix.WhyNot);
  if (!Fix.Simple)
    for (const FixItHint &Hint : Fix.Hints)
      Note << Hint;
}

} // namespace pyext::state
