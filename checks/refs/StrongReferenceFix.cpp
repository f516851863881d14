//===- StrongReferenceFix.cpp - From borrowed to strong -------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The look-up leaves its result in a variable, or gets a variable of its own.
// From there on the variable owns a reference. Two passes over the control flow
// graph follow it:
//
//  1. Which uses does this result reach? They, and the uses of what is derived
//     from it (aliases, pointers into the object), span a run of neighbouring
//     statements in one block: the region.
//  2. In which ways can the region be left, and what may the variable hold
//     there? Each way gets a Py_DECREF, a Py_XDECREF, or nothing. A mixture
//     that one statement cannot handle is a reason to give up.
//
// A Py_INCREF of the variable is dropped when the new reference can stand in
// for it: from there on the reference is in the care of the code that was
// written to balance that Py_INCREF. When this cannot be shown for all of them,
// all stay and the new reference is given up separately.
//
//===----------------------------------------------------------------------===//

#include "refs/StrongReferenceFix.h"
#include "flow/FunctionFlow.h"
#include "support/Exceptions.h"
#include "support/Source.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMap.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Analysis/CFG.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <deque>

using namespace clang;
using llvm::ArrayRef;
using llvm::StringRef;
using pyext::support::SourceText;
using pyext::support::TextRange;
using pyext::support::WrittenCall;

namespace pyext::refs {
namespace {

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

/// The expression whose value \p E is: without parentheses, casts, and the
/// assertions that CPython's macros put before a comma.
const Expr *valueOf(const Expr *E) {
  while (E) {
    const Expr *Inner = E->IgnoreParenCasts();
    if (const auto *Full = dyn_cast<FullExpr>(Inner))
      Inner = Full->getSubExpr();
    else if (const auto *Temporary = dyn_cast<MaterializeTemporaryExpr>(Inner))
      Inner = Temporary->getSubExpr();
    else if (const auto *Comma = dyn_cast<BinaryOperator>(Inner);
             Comma && Comma->getOpcode() == BO_Comma)
      Inner = Comma->getRHS();
    if (Inner == E)
      return E;
    E = Inner;
  }
  return E;
}

const VarDecl *variableOf(const Expr *E) {
  const auto *Ref = dyn_cast_or_null<DeclRefExpr>(E ? valueOf(E) : nullptr);
  return Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
}

StringRef calleeName(const CallExpr *Call) {
  const FunctionDecl *Callee = Call->getDirectCallee();
  if (!Callee || !Callee->getIdentifier())
    return StringRef();
  return facts::canonicalName(Callee->getName());
}

bool isPyObjectPointer(QualType T) {
  const QualType Pointee = T.getCanonicalType()->getPointeeType();
  if (Pointee.isNull() || Pointee.isConstQualified())
    return false;
  const RecordDecl *Record = Pointee->getAsRecordDecl();
  return Record && Record->getName() == "_object";
}

bool isNullConstant(const Expr *E, ASTContext &Context) {
  return E->isNullPointerConstant(Context,
                                  Expr::NPC_ValueDependentIsNotNull) !=
         Expr::NPCK_NotNull;
}

/// The variable that \p LHS is part of when it is `a`, `a[i]` or `a.b` of a
/// local variable that is no pointer.
const VarDecl *localPart(const Expr *LHS) {
  bool Part = false;
  while (true) {
    LHS = LHS->IgnoreParens();
    if (const auto *Ref = dyn_cast<DeclRefExpr>(LHS)) {
      const auto *Var = dyn_cast<VarDecl>(Ref->getDecl());
      if (!Var || !Var->hasLocalStorage() || Var->getType()->isReferenceType())
        return nullptr;
      return !Part || !Var->getType()->isPointerType() ? Var : nullptr;
    }
    Part = true;
    if (const auto *Index = dyn_cast<ArraySubscriptExpr>(LHS)) {
      const auto *Decay = dyn_cast<ImplicitCastExpr>(Index->getBase());
      if (!Decay || Decay->getCastKind() != CK_ArrayToPointerDecay)
        return nullptr;
      LHS = Decay->getSubExpr();
    } else if (const auto *Member = dyn_cast<MemberExpr>(LHS);
               Member && !Member->isArrow()) {
      LHS = Member->getBase();
    } else {
      return nullptr;
    }
  }
}

/// How a value comes from the tracked reference.
enum class Origin {
  Independent,
  Derived, ///< A pointer into the object, or a reference borrowed from it.
  Same,    ///< The object itself.
};

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

/// What the variable may hold, as a set.
enum Holds : uint32_t {
  Undeclared = 1,   ///< Its declaration was jumped over or not reached.
  Uninitialized = 2,
  Null = 4,
  Owned = 8,        ///< The new reference.
  OwnedTwice = 16,  ///< The same, and the code's own Py_INCREF besides.
  HandedOver = 32,  ///< The new reference stands in for a dropped Py_INCREF.
  Spent = 64,       ///< The same, and the code has given it away.
  Other = 128,      ///< Something else.
  GivenUp = 256,    ///< The region was left.
  // About the thread.
  Detached = 512,
  // About the position.
  InRegion = 1024,
  // From here on two for each variable that can have the reference, too: it may
  // have it; it may have it though it was given up. The last pair is for all
  // variables beyond.
  FirstAlias = 1u << 16,
};
constexpr unsigned MaxAliases = 8;
constexpr uint32_t Ours = Owned | OwnedTwice;
constexpr uint32_t AnyValue = Undeclared | Uninitialized | Null | Owned |
                              OwnedTwice | HandedOver | Spent | Other |
                              GivenUp;

/// The statements that depend on the reference: Block's First-th to Last-th, or a
/// single one that is no element of a block, such as the body of a loop.
struct Region {
  const CompoundStmt *Block = nullptr;
  const Stmt *Only = nullptr;
  unsigned First = 0, Last = 0;

  llvm::ArrayRef<const Stmt *> statements() const {
    return Only ? llvm::ArrayRef(Only)
                : llvm::ArrayRef<const Stmt *>(Block->body_begin() + First,
                                               Last - First + 1);
  }
};

struct Plan {
  /// Py_INCREF and Py_NewRef calls the rewrite makes superfluous.
  llvm::DenseSet<const CallExpr *> Dropped;
  /// Assignments of a static object, `v = Py_None`, to the variable while it is
  /// NULL: from then on it owns that object as it would the result.
  llvm::DenseSet<const Stmt *> Defaults;
  /// Assignments of other look-ups to the variable, rewritten with this one.
  llvm::DenseSet<const Stmt *> Chain;
  Region Where;
  uint32_t AtEnd = 0;                             ///< Falling off the region.
  llvm::MapVector<const Stmt *, uint32_t> Exits;  ///< Jumps and returns.
  bool NullInit = false;
  std::string Violation;
};

//===----------------------------------------------------------------------===//
// The rewrite of one look-up
//===----------------------------------------------------------------------===//

class Rewriter {
public:
  /// \p Shared: the edits of another look-up's rewrite, of which this is a part.
  Rewriter(const Expr *Lookup, const facts::BorrowedReference &Row,
           const FunctionDecl *FD, ASTContext &Context, const FixTarget &Target,
           support::EditSet *Shared = nullptr)
      : Lookup(valueOf(Lookup)), Written(Lookup), Row(Row), FD(FD),
        Context(Context), SM(Context.getSourceManager()),
        LO(Context.getLangOpts()), Target(Target),
        Source(SM, LO, SM.getFileID(SM.getFileLoc(Lookup->getBeginLoc()))),
        Parents(const_cast<Stmt *>(FD->getBody())), OwnEdits(Source, Parents),
        Edits(Shared ? *Shared : OwnEdits) {}

  StrongReferenceFix run();

private:
  enum class Strategy { Direct, Compat, Guard };
  /// The first Python 3.x with a free-threaded build.
  static constexpr unsigned FirstFreeThreaded = 13;
  enum class Form {
    Declaration, ///< T *v = <look-up>;
    Assignment,  ///< v = <look-up>;
    Condition,   ///< if ((v = <look-up>) ...)
    Nested,      ///< use(<look-up>): gets a variable.
  };

  bool fail(const llvm::Twine &Why) {
    if (WhyNot.empty())
      WhyNot = Why.str();
    return false;
  }

  bool chooseStrategy();
  bool findUse();
  bool classifyNoneTests();
  bool plan();
  void addToChain(const BinaryOperator *Set);
  bool isStaticObject(const Expr *E) const;
  std::optional<TextRange> branchText(const IfStmt *If, const Stmt *Branch) const;
  bool canDropBranch(const IfStmt *If, const Stmt *Branch) const;
  bool mentionsLookup(const Stmt *S) const;
  bool planWith(bool Drop, bool Own, bool Chained, Plan &P);
  bool findRegion(const llvm::SmallPtrSetImpl<const Stmt *> &Live, Plan &P) const;
  bool emitDefinition(const Plan &P);
  bool emitReleases(const Plan &P);
  bool rewriteNewRefInPlace();
  bool rewriteFieldWithIncref();
  bool checkText(const Plan &P);
  bool checkExceptions(const Plan &P);
  void addInclude(StrongReferenceFix &Fix);

  // Source text of the new call.
  std::string arguments() const;
  std::string strongCall() const { return Row.Replacement + ("(" + arguments() + ")"); }
  std::string resultCall() const;
  std::vector<std::string> setLines(const std::string &Old,
                                    const std::string &Strong) const;
  std::vector<std::string> strongLines(const std::string &Strong) const;
  std::string guard() const;
  void replaceCallInPlace();
  bool failureExit(std::vector<std::string> &Lines);
  bool isFailureReturn(const ReturnStmt *Return) const;

  // Facts about the variable.
  bool isRef(const Expr *E) const {
    E = valueOf(E);
    return E == Lookup ? !Var : Var && variableOf(E) == Var;
  }
  Origin originOf(const Expr *E) const;
  bool mentions(const Stmt *S) const;
  void collectDerived();
  bool isTarget(const DeclRefExpr *Ref) const;
  std::optional<bool> nullTest(const Expr *E) const;
  bool isNone(const Expr *E) const;

  // Dataflow.
  unsigned alias(const VarDecl *VD) const {
    auto [It, New] = AliasNumber.try_emplace(VD, AliasNumber.size());
    return std::min(It->second, MaxAliases - 1);
  }
  uint32_t has(const VarDecl *VD) const {
    return uint32_t(FirstAlias) << 2 * alias(VD);
  }
  uint32_t lost(const VarDecl *VD) const { return has(VD) << 1; }
  /// Local variable \p VD, another one, is set to what \p O says; \p Whole: all of
  /// it.
  uint32_t setAlias(uint32_t In, const VarDecl *VD, Origin O, bool Whole) const {
    if (!VD || VD == Var || !Related.count(VD))
      return In;
    if (Whole && alias(VD) != MaxAliases - 1)
      In &= ~(has(VD) | lost(VD));
    return O != Origin::Independent && (In & Ours) ? In | has(VD) : In;
  }
  using Bits = uint32_t;
  Bits transfer(Bits In, const CFGElement &Element, Plan &P, bool Record);
  Bits transferCall(Bits In, const CallExpr *Call, Plan &P, bool Record);
  Bits consume(Bits In, Plan &P, const char *What, bool Record);
  Bits refine(Bits In, const CFGBlock *From, unsigned Successor) const;
  Bits leave(Bits In, const Stmt *Exit, Plan &P, bool Record);
  bool solve(Plan &P, bool WithRegion,
             llvm::SmallPtrSetImpl<const Stmt *> *LiveUses);
  int positionOf(const Stmt *S, const Region &R) const;
  bool isNamedIn(const Region &R, std::string &WhyNot) const;
  bool isJumpedInto(const Stmt *Block) const;
  bool leadsOutside(const CFGBlock *B, const Region &R) const;
  const Stmt *statementOf(const CFGElement &Element) const;

  void violate(Plan &P, bool Record, const llvm::Twine &Why) {
    if (Record && P.Violation.empty())
      P.Violation = Why.str();
  }

