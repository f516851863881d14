//===- InstanceUses.cpp ---------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/InstanceUses.h"
#include "facts/ModelCalls.h"
#include "facts/ProcessState.h"
#include "model/Initializers.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/Builtins.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

/// Bounds for hostile code; real extensions stay far below.
static constexpr size_t MaxArrivals = 16, MaxWays = 64, MaxUses = 60000,
                        MaxSteps = 100000;

/// The struct that \p QT points to; for `void *` and numbers null.
static const RecordDecl *structBehind(QualType QT) {
  if (!QT->isPointerType() && !QT->isReferenceType())
    return nullptr;
  const RecordDecl *RD = QT->getPointeeType()->getAsRecordDecl();
  return RD ? cast<RecordDecl>(RD->getCanonicalDecl()) : nullptr;
}

/// True when \p Loc is in the project of the main file, not in the header of a
/// library. A project's top has a file that says how to build it.
bool InstanceState::Collector::isOwn(SourceLocation Loc) {
  const SourceManager &SM = Model.context().getSourceManager();
  if (!Model.preprocessing().isFirstParty(Loc))
    return false;
  auto Absolute = [&](SourceLocation At) {
    SmallString<256> Path(SM.getFilename(SM.getExpansionLoc(At)));
    SM.getFileManager().makeAbsolutePath(Path);
    sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
    return Path;
  };
  if (!ProjectTop) {
    const SmallString<256> Main =
        Absolute(SM.getLocForStartOfFile(SM.getMainFileID()));
    StringRef Folder = sys::path::parent_path(Main);
    ProjectTop = Folder.str();
    for (unsigned Up = 0; Up < 8 && !Folder.empty(); ++Up) {
      if (any_of(ArrayRef<const char *>{"pyproject.toml", "setup.py", ".git",
                                        "meson.build", "configure"},
                 [&](const char *Name) {
                   SmallString<256> Path(Folder);
                   sys::path::append(Path, Name);
                   return sys::fs::exists(Path);
                 }))
        ProjectTop = Folder.str();
      Folder = sys::path::parent_path(Folder);
    }
  }
  return StringRef(Absolute(Loc)).starts_with(*ProjectTop);
}

/// A function that another file lists in its tables, by its name.
static EntryKind guessKind(const FunctionDecl *FD, StringRef Name) {
  // Not the method of that name, which returns an object.
  if (Name.ends_with_insensitive("clear") && FD->getNumParams() == 1 &&
      FD->getReturnType()->isIntegerType())
    return EntryKind::Clear;
  for (auto [Suffix, Kind] :
       {std::pair{"dealloc", EntryKind::Dealloc},
        std::pair{"finalize", EntryKind::Finalize},
        std::pair{"traverse", EntryKind::Traverse},
        std::pair{"free", EntryKind::Dealloc},
        std::pair{"init", EntryKind::Init},
        std::pair{"new", EntryKind::New}})
    if (Name.ends_with_insensitive(Suffix))
      return Kind;
  return EntryKind::Exported;
}

bool runsShared(const Function &F, bool &InInit) {
  bool Shared = false, Init = false;
  auto Consider = [&](EntryKind Kind, StringRef Name) {
    if (Kind == EntryKind::Exported)
      Kind = guessKind(F.Decl, Name);
    switch (Kind) {
    case EntryKind::ModuleInit:
    case EntryKind::ModuleExport:
    case EntryKind::ModuleCreate:
    case EntryKind::ModuleExec:
    case EntryKind::ModuleTraverse:
    case EntryKind::ModuleClear:
    case EntryKind::ModuleFree:
    case EntryKind::Dealloc:
    case EntryKind::Finalize:
    case EntryKind::Traverse:
    case EntryKind::Clear:
      break;
    case EntryKind::Init:
      Init = true;
      break;
    default:
      // Called on an object that pickle or copy has just made.
      (Name == "__setstate__" || Name == "__init__" ? Init : Shared) = true;
    }
  };
  for (const EntryPoint &E : F.Entries)
    // A function that other files can call too is seen from its callers here.
    if (E.Kind != EntryKind::Exported ||
        (F.Callers.empty() && !isa<CXXDestructorDecl>(F.Decl)))
      Consider(E.Kind, E.Name);
  if (F.Entries.empty() && F.AddressTaken)
    Consider(EntryKind::Exported, F.Decl->getIdentifier() ? F.Decl->getName() : "");
  InInit = Init && !Shared;
  return Shared || Init;
}

// --- Locks ------------------------------------------------------------------

/// "a.b->c" and "a->b->c" name the same thing.
static std::string arrows(StringRef Text) {
  std::string Result;
  for (char C : Text)
    if (C == '.')
      Result += "->";
    else
      Result += C;
  return Result;
}

static std::string textOf(const FieldPath &Path) {
  std::string Text;
  for (const FieldDecl *FD : Path)
    Text += "->" + FD->getNameAsString();
  return Text;
}

static void add(ObjectLocks &Locks, std::string Lock) {
  auto It = llvm::lower_bound(Locks, Lock);
  if (It == Locks.end() || *It != Lock)
    Locks.insert(It, std::move(Lock));
}

