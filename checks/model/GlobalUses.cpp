//===- GlobalUses.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/GlobalUses.h"
#include "facts/ModelCalls.h"
#include "facts/ProcessState.h"
#include "model/Initializers.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

/// Calls and aliases followed one after another.
static constexpr unsigned MaxDepth = 6;
/// Uses kept per summary of a function's parameter.
static constexpr size_t MaxSummary = 24;

UseFollower::UseFollower(const ExtensionModel &Model) : Model(Model) {}
UseFollower::~UseFollower() = default;

const ParentMap *UseFollower::parents(const FunctionDecl *FD) {
  const flow::FunctionBody *Body = Model.flows().body(FD);
  return Body ? &Body->parents() : nullptr;
}

ArrayRef<const DeclRefExpr *> UseFollower::references(const FunctionDecl *FD,
                                                      const VarDecl *VD) {
  const flow::FunctionBody *Body = Model.flows().body(FD);
  return Body ? Body->references(VD) : ArrayRef<const DeclRefExpr *>();
}

/// Where the follower stands: at an expression that is a place within the
/// target, or a pointer to one.
struct UseFollower::Position {
  const Expr *E;
  const FunctionDecl *Function;
  bool Pointer = false; ///< E points there; else E is the place.
  bool Pointee = false;
  bool Indexed = false; ///< Path ends at an array element.
  SmallVector<const FieldDecl *, 2> Path;
  /// What Function calls the target; null for a static variable's own name.
  const ValueDecl *Alias = nullptr;
  bool ByThis = false; ///< The target is the object of the method.

  Position(const Expr *E, const FunctionDecl *Function)
      : E(E), Function(Function) {}
};

static bool isAtomic(QualType QT) {
  if (QT.isNull())
    return false;
  QT = QT.getNonReferenceType();
  return QT->isAtomicType() ||
         facts::isSynchronizationType(elementTypeName(QT)) ||
         facts::isSynchronizationType(elementTypeName(QT.getCanonicalType()));
}

/// True for a const method, and for one that does the same on an object that is
/// not const: begin(), find(), at().
static bool onlyReads(const CXXMethodDecl *Method) {
  if (Method->isConst() || Method->isStatic())
    return true;
  for (const NamedDecl *D : Method->getParent()->lookup(Method->getDeclName()))
    if (const auto *Other = dyn_cast<CXXMethodDecl>(D);
        Other && Other->isConst() &&
        Other->getNumParams() == Method->getNumParams())
      return true;
  return false;
}

struct UseFollower::Walk {
  UseFollower &Owner;
  const ExtensionModel &Model;
  std::vector<GlobalUse> &Out;
  const Access *By;
  const VarDecl *Variable; ///< The target; null in a summary.
  /// Pointers to the target's pointee are followed through local variables.
  bool StablePointer = false;
  unsigned Depth = 0;
  SmallVector<const VarDecl *, 4> Aliases; ///< Being followed.

  Walk(UseFollower &Owner, std::vector<GlobalUse> &Out,
       const Access *By = nullptr, const VarDecl *Variable = nullptr)
      : Owner(Owner), Model(Owner.Model), Out(Out), By(By),
        Variable(Variable) {}

  void follow(Position P);
  void emit(const Position &P, UseKind Kind, const Expr *Where,
            bool Resets = false, const FunctionDecl *Callee = nullptr,
            unsigned Arg = 0);
  void call(const Position &P, const Expr *Call, const FunctionDecl *Callee,
            unsigned Arg);
  void alias(Position P, const VarDecl *VD, bool Pointer);
  void accessor(const Position &P);
  SmallVector<std::string, 1> locksAt(const Position &P,
                                      const Stmt *Where) const;
};

/// "a->b" and "a.b" are one name.
static std::string normalised(StringRef Key) {
  std::string Text;
  for (size_t I = 0; I < Key.size(); ++I)
    if (Key.substr(I).starts_with("->")) {
      Text += '.';
      ++I;
    } else {
      Text += Key[I];
    }
  return Text;
}

