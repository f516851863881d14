//===- RefState.h - Where references come from and go -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every local variable of a function: the set of places its value can have
// come from, at every point of the function. From that follow the borrowed
// references of the function, the container each was borrowed from, and every
// use of each of them until the variable holds something else.
//
// A function of the same file that returns a borrowed reference, or hands one
// out through a pointer argument, is a lookup where it is called.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FLOW_REFSTATE_H
#define PYEXT_FLOW_REFSTATE_H

#include "facts/Facts.h"
#include "flow/FunctionFlow.h"
#include "model/ExtensionModel.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <string>
#include <vector>

namespace pyext::flow {

/// What is known of a reference from where it was obtained.
enum class OriginKind : uint8_t {
  Unknown,
  Null,
  Static,    ///< Address of a static object: Py_None, &SomeType.
  Address,   ///< Address of a local variable.
  FieldAddress, ///< Address of field Decl of what Base are.
  Parameter, ///< Value of a parameter on entry.
  Argument,  ///< Filled in by PyArg_Parse*(): an argument of the call.
  Load,      ///< Read from a global, a field or an array.
  Fresh,     ///< A container made by this function.
  Instance,  ///< A new object other than a container.
  New,       ///< A new reference to an object that existed before.
  Borrowed,  ///< Borrowed from a container: a Lookup.
  Owned,     ///< A Lookup's reference after Py_INCREF or Py_NewRef.
  Call,      ///< Returned by a function of this file, or of another one of the
             ///< extension; Decl is the function.
  Captured,  ///< A local variable, Decl, of the function around a lambda.
};

/// Indices into FunctionRefs::origins(), sorted.
using Values = llvm::SmallVector<unsigned, 2>;

struct Origin {
  OriginKind Kind = OriginKind::Unknown;
  const clang::Expr *Where = nullptr;     ///< Null for parameters.
  /// Parameter; or the global or field that was read; or, for Address, the
  /// variable. Nullable.
  const clang::ValueDecl *Decl = nullptr;
  /// For Load: not Decl itself but an element of it.
  bool Element = false;
  /// For Load: it is cast to an object of the extension's own.
  bool AsOwn = false;
  /// For Load: values of the object whose field was read. For New: the values
  /// of the object it was obtained from, when that is an argument of the call.
  Values Base;
  /// For Fresh: it was made from an existing container and holds its items.
  bool Copy = false;
  /// For Fresh: a tuple or another container that cannot be changed.
  bool Immutable = false;
  /// For Call: the function gives the reference up, or passes it on, somewhere.
  bool Released = false;
  unsigned Lookup = ~0u;   ///< For Borrowed and Owned.
  unsigned Location = ~0u; ///< For Address.
};

enum class UseKind : uint8_t {
  Incref,   ///< Py_INCREF, Py_NewRef: the reference is strong from here on.
  Decref,
  Deref,    ///< Its memory is read.
  Passed,   ///< Argument of a call.
  Stolen,   ///< Argument of a call that takes the reference over.
  Stored,   ///< Into memory that outlives the variable.
  Returned, ///< Or stored through a pointer parameter.
};

struct Use {
  const clang::Stmt *Where;
  UseKind Kind;
  /// A call that may suspend a critical section lies between lookup and use.
  bool Suspended;
  /// A call between lookup and use, on some path, that runs Python code, lets
  /// other threads run or drops what the reference was borrowed from; nullable.
  const clang::CallExpr *After = nullptr;
  /// After itself drops the container, or the item within it.
  bool Dropped = false;
};

/// A use of a parameter after a call that can run Python code, with no
/// reference of the function's own.
struct LateUse {
  const clang::ParmVarDecl *Parameter;
  const clang::Stmt *Where;
  const clang::CallExpr *After;
};

/// One expression that yields a borrowed reference.
struct Lookup {
  const clang::Expr *Where;        ///< Call, subscript or member expression.
  const facts::BorrowedReference *Fact;  ///< Never null.
  std::string Name;                ///< As written: PyList_GET_ITEM.
  const clang::Expr *Container = nullptr; ///< Null for sys, import and thread.
  /// What Container is at the lookup. Origins of kind Fresh have not escaped.
  Values ContainerValues;
  /// A Fresh origin in ContainerValues may be known to others by now.
  bool Escaped = false;
  /// A test that holds here says the container is a tuple.
  bool IsTuple = false;
  /// The lookup is in this function of the file, called by Where; nullable.
  const clang::FunctionDecl *Through = nullptr;
  unsigned Inner = ~0u; ///< Index of the lookup in Through.
  /// The call that stores the reference through its argument Where, as
  /// PyDict_Next() does; null when the reference is Where's value.
  const clang::CallExpr *Step = nullptr;
  std::vector<Use> Uses; ///< In source order; comparisons are no uses.
  bool Reached = false;  ///< On a path from the function's entry.
};

/// A use of an object that was read from a field or a global, with no reference
/// of the function's own. Only recorded in functions that take locks.
struct LoadUse {
  unsigned Origin; ///< Of kind Load.
  const clang::Stmt *Where;
  UseKind Kind;
};

/// What a call of a function of this file or of the C API was given.
struct CallArguments {
  const clang::CallExpr *Call;
  llvm::SmallVector<Values, 4> Args; ///< As written; the object of a member call excluded.
  llvm::SmallVector<char, 4> Escaped; ///< A Fresh value among them is known to others.
  llvm::SmallVector<char, 4> IsTuple;
  /// The object of a member call.
  Values Object;
  /// What a local variable held whose address is argument number Arg (or the
  /// object of a member call): its member Field, or, when that is null, the
  /// variable itself or its elements.
  struct Pointee {
    unsigned Arg;
    const clang::FieldDecl *Field;
    Values Held;
    bool Escaped;
  };
  static constexpr unsigned ObjectArg = ~0u;
  llvm::SmallVector<Pointee, 0> Behind;
};

/// What happens to a parameter, or to a value read from state.
struct OriginUse {
  enum Kind : uint8_t {
    Argument, ///< Argument number Index of the call Where.
    Stored,
    Returned,
  } K;
  unsigned Origin;
  const clang::Stmt *Where;
  unsigned Index = 0;
};

/// References of one function.
class FunctionRefs {
public:
  const clang::FunctionDecl *function() const { return FD; }
  /// Number of basic blocks.
  unsigned size() const { return NumBlocks; }
  llvm::ArrayRef<Origin> origins() const { return Origins; }
  const Origin &origin(unsigned I) const { return Origins[I]; }
  llvm::ArrayRef<Lookup> lookups() const { return Lookups; }
  llvm::ArrayRef<OriginUse> uses() const { return OriginUses; }
  /// Indices into uses() of what was read from \p D, or is parameter \p D.
  llvm::ArrayRef<unsigned> usesOf(const clang::ValueDecl *D) const;
  /// Indices into uses() of the values that assignment \p S stores.
  llvm::ArrayRef<unsigned> storedBy(const clang::Stmt *S) const;
  /// Of a call of a function of this file or of the C API; null when it is not
  /// reached.
  const CallArguments *arguments(const clang::CallExpr *Call) const;

