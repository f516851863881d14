//===- Sharing.cpp - Who else can change a container ----------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "flow/Sharing.h"
#include "facts/ContainerRules.h"
#include "facts/Containers.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::flow {

namespace {

Sharing isPrivate(Sharing::Reason Why) {
  Sharing S;
  S.K = Sharing::Private;
  S.Why = Why;
  return S;
}

Sharing isUnknown() {
  Sharing S;
  S.K = Sharing::Unknown;
  return S;
}

Sharing isShared(unsigned Tier, const Twine &Who,
                 SourceLocation Where = SourceLocation()) {
  Sharing S;
  S.K = Sharing::Shared;
  S.Tier = Tier;
  S.Who = Who.str();
  S.Where = Where;
  return S;
}

/// The verdict for something that can be either. Of two second parties the first
/// is named; the lower tier counts.
void worsen(Sharing &Into, Sharing From) {
  if (From.K == Sharing::Shared && Into.K == Sharing::Shared)
    for (const CallExpr *Call : From.Given)
      if (Into.Given.size() < 3 && !llvm::is_contained(Into.Given, Call))
        Into.Given.push_back(Call);
  if (From.K > Into.K || (From.K == Into.K && Into.K == Sharing::Private &&
                          Into.Why == Sharing::None))
    Into = std::move(From);
  else if (From.K == Into.K && From.K == Sharing::Shared) {
    if (Into.OnlyGrows && !From.OnlyGrows) {
      Into = std::move(From);
      return;
    }
    Into.Tier = std::min(Into.Tier, From.Tier);
  }
}

StringRef apiName(const FunctionDecl *FD) {
  const IdentifierInfo *II = FD ? FD->getIdentifier() : nullptr;
  if (!II || !facts::isApiName(II->getName()))
    return {};
  return facts::canonicalName(II->getName());
}

std::string nameOf(const FunctionDecl *FD) {
  return FD ? FD->getNameAsString() : std::string("somebody");
}

constexpr int MethVarargs = 0x0001, MethKeywords = 0x0002, MethFastcall = 0x0080,
              MethMethod = 0x0200;

enum class Role { Object, Tuple, Dict, Array };

/// What the interpreter passes as parameter number \p I.
Role roleOf(const model::EntryPoint &E, unsigned I) {
  using model::EntryKind;
  switch (E.Kind) {
  case EntryKind::Method: {
    unsigned First = 1;
    if (E.MethodFlags & MethMethod)
      ++First;
    if (E.MethodFlags & MethFastcall) {
      if (I == First)
        return Role::Array;
      return I == First + 2 ? Role::Tuple : Role::Object;
    }
    if ((E.MethodFlags & MethVarargs) && I == First)
      return Role::Tuple;
    if ((E.MethodFlags & MethKeywords) && I == First + 1)
      return Role::Dict;
    return Role::Object;
  }
  case EntryKind::New:
  case EntryKind::Init:
    return I == 1 ? Role::Tuple : I == 2 ? Role::Dict : Role::Object;
  case EntryKind::Slot:
    if (const facts::TypeSlot *T = [&]() -> const facts::TypeSlot * {
          StringRef Name = E.Name;
          if (Name.starts_with("Py_"))
            return facts::findTypeSlotByMacro(Name);
          return facts::findTypeSlotByField(Name);
        }()) {
      if (T->Role == facts::SlotRole::Call)
        return I == 1 ? Role::Tuple : I == 2 ? Role::Dict : Role::Object;
      if (T->Role == facts::SlotRole::Vectorcall)
        return I == 1 ? Role::Array : I == 3 ? Role::Tuple : Role::Object;
    }
    return Role::Object;
  default:
    return Role::Object;
  }
}

/// What pickle calls with a state that it has just made and keeps for itself.
bool unpickles(const model::EntryPoint &E) {
  return E.Kind == model::EntryKind::Method && E.Name == "__setstate__";
}

/// The object is being destroyed.
bool endsObject(const model::Function *F, uint8_t Contexts) {
  using model::EntryKind;
  if (F && (F->has(EntryKind::Dealloc) || F->has(EntryKind::Finalize) ||
            F->has(EntryKind::Traverse) || F->has(EntryKind::Clear) ||
            F->has(EntryKind::ModuleTraverse) ||
            F->has(EntryKind::ModuleClear) || F->has(EntryKind::ModuleFree)))
    return true;
  return Contexts && !(Contexts & ~uint8_t(model::DeadContext));
}

/// Runs while other threads use the same object.
bool isConcurrent(const model::Function *F, uint8_t Contexts) {
  if (endsObject(F, Contexts))
    return false;
  return !Contexts || (Contexts & (model::RunContext | model::ForeignContext));
}

/// A struct of the headers of CPython.
bool isPythonsOwn(const RecordDecl *R) {
  StringRef Name = R->getIdentifier() ? R->getName() : StringRef();
  if (facts::isObjectStruct(Name))
    return true;
  const TypedefNameDecl *T = R->getTypedefNameForAnonDecl();
  return T && facts::isObjectStruct(T->getName());
}

/// The number of the argument that is parameter 0: the object of an operator that
/// is a method comes first.
unsigned firstArgument(const CallExpr *Call) {
  return isa<CXXOperatorCallExpr>(Call) &&
         isa_and_nonnull<CXXMethodDecl>(Call->getDirectCallee());
}

/// True when another file may declare and call it.
bool declaredElsewhere(const Decl *D, const SourceManager &SM) {
  for (const Decl *R : D->redecls())
    if (!SM.isInMainFile(SM.getExpansionLoc(R->getLocation())))
      return true;
  return false;
}

} // namespace

/// One of the functions that take a format and the arguments of a call.
static bool parsesArguments(StringRef Name) {
  const facts::BorrowedReference *Row =
      facts::findBorrowed(facts::canonicalName(Name));
  return Row && Row->Result == facts::ResultKind::FormatOutArguments;
}

bool carriesArguments(const model::Function &F, unsigned I) {
  if (llvm::any_of(F.Entries, [&](const model::EntryPoint &E) {
        return roleOf(E, I) != Role::Object;
      }))
    return true;
  // PyObject *const *args, in a function that is reached some other way.
  const QualType T = F.Decl->getParamDecl(I)->getType();
  return T->isPointerType() && T->getPointeeType().isConstQualified() &&
         model::ExtensionModel::isObjectPointer(T->getPointeeType());
}