/// The lock of the caller is that of what comes from there in a struct.
static void translateCallers(ObjectLocks &Locks, const Place &P) {
  if (!P.InStruct)
    return;
  const size_t Before = Locks.size();
  llvm::erase_if(Locks, [](StringRef Lock) {
    return Lock.starts_with("O:") && !Lock.contains("->");
  });
  if (Locks.size() != Before)
    add(Locks, flow::Lock::heldByConvention().Key);
}

/// The locks held at \p S of \p F, in the words of the object at the root of
/// \p P, from which \p Before leads to the root.
ObjectLocks InstanceState::Collector::locksAt(const Function &F, const Stmt *S,
                                              const Place &P,
                                              const FieldPath &Before) const {
  ObjectLocks Result;
  for (const flow::Lock &L : Model.locksAt(F.Decl, S)) {
    if (L.isByConvention()) {
      add(Result, "*");
      continue;
    }
    if (L.Kind == facts::LockKind::Once) {
      add(Result, "G:once");
      continue;
    }
    const std::string Key = arrows(L.Key);
    bool Named = P.Root == Place::This && Key == "this";
    if (Named)
      add(Result, flow::lockName(L, "$" + textOf(Before)));
    for (const std::string &Name : P.Names) {
      StringRef Rest = Key;
      if (!Rest.consume_front(arrows(Name)) ||
          !(Rest.empty() || Rest.starts_with("->")))
        continue;
      add(Result, flow::lockName(L, "$" + textOf(Before) + Rest.str()));
      Named = true;
      break;
    }
    if (Named)
      continue;
    if (P.Root == Place::This && isa_and_nonnull<FieldDecl>(L.Root)) {
      add(Result, flow::lockName(L, "$" + textOf(Before) + "->" + Key));
      continue;
    }
    const auto *VD = dyn_cast_or_null<VarDecl>(L.Root);
    if (VD && VD->hasGlobalStorage()) {
      add(Result, flow::lockName(L, "G:" + Key));
      continue;
    }
    if (P.Root == Place::This && !VD && !StringRef(Key).contains("->")) {
      add(Result, flow::lockName(L, "$" + textOf(Before) + "->" + Key));
      continue;
    }
    // The module that a module function is given.
    if (isa_and_nonnull<ParmVarDecl>(VD) && !StringRef(Key).contains("->")) {
      Access There{};
      There.Function = F.Decl;
      There.Locks = {L};
      if (!globalLocksAt(Model, There).empty()) {
        add(Result, flow::lockName(L, "G:module"));
        continue;
      }
    }
    // A lock of another object: the same one, as far as one can see, when it is
    // the same field.
    const size_t Arrow = StringRef(Key).rfind("->");
    add(Result, flow::lockName(
                    L, "O:" + (Arrow == std::string::npos ? Key : Key.substr(Arrow))));
  }
  return Result;
}

bool InstanceState::Collector::isDetached(const Function &F,
                                          const Stmt *S) const {
  if (!F.Locks)
    return false;
  const SourceManager &SM = Model.context().getSourceManager();
  const auto [File, Offset] = SM.getDecomposedExpansionLoc(S->getBeginLoc());
  bool Lexical = false;
  for (const flow::LexicalRegion &R : F.Locks->regions()) {
    const auto [BeginFile, Begin] = SM.getDecomposedLoc(R.Begin);
    const auto [EndFile, End] = SM.getDecomposedExpansionLoc(R.End);
    Lexical |= R.Kind == flow::LexicalRegion::Detached && R.Close &&
               File == BeginFile && Begin < Offset && Offset < End;
  }
  const flow::Attachment At = F.Locks->attachmentAt(S);
  // BLOCK_THREADS within the region attaches again.
  return At == flow::Attachment::Detached ||
         (Lexical && At != flow::Attachment::Attached);
}

/// A call_once() before \p S in \p F has waited for what sets things up.
bool InstanceState::Collector::isAfterOnce(const Function &F, const Stmt *S) {
  auto [It, New] = OnceIn.try_emplace(&F);
  if (New)
    for (const CallSite &Site : F.Calls) {
      const FunctionDecl *Callee = Site.Callee;
      if (!Site.Call || !Callee || !Callee->getIdentifier() || It->second.isValid())
        continue;
      const facts::LockApi *Api = facts::findLockApi(
          isa<CXXMethodDecl>(Callee)
              ? Callee->getQualifiedNameAsString()
              : facts::canonicalName(Callee->getName()).str());
      if (Api && Api->Op == facts::LockOp::Once)
        It->second = Site.Call->getEndLoc();
    }
  return It->second.isValid() &&
         Model.context().getSourceManager().isBeforeInTranslationUnit(
             It->second, S->getBeginLoc());
}

/// Only functions that other files call lead there.
static bool isWeak(ArrayRef<WayIn> Ways) {
  return all_of(Ways, [](const WayIn &W) {
    return !W.From->Entries.empty() &&
           all_of(W.From->Entries, [](const EntryPoint &E) {
             return E.Kind == EntryKind::Exported;
           });
  });
}

