//===- ExtensionModel.h - What an extension module is -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Built once per translation unit from the user's own declarations and shared
// by every check. The model answers "who else can touch this": which functions
// Python can call, which run only while the module is imported, who reads and
// writes which state, and which locks are held there.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_EXTENSIONMODEL_H
#define PYEXT_MODEL_EXTENSIONMODEL_H

#include "facts/ModelCalls.h"
#include "flow/FunctionFlow.h"
#include "flow/LockSet.h"
#include "model/Lifecycle.h"
#include "model/Preprocessing.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pyext::flow {
class Attachments;
class RefStates;
class SharingAnalysis;
} // namespace pyext::flow

namespace pyext::model {

/// How the interpreter or somebody else enters a function.
enum class EntryKind : uint8_t {
  ModuleInit,     ///< PyInit_<name>
  ModuleExport,   ///< PyModExport_<name>, Python 3.15
  ModuleCreate,   ///< Py_mod_create
  ModuleExec,     ///< Py_mod_exec, or the body of PYBIND11_MODULE, NB_MODULE
  ModuleTraverse, ///< m_traverse, Py_mod_state_traverse
  ModuleClear,
  ModuleFree,
  Method,   ///< PyMethodDef of a type or a module, or bound with .def()
  Getter,   ///< PyGetSetDef
  Setter,   ///< PyGetSetDef
  Slot,     ///< tp_ field or Py_tp_ slot not named below
  New,      ///< tp_new
  Init,     ///< tp_init
  IterNext, ///< tp_iternext
  Dealloc,  ///< tp_dealloc, tp_free
  Finalize, ///< tp_finalize, tp_del
  Traverse, ///< tp_traverse
  Clear,    ///< tp_clear
  Thread,   ///< started as a thread, or attaches itself with PyGILState_Ensure
  Callback, ///< its address is handed to foreign code
  Exported, ///< external linkage: other files may call it
};
llvm::StringRef toString(EntryKind Kind);

/// When a function runs. A set: a helper can be called from several.
enum Context : uint8_t {
  NoContext = 0,    ///< Not reached from anywhere in this file.
  InitContext = 1,  ///< While the module is imported; one thread at a time.
  RunContext = 2,   ///< While any number of threads use the module.
  DeadContext = 4,  ///< dealloc, traverse, clear of an instance: nobody else
                    ///< has that one, but other instances die meanwhile.
  ForeignContext = 8, ///< On a thread Python did not start.
  UnloadContext = 16, ///< m_traverse, m_clear, m_free of the module.
};

class GlobalClasses;
struct Module;
struct SlotEvidence;
struct TypeObject;

struct EntryPoint {
  EntryKind Kind;
  std::string Name;                 ///< Python-visible name or slot name.
  const clang::VarDecl *Table = nullptr;  ///< The table that lists it; nullable.
  const TypeObject *Type = nullptr; ///< Type it belongs to; nullable.
  int MethodFlags = 0;              ///< METH_* of a Method.
};

/// One call of a function of this file, or of any other function.
struct CallSite {
  const clang::CallExpr *Call;      ///< Null when reached through a table.
  const clang::FunctionDecl *Caller;
  const clang::FunctionDecl *Callee; ///< Null when called through a pointer.
  /// The call or the construction; null when reached through a table or passed
  /// on as a callback.
  const clang::Expr *Where = nullptr;
  /// Of Callee, as the documentation spells it; empty when it has none.
  llvm::StringRef Name;
};

/// A call, or the construction of a guard, that changes or asks for the thread
/// state.
struct ThreadStateUse {
  const clang::Expr *Where;
  const facts::ThreadStateApi *Api;
};

/// A function with a body in this file.
struct Function {
  const clang::FunctionDecl *Decl;
  llvm::SmallVector<EntryPoint, 1> Entries;
  uint8_t Contexts = NoContext;     ///< Set of Context.
  /// InitContext was concluded from what the body does (PyType_Ready,
  /// PyModule_Add...), not from a caller in this file.
  bool PresumedInit = false;
  std::vector<CallSite> Calls;      ///< Made by the body, all of them.
  std::vector<CallSite> Callers;    ///< From this file.
  std::vector<ThreadStateUse> ThreadStates; ///< In source order.
  bool AddressTaken = false;        ///< Other than in a recognised table.
  /// Where the address first leaves for foreign code; null when it does not.
  const clang::Expr *HandedOver = nullptr;
  bool Generated = false;           ///< Cython, SWIG, Argument Clinic...
  bool RunsOnce = false; ///< Handed to call_once(), pthread_once() and the like.
  /// What local pointers and references of the body are set to, in source order.
  std::vector<std::pair<const clang::VarDecl *, const clang::Expr *>>
      PointerValues;
  std::vector<const clang::Expr *> Returned; ///< Pointers and references.
  std::shared_ptr<flow::FunctionLocks> Locks; ///< Null when no lock is used.
  /// Why the body was not analysed; empty when it was.
  std::string NotAnalysed;

