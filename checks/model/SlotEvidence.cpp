//===- SlotEvidence.cpp ---------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/SlotEvidence.h"
#include "model/ModuleInit.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

/// Plain writes that nothing orders.
static bool isUnguarded(const ExtensionModel &Model, const Access &A) {
  return A.Function && A.writes() && A.Locks.empty() &&
         !Model.preprocessing().onlyWithGil(A.Where->getBeginLoc());
}

SlotEvidence::SlotEvidence(const ExtensionModel &Model) {
  auto Add = [](std::vector<Evidence> &List, SourceLocation Loc, StringRef Name,
                StringRef What) {
    List.push_back({Loc, Name.str(), What.str()});
  };

  for (const StateVariable &S : Model.state()) {
    const bool Static =
        S.Kind == StateKind::Global || S.Kind == StateKind::StaticLocal;
    if (Static && !S.DefinitionTable && !S.Generated)
      ++Variables;
    if (S.Constant || S.Synchronization || S.DefinitionTable || S.Generated ||
        S.HeaderTable)
      continue;
    const StringRef Name = S.Decl->getName();
    const std::string TypeName = S.Decl->getType().getAsString();
    const Access *Racy = nullptr, *Plain = nullptr, *Object = nullptr;
    for (const Access &A : S.Accesses) {
      if (!A.writes() || !A.Function)
        continue;
      if (!A.Resets && !Object)
        Object = &A;
      if (!isUnguarded(Model, A))
        continue;
      if (!Plain)
        Plain = &A;
      if (!Racy && Model.contextsOf(A.Function) & (RunContext | ForeignContext))
        Racy = &A;
    }
    if (S.Kind == StateKind::InstanceField) {
      // Objects being made are still private.
      const Function *F = Racy ? Model.function(Racy->Function) : nullptr;
      if (F && !F->has(EntryKind::New) && !F->has(EntryKind::Init))
        Add(WithoutGil, Racy->Where->getBeginLoc(), Name,
            "is a field of an object and written here without a lock");
      continue;
    }
    if (Racy && !S.ThreadLocal)
      Add(WithoutGil, Racy->Where->getBeginLoc(), Name,
          "is written here without a lock");
    if (!Static)
      continue;
    const bool IsType = any_of(Model.types(), [&](const TypeObject &T) {
      return T.Static && T.Object->getCanonicalDecl() == S.Decl;
    });
    if (IsType)
      continue; // Below.
    if (S.HoldsObjects && Object)
      Add(SeveralInterpreters, S.Decl->getLocation(), Name,
          "is one Python object for all interpreters");
    else if (!S.HoldsObjects && Plain && !S.ThreadLocal)
      Add(OwnGil, Plain->Where->getBeginLoc(), Name,
          "is shared by all interpreters and written here without a lock");
  }

  for (const TypeObject &T : Model.types())
    if (T.Static && T.Object->getInit())
      Add(SeveralInterpreters, T.Loc, T.Object->getName(),
          "is a static type, one object for all interpreters");

  for (const auto &F : Model.functions()) {
    if (F->Generated)
      continue;
    ++Functions;
    NotAnalysed += !F->NotAnalysed.empty();
    for (const ThreadStateUse &Use : F->ThreadStates)
      if (Use.Api->Family == facts::ThreadStateFamily::GILState &&
          Use.Api->Op == facts::ThreadStateOp::Attach &&
          !Model.preprocessing().versionCondition(Use.Where->getBeginLoc()))
        Add(SeveralInterpreters, Use.Where->getBeginLoc(), Use.Api->Name,
            "does not know to which interpreter it attaches the thread");
    for (const CallSite &Site : F->Calls) {
      StringRef Name = calleeName(Site);
      if (Name.empty() || !Site.Call)
        continue;
      if (facts::findModelCall(Name) == facts::ModelCall::StateModule)
        Add(SeveralInterpreters, Site.Call->getBeginLoc(), Name,
            "does not find a module of multi-phase initialization");
      const facts::BorrowedReference *Row = facts::findBorrowed(Name);
      if (Row && Row->Mutable && (F->Contexts & (RunContext | ForeignContext)) &&
          !Model.preprocessing().onlyWithGil(Site.Call->getBeginLoc()))
        Add(WithoutGil, Site.Call->getBeginLoc(), Name,
            "gives a reference here that another thread may free");
    }
  }

  const SourceManager &SM = Model.context().getSourceManager();
  for (std::vector<Evidence> *List : {&WithoutGil, &SeveralInterpreters, &OwnGil})
    llvm::stable_sort(*List, [&](const Evidence &A, const Evidence &B) {
      return SM.isBeforeInTranslationUnit(A.Loc, B.Loc);
    });
}

static std::string count(unsigned N, StringRef Noun) {
  return (Twine(N) + " " + Noun + (N == 1 ? "" : "s")).str();
}

