//===- StateFindmoduleCheck.h - cpython-types-state-findmodule ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_STATEFINDMODULECHECK_H
#define PYEXT_TYPES_STATEFINDMODULECHECK_H

#include "support/ModelCheck.h"

namespace pyext::types {

/// Finds modules that are looked up by their definition or name to get at their
/// state.
///
/// For users: docs/checks/types/state-findmodule.md
class StateFindmoduleCheck : public ModelCheck {
public:
  StateFindmoduleCheck(llvm::StringRef Name,
                       clang::tidy::ClangTidyContext *Context);
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &Opts) override;

protected:
  void analyze(const model::ExtensionModel &Model) override;

private:
  enum Kind { MultiPhase, Unknown, OnePhase, ByName };
  /// One look-up of a module.
  struct LookUp {
    const model::Function *In;
    const clang::CallExpr *Call;
    llvm::StringRef Name;       ///< Of the function that looks it up.
    const model::Module *Mod;   ///< Null when it is not of this file.
    const clang::VarDecl *Definition;
    Kind How;
  };

  void checkFunction(const model::ExtensionModel &Model,
                     const model::Function &F);
  void checkDefinition(const model::ExtensionModel &Model,
                       const model::Function &F, const model::CallSite &Site,
                       llvm::StringRef Name, bool Finds);
  void report(const model::ExtensionModel &Model, size_t Index);
  void advise(const model::ExtensionModel &Model, const LookUp &L, bool First);

  const bool SinglePhase;
  std::vector<LookUp> Found;
};

} // namespace pyext::types

#endif // PYEXT_TYPES_STATEFINDMODULECHECK_H