  const Expr *Lookup;  ///< Without parentheses and casts.
  const Expr *Written; ///< As handed in.
  const facts::BorrowedReference &Row;
  const FunctionDecl *FD;
  ASTContext &Context;
  const SourceManager &SM;
  const LangOptions &LO;
  const FixTarget &Target;
  SourceText Source;
  ParentMap Parents;
  /// Indices of the statements of a block, the last one asked for, and of what was asked for within them.
  mutable llvm::DenseMap<const Stmt *, int> Positions;
  mutable const CompoundStmt *PositionsIn = nullptr;
  support::EditSet OwnEdits;
  support::EditSet &Edits;

  std::string WhyNot;
  Strategy How = Strategy::Direct;
  Form Kind = Form::Nested;
  WrittenCall Call;
  /// The argument that needs a cast to PyObject *, when the macro had it.
  bool CastFirst = false;

  const VarDecl *Var = nullptr; ///< Null in form Nested.
  std::string Name;             ///< Of the variable.
  const Stmt *DefStmt = nullptr;      ///< Statement with the look-up.
  const BinaryOperator *Assign = nullptr;
  /// When the look-up is in the condition of a loop: that, and the loop's body.
  const Expr *LoopCondition = nullptr;
  const Stmt *LoopBody = nullptr;
  const CallExpr *NewRef = nullptr;   ///< Py_NewRef around the look-up.
  std::optional<WrittenCall> NewRefCall;
  bool Unchecked = false; ///< The old macro cannot fail, the new call can.
  bool NoneToNull = false; ///< Tests for Py_None become tests for NULL.
  std::vector<const Expr *> NoneTests;
  std::vector<std::string> NullCheck;

  llvm::DenseMap<const VarDecl *, Origin> Related;
  mutable llvm::DenseMap<const VarDecl *, unsigned> AliasNumber;
  llvm::DenseSet<const VarDecl *> Increfed; ///< Derived, with its own reference.
  llvm::DenseMap<const CallExpr *, const Stmt *> Droppable;
  /// Of those, the ones that are all that one branch of an `if` does.
  llvm::DenseMap<const CallExpr *, const IfStmt *> Branches;
  llvm::SmallVector<const Stmt *, 2> Defaults; ///< Possible ones.
  /// Rewrites of other look-ups that are assigned to the variable.
  llvm::SmallVector<std::unique_ptr<Rewriter>, 1> Others;
  unsigned ChainTried = 0; ///< Look-ups that may be among them.
  std::shared_ptr<const flow::FunctionFlow> Flow;
  llvm::DenseMap<const Stmt *, const Stmt *> Synthetic;
  Plan Chosen;
};

//===----------------------------------------------------------------------===//
// What to call instead
//===----------------------------------------------------------------------===//

bool Rewriter::chooseStrategy() {
  if (!Row.Replacement)
    return fail("there is no call that returns a strong reference instead");
  if (Row.Result != facts::ResultKind::Return ||
      Row.Shape == facts::ReplacementShape::None ||
      Row.Shape == facts::ReplacementShape::OtherArguments)
    return fail(llvm::Twine("'") + Row.Replacement + "' takes other arguments");
  // A macro reads the storage; the function that replaces it can fail.
  Unchecked = Row.Kind == facts::SpellingKind::Macro &&
              Row.Shape == facts::ReplacementShape::DropInReturnStrong;

  const facts::ApiVersion *Api = facts::findApi(Row.Replacement);
  if (!Api || Api->Removed)
    return fail(llvm::Twine("'") + Row.Replacement + "' is not available");
  if (Target.LimitedApi) {
    const unsigned Minor = *Target.LimitedApi < 0x03000000
                               ? 2
                               : (*Target.LimitedApi >> 16) & 0xff;
    if (!Api->LimitedSince || Minor < Api->LimitedSince)
      return fail(llvm::Twine("'") + Row.Replacement +
                  "' is not in the Limited API this file is written for");
  }
  if (Api->Since <= Target.MinPython.Minor)
    How = Strategy::Direct;
  else if (Target.CompatHeader && Api->InCompat)
    How = Strategy::Compat;
  else if (Api->Since > FirstFreeThreaded)
    return fail(llvm::Twine("'") + Row.Replacement +
                "' exists from Python 3." + llvm::Twine(Api->Since) +
                " on only, and the versions before race all the same");
  else
    How = Strategy::Guard;
  return true;
}

std::string Rewriter::guard() const {
  std::string Out;
  llvm::raw_string_ostream(Out)
      << "#if PY_VERSION_HEX >= "
      << llvm::format_hex(0x03000000u | (Row.Since << 16), 10, /*Upper=*/true);
  return Out;
}

std::string Rewriter::arguments() const {
  if (Call.Args.empty())
    return "";
  std::string Out;
  if (CastFirst) {
    const StringRef First = Source.text(Call.Args[0]);
    const bool Simple = llvm::all_of(First, [](char C) {
      return llvm::isAlnum(C) || C == '_' || C == '-' || C == '>' || C == '.';
    });
    Out = "(PyObject *)" +
          (Simple ? First.str() : ("(" + First + ")").str());
    Out += Source.text({Call.Args[0].End, Call.Args.back().End});
  } else {
    Out = Source.text({Call.Args.front().Begin, Call.Args.back().End}).str();
  }
  return Out;
}

std::string Rewriter::resultCall() const {
  const bool Exact = !Var || isPyObjectPointer(Var->getType());
  return std::string(Row.Replacement) + "(" + arguments() + ", " +
         (Exact ? "&" : "(PyObject **)&") + Name + ")";
}

/// Statements that put a strong reference, or NULL, into the variable. \p Strong
/// is what to assign for calls that return it.
std::vector<std::string>
Rewriter::strongLines(const std::string &Strong) const {
  if (Row.Shape == facts::ReplacementShape::DropInReturnStrong)
    return {Name + " = " + Strong + ";"};
  if (Row.Container == facts::ContainerKind::Weakref && !NoneToNull)
    // The old call gives None for a dead referent.
    return {"if (" + resultCall() + " == 0) {", "\t" + Name + " = Py_None;",
            "\tPy_INCREF(" + Name + ");", "}"};
  if (Row.SwallowsErrors || NoneToNull)
    return {"if (" + resultCall() + " < 0) {", "\tPyErr_Clear();", "}"};
  return {"(void)" + resultCall() + ";"};
}

/// The same with a guard when older versions need the old call, whose value is
/// \p Old.
std::vector<std::string> Rewriter::setLines(const std::string &Old,
                                            const std::string &Strong) const {
  std::vector<std::string> Lines = strongLines(Strong);
  if (How != Strategy::Guard)
    return Lines;
  Lines.insert(Lines.begin(), guard());
  Lines.push_back("#else");
  Lines.push_back(Name + " = " + Old + ";");
  if (NoneToNull)
    for (const char *Line : {"if (@ == NULL) {", "\tPyErr_Clear();",
                             "}", "else if (@ == Py_None) {", "\t@ = NULL;",
                             "}"}) {
      const auto [Head, Tail] = StringRef(Line).split('@');
      Lines.push_back(StringRef(Line).contains('@')
                          ? (Head + Name + Tail).str()
                          : std::string(Line));
    }
  if (!NewRef)
    Lines.push_back("Py_XINCREF(" + Name + ");");
  Lines.push_back("#endif");
  return Lines;
}

void Rewriter::replaceCallInPlace() {
  Edits.replace(Call.Name, Row.Replacement);
  if (CastFirst) {
    const std::string All = arguments();
    const StringRef Rest =
        Source.text({Call.Args[0].End, Call.Args.back().End});
    Edits.replace(Call.Args[0],
                  StringRef(All).drop_back(Rest.size()).str());
  }
}

//===----------------------------------------------------------------------===//
// Where the result goes
//===----------------------------------------------------------------------===//

bool Rewriter::findUse() {
  const std::optional<WrittenCall> Found =
      Source.writtenCall(Written->getBeginLoc(), Row.Name);
  if (!Found)
    return fail("the look-up comes out of a macro");
  Call = *Found;
  // A macro's expansion as a whole, when only the read in it was handed in.
  auto IsWithin = [&](SourceLocation Loc) {
    Loc = SM.getFileLoc(Loc);
    const unsigned At = SM.getFileOffset(Loc);
    return SM.getFileID(Loc) == Source.file() && At >= Call.Whole.Begin &&
           At < Call.Whole.End;
  };
  for (const Stmt *Outer = Parents.getParent(Written); isa_and_nonnull<Expr>(Outer);
       Outer = Parents.getParent(Outer))
    if (IsWithin(Outer->getBeginLoc()) && IsWithin(Outer->getEndLoc()))
      Written = cast<Expr>(Outer);
    else
      break;
  Lookup = valueOf(Written);

  // The arguments as the new call needs them.
  if (const auto *Direct = dyn_cast<CallExpr>(Lookup)) {
    if (Direct->getNumArgs() != Call.Args.size())
      return fail("the look-up is written in an unusual way");
    for (unsigned I = 0; I < Direct->getNumArgs(); ++I) {
      const QualType T = Direct->getArg(I)->getType();
      const QualType Pointee = T->getPointeeType();
      if (T->isPointerType() && !isPyObjectPointer(T) &&
          !Pointee->isCharType() && !Pointee->isVoidType() &&
          !isa<PredefinedExpr>(Direct->getArg(I)))
        return fail(llvm::Twine("'") + Row.Replacement +
                    "' takes other arguments");
      if (Row.Container == facts::ContainerKind::Dict && I >= 2 &&
          Row.Shape == facts::ReplacementShape::IntReturnWithLookup)
        return fail(llvm::Twine("'") + Row.Replacement +
                    "' takes other arguments");
    }
  }
  if (!Call.Args.empty() && Row.ContainerArg == 0) {
    // A macro casts its argument; a function does not.
    const Expr *First = nullptr;
    llvm::SmallVector<const Stmt *, 16> Work{Written};
    while (!Work.empty() && !First) {
      const Stmt *S = Work.pop_back_val();
      if (!S)
        continue;
      const auto *E = dyn_cast<Expr>(S);
      const std::optional<TextRange> R = E ? Source.written(E) : std::nullopt;
      if (R && R->Begin == Call.Args[0].Begin && R->End == Call.Args[0].End &&
          !isa<ImplicitCastExpr>(E)) {
        // The outermost expression written there, casts that the macro adds
        // around it excluded by its range.
        First = E;
        break;
      }
      llvm::SmallVector<const Stmt *, 4> Children(S->child_begin(),
                                                  S->child_end());
      Work.append(Children.rbegin(), Children.rend());
    }
    if (!First)
      return fail("the container is written in an unusual way");
    if (!isPyObjectPointer(First->getType())) {
      if (!First->getType()->isPointerType())
        return fail("the container is written in an unusual way");
      CastFirst = !First->getType()->isVoidPointerType() || LO.CPlusPlus;
    }
  }

  // Upwards through parentheses, casts and one Py_NewRef.
  const Stmt *At = Written;
  const Stmt *Parent = Parents.getParent(At);
  for (; Parent; At = Parent, Parent = Parents.getParent(Parent)) {
    if (isa<ParenExpr, CastExpr, FullExpr>(Parent))
      continue;
    const auto *Around = dyn_cast<CallExpr>(Parent);
    if (!Around || NewRef || Around->getNumArgs() != 1)
      break;
    const facts::ReferenceCountApi *Op =
        facts::findReferenceCountOp(calleeName(Around));
    if (!Op || Op->Op != facts::RefcountOp::NewRef)
      break;
    NewRefCall = Source.writtenCall(Around->getBeginLoc(), Op->Name);
    if (!NewRefCall)
      return fail("the Py_NewRef around the look-up comes out of a macro");
    NewRef = Around;
  }
  if (!Parent)
    return fail("the look-up is not part of a statement");

  DefStmt = support::enclosingStatement(At, Parents);
  if (!DefStmt)
    return fail("the look-up is not part of a statement");
  for (const Stmt *S = At; S; S = Parents.getParent(S))
    if (isa<StmtExpr, LambdaExpr, BlockExpr>(S))
      return fail("the look-up is in a nested function or expression block");

  if (const auto *Decl = dyn_cast<DeclStmt>(Parent)) {
    for (const clang::Decl *D : Decl->decls())
      if (const auto *VD = dyn_cast<VarDecl>(D);
          VD && VD->getInit() && (VD->getInit() == At || VD->getInit()->IgnoreImplicit() == At || valueOf(VD->getInit()) == Lookup || (NewRef && valueOf(VD->getInit()) == NewRef)))
        Var = VD;
    if (!Var || Var->getInitStyle() != VarDecl::CInit || Decl != DefStmt)
      return fail("the declaration is written in an unusual way");
    Kind = Form::Declaration;
  } else if (const auto *Op = dyn_cast<BinaryOperator>(Parent);
             Op && Op->getOpcode() == BO_Assign && Op->getRHS() == At) {
    const auto *Ref = dyn_cast<DeclRefExpr>(Op->getLHS()->IgnoreParens());
    const auto *Target = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
    if (Target && Target->hasLocalStorage() &&
        !Target->getType()->isReferenceType()) {
      if (Ref->refersToEnclosingVariableOrCapture())
        return fail("the variable belongs to another function");
      Var = Target;
      Assign = Op;
      Kind = Op == DefStmt ? Form::Assignment : Form::Condition;
      if (const auto *While = dyn_cast<WhileStmt>(DefStmt)) {
        LoopCondition = While->getCond();
        LoopBody = While->getBody();
      } else if (const auto *For = dyn_cast<ForStmt>(DefStmt);
                 For && For->getCond() &&
                 support::isWithin(Op, For->getCond(), Parents)) {
        LoopCondition = For->getCond();
        LoopBody = For->getBody();
      }
    }
  }
  if (Var) {
    Name = Var->getNameAsString();
    const QualType T = Var->getType();
    if (!T->isPointerType())
      return fail("the variable is not a pointer");
    if (T.isVolatileQualified())
      return fail("the variable is volatile");
    if (const auto *Pointee = T->getPointeeType()->getAs<RecordType>();
        !Pointee && !T->getPointeeType()->isIncompleteType())
      return fail("the variable does not point to an object");
    if (T->getPointeeType().isConstQualified())
      return fail("the variable points to a constant object");
    if (!Source.spelled(Var->getLocation()))
      return fail("the variable comes out of a macro");
  }
  return true;
}

/// Whether \p E is written `Py_None`.
bool Rewriter::isNone(const Expr *E) const {
  const std::optional<TextRange> R = Source.written(E);
  return R && Source.text(*R) == "Py_None";
}

/// For a weak reference: can all tests for None become tests for NULL?
bool Rewriter::classifyNoneTests() {
  if (Row.Container != facts::ContainerKind::Weakref || !Var || NewRef)
    return true;
  bool OtherTest = false;
  llvm::SmallVector<const Stmt *, 64> Work{FD->getBody()};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S)
      continue;
    for (const Stmt *Child : S->children())
      Work.push_back(Child);
    const auto *Op = dyn_cast<BinaryOperator>(S);
    if (Op && Op->isEqualityOp()) {
      const bool Left = isRef(Op->getLHS()) ||
                        (Assign && valueOf(Op->getLHS()) == Assign);
      const bool Right = isRef(Op->getRHS());
      if (!Left && !Right)
        continue;
      const Expr *Against = Left ? Op->getRHS() : Op->getLHS();
      if (isNone(Against))
        NoneTests.push_back(Against);
      else
        OtherTest = true;
    } else if (const auto *Not = dyn_cast<UnaryOperator>(S);
               Not && Not->getOpcode() == UO_LNot) {
      OtherTest |= isRef(Not->getSubExpr());
    } else if (const auto *If = dyn_cast<IfStmt>(S)) {
      OtherTest |= If->getCond() && isRef(If->getCond());
    } else if (const auto *Cond = dyn_cast<ConditionalOperator>(S)) {
      OtherTest |= isRef(Cond->getCond());
    } else if (Op && Op->isLogicalOp()) {
      OtherTest |= isRef(Op->getLHS()) || isRef(Op->getRHS());
    }
  }
  NoneToNull = !NoneTests.empty() && !OtherTest;
  return true;
}

