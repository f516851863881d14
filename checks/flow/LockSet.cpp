//===- LockSet.cpp --------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "flow/LockSet.h"
#include "flow/Solver.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;
using namespace llvm;

namespace pyext::flow {

StringRef toString(facts::LockKind Kind) {
  switch (Kind) {
  case facts::LockKind::CriticalSection:
  case facts::LockKind::CriticalSection2:
    return "critical-section";
  case facts::LockKind::CriticalSectionMutex:
  case facts::LockKind::CriticalSection2Mutex:
    return "critical-section-mutex";
  case facts::LockKind::PyMutex:
    return "PyMutex";
  case facts::LockKind::ThreadLock:
    return "PyThread_type_lock";
  default:
    return "mutex";
  }
}

static constexpr llvm::StringLiteral SharedMark = "~";

std::string lockName(const Lock &L, std::string Name) {
  return L.Shared ? SharedMark.str() + Name : Name;
}

StringRef withoutMode(StringRef Name) {
  Name.consume_front(SharedMark);
  return Name;
}

static bool excludes(StringRef A, StringRef B) {
  return withoutMode(A) == withoutMode(B) &&
         !(A.starts_with(SharedMark) && B.starts_with(SharedMark));
}

bool excludeEachOther(ArrayRef<std::string> A, ArrayRef<std::string> B) {
  if (A.size() * B.size() < 64)
    return any_of(A, [&](const std::string &L) {
      return any_of(B, [&](const std::string &M) { return excludes(L, M); });
    });
  llvm::StringSet<> Names, Exclusive; // Of A.
  for (const StringRef L : A) {
    Names.insert(withoutMode(L));
    if (withoutMode(L).size() == L.size())
      Exclusive.insert(L);
  }
  return any_of(B, [&](StringRef M) {
    const StringRef Name = withoutMode(M);
    return (Name.size() == M.size() ? Names : Exclusive).contains(Name);
  });
}

/// True when the operation lets other readers in.
static bool isShared(facts::LockOp Op) {
  return Op == facts::LockOp::AcquireShared ||
         Op == facts::LockOp::TryAcquireShared;
}

// --- Canonical text ---------------------------------------------------------

/// `Obj *self = (Obj *)op;` makes self another name of op.
static const ValueDecl *aliased(const ValueDecl *D) {
  for (unsigned Depth = 0; Depth < 4; ++Depth) {
    const auto *VD = dyn_cast<VarDecl>(D);
    if (!VD || isa<ParmVarDecl>(VD) || VD->hasGlobalStorage() || !VD->getInit())
      return D;
    const Expr *Init = VD->getInit()->IgnoreParenCasts();
    const auto *R = dyn_cast<DeclRefExpr>(Init);
    if (!R || !isa<ParmVarDecl>(R->getDecl()))
      return D;
    D = R->getDecl();
  }
  return D;
}

static void spell(const Expr *E, raw_ostream &OS, unsigned Depth) {
  if (!E || Depth > 32) {
    OS << '?';
    return;
  }
  E = E->IgnoreParenCasts()->IgnoreImplicit()->IgnoreParenCasts();
  if (const auto *R = dyn_cast<DeclRefExpr>(E)) {
    // An operator has no identifier.
    if (const IdentifierInfo *II = aliased(R->getDecl())->getIdentifier())
      OS << II->getName();
  } else if (const auto *M = dyn_cast<MemberExpr>(E)) {
    const Expr *Base = M->getBase()->IgnoreParenImpCasts();
    bool Arrow = M->isArrow();
    // (*p).x and (&x)->y
    if (const auto *U = dyn_cast<UnaryOperator>(Base)) {
      if (!Arrow && U->getOpcode() == UO_Deref) {
        Base = U->getSubExpr();
        Arrow = true;
      } else if (Arrow && U->getOpcode() == UO_AddrOf) {
        Base = U->getSubExpr();
        Arrow = false;
      }
    }
    if (!isa<CXXThisExpr>(Base)) {
      spell(Base, OS, Depth + 1);
      OS << (Arrow ? "->" : ".");
    }
    OS << M->getMemberDecl()->getNameAsString();
  } else if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() != UO_AddrOf)
      OS << UnaryOperator::getOpcodeStr(U->getOpcode());
    spell(U->getSubExpr(), OS, Depth + 1);
  } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
    spell(A->getBase(), OS, Depth + 1);
    OS << '[';
    spell(A->getIdx(), OS, Depth + 1);
    OS << ']';
  } else if (const auto *C = dyn_cast<CallExpr>(E)) {
    spell(C->getCallee(), OS, Depth + 1);
    OS << '(';
    for (unsigned I = 0; I < C->getNumArgs(); ++I) {
      if (I)
        OS << ',';
      spell(C->getArg(I), OS, Depth + 1);
    }
    OS << ')';
  } else if (const auto *I = dyn_cast<IntegerLiteral>(E)) {
    OS << I->getValue().getLimitedValue();
  } else if (const auto *C = dyn_cast<CXXConstructExpr>(E);
             C && C->getNumArgs() == 1) {
    spell(C->getArg(0), OS, Depth + 1);
  } else if (isa<CXXThisExpr>(E)) {
    OS << "this";
  } else if (const auto *B = dyn_cast<BinaryOperator>(E)) {
    spell(B->getLHS(), OS, Depth + 1);
    OS << B->getOpcodeStr();
    spell(B->getRHS(), OS, Depth + 1);
  } else {
    OS << '<' << E->getStmtClassName() << '>';
  }
}

