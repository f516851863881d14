//===- Attachment.h - Where a thread is attached ----------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every point of a function: whether the thread is attached to an
// interpreter (with the GIL: holds it) or detached, and what the function has
// taken and not given back yet: a saved thread state, a PyGILState, a token of
// PyThreadState_Ensure, an interpreter guard or view, a critical section, a
// mutex.
//
// The analysis keeps apart the paths that differ in what they hold, and
// remembers which way the conditions went, so that `if (need) st = Ensure();
// ... if (need) Release(st);` is balanced. What a function of this file does to
// its caller (attaches, returns a token, releases its argument) is a summary.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FLOW_ATTACHMENT_H
#define PYEXT_FLOW_ATTACHMENT_H

#include "facts/Facts.h"
#include "flow/FunctionFlow.h"
#include "flow/LockSet.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pyext::model {
class ExtensionModel;
struct Function;
} // namespace pyext::model

namespace pyext::flow {

enum class AttachState : uint8_t {
  AsEntered, ///< As it was when the function was called.
  Attached,
  Detached,
  Unknown, ///< Paths disagree, or it was not analysed.
};

enum class HoldKind : uint8_t {
  SavedThread,      ///< PyEval_SaveThread(): the thread is detached.
  GILState,         ///< PyGILState_Ensure()
  ThreadState,      ///< PyThreadState_Ensure()
  InterpreterGuard,
  InterpreterView,
  CriticalSection,
  Mutex,
  World, ///< All other threads are stopped.
  /// PyEval_AcquireThread(), PyEval_RestoreThread() of a state that the
  /// function did not save itself.
  OwnThread,
};

/// Something that a call took and that has to be given back.
struct Hold {
  HoldKind Kind;
  const clang::Expr *Where = nullptr; ///< The call, or construction of a guard.
  const facts::ThreadStateApi *Api = nullptr; ///< Null for locks and helpers.
  const facts::LockApi *Lock = nullptr;       ///< Null for others.
  /// The local variable with the handle; null when it is kept elsewhere.
  const clang::VarDecl *Handle = nullptr;
  std::string Key = {};  ///< canonicalText() of the handle or the lock.
  std::string Name = {}; ///< Of the call or macro that took it, as written.
  /// By Py_BEGIN_ALLOW_THREADS and its likes.
  bool FromMacro = false;
  bool Escapes = false;     ///< Others can give it back.
  bool ValueUnused = false; ///< The handle is thrown away.
  bool Elsewhere = false;   ///< The handle is kept in a field or a global.
  bool MayFail = false;     ///< The handle can be null.
  /// A C++ object gives it back in its destructor.
  bool Scoped = false;
  /// The function gives it back on some path.
  bool Released = false;
  /// Taken elsewhere: Where gives it back.
  bool Foreign = false;
};

enum class HoldProblem : uint8_t {
  LeftHeld,      ///< Where leaves the function, or the scope of the handle.
  Lost,          ///< Where takes it again over the handle.
  ReleasedTwice, ///< Where gives back what Other gave back.
  TakenTwice,    ///< Where locks what is locked already.
  Unchecked,     ///< Where needs the handle, which was not tested for null.
  UsedClosed,    ///< Where uses a guard that Other closed.
};

struct HoldFinding {
  HoldProblem Problem;
  unsigned Hold;            ///< Index into FunctionAttachment::holds().
  /// Null for the end of the function.
  const clang::Stmt *Where = nullptr;
  const clang::Stmt *Other = nullptr;
};

/// The analysis of one function.
class FunctionAttachment {
public:
  llvm::ArrayRef<Hold> holds() const { return Holds; }
  llvm::ArrayRef<HoldFinding> findings() const { return Findings; }

  /// Before \p S is evaluated.
  AttachState at(const clang::Stmt *S) const;
  /// The holds that every path to \p S has, as indices.
  llvm::SmallVector<unsigned, 2> heldAt(const clang::Stmt *S) const;
  /// Where the function is when it returns.
  AttachState atExit() const { return Exit; }
  /// The kind of hold whose handle the function returns.
  std::optional<HoldKind> returns() const { return Returns; }
  /// The parameter whose hold the function gives back; ~0u for none.
  unsigned releasesParameter() const { return ReleasesParameter; }
  /// What detaches last before \p S; null when that is not clear.
  const clang::Expr *detachedBy(const clang::Stmt *S) const;
  /// The last statement of the block that declares \p VD; null when it is not
  /// declared in a block here.
  const clang::Stmt *lastOfScope(const clang::VarDecl *VD) const;
  /// Copies, assignments and destructions of C++ objects that own references
  /// while the thread is detached.
  struct ObjectUse {
    const clang::Stmt *Where;         ///< Null for the end of a scope.
    const clang::VarDecl *Variable;   ///< Nullable.
    clang::SourceLocation Loc;
    std::string Type;
  };
  llvm::ArrayRef<ObjectUse> detachedObjects() const { return Objects; }

private:
  friend class Attachments;
  class Collector;
  class Analysis;
  struct Point {
    AttachState State;
    llvm::SmallVector<unsigned, 2> Held;
    const clang::Expr *DetachedBy = nullptr;
  };
  const Point *point(const clang::Stmt *S) const;