SmallVector<std::string, 1>
UseFollower::Walk::locksAt(const Position &P, const Stmt *Where) const {
  SmallVector<std::string, 1> Result;
  Access There{};
  There.Function = P.Function;
  There.Locks = Model.locksAt(P.Function, Where);
  for (const flow::Lock &L : globalLocksAt(Model, There)) {
    if (L.isByConvention()) {
      Result.push_back("*");
      continue;
    }
    std::string Key = normalised(L.Key);
    if (P.ByThis && !L.Root) {
      StringRef Rest = Key;
      Rest.consume_front("this.");
      Key = "@." + Rest.str();
    }
    for (const ValueDecl *Self : {P.Alias, cast_or_null<ValueDecl>(Variable)}) {
      if (!Self || !L.Root ||
          L.Root->getCanonicalDecl() != Self->getCanonicalDecl())
        continue;
      StringRef Rest = Key;
      if (Rest.consume_front(Self->getName()) &&
          (Rest.empty() || Rest.starts_with("."))) {
        Key = "@" + Rest.str();
        break;
      }
    }
    Result.push_back(flow::lockName(L, std::move(Key)));
  }
  return Result;
}

void UseFollower::Walk::emit(const Position &P, UseKind Kind, const Expr *Where,
                             bool Resets, const FunctionDecl *Callee,
                             unsigned Arg) {
  GlobalUse U;
  U.By = By;
  U.Where = Where;
  U.Function = P.Function;
  U.Kind = Kind;
  U.Pointee = P.Pointee;
  U.Resets = Resets;
  U.Path = P.Path;
  U.Locks = locksAt(P, Where);
  U.ObjectLocked = !By && !Model.locksAt(P.Function, Where).empty();
  U.Callee = Callee;
  U.Arg = Arg;
  Out.push_back(std::move(U));
}

/// The target, or a pointer to it, is argument \p Arg of \p Callee.
void UseFollower::Walk::call(const Position &P, const Expr *Call,
                             const FunctionDecl *Callee, unsigned Arg) {
  if (!Callee) {
    emit(P, UseKind::Passed, P.E);
    return;
  }
  // As CPython calls it: int *atomic_flag_works.
  if (Arg < Callee->getNumParams() && Callee->getParamDecl(Arg)->getIdentifier() &&
      Callee->getParamDecl(Arg)->getName().contains("atomic")) {
    emit(P, UseKind::Atomic, P.E);
    return;
  }
  const std::vector<GlobalUse> *Does = Owner.summary(Callee, Arg);
  if (!Does) {
    // The library's own readers of an object that is not const.
    emit(P, UseKind::Passed, P.E, false, Callee, Arg);
    return;
  }
  const SmallVector<std::string, 1> Held = locksAt(P, P.E);
  std::string Prefix = "@";
  for (const FieldDecl *Field : P.Path)
    Prefix += "." + Field->getNameAsString();
  for (const GlobalUse &Inner : *Does) {
    if (Inner.Pointee || Inner.Kind == UseKind::Returned)
      continue;
    GlobalUse U = Inner;
    U.By = By;
    U.Where = P.E;
    U.Function = P.Function;
    U.Pointee = P.Pointee;
    U.Path = P.Path;
    if (!P.Indexed)
      U.Path.append(Inner.Path.begin(), Inner.Path.end());
    for (std::string &Lock : U.Locks)
      if (StringRef(Lock).starts_with("@"))
        Lock = Prefix + Lock.substr(1);
    U.Locks.append(Held.begin(), Held.end());
    U.Callee = Inner.Callee ? Inner.Callee : Callee;
    Out.push_back(std::move(U));
  }
  // An accessor: what its result is used for.
  if (any_of(*Does, [](const GlobalUse &U) {
        return U.Kind == UseKind::Returned;
      }) &&
      Depth < MaxDepth) {
    QualType Result = Callee->getReturnType();
    if (Result->isPointerType() || Result->isReferenceType()) {
      Position Next = P;
      Next.E = Call;
      Next.Pointer = Result->isPointerType();
      Next.Indexed = true; // Any part of it.
      ++Depth;
      follow(Next);
      --Depth;
    }
  }
}

