//===- Attachment.cpp - Where a thread is attached ------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "flow/Attachment.h"
#include "facts/ModelCalls.h"
#include "flow/LockRegions.h"
#include "flow/Solver.h"
#include "model/CxxEntries.h"
#include "model/ExtensionModel.h"
#include "model/Initializers.h"
#include "model/SharedState.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMap.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/StringMap.h"

using namespace clang;
using namespace llvm;

namespace pyext::flow {

using facts::ThreadStateFamily;
using facts::ThreadStateOp;

//===----------------------------------------------------------------------===//
// What a call is
//===----------------------------------------------------------------------===//

static StringRef calleeName(const FunctionDecl *Callee) {
  if (!Callee || !Callee->getIdentifier() || isa<CXXMethodDecl>(Callee))
    return {};
  return facts::canonicalName(Callee->getName());
}

static const facts::LockApi *lockApiOf(const FunctionDecl *Callee) {
  if (!Callee || !Callee->getIdentifier())
    return nullptr;
  if (isa<CXXMethodDecl>(Callee))
    return facts::findLockApi(Callee->getQualifiedNameAsString());
  return facts::findLockApi(facts::canonicalName(Callee->getName()));
}

static std::optional<HoldKind> holdKindOf(const facts::ThreadStateApi &Api) {
  const bool Takes = Api.Op == ThreadStateOp::Attach ||
                     Api.Op == ThreadStateOp::Detach ||
                     Api.Op == ThreadStateOp::Create;
  if (!Takes)
    return std::nullopt;
  switch (Api.Family) {
  case ThreadStateFamily::AllowThreads:
  case ThreadStateFamily::Eval:
    if (Api.Op == ThreadStateOp::Detach)
      return HoldKind::SavedThread;
    return std::nullopt;
  case ThreadStateFamily::GILState:
    return HoldKind::GILState;
  case ThreadStateFamily::InterpreterGuard:
    if (Api.Op == ThreadStateOp::Attach)
      return HoldKind::ThreadState;
    return StringRef(Api.Name).contains("View_") ? HoldKind::InterpreterView
                                                 : HoldKind::InterpreterGuard;
  default:
    return std::nullopt;
  }
}

/// A lock that one thread cannot take twice and that is not C++'s to release.
static bool isTrackedLock(const facts::LockApi &Api) {
  if (Api.Spelling == facts::SpellingKind::Macro || Api.IsMacro)
    return false;
  switch (Api.Kind) {
  case facts::LockKind::PyMutex:
  case facts::LockKind::ThreadLock:
  case facts::LockKind::Pthread:
  case facts::LockKind::C11:
  case facts::LockKind::CriticalSection:
  case facts::LockKind::CriticalSection2:
  case facts::LockKind::CriticalSectionMutex:
  case facts::LockKind::CriticalSection2Mutex:
    return true;
  default:
    return false;
  }
}

/// Conditions are compared by text: two that call something may differ.
static bool isStable(const Expr *E, SmallVectorImpl<const VarDecl *> &Vars,
                     unsigned Depth = 0) {
  E = E->IgnoreParenCasts();
  if (Depth > 8)
    return false;
  if (const auto *R = dyn_cast<DeclRefExpr>(E)) {
    if (const auto *VD = dyn_cast<VarDecl>(R->getDecl()))
      Vars.push_back(VD);
    return true;
  }
  if (const auto *M = dyn_cast<MemberExpr>(E))
    return isStable(M->getBase(), Vars, Depth + 1);
  if (const auto *U = dyn_cast<UnaryOperator>(E))
    return !U->isIncrementDecrementOp() &&
           isStable(U->getSubExpr(), Vars, Depth + 1);
  if (const auto *B = dyn_cast<BinaryOperator>(E))
    return !B->isAssignmentOp() && isStable(B->getLHS(), Vars, Depth + 1) &&
           isStable(B->getRHS(), Vars, Depth + 1);
  if (const auto *A = dyn_cast<ArraySubscriptExpr>(E))
    return isStable(A->getBase(), Vars, Depth + 1) &&
           isStable(A->getIdx(), Vars, Depth + 1);
  // An accessor of a header: PyDataType_FLAGS(dtype).
  if (const auto *Call = dyn_cast<CallExpr>(E)) {
    const FunctionDecl *Callee = Call->getDirectCallee();
    if (!Callee || !Callee->isInlined() || isa<CXXMethodDecl>(Callee))
      return false;
    for (const Expr *Arg : Call->arguments())
      if (!isStable(Arg, Vars, Depth + 1))
        return false;
    return true;
  }
  return isa<IntegerLiteral, CXXBoolLiteralExpr, CXXThisExpr, GNUNullExpr,
             CXXNullPtrLiteralExpr, CharacterLiteral>(E);
}

//===----------------------------------------------------------------------===//
// Before the dataflow: operations, handles, conditions
//===----------------------------------------------------------------------===//

namespace {
enum class OpKind : uint8_t {
  Acquire, ///< Takes Hold.
  Release, ///< Gives back what has Kind and Key.
  Become,  ///< Only changes the state, to To.
  Unknown, ///< Does something to the locks that is not known.
};

struct Operation {
  OpKind K;
  unsigned Hold = ~0u;
  HoldKind Kind = HoldKind::SavedThread;
  std::string Key = {};
  AttachState To = AttachState::Unknown;
  const VarDecl *Var = nullptr; ///< Of the handle that is given back.
};

struct Condition {
  std::string Text;
  SmallVector<const VarDecl *, 2> Vars;
  const VarDecl *Single = nullptr; ///< The condition is `Single == Value`.
  bool IsNonZero = false;          ///< The condition is `Single != 0`.
  int64_t Value = 0;
  unsigned Uses = 0;
};
} // namespace

class FunctionAttachment::Collector {
public:
  Collector(Attachments &All, FunctionAttachment &Result,
            const FunctionDecl *FD)
      : All(All), Model(All.Model), Context(Model.context()), Result(Result),
        FD(FD) {}

  void run() {
    if (const auto *Ctor = dyn_cast<CXXConstructorDecl>(FD))
      for (const CXXCtorInitializer *Init : Ctor->inits())
        if (Init->isWritten() && Init->getInit())
          walk(Init->getInit());
    walk(FD->getBody());
    for (unsigned I = 0; I < Result.Holds.size(); ++I) {
      Hold &H = Result.Holds[I];
      H.Escapes |= H.Handle && EscapedVars.count(H.Handle);
      if (H.Handle)
        HandlesOf[H.Handle].push_back(I);
    }
  }

  Attachments &All;
  const model::ExtensionModel &Model;
  ASTContext &Context;
  FunctionAttachment &Result;
  const FunctionDecl *FD;
  DenseMap<const Stmt *, Operation> Ops;
  DenseMap<const VarDecl *, unsigned> GuardOf;
  DenseSet<const VarDecl *> MaybeGuards;
  DenseSet<const VarDecl *> EscapedVars;
  DenseMap<const VarDecl *, SmallVector<unsigned, 1>> HandlesOf;

private:
  std::vector<const Stmt *> Path;

  void walk(const Stmt *S) {
    if (!S || isa<UnaryExprOrTypeTraitExpr>(S) || Path.size() > 200)
      return;
    Path.push_back(S);
    if (const auto *L = dyn_cast<LambdaExpr>(S)) {
      for (const LambdaCapture &C : L->captures())
        if (C.capturesVariable())
          if (const auto *VD = dyn_cast<VarDecl>(C.getCapturedVar()))
            EscapedVars.insert(VD);
      Path.pop_back();
      return;
    }
    if (const auto *Call = dyn_cast<CallExpr>(S))
      call(Call);
    else if (const auto *R = dyn_cast<DeclRefExpr>(S))
      reference(R);
    else if (const auto *D = dyn_cast<DeclStmt>(S))
      for (const Decl *Each : D->decls())
        if (const auto *VD = dyn_cast<VarDecl>(Each))
          variable(VD);
    if (const auto *C = dyn_cast<CapturedStmt>(S))
      walk(C->getCapturedStmt()); // A region of OpenMP.
    else
      for (const Stmt *Child : S->children())
        walk(Child);
    Path.pop_back();
  }

  std::string writtenName(const Expr *E, StringRef Otherwise, bool &Macro) {
    std::string Name = Otherwise.str();
    for (StringRef N : Model.preprocessing().macroNames(E->getBeginLoc()))
      if (const facts::ThreadStateApi *T = facts::findThreadStateApi(N);
          (T && T->IsMacro) || facts::findLockApi(N)) {
        Name = N.str();
        Macro |= T && T->IsMacro && T->Family == ThreadStateFamily::AllowThreads;
      }
    return Name;
  }

  /// Where the value of the expression on top of Path goes.
  void destination(Hold &H) {
    const Stmt *Child = Path.back();
    H.Escapes = true;
    for (const Stmt *P : llvm::reverse(ArrayRef<const Stmt *>(Path).drop_back())) {
      if (const auto *C = dyn_cast<CastExpr>(P)) {
        if (C->getCastKind() == CK_ToVoid) {
          H.ValueUnused = true;
          H.Escapes = false;
          return;
        }
        Child = P;
        continue;
      }
      if (isa<ParenExpr, ExprWithCleanups, MaterializeTemporaryExpr>(P)) {
        Child = P;
        continue;
      }
      if (const auto *D = dyn_cast<DeclStmt>(P)) {
        for (const Decl *Each : D->decls())
          if (const auto *VD = dyn_cast<VarDecl>(Each);
              VD && VD->getInit() == Child)
            setHandle(H, VD);
        return;
      }
      if (const auto *B = dyn_cast<BinaryOperator>(P)) {
        if (B->getOpcode() != BO_Assign || B->getRHS() != Child)
          return;
        H.Key = canonicalText(B->getLHS());
        H.Elsewhere = true;
        H.Escapes = false;
        const auto *R = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
        if (const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr)
          setHandle(H, VD);
        return;
      }
      if (isa<ReturnStmt>(P)) {
        H.Key = "<returned>";
        return;
      }
      if (isa<CompoundStmt, IfStmt, ForStmt, WhileStmt, DoStmt, LabelStmt,
              SwitchCase, CXXTryStmt>(P)) {
        // A statement of its own, unless it is the condition.
        if (const auto *I = dyn_cast<IfStmt>(P); I && I->getCond() == Child)
          return;
        if (isa<WhileStmt, DoStmt, ForStmt>(P))
          return;
        H.ValueUnused = true;
        H.Escapes = false;
        return;
      }
      return;
    }
  }

  void setHandle(Hold &H, const VarDecl *VD) {
    H.Key = canonicalText(VD->getNameAsString());
    if (VD->hasLocalStorage() && !VD->getType()->isReferenceType()) {
      H.Handle = VD;
      H.Elsewhere = false;
      H.Escapes = isa<ParmVarDecl>(VD) && VD->getType()->isReferenceType();
    }
  }

  /// The call on top of Path is a statement of its own.
  bool valueUnused() const {
    Hold Dummy{HoldKind::Mutex};
    const Stmt *Child = Path.back();
    for (const Stmt *P : llvm::reverse(ArrayRef<const Stmt *>(Path).drop_back())) {
      if (isa<CastExpr, ParenExpr, ExprWithCleanups>(P)) {
        Child = P;
        continue;
      }
      if (const auto *I = dyn_cast<IfStmt>(P))
        return I->getCond() != Child;
      return isa<CompoundStmt, LabelStmt, SwitchCase, ForStmt>(P);
    }
    return false;
  }