  bool onlyIn(uint8_t Set) const { return Contexts && !(Contexts & ~Set); }
  bool initOnly() const { return onlyIn(InitContext); }
  bool has(EntryKind Kind) const;
  /// True when Python code or another file can call it directly with any object.
  bool isPythonVisible() const;
  /// The same, other files excepted: they do as the callers in this file do.
  bool isCalledFromOutside() const;
};

/// One element of a module's slot array.
struct Slot {
  std::string Name;  ///< Macro name: Py_mod_gil, Py_mod_exec...
  std::string Value; ///< Macro or function name of the value, or its text.
  const clang::FunctionDecl *Function = nullptr; ///< For exec and create.
  const clang::VarDecl *Array = nullptr; ///< That has it; may be a nested one.
  const clang::InitListExpr *Element = nullptr;
  std::optional<int64_t> Number; ///< The value, when it is a constant number.
  clang::SourceLocation Loc;
  clang::SourceLocation ValueLoc; ///< Of the macro Value; else invalid.
};

enum class InitKind : uint8_t {
  SinglePhase,  ///< PyInit_ returns PyModule_Create().
  MultiPhase,   ///< PyInit_ returns PyModuleDef_Init().
  Export,       ///< PyModExport_ (3.15).
  Pybind11,     ///< PYBIND11_MODULE
  Nanobind,     ///< NB_MODULE
  Unknown,      ///< The definition is not visible here.
};
llvm::StringRef toString(InitKind Kind);

struct Module {
  std::string Name;
  InitKind Init = InitKind::Unknown;
  const clang::FunctionDecl *InitFunction = nullptr; ///< Nullable.
  const clang::VarDecl *Definition = nullptr; ///< PyModuleDef; nullable.
  const clang::VarDecl *SlotArray = nullptr;  ///< Nullable.
  /// The array's elements, also those of nested arrays, are in this file and
  /// no code changes them.
  bool SlotsVisible = false;
  clang::SourceLocation SlotEnd; ///< Of the array's last element; or invalid.
  std::vector<Slot> Slots;
  std::vector<const clang::VarDecl *> MethodTables;
  const clang::RecordDecl *State = nullptr;   ///< From m_size; nullable.
  std::optional<int64_t> Size;                ///< m_size, bytes; -1 allowed.
  const clang::FunctionDecl *Traverse = nullptr, *Clear = nullptr, *Free = nullptr;
  const clang::CallExpr *CreateCall = nullptr; ///< PyModule_Create2 / PyModuleDef_Init.
  /// The expression that leads to CreateCall, in a function of the file that
  /// has InitFunction; CreateCall itself when it is there. Nullable.
  const clang::Expr *CreateSite = nullptr;
  const clang::CallExpr *SetGilCall = nullptr; ///< PyUnstable_Module_SetGIL.
  clang::SourceLocation SetGilLoc;      ///< Of the call in the file.
  clang::SourceLocation SetGilValueLoc; ///< Of the macro that it is given; or invalid.
  /// What a call, or the build of a nanobind module, declares.
  std::optional<facts::Promise> GilPromise;
  /// Arguments of PYBIND11_MODULE after (name, m), macros replaced.
  std::vector<std::string> BindingTags;
  clang::SourceLocation BindingEnd; ///< The closing parenthesis; or invalid.
  clang::SourceLocation Loc;           ///< Where to report on the module.
  bool Generated = false;

