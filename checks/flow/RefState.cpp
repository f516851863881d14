//===- RefState.cpp - Where references come from and go -------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "flow/RefState.h"
#include "flow/HandOuts.h"
#include "flow/Sharing.h"
#include "facts/ApiRoles.h"
#include "facts/ContainerRules.h"
#include "facts/Containers.h"
#include "flow/Solver.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/Builtins.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include <algorithm>

using namespace clang;

namespace pyext::flow {

//===----------------------------------------------------------------------===//
// What calls mean
//===----------------------------------------------------------------------===//

namespace {

/// Name of the API that a call reaches, as the documentation spells it; empty
/// when it is called through a pointer or is no plain function.
StringRef apiName(const FunctionDecl *FD) {
  if (!FD)
    return {};
  const IdentifierInfo *II = FD->getIdentifier();
  if (!II || !facts::isApiName(II->getName()))
    return {};
  return facts::canonicalName(II->getName());
}

StringRef apiName(const CallExpr *Call) {
  return apiName(Call->getDirectCallee());
}

/// The same, also for a call through a variable that is initialised with the API:
/// `PyObject *(*get)(PyObject *, PyObject *) = PyDict_GetItem;`.
StringRef apiBehind(const CallExpr *Call) {
  if (const FunctionDecl *FD = Call->getDirectCallee())
    return apiName(FD);
  auto Named = [](const Expr *E) {
    E = E->IgnoreParenCasts();
    if (const auto *U = dyn_cast<UnaryOperator>(E);
        U && U->getOpcode() == UO_AddrOf)
      E = U->getSubExpr()->IgnoreParenCasts();
    const auto *F = dyn_cast<DeclRefExpr>(E);
    return F ? apiName(dyn_cast<FunctionDecl>(F->getDecl())) : StringRef();
  };
  const Expr *Callee = Call->getCallee()->IgnoreParenCasts();
  // table[i](..) and table.get(..)
  const auto *Element = dyn_cast<ArraySubscriptExpr>(Callee);
  const auto *Member = dyn_cast<MemberExpr>(Callee);
  if (Element)
    Callee = Element->getBase()->IgnoreParenCasts();
  else if (Member && !Member->isArrow())
    Callee = Member->getBase()->IgnoreParenCasts();
  const auto *R = dyn_cast<DeclRefExpr>(Callee);
  const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
  const Expr *Init = VD ? VD->getAnyInitializer() : nullptr;
  if (!Init)
    return {};
  const auto *List = dyn_cast<InitListExpr>(Init->IgnoreParenCasts());
  if (Member) {
    const auto *F = dyn_cast<FieldDecl>(Member->getMemberDecl());
    return List && F && F->getFieldIndex() < List->getNumInits()
               ? Named(List->getInit(F->getFieldIndex()))
               : StringRef();
  }
  if (!Element)
    return Named(Init);
  // Of a table any function can be meant: all have to borrow.
  StringRef Found;
  for (unsigned I = 0; List && I < List->getNumInits(); ++I) {
    const StringRef Name = Named(List->getInit(I));
    if (Name.empty())
      return {};
    const facts::BorrowedReference *Row = facts::findBorrowed(Name);
    if (!Row || !Row->Mutable)
      return {};
    if (Found.empty())
      Found = Name;
  }
  return Found;
}

bool steals(StringRef Api, unsigned Arg) {
  for (const facts::StolenReference &S : facts::findStolen(Api))
    if (S.ArgIndex == int(Arg) && S.What == facts::StealWhat::Reference)
      return true;
  return false;
}

/// True when the call stores a new reference through argument \p Arg.
bool newThrough(StringRef Api, unsigned Arg) {
  for (const facts::NewReference &N : facts::findNewReferences(Api))
    if (N.OutArg == int(Arg))
      return true;
  return false;
}

/// The call stores references through arguments that others can drop.
bool isStep(const facts::BorrowedReference &Row) {
  return Row.Mutable && Row.Result == facts::ResultKind::OutArguments;
}

/// A lookup is followed when it can be dropped by another thread, or when what
/// it yields is a container whose items can be.
bool isFollowed(const facts::BorrowedReference &Row) {
  if (Row.Result != facts::ResultKind::Return &&
      Row.Result != facts::ResultKind::Items)
    return false;
  if (Row.Mutable)
    return true;
  switch (Row.Container) {
  case facts::ContainerKind::Tuple:
  case facts::ContainerKind::Module:
  case facts::ContainerKind::Thread:
  case facts::ContainerKind::Sys:
    return true;
  default:
    return false;
  }
}

/// Row of the outermost macro around \p Loc that has one.
const facts::BorrowedReference *macroRow(SourceLocation Loc,
                                         const model::ExtensionModel &Model,
                                         std::string &Name) {
  const SourceManager &SM = Model.context().getSourceManager();
  const facts::BorrowedReference *Found = nullptr;
  unsigned Levels = 0;
  while (Loc.isMacroID() && ++Levels < 32) {
    // The argument of another macro: look at the macros within it.
    if (SM.isMacroArgExpansion(Loc)) {
      Loc = SM.getImmediateSpellingLoc(Loc);
      continue;
    }
    StringRef Macro = Model.preprocessing().immediateMacro(Loc);
    if (const facts::BorrowedReference *Row = facts::findBorrowed(Macro)) {
      Found = Row;
      Name = Macro.str();
    }
    Loc = SM.getImmediateExpansionRange(Loc).getBegin();
  }
  return Found;
}

/// What `__attribute__((annotate("pyext:borrowed=PyList_GetItem")))` on a
/// function says: it hands out what that function would, borrowed from the same
/// argument, or from argument 2 as in "pyext:borrowed=PyList_GetItem:2".
const facts::BorrowedReference *declaredBorrowed(const FunctionDecl *FD,
                                                 int &ContainerArg) {
  if (!FD || !FD->hasAttrs())
    return nullptr;
  for (const auto *A : FD->specific_attrs<AnnotateAttr>()) {
    StringRef Text = A->getAnnotation();
    if (!Text.consume_front("pyext:borrowed="))
      continue;
    auto [Name, Arg] = Text.split(':');
    const facts::BorrowedReference *Row = facts::findBorrowed(Name);
    if (!Row || !isFollowed(*Row) ||
        Row->Result != facts::ResultKind::Return)
      continue;
    ContainerArg = Row->ContainerArg;
    if (!Arg.empty() && Arg.getAsInteger(10, ContainerArg))
      continue;
    return Row;
  }
  return nullptr;
}

/// The expression without what does not change the reference it holds.
const Expr *strip(const Expr *E) {
  while (E) {
    const Expr *Next = E->IgnoreParenCasts();
    if (const auto *B = dyn_cast<CXXBindTemporaryExpr>(Next))
      Next = B->getSubExpr();
    else if (const auto *O = dyn_cast<OpaqueValueExpr>(Next))
      Next = O->getSourceExpr() ? O->getSourceExpr() : Next;
    else if (const auto *D = dyn_cast<CXXDefaultArgExpr>(Next))
      Next = D->getExpr();
    else if (const auto *U = dyn_cast<UnaryOperator>(Next);
             U && (U->getOpcode() == UO_Plus || U->getOpcode() == UO_Extension))
      Next = U->getSubExpr();
    if (Next == E)
      return E;
    E = Next;
  }
  return E;
}

/// The container object in `((PyListObject *)(assert(..), x))`.
const Expr *containerBehind(const Expr *E) {
  E = strip(E);
  while (const auto *B = dyn_cast<BinaryOperator>(E)) {
    if (B->getOpcode() != BO_Comma)
      break;
    E = strip(B->getRHS());
  }
  return E;
}

/// The API function runs Python code or detaches, whatever it is given.
bool alwaysRunsCode(StringRef Api, const facts::CallEffect *Effect) {
  if (!Effect || Effect->Source == facts::Basis::Default)
    return false;
  if (Effect->Class == facts::EffectClass::RunsCode)
    return true;
  if (Effect->Class != facts::EffectClass::Detach)
    return false;
  const facts::ThreadStateApi *T = facts::findThreadStateApi(Api);
  return !T || T->Op == facts::ThreadStateOp::Detach;
}

/// A call through a slot of a type, as `Py_TYPE(x)->tp_iternext(x)`, other than
/// those that make or destroy an object.
bool isPythonSlot(const CallExpr *Call) {
  const auto *M = dyn_cast<MemberExpr>(strip(Call->getCallee()));
  const IdentifierInfo *II =
      M ? M->getMemberDecl()->getIdentifier() : nullptr;
  const facts::TypeSlot *Slot =
      II ? facts::findTypeSlotByField(II->getName()) : nullptr;
  if (!Slot)
    return false;
  switch (Slot->Role) {
  case facts::SlotRole::Call:
  case facts::SlotRole::DescrGet:
  case facts::SlotRole::DescrSet:
  case facts::SlotRole::GetAttr:
  case facts::SlotRole::Hash:
  case facts::SlotRole::Init:
  case facts::SlotRole::Iter:
  case facts::SlotRole::IterNext:
  case facts::SlotRole::Mapping:
  case facts::SlotRole::New:
  case facts::SlotRole::Number:
  case facts::SlotRole::Repr:
  case facts::SlotRole::RichCompare:
  case facts::SlotRole::Sequence:
  case facts::SlotRole::SetAttr:
  case facts::SlotRole::Str:
  case facts::SlotRole::Vectorcall:
    return true;
  default:
    return false;
  }
}

/// The address of a static object, as `&PyLong_Type`.
bool isStaticObject(const Expr *E) {
  const auto *U = dyn_cast<UnaryOperator>(strip(E));
  return U && U->getOpcode() == UO_AddrOf;
}

/// `X->ob_item` of a list or a tuple; \p Row is set to what it is.
const MemberExpr *itemStorage(const Expr *E, const facts::ItemStorage *&Row) {
  const auto *M = dyn_cast<MemberExpr>(strip(E));
  const auto *F = M ? dyn_cast<FieldDecl>(M->getMemberDecl()) : nullptr;
  if (!F || !F->getIdentifier())
    return nullptr;
  const RecordDecl *R = F->getParent();
  StringRef Name = R->getIdentifier() ? R->getName() : StringRef();
  if (Name.empty())
    if (const TypedefNameDecl *T = R->getTypedefNameForAnonDecl())
      Name = T->getName();
  Row = facts::findItemStorage(Name, F->getName());
  return Row ? M : nullptr;
}

} // namespace

bool isDictPointer(const CallExpr *Call) {
  const facts::InteriorPointer *P =
      facts::findInteriorPointer(apiName(Call->getDirectCallee()));
  const QualType T = Call->getType();
  return P && P->Owner == facts::ContainerKind::Other && T->isPointerType() &&
         model::ExtensionModel::isObjectPointer(T->getPointeeType());
}

const facts::BorrowedReference *borrowedLookup(const Expr *E,
                                         const model::ExtensionModel &Model,
                                         std::string &Name,
                                         const Expr *&Container) {
  Container = nullptr;
  if (const auto *Call = dyn_cast<CallExpr>(E)) {
    if (!Call->getType()->isPointerType())
      return nullptr;
    StringRef Api = apiBehind(Call);
    int Arg = -1;
    if (const facts::BorrowedReference *Row =
            declaredBorrowed(Call->getDirectCallee(), Arg)) {
      Name = Call->getDirectCallee()->getNameAsString();
      if (Arg >= 0 && unsigned(Arg) < Call->getNumArgs())
        Container = containerBehind(Call->getArg(Arg));
      return Row;
    }
    if (Api.empty())
      return nullptr;
    const facts::BorrowedReference *Row = facts::findBorrowed(Api);
    if (!Row || !isFollowed(*Row))
      return nullptr;
    Name = Api.str();
    std::string Macro;
    if (const facts::BorrowedReference *Outer =
            macroRow(Call->getExprLoc(), Model, Macro)) {
      Name = Macro;
      (void)Outer;
    }
    if (Row->ContainerArg >= 0 &&
        unsigned(Row->ContainerArg) < Call->getNumArgs())
      Container = containerBehind(Call->getArg(Row->ContainerArg));
    return Row;
  }

  const facts::ItemStorage *Items = nullptr;
  const MemberExpr *Storage = nullptr;
  SourceLocation Loc;
  const char *Plain = nullptr;
  if (const auto *Sub = dyn_cast<ArraySubscriptExpr>(E)) {
    Storage = itemStorage(Sub->getBase(), Items);
    Loc = Sub->getRBracketLoc();
    Plain = Storage ? Items->Item : nullptr;
  } else if (const auto *M = dyn_cast<MemberExpr>(E)) {
    Storage = itemStorage(M, Items);
    Loc = M->getMemberLoc();
    if (Storage) {
      Plain = Items->Items;
    } else {
      // PyCell_GET and PyFunction_GET_CODE are macros in some versions.
      if (!Loc.isMacroID() || !M->isArrow())
        return nullptr;
      const facts::BorrowedReference *Row = macroRow(Loc, Model, Name);
      if (!Row || !isFollowed(*Row) || !M->getType()->isPointerType())
        return nullptr;
      if (Model.context().getSourceManager().isMacroArgExpansion(Loc))
        return nullptr;
      Container = containerBehind(M->getBase());
      return Row;
    }
  }
  if (!Storage)
    return nullptr;
  Container = containerBehind(Storage->getBase());
  Name.clear();
  const facts::BorrowedReference *Row = macroRow(Loc, Model, Name);
  if (!Row) {
    Name = Items->Field;
    Row = facts::findBorrowed(Plain);
  }
  // The branch for a tuple in PySequence_Fast_GET_ITEM.
  if (const facts::BorrowedReference *Item = facts::findBorrowed(Items->Item);
      Item && !Item->Mutable)
    Row = Item;
  return Row;
}

//===----------------------------------------------------------------------===//
// Sets of origins
//===----------------------------------------------------------------------===//

namespace {

/// More origins than this are not told apart.
constexpr unsigned MaxValues = 48;

bool contains(const Values &V, unsigned X) {
  return std::binary_search(V.begin(), V.end(), X);
}

bool insert(Values &V, unsigned X) {
  auto It = std::lower_bound(V.begin(), V.end(), X);
  if (It != V.end() && *It == X)
    return false;
  if (V.size() >= MaxValues) {
    // Keep the lowest numbers, so that the set can only move one way.
    if (It == V.end())
      return false;
    V.pop_back();
    It = std::lower_bound(V.begin(), V.end(), X);
  }
  V.insert(It, X);
  return true;
}

bool unite(Values &Into, const Values &From) {
  bool Changed = false;
  for (unsigned X : From)
    Changed |= insert(Into, X);
  return Changed;
}

bool intersect(Values &Into, const Values &With) {
  const size_t Before = Into.size();
  llvm::erase_if(Into, [&](unsigned X) { return !contains(With, X); });
  return Into.size() != Before;
}

void erase(Values &V, unsigned X) {
  auto It = std::lower_bound(V.begin(), V.end(), X);
  if (It != V.end() && *It == X)
    V.erase(It);
}

/// What is known at one point of a function.
struct RefVars {
  /// By location, sorted. A variable that is missing holds nothing yet.
  std::vector<std::pair<unsigned, Values>> Vars;
  Values Escaped; ///< Fresh origins that others may know; on some path.
  Values Tuples;  ///< Locations that hold a tuple; on every path.
  Values Plain;   ///< Locations that hold a string, bytes or number; likewise.
  /// Parameters, and values read from state, that the function has a reference
  /// of; likewise.
  Values Held;
  /// Those values among them that the place they were read from still has;
  /// likewise. Only known in functions that take locks.
  Values Current;
  Values Crossed; ///< Lookups followed by a suspending call; on some path.
  /// Borrowed and Parameter origins followed by a call that runs code or drops
  /// the object, with that call; on some path, sorted.
  std::vector<std::pair<unsigned, unsigned>> Ran;

