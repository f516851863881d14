//===- IternextUnsynchronisedCheck.cpp - cpython-state-iternext-unsynchronised ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/IternextUnsynchronisedCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void IternextUnsynchronisedCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  diag(placeOf(Model, R.First->Where),
       "the next step of '%0' changes %1 without a lock; two threads that step "
       "the same iterator, in '%2'%select{ and '%4'|}3, "
       "%select{can go past the end or see half a step|can both release the "
       "object it holds}5")
      << structOf(R) << fieldsOf(R) << nameOf(*R.First->In)
      << (R.Second->In == R.First->In) << nameOf(*R.Second->In)
      << R.First->DropsReference;
}

} // namespace pyext::state
