//===- SelfFieldIncrefRaceCheck.cpp - cpython-state-self-field-incref-race ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/SelfFieldIncrefRaceCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void SelfFieldIncrefRaceCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  auto D = diag(placeOf(Model, R.First->Where),
       "'%0' replaces %1 of '%2' without a lock while %select{another thread "
       "in the same function|'%4'}3 can be using "
       "%select{it|the old object, and take a reference to it after it is "
       "freed}5")
      << nameOf(*R.First->In) << fieldsOf(R) << structOf(R)
      << (R.Second->In != R.First->In) << nameOf(*R.Second->In)
      << R.Second->TakesReference;
  for (const FixItHint &Hint : safeFix())
    D << Hint;
}

} // namespace pyext::state
