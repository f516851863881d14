//===- Places.cpp ---------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/Places.h"
#include "facts/ApiRoles.h"
#include "facts/ModelCalls.h"
#include "model/ApiUses.h"
#include "model/GlobalClasses.h"
#include "model/Initializers.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

/// Long enough for any struct a person can follow.
static constexpr unsigned MaxPath = 4, MaxDepth = 24, MaxGiven = 256;

bool isHead(const FieldDecl *FD) {
  return FD->getFieldIndex() == 0 &&
         ExtensionModel::isObjectRecord(FD->getType()->getAsRecordDecl());
}

static const Expr *bare(const Expr *E) {
  while (true) {
    const Expr *Next = E->IgnoreParenCasts()->IgnoreImplicit();
    if (const auto *C = dyn_cast<CXXConstructExpr>(Next);
        C && C->getNumArgs() &&
        // owned(object, /*borrowed=*/true)
        std::all_of(C->arg_begin() + 1, C->arg_end(), [](const Expr *A) {
          return isa<CXXDefaultArgExpr>(A) ||
                 A->getType()->isIntegralOrEnumerationType();
        }))
      Next = C->getArg(0);
    else if (const auto *L = dyn_cast<InitListExpr>(Next);
             L && L->getNumInits() == 1)
      Next = L->getInit(0);
    if (Next == E)
      return E;
    E = Next;
  }
}

/// The struct that a pointer or smart pointer of type \p QT leads to.
static const RecordDecl *pointeeRecord(QualType QT) {
  if (QT->isPointerType() || QT->isReferenceType())
    return QT->getPointeeType()->getAsRecordDecl();
  if (const auto *Spec = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
          QT->getAsRecordDecl());
      Spec && Spec->getTemplateArgs().size() &&
      Spec->getTemplateArgs()[0].getKind() == TemplateArgument::Type &&
      StringRef(Spec->getNameAsString()).ends_with("_ptr"))
    return Spec->getTemplateArgs()[0].getAsType()->getAsRecordDecl();
  return nullptr;
}

/// The arm of \p C that is taken, when its condition is a constant; nullable.
static const Expr *chosenArm(const ConditionalOperator *C,
                             const ASTContext &Context) {
  bool Holds;
  if (C->getCond()->isValueDependent() ||
      !C->getCond()->EvaluateAsBooleanCondition(Holds, Context))
    return nullptr;
  return Holds ? C->getTrueExpr() : C->getFalseExpr();
}

static const RecordDecl *canonical(const RecordDecl *RD) {
  return RD ? cast<RecordDecl>(RD->getCanonicalDecl()) : nullptr;
}

void Places::readOwners() {
  OwnersRead = true;
  DenseSet<const RecordDecl *> Seen;
  SmallVector<std::pair<const RecordDecl *, const FieldDecl *>, 16> Work;
  auto Add = [&](const RecordDecl *RD, const FieldDecl *By) {
    RD = canonical(RD);
    if (!RD || ExtensionModel::isObjectRecord(RD))
      return;
    auto [It, New] = Owners.try_emplace(RD, By);
    if (!New && It->second != By)
      It->second = nullptr;
    if (New && RD->getDefinition())
      Work.push_back({RD->getDefinition(), By});
  };
  for (const FieldAccess &A : Model.fieldAccesses()) {
    const RecordDecl *RD = A.Field->getParent();
    if (!ExtensionModel::isObjectRecord(RD) ||
        !Seen.insert(canonical(RD)).second)
      continue;
    for (const FieldDecl *F : RD->fields()) {
      const RecordDecl *To = pointeeRecord(F->getType());
      Add(To ? To : F->getType()->getAsRecordDecl(), F->getCanonicalDecl());
    }
  }
  // A struct in a struct belongs to whom that belongs to; so does a base.
  for (size_t I = 0; I < Work.size() && I < 512; ++I) {
    const auto [RD, By] = Work[I];
    for (const FieldDecl *F : RD->fields()) {
      const RecordDecl *To = pointeeRecord(F->getType());
      Add(To ? To : F->getType()->getAsRecordDecl(), By);
    }
    if (const auto *CXX = dyn_cast<CXXRecordDecl>(RD))
      for (const CXXBaseSpecifier &Base : CXX->bases())
        Add(Base.getType()->getAsRecordDecl(), By);
  }
  // What static data or the module state points to has another owner.
  for (const StateVariable &S : Model.state())
    if (S.Kind != StateKind::InstanceField) {
      const RecordDecl *To = pointeeRecord(S.Decl->getType());
      if (!To)
        To = S.Decl->getType()->getAsRecordDecl();
      if (auto It = Owners.find(canonical(To)); It != Owners.end())
        It->second = nullptr;
    }
}