  void call(const CallExpr *Call) {
    const FunctionDecl *Callee = Call->getDirectCallee();
    if (!Callee)
      return;
    if (const facts::ThreadStateApi *Api =
            facts::findThreadStateApi(calleeName(Callee))) {
      threadState(Call, *Api);
      return;
    }
    if (const facts::LockApi *Api = lockApiOf(Callee)) {
      lock(Call, *Api);
      return;
    }
    if (std::optional<facts::ModelCall> Role =
            facts::findModelCall(calleeName(Callee))) {
      if (*Role == facts::ModelCall::StopsWorld) {
        Hold H{HoldKind::World, Call};
        H.Key = "<world>";
        H.Name = calleeName(Callee).str();
        Ops[Call] = {OpKind::Acquire, unsigned(Result.Holds.size()),
                     HoldKind::World, H.Key};
        Result.Holds.push_back(H);
      } else if (*Role == facts::ModelCall::StartsWorld) {
        Operation Op{OpKind::Release};
        Op.Kind = HoldKind::World;
        Op.Key = "<world>";
        Ops[Call] = Op;
      }
      if (*Role == facts::ModelCall::StopsWorld ||
          *Role == facts::ModelCall::StartsWorld)
        return;
    }
    if (Model.function(Callee))
      helper(Call, Callee);
    else if (const auto *Method = dyn_cast<CXXMethodDecl>(Callee))
      method(Call, Method);
  }

  void threadState(const CallExpr *Call, const facts::ThreadStateApi &Api) {
    auto Become = [&](AttachState To) {
      Operation Op{OpKind::Become};
      Op.To = To;
      Ops[Call] = Op;
    };
    auto Release = [&](HoldKind Kind) {
      Operation Op{OpKind::Release};
      Op.Kind = Kind;
      if (Call->getNumArgs()) {
        Op.Key = canonicalText(Call->getArg(0));
        if (const auto *R = dyn_cast<DeclRefExpr>(
                Call->getArg(0)->IgnoreParenImpCasts()))
          Op.Var = dyn_cast<VarDecl>(R->getDecl());
      }
      Ops[Call] = Op;
    };
    switch (Api.Op) {
    case ThreadStateOp::Attach:
      if (Api.Family == ThreadStateFamily::Eval) {
        Release(HoldKind::SavedThread);
        // What was saved here is given back; anything else is taken.
        Operation &Op = Ops[Call];
        if (none_of(Result.Holds, [&](const Hold &H) {
              return H.Kind == HoldKind::SavedThread && H.Key == Op.Key;
            })) {
          Op.Hold = Result.Holds.size();
          Hold H{HoldKind::OwnThread, Call, &Api};
          H.Key = Op.Key;
          H.Name = Api.Name;
          H.Elsewhere = true;
          Result.Holds.push_back(H);
        }
        return;
      }
      break;
    case ThreadStateOp::Release:
      Release(Api.Family == ThreadStateFamily::GILState ? HoldKind::GILState
                                                        : HoldKind::ThreadState);
      return;
    case ThreadStateOp::Destroy:
      if (Api.Family == ThreadStateFamily::InterpreterGuard)
        Release(StringRef(Api.Name).contains("View_")
                    ? HoldKind::InterpreterView
                    : HoldKind::InterpreterGuard);
      // A guard that was handed to the function must not be used any more either.
      if (auto It = Ops.find(Call);
          It != Ops.end() && It->second.Kind == HoldKind::InterpreterGuard &&
          It->second.Var && It->second.Var->hasLocalStorage()) {
        It->second.Hold = Result.Holds.size();
        Hold H{HoldKind::InterpreterGuard, Call, &Api};
        H.Key = It->second.Key;
        H.Handle = It->second.Var;
        H.Name = Api.Name;
        H.Escapes = H.Foreign = true;
        Result.Holds.push_back(H);
      }
      return;
    case ThreadStateOp::DestroyDetach:
      Become(AttachState::Detached);
      return;
    case ThreadStateOp::Swap:
      Become(Call->getNumArgs() == 1 &&
                     model::isNullOrZero(Call->getArg(0), Context)
                 ? AttachState::Detached
                 : AttachState::Attached);
      return;
    case ThreadStateOp::Detach:
    case ThreadStateOp::Create:
      break;
    default:
      return;
    }
    std::optional<HoldKind> Kind = holdKindOf(Api);
    if (!Kind)
      return;
    Hold H{*Kind, Call, &Api};
    H.Name = writtenName(Call, Api.Name, H.FromMacro);
    H.MayFail = *Kind != HoldKind::SavedThread && *Kind != HoldKind::GILState;
    // PyEval_ReleaseThread(tstate) detaches what its argument names.
    if (*Kind == HoldKind::SavedThread && Call->getNumArgs() == 1) {
      H.Key = canonicalText(Call->getArg(0));
      H.Escapes = true;
    } else {
      destination(H);
    }
    add(Call, H);
  }

  void add(const Stmt *At, const Hold &H) {
    Operation Op{OpKind::Acquire};
    Op.Hold = Result.Holds.size();
    Op.Kind = H.Kind;
    Op.Key = H.Key;
    Ops[At] = Op;
    Result.Holds.push_back(H);
  }

  void lock(const CallExpr *Call, const facts::LockApi &Api) {
    if (!isTrackedLock(Api))
      return;
    const bool Section = facts::isCriticalSection(Api.Kind);
    const Expr *Arg = nullptr;
    if (Section && Call->getNumArgs())
      Arg = Call->getArg(0); // &_py_cs
    else if (Api.LockArg >= 0 && unsigned(Api.LockArg) < Call->getNumArgs())
      Arg = Call->getArg(Api.LockArg);
    if (!Arg)
      return;
    const HoldKind Kind = Section ? HoldKind::CriticalSection : HoldKind::Mutex;
    switch (Api.Op) {
    case facts::LockOp::Begin:
    case facts::LockOp::Acquire:
    case facts::LockOp::AcquireShared: {
      // Who looks at the result knows that it can fail.
      if (!Call->getType()->isVoidType() && !valueUnused())
        break;
      if (Api.Kind == facts::LockKind::ThreadLock && Call->getNumArgs() > 1 &&
          model::isNullOrZero(Call->getArg(1), Context))
        break;
      Hold H{Kind, Call, nullptr, &Api};
      H.Key = canonicalText(Arg);
      H.Name = writtenName(Call, Api.Name, H.FromMacro);
      const Expr *Root = Arg->IgnoreParenCasts();
      if (const auto *U = dyn_cast<UnaryOperator>(Root);
          U && U->getOpcode() == UO_AddrOf)
        Root = U->getSubExpr()->IgnoreParenCasts();
      while (const auto *M = dyn_cast<MemberExpr>(Root))
        Root = M->getBase()->IgnoreParenCasts();
      if (const auto *R = dyn_cast<DeclRefExpr>(Root))
        if (const auto *VD = dyn_cast<VarDecl>(R->getDecl());
            VD && (VD->hasLocalStorage() || Section))
          H.Handle = VD;
      // An object of the caller's keeps the section: its destructor, or a
      // second function, ends it.
      H.Escapes |= isa<CXXConstructorDecl>(FD) && isa<CXXThisExpr>(Root);
      H.Escapes |= Section && (isa<CXXThisExpr>(Root) ||
                               isa_and_nonnull<ParmVarDecl>(H.Handle));
      add(Call, H);
      break;
    }
    case facts::LockOp::End:
    case facts::LockOp::Release: {
      Operation Op{OpKind::Release};
      Op.Kind = Kind;
      Op.Key = canonicalText(Arg);
      Ops[Call] = Op;
      break;
    }
    default:
      break;
    }
  }

  /// A lock of the callee's as the caller of \p Call names it; empty when it
  /// cannot.
  static std::string inCaller(StringRef Key, const CallExpr *Call,
                              const FunctionDecl *Callee) {
    const StringRef Name =
        Key.take_while([](char C) { return isAlnum(C) || C == '_'; });
    for (unsigned I = 0; I < Callee->getNumParams() && I < Call->getNumArgs();
         ++I)
      if (Callee->getParamDecl(I)->getName() == Name)
        return canonicalText(Call->getArg(I)) + Key.drop_front(Name.size()).str();
    return {};
  }

  /// lock_it(self), a function that does nothing else. True when it is one.
  bool lockHelper(const CallExpr *Call, const FunctionDecl *Callee) {
    const LockEffects &E = All.Locks.of(Callee);
    const FunctionDecl *Body = nullptr;
    if (E.Acquires.size() + E.Releases.size() != 1 ||
        isa<CXXMethodDecl>(Callee) || !Callee->hasBody(Body) ||
        !Callee->getReturnType()->isVoidType())
      return false;
    const auto *Block = dyn_cast<CompoundStmt>(Body->getBody());
    if (!Block || Block->size() != 1 || !isa<CallExpr>(*Block->body_begin()))
      return false;
    const std::string Key = inCaller(
        E.Acquires.empty() ? E.Releases.front() : E.Acquires.front().Key, Call,
        Body);
    if (Key.empty())
      return false;
    const auto *Inner = cast<CallExpr>(*Block->body_begin());
    const facts::LockApi *Api = lockApiOf(Inner->getDirectCallee());
    if (!Api || !isTrackedLock(*Api) || facts::isCriticalSection(Api->Kind))
      return false;
    if (E.Acquires.empty()) {
      Operation Op{OpKind::Release};
      Op.Kind = HoldKind::Mutex;
      Op.Key = Key;
      Ops[Call] = Op;
      return true;
    }
    Hold H{HoldKind::Mutex, Call, nullptr, Api};
    H.Key = Key;
    H.Name = Callee->getNameAsString();
    add(Call, H);
    return true;
  }

  /// A call of a function of this file.
  void helper(const CallExpr *Call, const FunctionDecl *Callee) {
    if (lockHelper(Call, Callee))
      return;
    const FunctionAttachment *Summary = All.of(Callee);
    if (!All.Locks.of(Callee).Releases.empty()) {
      Operation Op{OpKind::Unknown};
      Ops[Call] = Op;
    }
    if (!Summary)
      return;
    if (Summary->returns()) {
      Hold H{*Summary->returns(), Call};
      H.Name = Callee->getNameAsString();
      destination(H);
      add(Call, H);
      return;
    }
    if (const unsigned Arg = Summary->releasesParameter();
        Arg < Call->getNumArgs()) {
      for (const HoldKind Kind :
           {HoldKind::SavedThread, HoldKind::GILState, HoldKind::ThreadState})
        if (releases(*Summary, Callee, Arg, Kind)) {
          Operation Op{OpKind::Release};
          Op.Kind = Kind;
          Op.Key = canonicalText(Call->getArg(Arg));
          if (const auto *R = dyn_cast<DeclRefExpr>(
                  Call->getArg(Arg)->IgnoreParenImpCasts()))
            Op.Var = dyn_cast<VarDecl>(R->getDecl());
          Ops[Call] = Op;
          return;
        }
    }
    if (Summary->atExit() == AttachState::Attached ||
        Summary->atExit() == AttachState::Detached) {
      Operation Op{OpKind::Become};
      Op.To = Summary->atExit();
      Ops[Call] = Op;
    }
  }

  /// A method of a class that is not the user's: guard.disarm() and the like.
  void method(const CallExpr *Call, const CXXMethodDecl *Method) {
    const auto *Member = dyn_cast<CXXMemberCallExpr>(Call);
    const Expr *Object =
        Member ? Member->getImplicitObjectArgument() : nullptr;
    const auto *R = Object ? dyn_cast<DeclRefExpr>(Object->IgnoreParenImpCasts())
                           : nullptr;
    const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
    if (VD && (GuardOf.count(VD) || MaybeGuards.count(VD))) {
      Operation Op{OpKind::Become};
      Op.To = AttachState::Unknown;
      Ops[Call] = Op;
    }
  }

