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
#include "support/Source.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::refs {

namespace {

/// What a comparison of a number of references with a constant asks.
struct Question {
  const BinaryOperator *Comparison = nullptr;
  unsigned References = 0; ///< 1: the only reference; 2: one more than that.
  bool Negated = false;    ///< True when there are more.
};

} // namespace

/// The comparison around \p Count; no Comparison when it is none that decides
/// between the only reference and more.
static Question questionAbout(const Expr *Count, const ParentMap &Parents,
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

void RefcntUniquenessCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  using facts::UniquenessMeaning;
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  llvm::DenseMap<const FunctionDecl *, std::unique_ptr<ParentMap>> ParentMaps;
  for (const model::CallSite *C :
       Model.apiCalls(facts::uniquenessCall(UniquenessMeaning::Count))) {
    const FunctionDecl *FD = C->Caller;
    if (C->Call->getNumArgs() != 1 ||
        !runsConcurrently(Model, FD, C->Call->getExprLoc()))
      continue;
    std::unique_ptr<ParentMap> &Parents = ParentMaps[FD];
    if (!Parents)
      Parents = std::make_unique<ParentMap>(FD->getBody());
    const Question Q = questionAbout(C->Call, *Parents, Context);
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
    std::optional<FixItHint> Fix;
    if (Q.References == 1 && !Argument && Api &&
        Api->usableFrom(minPython(), /*WithCompat=*/false)) {
      const support::SourceText Source(SM, Context.getLangOpts(),
                                       SM.getFileID(Loc));
      const std::optional<support::TextRange> Whole =
          Source.written(Q.Comparison);
      const std::optional<support::WrittenCall> Call = Source.writtenCall(
          C->Call->getBeginLoc(), facts::uniquenessCall(UniquenessMeaning::Count));
      const Expr *Object = C->Call->getArg(0)->IgnoreParenCasts();
      if (Whole && Call && Call->Args.size() == 1 &&
          Context.hasSameUnqualifiedType(
              Object->getType(),
              C->Call->getDirectCallee()->getParamDecl(0)->getType()))
        Fix = FixItHint::CreateReplacement(
            CharSourceRange::getCharRange(Source.location(Whole->Begin),
                                          Source.location(Whole->End)),
            std::string(Q.Negated ? "!" : "") + Unique + "(" +
                Source.text(Call->Args[0]).str() + ")");
    }
    {
      auto Warning = diag(Loc, "the reference count of '%0' does not tell "
                               "whether others have the object")
                     << objectText(C->Call->getArg(0), Context);
      if (Fix)
        Warning << *Fix;
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
    diag(Loc, "'%0' does%1; what is done when it says no must be right too",
         DiagnosticIDs::Note)
        << Unique << Since;
  }
}

} // namespace pyext::refs
