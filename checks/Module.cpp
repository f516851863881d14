//===- Module.cpp - Registers the checks with clang-tidy ------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Module.h"
#include "CheckHeaders.inc"
#include "support/Llvm.h"

using namespace clang::tidy;

namespace pyext {
namespace {

class CPythonModule : public ClangTidyModule {
public:
  void addCheckFactories(ClangTidyCheckFactories &Factories) override {
#define CHECK(CLASS, GROUP, NAME, STABILITY, SINCE, FIX, SENTENCE)             \
  Factories.registerCheck<GROUP::CLASS>(NAME);
#include "Checks.def"
    (void)Factories;
  }

  ClangTidyOptions getModuleOptions() override {
    ClangTidyOptions Options;
    // Caches of results (ctcache) hash `--dump-config`, which shows only keys of
    // enabled checks.
#define CHECK(CLASS, GROUP, NAME, STABILITY, SINCE, FIX, SENTENCE)             \
  Options.CheckOptions[NAME ".Build"] = BuildId;
#include "Checks.def"
    return Options;
  }
};

} // namespace
} // namespace pyext

static ClangTidyModuleRegistry::Add<pyext::CPythonModule>
    X("cpython-module", "Thread-safety checks for CPython extension modules.");
