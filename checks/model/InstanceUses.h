//===- InstanceUses.h - Collecting the uses of fields -----------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What each function does with its parameters' fields is instantiated for each
// way an object gets there: from an entry point down the call graph, with the
// path from the object to the parameter and the locks held on the way.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_INSTANCEUSES_H
#define PYEXT_MODEL_INSTANCEUSES_H

#include "model/GlobalUses.h"
#include "model/InstanceState.h"

namespace pyext::model {

class InstanceState::Collector {
public:
  using Reasons =
      std::vector<std::pair<const clang::FunctionDecl *, const char *>>;

  Collector(const ExtensionModel &Model, std::deque<FieldUse> &Uses,
            Reasons &Cut)
      : Model(Model), Where(Model), Followed(Model), Uses(Uses), Cut(Cut) {}
  void run();

private:
  /// What a call gives a parameter: a number that is true or not, or a function.
  struct Constant {
    unsigned Param;
    bool True;
    const clang::FunctionDecl *Callee; ///< Canonical; null for a number.
    friend bool operator==(const Constant &A, const Constant &B) {
      return A.Param == B.Param && A.True == B.True && A.Callee == B.Callee;
    }
  };
  /// How an object of an entry point reaches a function: as parameter Index,
  /// as `this` (ThisIndex), or not by a parameter at all (NoIndex).
  struct Arrival {
    FieldPath Path;
    bool Content = false;
    ObjectLocks Locks;
    bool Detached = false, InInit = false, Queued = false;
    llvm::SmallVector<Constant, 1> Given; ///< Parameters that this way sets.
    std::vector<WayIn> Ways;
  };
  static constexpr int ThisIndex = -1, NoIndex = -2;
  using Key = std::pair<const Function *, int>;

  /// Says that uses in \p F are lost.
  void cut(const Function &F, const char *Why);
  void enter(const Function &F);
  void arrive(Key To, Arrival A);
  void passOn(const Function &F, int Index, const Arrival &A);
  void collect(const Function &F, llvm::ArrayRef<const FieldAccess *> Accesses);
  void instantiate(const Function &F, const Place &P, FieldUse Use);
  void followPointer(const Function &F, const Access &A, const Place &P,
                     FieldUse Use);
  void foreignCall(const Function &F, const CallSite &Site);
  ObjectLocks locksAt(const Function &F, const clang::Stmt *S, const Place &P,
                      const FieldPath &Before) const;
  bool isDetached(const Function &F, const clang::Stmt *S) const;
  bool mayWrite(const clang::FunctionDecl *Callee, clang::QualType Param);
  bool isDispose(const clang::FunctionDecl *Callee);
  llvm::DenseMap<const clang::FunctionDecl *, bool> Disposes;
  bool isOwn(clang::SourceLocation Loc);
  /// An object that Python code holds has this type.
  bool isInstance(const clang::RecordDecl *RD) const;
  bool isBound(const clang::RecordDecl *RD) const;
  /// A struct that is the state of a module.
  bool isModuleState(const clang::RecordDecl *RD) const;
  void findBound();
  bool isAfterOnce(const Function &F, const clang::Stmt *S);
  bool throughPointer(const clang::CallExpr *Call, const Access &A,
                      FieldUse &Use);
  void findInteresting(
      const llvm::DenseMap<const Function *, std::vector<const FieldAccess *>>
          &Users);

  struct Argument {
    int Index;
    Place At;
  };
  struct PlacedCall {
    const CallSite *Site;
    const Function *Callee;
    llvm::SmallVector<Argument, 4> Args;
    llvm::SmallVector<Constant, 1> Given; ///< Arguments that are constants.
  };
  /// `if (lock)` and `if (!lock)` of a parameter.
  struct Switch {
    const clang::IfStmt *If;
    unsigned Param;
    bool Negated;
  };
  const std::vector<Switch> &switchesOf(const Function &F);
  bool isRuledOut(const Function &F, const clang::Stmt *S, const Arrival &A);
  bool isOther(const PlacedCall &Call, const Arrival &A) const;
  const std::vector<PlacedCall> &callsOf(const Function &F);

  const ExtensionModel &Model;
  Places Where;
  UseFollower Followed;
  llvm::DenseMap<const Function *, clang::SourceLocation> OnceIn;
  std::deque<FieldUse> &Uses;
  Reasons &Cut;
  llvm::DenseMap<Key, std::vector<Arrival>> Arrivals;
  std::vector<std::pair<Key, size_t>> Work;
  /// C++ classes whose methods pybind11 or nanobind hands to Python. Canonical.
  llvm::DenseSet<const clang::RecordDecl *> BoundClasses;
  llvm::DenseSet<const clang::RecordDecl *> ModuleStates; ///< Canonical.
  /// Entry points at which Python hands over an object that others use too.
  llvm::DenseSet<Key> Entered;
  llvm::DenseMap<const Function *, std::vector<PlacedCall>> Calls;
  llvm::DenseMap<const Function *, std::vector<Switch>> Switches;
  llvm::DenseSet<const Function *> Interesting;
  std::optional<std::string> ProjectTop; ///< A folder.
  /// Structs that some call takes as const: where it is not, it is written.
  llvm::DenseSet<const clang::RecordDecl *> TakenAsConst;
};

/// The entry point runs while others may use the object; \p InInit is set for
/// tp_init.
bool runsShared(const Function &F, bool &InInit);

} // namespace pyext::model

#endif // PYEXT_MODEL_INSTANCEUSES_H