  /// The number of the call, twice, plus one when it drops the object.
  const unsigned *ran(unsigned Origin) const {
    auto It = std::lower_bound(
        Ran.begin(), Ran.end(), Origin,
        [](const auto &P, unsigned O) { return P.first < O; });
    return It != Ran.end() && It->first == Origin ? &It->second : nullptr;
  }
  bool setRan(unsigned Origin, unsigned Call) {
    auto It = std::lower_bound(
        Ran.begin(), Ran.end(), Origin,
        [](const auto &P, unsigned O) { return P.first < O; });
    if (It == Ran.end() || It->first != Origin) {
      Ran.insert(It, {Origin, Call});
      return true;
    }
    if (It->second <= Call)
      return false;
    It->second = Call;
    return true;
  }
  void forgetRan(unsigned Origin) {
    llvm::erase_if(Ran, [&](const auto &P) { return P.first == Origin; });
  }

  const Values *find(unsigned Loc) const {
    auto It = std::lower_bound(
        Vars.begin(), Vars.end(), Loc,
        [](const auto &P, unsigned L) { return P.first < L; });
    return It != Vars.end() && It->first == Loc ? &It->second : nullptr;
  }
  Values &at(unsigned Loc) {
    auto It = std::lower_bound(
        Vars.begin(), Vars.end(), Loc,
        [](const auto &P, unsigned L) { return P.first < L; });
    if (It == Vars.end() || It->first != Loc)
      It = Vars.insert(It, {Loc, {}});
    return It->second;
  }
};

/// The base of \p C that has data, null when none has; nothing when several have
/// or one is not known. Tag bases may stand beside it.
std::optional<const CXXRecordDecl *> dataBase(const CXXRecordDecl *C) {
  const CXXRecordDecl *Found = nullptr;
  for (const CXXBaseSpecifier &B : C->bases()) {
    const CXXRecordDecl *D = B.getType()->getAsCXXRecordDecl();
    if (!D || !D->hasDefinition() || (!D->isEmpty() && Found))
      return std::nullopt;
    if (!D->isEmpty())
      Found = D->getDefinition();
  }
  return Found;
}

bool isHandle(const CXXRecordDecl *R) {
  if (!R || !R->hasDefinition() || !R->hasTrivialDestructor())
    return false;
  unsigned Pointers = 0;
  for (const CXXRecordDecl *C = R; C;) {
    for (const FieldDecl *F : C->fields()) {
      if (!F->getType()->isPointerType())
        return false;
      ++Pointers;
    }
    const std::optional<const CXXRecordDecl *> Base = dataBase(C);
    if (!Base)
      return false;
    C = *Base;
  }
  return Pointers == 1;
}

/// A class whose object owns one reference: with a destructor, and a pointer to an
/// object as its only pointer; or a smart pointer to an object.
bool isOwner(const CXXRecordDecl *R) {
  if (!R || !R->hasDefinition() || R->hasTrivialDestructor() || R->isLambda())
    return false;
  R = R->getDefinition();
  if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(R)) {
    const TemplateArgumentList &Args = Spec->getTemplateArgs();
    if (Args.size() && Args[0].getKind() == TemplateArgument::Type &&
        R->getIdentifier() && R->getName().ends_with("_ptr") &&
        model::ExtensionModel::isObjectRecord(
            Args[0].getAsType()->getAsRecordDecl()))
      return true;
  }
  unsigned Pointers = 0;
  for (const CXXRecordDecl *C = R; C;) {
    for (const FieldDecl *F : C->fields()) {
      if (model::ExtensionModel::isObjectPointer(F->getType()))
        ++Pointers;
      else if (!F->getType()->isIntegralOrEnumerationType())
        return false;
    }
    const std::optional<const CXXRecordDecl *> Base = dataBase(C);
    if (!Base)
      return false;
    C = *Base;
  }
  return Pointers == 1;
}

/// Types whose values are followed: pointers to structs, to void, to such
/// pointers, and C++ handles that hold one.
bool isTracked(QualType T) {
  T = T.getNonReferenceType();
  if (const auto *P = T->getAs<PointerType>()) {
    QualType To = P->getPointeeType();
    while (const auto *Inner = To->getAs<PointerType>())
      To = Inner->getPointeeType();
    return To->isRecordType() || To->isVoidType();
  }
  if (T->isArrayType())
    return isTracked(QualType(T->getPointeeOrArrayElementType(), 0)) ||
           isTracked(T->castAsArrayTypeUnsafe()->getElementType());
  return T->isRecordType();
}

} // namespace

llvm::ArrayRef<unsigned> FunctionRefs::usesOf(const ValueDecl *D) const {
  auto It = UsesByDecl.find(cast<ValueDecl>(D->getCanonicalDecl()));
  return It == UsesByDecl.end() ? llvm::ArrayRef<unsigned>()
                                : llvm::ArrayRef<unsigned>(It->second);
}

llvm::ArrayRef<unsigned> FunctionRefs::storedBy(const Stmt *S) const {
  auto It = StoresByStmt.find(S);
  return It == StoresByStmt.end() ? llvm::ArrayRef<unsigned>()
                                  : llvm::ArrayRef<unsigned>(It->second);
}

const CallArguments *
FunctionRefs::arguments(const CallExpr *Call) const {
  auto It = CallIndex.find(Call);
  return It == CallIndex.end() ? nullptr : &Calls[It->second];
}

const LateUse *FunctionRefs::lateUse(unsigned I) const {
  for (const LateUse &U : LateUses)
    if (U.Parameter->getFunctionScopeIndex() == I)
      return &U;
  return nullptr;
}

struct RefStates::Entry {
  bool Done = false;
  std::unique_ptr<FunctionRefs> Refs;
};

//===----------------------------------------------------------------------===//
// The transfer function
//===----------------------------------------------------------------------===//

class RefTransfer {
public:
  using State = RefVars;

  RefTransfer(RefStates &States, FunctionRefs &Refs, const FunctionFlow &Flow)
      : States(States), Model(States.model()), Context(Model.context()),
        Refs(Refs), Flow(Flow), HasLocks(Model.function(Refs.FD)->Locks),
        HasCallers(!Model.function(Refs.FD)->Callers.empty()) {
    makeOrigin(OriginKind::Unknown, nullptr);
    makeOrigin(OriginKind::Null, nullptr);
    makeOrigin(OriginKind::Static, nullptr);
    findLiveness();
  }
  enum : unsigned { UnknownValue = 0, NullValue = 1, StaticValue = 2 };

  bool Recording = false;

  State entry() {
    State S;
    for (const ParmVarDecl *P : Refs.FD->parameters())
      if (isTracked(P->getType()))
        S.at(locationOf(P)) = {parameter(P)};
    return S;
  }

  bool join(State &Into, const State &From) {
    Work += Into.Vars.size() + From.Vars.size();
    if (Work > MaxWork)
      return false; // Reported as not analysed.
    bool Changed = joinHeld(Into, From);
    // Both are sorted: one walk, and no copy when nothing is new.
    size_t I = 0;
    for (const auto &[Loc, V] : From.Vars) {
      while (I < Into.Vars.size() && Into.Vars[I].first < Loc)
        ++I;
      if (I < Into.Vars.size() && Into.Vars[I].first == Loc) {
        Changed |= unite(Into.Vars[I].second, V);
      } else {
        Into.Vars.insert(Into.Vars.begin() + I, {Loc, V});
        Changed = true;
      }
    }
    Changed |= unite(Into.Escaped, From.Escaped);
    Changed |= unite(Into.Crossed, From.Crossed);
    for (const auto &[Origin, Call] : From.Ran)
      Changed |= Into.setRan(Origin, Call);
    Changed |= intersect(Into.Current, From.Current);
    Changed |= intersect(Into.Tuples, From.Tuples);
    Changed |= intersect(Into.Plain, From.Plain);
    return Changed;
  }

  /// What is held on one way, and nowhere to be found on the other, is held.
  static bool joinHeld(State &Into, const State &From) {
    if (Into.Held == From.Held)
      return false;
    auto Occurs = [](const State &S, unsigned X) {
      return llvm::any_of(S.Vars,
                          [&](const auto &P) { return contains(P.second, X); });
    };
    Values Held;
    for (unsigned X : Into.Held)
      if (contains(From.Held, X) || !Occurs(From, X))
        insert(Held, X);
    for (unsigned X : From.Held)
      if (!Occurs(Into, X))
        insert(Held, X);
    if (Held == Into.Held)
      return false;
    Into.Held = std::move(Held);
    return true;
  }

  void enter(State &S, const CFGBlock &B) {
    const llvm::BitVector &Live = LiveIn[B.getBlockID()];
    llvm::erase_if(S.Vars, [&](const auto &P) {
      const VarDecl *VD = Locations[P.first].first;
      auto It = VarIndex.find(VD);
      return It != VarIndex.end() && !Live.test(It->second);
    });
  }

  /// The work done so far, in entries of states copied and compared.
  size_t Work = 0;
  static constexpr size_t MaxWork = 4000000;

  void transfer(State &S, const CFGElement &E) {
    if (auto CS = E.getAs<CFGStmt>())
      statement(S, CS->getStmt());
  }

  bool refine(State &S, const CFGBlock &From, unsigned Successor) {
    Work += S.Vars.size();
    if (Work > MaxWork)
      return false;
    // Only a two-way branch tests something.
    if (From.succ_size() != 2 || Successor > 1)
      return true;
    const Stmt *Term = From.getTerminatorStmt();
    if (!Term || isa<SwitchStmt>(Term) || isa<CXXForRangeStmt>(Term) ||
        isa<CXXTryStmt>(Term) || isa<GCCAsmStmt>(Term))
      return true;
    const auto *Cond = dyn_cast_or_null<Expr>(From.getLastCondition());
    if (Cond)
      assume(S, Cond, Successor == 0);
    return true;
  }

private:
  RefStates &States;
  const model::ExtensionModel &Model;
  ASTContext &Context;
  FunctionRefs &Refs;
  const FunctionFlow &Flow;
  const bool HasLocks;
  const bool HasCallers; ///< Somebody can ask about its parameters.

  llvm::DenseMap<std::pair<const VarDecl *, const FieldDecl *>, unsigned>
      LocationIndex;
  std::vector<std::pair<const VarDecl *, const FieldDecl *>> Locations;
  llvm::DenseMap<const VarDecl *, unsigned> VarIndex;
  std::vector<llvm::BitVector> LiveIn; ///< By block id.
  llvm::DenseMap<const Expr *, unsigned> OriginOf;
  llvm::DenseMap<const Expr *, unsigned> OwnedOf;
  llvm::DenseMap<const Expr *, unsigned> LookupOf;
  llvm::DenseMap<const ParmVarDecl *, unsigned> ParameterOf;
  llvm::DenseMap<const VarDecl *, unsigned> CaptureOf;
  llvm::DenseMap<std::pair<const Expr *, unsigned>, unsigned> OutOriginOf;
  llvm::DenseMap<unsigned, unsigned> AddressOf;
  llvm::DenseMap<const CallExpr *, unsigned> CallNumber;
  std::vector<const CallExpr *> NumberedCalls;
  llvm::DenseMap<unsigned, Values> ContainerOf; ///< By lookup.
  unsigned ThisOrigin = ~0u;
  /// Numbers, beyond those of locations, of fields and elements that have been
  /// tested for their type, and the variables each is reached through.
  static constexpr unsigned FirstText = 1u << 30;
  llvm::StringMap<unsigned> TextIndex;
  std::vector<llvm::SmallVector<const ValueDecl *, 2>> TextRoots;
  /// Variables that only ever hold the outcome of a test for a type.
  llvm::DenseMap<const VarDecl *, const Expr *> Outcomes;
  bool OutcomesKnown = false;

  //===--------------------------------------------------------------------===//
  // Locations

  unsigned locationOf(const VarDecl *VD, const FieldDecl *FD = nullptr) {
    auto [It, New] = LocationIndex.try_emplace({VD, FD}, Locations.size());
    if (New)
      Locations.push_back({VD, FD});
    return It->second;
  }

  /// The local variable, or member of a local struct, that \p E names.
  std::optional<unsigned> localLocation(const Expr *E) {
    E = strip(E);
    if (const auto *DRE = dyn_cast<DeclRefExpr>(E)) {
      const auto *VD = dyn_cast<VarDecl>(DRE->getDecl());
      if (VD && VD->hasLocalStorage() && isTracked(VD->getType()))
        return locationOf(VD);
      return std::nullopt;
    }
    if (const auto *M = dyn_cast<MemberExpr>(E)) {
      if (M->isArrow())
        return std::nullopt;
      const auto *F = dyn_cast<FieldDecl>(M->getMemberDecl());
      const Expr *Base = strip(M->getBase());
      while (const auto *Inner = dyn_cast<MemberExpr>(Base)) {
        if (Inner->isArrow())
          return std::nullopt;
        Base = strip(Inner->getBase());
      }
      const auto *DRE = dyn_cast<DeclRefExpr>(Base);
      const auto *VD = DRE ? dyn_cast<VarDecl>(DRE->getDecl()) : nullptr;
      if (F && VD && VD->hasLocalStorage() &&
          !VD->getType()->isReferenceType() && isTracked(F->getType()))
        return locationOf(VD, F);
    }
    return std::nullopt;
  }

  void readOperand(llvm::BitVector &Read, const llvm::BitVector &Written,
                   const llvm::DenseMap<const Stmt *, char> &Targets,
                   const Stmt *S) {
    const auto *DRE = dyn_cast<DeclRefExpr>(S);
    if (!DRE || Targets.count(S))
      return;
    auto It = VarIndex.find(dyn_cast<VarDecl>(DRE->getDecl()));
    if (It != VarIndex.end() && !Written.test(It->second))
      Read.set(It->second);
  }

  /// The value of \p C is asked for after its arms have been left.
  void readAll(llvm::BitVector &Read, const llvm::BitVector &Written,
               const AbstractConditionalOperator *C) {
    const llvm::DenseMap<const Stmt *, char> NoTargets;
    llvm::SmallVector<const Stmt *, 8> Todo = {C->getTrueExpr(),
                                               C->getFalseExpr()};
    while (!Todo.empty()) {
      const Stmt *S = Todo.pop_back_val();
      readOperand(Read, Written, NoTargets, S);
      for (const Stmt *Child : S->children())
        if (Child)
          Todo.push_back(Child);
    }
  }

