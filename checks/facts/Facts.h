//===- Facts.h - What the CPython C API does --------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is known about each name of the CPython C API, and about the locks and
// thread APIs extension modules use beside it. The knowledge itself is rows in
// the .def files of this folder; a check asks here and never spells a name.
//
// Every pointer and every string handed out lives as long as the process. Inside
// a UserFactsScope (UserFacts.h) the look-ups see the user's own rows first. None
// of this is a judgement about a piece of code.
//
// Names are what the user wrote, a function or a macro. A callee found in the
// AST goes through canonicalName() first: many documented names are macros that
// expand to a private function.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_FACTS_H
#define PYEXT_FACTS_FACTS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace pyext::facts {

/// A version of Python 3, written "3.13".
struct PyVersion {
  unsigned Minor = 0;

  std::string str() const;

  /// Reads "3.13"; std::nullopt for anything else.
  static std::optional<PyVersion> parse(llvm::StringRef Text);
};

constexpr bool operator==(PyVersion A, PyVersion B) {
  return A.Minor == B.Minor;
}
constexpr bool operator!=(PyVersion A, PyVersion B) {
  return A.Minor != B.Minor;
}
constexpr bool operator<(PyVersion A, PyVersion B) { return A.Minor < B.Minor; }
constexpr bool operator<=(PyVersion A, PyVersion B) {
  return A.Minor <= B.Minor;
}
constexpr bool operator>(PyVersion A, PyVersion B) { return A.Minor > B.Minor; }
constexpr bool operator>=(PyVersion A, PyVersion B) {
  return A.Minor >= B.Minor;
}

/// How a name can be met in a source file.
enum class SpellingKind {
  Function,
  Inline,   ///< A static inline function, also behind a macro of its own name.
  Macro,    ///< With or without parameters; the AST holds its expansion only.
  Constant, ///< An object-like macro or an enumerator with a value.
  Type,
  Variable,
  Method, ///< A C++ member function.
  Guard,  ///< A C++ class that acts while its object lives.
};

/// Who declares a name.
enum class Origin {
  CPython,
  C,
  Cxx,
  POSIX,
  Windows,
  Darwin,
  Abseil,
  Boost,
  Cython,
  GLib,
  Libuv,
  Nanobind,
  NumPy,
  OpenMP,
  OpenSSL,
  Pybind11,
  Qt,
  SDL,
  TBB,
  ThirdParty,
  User, ///< A row of the user's own facts file.
};

/// What holds the object, or is the object, a row speaks of.
enum class ContainerKind {
  List,
  Dict,
  FrozenDict,
  Set,
  FrozenSet,
  Tuple,
  Sequence, ///< A list or a tuple.
  Module,
  Type,
  Weakref,
  Frame,
  Unicode,
  Bytes,
  ByteArray,
  MemoryView,
  Number, ///< An int, a float or a complex number.
  Capsule,
  Cell,
  Function,
  Method,   ///< A bound method or builtin function.
  Instance, ///< An object of the caller's own type.
  Arguments, ///< The arguments of the running call, which the caller holds.
  Interpreter,
  Sys, ///< The sys module or sys.modules.
  Thread,
  Other,
};

//===----------------------------------------------------------------------===//
// Names and versions
//===----------------------------------------------------------------------===//

/// Where a name of the C API exists.
struct ApiVersion {
  const char *Name;
  SpellingKind Kind;
  /// The first 3.x that has it; 0: older than 3.9.
  unsigned Since;
  /// The first 3.x that no longer has it; 0: it is still there.
  unsigned Removed;
  /// Declared only when Py_GIL_DISABLED is defined.
  bool FreeThreadedOnly;
  /// The lowest Py_LIMITED_API (as 3.x) that declares it; 0: none does.
  unsigned LimitedSince;
  /// Whether pythoncapi_compat.h provides it for versions before Since.
  bool InCompat;

  constexpr bool existsIn(PyVersion V) const {
    return V.Minor >= Since && (Removed == 0 || V.Minor < Removed);
  }
  /// Whether code that has to compile for Min and every later version known
  /// here can use the name.
  constexpr bool usableFrom(PyVersion Min, bool WithCompat) const {
    return Removed == 0 && (Since <= Min.Minor || (WithCompat && InCompat));
  }
};

