//===- ApiRoles.h - Calls of types, memory and interpreters -----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_APIROLES_H
#define PYEXT_FACTS_APIROLES_H

#include "facts/Facts.h"

namespace pyext::facts {

/// What a call does in the life of an object, a type, a module or an
/// interpreter.
enum class ApiRole {
  TypeOf,     ///< Gives the type of its argument, borrowed.
  Untracks,   ///< Hides an object from the collector.
  Tracks,
  FreesObject,   ///< Frees the memory of an object without a collector's header.
  FreesGcObject, ///< Frees the memory of an object with one.
  MakesObject,   ///< Makes an object without a collector's header.
  MakesGcObject,
  InitsObject, ///< Makes memory an object.
  ClearsWeakRefs,
  VisitsManagedDict,
  ClearsManagedDict,
  CallsFinalizer,
  GetsTypeSlot,    ///< Gives a function of a type.
  ReadsTypeModule, ///< Gives the module of exactly this type, or its state.
  ReadsTypeData,   ///< Gives the part of an object that belongs to a type.
  FindsTypeModule, ///< Finds the module of a type or of one of its bases.
  MakesBareType,   ///< Makes a type that belongs to no module.
  MakesModuleType, ///< Makes a type of a module.
  FindsModule,     ///< Gives the interpreter's only module of a definition.
  RegistersModule,
  ImportsByName,
  ListsModules,      ///< Gives sys.modules.
  TraverseSafe,      ///< May be called while objects are traversed.
  TraverseTolerated, ///< Not documented as safe, but does nothing else.
  DuringGc,          ///< May only be called while objects are traversed.
  DropsHandle,       ///< Drops the reference that a struct holds.
  ReturnsInterpreter,
  ReturnsInterpreterId,
  ReturnsThreadState,
  MainInterpreter,   ///< Picks an interpreter, or asks whether it is the main.
  WalksThreadStates, ///< Gives a thread state of some thread.
  SwitchesInterpreter, ///< Leaves the thread attached to another thread state.
  AddsPendingCall,
  Forks,
  BeforeFork,
  AfterFork,
  ObsoleteAfterFork,
  ReplacesProcess, ///< Does not return: exec, _exit.
  ForkHandlers,    ///< Registers functions to run around a fork.
  LegacyTls,       ///< Thread-local storage with int keys.
  SetsSignalHandler,
  SetsReferenceCount, ///< Gives an object another number of references.
  SignalSafe, ///< May be called by a signal handler.
  ThreadIdentity, ///< Gives what belongs to the calling thread.
  ChecksGilState,
  GetsGilStateThread,
  ReadsModuleState,
  AddsToModule,
  MakesMetaclassType,
  AsksAttached,    ///< Gives the current thread state, or null.
  UsesThreadState, ///< Attaches to its argument.
  MakesInterpreter,
  SetsException,  ///< Attaches or makes a guard or view, else raises.
  TakesException, ///< Shows, clears, takes or asks for the exception.
  TargetsAbi3t,   ///< A macro that asks for the stable ABI of all builds.
  OpaqueInAbi3t,  ///< What that ABI does not lay open: PyObject_HEAD.
  TakesIfAlive,   ///< Takes a reference unless the object is dying.
  GivesConstant,  ///< Gives None, an empty string or the like.
  CallsBack,      ///< Calls a function that it is given, and then returns.
  RunsElsewhere,  ///< Has a function run in a thread, in a signal, at exit,
                  ///< or once in a process.
};

struct ApiRoleRow {
  const char *Name;
  Origin From;
  ApiRole Role;
};

/// Whether the call named \p Name, in canonical spelling, has the role.
bool hasRole(llvm::StringRef Name, ApiRole Role);
/// The rows of a name; empty when there are none.
llvm::ArrayRef<ApiRoleRow> findRoles(llvm::StringRef Name);
/// The first name with the role.
llvm::StringRef nameOf(ApiRole Role);

/// Where memory comes from.
enum class MemoryDomain { Raw, Mem, Object, GcObject, CRuntime };
enum class AllocationOp { Alloc, Resize, Free };

struct Allocation {
  const char *Name;
  Origin From;
  MemoryDomain Domain;
  AllocationOp Op;
};
/// Null when the call, in canonical spelling, does not manage memory.
const Allocation *findAllocation(llvm::StringRef Name);
/// The function of another domain that does the same as \p Row; null when there
/// is none.
const Allocation *inDomain(const Allocation &Row, MemoryDomain Domain);

/// Bits of PyTypeObject.tp_flags and PyType_Spec.flags: the same in all versions.
namespace type_flags {
constexpr int64_t ManagedWeakref = 1 << 3;
constexpr int64_t ManagedDict = 1 << 4;
constexpr int64_t DisallowInstantiation = 1 << 7;
constexpr int64_t ImmutableType = 1 << 8;
constexpr int64_t BaseType = 1 << 10;
constexpr int64_t HaveGc = 1 << 14;
constexpr char DisallowInstantiationName[] = "Py_TPFLAGS_DISALLOW_INSTANTIATION";
constexpr char ImmutableTypeName[] = "Py_TPFLAGS_IMMUTABLETYPE";
} // namespace type_flags

/// Bits of PyMethodDef.ml_flags.
namespace method_flags {
constexpr int Class = 0x10;
constexpr int Static = 0x20;
constexpr int Method = 0x200; ///< Gets the defining class.
} // namespace method_flags

llvm::ArrayRef<ApiRoleRow> apiRoles();
llvm::ArrayRef<Allocation> allocations();

} // namespace pyext::facts

#endif // PYEXT_FACTS_APIROLES_H