  /// All values the function can return.
  const Values &returned() const { return ReturnValues; }
  /// A Fresh value among returned() is known to others.
  bool returnsEscaped() const { return ReturnEscaped; }
  /// Values stored through pointer parameters.
  llvm::ArrayRef<std::pair<const clang::ParmVarDecl *, Values>> outputs() const {
    return Outputs;
  }
  /// Values stored in a member of the struct a parameter points to.
  struct FieldOutput {
    const clang::ParmVarDecl *Parameter;
    const clang::FieldDecl *Field;
    Values Stored;
  };
  llvm::ArrayRef<FieldOutput> fieldOutputs() const { return FieldOutputs; }

  /// A use, the first or nearly so, of parameter number \p I after a call that
  /// can run Python code; null when there is none. Known of functions that are
  /// called in this file.
  const LateUse *lateUse(unsigned I) const;

  /// What local variable \p V can hold where a lambda captures it.
  const Values &capturedFrom(const clang::VarDecl *V) const {
    static const Values None;
    auto It = CapturedValues.find(V);
    return It == CapturedValues.end() ? None : It->second;
  }
  /// A Fresh value among them may be known to others.
  bool escapedCapture(const clang::VarDecl *V) const {
    return EscapedCaptures.count(V);
  }

  /// In source order.
  llvm::ArrayRef<LoadUse> loadUses() const { return LoadUses; }

