//===- GlobalClasses.cpp --------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/GlobalClasses.h"
#include "facts/ModelCalls.h"
#include "facts/ProcessState.h"
#include "model/Initializers.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

StringRef toString(GlobalClass Class) {
  switch (Class) {
  case GlobalClass::Silent: return "silent";
  case GlobalClass::StaticType: return "static-type";
  case GlobalClass::StructSequence: return "struct-sequence";
  case GlobalClass::ThreadObject: return "thread-object";
  case GlobalClass::ApiTable: return "api-table";
  case GlobalClass::CxxObject: return "cxx-object";
  case GlobalClass::Freelist: return "freelist";
  case GlobalClass::LazyInit: return "lazy-init";
  case GlobalClass::Object: return "object";
  case GlobalClass::BufferReturn: return "buffer-return";
  case GlobalClass::NativeHandle: return "native-handle";
  case GlobalClass::Unguarded: return "unguarded";
  }
  llvm_unreachable("covered switch");
}

// --- Types --------------------------------------------------------------------

/// Whether \p S drops a reference: itself, or a function it calls whose body is
/// known, a few calls deep.
static bool dropsReference(const Stmt *S, unsigned Depth) {
  if (!S)
    return false;
  if (const auto *Call = dyn_cast<CallExpr>(S))
    if (const FunctionDecl *Callee = Call->getDirectCallee()) {
      if (Callee->getIdentifier()) {
        const facts::ReferenceCountApi *Api = facts::findReferenceCountOp(
            facts::canonicalName(Callee->getName()));
        if (Api)
          return Api->Op == facts::RefcountOp::Decref ||
                 Api->Op == facts::RefcountOp::Clear;
      }
      const FunctionDecl *Definition = nullptr;
      if (Depth && Callee->hasBody(Definition) && !Callee->isInStdNamespace() &&
          dropsReference(Definition->getBody(), Depth - 1))
        return true;
    }
  return any_of(S->children(), [&](const Stmt *Child) {
    return dropsReference(Child, Depth);
  });
}

static bool ownsObjects(QualType QT, unsigned Depth) {
  if (QT.isNull() || Depth > 4)
    return false;
  if (const auto *A = QT->getAsArrayTypeUnsafe())
    return ownsObjects(A->getElementType(), Depth + 1);
  const auto *RD = dyn_cast_or_null<CXXRecordDecl>(QT->getAsRecordDecl());
  if (!RD || !RD->hasDefinition() || ExtensionModel::isObjectRecord(RD))
    return false;
  RD = RD->getDefinition();
  if (RD->isEmpty())
    return false;
  const std::string Name = RD->getQualifiedNameAsString();
  if (facts::isObjectOwnerType(Name))
    return true;
  if (facts::isSynchronizationType(Name))
    return false; // gil_safe_call_once_and_store keeps it alive.
  if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(RD))
    for (const TemplateArgument &Arg : Spec->getTemplateArgs().asArray())
      if (Arg.getKind() == TemplateArgument::Type &&
          ownsObjects(Arg.getAsType(), Depth + 1))
        return true;
  for (const CXXBaseSpecifier &Base : RD->bases())
    if (ownsObjects(Base.getType(), Depth + 1))
      return true;
  if (RD->isInStdNamespace())
    return false;
  if (const CXXDestructorDecl *Destructor = RD->getDestructor();
      Destructor && Destructor->isUserProvided()) {
    const FunctionDecl *Definition = nullptr;
    if (Destructor->hasBody(Definition) &&
        dropsReference(Definition->getBody(), 2))
      return true;
  }
  return any_of(RD->fields(), [&](const FieldDecl *F) {
    return ownsObjects(F->getType(), Depth + 1);
  });
}

bool ownsObjects(QualType QT) { return ownsObjects(QT, 0); }

