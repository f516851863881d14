//===- FuzzIdentity.cpp - Stands in for the checks' own identity ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Module.h"

namespace pyext {
extern const char BuildId[] = "fuzz";
extern const char Version[] = "0";
} // namespace pyext
