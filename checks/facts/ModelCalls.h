//===- ModelCalls.h - Calls and macros that shape an extension --*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_MODELCALLS_H
#define PYEXT_FACTS_MODELCALLS_H

#include "facts/Facts.h"

namespace pyext::facts {

/// What a call means for the shape of the extension; see ModelCalls.def.
enum class ModelCall {
  CreatesMultiPhase,
  CreatesSinglePhase,
  SetsGil,
  ReturnsState,
  Registers,
  WritesType,
  StartsThread,
  ForeignAttach,
  StateModule,
  GuessesThreadState,
  EmbedsPython,
  NamesMain,
  LeavesFunction, ///< longjmp() and the like.
  StopsWorld,
  StartsWorld,
  Blocks,     ///< Waits for something other than the CPU.
  AsksForEnd, ///< Py_IsFinalizing() and the like.
  Reallocates,
  CopiesMemory,
  CallsBack, ///< Calls the functions it is given before it returns.
};
/// \p Name in canonical spelling.
std::optional<ModelCall> findModelCall(llvm::StringRef Name);

/// The first slot that plays \p Role.
const ModuleSlot &moduleSlot(ModuleSlotRole Role);

/// The METH_ flags; their values are the same in all versions.
namespace method {
enum Flag : int64_t {
  VarArgs = 0x1,
  Keywords = 0x2,
  NoArgs = 0x4,
  OneArg = 0x8,
  Fastcall = 0x80,
  DefiningClass = 0x200, ///< METH_METHOD
  CallingConvention = VarArgs | Keywords | NoArgs | OneArg | Fastcall |
                      DefiningClass,
};
} // namespace method
/// Whether the interpreter knows how to call a method with \p Flags.
bool isCallingConvention(int64_t Flags);

/// Frameworks whose macro declares a module.
enum class ModuleMacro { Pybind11, Nanobind };
std::optional<ModuleMacro> findModuleMacro(llvm::StringRef Name);

/// Macro names of the values of module slots, e.g. Py_MOD_GIL_NOT_USED.
bool isModuleSlotValue(llvm::StringRef Name);
/// Atomic operations of any library: _Py_atomic_*, atomic_*, __atomic_*,
/// Interlocked*.
bool isAtomicFunction(llvm::StringRef Name);
/// A C++ class that owns or borrows a Python object: pybind11::object.
bool isObjectHolderType(llvm::StringRef QualifiedName);
/// A name of the C API, known or not, or one that the user's rows describe like
/// one: the rows about references and effects count.
bool isApiName(llvm::StringRef Name);
/// The struct of a thread state; or, with \p Token, what attaching returns.
bool isThreadStateType(llvm::StringRef TypeName, bool Token);
/// The C++ class that binds a function together with guards.
bool isCallGuardType(llvm::StringRef QualifiedName);
/// A mutex that must stay where it is.
bool isMutexType(llvm::StringRef TypeName);
/// A namespace of pybind11 or nanobind.
bool isBindingNamespace(llvm::StringRef Name);
/// The mutex of every object in a build without the GIL.
bool isObjectMutexField(llvm::StringRef FieldName);
/// A call that only sets, clears or asks for the current exception.
bool isErrorSetter(llvm::StringRef Name);
/// A function whose name says that it takes or releases a lock: queue_lock.
bool isLockingName(llvm::StringRef Name);
/// What the last argument of a blocking call says about waiting.
enum class WaitArgument {
  None,    ///< Nothing.
  Time,    ///< How long: not at all when it is 0.
  Timeout, ///< How long at most: a value that is not known may be short.
};
WaitArgument waitArgument(llvm::StringRef Name);
/// A function whose name says that its caller holds the lock:
/// list_append_lock_held.
bool isLockHeldName(llvm::StringRef Name);
/// A function whose name says that what it is given is gone afterwards:
/// lib_close().
bool isDisposeName(llvm::StringRef Name);
/// A function of a library that only looks at what it is given, by its name.
bool isAskingName(llvm::StringRef Name);
/// A function that says, by its name, whether an object has one reference only.
bool asksWhetherUnique(llvm::StringRef Name);
/// A parameter whose name says that it holds the arguments, or the keywords, of
/// a call.
bool holdsCallArguments(llvm::StringRef Parameter);
bool holdsCallKeywords(llvm::StringRef Parameter);
/// A call that calls an object, such as a type: what comes back is nobody else's.
bool makesInstance(llvm::StringRef Name);
/// A struct whose library lets any number of threads use one object: FILE. By
/// typedef or tag.
bool isThreadSafeType(llvm::StringRef TypeName);
/// A function whose name says that it prepares the module: init_exceptions.
bool isSetupName(llvm::StringRef Name);

struct ModelCallApi {
  const char *Name;
  Origin From;
  ModelCall Role;
};

/// What a module declares with the value of a slot.
enum class Promise {
  GilUsed, ///< The default.
  GilNotUsed,
  OneInterpreter,
  SharedGil, ///< Several interpreters that share the GIL. The default.
  OwnGil,    ///< Several interpreters, each with a GIL of its own.
};

struct ModuleSlotValue {
  const char *Name;
  const char *Slot; ///< The macro of the slot the value is for.
  Promise Meaning;
};

/// Null when \p Name is no macro of a slot's value.
const ModuleSlotValue *findModuleSlotValue(llvm::StringRef Name);
const ModuleSlotValue &moduleSlotValue(Promise Meaning);

struct BindingTag {
  const char *Name; ///< Without its namespace.
  Promise Meaning;
};

enum class SupersededStatus { Gone, Scheduled, Deprecated, NoOp };
enum class SupersededChange { Rename, Delete, Other };

/// A name of the C API that has a safer successor; see SupersededApis.def.
struct SupersededApi {
  const char *Name;
  SupersededStatus Status;
  unsigned Version; ///< 3.x
  const char *Replacement; ///< Null for none.
  SupersededChange Change;
  const char *Family;
  const char *Why;
};
/// Null when the name is not superseded.
const SupersededApi *findSuperseded(llvm::StringRef Name);

enum class NameMatch { Prefix, Suffix, Word };
enum class NameMeaning {
  AtomicFunction,
  CApi,
  LockHeld,
  SetsUp,
  ErrorSetter,
  Locking,
  Disposes,
  Asks,
  AsksWhetherUnique,
  CallArguments,
  CallKeywords,
  MakesInstance,
};

struct NamePattern {
  const char *Text;
  NameMatch Match;
  NameMeaning Meaning;
};

llvm::ArrayRef<ModelCallApi> modelCalls();
llvm::ArrayRef<NamedEntity> moduleMacros();
llvm::ArrayRef<ModuleSlotValue> moduleSlotValues();
llvm::ArrayRef<NamePattern> namePatterns();
llvm::ArrayRef<NamedEntity> objectHolders();
llvm::ArrayRef<BindingTag> bindingTags();
llvm::ArrayRef<SupersededApi> supersededApis();
llvm::ArrayRef<NamedEntity> threadSafeTypes();

} // namespace pyext::facts

#endif // PYEXT_FACTS_MODELCALLS_H