const FieldDecl *Places::ownerOf(const RecordDecl *RD) {
  if (!OwnersRead)
    readOwners();
  return RD ? Owners.lookup(canonical(RD)) : nullptr;
}

Place Places::join(Place A, const Place &B) {
  if (A.Root == Place::Null)
    return B;
  if (B.Root == Place::Null)
    return A;
  // What may be known to others is not private.
  if (A.Root == Place::Fresh || A.Root == Place::Unknown)
    return B.Root == Place::Fresh ? A : B;
  if (B.Root == Place::Fresh || B.Root == Place::Unknown)
    return A;
  if (A.Root != B.Root || (A.Root == Place::Param && A.Index != B.Index)) {
    if (A.Root == Place::Object || B.Root == Place::Object) {
      Place P = A.Root == Place::Object ? A : B;
      P.Names.clear();
      return P;
    }
    return Place();
  }
  if (A.Root == Place::Object && A.Names != B.Names)
    A.Names.clear();
  A.InStruct &= B.InStruct;
  // p = self->first, then p = p->next.
  const size_t Common = std::min(A.Path.size(), B.Path.size());
  if (!std::equal(A.Path.begin(), A.Path.begin() + Common, B.Path.begin()))
    return A.Root == Place::Object ? A : Place();
  return A.Path.size() <= B.Path.size() ? A : B;
}

bool Places::isInitialized(const VarDecl *VD) {
  if (!Initialized) {
    Initialized.emplace();
    for (const ApiUse &Use : usesOf(Model, facts::ApiRole::InitsObject))
      if (Use.Call->getNumArgs())
        if (const auto *Ref = dyn_cast<DeclRefExpr>(bare(Use.Call->getArg(0))))
          Initialized->insert(Ref->getDecl());
  }
  return Initialized->contains(VD);
}

static bool makesObject(const CallExpr *Call);

static bool assigns(const Stmt *S, const VarDecl *VD) {
  if (!S)
    return false;
  if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->isAssignmentOp())
    if (const auto *R = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
        R && R->getDecl() == VD)
      return true;
  return any_of(S->children(),
                [&](const Stmt *Child) { return assigns(Child, VD); });
}

/// The value that a statement of the same block, or of one around it, has given
/// \p VD before \p E; null when it may have another one too.
static const Expr *valueBefore(const ExtensionModel &Model, const Function &F,
                               const VarDecl *VD, const Expr *E) {
  const std::vector<const Stmt *> Path = pathTo(Model, F.Decl, E);
  for (size_t I = Path.size(); I-- > 1;) {
    if (isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt, SwitchStmt>(Path[I - 1]))
      return nullptr;
    const auto *Block = dyn_cast<CompoundStmt>(Path[I - 1]);
    if (!Block)
      continue;
    const Expr *Last = nullptr;
    bool Any = false;
    for (const Stmt *S : Block->body()) {
      if (S == Path[I])
        break;
      const auto *B = dyn_cast<BinaryOperator>(S);
      if (isa<LabelStmt>(S)) {
        Last = nullptr;
        Any = true;
      } else if (B && B->getOpcode() == BO_Assign && assigns(S, VD) &&
                 !assigns(B->getRHS(), VD)) {
        Last = B->getRHS();
        Any = true;
      } else if (assigns(S, VD)) {
        Last = nullptr;
        Any = true;
      }
    }
    if (Any)
      return Last;
  }
  return nullptr;
}