  void findLiveness() {
    // Variables whose address is taken can be read through it at any time.
    llvm::DenseMap<const VarDecl *, char> AddressTaken;
    const CFG &Graph = Flow.graph();
    struct Sets {
      llvm::BitVector Read, Written;
    };
    auto local = [](const Stmt *S) -> const VarDecl * {
      const auto *DRE = dyn_cast<DeclRefExpr>(S);
      const auto *VD = DRE ? dyn_cast<VarDecl>(DRE->getDecl()) : nullptr;
      return VD && VD->hasLocalStorage() ? VD : nullptr;
    };
    for (const CFGBlock *B : Flow.order())
      for (const CFGElement &E : *B)
        if (auto CS = E.getAs<CFGStmt>()) {
          const Stmt *S = CS->getStmt();
          if (const VarDecl *VD = local(S)) {
            if (VarIndex.count(VD) || !isTracked(VD->getType()))
              continue;
            if (!VD->getType()->isScalarType() ||
                VD->getType()->isReferenceType())
              AddressTaken[VD] = 1;
            else
              VarIndex.try_emplace(VD, VarIndex.size());
          } else if (const auto *U = dyn_cast<UnaryOperator>(S)) {
            if (U->getOpcode() == UO_AddrOf)
              if (const VarDecl *VD = local(strip(U->getSubExpr())))
                AddressTaken[VD] = 1;
          } else if (const auto *L = dyn_cast<LambdaExpr>(S)) {
            for (const LambdaCapture &C : L->captures())
              if (C.capturesVariable())
                if (const auto *VD = dyn_cast<VarDecl>(C.getCapturedVar()))
                  AddressTaken[VD] = 1;
          }
        }
    for (const auto &[VD, Yes] : AddressTaken)
      VarIndex.erase(VD);
    unsigned N = 0;
    for (auto &Entry : VarIndex)
      Entry.second = N++;

    const unsigned NumBlocks = Graph.getNumBlockIDs();
    if (N == 0) {
      LiveIn.assign(NumBlocks, llvm::BitVector());
      return;
    }
    std::vector<Sets> Local(NumBlocks);
    llvm::DenseMap<const Stmt *, char> Targets;
    for (const CFGBlock *B : Flow.order()) {
      Sets &L = Local[B->getBlockID()];
      L.Read.resize(N);
      L.Written.resize(N);
      Targets.clear();
      for (const CFGElement &E : *B)
        if (auto CS = E.getAs<CFGStmt>())
          if (const auto *A = dyn_cast<BinaryOperator>(CS->getStmt()))
            if (A->getOpcode() == BO_Assign)
              if (const Stmt *T = A->getLHS()->IgnoreParens(); local(T))
                Targets[T] = 1;
      for (const CFGElement &E : *B) {
        auto CS = E.getAs<CFGStmt>();
        if (!CS)
          continue;
        const Stmt *S = CS->getStmt();
        switch (S->getStmtClass()) {
        case Stmt::DeclRefExprClass:
          readOperand(L.Read, L.Written, Targets, S);
          break;
        case Stmt::DeclStmtClass:
          for (const Decl *One : cast<DeclStmt>(S)->decls()) {
            auto It = VarIndex.find(dyn_cast<VarDecl>(One));
            if (It != VarIndex.end())
              L.Written.set(It->second);
          }
          break;
        case Stmt::ConditionalOperatorClass:
        case Stmt::BinaryConditionalOperatorClass:
          readAll(L.Read, L.Written, cast<AbstractConditionalOperator>(S));
          break;
        case Stmt::ImplicitCastExprClass:
        case Stmt::ParenExprClass:
          break;
        default:
          // Operands can be in earlier blocks, when ?: or && lies between.
          if (isa<CallExpr, CXXConstructExpr, BinaryOperator, InitListExpr,
                  MemberExpr, ArraySubscriptExpr>(S))
            for (const Stmt *Child : S->children())
              if (const auto *Operand = dyn_cast_or_null<Expr>(Child))
                readOperand(L.Read, L.Written, Targets, strip(Operand));
          if (const auto *A = dyn_cast<BinaryOperator>(S);
              A && A->getOpcode() == BO_Assign)
            if (const VarDecl *VD = local(A->getLHS()->IgnoreParens())) {
              auto It = VarIndex.find(VD);
              if (It != VarIndex.end())
                L.Written.set(It->second);
            }
        }
      }
    }
    // An assignment's target is an element of the block that evaluates it even
    // when the value needs several blocks; reading it there does no harm.
    LiveIn.assign(NumBlocks, llvm::BitVector(N));
    bool Changed = true;
    for (unsigned Round = 0; Changed && Round < 16; ++Round) {
      Changed = false;
      for (const CFGBlock *B : llvm::reverse(Flow.order())) {
        const unsigned Id = B->getBlockID();
        llvm::BitVector In(N);
        for (const CFGBlock::AdjacentBlock &A : B->succs())
          if (const CFGBlock *Succ = A.getReachableBlock())
            In |= LiveIn[Succ->getBlockID()];
        In.reset(Local[Id].Written);
        In |= Local[Id].Read;
        if (In != LiveIn[Id]) {
          LiveIn[Id] = std::move(In);
          Changed = true;
        }
      }
    }
    if (Changed) // Deeply nested loops: keep everything.
      for (llvm::BitVector &V : LiveIn)
        V.set();
  }

  //===--------------------------------------------------------------------===//
  // Origins

  unsigned makeOrigin(OriginKind K, const Expr *Where,
                      const ValueDecl *D = nullptr) {
    Origin O;
    O.Kind = K;
    O.Where = Where;
    O.Decl = D;
    Refs.Origins.push_back(std::move(O));
    return Refs.Origins.size() - 1;
  }

  /// The origin that stands for expression \p E, made on the first call.
  unsigned originOf(const Expr *E, OriginKind K, const ValueDecl *D = nullptr) {
    auto [It, New] = OriginOf.try_emplace(E, 0);
    if (New)
      It->second = makeOrigin(K, E, D);
    return It->second;
  }

  unsigned parameter(const ParmVarDecl *P) {
    auto [It, New] = ParameterOf.try_emplace(P, 0);
    if (New)
      It->second = makeOrigin(OriginKind::Parameter, nullptr, P);
    return It->second;
  }

  /// The function is the body of a lambda, and \p VD a variable around it.
  bool isCapture(const VarDecl *VD) const {
    const auto *M = dyn_cast<CXXMethodDecl>(Refs.FD);
    return M && M->getParent()->isLambda() &&
           !VD->getType().getNonReferenceType()->isRecordType();
  }

  unsigned captured(const VarDecl *VD) {
    auto [It, New] = CaptureOf.try_emplace(VD, 0);
    if (New)
      It->second = makeOrigin(OriginKind::Captured, nullptr, VD);
    return It->second;
  }

  unsigned addressOf(unsigned Loc) {
    auto [It, New] = AddressOf.try_emplace(Loc, 0);
    if (New) {
      It->second = makeOrigin(OriginKind::Address, nullptr, Locations[Loc].first);
      Refs.Origins[It->second].Location = Loc;
    }
    return It->second;
  }

  unsigned owned(unsigned Borrowed) {
    const Expr *E = Refs.Origins[Borrowed].Where;
    auto [It, New] = OwnedOf.try_emplace(E, 0);
    if (New) {
      It->second = makeOrigin(OriginKind::Owned, E);
      Refs.Origins[It->second].Lookup = Refs.Origins[Borrowed].Lookup;
      Refs.Origins[It->second].Base = Refs.Origins[Borrowed].Base;
    }
    return It->second;
  }

  /// What \p V is once somebody has a reference of his own.
  Values ownedValues(const Values &V) {
    Values R;
    for (unsigned X : V)
      insert(R, isBorrowed(X) ? owned(X) : X);
    return R;
  }

  bool isBorrowed(unsigned O) const {
    return Refs.Origins[O].Kind == OriginKind::Borrowed;
  }

  /// The Borrowed origin for lookup expression \p E.
  unsigned borrowed(const Expr *E, const facts::BorrowedReference *Row,
                    std::string Name, const Expr *Container,
                    const FunctionDecl *Through = nullptr,
                    unsigned Inner = ~0u) {
    auto [It, New] = LookupOf.try_emplace(E, 0);
    if (New) {
      Lookup L;
      L.Where = E;
      L.Fact = Row;
      L.Name = std::move(Name);
      L.Container = Container;
      L.Through = Through;
      L.Inner = Inner;
      Refs.Lookups.push_back(std::move(L));
      unsigned O = makeOrigin(OriginKind::Borrowed, E);
      Refs.Origins[O].Lookup = Refs.Lookups.size() - 1;
      It->second = O;
    }
    return It->second;
  }

  //===--------------------------------------------------------------------===//
  // Values of expressions

  const Values *contents(const State &S, unsigned Address) const {
    return S.find(Refs.Origins[Address].Location);
  }

  /// What is read through a pointer with value \p Base by \p E.
  Values through(const State &S, const Expr *E, const Values &Base,
                 const ValueDecl *Field = nullptr) {
    Values R;
    Values Rest;
    for (unsigned B : Base) {
      const Origin &O = Refs.Origins[B];
      if (O.Kind == OriginKind::Address && !Field) {
        if (const Values *V = contents(S, B))
          unite(R, *V);
      } else if (O.Kind == OriginKind::Address && Field) {
        // &local->field
        const auto *F = dyn_cast<FieldDecl>(Field);
        const VarDecl *VD = Locations[O.Location].first;
        if (F && VD->getType()->isRecordType()) {
          if (const Values *V = S.find(locationOf(VD, F)))
            unite(R, *V);
          else
            insert(R, UnknownValue);
        } else {
          insert(Rest, B);
        }
      } else if (O.Kind == OriginKind::Borrowed && !Field &&
                 isStorage(O)) {
        insert(R, B);
      } else if (O.Kind == OriginKind::FieldAddress && !Field) {
        const ValueDecl *Of = O.Decl;
        const Values Owners = O.Base;
        const unsigned L = originOf(E, OriginKind::Load, Of);
        if (Refs.Origins[L].Decl == Of) {
          unite(Refs.Origins[L].Base, Owners);
          insert(R, L);
        } else {
          insert(R, UnknownValue);
        }
      } else {
        insert(Rest, B);
      }
    }
    if (!Rest.empty() || Base.empty()) {
      const ValueDecl *Array = Field ? nullptr : arrayBehind(E, Rest);
      unsigned L = originOf(E, OriginKind::Load, Field ? Field : Array);
      if (Array) {
        Refs.Origins[L].Element = true;
        // Of whom the array is.
        Values Owners;
        for (unsigned X : Rest)
          if (const Origin &O = Refs.Origins[X];
              O.Kind == OriginKind::Load && O.Decl == Array)
            unite(Owners, O.Base);
          else
            insert(Owners, X);
        Rest = std::move(Owners);
      }
      unite(Refs.Origins[L].Base, Rest);
      insert(R, L);
    }
    return R;
  }