//===----------------------------------------------------------------------===//
// What comes from the reference
//===----------------------------------------------------------------------===//

Origin Rewriter::originOf(const Expr *E) const {
  if (!E)
    return Origin::Independent;
  E = valueOf(E);
  if (isRef(E))
    return Origin::Same;
  auto Weaker = [](Origin O) {
    return O == Origin::Independent ? O : Origin::Derived;
  };
  const QualType T = E->getType();
  if (const auto *Ref = dyn_cast<DeclRefExpr>(E)) {
    const auto *VD = dyn_cast<VarDecl>(Ref->getDecl());
    auto It = VD ? Related.find(VD) : Related.end();
    return It == Related.end() ? Origin::Independent : It->second;
  }
  if (const auto *Cond = dyn_cast<AbstractConditionalOperator>(E))
    return std::max(originOf(Cond->getTrueExpr()),
                    originOf(Cond->getFalseExpr()));
  if (const auto *Op = dyn_cast<BinaryOperator>(E)) {
    if (Op->isAssignmentOp())
      return originOf(Op->getRHS());
    if (!T->isPointerType())
      return Origin::Independent;
    return Weaker(std::max(originOf(Op->getLHS()), originOf(Op->getRHS())));
  }
  if (T->isArithmeticType() || T->isVoidType())
    return Origin::Independent;
  if (const auto *Member = dyn_cast<MemberExpr>(E))
    return Weaker(originOf(Member->getBase()));
  if (const auto *Op = dyn_cast<UnaryOperator>(E)) {
    // `&v->field`, `*v`; the address of the variable itself is no use of what
    // it holds.
    if (Op->getOpcode() == UO_AddrOf &&
        isa<DeclRefExpr>(Op->getSubExpr()->IgnoreParens()) &&
        !Op->getSubExpr()->getType()->isRecordType() &&
        !Op->getSubExpr()->getType()->isArrayType())
      return Origin::Independent;
    return Weaker(originOf(Op->getSubExpr()));
  }
  if (const auto *Index = dyn_cast<ArraySubscriptExpr>(E))
    return Weaker(originOf(Index->getBase()));
  if (const auto *CE = dyn_cast<CallExpr>(E)) {
    Origin Worst = Origin::Independent;
    for (const Expr *Arg : CE->arguments())
      Worst = std::max(Worst, originOf(Arg));
    if (Worst == Origin::Independent)
      return Worst;
    const StringRef Callee = calleeName(CE);
    if (facts::isReferenceCountOp(Callee) || facts::findNewReference(Callee))
      return Origin::Independent;
    if (facts::findBorrowed(Callee) || facts::findInteriorPointer(Callee))
      return Origin::Derived;
    // By convention a function returns a new reference.
    return isPyObjectPointer(T) ? Origin::Independent : Origin::Derived;
  }
  // Initialiser lists, C++ constructions, anything else that holds it.
  Origin Worst = Origin::Independent;
  for (const Stmt *Child : E->children())
    if (const auto *Sub = dyn_cast_or_null<Expr>(Child))
      Worst = std::max(Worst, originOf(Sub));
  return Weaker(Worst);
}

/// Local variables that hold the reference or something that depends on it,
/// whenever they are assigned: order is not considered.
void Rewriter::collectDerived() {
  llvm::SmallVector<const Stmt *, 64> All, Work{FD->getBody()};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S)
      continue;
    if (isa<DeclStmt, BinaryOperator, CallExpr>(S))
      All.push_back(S);
    for (const Stmt *Child : S->children())
      Work.push_back(Child);
  }
  bool Changed = true;
  auto Note = [&](const VarDecl *VD, Origin O) {
    if (!VD || VD == Var || O == Origin::Independent ||
        !VD->hasLocalStorage())
      return;
    if (VD->getType()->isArithmeticType())
      return;
    if (!VD->getType()->isPointerType())
      O = Origin::Derived;
    Origin &Known = Related[VD];
    if (Known < O) {
      Known = O;
      Changed = true;
    }
  };
  while (Changed) {
    Changed = false;
    for (const Stmt *S : All) {
      if (const auto *Decl = dyn_cast<DeclStmt>(S)) {
        for (const clang::Decl *D : Decl->decls())
          if (const auto *VD = dyn_cast<VarDecl>(D); VD && VD->getInit())
            Note(VD, originOf(VD->getInit()));
      } else if (const auto *Op = dyn_cast<BinaryOperator>(S)) {
        if (Op->isAssignmentOp())
          Note(localPart(Op->getLHS()), originOf(Op->getRHS()));
      } else if (const auto *CE = dyn_cast<CallExpr>(S)) {
        // Borrowed through an out argument: PyArg_Parse(v, "s", &p).
        Origin Worst = Origin::Independent;
        for (const Expr *Arg : CE->arguments())
          Worst = std::max(Worst, originOf(Arg));
        if (Worst == Origin::Independent)
          continue;
        const StringRef Callee = calleeName(CE);
        for (unsigned I = 0; I < CE->getNumArgs(); ++I) {
          const auto *Address =
              dyn_cast<UnaryOperator>(valueOf(CE->getArg(I)));
          if (!Address || Address->getOpcode() != UO_AddrOf)
            continue;
          const bool New = llvm::any_of(
              facts::findNewReferences(Callee),
              [&](const facts::NewReference &N) { return N.OutArg == int(I); });
          const VarDecl *VD = variableOf(Address->getSubExpr());
          if (VD && !New && VD->getType().getAsString() != "Py_buffer")
            Note(VD, Origin::Derived);
        }
        if (const facts::ReferenceCountApi *Op =
                facts::findReferenceCountOp(Callee);
            Op && Op->Op == facts::RefcountOp::Incref && CE->getNumArgs())
          if (const VarDecl *VD = variableOf(CE->getArg(0)))
            Increfed.insert(VD);
      }
    }
  }
}

/// Whether \p S uses the variable, or one that depends on it.
bool Rewriter::mentions(const Stmt *S) const {
  if (!S)
    return false;
  if (const auto *E = dyn_cast<Expr>(S)) {
    if (!Var && E == Lookup)
      return true;
    if (const auto *Ref = dyn_cast<DeclRefExpr>(E)) {
      const auto *VD = dyn_cast<VarDecl>(Ref->getDecl());
      return VD && (VD == Var || Related.count(VD));
    }
  }
  return llvm::any_of(S->children(),
                      [&](const Stmt *Child) { return mentions(Child); });
}

