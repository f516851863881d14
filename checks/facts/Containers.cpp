//===- Containers.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/Containers.h"
#include "facts/RowIndex.h"
#include <algorithm>
#include <string_view>

using namespace llvm;

namespace pyext::facts {

static constexpr ExistingObject ExistingRows[] = {
#define EXISTING(Name) {#Name},
#include "facts/ExistingObjects.def"
#undef EXISTING
};

static constexpr ItemStorage StorageRows[] = {
#define STORAGE(Struct, Field, Item, Items) {#Struct, #Field, #Item, #Items},
#include "facts/ItemStorages.def"
#undef STORAGE
};

static constexpr TypeTest TestRows[] = {
#define TYPE_TEST(Name, Kind) {#Name, ContainerKind::Kind},
#include "facts/TypeTests.def"
#undef TYPE_TEST
};

static constexpr UserCodeCall UserCodeRows[] = {
#define USER_CODE(Name, ObjectArg, When) {#Name, ObjectArg, UserCodeWhen::When},
#include "facts/UserCode.def"
#undef USER_CODE
};

static_assert(isSortedByName(ExistingRows), "ExistingObjects.def");
static_assert(isSortedByName(UserCodeRows), "UserCode.def");

const UserCodeCall *findUserCodeCall(StringRef Name) {
  return rowOf<UserCodeRows>(Name);
}

bool givesExistingObject(StringRef Name) { return rowOf<ExistingRows>(Name); }

std::optional<ContainerKind> typeTestedBy(StringRef Macro) {
  for (const TypeTest &Row : TestRows)
    if (Macro == Row.Name)
      return Row.Kind;
  return std::nullopt;
}

const ItemStorage *findItemStorage(StringRef Struct, StringRef Field) {
  for (const ItemStorage &Row : StorageRows)
    if (Field == Row.Field && Struct == Row.Struct)
      return &Row;
  return nullptr;
}

ArrayRef<UserCodeCall> userCodeCalls() { return UserCodeRows; }
ArrayRef<ExistingObject> existingObjects() { return ExistingRows; }
ArrayRef<ItemStorage> itemStorages() { return StorageRows; }
ArrayRef<TypeTest> typeTests() { return TestRows; }

} // namespace pyext::facts
