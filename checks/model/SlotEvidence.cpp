//===- SlotEvidence.cpp ---------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/SlotEvidence.h"
#include "facts/ApiRoles.h"
#include "flow/Sharing.h"
#include "model/GlobalClasses.h"
#include "model/Initializers.h"
#include "model/InstanceState.h"
#include "model/ModuleInit.h"
#include "model/SharedState.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

/// Plain writes that nothing orders.
static bool isUnguarded(const ExtensionModel &Model, const Access &A) {
  return A.Function && A.writes() && A.Locks.empty() && !onlyWithGil(Model, A);
}

/// None, a static object of this file or an exception class: the same in all
/// interpreters anyway.
static bool storesStaticObject(const Access &A) {
  const auto *Assign = dyn_cast_or_null<BinaryOperator>(A.Statement);
  if (!Assign || Assign->getOpcode() != BO_Assign)
    return false;
  const Expr *Value = stripped(Assign->getRHS());
  if (const auto *Address = dyn_cast<UnaryOperator>(Value);
      Address && Address->getOpcode() == UO_AddrOf)
    return isa<DeclRefExpr>(Address->getSubExpr()->IgnoreParens());
  const auto *Ref = dyn_cast<DeclRefExpr>(Value);
  return Ref && Ref->getDecl()->getIdentifier() &&
         facts::isApiName(Ref->getDecl()->getName()); // PyExc_ValueError
}

/// Whether a lost update is more than an old value: what is not replaced as a
/// whole, or what others follow.
static bool tears(const StateVariable &S, const Access &W) {
  const QualType QT = S.Decl->getType().getCanonicalType();
  return W.Kind == AccessKind::ReadWrite || S.HoldsObjects ||
         QT->isPointerType() || QT->isRecordType() || QT->isArrayType();
}

AddressUse addressUse(const ExtensionModel &Model, const StateVariable &S,
                      const Access &A) {
  const GlobalVerdict *V = Model.globals().of(S);
  bool Known = false, Kept = false;
  for (const GlobalUse &U : V ? ArrayRef(V->Uses) : ArrayRef<GlobalUse>()) {
    if (U.By != &A)
      continue;
    Known = true;
    if (U.Kind == UseKind::Returned || U.Kind == UseKind::Kept)
      Kept = true;
    else if (U.Kind != UseKind::Read)
      return AddressUse::Written;
  }
  if (!Known)
    return AddressUse::Written;
  const QualType Element(S.Decl->getType()->getBaseElementTypeUnsafe(), 0);
  if (Kept && !Element->isRecordType())
    return AddressUse::Written;
  return Kept ? AddressUse::Kept : AddressUse::Read;
}

/// `PyInterpreterState_Get() != PyInterpreterState_Main()`: nothing is done in
/// the main interpreter.
static bool isOnlyCompared(const ExtensionModel &Model, const Function &F,
                           const Expr *E) {
  const flow::FunctionBody *Body = Model.flows().body(F.Decl);
  const auto *B =
      Body ? dyn_cast_or_null<BinaryOperator>(
                 Body->parents().getParentIgnoreParenImpCasts(
                     const_cast<Expr *>(E)))
           : nullptr;
  return B && B->isEqualityOp();
}

namespace {
class Collector {
public:
  Collector(const ExtensionModel &Model, SlotEvidence &Found)
      : Model(Model), Found(Found) {}

