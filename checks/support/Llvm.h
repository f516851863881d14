//===- Llvm.h - What differs between LLVM versions --------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The only file that names LLVM_VERSION_MAJOR. Everything else is written
// against the newest spelling; what an older or newer LLVM spells differently
// gets an alias or a wrapper here.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_LLVM_H
#define PYEXT_SUPPORT_LLVM_H

#include "llvm/Config/llvm-config.h"

#if LLVM_VERSION_MAJOR < 19
#error "pyext-tidy needs LLVM 19 or newer"
#endif

// ClangTidyModuleRegistry moved to ClangTidyModule.h in LLVM 22; the old header
// warns there and is gone in LLVM 24.
#include "clang-tidy/ClangTidyModule.h"
#if LLVM_VERSION_MAJOR < 22
#include "clang-tidy/ClangTidyModuleRegistry.h"
#endif

// Functions of clang-tidy that gained a parameter for query-based checks in
// LLVM 22: the arguments after the first that stand for "as by default".
#if LLVM_VERSION_MAJOR < 22
#define PYEXT_ALPHA_AND_CUSTOM_CHECKS(ALPHA) ALPHA
#else
#define PYEXT_ALPHA_AND_CUSTOM_CHECKS(ALPHA) ALPHA, false
#endif

#endif // PYEXT_SUPPORT_LLVM_H