  /// The global or field of which \p E is an element: an array, or a pointer to
  /// pointers. Null when it is not known or not the only one.
  const ValueDecl *arrayBehind(const Expr *E, const Values &Base) const {
    const Expr *Of = nullptr;
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(E))
      Of = strip(A->getBase());
    else if (const auto *U = dyn_cast<UnaryOperator>(E))
      Of = strip(U->getSubExpr());
    const ValueDecl *D = nullptr;
    if (const auto *R = dyn_cast_or_null<DeclRefExpr>(Of)) {
      const auto *VD = dyn_cast<VarDecl>(R->getDecl());
      D = VD && !VD->hasLocalStorage() ? VD : nullptr;
    } else if (const auto *M = dyn_cast_or_null<MemberExpr>(Of)) {
      D = dyn_cast<FieldDecl>(M->getMemberDecl());
    }
    if (!D)
      for (unsigned X : Base) {
        const Origin &O = Refs.Origins[X];
        if (O.Kind != OriginKind::Load || O.Element || !O.Decl ||
            (D && D != O.Decl))
          return nullptr;
        D = O.Decl;
      }
    return D && isArrayOfPointers(D->getType()) ? D : nullptr;
  }

  static bool isArrayOfPointers(QualType T) {
    QualType Element;
    if (T->isArrayType())
      Element = QualType(T->getBaseElementTypeUnsafe(), 0);
    else if (const auto *P = T->getAs<PointerType>())
      Element = P->getPointeeType();
    return !Element.isNull() && Element->isPointerType() &&
           Element->getPointeeType()->isRecordType();
  }

  /// A pointer to the items rather than to one item.
  bool isStorage(const Origin &O) const {
    QualType T = O.Where->getType();
    const auto *P = T->getAs<PointerType>();
    return P && P->getPointeeType()->isPointerType();
  }

  /// \p E is a cast to an object of the extension: what is cast is no container.
  bool castsToOwn(const Expr *E) const {
    const auto *Cast = dyn_cast<ExplicitCastExpr>(E->IgnoreParenImpCasts());
    if (!Cast || !Cast->getType()->isPointerType())
      return false;
    const RecordDecl *RD = Cast->getType()->getPointeeType()->getAsRecordDecl();
    return RD && model::ExtensionModel::isObjectRecord(RD) &&
           Model.preprocessing().isFirstParty(RD->getLocation());
  }

  Values evaluate(const Expr *E, State &S, unsigned Depth = 0) {
    if (!E || Depth > 64)
      return {UnknownValue};
    if (castsToOwn(E)) {
      const Expr *Inner = strip(E);
      Values V = evaluate(Inner, S, Depth + 1);
      if (isa<MemberExpr, ArraySubscriptExpr>(Inner))
        for (unsigned X : V)
          if (Refs.Origins[X].Kind == OriginKind::Load &&
              Refs.Origins[X].Where == Inner)
            Refs.Origins[X].AsOwn = true;
      return V;
    }
    E = strip(E);
    ++Depth;
    switch (E->getStmtClass()) {
    case Stmt::DeclRefExprClass: {
      const ValueDecl *D = cast<DeclRefExpr>(E)->getDecl();
      const auto *VD = dyn_cast<VarDecl>(D);
      if (!VD)
        return {isa<FunctionDecl>(D) ? unsigned(StaticValue)
                                     : unsigned(UnknownValue)};
      if (VD->hasLocalStorage()) {
        if (!isTracked(VD->getType()))
          return {UnknownValue};
        unsigned Loc = locationOf(VD);
        if (VD->getType()->isArrayType())
          return {addressOf(Loc)};
        if (const Values *V = S.find(Loc))
          return *V;
        // What a lambda has captured is what the function around it was given.
        if (const auto *P = dyn_cast<ParmVarDecl>(VD);
            P && P->getDeclContext() !=
                     static_cast<const DeclContext *>(Refs.FD))
          return {parameter(P)};
        if ((VD->isInitCapture() ||
             VD->getDeclContext() !=
                 static_cast<const DeclContext *>(Refs.FD)) &&
            isCapture(VD))
          return {captured(VD)};
        return {};
      }
      if (!VD->getType()->isPointerType() &&
          !VD->getType()->isReferenceType())
        return {StaticValue};
      return {originOf(E, OriginKind::Load, VD)};
    }
    case Stmt::MemberExprClass: {
      const auto *M = cast<MemberExpr>(E);
      if (auto Loc = localLocation(M)) {
        if (M->getType()->isArrayType())
          return {addressOf(*Loc)};
        if (const Values *V = S.find(*Loc))
          return *V;
        return {UnknownValue};
      }
      if (unsigned B; lookupHere(M, B))
        return {B};
      if (!isa<FieldDecl>(M->getMemberDecl())) {
        // A static data member is a global.
        return {isa<VarDecl>(M->getMemberDecl())
                    ? originOf(E, OriginKind::Load, M->getMemberDecl())
                    : unsigned(UnknownValue)};
      }
      return through(S, E, evaluate(M->getBase(), S, Depth),
                     M->getMemberDecl());
    }
    case Stmt::ArraySubscriptExprClass: {
      const auto *A = cast<ArraySubscriptExpr>(E);
      if (unsigned B; lookupHere(A, B))
        return {B};
      return through(S, E, evaluate(A->getBase(), S, Depth));
    }
    case Stmt::UnaryOperatorClass: {
      const auto *U = cast<UnaryOperator>(E);
      switch (U->getOpcode()) {
      case UO_AddrOf: {
        const Expr *Sub = strip(U->getSubExpr());
        if (auto Loc = localLocation(Sub))
          return {addressOf(*Loc)};
        if (const auto *DRE = dyn_cast<DeclRefExpr>(Sub)) {
          const auto *VD = dyn_cast<VarDecl>(DRE->getDecl());
          if (VD && VD->hasLocalStorage())
            return {addressOf(locationOf(VD))};
          return {StaticValue};
        }
        if (unsigned B; lookupHere(Sub, B))
          return {B};
        if (const auto *A = dyn_cast<ArraySubscriptExpr>(Sub))
          return evaluate(A->getBase(), S, Depth);
        if (const auto *M = dyn_cast<MemberExpr>(Sub)) {
          if (!M->isArrow())
            return evaluate(M->getBase(), S, Depth);
          if (isa<FieldDecl>(M->getMemberDecl()) && isTracked(M->getType())) {
            const Values Owners = evaluate(M->getBase(), S, Depth);
            const unsigned A =
                originOf(E, OriginKind::FieldAddress, M->getMemberDecl());
            unite(Refs.Origins[A].Base, Owners);
            return {A};
          }
        }
        return {UnknownValue};
      }
      case UO_Deref:
        return through(S, E, evaluate(U->getSubExpr(), S, Depth));
      case UO_PostInc:
      case UO_PostDec:
      case UO_PreInc:
      case UO_PreDec:
        return evaluate(U->getSubExpr(), S, Depth);
      default:
        return {UnknownValue};
      }
    }
    case Stmt::BinaryOperatorClass: {
      const auto *B = cast<BinaryOperator>(E);
      if (B->getOpcode() == BO_Comma || B->getOpcode() == BO_Assign)
        return evaluate(B->getRHS(), S, Depth);
      if (B->getType()->isPointerType() &&
          (B->getOpcode() == BO_Add || B->getOpcode() == BO_Sub))
        return evaluate(B->getLHS()->getType()->isPointerType() ? B->getLHS()
                                                                : B->getRHS(),
                        S, Depth);
      return {UnknownValue};
    }
    case Stmt::CompoundAssignOperatorClass:
      return evaluate(cast<BinaryOperator>(E)->getLHS(), S, Depth);
    case Stmt::ConditionalOperatorClass: {
      const auto *C = cast<ConditionalOperator>(E);
      Values V = evaluate(C->getTrueExpr(), S, Depth);
      unite(V, evaluate(C->getFalseExpr(), S, Depth));
      return V;
    }
    case Stmt::BinaryConditionalOperatorClass: {
      const auto *C = cast<BinaryConditionalOperator>(E);
      Values V = evaluate(C->getCommon(), S, Depth);
      unite(V, evaluate(C->getFalseExpr(), S, Depth));
      return V;
    }
    case Stmt::StmtExprClass: {
      const CompoundStmt *Body = cast<StmtExpr>(E)->getSubStmt();
      if (!Body->body_empty())
        if (const auto *Last = dyn_cast<Expr>(Body->body_back()))
          return evaluate(Last, S, Depth);
      return {UnknownValue};
    }
    case Stmt::CallExprClass:
    case Stmt::CXXMemberCallExprClass:
    case Stmt::CXXOperatorCallExprClass:
      return call(cast<CallExpr>(E), S, Depth);
    case Stmt::CXXConstructExprClass:
    case Stmt::CXXTemporaryObjectExprClass: {
      const auto *C = cast<CXXConstructExpr>(E);
      const CXXRecordDecl *Class = C->getConstructor()->getParent();
      if (C->getNumArgs() >= 1 &&
          (C->getConstructor()->isCopyOrMoveConstructor() || isHandle(Class)))
        return evaluate(C->getArg(0), S, Depth);
      if (isOwner(Class)) {
        if (C->getNumArgs() == 0)
          return {NullValue};
        if (model::ExtensionModel::isObjectPointer(
                C->getArg(0)->IgnoreParenCasts()->getType()))
          return ownedValues(evaluate(C->getArg(0), S, Depth));
      }
      return {UnknownValue};
    }
    case Stmt::CXXThisExprClass:
      if (ThisOrigin == ~0u)
        ThisOrigin = makeOrigin(OriginKind::Parameter, E);
      return {ThisOrigin};
    case Stmt::InitListExprClass: {
      Values V;
      for (const Expr *I : cast<InitListExpr>(E)->inits())
        unite(V, evaluate(I, S, Depth));
      return V;
    }
    case Stmt::CompoundLiteralExprClass:
      return evaluate(cast<CompoundLiteralExpr>(E)->getInitializer(), S, Depth);
    case Stmt::IntegerLiteralClass:
    case Stmt::GNUNullExprClass:
    case Stmt::CXXNullPtrLiteralExprClass:
    case Stmt::ImplicitValueInitExprClass:
      return {NullValue};
    case Stmt::StringLiteralClass:
      return {StaticValue};
    default:
      return {UnknownValue};
    }
  }

  bool lookupHere(const Expr *E, unsigned &Origin) {
    auto It = LookupOf.find(E);
    if (It != LookupOf.end()) {
      Origin = It->second;
      return true;
    }
    if (isa<CallExpr>(E) && OriginOf.count(E))
      return false;
    std::string Name;
    const Expr *Container = nullptr;
    const facts::BorrowedReference *Row =
        borrowedLookup(E, Model, Name, Container);
    if (!Row)
      return false;
    int Arg;
    const auto *Call = dyn_cast<CallExpr>(E);
    const FunctionDecl *Through =
        Call && declaredBorrowed(Call->getDirectCallee(), Arg)
            ? Call->getDirectCallee()
            : nullptr;
    Origin = borrowed(E, Row, std::move(Name), Container, Through);
    return true;
  }

  Values call(const CallExpr *Call, State &S, unsigned Depth) {
    if (unsigned B; lookupHere(Call, B))
      return {B};
    const FunctionDecl *FD = Call->getDirectCallee();
    if (StringRef Api = apiName(FD); !Api.empty()) {
      if (const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(Api);
          Op && Op->Op == facts::RefcountOp::NewRef && Call->getNumArgs() > 0) {
        Values V = evaluate(Call->getArg(0), S, Depth), R;
        for (unsigned X : V)
          insert(R, isBorrowed(X) ? owned(X) : X);
        return R;
      }
      if (const facts::NewReference *New = facts::findNewReference(Api);
          New && New->OutArg < 0)
        return newReference(Call, *New, S, Depth);
      // return PyErr_NoMemory();
      if (facts::isErrorSetter(Api) && !facts::findBorrowed(Api) &&
          Call->getType()->isPointerType())
        return {NullValue};
      // Whoever has the capsule has what is in it.
      if (const facts::InteriorPointer *P = facts::findInteriorPointer(Api);
          P && P->Owner == facts::ContainerKind::Capsule && P->OwnerArg >= 0 &&
          Call->getType()->isVoidPointerType())
        return {originOf(Call, OriginKind::New)};
      // *_PyObject_GetDictPtr(o)
      if (isDictPointer(Call))
        return {originOf(Call, OriginKind::New)};
    }
    // type->tp_alloc(type, 0)
    if (!FD)
      if (const auto *M = dyn_cast<MemberExpr>(strip(Call->getCallee())))
        if (const facts::TypeSlot *Slot = slotOf(
                M);
            Slot && (Slot->Role == facts::SlotRole::Alloc ||
                     Slot->Role == facts::SlotRole::New))
          return {originOf(Call, OriginKind::Instance)};
    if (isTransparent(FD) && Call->getNumArgs() > 0)
      return evaluate(Call->getArg(0), S, Depth);
    // list.ptr() of a binding's object classes is the object itself.
    if (const auto *M = dyn_cast<CXXMemberCallExpr>(Call))
      if (M->getNumArgs() == 0 &&
          model::ExtensionModel::isObjectPointer(M->getType()) &&
          (!FD || !Model.function(FD) || isHandle(M->getRecordDecl()) ||
           isOwner(M->getRecordDecl())))
        return evaluate(M->getImplicitObjectArgument(), S, Depth);
    if (const auto *O = dyn_cast<CXXOperatorCallExpr>(Call))
      if (O->getNumArgs() == 1 && O->getOperator() == OO_Arrow &&
          model::ExtensionModel::isObjectPointer(O->getType()))
        return evaluate(O->getArg(0), S, Depth);
    if (FD && Model.function(FD)) {
      Values R;
      if (const FunctionRefs *Sum = handedOut(FD))
        for (unsigned V : Sum->returned()) {
          const Origin &O = Sum->origin(V);
          if (O.Kind == OriginKind::Borrowed)
            if (const Expr *Arg = containerArgument(*Sum, O.Lookup, Call))
              insert(R, borrowed(Call, Sum->lookups()[O.Lookup].Fact,
                                 FD->getNameAsString(), containerBehind(Arg),
                                 FD, O.Lookup));
        }
      insert(R, originOf(Call, OriginKind::Call, FD));
      return R;
    }
    // Of another file of the extension.
    if (isForeign(FD) && model::ExtensionModel::isObjectPointer(Call->getType()))
      return {originOf(Call, OriginKind::Call, FD)};
    return {UnknownValue};
  }

  static const facts::TypeSlot *slotOf(const MemberExpr *M) {
    const IdentifierInfo *II = M->getMemberDecl()->getIdentifier();
    return II ? facts::findTypeSlotByField(II->getName()) : nullptr;
  }

  Values newReference(const CallExpr *Call, const facts::NewReference &New,
                      State &S, unsigned Depth) {
    // PySequence_Fast gives back the very list or tuple it is given, with a
    // reference of its own.
    if (New.Container == facts::ContainerKind::Sequence &&
        Call->getNumArgs() > 0) {
      Values R;
      for (unsigned X : evaluate(Call->getArg(0), S, Depth))
        insert(R, isBorrowed(X) ? owned(X) : X);
      return R;
    }
    OriginKind K = OriginKind::New;
    bool Tuple = New.Container == facts::ContainerKind::Tuple;
    if (New.Fresh || New.FreshByFormat || Tuple)
      K = New.Container == facts::ContainerKind::Instance
              ? OriginKind::Instance
              : OriginKind::Fresh;
    unsigned O = originOf(Call, K);
    Refs.Origins[O].Immutable = Tuple;
    for (const Expr *A : Call->arguments())
      if (model::ExtensionModel::isObjectPointer(A->getType())) {
        Refs.Origins[O].Copy = true;
        Values Base = evaluate(A, S, Depth);
        unite(Refs.Origins[O].Base, Base);
        break;
      }
    return {O};
  }

  /// The summary of a function that may hand out a borrowed reference; null
  /// when it does not, or may be called with anything by others, who then
  /// cannot be judged here.
  const FunctionRefs *handedOut(const FunctionDecl *FD) {
    if (!States.mayHandOutBorrowed(FD))
      return nullptr;
    const model::Function *F = Model.function(FD);
    if (!F || F->isCalledFromOutside())
      return nullptr;
    return States.get(F->Decl);
  }

  /// The argument of \p Call that is the container of lookup \p L in the callee.
  const Expr *containerArgument(const FunctionRefs &Callee, unsigned L,
                                const CallExpr *Call) {
    for (unsigned V : Callee.lookups()[L].ContainerValues) {
      const Origin &O = Callee.origin(V);
      if (O.Kind != OriginKind::Parameter || !O.Decl)
        continue;
      unsigned I = cast<ParmVarDecl>(O.Decl)->getFunctionScopeIndex();
      if (I < Call->getNumArgs())
        return Call->getArg(I);
    }
    return nullptr;
  }

  //===--------------------------------------------------------------------===//
  // Effects of statements

  void statement(State &S, const Stmt *St) {
    switch (St->getStmtClass()) {
    case Stmt::DeclStmtClass:
      for (const Decl *D : cast<DeclStmt>(St)->decls())
        if (const auto *VD = dyn_cast<VarDecl>(D))
          declare(S, VD);
      break;
    case Stmt::BinaryOperatorClass: {
      const auto *B = cast<BinaryOperator>(St);
      if (B->getOpcode() == BO_Assign) {
        forgetTests(S, B->getLHS());
        assign(S, B);
      }
      break;
    }
    case Stmt::CompoundAssignOperatorClass:
      forgetTests(S, cast<BinaryOperator>(St)->getLHS());
      break;
    case Stmt::CXXOperatorCallExprClass: {
      const auto *C = cast<CXXOperatorCallExpr>(St);
      // Assignment between handles.
      if (C->getOperator() == OO_Equal && C->getNumArgs() == 2)
        if (auto Loc = localLocation(C->getArg(0))) {
          Values V = evaluate(C->getArg(1), S);
          setLocation(S, *Loc, std::move(V));
          break;
        }
      callEffects(S, C);
      break;
    }
    case Stmt::CallExprClass:
    case Stmt::CXXMemberCallExprClass:
    case Stmt::UserDefinedLiteralClass:
      callEffects(S, cast<CallExpr>(St));
      break;
    case Stmt::CXXConstructExprClass:
    case Stmt::CXXTemporaryObjectExprClass: {
      const auto *C = cast<CXXConstructExpr>(St);
      if (C->getConstructor()->isCopyOrMoveConstructor() ||
          isHandle(C->getConstructor()->getParent()))
        break;
      for (const Expr *A : C->arguments())
        useAll(S, A, UseKind::Passed, St);
      break;
    }
    case Stmt::ReturnStmtClass:
      if (const Expr *E = cast<ReturnStmt>(St)->getRetValue())
        returned(S, E, St);
      break;
    case Stmt::DeclRefExprClass:
      readAnew(S, cast<DeclRefExpr>(St));
      break;
    case Stmt::MemberExprClass: {
      const auto *M = cast<MemberExpr>(St);
      define(S, M);
      readAnew(S, M);
      if (M->isArrow() && isTracked(M->getBase()->getType())) {
        const Values V = evaluate(M->getBase(), S);
        useValues(S, V, UseKind::Deref, St);
        if (Recording && isUnborn(S, V, /*Containers=*/true))
          Refs.NewObjectFields.insert(M);
      }
      break;
    }
    case Stmt::ArraySubscriptExprClass: {
      const auto *A = cast<ArraySubscriptExpr>(St);
      unsigned Found; // Known before its value is asked for.
      (void)lookupHere(A, Found);
      define(S, A);
      // The storage of a list or a tuple is named by its own member expression.
      if (const facts::ItemStorage *Row; !itemStorage(A->getBase(), Row))
        useAll(S, A->getBase(), UseKind::Deref, St);
      break;
    }
    case Stmt::UnaryOperatorClass: {
      const auto *U = cast<UnaryOperator>(St);
      if (U->getOpcode() == UO_Deref)
        useAll(S, U->getSubExpr(), UseKind::Deref, St);
      else if (U->isIncrementDecrementOp())
        forgetTests(S, U->getSubExpr());
      break;
    }
    case Stmt::ConditionalOperatorClass: {
      // Whichever arm gave the value has looked it up now: the macros of
      // PySequence_Fast have one for lists and one for tuples.
      const auto *C = cast<ConditionalOperator>(St);
      for (const Expr *Arm : {C->getTrueExpr(), C->getFalseExpr()})
        if (auto It = LookupOf.find(strip(Arm)); It != LookupOf.end()) {
          S.forgetRan(It->second);
          erase(S.Crossed, Refs.Origins[It->second].Lookup);
        }
      break;
    }
    case Stmt::LambdaExprClass: {
      const auto *L = cast<LambdaExpr>(St);
      for (const Expr *I : L->capture_inits())
        if (I)
          useAll(S, I, UseKind::Passed, St);
      if (Recording)
        recordCaptures(S, *L);
      break;
    }
    default:
      break;
    }
  }

  void recordCaptures(State &S, const LambdaExpr &L) {
    for (const LambdaCapture &C : L.captures()) {
      const auto *VD =
          C.capturesVariable() ? dyn_cast<VarDecl>(C.getCapturedVar()) : nullptr;
      if (!VD || !isTracked(VD->getType()))
        continue;
      Values V;
      if (VD->isInitCapture())
        V = VD->getInit() ? evaluate(VD->getInit(), S) : Values();
      else if (const Values *Held = S.find(locationOf(VD)))
        V = *Held;
      for (unsigned X : V)
        if (contains(S.Escaped, X))
          Refs.EscapedCaptures.insert(VD);
      unite(Refs.CapturedValues[VD], V);
    }
  }

  /// What is read from state now is not what was read before.
  void readAnew(State &S, const Expr *E) {
    if (S.Held.empty())
      return;
    if (!S.Current.empty())
      (void)evaluate(E, S);
    auto It = OriginOf.find(E);
    if (It == OriginOf.end())
      return;
    // Py_INCREF(self->x); return self->x;
    const unsigned X = It->second;
    if (llvm::any_of(S.Current,
                     [&](unsigned Y) { return Y != X && sameObject(X, Y); }))
      insert(S.Held, X);
    else
      erase(S.Held, X);
  }

  void setLocation(State &S, unsigned Loc, Values V) {
    erase(S.Tuples, Loc);
    erase(S.Plain, Loc);
    S.at(Loc) = std::move(V);
  }

  void declare(State &S, const VarDecl *VD) {
    if (!VD->hasLocalStorage() || !isTracked(VD->getType()))
      return;
    const Expr *Init = VD->getInit();
    if (const auto *List =
            dyn_cast_or_null<InitListExpr>(Init ? strip(Init) : nullptr)) {
      if (const auto *RD = VD->getType()->getAsRecordDecl()) {
        unsigned I = 0;
        for (const FieldDecl *F : RD->fields()) {
          if (F->isUnnamedBitField())
            continue;
          if (I >= List->getNumInits())
            break;
          if (isTracked(F->getType()))
            setLocation(S, locationOf(VD, F), evaluate(List->getInit(I), S));
          ++I;
        }
        return;
      }
      Values V;
      for (const Expr *E : List->inits())
        unite(V, evaluate(E, S));
      setLocation(S, locationOf(VD), std::move(V));
      return;
    }
    if (VD->getType()->isRecordType() && Init) {
      // py::list l; makes a list: default construction of a class with an
      // object in it is left unknown.
      setLocation(S, locationOf(VD), evaluate(Init, S));
      return;
    }
    const bool Tuple = Init && isKnownTuple(S, Init);
    setLocation(S, locationOf(VD), Init ? evaluate(Init, S) : Values());
    if (Tuple)
      insert(S.Tuples, locationOf(VD));
  }

  /// \p E has the value of something that a test says is a tuple.
  bool isKnownTuple(const State &S, const Expr *E) {
    if (S.Tuples.empty())
      return false;
    E = strip(E);
    // What PySequence_Fast() gives back of a tuple is the tuple.
    if (const auto *Call = dyn_cast<CallExpr>(E)) {
      const StringRef Api = apiName(Call);
      const facts::NewReference *New =
          Api.empty() ? nullptr : facts::findNewReference(Api);
      const facts::ReferenceCountApi *Op =
          Api.empty() ? nullptr : facts::findReferenceCountOp(Api);
      if (Call->getNumArgs() == 0 ||
          !((New && New->Container == facts::ContainerKind::Sequence) ||
            (Op && Op->Op == facts::RefcountOp::NewRef)))
        return false;
      E = strip(Call->getArg(0));
    }
    const std::optional<unsigned> Key = testKey(E);
    return Key && contains(S.Tuples, *Key);
  }

  /// Remembers that \p B writes a field of an object made here.
  void noteStore(State &S, const MemberExpr *M, const BinaryOperator *B) {
    if (Recording && M->isArrow() &&
        isUnborn(S, evaluate(M->getBase(), S), /*Containers=*/false))
      Refs.NewObjectStores.insert(B);
  }

  /// All that function \p D returns are objects that it has made.
  bool makesInstance(const ValueDecl *D, unsigned Level = 0) {
    const auto *FD = dyn_cast_or_null<FunctionDecl>(D);
    const FunctionRefs *Sum = FD && Level < 6 ? States.get(FD) : nullptr;
    if (!Sum || Sum->returnsEscaped())
      return false;
    bool Any = false;
    for (unsigned X : Sum->returned()) {
      const Origin &O = Sum->origin(X);
      if (O.Kind == OriginKind::Null)
        continue;
      if (O.Kind != OriginKind::Instance &&
          !(O.Kind == OriginKind::Call && makesInstance(O.Decl, Level + 1)))
        return false;
      Any = true;
    }
    return Any;
  }

  /// \p V is an object made here that nobody else knows yet.
  bool isUnborn(const State &S, const Values &V, bool Containers) {
    bool Unborn = false;
    for (unsigned X : V) {
      const OriginKind K = Refs.Origins[X].Kind;
      if (K == OriginKind::Null)
        continue;
      if ((K != OriginKind::Instance &&
           !(Containers && K == OriginKind::Fresh) &&
           !(K == OriginKind::Call && makesInstance(Refs.Origins[X].Decl))) ||
          contains(S.Escaped, X))
        return false;
      Unborn = true;
    }
    return Unborn;
  }

  void assign(State &S, const BinaryOperator *B) {
    const Expr *LHS = strip(B->getLHS());
    if (const auto *M = dyn_cast<MemberExpr>(LHS))
      noteStore(S, M, B);
    if (!isTracked(LHS->getType()))
      return;
    Values V = evaluate(B->getRHS(), S);
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(LHS))
      replaceItem(S, *A);
    if (auto Loc = localLocation(LHS)) {
      const bool Tuple = isKnownTuple(S, B->getRHS());
      setLocation(S, *Loc, std::move(V));
      if (Tuple)
        insert(S.Tuples, *Loc);
      return;
    }
    // Through a pointer: to a local variable, an array, or elsewhere.
    const Expr *Pointer = nullptr;
    bool Element = false;
    if (const auto *U = dyn_cast<UnaryOperator>(LHS);
        U && U->getOpcode() == UO_Deref)
      Pointer = U->getSubExpr();
    else if (const auto *A = dyn_cast<ArraySubscriptExpr>(LHS)) {
      Pointer = A->getBase();
      Element = true;
    }
    if (Pointer) {
      bool Elsewhere = false;
      Values Targets = evaluate(Pointer, S);
      for (unsigned T : Targets) {
        const Origin &O = Refs.Origins[T];
        if (O.Kind == OriginKind::Address) {
          const bool Weak = Element || Targets.size() > 1 ||
                            Locations[O.Location].first->getType()->isArrayType();
          if (Weak)
            unite(S.at(O.Location), V);
          else
            setLocation(S, O.Location, V);
        } else if (O.Kind == OriginKind::Parameter && O.Decl && !Element &&
                   !Model.isObjectPointer(O.Decl->getType())) {
          output(S, cast<ParmVarDecl>(O.Decl), V, B);
        } else {
          Elsewhere = true;
        }
      }
      if (!Elsewhere && !Targets.empty())
        return;
    } else if (const auto *M = dyn_cast<MemberExpr>(LHS); M && M->isArrow()) {
      // p->field where p points to a local struct.
      bool Elsewhere = false;
      Values Targets = evaluate(M->getBase(), S);
      for (unsigned T : Targets) {
        const Origin &O = Refs.Origins[T];
        const auto *F = dyn_cast<FieldDecl>(M->getMemberDecl());
        if (O.Kind == OriginKind::Address && F &&
            Locations[O.Location].first->getType()->isRecordType()) {
          unite(S.at(locationOf(Locations[O.Location].first, F)), V);
        } else {
          if (O.Kind == OriginKind::Parameter && O.Decl && F)
            fieldOutput(cast<ParmVarDecl>(O.Decl), F, V);
          Elsewhere = true;
        }
      }
      if (!Elsewhere && !Targets.empty())
        return;
    }
    useValues(S, V, UseKind::Stored, B);
    escape(S, V);
    for (unsigned X : V)
      noteUse(X, OriginUse::Stored, B, 0);
    if (HasLocks)
      takeOver(S, LHS);
  }

  /// The slot of a list is written, which gives nothing up: what was in it belongs
  /// to the function.
  void replaceItem(State &S, const ArraySubscriptExpr &Slot) {
    const facts::ItemStorage *Row;
    if (const MemberExpr *M = itemStorage(Slot.getBase(), Row))
      replaceItem(S, evaluate(containerBehind(M->getBase()), S), Slot.getIdx());
  }

  void replaceItem(State &S, const Values &Container, const Expr *Index) {
    const std::string Text = canonicalText(Index);
    Values Taken;
    for (const auto &[Loc, V] : S.Vars)
      for (unsigned X : V) {
        if (!isBorrowed(X))
          continue;
        const unsigned L = Refs.Origins[X].Lookup;
        const Expr *Key =
            Refs.Lookups[L].Through ? nullptr : keyOf(Refs.Lookups[L].Where);
        auto Of = ContainerOf.find(L);
        if (Key && Of != ContainerOf.end() && canonicalText(Key) == Text &&
            llvm::any_of(Of->second, [&](unsigned A) {
              return llvm::any_of(
                  Container, [&](unsigned B) { return sameObject(A, B); });
            }))
          insert(Taken, X);
      }
    becomesOwned(S, Taken);
  }

  /// The same by a call: PyList_SET_ITEM(list, i, v), atomic_store(&items[i], v).
  void replaceItem(State &S, const CallExpr *Call, StringRef Api,
                   const llvm::SmallVector<Values, 4> &Args) {
    const facts::InitWrite *Row =
        Api.empty() ? nullptr : facts::findInitWrite(Api);
    if (Row && Row->TargetArg == 0 && Args.size() == 3) {
      replaceItem(S, Args[0], Call->getArg(1));
    } else if (Args.size() == 2 && Call->getType()->isVoidType()) {
      const auto *U = dyn_cast<UnaryOperator>(strip(Call->getArg(0)));
      if (const auto *A = U && U->getOpcode() == UO_AddrOf
                              ? dyn_cast<ArraySubscriptExpr>(
                                    strip(U->getSubExpr()))
                              : nullptr)
        replaceItem(S, *A);
    }
  }

  /// What was read from \p LHS, which now holds something else, belongs to the
  /// function.
  void takeOver(State &S, const Expr *LHS) {
    const ValueDecl *D = nullptr;
    Values Base;
    if (const auto *M = dyn_cast<MemberExpr>(LHS)) {
      D = M->getMemberDecl();
      Base = evaluate(M->getBase(), S);
    } else if (const auto *DRE = dyn_cast<DeclRefExpr>(LHS)) {
      D = DRE->getDecl();
    }
    if (!D)
      return;
    llvm::erase_if(S.Current, [&](unsigned X) { return Refs.Origins[X].Decl == D; });
    Values Taken;
    for (const auto &[Loc, V] : S.Vars)
      for (unsigned X : V)
        if (const Origin &O = Refs.Origins[X];
            O.Kind == OriginKind::Load && O.Decl == D && O.Base == Base)
          insert(Taken, X);
    unite(S.Held, Taken);
  }

  void output(State &S, const ParmVarDecl *P, const Values &V, const Stmt *St) {
    useValues(S, V, UseKind::Returned, St);
    escape(S, V);
    if (!Recording)
      return;
    for (auto &[Q, Known] : Refs.Outputs)
      if (Q == P) {
        unite(Known, V);
        return;
      }
    Refs.Outputs.push_back({P, V});
  }

  void fieldOutput(const ParmVarDecl *P, const FieldDecl *F, const Values &V) {
    if (!Recording || model::ExtensionModel::isObjectPointer(P->getType()))
      return;
    for (FunctionRefs::FieldOutput &O : Refs.FieldOutputs)
      if (O.Parameter == P && O.Field == F) {
        unite(O.Stored, V);
        return;
      }
    Refs.FieldOutputs.push_back({P, F, V});
  }

  /// A function of this file fills in members of local struct \p VD.
  void filledIn(State &S, const VarDecl *VD, const FunctionDecl *FD, unsigned Arg,
                const llvm::SmallVector<Values, 4> &Args) {
    const RecordDecl *RD = VD->getType()->getAsRecordDecl();
    const model::Function *F = RD && FD ? Model.function(FD) : nullptr;
    if (!F || llvm::none_of(RD->fields(), [](const FieldDecl *Member) {
          return model::ExtensionModel::isObjectPointer(Member->getType());
        }))
      return;
    const FunctionRefs *Sum = States.get(F->Decl);
    if (!Sum)
      return;
    for (const FunctionRefs::FieldOutput &O : Sum->fieldOutputs()) {
      if (O.Parameter->getFunctionScopeIndex() != Arg)
        continue;
      Values V;
      for (unsigned X : O.Stored) {
        const Origin &From = Sum->origin(X);
        const auto *P = From.Kind == OriginKind::Parameter && From.Decl
                            ? cast<ParmVarDecl>(From.Decl)
                            : nullptr;
        if (P && P->getFunctionScopeIndex() < Args.size())
          unite(V, Args[P->getFunctionScopeIndex()]);
        else
          insert(V, From.Kind == OriginKind::Null ? NullValue : UnknownValue);
      }
      unite(S.at(locationOf(VD, O.Field)), V);
    }
  }

  void returned(State &S, const Expr *E, const Stmt *St) {
    Values V = evaluate(E, S);
    useValues(S, V, UseKind::Returned, St);
    if (!Recording)
      return;
    for (unsigned X : V) {
      noteUse(X, OriginUse::Returned, St, 0);
      if (contains(S.Escaped, X) && Refs.Origins[X].Kind != OriginKind::Call)
        Refs.ReturnEscaped = true;
    }
    unite(Refs.ReturnValues, V);
  }

  /// Made here, or perhaps by a function that was called here.
  bool isMade(unsigned X) const {
    const OriginKind K = Refs.Origins[X].Kind;
    return K == OriginKind::Fresh || K == OriginKind::Instance ||
           K == OriginKind::Call;
  }

  /// Marks the new containers among \p V as known to others.
  void escape(State &S, const Values &V) {
    for (unsigned X : V)
      if (isMade(X))
        insert(S.Escaped, X);
  }

  void noteUse(unsigned O, OriginUse::Kind K, const Stmt *Where,
               unsigned Index) {
    if (!Recording)
      return;
    switch (Refs.Origins[O].Kind) {
    case OriginKind::Parameter:
    case OriginKind::Load:
    case OriginKind::Argument:
      Refs.OriginUses.push_back({K, O, Where, Index});
      break;
    default:
      break;
    }
  }

  void useAll(State &S, const Expr *E, UseKind K, const Stmt *Where) {
    if (!isTracked(E->getType()))
      return;
    useValues(S, evaluate(E, S), K, Where);
  }

  void useValues(State &S, const Values &V, UseKind K, const Stmt *Where) {
    if (!Recording)
      return;
    for (unsigned X : V) {
      if (K != UseKind::Deref && K != UseKind::Passed && K != UseKind::Incref)
        Refs.Origins[X].Released = true;
      const Origin &O = Refs.Origins[X];
      if (O.Kind == OriginKind::Parameter) {
        // Blocks come in about the order of the source: the first one will do.
        if (const unsigned *Ran = S.ran(X); Ran && O.Decl && lateUse(K)) {
          const auto *P = cast<ParmVarDecl>(O.Decl);
          if (!Refs.lateUse(P->getFunctionScopeIndex()))
            Refs.LateUses.push_back({P, Where, NumberedCalls[*Ran / 2]});
        }
        continue;
      }
      if (O.Kind == OriginKind::Load && HasLocks && O.Decl &&
          K != UseKind::Decref && Where != O.Where && !contains(S.Held, X) &&
          model::ExtensionModel::isObjectPointer(O.Decl->getType()))
        Refs.LoadUses.push_back({X, Where, K});
      if (O.Kind != OriginKind::Borrowed)
        continue;
      Lookup &L = Refs.Lookups[O.Lookup];
      // The lookup's own subscript is not a use of what it yields.
      if (Where == L.Where)
        continue;
      Use U{Where, K, contains(S.Crossed, O.Lookup)};
      if (const unsigned *Ran = S.ran(X)) {
        U.After = NumberedCalls[*Ran / 2];
        U.Dropped = *Ran % 2;
      }
      L.Uses.push_back(U);
    }
  }

  /// The object itself is needed, not only the pointer.
  static bool lateUse(UseKind K) {
    return K == UseKind::Deref || K == UseKind::Passed || K == UseKind::Incref;
  }

  //===--------------------------------------------------------------------===//
  // Calls that can make a container drop an item

  unsigned numberOf(const CallExpr *Call) {
    auto [It, New] = CallNumber.try_emplace(Call, NumberedCalls.size());
    if (New)
      NumberedCalls.push_back(Call);
    return It->second;
  }

  /// Strings, bytes and numbers run no code of their own.
  bool isPlain(const State &S, const Expr *E, const Values &V) {
    if (auto Key = testKey(E); Key && contains(S.Plain, *Key))
      return true;
    if (V.empty())
      return false;
    for (unsigned X : V) {
      const Origin &O = Refs.Origins[X];
      if (O.Kind == OriginKind::Null || O.Kind == OriginKind::Static)
        continue;
      const auto *Made = dyn_cast_or_null<CallExpr>(O.Where);
      if (O.Kind != OriginKind::New && O.Kind != OriginKind::Fresh)
        return false;
      const StringRef Api = Made ? apiName(Made) : StringRef();
      const facts::NewReference *New = facts::findNewReference(Api);
      if (!New || (New->Container != facts::ContainerKind::Unicode &&
                   New->Container != facts::ContainerKind::Bytes &&
                   New->Container != facts::ContainerKind::Number))
        return false;
    }
    return true;
  }

  /// Some value among \p V is an object that Python code has given.
  bool isGiven(const Values &V) const {
    return llvm::any_of(V, [&](unsigned X) {
      const Origin &O = Refs.Origins[X];
      switch (O.Kind) {
      case OriginKind::Parameter:
      case OriginKind::Argument:
      case OriginKind::Borrowed:
      case OriginKind::Owned:
        return true;
      case OriginKind::New: {
        const auto *Made = dyn_cast_or_null<CallExpr>(O.Where);
        return Made && facts::givesExistingObject(apiName(Made));
      }
      default:
        return false;
      }
    });
  }

  /// The call can run Python code, or lets other threads run.
  bool runsCode(const State &S, const CallExpr *Call, const FunctionDecl *FD,
                StringRef Api, const facts::CallEffect *Effect,
                const llvm::SmallVector<Values, 4> &Args) {
    if (!Api.empty()) {
      if (const facts::UserCodeCall *Row = facts::findUserCodeCall(Api)) {
        const unsigned I = Row->ObjectArg;
        if (I >= Args.size() || isPlain(S, Call->getArg(I), Args[I]))
          return false;
        return Row->When == facts::UserCodeWhen::Always || isGiven(Args[I]);
      }
      return alwaysRunsCode(Api, Effect);
    }
    if (!FD)
      return isPythonSlot(Call);
    return Model.function(FD) && States.codeRunBy(FD);
  }

  /// A function of another file of the extension, of which nothing is known: it
  /// can run code when it is given an object to work on. One that only tests the
  /// object does not.
  bool isForeign(const FunctionDecl *FD) const {
    if (!FD || Model.function(FD) || FD->getBuiltinID() ||
        isa<CXXMethodDecl>(FD) || !FD->getIdentifier() ||
        !Model.preprocessing().isFirstParty(FD->getLocation()))
      return false;
    return !FD->getName().contains_insensitive("check") &&
           !FD->getName().starts_with("is");
  }

  /// The object at the end of two paths is the same one.
  bool sameObject(unsigned A, unsigned B) const {
    if (A == B)
      return true;
    const Origin &X = Refs.Origins[A], &Y = Refs.Origins[B];
    return X.Kind == OriginKind::Load && Y.Kind == OriginKind::Load &&
           X.Decl && X.Decl == Y.Decl && X.Base == Y.Base &&
           X.Element == Y.Element &&
           (!X.Element || canonicalText(X.Where) == canonicalText(Y.Where));
  }

  /// The function gives up the reference through which \p V is kept alive.
  bool givesUp(const State &S, unsigned X) const {
    switch (Refs.Origins[X].Kind) {
    case OriginKind::Fresh:
    case OriginKind::Instance:
      return !contains(S.Escaped, X);
    case OriginKind::New: {
      // Who has the dict keeps it: PyType_GetDict().
      const auto *Made = dyn_cast_or_null<CallExpr>(Refs.Origins[X].Where);
      const facts::NewReference *Row =
          Made ? facts::findNewReference(apiName(Made)) : nullptr;
      return !Row || Row->Fresh || Row->FreshByFormat ||
             Row->Container != facts::ContainerKind::Dict;
    }
    case OriginKind::Load:
      return true;
    case OriginKind::Call: // Whether a function elsewhere shares it is not known.
      return Model.function(cast<FunctionDecl>(Refs.Origins[X].Decl));
    default:
      return false;
    }
  }

  static const Expr *keyOf(const Expr *Lookup) {
    if (const auto *C = dyn_cast<CallExpr>(Lookup))
      return C->getNumArgs() > 1 ? C->getArg(1) : nullptr;
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(Lookup))
      return A->getIdx();
    return nullptr;
  }

  /// \p Call drops the container of \p L, or the item in it.
  bool drops(const State &S, const CallExpr *Call, const facts::CallEffect *E,
             const facts::ReferenceCountApi *Op, const Lookup &L,
             const Values &Container,
             const llvm::SmallVector<Values, 4> &Args) const {
    int Arg = -1;
    if (Op && Op->Op == facts::RefcountOp::Decref)
      Arg = Op->Arg;
    else if (E && E->MutatesArg >= 0 && E->mayRunUserCode())
      Arg = E->MutatesArg;
    if (Arg < 0 || unsigned(Arg) >= Args.size())
      return false;
    bool Same = false;
    for (unsigned X : Args[Arg])
      for (unsigned C : Container)
        Same |= sameObject(X, C) && (!Op || givesUp(S, X));
    if (!Same || Op)
      return Same;
    // Everything goes, or what has the key of the look-up.
    if (Call->getNumArgs() == 1)
      return E->Class == facts::EffectClass::Decref;
    const Expr *Key = L.Through ? nullptr : keyOf(L.Where);
    return Key && Arg == 0 &&
           canonicalText(Key) == canonicalText(Call->getArg(1)) &&
           !facts::findBorrowed(apiName(Call));
  }

  void noteDanger(State &S, const CallExpr *Call, const FunctionDecl *FD,
                  StringRef Api, const facts::CallEffect *Effect,
                  const facts::ReferenceCountApi *Op,
                  const llvm::SmallVector<Values, 4> &Args) {
    // Nothing that could be lost.
    if (!HasCallers && ContainerOf.empty())
      return;
    const bool Runs =
        !Op && runsCode(S, Call, FD, Api, Effect, Args);
    const bool Foreign = !Runs && Api.empty() && isForeign(FD);
    const auto isPassed = [&](unsigned X) {
      return llvm::any_of(Args,
                          [&](const Values &V) { return contains(V, X); });
    };
    const bool MayDrop = (Op && Op->Op == facts::RefcountOp::Decref) ||
                         (Effect && Effect->MutatesArg >= 0);
    if (!Runs && !MayDrop && !Foreign)
      return;
    for (const auto &[Loc, V] : S.Vars)
      for (unsigned X : V) {
        const Origin &O = Refs.Origins[X];
        if (O.Kind == OriginKind::Borrowed) {
          auto It = ContainerOf.find(O.Lookup);
          if (MayDrop && It != ContainerOf.end() &&
              drops(S, Call, Effect, Op, Refs.Lookups[O.Lookup], It->second,
                    Args))
            S.setRan(X, 2 * numberOf(Call) + 1);
          else if (Runs || (Foreign &&
                            (isPassed(X) ||
                             (It != ContainerOf.end() &&
                              llvm::any_of(It->second, isPassed)))))
            S.setRan(X, 2 * numberOf(Call));
        } else if (HasCallers && (Runs || (Foreign && isPassed(X))) && O.Kind == OriginKind::Parameter && O.Decl &&
                   !contains(S.Held, X) &&
                   model::ExtensionModel::isObjectPointer(O.Decl->getType())) {
          S.setRan(X, 2 * numberOf(Call));
        }
      }
  }

  /// \p E is evaluated here: when it is a lookup, its reference is new.
  void define(State &S, const Expr *E) {
    auto It = LookupOf.find(E);
    if (It == LookupOf.end())
      return;
    const unsigned Index = Refs.Origins[It->second].Lookup;
    erase(S.Crossed, Index);
    S.forgetRan(It->second);
    const Expr *Container = Refs.Lookups[Index].Container;
    Values V = Container ? evaluate(Container, S) : Values();
    unite(ContainerOf[Index], V);
    if (!Recording)
      return;
    Lookup &L = Refs.Lookups[Index];
    L.Reached = true;
    unite(L.ContainerValues, V);
    for (unsigned X : V)
      L.Escaped |= contains(S.Escaped, X);
    if (Container)
      if (auto Key = testKey(Container))
        L.IsTuple |= contains(S.Tuples, *Key);
  }

  static bool isObjectArgument(const Expr *A) {
    return model::ExtensionModel::isObjectPointer(
        A->IgnoreParenCasts()->getType());
  }

  void callEffects(State &S, const CallExpr *Call) {
    const FunctionDecl *FD = Call->getDirectCallee();
    StringRef Api = apiName(FD);
    const facts::ReferenceCountApi *Op =
        Api.empty() ? nullptr : facts::findReferenceCountOp(Api);
    const facts::CallEffect *Effect =
        Api.empty() ? nullptr : facts::findEffect(Api);
    const model::Function *Own = FD ? Model.function(FD) : nullptr;

    // An operator's or a method's object comes first.
    unsigned First = 0;
    if (isa<CXXOperatorCallExpr>(Call) && isa_and_nonnull<CXXMethodDecl>(FD))
      First = 1;
    if (const auto *M = dyn_cast<CXXMemberCallExpr>(Call))
      if (const Expr *Object = M->getImplicitObjectArgument())
        // handle.ptr() only reads the pointer.
        if (!(M->getNumArgs() == 0 && M->getType()->isPointerType()))
          useAll(S, Object, UseKind::Passed, Call);
    // owned.reset(p)
    std::optional<unsigned> Filled;
    if (const auto *M = dyn_cast<CXXMemberCallExpr>(Call))
      if (M->getNumArgs() == 1 && M->getType()->isVoidType() &&
          isObjectArgument(M->getArg(0)) && isOwner(M->getRecordDecl()))
        Filled = localLocation(M->getImplicitObjectArgument());

    llvm::SmallVector<Values, 4> Args;
    bool GivenObject = false;
    for (const Expr *A : Call->arguments()) {
      GivenObject |= isObjectArgument(A);
      Args.push_back(isTracked(A->getType()) ||
                             A->IgnoreParenCasts()->getType()->isArrayType()
                         ? evaluate(A, S)
                         : Values());
    }
    if (Recording && (Own || !Api.empty()))
      recordCall(S, Call, Args);

    // A call that is itself a lookup begins its reference anew.
    if (isTracked(Call->getType()))
      (void)evaluate(Call, S);
    define(S, Call);

    // The object into which the others are put, if the call does that.
    bool Stores = false, IntoFresh = true;
    if (Effect && Effect->MutatesArg >= 0 &&
        unsigned(Effect->MutatesArg) < Args.size()) {
      Stores = true;
      for (unsigned X : Args[Effect->MutatesArg]) {
        OriginKind K = Refs.Origins[X].Kind;
        if (K == OriginKind::Null)
          continue;
        if ((K != OriginKind::Fresh && K != OriginKind::Instance) ||
            contains(S.Escaped, X))
          IntoFresh = false;
      }
    }

    for (unsigned I = First; I < Args.size(); ++I) {
      const Values &V = Args[I];
      if (V.empty())
        continue;
      UseKind K = UseKind::Passed;
      if (Op && int(I) == Op->Arg)
        K = Op->Op == facts::RefcountOp::Decref ? UseKind::Decref : UseKind::Incref;
      else if (!Api.empty() && steals(Api, I))
        K = UseKind::Stolen;
      if (!isTransparent(FD))
        useValues(S, V, K, Call);
      for (unsigned X : V) {
        const Origin &O = Refs.Origins[X];
        noteUse(X, OriginUse::Argument, Call, I);
        if (isMade(X)) {
          if (Stores && int(I) != Effect->MutatesArg && !IntoFresh)
            insert(S.Escaped, X);
          else if (Own && !Filled && escapesInside(FD, I, 0))
            insert(S.Escaped, X);
        } else if (O.Kind == OriginKind::Address) {
          passAddress(S, Call, FD, Api, I, O.Location, Args);
        }
      }
    }

    if (States.maySuspend(FD, GivenObject)) {
      for (const auto &[Loc, V] : S.Vars)
        for (unsigned X : V)
          if (isBorrowed(X))
            insert(S.Crossed, Refs.Origins[X].Lookup);
      S.Current.clear();
    }
    noteDanger(S, Call, FD, Api, Effect, Op, Args);
    replaceItem(S, Call, Api, Args);
    if (Filled)
      setLocation(S, *Filled, ownedValues(Args[0]));
    // Where it has failed the object is not used.
    if (!Args.empty() && !Api.empty() &&
        facts::hasRole(Api, facts::ApiRole::TakesIfAlive))
      becomesOwned(S, Args[0]);
    if (Op && Op->Arg >= 0 && unsigned(Op->Arg) < Args.size()) {
      if (Op->Op == facts::RefcountOp::Incref ||
          Op->Op == facts::RefcountOp::NewRef)
        becomesOwned(S, Args[Op->Arg]);
      else
        for (unsigned X : Args[Op->Arg]) {
          erase(S.Held, X);
          erase(S.Current, X);
        }
    }
  }

  /// Calls that only hand their argument on.
  static bool isTransparent(const FunctionDecl *FD) {
    // Most functions have no builtin's name: ask for that first.
    const IdentifierInfo *II = FD ? FD->getIdentifier() : nullptr;
    if (!II || !II->getBuiltinID())
      return false;
    const unsigned Id = FD->getBuiltinID();
    return Id == Builtin::BI__builtin_expect || Id == Builtin::BImove ||
           Id == Builtin::BIforward;
  }

  void becomesOwned(State &S, const Values &V) {
    for (unsigned X : V) {
      if (OriginKind K = Refs.Origins[X].Kind;
          K == OriginKind::Parameter || K == OriginKind::Load) {
        insert(S.Held, X);
        if (HasLocks && K == OriginKind::Load)
          insert(S.Current, X);
        S.forgetRan(X);
      }
      if (!isBorrowed(X))
        continue;
      unsigned O = owned(X);
      for (auto &[Loc, Held] : S.Vars)
        if (contains(Held, X)) {
          erase(Held, X);
          insert(Held, O);
        }
    }
  }

  void recordCall(State &S, const CallExpr *Call,
                  const llvm::SmallVector<Values, 4> &Args) {
    CallArguments C;
    C.Call = Call;
    for (unsigned I = 0; I < Args.size(); ++I) {
      char Escaped = 0, Tuple = 0;
      for (unsigned X : Args[I])
        Escaped |= contains(S.Escaped, X);
      if (auto Key = testKey(Call->getArg(I)))
        Tuple = contains(S.Tuples, *Key);
      C.Args.push_back(Args[I]);
      C.Escaped.push_back(Escaped);
      C.IsTuple.push_back(Tuple);
      recordPointees(S, C, I, Args[I]);
    }
    if (const auto *M = dyn_cast<CXXMemberCallExpr>(Call)) {
      const Expr *Object = M->getImplicitObjectArgument();
      if (Object && isTracked(Object->getType())) {
        auto Loc = Object->getType()->isRecordType() ? localLocation(Object)
                                                     : std::nullopt;
        C.Object = Loc ? Values{addressOf(*Loc)} : evaluate(Object, S);
        recordPointees(S, C, CallArguments::ObjectArg, C.Object);
      }
    }
    Refs.CallIndex[Call] = Refs.Calls.size();
    Refs.Calls.push_back(std::move(C));
  }

  /// What the local variables hold whose addresses are among \p V.
  void recordPointees(const State &S, CallArguments &C, unsigned Arg,
                      const Values &V) {
    for (unsigned X : V) {
      if (Refs.Origins[X].Kind != OriginKind::Address)
        continue;
      const auto [VD, FD] = Locations[Refs.Origins[X].Location];
      for (const auto &[Loc, Held] : S.Vars) {
        if (Locations[Loc].first != VD || (FD && Locations[Loc].second != FD) ||
            Held.empty())
          continue;
        const bool Escaped = llvm::any_of(
            Held, [&](unsigned Y) { return contains(S.Escaped, Y); });
        C.Behind.push_back(
            {Arg, FD ? nullptr : Locations[Loc].second, Held, Escaped});
      }
    }
  }

  /// The address of a local variable is given to a call.
  void passAddress(State &S, const CallExpr *Call, const FunctionDecl *FD,
                   StringRef Api, unsigned Arg, unsigned Loc,
                   const llvm::SmallVector<Values, 4> &Args) {
    const VarDecl *VD = Locations[Loc].first;
    QualType T = Locations[Loc].second ? Locations[Loc].second->getType()
                                       : VD->getType();
    if (const facts::BorrowedReference *Row =
            T->isArrayType() && !Api.empty() ? facts::findBorrowed(Api)
                                             : nullptr;
        Row && isStep(*Row) &&
        (int(Arg) == Row->OutArg || int(Arg) == Row->OutArg2)) {
      // PyDict_Next(d, &pos, &pair[0], &pair[1])
      const Expr *Where = Call->getArg(Arg);
      const unsigned O =
          borrowed(Where, Row, Api.str(),
                   unsigned(Row->ContainerArg) < Call->getNumArgs()
                       ? containerBehind(Call->getArg(Row->ContainerArg))
                       : nullptr);
      Refs.Lookups[Refs.Origins[O].Lookup].Step = Call;
      define(S, Where);
      insert(S.at(Loc), O);
      return;
    }
    if (T->isArrayType() || T->isRecordType()) {
      // The items of an array and the members of a struct go along.
      for (unsigned I = 0; I < Locations.size(); ++I) {
        if (Locations[I].first != VD)
          continue;
        const Values *Found = S.find(I);
        if (!Found)
          continue;
        Values V = *Found;
        useValues(S, V, UseKind::Passed, Call);
        for (unsigned X : V)
          noteUse(X, OriginUse::Stored, Call, Arg);
      }
      if (Api.empty() && !Locations[Loc].second)
        filledIn(S, VD, FD, Arg, Args);
      return;
    }
    // An output.
    if (!Api.empty()) {
      if (const facts::BorrowedReference *Row = facts::findBorrowed(Api)) {
        if (isStep(*Row) &&
            (int(Arg) == Row->OutArg || int(Arg) == Row->OutArg2)) {
          const Expr *Where = Call->getArg(Arg);
          const Expr *Container =
              unsigned(Row->ContainerArg) < Call->getNumArgs()
                  ? containerBehind(Call->getArg(Row->ContainerArg))
                  : nullptr;
          const unsigned O = borrowed(Where, Row, Api.str(), Container);
          Refs.Lookups[Refs.Origins[O].Lookup].Step = Call;
          define(S, Where);
          setLocation(S, Loc, {O});
          return;
        }
        OriginKind K = Row->Container == facts::ContainerKind::Arguments
                           ? OriginKind::Argument
                           : OriginKind::New;
        unsigned O = outOrigin(Call, Arg, K);
        if (K == OriginKind::Argument && Arg > 0)
          Refs.Origins[O].Immutable |= namesTupleType(Call->getArg(Arg - 1));
        if (K == OriginKind::New && Row->ContainerArg >= 0 &&
            unsigned(Row->ContainerArg) < Call->getNumArgs()) {
          Values Base = evaluate(Call->getArg(Row->ContainerArg), S);
          unite(Refs.Origins[O].Base, Base);
        }
        setLocation(S, Loc, {O});
        return;
      }
      if (newThrough(Api, Arg)) {
        unsigned O = outOrigin(Call, Arg, OriginKind::New);
        if (Call->getNumArgs() > 0 && Arg != 0) {
          Values Base = evaluate(Call->getArg(0), S);
          unite(Refs.Origins[O].Base, Base);
        }
        setLocation(S, Loc, {O, NullValue});
        llvm::sort(S.at(Loc));
        return;
      }
    }
    if (FD && Model.function(FD)) {
      Values R;
      if (const FunctionRefs *Sum = handedOut(FD))
        for (const auto &[P, V] : Sum->outputs()) {
          if (P->getFunctionScopeIndex() != Arg)
            continue;
          for (unsigned X : V) {
            const Origin &O = Sum->origin(X);
            if (O.Kind != OriginKind::Borrowed)
              continue;
            if (const Expr *A = containerArgument(*Sum, O.Lookup, Call)) {
              insert(R, borrowed(Call, Sum->lookups()[O.Lookup].Fact,
                                 FD->getNameAsString(), containerBehind(A), FD,
                                 O.Lookup));
              define(S, Call);
            }
          }
        }
      if (!R.empty()) {
        setLocation(S, Loc, std::move(R));
        return;
      }
    }
    // A parser of the user's own, given the arguments of the call.
    if (Api.empty() && FD && model::ExtensionModel::isObjectPointer(T) &&
        parsesArguments(S, Call)) {
      setLocation(S, Loc, {outOrigin(Call, Arg, OriginKind::Argument)});
      return;
    }
    setLocation(S, Loc, {UnknownValue});
  }

  bool parsesArguments(State &S, const CallExpr *Call) {
    const model::Function *F = Model.function(Refs.FD);
    if (!F)
      return false;
    for (const Expr *A : Call->arguments())
      if (isTracked(A->getType()))
        for (unsigned X : evaluate(A, S))
          if (const Origin &O = Refs.Origins[X];
              O.Kind == OriginKind::Parameter && O.Decl &&
              carriesArguments(*F, cast<ParmVarDecl>(O.Decl)
                                       ->getFunctionScopeIndex()))
            return true;
    return false;
  }

  unsigned outOrigin(const CallExpr *Call, unsigned Arg, OriginKind K) {
    auto [It, New] = OutOriginOf.try_emplace({Call, Arg}, 0);
    if (New)
      It->second = makeOrigin(K, Call);
    return It->second;
  }

  static bool namesTupleType(const Expr *E) {
    const auto *U = dyn_cast<UnaryOperator>(E->IgnoreParenCasts());
    if (!U || U->getOpcode() != UO_AddrOf)
      return false;
    const auto *DRE = dyn_cast<DeclRefExpr>(U->getSubExpr()->IgnoreParenCasts());
    const IdentifierInfo *II = DRE ? DRE->getDecl()->getIdentifier() : nullptr;
    return II && II->getName() == "PyTuple_Type";
  }

  /// True when argument \p I of \p FD is stored where others find it.
  bool escapesInside(const FunctionDecl *FD, unsigned I, unsigned Depth) {
    FD = Model.function(FD)->Decl;
    if (I >= FD->getNumParams())
      return true;
    auto [It, New] = States.Escapes.try_emplace(FD->getParamDecl(I), 0);
    if (!New)
      return It->second;
    const FunctionRefs *R = Depth > 60 ? nullptr : States.get(FD);
    const bool Result = !R || findEscape(*R, FD->getParamDecl(I), Depth);
    if (!R) // Cut off here, but perhaps not when asked again.
      States.Escapes.erase(FD->getParamDecl(I));
    else
      States.Escapes[FD->getParamDecl(I)] = Result;
    return Result;
  }

  bool findEscape(const FunctionRefs &R, const ParmVarDecl *P,
                  unsigned Depth) {
    for (unsigned Index : R.usesOf(P)) {
      const OriginUse &U = R.uses()[Index];
      if (U.K == OriginUse::Stored)
        return true;
      if (U.K != OriginUse::Argument)
        continue;
      const auto *Call = cast<CallExpr>(U.Where);
      const FunctionDecl *Callee = Call->getDirectCallee();
      StringRef Api = apiName(Callee);
      if (!Api.empty()) {
        const facts::CallEffect *E = facts::findEffect(Api);
        if (E && E->MutatesArg >= 0 && unsigned(E->MutatesArg) != U.Index)
          return true;
      } else if (Callee && Model.function(Callee) &&
                 escapesInside(Callee, U.Index, Depth + 1)) {
        return true;
      }
    }
    return false;
  }

  //===--------------------------------------------------------------------===//
  // Conditions

  void assume(State &S, const Expr *Cond, bool True, unsigned Depth = 0) {
    for (unsigned I = 0; I < 32; ++I) {
      Cond = strip(Cond);
      if (const auto *U = dyn_cast<UnaryOperator>(Cond)) {
        if (U->getOpcode() != UO_LNot)
          return;
        True = !True;
        Cond = U->getSubExpr();
        continue;
      }
      if (const auto *C = dyn_cast<CallExpr>(Cond)) {
        const FunctionDecl *FD = C->getDirectCallee();
        if (FD && FD->getBuiltinID() == Builtin::BI__builtin_expect) {
          Cond = C->getArg(0);
          continue;
        }
        facts::ContainerKind Kind;
        if (const Expr *Tested = testsForType(C, Kind)) {
          if (True)
            passesTest(S, Tested, Kind);
          return;
        }
        break;
      }
      if (const Expr *Value = testIn(Cond)) {
        Cond = Value;
        continue;
      }
      if (const auto *B = dyn_cast<BinaryOperator>(Cond)) {
        if ((B->getOpcode() == BO_LAnd && True) ||
            (B->getOpcode() == BO_LOr && !True)) {
          if (Depth < 16)
            assume(S, B->getLHS(), True, Depth + 1);
          Cond = B->getRHS();
          continue;
        }
        if (B->getOpcode() == BO_EQ || B->getOpcode() == BO_NE) {
          const Expr *L = B->getLHS(), *R = B->getRHS();
          if (isZero(L))
            std::swap(L, R);
          if (!isZero(R)) {
            // Py_TYPE(x) == &PyTuple_Type
            const auto *Type = dyn_cast<CallExpr>(strip(L));
            if (True == (B->getOpcode() == BO_EQ) && Type &&
                Type->getNumArgs() == 1 && namesTupleType(R))
              passesTest(S, strip(Type->getArg(0)),
                         facts::ContainerKind::Tuple);
            return;
          }
          if (B->getOpcode() == BO_EQ)
            True = !True;
          Cond = L;
          continue;
        }
        if (B->getOpcode() == BO_Assign) {
          assumeNull(S, B->getLHS(), !True);
          return;
        }
        if (B->getOpcode() == BO_Comma) {
          Cond = B->getRHS();
          continue;
        }
        return;
      }
      break;
    }
    assumeNull(S, Cond, !True);
  }

  void passesTest(State &S, const Expr *Tested, facts::ContainerKind Kind) {
    if (auto Key = testKey(Tested, /*New=*/true))
      insert(Kind == facts::ContainerKind::Tuple ? S.Tuples : S.Plain, *Key);
  }

  /// What tests of \p E are remembered under: its location, or, for fields,
  /// elements and globals, a number for what is written.
  std::optional<unsigned> testKey(const Expr *E, bool New = false) {
    if (auto Loc = localLocation(E))
      return Loc;
    E = strip(E);
    if ((!New && TextIndex.empty()) ||
        !isa<MemberExpr, ArraySubscriptExpr, DeclRefExpr, UnaryOperator>(E))
      return std::nullopt;
    const std::string Text = canonicalText(E);
    auto It = TextIndex.find(Text);
    if (It != TextIndex.end())
      return It->second;
    if (!New || Text.empty())
      return std::nullopt;
    const unsigned Key = FirstText + TextRoots.size();
    TextRoots.emplace_back();
    llvm::SmallVector<const Stmt *, 8> Todo = {E};
    while (!Todo.empty()) {
      const Stmt *Part = Todo.pop_back_val();
      if (const auto *R = dyn_cast<DeclRefExpr>(Part))
        TextRoots.back().push_back(R->getDecl());
      for (const Stmt *Child : Part->children())
        if (Child)
          Todo.push_back(Child);
    }
    TextIndex[Text] = Key;
    return Key;
  }

  /// \p LHS holds something else now: what was found out about it, or about what
  /// is reached through it, is over.
  void forgetTests(State &S, const Expr *LHS) {
    if (TextIndex.empty() || (S.Tuples.empty() && S.Plain.empty()))
      return;
    LHS = strip(LHS);
    const auto *R = dyn_cast<DeclRefExpr>(LHS);
    const std::optional<unsigned> Own = testKey(LHS);
    for (Values *V : {&S.Tuples, &S.Plain})
      llvm::erase_if(*V, [&](unsigned X) {
        return X >= FirstText &&
               ((Own && X == *Own) ||
                (R && llvm::is_contained(TextRoots[X - FirstText],
                                         R->getDecl())));
      });
  }

  /// The test whose outcome \p Cond, a local variable, holds; null when it is
  /// none, or may hold something else.
  const Expr *testIn(const Expr *Cond) {
    const auto *R = dyn_cast<DeclRefExpr>(Cond);
    const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
    if (!VD || !VD->hasLocalStorage() || isa<ParmVarDecl>(VD) ||
        !VD->getType()->isIntegerType())
      return nullptr;
    if (!OutcomesKnown)
      findOutcomes();
    return Outcomes.lookup(VD);
  }

  void findOutcomes() {
    OutcomesKnown = true;
    llvm::DenseMap<const VarDecl *, unsigned> Written;
    auto Note = [&](const VarDecl *VD, const Expr *Value) {
      if (!VD || !VD->getType()->isIntegerType())
        return;
      if (++Written[VD] > 1 || !Value)
        Outcomes.erase(VD);
      else if (isTest(Value))
        Outcomes[VD] = Value;
    };
    auto Local = [](const Expr *E) -> const VarDecl * {
      const auto *R = dyn_cast<DeclRefExpr>(strip(E));
      return R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
    };
    for (const CFGBlock *B : Flow.order())
      for (const CFGElement &E : *B) {
        auto CS = E.getAs<CFGStmt>();
        if (!CS)
          continue;
        if (const auto *A = dyn_cast<BinaryOperator>(CS->getStmt())) {
          if (A->isAssignmentOp())
            Note(Local(A->getLHS()),
                 A->getOpcode() == BO_Assign ? A->getRHS() : nullptr);
        } else if (const auto *U = dyn_cast<UnaryOperator>(CS->getStmt())) {
          if (U->isIncrementDecrementOp() || U->getOpcode() == UO_AddrOf)
            Note(Local(U->getSubExpr()), nullptr);
        } else if (const auto *D = dyn_cast<DeclStmt>(CS->getStmt())) {
          for (const Decl *One : D->decls())
            if (const auto *VD = dyn_cast<VarDecl>(One); VD && VD->getInit())
              Note(VD, VD->getInit());
        }
      }
  }

  bool isTest(const Expr *E, unsigned Depth = 0) const {
    E = strip(E);
    if (Depth > 16)
      return false;
    if (const auto *U = dyn_cast<UnaryOperator>(E))
      return U->getOpcode() == UO_LNot && isTest(U->getSubExpr(), Depth + 1);
    if (const auto *B = dyn_cast<BinaryOperator>(E))
      return B->isLogicalOp() && (isTest(B->getLHS(), Depth + 1) ||
                                  isTest(B->getRHS(), Depth + 1));
    facts::ContainerKind Kind;
    const auto *C = dyn_cast<CallExpr>(E);
    return C && testsForType(C, Kind);
  }

  bool isZero(const Expr *E) const {
    E = strip(E);
    if (const auto *I = dyn_cast<IntegerLiteral>(E))
      return I->getValue() == 0;
    return isa<GNUNullExpr>(E) || isa<CXXNullPtrLiteralExpr>(E);
  }

  void assumeNull(State &S, const Expr *E, bool Null) {
    auto Loc = localLocation(E);
    if (!Loc || !Locations[*Loc].first->getType()->isPointerType())
      return;
    const Values *V = S.find(*Loc);
    if (!V)
      return;
    if (Null) {
      S.at(*Loc) = {NullValue};
    } else if (contains(*V, NullValue)) {
      erase(S.at(*Loc), NullValue);
    }
  }

  /// The object that `PyTuple_Check(x)` or the like tests, and for what.
  const Expr *testsForType(const CallExpr *C,
                           facts::ContainerKind &Kind) const {
    // PyObject_TypeCheck(x, &PyTuple_Type), Py_IS_TYPE(x, &PyTuple_Type)
    if (C->getNumArgs() == 2 && namesTupleType(C->getArg(1)) &&
        C->getType()->isIntegerType()) {
      Kind = facts::ContainerKind::Tuple;
      return strip(C->getArg(0));
    }
    SourceLocation Loc = C->getExprLoc();
    if (!Loc.isMacroID())
      return nullptr;
    const SourceManager &SM = Context.getSourceManager();
    bool Found = false;
    for (unsigned I = 0; I < 16 && Loc.isMacroID() && !Found; ++I) {
      if (SM.isMacroArgExpansion(Loc)) {
        Loc = SM.getImmediateSpellingLoc(Loc);
        continue;
      }
      StringRef Macro = Model.preprocessing().immediateMacro(Loc);
      if (auto Tested = facts::typeTestedBy(Macro)) {
        Kind = *Tested;
        Found = true;
      }
      Loc = SM.getImmediateExpansionRange(Loc).getBegin();
    }
    if (!Found || C->getNumArgs() == 0)
      return nullptr;
    const Expr *E = strip(C->getArg(0));
    while (const auto *Inner = dyn_cast<CallExpr>(E)) {
      if (Inner->getNumArgs() == 0)
        return nullptr;
      E = strip(Inner->getArg(0));
    }
    return E;
  }
};