// --- Arrivals ---------------------------------------------------------------

void InstanceState::Collector::arrive(Key To, Arrival A) {
  // Whoever comes to an entry point without a lock does what Python does.
  const bool Enters = A.Ways.front().From == To.first && !A.Ways.front().Call;
  if (!Enters && Entered.count(To) && A.Path.empty() && !A.Content &&
      A.Locks.empty() && !A.Detached)
    return;
  std::vector<Arrival> &Known = Arrivals[To];
  for (size_t I = 0; I < Known.size(); ++I) {
    Arrival &K = Known[I];
    if (K.Path != A.Path || K.Content != A.Content || K.Locks != A.Locks ||
        K.Detached != A.Detached || K.InInit != A.InInit || K.Given != A.Given)
      continue;
    bool Grew = false;
    for (const WayIn &W : A.Ways)
      if (K.Ways.size() < MaxWays && none_of(K.Ways, [&](const WayIn &Have) {
            return Have.From == W.From;
          })) {
        K.Ways.push_back(W);
        Grew = true;
      }
    if (Grew && !K.Queued) {
      K.Queued = true;
      Work.push_back({To, I});
    }
    return;
  }
  if (Known.size() >= MaxArrivals)
    return cut(*To.first, "it is reached in too many ways");
  A.Queued = true;
  Known.push_back(std::move(A));
  Work.push_back({To, Known.size() - 1});
}

void InstanceState::Collector::cut(const Function &F, const char *Why) {
  if (none_of(Cut, [&](const auto &C) { return C.first == F.Decl; }))
    Cut.push_back({F.Decl, Why});
}

bool InstanceState::Collector::isBound(const RecordDecl *RD) const {
  return RD && BoundClasses.count(cast<RecordDecl>(RD->getCanonicalDecl()));
}

bool InstanceState::Collector::isModuleState(const RecordDecl *RD) const {
  return RD && ModuleStates.count(cast<RecordDecl>(RD->getCanonicalDecl()));
}

bool InstanceState::Collector::isInstance(const RecordDecl *RD) const {
  return ExtensionModel::isObjectRecord(RD) || isBound(RD) || isModuleState(RD);
}

/// What an object's pointer to the module state leads to belongs to the module,
/// which no lock of the one object guards.
static void enterModuleState(FieldUse &Use, size_t Dropped) {
  const std::string Prefix =
      "$" + textOf(FieldPath(Use.Path.begin(), Use.Path.begin() + Dropped));
  Use.Path.erase(Use.Path.begin(), Use.Path.begin() + Dropped);
  Use.InInit = false;
  ObjectLocks Kept;
  for (const std::string &L : Use.Locks) {
    StringRef Name = flow::withoutMode(L);
    const bool Shared = Name != L;
    if (!Name.starts_with("$"))
      add(Kept, L);
    else if (Name.consume_front(Prefix) && (Name.empty() || Name.starts_with("->")))
      add(Kept, flow::lockName({facts::LockKind::PyMutex, "", nullptr, Shared},
                               ("$" + Name).str()));
  }
  Use.Locks = std::move(Kept);
}

/// cls.def("name", &Class::method) and cls.def("name", [](Class &self) { ... }).
void InstanceState::Collector::findBound() {
  for (const auto &F : Model.functions()) {
    if (none_of(F->Entries, [](const EntryPoint &E) {
          return !E.Type && !E.Table && StringRef(E.Name).starts_with("def");
        }))
      continue;
    const RecordDecl *RD = nullptr;
    const auto *Method = dyn_cast<CXXMethodDecl>(F->Decl);
    if (Method && !Method->isStatic() && !Method->getParent()->isLambda())
      RD = Method->getParent();
    else if (F->Decl->getNumParams() &&
             F->Decl->getParamDecl(0)->getType()->isReferenceType())
      RD = F->Decl->getParamDecl(0)
               ->getType()
               ->getPointeeType()
               ->getAsCXXRecordDecl();
    if (RD && Model.preprocessing().isFirstParty(RD->getLocation()))
      BoundClasses.insert(cast<RecordDecl>(RD->getCanonicalDecl()));
  }
}

void InstanceState::Collector::enter(const Function &F) {
  bool InInit = false;
  if (F.Generated || !Interesting.count(&F) || !runsShared(F, InInit))
    return;
  Arrival A;
  A.Ways.push_back({&F, nullptr});
  arrive({&F, NoIndex}, A);
  for (const ParmVarDecl *P : F.Decl->parameters())
    if (ExtensionModel::isObjectPointer(P->getType()) ||
        (P->getType()->isReferenceType() &&
         isInstance(P->getType()->getPointeeType()->getAsRecordDecl())) ||
        (P->getType()->isPointerType() &&
         isBound(P->getType()->getPointeeType()->getAsRecordDecl())) ||
        (P->getType()->isVoidPointerType() && P->getFunctionScopeIndex() == 0)) {
      Arrival Self = A;
      Self.InInit = InInit && P->getFunctionScopeIndex() == 0;
      if (!Self.InInit && (F.Entries.empty() ||
                           F.Entries.front().Kind != EntryKind::Exported))
        Entered.insert({&F, int(P->getFunctionScopeIndex())});
      arrive({&F, int(P->getFunctionScopeIndex())}, Self);
    }
  const auto *Method = dyn_cast<CXXMethodDecl>(F.Decl);
  if (!Method || Method->isStatic() || Method->getParent()->isLambda() ||
      F.has(EntryKind::Exported))
    return;
  Arrival Self = A;
  if (const FieldDecl *Owner = Where.ownerOf(Method->getParent())) {
    Self.Path = {Owner};
    Self.Content = true;
    arrive({&F, ThisIndex}, Self);
  } else if (isInstance(Method->getParent())) {
    arrive({&F, ThisIndex}, Self);
  }
}

