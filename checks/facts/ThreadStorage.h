//===- ThreadStorage.h - Thread-local storage of old ------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_THREADSTORAGE_H
#define PYEXT_FACTS_THREADSTORAGE_H

#include "facts/Facts.h"

namespace pyext::facts {

enum class StoredValue { Same, Null };

/// A call of the family with int keys, and what takes its place.
struct ThreadStorageCall {
  const char *Name;
  Origin From;
  const char *Instead; ///< Takes the address of the Py_tss_t first.
  StoredValue Value;   ///< Null: plus a null pointer.
};
const ThreadStorageCall *findThreadStorage(llvm::StringRef Name);
llvm::ArrayRef<ThreadStorageCall> threadStorageCalls();
llvm::ArrayRef<NamedEntity> threadStorageSetters();

/// Keeps its second argument for the thread.
bool setsThreadStorage(llvm::StringRef Name);

/// Asks whether a key has been made, given the address of the Py_tss_t.
constexpr char IsCreatedName[] = "PyThread_tss_is_created";

} // namespace pyext::facts

#endif // PYEXT_FACTS_THREADSTORAGE_H
