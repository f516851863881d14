//===- HalfLockedFieldCheck.cpp - cpython-state-half-locked-field ---------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/HalfLockedFieldCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void HalfLockedFieldCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  const auto *Other = R.Guarded.front();
  diag(placeOf(Model, R.First->Where),
       "'%0' %select{reads|changes}1 %select{%3|what is behind %3}2 of '%4' "
       "without the lock that '%5' holds where it %select{reads|changes}6 it")
      << nameOf(*R.First->In) << R.First->writes() << R.First->Content
      << fieldsOf(R) << structOf(R) << nameOf(Other->In == R.First->In ? *Other->Ways.front().From
                                                     : *Other->In)
      << Other->writes();
}

} // namespace pyext::state