static void findSwitches(const Stmt *S,
                         function_ref<void(const IfStmt *)> Found) {
  if (!S || isa<LambdaExpr>(S))
    return;
  if (const auto *If = dyn_cast<IfStmt>(S))
    Found(If);
  for (const Stmt *Child : S->children())
    findSwitches(Child, Found);
}

const std::vector<InstanceState::Collector::Switch> &
InstanceState::Collector::switchesOf(const Function &F) {
  auto [It, New] = Switches.try_emplace(&F);
  if (!New || !F.NotAnalysed.empty())
    return It->second;
  std::vector<Switch> &Result = It->second;
  findSwitches(F.Decl->getBody(), [&](const IfStmt *If) {
    const Expr *E = If->getCond();
    bool Negated = false;
    while (true) {
      E = E->IgnoreParenCasts();
      if (const auto *U = dyn_cast<UnaryOperator>(E);
          U && U->getOpcode() == UO_LNot) {
        Negated = !Negated;
        E = U->getSubExpr();
      } else if (const auto *Call = dyn_cast<CallExpr>(E);
                 Call && Call->getBuiltinCallee() == Builtin::BI__builtin_expect) {
        E = Call->getArg(0); // UNLIKELY()
      } else {
        break;
      }
    }
    const auto *R = dyn_cast<DeclRefExpr>(E);
    const auto *P = R ? dyn_cast<ParmVarDecl>(R->getDecl()) : nullptr;
    if (P && P->getType()->isIntegralOrEnumerationType())
      Result.push_back({If, P->getFunctionScopeIndex(), Negated});
  });
  return Result;
}

/// A call through a pointer that on this way is another function.
bool InstanceState::Collector::isOther(const PlacedCall &Call,
                                       const Arrival &A) const {
  if (A.Given.empty() || !Call.Site->Call)
    return false;
  const auto *R =
      dyn_cast<DeclRefExpr>(Call.Site->Call->getCallee()->IgnoreParenImpCasts());
  const auto *P = R ? dyn_cast<ParmVarDecl>(R->getDecl()) : nullptr;
  return P && any_of(A.Given, [&](const Constant &G) {
           return G.Param == P->getFunctionScopeIndex() && G.Callee &&
                  G.Callee != Call.Callee->Decl->getCanonicalDecl();
         });
}

/// The way here has set a parameter so that the branch with \p S is not taken.
bool InstanceState::Collector::isRuledOut(const Function &F, const Stmt *S,
                                          const Arrival &A) {
  const ParentMap *Parents =
      S && !A.Given.empty() ? Followed.parents(F.Decl) : nullptr;
  if (!Parents)
    return false;
  for (const Switch &Each : switchesOf(F)) {
    const auto *Known = llvm::find_if(
        A.Given, [&](const Constant &G) { return G.Param == Each.Param; });
    if (Known == A.Given.end())
      continue;
    const Stmt *NotTaken = Known->True != Each.Negated ? Each.If->getElse()
                                                         : Each.If->getThen();
    for (const Stmt *Up = S; Up && NotTaken; Up = Parents->getParent(Up))
      if (Up == NotTaken)
        return true;
  }
  return false;
}

/// `tree = known ? known->tree : make_tree(); ... if (!known) free_tree(tree);`:
/// a local that is either the object's or what a call has made is given back
/// only in the second case.
static bool mayBeOwn(const Function &F, const Expr *Arg) {
  const auto *R = dyn_cast<DeclRefExpr>(Arg->IgnoreParenCasts());
  bool Made = false, Taken = false;
  for (const auto &[Local, Value] : F.PointerValues)
    if (R && R->getDecl() == Local) {
      const Expr *E = Value->IgnoreParenCasts();
      Made |= isa<CallExpr>(E);
      Taken |= isa<MemberExpr>(E);
    }
  return Made && Taken;
}