  const Slot *slot(llvm::StringRef Name) const;
  const Slot *slot(facts::ModuleSlotRole Role) const;
};

struct TypeObject {
  std::string Name;                   ///< tp_name, else the variable's.
  const clang::VarDecl *Object = nullptr; ///< static PyTypeObject or PyType_Spec.
  bool Static = false;                ///< A PyTypeObject, not a spec.
  const clang::RecordDecl *Instance = nullptr; ///< From basicsize; nullable.
  std::vector<std::pair<std::string, const clang::FunctionDecl *>> Slots; ///< tp_ name.
  /// Functions and data, also those whose value is not visible here: tp_ names
  /// that are set to something other than null.
  std::vector<std::pair<std::string, const clang::Expr *>> Values;
  const clang::VarDecl *SlotArray = nullptr; ///< Of a spec; nullable.
  /// All slots are in this file and no code changes them.
  bool SlotsVisible = false;
  clang::SourceLocation SlotEnd; ///< Of the array's last element; or invalid.
  const clang::Expr *FlagsExpr = nullptr; ///< Nullable.
  std::optional<int64_t> Flags;           ///< Nothing when not constant here.
  std::optional<int64_t> BasicSize;       ///< Likewise.
  /// Calls that make a type of the spec.
  std::vector<const clang::CallExpr *> Creations;
  /// PyMemberDef makes this field the list of weak references; nullable.
  const clang::FieldDecl *WeakListField = nullptr;
  bool HasWeakList = false;
  bool HasDictOffset = false;
  std::vector<const clang::VarDecl *> MethodTables, GetSetTables, MemberTables;
  std::vector<const clang::FieldDecl *> Members; ///< Exposed by PyMemberDef.
  /// Those of Members that Python code can assign, and where they are listed.
  std::vector<std::pair<const clang::FieldDecl *, clang::SourceLocation>>
      Assignable;
  /// Those that it can only read.
  std::vector<std::pair<const clang::FieldDecl *, clang::SourceLocation>>
      Readable;
  clang::SourceLocation Loc;