/// Null when no table mentions the name.
const ApiVersion *findApi(llvm::StringRef Name);

/// The documented name of a callee found in the AST: `_PyMutex_Lock` gives
/// `PyMutex_Lock`, `_Py_TYPE_impl` gives `Py_TYPE`. A name without an alias is
/// returned as it is, so the result lives as long as the argument.
llvm::StringRef canonicalName(llvm::StringRef AstCallee);

/// A macro whose expansion calls another name.
struct AstAlias {
  const char *Callee;
  const char *Name;
  unsigned Since;   ///< The first 3.x whose macro does; 0: 3.9 or older.
  unsigned Removed; ///< The first 3.x whose macro no longer does; 0: none.
};

//===----------------------------------------------------------------------===//
// References
//===----------------------------------------------------------------------===//

/// Where a call leaves its result.
enum class ResultKind {
  Return,             ///< The value of the call.
  OutArguments,       ///< Stored through arguments.
  FormatOutArguments, ///< Stored through the arguments the format asks for.
  Items,              ///< The value is a pointer to stored references.
};

/// How the signature of a replacement differs from the original's.
enum class ReplacementShape {
  None,                ///< There is no replacement.
  DropInReturnStrong,  ///< The same arguments, returns a strong reference.
  IntReturnWithLookup, ///< Plus an out argument; 1 found, 0 missing, -1 error.
  OutParamIntReturn,   ///< Plus an out argument; 1 present, 0 inserted, -1.
  OtherArguments,      ///< Takes other arguments: no mechanical rewrite.
};

/// A call whose result is a borrowed reference.
struct BorrowedReference {
  const char *Name;
  SpellingKind Kind;
  ResultKind Result;
  int OutArg;  ///< The argument the reference is stored through, or -1.
  int OutArg2; ///< A second such argument, or -1.
  /// The argument the reference is borrowed from; -1: none of them.
  int ContainerArg;
  ContainerKind Container;
  /// Another thread can make the container drop the object.
  bool Mutable;
  const char *Replacement; ///< Null when there is none.
  ReplacementShape Shape;
  unsigned Since; ///< The first 3.x with Replacement; 0: older than 3.9.
  bool InCompat;  ///< Whether pythoncapi_compat.h provides Replacement.
  /// The call clears exceptions its replacement would report.
  bool SwallowsErrors;
  const char *Note; ///< Possibly empty.
};

/// Null when the call does not return a borrowed reference, as far as known.
const BorrowedReference *findBorrowed(llvm::StringRef Name);

enum class StealWhen { Always, OnSuccess, InPlaceReplace, NeverUse };
enum class StealWhat { Reference, Handle };

/// An argument whose reference the call takes over.
struct StolenReference {
  const char *Name;
  SpellingKind Kind;
  int ArgIndex; ///< -1: the arguments of each "N" unit of the format string.
  StealWhen When;
  StealWhat What;
  bool NullOk;
  const char *Note; ///< Possibly empty.
};

/// All stolen arguments of a call, by rising index; empty when there are none.
llvm::ArrayRef<StolenReference> findStolen(llvm::StringRef Name);

/// A call that gives the caller a new strong reference.
struct NewReference {
  const char *Name;
  int OutArg; ///< The argument it is stored through; -1: the call's value.
  ContainerKind Container; ///< What the object is; Other when that is open.
  /// A brand-new object no other thread knows.
  bool Fresh;
  /// Fresh holds only when the format string builds a tuple, list or dict, as
  /// that of Py_BuildValue.
  bool FreshByFormat;
};

/// The value of a call; null when it is no new reference, as far as known.
const NewReference *findNewReference(llvm::StringRef Name);

/// All new references a call gives, by rising OutArg.
llvm::ArrayRef<NewReference> findNewReferences(llvm::StringRef Name);

enum class RefcountOp { Incref, Decref, NewRef, Clear, SetRef };

struct ReferenceCountApi {
  const char *Name;
  SpellingKind Kind;
  RefcountOp Op;
  bool NullOk;
  int Arg;
};

const ReferenceCountApi *findReferenceCountOp(llvm::StringRef Name);
bool isReferenceCountOp(llvm::StringRef Name);

