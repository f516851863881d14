//===- Config.h - The configuration, checked before anything runs --*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_TIDY_CONFIG_H
#define PYEXT_PYEXT_TIDY_CONFIG_H

#include "Arguments.h"
#include <string>

namespace pyext::driver {

/// Reads the configuration of every source file as clang-tidy is going to, and
/// makes an error of what clang-tidy passes over: a .clang-tidy that does not
/// parse, a check or an option that does not exist, a facts file that cannot be
/// read, no cpython check enabled. Each error is printed, naming the file it is
/// in. Returns false when there was one.
///
/// \p ExtraChecks becomes what is to be appended to `--checks`, empty for
/// nothing: the checks are on unless the configuration names them.
/// \p FiltersHeaders becomes whether the configuration says of which headers
/// findings are shown.
bool checkConfiguration(const Arguments &Args, std::string &ExtraChecks,
                        bool &FiltersHeaders);

} // namespace pyext::driver

#endif // PYEXT_PYEXT_TIDY_CONFIG_H