std::string canonicalText(const Expr *E) {
  std::string Text;
  raw_string_ostream OS(Text);
  spell(E, OS, 0);
  return OS.str();
}

/// Drops one leading cast, `(PyObject*)x` or `_PyObject_CAST(x)`.
static bool dropCast(StringRef &Text) {
  if (!Text.starts_with("("))
    return false;
  unsigned Depth = 0;
  for (size_t I = 0; I < Text.size(); ++I) {
    Depth += Text[I] == '(';
    if (Text[I] == ')' && --Depth == 0) {
      StringRef Inside = Text.slice(1, I), Rest = Text.drop_front(I + 1);
      if (Rest.empty()) { // Parentheses around all of it.
        Text = Inside;
        return true;
      }
      if (Inside.ends_with("*") && !Rest.starts_with("->") &&
          !Rest.starts_with(".") && !Rest.starts_with("[")) {
        Text = Rest;
        return true;
      }
      return false;
    }
  }
  return false;
}

std::string canonicalText(StringRef Text) {
  while (true) {
    if (Text.consume_front("&") || dropCast(Text))
      continue;
    if (Text.starts_with("_PyObject_CAST(") && Text.ends_with(")")) {
      Text = Text.drop_front(StringRef("_PyObject_CAST(").size()).drop_back();
      continue;
    }
    break;
  }
  // (self)->lock, as macros write their parameters.
  if (Text.starts_with("(")) {
    size_t Close = Text.find(')');
    StringRef Name = Text.slice(1, Close);
    if (Close != StringRef::npos && !Name.empty() &&
        all_of(Name, [](char C) { return isAlnum(C) || C == '_'; }))
      return (Name + Text.drop_front(Close + 1)).str();
  }
  return Text.str();
}

static const ValueDecl *rootOf(const Expr *E) {
  for (unsigned Depth = 0; E && Depth < 32; ++Depth) {
    E = E->IgnoreParenCasts()->IgnoreImplicit()->IgnoreParenCasts();
    if (const auto *R = dyn_cast<DeclRefExpr>(E))
      return aliased(R->getDecl());
    if (const auto *M = dyn_cast<MemberExpr>(E))
      E = M->getBase();
    else if (const auto *U = dyn_cast<UnaryOperator>(E))
      E = U->getSubExpr();
    else if (const auto *A = dyn_cast<ArraySubscriptExpr>(E))
      E = A->getBase();
    else
      return nullptr;
  }
  return nullptr;
}

/// The variable of file scope called \p Name; nullable.
static const VarDecl *globalNamed(StringRef Name, const ASTContext &Context) {
  auto Found = Context.Idents.find(Name);
  if (Found != Context.Idents.end())
    for (const NamedDecl *D :
         Context.getTranslationUnitDecl()->lookup(Found->second))
      if (const auto *VD = dyn_cast<VarDecl>(D))
        return VD;
  return nullptr;
}

/// The lock named by text in \p FD: locals are resolved by name.
static Lock lockFromText(facts::LockKind Kind, StringRef Written,
                         const FunctionDecl *FD) {
  Lock L{Kind, canonicalText(Written), nullptr};
  StringRef Name = StringRef(L.Key).take_while(
      [](char C) { return isAlnum(C) || C == '_'; });
  for (const Decl *D : FD->decls())
    if (const auto *VD = dyn_cast<VarDecl>(D);
        VD && VD->getIdentifier() && VD->getName() == Name) {
      L.Root = aliased(VD);
      if (L.Root != VD)
        L.Key = L.Root->getNameAsString() + L.Key.substr(Name.size());
      return L;
    }
  if (Name.empty())
    return L;
  L.Root = globalNamed(Name, FD->getASTContext());
  return L;
}

