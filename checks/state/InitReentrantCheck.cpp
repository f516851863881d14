//===- InitReentrantCheck.cpp - cpython-state-init-reentrant --------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/InitReentrantCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void InitReentrantCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  if (!R.WithGil) {
    diag(placeOf(Model, R.First->Where),
         "'%0' releases %1 of '%2' without a lock each time __init__() is "
         "called, while '%3' can be using the old object, and take a reference "
         "to it after it is freed")
        << nameOf(*R.First->In) << fieldsOf(R) << structOf(R)
        << nameOf(*R.Second->In);
    return;
  }
  diag(placeOf(Model, R.First->Where),
       "'%0' overwrites %1 of '%2' each time __init__() is called; what an "
       "earlier call has put there leaks%select{|, and '%4' may be using "
       "it}3")
      << nameOf(*R.First->In) << fieldsOf(R) << structOf(R)
      << !R.Guarded.empty()
      << (R.Guarded.empty() ? std::string() : nameOf(*R.Guarded.front()->In));
}

StringRef InitReentrantCheck::advice(const FieldRace &R) const {
  return "set it up in 'tp_new' instead, or refuse a second call, or release "
         "the old value under a lock";
}

} // namespace pyext::state