  void collect() {
    for (const StateVariable &S : Model.state())
      if (S.Kind == StateKind::Global || S.Kind == StateKind::StaticLocal)
        global(S);
      else
        field(S);
    boundFields();
    for (const TypeObject &T : Model.types())
      if (T.Static && T.Object->getInit())
        add(Found.SeveralInterpreters, T.Loc, T.Object->getName(),
            "is a static type, one object for all interpreters");
    for (const auto &F : Model.functions())
      if (!F->Generated)
        function(*F);
    borrowed();
    const SourceManager &SM = Model.context().getSourceManager();
    for (std::vector<Evidence> *List :
         {&Found.WithoutGil, &Found.SeveralInterpreters, &Found.OwnGil}) {
      for (Evidence &E : *List)
        E.Loc = SM.getExpansionLoc(E.Loc);
      llvm::stable_sort(*List, [&](const Evidence &A, const Evidence &B) {
        return SM.isBeforeInTranslationUnit(A.Loc, B.Loc);
      });
    }
  }

private:
  void add(std::vector<Evidence> &List, SourceLocation Loc, StringRef Name,
           StringRef What, bool Certain = true) {
    List.push_back({Loc, Name.str(), What.str(), Certain});
  }

  void global(const StateVariable &S) {
    if (!S.DefinitionTable && !S.Generated)
      ++Found.Variables;
    if (S.Constant || S.Synchronization || S.DefinitionTable || S.Generated ||
        S.HeaderTable)
      return;
    const StringRef Name = S.Decl->getName();
    const GlobalVerdict *V = Model.globals().of(S);
    const bool Races = V && V->races() && V->Class != GlobalClass::Silent &&
                       V->Class != GlobalClass::NativeHandle;
    const Access *Racy = nullptr, *Plain = nullptr, *Kept = nullptr,
                 *Object = nullptr;
    bool Certain = false;
    for (const Access &A : S.Accesses) {
      if (!A.writes() || !A.Function)
        continue;
      if (!A.Resets && !Object && !storesStaticObject(A) &&
          ExtensionModel::holdsObjects(A.Place->getType()))
        Object = &A;
      if (!isUnguarded(Model, A))
        continue;
      const AddressUse Use = A.Kind == AccessKind::Address && !S.HoldsObjects
                                 ? addressUse(Model, S, A)
                                 : AddressUse::Written;
      if (Use == AddressUse::Read)
        continue;
      if (Use == AddressUse::Kept)
        Kept = Kept ? Kept : &A;
      else if (!Plain)
        Plain = &A;
      if (!(Model.contextsOf(A.Function) & (RunContext | ForeignContext)))
        continue;
      const bool Sure = Races && phaseOf(Model, A) == Phase::RunTime &&
                        (tears(S, A) || V->Class == GlobalClass::LazyInit);
      if (!Racy || (Sure && !Certain)) {
        Racy = &A;
        Certain = Sure;
      }
    }
    if (Racy && !S.ThreadLocal)
      add(Found.WithoutGil, Racy->Where->getBeginLoc(), Name,
          "is written here without a lock", Certain);
    if (any_of(Model.types(), [&](const TypeObject &T) {
          return T.Static && T.Object->getCanonicalDecl() == S.Decl;
        }))
      return; // Said of the type.
    if (S.HoldsObjects && Object)
      add(Found.SeveralInterpreters, S.Decl->getLocation(), Name,
          "is one Python object for all interpreters");
    else if (!S.HoldsObjects && Plain && !S.ThreadLocal)
      add(Found.OwnGil, Plain->Where->getBeginLoc(), Name,
          "is shared by all interpreters and written here without a lock",
          Racy && Certain);
    else if (!S.HoldsObjects && Kept && !S.ThreadLocal) {
      add(Found.OwnGil, Kept->Where->getBeginLoc(), Name,
          "is shared by all interpreters and written here without a lock",
          Racy && Certain);
      Found.OwnGil.back().KeptAs = elementTypeName(S.Decl->getType());
    }
  }

  /// Objects that are being made are still private.
  void field(const StateVariable &S) {
    if (S.Kind != StateKind::InstanceField || S.Constant || S.Synchronization ||
        S.Generated)
      return;
    for (const Access &A : S.Accesses) {
      if (!isUnguarded(Model, A) ||
          !(Model.contextsOf(A.Function) & (RunContext | ForeignContext)))
        continue;
      const Function *F = Model.function(A.Function);
      if (!F || F->has(EntryKind::New) || F->has(EntryKind::Init))
        continue;
      add(Found.WithoutGil, A.Where->getBeginLoc(), S.Decl->getName(),
          "is a field of an object and written here without a lock",
          /*Certain=*/false);
      return;
    }
  }