static void insert(LockList &Locks, const Lock &L) {
  auto It = llvm::lower_bound(Locks, L);
  if (It == Locks.end() || !(*It == L))
    Locks.insert(It, L);
}

static bool sameKeys(const LockList &A, const LockList &B) {
  return std::equal(A.begin(), A.end(), B.begin(), B.end(),
                    [](const Lock &L, const Lock &M) {
                      return L.Key == M.Key && L.Kind == M.Kind;
                    });
}

static void remove(LockList &Locks, StringRef Key) {
  llvm::erase_if(Locks, [&](const Lock &L) { return L.Key == Key; });
}

// --- Lexical regions --------------------------------------------------------

/// `if (failed) { UNLOCK(); return -1; }`: what follows a block around \p At that
/// began after \p Since still has the lock.
static bool onlyOnWayOut(const SourceManager &SM, const Stmt *S,
                         SourceLocation Since, SourceLocation At) {
  if (!S || isa<LambdaExpr>(S))
    return false;
  auto Offset = [&](SourceLocation Loc) {
    return SM.getFileOffset(SM.getExpansionLoc(Loc));
  };
  const unsigned Place = Offset(At);
  for (const Stmt *Child : S->children())
    if (Child && Offset(Child->getBeginLoc()) <= Place &&
        Place <= Offset(Child->getEndLoc()) &&
        onlyOnWayOut(SM, Child, Since, At))
      return true;
  const auto *Block = dyn_cast<CompoundStmt>(S);
  if (!Block || Offset(Block->getBeginLoc()) < Offset(Since))
    return false;
  for (const Stmt *Each : Block->body()) {
    if (Offset(Each->getEndLoc()) < Place)
      continue;
    if (isa<SwitchCase>(Each) && Offset(Each->getBeginLoc()) > Place)
      return false;
    if (leaves(Each))
      return true;
  }
  return false;
}

void FunctionLocks::readRegions(const FunctionDecl *FD,
                                const model::Preprocessing &PP) {
  const SourceRange Body = FD->getBody()->getSourceRange();
  SmallVector<size_t, 4> Open;
  for (const model::MacroUse *Use : PP.usesWithin(Body)) {
    if (const facts::ThreadStateApi *T = facts::findThreadStateApi(Use->Name)) {
      if (!T->IsMacro)
        continue;
      if (T->Op == facts::ThreadStateOp::Detach) {
        Open.push_back(Regions.size());
        Regions.push_back({LexicalRegion::Detached, Use->Begin,
                           FD->getBody()->getEndLoc(), {}, Use, nullptr});
      } else if (T->Op == facts::ThreadStateOp::Attach) {
        for (size_t I = Open.size(); I-- > 0;)
          if (Regions[Open[I]].Kind == LexicalRegion::Detached) {
            Regions[Open[I]].End = Use->Begin;
            Regions[Open[I]].Close = Use;
            Open.erase(Open.begin() + I);
            break;
          }
      }
      continue;
    }
    const facts::LockApi *Api = facts::findLockApi(Use->Name);
    // A call is seen by the dataflow, unless this configuration drops it.
    if (!Api || !(Api->IsMacro || Use->FromOtherConfiguration))
      continue;
    LockList Locks;
    for (int Arg : {Api->LockArg == facts::ThisArgument ? 0 : Api->LockArg,
                    Api->LockArg2})
      if (Arg >= 0 && size_t(Arg) < Use->Args.size())
        Locks.push_back(lockFromText(Api->Kind, Use->Args[Arg], FD));
    for (Lock &L : Locks)
      L.Shared = isShared(Api->Op);
    llvm::sort(Locks);
    switch (Api->Op) {
    case facts::LockOp::Begin:
    case facts::LockOp::Acquire:
    case facts::LockOp::AcquireShared:
    case facts::LockOp::TryAcquire:
    case facts::LockOp::TryAcquireShared:
      Open.push_back(Regions.size());
      Regions.push_back({LexicalRegion::Locked, Use->Begin,
                         FD->getBody()->getEndLoc(), Locks, Use, nullptr});
      break;
    case facts::LockOp::End:
    case facts::LockOp::Release:
      for (size_t I = Open.size(); I-- > 0;) {
        LexicalRegion &R = Regions[Open[I]];
        if (R.Kind != LexicalRegion::Locked ||
            (!Locks.empty() && !sameKeys(R.Locks, Locks)))
          continue;
        if (Api->Op == facts::LockOp::Release &&
            onlyOnWayOut(*SM, FD->getBody(), R.Begin, Use->Begin))
          break;
        R.End = Use->Begin;
        R.Close = Use;
        Open.erase(Open.begin() + I);
        break;
      }
      break;
    default:
      break;
    }
  }
}