Sharing SharingAnalysis::container(const FunctionRefs &R, const Lookup &L) {
  switch (L.Fact->Container) {
  case facts::ContainerKind::Weakref:
    return isShared(1, "another thread can drop the last reference to the "
                       "object the weak reference refers to");
  case facts::ContainerKind::Sys:
    return isShared(1, "any thread can replace the object in the 'sys' module "
                       "or in 'sys.modules'");
  case facts::ContainerKind::Type:
    return isShared(1, "any thread can set or delete attributes of the type");
  default:
    break;
  }
  if (L.IsTuple)
    return isPrivate(Sharing::Immutable);
  if (!L.Container)
    return isUnknown();
  Sharing S = values(R, L.ContainerValues, L.Escaped);
  // What is looked up by a fixed name is rather a table that is filled once.
  if (S.Why == Sharing::Elsewhere) {
    const auto *Call = dyn_cast<CallExpr>(L.Where);
    if (!Call || Call->getNumArgs() < 2 || L.Through ||
        !model::ExtensionModel::isObjectPointer(
            Call->getArg(1)->IgnoreParenCasts()->getType()))
      return isUnknown();
  }
  return S;
}

Sharing SharingAnalysis::argument(const FunctionRefs &R, const CallExpr *Call,
                                  unsigned Arg) {
  const CallArguments *Given = R.arguments(Call);
  if (!Given || Arg >= Given->Args.size())
    return isPrivate(Sharing::None);
  if (Given->IsTuple[Arg])
    return isPrivate(Sharing::Immutable);
  Sharing S = values(R, Given->Args[Arg], Given->Escaped[Arg]);
  return S.Why == Sharing::Elsewhere ? isUnknown() : S;
}

Sharing SharingAnalysis::behindArgument(const FunctionRefs &R,
                                        const CallExpr *Call, unsigned Arg) {
  Sharing Worst = isPrivate(Sharing::None);
  if (const CallArguments *Given = R.arguments(Call))
    for (const CallArguments::Pointee &B : Given->Behind)
      if (B.Arg == Arg && !B.Field)
        worsen(Worst, values(R, B.Held, B.Escaped));
  return Worst;
}

Sharing SharingAnalysis::values(const FunctionRefs &R, const Values &V,
                                bool Escaped) {
  if (V.empty())
    return isUnknown();
  // A chain of helpers this deep is given up.
  if (Depth > MaxDepth)
    return isUnknown();
  ++Depth;
  Sharing Worst;
  for (unsigned O : V)
    worsen(Worst, origin(R, O, Escaped));
  --Depth;
  return Worst;
}

Sharing SharingAnalysis::origin(const FunctionRefs &R, unsigned I,
                                bool Escaped) {
  const Origin &O = R.origin(I);
  switch (O.Kind) {
  case OriginKind::Unknown:
  case OriginKind::Address:
  case OriginKind::FieldAddress:
  case OriginKind::Static:
    return isUnknown();
  case OriginKind::Null:
    return isPrivate(Sharing::None);
  case OriginKind::Parameter:
    if (!O.Decl)
      return isUnknown();
    // Of the function around it when a lambda has captured it.
    if (const auto *In = dyn_cast_or_null<FunctionDecl>(O.Decl->getDeclContext()))
      return parameter(In, cast<ParmVarDecl>(O.Decl));
    return parameter(R.function(), cast<ParmVarDecl>(O.Decl));
  case OriginKind::Argument:
    if (O.Immutable)
      return isPrivate(Sharing::Immutable);
    if (const model::Function *F = States.model().function(R.function());
        F && !F->Entries.empty() && llvm::all_of(F->Entries, unpickles))
      return isPrivate(Sharing::Unpickled);
    return isShared(2, "any thread that holds the object passed to '" +
                           nameOf(R.function()) + "' can change it",
                    O.Where->getExprLoc());
  case OriginKind::Load:
    return load(R, O);
  case OriginKind::Fresh:
  case OriginKind::Instance:
    if (O.Immutable)
      return isPrivate(Sharing::Immutable);
    if (Escaped)
      return isShared(2, "other threads can reach the object made here once it "
                         "is stored",
                      O.Where->getExprLoc());
    return isPrivate(Sharing::New);
  case OriginKind::New: {
    const auto *Call = dyn_cast_or_null<CallExpr>(O.Where);
    StringRef Api = Call ? apiName(Call->getDirectCallee()) : StringRef();
    if (!facts::givesExistingObject(Api))
      return isUnknown();
    return isShared(2, "any thread can reach the object that '" + Api.str() +
                           "' gets and change it",
                    O.Where->getExprLoc());
  }
  case OriginKind::Borrowed:
  case OriginKind::Owned:
    return item(R, O);
  case OriginKind::Call:
    if (const auto *FD = dyn_cast_or_null<FunctionDecl>(O.Decl);
        FD && !States.model().function(FD))
      return ofOtherFile(O);
    return result(R, I);
  case OriginKind::Captured:
    return captured(cast<VarDecl>(O.Decl));
  }
  return isUnknown();
}

/// What a lambda has captured.
Sharing SharingAnalysis::captured(const VarDecl *V) {
  const DeclContext *In = V->getDeclContext();
  if (const auto *Body = V->isInitCapture() ? dyn_cast<CXXMethodDecl>(In) : nullptr)
    In = Body->getParent()->getDeclContext();
  const FunctionRefs *Around = nullptr;
  if (const auto *FD = dyn_cast_or_null<FunctionDecl>(In))
    Around = States.get(FD);
  return Around ? values(*Around, Around->capturedFrom(V),
                         Around->escapedCapture(V))
                : isUnknown();
}

/// What a function of another file of the extension returned. Who never gives such
/// a reference up was lent it: somebody else has the object.
Sharing SharingAnalysis::ofOtherFile(const Origin &O) {
  if (O.Released || !O.Where)
    return isUnknown();
  return isShared(3, "'" + nameOf(cast<FunctionDecl>(O.Decl)) +
                         "' of another file lends the object, as nothing here "
                         "gives it up: whoever keeps it can change it",
                  O.Where->getExprLoc());
}