static const facts::NativeHandle *handleRow(QualType QT) {
  for (unsigned Depth = 0; Depth < 8; ++Depth) {
    if (const auto *T = QT->getAs<TypedefType>()) {
      if (const auto *Row = facts::findNativeHandle(T->getDecl()->getName()))
        return Row;
      QT = T->desugar();
      continue;
    }
    if (QT->isPointerType()) {
      QT = QT->getPointeeType();
      continue;
    }
    const RecordDecl *RD = QT->getAsRecordDecl();
    return RD && RD->getIdentifier() ? facts::findNativeHandle(RD->getName())
                                     : nullptr;
  }
  return nullptr;
}

bool isNativeHandleType(const ExtensionModel &Model, QualType QT) {
  if (const facts::NativeHandle *Row = handleRow(QT))
    return Row->Use == facts::HandleUse::OneThread;
  if (!QT->isPointerType() || QT->getPointeeType().isConstQualified())
    return false;
  const RecordDecl *RD = QT->getPointeeType()->getAsRecordDecl();
  if (!RD || ExtensionModel::isObjectRecord(RD) ||
      facts::isSynchronizationType(elementTypeName(QT)) ||
      facts::isApiName(RD->getName()))
    return false;
  return !RD->getDefinition() ||
         !Model.preprocessing().isFirstParty(RD->getDefinition()->getLocation());
}

/// A struct, or a pointer to one, that begins with a type object.
static bool isTypeObject(QualType QT) {
  while (const auto *A = QT->getAsArrayTypeUnsafe())
    QT = A->getElementType();
  const RecordDecl *RD = QT->getAsRecordDecl();
  for (unsigned Depth = 0; RD && Depth < 8; ++Depth) {
    const TypedefNameDecl *Name = RD->getTypedefNameForAnonDecl();
    if (facts::isTypeObjectStruct(RD->getName()) ||
        (Name && facts::isTypeObjectStruct(Name->getName())))
      return true;
    RD = RD->getDefinition();
    if (!RD || RD->field_empty())
      return false;
    RD = RD->field_begin()->getType()->getAsRecordDecl();
  }
  return false;
}

// --- Races ----------------------------------------------------------------------

/// A struct with a lock or an atomic among its fields.
static bool hasLock(QualType QT) {
  const RecordDecl *RD = QT->getAsRecordDecl();
  return RD && RD->getDefinition() &&
         any_of(RD->getDefinition()->fields(), [](const FieldDecl *F) {
           return F->getType()->isAtomicType() ||
                  facts::isSynchronizationType(elementTypeName(F->getType()));
         });
}

/// Whether a function elsewhere that is given the address is taken to write. A
/// table with values of its own, or a class with a lock of its own, that nothing
/// here writes, is not written there either.
static bool isWrittenWhenPassed(const GlobalVerdict &V) {
  const Expr *Init = V.Decl->getAnyInitializer();
  const bool Filled = Init && isa<InitListExpr>(Init->IgnoreImplicit());
  return !(Filled || hasLock(V.Decl->getType())) ||
         any_of(V.Uses, [](const GlobalUse &O) { return O.writes(); });
}

/// True for a use that writes: by itself, or by a function elsewhere.
static bool mayWrite(const GlobalVerdict &V, const GlobalUse &U) {
  return U.writes() ||
         (U.Kind == UseKind::Passed && !U.Pointee && V.WrittenWhenPassed);
}

static bool underOnce(const GlobalUse &U, const ExtensionModel &Model) {
  const Function *F = Model.function(U.Function);
  return F && F->RunsOnce;
}

/// Whether Python, a thread or a library calls the function, as opposed to other
/// files of the extension.
static bool isCalledFromOutside(const ExtensionModel &Model,
                                const FunctionDecl *FD) {
  const Function *F = Model.function(FD);
  return F && any_of(F->Entries, [](const EntryPoint &E) {
           return E.Kind != EntryKind::Exported;
         });
}