// --- Summaries of the user's own functions ----------------------------------

static bool takes(facts::LockOp Op) {
  return Op == facts::LockOp::Begin || Op == facts::LockOp::Acquire ||
         Op == facts::LockOp::AcquireShared || Op == facts::LockOp::TryAcquire ||
         Op == facts::LockOp::TryAcquireShared;
}

/// \p L in the words of a caller that passes \p Args to \p Callee, on \p Object
/// when it is a method; nothing when the caller cannot name it.
static std::optional<Lock> inCaller(Lock L, const FunctionDecl *Callee,
                                    ArrayRef<const Expr *> Args,
                                    const Expr *Object) {
  StringRef Key = L.Key;
  StringRef Name = Key.take_while([](char C) { return isAlnum(C) || C == '_'; });
  StringRef Rest = Key.drop_front(Name.size());
  for (unsigned I = 0; I < Callee->getNumParams() && I < Args.size(); ++I)
    if (Callee->getParamDecl(I)->getName() == Name) {
      L.Root = rootOf(Args[I]);
      L.Key = canonicalText(Args[I]) + Rest.str();
      return L;
    }
  if (const auto *Method = dyn_cast<CXXMethodDecl>(Callee)) {
    if (Name == "this" && Rest.empty() && Object) {
      L.Root = rootOf(Object);
      L.Key = canonicalText(Object);
      return L;
    }
    for (const FieldDecl *F : Method->getParent()->fields())
      if (F->getName() == Name) {
        if (Object && !isa<CXXThisExpr>(Object->IgnoreParenImpCasts())) {
          L.Root = rootOf(Object);
          L.Key = canonicalText(Object) +
                  (Object->getType()->isPointerType() ? "->" : ".") + L.Key;
        }
        return L;
      }
  }
  if (!L.Root) // A release is known by its text only.
    L.Root = globalNamed(Name, Callee->getASTContext());
  const auto *VD = dyn_cast_or_null<VarDecl>(L.Root);
  if (VD && VD->hasGlobalStorage())
    return L;
  return std::nullopt;
}

/// `m(x)` of a constructor: the lock named m is the argument x.
static void followInitialisers(const CXXConstructorDecl *Ctor, Lock &L) {
  for (const CXXCtorInitializer *Init : Ctor->inits()) {
    const FieldDecl *F = Init->getMember();
    if (F && Init->isWritten() && F->getName() == L.Key &&
        (F->getType()->isReferenceType() || F->getType()->isPointerType())) {
      L = {L.Kind, canonicalText(Init->getInit()), rootOf(Init->getInit()),
           L.Shared};
      return;
    }
  }
}

/// The operation that \p Call is, with the locked expressions; null when it is
/// none.
static const facts::LockApi *lockCall(const CallExpr *Call,
                                      SmallVectorImpl<const Expr *> &Locked) {
  const FunctionDecl *Callee = Call->getDirectCallee();
  if (!Callee || !Callee->getIdentifier())
    return nullptr;
  const auto *Member = dyn_cast<CXXMemberCallExpr>(Call);
  const facts::LockApi *Api =
      Member ? facts::findLockApi(Callee->getQualifiedNameAsString())
             : facts::findLockApi(facts::canonicalName(Callee->getName()));
  if (!Api)
    return nullptr;
  for (int Arg : {Api->LockArg, Api->LockArg2}) {
    if (Arg == facts::ThisArgument && Member)
      Locked.push_back(Member->getImplicitObjectArgument());
    else if (Arg >= 0 && unsigned(Arg) < Call->getNumArgs())
      Locked.push_back(Call->getArg(Arg));
  }
  return Api;
}