/// The argument indices for which a call works on the container without letting
/// it escape; empty when the call may let any argument escape.
llvm::ArrayRef<int> findContainerOnlyArgs(llvm::StringRef Name);
bool isContainerOnlyApi(llvm::StringRef Name);
bool isContainerOnlyApi(llvm::StringRef Name, unsigned ArgIndex);

/// A call that hands out a pointer into an object's storage, or its size.
struct InteriorPointer {
  const char *Name;
  SpellingKind Kind;
  bool IsSize;  ///< A size, which other threads can change, not a pointer.
  int OwnerArg; ///< The argument that owns the storage, or -1.
  ContainerKind Owner;
  bool Moves; ///< Another thread can move, free or resize the storage.
  const char *Alternative; ///< Null when there is none.
  const char *Note;        ///< Possibly empty.
};

const InteriorPointer *findInteriorPointer(llvm::StringRef Name);

/// A field of one of CPython's own structs.
struct BorrowedField {
  const char *Struct;
  const char *Field; ///< "*": every field.
  bool Mutable;      ///< Other threads can replace the value.
  const char *Accessor; ///< What to use instead, in words; possibly empty.
  const char *Note;     ///< Possibly empty.
};

const BorrowedField *findBorrowedField(llvm::StringRef Struct,
                                       llvm::StringRef Field);

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

enum class EffectClass {
  Pure,
  Alloc, ///< Runs no Python code since 3.12; until 3.11 the collector could.
  Lock,
  Decref,
  Conditional, ///< Runs Python code under the row's condition only.
  RunsCode,
  Detach,
  NoReturn,
};

/// Whether a critical section can be suspended meanwhile.
enum class MaySuspend { No, Contended, Yes };

/// How a row is known.
enum class Basis { Documented, CPython, Reviewed, Default };

struct CallEffect {
  const char *Name;
  EffectClass Class;
  MaySuspend Suspend;
  int MutatesArg; ///< The argument the call changes, or -1.
  Basis Source;
  const char *Condition; ///< In words; possibly empty.

  /// Whether Python code may run during the call, on the calling thread.
  constexpr bool mayRunUserCode() const {
    return Class == EffectClass::Decref || Class == EffectClass::Conditional ||
           Class == EffectClass::RunsCode || Class == EffectClass::Detach;
  }
  /// The same, counting only what happens whatever the arguments are.
  constexpr bool alwaysMayRunUserCode() const {
    return mayRunUserCode() && Class != EffectClass::Conditional;
  }
  /// Whether the thread may be detached meanwhile, so that others run.
  constexpr bool mayDetach() const {
    return mayRunUserCode() || Class == EffectClass::Lock;
  }
};

/// Null for a name no row speaks of: take an unknown Py* or _Py* name as
/// RunsCode.
const CallEffect *findEffect(llvm::StringRef Name);

/// Whether the call is allowed without an attached thread state. Names outside
/// the C API are not in the tables: ask only about Py* and _Py* names.
bool mayCallDetached(llvm::StringRef Name);

/// A call that is allowed without an attached thread state.
struct DetachedCall {
  const char *Name;
  Basis Source;
  const char *Note; ///< Possibly empty.
};

/// The levels of CPython's documentation, from least to most safe.
enum class ThreadSafety { Incompatible, Compatible, Distinct, Shared, Atomic };

struct ThreadSafetyLevel {
  const char *Name;
  ThreadSafety Level;
};

/// std::nullopt when the documentation states no level.
std::optional<ThreadSafety> threadSafety(llvm::StringRef Name);

//===----------------------------------------------------------------------===//
// Locks and thread states
//===----------------------------------------------------------------------===//

enum class LockKind {
  CriticalSection,
  CriticalSection2,
  CriticalSectionMutex,
  CriticalSection2Mutex,
  PyMutex,
  ThreadLock, ///< PyThread_type_lock.
  Pthread,
  C11,
  Win32,
  Darwin,
  StdMutex,
  Abseil,
  Boost,
  GLib,
  Libuv,
  OpenMP,
  OpenSSL,
  Qt,
  SDL,
  TBB,
  Once, ///< A once-flag.
  User, ///< A lock of the user's facts file.
};

