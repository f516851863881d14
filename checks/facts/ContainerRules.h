//===- ContainerRules.h - How shared containers may be used -----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_CONTAINERRULES_H
#define PYEXT_FACTS_CONTAINERRULES_H

#include "facts/Facts.h"

namespace pyext::facts {

/// A call that may only write to an object that nobody else knows yet.
struct InitWrite {
  const char *Name;
  /// For _PyTuple_Resize() and its like a pointer to the variable.
  unsigned TargetArg;
  ContainerKind Target;
  const char *Replacement; ///< Possibly empty.
};

/// Two calls on one container (argument 0) and one key (argument 1).
struct PairedCalls {
  const char *Check;
  const char *Act;
  const char *Replacement;
  /// Replacement, with a last argument of NULL, may stand in the place of Act.
  bool ActAlone;
};

enum class UniquenessMeaning { Count, Unique, Temporary };

struct UniquenessTest {
  const char *Name;
  UniquenessMeaning Meaning;
};
/// The call with that meaning.
const char *uniquenessCall(UniquenessMeaning Meaning);

struct ExclusiveWrite {
  const char *Name;
};
/// Whether the call changes its first argument and takes no lock for it.
bool isExclusiveWriter(llvm::StringRef Name);

llvm::ArrayRef<ExclusiveWrite> exclusiveWrites();
llvm::ArrayRef<InitWrite> initWrites();
/// Null when the call \p Name is none.
const InitWrite *findInitWrite(llvm::StringRef Name);
llvm::ArrayRef<PairedCalls> pairedCalls();
llvm::ArrayRef<UniquenessTest> uniquenessTests();

} // namespace pyext::facts

#endif // PYEXT_FACTS_CONTAINERRULES_H
