//===- Containers.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/Containers.h"
#include <algorithm>
#include <string_view>

using namespace llvm;

namespace pyext::facts {

static constexpr std::string_view ExistingRows[] = {
#define EXISTING(Name) #Name,
#include "facts/ExistingObjects.def"
#undef EXISTING
};

template <size_t N>
static constexpr bool isSorted(const std::string_view (&Rows)[N]) {
  for (size_t I = 1; I < N; ++I)
    if (!(Rows[I - 1] < Rows[I]))
      return false;
  return true;
}
static_assert(isSorted(ExistingRows), "ExistingObjects.def");

bool givesExistingObject(StringRef Name) {
  return std::binary_search(std::begin(ExistingRows), std::end(ExistingRows),
                            std::string_view(Name.data(), Name.size()));
}

std::optional<ContainerKind> typeTestedBy(StringRef Macro) {
#define TYPE_TEST(Name, Kind)                                                  \
  if (Macro == #Name)                                                          \
    return ContainerKind::Kind;
#include "facts/TypeTests.def"
#undef TYPE_TEST
  return std::nullopt;
}

static constexpr ItemStorage StorageRows[] = {
#define STORAGE(Struct, Field, Item, Items) {#Struct, #Field, #Item, #Items},
#include "facts/ItemStorages.def"
#undef STORAGE
};

const ItemStorage *findItemStorage(StringRef Struct, StringRef Field) {
  for (const ItemStorage &Row : StorageRows)
    if (Field == Row.Field && Struct == Row.Struct)
      return &Row;
  return nullptr;
}

} // namespace pyext::facts
