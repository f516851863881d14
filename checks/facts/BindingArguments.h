//===- BindingArguments.h - What else is given to def() ---------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_BINDINGARGUMENTS_H
#define PYEXT_FACTS_BINDINGARGUMENTS_H

#include "llvm/ADT/StringSwitch.h"

namespace pyext::facts {

/// What an argument of nanobind's def(), by its class, says of the call.
enum class BindingArgument {
  None,
  Parameter,       ///< Names the next parameter.
  LockedParameter, ///< And locks the object that is passed for it.
  LockedSelf,      ///< Locks the object whose method it is.
};

inline BindingArgument bindingArgument(llvm::StringRef ClassName) {
  return llvm::StringSwitch<BindingArgument>(ClassName)
      .Case("arg", BindingArgument::Parameter)
      .Case("arg_v", BindingArgument::Parameter)
      .Case("arg_locked", BindingArgument::LockedParameter)
      .Case("arg_locked_v", BindingArgument::LockedParameter)
      .Case("lock_self", BindingArgument::LockedSelf)
      .Default(BindingArgument::None);
}

} // namespace pyext::facts

#endif // PYEXT_FACTS_BINDINGARGUMENTS_H