/// A local pointer or reference to the target.
void UseFollower::Walk::alias(Position P, const VarDecl *VD, bool Pointer) {
  if (VD->hasGlobalStorage() || isa<ParmVarDecl>(VD) || Depth >= MaxDepth) {
    emit(P, UseKind::Kept, P.E);
    return;
  }
  // A pointer taken out of a variable that is replaced meanwhile may be the
  // thread's own by now.
  if (P.Pointee && !StablePointer) {
    emit(P, UseKind::Kept, P.E);
    return;
  }
  if (is_contained(Aliases, VD))
    return;
  Aliases.push_back(VD);
  P.Alias = VD;
  for (const DeclRefExpr *R : Owner.references(P.Function, VD)) {
    Position Next = P;
    Next.E = R;
    if (Pointer) {
      // The pointer's own value is read to get there.
      const ParentMap *Parents = Owner.parents(P.Function);
      const auto *Load = dyn_cast_or_null<ImplicitCastExpr>(
          Parents ? Parents->getParent(R) : nullptr);
      if (!Load || Load->getCastKind() != CK_LValueToRValue)
        continue; // Assigned, or its own address is taken.
      Next.E = Load;
    }
    Next.Pointer = Pointer;
    ++Depth;
    follow(Next);
    --Depth;
  }
  Aliases.pop_back();
}

/// The function returns the target's address: go on where it is called.
void UseFollower::Walk::accessor(const Position &P) {
  const Function *F = Model.function(P.Function);
  emit(P, UseKind::Returned, P.E);
  if (!F || !Variable || Depth >= MaxDepth)
    return;
  for (const CallSite &Site : F->Callers) {
    if (!Site.Call)
      continue;
    Position Next = P;
    Next.E = Site.Call;
    Next.Function = Site.Caller;
    Next.Alias = nullptr;
    Next.ByThis = false;
    Next.Pointer = P.Function->getReturnType()->isPointerType();
    ++Depth;
    follow(Next);
    --Depth;
  }
}

/// Calls that only change how an object is seen: std::move() and the like.
static bool isTransparent(const FunctionDecl *FD) {
  if (!FD || !FD->getIdentifier() || !FD->isInStdNamespace())
    return false;
  static constexpr llvm::StringLiteral Names[] = {"move", "forward", "addressof",
                                            "ref"};
  return is_contained(Names, FD->getName());
}

