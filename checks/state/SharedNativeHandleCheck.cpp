//===- SharedNativeHandleCheck.cpp - cpython-state-shared-native-handle ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/SharedNativeHandleCheck.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {

void SharedNativeHandleCheck::storeOptions(
    clang::tidy::ClangTidyOptions::OptionMap &Opts) {
  GlobalCheck::storeOptions(Opts);
  Options.store(Opts, "ThreadSafeHandleTypes", ThreadSafeHandleTypes);
}

/// The type of the handle, by its typedef or its tag, is one of \p Names.
static bool isNamed(QualType QT, StringRef Names) {
  SmallVector<StringRef, 4> Known;
  Names.split(Known, ';', -1, /*KeepEmpty=*/false);
  for (StringRef &Name : Known)
    Name = Name.trim();
  if (const auto *T = QT->getAs<TypedefType>();
      T && is_contained(Known, T->getDecl()->getName()))
    return true;
  if (QT->isPointerType())
    return isNamed(QT->getPointeeType(), Names);
  const RecordDecl *RD = QT->getAsRecordDecl();
  return RD && RD->getIdentifier() && is_contained(Known, RD->getName());
}

void SharedNativeHandleCheck::report(const ExtensionModel &Model,
                                     const GlobalVerdict &V) {
  if (!threadsMeet(Model) || isNamed(V.Decl->getType(), ThreadSafeHandleTypes))
    return;
  const GlobalUse &First = V.Uses[*V.Write], &Second = V.Uses[*V.Other];
  const SourceManager &SM = Model.context().getSourceManager();
  const SourceLocation Loc =
      V.DefinedElsewhere ? SM.getExpansionLoc(First.Where->getBeginLoc())
                         : V.Decl->getLocation();
  diag(Loc,
       "'%0' is one handle of a C library for all threads; '%1' passes it to "
       "'%2' while %select{'%4' can pass it to '%5'|another thread can do the "
       "same}3, with no lock in common")
      << V.Decl->getName() << nameOf(First.Function) << nameOf(First.Callee)
      << (First.Function == Second.Function) << nameOf(Second.Function)
      << nameOf(Second.Callee);
  noteUses(Model, V, /*OnlyPassed=*/true);
  diag(Loc,
       "hold one lock around the calls, or open a handle for each thread or "
       "module object",
       DiagnosticIDs::Note);
}

} // namespace pyext::state