/// What the function's attribute says that its callers hold.
LockList requiredLocks(const FunctionDecl *FD) {
  LockList Result;
  for (const FunctionDecl *Each : FD->redecls())
    for (const auto *A : Each->specific_attrs<RequiresCapabilityAttr>())
      for (const Expr *E : A->args())
        insert(Result, {facts::LockKind::User, canonicalText(E), rootOf(E),
                        A->isShared()});
  return Result;
}

const LockEffects &LockSummaries::of(const FunctionDecl *FD) {
  FD = FD->getCanonicalDecl();
  auto [It, New] = Effects.try_emplace(FD);
  const FunctionDecl *Definition = nullptr;
  if (New && FD->hasAttrs()) {
    LockEffects &Declared = It->second;
    for (const auto *A : FD->specific_attrs<AcquireCapabilityAttr>()) {
      for (const Expr *E : A->args())
        insert(Declared.Acquires, {facts::LockKind::User, canonicalText(E),
                                   rootOf(E), A->isShared()});
      if (A->args_size() == 0 && isa<CXXMethodDecl>(FD))
        insert(Declared.Acquires,
               {facts::LockKind::User, "this", nullptr, A->isShared()});
    }
    for (const auto *A : FD->specific_attrs<ReleaseCapabilityAttr>()) {
      for (const Expr *E : A->args())
        Declared.Releases.push_back(canonicalText(E));
      if (A->args_size() == 0 && isa<CXXMethodDecl>(FD))
        Declared.Releases.push_back("this");
    }
    if (!Declared.empty())
      return Declared;
  }
  if (!New || !FD->hasBody(Definition) || Definition->isDependentContext())
    return It->second;
  // Guard(const T *x) : Guard(cast(x)) {}
  if (const auto *Ctor = dyn_cast<CXXConstructorDecl>(Definition);
      Ctor && Ctor->isDelegatingConstructor()) {
    LockEffects Delegated;
    const Expr *Init = (*Ctor->init_begin())->getInit()->IgnoreImplicit();
    if (const auto *C = dyn_cast<CXXConstructExpr>(Init))
      for (const Lock &L : of(C->getConstructor()).Acquires)
        if (std::optional<Lock> T =
                inCaller(L, C->getConstructor(),
                         {C->getArgs(), C->getNumArgs()}, nullptr))
          insert(Delegated.Acquires, *T);
    return Effects[FD] = std::move(Delegated);
  }
  LockEffects &Result = It->second;
  // Helpers that lock are short; a long function is no helper.
  unsigned Budget = 300;
  SmallVector<const Stmt *, 32> Work{Definition->getBody()};
  while (!Work.empty() && Budget) {
    const Stmt *S = Work.pop_back_val();
    if (!S || isa<LambdaExpr>(S))
      continue;
    --Budget;
    if (const auto *Call = dyn_cast<CallExpr>(S)) {
      SmallVector<const Expr *, 2> Locked;
      const facts::LockApi *Api = lockCall(Call, Locked);
      for (const Expr *E : Locked) {
        Lock L{Api->Kind, canonicalText(E), rootOf(E), isShared(Api->Op)};
        if (const auto *Ctor = dyn_cast<CXXConstructorDecl>(Definition))
          followInitialisers(Ctor, L);
        if (takes(Api->Op)) {
          insert(Result.Acquires, L);
        } else if (Api->Op == facts::LockOp::Release) {
          const size_t Before = Result.Acquires.size();
          remove(Result.Acquires, L.Key);
          if (Result.Acquires.size() == Before)
            Result.Releases.push_back(L.Key);
        }
      }
      // PyCriticalSection_End(&cs) names the section, not the object.
      if (Api && Api->Op == facts::LockOp::End) {
        if (Result.Acquires.empty())
          Result.Releases.push_back("");
        llvm::erase_if(Result.Acquires, [](const Lock &L) {
          return facts::isCriticalSection(L.Kind);
        });
      }
    }
    const size_t First = Work.size();
    for (const Stmt *Child : S->children())
      Work.push_back(Child);
    std::reverse(Work.begin() + First, Work.end());
  }
  if (!Budget)
    Result = {};
  return Result;
}

bool LockSummaries::changesLocks(const FunctionDecl *Callee) {
  if (!Callee->getIdentifier())
    return false;
  if (isa<CXXMethodDecl>(Callee)) {
    if (facts::findLockApi(Callee->getQualifiedNameAsString()))
      return true;
  } else {
    StringRef Name = facts::canonicalName(Callee->getName());
    if (facts::findLockApi(Name) || facts::findThreadStateApi(Name))
      return true;
  }
  return !of(Callee).empty();
}