Place Places::ofReference(const Function &F, const DeclRefExpr *E) {
  const auto *VD = cast<VarDecl>(E->getDecl());
  Place P = ofVariable(F, VD);
  if (!P.known() || isa<ParmVarDecl>(VD) || !VD->hasLocalStorage() ||
      !VD->getType()->isPointerType())
    return P;
  // One variable for several objects: which one is it here?
  bool Fresh = false, Several = false;
  const Expr *First = nullptr;
  for (const auto &[Local, Value] : F.PointerValues)
    if (Local == VD && !isNullOrZero(Value, Model.context())) {
      Several |= First != nullptr;
      First = Value;
      const auto *Call = dyn_cast<CallExpr>(bare(Value));
      Fresh |= Call && makesObject(Call);
    }
  if (Fresh && Several)
    if (const Expr *Value = valueBefore(Model, F, VD, E)) {
      Place Here = pointee(F, Value);
      if (Here.Root == Place::Fresh)
        return Here;
    }
  return P;
}

/// `v` of `v[i]`; nullable.
static const VarDecl *arrayOf(const Expr *E) {
  const auto *Sub = dyn_cast<ArraySubscriptExpr>(E);
  const auto *R =
      dyn_cast_or_null<DeclRefExpr>(Sub ? bare(Sub->getBase()) : nullptr);
  return R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
}

/// What is taken from a list of dead objects belongs to who took it.
bool Places::isFreelist(const VarDecl *VD) {
  if (!VD || !VD->hasGlobalStorage())
    return false;
  const StateVariable *S = Model.stateOf(VD);
  const GlobalVerdict *V = S ? Model.globals().of(*S) : nullptr;
  return V && V->Class == GlobalClass::Freelist;
}

/// What \p S assigns to the field \p FD of the local struct \p VD, or to all of
/// it.
static void findValues(const Stmt *S, const VarDecl *VD, const FieldDecl *FD,
                       SmallVectorImpl<const Expr *> &Values) {
  if (!S)
    return;
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && B->getOpcode() == BO_Assign) {
    const Expr *To = B->getLHS()->IgnoreParens();
    const auto *M = dyn_cast<MemberExpr>(To);
    if (M && (M->isArrow() || M->getMemberDecl()->getCanonicalDecl() != FD))
      M = nullptr;
    const auto *R = dyn_cast<DeclRefExpr>(M ? bare(M->getBase()) : To);
    if (R && R->getDecl() == VD)
      Values.push_back(B->getRHS());
  }
  for (const Stmt *Child : S->children())
    findValues(Child, VD, FD, Values);
}

/// \p E, a pointer in \p F, is an object that \p F has made, for which Made is
/// set, or null, or one of its parameters, which is added to From.
bool Places::comesNew(const Function &F, const Expr *E, bool &Made,
                      SmallVectorImpl<Given> &From) {
  const Place P = pointee(F, E);
  Made |= P.Root == Place::Fresh || P.Root == Place::Param;
  if (P.Root == Place::Param && P.Path.empty())
    From.push_back({&F, P.Index, nullptr});
  return P.Root == Place::Fresh || P.Root == Place::Null ||
         (P.Root == Place::Param && P.Path.empty());
}

