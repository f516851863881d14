//===- BufferExportCounterCheck.cpp - cpython-state-buffer-export-counter ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/BufferExportCounterCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void BufferExportCounterCheck::report(const ExtensionModel &Model, const FieldRace &R) {
  diag(placeOf(Model, R.First->Where),
       "'%0' changes the export count '%1' of '%2' without a lock; two threads "
       "lose a count, and the memory is %select{resized|freed}3 while a buffer "
       "still points to it")
      << nameOf(*R.First->In) << fieldOf(R) << structOf(R)
      << (R.Second->In == R.First->In);
}

StringRef BufferExportCounterCheck::advice(const FieldRace &R) const {
  return "hold a critical section on the exporter wherever the count is tested "
         "or changed, or make it atomic";
}

} // namespace pyext::state