const std::vector<InstanceState::Collector::PlacedCall> &
InstanceState::Collector::callsOf(const Function &F) {
  auto [It, New] = Calls.try_emplace(&F);
  if (!New)
    return It->second;
  std::vector<PlacedCall> Result;
  for (const CallSite &Site : F.Calls) {
    const Function *Callee = Model.function(Site.Callee);
    if (!Callee || Callee->Generated || !Interesting.count(Callee) ||
        (Site.Call && isInAssert(Site.Call->getBeginLoc(), Model)))
      continue;
    // A callback that is handed over is called where the helper calls it.
    if (!Site.Call && !Site.Where &&
        any_of(Callee->Callers, [](const CallSite &By) { return By.Call; }))
      continue;
    PlacedCall Placed{&Site, Callee, {}, {}};
    auto Add = [&](int Index, Place P) {
      if (P.known())
        Placed.Args.push_back({Index, std::move(P)});
    };
    if (const CallExpr *Call = Site.Call) {
      unsigned Skip = 0;
      if (const auto *Member = dyn_cast<CXXMemberCallExpr>(Call)) {
        const Expr *Object = Member->getImplicitObjectArgument();
        Place P = Object->getType()->isPointerType() ? Where.pointee(F, Object)
                                                     : Where.placeOf(F, Object);
        // A method of a class that only one field leads to.
        if (P.Root == Place::Unknown)
          if (const FieldDecl *Owner =
                  Where.ownerOf(Member->getMethodDecl()->getParent())) {
            P.Root = Place::Object;
            P.Path = {Owner};
            P.Content = true;
          }
        Add(ThisIndex, P);
      } else if (isa<CXXOperatorCallExpr>(Call) &&
                 isa<CXXMethodDecl>(Callee->Decl)) {
        Add(ThisIndex, Where.placeOf(F, Call->getArg(0)));
        Skip = 1;
      }
      for (unsigned I = Skip; I < Call->getNumArgs() &&
                              I - Skip < Callee->Decl->getNumParams();
           ++I) {
        const QualType Type = Callee->Decl->getParamDecl(I - Skip)->getType();
        if (Type->isIntegralOrEnumerationType())
          if (std::optional<int64_t> Value =
                  integerOf(Call->getArg(I), Model.context());
              Value && any_of(switchesOf(*Callee), [&](const Switch &Each) {
                return Each.Param == I - Skip;
              }))
            Placed.Given.push_back({I - Skip, *Value != 0, nullptr});
        if (Type->isFunctionPointerType())
          if (const FunctionDecl *Target = functionOf(Call->getArg(I)))
            Placed.Given.push_back({I - Skip, true, Target->getCanonicalDecl()});
        if (Type->isPointerType() && isDispose(Callee->Decl) &&
            mayBeOwn(F, Call->getArg(I)))
          continue;
        if (Type->isPointerType())
          Add(I - Skip, Where.pointee(F, Call->getArg(I)));
        else if (Type->isReferenceType())
          Add(I - Skip, Where.placeOf(F, Call->getArg(I)));
      }
    }
    Result.push_back(std::move(Placed));
  }
  return Calls[&F] = std::move(Result);
}

void InstanceState::Collector::passOn(const Function &F, int Index,
                                      const Arrival &A) {
  for (const PlacedCall &Call : callsOf(F)) {
    const Expr *At = Call.Site->Where ? Call.Site->Where : Call.Site->Call;
    if (isOther(Call, A) || isRuledOut(F, At, A))
      continue;
    auto Down = [&](const Place &P) {
      Arrival Next;
      Next.InInit = A.InInit;
      Next.Given = Call.Given;
      Next.Detached = A.Detached || (At && isDetached(F, At));
      Next.Locks = A.Locks;
      if (At)
        for (const std::string &L : locksAt(F, At, P, A.Path))
          add(Next.Locks, L);
      for (const WayIn &W : A.Ways)
        Next.Ways.push_back({W.From, W.Call ? W.Call : At});
      return Next;
    };
    if (Index == NoIndex) {
      Arrival Reached = Down(Place());
      llvm::erase_if(Reached.Locks, [](const std::string &L) {
        return flow::withoutMode(L).starts_with("$");
      });
      arrive({Call.Callee, NoIndex}, std::move(Reached));
    }
    for (const Argument &Arg : Call.Args) {
      const bool Mine =
          Arg.At.Root == Place::Object
              ? Index == NoIndex
              : (Arg.At.Root == Place::This
                     ? Index == ThisIndex
                     : Arg.At.Root == Place::Param && int(Arg.At.Index) == Index);
      if (!Mine)
        continue;
      Arrival Next = Down(Arg.At);
      translateCallers(Next.Locks, Arg.At);
      // Who takes an object out of another one is the first to have it.
      if (Arg.At.Root == Place::Object && !Arg.At.InStruct && !isWeak(A.Ways))
        Next.Ways = {{&F, At}};
      Next.Path = A.Path;
      for (const FieldDecl *FD : Arg.At.Path)
        if (Next.Path.size() < 5)
          Next.Path.push_back(FD);
      Next.Content = Arg.At.Path.empty() ? A.Content : Arg.At.Content;
      arrive({Call.Callee, Arg.Index}, std::move(Next));
    }
  }
}

// --- Uses -------------------------------------------------------------------

