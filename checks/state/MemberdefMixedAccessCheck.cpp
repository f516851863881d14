//===- MemberdefMixedAccessCheck.cpp - cpython-state-memberdef-mixed-access ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/MemberdefMixedAccessCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void MemberdefMixedAccessCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  if (R.IsRead) {
    diag(placeOf(Model, R.First->Where),
         "'%0' changes '%1' of '%2' %select{without|under}3 a lock while Python "
         "code can be reading the attribute, which does not take it")
        << nameOf(*R.First->In) << fieldOf(R) << structOf(R)
        << !R.First->Locks.empty();
    diag(R.Entry, "it can be read because of this entry", DiagnosticIDs::Note);
    return;
  }
  diag(placeOf(Model, R.First->Where),
       "'%0' uses '%1' of '%2' without a lock while Python code can assign the "
       "attribute, which frees the object that is used here")
      << nameOf(*R.First->In) << fieldOf(R) << structOf(R);
  diag(R.Entry, "it can be assigned because of this entry, which is not "
                "read-only", DiagnosticIDs::Note);
}

StringRef MemberdefMixedAccessCheck::advice(const FieldRace &R) const {
  if (R.IsRead)
    return "store it with an atomic operation, or bind a getter that takes the "
           "lock";
  if (!ExtensionModel::isObjectRecord(R.Field->getParent()))
    return "bind a getter and a setter that hold one lock with these places, "
           "or make the member read-only";
  return "take a reference under a critical section on the object before using "
         "it, or make the member read-only";
}

} // namespace pyext::state
