//===- Flags.h - Compiler flags when nobody gives any -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_TIDY_FLAGS_H
#define PYEXT_PYEXT_TIDY_FLAGS_H

#include "Arguments.h"

namespace pyext::driver {

/// Makes sure that every source file has compiler flags, in this order:
///  1. `-p` or `--`: as given;
///  2. a compile_commands.json in a parent folder of the first source, or in
///     one of the usual build folders there;
///  3. the include folders of a Python, added as flags after `--`: the one of
///     `--python` (interpreter, version or include folder), of $PYTHON, or of
///     python3.
/// One line on stderr tells which, unless 1. Returns false, after printing one
/// error, when what was asked for does not exist.
bool findFlags(Arguments &Args);

} // namespace pyext::driver

#endif // PYEXT_PYEXT_TIDY_FLAGS_H
