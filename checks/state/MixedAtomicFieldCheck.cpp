//===- MixedAtomicFieldCheck.cpp - cpython-state-mixed-atomic-field -------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/MixedAtomicFieldCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void MixedAtomicFieldCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  const FieldUse *Other = R.First;
  for (const FieldUse *U : R.Guarded)
    if (U->Kind == AccessKind::Atomic) {
      Other = U;
      break;
    }
  diag(placeOf(Model, R.First->Where),
       "'%0' %select{reads|changes}1 '%2' of '%3' with a plain access, while "
       "'%4' can be at the atomic %select{write|read}5 of it")
      << nameOf(*R.First->In) << R.First->writes() << fieldOf(R)
      << structOf(R) << nameOf(*Other->In) << Other->Resets;
}

StringRef MixedAtomicFieldCheck::advice(const FieldRace &R) const {
  return "use atomic operations everywhere, or one lock";
}

} // namespace pyext::state