/// When \p E tests the variable for NULL: true when a true \p E means that it
/// is not NULL.
std::optional<bool> Rewriter::nullTest(const Expr *E) const {
  E = E->IgnoreParenImpCasts();
  if (const auto *Full = dyn_cast<FullExpr>(E))
    E = Full->getSubExpr()->IgnoreParenImpCasts();
  if (const auto *Not = dyn_cast<UnaryOperator>(E)) {
    if (Not->getOpcode() != UO_LNot)
      return std::nullopt;
    const std::optional<bool> Inner = nullTest(Not->getSubExpr());
    if (!Inner)
      return std::nullopt;
    return !*Inner;
  }
  if (const auto *CE = dyn_cast<CallExpr>(E)) {
    const FunctionDecl *Callee = CE->getDirectCallee();
    if (Callee && Callee->getBuiltinID() == Builtin::BI__builtin_expect)
      return nullTest(CE->getArg(0));
    return std::nullopt;
  }
  auto Tested = [&](const Expr *Side) {
    return isRef(Side) || (Assign && valueOf(Side) == Assign);
  };
  if (const auto *Op = dyn_cast<BinaryOperator>(E); Op && Op != Assign) {
    if (!Op->isEqualityOp())
      return std::nullopt;
    const bool Left = Tested(Op->getLHS());
    if (!Left && !Tested(Op->getRHS()))
      return std::nullopt;
    const Expr *Against = Left ? Op->getRHS() : Op->getLHS();
    const bool IsNull = NoneToNull ? isNone(Against)
                                   : isNullConstant(Against, Context);
    if (!IsNull)
      return std::nullopt;
    return Op->getOpcode() == BO_NE;
  }
  if (NoneToNull)
    return std::nullopt;
  if (Tested(E) && E->getType()->isPointerType())
    return true;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Dataflow
//===----------------------------------------------------------------------===//

const Stmt *Rewriter::statementOf(const CFGElement &Element) const {
  const std::optional<CFGStmt> S = Element.getAs<CFGStmt>();
  if (!S)
    return nullptr;
  auto It = Synthetic.find(S->getStmt());
  return It == Synthetic.end() ? S->getStmt() : It->second;
}

/// Index in the region's block of the statement around \p S, -1 outside.
int Rewriter::positionOf(const Stmt *S, const Region &R) const {
  if (R.Only) {
    while (S && S != R.Only)
      S = Parents.getParent(S);
    return S ? 0 : -1;
  }
  if (PositionsIn != R.Block) {
    PositionsIn = R.Block;
    Positions.clear();
    int Index = 0;
    for (const Stmt *Child : R.Block->body())
      Positions.try_emplace(Child, Index++);
  }
  // What is known of a statement holds for all on the way to it.
  const Stmt *const First = S;
  int Found = -1;
  for (; S && S != R.Block; S = Parents.getParent(S))
    if (auto It = Positions.find(S); It != Positions.end()) {
      Found = It->second;
      break;
    }
  for (const Stmt *P = First; P != S; P = Parents.getParent(P))
    Positions.try_emplace(P, Found);
  return Found;
}

/// Whether the variable's name means the variable all over the region.
bool Rewriter::isNamedIn(const Region &R, std::string &WhyNot) const {
  if (!Var)
    return true;
  const Stmt *Scope = nullptr;
  bool Hidden = false;
  llvm::SmallVector<const Stmt *, 64> Work;
  auto Visit = [&](auto Found) {
    while (!Work.empty()) {
      const Stmt *S = Work.pop_back_val();
      if (const auto *D = dyn_cast_or_null<DeclStmt>(S))
        for (const Decl *Each : D->decls())
          Found(D, Each);
      if (S)
        Work.append(S->child_begin(), S->child_end());
    }
  };
  Work.append(R.statements().begin(), R.statements().end());
  Visit([&](const DeclStmt *, const Decl *D) {
    const auto *Other = dyn_cast<NamedDecl>(D);
    Hidden |= Other && Other != Var && Other->getIdentifier() &&
              Other->getName() == Name;
  });
  if (Hidden) {
    WhyNot = "another variable has the same name";
    return false;
  }
  if (isa<ParmVarDecl>(Var))
    return true;
  Work.push_back(FD->getBody());
  Visit([&](const DeclStmt *In, const Decl *D) {
    if (D == Var)
      Scope = In;
  });
  do
    Scope = Scope ? Parents.getParent(Scope) : nullptr;
  while (isa_and_nonnull<SwitchCase, LabelStmt>(Scope));
  const Stmt *At = R.Only ? R.Only : R.Block;
  while (At && At != Scope)
    At = Parents.getParent(At);
  if (!At || !Scope)
    WhyNot = "the variable is not declared where the reference is used last";
  return At && Scope;
}

/// C++: whether a jump into \p Block would cross a variable that is declared
/// there.
bool Rewriter::isJumpedInto(const Stmt *Block) const {
  if (!LO.CPlusPlus || !isa<CompoundStmt>(Block))
    return false;
  llvm::SmallVector<const Stmt *, 64> Work(Block->child_begin(),
                                           Block->child_end());
  for (const Stmt *S : Work)
    if (isa_and_nonnull<SwitchCase>(S))
      return true;
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (isa_and_nonnull<LabelStmt>(S))
      return true;
    if (S)
      Work.append(S->child_begin(), S->child_end());
  }
  return false;
}

static bool isOnly(const Region &R, const Stmt *S) {
  return R.statements().size() == 1 && R.statements().front() == S;
}

static bool isInside(int Position, const Region &R) {
  return Position >= int(R.First) && Position <= int(R.Last);
}

/// Whether the first thing executed in \p B is outside of the region.
bool Rewriter::leadsOutside(const CFGBlock *B, const Region &R) const {
  llvm::SmallPtrSet<const CFGBlock *, 8> Seen;
  while (B && Seen.insert(B).second) {
    for (const CFGElement &Element : *B)
      if (const Stmt *S = statementOf(Element))
        return !isInside(positionOf(S, R), R);
    if (const Stmt *S = B->getTerminatorStmt())
      return !isInside(positionOf(S, R), R);
    if (B->succ_size() != 1)
      return true;
    B = B->succ_begin()->getReachableBlock();
  }
  return true;
}

/// The region is left at \p Exit, or by falling off its end when null.
Rewriter::Bits Rewriter::leave(Bits In, const Stmt *Exit, Plan &P,
                               bool Record) {
  if (Record) {
    if (Exit)
      P.Exits[Exit] |= In & (AnyValue | Detached);
    else
      P.AtEnd |= In & (AnyValue | Detached);
  }
  Bits Out = In & ~InRegion;
  if (Out & Ours)
    Out = (Out & ~(Ours | Null)) | GivenUp;
  for (unsigned I = 0; I < MaxAliases; ++I)
    if (const Bits Has = Bits(FirstAlias) << 2 * I; Out & Has)
      Out = (Out & ~Has) | Has << 1;
  return Out;
}

/// The code gives away a reference to the object: it must be its own.
Rewriter::Bits Rewriter::consume(Bits In, Plan &P, const char *What,
                                 bool Record) {
  if (In & Owned)
    violate(P, Record,
            llvm::Twine("the borrowed reference is ") + What +
                " without a Py_INCREF before");
  Bits Out = In;
  if (In & OwnedTwice)
    Out = (Out & ~OwnedTwice) | Owned;
  if (In & HandedOver)
    Out = (Out & ~HandedOver) | Spent;
  return Out;
}

Rewriter::Bits Rewriter::transferCall(Bits In, const CallExpr *CE, Plan &P,
                                      bool Record) {
  const StringRef Callee = calleeName(CE);
  if (const facts::ThreadStateApi *Thread = facts::findThreadStateApi(Callee)) {
    using Op = facts::ThreadStateOp;
    if (Thread->Op == Op::Detach || Thread->Op == Op::Release ||
        Thread->Op == Op::DestroyDetach)
      In |= Detached;
    else if (Thread->Op == Op::Attach)
      In &= ~Detached;
  }
  if (const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(Callee)) {
    if (!CE->getNumArgs())
      return In;
    const Expr *Arg = CE->getArg(0);
    if (originOf(Arg) != Origin::Same)
      return In;
    const bool NullOk = Op->NullOk;
    switch (Op->Op) {
    case facts::RefcountOp::Incref:
      if (!(In & AnyValue & ~Null) || !(In & Ours)) {
        if ((In & Other) && P.Dropped.count(CE))
          violate(P, Record, "a Py_INCREF is for another value of the variable");
        return In;
      }
      if (!NullOk)
        In &= ~Null; // It would have crashed.
      if (P.Dropped.count(CE)) {
        if (In & (OwnedTwice | HandedOver | Spent | Other | GivenUp))
          violate(P, Record, "a Py_INCREF is not always the first one");
        return (In & ~Owned) | HandedOver;
      }
      if (In & Owned)
        In = (In & ~Owned) | OwnedTwice;
      return In;
    case facts::RefcountOp::NewRef:
      if ((In & Other) && !(In & Ours) && P.Dropped.count(CE))
        violate(P, Record, "a Py_NewRef is for another value of the variable");
      if (!(In & Ours) || !P.Dropped.count(CE))
        return In;
      if (In & (OwnedTwice | HandedOver | Spent | Other | GivenUp))
        violate(P, Record, "a Py_NewRef is not always the first one");
      if (!NullOk)
        In &= ~Null;
      return (In & ~Owned) | Spent;
    case facts::RefcountOp::Decref:
      return consume(In, P, "given up", Record);
    case facts::RefcountOp::Clear:
    case facts::RefcountOp::SetRef:
      if (In & Ours)
        violate(P, Record, "the variable is set to something else");
      return In;
    }
  }
  for (const facts::StolenReference &Stolen : facts::findStolen(Callee)) {
    if (Stolen.What != facts::StealWhat::Reference)
      continue;
    for (unsigned I = 0; I < CE->getNumArgs(); ++I) {
      const Origin O = originOf(CE->getArg(I));
      if (O == Origin::Independent)
        continue;
      if (Stolen.ArgIndex < 0) {
        const StringLiteral *Format = nullptr;
        for (const Expr *Arg : CE->arguments())
          if (const auto *Text = dyn_cast<StringLiteral>(valueOf(Arg))) {
            Format = Text;
            break;
          }
        if (Format && Format->isOrdinary() &&
            !Format->getString().contains('N'))
          continue;
      } else if (Stolen.ArgIndex != int(I)) {
        continue;
      }
      if (O == Origin::Same)
        In = consume(In, P, "stolen", Record);
      else if ((In & Ours) && !(variableOf(CE->getArg(I)) &&
                                Increfed.count(variableOf(CE->getArg(I)))))
        violate(P, Record, "a reference borrowed from it is stolen");
    }
  }
  return In;
}

/// What is set is not used.
bool Rewriter::isTarget(const DeclRefExpr *Ref) const {
  const Stmt *Parent = Parents.getParent(Ref);
  while (Parent && isa<ParenExpr>(Parent))
    Parent = Parents.getParent(Parent);
  const auto *Op = dyn_cast_or_null<BinaryOperator>(Parent);
  return Op && Op->getOpcode() == BO_Assign &&
         Op->getLHS()->IgnoreParens() == Ref;
}

Rewriter::Bits Rewriter::transfer(Bits In, const CFGElement &Element, Plan &P,
                                  bool Record) {
  const std::optional<CFGStmt> CS = Element.getAs<CFGStmt>();
  if (!CS)
    return In;
  const Stmt *S = CS->getStmt();

  auto Define = [&](Bits B) -> Bits {
    if (B & (Ours | HandedOver))
      violate(P, Record, "it is looked up again while the last result is held");
    return (B & ~AnyValue) | Owned | Null;
  };
  auto Redefine = [&](Bits B, Bits To) -> Bits {
    if (B & Ours)
      violate(P, Record, "the variable is set again while it holds the result");
    return (B & ~AnyValue) | To;
  };

  if (!Var && S == Lookup) {
    In = Define(In);
    if (!NullCheck.empty())
      In &= ~Null;
    return In;
  }
  if (const auto *Decl = dyn_cast<DeclStmt>(S)) {
    for (const clang::Decl *D : Decl->decls()) {
      const auto *VD = dyn_cast<VarDecl>(D);
      if (!VD)
        continue;
      if (VD != Var) {
        In = setAlias(In, VD,
                      VD->getInit() ? originOf(VD->getInit()) : Origin::Independent,
                      /*Whole=*/true);
        if (VD->getInit() && originOf(VD->getInit()) == Origin::Same) {
          if (!VD->hasLocalStorage())
            In = consume(In, P, "stored", Record);
          else if (In & HandedOver)
            In = (In & ~HandedOver) | Spent;
        }
        continue;
      }
      if (Kind == Form::Declaration) {
        In = Define(In);
        if (!NullCheck.empty())
          In &= ~Null;
      } else if (!VD->getInit()) {
        In = Redefine(In, Uninitialized);
      } else {
        In = Redefine(In, isNullConstant(VD->getInit(), Context) ? Null : Other);
      }
    }
    return In;
  }
  if (const auto *Op = dyn_cast<BinaryOperator>(S)) {
    if (!Op->isAssignmentOp())
      return In;
    const Expr *LHS = Op->getLHS()->IgnoreParens();
    if (Var && isa<DeclRefExpr>(LHS) && variableOf(LHS) == Var) {
      if (Op == Assign || P.Chain.count(Op)) {
        In = Define(In);
        if (!NullCheck.empty())
          In &= ~Null;
        return In;
      }
      if (P.Defaults.count(Op)) {
        if ((In & AnyValue) != Null)
          violate(P, Record, "the variable may hold something else where it is "
                             "set to a default");
        return (In & ~AnyValue) | Owned;
      }
      return Redefine(In, Op->getOpcode() == BO_Assign &&
                                  isNullConstant(Op->getRHS(), Context)
                              ? Null
                              : Other);
    }
    const Origin O = originOf(Op->getRHS());
    In = setAlias(In, localPart(LHS), O,
                  isa<DeclRefExpr>(LHS) && Op->getOpcode() == BO_Assign);
    if (O == Origin::Independent)
      return In;
    if (localPart(LHS)) {
      if (O == Origin::Same && (In & HandedOver))
        In = (In & ~HandedOver) | Spent;
      return In;
    }
    if (O == Origin::Same)
      return consume(In, P, "stored", Record);
    const VarDecl *Value = variableOf(Op->getRHS());
    if ((In & Ours) && !Op->getType()->isArithmeticType() &&
        !(Value && Increfed.count(Value)))
      violate(P, Record, "something that belongs to the object is stored");
    return In;
  }
  if (const auto *Op = dyn_cast<UnaryOperator>(S)) {
    const auto *Ref = dyn_cast<DeclRefExpr>(Op->getSubExpr()->IgnoreParens());
    if (Ref && Op->getOpcode() == UO_AddrOf)
      In = setAlias(In, dyn_cast<VarDecl>(Ref->getDecl()), Origin::Derived,
                    /*Whole=*/false);
    if (!Var || !Ref || Ref->getDecl() != Var)
      return In;
    if (Op->getOpcode() == UO_AddrOf || Op->isIncrementDecrementOp()) {
      if (In & (Ours | HandedOver))
        violate(P, Record, "the address of the variable is taken");
      return (In & ~AnyValue) | Other;
    }
    return In;
  }
  if (const auto *CE = dyn_cast<CallExpr>(S))
    return transferCall(In, CE, P, Record);
  if (const auto *Ref = dyn_cast<DeclRefExpr>(S)) {
    const auto *VD = dyn_cast<VarDecl>(Ref->getDecl());
    if (!VD || (VD != Var && !Related.count(VD)))
      return In;
    if (Ref->refersToEnclosingVariableOrCapture())
      violate(P, Record, "the variable is captured");
    if (isTarget(Ref))
      return In;
    if (VD == Var && (In & (Spent | GivenUp)))
      violate(P, Record, "the variable is used after its reference is gone");
    if (VD != Var && (In & lost(VD)) && !Increfed.count(VD))
      violate(P, Record, "another variable has the object when its reference is "
                         "gone");
    return In;
  }
  if (isa<LambdaExpr, BlockExpr>(S) && mentions(S))
    violate(P, Record, "the variable is captured");
  return In;
}