void GlobalClasses::findRace(GlobalVerdict &V) const {
  // Uses are many and kinds of them, as far as conflict() can tell, few.
  SmallVector<const GlobalUse *, 8> Kinds;
  struct Candidate {
    unsigned Index, Kind;
    const GlobalUse &Use;
  };
  SmallVector<Candidate, 16> Candidates;
  for (unsigned I = 0; I < V.Uses.size(); ++I) {
    const GlobalUse &U = V.Uses[I];
    if (underOnce(U, Model) || !usedAtRunTime(Model, U))
      continue;
    const auto *Same = find_if(Kinds, [&](const GlobalUse *K) {
      return K->Pointee == U.Pointee && K->Path == U.Path &&
             K->Locks == U.Locks;
    });
    Candidates.push_back({I, static_cast<unsigned>(Same - Kinds.begin()), U});
    if (Same == Kinds.end())
      Kinds.push_back(&U);
  }
  std::vector<std::vector<bool>> Conflicts(Kinds.size());
  for (unsigned A = 0; A < Kinds.size(); ++A)
    for (const GlobalUse *B : Kinds)
      Conflicts[A].push_back(conflict(*Kinds[A], *B));

  int Best = -1;
  for (const Candidate &W : Candidates) {
    if (!mayWrite(V, W.Use))
      continue;
    // What tells the most: a certain write, another function, one that Python
    // calls.
    const int Own = 8 * W.Use.writes() +
                    2 * isCalledFromOutside(Model, W.Use.Function) -
                    2 * W.Use.Resets;
    const int Highest = Own + 4 + 1;
    for (const Candidate &O : Candidates) {
      if (Best >= Highest)
        break;
      if (O.Use.Kind == UseKind::Kept || O.Use.Kind == UseKind::Returned ||
          O.Use.Kind == UseKind::Atomic || !Conflicts[W.Kind][O.Kind])
        continue;
      const int Rank = Own + 4 * (O.Use.Function != W.Use.Function) +
                       (O.Use.writes() || O.Use.Kind == UseKind::Read);
      if (Rank > Best) {
        Best = Rank;
        V.Write = W.Index;
        V.Other = O.Index;
      }
    }
  }
}

// --- Classes ----------------------------------------------------------------------

/// The expression whose value the write stores; null when that is not one.
static const Expr *storedValue(const GlobalUse &U, const ParentMap *Parents) {
  const Stmt *S = U.Where;
  while (Parents && (S = Parents->getParent(S)))
    if (const auto *B = dyn_cast<BinaryOperator>(S);
        B && B->getOpcode() == BO_Assign)
      return B->getRHS();
    else if (!isa<ParenExpr, MemberExpr, ArraySubscriptExpr>(S))
      return nullptr;
  return nullptr;
}

/// The parameter that \p E is, through casts and one local copy.
static const ParmVarDecl *parameterOf(const Expr *E) {
  for (unsigned Depth = 0; E && Depth < 4; ++Depth) {
    const auto *R = dyn_cast<DeclRefExpr>(stripped(E));
    if (!R)
      return nullptr;
    if (const auto *P = dyn_cast<ParmVarDecl>(R->getDecl()))
      return P;
    const auto *VD = dyn_cast<VarDecl>(R->getDecl());
    if (!VD || VD->hasGlobalStorage())
      return nullptr;
    E = VD->getInit();
  }
  return nullptr;
}

/// A function that gets instances that nobody uses any more.
static bool receivesDead(const ExtensionModel &Model, const FunctionDecl *FD) {
  const Function *F = Model.function(FD);
  if (!F)
    return false;
  if (F->has(EntryKind::Dealloc) || F->has(EntryKind::Finalize) ||
      (F->Contexts && F->onlyIn(DeadContext)))
    return true;
  return any_of(F->Callers, [&](const CallSite &Site) {
    const Function *Caller = Model.function(Site.Caller);
    return Caller && Caller->has(EntryKind::Dealloc);
  });
}

