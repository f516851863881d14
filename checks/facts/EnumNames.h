//===- EnumNames.h - The enumerators of the facts as text -------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Output and files of facts spell an enumerator as the rows do.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_ENUMNAMES_H
#define PYEXT_FACTS_ENUMNAMES_H

#include "facts/Facts.h"

namespace pyext::facts {

/// The names of all enumerators, in the order of their values from 0. Defined
/// for every enumeration of Facts.h.
template <typename EnumT> llvm::ArrayRef<llvm::StringLiteral> enumNames();

template <typename EnumT> llvm::StringRef enumName(EnumT Value) {
  return enumNames<EnumT>()[static_cast<size_t>(Value)];
}

} // namespace pyext::facts

#endif // PYEXT_FACTS_ENUMNAMES_H
