//===- LockRegions.cpp ------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "flow/LockRegions.h"
#include "facts/ModelCalls.h"
#include "model/CxxEntries.h"
#include "model/Initializers.h"
#include "model/Lifecycle.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;
using namespace llvm;

namespace pyext::flow {

static bool isNative(const Lock &L) {
  return !facts::isCriticalSection(L.Kind) && !L.isByConvention() &&
         L.Kind != facts::LockKind::Once && L.Kind != facts::LockKind::User;
}

LockRegions::LockRegions(Attachments &All) : All(All), Model(All.model()) {
  for (const auto &F : Model.functions())
    if (!F->Generated && F->Locks)
      findSites(*F);
  if (Sites.empty())
    return;
  for (const auto &F : Model.functions())
    if (!F->Generated)
      findUses(*F);
}

std::string LockRegions::identity(const Lock &L) const {
  if (const auto *VD = dyn_cast_or_null<VarDecl>(L.Root);
      VD && VD->hasGlobalStorage())
    return std::to_string(reinterpret_cast<uintptr_t>(VD->getCanonicalDecl())) +
           ":" + L.Key;
  const StringRef Key = L.Key;
  const size_t At = Key.find_last_of(">.");
  return At == StringRef::npos ? Key.str() : Key.drop_front(At + 1).str();
}

LockList LockRegions::nativeLocksAt(const FunctionDecl *FD, const Stmt *S) {
  LockList Result;
  for (const Lock &L : Model.locksAt(FD, S))
    if (isNative(L))
      Result.push_back(L);
  return Result;
}

/// What lock() of a class does: a PyMutex in clothes that std::lock_guard takes.
static std::optional<facts::LockKind> kindOfClass(QualType T,
                                                  LockSummaries &Summaries) {
  const CXXRecordDecl *RD = T.getNonReferenceType()->getAsCXXRecordDecl();
  if (!RD || !RD->hasDefinition() || RD->isInStdNamespace())
    return std::nullopt;
  for (const CXXMethodDecl *M : RD->methods())
    if (M->getIdentifier() && M->getName() == "lock" && M->hasBody())
      if (const LockEffects &E = Summaries.of(M); E.Acquires.size() == 1)
        return E.Acquires.front().Kind;
  return std::nullopt;
}

bool LockRegions::isOnlyWithGil(const Expr *Where, const Expr *Arg) const {
  const model::Preprocessing &PP = Model.preprocessing();
  const SourceManager &SM = Model.context().getSourceManager();
  if (PP.freeThreaded())
    return false;
  // A macro, a field or a variable that the other builds have too.
  const Expr *E = Arg->IgnoreParenCasts();
  if (const auto *U = dyn_cast<UnaryOperator>(E))
    E = U->getSubExpr()->IgnoreParenCasts();
  const ValueDecl *D = nullptr;
  if (const auto *M = dyn_cast<MemberExpr>(E))
    D = M->getMemberDecl();
  else if (const auto *R = dyn_cast<DeclRefExpr>(E))
    D = R->getDecl();
  if (PP.onlyWithGil(SM.getSpellingLoc(Where->getBeginLoc())) ||
      (D && PP.onlyWithGil(D->getLocation())))
    return true;
  SmallVector<QualType, 4> Types{E->getType(), Where->getType()};
  for (unsigned Budget = 24; !Types.empty() && Budget; --Budget) {
    const QualType T = Types.pop_back_val();
    if (const auto *TD = dyn_cast<TypedefType>(T.getTypePtr());
        TD && PP.onlyWithGil(TD->getDecl()->getLocation()))
      return true;
    if (const auto *TS = dyn_cast<TemplateSpecializationType>(T.getTypePtr()))
      for (const TemplateArgument &A : TS->template_arguments())
        if (A.getKind() == TemplateArgument::Type)
          Types.push_back(A.getAsType());
    const QualType Next = T.getSingleStepDesugaredType(Model.context());
    if (Next != T)
      Types.push_back(Next);
    else if (!T->getPointeeType().isNull())
      Types.push_back(T->getPointeeType());
    else if (const TagDecl *TD = T->getAsTagDecl())
      if (PP.onlyWithGil(TD->getLocation()))
        return true;
  }
  return false;
}

void LockRegions::addSite(Lock L, const Expr *Where, const Expr *Arg,
                          const FunctionDecl *In, const Stmt *At) {
  const Expr *Root = Arg->IgnoreParenCasts();
  if (const auto *U = dyn_cast<UnaryOperator>(Root))
    Root = U->getSubExpr()->IgnoreParenCasts();
  if (const auto *R = dyn_cast<DeclRefExpr>(Root))
    L.Root = R->getDecl();
  if (!isNative(L))
    return;
  if (Model.context().getLangOpts().CPlusPlus)
    if (std::optional<facts::LockKind> K =
            kindOfClass(Arg->getType(), All.lockSummaries()))
      L.Kind = *K;
  Sites.push_back(
      {L, Where, In, All.stateAt(In, At), isOnlyWithGil(Where, Arg)});
}

static bool isOfStandardLibrary(const FunctionDecl *FD) {
  const DeclContext *DC = FD->getDeclContext();
  while (DC && !DC->isTranslationUnit()) {
    const auto *NS = dyn_cast<NamespaceDecl>(DC);
    if (NS && NS->getIdentifier() &&
        (NS->getName() == "std" || NS->getName() == "__gnu_cxx"))
      return true;
    DC = DC->getParent();
  }
  return false;
}

bool LockRegions::waitsForLocksThatDetach(const model::Function &F,
                                          SourceRange Range) const {
  const SourceManager &SM = Model.context().getSourceManager();
  auto Within = [&](const Expr *E) {
    const SourceLocation Loc = SM.getExpansionLoc(E->getBeginLoc());
    return SM.isWrittenInSameFile(Loc, Range.getBegin()) &&
           SM.isPointWithin(Loc, Range.getBegin(), Range.getEnd());
  };
  bool Locks = false;
  for (const LockSite &Site : Sites) {
    if (Site.In != F.Decl || !Within(Site.Where))
      continue;
    const std::string Id = identity(Site.L);
    if (Site.L.Kind != facts::LockKind::PyMutex && !Site.OnlyWithGil &&
        any_of(Uses, [&](const LockedUse &U) { return identity(U.L) == Id; }))
      return false;
    Locks = true;
  }
  return Locks && none_of(F.Calls, [&](const model::CallSite &Site) {
           if (!Site.Where || !Within(Site.Where))
             return false;
           const FunctionDecl *Callee = Site.Callee;
           if (!Callee)
             return true;
           const StringRef Name = facts::canonicalName(Site.Name);
           return !model::isOfBinding(Callee) && !facts::findLockApi(Name) &&
                  !facts::findThreadStateApi(Name) &&
                  All.needsThreadState(Callee).empty() &&
                  (!isOfStandardLibrary(Callee) ||
                   facts::findModelCall(Callee->getQualifiedNameAsString()) ==
                       facts::ModelCall::Blocks);
         });
}

void LockRegions::findSites(const model::Function &F) {
  SmallVector<const Stmt *, 32> Work{F.Decl->getBody()};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S || isa<LambdaExpr>(S))
      continue;
    if (const auto *D = dyn_cast<DeclStmt>(S)) {
      for (const Decl *Each : D->decls()) {
        const auto *VD = dyn_cast<VarDecl>(Each);
        const CXXRecordDecl *RD =
            VD && VD->getInit() ? VD->getType()->getAsCXXRecordDecl() : nullptr;
        const facts::LockGuard *Row =
            RD ? facts::findLockGuard(RD->getQualifiedNameAsString()) : nullptr;
        const auto *C =
            Row ? dyn_cast<CXXConstructExpr>(VD->getInit()->IgnoreImplicit())
                : nullptr;
        if (!C || C->getNumArgs() == 0)
          continue;
        const Expr *Arg = C->getArg(0);
        Lock L{Row->Kind, canonicalText(Arg), nullptr};
        // A tag says that it does not wait here.
        bool Tagged = false;
        for (const Expr *Other : llvm::drop_begin(C->arguments())) {
          const RecordDecl *Tag = Other->getType()->getAsRecordDecl();
          Tagged |= Tag && Tag->getIdentifier() && Tag->getName().ends_with("lock_t");
        }
        if (!Tagged)
          addSite(L, C, Arg, F.Decl, S);
      }
    } else if (const auto *Call = dyn_cast<CallExpr>(S)) {
      const FunctionDecl *Callee = Call->getDirectCallee();
      const facts::LockApi *Api =
          !Callee || !Callee->getIdentifier() ? nullptr
          : isa<CXXMethodDecl>(Callee)
              ? facts::findLockApi(Callee->getQualifiedNameAsString())
              : facts::findLockApi(facts::canonicalName(Callee->getName()));
      const bool Zero =
          Api && Api->Kind == facts::LockKind::ThreadLock &&
          Call->getNumArgs() > 1 &&
          model::isNullOrZero(Call->getArg(1), Model.context());
      if (Api && !Zero &&
          (Api->Op == facts::LockOp::Acquire ||
           Api->Op == facts::LockOp::AcquireShared)) {
        const Expr *Arg = nullptr;
        if (const auto *Member = dyn_cast<CXXMemberCallExpr>(Call);
            Member && Api->LockArg == facts::ThisArgument)
          Arg = Member->getImplicitObjectArgument();
        else if (Api->LockArg >= 0 &&
                 unsigned(Api->LockArg) < Call->getNumArgs())
          Arg = Call->getArg(Api->LockArg);
        if (Arg)
          addSite({Api->Kind, canonicalText(Arg), nullptr}, Call, Arg, F.Decl,
                  Call);
      }
    }
    SmallVector<const Stmt *, 8> Children(S->child_begin(), S->child_end());
    Work.append(Children.rbegin(), Children.rend());
  }
}