Rewriter::Bits Rewriter::refine(Bits In, const CFGBlock *From,
                                unsigned Successor) const {
  const Stmt *Terminator = From->getTerminatorStmt();
  if (!Terminator || isa<SwitchStmt>(Terminator) || From->succ_size() != 2)
    return In;
  const Expr *Condition = From->getLastCondition();
  const std::optional<bool> Test =
      Condition ? nullTest(Condition) : std::nullopt;
  if (!Test)
    return In;
  const bool NotNull = *Test == (Successor == 0);
  return NotNull ? Bits(In & ~Null) : Bits(In & ~(Owned | OwnedTwice));
}

bool Rewriter::solve(Plan &P, bool WithRegion,
                     llvm::SmallPtrSetImpl<const Stmt *> *LiveUses) {
  const ArrayRef<const CFGBlock *> Order = Flow->order();
  std::vector<Bits> In(Order.size(), 0);
  std::vector<char> Reached(Order.size(), 0), Queued(Order.size(), 0);
  std::deque<unsigned> Work;
  const bool Param = Var && isa<ParmVarDecl>(Var);
  In[0] = Param ? Other : Undeclared;
  Reached[0] = Queued[0] = 1;
  Work.push_back(0);

  auto Process = [&](unsigned I, bool Record, auto Propagate) {
    const CFGBlock *B = Order[I];
    Bits S = In[I];
    for (const CFGElement &Element : *B) {
      const Stmt *At = statementOf(Element);
      if (WithRegion && At) {
        const bool Inside = isInside(positionOf(At, P.Where), P.Where);
        if (!Inside && (S & InRegion))
          S = leave(S, nullptr, P, Record);
        if (Inside)
          S |= InRegion;
      }
      if (Record && LiveUses && At && (S & Ours)) {
        const auto *Ref = dyn_cast<DeclRefExpr>(At);
        const auto *VD = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
        if (VD && (VD == Var || Related.count(VD)) && !isTarget(Ref))
          LiveUses->insert(Ref);
      }
      S = transfer(S, Element, P, Record && WithRegion);
      if (const auto *Return = dyn_cast_or_null<ReturnStmt>(At);
          Return && WithRegion && (S & InRegion)) {
        if (S & Ours) {
          const Expr *Value = Return->getRetValue();
          const Origin O = originOf(Value);
          if (O == Origin::Same) {
            S = consume(S, P, "returned", Record);
          } else if (O == Origin::Derived &&
                     !(variableOf(Value) && Increfed.count(variableOf(Value)))) {
            violate(P, Record, "something that belongs to the object is returned");
          }
        }
        S = leave(S, Return, P, Record);
      }
    }
    if (B->hasNoReturnElement())
      return;
    const Stmt *Terminator = B->getTerminatorStmt();
    const bool Inside = WithRegion && Terminator &&
                        isInside(positionOf(Terminator, P.Where), P.Where);
    if (Inside)
      S |= InRegion;
    const bool Jump =
        Inside && isa<GotoStmt, BreakStmt, ContinueStmt, IndirectGotoStmt>(Terminator);
    unsigned Number = 0;
    for (auto It = B->succ_begin(); It != B->succ_end(); ++It, ++Number) {
      const CFGBlock *Succ = It->getReachableBlock();
      if (!Succ || Flow->indexOf(Succ) == ~0u)
        continue;
      Bits Edge = refine(S, B, Number);
      if (!(Edge & AnyValue))
        continue;
      if (WithRegion && (Edge & InRegion) && leadsOutside(Succ, P.Where))
        Edge = leave(Edge, Jump ? Terminator : nullptr, P, Record);
      Propagate(Flow->indexOf(Succ), Edge);
    }
  };

  size_t Steps = 0;
  while (!Work.empty()) {
    if (++Steps > 200 * Order.size() + 1000)
      return false;
    const unsigned I = Work.front();
    Work.pop_front();
    Queued[I] = 0;
    Process(I, false, [&](unsigned To, Bits Edge) {
      const Bits Joined = In[To] | Edge;
      if (Reached[To] && Joined == In[To])
        return;
      Reached[To] = 1;
      In[To] = Joined;
      if (!Queued[To]) {
        Queued[To] = 1;
        Work.push_back(To);
      }
    });
  }
  for (unsigned I = 0; I < Order.size(); ++I)
    if (Reached[I])
      Process(I, true, [](unsigned, Bits) {});
  return true;
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

/// The statements that depend on the reference.
bool Rewriter::findRegion(const llvm::SmallPtrSetImpl<const Stmt *> &Live,
                          Plan &P) const {
  if (LoopBody) {
    // Each turn of the loop has a reference of its own.
    const auto *Block = dyn_cast<CompoundStmt>(LoopBody);
    if (nullTest(LoopCondition) != true || (Block && Block->body_empty()))
      return false;
    if (Block) {
      P.Where.Block = Block;
      P.Where.Last = Block->size() - 1;
    } else {
      P.Where.Only = LoopBody;
    }
    return llvm::all_of(Live, [&](const Stmt *Use) {
      const auto *Ref = dyn_cast<DeclRefExpr>(Use);
      return isInside(positionOf(Use, P.Where), P.Where) ||
             (Ref && Ref->getDecl() == Var &&
              support::isWithin(Use, LoopCondition, Parents));
    });
  }
  // The statement alone when it is no element of a block and has all uses; else
  // the smallest block with the look-up and all its uses.
  bool Found = false;
  if (!isa_and_nonnull<CompoundStmt>(Parents.getParent(DefStmt))) {
    P.Where.Only = DefStmt;
    Found = llvm::all_of(
        Live, [&](const Stmt *Use) { return positionOf(Use, P.Where) == 0; });
  }
  for (const Stmt *S = Parents.getParent(DefStmt); S && !Found;
       S = Parents.getParent(S)) {
    const auto *Block = dyn_cast<CompoundStmt>(S);
    if (!Block)
      continue;
    Region R;
    R.Block = Block;
    int First = positionOf(DefStmt, R), Last = First;
    Found = First >= 0;
    for (const Stmt *Use : Live) {
      const int At = positionOf(Use, R);
      Found &= At >= 0;
      First = std::min(First, At);
      Last = std::max(Last, At);
    }
    R.First = First;
    R.Last = Last;
    P.Where = R;
  }
  return Found;
}

bool Rewriter::planWith(bool Drop, bool Own, bool Chained, Plan &P) {
  if (Drop)
    for (const auto &[CE, Removed] : Droppable)
      P.Dropped.insert(CE);
  if (Own)
    P.Defaults.insert(Defaults.begin(), Defaults.end());
  if (Chained)
    for (const auto &Other : Others)
      P.Chain.insert(Other->Assign);

  llvm::SmallPtrSet<const Stmt *, 16> Live;
  if (!solve(P, /*WithRegion=*/false, &Live)) {
    P.Violation = "the function is too large to follow the reference";
    return false;
  }

  Live.insert(P.Defaults.begin(), P.Defaults.end());
  Live.insert(P.Chain.begin(), P.Chain.end());
  if (!findRegion(Live, P)) {
    P.Violation = "its uses are not in one block";
    return false;
  }
  if (!isNamedIn(P.Where, P.Violation))
    return false;
  if (!solve(P, /*WithRegion=*/true, nullptr)) {
    P.Violation = "the function is too large to follow the reference";
    return false;
  }
  if (!P.Violation.empty())
    return false;

  auto Check = [&](Bits B) {
    if (!(B & Ours))
      return true;
    if (B & (HandedOver | Spent))
      P.Violation = "a Py_INCREF is not on every path";
    else if (B & (Other | GivenUp))
      P.Violation = "the variable may hold something else where the reference "
                    "has to be given up";
    else if (B & Undeclared)
      P.Violation = "the look-up can be jumped over";
    else if (B & Detached)
      P.Violation = "the thread is detached where the reference has to be "
                    "given up";
    P.NullInit |= (B & Uninitialized) != 0;
    return P.Violation.empty();
  };
  bool Fine = Check(P.AtEnd);
  for (const auto &[Exit, B] : P.Exits)
    Fine = Fine && Check(B);
  return Fine;
}

bool Rewriter::plan() {
  std::string Failed;
  Flow = flow::FunctionFlow::build(FD, Context, Failed);
  if (!Flow)
    return fail("the function was not analysed: " + Failed);
  for (const auto &[New, Old] : Flow->graph().synthetic_stmts())
    Synthetic[New] = Old;
  collectDerived();

  // Py_INCREF(v); as a statement of its own, or under `if (v)`.
  llvm::SmallVector<const Stmt *, 64> Work{FD->getBody()};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S)
      continue;
    for (const Stmt *Child : S->children())
      Work.push_back(Child);
    if (const auto *Set = dyn_cast<BinaryOperator>(S);
        Set && Set->getOpcode() == BO_Assign && Set != Assign && Var &&
        !NoneToNull && isRef(Set->getLHS()) && isStaticObject(Set->getRHS()) &&
        support::enclosingStatement(Set, Parents) == Set)
      Defaults.push_back(Set);
    else if (const auto *Set = dyn_cast<BinaryOperator>(S);
             Set && Set->getOpcode() == BO_Assign && Set != Assign && Var &&
             isRef(Set->getLHS()))
      addToChain(Set);
    const auto *CE = dyn_cast<CallExpr>(S);
    const facts::ReferenceCountApi *Op =
        CE ? facts::findReferenceCountOp(calleeName(CE)) : nullptr;
    if (!Op || CE->getNumArgs() != 1 || !isRef(CE->getArg(0)))
      continue;
    if (Op->Op == facts::RefcountOp::NewRef) {
      if (Source.writtenCall(CE->getBeginLoc(), Op->Name))
        Droppable[CE] = nullptr;
      continue;
    }
    if (Op->Op != facts::RefcountOp::Incref)
      continue;
    const Stmt *Statement = support::enclosingStatement(CE, Parents);
    if (!Statement || valueOf(cast<Expr>(CE)) !=
                          (isa<Expr>(Statement)
                               ? valueOf(cast<Expr>(Statement))
                               : nullptr))
      continue;
    const Stmt *Parent = Parents.getParent(Statement);
    if (const auto *Block = dyn_cast_or_null<CompoundStmt>(Parent);
        Block && Block->size() == 1 &&
        dyn_cast_or_null<IfStmt>(Parents.getParent(Block))) {
      Statement = Block;
      Parent = Parents.getParent(Block);
    }
    if (const auto *If = dyn_cast_or_null<IfStmt>(Parent)) {
      const std::optional<bool> Test = nullTest(If->getCond());
      if (!Test || (If->getThen() == Statement) != *Test || If->getInit() ||
          If->getConditionVariable())
        continue;
      if (If->getElse()) {
        if (canDropBranch(If, Statement))
          Branches[CE] = If;
        else
          continue;
      }
      Statement = If;
      Parent = Parents.getParent(If);
    }
    if (isa_and_nonnull<CompoundStmt>(Parent) &&
        Source.writtenStatement(Statement))
      Droppable[CE] = Statement;
  }

  std::string Why;
  for (bool Drop : {true, false})
    for (bool Own : {false, true}) {
      if ((Drop && Droppable.empty()) || (Own && Defaults.empty()))
        continue;
      for (bool Chained : {true, false}) {
        if (Chained && Others.empty())
          continue;
        Plan P;
        if (planWith(Drop, Own, Chained, P)) {
          Chosen = std::move(P);
          return true;
        }
        if (!Drop && !Own && !Chained)
          Why = P.Violation;
      }
    }
  return fail(Why);
}