  static bool releases(const FunctionAttachment &, const FunctionDecl *Callee,
                       unsigned Arg, HoldKind Kind) {
    QualType QT = Callee->getParamDecl(Arg)->getType();
    const std::string Name = model::elementTypeName(QT);
    switch (Kind) {
    case HoldKind::GILState:
      return !QT->isPointerType();
    case HoldKind::SavedThread:
      return QT->isPointerType() &&
             facts::isThreadStateType(Name, /*Token=*/false);
    default:
      return QT->isPointerType() &&
             facts::isThreadStateType(Name, /*Token=*/true);
    }
  }

  void variable(const VarDecl *VD) {
    const CXXRecordDecl *RD = VD->getType()->getAsCXXRecordDecl();
    if (!RD || VD->hasGlobalStorage() || !VD->getInit())
      return;
    bool Maybe = false;
    std::optional<HoldKind> Kind = All.guardClass(RD);
    if (!Kind)
      // std::optional<py::gil_scoped_release>
      if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(RD))
        for (const TemplateArgument &Arg : Spec->getTemplateArgs().asArray())
          if (Arg.getKind() == TemplateArgument::Type)
            if (const CXXRecordDecl *Inner =
                    Arg.getAsType()->getAsCXXRecordDecl())
              if (std::optional<HoldKind> Of = All.guardClass(Inner)) {
                Kind = Of;
                Maybe = true;
              }
    if (!Kind)
      return;
    if (Maybe) {
      MaybeGuards.insert(VD);
      return;
    }
    Hold H{*Kind, VD->getInit()};
    H.Api = facts::findThreadStateApi(RD->getQualifiedNameAsString());
    H.Handle = VD;
    H.Key = VD->getNameAsString();
    H.Name = RD->getNameAsString();
    H.Scoped = true;
    GuardOf[VD] = Result.Holds.size();
    Result.Holds.push_back(H);
  }

  /// Marks variables that others can reach.
  void reference(const DeclRefExpr *R) {
    const auto *VD = dyn_cast<VarDecl>(R->getDecl());
    if (!VD || VD->hasGlobalStorage())
      return;
    const Stmt *Child = R;
    bool Address = false;
    for (const Stmt *P : llvm::reverse(ArrayRef<const Stmt *>(Path).drop_back())) {
      if (isa<CastExpr, ParenExpr>(P)) {
        Child = P;
        continue;
      }
      if (const auto *U = dyn_cast<UnaryOperator>(P)) {
        if (U->getOpcode() == UO_AddrOf) {
          Address = true;
          Child = P;
          continue;
        }
        return; // !x, *x
      }
      if (const auto *B = dyn_cast<BinaryOperator>(P)) {
        // Compared, assigned to; a copy can be used instead.
        if (B->getOpcode() == BO_Assign && B->getRHS() == Child)
          EscapedVars.insert(VD);
        return;
      }
      if (const auto *Call = dyn_cast<CallExpr>(P)) {
        if (Address)
          // A helper that attaches and detaches in between.
          return;
        const FunctionDecl *Callee = Call->getDirectCallee();
        if (facts::findThreadStateApi(calleeName(Callee)) || lockApiOf(Callee))
          return;
        if (Callee && Model.function(Callee)) {
          const FunctionAttachment *Summary = All.of(Callee);
          if (Summary && Summary->releasesParameter() < Call->getNumArgs() &&
              Call->getArg(Summary->releasesParameter()) == Child)
            return;
        }
        EscapedVars.insert(VD);
        return;
      }
      if (isa<ReturnStmt, CXXConstructExpr, InitListExpr, CXXNewExpr>(P)) {
        EscapedVars.insert(VD);
        return;
      }
      if (const auto *D = dyn_cast<DeclStmt>(P)) {
        for (const Decl *Each : D->decls())
          if (const auto *Other = dyn_cast<VarDecl>(Each);
              Other && Other->getInit() == Child)
            EscapedVars.insert(VD);
        return;
      }
      return;
    }
  }
};

//===----------------------------------------------------------------------===//
// The dataflow
//===----------------------------------------------------------------------===//

class FunctionAttachment::Analysis {
public:
  struct Held {
    unsigned Index;
    bool Released = false;
    bool Unchecked = false;
    AttachState Before = AttachState::AsEntered;
    const Stmt *By = nullptr; ///< What released it.
    friend bool operator==(const Held &A, const Held &B) {
      return A.Index == B.Index && A.Released == B.Released &&
             A.Unchecked == B.Unchecked && A.Before == B.Before;
    }
  };
  struct Path {
    AttachState A = AttachState::AsEntered;
    /// Attached by PyEval_RestoreThread() to a state saved elsewhere.
    bool Own = false;
    const Expr *DetachedBy = nullptr;
    SmallVector<Held, 2> Holds;                       ///< Sorted by Index.
    SmallVector<std::pair<unsigned, bool>, 4> Facts;  ///< Sorted.
    bool sameCore(const Path &P) const {
      return A == P.A && Own == P.Own && DetachedBy == P.DetachedBy &&
             Holds == P.Holds;
    }
  };
  struct State {
    SmallVector<Path, 2> Paths;
    bool Collapsed = false;
  };

  Analysis(Collector &C, const FunctionFlow &Flow)
      : C(C), Result(C.Result), Context(C.Context), Flow(Flow) {
    for (const CFGBlock *B : Flow.order())
      if (const Expr *Cond = conditionOf(*B)) {
        bool Polarity;
        unsigned Id = conditionId(Cond, Polarity);
        if (Id != ~0u)
          ++Conditions[Id].Uses;
      }
  }

  State entry() {
    State S;
    S.Paths.emplace_back();
    return S;
  }

  bool join(State &Into, const State &From) {
    if (Into.Collapsed)
      return false;
    if (From.Collapsed) {
      collapse(Into);
      return true;
    }
    bool Changed = false;
    for (const Path &P : From.Paths)
      Changed |= addPath(Into, P);
    if (Into.Paths.size() > MaxPaths) {
      collapse(Into);
      Changed = true;
    }
    return Changed;
  }

  bool refine(State &S, const CFGBlock &From, unsigned Successor) {
    const Expr *Cond = conditionOf(From);
    if (!Cond || Successor > 1)
      return true;
    bool Polarity = true;
    const unsigned Id = conditionId(Cond, Polarity);
    if (Id == ~0u)
      return true;
    const bool Value = (Successor == 0) == Polarity;
    const Condition &Known = Conditions[Id];
    SmallVector<Path, 2> Kept;
    for (Path &P : S.Paths) {
      if (std::optional<bool> Fact = factOf(P, Id)) {
        if (*Fact == Value)
          Kept.push_back(std::move(P));
        continue;
      }
      if (Known.Uses > 1 || Known.Single)
        setFact(P, Id, Value);
      if (Known.Single && Known.IsNonZero)
        checkHandle(P, Known.Single, Value);
      Kept.push_back(std::move(P));
    }
    S.Paths = std::move(Kept);
    return !S.Paths.empty() || S.Collapsed;
  }

  void transfer(State &S, const CFGElement &E) {
    if (auto CS = E.getAs<CFGStmt>()) {
      for (Path &P : S.Paths)
        statement(P, CS->getStmt());
      if (Recording)
        record(S, CS->getStmt());
    } else if (auto D = E.getAs<CFGAutomaticObjDtor>()) {
      const VarDecl *VD = D->getVarDecl();
      auto It = C.GuardOf.find(VD);
      for (Path &P : S.Paths) {
        if (It != C.GuardOf.end())
          leaveGuard(P, It->second);
      }
    }
  }

  bool Recording = false;

  /// The states that a statement may need are kept; findings are recorded.
  void finish(const Solution<Analysis> &Solved);

private:
  static constexpr unsigned MaxPaths = 48, MaxPerCore = 8;

  Collector &C;
  FunctionAttachment &Result;
  ASTContext &Context;
  const FunctionFlow &Flow;
  std::vector<Condition> Conditions;
  StringMap<unsigned> ConditionIds;
  DenseMap<const Expr *, std::pair<unsigned, bool>> ConditionOf;
  DenseSet<std::pair<unsigned, const Stmt *>> Reported;

  // --- Paths ---

  static bool isSubset(ArrayRef<std::pair<unsigned, bool>> A,
                       ArrayRef<std::pair<unsigned, bool>> B) {
    return std::includes(B.begin(), B.end(), A.begin(), A.end());
  }

  bool addPath(State &Into, const Path &P) {
    SmallVector<unsigned, 8> Same;
    for (unsigned I = 0; I < Into.Paths.size(); ++I) {
      if (!Into.Paths[I].sameCore(P))
        continue;
      if (isSubset(Into.Paths[I].Facts, P.Facts))
        return false;
      Same.push_back(I);
    }
    // Drop those that P covers.
    for (unsigned I : llvm::reverse(Same))
      if (isSubset(P.Facts, Into.Paths[I].Facts))
        Into.Paths.erase(Into.Paths.begin() + I);
    Into.Paths.push_back(P);
    Same.clear();
    for (unsigned I = 0; I < Into.Paths.size(); ++I)
      if (Into.Paths[I].sameCore(P))
        Same.push_back(I);
    if (Same.size() <= MaxPerCore)
      return true;
    Path Merged = Into.Paths[Same[0]];
    for (unsigned I : llvm::reverse(Same)) {
      SmallVector<std::pair<unsigned, bool>, 4> Both;
      std::set_intersection(Merged.Facts.begin(), Merged.Facts.end(),
                            Into.Paths[I].Facts.begin(),
                            Into.Paths[I].Facts.end(),
                            std::back_inserter(Both));
      Merged.Facts = Both;
      Into.Paths.erase(Into.Paths.begin() + I);
    }
    Into.Paths.push_back(Merged);
    return true;
  }

  static void collapse(State &S) {
    S.Collapsed = true;
    S.Paths.clear();
    S.Paths.emplace_back();
    S.Paths.back().A = AttachState::Unknown;
  }

  static std::optional<bool> factOf(const Path &P, unsigned Id) {
    for (const auto &[Fact, Value] : P.Facts)
      if (Fact == Id)
        return Value;
    return std::nullopt;
  }
  static void dropFact(Path &P, unsigned Id) {
    llvm::erase_if(P.Facts, [&](const auto &F) { return F.first == Id; });
  }
  static void setFact(Path &P, unsigned Id, bool Value) {
    dropFact(P, Id);
    std::pair<unsigned, bool> New(Id, Value);
    P.Facts.insert(llvm::lower_bound(P.Facts, New), New);
  }

  // --- Conditions ---

  static const Expr *conditionOf(const CFGBlock &B) {
    if (B.succ_size() != 2)
      return nullptr;
    const Stmt *Term = B.getTerminatorStmt();
    if (!Term || isa<SwitchStmt, CXXForRangeStmt, CXXTryStmt, GCCAsmStmt>(Term))
      return nullptr;
    return dyn_cast_or_null<Expr>(B.getLastCondition());
  }

  unsigned conditionId(const Expr *Cond, bool &Polarity) {
    auto It = ConditionOf.find(Cond);
    if (It == ConditionOf.end()) {
      bool P = true;
      const unsigned Id = makeCondition(Cond, P);
      It = ConditionOf.try_emplace(Cond, Id, P).first;
    }
    Polarity = It->second.second;
    return It->second.first;
  }