/// Something found in a container.
Sharing SharingAnalysis::item(const FunctionRefs &R, const Origin &O) {
  const Lookup &L = R.lookups()[O.Lookup];
  switch (L.Fact->Container) {
  case facts::ContainerKind::Thread:
    // The dict of this thread, but not the globals of a frame.
    return L.Fact->Replacement ? isShared(1, "any thread that runs code of the "
                                             "same module can change the "
                                             "namespace that '" +
                                                 L.Name + "' gives")
                               : isPrivate(Sharing::PerThread);
  case facts::ContainerKind::Module:
    return isShared(1, "any thread can set or delete attributes of the module",
                    L.Where->getExprLoc());
  default:
    break;
  }
  // That a tuple cannot change says nothing of what it holds.
  Sharing C = L.IsTuple && L.Container
                  ? values(R, L.ContainerValues, L.Escaped)
                  : container(R, L);
  switch (C.K) {
  case Sharing::Unknown:
    return C;
  case Sharing::Shared:
    return isShared(std::max(2u, C.Tier),
                    "any thread can reach the object that '" + L.Name +
                        "' finds there and change it",
                    L.Where->getExprLoc());
  case Sharing::Private:
    break;
  }
  if (C.Why == Sharing::Unpickled)
    return C;
  if (C.Why == Sharing::CallArgument)
    return isShared(2, "any thread that holds the object passed to '" +
                           nameOf(R.function()) + "' can change it",
                    L.Where->getExprLoc());
  // What somebody else had put into a copy or a tuple is still theirs.
  for (unsigned V : L.ContainerValues) {
    const Origin &From = R.origin(V);
    if (From.Kind == OriginKind::Fresh && From.Copy)
      return isShared(2, "any thread can reach the items of the container that "
                         "was copied and change them",
                      From.Where->getExprLoc());
    if (From.Kind == OriginKind::Argument)
      return isShared(2, "any thread that holds the objects passed to '" +
                             nameOf(R.function()) + "' can change them",
                      From.Where->getExprLoc());
  }
  return isUnknown();
}

/// What a function of this file returned. Functions that call each other ask for
/// the same results over and over.
Sharing SharingAnalysis::result(const FunctionRefs &R, unsigned I) {
  const ResultKey Key{&R, I};
  auto [It, New] = Results.try_emplace(Key, isPrivate(Sharing::None));
  if (!New) {
    ResultCuts += OpenResults.count(Key) || ProvisionalResults.count(Key);
    return It->second;
  }
  OpenResults.insert(Key);
  const unsigned CutsBefore = ResultCuts + Cuts;
  Sharing Result = resultAnew(R, R.origin(I));
  OpenResults.erase(Key);
  Results[Key] = Result;
  // What was concluded on the way back to an open question is not the whole
  // truth.
  const bool Asking = !OpenResults.empty() || !Open.empty();
  if (ResultCuts + Cuts != CutsBefore && Asking && Result.K != Sharing::Shared)
    ProvisionalResults.insert(Key);
  if (!Asking) {
    for (const ResultKey &K : ProvisionalResults)
      if (K != Key)
        Results.erase(K);
    ProvisionalResults.clear();
    for (const ParmVarDecl *P : Provisional)
      Parameters.erase(P);
    Provisional.clear();
  }
  return Result;
}