constexpr bool isCriticalSection(LockKind Kind) {
  return Kind == LockKind::CriticalSection ||
         Kind == LockKind::CriticalSection2 ||
         Kind == LockKind::CriticalSectionMutex ||
         Kind == LockKind::CriticalSection2Mutex;
}

enum class LockOp {
  Begin, ///< Of a critical section.
  End,
  Acquire,
  AcquireShared,
  TryAcquire,
  TryAcquireShared,
  Release,
  Once,  ///< Runs its function argument exactly once.
  Wait,  ///< Gives the lock back while it waits and takes it again.
  Query, ///< Asks only.
};

/// LockArg of a method: the object it is called on.
constexpr int ThisArgument = -2;

/// A call or macro that takes or gives back a lock.
struct LockApi {
  /// A method by its qualified name without template arguments.
  const char *Name;
  Origin From;
  SpellingKind Spelling;
  bool IsMacro;
  LockOp Op;
  LockKind Kind;
  /// The argument that is the lock or the locked object, ThisArgument, or -1.
  /// With PyThread_acquire_lock a zero second argument makes it a TryAcquire.
  int LockArg;
  int LockArg2; ///< The second object of a two-object critical section, or -1.
};

/// Null when the name is no lock operation. Py_END_CRITICAL_SECTION also ends a
/// section begun with Py_BEGIN_CRITICAL_SECTION_MUTEX, and likewise with two.
const LockApi *findLockApi(llvm::StringRef Name);

enum class LockMode : uint8_t {
  Exclusive,
  Shared, ///< For readers, of whom there can be several.
};

/// A C++ class whose object holds a lock while it lives.
struct LockGuard {
  const char *Name; ///< Qualified, without template arguments.
  Origin From;
  LockKind Kind;
  int LockArg; ///< The constructor argument that is locked.
  LockMode Mode = LockMode::Exclusive;
};

const LockGuard *findLockGuard(llvm::StringRef QualifiedTypeName);
bool isLockGuardType(llvm::StringRef QualifiedTypeName);

enum class ThreadStateOp {
  Attach,
  Detach,
  Release, ///< Undoes an Attach: the thread is again as it was before.
  Swap,
  Create,
  Destroy,
  DestroyDetach, ///< Destroys and leaves the thread detached.
  Clear,
  Query,
};

enum class ThreadStateFamily {
  AllowThreads,     ///< Py_BEGIN_ALLOW_THREADS and its likes.
  Eval,             ///< PyEval_SaveThread and its likes.
  GILState,         ///< PyGILState_*.
  InterpreterGuard, ///< Guards, views and PyThreadState_Ensure of 3.15.
  ThreadState,
  Interpreter,
};

/// A call, macro or guard class that changes or asks for the thread state.
struct ThreadStateApi {
  const char *Name; ///< A guard class by its qualified name.
  Origin From;
  SpellingKind Kind; ///< Function, Macro or Guard.
  bool IsMacro;
  ThreadStateOp Op;
  ThreadStateFamily Family;
  const char *Counterpart; ///< What undoes it; null for nothing.
};

const ThreadStateApi *findThreadStateApi(llvm::StringRef Name);
/// Whether the name is a macro that attaches or detaches.
bool isAttachMacro(llvm::StringRef Name);

//===----------------------------------------------------------------------===//
// Types, tables and slots
//===----------------------------------------------------------------------===//

/// A name and who declares it.
struct NamedEntity {
  const char *Name;
  Origin From;
};

/// Types whose objects are made to be shared: locks, atomics, once-flags,
/// thread-local keys. By typedef, tag, or qualified name without template
/// arguments.
bool isSynchronizationType(llvm::StringRef TypeName);

/// Types of the tables that describe a module or type: PyMethodDef and the like.
bool isDefinitionTableType(llvm::StringRef TypeName);

/// Variables that a header defines and its import macro fills: PyDateTimeAPI,
/// PyArray_API and the like.
bool isHeaderProvidedTable(llvm::StringRef VarName);

/// CPython's own object structs, by typedef or tag: they begin with an object
/// header even when only a forward declaration is visible.
bool isObjectStruct(llvm::StringRef RecordName);

/// The struct of a type object.
bool isTypeObjectStruct(llvm::StringRef RecordName);