bool LockSummaries::changesLocks(const VarDecl *VD) {
  const CXXRecordDecl *RD = VD->getType()->getAsCXXRecordDecl();
  if (!RD || !RD->hasDefinition())
    return false;
  if (facts::isLockGuardType(RD->getQualifiedNameAsString()))
    return true;
  const CXXDestructorDecl *Dtor = RD->getDestructor();
  // The other way round too: what gives a lock back while it lives.
  return Dtor && Dtor->isUserProvided() && !of(Dtor).empty();
}

// --- Dataflow ---------------------------------------------------------------

class FunctionLocks::Analysis {
public:
  using State = FunctionLocks::State;

  explicit Analysis(LockSummaries &Summaries) : Summaries(Summaries) {}

  State entry() { return {}; }

  bool join(State &Into, const State &From) {
    bool Changed = false;
    LockList Both;
    std::set_intersection(Into.Locks.begin(), Into.Locks.end(),
                          From.Locks.begin(), From.Locks.end(),
                          std::back_inserter(Both));
    if (Both.size() != Into.Locks.size()) {
      Into.Locks = Both;
      Changed = true;
    }
    if (Into.Attached != From.Attached &&
        Into.Attached != Attachment::Unknown) {
      Into.Attached = Attachment::Unknown;
      Changed = true;
    }
    return Changed;
  }

  /// `if (self->lock) acquire(self->lock); ...`: where there is no lock, there
  /// is no need of one.
  bool refine(State &S, const CFGBlock &B, unsigned Successor) {
    if (Successor == 1)
      if (auto It = Optional.find(B.getTerminatorStmt()); It != Optional.end())
        for (const Lock &L : It->second)
          insert(S.Locks, L);
    return true;
  }

  /// Finds the branches in \p S that only take a lock.
  void findOptional(const Stmt *S) {
    if (!S)
      return;
    if (const auto *If = dyn_cast<IfStmt>(S); If && !If->getElse()) {
      State Held;
      if (onlyTakes(If->getThen(), Held) && !Held.Locks.empty()) {
        Optional[If] = Held.Locks;
        SmallVector<const Stmt *, 4> Parts{If->getCond()->IgnoreParens()};
        while (!Parts.empty())
          if (const auto *And = dyn_cast<BinaryOperator>(Parts.pop_back_val());
              And && And->getOpcode() == BO_LAnd) {
            Optional[And] = Held.Locks;
            Parts.push_back(And->getLHS()->IgnoreParenImpCasts());
            Parts.push_back(And->getRHS()->IgnoreParenImpCasts());
          }
      }
    }
    for (const Stmt *Child : S->children())
      findOptional(Child);
  }

  void transfer(State &S, const CFGElement &E) {
    if (std::optional<CFGStmt> CS = E.getAs<CFGStmt>())
      statement(S, CS->getStmt());
    else if (std::optional<CFGAutomaticObjDtor> D =
                 E.getAs<CFGAutomaticObjDtor>())
      leave(S, D->getVarDecl());
  }

private:
  /// Applies the calls in \p S in source order; false when a jump leaves it.
  bool onlyTakes(const Stmt *S, State &Held) {
    if (!S)
      return true;
    if (isa<ReturnStmt, GotoStmt, BreakStmt, ContinueStmt, LambdaExpr>(S))
      return false;
    for (const Stmt *Child : S->children())
      if (!onlyTakes(Child, Held))
        return false;
    if (isa<CallExpr>(S))
      statement(Held, S);
    return true;
  }

  static std::string guardName(const VarDecl *VD) {
    const CXXRecordDecl *RD = VD->getType()->getAsCXXRecordDecl();
    return RD ? RD->getQualifiedNameAsString() : std::string();
  }
  static bool isGuard(const VarDecl *VD) {
    return facts::isLockGuardType(guardName(VD));
  }

