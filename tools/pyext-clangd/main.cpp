//===- main.cpp - pyext-clangd, clangd with the checks linked in ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResourceDir.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <vector>

namespace clang::clangd {
// No installed header declares it; the same in every LLVM so far.
int clangdMain(int argc, char *argv[]);
} // namespace clang::clangd

int main(int argc, char **argv) {
  std::vector<char *> Arguments(argv, argv + argc);
  bool HasResourceDir = llvm::any_of(Arguments, [](llvm::StringRef Argument) {
    return Argument.starts_with("--resource-dir") ||
           Argument.starts_with("-resource-dir");
  });
  std::string ResourceDir;
  if (!HasResourceDir) {
    if (auto Path = pyext::resourceDirToPass(argv[0])) {
      ResourceDir = "--resource-dir=" + *Path;
      Arguments.insert(Arguments.begin() + 1, ResourceDir.data());
    }
  }
  Arguments.push_back(nullptr);
  return clang::clangd::clangdMain(static_cast<int>(Arguments.size()) - 1,
                                   Arguments.data());
}