bool GlobalClasses::isFreelist(GlobalVerdict &V) const {
  const Expr *In = nullptr, *OutOf = nullptr;
  for (const GlobalUse &U : V.Uses) {
    const bool Dead = receivesDead(Model, U.Function);
    if (!In && Dead && U.writes() && !U.Resets) {
      const Expr *Value = storedValue(U, Follower.parents(U.Function));
      const ParmVarDecl *Param = Value ? parameterOf(Value) : nullptr;
      if (Param && Param->getType()->isPointerType())
        In = U.Where;
    }
    if (!OutOf && !Dead && U.Kind == UseKind::Read &&
        phaseOf(Model, U) == Phase::RunTime)
      OutOf = U.Where;
  }
  if (!In || !OutOf)
    return false;
  V.In = In;
  V.OutOf = OutOf;
  return true;
}

bool GlobalClasses::isApiTable(GlobalVerdict &V) const {
  if (!V.Decl->getType()->isPointerType() ||
      ExtensionModel::isObjectPointer(V.Decl->getType()))
    return false;
  for (const GlobalUse &U : V.Uses) {
    if (!U.writes() || U.Resets || U.Pointee)
      continue;
    const Expr *Value = storedValue(U, Follower.parents(U.Function));
    const auto *Call = Value ? dyn_cast<CallExpr>(stripped(Value)) : nullptr;
    const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
    if (!Callee || !Callee->getIdentifier())
      return false;
    const facts::InteriorPointer *Row =
        facts::findInteriorPointer(Callee->getName());
    if (!Row || Row->Owner != facts::ContainerKind::Capsule)
      return false;
    if (!V.In)
      V.In = U.Where;
  }
  return V.In;
}

bool GlobalClasses::isReturnedBuffer(GlobalVerdict &V) const {
  QualType QT = V.Decl->getType();
  if (!QT->isArrayType() && !QT->isRecordType())
    return false;
  const GlobalUse *Written = nullptr, *Leaves = nullptr;
  for (const GlobalUse &U : V.Uses) {
    if (!Written && mayWrite(V, U) && !U.Pointee)
      Written = &U;
    if (U.Kind == UseKind::Returned && !U.Pointee && !Leaves)
      Leaves = &U;
    // A string that becomes a Python object or an exception.
    if (!Leaves && U.Kind == UseKind::Read && QT->isArrayType() &&
        QT->getAsArrayTypeUnsafe()->getElementType()->isAnyCharacterType()) {
      const ParentMap *Parents = Follower.parents(U.Function);
      const Stmt *S = U.Where;
      while (Parents && S && !isa<CallExpr>(S))
        S = Parents->getParent(S);
      const auto *Call = dyn_cast_or_null<CallExpr>(S);
      const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
      if (Callee && Callee->getIdentifier() &&
          facts::isApiName(facts::canonicalName(Callee->getName())))
        Leaves = &U;
    }
  }
  if (!Written || !Leaves || !V.races())
    return false;
  // An accessor of a singleton is no buffer: what is returned was filled by the
  // function that returns it, or by one that the caller asked to.
  if (Leaves->Kind == UseKind::Returned &&
      none_of(V.Uses, [&](const GlobalUse &U) {
        return mayWrite(V, U) && U.Function == Leaves->Function;
      }))
    return false;
  V.In = Written->Where;
  V.OutOf = Leaves->Where;
  return true;
}

/// The use gives the handle to a function of a library, without a lock, while
/// others run.
bool GlobalClasses::hasLibraryCall(const GlobalVerdict &V,
                                   const GlobalUse &U) const {
  return U.Kind == UseKind::Passed && U.Callee && U.Callee->getIdentifier() &&
         !Model.function(U.Callee) &&
         !facts::isApiName(facts::canonicalName(U.Callee->getName())) &&
         U.Pointee == V.Decl->getType()->isPointerType();
}