//===----------------------------------------------------------------------===//
// All functions of the translation unit
//===----------------------------------------------------------------------===//

namespace {

/// Finds out whether a body contains a lookup of something others may drop.
class LookupFinder {
public:
  explicit LookupFinder(const model::ExtensionModel &Model) : Model(Model) {}
  bool Found = false;

  void visit(const Stmt *Body) {
    llvm::SmallVector<const Stmt *, 64> Todo{Body};
    while (!Todo.empty() && !Found) {
      const Stmt *S = Todo.pop_back_val();
      if (!S)
        continue;
      if (const auto *Call = dyn_cast<CallExpr>(S))
        visitCall(Call);
      else if (isa<ArraySubscriptExpr, MemberExpr>(S))
        look(cast<Expr>(S));
      for (const Stmt *Child : S->children())
        Todo.push_back(Child);
    }
  }

  /// A local tuple is given up, so that what was borrowed from it can go.
  bool dropsTuple() const {
    return llvm::any_of(Tuples, [&](const VarDecl *VD) {
      return llvm::is_contained(Dropped, VD);
    });
  }

private:
  const model::ExtensionModel &Model;
  llvm::SmallVector<const VarDecl *, 4> Tuples, Dropped;

  void visitCall(const CallExpr *E) {
    if (StringRef Api = apiName(E); !Api.empty()) {
      if (const facts::BorrowedReference *Row = facts::findBorrowed(Api);
          Row && isStep(*Row))
        Found = true;
      if (const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(Api);
          Op && Op->Op == facts::RefcountOp::Decref && E->getNumArgs() == 1)
        if (const VarDecl *VD = local(E->getArg(0)))
          Dropped.push_back(VD);
    }
    if (!Found)
      look(E);
  }