/// The same of the object in the field \p FD of the local struct \p VD.
bool Places::isMadeIn(const Function &F, const VarDecl *VD, const FieldDecl *FD,
                      SmallVectorImpl<Given> &From) {
  SmallVector<const Expr *, 4> Values;
  if (const Expr *Init = VD->getInit()) {
    const auto *List = dyn_cast<InitListExpr>(Init->IgnoreImplicit());
    if (!List)
      Values.push_back(Init);
    else if (FD->getFieldIndex() < List->getNumInits())
      Values.push_back(List->getInit(FD->getFieldIndex()));
  }
  findValues(F.Decl->getBody(), VD, FD, Values);
  bool Made = false;
  for (const Expr *E : Values) {
    if (isa<ImplicitValueInitExpr>(E))
      continue;
    if (E->getType()->isRecordType()) {
      // subargs = *args;
      const auto *U = dyn_cast<UnaryOperator>(bare(E));
      const auto *R = U && U->getOpcode() == UO_Deref
                          ? dyn_cast<DeclRefExpr>(bare(U->getSubExpr()))
                          : nullptr;
      const auto *P = R ? dyn_cast<ParmVarDecl>(R->getDecl()) : nullptr;
      if (!P)
        return false;
      From.push_back({&F, P->getFunctionScopeIndex(), FD});
      Made = true;
    } else if (!comesNew(F, E, Made, From)) {
      return false;
    }
  }
  return Made;
}

/// Whoever calls the function gives it an object that is new.
bool Places::isMadeFor(const Given &What) {
  if (auto It = MadeFor.find(What); It != MadeFor.end())
    return It->second;
  SmallVector<Given, 8> Work{What};
  bool Made = true;
  for (size_t I = 0; I < Work.size() && Made; ++I) {
    const auto [F, Param, FD] = Work[I];
    Made = I < MaxGiven && !F->AddressTaken && F->Entries.empty() &&
           !F->Callers.empty();
    for (const CallSite &Site : F->Callers) {
      const Function *Caller = Model.function(Site.Caller);
      if (!Made || !Caller || !Site.Call || Param >= Site.Call->getNumArgs()) {
        Made = false;
        break;
      }
      SmallVector<Given, 4> From;
      const Expr *Arg = bare(Site.Call->getArg(Param));
      if (!FD) {
        Made = comesNew(*Caller, Arg, Made, From);
      } else {
        if (const auto *U = dyn_cast<UnaryOperator>(Arg);
            U && U->getOpcode() == UO_AddrOf)
          Arg = bare(U->getSubExpr());
        const auto *R = dyn_cast<DeclRefExpr>(Arg);
        const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
        if (const auto *P = dyn_cast_or_null<ParmVarDecl>(VD))
          From.push_back({Caller, P->getFunctionScopeIndex(), FD});
        else
          Made = VD && VD->hasLocalStorage() && VD->getType()->isRecordType() &&
                 isMadeIn(*Caller, VD, FD, From);
      }
      // What calls itself gives what it has been given.
      for (const Given &G : From)
        if (!is_contained(Work, G))
          Work.push_back(G);
    }
  }
  if (Made)
    for (const Given &G : Work)
      MadeFor[G] = true;
  return MadeFor[What] = Made;
}

/// The object that the field \p E refers to.
Place Places::heldIn(const Function &F, const MemberExpr *E) {
  Place P;
  P.Root = Place::Object;
  const auto *FD = dyn_cast<FieldDecl>(E->getMemberDecl());
  const auto *R = dyn_cast<DeclRefExpr>(bare(E->getBase()));
  const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
  if (!FD || !VD || !VD->hasLocalStorage() ||
      ExtensionModel::isObjectRecord(FD->getParent()))
    return P;
  FD = FD->getCanonicalDecl();
  if (const auto *Param = dyn_cast<ParmVarDecl>(VD)) {
    P.InStruct = true;
    if (isMadeFor({&F, Param->getFunctionScopeIndex(), FD}))
      P.Root = Place::Fresh;
  } else if (SmallVector<Given, 4> From;
             !E->isArrow() && isMadeIn(F, VD, FD, From) &&
             all_of(From, [&](const Given &G) { return isMadeFor(G); })) {
    P.Root = Place::Fresh;
  }
  return P;
}