  /// The function of a slot; null when there is none in this file.
  const clang::FunctionDecl *slot(llvm::StringRef Field) const;
  /// Whether the slot is set, to whatever.
  bool sets(llvm::StringRef Field) const;
  bool hasFlag(int64_t Flag) const { return Flags && (*Flags & Flag); }
  bool lacksFlag(int64_t Flag) const { return Flags && !(*Flags & Flag); }
  /// Whether it has a base other than object, as far as is known.
  bool hasBase(const clang::ASTContext &Context) const;
};

enum class StateKind : uint8_t { Global, StaticLocal, ModuleField, InstanceField };
llvm::StringRef toString(StateKind Kind);

enum class AccessKind : uint8_t {
  Read,
  Write,
  ReadWrite, ///< x++, x += 1
  Address,   ///< &x or x as a non-const pointer goes where it may be written.
  Atomic,    ///< Through an atomic operation.
};
llvm::StringRef toString(AccessKind Kind);

struct Access {
  const clang::Expr *Where;             ///< The DeclRefExpr or MemberExpr.
  /// The part that is accessed: Where, or a member or an element of it.
  const clang::Expr *Place;
  const clang::Stmt *Statement;         ///< What makes it an access: =, ++, call.
  const clang::FunctionDecl *Function;  ///< Null in an initialiser.
  AccessKind Kind;
  /// A write of a constant null, 0 or the like that only resets.
  bool Resets = false;
  bool TakesReference = false; ///< A read for Py_INCREF(), Py_NewRef().
  bool DropsReference = false; ///< For Py_DECREF(), Py_CLEAR(), Py_SETREF().
  flow::LockList Locks;                 ///< Held there; sorted.
  bool writes() const {
    return Kind == AccessKind::Write || Kind == AccessKind::ReadWrite ||
           Kind == AccessKind::Address;
  }
};

/// An access of a field through a pointer, a reference or `this`, whatever the
/// struct; of a foreign struct's field only when it hangs off the user's own.
struct FieldAccess {
  const clang::FieldDecl *Field; ///< Canonical.
  Access By;                     ///< Without locks.
};

/// A piece of state that outlives a call.
struct StateVariable {
  const clang::ValueDecl *Decl;         ///< VarDecl or FieldDecl.
  StateKind Kind;
  std::vector<Access> Accesses;         ///< In source order.
  bool HoldsObjects = false;            ///< Contains a pointer to a Python object.
  bool ThreadLocal = false;
  bool Synchronization = false;         ///< A lock, an atomic, a once flag (S6).
  bool DefinitionTable = false;         ///< PyMethodDef[] and the like (S7).
  bool Constant = false;                ///< const all the way, never written.
  bool Generated = false;               ///< S8
  bool HeaderTable = false;             ///< S9
  const clang::FunctionDecl *Owner = nullptr; ///< Of a static local.
};

/// An assignment to a field of a type object, through a pointer or by name.
struct TypeWrite {
  const clang::MemberExpr *Field;
  const clang::BinaryOperator *Assignment;
  const clang::FunctionDecl *Function;
};
class InstanceState;

/// The extension as one translation unit shows it.
class ExtensionModel {
public:
  /// Visits the declarations in \p Context's traversal scope that are the
  /// user's own.
  ExtensionModel(clang::ASTContext &Context, const Preprocessing &PP);
  ~ExtensionModel();

  clang::ASTContext &context() const { return Context; }
  const Preprocessing &preprocessing() const { return PP; }

  llvm::ArrayRef<Module> modules() const { return Modules; }
  llvm::ArrayRef<TypeObject> types() const { return Types; }
  llvm::ArrayRef<StateVariable> state() const { return State; }
  /// Grouped by function, in the order of functions().
  llvm::ArrayRef<FieldAccess> fieldAccesses() const { return Fields; }
  /// In source order.
  llvm::ArrayRef<std::unique_ptr<Function>> functions() const { return Functions; }

  /// Uses of hooks and of API tables that headers of others declare.
  llvm::ArrayRef<std::pair<const clang::VarDecl *, Access>> headerUses() const {
    return HeaderUses;
  }
  llvm::ArrayRef<TypeWrite> typeWrites() const { return TypeWrites; }
  /// Accesses of the fields of CPython's object structs that the user's own code
  /// writes out, grouped by function.
  llvm::ArrayRef<FieldAccess> objectFieldAccesses() const {
    return ObjectFields;
  }

  /// Null when \p FD has no body here or is not the user's own.
  const Function *function(const clang::FunctionDecl *FD) const;
  /// Null when \p D is no state.
  const StateVariable *stateOf(const clang::ValueDecl *D) const;
  /// Null when no type of this file has \p Instance as its instance struct.
  const TypeObject *typeOf(const clang::RecordDecl *Instance) const;

  /// The contexts in which the statement's function runs; RunContext when
  /// unknown.
  uint8_t contextsOf(const clang::FunctionDecl *FD) const;

  /// Locks held when \p S, a statement of \p FD, is executed: taken in the
  /// function, or by all of its callers. Sorted.
  flow::LockList locksAt(const clang::FunctionDecl *FD, const clang::Stmt *S) const;