static bool runsAny(StringRef Name) {
  const facts::CallEffect *Effect = facts::findEffect(Name);
  return Effect && Effect->Class == facts::EffectClass::RunsCode &&
         !facts::isErrorSetter(Name);
}

std::optional<LockRegions::Run>
LockRegions::runsPython(const FunctionDecl *FD, unsigned Depth) {
  if (!FD || Depth > 5)
    return std::nullopt;
  const StringRef Api = All.needsThreadState(FD);
  if (!Api.empty())
    return runsAny(Api) ? std::optional<Run>(Run{nullptr, Api.str()})
                        : std::nullopt;
  auto [It, New] = Runs.try_emplace(FD->getCanonicalDecl(), std::nullopt);
  if (!New)
    return It->second;
  std::optional<Run> Result;
  if (const model::Function *F = Model.function(FD)) {
    const FunctionAttachment *A = F->Generated ? nullptr : All.of(FD);
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Where || !Site.Callee)
        continue;
      // What it does after it has attached the thread runs Python code too.
      if (A && A->at(Site.Where) == AttachState::Detached)
        continue;
      if (std::optional<Run> Inner = runsPython(Site.Callee, Depth + 1)) {
        Result = Inner->Where ? *Inner : Run{Site.Where, Inner->Name};
        break;
      }
    }
  } else if (const FunctionDecl *Body = nullptr;
             model::isOfBinding(FD) && FD->hasBody(Body) &&
             !Body->isDependentContext()) {
    unsigned Budget = 600;
    SmallVector<const Stmt *, 16> Work{Body->getBody()};
    while (!Work.empty() && Budget && !Result) {
      const Stmt *S = Work.pop_back_val();
      if (!S || isa<LambdaExpr>(S))
        continue;
      --Budget;
      const FunctionDecl *Callee = nullptr;
      const Expr *Where = nullptr;
      if (const auto *Call = dyn_cast<CallExpr>(S)) {
        Callee = Call->getDirectCallee();
        Where = Call;
      } else if (const auto *C = dyn_cast<CXXConstructExpr>(S)) {
        Callee = C->getConstructor();
        Where = C;
      }
      if (Callee)
        if (std::optional<Run> Inner = runsPython(Callee, Depth + 1))
          Result = Run{Where, Inner->Name};
      SmallVector<const Stmt *, 8> Children(S->child_begin(), S->child_end());
      Work.append(Children.rbegin(), Children.rend());
    }
    if (const auto *Ctor = dyn_cast<CXXConstructorDecl>(Body); Ctor && !Result)
      for (const CXXCtorInitializer *Init : Ctor->inits()) {
        const Expr *E = Init->getInit();
        const auto *Call =
            E ? dyn_cast<CallExpr>(E->IgnoreParenImpCasts()) : nullptr;
        const auto *C =
            E ? dyn_cast<CXXConstructExpr>(E->IgnoreParenImpCasts()) : nullptr;
        const FunctionDecl *Callee = Call ? Call->getDirectCallee()
                                     : C  ? C->getConstructor()
                                          : nullptr;
        if (Callee)
          if (std::optional<Run> Inner = runsPython(Callee, Depth + 1)) {
            Result = Run{E, Inner->Name};
            break;
          }
      }
  }
  Runs[FD->getCanonicalDecl()] = Result;
  return Result;
}