void UseFollower::Walk::follow(Position P) {
  const ParentMap *Parents = Owner.parents(P.Function);
  const ASTContext &Context = Model.context();
  if (!Parents || isInAssert(P.E->getBeginLoc(), Model))
    return;
  const Stmt *Parent = Parents->getParent(P.E);
  if (!Parent) { // A constructor's initialiser.
    if (By && By->Where == P.E)
      emit(P,
           By->Kind == AccessKind::Write || By->Kind == AccessKind::ReadWrite
               ? UseKind::Write
           : By->Kind == AccessKind::Address ? UseKind::Kept
                                             : UseKind::Read,
           P.E);
    return;
  }
  for (; Parent; Parent = Parents->getParent(P.E)) {
    if (isa<UnaryExprOrTypeTraitExpr>(Parent))
      return;
    if (isa<ParenExpr, ExprWithCleanups, MaterializeTemporaryExpr,
            CXXBindTemporaryExpr, ConstantExpr, SubstNonTypeTemplateParmExpr,
            StmtExpr, GenericSelectionExpr>(Parent)) {
      P.E = cast<Expr>(Parent);
      continue;
    }
    if (!P.Pointer && isAtomic(P.E->getType())) {
      emit(P, UseKind::Atomic, P.E);
      return;
    }
    if (const auto *C = dyn_cast<CastExpr>(Parent)) {
      switch (C->getCastKind()) {
      case CK_LValueToRValue: {
        if (P.Pointer)
          break;
        emit(P, UseKind::Read, P.E);
        QualType QT = C->getType();
        if (P.Pointee || !QT->isPointerType() || QT->isFunctionPointerType() ||
            ExtensionModel::isObjectPointer(QT))
          return;
        P.Pointee = P.Pointer = true;
        P.Path.clear();
        P.Indexed = false;
        break;
      }
      case CK_ArrayToPointerDecay:
        P.Pointer = true;
        break;
      case CK_ToVoid:
      case CK_PointerToBoolean:
      case CK_PointerToIntegral:
      case CK_NullToPointer:
        return;
      default:
        break;
      }
      P.E = C;
      continue;
    }
    if (const auto *M = dyn_cast<MemberExpr>(Parent)) {
      if (const auto *Method = dyn_cast<CXXMethodDecl>(M->getMemberDecl())) {
        const Stmt *Call = Parents->getParent(M);
        while (Call && isa<ParenExpr, ImplicitCastExpr>(Call))
          Call = Parents->getParent(Call);
        const QualType Result = Method->getReturnType();
        if (onlyReads(Method)) {
          // v.at(i), v.front(), v.data(): a part of it.
          const auto *Part = dyn_cast_or_null<CallExpr>(Call);
          if (Part && !Method->isConst() &&
              (Result->isLValueReferenceType() || Result->isPointerType()) &&
              !Result->getPointeeType().isConstQualified()) {
            P.Pointer = Result->isPointerType();
            P.Indexed = true;
            P.E = Part;
            continue;
          }
          emit(P, UseKind::Read, P.E);
          return;
        }
        if (const auto *E = dyn_cast_or_null<CallExpr>(Call);
            E && Model.function(Method))
          call(P, E, Method, ThisIndex);
        else
          emit(P, UseKind::ReadWrite, P.E);
        return;
      }
      const auto *Field = dyn_cast<FieldDecl>(M->getMemberDecl());
      if (!Field)
        return; // A static member or an enumerator.
      if (M->isArrow())
        P.Pointer = false;
      if (!P.Indexed)
        P.Path.push_back(Field);
      P.E = M;
      continue;
    }
    if (const auto *Sub = dyn_cast<ArraySubscriptExpr>(Parent)) {
      if (Sub->getIdx() == P.E)
        return;
      P.Pointer = false;
      P.Indexed = true;
      P.E = Sub;
      continue;
    }
    if (const auto *U = dyn_cast<UnaryOperator>(Parent)) {
      if (!P.Pointer && U->isIncrementDecrementOp()) {
        emit(P, UseKind::ReadWrite, P.E);
        return;
      }
      if (!P.Pointer && U->getOpcode() == UO_AddrOf)
        P.Pointer = true;
      else if (P.Pointer && U->getOpcode() == UO_Deref)
        P.Pointer = false;
      else if (U->getOpcode() != UO_Extension)
        return;
      P.E = U;
      continue;
    }
    if (isa<AtomicExpr>(Parent)) {
      emit(P, UseKind::Atomic, P.E);
      return;
    }
    if (const auto *B = dyn_cast<BinaryOperator>(Parent)) {
      if (B->getOpcode() == BO_Comma) {
        if (B->getRHS() != P.E)
          return;
        P.E = B;
        continue;
      }
      if (B->isAssignmentOp() && B->getLHS() == P.E) {
        if (P.Pointer)
          return;
        emit(P,
             B->isCompoundAssignmentOp() ? UseKind::ReadWrite : UseKind::Write,
             P.E, isNullOrZero(B->getRHS(), Context));
        return;
      }
      if (B->getOpcode() == BO_Assign && P.Pointer) {
        const auto *R = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
        const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
        if (VD && VD->getType()->isPointerType())
          alias(P, VD, /*Pointer=*/true);
        else
          emit(P, UseKind::Kept, P.E);
        return;
      }
      if (P.Pointer && B->isAdditiveOp()) {
        P.E = B;
        continue;
      }
      return;
    }
    if (const auto *C = dyn_cast<AbstractConditionalOperator>(Parent)) {
      if (C->getCond() == P.E)
        return;
      P.E = C;
      continue;
    }
    if (const auto *Op = dyn_cast<CXXOperatorCallExpr>(Parent);
        Op && Op->getNumArgs() && Op->getArg(0) == P.E && !P.Pointer) {
      const auto *Method =
          dyn_cast_or_null<CXXMethodDecl>(Op->getDirectCallee());
      if (Op->isAssignmentOp() || Op->getOperator() == OO_PlusPlus ||
          Op->getOperator() == OO_MinusMinus) {
        emit(P,
             Op->getOperator() == OO_Equal ? UseKind::Write
                                           : UseKind::ReadWrite,
             P.E,
             Op->getNumArgs() > 1 && isNullOrZero(Op->getArg(1), Context));
        return;
      }
      if (Method && Op->getOperator() == OO_Subscript && onlyReads(Method)) {
        if (!Op->isGLValue()) {
          emit(P, UseKind::Read, P.E);
          return;
        }
        P.Indexed = true;
        P.E = Op;
        continue;
      }
      if (Method && Op->getOperator() == OO_Subscript && Op->isGLValue() &&
          isAtomic(Op->getType()) && !Method->isConst()) {
        emit(P, UseKind::ReadWrite, P.E);
        return;
      }
      if (Op->getOperator() == OO_Arrow || Op->getOperator() == OO_Star ||
          !Method || onlyReads(Method)) {
        if (Method || !Op->getDirectCallee() ||
            Op->getDirectCallee()->getParamDecl(0)
                ->getType()
                .getNonReferenceType()
                .isConstQualified()) {
          emit(P, UseKind::Read, P.E);
          return;
        }
      } else {
        emit(P, UseKind::ReadWrite, P.E); // map[k], generator()
        return;
      }
    }
    const FunctionDecl *Callee = nullptr;
    ArrayRef<const Expr *> Args;
    if (const auto *Call = dyn_cast<CallExpr>(Parent)) {
      if (Call->getCallee() == P.E)
        return;
      Callee = Call->getDirectCallee();
      Args = ArrayRef(Call->getArgs(), Call->getNumArgs());
      if (isa<CXXOperatorCallExpr>(Call) && isa_and_nonnull<CXXMethodDecl>(Callee))
        Args = Args.drop_front(std::min<size_t>(1, Args.size()));
      if (isTransparent(Callee)) {
        P.Pointer = Call->getType()->isPointerType();
        P.E = Call;
        continue;
      }
    } else if (const auto *Construct = dyn_cast<CXXConstructExpr>(Parent)) {
      Callee = Construct->getConstructor();
      Args = ArrayRef(Construct->getArgs(), Construct->getNumArgs());
    }
    if (Callee || isa<CallExpr>(Parent)) {
      unsigned Arg = 0;
      while (Arg < Args.size() && Args[Arg] != P.E)
        ++Arg;
      QualType Param = Callee && Arg < Callee->getNumParams()
                           ? Callee->getParamDecl(Arg)->getType()
                           : QualType();
      if (const auto *Call = dyn_cast<CallExpr>(Parent); Call && !Callee)
        if (const auto *Pointer = Call->getCallee()->getType()->getAs<PointerType>())
          if (const auto *Type = Pointer->getPointeeType()->getAs<FunctionProtoType>();
              Type && Arg < Type->getNumParams())
            Param = Type->getParamType(Arg);
      StringRef Name = Callee && Callee->getIdentifier()
                           ? facts::canonicalName(Callee->getName())
                           : StringRef();
      if (facts::isAtomicFunction(Name)) {
        emit(P, UseKind::Atomic, P.E);
        return;
      }
      if (facts::findLockApi(Name) || facts::isReferenceCountOp(Name))
        return;
      if (facts::keepsPointer(Name, Arg)) {
        // The names of keywords, whose type was not const before Python 3.13.
        if (!Param.isNull() && Param->isPointerType() &&
            Param->getPointeeType()->isPointerType())
          emit(P, UseKind::Read, P.E);
        return;
      }
      if (!P.Pointer && (Param.isNull() || !Param->isReferenceType())) {
        emit(P, UseKind::Read, P.E); // A copy.
        return;
      }
      if (!Param.isNull() &&
          (Param->isPointerType() || Param->isReferenceType()) &&
          Param->getPointeeType().isConstQualified()) {
        emit(P, UseKind::Read, P.E);
        return;
      }
      if (const auto *Ctor = dyn_cast_or_null<CXXConstructorDecl>(Callee);
          Ctor && (Ctor->getParent()->isInStdNamespace() ||
                   facts::isLockGuardType(
                       Ctor->getParent()->getQualifiedNameAsString()))) {
        if (!P.Pointer && isAtomic(P.E->getType()))
          return;
        if (Ctor->isCopyOrMoveConstructor())
          emit(P, Ctor->isMoveConstructor() ? UseKind::Write : UseKind::Read,
               P.E);
        else
          emit(P, UseKind::Kept, P.E);
        return;
      }
      call(P, cast<Expr>(Parent), Callee, Arg);
      return;
    }
    if (const auto *D = dyn_cast<DeclStmt>(Parent)) {
      for (const Decl *Each : D->decls()) {
        const auto *VD = dyn_cast<VarDecl>(Each);
        if (!VD || VD->getInit() != P.E)
          continue;
        QualType QT = VD->getType();
        if (VD->isImplicit() || (QT->isReferenceType() && !P.Pointer &&
                                 QT->getPointeeType().isConstQualified()))
          emit(P, UseKind::Read, P.E);
        else if (QT->isReferenceType() && !P.Pointer)
          alias(P, VD, /*Pointer=*/false);
        else if (QT->isPointerType() && P.Pointer)
          alias(P, VD, /*Pointer=*/true);
        else
          emit(P, UseKind::Read, P.E);
        return;
      }
      return;
    }
    if (isa<ReturnStmt>(Parent)) {
      QualType QT = P.Function->getReturnType();
      if (P.Pointer ? QT->isPointerType() : QT->isReferenceType()) {
        if (QT->getPointeeType().isConstQualified() && !P.Pointer)
          emit(P, UseKind::Read, P.E);
        else
          accessor(P);
      } else if (!P.Pointer) {
        emit(P, UseKind::Read, P.E);
      }
      return;
    }
    if (isa<InitListExpr>(Parent)) {
      emit(P, P.Pointer ? UseKind::Kept : UseKind::Read, P.E);
      return;
    }
    return;
  }
}