  unsigned makeCondition(const Expr *E, bool &Polarity) {
    Condition New;
    for (unsigned Depth = 0; Depth < 8; ++Depth) {
      E = E->IgnoreParenCasts();
      if (const auto *U = dyn_cast<UnaryOperator>(E);
          U && U->getOpcode() == UO_LNot) {
        Polarity = !Polarity;
        E = U->getSubExpr();
        continue;
      }
      if (const auto *Call = dyn_cast<CallExpr>(E);
          Call && Call->getBuiltinCallee() == Builtin::BI__builtin_expect) {
        E = Call->getArg(0);
        continue;
      }
      // (t = f()) == NULL
      if (const auto *B = dyn_cast<BinaryOperator>(E)) {
        if (B->getOpcode() == BO_Assign) {
          E = B->getLHS();
          continue;
        }
        if (B->isEqualityOp()) {
          const Expr *L = B->getLHS(), *R = B->getRHS();
          if (model::isNullOrZero(L, Context))
            std::swap(L, R);
          if (model::isNullOrZero(R, Context)) {
            if (B->getOpcode() == BO_EQ)
              Polarity = !Polarity;
            E = L;
            continue;
          }
          if (std::optional<int64_t> V = model::integerOf(R, Context))
            if (const auto *D = dyn_cast<DeclRefExpr>(L->IgnoreParenCasts()))
              if (const auto *VD = dyn_cast<VarDecl>(D->getDecl());
                  VD && VD->hasLocalStorage()) {
                if (B->getOpcode() == BO_NE)
                  Polarity = !Polarity;
                New.Single = VD;
                New.Value = *V;
                New.Vars.push_back(VD);
                New.Text = VD->getNameAsString() + "==" + std::to_string(*V);
                return intern(std::move(New));
              }
        }
      }
      break;
    }
    if (!isStable(E, New.Vars))
      return ~0u;
    if (const auto *R = dyn_cast<DeclRefExpr>(E))
      if (const auto *VD = dyn_cast<VarDecl>(R->getDecl());
          VD && VD->hasLocalStorage()) {
        New.Single = VD;
        New.IsNonZero = true;
      }
    New.Text = canonicalText(E);
    return intern(std::move(New));
  }

  unsigned intern(Condition New) {
    // Locals of different blocks can have one name.
    std::string Key = New.Text;
    for (const VarDecl *VD : New.Vars)
      Key += "@" + std::to_string(reinterpret_cast<uintptr_t>(VD));
    auto [It, Inserted] = ConditionIds.try_emplace(Key, Conditions.size());
    if (Inserted)
      Conditions.push_back(std::move(New));
    return It->second;
  }

  /// \p Value: of a constant that \p VD is set to; nothing for any other value.
  void assigned(Path &P, const VarDecl *VD, std::optional<int64_t> Value,
                bool NonZero = false) {
    for (unsigned Id = 0; Id < Conditions.size(); ++Id) {
      const Condition &K = Conditions[Id];
      if (!is_contained(K.Vars, VD))
        continue;
      dropFact(P, Id);
      if (K.Single != VD)
        continue;
      if (K.IsNonZero && (Value || NonZero))
        setFact(P, Id, NonZero || *Value != 0);
      else if (!K.IsNonZero && Value)
        setFact(P, Id, *Value == K.Value);
    }
  }

  // --- Transfer ---

  static Held *find(Path &P, unsigned Index) {
    for (Held &H : P.Holds)
      if (H.Index == Index)
        return &H;
    return nullptr;
  }
  static void drop(Path &P, unsigned Index) {
    llvm::erase_if(P.Holds, [&](const Held &H) { return H.Index == Index; });
  }
  static void put(Path &P, Held H) {
    drop(P, H.Index);
    P.Holds.insert(llvm::upper_bound(P.Holds, H,
                                     [](const Held &A, const Held &B) {
                                       return A.Index < B.Index;
                                     }),
                   H);
  }

  void report(HoldProblem Problem, unsigned Index, const Stmt *Where,
              const Stmt *Other = nullptr) {
    if (!Recording || !Reported.insert({Index * 8 + unsigned(Problem), Where})
                           .second)
      return;
    Result.Findings.push_back({Problem, Index, Where, Other});
  }

  void acquire(Path &P, unsigned Index, const Stmt *At) {
    const Hold &H = Result.Holds[Index];
    const AttachState Before = P.A;
    if (H.Kind == HoldKind::Mutex || H.Kind == HoldKind::CriticalSection) {
      for (const Held &Other : P.Holds)
        if (!Other.Released && Result.Holds[Other.Index].Key == H.Key &&
            Result.Holds[Other.Index].Kind == H.Kind &&
            Result.Holds[Other.Index].Handle == H.Handle)
          report(HoldProblem::TakenTwice, Other.Index, At);
    } else if (H.Kind != HoldKind::World) {
      for (const Held &Other : P.Holds) {
        const Hold &O = Result.Holds[Other.Index];
        if (!Other.Released && !O.Escapes && !O.Scoped &&
            (Other.Index == Index || (O.Handle && O.Handle == H.Handle)))
          report(HoldProblem::Lost, Other.Index, At);
      }
      for (const Held &Guard : P.Holds) {
        const Hold &O = Result.Holds[Guard.Index];
        const auto *Call = dyn_cast<CallExpr>(At);
        if (O.Kind != HoldKind::InterpreterGuard || !O.Handle || !Call ||
            !Call->getNumArgs() || canonicalText(Call->getArg(0)) != O.Key)
          continue;
        if (Guard.Released)
          report(HoldProblem::UsedClosed, Guard.Index, At, Guard.By);
        else if (Guard.Unchecked)
          report(HoldProblem::Unchecked, Guard.Index, At);
      }
    }
    switch (H.Kind) {
    case HoldKind::SavedThread:
      P.A = AttachState::Detached;
      P.DetachedBy = H.Where;
      if (P.Own) {
        // The thread gives back what it attached to itself.
        endOwn(P);
        if (Recording)
          Result.Holds[Index].ValueUnused = false;
        return;
      }
      break;
    case HoldKind::GILState:
    case HoldKind::ThreadState:
      P.A = AttachState::Attached;
      break;
    default:
      break;
    }
    if (H.Handle && !H.Lock && !H.Scoped)
      assigned(P, H.Handle, std::nullopt,
               /*NonZero=*/H.Kind == HoldKind::SavedThread);
    Held New{Index};
    New.Before = Before;
    New.Unchecked = H.MayFail && H.Handle;
    put(P, New);
  }

  /// The thread is not attached any more by what attached it.
  void endOwn(Path &P) {
    P.Own = false;
    llvm::erase_if(P.Holds, [&](const Held &H) {
      Hold &Of = Result.Holds[H.Index];
      if (Of.Kind == HoldKind::OwnThread && Recording)
        Of.Released = true;
      return Of.Kind == HoldKind::OwnThread;
    });
  }

  void setState(Path &P, HoldKind Kind, const Held &H) {
    switch (Kind) {
    case HoldKind::SavedThread:
      P.A = H.Before == AttachState::Detached ? AttachState::Attached : H.Before;
      P.DetachedBy = nullptr;
      break;
    case HoldKind::GILState:
    case HoldKind::ThreadState:
      P.A = H.Before;
      break;
    default:
      break;
    }
  }

  void release(Path &P, const Operation &Op, const Stmt *At) {
    Held *Found = nullptr, *Gone = nullptr;
    for (Held &H : P.Holds) {
      const Hold &Of = Result.Holds[H.Index];
      if (Of.Kind != Op.Kind || Of.Scoped || Of.Key != Op.Key ||
          (Op.Var && Of.Handle && !Of.Lock && Op.Var != Of.Handle))
        continue;
      (H.Released ? Gone : Found) = &H;
    }
    if (Found) {
      if (Found->Unchecked && Op.Kind == HoldKind::ThreadState)
        report(HoldProblem::Unchecked, Found->Index, At);
      setState(P, Op.Kind, *Found);
      if (Recording)
        Result.Holds[Found->Index].Released = true;
      Found->Released = true;
      Found->Unchecked = false;
      Found->By = At;
      // All other ways in which the same thing was taken are done with.
      const unsigned Keep = Found->Index;
      llvm::erase_if(P.Holds, [&](const Held &H) {
        return H.Index != Keep && Result.Holds[H.Index].Key == Op.Key &&
               Result.Holds[H.Index].Kind == Op.Kind;
      });
      return;
    }
    if (Gone) {
      if (!Result.Holds[Gone->Index].Foreign)
        report(HoldProblem::ReleasedTwice, Gone->Index, At, Gone->By);
      return;
    }
    switch (Op.Kind) {
    case HoldKind::SavedThread: {
      // A state saved elsewhere; or one whose hold is not followed.
      const bool Ours = any_of(P.Holds, [&](const Held &H) {
        return !H.Released &&
               Result.Holds[H.Index].Kind == HoldKind::SavedThread;
      });
      if (Ours) {
        llvm::erase_if(P.Holds, [&](const Held &H) {
          return Result.Holds[H.Index].Kind == HoldKind::SavedThread;
        });
        P.A = AttachState::Unknown;
      } else {
        P.A = AttachState::Attached;
        P.Own = true;
        if (Op.Hold != ~0u)
          put(P, {Op.Hold});
      }
      P.DetachedBy = nullptr;
      break;
    }
    case HoldKind::InterpreterGuard:
      if (Op.Hold != ~0u) {
        Held Closed{Op.Hold};
        Closed.Released = true;
        Closed.By = At;
        put(P, Closed);
      }
      break;
    case HoldKind::GILState:
    case HoldKind::ThreadState:
      P.A = AttachState::Unknown;
      P.DetachedBy = nullptr;
      break;
    default:
      break;
    }
  }

  void leaveGuard(Path &P, unsigned Index) {
    Held *H = find(P, Index);
    if (!H)
      return;
    if (Result.Holds[Index].Kind == HoldKind::SavedThread)
      P.DetachedBy = nullptr;
    P.A = H->Before;
    drop(P, Index);
  }

  /// A branch told that \p VD is null or not.
  void checkHandle(Path &P, const VarDecl *VD, bool NonNull) {
    for (size_t I = P.Holds.size(); I-- > 0;) {
      Held &H = P.Holds[I];
      const Hold &Of = Result.Holds[H.Index];
      if (Of.Handle != VD || Of.Lock || !Of.MayFail || !H.Unchecked)
        continue;
      if (NonNull) {
        H.Unchecked = false;
      } else {
        if (Of.Kind == HoldKind::ThreadState)
          P.A = H.Before;
        P.Holds.erase(P.Holds.begin() + I);
      }
    }
  }

  void statement(Path &P, const Stmt *S) {
    auto It = C.Ops.find(S);
    if (It != C.Ops.end()) {
      const Operation &Op = It->second;
      switch (Op.K) {
      case OpKind::Acquire:
        acquire(P, Op.Hold, S);
        return;
      case OpKind::Release:
        release(P, Op, S);
        return;
      case OpKind::Become:
        P.A = Op.To;
        if (P.Own)
          endOwn(P);
        P.DetachedBy =
            Op.To == AttachState::Detached ? dyn_cast<Expr>(S) : nullptr;
        return;
      case OpKind::Unknown:
        llvm::erase_if(P.Holds, [&](const Held &H) {
          return Result.Holds[H.Index].Kind == HoldKind::Mutex ||
                 Result.Holds[H.Index].Kind == HoldKind::CriticalSection;
        });
        return;
      }
    }
    if (const auto *D = dyn_cast<DeclStmt>(S)) {
      for (const Decl *Each : D->decls())
        if (const auto *VD = dyn_cast<VarDecl>(Each))
          declare(P, VD);
      return;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(S)) {
      if (B->isAssignmentOp())
        assign(P, B);
      return;
    }
    if (const auto *U = dyn_cast<UnaryOperator>(S)) {
      if (U->isIncrementDecrementOp())
        if (const auto *R =
                dyn_cast<DeclRefExpr>(U->getSubExpr()->IgnoreParens()))
          if (const auto *VD = dyn_cast<VarDecl>(R->getDecl()))
            changed(P, VD);
      return;
    }
    if (const auto *Call = dyn_cast<CallExpr>(S))
      plainCall(P, Call);
    else if (const auto *New = dyn_cast<CXXConstructExpr>(S))
      construct(P, New);
  }

