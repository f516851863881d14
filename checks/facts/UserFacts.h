//===- UserFacts.h - Facts about the user's own names -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A project has wrappers, lock macros and handles of its own. A YAML file says
// of them what the built-in rows say of the C API: a list of rows per table,
// with the names of the tables and columns that `pyext-tidy --facts` prints.
//
//   Locks:
//     - Name: SPAM_LOCK
//       Spelling: Macro
//       Op: Acquire
//       LockArg: 0
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_USERFACTS_H
#define PYEXT_FACTS_USERFACTS_H

#include "facts/Facts.h"
#include "facts/ModelCalls.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace pyext::facts {

/// The rows of one file. Every vector is sorted as the built-in table is.
struct UserFacts {
  std::vector<BorrowedReference> BorrowedReferences;
  std::vector<CallEffect> CallEffects;
  std::vector<ContainerCall> ContainerCalls;
  std::vector<int> ContainerArgs; ///< The Arg column of ContainerCalls.
  std::vector<NamedEntity> DefinitionTables;
  std::vector<DetachedCall> DetachedCalls;
  std::vector<GeneratedName> GeneratedNames;
  std::vector<InteriorPointer> InteriorPointers;
  std::vector<LockGuard> LockGuards;
  std::vector<LockApi> Locks;
  std::vector<ModelCallApi> ModelCalls;
  std::vector<NewReference> NewReferences;
  std::vector<ReferenceCountApi> ReferenceCounts;
  std::vector<StolenReference> StolenReferences;
  std::vector<NamedEntity> SynchronizationTypes;
  std::vector<ThreadStateApi> ThreadStates;
  /// The names of all rows about references and effects, sorted.
  std::vector<llvm::StringRef> ApiNames;
};

/// Reads a file of facts. An error names the file, the line and what is allowed
/// there. A file is read once; it is read again only after it has changed. The
/// result is never null and lives as long as the process. Any thread may call.
llvm::Expected<const UserFacts *> loadUserFacts(llvm::StringRef Path);

/// While it lives, the look-ups of this thread see the user's rows first: if
/// they have rows of a name in a table, the built-in rows of it do not count.
/// Scopes nest; only the innermost counts.
class UserFactsScope {
public:
  /// Null: the built-in rows only.
  explicit UserFactsScope(const UserFacts *Facts);
  ~UserFactsScope();
  UserFactsScope(const UserFactsScope &) = delete;
  UserFactsScope &operator=(const UserFactsScope &) = delete;

  /// The rows of the innermost scope on this thread, or null.
  static const UserFacts *current();

private:
  const UserFacts *Outer;
};

} // namespace pyext::facts

#endif // PYEXT_FACTS_USERFACTS_H