void InstanceState::Collector::instantiate(const Function &F, const Place &P,
                                           FieldUse Use) {
  if (!P.known())
    return;
  if (Uses.size() > MaxUses)
    return cut(F, "the file has too many uses of fields");
  const int Index = P.Root == Place::Object ? int(NoIndex)
                    : P.Root == Place::This ? int(ThisIndex)
                                            : int(P.Index);
  auto It = Arrivals.find({&F, Index});
  if (It == Arrivals.end())
    return;
  Use.In = &F;
  const bool Detached = isDetached(F, Use.Where);
  const bool SetUp = Use.Kind == AccessKind::Read && isAfterOnce(F, Use.Where);
  for (const Arrival &A : It->second) {
    if (isRuledOut(F, Use.Where, A))
      continue;
    FieldUse New = Use;
    New.Path = A.Path;
    New.Path.append(P.Path.begin(), P.Path.end());
    if (New.Path.empty() ||
        !isInstance(New.Path.front()->getParent()))
      continue;
    if (P.Path.empty())
      New.Content |= A.Content;
    New.InInit = A.InInit;
    New.Detached = A.Detached || Detached;
    New.Locks = A.Locks;
    translateCallers(New.Locks, P);
    for (const std::string &L : locksAt(F, Use.Where, P, A.Path))
      add(New.Locks, L);
    if (SetUp)
      add(New.Locks, flow::lockName({facts::LockKind::Once, "", nullptr, true},
                                    "G:once"));
    New.Ways = A.Ways;
    for (WayIn &W : New.Ways)
      if (!W.Call && W.From != &F)
        W.Call = Use.Where;
    New.Weak = isWeak(New.Ways);
    for (size_t I = New.Path.size(); --I > 0;)
      if (isModuleState(New.Path[I]->getParent())) {
        enterModuleState(New, I);
        break;
      }
    if (isModuleState(New.Path.front()->getParent()))
      New.InInit = false;
    if (P.Root == Place::Object && !P.InStruct && !New.Weak)
      New.Ways = {{&F, nullptr}};
    Uses.push_back(std::move(New));
  }
}

static bool atomicWrites(const Access &A) {
  if (const auto *E = dyn_cast<AtomicExpr>(A.Statement))
    return E->getOp() != AtomicExpr::AO__c11_atomic_load &&
           E->getOp() != AtomicExpr::AO__atomic_load &&
           E->getOp() != AtomicExpr::AO__atomic_load_n;
  const auto *Call = dyn_cast<CallExpr>(A.Statement);
  const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
  if (!Callee || !Callee->getIdentifier())
    return true;
  const StringRef Name = Callee->getName();
  return !Name.contains_insensitive("load") &&
         !(Name.contains_insensitive("get") && !Name.contains_insensitive("set"));
}

/// What the callee of \p Call does to the field whose address it is given.
bool InstanceState::Collector::throughPointer(const CallExpr *Call,
                                              const Access &A, FieldUse &Use) {
  bool Reads = false, Writes = false;
  for (unsigned I = 0; I < Call->getNumArgs(); ++I) {
    const auto *Of =
        dyn_cast<UnaryOperator>(Call->getArg(I)->IgnoreParenCasts());
    if (!Of || Of->getOpcode() != UO_AddrOf ||
        (Of->getSubExpr()->IgnoreParens() != A.Where &&
         Of->getSubExpr()->IgnoreParens() != A.Place))
      continue;
    const std::vector<GlobalUse> *Does =
        Followed.summary(Call->getDirectCallee(), I);
    for (const GlobalUse &U : Does ? *Does : std::vector<GlobalUse>())
      if (U.Path.empty() && !U.Pointee && U.Locks.empty() &&
          !U.ObjectLocked) {
        Reads |= U.Kind == UseKind::Read || U.Kind == UseKind::ReadWrite;
        Writes |= U.writes();
        Use.Through = Call->getDirectCallee();
      }
  }
  Use.Kind = !Writes ? AccessKind::Read
             : Reads ? AccessKind::ReadWrite
                     : AccessKind::Write;
  return Reads || Writes;
}