  /// Of C++ classes that a binding shows to Python; they are no state().
  void boundFields() {
    SmallPtrSet<const ValueDecl *, 16> Known;
    for (const StateVariable &S : Model.state())
      Known.insert(S.Decl);
    for (const FieldRace &R : Model.instances().races())
      if (!Known.contains(R.Field) && R.First->writes() &&
          R.First->Locks.empty() && !R.First->In->Generated)
        add(Found.WithoutGil, R.First->Where->getBeginLoc(),
            R.Field->getName(),
            "is a field of an object and written here without a lock",
            /*Certain=*/false);
  }

  void function(const Function &F) {
    ++Found.Functions;
    Found.NotAnalysed += !F.NotAnalysed.empty();
    const Preprocessing &PP = Model.preprocessing();
    for (const ThreadStateUse &Use : F.ThreadStates)
      if (Use.Api->Family == facts::ThreadStateFamily::GILState &&
          Use.Api->Op == facts::ThreadStateOp::Attach &&
          !PP.versionCondition(Use.Where->getBeginLoc()))
        add(Found.SeveralInterpreters, Use.Where->getBeginLoc(), Use.Api->Name,
            "does not know to which interpreter it attaches the thread");
    for (const CallSite &Site : F.Calls) {
      if (!Site.Call)
        continue;
      const StringRef Name = Site.Name;
      std::optional<facts::ModelCall> Role = facts::findModelCall(Name);
      if (Role == facts::ModelCall::StateModule &&
          none_of(Site.Call->arguments(), [&](const Expr *Arg) {
            return isModuleKey(Model, variableOf(Arg));
          }))
        add(Found.SeveralInterpreters, Site.Call->getBeginLoc(), Name,
            "does not find a module of multi-phase initialization");
      else if (Role == facts::ModelCall::NamesMain &&
               !PP.versionCondition(Site.Call->getBeginLoc()) &&
               !isOnlyCompared(Model, F, Site.Call))
        add(Found.SeveralInterpreters, Site.Call->getBeginLoc(), Name,
            "takes the main interpreter, whichever the module was imported in");
    }
  }

  /// References that another thread can free while they are in use.
  void borrowed() {
    flow::RefStates &States = Model.refs();
    flow::SharingAnalysis &Sharing = Model.sharing();
    const SourceManager &SM = Model.context().getSourceManager();
    DenseSet<SourceLocation> Seen;
    for (const FunctionDecl *FD : States.relevant()) {
      const Function *F = Model.function(FD);
      if (!F || F->Generated || !(F->Contexts & (RunContext | ForeignContext)))
        continue;
      const flow::FunctionRefs *Refs = States.get(FD);
      for (const flow::Lookup &L :
           Refs ? Refs->lookups() : ArrayRef<flow::Lookup>()) {
        const SourceLocation Loc = SM.getExpansionLoc(L.Where->getBeginLoc());
        bool Suspendable = false;
        if (!L.Reached || !L.Fact->Mutable || L.IsTuple || L.Uses.empty() ||
            all_of(L.Uses,
                   [](const flow::Use &U) {
                     return U.Kind == flow::UseKind::Returned;
                   }) ||
            Model.preprocessing().onlyWithGil(Loc) ||
            Sharing.protects(Model.locksAt(FD, L.Where), *Refs, L, Suspendable))
          continue;
        const flow::Sharing S = Sharing.container(*Refs, L);
        if (S.K != flow::Sharing::Shared || !Seen.insert(Loc).second)
          continue;
        add(Found.WithoutGil, Loc, L.Name,
            "gives a reference here that another thread may free",
            /*Certain=*/S.Tier == 1);
      }
    }
  }

  const ExtensionModel &Model;
  SlotEvidence &Found;
};
} // namespace