const std::vector<GlobalUse> *UseFollower::summary(const FunctionDecl *FD,
                                                   unsigned Index) {
  const FunctionDecl *Definition = nullptr;
  if (!FD || !FD->hasBody(Definition) || !Model.function(Definition))
    return nullptr;
  if (Index != ThisIndex && Index >= Definition->getNumParams())
    return nullptr; // A variable argument.
  auto Key = std::make_pair(Definition->getCanonicalDecl(), Index);
  if (auto It = Summaries.find(Key); It != Summaries.end())
    return It->second.get();
  // A cycle of helpers is taken to do nothing more.
  Summaries[Key] = std::make_unique<std::vector<GlobalUse>>();
  const flow::FunctionBody *Local =
      Depth < MaxDepth ? Model.flows().body(Definition) : nullptr;
  if (!Local)
    return Summaries[Key].get();
  ++Depth;
  std::vector<GlobalUse> Uses;
  Walk W(*this, Uses);
  W.StablePointer = true;
  Position P(nullptr, Definition);
  P.Pointer = true;
  if (Index == ThisIndex) {
    P.ByThis = true;
    for (const Expr *This : Local->thisUses()) {
      P.E = This;
      W.follow(P);
    }
  } else {
    const ParmVarDecl *Param = Definition->getParamDecl(Index);
    P.Alias = Param;
    P.Pointer = Param->getType()->isPointerType();
    for (const DeclRefExpr *R : references(Definition, Param)) {
      P.E = R;
      if (P.Pointer) {
        const auto *Load =
            dyn_cast_or_null<ImplicitCastExpr>(Local->parents().getParent(R));
        if (!Load || Load->getCastKind() != CK_LValueToRValue)
          continue;
        P.E = Load;
      } else if (!Param->getType()->isReferenceType()) {
        break;
      }
      W.follow(P);
    }
  }
  --Depth;
  // One of each kind says it all.
  std::vector<GlobalUse> Unique;
  for (GlobalUse &U : Uses)
    if (Unique.size() < MaxSummary &&
        none_of(Unique, [&](const GlobalUse &O) {
          return O.Kind == U.Kind && O.Pointee == U.Pointee &&
                 O.Path == U.Path && O.Locks == U.Locks &&
                 O.Resets == U.Resets && O.Callee == U.Callee &&
                 O.ObjectLocked == U.ObjectLocked;
        }))
      Unique.push_back(std::move(U));
  auto &Slot = Summaries[Key];
  *Slot = std::move(Unique);
  return Slot.get();
}