  static const VarDecl *local(const Expr *E) {
    const auto *DRE = dyn_cast<DeclRefExpr>(strip(E));
    const auto *VD = DRE ? dyn_cast<VarDecl>(DRE->getDecl()) : nullptr;
    return VD && VD->hasLocalStorage() && !isa<ParmVarDecl>(VD) ? VD : nullptr;
  }
  void look(const Expr *E) {
    std::string Name;
    const Expr *Container;
    const facts::BorrowedReference *Row =
        borrowedLookup(E, Model, Name, Container);
    Found = Row && Row->Mutable;
    if (Row && Row->Container == facts::ContainerKind::Tuple && Container)
      if (const VarDecl *VD = local(Container))
        Tuples.push_back(VD);
  }
};

/// A pointer comes out of the function, by return or through an argument.
bool handsOutPointer(const FunctionDecl *FD) {
  if (isTracked(FD->getReturnType()) && !FD->getReturnType()->isVoidType())
    return true;
  for (const ParmVarDecl *P : FD->parameters())
    if (const auto *T = P->getType()->getAs<PointerType>())
      if (T->getPointeeType()->isPointerType())
        return true;
  return false;
}

} // namespace

RefStates::RefStates(const model::ExtensionModel &Model)
    : Model(Model), Flows(Model.flows()) {
  std::vector<const model::Function *> Work;
  llvm::DenseSet<const FunctionDecl *> Direct;
  for (const auto &F : Model.functions()) {
    if (F->Generated || !F->NotAnalysed.empty() ||
        F->Decl->isDependentContext())
      continue;
    LookupFinder Finder(Model);
    Finder.visit(F->Decl->getBody());
    if (!Finder.Found && !Finder.dropsTuple())
      continue;
    Direct.insert(F->Decl);
    if (Finder.Found && handsOutPointer(F->Decl))
      Work.push_back(F.get());
  }
  // What hands out a borrowed reference makes its callers' calls lookups.
  llvm::DenseSet<const model::Function *> Candidates(Work.begin(), Work.end());
  for (size_t I = 0; I < Work.size(); ++I)
    for (const model::CallSite &C : Work[I]->Callers) {
      const model::Function *Caller = Model.function(C.Caller);
      if (Caller && !Caller->Generated && handsOutPointer(Caller->Decl) &&
          Candidates.insert(Caller).second)
        Work.push_back(Caller);
    }
  Borrowing = std::make_unique<HandOuts>(Model, Work);
  for (const model::Function *F : Work)
    if (Borrowing->contains(F->Decl))
      for (const model::CallSite &C : F->Callers)
        if (const model::Function *Caller = Model.function(C.Caller);
            Caller && !Caller->Generated)
          Direct.insert(Caller->Decl);
  for (const auto &F : Model.functions())
    if (Direct.contains(F->Decl))
      Relevant.push_back(F->Decl);
  findCycles();
}