  /// True when assignment \p S writes a field of an object that the function
  /// itself has made and that nobody else knows yet.
  bool storesToNewObject(const clang::Stmt *S) const {
    return NewObjectStores.count(S);
  }
  /// True when \p M, `x->field`, is evaluated for such an object.
  bool isOfNewObject(const clang::MemberExpr *M) const {
    return NewObjectFields.count(M);
  }

private:
  friend class RefTransfer;
  friend class RefStates;
  const clang::FunctionDecl *FD = nullptr;
  unsigned NumBlocks = 0;
  std::vector<Origin> Origins;
  std::vector<Lookup> Lookups;
  std::vector<OriginUse> OriginUses;
  llvm::DenseMap<const clang::ValueDecl *, std::vector<unsigned>> UsesByDecl;
  llvm::DenseMap<const clang::Stmt *, std::vector<unsigned>> StoresByStmt;
  std::vector<CallArguments> Calls;
  llvm::DenseMap<const clang::CallExpr *, unsigned> CallIndex;
  Values ReturnValues;
  bool ReturnEscaped = false;
  std::vector<std::pair<const clang::ParmVarDecl *, Values>> Outputs;
  std::vector<FieldOutput> FieldOutputs;
  llvm::DenseSet<const clang::Stmt *> NewObjectStores;
  llvm::DenseSet<const clang::MemberExpr *> NewObjectFields;
  std::vector<LateUse> LateUses;
  std::vector<LoadUse> LoadUses;
  llvm::DenseMap<const clang::VarDecl *, Values> CapturedValues;
  llvm::DenseSet<const clang::VarDecl *> EscapedCaptures;
};

class HandOuts;

/// References of the functions of one translation unit, computed on demand. Ask
/// ExtensionModel::refs() for the one that all checks share.
class RefStates {
public:
  explicit RefStates(const model::ExtensionModel &Model);
  ~RefStates();

  /// Functions that contain a lookup or call a function that hands one out, in
  /// source order.
  llvm::ArrayRef<const clang::FunctionDecl *> relevant() const {
    return Relevant;
  }

  /// Null when \p FD cannot be analysed, see notAnalysed(), or is being
  /// analysed further up.
  const FunctionRefs *get(const clang::FunctionDecl *FD);

  /// Functions over the bound and why.
  llvm::ArrayRef<std::pair<const clang::FunctionDecl *, std::string>>
  notAnalysed() const {
    return Failures;
  }

  /// True when a call of \p FD may run other code or block, so that a critical
  /// section around it is suspended. Null and unknown functions: true when
  /// they are given a Python object.
  bool maySuspend(const clang::FunctionDecl *FD, bool GivenObject);

  /// A call in \p FD, or in what it calls, that can run Python code or lets
  /// other threads run; null when nothing shows that there is one. What only
  /// drops references does not count.
  const clang::CallExpr *codeRunBy(const clang::FunctionDecl *FD);

  const model::ExtensionModel &model() const { return Model; }

private:
  struct Entry;
  bool mayHandOutBorrowed(const clang::FunctionDecl *FD) const;
  void findCycles();
  /// The functions that call \p FD and are called by it, directly or not, with
  /// FD itself; empty when there are none.
  llvm::ArrayRef<const clang::FunctionDecl *>
  cycleOf(const clang::FunctionDecl *FD) const;
  bool inSameCycle(const clang::FunctionDecl *A,
                   const clang::FunctionDecl *B) const;
  const clang::CallExpr *findCodeRun(const model::Function &F);
  friend class RefTransfer;

  const model::ExtensionModel &Model;
  FlowCache &Flows;
  std::vector<const clang::FunctionDecl *> Relevant;
  llvm::DenseMap<const clang::FunctionDecl *, std::unique_ptr<Entry>> Entries;
  llvm::DenseMap<const clang::FunctionDecl *, char> Suspends;
  llvm::DenseMap<const clang::FunctionDecl *, const clang::CallExpr *> RunsCode;
  std::unique_ptr<HandOuts> Borrowing;
  /// Functions that call each other, in source order.
  std::vector<std::vector<const clang::FunctionDecl *>> Cycles;
  llvm::DenseMap<const clang::FunctionDecl *, unsigned> CycleOf;
  llvm::DenseSet<unsigned> CyclesStarted;
  llvm::DenseMap<const clang::ParmVarDecl *, char> Escapes;
  std::vector<std::pair<const clang::FunctionDecl *, std::string>> Failures;
  unsigned Depth = 0;
};

/// True when \p Call gives the place in an object where its dict is kept.
bool isDictPointer(const clang::CallExpr *Call);

/// The fact about the API that \p E reads a borrowed reference with, when E is
/// a call of one or the expression its macro leaves; null otherwise. \p Name is
/// set to what the source says, \p Container to the container expression.
const facts::BorrowedReference *borrowedLookup(const clang::Expr *E,
                                         const model::ExtensionModel &Model,
                                         std::string &Name,
                                         const clang::Expr *&Container);

} // namespace pyext::flow

#endif // PYEXT_FLOW_REFSTATE_H