SlotEvidence::SlotEvidence(const ExtensionModel &Model) {
  Collector(Model, *this).collect();
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

static bool skipped(const Preprocessing &PP, SourceRange Range,
                    StringRef Name) {
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

/// What the number of a slot's value means; generated code has no macros there.
static std::optional<facts::Promise> meaningOf(facts::ModuleSlotRole Role,
                                               std::optional<int64_t> Number) {
  using facts::Promise;
  static constexpr Promise Gil[] = {Promise::GilUsed, Promise::GilNotUsed},
                           Interpreters[] = {Promise::OneInterpreter,
                                             Promise::SharedGil,
                                             Promise::OwnGil};
  const ArrayRef<Promise> Meanings =
      Role == facts::ModuleSlotRole::Gil ? ArrayRef(Gil)
      : Role == facts::ModuleSlotRole::MultipleInterpreters
          ? ArrayRef(Interpreters)
          : ArrayRef<Promise>();
  if (!Number || *Number < 0 || *Number >= int64_t(Meanings.size()))
    return std::nullopt;
  return Meanings[*Number];
}

bool hasUnknownTag(const Module &Mod) {
  return any_of(Mod.BindingTags, [](StringRef Tag) { return !meaningOf(Tag); });
}

std::optional<facts::Promise> promiseOf(const Module &Mod,
                                        facts::ModuleSlotRole Role) {
  for (StringRef Tag : Mod.BindingTags)
    if (std::optional<facts::Promise> Meaning = meaningOf(Tag);
        Meaning &&
        facts::findModuleSlot(facts::moduleSlotValue(*Meaning).Slot)->Role ==
            Role)
      return Meaning;
  if (const Slot *S = Mod.slot(Role)) {
    if (const facts::ModuleSlotValue *Row =
            facts::findModuleSlotValue(S->Value))
      return Row->Meaning;
    return meaningOf(Role, S->Number);
  }
  return Role == facts::ModuleSlotRole::Gil ? Mod.GilPromise : std::nullopt;
}

/// The init function and those it calls, a few calls deep.
static SmallVector<const Function *, 8>
initFunctions(const ExtensionModel &Model, const Module &Mod) {
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

bool isModuleKey(const ExtensionModel &Model, const VarDecl *Def) {
  Def = Def && Def->hasGlobalStorage() ? Def->getDefinition() : nullptr;
  const InitListExpr *List = Def ? initializerList(Def) : nullptr;
  if (!List || elementTypeName(Def->getType()) != "PyModuleDef")
    return false;
  if (const Expr *Slots = fieldInit(List, "m_slots");
      Slots && !isNullOrZero(Slots, Model.context()))
    return false;
  if (any_of(Model.modules(), [&](const Module &Mod) {
        return Mod.Definition &&
               Mod.Definition->getCanonicalDecl() == Def->getCanonicalDecl();
      }))
    return false;
  return any_of(Model.functions(), [&](const auto &F) {
    return any_of(F->Calls, [&](const CallSite &Site) {
      return Site.Call &&
             facts::hasRole(Site.Name, facts::ApiRole::RegistersModule) &&
             any_of(Site.Call->arguments(), [&](const Expr *Arg) {
               const VarDecl *Named = variableOf(Arg);
               return Named &&
                      Named->getCanonicalDecl() == Def->getCanonicalDecl();
             });
    });
  });
}

const Expr *loadsOnlyOnce(const ExtensionModel &Model) {
  for (const auto &F : Model.functions()) {
    if (!F->initOnly())
      continue;
    const bool SetsFlag = any_of(Model.state(), [&](const StateVariable &S) {
      return (S.Kind == StateKind::Global ||
              S.Kind == StateKind::StaticLocal) &&
             S.Decl->getType()->isIntegralOrEnumerationType() &&
             any_of(S.Accesses, [&](const Access &A) {
               return A.writes() && A.Function == F->Decl;
             });
    });
    if (!SetsFlag)
      continue;
    for (const CallSite &Site : F->Calls) {
      StringRef Name = Site.Name;
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