/// What \p S assigns to `*Param`.
static void findStored(const Stmt *S, const ParmVarDecl *Param,
                       SmallVectorImpl<const Expr *> &Values) {
  if (!S)
    return;
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && B->getOpcode() == BO_Assign)
    if (const auto *U = dyn_cast<UnaryOperator>(bare(B->getLHS()));
        U && U->getOpcode() == UO_Deref)
      if (const auto *R = dyn_cast<DeclRefExpr>(bare(U->getSubExpr()));
          R && R->getDecl() == Param)
        Values.push_back(B->getRHS());
  for (const Stmt *Child : S->children())
    findStored(Child, Param, Values);
}

/// All that \p F puts where \p Param points to are objects that it has made, for
/// which Made is set, or null.
bool Places::storesNew(const Function &F, const ParmVarDecl *Param, bool &Made) {
  auto It = Stored.find(Param);
  if (It == Stored.end()) {
    SmallVector<const Expr *, 4> Values;
    findStored(F.Decl->getBody(), Param, Values);
    It = Stored.try_emplace(Param, std::move(Values)).first;
  }
  const SmallVector<const Expr *, 4> Values = It->second;
  for (const Expr *E : Values) {
    const Place P = pointee(F, E);
    if (P.Root != Place::Fresh && P.Root != Place::Null)
      return false;
    Made |= P.Root == Place::Fresh;
  }
  return true;
}

/// `if (make(&obj) < 0) ...`: whoever is given the address of \p VD puts an
/// object there that it has made.
bool Places::isSetToNew(const Function &F, const VarDecl *VD) {
  bool Made = false;
  for (const CallSite &Site : F.Calls)
    for (unsigned I = 0; Site.Call && I < Site.Call->getNumArgs(); ++I) {
      const auto *Of = dyn_cast<UnaryOperator>(bare(Site.Call->getArg(I)));
      const auto *R = Of && Of->getOpcode() == UO_AddrOf
                          ? dyn_cast<DeclRefExpr>(bare(Of->getSubExpr()))
                          : nullptr;
      if (!R || R->getDecl() != VD)
        continue;
      const Function *Callee = Model.function(Site.Callee);
      if (!Callee || I >= Callee->Decl->getNumParams())
        return false;
      if (!storesNew(*Callee, Callee->Decl->getParamDecl(I), Made))
        return false;
    }
  return Made;
}

Place Places::ofVariable(const Function &F, const VarDecl *VD) {
  Place P;
  if (const auto *Param = dyn_cast<ParmVarDecl>(VD)) {
    const DeclContext *Of = Param->getDeclContext();
    if (cast<Decl>(Of)->getCanonicalDecl() == F.Decl->getCanonicalDecl()) {
      P.Root = Place::Param;
      P.Index = Param->getFunctionScopeIndex();
    } else if (ExtensionModel::isObjectPointer(VD->getType())) {
      P.Root = Place::Object; // Captured by a lambda.
    }
    P.Names = {VD->getNameAsString()};
    return P;
  }
  if (!VD->hasLocalStorage()) {
    if (ExtensionModel::isObjectPointer(VD->getType()) && !isFreelist(VD)) {
      P.Root = Place::Object;
      P.Names = {VD->getNameAsString()};
    }
    return P;
  }
  auto [It, New] = Variables.try_emplace({&F, VD}, Place());
  if (!New)
    return It->second;
  if (isInitialized(VD)) {
    It->second.Root = Place::Fresh;
    return It->second;
  }
  It->second.Root = Place::Null; // While its own values are looked at.
  P.Root = Place::Null;
  bool Any = false;
  for (const auto &[Local, Value] : F.PointerValues)
    if (Local == VD) {
      Any = true;
      P = join(std::move(P), VD->getType()->isReferenceType()
                                 ? placeOf(F, Value)
                                 : pointee(F, Value));
    }
  // Nothing, or null, and then set through its address.
  if (P.Root == Place::Null) {
    P = Place();
    P.FromCall = true;
    if (VD->getType()->isPointerType() && isSetToNew(F, VD))
      P.Root = Place::Fresh;
    else if (VD->getType()->isPointerType() &&
        ExtensionModel::isObjectPointer(VD->getType()))
      P.Root = Place::Object;
    else if (!Any && !VD->getType()->isPointerType())
      P.Root = Place::Fresh;
  }
  if (P.Root != Place::Unknown && P.Path.empty() &&
      !is_contained(P.Names, VD->getNameAsString()))
    P.Names.push_back(VD->getNameAsString());
  Variables[{&F, VD}] = P;
  return P;
}