  /// \p VD no longer names what it named: locks found through it are not
  /// followed any more.
  void changed(Path &P, const VarDecl *VD) {
    assigned(P, VD, std::nullopt);
    llvm::erase_if(P.Holds, [&](const Held &H) {
      const Hold &Of = Result.Holds[H.Index];
      return Of.Lock && Of.Handle == VD;
    });
  }

  static bool isAcquired(const Collector &C, const Expr *Init) {
    const Expr *E = Init ? Init->IgnoreParenCasts() : nullptr;
    if (!E)
      return false;
    auto It = C.Ops.find(E);
    return It != C.Ops.end() && It->second.K == OpKind::Acquire;
  }

  void declare(Path &P, const VarDecl *VD) {
    if (auto It = C.GuardOf.find(VD); It != C.GuardOf.end()) {
      acquire(P, It->second, VD->getInit());
      return;
    }
    if (C.MaybeGuards.count(VD)) {
      P.A = AttachState::Unknown;
      return;
    }
    if (isAcquired(C, VD->getInit()))
      return;
    changed(P, VD);
    if (VD->getInit())
      if (std::optional<int64_t> V = constant(VD->getInit()))
        assigned(P, VD, V);
    // A new round of a loop: what the handle named is gone.
    if (auto It = C.HandlesOf.find(VD);
        It != C.HandlesOf.end() && !VD->getInit())
      for (unsigned Index : It->second)
        if (Held *H = find(P, Index); H && H->Released)
          drop(P, Index);
  }

  std::optional<int64_t> constant(const Expr *E) {
    if (model::isNullOrZero(E, Context))
      return 0;
    return model::integerOf(E, Context);
  }

  void assign(Path &P, const BinaryOperator *B) {
    const auto *R = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
    const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
    if (!VD) {
      // self->closed = 1 changes what `if (self->closed)` says.
      const std::string Text = canonicalText(B->getLHS());
      for (unsigned Id = 0; Id < Conditions.size(); ++Id)
        if (StringRef(Conditions[Id].Text).contains(Text))
          dropFact(P, Id);
      return;
    }
    if (B->getOpcode() == BO_Assign && isAcquired(C, B->getRHS()))
      return; // acquire() has seen it.
    changed(P, VD);
    if (B->getOpcode() == BO_Assign)
      if (std::optional<int64_t> V = constant(B->getRHS()))
        assigned(P, VD, V);
    if (auto It = C.HandlesOf.find(VD); It != C.HandlesOf.end())
      for (unsigned Index : It->second)
        if (!Result.Holds[Index].Lock)
          drop(P, Index);
  }

  void plainCall(Path &P, const CallExpr *Call) {
    if (P.Holds.empty())
      return;
    // Needs the thread to be attached, and the attach was not looked at.
    if (Recording)
      if (!C.All.needsThreadState(Call->getDirectCallee()).empty())
        for (const Held &H : P.Holds)
          if (H.Unchecked &&
              Result.Holds[H.Index].Kind == HoldKind::ThreadState)
            report(HoldProblem::Unchecked, H.Index, Call);
    for (const Expr *Arg : Call->arguments()) {
      if (P.Own && !facts::findThreadStateApi(calleeName(Call->getDirectCallee()))) {
        const std::string Text = canonicalText(Arg);
        llvm::erase_if(P.Holds, [&](const Held &H) {
          return Result.Holds[H.Index].Kind == HoldKind::OwnThread &&
                 Result.Holds[H.Index].Key == Text;
        });
      }
      // Whoever is given the handle can give it back.
      if (const auto *R = dyn_cast<DeclRefExpr>(Arg->IgnoreParenCasts()))
        if (auto It = C.HandlesOf.find(dyn_cast<VarDecl>(R->getDecl()));
            It != C.HandlesOf.end())
          for (unsigned Index : It->second)
            if (Held *H = find(P, Index);
                H && !H->Released && !Result.Holds[Index].Lock &&
                !Result.Holds[Index].Scoped) {
              if (Result.Holds[Index].Kind != HoldKind::InterpreterGuard &&
                  Result.Holds[Index].Kind != HoldKind::InterpreterView) {
                P.A = AttachState::Unknown;
                P.DetachedBy = nullptr;
              }
              drop(P, Index);
            }
      const auto *U = dyn_cast<UnaryOperator>(Arg->IgnoreParenCasts());
      if (!U || U->getOpcode() != UO_AddrOf)
        continue;
      const auto *R = dyn_cast<DeclRefExpr>(U->getSubExpr()->IgnoreParens());
      if (const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
          VD && !C.HandlesOf.count(VD))
        assigned(P, VD, std::nullopt);
    }
  }

  void construct(Path &P, const CXXConstructExpr *New) {
    // std::lock_guard<std::mutex> guard(m, std::adopt_lock);
    for (const Expr *Arg : New->arguments()) {
      if (P.Holds.empty())
        return;
      const std::string Text = canonicalText(Arg);
      llvm::erase_if(P.Holds, [&](const Held &H) {
        const Hold &Of = Result.Holds[H.Index];
        return Of.Lock && Of.Key == Text;
      });
    }
  }

  // --- Recording ---

  /// A C++ class that owns a reference: destroying it drops one.
  static const CXXRecordDecl *owner(QualType QT) {
    const CXXRecordDecl *RD = QT->getAsCXXRecordDecl();
    if (!RD || !RD->hasDefinition() || RD->hasTrivialDestructor())
      return nullptr;
    const CXXRecordDecl *Cur = RD;
    for (unsigned Depth = 0; Cur && Depth < 8; ++Depth) {
      if (facts::isObjectHolderType(Cur->getQualifiedNameAsString()))
        return RD;
      if (!Cur->hasDefinition() || Cur->getNumBases() == 0)
        return nullptr;
      Cur = Cur->bases_begin()->getType()->getAsCXXRecordDecl();
    }
    return nullptr;
  }

  void objectDies(const State &S, const VarDecl *VD, const Stmt *Trigger) {
    if (S.Collapsed || stateOf(S) != AttachState::Detached)
      return;
    if (const CXXRecordDecl *RD = owner(VD->getType());
        RD && Died.insert(VD).second)
      Result.Objects.push_back(
          {nullptr, VD, VD->getLocation(), RD->getNameAsString()});
  }
  DenseSet<const VarDecl *> Died;

  void objectMade(const State &S, const CXXConstructExpr *New) {
    const CXXConstructorDecl *Ctor = New->getConstructor();
    if (S.Collapsed || stateOf(S) != AttachState::Detached || New->isElidable())
      return;
    const FunctionDecl *Body = nullptr;
    const CXXRecordDecl *RD = owner(New->getType());
    if (RD && (Ctor->hasBody(Body) && model::isOfBinding(Ctor)
                   ? !C.All.bindingNeeds(Ctor).empty()
                   : !Ctor->isDefaultConstructor() && !Ctor->isMoveConstructor()))
      Result.Objects.push_back(
          {New, nullptr, New->getBeginLoc(), RD->getNameAsString()});
  }

  AttachState stateOf(const State &S) const {
    AttachState A = AttachState::Unknown;
    bool First = true;
    for (const Path &P : S.Paths) {
      if (First)
        A = P.A;
      else if (A != P.A)
        return AttachState::Unknown;
      First = false;
    }
    return A;
  }

  void point(const State &S, const Stmt *At) {
    Point New;
    New.State = stateOf(S);
    if (!S.Paths.empty()) {
      New.DetachedBy = S.Paths.front().DetachedBy;
      for (const Held &H : S.Paths.front().Holds)
        if (!H.Released && all_of(drop_begin(S.Paths), [&](const Path &P) {
              return any_of(P.Holds, [&](const Held &O) {
                return O.Index == H.Index && !O.Released;
              });
            }))
          New.Held.push_back(H.Index);
    }
    if (Result.Points.empty() || Result.Points.back().State != New.State ||
        Result.Points.back().Held != New.Held ||
        Result.Points.back().DetachedBy != New.DetachedBy)
      Result.Points.push_back(std::move(New));
    Result.PointOf.try_emplace(At, Result.Points.size() - 1);
  }

  void record(const State &S, const Stmt *St) {
    if (const auto *R = dyn_cast<ReturnStmt>(St)) {
      leaves(S, R);
    } else if (isa<CXXThrowExpr>(St)) {
      ThrowAt = St;
    } else if (const auto *Call = dyn_cast<CallExpr>(St)) {
      if (facts::findModelCall(calleeName(Call->getDirectCallee())) ==
          facts::ModelCall::LeavesFunction)
        leaves(S, Call);
      else if (Context.getLangOpts().CPlusPlus)
        throwsOut(S, Call);
    } else if (const auto *New = dyn_cast<CXXConstructExpr>(St)) {
      objectMade(S, New);
    }
  }

  /// The kinds whose hold is not for another function to give back.
  void leaves(const State &S, const Stmt *At) {
    const auto *Return = dyn_cast_or_null<ReturnStmt>(At);
    std::string Returned;
    if (Return && Return->getRetValue())
      Returned = canonicalText(Return->getRetValue());
    for (const Path &P : S.Paths)
      for (const Held &H : P.Holds) {
        const Hold &Of = Result.Holds[H.Index];
        if (H.Released || Of.Scoped)
          continue;
        const bool Handed =
            !Returned.empty() &&
            (Of.Key == Returned || Of.Key == "<returned>");
        if (Handed) {
          if (Of.Kind != HoldKind::OwnThread)
            Result.Returns = Of.Kind;
          continue;
        }
        if (Of.Escapes || Of.ValueUnused)
          continue;
        report(HoldProblem::LeftHeld, H.Index, At);
      }
  }

  // --- Exceptions of callees ---

  enum class Throws : uint8_t { Never, Perhaps, Surely };
  DenseMap<const FunctionDecl *, Throws> ThrowsOf;

  /// Perhaps: nothing shows that it does not.
  Throws throwing(const FunctionDecl *FD, unsigned Depth = 0) {
    if (!FD || FD->isExternC() || FD->getBuiltinID())
      return Throws::Never;
    if (const auto *Type = FD->getType()->getAs<FunctionProtoType>();
        Type && Type->isNothrow())
      return Throws::Never;
    if (!FD->getASTContext().getLangOpts().CPlusPlus || Depth > 3)
      return Throws::Perhaps;
    auto [It, New] = ThrowsOf.try_emplace(FD->getCanonicalDecl(),
                                          Throws::Perhaps);
    const FunctionDecl *Body = nullptr;
    if (!New || !C.Model.function(FD) || !FD->hasBody(Body))
      return It->second;
    Throws Result = Throws::Never;
    unsigned Budget = 400;
    SmallVector<const Stmt *, 32> Work{Body->getBody()};
    while (!Work.empty() && Budget && Result != Throws::Surely) {
      const Stmt *St = Work.pop_back_val();
      if (!St || isa<LambdaExpr>(St))
        continue;
      --Budget;
      if (const auto *Try = dyn_cast<CXXTryStmt>(St)) {
        // What its handlers do not throw again stays inside.
        for (unsigned I = 0; I < Try->getNumHandlers(); ++I)
          Work.push_back(Try->getHandler(I)->getHandlerBlock());
        continue;
      }
      if (isa<CXXThrowExpr>(St))
        Result = Throws::Surely;
      else if (const auto *Call = dyn_cast<CallExpr>(St))
        Result = std::max(Result, throwing(Call->getDirectCallee(), Depth + 1));
      Work.append(St->child_begin(), St->child_end());
    }
    if (!Budget)
      Result = std::max(Result, Throws::Perhaps);
    return ThrowsOf[FD->getCanonicalDecl()] = Result;
  }

