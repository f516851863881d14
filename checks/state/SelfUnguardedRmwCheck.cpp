//===- SelfUnguardedRmwCheck.cpp - cpython-state-self-unguarded-rmw -------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/SelfUnguardedRmwCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void SelfUnguardedRmwCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  diag(placeOf(Model, R.First->Where),
       "'%0' changes %select{%1|what is behind %1|%1}2 of '%3' "
       "%select{without a lock|under a lock that readers share|under a lock "
       "that others do not take}7 while %select{another thread in the same "
       "function|'%5'}4 can be %select{reading|changing}6 it")
      << nameOf(*R.First->In) << fieldsOf(R)
      << (R.First->Content ? 1 : R.First->Path.size() > 1 ? 2 : 0)
      << structOf(R) << (R.Second->In != R.First->In) << nameOf(*R.Second->In)
      << R.Second->writes()
      << (isReader(*R.First) ? 1 : R.First->Locks.empty() ? 0 : 2);
}

} // namespace pyext::state
