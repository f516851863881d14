//===- StoredFunctions.h - Functions called through fields ------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A function whose address goes nowhere but into fields and local variables of
// this file, `self->wrapper = bounded_wrapper`, is called where these are called,
// with the locks held there.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_STOREDFUNCTIONS_H
#define PYEXT_MODEL_STOREDFUNCTIONS_H

#include "model/ExtensionModel.h"
#include "llvm/ADT/MapVector.h"

namespace pyext::model {

class StoredFunctions {
public:
  /// \p E, at the end of \p Path, names \p F as a value. True when it is stored
  /// in a place that is followed.
  bool stores(Function *F, const clang::DeclRefExpr *E,
              llvm::ArrayRef<const clang::Stmt *> Path);
  /// The same in an initialiser of a variable, for a field of a struct.
  bool storesInTable(Function *F, const clang::DeclRefExpr *E,
                     llvm::ArrayRef<const clang::Stmt *> Path);
  /// \p E names \p F as an argument of \p Call, a call of a function of this
  /// file. False when it does not become a parameter that is followed; else
  /// \p AsIf stands for a call when nothing shows where the parameter is called.
  bool passes(Function *F, const clang::DeclRefExpr *E,
              const clang::CallExpr *Call, const CallSite &AsIf);
  /// \p D, a field or a variable, is named at the end of \p Path in \p Caller.
  void uses(const clang::ValueDecl *D, const clang::FunctionDecl *Caller,
            llvm::ArrayRef<const clang::Stmt *> Path);

  /// Gives the functions their callers; one that is not called here has its
  /// address taken, or is in \p Unknown when a table has it. \p Find gives the
  /// model's function to a caller.
  void conclude(llvm::function_ref<Function *(const clang::FunctionDecl *)> Find,
                llvm::DenseMap<const clang::FunctionDecl *,
                               const clang::DeclRefExpr *> &Unknown);

private:
  /// The field or local variable of a function pointer that takes the value at
  /// the end of \p Path.
  static const clang::ValueDecl *target(llvm::ArrayRef<const clang::Stmt *> Path);

  struct Pointer {
    std::vector<const clang::ValueDecl *> CopiedTo;
    std::vector<CallSite> Calls;
    bool Escapes = false;
  };
  llvm::DenseMap<const clang::ValueDecl *, Pointer> Pointers;
  struct Stored {
    const clang::DeclRefExpr *Where;
    llvm::SmallVector<const clang::ValueDecl *, 2> In;
    bool Table = false, Code = false;
    std::vector<CallSite> AsIf;
  };
  llvm::MapVector<Function *, Stored> Functions;
};

} // namespace pyext::model

#endif // PYEXT_MODEL_STOREDFUNCTIONS_H
