//===- InsertOnceFix.cpp --------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/InsertOnceFix.h"
#include "facts/Facts.h"
#include "support/Source.h"
#include "clang/AST/ASTContext.h"

using namespace clang;

namespace pyext::refs {

static const VarDecl *variableOf(const Expr *E) {
  const auto *R = dyn_cast<DeclRefExpr>(E->IgnoreParenImpCasts());
  return R ? dyn_cast<VarDecl>(R->getDecl()) : nullptr;
}

/// Every value that argument 2 of \p Insert can have is a new reference.
static bool isOwned(const CallExpr *Insert, const flow::FunctionRefs &Refs) {
  const flow::CallArguments *Given = Refs.arguments(Insert);
  if (!Given || Given->Args.size() < 3 || Given->Args[2].empty())
    return false;
  return llvm::all_of(Given->Args[2], [&](unsigned V) {
    using flow::OriginKind;
    switch (Refs.origin(V).Kind) {
    case OriginKind::Fresh:
    case OriginKind::Instance:
    case OriginKind::New:
      return true;
    case OriginKind::Call:
      return cast<FunctionDecl>(Refs.origin(V).Decl)->isDefined();
    default:
      return false;
    }
  });
}

/// `&v` is an argument of a function of the C API, which fills it in.
static bool isFilledIn(const Expr *Address, const ParentMap &Parents) {
  const Stmt *S = Parents.getParent(Address);
  while (isa_and_nonnull<ParenExpr, CastExpr>(S))
    S = Parents.getParent(S);
  const auto *Call = dyn_cast_or_null<CallExpr>(S);
  const FunctionDecl *FD = Call ? Call->getDirectCallee() : nullptr;
  return FD && FD->getIdentifier() && facts::isApiName(FD->getName());
}

/// The variable's value or address goes elsewhere than into calls, comparisons and
/// returns: somebody may rely on the object that it holds before.
static bool isCopied(const VarDecl *V, const Stmt *Body,
                     const ParentMap &Parents) {
  llvm::SmallVector<const Stmt *, 64> Work{Body};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S)
      continue;
    if (const auto *B = dyn_cast<BinaryOperator>(S);
        B && B->isAssignmentOp() && variableOf(B->getRHS()->IgnoreParenCasts()) == V)
      return true;
    if (const auto *U = dyn_cast<UnaryOperator>(S);
        U && U->getOpcode() == UO_AddrOf && variableOf(U->getSubExpr()) == V &&
        !U->getBeginLoc().isMacroID() && !isFilledIn(U, Parents))
      return true;
    if (const auto *D = dyn_cast<DeclStmt>(S))
      for (const Decl *Each : D->decls())
        if (const auto *Other = dyn_cast<VarDecl>(Each);
            Other && Other->getInit() && !Other->getLocation().isMacroID() &&
            variableOf(Other->getInit()->IgnoreParenCasts()) == V)
          return true;
    if (isa<InitListExpr>(S))
      for (const Stmt *Child : S->children())
        if (const auto *E = dyn_cast_or_null<Expr>(Child);
            E && variableOf(E->IgnoreParenCasts()) == V)
          return true;
    Work.append(S->child_begin(), S->child_end());
  }
  return false;
}

