//===- ProcessState.h - What a process has only one of ----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Data, hooks and handles that all threads and interpreters of a process share,
// inside and outside of the C API.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_PROCESSSTATE_H
#define PYEXT_FACTS_PROCESSSTATE_H

#include "facts/Facts.h"

namespace pyext::facts {

/// An argument that a call keeps or reads, though its type would let it write.
struct PointerKeeper {
  const char *Name;
  Origin From;
  int Arg;
};
bool keepsPointer(llvm::StringRef Name, unsigned Arg);

/// What a function of the C library keeps for all threads.
enum class HiddenState {
  Result, ///< It returns a pointer to storage that the next call overwrites.
  Position,
  Generator,
  Table,
  Shift,
  Locale,
  Environment,
  Zone,
};
struct HiddenStateCall {
  const char *Name;
  Origin From;
  HiddenState State;
  const char *Instead; ///< Possibly empty.
};
/// Null when the call has no state of its own, as far as known.
const HiddenStateCall *findHiddenState(llvm::StringRef Name);

enum class HookReach { Process, Interpreter };
/// A hook or setting that a module shares with everything else.
struct ProcessHook {
  const char *Name;
  Origin From;
  SpellingKind Spelling; ///< Function or Variable.
  HookReach Reach;
  const char *Instead; ///< Possibly empty.
};
const ProcessHook *findProcessHook(llvm::StringRef Name);

enum class HandleUse { Shareable, OneThread };
struct NativeHandle {
  const char *Name; ///< Tag or typedef of the struct.
  Origin From;
  HandleUse Use;
};
const NativeHandle *findNativeHandle(llvm::StringRef Name);

/// A C++ class, by its qualified name, whose destructor drops a reference.
bool isObjectOwnerType(llvm::StringRef QualifiedName);

/// A private name that keeps an interned string in a static variable.
struct StaticIdentifier {
  const char *Name;
  Origin From;
  SpellingKind Spelling; ///< Macro, Type or Function.
  const char *Instead;   ///< Possibly empty.
};
const StaticIdentifier *findStaticIdentifier(llvm::StringRef Name);

llvm::ArrayRef<PointerKeeper> pointerKeepers();
llvm::ArrayRef<HiddenStateCall> hiddenStates();
llvm::ArrayRef<ProcessHook> processHooks();
llvm::ArrayRef<NativeHandle> nativeHandles();
llvm::ArrayRef<NamedEntity> objectOwners();
llvm::ArrayRef<StaticIdentifier> staticIdentifiers();

} // namespace pyext::facts

#endif // PYEXT_FACTS_PROCESSSTATE_H