/// True when a call of \p Callee that nobody here defines makes a new object.
static bool makesObject(const CallExpr *Call) {
  // type->tp_alloc(type, 0)
  if (const auto *M = dyn_cast<MemberExpr>(Call->getCallee()->IgnoreParenCasts())) {
    const facts::TypeSlot *Slot =
        facts::findTypeSlotByField(M->getMemberDecl()->getNameAsString());
    return Slot && (Slot->Role == facts::SlotRole::Alloc ||
                    Slot->Role == facts::SlotRole::New);
  }
  const FunctionDecl *Callee = Call->getDirectCallee();
  if (!Callee || !Callee->getIdentifier())
    return false;
  StringRef Name = facts::canonicalName(Callee->getName());
  const facts::NewReference *New = facts::findNewReference(Name);
  return (New && New->Fresh) || facts::makesInstance(Name);
}

Place Places::returned(const Function &F) {
  auto [It, New] = Results.try_emplace(&F, Place());
  if (!New)
    return It->second;
  It->second.Root = Place::Null;
  Place P;
  P.Root = Place::Null;
  const bool Reference = F.Decl->getReturnType()->isReferenceType();
  for (const Expr *E : F.Returned)
    P = join(std::move(P), Reference ? placeOf(F, E) : pointee(F, E));
  // A constructor takes what it does not make from a list of dead ones.
  if (P.Root == Place::Object && F.Decl->getIdentifier() &&
      facts::makesInstance(F.Decl->getName()) &&
      any_of(F.Calls, [](const CallSite &Site) {
        return Site.Call && makesObject(Site.Call);
      })) {
    P = Place();
    P.Root = Place::Fresh;
  }
  if (P.Root == Place::Null)
    P = Place();
  Results[&F] = P;
  return P;
}

/// The local object that \p Call asks for the pointer it holds; nullable.
static const VarDecl *holderOf(const CallExpr *Call) {
  const Expr *Object = nullptr;
  if (const auto *Member = dyn_cast<CXXMemberCallExpr>(Call))
    Object = Call->getNumArgs() ? nullptr : Member->getImplicitObjectArgument();
  else if (const auto *Op = dyn_cast<CXXOperatorCallExpr>(Call);
           Op && Op->getNumArgs() == 1)
    Object = Op->getArg(0);
  const auto *R =
      dyn_cast_or_null<DeclRefExpr>(Object ? Object->IgnoreParenCasts() : nullptr);
  const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
  if (!VD || !VD->hasLocalStorage() || isa<ParmVarDecl>(VD) || !VD->getInit() ||
      !VD->getType()->isRecordType())
    return nullptr;
  const Expr *From = bare(VD->getInit());
  return From->getType()->isPointerType() ? VD : nullptr;
}

Place Places::ofHolder(const Function &F, const VarDecl *VD) {
  Place P = pointee(F, VD->getInit());
  if (P.known() && P.Path.empty())
    P.Names.push_back(VD->getNameAsString());
  return P;
}

