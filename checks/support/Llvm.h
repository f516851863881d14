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
#include "clang-tidy/ClangTidyDiagnosticConsumer.h"
#include "clang/Basic/DiagnosticOptions.h"
// The options of clang's driver are a library of their own since LLVM 22.
#if LLVM_VERSION_MAJOR < 22
#include "clang/Driver/Options.h"
#else
#include "clang/Options/Options.h"
#endif
#include <memory>

// Functions of clang-tidy that gained a parameter for query-based checks in
// LLVM 22: the arguments after the first that stand for "as by default".
#if LLVM_VERSION_MAJOR < 22
#define PYEXT_ALPHA_AND_CUSTOM_CHECKS(ALPHA) ALPHA
#else
#define PYEXT_ALPHA_AND_CUSTOM_CHECKS(ALPHA) ALPHA, false
#endif

namespace pyext {

/// Every option of clang's command line.
inline const llvm::opt::OptTable &driverOptions() {
#if LLVM_VERSION_MAJOR < 22
  return clang::driver::getDriverOptTable();
#else
  return clang::getDriverOptTable();
#endif
}

/// Makes \p Context report to \p Consumer; both must outlive the result. Since
/// LLVM 21 an engine does not own its options.
inline std::unique_ptr<clang::DiagnosticsEngine>
attachDiagnostics(clang::tidy::ClangTidyContext &Context,
                  clang::DiagnosticConsumer &Consumer) {
#if LLVM_VERSION_MAJOR < 21
  auto Engine = std::make_unique<clang::DiagnosticsEngine>(
      llvm::makeIntrusiveRefCnt<clang::DiagnosticIDs>(),
      llvm::makeIntrusiveRefCnt<clang::DiagnosticOptions>(), &Consumer,
      /*ShouldOwnClient=*/false);
  Context.setDiagnosticsEngine(Engine.get());
#else
  auto Options = std::make_unique<clang::DiagnosticOptions>();
  auto Engine = std::make_unique<clang::DiagnosticsEngine>(
      llvm::makeIntrusiveRefCnt<clang::DiagnosticIDs>(), *Options, &Consumer,
      /*ShouldOwnClient=*/false);
  Context.setDiagnosticsEngine(std::move(Options), Engine.get());
#endif
  return Engine;
}

} // namespace pyext

#endif // PYEXT_SUPPORT_LLVM_H
