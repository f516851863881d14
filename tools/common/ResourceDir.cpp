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
  auto Below = [&](llvm::StringRef Folder) {
    llvm::SmallString<256> Path(llvm::sys::path::parent_path(
        llvm::sys::path::parent_path(Executable)));
    llvm::sys::path::append(Path, Folder, "clang", CLANG_VERSION_MAJOR_STRING);
    return Path;
  };
  auto HasHeaders = [](llvm::SmallString<256> Path) {
    llvm::sys::path::append(Path, "include", "stddef.h");
    return llvm::sys::fs::exists(Path);
  };
  if (HasHeaders(Below("lib")))
    return std::nullopt;
  // The wheel has them in a folder of its own: an environment may have a clang
  // too.
  if (llvm::SmallString<256> Own = Below("lib/pyext-tidy"); HasHeaders(Own))
    return std::string(Own);
  return std::string(PYEXT_RESOURCE_DIR);
}