  std::vector<Hold> Holds;
  std::vector<HoldFinding> Findings;
  std::vector<ObjectUse> Objects;
  std::vector<Point> Points;
  llvm::DenseMap<const clang::Stmt *, unsigned> PointOf;
  llvm::DenseMap<const clang::VarDecl *, const clang::Stmt *> LastOfScope;
  const clang::ParentMap *Parents = nullptr; ///< Of the model's flows().
  AttachState Exit = AttachState::AsEntered;
  std::optional<HoldKind> Returns;
  unsigned ReleasesParameter = ~0u;
};

class LockRegions;

/// The name of a function of pybind11 or nanobind: pybind11::print.
std::string bindingName(const clang::FunctionDecl *FD);

/// How a function of the file is called.
struct EntryState {
  bool Attached = false; ///< By Python, or by an attached caller.
  bool Detached = false;
  bool Open = false;     ///< Also from where nobody here can see.
  enum Reason : uint8_t {
    None,
    Thread,     ///< Where starts it as a thread.
    Call,       ///< Where calls it while the thread is detached.
    Parameter,  ///< A parameter carries the saved thread state.
    CallGuard,  ///< Where binds it with a guard that detaches.
    Callback,   ///< Where hands it to a library that is called while detached.
  } Why = None;        ///< For Detached.
  const clang::Expr *Where = nullptr;
  const clang::Expr *Other = nullptr; ///< For Callback: the detached call.
  const clang::ParmVarDecl *Param = nullptr;
};

/// The attachments of one translation unit. Not thread-safe.
class Attachments {
public:
  explicit Attachments(const model::ExtensionModel &Model);
  ~Attachments();

  /// Null when nothing in \p FD changes or takes anything.
  const FunctionAttachment *of(const clang::FunctionDecl *FD);
  const EntryState &entryOf(const clang::FunctionDecl *FD);
  /// Where \p FD is before \p S, its callers considered.
  AttachState stateAt(const clang::FunctionDecl *FD, const clang::Stmt *S);

  /// A name of the C API that must not be used detached; empty when \p Callee
  /// is none.
  llvm::StringRef needsThreadState(const clang::FunctionDecl *Callee);
  /// What a function of pybind11 or nanobind uses of the C API without attaching
  /// the thread itself; empty for none.
  llvm::StringRef bindingNeeds(const clang::FunctionDecl *Callee);
  /// The first use of such a name in \p FD at a place where the thread is as
  /// its caller left it, or in a function it calls there. Null for none.
  struct ApiUse {
    const clang::Expr *Where;
    llvm::StringRef Name;
    const clang::FunctionDecl *In;
  };
  std::optional<ApiUse> usesApiAsEntered(const clang::FunctionDecl *FD,
                                         unsigned Depth = 0);

  const model::ExtensionModel &model() const { return Model; }
  LockSummaries &lockSummaries() { return Locks; }
  /// What happens while locks are held, found when first asked for:
  /// #include "flow/LockRegions.h".
  const LockRegions &lockRegions();
  /// Whether a call of \p FD can run any Python code, as far as this file shows.
  bool runsPython(const clang::FunctionDecl *FD);
  /// What an object of class \p RD does while it lives.
  std::optional<HoldKind> guardClass(const clang::CXXRecordDecl *RD,
                                     unsigned Depth = 0);

private:
  friend class FunctionAttachment::Collector;
  friend class FunctionAttachment::Analysis;
  bool isInteresting(const model::Function &F);
  void concludeEntries();

  const model::ExtensionModel &Model;
  LockSummaries Locks;
  llvm::DenseMap<const clang::FunctionDecl *,
                 std::unique_ptr<FunctionAttachment>>
      Functions;
  llvm::DenseSet<const clang::FunctionDecl *> Running, Interesting;
  llvm::DenseMap<const clang::FunctionDecl *, EntryState> Entries;
  llvm::DenseMap<const clang::FunctionDecl *, std::optional<ApiUse>> ApiUses;
  llvm::DenseMap<const clang::CXXRecordDecl *, std::optional<HoldKind>> Guards;
  llvm::DenseMap<const clang::FunctionDecl *, llvm::StringRef> BindingNeeds;
  llvm::StringSet<> Names;
  bool Concluded = false;
  std::unique_ptr<LockRegions> Regions;
};

} // namespace pyext::flow

#endif // PYEXT_FLOW_ATTACHMENT_H