Place Places::ofCall(const Function &F, const CallExpr *Call, bool Reference) {
  Place P;
  P.FromCall = true;
  // owned.get(), *owned, (Obj *)owned of a local that was made from a pointer.
  if (Call->getType()->isPointerType() || Reference)
    if (const VarDecl *Holder = holderOf(Call))
      return ofHolder(F, Holder);
  if (const auto *Op = dyn_cast<CXXOperatorCallExpr>(Call);
      Op && Op->getNumArgs() &&
      (Op->getOperator() == OO_Arrow || Op->getOperator() == OO_Star ||
       Op->getOperator() == OO_Subscript)) {
    Place To = placeOf(F, Op->getArg(0));
    if (To.known() && !To.Path.empty()) {
      To.Content = true;
      return To;
    }
  }
  const auto *Member = dyn_cast<CXXMemberCallExpr>(Call);
  const FunctionDecl *Callee = Call->getDirectCallee();
  const Function *Known = Model.function(Callee);
  const Expr *Object = Member ? Member->getImplicitObjectArgument() : nullptr;
  if (!Known) {
    if (makesObject(Call)) {
      P.Root = Place::Fresh;
    } else if (Callee && Callee->getIdentifier() &&
               facts::findModelCall(facts::canonicalName(Callee->getName())) ==
                   facts::ModelCall::ReturnsState) {
      // All threads have the same.
      P.Root = Place::Object;
      P.Names = {flow::canonicalText(Call)};
    } else if (Callee && Callee->getIdentifier() &&
               facts::isErrorSetter(Callee->getName())) {
      P.Root = Place::Null; // return PyErr_NoMemory();
    } else if (Object && Callee && Callee->getIdentifier() &&
               Callee->getName() == "get") {
      Place To = placeOf(F, Object);
      if (To.known() && !To.Path.empty())
        To.Content = true;
      return To;
    } else if (ExtensionModel::isObjectPointer(Call->getType()) && Callee &&
               Callee->getIdentifier() && facts::isApiName(Callee->getName())) {
      P.Root = Place::Object;
    }
    return P;
  }
  Place In = returned(*Known);
  const Expr *Root = nullptr;
  if (In.Root == Place::Fresh || In.Root == Place::Object) {
    P.Root = In.Root;
    P.Path = In.Path;
    P.Content = In.Content;
    return P;
  }
  if (In.Root == Place::Param) {
    const unsigned Skip = isa<CXXOperatorCallExpr>(Call) &&
                          isa<CXXMethodDecl>(Known->Decl);
    if (In.Index + Skip < Call->getNumArgs())
      Root = Call->getArg(In.Index + Skip);
  } else if (In.Root == Place::This) {
    Root = Object;
  }
  if (!Root)
    return P;
  Place To = Root->getType()->isPointerType() ? pointee(F, Root)
                                              : placeOf(F, Root);
  if (!To.known())
    return To;
  for (const FieldDecl *FD : In.Path)
    if (To.Path.size() < MaxPath)
      To.Path.push_back(FD);
  if (!In.Path.empty())
    To.Content = In.Content;
  return To;
}

void Places::member(Place &P, const Function &F, const MemberExpr *E) {
  const auto *FD = dyn_cast<FieldDecl>(E->getMemberDecl());
  if (!FD) {
    P = Place();
    return;
  }
  const RecordDecl *RD = FD->getParent();
  if (P.Root == Place::Unknown) {
    if (ExtensionModel::isObjectRecord(RD) && !P.FromCall) {
      P.Root = Place::Object;
      P.Names = {flow::canonicalText(E->getBase())};
    } else if (const FieldDecl *Owner = P.FromCall ? nullptr : ownerOf(RD)) {
      P.Root = Place::Object;
      P.Path = {Owner};
    }
  }
  P.Content = false;
  if (!P.known() || isHead(FD))
    return;
  if (P.Path.size() < MaxPath)
    P.Path.push_back(FD->getCanonicalDecl());
}

