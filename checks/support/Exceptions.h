//===- Exceptions.h - Whether a C++ exception can come out ------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_EXCEPTIONS_H
#define PYEXT_SUPPORT_EXCEPTIONS_H

namespace clang {
class Stmt;
} // namespace clang

namespace pyext::support {

/// True when executing \p S, C++ code, may raise an exception that leaves it.
bool mayThrow(const clang::Stmt *S);

} // namespace pyext::support

#endif // PYEXT_SUPPORT_EXCEPTIONS_H
