//===- BytearrayRawPointerCheck.h - cpython-refs-bytearray-raw-pointer ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_REFS_BYTEARRAYRAWPOINTERCHECK_H
#define PYEXT_REFS_BYTEARRAYRAWPOINTERCHECK_H

#include "support/ModelCheck.h"

namespace pyext::refs {

/// Finds pointers into the memory of bytearrays and memoryviews that other
/// threads can move or free.
///
/// For users: docs/checks/refs/bytearray-raw-pointer.md
class BytearrayRawPointerCheck : public ModelCheck {
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
};

} // namespace pyext::refs

#endif // PYEXT_REFS_BYTEARRAYRAWPOINTERCHECK_H