/// `int *p = &self->count; ++*p;` and `int &n = self->count; ++n;`
void InstanceState::Collector::followPointer(const Function &F, const Access &A,
                                             const Place &P, FieldUse Use) {
  const ParentMap *Parents = Followed.parents(F.Decl);
  if (!Parents)
    return;
  const Stmt *Up = A.Where;
  while (Up && !isa<DeclStmt, CompoundStmt>(Up))
    Up = Parents->getParent(Up);
  const auto *Declared = dyn_cast_or_null<DeclStmt>(Up);
  if (!Declared)
    return;
  auto UsedAt = [&](const Expr *There) {
    const Stmt *By = Parents->getParentIgnoreParens(const_cast<Expr *>(There));
    const auto *Step = dyn_cast_or_null<UnaryOperator>(By);
    const auto *Assign = dyn_cast_or_null<BinaryOperator>(By);
    FieldUse Here = Use;
    Here.By = nullptr;
    Here.Where = There;
    Here.Kind = AccessKind::Read;
    if (Step && Step->isIncrementDecrementOp())
      Here.Kind = AccessKind::ReadWrite;
    else if (Assign && Assign->isAssignmentOp() &&
             Assign->getLHS()->IgnoreParens() == There)
      Here.Kind = Assign->getOpcode() == BO_Assign ? AccessKind::Write
                                                   : AccessKind::ReadWrite;
    instantiate(F, P, std::move(Here));
  };
  for (const Decl *D : Declared->decls()) {
    const auto *VD = dyn_cast<VarDecl>(D);
    const Expr *Init =
        VD && VD->getInit() ? VD->getInit()->IgnoreParenCasts() : nullptr;
    if (!Init)
      continue;
    const bool Reference = VD->getType()->isReferenceType() && Init == A.Where;
    const auto *Of = dyn_cast<UnaryOperator>(Init);
    const bool Pointer = Of && Of->getOpcode() == UO_AddrOf &&
                         Of->getSubExpr()->IgnoreParens() == A.Where &&
                         VD->getType()->isPointerType();
    if ((!Reference && !Pointer) ||
        !VD->getType()->getPointeeType()->isScalarType())
      continue;
    for (const DeclRefExpr *R : Followed.references(F.Decl, VD)) {
      if (Reference) {
        UsedAt(R);
        continue;
      }
      const Stmt *Load = Parents->getParent(R);
      const auto *Deref = dyn_cast_or_null<UnaryOperator>(
          Load ? Parents->getParentIgnoreParens(const_cast<Stmt *>(Load)) : nullptr);
      if (Deref && Deref->getOpcode() == UO_Deref)
        UsedAt(Deref);
    }
  }
}

void InstanceState::Collector::collect(const Function &F,
                                       ArrayRef<const FieldAccess *> Accesses) {
  for (const FieldAccess *Field : Accesses) {
    const Access &A = Field->By;
    const auto *M = cast<MemberExpr>(A.Where);
    Place P = Where.placeOf(F, M);
    if (!P.known() || P.Path.empty() ||
        isInAssert(M->getBeginLoc(), Model))
      continue;
    // x.y of an embedded struct.
    FieldPath Inner;
    for (const Expr *E = A.Place; E && E != A.Where;) {
      E = E->IgnoreParenCasts();
      if (const auto *Part = dyn_cast<MemberExpr>(E)) {
        if (const auto *FD = dyn_cast<FieldDecl>(Part->getMemberDecl()))
          Inner.push_back(FD->getCanonicalDecl());
        E = Part->getBase()->IgnoreParenCasts();
      } else if (const auto *Sub = dyn_cast<ArraySubscriptExpr>(E)) {
        E = Sub->getBase()->IgnoreParenCasts();
      } else {
        break;
      }
    }
    P.Path.append(Inner.rbegin(), Inner.rend());
    FieldUse Use;
    Use.By = &A;
    Use.Where = A.Where;
    Use.Kind = A.Kind;
    Use.Resets = A.Resets;
    Use.TakesReference = A.TakesReference;
    Use.DropsReference = A.DropsReference;
    if (A.Kind == AccessKind::Address) {
      Use.Kind = AccessKind::Write;
      if (const auto *Call = dyn_cast<CallExpr>(A.Statement)) {
        // Our own functions are followed; they say what they do with fields of
        // what they are given, but not what they do with a number or a pointer.
        if (Model.function(Call->getDirectCallee())) {
          if (!throughPointer(Call, A, Use))
            continue;
        } else {
          Use.Foreign = true;
        }
      } else if (const auto *Method = dyn_cast<MemberExpr>(A.Statement)) {
        if (Model.function(
                dyn_cast<FunctionDecl>(Method->getMemberDecl())))
          continue;
      } else if (!isa<CXXOperatorCallExpr>(A.Statement)) {
        // The address is kept in a variable; of structs, what is done with it is
        // seen where that is used.
        followPointer(F, A, P, Use);
        continue;
      }
    }
    if (A.Kind == AccessKind::Atomic)
      Use.Resets = !atomicWrites(A); // An atomic read.
    instantiate(F, P, std::move(Use));
  }
  for (const CallSite &Site : F.Calls)
    foreignCall(F, Site);
}

bool InstanceState::Collector::isDispose(const FunctionDecl *Callee) {
  auto [It, New] = Disposes.try_emplace(Callee->getCanonicalDecl(), false);
  if (New && Callee->getIdentifier())
    It->second = facts::isDisposeName(Callee->getName());
  return It->second;
}

/// True when a function that is not at hand may change what it is given. A
/// library that never says const has said nothing when it does not here.
bool InstanceState::Collector::mayWrite(const FunctionDecl *Callee,
                                        QualType Param) {
  if (Param->getPointeeType().isConstQualified())
    return false;
  const RecordDecl *RD = structBehind(Param);
  if (isDispose(Callee))
    return true;
  if (Callee->getIdentifier() && facts::isAskingName(Callee->getName()))
    return false;
  // A library that is declared by hand.
  const SourceManager &SM = Model.context().getSourceManager();
  if (RD && !RD->getDefinition() &&
      SM.isInMainFile(SM.getExpansionLoc(Callee->getLocation())))
    return true;
  return !RD || TakenAsConst.count(RD) || !isOwn(Callee->getLocation());
}