bool GlobalClasses::isNativeHandle(GlobalVerdict &V) const {
  QualType QT = V.Decl->getType();
  if (QT->isRecordType() ? !handleRow(QT) ||
                               handleRow(QT)->Use != facts::HandleUse::OneThread
                         : !isNativeHandleType(Model, QT))
    return false;
  V.Write = V.Other = std::nullopt;
  for (unsigned I = 0; I < V.Uses.size(); ++I) {
    const GlobalUse &U = V.Uses[I];
    if (!hasLibraryCall(V, U))
      continue;
    for (unsigned J = 0; J < V.Uses.size(); ++J) {
      if (!hasLibraryCall(V, V.Uses[J]) || !canRace(Model, U, V.Uses[J]))
        continue;
      if (V.Write && V.Uses[*V.Write].Function != V.Uses[*V.Other].Function)
        continue;
      V.Write = I;
      V.Other = J;
    }
  }
  return V.races();
}

GlobalShape GlobalClasses::shapeOf(const GlobalVerdict &V) const {
  QualType QT = V.Decl->getType().getNonReferenceType();
  if (QT->isArrayType())
    return GlobalShape::Buffer;
  if (const auto *RD = QT->getAsCXXRecordDecl(); RD && RD->isInStdNamespace())
    return GlobalShape::Container;
  if (QT->isPointerType())
    if (const RecordDecl *RD = QT->getPointeeType()->getAsRecordDecl();
        RD && RD->getDefinition() &&
        any_of(RD->getDefinition()->fields(), [&](const FieldDecl *F) {
          return F->getType()->isPointerType() &&
                 F->getType()->getPointeeType()->getAsRecordDecl() &&
                 F->getType()
                         ->getPointeeType()
                         ->getAsRecordDecl()
                         ->getCanonicalDecl() == RD->getCanonicalDecl();
        }))
      return GlobalShape::List;
  if (QT->isArithmeticType() && any_of(V.Uses, [](const GlobalUse &U) {
        return U.Kind == UseKind::ReadWrite;
      }))
    return GlobalShape::Counter;
  return GlobalShape::Setting;
}

/// The definition, or the declaration that the file uses.
static const VarDecl *declarationOf(const StateVariable &S, bool &Elsewhere) {
  const auto *VD = dyn_cast<VarDecl>(S.Decl);
  if (!VD)
    return nullptr;
  const VarDecl *Tentative = nullptr;
  for (const VarDecl *Each : VD->redecls()) {
    if (Each->hasInit())
      return Each;
    // `static PyObject *cache;` in C is a definition when nothing else is; the
    // last when an initialiser could not be read.
    if (Each->isThisDeclarationADefinition() != VarDecl::DeclarationOnly)
      Tentative = Each;
  }
  Elsewhere = !Tentative;
  return Tentative ? Tentative : VD;
}

/// \p E without casts, and what it dereferences.
static const Expr *pointed(const Expr *E) {
  E = stripped(E);
  while (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() != UO_Deref && U->getOpcode() != UO_AddrOf)
      break;
    E = stripped(U->getSubExpr());
  }
  return E;
}

static bool isSignalFlag(QualType QT) {
  const auto *Typedef = QT->getAs<TypedefType>();
  return QT.isVolatileQualified() && Typedef &&
         Typedef->getDecl()->getName() == "sig_atomic_t";
}

/// The variable, or its type, is another one in a build without the GIL.
static bool isDeclaredWithGil(const ExtensionModel &Model, const VarDecl &VD) {
  const SourceManager &SM = Model.context().getSourceManager();
  auto OnlyWithGil = [&](SourceLocation Loc) {
    return Model.preprocessing().onlyWithGil(SM.getExpansionLoc(Loc));
  };
  if (OnlyWithGil(VD.getLocation()))
    return true;
  QualType QT = VD.getType();
  for (unsigned Depth = 0; Depth < 8; ++Depth) {
    if (const auto *A = QT->getAsArrayTypeUnsafe()) {
      QT = A->getElementType();
      continue;
    }
    const auto *T = QT->getAs<TypedefType>();
    if (!T)
      return false;
    if (OnlyWithGil(T->getDecl()->getLocation()))
      return true;
    QT = T->desugar();
  }
  return false;
}