llvm::SmallVector<FixItHint, 4>
makeInsertOnceFix(const CallExpr *Insert, llvm::StringRef Replacement,
                  const flow::FunctionRefs &Refs, const ParentMap &Parents,
                  const ASTContext &Context, llvm::StringSet<> &Taken) {
  const FunctionDecl *FD = Refs.function();
  const SourceManager &SM = Context.getSourceManager();
  const support::SourceText Source(
      SM, Context.getLangOpts(),
      SM.getFileID(SM.getFileLoc(Insert->getBeginLoc())));
  if (Insert->getNumArgs() != 3)
    return {};
  const VarDecl *V = variableOf(Insert->getArg(2));
  if (!V || !V->hasLocalStorage() || isa<ParmVarDecl>(V) ||
      V->getType().isConstQualified() ||
      !model::ExtensionModel::isObjectPointer(V->getType()) ||
      !isOwned(Insert, Refs) || isCopied(V, FD->getBody(), Parents))
    return {};

  // if (<insert>), if (<insert> < 0), if (<insert> == -1)
  const Stmt *Whole = Insert;
  const Expr *Test = nullptr;
  bool Compared = false;
  const Stmt *S = Parents.getParent(Whole);
  for (; isa_and_nonnull<ParenExpr, ImplicitCastExpr, BinaryOperator>(S);
       Whole = S, S = Parents.getParent(S))
    if (const auto *B = dyn_cast<BinaryOperator>(S)) {
      if (B->getOpcode() == BO_LAnd && B->getRHS() == Whole) {
        Test = B->getLHS();
        Whole = B;
        break;
      }
      // The new call also says 1, which is no error.
      Expr::EvalResult Value;
      if (B->getLHS() != Whole || Compared ||
          !B->getRHS()->EvaluateAsInt(Value, Context) ||
          !((B->getOpcode() == BO_LT && Value.Val.getInt() == 0) ||
            (B->getOpcode() == BO_EQ && Value.Val.getInt() == -1)))
        return {};
      Compared = true;
    }
  const auto *If = dyn_cast_or_null<IfStmt>(S);
  if (!If && Test && variableOf(Test) == V) {
    // if (value && <insert> < 0)
    S = Parents.getParent(Whole);
    while (isa_and_nonnull<ParenExpr, ImplicitCastExpr>(S)) {
      Whole = S;
      S = Parents.getParent(S);
    }
    If = dyn_cast_or_null<IfStmt>(S);
  } else {
    Test = nullptr;
  }
  if (!If || If->getCond() != Whole || If->getInit() ||
      support::enclosingStatement(If, Parents) != If)
    return {};
  const std::optional<support::WrittenCall> Call = Source.writtenCall(
      Insert->getBeginLoc(), Insert->getDirectCallee()->getName());
  const std::optional<support::TextRange> Body = Source.written(FD->getBody());
  if (!Call || Call->Args.size() != 3 || !Body || !Source.written(Whole))
    return {};

  auto Unused = [&](const char *Wanted) {
    std::string Name = Wanted;
    for (unsigned N = 2;
         N < 100 && (Source.mentions(*Body, Name) || Taken.contains(Name)); ++N)
      Name = Wanted + std::to_string(N);
    return Name;
  };
  const std::string Winner = Unused("winner"), Stored = Unused("stored");
  const std::string Value = V->getNameAsString();
  const std::string Args =
      Source.text({Call->Args.front().Begin, Call->Args.back().End}).str();
  support::EditSet Edits(Source, Parents);
  const std::string Do =
      Stored + " = " + Replacement.str() + "(" + Args + ", &" + Winner + ");";
  std::vector<std::string> Lines = {
      "PyObject *" + Winner + ";", "int " + Do,
      "if (" + Stored + " >= 0) {", "\tPy_DECREF(" + Value + ");",
      "\t" + Value + " = " + Winner + ";", "}"};
  if (Test) {
    Lines[1] = Do;
    for (std::string &Line : Lines)
      Line.insert(0, "\t");
    Lines.insert(Lines.begin(),
                 {"int " + Stored + " = 0;", "if (" + Value + ") {"});
    Lines.push_back("}");
  }
  Edits.before(If, Lines,
               /*OwnScope=*/Context.getLangOpts().CPlusPlus ||
                   isa_and_nonnull<LabelStmt, SwitchCase>(
                       Parents.getParent(If)));
  Edits.replace(Call->Whole, Compared ? Stored : Stored + " < 0");
  std::string WhyNot;
  llvm::SmallVector<FixItHint, 4> Hints;
  Hints.append(Edits.finish(WhyNot));
  if (!Hints.empty()) {
    Taken.insert(Winner);
    Taken.insert(Stored);
  }
  return Hints;
}

} // namespace pyext::refs
