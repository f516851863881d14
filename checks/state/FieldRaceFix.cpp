//===- FieldRaceFix.cpp ---------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "state/FieldRaceFix.h"
#include "flow/RefState.h"
#include "support/LockFix.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;
using namespace llvm;
using namespace pyext::model;

namespace pyext::state {
namespace {

/// More functions than that are a change of design.
constexpr size_t MaxFunctions = 12;

/// What one function has to do with the field.
struct Part {
  std::string Object; ///< What it calls the object.
  SmallVector<const FieldUse *, 4> Uses; ///< Null Where's are calls in Places.
  SmallVector<const Stmt *, 4> Places;
};

class Maker {
public:
  Maker(const ExtensionModel &Model, const FieldRace &R,
        facts::PyVersion MinPython, GuardFix &Result)
      : Model(Model), R(R), MinPython(MinPython), Result(Result),
        Where(Model) {}

  void run();

private:
  bool fail(const Twine &Why) {
    Result.WhyNot = Why.str();
    Result.Hints.clear();
    return false;
  }
  bool assign(const FieldUse &U);
  bool fix(const Function &F, const Part &P);
  bool replaceInInit();
  bool addMutex();
  LockLines lines(const std::string &Object, std::string &WhyNot) const;
  bool makeAtomic();
  const CallExpr *suspension(const Function &F, const LockFix &Fix,
                             const Part &P) const;
  bool keepsFirst(LockFix &Fix, const Part &P) const;
  void exchange(LockFix &Fix, const Part &P) const;