void GlobalClasses::classify(GlobalVerdict &V) {
  const StateVariable &S = *V.Variable;
  const QualType QT = V.Decl->getType();
  if (S.Generated || S.HeaderTable || S.DefinitionTable || S.Synchronization ||
      isSignalFlag(QT))
    return;
  if (isTypeObject(QT)) {
    if (V.DefinedElsewhere || QT.isConstQualified())
      return;
    V.Class = GlobalClass::StaticType;
    for (const Access &A : S.Accesses)
      if (const auto *Call = dyn_cast<CallExpr>(A.Statement);
          Call && A.Kind == AccessKind::Write && Call->getNumArgs() > 1 &&
          facts::isDefinitionTableType(
              elementTypeName(Call->getArg(1)->getType()))) {
        V.Class = GlobalClass::StructSequence;
        V.In = Call;
      }
    return;
  }
  QualType Element = QT;
  while (const auto *A = Element->getAsArrayTypeUnsafe())
    Element = A->getElementType();
  // An object of a static type is Python's to change.
  if (ExtensionModel::isObjectRecord(Element->getAsRecordDecl()))
    return;
  // An allocator has no data.
  if (const auto *RD = Element->getAsCXXRecordDecl();
      RD && RD->hasDefinition() && RD->isEmpty())
    return;
  // static auto *x = new py::object(...), which is never destroyed.
  const Expr *Init = V.Decl->getAnyInitializer();
  const bool Owns =
      ownsObjects(QT) ||
      (Init && (QT->isPointerType() || QT->isReferenceType()) &&
       !Init->isValueDependent() && isa<CXXNewExpr>(pointed(Init)) &&
       ownsObjects(QT->getPointeeType()));
  if (S.ThreadLocal) {
    if (S.HoldsObjects || Owns || elementTypeName(QT) == "PyThreadState")
      V.Class = GlobalClass::ThreadObject;
    return;
  }
  if (!Owns && Element.isConstQualified())
    return;
  V.Uses = Follower.usesOf(S);
  V.WrittenWhenPassed = isWrittenWhenPassed(V);
  V.OnlyWithGil = isDeclaredWithGil(Model, *V.Decl);
  if (!V.OnlyWithGil)
    findRace(V);
  if (Owns && !V.DefinedElsewhere) {
    V.Class = GlobalClass::CxxObject;
    return;
  }
  const bool Written =
      any_of(V.Uses, [&](const GlobalUse &U) { return mayWrite(V, U); });
  if (!Written)
    return;
  if (isApiTable(V))
    V.Class = GlobalClass::ApiTable;
  else if (isFreelist(V))
    V.Class = GlobalClass::Freelist;
  else if (any_of(FirstUses, [&](const FirstUse &U) {
             // The slots of a table of objects are used again for others when
             // what is there is not the one wanted.
             const auto *Slot = dyn_cast<ArraySubscriptExpr>(U.Test->Place);
             const auto *If = dyn_cast<IfStmt>(U.Branch);
             const auto *Also =
                 If ? dyn_cast<BinaryOperator>(
                          If->getCond()->IgnoreParenImpCasts())
                    : nullptr;
             return U.Variable == &S &&
                    !(S.HoldsObjects && Slot && Also && Also->isLogicalOp() &&
                      !integerOf(Slot->getIdx(), Model.context()));
           }))
    V.Class = GlobalClass::LazyInit;
  else if (S.HoldsObjects)
    V.Class = GlobalClass::Object;
  else if (isReturnedBuffer(V))
    V.Class = GlobalClass::BufferReturn;
  else if (isNativeHandle(V))
    V.Class = GlobalClass::NativeHandle;
  else if (V.races())
    V.Class = GlobalClass::Unguarded;
  V.Shape = shapeOf(V);
}

