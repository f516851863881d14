//===- Index.h - What a rewrite has to know of the sources ------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything the rewrite needs of one extension, read from all of its files and
// kept as places in texts: no pointer into an AST is left, so that files are
// analysed one after the other and the plan is made from all of them.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_INDEX_H
#define PYEXT_PYEXT_MIGRATE_INDEX_H

#include "llvm/ADT/StringRef.h"
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace clang::tooling {
class CompilationDatabase;
} // namespace clang::tooling

namespace pyext::migrate {

/// A half-open range of bytes in one of the files; File is -1 when what is
/// meant is not written in a file of the extension.
struct Place {
  int File = -1;
  unsigned Begin = 0, End = 0;
  bool valid() const { return File >= 0; }
  friend bool operator<(const Place &A, const Place &B) {
    return std::tie(A.File, A.Begin, A.End) < std::tie(B.File, B.Begin, B.End);
  }
  friend bool operator==(const Place &A, const Place &B) {
    return A.File == B.File && A.Begin == B.Begin && A.End == B.End;
  }
};

struct SourceFile {
  std::string Path; ///< Absolute.
  std::string Text;
  bool Header = false;
  bool Cxx = false;
  /// Text that is not compiled, and whether any supported Python compiles it.
  std::vector<std::pair<Place, bool>> Inactive;
};

/// One mention of a variable.
struct Reference {
  Place Token;            ///< The name itself; invalid when a macro pastes it.
  Place Pasted;           ///< Then: its beginning in the macro.
  Place AddressOf;        ///< The `&` right before it, parentheses aside.
  Place Member;           ///< The `.` right after it.
  std::string Function;   ///< Key of the function; empty in an initialiser.
  std::string Table;      ///< Key of the variable initialised; else empty.
  std::string TableField; ///< Field of it that is initialised.
  bool Writes = false;    ///< Assigned, or its address goes where it may be.
  /// `if (x) { ... return ...; }`, with this as `x`.
  Place Returning;
  /// Of an Instance: some use keeps it or returns it; some gives it a
  /// reference.
  bool Keeps = false, Increments = false;
  bool InCapsule = false; ///< Its address is given to PyCapsule_New().
  std::vector<std::string> KeptIn; ///< What it is assigned to, as written.
};

/// A variable with static storage duration.
struct Variable {
  std::string Key, Name;
  std::string TypeText;     ///< Of a parameter or a field, without the name.
  std::string FieldText;    ///< Declares it in a struct; `@` is its name.
  std::string TypeName;     ///< Element type without qualifiers and pointers.
  std::string PlainText;    ///< FieldText of a number, without its typedef.
  bool Declarable = true;   ///< `TypeText name;` declares it: no array etc.
  bool Static = false;      ///< Internal linkage or local.
  bool Local = false;       ///< In a function.
  bool Object = false;      ///< A pointer to a Python object.
  bool ObjectBlock = false; ///< Contains object pointers otherwise.
  bool Array = false;
  bool Aggregate = false; ///< An array or a struct.
  Place TypeEnd; ///< Behind the type, when the extension declares it.
  /// Where an ObjectBlock has object pointers: ".a", "[].b"; empty when that
  /// was not understood.
  std::vector<std::string> ObjectPaths;
  bool Mutable = false; ///< Neither const nor a table nor a lock.
  bool ThreadLocal = false;
  bool Defined = false;   ///< Not only declared extern.
  bool MacroMade = false; ///< The body of a macro declares it.
  bool Instance = false;  ///< A Python object itself, not a pointer.
  std::string InstanceType; ///< Key of the type that its initialiser names.
  /// The other fields that are initialised, and their values as written.
  std::vector<std::pair<std::string, std::string>> InstanceFields;
  std::string InstanceRefused; ///< Why it cannot be made otherwise.
  bool Changes = false;   ///< Some code writes it.
  /// A table of addresses of functions and of numbers, which is the same in
  /// every interpreter, and whether it is used for anything else.
  bool FunctionTable = false, OtherUse = false;
  /// Something else than to read it, or to keep a pointer to it in a local
  /// variable: it changes only where some code writes such a struct.
  bool MoreThanRead = false;
  bool OfStructs = false; ///< A named struct, or an array of them.
  bool onlyFunctions() const { return FunctionTable && !OtherUse; }
  /// Structs that pointers to it point to, where such pointers are kept.
  std::set<std::string> KeptAs;
  bool Dropped = false;             ///< Some code gives a reference back.
  std::string Owner;                ///< Function of a Local.
  std::string Initialiser;          ///< Text; empty when none or null.
  bool ConstantInitialiser = false; ///< A scalar that is known when compiling.
  bool CapsuleApi = false;          ///< Assigned from PyCapsule_Import().
  /// Whole declarations, `;` included, and how many variables each declares.
  std::vector<Place> Declarations;
  std::vector<unsigned> Declarators;
  std::vector<Reference> References;
  std::string Comment; ///< Behind the declaration on its line.
};

enum class Root {
  ModuleMethod,
  TypeMethod,
  ClassMethod,
  StaticMethod,
  SelfSlot,   ///< The object is the first argument.
  TypeSlot,   ///< The type is the first argument: tp_new, tp_alloc.
  BinarySlot, ///< Either of the first two arguments may be the object.
  Dying,      ///< Dealloc, traverse, clear, finalize...
  ModuleHook, ///< The module is the first argument.
  Init,       ///< PyInit_
};

struct Parameter {
  std::string Name;
  std::string Type;
  Place Written; ///< The declaration of the parameter as written.
  bool Pointer = false;
};

struct Function {
  std::string Key, Name;
  bool Static = false;
  bool Variadic = false;
  bool Defined = false;
  enum { Void, Pointer, Integer, Floating, Other } Returns = Other;
  bool ReturnsObject = false; ///< `PyObject *`
  bool ReturnsEnum = false;
  bool TakesObject = false;   ///< As a parameter, of any type of objects.
  bool CallsPython = false;   ///< What needs a thread state.
  /// What it does to the state of its thread, in order.
  struct ThreadUse {
    Place At;
    enum { Attaches, Detaches, GivesBack, Asks } What;
  };
  std::vector<ThreadUse> ThreadUses;
  /// `PyGILState_STATE gil = PyGILState_Ensure();` before everything else, and
  /// the name of the variable.
  Place Ensure;
  std::string EnsuredBy;
  std::set<std::string> Constructors; ///< Of the extension, that it calls.
  std::string Foreign; ///< What calls it without a thread state.
  std::vector<Parameter> Parameters;
  bool MacroMade = false; ///< A macro of the extension writes its body.
  Place Header; ///< From the first specifier to the closing parenthesis.
  Place Body;   ///< Braces included.
  unsigned FirstStatement =
      0; ///< Offset in Body's file; after the `{` if none.
  std::set<std::string> Locals;
  /// Offset after the `(` of every declaration, and whether the list is empty
  /// or `void` (then the range of `void`).
  struct ParameterList {
    Place Open; ///< Empty range after the `(`.
    Place Void; ///< `void`, or invalid.
    bool Empty = false;
  };
  std::vector<ParameterList> Lists;
  std::vector<std::pair<Root, std::string>> Roots; ///< With the type's key.
  /// Where the address goes elsewhere, as a phrase.
  std::vector<std::pair<Place, std::string>> Escapes;
  /// Those of them where a function of a library calls it before it returns, and
  /// in which function that is.
  std::set<std::pair<Place, std::string>> CalledBack;
  /// Those of them that are understood: the address goes to a variable, a field
  /// or a parameter of the extension, or it converts an argument.
  std::set<Place> Handed;
  /// Key of the functions that are called through the same pointers, which is
  /// one of Index::Functions, too; empty when there is no such pointer.
  std::string Family;
  std::vector<std::string> Members; ///< Of a family.
  bool Converts = false; ///< Arguments, for PyArg_ParseTuple().
};

/// `PyArg_ParseTuple(args, "O&", convert, &value)`, or `convert(op, &value)`.
struct Conversion {
  std::string Caller, Converter;
  Place Target; ///< `&value`.
};

struct Call {
  std::string Caller, Callee;
  Place Open; ///< Empty range after the `(`.
  bool HasArguments = false;
  bool Pasted = false; ///< A macro pastes the name together.
};

/// A type as its static PyTypeObject says.
struct StaticType {
  std::string Key, Name; ///< Of the variable.
  std::string TpName;    ///< Value of tp_name.
  std::string NameText;
  std::string BasicSize, ItemSize, Flags;
  bool HasGc = false;
  bool Subclassable = true; ///< Py_TPFLAGS_BASETYPE, or not known.
  struct Slot {
    std::string Id, Value;
    std::string Function; ///< Key, when it is one of this extension.
    /// The `#if` that it is below, and what stands after its `#else`.
    std::string If = {}, Else = {};
  };
  std::vector<Slot> Slots;
  std::string Base;        ///< Key of one of our types.
  std::string ForeignBase; ///< Text, e.g. `&PyDict_Type`.
  std::string Members;     ///< Name of the member table; empty when none.
  Place MembersEnd;        ///< Before its sentinel.
  std::vector<std::string> Offsets;     ///< Entries for the member table.
  std::string Dealloc, Traverse, Clear; ///< Keys; "" when none or foreign.
  std::string ForeignDealloc;
  std::vector<std::string> SubTables; ///< Keys of tp_as_...
  std::vector<std::string> Tables;    ///< Keys of tp_methods and tp_getset.
  Place Definition;                   ///< The whole variable, `;` included.
  /// A part of the definition that depends on a condition: one value in each
  /// branch.
  struct Conditional {
    Place Compiled;
    std::string If, Else;
  };
  std::vector<Conditional> Conditionals;
  std::string Refused;                ///< Why the type cannot be rewritten.
  std::string InstanceStruct;
  bool HoldsObjects = true; ///< Its objects may lead to others.
  std::vector<std::string> Owned; ///< Fields that the dealloc releases.
  /// Its deallocator looks into other objects: the collector must not have
  /// emptied them before.
  bool LooksInside = false;
};

/// `Foo_Type.tp_x = v;` before or after PyType_Ready().
struct TypeAssignment {
  std::string Type, Field;
  std::string Value;         ///< Text.
  std::string ValueFunction; ///< Key of a function of this extension.
  std::string ValueName;     ///< Name of the function or variable.
  std::string ValueVariable; ///< Key.
  bool ValueIsNull = false;
  Place Statement; ///< `;` included; invalid when not a statement.
  bool InMacro = false; ///< A macro writes it.
  Place Position;  ///< Where the value is declared.
  std::string Function;
  bool Inactive = false; ///< It is in text that is not compiled.
};

/// A call of the C API that the rewrite replaces.
struct ApiUse {
  std::string Name; ///< As the source says.
  Place Whole;      ///< From the name to `)`.
  Place Statement;  ///< When the call is a statement of its own; with `;`.
  Place If;         ///< The if statement that only tests its result.
  std::string Jump; ///< Then: `goto error;`, when that is how it ends.
  bool NeedsBraces = false;      ///< Statement is the body of an if or a loop.
  std::vector<std::string> Args; ///< Texts.
  std::string Type;              ///< Key of the variable named in an argument.
  std::string Function;
  std::string ArgVariable; ///< Key of a variable that is the first argument.
  std::string ArgStruct;   ///< Name of the struct the first argument points to.
  bool GivesNew = false;   ///< The last argument is a new reference, of a call.
  /// What returns the module when it is known already.
  std::vector<Place> Again;
};

struct Return {
  std::string Function;
  Place Whole; ///< With the `;` when the text has one.
  enum { Null, Module, Other, Nothing } What = Other;
  std::string Value;
  bool Macro = false; ///< Whole is a macro that expands to the return.
  Place Spelled;      ///< Then: the return in the definition of a macro.
  Place Argument;     ///< Then: what is returned, when the macro is given it.
};

struct ModuleInfo {
  std::string Name;         ///< Of PyInit_<name>.
  std::string FullName;     ///< m_name.
  std::string InitFunction; ///< Key.
  std::string Body;         ///< Function that creates the module; may be Init.
  std::string Exec;         ///< Key of the exec function of multi-phase init.
  std::string Definition;   ///< Key of the PyModuleDef.
  std::string DefName;
  bool DefStatic = true;
  bool MacroMade = false;     ///< A macro of the extension defines it.
  std::string GlobalVariable; ///< Key, when the module is kept in one.
  Place DefDeclaration;
  std::vector<std::pair<std::string, std::string>> DefFields; ///< Name, text.
  /// `def.m_name = "spam";` in the function that makes the module.
  std::vector<Place> DefAssignments;
  int64_t Size = 0;
  bool SizeKnown = false;
  bool MultiPhase = false;
  Place SlotsEnd; ///< Before the last element.
  std::set<std::string> Slots;
  std::map<std::string, Place> SlotValues; ///< As written.
  std::string ModuleVariable; ///< Name of the local that holds the module.
  Place VariableDeclaration;  ///< Its whole DeclStmt when it declares only it.
  bool VariableWithCreate = false;
  bool VariableReused = false; ///< It holds other modules, too.
  Place CreateCall;            ///< `PyModule_Create(&def)`.
  Place CreateStatement, CheckStatement;
  bool OnlyReturnsCreate = false; ///< `return PyModule_Create(&def);`
  std::vector<std::string> MethodTables;
  /// What else PyInit_ makes by PyModule_Create().
  struct Other {
    std::string Definition, Name, Function;
    Place Call; ///< `PyModule_Create(&other)`.
    std::string Argument; ///< `&other`.
    std::vector<std::string> MethodTables;
    std::string Refused; ///< Why its functions cannot reach the state.
  };
  std::vector<Other> Others;
  /// Tables of functions that are called with an object that is not known, and
  /// which.
  std::map<std::string, std::string> ForeignTables;
  std::string SetGil; ///< Value given to PyUnstable_Module_SetGIL().
  std::string Refused;
  std::string Traverse, Clear, Free; ///< Existing hooks, as written.
  std::string StateStruct;           ///< Existing state.
  Place StateEnd;                    ///< Before its `}`.
  Place StateDeclaration;            ///< All of it, `;` included.
  std::vector<Place> StateTypes; ///< Behind the types of its fields.
};

struct MethodEntry {
  std::string Function;
  int Flags;
  Place Static; ///< METH_STATIC as written.
};

struct Index {
  std::vector<SourceFile> Files;
  std::map<std::string, std::vector<MethodEntry>> MethodTables;
  /// What the tp_as_... tables of this extension set, for types that are given
  /// theirs while the module is imported.
  std::map<std::string, std::vector<StaticType::Slot>> SlotTables;
  std::map<std::string, Variable> Variables;
  std::map<std::string, Function> Functions;
  std::map<std::string, StaticType> Types;
  std::vector<Call> Calls;
  std::vector<Conversion> Conversions;
  /// What is called through pointers of the extension: functions and what
  /// holds their addresses, each with one that it shares them with.
  std::map<std::string, std::string> Pointers;
  /// Parameter lists of what holds addresses, and calls through it.
  std::map<std::string, std::vector<Function::ParameterList>> PointerLists;
  std::vector<Call> PointerCalls;
  /// Why the parameters of what is called through a pointer cannot change.
  std::map<std::string, std::string> FixedPointers;
  /// Of which the value is compared as a plain pointer; and whether a plain
  /// pointer becomes one to a function anywhere.
  std::set<std::string> PlainPointers;
  bool FromPlainPointers = false;
  /// Functions, and what they are given that holds addresses.
  std::set<std::pair<std::string, std::string>> PointersGiven;
  std::vector<TypeAssignment> Assignments;
  std::vector<ApiUse> Uses;
  std::vector<Return> Returns;
  std::vector<ModuleInfo> Modules;
  /// Tokens of the sources that are known to name something else.
  std::map<int, std::set<unsigned>> OtherNames;
  std::set<std::string> Macros; ///< Names of macros of the extension.
  /// What headers declare and a helper of the result could be called, too.
  std::set<std::string> Foreign;
  /// Functions, and what they call of the C library that acts on the process.
  std::set<std::pair<std::string, std::string>> ProcessCalls;
  /// `#define`s from the name to the end, for mentions that nothing expands.
  std::vector<Place> MacroBodies;
  /// Uses of macros of the extension, and which of MacroBodies each means.
  struct MacroUse {
    Place Name, Definition;
    Place Open; ///< Empty range after the `(`; invalid without arguments.
    bool HasArguments = false;
  };
  std::vector<MacroUse> MacroUses;
  std::set<std::string> Headers; ///< Basenames of what was included.
  /// A source of the extension, and a header of it that it includes, however
  /// deep.
  std::set<std::pair<int, int>> Includes;
  std::vector<std::string> Errors; ///< Files that do not compile.
  std::string FirstError;          ///< What the compiler says first of them.
  unsigned PythonMinor = 0;
  bool HidesSlots = false; ///< The limited API of the build has no slots.
  bool LimitedApi = false; ///< Some file is compiled with Py_LIMITED_API.
  /// What the checks hold against promises of the module, "file:line: ...".
  std::vector<std::string> SeveralInterpreters, OwnGil, WithoutGil;
  /// The same of variables of which only pointers are kept, with the struct.
  std::vector<std::pair<std::string, std::string>> KeptEvidence;
  std::set<std::string> WrittenStructs; ///< Through pointers.
  unsigned FunctionsSeen = 0, VariablesSeen = 0, NotAnalysed = 0;

  /// An array of structs of which no code writes any.
  bool unwritten(const Variable &V) const {
    return V.Aggregate && !V.Initialiser.empty() && !V.MoreThanRead &&
           !V.Object && !V.ObjectBlock && V.OfStructs &&
           !WrittenStructs.count(V.TypeName);
  }
  int fileOf(llvm::StringRef Path) const;
  /// The function, when the sources define it; else null.
  const Function *defined(const std::string &Key) const;
  /// \p Functions, and what they call, however deep; not by way of \p Except.
  std::set<std::string> calledFrom(std::vector<std::string> Functions,
                                   llvm::StringRef Except = {}) const;
  llvm::StringRef text(Place P) const {
    return llvm::StringRef(Files[P.File].Text).slice(P.Begin, P.End);
  }
};

/// Reads \p Sources into one index. Texts in \p Overlay stand for the files of
/// those paths. What does not compile is printed unless \p Quietly; \p Once
/// reads them in one configuration only.
Index buildIndex(const clang::tooling::CompilationDatabase &Compilations,
                 const std::vector<std::string> &Sources,
                 const std::vector<std::string> &ExtraArgs,
                 const std::map<std::string, std::string> &Overlay = {},
                 bool Quietly = false, bool Once = false);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_INDEX_H
