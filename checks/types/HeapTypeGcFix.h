//===- HeapTypeGcFix.h ------------------------------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Makes the instances of a heap type known to the collector: the flag, the
// functions that visit and clear, their slots, and the deallocator's part.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_TYPES_HEAPTYPEGCFIX_H
#define PYEXT_TYPES_HEAPTYPEGCFIX_H

#include "facts/Facts.h"
#include "model/ExtensionModel.h"
#include "clang/Basic/Diagnostic.h"

namespace pyext::types {

/// The edits for \p Type, which lacks the flag and owns \p Owned; empty when
/// they cannot be written or would not be all that it takes.
llvm::SmallVector<clang::FixItHint>
makeCollectable(const model::ExtensionModel &Model,
                const model::TypeObject &Type,
                llvm::ArrayRef<model::OwnedField> Owned, facts::PyVersion Min);

} // namespace pyext::types

#endif // PYEXT_TYPES_HEAPTYPEGCFIX_H
