//===- Sharing.h - Who else can change a container --------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A borrowed reference is safe as long as nobody makes its container drop the
// object. This decides who could: from where the container comes, from what the
// callers of a helper give it, and from what the rest of the file does with a
// global or a field. A verdict of Shared always names the second party.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FLOW_SHARING_H
#define PYEXT_FLOW_SHARING_H

#include "flow/RefState.h"
#include "llvm/ADT/SmallPtrSet.h"
#include <optional>
#include <string>

namespace pyext::flow {

struct Sharing {
  enum Kind : uint8_t {
    Private, ///< Nobody else can change it while the function runs.
    Unknown, ///< This file does not tell.
    Shared,
  } K = Private;
  enum Reason : uint8_t {
    None,
    New,          ///< Made here and known to nobody else.
    CallArgument, ///< The argument tuple or the keyword dict of this call.
    Unpickled,    ///< Given to __setstate__ by what has just made it.
    Immutable,
    PerThread,
    Unchanged,    ///< Nothing in this file changes it after initialisation.
    Guarded,      ///< Callers hold a lock on it.
    Elsewhere,    ///< Shared, but only other files show that it changes.
  } Why = None;
  /// 1: state of the extension or the interpreter; 2: objects Python code
  /// passes or reaches; 3: parameters of functions other files can call.
  unsigned Tier = 0;
  /// Second party, a sentence without a final stop; empty unless Shared.
  std::string Who;
  clang::SourceLocation Where; ///< Of the second party; may be invalid.
  /// The second party adds items and never removes or replaces one: what was
  /// found in the container stays in it.
  bool OnlyGrows = false;
  /// For a parameter: calls, at most three, that give a container others share.
  llvm::SmallVector<const clang::CallExpr *, 1> Given;
};

/// True when parameter number \p I of \p F, which Python calls, carries the
/// arguments of the call: the tuple, the dict or the array of METH_FASTCALL.
bool carriesArguments(const model::Function &F, unsigned I);

/// Answers for one translation unit; remembers what it found. Ask
/// ExtensionModel::sharing() for the one that all checks share.
class SharingAnalysis {
public:
  explicit SharingAnalysis(RefStates &States) : States(States) {}

  /// The container of \p L, a lookup of \p R's function, at the lookup.
  Sharing container(const FunctionRefs &R, const Lookup &L);
  /// What argument \p Arg of \p Call, a call made by \p R's function, points to,
  /// at the call. Nobody else can change it when the call is never reached.
  Sharing argument(const FunctionRefs &R, const clang::CallExpr *Call,
                   unsigned Arg);
  /// What the local variable or array holds whose address is argument \p Arg of
  /// \p Call, at the call.
  Sharing behindArgument(const FunctionRefs &R, const clang::CallExpr *Call,
                         unsigned Arg);
  /// A global or a field.
  Sharing variable(const clang::ValueDecl *D) { return state(D); }

  /// True when \p Locks, held in \p R's function, keep others from changing the
  /// container of \p L. \p Suspendable is set when that holds only until a
  /// critical section is suspended.
  bool protects(llvm::ArrayRef<Lock> Locks, const FunctionRefs &R,
                const Lookup &L, bool &Suspendable);
  /// The same for what argument \p Arg of \p Call points to.
  bool protects(llvm::ArrayRef<Lock> Locks, const FunctionRefs &R,
                const clang::CallExpr *Call, unsigned Arg, bool &Suspendable);

private:
  Sharing values(const FunctionRefs &R, const Values &V, bool Escaped);
  Sharing origin(const FunctionRefs &R, unsigned O, bool Escaped);
  Sharing parameter(const clang::FunctionDecl *FD, const clang::ParmVarDecl *P);
  Sharing parameterAnew(const clang::FunctionDecl *FD,
                        const clang::ParmVarDecl *P);
  Sharing fromCallers(const model::Function &F, const clang::ParmVarDecl *P,
                      bool &Any);
  bool areUnborn(const FunctionRefs &R, const Values &V, unsigned Level = 0);
  bool isUnborn(const FunctionRefs &R, const clang::ParmVarDecl *P,
                unsigned Level);
  Sharing load(const FunctionRefs &R, const Origin &O);
  Sharing behind(const FunctionRefs &R, const Values &Base,
                 const clang::FieldDecl *Field, clang::SourceLocation Where,
                 std::optional<int64_t> Item = std::nullopt);
  const std::vector<const model::Access *> &
  plainAccesses(const clang::FieldDecl *F);
  Sharing item(const FunctionRefs &R, const Origin &O);
  Sharing captured(const clang::VarDecl *V);
  Sharing ofOtherFile(const Origin &O);
  Sharing result(const FunctionRefs &R, unsigned O);
  Sharing resultAnew(const FunctionRefs &R, const Origin &O);
  /// A global or a field, or element \p Item of it.
  Sharing state(const clang::ValueDecl *D,
                std::optional<int64_t> Item = std::nullopt);
  Sharing findWriter(const clang::ValueDecl *D, std::optional<int64_t> Item,
                     llvm::ArrayRef<const model::Access *> Accesses);
  bool protectsValues(llvm::ArrayRef<Lock> Locks, const FunctionRefs &R,
                      const clang::Expr *E, const Values &V, bool &Suspendable);

  /// What a function does to a container it is given.
  struct Effect {
    enum Kind : uint8_t { Nothing, Grows, Escapes, Changes } K = Nothing;
    const clang::Stmt *Where = nullptr;
    const clang::FunctionDecl *In = nullptr;
  };
  Effect effectOn(const clang::FunctionDecl *FD, unsigned Arg);
  Effect effectOf(const FunctionRefs &R, const OriginUse &U, bool ReturnEscapes);

  RefStates &States;
  llvm::DenseMap<const clang::ParmVarDecl *, Sharing> Parameters;
  /// Whether all that a function is given is still being made.
  llvm::DenseMap<const clang::ParmVarDecl *, char> Unborn;
  llvm::DenseMap<std::pair<const clang::ValueDecl *, int64_t>, Sharing> Variables;
  /// Accesses of fields that are no state by themselves: of structs that are
  /// neither objects nor module state.
  llvm::DenseMap<const clang::FieldDecl *, std::vector<const model::Access *>>
      PlainFields;
  bool PlainFieldsKnown = false;
  /// What functions do to containers, likewise to Parameters below.
  using EffectKey = std::pair<const clang::FunctionDecl *, unsigned>;
  llvm::DenseMap<EffectKey, Effect> Effects;
  llvm::DenseSet<EffectKey> ProvisionalEffects;
  llvm::DenseSet<EffectKey> OpenEffects;
  unsigned EffectCuts = 0;
  /// Parameters whose callers are being asked, how often one of them was met
  /// again, and those whose verdict was reached on the way.
  llvm::DenseSet<const clang::ParmVarDecl *> Open;
  unsigned Cuts = 0;
  llvm::SmallPtrSet<const clang::ParmVarDecl *, 16> Provisional;
  /// What calls of functions of this file return, likewise: of those that are
  /// being looked at and of those reached on the way.
  using ResultKey = std::pair<const FunctionRefs *, unsigned>;
  llvm::DenseMap<ResultKey, Sharing> Results;
  llvm::DenseSet<ResultKey> ProvisionalResults;
  llvm::DenseSet<ResultKey> OpenResults;
  unsigned ResultCuts = 0;
  unsigned Depth = 0;
  static constexpr unsigned MaxDepth = 400;
};

} // namespace pyext::flow

#endif // PYEXT_FLOW_SHARING_H
