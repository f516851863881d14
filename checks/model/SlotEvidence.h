//===- SlotEvidence.h - What speaks against a promise -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A module declares with slots that it works without the GIL, or in several
// interpreters. Here is what one file shows against that.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_SLOTEVIDENCE_H
#define PYEXT_MODEL_SLOTEVIDENCE_H

#include "facts/ModelCalls.h"
#include "model/ExtensionModel.h"

namespace pyext::model {

/// One place that contradicts a promise.
struct Evidence {
  clang::SourceLocation Loc;
  std::string Name; ///< Of the variable, type, field or API.
  std::string What; ///< What it does, to be read after the quoted name.
  /// Two parties are known that clash. Otherwise it is only what nobody who
  /// makes the promise should leave unread.
  bool Certain = true;
  /// When all that speaks against it is that pointers to it are kept: the
  /// struct that they point to. It is not written when no code writes such a
  /// struct.
  std::string KeptAs;
};

/// What becomes of an address that is taken.
enum class AddressUse : uint8_t { Read, Kept, Written };
/// Of the access \p A of \p S, whose kind is AccessKind::Address.
AddressUse addressUse(const ExtensionModel &Model, const StateVariable &S,
                      const Access &A);

/// All of it in one file, each list in source order.
struct SlotEvidence {
  explicit SlotEvidence(const ExtensionModel &Model);

  /// Against running without the GIL.
  std::vector<Evidence> WithoutGil;
  /// Against more than one interpreter, even when they share the GIL.
  std::vector<Evidence> SeveralInterpreters;
  /// Against interpreters with a GIL of their own; beyond the above.
  std::vector<Evidence> OwnGil;

  /// How much was looked at.
  unsigned Functions = 0, Variables = 0, NotAnalysed = 0;
  /// "12 functions and 3 variables analysed, 1 function not".
  std::string extent() const;
};

/// Whether the module says nothing about what a slot of \p Role declares. False
/// as well when that cannot be known: the slots are in another file, or a
/// branch that is not compiled here has it.
bool lacksSlot(const ExtensionModel &Model, const Module &Mod,
               facts::ModuleSlotRole Role);

/// What the module declares with a slot of \p Role, or with a tag of its
/// binding; nothing when it does not or that cannot be read.
std::optional<facts::Promise> promiseOf(const Module &Mod,
                                        facts::ModuleSlotRole Role);

/// Whether the macro of a binding has an argument that cannot be read.
bool hasUnknownTag(const Module &Mod);

/// Whether a module of single-phase initialisation does not say whether it uses
/// the GIL, which it does with PyUnstable_Module_SetGIL().
bool lacksSetGil(const ExtensionModel &Model, const Module &Mod);

/// Whether \p Def, a PyModuleDef, is only what each interpreter keeps a module
/// under: it is no module's, has no slots, and PyState_AddModule() is given it.
/// PyState_FindModule() finds what was registered, however that was made.
bool isModuleKey(const ExtensionModel &Model, const clang::VarDecl *Def);

/// The check that the module refuses to be loaded a second time: where its init
/// code raises ImportError because of a flag of the process; null without.
const clang::Expr *loadsOnlyOnce(const ExtensionModel &Model);

} // namespace pyext::model

#endif // PYEXT_MODEL_SLOTEVIDENCE_H