const Expr *placeOfCount(const Expr *Arg) {
  const Expr *E = Arg->IgnoreParenCasts();
  if (const auto *R = dyn_cast<DeclRefExpr>(E)) {
    const auto *VD = dyn_cast<VarDecl>(R->getDecl());
    // `Py_CLEAR(self->x)` works through a variable of its own.
    for (unsigned Depth = 0; Depth < 3; ++Depth) {
      if (!VD || !VD->hasLocalStorage() || !VD->getInit() ||
          !VD->getLocation().isMacroID())
        break;
      const Expr *Init = VD->getInit()->IgnoreParenCasts();
      if (const auto *U = dyn_cast<UnaryOperator>(Init))
        Init = U->getSubExpr()->IgnoreParenCasts();
      if (isa<MemberExpr, ArraySubscriptExpr>(Init))
        return Init;
      const auto *Of = dyn_cast<DeclRefExpr>(Init);
      VD = Of ? dyn_cast<VarDecl>(Of->getDecl()) : nullptr;
    }
    return VD && VD->hasGlobalStorage() ? E : nullptr;
  }
  return isa<MemberExpr, ArraySubscriptExpr>(E) ? E : nullptr;
}

/// Dropping the reference in \p Place, nullable, may end an object that runs
/// code when it goes.
static bool mayRunFinalizer(const Expr *Place,
                            const model::ExtensionModel &Model) {
  const auto *M = dyn_cast_or_null<MemberExpr>(Place);
  const auto *Field = M ? dyn_cast<FieldDecl>(M->getMemberDecl()) : nullptr;
  return Place && !(Field && model::holdsLeaves(Model, Field));
}