/// `v = PyDict_GetItem(a, k); if (v == NULL) v = PyDict_GetItem(b, k);`
void Rewriter::addToChain(const BinaryOperator *Set) {
  const auto *Other = dyn_cast<CallExpr>(valueOf(Set->getRHS()));
  const facts::BorrowedReference *OtherRow =
      Other ? facts::findBorrowed(calleeName(Other)) : nullptr;
  if (!OtherRow || !OtherRow->Mutable || LoopBody || NoneToNull || Unchecked)
    return;
  // Each part looks at the whole function, and a chain is short: with more
  // look-ups, as in the cases of a switch, there is none.
  constexpr unsigned MaxChain = 8;
  if (++ChainTried > MaxChain) {
    Others.clear();
    return;
  }
  auto Part = std::make_unique<Rewriter>(Other, *OtherRow, FD, Context, Target,
                                         &Edits);
  if (Part->chooseStrategy() && Part->findUse() && Part->classifyNoneTests() &&
      Part->Var == Var && Part->Assign == Set && !Part->LoopBody &&
      !Part->NewRef && !Part->NoneToNull && !Part->Unchecked)
    Others.push_back(std::move(Part));
}

/// `&_Py_NoneStruct`.
bool Rewriter::isStaticObject(const Expr *E) const {
  const auto *Address = dyn_cast<UnaryOperator>(valueOf(E));
  const auto *Ref =
      Address && Address->getOpcode() == UO_AddrOf
          ? dyn_cast<DeclRefExpr>(Address->getSubExpr()->IgnoreParens())
          : nullptr;
  const auto *Object = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  return Object && Object->hasGlobalStorage() && !Object->isStaticLocal() &&
         Object->getType()->isRecordType();
}

/// Where the text of \p If goes when its branch \p Branch is dropped: the branch
/// with its keyword, or all up to the other one.
std::optional<TextRange> Rewriter::branchText(const IfStmt *If,
                                              const Stmt *Branch) const {
  const std::optional<TextRange> All = Source.writtenStatement(If);
  const std::optional<TextRange> Then = Source.writtenStatement(If->getThen());
  const std::optional<TextRange> Else = Source.writtenStatement(If->getElse());
  if (!All || !Then || !Else)
    return std::nullopt;
  return Branch == If->getThen() ? TextRange{All->Begin, Else->Begin}
                                 : TextRange{Then->End, All->End};
}

bool Rewriter::canDropBranch(const IfStmt *If, const Stmt *Branch) const {
  const std::optional<TextRange> R = branchText(If, Branch);
  if (!R || Source.hasDirective(*R))
    return false;
  const StringRef Text = Source.text(*R);
  if (Text.contains("//") || Text.contains("/*"))
    return false;
  // `if (a) ...; else if (v) Py_INCREF(v); else ...` and the dangling else.
  if (isa_and_nonnull<IfStmt>(Parents.getParent(If)))
    return false;
  const auto *Test = dyn_cast<Expr>(If->getCond());
  return isa<CompoundStmt>(Branch == If->getThen() ? If->getElse()
                                                   : If->getThen()) &&
         Test && !(Assign && mentionsLookup(Test));
}

bool Rewriter::mentionsLookup(const Stmt *S) const {
  return S && (S == Lookup || llvm::any_of(S->children(), [&](const Stmt *C) {
                 return mentionsLookup(C);
               }));
}

/// What the AST does not show: code that is not compiled in this configuration.
bool Rewriter::checkText(const Plan &P) {
  const std::optional<TextRange> Begin =
      Source.writtenStatement(P.Where.statements().front());
  const std::optional<TextRange> End =
      Source.writtenStatement(P.Where.statements().back());
  if (!Begin || !End)
    return fail("a statement that uses the reference is part of a macro");
  if (Source.hasDirective({Begin->Begin, End->End}))
    return fail("preprocessor directives stand between the look-up and the last "
                "use");
  if (!Var)
    return true;

  // Every mention of the name in the text has to be one the AST knows.
  llvm::DenseSet<unsigned> Known;
  struct Visitor : RecursiveASTVisitor<Visitor> {
    Visitor(const SourceText &Source, StringRef Name,
            llvm::DenseSet<unsigned> &Known)
        : Source(Source), Name(Name), Known(Known) {}
    void note(SourceLocation Loc) {
      // Also inside the arguments of a macro that uses them several times.
      if (std::optional<unsigned> At = Source.spelled(Loc))
        Known.insert(*At);
    }
    bool VisitDeclRefExpr(DeclRefExpr *E) {
      if (E->getDecl()->getIdentifier() && E->getDecl()->getName() == Name)
        note(E->getLocation());
      return true;
    }
    bool VisitVarDecl(VarDecl *D) {
      if (D->getIdentifier() && D->getName() == Name)
        note(D->getLocation());
      return true;
    }
    const SourceText &Source;
    StringRef Name;
    llvm::DenseSet<unsigned> &Known;
  };
  Visitor(Source, Name, Known)
      .TraverseDecl(const_cast<FunctionDecl *>(FD));
  const SourceLocation BodyBegin = SM.getFileLoc(FD->getBody()->getBeginLoc());
  const SourceLocation BodyEnd = SM.getFileLoc(FD->getBody()->getEndLoc());
  if (SM.getFileID(BodyBegin) != Source.file() ||
      SM.getFileID(BodyEnd) != Source.file())
    return fail("the function is spread over several files");
  const TextRange Body{SM.getFileOffset(BodyBegin), SM.getFileOffset(BodyEnd)};
  for (unsigned At : Source.identifiers(Body, Name))
    if (!Known.count(At))
      return fail("the variable is also used in code that is not compiled in "
                  "this configuration, or by a macro");
  return true;
}

/// C++: an exception that leaves the region would lose the reference.
bool Rewriter::checkExceptions(const Plan &P) {
  if (!LO.CPlusPlus || !LO.CXXExceptions)
    return true;
  for (const Stmt *S : P.Where.statements())
    if (support::mayThrow(S))
      return fail("a C++ exception could leave the function while the reference "
                  "is held");
  return true;
}

//===----------------------------------------------------------------------===//
// Edits
//===----------------------------------------------------------------------===//

/// Whether \p E is evaluated first and always when \p Statement is.
static bool isEvaluatedFirst(const Stmt *E, const Stmt *Statement,
                             const ParentMap &Parents) {
  for (const Stmt *P = Parents.getParent(E); P; E = P, P = Parents.getParent(P)) {
    if (const auto *If = dyn_cast<IfStmt>(P))
      return P == Statement && If->getCond() == E && !If->getInit() &&
             !If->getConditionVariable();
    if (const auto *Op = dyn_cast<BinaryOperator>(P)) {
      if (Op->isLogicalOp() && Op->getLHS() != E)
        return false;
      if (Op->isAssignmentOp() || Op->getOpcode() == BO_Comma)
        return false;
      continue;
    }
    if (const auto *CE = dyn_cast<CallExpr>(P)) {
      const FunctionDecl *Callee = CE->getDirectCallee();
      if (!Callee || Callee->getBuiltinID() != Builtin::BI__builtin_expect)
        return false;
      continue;
    }
    if (!isa<ParenExpr, CastExpr, UnaryOperator, FullExpr>(P))
      return false;
  }
  return false;
}

/// Whether \p E is evaluated exactly once, whenever the simple statement
/// \p Statement is, and may as well be evaluated just before it.
static bool canHoist(const Stmt *E, const Stmt *Statement,
                     const ParentMap &Parents) {
  if (E == Statement)
    return true;
  for (const Stmt *P = Parents.getParent(E); P; P = Parents.getParent(P)) {
    if (isa<AbstractConditionalOperator, LambdaExpr, StmtExpr, BlockExpr>(P))
      return false;
    if (const auto *Op = dyn_cast<BinaryOperator>(P);
        Op && (Op->isLogicalOp() || Op->getOpcode() == BO_Comma))
      return false;
    if (!isa<Expr, DeclStmt, ReturnStmt>(P))
      return false;
    if (const auto *Decl = dyn_cast<DeclStmt>(P);
        Decl && !Decl->isSingleDecl())
      return false;
    if (P == Statement)
      return true;
  }
  return false;
}