  /// True when \p QT is a pointer to a CPython object or to a struct that
  /// starts with one.
  static bool isObjectPointer(clang::QualType QT);
  /// The struct starts with PyObject_HEAD (directly or through a base).
  static bool isObjectRecord(const clang::RecordDecl *RD);
  /// Contains an object pointer, or a C++ object that stands for one: in a
  /// struct, an array, a template argument, or behind a pointer to pointers.
  static bool holdsObjects(clang::QualType QT);

  /// The calls of a function of the C API by its documented name, in functions
  /// that no tool wrote, in source order.
  llvm::ArrayRef<const CallSite *> apiCalls(llvm::StringRef Name) const;

  /// The control flow graphs of this file, built when first asked for.
  flow::FlowCache &flows() const { return *Flows; }
  /// Where threads are attached and what they hold, concluded when first asked
  /// for.
  flow::Attachments &attachments() const;

  /// Where references come from and go, made when first asked for and shared by
  /// all checks: #include "flow/RefState.h".
  flow::RefStates &refs() const;
  /// Who else can change a container, likewise: #include "flow/Sharing.h".
  flow::SharingAnalysis &sharing() const;
  /// What each static variable is, likewise: #include "model/GlobalClasses.h".
  const GlobalClasses &globals() const;
  /// The fields of objects and who races for them, worked out when first asked
  /// for.
  const InstanceState &instances() const;

  /// What speaks against the promises of modules, likewise: #include
  /// "model/SlotEvidence.h".
  const SlotEvidence &slotEvidence() const;

  /// The file's own mark says that a tool wrote it: Cython, mypyc, SWIG, f2py.
  bool isGenerated() const { return !Generator.empty(); }
  llvm::StringRef generator() const { return Generator; }

  /// Functions whose body was not analysed, with the reason.
  std::vector<std::pair<const clang::FunctionDecl *, std::string>> notAnalysed() const;

  /// What a traverse, clear or dealloc function does with its object; null when
  /// it has no body here.
  const Lifecycle *lifecycle(const clang::FunctionDecl *FD) const;

  /// The whole model as one JSON object, in source order.
  void printJSON(llvm::raw_ostream &OS) const;

private:
  class Builder;
  friend class Builder;

  clang::ASTContext &Context;
  const Preprocessing &PP;
  std::vector<Module> Modules;
  std::vector<TypeObject> Types;
  std::vector<StateVariable> State;
  std::vector<std::pair<const clang::VarDecl *, Access>> HeaderUses;
  std::vector<TypeWrite> TypeWrites;
  std::vector<FieldAccess> Fields, ObjectFields;
  std::vector<std::unique_ptr<Function>> Functions;
  llvm::DenseMap<const clang::FunctionDecl *, Function *> FunctionIndex;
  llvm::DenseMap<const clang::ValueDecl *, unsigned> StateIndex;
  /// Held by every caller, in the callee's own words.
  llvm::DenseMap<const clang::FunctionDecl *, flow::LockList> CallerLocks;
  std::unique_ptr<flow::FlowCache> Flows;
  mutable std::unique_ptr<flow::Attachments> Attached;
  mutable std::unique_ptr<flow::RefStates> Refs;
  mutable std::unique_ptr<flow::SharingAnalysis> Sharing;
  mutable llvm::DenseMap<const clang::FunctionDecl *,
                         std::unique_ptr<const Lifecycle>>
      Lifecycles;
  mutable std::unique_ptr<GlobalClasses> Globals;
  mutable std::unique_ptr<SlotEvidence> Slots;
  mutable std::unique_ptr<InstanceState> Instances;
  std::string Generator;
  /// Made when first asked for.
  mutable std::optional<llvm::StringMap<std::vector<const CallSite *>>> ApiCalls;
};

} // namespace pyext::model

#endif // PYEXT_MODEL_EXTENSIONMODEL_H
