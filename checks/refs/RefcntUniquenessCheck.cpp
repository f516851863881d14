//===- RefcntUniquenessCheck.cpp - cpython-refs-refcnt-uniqueness ---------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/RefcntUniquenessCheck.h"
#include "facts/ContainerRules.h"
#include "refs/Places.h"
#include "refs/StrongReferenceFix.h"
#include "support/Source.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/Support/Format.h"

using namespace clang;

namespace pyext::refs {

/// What a comparison of a number of references with a constant asks.
struct RefcntUniquenessCheck::Question {
  const BinaryOperator *Comparison = nullptr;
  unsigned References = 0; ///< 1: the only reference; 2: one more than that.
  bool Negated = false;    ///< True when there are more.
  bool Kept = false;       ///< Of a variable with the number.

  /// The comparison around \p Count; no Comparison when it is none that decides
  /// between the only reference and more.
  static Question about(const Expr *Count, const ParentMap &Parents,
                        const ASTContext &Context);

private:
  static Question compared(const Expr *Count, const ParentMap &Parents,
                           const ASTContext &Context);
};

RefcntUniquenessCheck::Question
RefcntUniquenessCheck::Question::about(const Expr *Count,
                                       const ParentMap &Parents,
                                       const ASTContext &Context) {
  Question Result;
  if (const VarDecl *V = keptIn(Count, Parents);
      V && V->hasLocalStorage() && V->getType()->isIntegerType()) {
    const Stmt *Root = Count;
    while (const Stmt *Outer = Parents.getParent(Root))
      Root = Outer;
    llvm::SmallVector<const Stmt *, 64> Todo = {Root};
    while (!Todo.empty() && !Result.Comparison) {
      const Stmt *Each = Todo.pop_back_val();
      const auto *R = dyn_cast<DeclRefExpr>(Each);
      if (R && R->getDecl() == V)
        Result = compared(R, Parents, Context);
      Todo.append(Each->child_begin(), Each->child_end());
      llvm::erase_if(Todo, [](const Stmt *E) { return !E; });
    }
    Result.Kept = true;
    return Result;
  }
  return compared(Count, Parents, Context);
}

RefcntUniquenessCheck::Question
RefcntUniquenessCheck::Question::compared(const Expr *Count,
                                          const ParentMap &Parents,
                                          const ASTContext &Context) {
  Question Result;
  const Stmt *Child = Count;
  const Stmt *S = Parents.getParent(Count);
  while (isa_and_nonnull<CastExpr, ParenExpr, FullExpr>(S)) {
    Child = S;
    S = Parents.getParent(S);
  }
  const auto *B = dyn_cast_or_null<BinaryOperator>(S);
  if (!B || !B->isComparisonOp())
    return Result;
  const bool Left = B->getLHS() == Child;
  Expr::EvalResult Value;
  const Expr *Other = Left ? B->getRHS() : B->getLHS();
  if (Other->isValueDependent() || !Other->EvaluateAsInt(Value, Context))
    return Result;
  const int64_t N = Value.Val.getInt().getExtValue();
  BinaryOperatorKind Op = B->getOpcode();
  if (!Left)
    Op = BinaryOperator::reverseComparisonOp(Op);
  int64_t Most = 0; // Count <= Most, or not.
  switch (Op) {
  case BO_EQ:
  case BO_LE:
  case BO_NE:
  case BO_GT:
    Most = N;
    break;
  case BO_LT:
  case BO_GE:
    Most = N - 1;
    break;
  default:
    return Result;
  }
  if (Most != 1 && Most != 2)
    return Result;
  Result.Comparison = B;
  Result.References = Most;
  Result.Negated = Op == BO_NE || Op == BO_GT || Op == BO_GE;
  return Result;
}

/// What is evaluated first of all in statement \p Before, and contains
/// \p Comparison; null when there is nothing that can be evaluated before it.
static const Expr *evaluatedFirst(const Expr *Comparison,
                                  const ParentMap &Parents,
                                  const Stmt *&Before) {
  const Expr *First = Comparison;
  const Stmt *Child = Comparison;
  for (const Stmt *S = Parents.getParent(Comparison); S;
       Child = S, S = Parents.getParent(S)) {
    if (const auto *B = dyn_cast<BinaryOperator>(S)) {
      if (B->isLogicalOp()) {
        if (Child == B->getRHS())
          First = B;
        continue;
      }
      if (B->getOpcode() == BO_Assign && Child == B->getRHS() &&
          isa<DeclRefExpr>(B->getLHS()->IgnoreParens()) &&
          support::enclosingStatement(B, Parents) == B) {
        Before = B;
        return First;
      }
      // The other side may as well be evaluated later.
      if (B->isComparisonOp() || B->isAdditiveOp() || B->isBitwiseOp())
        continue;
      return nullptr;
    }
    // So may the other arguments.
    if (const auto *C = dyn_cast<CallExpr>(S)) {
      if (isa<CXXOperatorCallExpr>(C) || Child == C->getCallee())
        return nullptr;
      if (support::enclosingStatement(C, Parents) != C)
        continue;
      Before = C;
      return First;
    }
    if (isa<ParenExpr, ImplicitCastExpr, FullExpr>(S))
      continue;
    if (const auto *U = dyn_cast<UnaryOperator>(S)) {
      if (U->getOpcode() != UO_LNot)
        return nullptr;
      continue;
    }
    if (const auto *C = dyn_cast<ConditionalOperator>(S)) {
      if (Child != C->getCond())
        return nullptr;
      continue;
    }
    // The body of a loop, or an `else if`, gets braces.
    if (support::enclosingStatement(S, Parents) != S)
      return nullptr;
    const auto *If = dyn_cast<IfStmt>(S);
    const auto *D = dyn_cast<DeclStmt>(S);
    if ((If && If->getCond() == Child && !If->getInit()) ||
        isa<ReturnStmt>(S) || (D && D->isSingleDecl())) {
      Before = S;
      return First;
    }
    return nullptr;
  }
  return nullptr;
}

/// \p Comparison is part of the condition of an `if` or a loop, which is asked
/// there and nowhere before.
static bool isAskedInPlace(const Expr *Comparison, bool Negated,
                           const ParentMap &Parents) {
  if (const auto *B = dyn_cast<BinaryOperator>(Comparison);
      !B || B->getOperatorLoc().isMacroID())
    return false;
  const Stmt *Child = Comparison;
  const Stmt *S = Parents.getParent(Comparison);
  for (; isa_and_nonnull<Expr>(S); S = Parents.getParent(S)) {
    // Directives may not stand in the arguments of a macro.
    if (S->getBeginLoc().isMacroID() && !isa<BinaryOperator, CastExpr>(S))
      return false;
    Child = S;
  }
  if (const auto *If = dyn_cast_or_null<IfStmt>(S))
    return If->getCond() == Child && !If->getIfLoc().isMacroID();
  // What is shared in all builds without an answer stays so for ever.
  if (Negated)
    return false;
  if (const auto *W = dyn_cast_or_null<WhileStmt>(S))
    return W->getCond() == Child && !W->getWhileLoc().isMacroID();
  if (const auto *D = dyn_cast_or_null<DoStmt>(S))
    return D->getCond() == Child && !D->getWhileLoc().isMacroID();
  const auto *For = dyn_cast_or_null<ForStmt>(S);
  return For && For->getCond() == Child && !For->getForLoc().isMacroID();
}

/// One line of text.
static std::string joined(StringRef Text) {
  std::string Result;
  for (StringRef Rest = Text; !Rest.empty();) {
    auto [Line, Next] = Rest.split('\n');
    Result += (Result.empty() ? "" : " ") + Line.trim().str();
    Rest = Next;
  }
  return Result;
}

llvm::SmallVector<FixItHint, 4> RefcntUniquenessCheck::makeFix(
    const model::ExtensionModel &Model, const FunctionDecl *FD,
    const CallExpr *Count, const Question &Q, const facts::ApiVersion &Api,
    const ParentMap &Parents) {
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  const support::SourceText Source(
      SM, Context.getLangOpts(),
      SM.getFileID(SM.getFileLoc(Q.Comparison->getBeginLoc())));
  const std::optional<support::TextRange> Whole = Source.written(Q.Comparison);
  const std::optional<support::WrittenCall> Call =
      Source.writtenCall(Count->getBeginLoc(), facts::uniquenessCall(
                             facts::UniquenessMeaning::Count));
  const Expr *Object = Count->getArg(0)->IgnoreParenCasts();
  if (Q.Kept || Q.References != 1 || !Whole || !Call || Call->Args.size() != 1 ||
      !isa<DeclRefExpr, MemberExpr, CallExpr>(Object))
    return {};
  const QualType Wanted = Count->getDirectCallee()->getParamDecl(0)->getType();
  std::string Unique = Q.Negated ? "!" : "";
  Unique += std::string(Api.Name) + "(";
  if (!Context.hasSameUnqualifiedType(Object->getType(), Wanted) &&
      !Source.text(Call->Args[0]).starts_with("("))
    Unique += "(" + Wanted.getAsString(Context.getPrintingPolicy()) + ")";
  Unique += Source.text(Call->Args[0]).str() + ")";

  std::string WhyNot;
  support::EditSet Edits(Source, Parents);
  const bool Plain = Api.usableFrom(minPython(), /*WithCompat=*/false);
  if (Plain || (mayUseCompatHeader() &&
                Api.usableFrom(minPython(), /*WithCompat=*/true))) {
    Edits.replace(*Whole, Unique);
    llvm::SmallVector<FixItHint, 4> Hints;
    Hints.append(Edits.finish(WhyNot));
    if (!Plain && !Hints.empty())
      if (std::optional<FixItHint> Include = compatInclude(Source, SM);
          Include && Including.insert(Source.file()).second)
        Hints.push_back(*Include);
    return Hints;
  }

  // Older Pythons count as they did; without the GIL there is nothing to ask.
  if (Model.preprocessing().limitedApi())
    return {};
  const Stmt *Before = nullptr;
  const Expr *First = evaluatedFirst(Q.Comparison, Parents, Before);
  const std::optional<support::TextRange> Asked =
      First ? Source.written(First) : std::nullopt;
  const std::optional<support::TextRange> Body = Source.written(FD->getBody());
  std::string Newer;
  llvm::raw_string_ostream(Newer)
      << "#if PY_VERSION_HEX >= "
      << llvm::format_hex(0x03000000u | (Api.Since << 16), 10, /*Upper=*/true);
  const auto *Else =
      Before ? dyn_cast_or_null<IfStmt>(Parents.getParent(Before)) : nullptr;
  if ((!First || (Else && Else->getElse() == Before)) && isAskedInPlace(Q.Comparison, Q.Negated, Parents) &&
      !Source.hasDirective(*Whole)) {
    Edits.replace(*Whole, "\n" + Newer + "\n" + Unique +
                              "\n#elif !defined(Py_GIL_DISABLED)\n" +
                              joined(Source.text(*Whole)) + "\n#else\n" +
                              (Q.Negated ? "1" : "0") + "\n#endif\n");
    llvm::SmallVector<FixItHint, 4> Hints;
    Hints.append(Edits.finish(WhyNot));
    return Hints;
  }
  if (!Asked || !Body || Source.hasDirective(*Asked) ||
      (Context.getLangOpts().CPlusPlus && isa<DeclStmt>(Before)))
    return {};
  std::string Name = Q.Negated ? "shared" : "unique";
  llvm::StringSet<> &Taken = Names[FD];
  for (unsigned I = 2;
       I < 100 && (Source.mentions(*Body, Name) || Taken.contains(Name)); ++I)
    Name = (Q.Negated ? "shared" : "unique") + std::to_string(I);
  auto Line = [&](StringRef Answer) {
    const std::string Text =
        (Source.text({Asked->Begin, Whole->Begin}) + Answer +
         Source.text({Whole->End, Asked->End}))
            .str();
    return "int " + Name + " = " + joined(Text) + ";";
  };
  Edits.before(Before,
               {Newer, Line(Unique), "#elif !defined(Py_GIL_DISABLED)",
                Line(Source.text(*Whole)), "#else",
                Line(Q.Negated ? "1" : "0"), "#endif"},
               /*OwnScope=*/Context.getLangOpts().CPlusPlus ||
                   isa_and_nonnull<LabelStmt, SwitchCase>(
                       Parents.getParent(Before)));
  Edits.replace(*Asked, Name);
  llvm::SmallVector<FixItHint, 4> Hints;
  Hints.append(Edits.finish(WhyNot));
  if (!Hints.empty())
    Taken.insert(Name);
  return Hints;
}

void RefcntUniquenessCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  using facts::UniquenessMeaning;
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  Including.clear();
  Names.clear();
  for (const model::CallSite *C :
       Model.apiCalls(facts::uniquenessCall(UniquenessMeaning::Count))) {
    const FunctionDecl *FD = C->Caller;
    if (C->Call->getNumArgs() != 1 ||
        !runsConcurrently(Model, FD, C->Call->getExprLoc()))
      continue;
    const flow::FunctionBody *Body = Model.flows().body(FD);
    if (!Body)
      continue;
    const ParentMap *Parents = &Body->parents();
    const Question Q = Question::about(C->Call, *Parents, Context);
    if (!Q.Comparison)
      continue;

    // An object made here is known to nobody else as long as nobody was told.
    bool New = true, Argument = false;
    if (const flow::FunctionRefs *R = Model.refs().get(FD)) {
      const flow::CallArguments *Given = R->arguments(C->Call);
      if (!Given || Given->Args.empty())
        continue; // Never reached.
      New = !Given->Args[0].empty() && !Given->Escaped[0];
      for (unsigned V : Given->Args[0]) {
        const flow::OriginKind K = R->origin(V).Kind;
        New &= K == flow::OriginKind::Fresh || K == flow::OriginKind::Instance ||
               K == flow::OriginKind::Null;
        Argument |= K == flow::OriginKind::Parameter ||
                    K == flow::OriginKind::Argument;
      }
    } else {
      New = false;
    }
    if (New)
      continue;

    const char *Unique = facts::uniquenessCall(
        Argument ? UniquenessMeaning::Temporary : UniquenessMeaning::Unique);
    const facts::ApiVersion *Api = facts::findApi(Unique);
    const SourceLocation Loc = SM.getFileLoc(Q.Comparison->getBeginLoc());
    llvm::SmallVector<FixItHint, 4> Fix;
    if (Api)
      Fix = makeFix(Model, FD, C->Call, Q, *Api, *Parents);
    {
      auto Warning = diag(Loc, "the reference count of '%0' does not tell "
                               "whether others have the object")
                     << objectText(C->Call->getArg(0), Context);
      if (!Argument)
        for (const FixItHint &Hint : Fix)
          Warning << Hint;
    }
    diag(Loc,
         Argument ? "the caller's reference is not counted when the interpreter "
                    "has only borrowed it for the call (since Python 3.14), and "
                    "other threads count theirs apart"
                  : "other threads count their references apart, and the one "
                    "that owns the object may be another thread",
         DiagnosticIDs::Note);
    std::string Since = Api ? " (Python 3." + std::to_string(Api->Since) +
                                  (Api->InCompat ? ", or pythoncapi_compat.h)"
                                                 : ")")
                            : "";
    auto Note = diag(Loc, "'%0' does%1; what is done when it says no must be "
                          "right too",
                     DiagnosticIDs::Note)
                << Unique << Since;
    // It says no of every object that is not just an argument of the interpreter.
    if (Argument)
      for (const FixItHint &Hint : Fix)
        Note << Hint;
  }
}

} // namespace pyext::refs