void LockRegions::findConstructions(const model::Function &F) {
  SmallVector<const Stmt *, 32> Work{F.Decl->getBody()};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S || isa<LambdaExpr>(S))
      continue;
    if (const auto *C = dyn_cast<CXXConstructExpr>(S);
        C && model::isOfBinding(C->getConstructor()) &&
        !C->getConstructor()->isCopyOrMoveConstructor() &&
        !C->getConstructor()->isDefaultConstructor()) {
      const LockList Locks = nativeLocksAt(F.Decl, C);
      if (!Locks.empty() &&
          All.stateAt(F.Decl, C) != AttachState::Detached)
        if (std::optional<Run> R = runsPython(C->getConstructor()))
          for (const Lock &L : Locks)
            Uses.push_back({LockedUse::RunsPython, L, C, F.Decl,
                            C->getConstructor()->getParent()->getNameAsString(),
                            nullptr, R->Name});
    }
    SmallVector<const Stmt *, 8> Children(S->child_begin(), S->child_end());
    Work.append(Children.rbegin(), Children.rend());
  }
}

/// A call of unlock(), of a lock or of a guard.
static bool unlocks(const Stmt *S) {
  const auto *E = dyn_cast<Expr>(S);
  const auto *Call = E ? dyn_cast<CallExpr>(E->IgnoreImplicit()) : nullptr;
  const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
  if (!Callee || !Callee->getIdentifier())
    return false;
  const facts::LockApi *Api =
      facts::findLockApi(facts::canonicalName(Callee->getName()));
  return Callee->getName() == "unlock" ||
         (Api && Api->Op == facts::LockOp::Release);
}