static bool isAtomicClass(QualType QT) {
  const CXXRecordDecl *RD = QT->getAsCXXRecordDecl();
  return RD && RD->isInStdNamespace() && RD->getIdentifier() &&
         RD->getName().starts_with("atomic");
}

/// The function both tests and sets an atomic variable.
static bool hasAtomicFlag(const ExtensionModel &Model, const FunctionDecl *FD) {
  return any_of(Model.state(), [&](const StateVariable &S) {
    if (!isa<VarDecl>(S.Decl))
      return false;
    unsigned Uses = 0;
    for (const Access &A : S.Accesses)
      Uses += A.Function == FD &&
              (A.Kind == AccessKind::Atomic ||
               S.Decl->getType()->isAtomicType() ||
               isAtomicClass(S.Decl->getType()));
    return Uses > 1;
  });
}

static bool leadsTo(const ExtensionModel &Model, const Function *F,
                    const Function *To, unsigned Depth) {
  return any_of(F->Calls, [&](const CallSite &Site) {
    const Function *Callee = Site.Call ? Model.function(Site.Callee) : nullptr;
    return Callee && (Callee == To || (Depth && leadsTo(Model, Callee, To, Depth - 1)));
  });
}

/// \p F, or whoever calls it, calls \p To, too.
static bool goesThrough(const ExtensionModel &Model, const Function *F,
                        const Function *To, unsigned Depth = 2) {
  if (!F)
    return false;
  return leadsTo(Model, F, To, /*Depth=*/2) ||
         (Depth && F->Entries.empty() && !F->AddressTaken &&
          !F->Callers.empty() && all_of(F->Callers, [&](const CallSite &Site) {
            return goesThrough(Model, Model.function(Site.Caller), To, Depth - 1);
          }));
}

/// What belongs to another variable is not reported a second time.
void GlobalClasses::claimParts() {
  auto RacesOnlyIn = [&](const GlobalVerdict &V,
                         function_ref<bool(const FunctionDecl *)> Where) {
    return none_of(V.Uses, [&](const GlobalUse &U) {
      return mayWrite(V, U) && phaseOf(Model, U) == Phase::RunTime &&
             !Where(U.Function);
    });
  };
  auto Claim = [&](GlobalVerdict &V, const GlobalVerdict &By) {
    V.PartOf = By.Variable;
    V.Class = By.Class;
  };
  for (const GlobalVerdict &List : Verdicts) {
    if (List.Class != GlobalClass::Freelist || List.PartOf)
      continue;
    // The number of free instances: changed wherever the list is.
    for (GlobalVerdict &V : Verdicts)
      if (V.Class == GlobalClass::Unguarded &&
          V.Decl->getType()->isIntegerType() &&
          RacesOnlyIn(V, [&](const FunctionDecl *FD) {
            return any_of(List.Uses, [&](const GlobalUse &U) {
              return U.Function == FD;
            });
          }))
        Claim(V, List);
  }
  // Whoever reads what is written once under a lock has been through that lock.
  for (const FirstUse &Use : GuardedFirstUses)
    for (const auto &[Other, Access] : Use.Companions) {
      auto It = Index.find(Other);
      if (It == Index.end())
        continue;
      GlobalVerdict &V = Verdicts[It->second];
      if (V.Class == GlobalClass::Unguarded &&
          all_of(V.Uses, [&](const GlobalUse &U) {
            return phaseOf(Model, U) != Phase::RunTime ||
                   U.Function == Use.In->Decl ||
                   (U.Kind == UseKind::Read &&
                    goesThrough(Model, Model.function(U.Function), Use.In));
          }))
        V.Class = GlobalClass::Silent;
    }
  // The same, with an atomic flag that says whether it has been written.
  for (GlobalVerdict &V : Verdicts) {
    if (V.Class != GlobalClass::Unguarded || V.PartOf)
      continue;
    const FunctionDecl *Writer = nullptr;
    bool Once = true;
    for (const GlobalUse &U : V.Uses)
      if (phaseOf(Model, U) == Phase::RunTime && mayWrite(V, U)) {
        Once &= !U.Locks.empty() && (!Writer || Writer == U.Function);
        Writer = U.Function;
      }
    const Function *W = Writer && Once ? Model.function(Writer) : nullptr;
    if (W && hasAtomicFlag(Model, Writer) &&
        all_of(V.Uses, [&](const GlobalUse &U) {
          return phaseOf(Model, U) != Phase::RunTime ||
                 U.Function == Writer ||
                 goesThrough(Model, Model.function(U.Function), W);
        }))
      V.Class = GlobalClass::Silent;
  }
  for (const FirstUse &Use : FirstUses)
    for (const auto &[Other, Access] : Use.Companions) {
      auto It = Index.find(Other);
      const GlobalVerdict *By = of(*Use.Variable);
      if (It == Index.end() || !By || By->Class != GlobalClass::LazyInit)
        continue;
      GlobalVerdict &V = Verdicts[It->second];
      if ((V.Class == GlobalClass::Unguarded || V.Class == GlobalClass::Object ||
           V.Class == GlobalClass::NativeHandle) &&
          RacesOnlyIn(V, [&](const FunctionDecl *FD) {
            return FD == Use.In->Decl;
          }))
        Claim(V, *By);
    }
}