RefStates::~RefStates() = default;

bool RefStates::mayHandOutBorrowed(const FunctionDecl *FD) const {
  const model::Function *F = Model.function(FD);
  return F && Borrowing->contains(F->Decl);
}

void RefStates::findCycles() {
  // Tarjan's algorithm without recursion: a chain of calls can be long.
  struct Frame {
    const model::Function *F;
    size_t Next;
  };
  llvm::DenseMap<const model::Function *, std::pair<unsigned, unsigned>> Seen;
  std::vector<const model::Function *> Stack;
  llvm::DenseSet<const model::Function *> OnStack;
  std::vector<Frame> Path;
  auto Enter = [&](const model::Function *F) {
    const unsigned N = Seen.size();
    Seen[F] = {N, N};
    Stack.push_back(F);
    OnStack.insert(F);
    Path.push_back({F, 0});
  };
  for (const auto &Root : Model.functions()) {
    if (Seen.count(Root.get()))
      continue;
    Enter(Root.get());
    while (!Path.empty()) {
      Frame &At = Path.back();
      if (At.Next < At.F->Calls.size()) {
        const model::Function *To = Model.function(At.F->Calls[At.Next++].Callee);
        if (!To)
          continue;
        if (!Seen.count(To)) {
          Enter(To);
        } else if (OnStack.contains(To)) {
          unsigned &Low = Seen[At.F].second;
          Low = std::min(Low, Seen[To].first);
        }
        continue;
      }
      const model::Function *Done = At.F;
      Path.pop_back();
      const auto [Number, Low] = Seen[Done];
      if (!Path.empty()) {
        unsigned &Outer = Seen[Path.back().F].second;
        Outer = std::min(Outer, Low);
      }
      if (Low != Number)
        continue;
      llvm::SmallVector<const model::Function *, 4> Members;
      do {
        Members.push_back(Stack.back());
        OnStack.erase(Stack.back());
        Stack.pop_back();
      } while (Members.back() != Done);
      if (Members.size() < 2)
        continue;
      for (const model::Function *F : Members)
        CycleOf[F->Decl] = Cycles.size();
      Cycles.emplace_back();
    }
  }
  // In source order, whichever of them is met first.
  for (const auto &F : Model.functions())
    if (auto It = CycleOf.find(F->Decl); It != CycleOf.end())
      Cycles[It->second].push_back(F->Decl);
}

