//===- ContainerRules.cpp -------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/ContainerRules.h"
#include "llvm/Support/ErrorHandling.h"

using namespace llvm;

namespace pyext::facts {

static constexpr ExclusiveWrite ExclusiveRows[] = {
#define EXCLUSIVE_WRITE(Name) {#Name},
#include "facts/ExclusiveWrites.def"
#undef EXCLUSIVE_WRITE
};

static constexpr InitWrite WriteRows[] = {
#define INIT_WRITE(Name, TargetArg, Target, Replacement)                       \
  {#Name, TargetArg, ContainerKind::Target, Replacement},
#include "facts/InitWrites.def"
#undef INIT_WRITE
};

enum class PairFix { Alone, Guided };

static constexpr PairedCalls PairRows[] = {
#define PAIRED(Check, Act, Replacement, Fix)                                   \
  {#Check, #Act, Replacement, PairFix::Fix == PairFix::Alone},
#include "facts/PairedCalls.def"
#undef PAIRED
};

static constexpr UniquenessTest UniquenessRows[] = {
#define UNIQUENESS(Name, Meaning) {#Name, UniquenessMeaning::Meaning},
#include "facts/UniquenessTests.def"
#undef UNIQUENESS
};

const char *uniquenessCall(UniquenessMeaning Meaning) {
  for (const UniquenessTest &Row : UniquenessRows)
    if (Row.Meaning == Meaning)
      return Row.Name;
  llvm_unreachable("a row for every meaning");
}

bool isExclusiveWriter(StringRef Name) {
  for (const ExclusiveWrite &Row : ExclusiveRows)
    if (Name == Row.Name)
      return true;
  return false;
}

ArrayRef<ExclusiveWrite> exclusiveWrites() { return ExclusiveRows; }
ArrayRef<InitWrite> initWrites() { return WriteRows; }
const InitWrite *findInitWrite(StringRef Name) {
  for (const InitWrite &Row : WriteRows)
    if (Name == Row.Name)
      return &Row;
  return nullptr;
}
ArrayRef<PairedCalls> pairedCalls() { return PairRows; }
ArrayRef<UniquenessTest> uniquenessTests() { return UniquenessRows; }

} // namespace pyext::facts