/// Code of the function, or of a helper it calls, that exists only without the
/// GIL, and that this run does not see: it may well take a lock.
static bool hasHiddenCode(const ExtensionModel &Model, const FunctionDecl *FD,
                          unsigned Depth = 1) {
  const Preprocessing &PP = Model.preprocessing();
  if (PP.freeThreaded() || !FD)
    return false;
  const SourceManager &SM = Model.context().getSourceManager();
  const SourceLocation Begin = SM.getExpansionLoc(FD->getBeginLoc()),
                       End = SM.getExpansionLoc(FD->getEndLoc());
  const Function *F = Depth ? Model.function(FD) : nullptr;
  if (F && any_of(F->Calls, [&](const CallSite &Site) {
        return Site.Callee && Site.Callee->getIdentifier() &&
               facts::isLockingName(Site.Callee->getName()) &&
               hasHiddenCode(Model, Site.Callee, Depth - 1);
      }))
    return true;
  return any_of(PP.configurationRegions(), [&](const ConfigurationRegion &R) {
    const SourceLocation At = R.Range.getBegin();
    return R.FreeThreaded && R.Skipped &&
           SM.getFileID(At) == SM.getFileID(Begin) &&
           SM.getFileOffset(Begin) < SM.getFileOffset(At) &&
           SM.getFileOffset(At) < SM.getFileOffset(End);
  });
}

