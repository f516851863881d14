//===- ResourceDir.h - Where clang's own headers are ------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_COMMON_RESOURCEDIR_H
#define PYEXT_COMMON_RESOURCEDIR_H

#include <optional>
#include <string>

namespace pyext {

/// The value `-resource-dir` needs in this process, or nullopt when clang's own
/// headers sit where clang looks by itself, in ../lib/clang/<major> next to the
/// executable \p Argv0.
std::optional<std::string> resourceDirToPass(const char *Argv0);

} // namespace pyext

#endif // PYEXT_COMMON_RESOURCEDIR_H
