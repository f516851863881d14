//===- GlobalCheck.h - Checks of one class of variables ---------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_GLOBALCHECK_H
#define PYEXT_SUPPORT_GLOBALCHECK_H

#include "model/GlobalClasses.h"
#include "support/ModelCheck.h"

namespace pyext {

/// Reports the static variables of one class, one finding each.
class GlobalCheck : public ModelCheck {
public:
  GlobalCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context,
              model::GlobalClass Class);
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

  /// A module of this file declares that it supports several interpreters.
  static bool promisesInterpreters(const model::ExtensionModel &Model);
  /// The name of \p FD; "(lambda)" for one.
  static std::string nameOf(const clang::FunctionDecl *FD);

protected:
  void analyze(const model::ExtensionModel &Model) override;
  /// False for generated code, and for programs unless the user wants them.
  bool applies(const model::ExtensionModel &Model) const;
  /// Called once per variable of the class that is not a part of another.
  virtual void report(const model::ExtensionModel &Model,
                      const model::GlobalVerdict &V) = 0;

  /// Says in notes where the variable is used, those of the race first, then
  /// writes before reads and one per function before the others.
  void noteUses(const model::ExtensionModel &Model,
                const model::GlobalVerdict &V, bool OnlyPassed = false);
  /// Threads of the interpreters that the user asked about can meet.
  bool threadsMeet(const model::ExtensionModel &Model) const;

private:
  const model::GlobalClass Class;
  /// Also look at programs that embed Python: files that define main().
  const bool CheckPrograms;
};

} // namespace pyext

#endif // PYEXT_SUPPORT_GLOBALCHECK_H