std::vector<GlobalUse> UseFollower::usesOf(const StateVariable &S) {
  std::vector<GlobalUse> Uses;
  const auto *VD = dyn_cast<VarDecl>(S.Decl);
  if (!VD)
    return Uses;
  const bool Stable = none_of(S.Accesses, [&](const Access &A) {
    return A.writes() && !isa<MemberExpr, ArraySubscriptExpr>(A.Place) &&
           model::phaseOf(Model, A) == Phase::RunTime;
  });
  for (const Access &A : S.Accesses) {
    if (!A.Function)
      continue;
    Walk W(*this, Uses, &A, VD);
    W.StablePointer = Stable;
    W.follow(Position(A.Where, A.Function));
  }
  for (GlobalUse &U : Uses) {
    auto [Known, New] = HiddenCode.try_emplace(U.Function);
    if (New)
      Known->second = hasHiddenCode(Model, U.Function);
    U.BesideHiddenCode = Known->second;
  }
  return Uses;
}

Phase phaseOf(const ExtensionModel &Model, const GlobalUse &U) {
  Access A{};
  A.Function = U.Function;
  return phaseOf(Model, A);
}

bool onlyWithGil(const ExtensionModel &Model, const GlobalUse &U) {
  return U.BesideHiddenCode || onlyWithGil(Model, U.Where->getBeginLoc());
}

bool overlap(const GlobalUse &A, const GlobalUse &B) {
  if (A.Pointee != B.Pointee)
    return false;
  for (size_t I = 0; I < std::min(A.Path.size(), B.Path.size()); ++I)
    if (A.Path[I] != B.Path[I])
      return A.Path[I]->getParent() != B.Path[I]->getParent() ||
             A.Path[I]->getParent()->isUnion();
  return true;
}

bool usedAtRunTime(const ExtensionModel &Model, const GlobalUse &U) {
  return phaseOf(Model, U) == Phase::RunTime && !onlyWithGil(Model, U);
}

bool conflict(const GlobalUse &A, const GlobalUse &B) {
  if (!overlap(A, B))
    return false;
  if (A.Locks.empty() || B.Locks.empty())
    return true;
  return !is_contained(A.Locks, "*") && !is_contained(B.Locks, "*") &&
         !flow::excludeEachOther(A.Locks, B.Locks);
}

bool canRace(const ExtensionModel &Model, const GlobalUse &A,
             const GlobalUse &B) {
  return conflict(A, B) && usedAtRunTime(Model, A) &&
         usedAtRunTime(Model, B);
}

} // namespace pyext::model
