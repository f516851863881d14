//===- ResourceDir.cpp - Where clang's own headers are --------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResourceDir.h"
#include "clang/Basic/Version.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

static void *addressInThisExecutable() {
  static char Anchor;
  return &Anchor;
}

std::optional<std::string> pyext::resourceDirToPass(const char *Argv0) {
  std::string Executable =
      llvm::sys::fs::getMainExecutable(Argv0, addressInThisExecutable());
  llvm::SmallString<256> Own(llvm::sys::path::parent_path(
      llvm::sys::path::parent_path(Executable)));
  llvm::sys::path::append(Own, "lib", "clang", CLANG_VERSION_MAJOR_STRING,
                          "include/stddef.h");
  if (llvm::sys::fs::exists(Own))
    return std::nullopt;
  return std::string(PYEXT_RESOURCE_DIR);
}