  /// \p Called: by its lock() method, which a deferred guard waits for.
  void enter(State &S, const VarDecl *VD, bool Called = false) {
    if (!VD->getInit())
      return;
    const auto *C = dyn_cast<CXXConstructExpr>(VD->getInit()->IgnoreImplicit());
    if (!C)
      return;
    SmallVector<std::string, 1> &Keys = Guards[VD];
    auto Take = [&](const Lock &L) {
      insert(S.Locks, L);
      if (!is_contained(Keys, L.Key))
        Keys.push_back(L.Key);
    };
    const facts::LockGuard *Row = facts::findLockGuard(guardName(VD));
    if (!Row) {
      if (!Summaries.changesLocks(VD))
        return;
      const CXXConstructorDecl *Ctor = C->getConstructor();
      for (const Lock &L : Summaries.of(Ctor).Acquires)
        if (std::optional<Lock> T =
                inCaller(L, Ctor, {C->getArgs(), C->getNumArgs()}, nullptr))
          Take(*T);
      LockList &Back = GivenBack[VD];
      for (const std::string &Key : Summaries.of(Ctor).Releases)
        if (std::optional<Lock> T =
                inCaller({facts::LockKind::User, Key, nullptr}, Ctor,
                         {C->getArgs(), C->getNumArgs()}, nullptr))
          for (const Lock &L : LockList(S.Locks))
            if (L.Key == T->Key) {
              remove(S.Locks, L.Key);
              insert(Back, L);
            }
      return;
    }
    auto IsTag = [](const Expr *Arg, StringRef Name) {
      const RecordDecl *RD = Arg->getType()->getAsRecordDecl();
      return RD && RD->getIdentifier() && RD->getName() == Name;
    };
    const ArrayRef<const Expr *> Args(C->getArgs(), C->getNumArgs());
    if (!Called && any_of(Args, [&](const Expr *Arg) {
          return IsTag(Arg, "defer_lock_t");
        }))
      return;
    // std::scoped_lock takes any number of locks, the others one.
    for (const Expr *Arg : Args)
      if (!IsTag(Arg, "defer_lock_t") && !IsTag(Arg, "try_to_lock_t") &&
          !IsTag(Arg, "adopt_lock_t") &&
          (Arg->isGLValue() || Arg->getType()->isPointerType()))
        Take({Row->Kind, canonicalText(Arg), rootOf(Arg),
              Row->Mode == facts::LockMode::Shared});
  }

  void leave(State &S, const VarDecl *VD) {
    for (const Lock &L : GivenBack.lookup(VD))
      insert(S.Locks, L);
    auto It = Guards.find(VD);
    if (It == Guards.end())
      return;
    for (const std::string &Key : It->second)
      remove(S.Locks, Key);
  }

  void statement(State &S, const Stmt *St) {
    if (const auto *D = dyn_cast<DeclStmt>(St)) {
      for (const Decl *Each : D->decls())
        if (const auto *VD = dyn_cast<VarDecl>(Each))
          enter(S, VD);
      return;
    }
    const auto *Call = dyn_cast<CallExpr>(St);
    if (!Call)
      return;
    const FunctionDecl *Callee = Call->getDirectCallee();
    if (!Callee || !Callee->getIdentifier())
      return;
    const auto *Member = dyn_cast<CXXMemberCallExpr>(Call);
    if (Member && guard(S, Member))
      return;
    StringRef Name = facts::canonicalName(Callee->getName());
    if (const facts::ThreadStateApi *T =
            Member ? nullptr : facts::findThreadStateApi(Name)) {
      if (T->Op == facts::ThreadStateOp::Detach ||
          T->Op == facts::ThreadStateOp::DestroyDetach)
        S.Attached = Attachment::Detached;
      else if (T->Op == facts::ThreadStateOp::Attach)
        S.Attached = Attachment::Attached;
      return;
    }
    SmallVector<const Expr *, 2> Locked;
    const facts::LockApi *Api = lockCall(Call, Locked);
    if (!Api) {
      helper(S, Call, Callee);
      return;
    }
    for (const Expr *E : Locked) {
      Lock L{Api->Kind, canonicalText(E), rootOf(E), isShared(Api->Op)};
      // A failed try is taken for a success: the code that follows it is
      // written for the lock being held, and the failing way leaves.
      if (takes(Api->Op))
        insert(S.Locks, L);
      else if (Api->Op == facts::LockOp::Release)
        remove(S.Locks, L.Key);
    }
    // PyCriticalSection_End(&_py_cs) names the section, not the object.
    if (Api->Op == facts::LockOp::End)
      llvm::erase_if(S.Locks, [&](const Lock &L) {
        return facts::isCriticalSection(L.Kind);
      });
  }


