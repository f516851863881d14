//===- ModuleStateHooksFix.h ------------------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes the functions with which a module visits, clears and releases the
// objects in its state.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_MODULESTATEHOOKSFIX_H
#define PYEXT_TYPES_MODULESTATEHOOKSFIX_H

#include "model/ExtensionModel.h"
#include "clang/Basic/Diagnostic.h"

namespace pyext::types {

/// The three functions, in the order of PyModuleDef's fields.
enum Hook { Traverse, Clear, Free };
constexpr llvm::StringLiteral FieldNames[] = {"m_traverse", "m_clear", "m_free"};

struct ModuleHooks {
  const model::ExtensionModel &Model;
  const model::Module &Mod;
  std::vector<const clang::FieldDecl *> Fields; ///< With references of its own.
  const clang::FunctionDecl *Hooks[3];          ///< Null: to be written.
};

/// The functions that are missing, and where the definition names them; empty
/// when that cannot be written.
llvm::SmallVector<clang::FixItHint> makeHooks(const ModuleHooks &S);

/// The struct as code names it: "struct S" or its typedef.
std::string typeText(const clang::RecordDecl *RD, const clang::LangOptions &LO);

/// Whether the file declares \p Name at its top.
bool isDeclared(const model::ExtensionModel &Model, llvm::StringRef Name);

} // namespace pyext::types

#endif // PYEXT_TYPES_MODULESTATEHOOKSFIX_H