Place Places::placeOf(const Function &F, const Expr *E) {
  Place P;
  if (Depth > MaxDepth)
    return P;
  ++Depth;
  E = bare(E);
  if (const auto *R = dyn_cast<DeclRefExpr>(E)) {
    if (const auto *VD = dyn_cast<VarDecl>(R->getDecl())) {
      if (VD->getType()->isReferenceType() || VD->getType()->isPointerType())
        P = ofReference(F, R); // A pointer variable stands for what it leads to.
      else if (VD->hasLocalStorage())
        P.Root = Place::Fresh;
    }
  } else if (const auto *M = dyn_cast<MemberExpr>(E)) {
    P = M->isArrow() ? pointee(F, M->getBase()) : placeOf(F, M->getBase());
    member(P, F, M);
  } else if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() == UO_Deref)
      P = pointee(F, U->getSubExpr());
    else if (U->getOpcode() == UO_AddrOf)
      P = placeOf(F, U->getSubExpr());
  } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
    P = pointee(F, A->getBase());
  } else if (const auto *Call = dyn_cast<CallExpr>(E)) {
    P = ofCall(F, Call, /*Reference=*/true);
  } else if (isa<CXXThisExpr>(E)) {
    P.Root = Place::This;
  } else if (const auto *C = dyn_cast<ConditionalOperator>(E)) {
    const Expr *Arm = chosenArm(C, Model.context());
    P = Arm ? placeOf(F, Arm)
            : join(placeOf(F, C->getTrueExpr()), placeOf(F, C->getFalseExpr()));
  }
  --Depth;
  return P;
}

Place Places::pointee(const Function &F, const Expr *E) {
  Place P;
  if (Depth > MaxDepth)
    return P;
  if (isNullOrZero(E, Model.context())) {
    P.Root = Place::Null;
    return P;
  }
  ++Depth;
  E = bare(E);
  const QualType Type = E->getType();
  if (isa<DeclRefExpr, CXXThisExpr>(E)) {
    P = placeOf(F, E);
  } else if (isa<MemberExpr, ArraySubscriptExpr>(E)) {
    if (ExtensionModel::isObjectPointer(Type)) {
      if (const auto *M = dyn_cast<MemberExpr>(E))
        P = heldIn(F, M);
      else
        P.Root = isFreelist(arrayOf(E)) ? Place::Fresh : Place::Object;
      P.Names = {flow::canonicalText(E)};
    } else {
      P = placeOf(F, E);
      if (P.known() && !P.Path.empty() && !Type->isArrayType())
        P.Content = true;
    }
  } else if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() == UO_AddrOf)
      P = placeOf(F, U->getSubExpr());
    else if (U->isIncrementDecrementOp())
      P = pointee(F, U->getSubExpr());
    else if (ExtensionModel::isObjectPointer(Type)) {
      P.Root = Place::Object;
      // (*out)->field, after *out = alloc();
      const auto *R = dyn_cast<DeclRefExpr>(bare(U->getSubExpr()));
      const auto *Param = R ? dyn_cast<ParmVarDecl>(R->getDecl()) : nullptr;
      bool Made = false;
      if (Param && storesNew(F, Param, Made) && Made)
        P.Root = Place::Fresh;
    }
  } else if (const auto *B = dyn_cast<BinaryOperator>(E)) {
    if (B->getOpcode() == BO_Comma || B->isAssignmentOp())
      P = pointee(F, B->getRHS());
    else if (B->getOpcode() == BO_Sub &&
             isa<OffsetOfExpr>(B->getRHS()->IgnoreParenCasts()))
      P.FromCall = true; // container_of(): what is around it.
    else if (B->isAdditiveOp())
      P = pointee(F, B->getLHS()->getType()->isPointerType() ? B->getLHS()
                                                             : B->getRHS());
  } else if (const auto *C = dyn_cast<ConditionalOperator>(E)) {
    const Expr *Arm = chosenArm(C, Model.context());
    P = Arm ? pointee(F, Arm)
            : join(pointee(F, C->getTrueExpr()), pointee(F, C->getFalseExpr()));
  } else if (const auto *Call = dyn_cast<CallExpr>(E)) {
    P = ofCall(F, Call, /*Reference=*/false);
  } else if (isa<CXXNewExpr>(E)) {
    P.Root = Place::Fresh;
  }
  --Depth;
  return P;
}

} // namespace pyext::model