  /// A function of the user's own that takes or releases locks.
  void helper(State &S, const CallExpr *Call, const FunctionDecl *Callee) {
    const LockEffects &Effects = Summaries.of(Callee);
    const Expr *Object = nullptr;
    if (const auto *Member = dyn_cast<CXXMemberCallExpr>(Call))
      Object = Member->getImplicitObjectArgument();
    const ArrayRef<const Expr *> Args(Call->getArgs(), Call->getNumArgs());
    for (const std::string &Key : Effects.Releases)
      if (std::optional<Lock> T = inCaller(
              {facts::LockKind::User, Key, nullptr}, Callee, Args, Object))
        remove(S.Locks, T->Key);
    for (const Lock &L : Effects.Acquires)
      if (std::optional<Lock> T = inCaller(L, Callee, Args, Object))
        insert(S.Locks, *T);
  }

  /// guard.unlock(), guard.lock(); false when the object is no guard.
  bool guard(State &S, const CXXMemberCallExpr *Call) {
    const Expr *Object = Call->getImplicitObjectArgument();
    const auto *R =
        dyn_cast_or_null<DeclRefExpr>(Object->IgnoreParenImpCasts());
    const auto *VD = R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
    if (!VD || !isGuard(VD))
      return false;
    StringRef Name = Call->getMethodDecl()->getName();
    if (Name.contains("unlock") || Name == "release")
      leave(S, VD);
    else if (Name.contains("lock"))
      enter(S, VD, /*Called=*/true);
    return true;
  }

  LockSummaries &Summaries;
  DenseMap<const VarDecl *, SmallVector<std::string, 1>> Guards;
  DenseMap<const VarDecl *, LockList> GivenBack; ///< By guards of the other kind.
  /// Branches that do nothing but take locks, by what decides about them.
  DenseMap<const Stmt *, LockList> Optional;
};

std::shared_ptr<FunctionLocks>
FunctionLocks::compute(const FunctionDecl *FD, FlowCache &Flows,
                       const model::Preprocessing &PP,
                       LockSummaries &Summaries, bool Calls,
                       std::string &Failed) {
  auto Result = std::make_shared<FunctionLocks>();
  Result->SM = &FD->getASTContext().getSourceManager();
  Result->readRegions(FD, PP);
  if (!Calls && Result->Regions.empty())
    return nullptr;
  if (std::shared_ptr<const FunctionFlow> Flow = Flows.get(FD, Failed)) {
    Analysis A(Summaries);
    A.findOptional(FD->getBody());
    if (auto Solved = solveForward(Flow, A, Failed))
      Solved->visit(A, [&](const State &S, const CFGElement &E) {
        if (auto CS = E.getAs<CFGStmt>())
          if (!S.Locks.empty() || S.Attached != Attachment::Attached)
            Result->ByStmt.try_emplace(CS->getStmt(), S);
      });
    // Code that is never reached holds whatever one likes.
    State Never;
    Never.Locks.push_back(Lock::heldByConvention());
    for (const CFGBlock *B : Flow->graph())
      if (Flow->indexOf(B) == ~0u)
        for (const CFGElement &E : *B)
          if (auto CS = E.getAs<CFGStmt>())
            Result->ByStmt.try_emplace(CS->getStmt(), Never);
  }
  if (const FunctionBody *Body = Flows.body(FD))
    Result->Parents = &Body->parents();
  return Result;
}

const FunctionLocks::State *FunctionLocks::stateAt(const Stmt *S) const {
  for (; S; S = Parents ? Parents->getParent(S) : nullptr) {
    auto It = ByStmt.find(S);
    if (It != ByStmt.end())
      return &It->second;
    // Blocks are no elements; what holds in one statement says nothing about
    // the next.
    if (isa<CompoundStmt>(S))
      return nullptr;
  }
  return nullptr;
}

LockList FunctionLocks::at(const Stmt *S) const {
  LockList Result;
  if (const State *Found = stateAt(S))
    Result = Found->Locks;
  auto [File, Offset] = SM->getDecomposedExpansionLoc(S->getBeginLoc());
  for (const LexicalRegion &R : Regions) {
    if (R.Kind != LexicalRegion::Locked)
      continue;
    auto [BeginFile, Begin] = SM->getDecomposedLoc(R.Begin);
    auto [EndFile, End] = SM->getDecomposedExpansionLoc(R.End);
    if (File == BeginFile && Begin < Offset && Offset < End)
      for (const Lock &L : R.Locks)
        insert(Result, L);
  }
  return Result;
}

Attachment FunctionLocks::attachmentAt(const Stmt *S) const {
  const State *Found = stateAt(S);
  return Found ? Found->Attached : Attachment::Attached;
}

} // namespace pyext::flow