llvm::ArrayRef<const FunctionDecl *>
RefStates::cycleOf(const FunctionDecl *FD) const {
  auto It = CycleOf.find(FD);
  if (It == CycleOf.end())
    return {};
  return Cycles[It->second];
}

bool RefStates::inSameCycle(const FunctionDecl *A,
                            const FunctionDecl *B) const {
  auto X = CycleOf.find(A), Y = CycleOf.find(B);
  return X != CycleOf.end() && Y != CycleOf.end() && X->second == Y->second;
}

const FunctionRefs *RefStates::get(const FunctionDecl *FD) {
  const model::Function *F = Model.function(FD);
  if (!F)
    return nullptr;
  FD = F->Decl;
  auto Known = Entries.find(FD);
  if (Known != Entries.end())
    return Known->second->Done ? Known->second->Refs.get() : nullptr;
  // Of functions that call each other, one needs what is not known yet of the
  // others: always the same one.
  if (auto It = CycleOf.find(FD);
      It != CycleOf.end() && CyclesStarted.insert(It->second).second)
    for (const FunctionDecl *Member : Cycles[It->second])
      (void)get(Member);
  auto [It, New] = Entries.try_emplace(FD);
  if (!New)
    return It->second->Done ? It->second->Refs.get() : nullptr;
  // A chain of calls this deep is cut rather than followed on the stack.
  if (Depth > 60) {
    Entries.erase(It);
    return nullptr;
  }
  It->second = std::make_unique<Entry>();
  Entry &E = *It->second;

  ++Depth;
  std::string Failed;
  std::shared_ptr<const FunctionFlow> Flow = Flows.get(FD, Failed);
  if (Flow) {
    auto Refs = std::make_unique<FunctionRefs>();
    Refs->FD = FD;
    Refs->NumBlocks = Flow->graph().getNumBlockIDs();
    RefTransfer Transfer(*this, *Refs, *Flow);
    auto Solved = solveForward(Flow, Transfer, Failed);
    if (Solved && Transfer.Work > RefTransfer::MaxWork) {
      Failed = "too many references are in use at the same time";
    } else if (Solved) {
      Transfer.Recording = true;
      Solved->visit(Transfer,
                    [](const RefVars &, const CFGElement &) {});
      const SourceManager &SM = Model.context().getSourceManager();
      for (Lookup &L : Refs->Lookups) {
        llvm::sort(L.Uses, [&](const Use &A, const Use &B) {
          SourceLocation X = SM.getFileLoc(A.Where->getBeginLoc());
          SourceLocation Y = SM.getFileLoc(B.Where->getBeginLoc());
          if (X != Y)
            return SM.isBeforeInTranslationUnit(X, Y);
          return A.Kind < B.Kind;
        });
      }
      llvm::stable_sort(Refs->LoadUses, [&](const LoadUse &A,
                                            const LoadUse &B) {
        return SM.isBeforeInTranslationUnit(
            SM.getFileLoc(A.Where->getBeginLoc()),
            SM.getFileLoc(B.Where->getBeginLoc()));
      });
      for (unsigned I = 0; I < Refs->OriginUses.size(); ++I) {
        if (Refs->OriginUses[I].K == OriginUse::Stored)
          Refs->StoresByStmt[Refs->OriginUses[I].Where].push_back(I);
        if (const ValueDecl *D = Refs->Origins[Refs->OriginUses[I].Origin].Decl)
          Refs->UsesByDecl[cast<ValueDecl>(D->getCanonicalDecl())].push_back(I);
      }
      E.Refs = std::move(Refs);
    }
  }
  --Depth;
  if (!E.Refs && F->NotAnalysed.empty()) // Else the model says so itself.
    Failures.push_back({FD, Failed});
  E.Done = true;
  return E.Refs.get();
}

/// A call in \p F that runs code, other than by calling a function that calls F.
const CallExpr *RefStates::findCodeRun(const model::Function &F) {
  for (const model::CallSite &C : F.Calls) {
    if (!C.Call)
      continue;
    if (!C.Callee) {
      if (isPythonSlot(C.Call))
        return C.Call;
    } else if (StringRef Api = apiName(C.Callee); !Api.empty()) {
      const facts::UserCodeCall *Row = facts::findUserCodeCall(Api);
      if (Row ? Row->When == facts::UserCodeWhen::Always &&
                    unsigned(Row->ObjectArg) < C.Call->getNumArgs() &&
                    !isStaticObject(C.Call->getArg(Row->ObjectArg))
              : alwaysRunsCode(Api, facts::findEffect(Api)))
        return C.Call;
    } else if (const model::Function *Callee = Model.function(C.Callee);
               Callee && !inSameCycle(Callee->Decl, F.Decl) &&
               codeRunBy(Callee->Decl)) {
      return C.Call;
    }
  }
  return nullptr;
}

const CallExpr *RefStates::codeRunBy(const FunctionDecl *FD) {
  const model::Function *F = Model.function(FD);
  if (!F)
    return nullptr;
  auto [It, New] = RunsCode.try_emplace(F->Decl, nullptr);
  if (!New || Depth > 60)
    return It->second; // Recursion adds nothing of its own.
  ++Depth;
  const llvm::ArrayRef<const FunctionDecl *> Cycle = cycleOf(F->Decl);
  if (Cycle.empty()) {
    const CallExpr *Result = findCodeRun(*F);
    --Depth;
    return RunsCode[F->Decl] = Result;
  }
  // What one of them runs all of them do, by calling it.
  for (const FunctionDecl *Member : Cycle)
    RunsCode[Member] = nullptr;
  std::vector<const FunctionDecl *> Work;
  for (const FunctionDecl *Member : Cycle)
    if (const CallExpr *Call = findCodeRun(*Model.function(Member))) {
      RunsCode[Member] = Call;
      Work.push_back(Member);
    }
  --Depth;
  for (size_t I = 0; I < Work.size(); ++I)
    for (const model::CallSite &C : Model.function(Work[I])->Callers)
      if (C.Call && C.Caller && inSameCycle(C.Caller, F->Decl) &&
          !RunsCode.lookup(C.Caller)) {
        RunsCode[C.Caller] = C.Call;
        Work.push_back(C.Caller);
      }
  return RunsCode.lookup(F->Decl);
}

bool RefStates::maySuspend(const FunctionDecl *FD, bool GivenObject) {
  if (!FD)
    return GivenObject;
  if (StringRef Api = apiName(FD); !Api.empty())
    if (const facts::CallEffect *E = facts::findEffect(Api))
      return E->Class == facts::EffectClass::RunsCode ||
             E->Class == facts::EffectClass::Decref ||
             E->Class == facts::EffectClass::Detach;
  const model::Function *F = Model.function(FD);
  if (!F)
    return GivenObject;
  auto It = Suspends.find(F->Decl);
  if (It != Suspends.end())
    return It->second;
  if (Depth > 60)
    return true;
  Suspends[F->Decl] = 0; // Recursion adds nothing of its own.
  llvm::ArrayRef<const FunctionDecl *> Together = cycleOf(F->Decl);
  if (Together.empty())
    Together = F->Decl;
  for (const FunctionDecl *Member : Together)
    Suspends[Member] = 0;
  ++Depth;
  bool Result = false;
  for (const FunctionDecl *Member : Together)
    for (const model::CallSite &C : Model.function(Member)->Calls) {
      bool Given = false;
      if (C.Call)
        for (const Expr *A : C.Call->arguments())
          Given |= model::ExtensionModel::isObjectPointer(
              A->IgnoreParenCasts()->getType());
      if (!Result && maySuspend(C.Callee, Given))
        Result = true;
    }
  --Depth;
  for (const FunctionDecl *Member : Together)
    Suspends[Member] = Result;
  return Result;
}

} // namespace pyext::flow
