//===- main.cpp - pyext-tidy, clang-tidy with the checks linked in --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

namespace clang::tidy {
// No installed header declares it; the same in every LLVM so far.
int clangTidyMain(int argc, const char **argv);
} // namespace clang::tidy

int main(int argc, const char **argv) {
  return clang::tidy::clangTidyMain(argc, argv);
}