Sharing SharingAnalysis::resultAnew(const FunctionRefs &R, const Origin &O) {
  const auto *FD = dyn_cast_or_null<FunctionDecl>(O.Decl);
  const FunctionRefs *Callee = FD ? States.get(FD) : nullptr;
  const auto *Call = dyn_cast_or_null<CallExpr>(O.Where);
  if (!Callee || !Call || Depth > MaxDepth)
    return isUnknown();
  ++Depth;
  Sharing Worst;
  const CallArguments *Given = R.arguments(Call);
  for (unsigned V : Callee->returned()) {
    const Origin &From = Callee->origin(V);
    if (From.Kind == OriginKind::Parameter && From.Decl) {
      const unsigned I =
          cast<ParmVarDecl>(From.Decl)->getFunctionScopeIndex();
      if (Given && I < Given->Args.size())
        worsen(Worst, Given->IsTuple[I]
                          ? isPrivate(Sharing::Immutable)
                          : values(R, Given->Args[I], Given->Escaped[I]));
      else
        worsen(Worst, isUnknown());
      continue;
    }
    worsen(Worst, origin(*Callee, V, Callee->returnsEscaped()));
  }
  --Depth;
  return Callee->returned().empty() ? isUnknown() : Worst;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

Sharing SharingAnalysis::parameter(const FunctionDecl *FD,
                                   const ParmVarDecl *P) {
  auto [It, New] = Parameters.try_emplace(P, isPrivate(Sharing::None));
  if (!New) {
    // A function that calls itself adds nothing, but what is concluded on the
    // way back to it, or from such a conclusion, is not the whole truth.
    Cuts += Open.count(P) || Provisional.contains(P);
    return It->second;
  }
  Open.insert(P);
  const unsigned CutsBefore = Cuts + ResultCuts;
  Sharing Result = parameterAnew(FD, P);
  Open.erase(P);
  Parameters[P] = Result;
  const bool Asking = !Open.empty() || !OpenResults.empty();
  if (Cuts + ResultCuts != CutsBefore && Asking && Result.K != Sharing::Shared)
    Provisional.insert(P);
  if (!Asking) {
    for (const ParmVarDecl *Q : Provisional)
      if (Q != P)
        Parameters.erase(Q);
    Provisional.clear();
    for (const ResultKey &K : ProvisionalResults)
      Results.erase(K);
    ProvisionalResults.clear();
  }
  return Result;
}

/// A method whose table is in another file, by its names: parameter \p I of
/// (self, args) or (self, args, kwds) carries the arguments of a call.
static bool namesArguments(const FunctionDecl *FD, unsigned I) {
  const unsigned N = FD->getNumParams();
  if ((N != 2 && N != 3) || I == 0 ||
      llvm::any_of(FD->parameters(), [](const ParmVarDecl *P) {
        return !model::ExtensionModel::isObjectPointer(P->getType());
      }))
    return false;
  auto Name = [&](unsigned K) {
    const IdentifierInfo *II = FD->getParamDecl(K)->getIdentifier();
    return II ? II->getName() : StringRef();
  };
  return facts::holdsCallArguments(Name(1)) &&
         (N == 2 || facts::holdsCallKeywords(Name(2)));
}

Sharing SharingAnalysis::parameterAnew(const FunctionDecl *FD,
                                       const ParmVarDecl *P) {
  const model::Function *F = States.model().function(FD);
  if (!F)
    return isUnknown();

  const unsigned I = P->getFunctionScopeIndex();
  const std::string Who = "any thread that holds the object passed as argument "
                          "'" +
                          P->getNameAsString() + "' can change it";
  Sharing Result;
  bool Python = false;
  // A function with its address in a table can be exported all the same.
  // So can a public method that is defined here.
  bool Exported =
      FD->isExternallyVisible() &&
      (isa<CXXMethodDecl>(FD)
           ? F->Entries.empty() && F->Callers.empty() &&
                 FD->getAccess() == AS_public && !isa<CXXConstructorDecl>(FD)
           : F->AddressTaken) &&
      declaredElsewhere(FD, States.model().context().getSourceManager());
  for (const model::EntryPoint &E : F->Entries) {
    switch (E.Kind) {
    case model::EntryKind::Exported:
      Exported = true;
      continue;
    case model::EntryKind::Callback:
      // A converter for "O&" is given an argument of the call.
      if (I == 0 && parsesArguments(E.Name)) {
        Python = true;
        worsen(Result, isShared(2, Who, P->getLocation()));
        continue;
      }
      [[fallthrough]];
    case model::EntryKind::Thread:
      // Given by foreign code, not by Python.
      worsen(Result, isUnknown());
      continue;
    default:
      break;
    }
    Python = true;
    if (unpickles(E)) {
      worsen(Result, isPrivate(Sharing::Unpickled));
      continue;
    }
    switch (roleOf(E, I)) {
    case Role::Tuple:
    case Role::Dict:
      worsen(Result, isPrivate(Sharing::CallArgument));
      break;
    case Role::Array:
    case Role::Object:
      worsen(Result, isShared(2, Who, P->getLocation()));
      break;
    }
  }
  bool Any = false;
  if (!Python || !F->Callers.empty())
    worsen(Result, fromCallers(*F, P, Any));
  if (!Python && Result.K != Sharing::Shared) {
    const SourceManager &SM =
        States.model().context().getSourceManager();
    if (Exported && !Any && namesArguments(FD, I))
      worsen(Result, isPrivate(Sharing::CallArgument));
    else if (Exported && (!Any || declaredElsewhere(FD, SM)))
      Result = isShared(3, "other files can call '" + nameOf(FD) +
                               "' with an object that other threads hold",
                        FD->getLocation());
    else if (!Any || F->AddressTaken)
      worsen(Result, isUnknown());
  }
  return Result;
}

Sharing SharingAnalysis::fromCallers(const model::Function &F,
                                     const ParmVarDecl *P, bool &Any) {
  Sharing Result;
  const unsigned I = P->getFunctionScopeIndex();
  const model::ExtensionModel &Model = States.model();
  if (Depth > MaxDepth) {
    ++Cuts;
    return isUnknown();
  }
  ++Depth;
  for (const model::CallSite &C : F.Callers) {
    if (!C.Call || !C.Caller)
      continue;
    Any = true;
    const uint8_t Contexts = Model.contextsOf(C.Caller);
    if (Contexts && !(Contexts & (model::RunContext | model::ForeignContext)))
      continue;
    const FunctionRefs *Caller = States.get(C.Caller);
    if (!Caller) {
      worsen(Result, isUnknown());
      continue;
    }
    const CallArguments *Given = Caller->arguments(C.Call);
    const unsigned Arg = I + firstArgument(C.Call);
    if (!Given || Arg >= Given->Args.size())
      continue; // Not reached.
    if (Given->IsTuple[Arg]) {
      worsen(Result, isPrivate(Sharing::Immutable));
      continue;
    }
    Sharing S = values(*Caller, Given->Args[Arg], Given->Escaped[Arg]);
    if (S.K == Sharing::Shared) {
      bool Suspendable = false;
      LockList Locks = Model.locksAt(C.Caller, C.Call);
      if (!Locks.empty() &&
          protectsValues(Locks, *Caller, C.Call->getArg(Arg), Given->Args[Arg],
                         Suspendable))
        S = isPrivate(Sharing::Guarded);
    }
    if (S.K == Sharing::Shared)
      S.Given = {C.Call};
    worsen(Result, std::move(S));
    if (Result.K == Sharing::Shared && Result.Tier == 1 && !Result.OnlyGrows)
      break;
  }
  --Depth;
  return Result;
}

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

/// The number of the element of a global or a field that \p E names.
static std::optional<int64_t> itemOf(const Expr *E, const ASTContext &Context) {
  E = E ? E->IgnoreParenCasts() : nullptr;
  const auto *A = dyn_cast_or_null<ArraySubscriptExpr>(E);
  if (!A || A->getIdx()->isValueDependent())
    return std::nullopt;
  Expr::EvalResult R;
  if (!A->getIdx()->EvaluateAsInt(R, Context) || !R.Val.getInt().isNonNegative() ||
      R.Val.getInt().getActiveBits() > 32)
    return std::nullopt;
  return R.Val.getInt().getExtValue();
}

/// All of \p V are objects that this function, or one that it calls, has made.
bool SharingAnalysis::areUnborn(const FunctionRefs &R, const Values &V,
                                unsigned Level) {
  bool Any = false;
  for (unsigned X : V) {
    const Origin &O = R.origin(X);
    switch (O.Kind) {
    case OriginKind::Null:
      continue;
    case OriginKind::Fresh:
    case OriginKind::Instance:
      Any = true;
      continue;
    case OriginKind::Call: {
      const auto *FD = dyn_cast_or_null<FunctionDecl>(O.Decl);
      const FunctionRefs *Callee = FD && Level < 8 ? States.get(FD) : nullptr;
      if (!Callee || Callee->returnsEscaped() ||
          !areUnborn(*Callee, Callee->returned(), Level + 1))
        return false;
      Any = true;
      continue;
    }
    case OriginKind::Parameter:
      if (!O.Decl || O.Decl->getDeclContext() !=
                         static_cast<const DeclContext *>(R.function()) ||
          !isUnborn(R, cast<ParmVarDecl>(O.Decl), Level))
        return false;
      Any = true;
      continue;
    default:
      return false;
    }
  }
  return Any;
}

/// All callers give helper \p R an object that is still being made.
bool SharingAnalysis::isUnborn(const FunctionRefs &R, const ParmVarDecl *P,
                               unsigned Level) {
  auto It = Unborn.find(P);
  if (It != Unborn.end())
    return It->second;
  // The parameters of all helpers that hand theirs on to this one: functions that
  // call each other add nothing.
  constexpr size_t MaxHelpers = 64;
  std::vector<std::pair<const FunctionRefs *, const ParmVarDecl *>> Work = {
      {&R, P}};
  llvm::DenseSet<const ParmVarDecl *> Seen = {P};
  bool Result = Level < 8, Made = false;
  for (size_t I = 0; Result && I < Work.size(); ++I) {
    const auto [In, Q] = Work[I];
    const model::Function *F = States.model().function(In->function());
    Result = F && !F->Callers.empty() && !F->isCalledFromOutside() &&
             !F->AddressTaken && Work.size() <= MaxHelpers;
    if (!Result)
      break;
    for (const model::CallSite &C : F->Callers) {
      const FunctionRefs *Caller = C.Call ? States.get(C.Caller) : nullptr;
      const CallArguments *Given = Caller ? Caller->arguments(C.Call) : nullptr;
      if (Caller && !Given)
        continue; // Not reached.
      const unsigned Arg =
          Q->getFunctionScopeIndex() + (C.Call ? firstArgument(C.Call) : 0);
      Result &= Given && Arg < Given->Args.size() && !Given->Escaped[Arg];
      if (!Result)
        break;
      for (unsigned X : Given->Args[Arg]) {
        const Origin &O = Caller->origin(X);
        const auto *Outer =
            O.Kind == OriginKind::Parameter && O.Decl &&
                    O.Decl->getDeclContext() ==
                        static_cast<const DeclContext *>(Caller->function())
                ? cast<ParmVarDecl>(O.Decl)
                : nullptr;
        if (Outer) {
          if (Seen.insert(Outer).second)
            Work.push_back({Caller, Outer});
        } else if (O.Kind != OriginKind::Null) {
          Result &= areUnborn(*Caller, {X}, Level + 1);
          Made = true;
        }
      }
    }
  }
  // What was not found so deep may be found by who asks at once.
  if ((Result && Made) || Level == 0)
    Unborn[P] = Result && Made;
  return Result && Made;
}

Sharing SharingAnalysis::load(const FunctionRefs &R, const Origin &O) {
  const model::ExtensionModel &Model = States.model();
  const std::optional<int64_t> Item =
      O.Element ? itemOf(O.Where, Model.context()) : std::nullopt;
  if (const auto *VD = dyn_cast_or_null<VarDecl>(O.Decl))
    return state(VD, Item);
  if (const auto *F = dyn_cast_or_null<FieldDecl>(O.Decl)) {
    if (areUnborn(R, O.Base)) // An object that is still being made.
      return isPrivate(Sharing::New);
    if (!Model.preprocessing().isFirstParty(F->getLocation())) {
      // Of other libraries' objects it is not known what their owner does.
      if (!isPythonsOwn(F->getParent()))
        return isUnknown();
      return isShared(1, "any thread that reaches the object can change what '" +
                             F->getNameAsString() + "' holds");
    }
    if (Model.stateOf(F) || model::ExtensionModel::isObjectRecord(F->getParent()))
      return state(F, Item);
    // It depends on whose struct it is.
    return behind(R, O.Base, F, SourceLocation(), Item);
  }
  // An element of an array.
  return behind(R, O.Base, nullptr,
                O.Where ? O.Where->getExprLoc() : SourceLocation());
}

/// What is stored in member \p Field of the struct at one of \p Base, or, without
/// a field, in the array there. Follows pointers to local variables to where they
/// come from; what hangs off shared state is judged like that.
Sharing SharingAnalysis::behind(const FunctionRefs &R, const Values &Base,
                                const FieldDecl *Field, SourceLocation Where,
                                std::optional<int64_t> Item) {
  const model::ExtensionModel &Model = States.model();
  using FieldPath = llvm::SmallVector<const FieldDecl *, 4>;
  struct Node {
    const FunctionRefs *R;
    unsigned Origin;
    FieldPath Path; ///< From the origin to what is asked for.
  };
  constexpr size_t MaxNodes = 400, MaxPath = 4;
  Sharing Result;
  std::vector<Node> Work;
  llvm::DenseSet<std::pair<const FunctionRefs *, unsigned>> Seen;
  auto Push = [&](const FunctionRefs *In, const Values &V,
                  const FieldPath &Path) {
    for (unsigned X : V)
      if (Seen.insert({In, X}).second)
        Work.push_back({In, X, Path});
  };
  auto State = [&](const FieldPath &Path) {
    worsen(Result, Path.empty() ? isUnknown() : state(Path.front(), Item));
  };
  if (Base.empty())
    return isUnknown();
  Push(&R, Base, Field ? FieldPath{Field} : FieldPath{});
  for (size_t I = 0; I < Work.size(); ++I) {
    if (I > MaxNodes) {
      worsen(Result, isUnknown());
      break;
    }
    const Node N = Work[I];
    const Origin &O = N.R->origin(N.Origin);
    switch (O.Kind) {
    case OriginKind::Null:
      continue;
    case OriginKind::Fresh:
    case OriginKind::Instance:
      worsen(Result, isPrivate(Sharing::New));
      continue;
    case OriginKind::Static:
      State(N.Path);
      continue;
    case OriginKind::New: {
      const auto *Call = dyn_cast_or_null<CallExpr>(O.Where);
      const facts::InteriorPointer *P =
          Call ? facts::findInteriorPointer(apiName(Call->getDirectCallee()))
               : nullptr;
      if (P && P->Owner == facts::ContainerKind::Capsule)
        State(N.Path);
      else if (Call && N.Path.empty() && isDictPointer(Call))
        worsen(Result, isShared(2, "any thread that holds the object can set or "
                                   "delete its attributes",
                                Call->getExprLoc()));
      else
        worsen(Result, isUnknown());
      continue;
    }
    case OriginKind::FieldAddress:
      if (N.Path.empty()) {
        worsen(Result, O.Decl && Model.stateOf(O.Decl) ? state(O.Decl)
                                                       : isUnknown());
        continue;
      }
      [[fallthrough]];
    case OriginKind::Load: {
      const auto *VD = dyn_cast_or_null<VarDecl>(O.Decl);
      if (VD || (O.Decl && Model.stateOf(O.Decl))) {
        const model::StateVariable *S = Model.stateOf(O.Decl);
        if (S && S->ThreadLocal)
          worsen(Result, isPrivate(Sharing::PerThread));
        else
          State(N.Path);
      } else if (const auto *F = dyn_cast_or_null<FieldDecl>(O.Decl);
                 F && N.Path.size() < MaxPath) {
        FieldPath Path = N.Path;
        Path.push_back(cast<FieldDecl>(F->getCanonicalDecl()));
        Push(N.R, O.Base, Path);
      } else {
        worsen(Result, isUnknown());
      }
      continue;
    }
    case OriginKind::Call: {
      const auto *FD = dyn_cast_or_null<FunctionDecl>(O.Decl);
      const FunctionRefs *Callee = FD ? States.get(FD) : nullptr;
      const auto *Call = dyn_cast_or_null<CallExpr>(O.Where);
      const CallArguments *Given = Call ? N.R->arguments(Call) : nullptr;
      if (!Callee || !Given) {
        worsen(Result, isUnknown());
        continue;
      }
      for (unsigned V : Callee->returned()) {
        const Origin &From = Callee->origin(V);
        if (From.Kind != OriginKind::Parameter)
          Push(Callee, {V}, N.Path);
        else if (!From.Decl)
          Push(N.R, Given->Object, N.Path);
        else if (const unsigned Index =
                     cast<ParmVarDecl>(From.Decl)->getFunctionScopeIndex();
                 Index < Given->Args.size())
          Push(N.R, Given->Args[Index], N.Path);
      }
      continue;
    }
    case OriginKind::Parameter:
      break;
    default:
      worsen(Result, isUnknown());
      continue;
    }

    // What the callers give.
    const model::Function *F = Model.function(N.R->function());
    const auto *P = dyn_cast_or_null<ParmVarDecl>(O.Decl);
    const unsigned Index =
        P ? P->getFunctionScopeIndex() : CallArguments::ObjectArg;
    if (!F || (P && P->getDeclContext() !=
                        static_cast<const DeclContext *>(N.R->function()))) {
      worsen(Result, isUnknown());
      continue;
    }
    if (P && N.Path.empty())
      for (const model::EntryPoint &E : F->Entries)
        if (roleOf(E, Index) == Role::Array)
          worsen(Result,
                 isShared(2, "any thread that holds the object passed to '" +
                                 nameOf(N.R->function()) + "' can change it",
                          Where));
    bool Any = false;
    for (const model::CallSite &C : F->Callers) {
      if (!C.Call || !C.Caller)
        continue;
      Any = true;
      const uint8_t Contexts = Model.contextsOf(C.Caller);
      if (Contexts &&
          !(Contexts & (model::RunContext | model::ForeignContext)))
        continue;
      const FunctionRefs *Caller = States.get(C.Caller);
      const CallArguments *Given =
          Caller ? Caller->arguments(C.Call) : nullptr;
      const unsigned Arg = P ? Index + firstArgument(C.Call) : Index;
      if (!Given || (P && Arg >= Given->Args.size())) {
        if (!Caller)
          worsen(Result, isUnknown());
        continue;
      }
      const Values &V = P ? Given->Args[Arg] : Given->Object;
      Values Pointers;
      for (unsigned X : V) {
        if (Caller->origin(X).Kind != OriginKind::Address) {
          Pointers.push_back(X);
          continue;
        }
        // The address of a local variable of the caller.
        const FieldDecl *First = N.Path.empty() ? nullptr : N.Path.back();
        bool Found = false;
        for (const CallArguments::Pointee &B : Given->Behind) {
          if (B.Arg != Arg ||
              (B.Field ? cast<FieldDecl>(B.Field->getCanonicalDecl()) : nullptr) !=
                  First)
            continue;
          Found = true;
          if (N.Path.size() > 1) {
            FieldPath Rest = N.Path;
            Rest.pop_back();
            Push(Caller, B.Held, Rest);
            continue;
          }
          Sharing S = values(*Caller, B.Held, B.Escaped);
          if (S.K == Sharing::Shared)
            S.Given = {C.Call};
          worsen(Result, std::move(S));
        }
        if (!Found)
          worsen(Result, isUnknown());
      }
      Push(Caller, Pointers, N.Path);
    }
    if (!Any)
      worsen(Result, isUnknown());
  }
  return Result;
}

const std::vector<const model::Access *> &
SharingAnalysis::plainAccesses(const FieldDecl *F) {
  if (!PlainFieldsKnown) {
    PlainFieldsKnown = true;
    const model::ExtensionModel &Model = States.model();
    auto Field = [](const Expr *E) -> const FieldDecl * {
      E = E->IgnoreParenCasts();
      while (const auto *A = dyn_cast<ArraySubscriptExpr>(E))
        E = A->getBase()->IgnoreParenCasts();
      const auto *M = dyn_cast<MemberExpr>(E);
      const auto *FD = M ? dyn_cast<FieldDecl>(M->getMemberDecl()) : nullptr;
      return FD ? cast<FieldDecl>(FD->getCanonicalDecl()) : nullptr;
    };
    auto Add = [&](const FieldDecl *FD, const model::Access &A) {
      std::vector<const model::Access *> &Known = PlainFields[FD];
      if (Known.empty() || Known.back() != &A)
        Known.push_back(&A);
    };
    for (const model::FieldAccess &A : Model.fieldAccesses()) {
      if (!Model.stateOf(A.Field))
        Add(A.Field, A.By);
      if (const FieldDecl *Part = Field(A.By.Place); Part && Part != A.Field)
        Add(Part, A.By);
    }
    for (const model::StateVariable &S : Model.state())
      if (S.Decl->getType()->isRecordType() || S.Decl->getType()->isArrayType())
        for (const model::Access &A : S.Accesses)
          if (const FieldDecl *Part = Field(A.Place); Part && Part != S.Decl)
            Add(Part, A);
  }
  return PlainFields[cast<FieldDecl>(F->getCanonicalDecl())];
}

Sharing SharingAnalysis::state(const ValueDecl *D, std::optional<int64_t> Item) {
  D = cast<ValueDecl>(D->getCanonicalDecl());
  const std::pair<const ValueDecl *, int64_t> Key(D, Item.value_or(-1));
  auto It = Variables.find(Key);
  if (It != Variables.end())
    return It->second;
  Variables[Key] = isPrivate(Sharing::None);
  const model::StateVariable *S = States.model().stateOf(D);
  Sharing Result;
  if (S && S->ThreadLocal) {
    Result = isPrivate(Sharing::PerThread);
  } else if (S) {
    std::vector<const model::Access *> Accesses;
    for (const model::Access &A : S->Accesses)
      Accesses.push_back(&A);
    Result = findWriter(D, Item, Accesses);
  } else if (const auto *F = dyn_cast<FieldDecl>(D);
             F && States.model().preprocessing().isFirstParty(
                      F->getLocation())) {
    Result = findWriter(D, Item, plainAccesses(F));
  } else {
    Result = isUnknown();
  }
  return Variables[Key] = Result;
}

/// What is asked of the variable is asked of its elements.
static bool holdsElements(QualType T) {
  return !model::ExtensionModel::isObjectPointer(T) &&
         (T->isArrayType() ||
          (T->isPointerType() && T->getPointeeType()->isPointerType()));
}

/// The second party that can change the container in \p S.
Sharing SharingAnalysis::findWriter(
    const ValueDecl *D, std::optional<int64_t> Item,
    llvm::ArrayRef<const model::Access *> Accesses) {
  const model::ExtensionModel &Model = States.model();
  const SourceManager &SM = Model.context().getSourceManager();
  const std::string Name = D->getNameAsString();
  const bool Field = isa<FieldDecl>(D);
  const bool Elements = holdsElements(D->getType());
  // Another element than the one that is asked for.
  auto IsOther = [&](const Expr *E) {
    const std::optional<int64_t> That =
        Item ? itemOf(E, Model.context()) : std::nullopt;
    return That && *That != *Item;
  };

  for (const model::TypeObject &T : Model.types())
    for (const FieldDecl *M : T.Members)
      if (M == D)
        return isShared(1, "Python code reaches '" + Name +
                               "' as an attribute and can change it",
                        M->getLocation());

  Sharing Handed; // Somebody else has it, nobody here changes it.
  Handed.K = Sharing::Private;
  Sharing Grown; // Somebody here adds to it.
  bool Filled = false;
  llvm::DenseMap<const FunctionDecl *, char> Seen;
  for (const model::Access *Each : Accesses) {
    const model::Access &A = *Each;
    if (!A.Function || !Seen.try_emplace(A.Function, 1).second)
      continue;
    const model::Function *F = Model.function(A.Function);
    const uint8_t Contexts = Model.contextsOf(A.Function);
    if (!isConcurrent(F, Contexts) && endsObject(F, Contexts))
      continue;
    const bool Run = isConcurrent(F, Contexts);
    const FunctionRefs *R = States.get(A.Function);
    if (!R)
      continue;
    for (unsigned Index : R->usesOf(D)) {
      const OriginUse &U = R->uses()[Index];
      const Origin &O = R->origin(U.Origin);
      if (O.Element != Elements || O.AsOwn || IsOther(O.Where))
        continue;
      Effect E = effectOf(*R, U, F && F->isPythonVisible());
      Filled |= E.K == Effect::Changes || E.K == Effect::Grows;
      if ((E.K == Effect::Changes || E.K == Effect::Grows) && Run &&
          !areUnborn(*R, O.Base)) {
        const std::string By = nameOf(E.In ? E.In : A.Function);
        if (E.K == Effect::Grows && Grown.K == Sharing::Shared)
          continue;
        Sharing Changer =
            isShared(1,
                     Field ? "another thread can change '" + Name + "' in '" +
                                 By + "'"
                           : "'" + By + "' changes '" + Name +
                                 "', in any thread",
                     E.Where ? E.Where->getBeginLoc() : SourceLocation());
        if (E.K == Effect::Changes)
          return Changer;
        Grown = std::move(Changer);
        Grown.OnlyGrows = true;
        continue;
      }
      if (E.K == Effect::Escapes && Handed.K != Sharing::Shared)
        Handed = isShared(1, "'" + Name + "' is handed to others in '" +
                                 nameOf(E.In ? E.In : A.Function) +
                                 "', who can change it",
                          E.Where ? E.Where->getBeginLoc() : SourceLocation());
    }
  }
  // Replacing the container drops the old one and its items with it.
  for (const model::Access *Each : Accesses) {
    const model::Access &A = *Each;
    if (!A.writes() || !A.Function || IsOther(A.Place))
      continue;
    const model::Function *F = Model.function(A.Function);
    if (!isConcurrent(F, Model.contextsOf(A.Function)))
      continue;
    const FunctionRefs *R = States.get(A.Function);
    if (R && A.Statement && R->storesToNewObject(A.Statement))
      continue;
    if (A.Kind == model::AccessKind::Address || A.Resets || A.DropsReference)
      return isShared(1,
                      "another thread can replace '" + Name + "' in '" +
                          nameOf(A.Function) + "'",
                      A.Where->getExprLoc());
  }
  // Given by somebody who may have kept it.
  for (const model::Access *Each : Accesses) {
    const model::Access &A = *Each;
    if (A.Kind != model::AccessKind::Write || !A.Function || A.Resets ||
        IsOther(A.Place))
      continue;
    const auto *Assign = dyn_cast_or_null<BinaryOperator>(A.Statement);
    if (!Assign || Assign->getOpcode() != BO_Assign)
      continue;
    const FunctionRefs *R = States.get(A.Function);
    // An object of the extension's own is no container.
    const RecordDecl *Type =
        Assign->getRHS()->IgnoreParenCasts()->getType()->isPointerType()
            ? Assign->getRHS()
                  ->IgnoreParenCasts()
                  ->getType()
                  ->getPointeeType()
                  ->getAsRecordDecl()
            : nullptr;
    if (!R || (Type && model::ExtensionModel::isObjectRecord(Type) &&
               !isPythonsOwn(Type) &&
               Model.preprocessing().isFirstParty(Type->getLocation())))
      continue;
    for (unsigned Index : R->storedBy(Assign)) {
      Sharing From = origin(*R, R->uses()[Index].Origin, false);
      if (From.K == Sharing::Shared)
        return isShared(1,
                        "the code that passed the object stored in '" + Name +
                            "' can still change it",
                        Assign->getBeginLoc());
    }
  }
  if (Handed.K == Sharing::Shared)
    return Handed;
  if (Grown.K == Sharing::Shared)
    return Grown;
  // Defined and filled elsewhere: what else would be looked up in it?
  if (const auto *VD = dyn_cast<VarDecl>(D);
      VD && !VD->hasDefinition() && VD->isExternallyVisible() && !Filled &&
      Model.preprocessing().isFirstParty(VD->getLocation()) &&
      model::ExtensionModel::isObjectPointer(VD->getType()) &&
      llvm::none_of(Accesses,
                    [](const model::Access *A) { return A->writes(); })) {
    Sharing S = isShared(3,
                         "'" + Name + "' belongs to another file, which can "
                                      "change it in any thread",
                         VD->getLocation());
    S.Why = Sharing::Elsewhere;
    return S;
  }
  // Other files see it too.
  const bool Visible =
      Field ? !SM.isInMainFile(SM.getExpansionLoc(D->getLocation()))
            : cast<VarDecl>(D)->isExternallyVisible() &&
                  declaredElsewhere(D, SM);
  if (Visible)
    return isUnknown();
  return isPrivate(Sharing::Unchanged);
}

SharingAnalysis::Effect
SharingAnalysis::effectOf(const FunctionRefs &R, const OriginUse &U,
                          bool ReturnEscapes) {
  Effect E;
  E.Where = U.Where;
  E.In = R.function();
  switch (U.K) {
  case OriginUse::Stored:
    E.K = Effect::Escapes;
    return E;
  case OriginUse::Returned:
    E.K = ReturnEscapes ? Effect::Escapes : Effect::Nothing;
    return E;
  case OriginUse::Argument:
    break;
  }
  const auto *Call = cast<CallExpr>(U.Where);
  const FunctionDecl *FD = Call->getDirectCallee();
  StringRef Api = apiName(FD);
  if (!Api.empty()) {
    if (const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(Api)) {
      // Giving up the container itself gives up its items.
      E.K = Op->Op == facts::RefcountOp::Decref ? Effect::Changes
                                                : Effect::Nothing;
      return E;
    }
    if (facts::findLockApi(Api))
      return E;
    // A tuple is only filled while it is new, whatever else the place holds.
    // An item of what a helper builds stays within the extension.
    if (const facts::InitWrite *Fill = facts::findInitWrite(Api))
      if (Fill->TargetArg == U.Index
              ? Fill->Target == facts::ContainerKind::Tuple
              : !ReturnEscapes && Fill->Target == facts::ContainerKind::Tuple)
        return E;
    const facts::CallEffect *Row = facts::findEffect(Api);
    if (Row && Row->MutatesArg >= 0 && unsigned(Row->MutatesArg) == U.Index) {
      E.K = Api == "PyDict_SetDefault" || Api == "PyDict_SetDefaultRef"
                ? Effect::Grows
                : Effect::Changes;
      return E;
    }
    if (facts::isContainerOnlyApi(Api, U.Index) ||
        (Row && Row->Class == facts::EffectClass::Pure &&
         Row->MutatesArg < 0) ||
        facts::findBorrowed(Api))
      return E;
    E.K = Effect::Escapes;
    return E;
  }
  if (!FD || !States.model().function(FD)) {
    E.K = Effect::Escapes;
    return E;
  }
  return effectOn(FD, U.Index);
}

SharingAnalysis::Effect SharingAnalysis::effectOn(const FunctionDecl *FD,
                                                  unsigned Arg) {
  FD = States.model().function(FD)->Decl;
  const EffectKey Key{FD, Arg};
  auto [It, New] = Effects.try_emplace(Key);
  if (!New) {
    EffectCuts +=
        OpenEffects.count(Key) || ProvisionalEffects.count(Key);
    return It->second;
  }
  Effect Result;
  Result.In = FD;
  const FunctionRefs *R = Depth > MaxDepth ? nullptr : States.get(FD);
  if (!R) {
    Result.K = Effect::Escapes;
    return Effects[Key] = Result;
  }
  OpenEffects.insert(Key);
  const unsigned CutsBefore = EffectCuts;
  ++Depth;
  if (Arg < FD->getNumParams())
  for (unsigned Index : R->usesOf(FD->getParamDecl(Arg))) {
    Effect E = effectOf(*R, R->uses()[Index], false);
    if (E.K > Result.K)
      Result = E;
    if (Result.K == Effect::Changes)
      break;
  }
  --Depth;
  OpenEffects.erase(Key);
  if (OpenEffects.empty()) {
    for (const EffectKey &K : ProvisionalEffects)
      Effects.erase(K);
    ProvisionalEffects.clear();
  } else if (EffectCuts != CutsBefore && Result.K != Effect::Changes) {
    ProvisionalEffects.insert(Key);
  }
  return Effects[Key] = Result;
}

//===----------------------------------------------------------------------===//
// Locks
//===----------------------------------------------------------------------===//

bool SharingAnalysis::protects(llvm::ArrayRef<Lock> Locks,
                               const FunctionRefs &R, const Lookup &L,
                               bool &Suspendable) {
  Suspendable = false;
  if (Locks.empty())
    return false;
  return protectsValues(Locks, R, L.Container, L.ContainerValues, Suspendable);
}

bool SharingAnalysis::protects(llvm::ArrayRef<Lock> Locks,
                               const FunctionRefs &R, const CallExpr *Call,
                               unsigned Arg, bool &Suspendable) {
  Suspendable = false;
  const CallArguments *Given = R.arguments(Call);
  if (Locks.empty() || !Given || Arg >= Given->Args.size())
    return false;
  return protectsValues(Locks, R, Call->getArg(Arg), Given->Args[Arg],
                        Suspendable);
}

bool SharingAnalysis::protectsValues(llvm::ArrayRef<Lock> Locks,
                                     const FunctionRefs &R, const Expr *E,
                                     const Values &V, bool &Suspendable) {
  // The names under which the container, or the object it is a field of, can
  // be locked.
  llvm::SmallVector<std::string, 4> Names;
  bool Internal = true; // Nobody outside the extension has it.
  if (E)
    Names.push_back(canonicalText(E));
  for (unsigned I : V) {
    const Origin &O = R.origin(I);
    switch (O.Kind) {
    case OriginKind::Parameter: {
      if (O.Decl)
        Names.push_back(O.Decl->getNameAsString());
      const model::Function *F = States.model().function(R.function());
      Internal &= F && !F->isPythonVisible();
      break;
    }
    case OriginKind::Load:
      if (O.Where)
        Names.push_back(canonicalText(O.Where));
      break;
    case OriginKind::Call:
    case OriginKind::Null:
    case OriginKind::Fresh:
    case OriginKind::Instance:
      break;
    case OriginKind::Borrowed:
    case OriginKind::Owned: {
      // PyModule_GetDict(m), or a container within one of the extension's own.
      const Lookup &From = R.lookups()[O.Lookup];
      for (unsigned J : From.ContainerValues)
        Internal &= R.origin(J).Kind == OriginKind::Load;
      break;
    }
    default:
      Internal = false;
      break;
    }
  }
  for (const Lock &L : Locks) {
    if (L.isByConvention())
      return true;
    if (!facts::isCriticalSection(L.Kind)) {
      // The extension's own lock guards the extension's own containers.
      if (Internal)
        return true;
      continue;
    }
    for (StringRef Name : Names) {
      if (Name == L.Key) {
        Suspendable = true;
        return true;
      }
      // self->items under a section on self.
      if (Name.starts_with(L.Key) &&
          (Name.drop_front(L.Key.size()).starts_with("->") ||
           Name.drop_front(L.Key.size()).starts_with("."))) {
        Suspendable = true;
        return true;
      }
    }
    // A section on a mutex is a lock of the extension.
    if (Internal && (L.Kind == facts::LockKind::CriticalSectionMutex ||
                     L.Kind == facts::LockKind::CriticalSection2Mutex)) {
      Suspendable = true;
      return true;
    }
  }
  return false;
}

} // namespace pyext::flow