bool Rewriter::emitDefinition(const Plan &P) {
  const bool DropIn = Row.Shape == facts::ReplacementShape::DropInReturnStrong;
  const bool InPlace = DropIn && How != Strategy::Guard;
  const TextRange Value = NewRefCall ? NewRefCall->Whole : Call.Whole;
  // The look-up in \p R's text replaced by the strong call.
  auto WithStrongCall = [&](TextRange R) {
    return (Source.text({R.Begin, Value.Begin}) + strongCall() +
            Source.text({Value.End, R.End}))
        .str();
  };
  auto ReplaceValue = [&]() {
    if (NewRefCall)
      Edits.replace(NewRefCall->Whole, strongCall());
    else
      replaceCallInPlace();
  };

  switch (Kind) {
  case Form::Declaration: {
    const std::optional<TextRange> Init = Source.written(Var->getInit());
    const std::optional<unsigned> At = Source.spelled(Var->getLocation());
    if (!Init || !At)
      return fail("the declaration comes out of a macro");
    if (InPlace) {
      ReplaceValue();
      if (!NullCheck.empty())
        Edits.after(DefStmt, NullCheck);
      return true;
    }
    if (Var->getType().isConstQualified() ||
        Var->getType()->getContainedAutoType())
      return fail("the declaration needs another type");
    // What follows in the same declaration is evaluated before the look-up now.
    bool Behind = false;
    for (const Decl *D : cast<DeclStmt>(DefStmt)->decls()) {
      const auto *VD = dyn_cast<VarDecl>(D);
      if (Behind && VD && VD->getInit() &&
          (mentions(VD->getInit()) || VD->getInit()->HasSideEffects(Context)))
        return fail("the declaration continues with other variables");
      Behind |= D == Var;
    }
    if (LO.CPlusPlus && !Flow && !NewRef)
      return fail("the declaration needs another form");
    Edits.replace({unsigned(*At + Name.size()), Init->End}, "");
    std::vector<std::string> Lines =
        setLines(Source.text(*Init).str(), WithStrongCall(*Init));
    Lines.insert(Lines.end(), NullCheck.begin(), NullCheck.end());
    Edits.after(DefStmt, Lines);
    return true;
  }
  case Form::Assignment: {
    if (InPlace) {
      ReplaceValue();
      if (!NullCheck.empty())
        Edits.after(DefStmt, NullCheck);
      return true;
    }
    const std::optional<TextRange> RHS = Source.written(Assign->getRHS());
    if (!RHS)
      return fail("the assignment comes out of a macro");
    Edits.replaceStatement(
        DefStmt, setLines(Source.text(*RHS).str(), WithStrongCall(*RHS)));
    if (!NullCheck.empty())
      Edits.after(DefStmt, NullCheck);
    return true;
  }
  case Form::Condition: {
    if (InPlace && NullCheck.empty()) {
      ReplaceValue();
      return true;
    }
    if (LoopBody) {
      // while ((v = PyDict_GetItemWithError(d, k)) != NULL)
      const std::optional<TextRange> All = Source.written(LoopCondition);
      if (!All || How == Strategy::Guard || Row.SwallowsErrors || NoneToNull ||
          !NullCheck.empty() || Row.Container != facts::ContainerKind::Dict)
        return fail("the look-up is in a condition it cannot be moved out of");
      Edits.replace(*All, resultCall() + " > 0");
      return true;
    }
    if (!isEvaluatedFirst(Assign, DefStmt, Parents))
      return fail("the look-up is in a condition it cannot be moved out of");
    const Stmt *Whole = Assign;
    if (isa_and_nonnull<ParenExpr>(Parents.getParent(Whole)))
      Whole = Parents.getParent(Whole);
    const std::optional<TextRange> RHS = Source.written(Assign->getRHS());
    const std::optional<TextRange> All = Source.written(Whole);
    if (!RHS || !All)
      return fail("the condition comes out of a macro");
    std::vector<std::string> Lines =
        setLines(Source.text(*RHS).str(), WithStrongCall(*RHS));
    Lines.insert(Lines.end(), NullCheck.begin(), NullCheck.end());
    Edits.before(DefStmt, Lines);
    Edits.replace(*All, Name);
    return true;
  }
  case Form::Nested: {
    if (!canHoist(NewRef ? static_cast<const Stmt *>(NewRef) : Written, DefStmt,
                  Parents))
      return fail("the look-up is inside an expression it cannot be moved out "
                  "of");
    const std::string Old = Source.text(Value).str();
    std::vector<std::string> Lines;
    if (InPlace) {
      Lines.push_back("PyObject *" + Name + " = " + strongCall() + ";");
    } else {
      Lines = setLines(Old, strongCall());
      Lines.insert(Lines.begin(), "PyObject *" + Name + ";");
    }
    Lines.insert(Lines.end(), NullCheck.begin(), NullCheck.end());
    const Stmt *Parent = Parents.getParent(DefStmt);
    const bool OwnScope =
        Parent && (isa<SwitchCase, LabelStmt>(Parent) || isJumpedInto(Parent));
    if (OwnScope && !P.Where.Only && !isOnly(P.Where, DefStmt))
      return fail("the variable for the reference needs a scope of its own");
    Edits.before(DefStmt, Lines, OwnScope);
    // A Py_NewRef that is dropped goes with the look-up.
    TextRange Gone = Value;
    for (const CallExpr *CE : P.Dropped)
      if (const facts::ReferenceCountApi *Op =
              facts::findReferenceCountOp(calleeName(CE));
          Op && Op->Op == facts::RefcountOp::NewRef)
        if (std::optional<WrittenCall> W =
                Source.writtenCall(CE->getBeginLoc(), Op->Name))
          if (W->Whole.Begin <= Value.Begin && W->Whole.End >= Value.End)
            Gone = W->Whole;
    Edits.replace(Gone, Name);
    return true;
  }
  }
  return false;
}

bool Rewriter::emitReleases(const Plan &P) {
  auto Release = [&](Bits B) {
    return (B & (Null | Uninitialized) ? "Py_XDECREF(" : "Py_DECREF(") + Name +
           ");";
  };

  for (const Stmt *Default : P.Defaults)
    Edits.after(Default, {"Py_INCREF(" + Name + ");"});

  for (const CallExpr *CE : P.Dropped) {
    if (const IfStmt *If = Branches.lookup(CE)) {
      const bool Then = !SM.isBeforeInTranslationUnit(If->getElseLoc(),
                                                      CE->getBeginLoc());
      Edits.replace(*branchText(If, Then ? If->getThen() : If->getElse()),
                    Then ? "if (" + Name + " == NULL) " : "");
      continue;
    }
    if (const Stmt *Statement = Droppable.lookup(CE)) {
      Edits.remove(Statement);
      continue;
    }
    const facts::ReferenceCountApi *Op =
        facts::findReferenceCountOp(calleeName(CE));
    const std::optional<WrittenCall> W =
        Source.writtenCall(CE->getBeginLoc(), Op->Name);
    if (!W || W->Args.size() != 1)
      return fail("a Py_NewRef is written in an unusual way");
    if (Var)
      Edits.replace(W->Whole, Source.text(W->Args[0]).str());
  }

  for (const auto &[Exit, B] : P.Exits) {
    if (!(B & Ours))
      continue;
    const auto *Return = dyn_cast<ReturnStmt>(Exit);
    const Expr *Value = Return ? Return->getRetValue() : nullptr;
    const bool Bare =
        !Value || !mentions(Value) || variableOf(Value) != nullptr;
    if (Bare) {
      Edits.before(Exit, {Release(B)});
      continue;
    }
    // The value is needed before the reference goes.
    QualType Type = FD->getReturnType();
    const std::optional<unsigned> Keyword =
        Source.spelled(Return->getReturnLoc());
    if (!Keyword || !Source.written(Return))
      return fail("a return statement comes out of a macro");
    if (!(Type->isScalarType() && !Type->isMemberPointerType()) ||
        Type->isFunctionPointerType())
      return fail("a returned value needs a variable of its own");
    const TextRange Body{SM.getFileOffset(SM.getFileLoc(FD->getBeginLoc())),
                         SM.getFileOffset(SM.getFileLoc(FD->getEndLoc()))};
    std::string Result = "result";
    for (unsigned N = 2; Source.mentions(Body, Result) || Result == Name; ++N)
      Result = "result" + std::to_string(N);
    std::string Declared = Type.getUnqualifiedType().getAsString(
        PrintingPolicy(LO));
    Declared += (StringRef(Declared).ends_with("*") ? "" : " ") + Result;
    Edits.replace({*Keyword, unsigned(*Keyword + strlen("return"))},
                  Declared + " =");
    const Stmt *Parent = Parents.getParent(Return);
    const bool OwnScope =
        Parent && (isa<SwitchCase, LabelStmt>(Parent) || isJumpedInto(Parent) ||
                   !Target.Names->Results.insert(Parent).second);
    Edits.after(Return, {Release(B), "return " + Result + ";"}, OwnScope);
  }
  if (P.AtEnd & Ours)
    Edits.after(P.Where.statements().back(), {Release(P.AtEnd)});

  if (P.NullInit) {
    const std::optional<unsigned> At = Source.spelled(Var->getLocation());
    if (!At || Var->getInit() || isa<ParmVarDecl>(Var))
      return fail("the variable cannot be initialised with NULL");
    Edits.insert(*At + Name.size(), " = NULL");
  }
  if (NoneToNull)
    for (const Expr *None : NoneTests)
      Edits.replace(*Source.written(None), "NULL");
  return true;
}

/// `Py_NewRef(PyList_GetItem(l, i))` is a strong reference already: the two
/// calls become one wherever they stand.
bool Rewriter::rewriteNewRefInPlace() {
  Edits.replace(NewRefCall->Whole, strongCall());
  return true;
}

/// `self->f = PyList_GetItem(l, i); Py_INCREF(self->f);`
bool Rewriter::rewriteFieldWithIncref() {
  const auto *Op = dyn_cast<BinaryOperator>(DefStmt);
  if (!Op || Op->getOpcode() != BO_Assign || valueOf(Op->getRHS()) != Lookup)
    return false;
  const auto *Block =
      dyn_cast_or_null<CompoundStmt>(Parents.getParent(DefStmt));
  if (!Block)
    return false;
  const Stmt *Next = nullptr;
  for (auto It = Block->body_begin(); It != Block->body_end(); ++It)
    if (*It == DefStmt && std::next(It) != Block->body_end())
      Next = *std::next(It);
  const auto *E = dyn_cast_or_null<Expr>(Next);
  const auto *CE = E ? dyn_cast<CallExpr>(valueOf(E)) : nullptr;
  const facts::ReferenceCountApi *Count =
      CE ? facts::findReferenceCountOp(calleeName(CE)) : nullptr;
  if (!Count || Count->Op != facts::RefcountOp::Incref)
    return false;
  const std::optional<WrittenCall> W =
      Source.writtenCall(CE->getBeginLoc(), Count->Name);
  const std::optional<TextRange> LHS = Source.written(Op->getLHS());
  if (!W || W->Args.size() != 1 || !LHS ||
      Source.text(W->Args[0]) != Source.text(*LHS) ||
      Op->getLHS()->HasSideEffects(Context))
    return false;
  replaceCallInPlace();
  Edits.remove(Next);
  return true;
}

void Rewriter::addInclude(StrongReferenceFix &Fix) {
  if (How == Strategy::Compat)
    Fix.Include = compatInclude(Source, SM);
}

/// Whether \p CE cannot have taken hold of anything that an error path would
/// have to give back: memory, references, locks, buffers.
static bool takesNothing(const CallExpr *CE) {
  const FunctionDecl *Callee = CE->getDirectCallee();
  const StringRef Name = calleeName(CE);
  if (!Callee || Name.empty())
    return false;
  if (Callee->isNoReturn() ||
      (Callee->getBuiltinID() && !CE->getType()->isPointerType()))
    return true;
  if (!Name.starts_with("Py") && !Name.starts_with("_Py"))
    return false;
  if (facts::findLockApi(Name) || facts::findThreadStateApi(Name) ||
      !facts::findNewReferences(Name).empty())
    return false;
  if (const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(Name))
    return Op->Op == facts::RefcountOp::Decref;
  if (const facts::BorrowedReference *Borrowed = facts::findBorrowed(Name)) {
    if (Borrowed->Result != facts::ResultKind::FormatOutArguments)
      return true;
    // Some units of a format fill a buffer, allocate, or run a converter.
    for (const Expr *Arg : CE->arguments())
      if (const auto *Format = dyn_cast<StringLiteral>(valueOf(Arg)))
        return Format->isOrdinary() &&
               Format->getString().find_first_of("*&e") == StringRef::npos;
    return !Name.contains("Parse");
  }
  if (CE->getType()->isPointerType())
    return facts::findInteriorPointer(Name) != nullptr;
  return llvm::none_of(CE->arguments(), [](const Expr *Arg) {
    const auto *Address = dyn_cast<UnaryOperator>(valueOf(Arg));
    return Address && Address->getOpcode() == UO_AddrOf;
  });
}

static void collectCalls(const Stmt *S,
                         llvm::SmallVectorImpl<const CallExpr *> &Calls) {
  if (!S)
    return;
  if (const auto *CE = dyn_cast<CallExpr>(S))
    Calls.push_back(CE);
  for (const Stmt *Child : S->children())
    collectCalls(Child, Calls);
}

/// The last statement of \p S.
static const Stmt *lastOf(const Stmt *S) {
  while (const auto *Block = dyn_cast_or_null<CompoundStmt>(S)) {
    if (Block->body_empty())
      return Block;
    S = Block->body_back();
  }
  return S;
}

static bool endsInJump(const Stmt *S) {
  return isa<ReturnStmt, GotoStmt, BreakStmt, ContinueStmt>(lastOf(S));
}

/// Whether \p Return gives the value by which a function says that it failed.
bool Rewriter::isFailureReturn(const ReturnStmt *Return) const {
  const Expr *Value = Return->getRetValue();
  if (!Value)
    return false;
  const QualType T = FD->getReturnType();
  if (T->isPointerType())
    return isNullConstant(Value, Context);
  Expr::EvalResult Result;
  return T->isSignedIntegerType() && Value->EvaluateAsInt(Result, Context) &&
         Result.Val.getInt() == -1;
}

/// Whether the code from \p Label on uses one of \p Vars.
static bool usesBehind(const FunctionDecl *FD, SourceLocation Label,
                       const llvm::SmallPtrSetImpl<const VarDecl *> &Vars,
                       const SourceManager &SM) {
  llvm::SmallVector<const Stmt *, 64> Work{FD->getBody()};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S)
      continue;
    for (const Stmt *Child : S->children())
      Work.push_back(Child);
    const auto *Ref = dyn_cast<DeclRefExpr>(S);
    const auto *VD = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
    if (VD && Vars.count(VD) &&
        !SM.isBeforeInTranslationUnit(Ref->getLocation(), Label))
      return true;
  }
  return false;
}