/// C++ guards that wait until the thread is attached: where they are made, or
/// where their scope ends.
void LockRegions::findGuards(const model::Function &F) {
  const FunctionAttachment *A = All.of(F.Decl);
  if (!A)
    return;
  for (const Hold &H : A->holds()) {
    if (!H.Scoped || !H.Where || !H.Handle)
      continue;
    LockList Locks = nativeLocksAt(F.Decl, H.Where);
    if (H.Kind == HoldKind::SavedThread && !Locks.empty()) {
      // What is still locked at the end of the scope.
      const Stmt *End = A->lastOfScope(H.Handle);
      const LockList Then =
          End && !unlocks(End) ? nativeLocksAt(F.Decl, End) : LockList();
      llvm::erase_if(Locks, [&](const Lock &L) {
        return !llvm::is_contained(Then, L);
      });
    } else if (H.Kind != HoldKind::GILState ||
               A->at(H.Where) == AttachState::Attached) {
      continue;
    }
    for (const Lock &L : Locks)
      Uses.push_back({LockedUse::Attaches, L, H.Where, F.Decl, H.Name, nullptr, ""});
  }
}

void LockRegions::findUses(const model::Function &F) {
  if (F.initOnly())
    return;
  if (F.Locks && Model.context().getLangOpts().CPlusPlus) {
    findConstructions(F);
    findGuards(F);
  }
  const FunctionAttachment *A = nullptr;
  bool Asked = false;
  for (const model::CallSite &Site : F.Calls) {
    if (!Site.Where || !Site.Callee)
      continue;
    const LockList Locks = nativeLocksAt(F.Decl, Site.Where);
    if (Locks.empty())
      continue;
    if (!Asked) {
      A = All.of(F.Decl);
      Asked = true;
    }
    const bool Detached = A && A->at(Site.Where) == AttachState::Detached;
    std::optional<LockedUse> Use;
    const IdentifierInfo *II = Site.Callee->getIdentifier();
    const StringRef Name = II ? facts::canonicalName(II->getName()) : "";
    auto Make = [&](LockedUse::Kind K, StringRef Called) {
      Use = LockedUse{K, {}, Site.Where, F.Decl, Called.str(), nullptr, ""};
    };
    if (const facts::ThreadStateApi *Api = facts::findThreadStateApi(Name)) {
      if (Api->Op == facts::ThreadStateOp::Attach)
        Make(LockedUse::Attaches, Name);
    } else if (Detached) {
      continue;
    } else if (facts::findLockApi(Name)) {
      continue;
    } else if (const facts::ReferenceCountApi *Count =
                   facts::findReferenceCountOp(Name)) {
      if (Site.Call &&
          (Count->Op == facts::RefcountOp::Decref ||
           Count->Op == facts::RefcountOp::Clear ||
           Count->Op == facts::RefcountOp::SetRef) &&
          unsigned(Count->Arg) < Site.Call->getNumArgs() &&
          mayRunFinalizer(placeOfCount(Site.Call->getArg(Count->Arg)), Model))
        Make(LockedUse::Drops, Name);
    } else if (std::optional<Run> R = runsPython(Site.Callee)) {
      // A helper for which the lock is held as well is judged itself.
      if (const model::Function *Callee = Model.function(Site.Callee);
          Callee && !nativeLocksAt(Callee->Decl, Callee->Decl->getBody()).empty())
        continue;
      Make(LockedUse::RunsPython,
           Name.empty() || !R->Where ? StringRef(R->Name) : Name);
      if (R->Where) {
        if (Model.function(Site.Callee))
          Use->Inside = R->Where;
        Use->Inner = R->Name;
      }
    } else if (!All.needsThreadState(Site.Callee).empty()) {
      const facts::CallEffect *Effect = facts::findEffect(Name);
      if (Effect && Effect->mayRunUserCode() && !facts::isErrorSetter(Name))
        Make(LockedUse::MayRun, Name);
    }
    if (!Use)
      continue;
    for (const Lock &L : Locks) {
      Use->L = L;
      Uses.push_back(*Use);
    }
  }
}

} // namespace pyext::flow
