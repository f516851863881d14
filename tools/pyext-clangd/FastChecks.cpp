//===- FastChecks.cpp - The checks, on by default in clangd ---------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// clangd runs only checks of a list compiled into it, and only those that a
// configuration enables. Both decisions are functions that another object of
// clangd calls, so the linker's --wrap replaces them. Neither needs a type that
// changed between LLVM 19 and 22; provideDefaultChecks() does, and is left
// alone for that reason.
//
//===----------------------------------------------------------------------===//

#include "support/Llvm.h"
#include "clang-tidy/ClangTidyOptions.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/FunctionExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace {

using TidyProvider =
    llvm::unique_function<void(clang::tidy::ClangTidyOptions &,
                               llvm::StringRef) const>;

/// Whether the checks are to be added to the list \p Checks of the user's
/// configuration: always, unless it names them itself, or turns everything off.
bool addChecksTo(llvm::StringRef Checks) {
  if (Checks.contains("cpython"))
    return false;
  llvm::SmallVector<llvm::StringRef, 8> Globs;
  Checks.split(Globs, ',');
  bool Any = false, Off = false;
  for (llvm::StringRef Glob : Globs) {
    Glob = Glob.trim();
    if (Glob == "-*") {
      Any = false;
      Off = true;
    } else if (!Glob.empty() && !Glob.starts_with("-")) {
      Any = true;
    }
  }
  return Any || !Off;
}

} // namespace

// bool per check: fast enough for clangd; nullopt: never measured.
std::optional<bool> realIsFastTidyCheck(llvm::StringRef Check) asm(
    "__real__ZN5clang6clangd15isFastTidyCheckEN4llvm9StringRefE");
std::optional<bool> wrapIsFastTidyCheck(llvm::StringRef Check) asm(
    "__wrap__ZN5clang6clangd15isFastTidyCheckEN4llvm9StringRefE");

std::optional<bool> wrapIsFastTidyCheck(llvm::StringRef Check) {
  if (Check.starts_with("cpython-"))
    return true;
  return realIsFastTidyCheck(Check);
}

// The last step of clangd's configuration of clang-tidy.
TidyProvider realDisableUnusableChecks(llvm::ArrayRef<std::string> Extra) asm(
    "__real__ZN5clang6clangd21disableUnusableChecksEN4llvm8ArrayRefINSt7__"
    "cxx1112basic_stringIcSt11char_traitsIcESaIcEEEEE");
TidyProvider wrapDisableUnusableChecks(llvm::ArrayRef<std::string> Extra) asm(
    "__wrap__ZN5clang6clangd21disableUnusableChecksEN4llvm8ArrayRefINSt7__"
    "cxx1112basic_stringIcSt11char_traitsIcESaIcEEEEE");

TidyProvider wrapDisableUnusableChecks(llvm::ArrayRef<std::string> Extra) {
  return [Real = realDisableUnusableChecks(Extra)](
             clang::tidy::ClangTidyOptions &Options, llvm::StringRef File) {
    if (!Options.Checks)
      Options.Checks = "cpython-*";
    else if (addChecksTo(*Options.Checks))
      *Options.Checks += ",cpython-*";
    Real(Options, File);
  };
}
