//===- ProcessState.cpp ---------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/ProcessState.h"
#include "facts/RowIndex.h"
#include "facts/EnumNames.h"
#include <algorithm>
#include <string_view>

using namespace llvm;

namespace pyext::facts {

static constexpr PointerKeeper KeeperRows[] = {
#define POINTER_KEEPER(Name, Origin_, Arg) {Name, Origin::Origin_, Arg},
#include "facts/PointerKeepers.def"
#undef POINTER_KEEPER
};

static constexpr HiddenStateCall HiddenRows[] = {
#define HIDDEN_STATE(Name, Origin_, State, Instead)                            \
  {Name, Origin::Origin_, HiddenState::State, Instead},
#include "facts/HiddenStates.def"
#undef HIDDEN_STATE
};

static constexpr ProcessHook HookRows[] = {
#define PROCESS_HOOK(Name, Origin_, Spelling, Reach, Instead)                  \
  {Name, Origin::Origin_, SpellingKind::Spelling, HookReach::Reach, Instead},
#include "facts/ProcessHooks.def"
#undef PROCESS_HOOK
};

static constexpr NativeHandle HandleRows[] = {
#define NATIVE_HANDLE(Name, Origin_, Use)                                      \
  {Name, Origin::Origin_, HandleUse::Use},
#include "facts/NativeHandles.def"
#undef NATIVE_HANDLE
};

static constexpr NamedEntity OwnerRows[] = {
#define OBJECT_OWNER(Name, Origin_) {Name, Origin::Origin_},
#include "facts/ObjectOwners.def"
#undef OBJECT_OWNER
};

static constexpr StaticIdentifier IdentifierRows[] = {
#define STATIC_IDENTIFIER(Name, Origin_, Spelling, Instead)                    \
  {Name, Origin::Origin_, SpellingKind::Spelling, Instead},
#include "facts/StaticIdentifiers.def"
#undef STATIC_IDENTIFIER
};

static_assert(isSortedByName(KeeperRows), "PointerKeepers.def");
static_assert(isSortedByName(HiddenRows), "HiddenStates.def");
static_assert(isSortedByName(HookRows), "ProcessHooks.def");
static_assert(isSortedByName(HandleRows), "NativeHandles.def");
static_assert(isSortedByName(OwnerRows), "ObjectOwners.def");
static_assert(isSortedByName(IdentifierRows), "StaticIdentifiers.def");

bool keepsPointer(StringRef Name, unsigned Arg) {
  const PointerKeeper *Row = rowOf<KeeperRows>(Name);
  return Row && Row->Arg == static_cast<int>(Arg);
}

const HiddenStateCall *findHiddenState(StringRef Name) {
  return rowOf<HiddenRows>(Name);
}

const ProcessHook *findProcessHook(StringRef Name) {
  return rowOf<HookRows>(Name);
}

const NativeHandle *findNativeHandle(StringRef Name) {
  return rowOf<HandleRows>(Name);
}

bool isObjectOwnerType(StringRef QualifiedName) {
  return rowOf<OwnerRows>(QualifiedName);
}

const StaticIdentifier *findStaticIdentifier(StringRef Name) {
  return rowOf<IdentifierRows>(Name);
}

template <> ArrayRef<StringLiteral> enumNames<HiddenState>() {
  static constexpr StringLiteral Names[] = {
      "Result", "Position", "Generator", "Table",
      "Shift",  "Locale",   "Environment", "Zone"};
  return Names;
}
template <> ArrayRef<StringLiteral> enumNames<HookReach>() {
  static constexpr StringLiteral Names[] = {"Process", "Interpreter"};
  return Names;
}
template <> ArrayRef<StringLiteral> enumNames<HandleUse>() {
  static constexpr StringLiteral Names[] = {"Shareable", "OneThread"};
  return Names;
}

ArrayRef<PointerKeeper> pointerKeepers() { return KeeperRows; }
ArrayRef<HiddenStateCall> hiddenStates() { return HiddenRows; }
ArrayRef<ProcessHook> processHooks() { return HookRows; }
ArrayRef<NativeHandle> nativeHandles() { return HandleRows; }
ArrayRef<NamedEntity> objectOwners() { return OwnerRows; }
ArrayRef<StaticIdentifier> staticIdentifiers() { return IdentifierRows; }

} // namespace pyext::facts