std::string SlotEvidence::extent() const {
  std::string Text = count(Functions, "function") + " and " +
                     count(Variables, "variable") + " analysed";
  if (NotAnalysed)
    Text += ", " + count(NotAnalysed, "function") + " not";
  return Text;
}

static bool skipped(const Preprocessing &PP, SourceRange Range, StringRef Name) {
  return PP.skippedMentions(Range, Name) || PP.skippedDefinition(Range, Name);
}

bool lacksSlot(const ExtensionModel &Model, const Module &Mod,
               facts::ModuleSlotRole Role) {
  if (Mod.Generated || !Mod.SlotsVisible || Mod.slot(Role))
    return false;
  for (const Slot &S : Mod.Slots)
    if (!facts::findModuleSlot(S.Name))
      return false; // A number or a macro that is not known.
  const VarDecl *Where = Mod.SlotArray ? Mod.SlotArray : Mod.Definition;
  if (!Where)
    return false;
  for (const facts::ModuleSlot &Row : facts::moduleSlots())
    if (Row.Role == Role &&
        skipped(Model.preprocessing(), Where->getSourceRange(), Row.Macro))
      return false;
  return true;
}

/// What a tag of a binding says; nothing when that is not known.
static std::optional<facts::Promise> meaningOf(StringRef Tag) {
  for (const facts::BindingTag &Row : facts::bindingTags()) {
    const size_t At = Tag.find(Row.Name);
    if (At == StringRef::npos)
      continue;
    // mod_gil_not_used(false), as pybind11 2.13 has it.
    StringRef Rest = Tag.drop_front(At + StringRef(Row.Name).size());
    if (Row.Meaning == facts::Promise::GilNotUsed &&
        (Rest.consume_front("(") || Rest.consume_front("{"))) {
      if (Rest.starts_with("false"))
        return facts::Promise::GilUsed;
      if (!Rest.starts_with(")") && !Rest.starts_with("}") &&
          !Rest.starts_with("true"))
        return std::nullopt;
    }
    return Row.Meaning;
  }
  return std::nullopt;
}

bool hasUnknownTag(const Module &Mod) {
  return any_of(Mod.BindingTags,
                [](StringRef Tag) { return !meaningOf(Tag); });
}

std::optional<facts::Promise> promiseOf(const Module &Mod,
                                        facts::ModuleSlotRole Role) {
  for (StringRef Tag : Mod.BindingTags)
    if (std::optional<facts::Promise> Meaning = meaningOf(Tag);
        Meaning && facts::findModuleSlot(facts::moduleSlotValue(*Meaning).Slot)
                           ->Role == Role)
      return Meaning;
  if (const Slot *S = Mod.slot(Role))
    if (const facts::ModuleSlotValue *Row = facts::findModuleSlotValue(S->Value))
      return Row->Meaning;
  return std::nullopt;
}

/// The init function and those it calls, a few calls deep.
static SmallVector<const Function *, 8> initFunctions(const ExtensionModel &Model,
                                                      const Module &Mod) {
  SmallVector<const Function *, 8> Result;
  if (const Function *F = Model.function(Mod.InitFunction))
    Result.push_back(F);
  for (size_t I = 0, Level = 0, End = Result.size(); I < Result.size(); ++I) {
    if (I == End) {
      End = Result.size();
      if (++Level == 4)
        break;
    }
    for (const CallSite &Site : Result[I]->Calls)
      if (const Function *F = Model.function(Site.Callee);
          F && !is_contained(Result, F))
        Result.push_back(F);
  }
  return Result;
}

bool lacksSetGil(const ExtensionModel &Model, const Module &Mod) {
  if (Mod.Generated || Mod.SetGilCall || !Mod.CreateCall)
    return false;
  return none_of(initFunctions(Model, Mod), [&](const Function *F) {
    return skipped(Model.preprocessing(), F->Decl->getSourceRange(),
                   "PyUnstable_Module_SetGIL");
  });
}

const Expr *loadsOnlyOnce(const ExtensionModel &Model) {
  for (const auto &F : Model.functions()) {
    if (!F->initOnly())
      continue;
    const bool SetsFlag = any_of(Model.state(), [&](const StateVariable &S) {
      return (S.Kind == StateKind::Global || S.Kind == StateKind::StaticLocal) &&
             S.Decl->getType()->isIntegralOrEnumerationType() &&
             any_of(S.Accesses, [&](const Access &A) {
               return A.writes() && A.Function == F->Decl;
             });
    });
    if (!SetsFlag)
      continue;
    for (const CallSite &Site : F->Calls) {
      StringRef Name = calleeName(Site);
      if ((Name != "PyErr_SetString" && Name != "PyErr_Format") ||
          !Site.Call->getNumArgs())
        continue;
      const auto *Ref =
          dyn_cast<DeclRefExpr>(Site.Call->getArg(0)->IgnoreParenImpCasts());
      if (Ref && Ref->getDecl()->getName() == "PyExc_ImportError")
        return Site.Call;
    }
  }
  return nullptr;
}

} // namespace pyext::model