  const ExtensionModel &Model;
  const FieldRace &R;
  const facts::PyVersion MinPython;
  GuardFix &Result;
  Places Where;
  MapVector<const Function *, Part> Parts;
  std::string Mutex; ///< A new field that is locked, not the object.
};

LockLines Maker::lines(const std::string &Object, std::string &WhyNot) const {
  return Mutex.empty() ? criticalSection(Model, Object, MinPython, WhyNot)
                       : mutexLock(Model, Object + "->" + Mutex, MinPython, WhyNot);
}

/// Finds the function in which \p U can be locked: its own, when that knows the
/// object, else the entry points that lead to it.
bool Maker::assign(const FieldUse &U) {
  auto Add = [&](const Function *F, std::string Object, const Expr *At) {
    if (F->Generated || !F->Decl->hasBody())
      return fail("generated code uses it");
    Part &P = Parts[F];
    if (P.Object.empty())
      P.Object = Object;
    if (P.Object != Object)
      return fail("'" + F->Decl->getNameAsString() + "' uses it of two objects");
    P.Uses.push_back(&U);
    P.Places.push_back(At);
    return true;
  };
  const auto *M = U.By ? dyn_cast<MemberExpr>(U.By->Where) : nullptr;
  const Place At = M ? Where.placeOf(*U.In, M) : Where.pointee(*U.In, U.Where);
  if (At.Root == Place::This && U.Path.size() == At.Path.size() &&
      ExtensionModel::isObjectRecord(cast<CXXMethodDecl>(U.In->Decl)->getParent()))
    return Add(U.In, "this", U.Where);
  if (At.Root == Place::Param && U.Path.size() == At.Path.size()) {
    const ParmVarDecl *P = U.In->Decl->getParamDecl(At.Index);
    if (ExtensionModel::isObjectPointer(P->getType()) && !P->getName().empty())
      return Add(U.In, P->getNameAsString(), U.Where);
  }
  if (At.Root == Place::Object)
    return fail("the object is not known where it is used");
  for (const WayIn &W : U.Ways) {
    const FunctionDecl *FD = W.From->Decl;
    if (!W.Call || FD->param_empty() || FD->getParamDecl(0)->getName().empty() ||
        !ExtensionModel::isObjectPointer(FD->getParamDecl(0)->getType()))
      return fail("the object is not known where it is used");
    if (!Add(W.From, FD->getParamDecl(0)->getNameAsString(), W.Call))
      return false;
  }
  return true;
}

/// The first call under the lock, between the uses, that can suspend it.
const CallExpr *Maker::suspension(const Function &F, const LockFix &Fix,
                                  const Part &P) const {
  const SourceManager &SM = Model.context().getSourceManager();
  SourceLocation First, Last;
  bool InLoop = false;
  for (const Stmt *S : P.Places) {
    const SourceLocation Loc = SM.getFileLoc(S->getBeginLoc());
    if (First.isInvalid() || SM.isBeforeInTranslationUnit(Loc, First))
      First = Loc;
    if (Last.isInvalid() || SM.isBeforeInTranslationUnit(Last, Loc))
      Last = Loc;
    for (const Stmt *Up = Fix.parents().getParent(S); Up;
         Up = Fix.parents().getParent(Up))
      InLoop |= isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(Up);
  }
  for (const CallSite &Site : F.Calls) {
    const CallExpr *Call = Site.Call;
    if (!Call)
      continue;
    bool Given = false, Uses = false;
    for (const Expr *A : Call->arguments())
      Given |= ExtensionModel::isObjectPointer(A->IgnoreParenCasts()->getType());
    for (const Stmt *Place : P.Places)
      for (const Stmt *Up = Place; Up && !Uses; Up = Fix.parents().getParent(Up))
        Uses = Up == Call;
    const SourceLocation Loc = SM.getFileLoc(Call->getBeginLoc());
    const bool Between = SM.isBeforeInTranslationUnit(First, Loc) &&
                         SM.isBeforeInTranslationUnit(Loc, Last);
    const bool Counts = Site.Callee && Site.Callee->getIdentifier() &&
                        facts::isReferenceCountOp(
                            Site.Name);
    if (!(Between || InLoop || Uses) || Counts)
      continue;
    const facts::CallEffect *Effect =
        Site.Callee && Site.Callee->getIdentifier()
            ? facts::findEffect(Site.Name)
            : nullptr;
    if (Model.refs().maySuspend(Site.Callee, Given) ||
        (Effect && Effect->Class == facts::EffectClass::Conditional))
      return Call;
  }
  return nullptr;
}

/// `f = g();` of a first use, where g() can run Python code: another thread may
/// have set the field by then, and its value stays.
bool Maker::keepsFirst(LockFix &Fix, const Part &P) const {
  if (R.Kind != RaceKind::LazyInit || R.Part || !R.Others.empty() ||
      !ExtensionModel::isObjectPointer(R.Field->getType()))
    return false;
  const char *Drop = nullptr;
  for (const facts::ReferenceCountApi &Op : facts::referenceCountOps())
    if (Op.NullOk && Op.Op == facts::RefcountOp::Decref &&
        Op.Kind != facts::SpellingKind::Function)
      Drop = Op.Name;
  const facts::ApiVersion *Forget = facts::findApi("PyErr_Clear");
  for (const FieldUse *U : P.Uses) {
    if (!U->writes() || U->Resets)
      continue;
    const auto *Assign =
        U->By ? dyn_cast<BinaryOperator>(U->By->Statement) : nullptr;
    if (!Assign || Assign->getOpcode() != BO_Assign || !Drop || !Forget ||
        support::enclosingStatement(Assign, Fix.parents()) != Assign)
      return false;
    const auto Target = Fix.source().written(Assign->getLHS());
    const auto Value = Fix.source().written(Assign->getRHS());
    if (!Target || !Value)
      return false;
    const std::string Fresh = Fix.freshName("fresh");
    const std::string Name = Fix.source().text(*Target).str();
    std::string Declared;
    raw_string_ostream OS(Declared);
    R.Field->getType().print(OS, Model.context().getPrintingPolicy(), Fresh);
    std::vector<std::string> Lines{
        Declared + " = " + Fix.source().text(*Value).str() + ";",
        "if (" + Name + " == NULL) {",
        "\t" + Name + " = " + Fresh + ";",
        "}",
        "else {",
        "\t/* Another thread was faster. */",
        "\t" + std::string(Drop) + "(" + Fresh + ");",
        "\t" + std::string(Forget->Name) + "();",
        "}"};
    Fix.edits().replaceStatement(Assign, Lines);
  }
  return true;
}

/// `Py_XDECREF(f); f = v;` runs the old object's code while f still names it.
void Maker::exchange(LockFix &Fix, const Part &P) const {
  if (Model.preprocessing().limitedApi())
    return;
  for (const FieldUse *U : P.Uses) {
    const auto *Assign =
        U->By && U->writes() ? dyn_cast<BinaryOperator>(U->By->Statement) : nullptr;
    const auto *List =
        Assign ? dyn_cast_or_null<CompoundStmt>(Fix.parents().getParent(Assign))
               : nullptr;
    if (!List || Assign->getOpcode() != BO_Assign)
      continue;
    const auto *It = find(List->body(), Assign);
    if (It == List->body_begin())
      continue;
    const Stmt *Before = *std::prev(It);
    for (const FieldUse *Old : P.Uses) {
      if (!Old->By || !Old->DropsReference || Old->writes() ||
          support::enclosingStatement(Old->Where, Fix.parents()) != Before)
        continue;
      const auto *Call = dyn_cast<CallExpr>(
          isa<Expr>(Before) ? cast<Expr>(Before)->IgnoreParenCasts() : Before);
      const auto Target = Fix.source().written(Assign->getLHS());
      const auto Value = Fix.source().written(Assign->getRHS());
      const auto First = Fix.source().writtenStatement(Before);
      const auto Second = Fix.source().writtenStatement(Assign);
      if (!Call || !Target || !Value || !First || !Second ||
          !Fix.source().text({First->End, Second->Begin}).trim().empty())
        continue;
      const FunctionDecl *Callee = Call->getDirectCallee();
      const facts::ReferenceCountApi *Drop =
          Callee && Callee->getIdentifier()
              ? facts::findReferenceCountOp(facts::canonicalName(Callee->getName()))
              : nullptr;
      for (const facts::ReferenceCountApi &Op : facts::referenceCountOps())
        if (Drop && Op.Op == facts::RefcountOp::SetRef && Op.NullOk == Drop->NullOk) {
          Fix.edits().replace({First->Begin, Value->Begin},
                              std::string(Op.Name) + "(" +
                                  Fix.source().text(*Target).str() + ", ");
          Fix.edits().replace({Value->End, Value->End}, ")");
        }
    }
  }
}

bool Maker::fix(const Function &F, const Part &P) {
  LockFix Fix(Model, F.Decl);
  std::string WhyNot;
  const LockLines Section = lines(P.Object, WhyNot);
  if (Section.Take.empty())
    return fail(WhyNot);
  auto Name = [&](const CallExpr *Call) {
    const FunctionDecl *Callee = Call->getDirectCallee();
    return Callee ? Callee->getNameAsString() : std::string("a call");
  };
  auto Finish = [&] {
    const SmallVector<FixItHint> Hints = Fix.hints();
    if (Hints.empty())
      return fail(Fix.whyNot());
    Result.Hints.append(Hints.begin(), Hints.end());
    return true;
  };
  const CallExpr *Suspends = suspension(F, Fix, P);
  if (Suspends) {
    // Only reads: of an object that others replace.
    SmallVector<const MemberExpr *, 4> Reads;
    for (const FieldUse *U : P.Uses) {
      const auto *M = U->By ? dyn_cast<MemberExpr>(U->By->Where) : nullptr;
      if (M && U->Kind == AccessKind::Read && U->Path.size() == 1 &&
          !U->Content && !U->DropsReference)
        Reads.push_back(M);
    }
    if (Mutex.empty() && Reads.size() == P.Uses.size() &&
        ExtensionModel::isObjectPointer(R.Field->getType())) {
      Result.Simple = false;
      if (!Fix.keep(Reads, Section))
        return fail(Fix.whyNot());
      return Finish();
    }
    Result.Simple = false;
    if (!Mutex.empty())
      return fail("'" + Name(Suspends) +
                  "' can run Python code between the uses in '" +
                  F.Decl->getNameAsString() +
                  "', for which a mutex is not to be held");
    if (!keepsFirst(Fix, P))
      return fail("'" + Name(Suspends) +
                  "' can suspend a critical section between the uses in '" +
                  F.Decl->getNameAsString() + "'");
  } else {
    exchange(Fix, P);
  }
  if (!Fix.lock(P.Places, Section))
    return fail(Fix.whyNot());
  Result.Simple &= !Fix.split();
  return Finish();
}

/// `f = v;` of __init__() gives back what an earlier call has left there.
bool Maker::replaceInInit() {
  const auto *Assign = dyn_cast<BinaryOperator>(R.First->By->Statement);
  if (!Assign || !R.Others.empty() || Model.preprocessing().limitedApi() ||
      !ExtensionModel::isObjectPointer(R.Field->getType()) || !assign(*R.First))
    return false;
  const auto &[F, P] = *Parts.begin();
  LockFix Fix(Model, F->Decl);
  const auto Target = Fix.source().written(Assign->getLHS());
  const auto Value = Fix.source().written(Assign->getRHS());
  std::string WhyNot;
  const LockLines Section = criticalSection(Model, P.Object, MinPython, WhyNot);
  if (!Target || !Value || Section.Take.empty() ||
      support::enclosingStatement(Assign, Fix.parents()) != Assign)
    return false;
  const std::string Fresh = Fix.freshName("fresh");
  std::string Declared;
  raw_string_ostream OS(Declared);
  R.Field->getType().print(OS, Model.context().getPrintingPolicy(), Fresh);
  std::vector<std::string> Lines{
      Declared + " = " + Fix.source().text(*Value).str() + ";"};
  Lines.insert(Lines.end(), Section.Take.begin(), Section.Take.end());
  for (const facts::ReferenceCountApi &Op : facts::referenceCountOps())
    if (Op.Op == facts::RefcountOp::SetRef && Op.NullOk)
      Lines.push_back(std::string(Op.Name) + "(" +
                      Fix.source().text(*Target).str() + ", " + Fresh + ");");
  Lines.insert(Lines.end(), Section.Give.begin(), Section.Give.end());
  Fix.edits().replaceStatement(Assign, Lines);
  Result.Hints = Fix.hints();
  return !Result.Hints.empty();
}

/// A mutex beside the field: what is held while detached cannot be a critical
/// section, which ends there.
bool Maker::addMutex() {
  const SourceManager &SM = Model.context().getSourceManager();
  const LangOptions &LO = Model.context().getLangOpts();
  const SourceLocation End = Lexer::findLocationAfterToken(
      R.Field->getEndLoc(), tok::semi, SM, LO, /*SkipTrailing=*/false);
  if (LO.CPlusPlus || R.Field->getLocation().isMacroID() || End.isInvalid() ||
      !ExtensionModel::isObjectRecord(R.Field->getParent()) ||
      !Model.preprocessing().isFirstParty(R.Field->getLocation()))
    return fail("the struct cannot be given a mutex here");
  const std::string Name = R.Field->getNameAsString() + "_mutex";
  for (const FieldDecl *FD : R.Field->getParent()->fields())
    if (FD->getIdentifier() && FD->getName() == Name)
      return fail("there is a field '" + Name + "'");
  std::string WhyNot;
  const LockLines Lines = mutexLock(Model, Name, MinPython, WhyNot);
  if (Lines.Take.empty())
    return fail(WhyNot);
  std::string Text = "\n  " + mutexType() + " " + Name + ";";
  if (!Lines.Guard.empty())
    Text = "\n" + Lines.Guard + Text + "\n#endif";
  // Comments on the line stay on it.
  const auto [File, Offset] = SM.getDecomposedLoc(End);
  const StringRef Rest = SM.getBufferData(File).substr(Offset);
  Result.Hints.push_back(FixItHint::CreateInsertion(
      End.getLocWithOffset(Rest.find('\n') == StringRef::npos ? 0
                                                              : Rest.find('\n')),
      Text));
  Mutex = Name;
  return true;
}

/// The plain accesses become atomic ones like those that are there.
bool Maker::makeAtomic() {
  const FunctionDecl *Like = nullptr;
  bool Builtin = false;
  for (const FieldUse *U : R.Guarded) {
    if (U->Kind != AccessKind::Atomic || !U->By)
      continue;
    const auto *Call = dyn_cast<CallExpr>(U->By->Statement);
    Builtin |= isa<AtomicExpr>(U->By->Statement);
    if (Call && Call->getDirectCallee() &&
        Call->getDirectCallee()->getIdentifier())
      Like = Call->getDirectCallee();
  }
  enum Op { Load, Store, Add };
  auto NameOf = [&](Op What) -> std::string {
    static constexpr llvm::StringLiteral Words[] = {"load", "store", "add"};
    if (Builtin)
      return std::string("__atomic_") +
             (What == Load    ? "load_n"
              : What == Store ? "store_n"
                              : "fetch_add");
    if (!Like)
      return {};
    // The same family: what it is called with another operation.
    std::string Name;
    for (const StringRef Word : Words) {
      const StringRef Have = Like->getName();
      const size_t At = Have.find(("_" + Word + "_").str());
      if (At == StringRef::npos)
        continue;
      Name = (Have.take_front(At + 1) + Words[What] +
              Have.drop_front(At + 1 + Word.size()))
                 .str();
      if (What == Add)
        for (StringRef Order : {"_relaxed", "_acquire", "_release"})
          if (StringRef(Name).ends_with(Order))
            Name.resize(Name.size() - Order.size());
    }
    auto &Context = Model.context();
    auto Found = Context.Idents.find(Name);
    if (Name.empty() || Found == Context.Idents.end() ||
        Context.getTranslationUnitDecl()->lookup(Found->second).empty())
      return {};
    return Name;
  };
  const StringRef Orders[] = {", __ATOMIC_ACQUIRE)", ", __ATOMIC_RELEASE)",
                              ", __ATOMIC_ACQ_REL)"};
  MapVector<const Function *, std::vector<const FieldUse *>> ByFunction;
  for (const auto *List : {&R.Open, &R.Guarded})
    for (const FieldUse *U : *List)
      if (U->Kind != AccessKind::Atomic)
        ByFunction[U->In].push_back(U);
  for (const auto &[F, Uses] : ByFunction) {
    if (F->Generated)
      return fail("generated code uses it");
    LockFix Fix(Model, F->Decl);
    DenseSet<const Expr *> Done;
    for (const FieldUse *U : Uses) {
      if (!U->By || U->Content || U->Path.size() != 1)
        return fail("it is used in another way, too");
      if (!Done.insert(U->By->Where).second)
        continue;
      const auto Target = Fix.source().written(U->By->Where);
      if (!Target)
        return fail("it is used within a macro");
      const std::string Text = "&" + Fix.source().text(*Target).str();
      const Stmt *S = U->By->Statement;
      const auto *Assign = dyn_cast_or_null<BinaryOperator>(S);
      const auto *Step = dyn_cast_or_null<UnaryOperator>(S);
      const bool Alone =
          S && isa<CompoundStmt, IfStmt, ForStmt, WhileStmt, LabelStmt>(
                   *Fix.parents().getParent(S));
      std::string Value;
      Op What = Load;
      if (U->Kind == AccessKind::Write && Assign &&
          Assign->getOpcode() == BO_Assign && Alone &&
          none_of(Uses, [&](const FieldUse *V) {
            // f = f + 1; is no one operation then.
            return V != U && V->Kind == AccessKind::Read &&
                   support::enclosingStatement(V->Where, Fix.parents()) == S;
          })) {
        What = Store;
      } else if (U->Kind == AccessKind::ReadWrite && Alone && Step &&
                 Step->isIncrementDecrementOp()) {
        What = Add;
        Value = Step->isIncrementOp() ? "1" : "-1";
      } else if (U->Kind == AccessKind::ReadWrite && Alone && Assign &&
                 (Assign->getOpcode() == BO_AddAssign ||
                  Assign->getOpcode() == BO_SubAssign)) {
        What = Add;
      } else if (U->Kind != AccessKind::Read) {
        return fail("'" + F->Decl->getNameAsString() +
                    "' changes it in a way that is no one atomic operation");
      }
      const std::string Name = NameOf(What);
      if (Name.empty())
        return fail("there is no such atomic operation");
      const std::string End = Builtin ? Orders[What].str() : ")";
      if (What == Load) {
        Fix.edits().replace(*Target, Name + "(" + Text + End);
        continue;
      }
      if (Step) {
        const auto Whole = Fix.source().written(Step);
        if (!Whole)
          return fail("it is used within a macro");
        Fix.edits().replace(*Whole, Name + "(" + Text + ", " + Value + End);
        continue;
      }
      const auto Right = Fix.source().written(Assign->getRHS());
      if (!Right)
        return fail("it is used within a macro");
      const bool Minus = Assign->getOpcode() == BO_SubAssign;
      Fix.edits().replace({Target->Begin, Right->Begin},
                          Name + "(" + Text + ", " + (Minus ? "-(" : ""));
      Fix.edits().replace({Right->End, Right->End}, (Minus ? ")" : "") + End);
    }
    const SmallVector<FixItHint> Hints = Fix.hints();
    if (Hints.empty())
      return fail(Fix.whyNot());
    Result.Hints.append(Hints.begin(), Hints.end());
  }
  return true;
}

void Maker::run() {
  const StateVariable *S = Model.stateOf(R.Field);
  if (R.IsRead || R.SameValue || (S && S->Kind == StateKind::ModuleField))
    return;
  if (R.Kind == RaceKind::MixedAtomic) {
    makeAtomic();
    return;
  }
  if (R.Kind == RaceKind::Detached) {
    if (!R.Guarded.empty() || !addMutex())
      return;
  }
  if (R.Kind == RaceKind::Reinit) {
    replaceInInit();
    return;
  }
  for (const FieldUse *U : R.Guarded)
    if (U->Kind != AccessKind::Atomic && !is_contained(U->Locks, "$"))
      return;
  Result.Simple = Mutex.empty();
  for (const FieldUse *U : R.Open)
    if (!assign(*U))
      return;
  if (Parts.size() > MaxFunctions) {
    fail("too many functions use it");
    return;
  }
  for (const auto &[F, P] : Parts)
    if (!fix(*F, P))
      return;
}

} // namespace

GuardFix makeFieldRaceFix(const ExtensionModel &Model, const FieldRace &R,
                              facts::PyVersion MinPython) {
  GuardFix Result;
  Maker(Model, R, MinPython, Result).run();
  if (Result.Hints.empty())
    Result.Simple = false;
  return Result;
}

} // namespace pyext::state