/// A struct whose library locks it.
static bool isShareable(StringRef TypeName) {
  const facts::NativeHandle *Row = facts::findNativeHandle(TypeName);
  return Row ? Row->Use == facts::HandleUse::Shareable
             : facts::isThreadSafeType(TypeName);
}

void InstanceState::Collector::foreignCall(const Function &F,
                                           const CallSite &Site) {
  const CallExpr *Call = Site.Call;
  const FunctionDecl *Callee = Site.Callee;
  if (!Call || !Callee || Model.function(Callee) ||
      (Callee->getIdentifier() &&
       (facts::findLockApi(Site.Name) ||
        (facts::isApiName(Callee->getName()) && !isDispose(Callee)))))
    return;
  auto Report = [&](const Expr *Arg, const Place &P, bool Writes) {
    // The address of a field is an access of its own.
    if (!P.known() || (!P.Path.empty() && !P.Content))
      return;
    FieldUse Use;
    Use.Where = Arg;
    Use.Content = true;
    Use.Kind = Writes ? AccessKind::Write : AccessKind::Read;
    Use.Foreign = true;
    instantiate(F, P, std::move(Use));
  };
  if (const auto *Member = dyn_cast<CXXMemberCallExpr>(Call)) {
    const Expr *Object = Member->getImplicitObjectArgument();
    if (Object->getType()->isPointerType() &&
        structBehind(Object->getType()) &&
        !facts::findLockApi(Callee->getQualifiedNameAsString()))
      Report(Object, Where.pointee(F, Object),
             !Member->getMethodDecl()->isConst());
  }
  for (unsigned I = 0; I < Call->getNumArgs() && I < Callee->getNumParams();
       ++I) {
    const QualType Param = Callee->getParamDecl(I)->getType();
    const Expr *Arg = Call->getArg(I)->IgnoreParenCasts();
    // Elements of arrays are data, and data races are the user's own; handles
    // are structs.
    const RecordDecl *RD = structBehind(Arg->getType());
    if (!Param->isPointerType() || !RD || ExtensionModel::isObjectRecord(RD) ||
        facts::isSynchronizationType(elementTypeName(Arg->getType())) ||
        isShareable(elementTypeName(Arg->getType())) ||
        isShareable(RD->getName()))
      continue;
    if (isDispose(Callee) && mayBeOwn(F, Arg))
      continue;
    Report(Arg, Where.pointee(F, Arg), mayWrite(Callee, Param));
  }
}

/// Functions that use a field, or lead to one that does.
void InstanceState::Collector::findInteresting(
    const DenseMap<const Function *, std::vector<const FieldAccess *>> &Users) {
  std::vector<const Function *> Todo;
  auto Add = [&](const Function *F) {
    if (F && Interesting.insert(F).second)
      Todo.push_back(F);
  };
  for (const auto &[F, Accesses] : Users)
    Add(F);
  for (const auto &F : Model.functions())
    if (any_of(F->Calls, [&](const CallSite &Site) {
          return Site.Call && !Model.function(Site.Callee) &&
                 any_of(Site.Call->arguments(), [](const Expr *Arg) {
                   return structBehind(Arg->IgnoreParenCasts()->getType());
                 });
        }))
      Add(F.get());
  while (!Todo.empty()) {
    const Function *F = Todo.back();
    Todo.pop_back();
    for (const CallSite &Site : F->Callers)
      Add(Model.function(Site.Caller));
  }
}

void InstanceState::Collector::run() {
  DenseMap<const Function *, std::vector<const FieldAccess *>> ByFunction;
  for (const FieldAccess &A : Model.fieldAccesses())
    if (const Function *F = Model.function(A.By.Function))
      ByFunction[F].push_back(&A);
  if (ByFunction.empty())
    return;
  for (const auto &F : Model.functions())
    for (const CallSite &Site : F->Calls)
      if (Site.Callee && !Model.function(Site.Callee))
        for (const ParmVarDecl *P : Site.Callee->parameters())
          if (P->getType()->isPointerType() &&
              P->getType()->getPointeeType().isConstQualified())
            if (const RecordDecl *RD = structBehind(P->getType()))
              TakenAsConst.insert(RD);
  for (const StateVariable &S : Model.state())
    if (S.Kind == StateKind::ModuleField)
      if (const auto *FD = dyn_cast<FieldDecl>(S.Decl))
        ModuleStates.insert(cast<RecordDecl>(FD->getParent()->getCanonicalDecl()));
  findInteresting(ByFunction);
  findBound();
  for (const auto &F : Model.functions())
    enter(*F);
  // First come, first served: ways in gather before they are passed on.
  for (size_t Steps = 0; Steps < Work.size() && Steps < MaxSteps; ++Steps) {
    const auto [To, I] = Work[Steps];
    Arrivals[To][I].Queued = false;
    const Arrival A = Arrivals[To][I];
    passOn(*To.first, To.second, A);
  }
  for (size_t Left = MaxSteps; Left < Work.size(); ++Left)
    cut(*Work[Left].first.first, "the file has too many ways to it");
  for (const auto &F : Model.functions())
    if (!F->Generated)
      collect(*F, ByFunction[F.get()]);
}

} // namespace pyext::model