  bool isBefore(const Stmt *A, const Stmt *B) const {
    const SourceManager &SM = Context.getSourceManager();
    return SM.isBeforeInTranslationUnit(SM.getExpansionLoc(A->getBeginLoc()),
                                        SM.getExpansionLoc(B->getBeginLoc()));
  }

  /// The statement whose handlers see what \p At throws, of those that begin
  /// after \p From, or before it.
  const CXXTryStmt *tryAround(const Stmt *At, const Stmt *From,
                              bool After) const {
    const Stmt *Child = At;
    for (const Stmt *P = Result.Parents->getParent(At); P;
         Child = P, P = Result.Parents->getParent(P))
      if (const auto *Try = dyn_cast<CXXTryStmt>(P);
          Try && Try->getTryBlock() == Child && isBefore(From, Try) == After)
        return Try;
    return nullptr;
  }

  /// Handlers, or what follows them, give it back.
  bool isReleasedBehind(const Hold &Of, const CXXTryStmt &Try) const {
    for (const auto &[At, Op] : C.Ops) {
      if (Op.K != OpKind::Release || Op.Kind != Of.Kind || Op.Key != Of.Key ||
          isBefore(At, &Try))
        continue;
      const Stmt *P = At;
      while (P && P != Try.getTryBlock())
        P = Result.Parents->getParent(P);
      if (!P)
        return true;
    }
    return false;
  }

  /// An exception of the callee leaves what is held: it surely throws, or there
  /// are handlers around it all.
  void throwsOut(const State &S, const CallExpr *Call) {
    if (S.Collapsed || all_of(S.Paths, [](const Path &P) {
          return P.Holds.empty();
        }))
      return;
    const Throws How = throwing(Call->getDirectCallee());
    if (How == Throws::Never)
      return;
    for (const Path &P : S.Paths)
      for (const Held &H : P.Holds) {
        const Hold &Of = Result.Holds[H.Index];
        if (H.Released || Of.Scoped || Of.Escapes || Of.ValueUnused ||
            Of.Elsewhere || Of.Where == Call ||
            tryAround(Call, Of.Where, /*After=*/true))
          continue;
        const CXXTryStmt *Caught =
            tryAround(Call, Of.Where, /*After=*/false);
        if (Caught ? isReleasedBehind(Of, *Caught) : How != Throws::Surely)
          continue;
        report(HoldProblem::LeftHeld, H.Index, Call);
      }
  }

  /// Handlers that leave the function with what was held before their block.
  void handlers(const Stmt *S) {
    if (!S || isa<LambdaExpr>(S))
      return;
    if (const auto *Try = dyn_cast<CXXTryStmt>(S))
      for (unsigned I = 0; I < Try->getNumHandlers(); ++I) {
        const Stmt *Block = Try->getHandler(I)->getHandlerBlock();
        const Stmt *First = nullptr;
        bool Releases = false;
        exits(Block, First, Releases);
        bool Changed = false;
        markChanged(Block, Changed);
        if (!First || Releases)
          continue;
        for (unsigned Index : Result.heldAt(First)) {
          const Hold &Of = Result.Holds[Index];
          if (!Of.Scoped && !Of.Escapes && !Of.ValueUnused && !Of.Elsewhere &&
              isBefore(Of.Where, Try))
            report(HoldProblem::LeftHeld, Index, First);
        }
      }
    for (const Stmt *Child : S->children())
      handlers(Child);
  }

  /// What follows an operation in a handler is not as the block began.
  void markChanged(const Stmt *S, bool &Changed) {
    if (!S || isa<LambdaExpr>(S))
      return;
    if (Changed) {
      Point New;
      New.State = AttachState::Unknown;
      if (Result.PointOf.try_emplace(S, Result.Points.size()).second)
        Result.Points.push_back(std::move(New));
    }
    for (const Stmt *Child : S->children())
      markChanged(Child, Changed);
    Changed |= C.Ops.count(S) != 0;
  }

  /// The first return or throw in a handler, and whether anything there gives
  /// something back.
  void exits(const Stmt *S, const Stmt *&First, bool &Releases) const {
    if (!S || isa<LambdaExpr, CXXTryStmt>(S))
      return;
    if (!First && isa<ReturnStmt, CXXThrowExpr>(S))
      First = S;
    Releases |= C.Ops.count(S) != 0;
    for (const Stmt *Child : S->children())
      exits(Child, First, Releases);
  }

  const Stmt *ThrowAt = nullptr;

  /// The scope of a handle that a jump leaves.
  bool leavesScope(const VarDecl *Handle, const Stmt *Jump);
  const Stmt *scopeOf(const VarDecl *VD) const {
    for (const Stmt *P = DeclOf.lookup(VD); P; P = Result.Parents->getParent(P))
      if (isa<CompoundStmt>(P))
        return P;
    return nullptr;
  }
  DenseMap<const VarDecl *, const Stmt *> DeclOf;

  void findDeclarations(const Stmt *S) {
    if (!S)
      return;
    if (const auto *D = dyn_cast<DeclStmt>(S))
      for (const Decl *Each : D->decls())
        if (const auto *VD = dyn_cast<VarDecl>(Each))
          DeclOf[VD] = S;
    if (!isa<LambdaExpr>(S))
      for (const Stmt *Child : S->children())
        findDeclarations(Child);
  }
};

static bool isWithin(const Stmt *S, const Stmt *Outer, const ParentMap &Parents) {
  for (; S; S = Parents.getParent(S))
    if (S == Outer)
      return true;
  return false;
}

bool FunctionAttachment::Analysis::leavesScope(const VarDecl *Handle,
                                               const Stmt *Jump) {
  const Stmt *Scope = scopeOf(Handle);
  if (!Scope || Scope == C.FD->getBody() ||
      !isWithin(Jump, Scope, *Result.Parents))
    return false;
  if (isa<CXXThrowExpr>(Jump)) {
    const Stmt *Child = Jump;
    for (const Stmt *P = Result.Parents->getParent(Jump); P && P != Scope;
         Child = P, P = Result.Parents->getParent(P))
      if (const auto *Try = dyn_cast<CXXTryStmt>(P);
          Try && Try->getTryBlock() == Child)
        return false;
    return true;
  }
  if (const auto *G = dyn_cast<GotoStmt>(Jump))
    return !isWithin(G->getLabel()->getStmt(), Scope, *Result.Parents);
  // The nearest loop or switch is what break and continue leave.
  for (const Stmt *P = Result.Parents->getParent(Jump); P && P != Scope;
       P = Result.Parents->getParent(P))
    if (isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(P) ||
        (isa<SwitchStmt>(P) && isa<BreakStmt>(Jump)))
      return false;
  return true;
}

void FunctionAttachment::Analysis::finish(const Solution<Analysis> &Solved) {
  Result.Parents = &C.Model.flows().body(C.FD)->parents();
  findDeclarations(C.FD->getBody());
  for (const auto &[VD, Index] : C.GuardOf)
    if (const auto *Block = dyn_cast_or_null<CompoundStmt>(scopeOf(VD));
        Block && !Block->body_empty())
      Result.LastOfScope[VD] = Block->body_back();
  Recording = true;
  const CFGBlock *ExitBlock = &Flow.graph().getExit();
  std::optional<AttachState> Exit;
  for (const CFGBlock *B : Flow.order()) {
    const State *In = Solved.before(B);
    if (!In)
      continue;
    State S = *In;
    ThrowAt = nullptr;
    bool Returned = false;
    for (const CFGElement &E : *B) {
      if (auto CS = E.getAs<CFGStmt>()) {
        point(S, CS->getStmt());
        Returned |= isa<ReturnStmt>(CS->getStmt());
      } else if (auto D = E.getAs<CFGAutomaticObjDtor>()) {
        objectDies(S, D->getVarDecl(), D->getTriggerStmt());
      }
      transfer(S, E);
    }
    if (S.Collapsed)
      continue;
    const Stmt *Jump = ThrowAt ? ThrowAt : B->getTerminatorStmt();
    if (Jump && isa<GotoStmt, BreakStmt, ContinueStmt, CXXThrowExpr>(Jump))
      for (const Path &P : S.Paths)
        for (const Held &H : P.Holds) {
          const Hold &Of = Result.Holds[H.Index];
          if (!H.Released && !Of.Scoped && !Of.Escapes && Of.Handle &&
              (!Of.Lock || facts::isCriticalSection(Of.Lock->Kind)) &&
              leavesScope(Of.Handle, Jump))
            report(HoldProblem::LeftHeld, H.Index, Jump);
        }
    // Nothing catches what the try block throws.
    if (B->hasNoReturnElement() ||
        isa_and_nonnull<CXXTryStmt>(B->getTerminatorStmt()))
      continue;
    unsigned Number = 0;
    for (auto It = B->succ_begin(); It != B->succ_end(); ++It, ++Number) {
      if (It->getReachableBlock() != ExitBlock)
        continue;
      State Edge = S;
      if (B->succ_size() > 1 && !refine(Edge, *B, Number))
        continue;
      if (ThrowAt) {
        leaves(Edge, ThrowAt);
        continue;
      }
      if (!Returned)
        leaves(Edge, nullptr);
      const AttachState A = stateOf(Edge);
      Exit = !Exit || *Exit == A ? A : AttachState::Unknown;
    }
  }
  if (Context.getLangOpts().CPlusPlus && !Result.Holds.empty())
    handlers(C.FD->getBody());
  // begin() and end() keep the handle between them.
  llvm::erase_if(Result.Findings, [&](const HoldFinding &F) {
    const Hold &H = Result.Holds[F.Hold];
    return H.Elsewhere && !H.Released;
  });
  // The jump out of the block is the mistake, not what follows it.
  DenseSet<unsigned> Jumped;
  for (const HoldFinding &F : Result.Findings)
    if (F.Problem == HoldProblem::LeftHeld && F.Where &&
        isa<GotoStmt, BreakStmt, ContinueStmt, CXXThrowExpr>(F.Where))
      Jumped.insert(F.Hold);
  llvm::erase_if(Result.Findings, [&](const HoldFinding &F) {
    if (!Jumped.count(F.Hold) || F.Problem == HoldProblem::ReleasedTwice ||
        (F.Where &&
         isa<GotoStmt, BreakStmt, ContinueStmt, CXXThrowExpr>(F.Where)))
      return false;
    const Stmt *Scope = scopeOf(Result.Holds[F.Hold].Handle);
    return Scope && (!F.Where || !isWithin(F.Where, Scope, *Result.Parents) ||
                     F.Problem == HoldProblem::Lost ||
                     F.Problem == HoldProblem::TakenTwice);
  });
  Result.Exit = Exit.value_or(AttachState::AsEntered);
}

//===----------------------------------------------------------------------===//
// Questions about one function
//===----------------------------------------------------------------------===//