/// The new call can fail where the old macro could not: finds out how the
/// function fails at this point. \p Lines gets the test and the way out, or
/// stays empty when the code tests the result already.
bool Rewriter::failureExit(std::vector<std::string> &Lines) {
  const Stmt *Parent = Parents.getParent(DefStmt);
  const auto *Block = dyn_cast_or_null<CompoundStmt>(Parent);
  if (Kind == Form::Condition) {
    const auto *If = dyn_cast<IfStmt>(DefStmt);
    return If && nullTest(If->getCond()).has_value();
  }
  if (!Block)
    return false;
  // No new exit out of a region that a macro opened.
  for (const Stmt *S = DefStmt; S; S = Parents.getParent(S))
    if (const auto *Outer = dyn_cast<CompoundStmt>(S);
        Outer && Outer->getLBracLoc().isMacroID())
      return false;

  llvm::ArrayRef<Stmt *> Body(const_cast<CompoundStmt *>(Block)->body_begin(),
                              Block->size());
  const auto Here = llvm::find(Body, DefStmt);
  if (Here == Body.end())
    return false;
  if (Var && std::next(Here) != Body.end())
    if (const auto *If = dyn_cast<IfStmt>(*std::next(Here)))
      if (const std::optional<bool> Test = nullTest(If->getCond());
          Test && !*Test)
        return true;

  auto Found = [&](std::vector<std::string> Exit) {
    Lines = {"if (" + Name + " == NULL) {"};
    for (std::string &Line : Exit)
      Lines.push_back("\t" + std::move(Line));
    Lines.push_back("}");
    return true;
  };

  // The next test for an error that leaves, when nothing is taken up to there
  // except by the very call whose failure is tested.
  llvm::SmallPtrSet<const VarDecl *, 8> Set;
  if (Var)
    Set.insert(Var);
  const VarDecl *Tested = nullptr; // Set by the last call that may take.
  bool Pending = false;            // Such a call was seen.
  for (auto It = Var ? std::next(Here) : Here; It != Body.end(); ++It) {
    const Stmt *S = *It;
    llvm::SmallVector<const CallExpr *, 8> Calls;
    if (const auto *If = dyn_cast<IfStmt>(S)) {
      collectCalls(If->getCond(), Calls);
      unsigned Taking = 0;
      for (const CallExpr *CE : Calls)
        Taking += !takesNothing(CE) && CE != Lookup;
      llvm::SmallVector<const Stmt *, 8> Uses{If->getCond()};
      bool TestsIt = false;
      for (size_t I = 0; I < Uses.size(); ++I) {
        const auto *Ref = dyn_cast_or_null<DeclRefExpr>(Uses[I]);
        TestsIt |= Ref && Tested && Ref->getDecl() == Tested;
        if (Uses[I])
          for (const Stmt *Child : Uses[I]->children())
            Uses.push_back(Child);
      }
      if (If->getElse() || Taking + Pending > 1 || (Pending && !TestsIt))
        break;
      if (!Taking && !Pending && endsInJump(If->getThen()) &&
          !isa<GotoStmt>(lastOf(If->getThen())) &&
          !(isa<ReturnStmt>(lastOf(If->getThen())) &&
            isFailureReturn(cast<ReturnStmt>(lastOf(If->getThen())))))
        continue; // An early way out that is no failure.
      // What the exit does must make sense before everything set meanwhile.
      llvm::SmallVector<const Stmt *, 4> Exit;
      if (const auto *Then = dyn_cast<CompoundStmt>(If->getThen()))
        Exit.append(Then->body_begin(), Then->body_end());
      else
        Exit.push_back(If->getThen());
      if (Exit.empty())
        break;
      std::vector<std::string> Copied;
      bool Fits = true;
      for (const Stmt *Step : Exit) {
        const std::optional<TextRange> R = Source.writtenStatement(Step);
        if (!R || Source.text(*R).contains('\n')) {
          Fits = false;
          break;
        }
        Copied.push_back(Source.text(*R).str());
        if (Step == Exit.back()) {
          if (const auto *Return = dyn_cast<ReturnStmt>(Step)) {
            Fits &= isFailureReturn(Return);
          } else if (const auto *Goto = dyn_cast<GotoStmt>(Step)) {
            Fits &= !LO.CPlusPlus &&
                    SM.isBeforeInTranslationUnit(
                        Goto->getGotoLoc(), Goto->getLabel()->getLocation()) &&
                    !usesBehind(FD, Goto->getLabel()->getLocation(), Set, SM);
          } else {
            Fits = false;
          }
          continue;
        }
        const auto *E = dyn_cast<Expr>(Step);
        const auto *CE = E ? dyn_cast<CallExpr>(valueOf(E)) : nullptr;
        const facts::ReferenceCountApi *Op =
            CE ? facts::findReferenceCountOp(calleeName(CE)) : nullptr;
        const VarDecl *VD = Op ? variableOf(CE->getArg(0)) : nullptr;
        Fits &= Op && Op->Op == facts::RefcountOp::Decref && VD &&
                VD->hasLocalStorage() && !Set.count(VD);
      }
      if (Fits)
        return Found(std::move(Copied));
      break;
    }
    if (!isa<Expr, DeclStmt>(S))
      break;
    collectCalls(S, Calls);
    unsigned Taking = 0;
    for (const CallExpr *CE : Calls)
      Taking += !takesNothing(CE) && CE != Lookup;
    if (Taking + Pending > 1)
      break;
    const VarDecl *Target = nullptr;
    if (const auto *Decl = dyn_cast<DeclStmt>(S)) {
      for (const clang::Decl *D : Decl->decls())
        if (const auto *VD = dyn_cast<VarDecl>(D)) {
          Target = VD;
          Set.insert(VD);
        }
      if (!Decl->isSingleDecl() && Taking)
        break;
    } else if (const auto *Op = dyn_cast<BinaryOperator>(S)) {
      Target = Op->isAssignmentOp() ? localPart(Op->getLHS()) : nullptr;
      if (Target)
        Set.insert(Target);
    }
    if (Taking) {
      if (!Target)
        break;
      Pending = true;
      Tested = Target;
    }
  }

  // A function that holds nothing here can simply return.
  const Stmt *Outermost = DefStmt;
  for (const Stmt *S = DefStmt; S; S = Parents.getParent(S))
    if (isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(S))
      Outermost = S;
  llvm::SmallVector<const CallExpr *, 16> All;
  collectCalls(FD->getBody(), All);
  const SourceLocation End = SM.getFileLoc(Outermost->getEndLoc());
  for (const CallExpr *CE : All) {
    if (SM.isBeforeInTranslationUnit(End, SM.getFileLoc(CE->getBeginLoc())))
      continue;
    if (CE != Lookup && !takesNothing(CE))
      return false;
  }
  llvm::SmallVector<const Stmt *, 64> Work{FD->getBody()};
  bool Fails = isPyObjectPointer(FD->getReturnType());
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S)
      continue;
    if (isa<LabelStmt, CXXNewExpr, LambdaExpr>(S))
      return false; // A clean-up, or something not understood.
    if (const auto *Return = dyn_cast<ReturnStmt>(S))
      Fails |= isFailureReturn(Return);
    for (const Stmt *Child : S->children())
      Work.push_back(Child);
  }
  if (!Fails)
    return false;
  return Found({FD->getReturnType()->isPointerType() ? "return NULL;"
                                                     : "return -1;"});
}

StrongReferenceFix Rewriter::run() {
  StrongReferenceFix Fix;
  if (Row.Replacement)
    Fix.Title =
        (llvm::Twine("take a strong reference with '") + Row.Replacement + "'")
            .str();
  const bool DropIn = Row.Shape == facts::ReplacementShape::DropInReturnStrong;
  auto Rewrite = [&]() {
    if (!chooseStrategy() || !findUse() || !classifyNoneTests())
      return false;
    if (NewRef && DropIn && How != Strategy::Guard && !Unchecked)
      return rewriteNewRefInPlace();
    if (NewRef && Unchecked) {
      // NULL, where there never was one, must reach somebody who expects it.
      const auto *Return = dyn_cast<ReturnStmt>(DefStmt);
      if (!Return || valueOf(Return->getRetValue()) != NewRef ||
          !isPyObjectPointer(FD->getReturnType()))
        return fail("the new call can fail and nothing here tests for it");
      if (How != Strategy::Guard)
        return rewriteNewRefInPlace();
    }
    if (!NewRef && !Var && DropIn && How != Strategy::Guard && !Unchecked &&
        rewriteFieldWithIncref())
      return true;
    if (!Var) {
      const TextRange Body{SM.getFileOffset(SM.getFileLoc(FD->getBeginLoc())),
                           SM.getFileOffset(SM.getFileLoc(FD->getEndLoc()))};
      using facts::ContainerKind;
      const std::string Base =
          Row.Container == ContainerKind::List ||
                  Row.Container == ContainerKind::Sequence
              ? "item"
          : Row.Container == ContainerKind::Weakref ? "referent"
                                                    : "value";
      Name = Base;
      for (unsigned N = 2; Source.mentions(Body, Name) ||
                           Target.Names->References.contains(Name);
           ++N)
        Name = Base + std::to_string(N);
      Target.Names->References.insert(Name);
    }
    if (Unchecked && !NewRef && !failureExit(NullCheck))
      return fail("the new call can fail and there is no error path to take");
    if (NewRef)
      // The result is strong from the start: nobody else has to change.
      return emitDefinition(Plan());
    if (!plan() || !checkText(Chosen) || !checkExceptions(Chosen))
      return false;
    for (const auto &Other : Others)
      if (Chosen.Chain.count(Other->Assign) && !Other->emitDefinition(Plan()))
        return fail(Other->WhyNot);
    return emitDefinition(Chosen) && emitReleases(Chosen);
  };
  if (Rewrite()) {
    std::string Why;
    Fix.Hints = Edits.finish(Why);
    if (!Why.empty())
      fail(Why);
    else if (Fix.Hints.empty())
      fail("there is nothing to change");
  }
  Fix.WhyNot = WhyNot;
  Fix.Applicable = WhyNot.empty();
  if (Fix.Applicable)
    addInclude(Fix);
  else
    Fix.Hints.clear();
  return Fix;
}

} // namespace

std::optional<FixItHint> compatInclude(const SourceText &Source,
                                       const SourceManager &SM) {
  for (auto It = SM.fileinfo_begin(); It != SM.fileinfo_end(); ++It)
    if (It->first.getName().ends_with("pythoncapi_compat.h"))
      return std::nullopt;
  // After the line that includes Python.h, or the last inclusion at top level.
  const StringRef Text = Source.text();
  unsigned Place = 0, Depth = 0, Line = 0;
  bool Found = false;
  while (Line < Text.size()) {
    const unsigned Next = Source.nextLine(Line);
    StringRef L = Text.slice(Line, Next).trim();
    if (L.consume_front("#")) {
      L = L.ltrim();
      if (L.starts_with("if"))
        ++Depth;
      else if (L.starts_with("endif") && Depth)
        --Depth;
      else if (L.consume_front("include")) {
        const bool IsPython = L.contains("<Python.h>") ||
                              L.contains("\"Python.h\"") ||
                              L.contains("/Python.h");
        if (IsPython && Depth <= 1 && !Found) {
          Place = Next;
          Found = true;
        } else if (!Found && Depth == 0) {
          Place = Next;
        }
      }
    }
    Line = Next;
  }
  return FixItHint::CreateInsertion(
      Source.location(Place), "#include \"pythoncapi_compat.h\"\n");
}

StrongReferenceFix makeStrongReferenceFix(const Expr *Lookup,
                                          const facts::BorrowedReference &Row,
                                          const FunctionDecl *FD,
                                          ASTContext &Context,
                                          const FixTarget &Target) {
  const FunctionDecl *Definition = nullptr;
  if (!FD->hasBody(Definition)) {
    StrongReferenceFix Fix;
    Fix.WhyNot = "the function has no body";
    return Fix;
  }
  return Rewriter(Lookup, Row, Definition, Context, Target).run();
}

} // namespace pyext::refs
