//===- ThreadStorage.cpp - Thread-local storage of old --------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/ThreadStorage.h"
#include "facts/EnumNames.h"

using namespace llvm;

namespace pyext::facts {

static constexpr ThreadStorageCall Rows[] = {
#define THREAD_STORAGE(Name, Origin_, Instead, Value)                          \
  {Name, Origin::Origin_, Instead, StoredValue::Value},
#include "facts/ThreadStorage.def"
#undef THREAD_STORAGE
};

const ThreadStorageCall *findThreadStorage(StringRef Name) {
  for (const ThreadStorageCall &Row : Rows)
    if (Name == Row.Name)
      return &Row;
  return nullptr;
}

static constexpr NamedEntity Setters[] = {
#define THREAD_STORAGE_SETTER(Name, Origin_) {Name, Origin::Origin_},
#include "facts/ThreadStorageSetters.def"
#undef THREAD_STORAGE_SETTER
};

bool setsThreadStorage(StringRef Name) {
  return any_of(Setters,
                [&](const NamedEntity &Row) { return Name == Row.Name; });
}

ArrayRef<NamedEntity> threadStorageSetters() { return Setters; }

ArrayRef<ThreadStorageCall> threadStorageCalls() { return Rows; }

template <> ArrayRef<StringLiteral> enumNames<StoredValue>() {
  static constexpr StringLiteral Names[] = {"Same", "Null"};
  return Names;
}

} // namespace pyext::facts