const FunctionAttachment::Point *FunctionAttachment::point(const Stmt *S) const {
  while (S) {
    auto It = PointOf.find(S);
    if (It != PointOf.end())
      return &Points[It->second];
    const Stmt *Parent = Parents ? Parents->getParent(S) : nullptr;
    // Handlers are not connected to what throws: they begin as their block did.
    if (const auto *Catch = dyn_cast_or_null<CXXCatchStmt>(Parent)) {
      const auto *Try = dyn_cast_or_null<CXXTryStmt>(Parents->getParent(Catch));
      if (!Try || Try->getTryBlock()->body_empty())
        return nullptr;
      const Stmt *First = *Try->getTryBlock()->body_begin();
      // The first evaluated part.
      for (unsigned Depth = 0; First && Depth < 16; ++Depth) {
        auto At = PointOf.find(First);
        if (At != PointOf.end())
          return &Points[At->second];
        First = First->child_begin() == First->child_end()
                    ? nullptr
                    : *First->child_begin();
      }
      return nullptr;
    }
    if (isa_and_nonnull<CompoundStmt>(Parent))
      S = isa<CXXCatchStmt>(S) ? nullptr
          : Parents->getParent(Parent) &&
                  isa<CXXCatchStmt>(Parents->getParent(Parent))
              ? Parent
              : nullptr;
    else
      S = Parent;
  }
  return nullptr;
}

const Stmt *FunctionAttachment::lastOfScope(const VarDecl *VD) const {
  return LastOfScope.lookup(VD);
}

AttachState FunctionAttachment::at(const Stmt *S) const {
  const Point *P = point(S);
  return P ? P->State : AttachState::Unknown;
}

SmallVector<unsigned, 2> FunctionAttachment::heldAt(const Stmt *S) const {
  const Point *P = point(S);
  return P ? P->Held : SmallVector<unsigned, 2>();
}

const Expr *FunctionAttachment::detachedBy(const Stmt *S) const {
  const Point *P = point(S);
  return P ? P->DetachedBy : nullptr;
}

//===----------------------------------------------------------------------===//
// Questions about the file
//===----------------------------------------------------------------------===//

Attachments::Attachments(const model::ExtensionModel &Model) : Model(Model) {
  // A function that only calls such functions is as interesting as they are.
  SmallVector<const model::Function *, 16> Work;
  for (const auto &F : Model.functions())
    if (isInteresting(*F)) {
      Interesting.insert(F->Decl->getCanonicalDecl());
      Work.push_back(F.get());
    }
  while (!Work.empty()) {
    const model::Function *F = Work.pop_back_val();
    for (const model::CallSite &Site : F->Callers)
      if (const model::Function *Caller = Model.function(Site.Caller);
          Caller && !Caller->Generated &&
          Interesting.insert(Caller->Decl->getCanonicalDecl()).second)
        Work.push_back(Caller);
  }
}

Attachments::~Attachments() = default;

const LockRegions &Attachments::lockRegions() {
  if (!Regions)
    Regions = std::make_unique<LockRegions>(*this);
  return *Regions;
}

bool Attachments::isInteresting(const model::Function &F) {
  if (F.Generated || !F.NotAnalysed.empty())
    return false;
  if (!F.ThreadStates.empty() || F.Locks)
    return true;
  for (const model::CallSite &Site : F.Calls) {
    if (!Site.Callee)
      continue;
    if (const auto *Ctor = dyn_cast<CXXConstructorDecl>(Site.Callee))
      if (guardClass(Ctor->getParent()))
        return true;
    if (std::optional<facts::ModelCall> Role =
            facts::findModelCall(calleeName(Site.Callee));
        Role && *Role == facts::ModelCall::StopsWorld)
      return true;
  }
  return false;
}

/// What the thread-state calls in a body do, branches aside.
static void scanThreadStates(const Stmt *S, unsigned &Budget, bool Conditional,
                             SmallVectorImpl<std::pair<const facts::ThreadStateApi *, bool>> &Out) {
  if (!S || !Budget || isa<LambdaExpr>(S))
    return;
  --Budget;
  if (const auto *Call = dyn_cast<CallExpr>(S))
    if (const facts::ThreadStateApi *Api =
            facts::findThreadStateApi(calleeName(Call->getDirectCallee())))
      Out.push_back({Api, Conditional});
  const bool Inner = Conditional || isa<IfStmt, ConditionalOperator>(S);
  for (const Stmt *Child : S->children())
    scanThreadStates(Child, Budget, Inner, Out);
}

std::optional<HoldKind> Attachments::guardClass(const CXXRecordDecl *RD,
                                                unsigned Depth) {
  if (!RD || Depth > 3)
    return std::nullopt;
  auto [It, New] = Guards.try_emplace(RD->getCanonicalDecl(), std::nullopt);
  if (!New)
    return It->second;
  std::optional<HoldKind> Result;
  RD = RD->hasDefinition() ? RD->getDefinition() : nullptr;
  if (!RD || RD->isLambda() || RD->isDependentContext())
    return std::nullopt;
  if (const facts::ThreadStateApi *Api =
          RD->isInStdNamespace()
              ? nullptr
              : facts::findThreadStateApi(RD->getQualifiedNameAsString())) {
    if (Api->Kind == facts::SpellingKind::Guard)
      Result = Api->Op == ThreadStateOp::Detach ? HoldKind::SavedThread
                                                : HoldKind::GILState;
  } else if (!RD->isInStdNamespace() && RD->hasUserDeclaredDestructor() &&
             Model.preprocessing().isFirstParty(RD->getLocation())) {
    const CXXDestructorDecl *Dtor = RD->getDestructor();
    const FunctionDecl *Body = nullptr;
    SmallVector<std::pair<const facts::ThreadStateApi *, bool>, 4> Out, In;
    unsigned Budget = 300;
    if (Dtor && Dtor->hasBody(Body))
      scanThreadStates(Body->getBody(), Budget, false, Out);
    for (const CXXConstructorDecl *Ctor : RD->ctors()) {
      if (!Ctor->hasBody(Body))
        continue;
      if (const auto *Defined = dyn_cast<CXXConstructorDecl>(Body))
        for (const CXXCtorInitializer *Init : Defined->inits())
          scanThreadStates(Init->getInit(), Budget, false, In);
      scanThreadStates(Body->getBody(), Budget, false, In);
    }
    for (const FieldDecl *F : RD->fields())
      if (F->hasInClassInitializer())
        scanThreadStates(F->getInClassInitializer(), Budget, false, In);
    const bool Clear = In.size() == 1 && !In[0].second;
    for (const auto &[Api, Conditional] : Out) {
      if (!Clear)
        break;
      if (Api->Op == ThreadStateOp::Attach &&
          Api->Family == ThreadStateFamily::Eval &&
          In[0].first->Op == ThreadStateOp::Detach)
        Result = HoldKind::SavedThread;
      else if (Api->Op == ThreadStateOp::Release &&
               In[0].first->Op == ThreadStateOp::Attach)
        Result = HoldKind::GILState;
    }
  }
  if (!Result && !RD->isInStdNamespace())
    for (const FieldDecl *F : RD->fields())
      if (const CXXRecordDecl *Inner = F->getType()->getAsCXXRecordDecl())
        if (!Inner->isInStdNamespace() &&
            (Result = guardClass(Inner, Depth + 1)))
          break;
  Guards[RD->getCanonicalDecl()] = Result;
  return Result;
}

const FunctionAttachment *Attachments::of(const FunctionDecl *FD) {
  if (!FD)
    return nullptr;
  const FunctionDecl *Key = FD->getCanonicalDecl();
  auto It = Functions.find(Key);
  if (It != Functions.end())
    return It->second.get();
  const model::Function *F = Model.function(FD);
  if (!F || !Interesting.count(Key) || !Running.insert(Key).second)
    return nullptr;
  std::unique_ptr<FunctionAttachment> Result;
  std::string Failed;
  if (std::shared_ptr<const FunctionFlow> Flow =
          Model.flows().get(F->Decl, Failed)) {
    Result = std::make_unique<FunctionAttachment>();
    FunctionAttachment::Collector C(*this, *Result, F->Decl);
    C.run();
    FunctionAttachment::Analysis A(C, *Flow);
    if (auto Solved = solveForward(Flow, A, Failed, 400)) {
      A.finish(*Solved);
      // Which parameter the function gives back for its caller.
      for (const auto &[At, Op] : C.Ops)
        if (Op.K == OpKind::Release && Op.Var)
          if (const auto *Param = dyn_cast<ParmVarDecl>(Op.Var);
              Param && Param->getDeclContext() == F->Decl)
            Result->ReleasesParameter = Param->getFunctionScopeIndex();
    } else {
      Result.reset();
    }
  }
  Running.erase(Key);
  return (Functions[Key] = std::move(Result)).get();
}

bool Attachments::runsPython(const FunctionDecl *FD) {
  lockRegions();
  return Regions->runsPython(FD).has_value();
}

StringRef Attachments::needsThreadState(const FunctionDecl *Callee) {
  const StringRef Name = calleeName(Callee);
  if (Name.empty() || !facts::isApiName(Name) ||
      Model.preprocessing().isFirstParty(Callee->getLocation()))
    return {};
  if (facts::isReferenceCountOp(Name))
    return Name;
  if (facts::mayCallDetached(Name) || facts::findModelCall(Name) ==
                                          facts::ModelCall::StartsThread)
    return {};
  const facts::CallEffect *Effect = facts::findEffect(Name);
  const facts::ApiVersion *Version = facts::findApi(Name);
  if (!Effect && !Version)
    return {};
  if (Effect && Effect->Class == facts::EffectClass::NoReturn)
    return {};
  if (const facts::ThreadStateApi *Api = facts::findThreadStateApi(Name))
    if (Api->Op != ThreadStateOp::Query)
      return {};
  // Macros and inline functions that only read what the caller keeps alive.
  if (Effect && Effect->Class == facts::EffectClass::Pure &&
      (Callee->isInlineSpecified() ||
       (Version && Version->Kind != facts::SpellingKind::Function)))
    return {};
  return Name;
}

std::string bindingName(const FunctionDecl *FD) {
  std::string Name;
  for (const DeclContext *DC = FD->getDeclContext(); DC; DC = DC->getParent())
    if (const auto *D = dyn_cast<NamedDecl>(DC);
        D && !(isa<NamespaceDecl>(D) && isa<NamespaceDecl>(DC->getParent())))
      Name = D->getNameAsString() + "::" + Name;
  return Name + FD->getNameAsString();
}

/// An expression of assert(), which is not part of what a function does.
static bool isAssertion(const Stmt *S, const model::ExtensionModel &Model) {
  return isa<ConditionalOperator>(S) &&
         model::isInAssert(S->getBeginLoc(), Model);
}

