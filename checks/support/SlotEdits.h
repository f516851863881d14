//===- SlotEdits.h - Declaring what a module supports -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_SLOTEDITS_H
#define PYEXT_SUPPORT_SLOTEDITS_H

#include "facts/ModelCalls.h"
#include "model/ExtensionModel.h"

namespace pyext {

/// Where in front of the array's last element an edit puts its text. Edits for
/// two slots take different places, so that both can be applied at once.
enum class SlotPlace { BeforeEnd, AfterOthers };

/// Adds the slot that declares \p Meaning to the array of \p Mod, inside a
/// version guard when it is newer than \p Min. An empty hint when there is no
/// array in which it can be written.
clang::FixItHint addSlot(const model::ExtensionModel &Model,
                         const model::Module &Mod, facts::Promise Meaning,
                         facts::PyVersion Min, SlotPlace Place);

/// The element of an array that declares \p Meaning, on lines of its own.
std::string slotLines(const model::ExtensionModel &Model,
                      facts::Promise Meaning, facts::PyVersion Min,
                      llvm::StringRef Indent);

/// Adds PyUnstable_Module_SetGIL(m, ...), for free-threaded builds, after
/// the module was made and tested for null. An empty hint when the code does not
/// have that form.
clang::FixItHint addSetGil(const model::ExtensionModel &Model,
                           const model::Module &Mod, facts::Promise Meaning);

} // namespace pyext

#endif // PYEXT_SUPPORT_SLOTEDITS_H