struct ObjectStruct {
  const char *Name;
  bool IsType;
};

/// Whether a code generator made the name.
bool isGeneratedName(llvm::StringRef Name);

struct GeneratedName {
  const char *Text;
  bool IsPrefix;
  const char *Generator;
};

/// What a type slot does.
enum class SlotRole {
  Dealloc,
  Traverse,
  Clear,
  Finalize,
  Del,
  New,
  Init,
  Alloc,
  Free,
  IsGc,
  Iter,
  IterNext,
  Repr,
  Str,
  Hash,
  Call,
  Vectorcall,
  GetAttr,
  SetAttr,
  RichCompare,
  DescrGet,
  DescrSet,
  GetBuffer,
  ReleaseBuffer,
  Await,
  AIter,
  ANext,
  Send,
  Number,   ///< An operation of the number protocol.
  Sequence, ///< An operation of the sequence protocol.
  Mapping,  ///< An operation of the mapping protocol.
  // Data, not functions.
  Methods,
  Members,
  GetSet,
  Doc,
  Name,
  Base,
  Flags,
  Size,
  Offset,
  Token,
  Module,
  Metaclass,
  Slots,
  SubTable, ///< A pointer to one of the protocol tables.
  Internal, ///< Not for extensions to set.
  Other,
};

constexpr bool isFunctionRole(SlotRole Role) {
  return Role < SlotRole::Methods;
}

struct TypeSlot {
  const char *TpField;   ///< Empty when the slot exists only in specs.
  const char *SlotMacro; ///< Empty when a spec cannot set it.
  SlotRole Role;
  const char *SubStruct; ///< The struct with the field; null for none.
};

/// By the field of a static type's tables: "tp_dealloc", "nb_add".
const TypeSlot *findTypeSlotByField(llvm::StringRef Field);
/// By the slot identifier of a type spec: "Py_tp_dealloc".
const TypeSlot *findTypeSlotByMacro(llvm::StringRef Macro);

enum class ModuleSlotRole {
  Create,
  Exec,
  Gil,
  MultipleInterpreters,
  Methods,
  StateSize,
  StateTraverse,
  StateClear,
  StateFree,
  Token,
  Name,
  Doc,
  Abi,
  Slots, ///< A nested table of slots.
  End,
  Invalid,
};

struct ModuleSlot {
  const char *Macro;
  ModuleSlotRole Role;
};

/// By the slot identifier: its number differs between versions.
const ModuleSlot *findModuleSlot(llvm::StringRef Macro);

//===----------------------------------------------------------------------===//
// Whole tables, sorted by name
//===----------------------------------------------------------------------===//

/// A container and the index of the argument it is passed as.
struct ContainerCall {
  const char *Name;
  int Arg;
};

llvm::ArrayRef<ApiVersion> apis();
llvm::ArrayRef<AstAlias> astAliases();
llvm::ArrayRef<BorrowedReference> borrowedReferences();
llvm::ArrayRef<StolenReference> stolenReferences();
llvm::ArrayRef<NewReference> newReferences();
llvm::ArrayRef<ReferenceCountApi> referenceCountOps();
llvm::ArrayRef<ContainerCall> containerCalls();
llvm::ArrayRef<InteriorPointer> interiorPointers();
llvm::ArrayRef<BorrowedField> borrowedFields();
llvm::ArrayRef<CallEffect> callEffects();
llvm::ArrayRef<DetachedCall> detachedCalls();
llvm::ArrayRef<ThreadSafetyLevel> threadSafetyLevels();
llvm::ArrayRef<LockApi> lockApis();
llvm::ArrayRef<LockGuard> lockGuards();
llvm::ArrayRef<ThreadStateApi> threadStateApis();
llvm::ArrayRef<NamedEntity> synchronizationTypes();
llvm::ArrayRef<NamedEntity> definitionTables();
llvm::ArrayRef<NamedEntity> apiTables();
llvm::ArrayRef<ObjectStruct> objectStructs();
llvm::ArrayRef<GeneratedName> generatedNames();
llvm::ArrayRef<TypeSlot> typeSlots();
llvm::ArrayRef<ModuleSlot> moduleSlots();

} // namespace pyext::facts

#endif // PYEXT_FACTS_FACTS_H