StringRef Attachments::bindingNeeds(const FunctionDecl *Callee) {
  if (!Callee || !model::isOfBinding(Callee))
    return {};
  auto [It, New] = BindingNeeds.try_emplace(Callee->getCanonicalDecl());
  if (!New)
    return It->second;
  // The value that moves is one that nobody else has.
  if (const auto *Method = dyn_cast<CXXMethodDecl>(Callee);
      Method && Method->isMoveAssignmentOperator())
    return {};
  std::string Result;
  SmallVector<const FunctionDecl *, 16> Work{Callee};
  SmallPtrSet<const FunctionDecl *, 16> Seen;
  unsigned Budget = 4000;
  for (size_t I = 0; I < Work.size() && Budget && Result.empty(); ++I) {
    const FunctionDecl *Body = nullptr;
    if (!Work[I]->hasBody(Body)) {
      // The library's other half; what handles no object needs no thread state.
      const bool Object =
          model::ExtensionModel::isObjectPointer(Work[I]->getReturnType()) ||
          any_of(Work[I]->parameters(), [](const ParmVarDecl *P) {
            return model::ExtensionModel::isObjectPointer(P->getType());
          });
      if (Object && Work[I]->getIdentifier() && !Work[I]->isNoReturn() &&
          !facts::mayCallDetached(Work[I]->getQualifiedNameAsString()))
        Result = bindingName(Work[I]);
      continue;
    }
    if (Body->isDependentContext())
      continue;
    SmallVector<StringRef, 1> Found;
    SmallVector<const FunctionDecl *, 8> Next;
    bool AttachesItself = false;
    auto Use = [&](const FunctionDecl *FD) {
      if (!FD)
        return;
      if (StringRef Name = needsThreadState(FD); !Name.empty())
        Found.push_back(Name);
      else if (model::isOfBinding(FD) && !FD->isNoReturn() &&
               Seen.insert(FD->getCanonicalDecl()).second)
        Next.push_back(FD);
    };
    SmallVector<const Stmt *, 32> Stmts{Body->getBody()};
    if (const auto *Ctor = dyn_cast<CXXConstructorDecl>(Body)) {
      if (guardClass(Ctor->getParent()))
        continue;
      for (const CXXCtorInitializer *Init : Ctor->inits())
        Stmts.push_back(Init->getInit());
    }
    while (!Stmts.empty() && Budget && !AttachesItself) {
      const Stmt *S = Stmts.pop_back_val();
      if (!S || isa<LambdaExpr, CXXThrowExpr, CXXCatchStmt,
                    UnaryExprOrTypeTraitExpr>(S) ||
          isAssertion(S, Model))
        continue;
      --Budget;
      if (const auto *D = dyn_cast<DeclStmt>(S)) {
        for (const Decl *Each : D->decls())
          if (const auto *VD = dyn_cast<VarDecl>(Each))
            if (const CXXRecordDecl *RD = VD->getType()->getAsCXXRecordDecl())
              AttachesItself |= guardClass(RD) == HoldKind::GILState;
      } else if (const auto *Call = dyn_cast<CallExpr>(S)) {
        const FunctionDecl *FD = Call->getDirectCallee();
        Use(FD);
        // A table of function pointers: NumPy's.
        const auto *Member =
            FD ? nullptr
               : dyn_cast<MemberExpr>(Call->getCallee()->IgnoreParenImpCasts());
        if (Member && isa<FieldDecl>(Member->getMemberDecl()) &&
            Member->getMemberDecl()->getIdentifier() &&
            facts::isApiName(Member->getMemberDecl()->getName()))
          Found.push_back(Member->getMemberDecl()->getName());
      } else if (const auto *C = dyn_cast<CXXConstructExpr>(S)) {
        Use(C->getConstructor());
      }
      Stmts.append(S->child_begin(), S->child_end());
    }
    if (AttachesItself)
      continue;
    if (!Found.empty())
      Result = Found.front().str();
    Work.append(Next.begin(), Next.end());
  }
  // The map may have grown.
  return BindingNeeds[Callee->getCanonicalDecl()] =
             Names.insert(Result).first->getKey();
}

AttachState Attachments::stateAt(const FunctionDecl *FD, const Stmt *S) {
  const FunctionAttachment *F = of(FD);
  AttachState A = F ? F->at(S) : AttachState::AsEntered;
  if (A != AttachState::AsEntered)
    return A;
  const EntryState &E = entryOf(FD);
  // A function that uses the C API as it was entered takes the thread to be
  // attached.
  if (!E.Detached && !E.Attached && usesApiAsEntered(FD))
    return AttachState::Attached;
  if (E.Open || E.Attached == E.Detached)
    return E.Attached && !E.Detached ? AttachState::Attached
                                     : AttachState::Unknown;
  return E.Attached ? AttachState::Attached : AttachState::Detached;
}

std::optional<Attachments::ApiUse>
Attachments::usesApiAsEntered(const FunctionDecl *FD, unsigned Depth) {
  const model::Function *F = Model.function(FD);
  if (!F || F->Generated || Depth > 4)
    return std::nullopt;
  const FunctionDecl *Key = FD->getCanonicalDecl();
  auto [It, New] = ApiUses.try_emplace(Key, std::nullopt);
  if (!New)
    return It->second;
  const FunctionAttachment *A = of(FD);
  std::optional<ApiUse> Result;
  for (const model::CallSite &Site : F->Calls) {
    if (!Site.Call || !Site.Callee ||
        (A && A->at(Site.Call) != AttachState::AsEntered))
      continue;
    const StringRef Name = needsThreadState(Site.Callee);
    if (!Name.empty()) {
      Result = ApiUse{Site.Call, Name, F->Decl};
      break;
    }
    if (const StringRef Inner = bindingNeeds(Site.Callee); !Inner.empty()) {
      Result = ApiUse{Site.Call, Inner, F->Decl};
      break;
    }
    if (Model.function(Site.Callee))
      if ((Result = usesApiAsEntered(Site.Callee, Depth + 1)))
        break;
  }
  ApiUses[Key] = Result;
  return Result;
}

const EntryState &Attachments::entryOf(const FunctionDecl *FD) {
  if (!Concluded) {
    Concluded = true;
    concludeEntries();
  }
  return Entries[FD->getCanonicalDecl()];
}

/// The pointee of an argument that stands for a library's object.
static const RecordDecl *libraryHandle(const Expr *Arg) {
  QualType QT = Arg->IgnoreParenImpCasts()->getType();
  if (!QT->isPointerType() || model::ExtensionModel::isObjectPointer(QT))
    return nullptr;
  const RecordDecl *RD = QT->getPointeeType()->getAsRecordDecl();
  return RD ? cast<RecordDecl>(RD->getCanonicalDecl()) : nullptr;
}

void Attachments::concludeEntries() {
  using model::EntryKind;
  std::vector<const model::Function *> Work;
  // Library objects that are used while the thread is detached.
  DenseMap<const RecordDecl *, const Expr *> DetachedHandles;
  std::vector<const model::Function *> Callbacks;

  for (const auto &F : Model.functions()) {
    EntryState &E = Entries[F->Decl->getCanonicalDecl()];
    for (const model::EntryPoint &Entry : F->Entries)
      switch (Entry.Kind) {
      case EntryKind::Thread:
        E.Detached = true;
        E.Why = EntryState::Thread;
        E.Where = F->HandedOver;
        break;
      case EntryKind::Callback:
        E.Open = true;
        Callbacks.push_back(F.get());
        break;
      case EntryKind::Exported:
        E.Open = true;
        break;
      default:
        E.Attached = true;
      }
    if (F->AddressTaken)
      E.Open = true;
    // static int step(conn *c, PyThreadState **save)
    for (const ParmVarDecl *P : F->Decl->parameters()) {
      QualType QT = P->getType();
      if (!QT->isPointerType() || !QT->getPointeeType()->isPointerType() ||
          !facts::isThreadStateType(model::elementTypeName(QT), false))
        continue;
      const FunctionAttachment *A = of(F->Decl);
      // It saves the state itself.
      if (A && any_of(A->holds(), [&](const Hold &H) {
            return H.Kind == HoldKind::SavedThread &&
                   A->at(H.Where) == AttachState::AsEntered;
          }))
        continue;
      E = {};
      E.Detached = true;
      E.Why = EntryState::Parameter;
      E.Param = P;
    }
    const FunctionAttachment *A = of(F->Decl);
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Call)
        continue;
      // m.def("f", &f, py::call_guard<py::gil_scoped_release>())
      for (const Expr *Arg : Site.Call->arguments()) {
        const auto *Spec = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
            Arg->getType()->getAsCXXRecordDecl());
        if (!Spec || !facts::isCallGuardType(Spec->getQualifiedNameAsString()))
          continue;
        const bool Detaches = any_of(
            Spec->getTemplateArgs().asArray(), [&](const TemplateArgument &T) {
              auto Is = [&](const TemplateArgument &X) {
                return X.getKind() == TemplateArgument::Type &&
                       guardClass(X.getAsType()->getAsCXXRecordDecl()) ==
                           HoldKind::SavedThread;
              };
              return T.getKind() == TemplateArgument::Pack
                         ? any_of(T.pack_elements(), Is)
                         : Is(T);
            });
        if (!Detaches)
          continue;
        for (const Expr *Bound : Site.Call->arguments()) {
          const Expr *B = Bound->IgnoreParenImpCasts();
          if (const auto *T = dyn_cast<MaterializeTemporaryExpr>(B))
            B = T->getSubExpr()->IgnoreParenImpCasts();
          const FunctionDecl *Target = model::functionOf(B);
          if (const auto *L = dyn_cast<LambdaExpr>(B))
            Target = L->getCallOperator();
          if (!Target || !Model.function(Target))
            continue;
          EntryState &Of = Entries[Target->getCanonicalDecl()];
          Of = {};
          Of.Detached = true;
          Of.Why = EntryState::CallGuard;
          Of.Where = Arg;
        }
      }
      if (A && Site.Callee && !Model.function(Site.Callee) &&
          A->at(Site.Call) == AttachState::Detached)
        for (const Expr *Arg : Site.Call->arguments())
          if (const RecordDecl *RD = libraryHandle(Arg))
            DetachedHandles.try_emplace(RD, Site.Call);
    }
  }

  for (const model::Function *F : Callbacks) {
    if (DetachedHandles.empty() || !F->ThreadStates.empty() || !F->HandedOver)
      continue;
    for (const auto &By : Model.functions())
      for (const model::CallSite &Site : By->Calls) {
        if (!Site.Call || none_of(Site.Call->arguments(), [&](const Expr *Arg) {
              return model::functionOf(Arg) &&
                     model::functionOf(Arg)->getCanonicalDecl() ==
                         F->Decl->getCanonicalDecl();
            }))
          continue;
        for (const Expr *Arg : Site.Call->arguments()) {
          const RecordDecl *RD = libraryHandle(Arg);
          auto It = RD ? DetachedHandles.find(RD) : DetachedHandles.end();
          EntryState &E = Entries[F->Decl->getCanonicalDecl()];
          if (It == DetachedHandles.end() || E.Detached)
            continue;
          E.Detached = true;
          E.Open = false;
          E.Why = EntryState::Callback;
          E.Where = Site.Call;
          E.Other = It->second;
        }
      }
  }

  // Callers decide for the rest.
  for (const auto &F : Model.functions())
    Work.push_back(F.get());
  for (size_t I = 0; I < Work.size() && I < 20 * Model.functions().size(); ++I) {
    const model::Function *F = Work[I];
    const EntryState E = Entries[F->Decl->getCanonicalDecl()];
    const FunctionAttachment *A = of(F->Decl);
    for (const model::CallSite &Site : F->Calls) {
      const model::Function *Callee = Model.function(Site.Callee);
      if (!Callee || Callee->Decl == F->Decl)
        continue;
      EntryState &Of = Entries[Callee->Decl->getCanonicalDecl()];
      if (Of.Why == EntryState::Parameter || Of.Why == EntryState::CallGuard)
        continue;
      const EntryState Before = Of;
      const AttachState S = !Site.Where ? AttachState::Unknown
                            : A         ? A->at(Site.Where)
                                        : AttachState::AsEntered;
      switch (S) {
      case AttachState::AsEntered:
        Of.Attached |= E.Attached;
        Of.Open |= E.Open;
        if (E.Detached && !Of.Detached) {
          Of.Detached = true;
          Of.Why = EntryState::Call;
          Of.Where = Site.Where;
        }
        break;
      case AttachState::Attached:
        Of.Attached = true;
        break;
      case AttachState::Detached:
        if (!Of.Detached) {
          Of.Detached = true;
          Of.Why = EntryState::Call;
          Of.Where = Site.Where;
        }
        break;
      case AttachState::Unknown:
        Of.Open = true;
        break;
      }
      if (Of.Attached != Before.Attached || Of.Detached != Before.Detached ||
          Of.Open != Before.Open)
        Work.push_back(Callee);
    }
  }
}

} // namespace pyext::flow
