//===- ModelCalls.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/ModelCalls.h"
#include "facts/RowIndex.h"
#include "facts/UserFacts.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <array>
#include <string_view>

using namespace llvm;

namespace pyext::facts {

static constexpr ModelCallApi CallRows[] = {
#define MODEL_CALL(Name, Origin_, Role) {Name, Origin::Origin_, ModelCall::Role},
#include "facts/ModelCalls.def"
#undef MODEL_CALL
};

static constexpr NamedEntity MacroRows[] = {
#define MODULE_MACRO(Name, Origin_) {Name, Origin::Origin_},
#include "facts/ModuleMacros.def"
#undef MODULE_MACRO
};

static constexpr ModuleSlotValue SlotValueRows[] = {
#define MODULE_SLOT_VALUE(Name, Slot, Meaning)                                 \
  {#Name, #Slot, Promise::Meaning},
#include "facts/ModuleSlotValues.def"
#undef MODULE_SLOT_VALUE
};

static constexpr NamePattern PatternRows[] = {
#define NAME_PATTERN(Text, Match, Meaning)                                     \
  {Text, NameMatch::Match, NameMeaning::Meaning},
#include "facts/NamePatterns.def"
#undef NAME_PATTERN
};

static constexpr NamedEntity HolderRows[] = {
#define OBJECT_HOLDER(Name, Origin_) {Name, Origin::Origin_},
#include "facts/ObjectHolders.def"
#undef OBJECT_HOLDER
};

static constexpr BindingTag TagRows[] = {
#define BINDING_TAG(Name, Meaning) {Name, Promise::Meaning},
#include "facts/BindingTags.def"
#undef BINDING_TAG
};

static constexpr const char *orNull(const char *Text) {
  return *Text ? Text : nullptr;
}
static constexpr SupersededApi SupersededRows[] = {
#define SUPERSEDED(Name, Status, Version, Replacement, Change, Family, Why)    \
  {Name,   SupersededStatus::Status, Version, orNull(Replacement),             \
   SupersededChange::Change, Family, Why},
#include "facts/SupersededApis.def"
#undef SUPERSEDED
};

static constexpr NamedEntity ThreadSafeRows[] = {
#define THREAD_SAFE_TYPE(Name, Origin_) {Name, Origin::Origin_},
#include "facts/ThreadSafeTypes.def"
#undef THREAD_SAFE_TYPE
};

static constexpr std::string_view textOf(const NamePattern &Row) {
  return Row.Text;
}

static_assert(isSortedByName(CallRows), "ModelCalls.def");
static_assert(isSortedByName(MacroRows), "ModuleMacros.def");
static_assert(isSortedByName(SlotValueRows), "ModuleSlotValues.def");
static_assert(isSortedByName(PatternRows, textOf), "NamePatterns.def");
static_assert(isSortedByName(HolderRows), "ObjectHolders.def");
static_assert(isSortedByName(TagRows), "BindingTags.def");
static_assert(isSortedByName(SupersededRows), "SupersededApis.def");
static_assert(isSortedByName(ThreadSafeRows), "ThreadSafeTypes.def");

static bool matches(StringRef Text, NameMatch Match, StringRef Name) {
  switch (Match) {
  case NameMatch::Prefix:
    return Name.starts_with(Text);
  case NameMatch::Suffix:
    return Name.ends_with(Text);
  case NameMatch::Word:
    for (size_t At = Name.find(Text); At != StringRef::npos;
         At = Name.find(Text, At + 1)) {
      const size_t End = At + Text.size();
      if ((At == 0 || Name[At - 1] == '_') &&
          (End == Name.size() || Name[End] == '_'))
        return true;
    }
    return false;
  }
  llvm_unreachable("covered switch");
}

static bool hasMeaning(StringRef Name, NameMeaning Meaning) {
  using Pattern = std::pair<StringRef, NameMatch>;
  static const auto ByMeaning = [] {
    std::array<SmallVector<Pattern, 16>,
               static_cast<size_t>(NameMeaning::MakesInstance) + 1>
        Patterns;
    for (const NamePattern &Row : PatternRows)
      Patterns[static_cast<size_t>(Row.Meaning)].emplace_back(Row.Text,
                                                              Row.Match);
    return Patterns;
  }();
  return any_of(ByMeaning[static_cast<size_t>(Meaning)], [&](const Pattern &P) {
    return matches(P.first, P.second, Name);
  });
}

std::optional<ModelCall> findModelCall(StringRef Name) {
  if (const UserFacts *Facts = UserFactsScope::current())
    for (const ModelCallApi &Row : Facts->ModelCalls)
      if (Name == Row.Name)
        return Row.Role;
  if (const ModelCallApi *Row = rowOf<CallRows>(Name))
    return Row->Role;
  return std::nullopt;
}

std::optional<ModuleMacro> findModuleMacro(StringRef Name) {
  const NamedEntity *Row = rowOf<MacroRows>(Name);
  if (!Row)
    return std::nullopt;
  return Row->From == Origin::Nanobind ? ModuleMacro::Nanobind
                                       : ModuleMacro::Pybind11;
}

bool isModuleSlotValue(StringRef Name) { return rowOf<SlotValueRows>(Name); }

const ModuleSlotValue *findModuleSlotValue(StringRef Name) {
  return rowOf<SlotValueRows>(Name);
}

const ModuleSlotValue &moduleSlotValue(Promise Meaning) {
  return *find_if(SlotValueRows, [&](const ModuleSlotValue &Row) {
    return Row.Meaning == Meaning;
  });
}

const ModuleSlot &moduleSlot(ModuleSlotRole Role) {
  return *find_if(moduleSlots(),
                  [&](const ModuleSlot &Row) { return Row.Role == Role; });
}

bool isCallingConvention(int64_t Flags) {
  using namespace method;
  switch (Flags & CallingConvention) {
  case VarArgs:
  case VarArgs | Keywords:
  case Fastcall:
  case Fastcall | Keywords:
  case Fastcall | Keywords | DefiningClass:
  case NoArgs:
  case OneArg:
    return true;
  default:
    return false;
  }
}

bool isAtomicFunction(StringRef Name) {
  return hasMeaning(Name, NameMeaning::AtomicFunction);
}

bool isObjectHolderType(StringRef QualifiedName) {
  return rowOf<HolderRows>(QualifiedName);
}

bool isThreadStateType(StringRef TypeName, bool Token) {
  if (Token)
    return TypeName == "PyThreadStateToken";
  return TypeName == "PyThreadState" || TypeName == "_ts";
}

bool isCallGuardType(StringRef QualifiedName) {
  return QualifiedName == "pybind11::call_guard" ||
         QualifiedName == "nanobind::call_guard";
}

bool isMutexType(StringRef TypeName) { return TypeName == "PyMutex"; }

bool isBindingNamespace(StringRef Name) {
  return Name == "pybind11" || Name == "nanobind";
}

bool isObjectMutexField(StringRef FieldName) { return FieldName == "ob_mutex"; }

bool isErrorSetter(StringRef Name) {
  return hasMeaning(Name, NameMeaning::ErrorSetter);
}

bool isLockingName(StringRef Name) {
  return hasMeaning(Name, NameMeaning::Locking);
}

WaitArgument waitArgument(StringRef Name) {
  if (Name == "sleep" || Name == "usleep" || Name == "Sleep")
    return WaitArgument::Time;
  if (Name == "poll" || Name == "epoll_wait" || Name == "WaitForSingleObject")
    return WaitArgument::Timeout;
  return WaitArgument::None;
}

bool isApiName(StringRef Name) {
  const UserFacts *Facts = UserFactsScope::current();
  return hasMeaning(Name, NameMeaning::CApi) ||
         (Facts && binary_search(Facts->ApiNames, Name));
}

bool isLockHeldName(StringRef Name) {
  return hasMeaning(Name, NameMeaning::LockHeld);
}

bool isDisposeName(StringRef Name) {
  return hasMeaning(Name, NameMeaning::Disposes);
}

bool isAskingName(StringRef Name) {
  return hasMeaning(Name, NameMeaning::Asks);
}

bool asksWhetherUnique(StringRef Name) {
  return hasMeaning(Name, NameMeaning::AsksWhetherUnique);
}

bool holdsCallArguments(StringRef Parameter) {
  return hasMeaning(Parameter, NameMeaning::CallArguments);
}

bool holdsCallKeywords(StringRef Parameter) {
  return hasMeaning(Parameter, NameMeaning::CallKeywords);
}

bool makesInstance(StringRef Name) {
  return hasMeaning(Name, NameMeaning::MakesInstance);
}

bool isThreadSafeType(StringRef TypeName) {
  return rowOf<ThreadSafeRows>(TypeName);
}

bool isSetupName(StringRef Name) {
  return hasMeaning(Name, NameMeaning::SetsUp);
}

const SupersededApi *findSuperseded(StringRef Name) {
  return rowOf<SupersededRows>(Name);
}

ArrayRef<ModelCallApi> modelCalls() { return CallRows; }
ArrayRef<NamedEntity> moduleMacros() { return MacroRows; }
ArrayRef<ModuleSlotValue> moduleSlotValues() { return SlotValueRows; }
ArrayRef<NamePattern> namePatterns() { return PatternRows; }
ArrayRef<NamedEntity> objectHolders() { return HolderRows; }
ArrayRef<BindingTag> bindingTags() { return TagRows; }
ArrayRef<SupersededApi> supersededApis() { return SupersededRows; }
ArrayRef<NamedEntity> threadSafeTypes() { return ThreadSafeRows; }

} // namespace pyext::facts