/// `if (busy) return; busy = 1; ... busy = 0;`: who is in the function, not what
/// has been set up.
static bool marksBusy(const FirstUse &Use, const ParentMap *Parents) {
  if (!Parents || Use.Call ||
      !Use.Variable->Decl->getType()->isArithmeticType())
    return false;
  auto BlockOf = [&](const Stmt *S) {
    while (S && !isa<CompoundStmt>(S))
      S = Parents->getParent(S);
    return S;
  };
  return any_of(Use.Variable->Accesses, [&](const Access &A) {
    return A.Function == Use.In->Decl && &A != Use.Write && A.Resets &&
           A.Kind == AccessKind::Write &&
           BlockOf(A.Where) == BlockOf(Use.Branch);
  });
}

GlobalClasses::GlobalClasses(const ExtensionModel &Model)
    : Model(Model), Follower(Model) {
  if (Model.isGenerated())
    return;
  // Code that runs once per import is no first use at run time.
  for (FirstUse &Use : findFirstUses(Model)) {
    const Function &F = *Use.In;
    if (F.Generated || F.RunsOnce || !F.Contexts ||
        F.onlyIn(InitContext | UnloadContext) ||
        marksBusy(Use, Follower.parents(F.Decl)))
      continue;
    if (exclude(Model, *Use.Test, *Use.Write))
      GuardedFirstUses.push_back(std::move(Use));
    else
      FirstUses.push_back(std::move(Use));
  }
  for (const StateVariable &S : Model.state()) {
    if (S.Kind != StateKind::Global && S.Kind != StateKind::StaticLocal)
      continue;
    GlobalVerdict V;
    V.Variable = &S;
    V.Decl = declarationOf(S, V.DefinedElsewhere);
    if (!V.Decl)
      continue;
    // What names its lock is looked after by Clang's thread-safety analysis.
    if (S.HoldsObjects || (!V.Decl->hasAttr<GuardedByAttr>() &&
                           !V.Decl->hasAttr<PtGuardedByAttr>()))
      classify(V);
    Index[&S] = Verdicts.size();
    Verdicts.push_back(std::move(V));
  }
  claimParts();
}

const GlobalVerdict *GlobalClasses::of(const StateVariable &S) const {
  auto It = Index.find(&S);
  return It == Index.end() ? nullptr : &Verdicts[It->second];
}

} // namespace pyext::model
