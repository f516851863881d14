//===- SelfLazyInitCheck.cpp - cpython-state-self-lazy-init ---------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/SelfLazyInitCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

SelfLazyInitCheck::SelfLazyInitCheck(StringRef Name,
                                     tidy::ClangTidyContext *Context)
    : FieldRaceReport(Name, Context, RaceKind::LazyInit),
      AllowBenignScalarCaches(Options.get("AllowBenignScalarCaches", false)) {}

void SelfLazyInitCheck::storeOptions(tidy::ClangTidyOptions::OptionMap &Opts) {
  FieldRaceReport::storeOptions(Opts);
  Options.store(Opts, "AllowBenignScalarCaches", AllowBenignScalarCaches);
}

void SelfLazyInitCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  if (R.SameValue) {
    diag(placeOf(Model, R.Test),
         "'%0' of '%1' is computed on first use without a lock; two threads in "
         "'%2' can both compute it, and read it while the other writes: a data "
         "race, though both get the same number")
        << fieldOf(R) << structOf(R) << nameOf(*R.First->In);
    return;
  }
  const bool TestOnly = is_contained(R.Guarded, R.Second);
  diag(placeOf(Model, R.Test),
       "%0 of '%1' %select{is|are}2 computed on first use "
       "%select{without a lock; two threads in '%3' can both find '%4' "
       "missing, and %select{one result is lost or freed while in use|see "
       "some of them set and others not}2|in '%3', and this test of '%4' is "
       "outside the lock of the write}5")
      << fieldsOf(R) << structOf(R) << !R.Others.empty() << nameOf(*R.First->In)
      << fieldOf(R) << TestOnly;
}

StringRef SelfLazyInitCheck::advice(const FieldRace &R) const {
  if (R.SameValue)
    return "load it once and store it with relaxed atomic operations";
  return FieldRaceReport::advice(R);
}

} // namespace pyext::state
