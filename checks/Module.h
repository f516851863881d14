//===- Module.h - The clang-tidy module of the checks -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODULE_H
#define PYEXT_MODULE_H

namespace pyext {

/// Identity of these checks: project version, hash of the sources of the
/// checks, LLVM version. `--dump-config` shows it as option `Build` of every check.
extern const char BuildId[];

/// Project version, "major.minor.patch".
extern const char Version[];

} // namespace pyext

#endif // PYEXT_MODULE_H
