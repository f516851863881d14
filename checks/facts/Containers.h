//===- Containers.h - Macros and calls that read containers -----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_CONTAINERS_H
#define PYEXT_FACTS_CONTAINERS_H

#include "facts/Facts.h"

namespace pyext::facts {

struct ExistingObject {
  const char *Name;
};
/// Whether the call gives an object that was there before and that others hold;
/// see ExistingObjects.def.
bool givesExistingObject(llvm::StringRef Name);

struct TypeTest {
  const char *Name;
  ContainerKind Kind;
};
/// What an object is when macro \p Name is true of it.
std::optional<ContainerKind> typeTestedBy(llvm::StringRef Macro);

/// A field that points to the references a container holds.
struct ItemStorage {
  const char *Struct;
  const char *Field;
  const char *Item;  ///< The macro that reads one item.
  const char *Items; ///< The macro that gives the pointer.
};
/// Null when the field of CPython's struct \p Struct is none.
const ItemStorage *findItemStorage(llvm::StringRef Struct,
                                   llvm::StringRef Field);

enum class UserCodeWhen { Always, Conversion };

/// A call that runs Python code when the class of an argument is written in
/// Python; see UserCode.def.
struct UserCodeCall {
  const char *Name;
  int ObjectArg;
  UserCodeWhen When;
};
/// Null when the class of no argument decides, as far as known.
const UserCodeCall *findUserCodeCall(llvm::StringRef Name);

llvm::ArrayRef<UserCodeCall> userCodeCalls();
llvm::ArrayRef<ExistingObject> existingObjects();
llvm::ArrayRef<ItemStorage> itemStorages();
llvm::ArrayRef<TypeTest> typeTests();

} // namespace pyext::facts

#endif // PYEXT_FACTS_CONTAINERS_H
