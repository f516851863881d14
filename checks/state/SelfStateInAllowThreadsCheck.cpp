//===- SelfStateInAllowThreadsCheck.cpp - cpython-state-self-state-in-allow-threads ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/SelfStateInAllowThreadsCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void SelfStateInAllowThreadsCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  diag(placeOf(Model, R.First->Where),
       "'%0' %select{uses|changes}1 %select{'%3'|what is behind '%3'}2 of '%4' "
       "while detached; meanwhile, even with the GIL, %select{another thread "
       "in the same function|'%6'}5 can %select{use it|%select{free or "
       "replace|change}8 it}7")
      << nameOf(*R.First->In) << R.First->writes() << R.First->Content
      << fieldOf(R) << structOf(R) << (R.Second->In != R.First->In)
      << nameOf(*R.Second->In) << R.Second->writes() << R.Second->Content;
}

StringRef SelfStateInAllowThreadsCheck::advice(const FieldRace &R) const {
  return "guard it with a mutex of the object that is taken after detaching, "
         "here and at the other places; a critical section ends when the thread "
         "detaches";
}

} // namespace pyext::state
