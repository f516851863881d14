//===- main.cpp - pyext-clangd, clangd with the checks linked in ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

namespace clang::clangd {
// No installed header declares it; the same in every LLVM so far.
int clangdMain(int argc, char *argv[]);
} // namespace clang::clangd

int main(int argc, char **argv) {
  return clang::clangd::clangdMain(argc, argv);
}
