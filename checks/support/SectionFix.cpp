//===- SectionFix.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/SectionFix.h"
#include "support/Exceptions.h"
#include "support/Source.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMap.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;
using pyext::support::EditSet;
using pyext::support::SourceText;
using pyext::support::TextRange;

namespace pyext {

/// Statement expressions come with macros such as those of CPython's headers.
static bool inSystemMacro(const Stmt *S) { return S->getBeginLoc().isMacroID(); }

void Leaving::visit(const Stmt *S, bool Nested) {
  if (!S)
    return;
  switch (S->getStmtClass()) {
  case Stmt::ReturnStmtClass:
  case Stmt::GotoStmtClass:
    Exits.push_back(S);
    NestedExit |= Nested;
    break;
  case Stmt::BreakStmtClass:
    if (!Nested)
      Jumps.push_back(S);
    break;
  case Stmt::ContinueStmtClass:
    // That of a switch within the loop belongs to the loop.
    if (!Nested || Switches)
      Jumps.push_back(S);
    break;
  case Stmt::LabelStmtClass:
    Labels = true;
    break;
  case Stmt::IndirectGotoStmtClass:
  case Stmt::GCCAsmStmtClass:
  case Stmt::CoreturnStmtClass:
  case Stmt::CoyieldExprClass:
  case Stmt::CoawaitExprClass:
  case Stmt::CXXTryStmtClass:
  case Stmt::StmtExprClass:
    Strange |= !isa<StmtExpr>(S) || !inSystemMacro(S);
    break;
  case Stmt::LambdaExprClass:
    return;
  default:
    break;
  }
  if (const auto *B = dyn_cast<BinaryOperator>(S)) {
    if (B->isAssignmentOp())
      note(B->getLHS());
  } else if (const auto *U = dyn_cast<UnaryOperator>(S)) {
    if (U->isIncrementDecrementOp() || U->getOpcode() == UO_AddrOf)
      note(U->getSubExpr());
  }
  const bool Inner = S != Whole && isa<ForStmt, WhileStmt, DoStmt,
                                       CXXForRangeStmt>(S);
  const bool Switch = isa<SwitchStmt>(S);
  const unsigned Before = Switches;
  if (Switch && !Nested)
    Switches = 1;
  if (Inner)
    Switches = 0;
  for (const Stmt *Child : S->children())
    visit(Child, Nested || Inner || Switch);
  Switches = Before;
}

void Leaving::note(const Expr *E) {
  if (const auto *R = dyn_cast<DeclRefExpr>(E->IgnoreParenCasts()))
    Written.insert(R->getDecl());
  else if (const auto *M = dyn_cast<MemberExpr>(E->IgnoreParenCasts()))
    Written.insert(M->getMemberDecl());
}

/// The operation on \p Kind that is a function or macro of Python's own.
static const char *lockName(facts::LockKind Kind, facts::LockOp Op) {
  for (const facts::LockApi &Api : facts::lockApis())
    if (Api.Kind == Kind && Api.Op == Op && Api.From == facts::Origin::CPython &&
        Api.IsMacro == (Kind == facts::LockKind::CriticalSection))
      return Api.Name;
  return nullptr;
}

static LockLines lockLines(const model::ExtensionModel &Model,
                           const char *Take, const char *Give,
                           const std::string &TakeArgs,
                           const std::string &GiveArgs,
                           facts::PyVersion MinPython, std::string &WhyNot) {
  LockLines Result;
  const facts::ApiVersion *Api = Take && Give ? facts::findApi(Take) : nullptr;
  if (!Api) {
    WhyNot = "there is no such lock";
    return Result;
  }
  if (std::optional<unsigned> Limited = Model.preprocessing().limitedApi()) {
    const unsigned Minor = *Limited < 0x03000000 ? 2 : (*Limited >> 16) & 0xff;
    if (!Api->LimitedSince || Minor < Api->LimitedSince) {
      WhyNot = "critical sections are not in the Limited API this file is "
               "written for";
      return Result;
    }
  }
  std::string Guard;
  if (!Api->usableFrom(MinPython, /*WithCompat=*/false))
    llvm::raw_string_ostream(Guard)
        << "#if PY_VERSION_HEX >= "
        << llvm::format_hex(0x03000000u | (Api->Since << 16), 10,
                            /*Upper=*/true);
  auto Guarded = [&](std::string Line) {
    if (Guard.empty())
      return std::vector<std::string>{Line};
    return std::vector<std::string>{Guard, Line, "#endif"};
  };
  Result.Take = Guarded(std::string(Take) + "(" + TakeArgs + ");");
  Result.Give = Guarded(std::string(Give) + "(" + GiveArgs + ");");
  Result.Guard = Guard;
  return Result;
}

LockLines criticalSection(const model::ExtensionModel &Model,
                          const std::string &Object, facts::PyVersion MinPython,
                          std::string &WhyNot) {
  constexpr auto Kind = facts::LockKind::CriticalSection;
  return lockLines(Model, lockName(Kind, facts::LockOp::Begin),
                   lockName(Kind, facts::LockOp::End), Object, "", MinPython,
                   WhyNot);
}

std::string mutexType() {
  constexpr auto Kind = facts::LockKind::PyMutex;
  // The prefix of its operations.
  return StringRef(lockName(Kind, facts::LockOp::Acquire)).split('_').first.str();
}

LockLines mutexLock(const model::ExtensionModel &Model, const std::string &Name,
                    facts::PyVersion MinPython, std::string &WhyNot) {
  constexpr auto Kind = facts::LockKind::PyMutex;
  return lockLines(Model, lockName(Kind, facts::LockOp::Acquire),
                   lockName(Kind, facts::LockOp::Release), "&" + Name,
                   "&" + Name, MinPython, WhyNot);
}

namespace {

/// An expression that can be evaluated once more, and what it is made of.
bool isPlain(const Expr *E, llvm::SmallVectorImpl<const ValueDecl *> &Parts) {
  E = E->IgnoreParenCasts();
  if (const auto *R = dyn_cast<DeclRefExpr>(E)) {
    Parts.push_back(R->getDecl());
    return true;
  }
  if (const auto *M = dyn_cast<MemberExpr>(E)) {
    Parts.push_back(M->getMemberDecl());
    return isPlain(M->getBase(), Parts);
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E))
    return U->getOpcode() == UO_Deref && isPlain(U->getSubExpr(), Parts);
  return isa<CXXThisExpr>(E);
}

class Wrapper {
public:
  Wrapper(const model::ExtensionModel &Model, const FunctionDecl *FD,
          const Stmt *L, SectionFix &Result)
      : Model(Model), FD(FD), L(L), Result(Result),
        Source(Model.context().getSourceManager(), Model.context().getLangOpts(),
               Model.context().getSourceManager().getFileID(
                   Model.context().getSourceManager().getFileLoc(
                       L->getBeginLoc()))),
        Parents(FD->getBody()), Edits(Source, Parents), Body(L) {}

  bool run(const Expr *Object, ArrayRef<const VarDecl *> Strong,
           facts::PyVersion MinPython);

private:
  bool fail(const char *Why) {
    Result.WhyNot = Why;
    return false;
  }
  bool check(const Expr *Object, ArrayRef<const VarDecl *> Strong);
  std::string freshName(StringRef Wish) const;
  std::optional<std::string> textOf(const Stmt *S) const {
    const std::optional<TextRange> R = Source.written(S);
    if (!R)
      return std::nullopt;
    return Source.text(*R).str();
  }
  bool moveExits(std::vector<std::string> &Before,
                 std::vector<std::string> &After,
                 ArrayRef<std::string> Release);

  const model::ExtensionModel &Model;
  const FunctionDecl *FD;
  const Stmt *L;
  SectionFix &Result;
  SourceText Source;
  ParentMap Parents;
  EditSet Edits;
  Leaving Body;
};

bool Wrapper::check(const Expr *Object, ArrayRef<const VarDecl *> Strong) {
  const std::optional<TextRange> Range = Source.writtenStatement(L);
  if (!Range)
    return fail("the loop is part of a macro");
  if (Source.hasDirective(*Range))
    return fail("preprocessor directives stand in the loop");
  if (isa_and_nonnull<LabelStmt, SwitchCase>(Parents.getParent(L)) ||
      Body.Labels)
    return fail("labels stand at or in the loop");
  if (Body.Strange)
    return fail("the loop can be left in ways that are not followed");
  if (Body.NestedExit)
    return fail("an inner loop or a switch leaves the function from within");
  llvm::SmallVector<const ValueDecl *, 4> Parts;
  if (!isPlain(Object, Parts))
    return fail("the container is the value of a call");
  for (const ValueDecl *D : Parts)
    if (Body.Written.count(D))
      return fail("what the container is read from changes in the loop");
  const LangOptions &LO = Model.context().getLangOpts();
  if (LO.CPlusPlus && LO.CXXExceptions && support::mayThrow(L))
    return fail("a C++ exception could leave the loop");
  if (Strong.empty())
    return true;
  const Stmt *Inner = isa<WhileStmt>(L) ? cast<WhileStmt>(L)->getBody()
                      : isa<ForStmt>(L) ? cast<ForStmt>(L)->getBody()
                                        : nullptr;
  if (!isa_and_nonnull<CompoundStmt>(Inner))
    return fail("the loop has no block in which references could be held");
  Leaving Held(Inner);
  for (const VarDecl *V : Strong)
    if (Held.Written.count(V))
      return fail("the variable that holds the borrowed reference changes in "
                  "the loop");
  return true;
}

std::string Wrapper::freshName(StringRef Wish) const {
  std::string Name = Wish.str();
  const std::optional<TextRange> R = Source.written(FD->getBody());
  for (unsigned I = 2; I < 20; ++I) {
    if (!R || !Source.mentions(*R, Name))
      break;
    Name = Wish.str() + std::to_string(I);
  }
  return Name;
}

/// Replaces each exit by a note of it and a `break`.
bool Wrapper::moveExits(std::vector<std::string> &Before,
                        std::vector<std::string> &After,
                        ArrayRef<std::string> Release) {
  if (Body.Exits.empty())
    return true;
  Result.Restructures = true;
  const std::string Flag = freshName("leave");
  const std::string Value = freshName("result");
  // Exits that say the same share a number.
  std::vector<std::string> Ways;
  bool NeedsValue = false;
  for (const Stmt *E : Body.Exits) {
    std::string Way;
    const Expr *Returned = nullptr;
    if (const auto *R = dyn_cast<ReturnStmt>(E)) {
      Returned = R->getRetValue();
      if (!Source.written(E) || E->getBeginLoc().isMacroID())
        return fail("a macro returns from the loop");
      if (!Returned) {
        Way = "return;";
      } else {
        const std::optional<std::string> Text = textOf(Returned);
        if (!Text)
          return fail("a macro returns from the loop");
        if (Returned->isEvaluatable(Model.context()) ||
            Returned->isNullPointerConstant(
                Model.context(), Expr::NPC_ValueDependentIsNotNull)) {
          Way = "return " + *Text + ";";
        } else {
          if (!FD->getReturnType()->isScalarType())
            return fail("the function returns a struct");
          Way = "return " + Value + ";";
          NeedsValue = true;
        }
      }
    } else {
      const std::optional<std::string> Text = textOf(E);
      if (!Text || E->getBeginLoc().isMacroID())
        return fail("a macro leaves the loop");
      Way = *Text + ";";
    }
    auto It = llvm::find(Ways, Way);
    const size_t Number = It - Ways.begin() + 1;
    if (It == Ways.end())
      Ways.push_back(Way);
    std::vector<std::string> Lines;
    if (NeedsValue && StringRef(Way) == "return " + Value + ";")
      Lines.push_back(Value + " = " + *textOf(Returned) + ";");
    Lines.insert(Lines.end(), Release.begin(), Release.end());
    Lines.push_back(Flag + " = " + std::to_string(Number) + ";");
    Lines.push_back("break;");
    Edits.replaceStatement(E, Lines);
  }
  Before.push_back("int " + Flag + " = 0;");
  if (NeedsValue) {
    std::string Declaration;
    llvm::raw_string_ostream OS(Declaration);
    FD->getReturnType().print(OS, Model.context().getPrintingPolicy(), Value);
    Before.push_back(Declaration + " = 0;");
  }
  for (size_t I = 0; I < Ways.size(); ++I) {
    After.push_back("if (" + Flag +
                    (Ways.size() == 1 ? std::string()
                                      : " == " + std::to_string(I + 1)) +
                    ") {");
    After.push_back("\t" + Ways[I]);
    After.push_back("}");
  }
  return true;
}

bool Wrapper::run(const Expr *Object, ArrayRef<const VarDecl *> Strong,
                  facts::PyVersion MinPython) {
  if (!check(Object, Strong))
    return false;
  const std::optional<std::string> Text = textOf(Object);
  if (!Text)
    return fail("the container comes out of a macro");
  const LockLines Section =
      criticalSection(Model, *Text, MinPython, Result.WhyNot);
  if (Section.Take.empty())
    return false;

  std::vector<std::string> Release;
  if (!Strong.empty()) {
    Result.Restructures = true;
    const char *Keep = nullptr, *Give = nullptr;
    for (const facts::ReferenceCountApi &Op : facts::referenceCountOps()) {
      if (Op.NullOk || Op.Arg != 0 || Op.Kind == facts::SpellingKind::Function)
        continue;
      if (Op.Op == facts::RefcountOp::Incref && !Keep)
        Keep = Op.Name;
      if (Op.Op == facts::RefcountOp::Decref && !Give)
        Give = Op.Name;
    }
    const auto *Inner = cast<CompoundStmt>(
        isa<WhileStmt>(L) ? cast<WhileStmt>(L)->getBody()
                          : cast<ForStmt>(L)->getBody());
    if (!Keep || !Give || Inner->body_empty())
      return fail("the references cannot be kept");
    std::vector<std::string> Acquire;
    for (const VarDecl *V : Strong) {
      Acquire.push_back(std::string(Keep) + "(" + V->getNameAsString() + ");");
      Release.push_back(std::string(Give) + "(" + V->getNameAsString() + ");");
    }
    Edits.before(Inner->body_front(), Acquire);
    for (const Stmt *J : Body.Jumps)
      Edits.before(J, Release);
    const Stmt *Last = Inner->body_back();
    if (!isa<ReturnStmt, GotoStmt, BreakStmt, ContinueStmt>(Last))
      Edits.after(Last, Release);
  }

  std::vector<std::string> Before, After;
  if (!moveExits(Before, After, Release))
    return false;
  Before.insert(Before.end(), Section.Take.begin(), Section.Take.end());
  std::vector<std::string> End = Section.Give;
  End.insert(End.end(), After.begin(), After.end());
  const bool Scope =
      Model.context().getLangOpts().CPlusPlus && !Body.Exits.empty();
  Edits.before(L, Before, Scope);
  Edits.after(L, End, Scope);
  Result.Hints = Edits.finish(Result.WhyNot);
  return !Result.Hints.empty();
}

} // namespace

SectionFix makeSectionFix(const model::ExtensionModel &Model,
                          const FunctionDecl *FD, const Stmt *L,
                          const Expr *Object, ArrayRef<const VarDecl *> Strong,
                          facts::PyVersion MinPython) {
  SectionFix Result;
  if (!Wrapper(Model, FD, L, Result).run(Object, Strong, MinPython))
    Result.Hints.clear();
  return Result;
}

} // namespace pyext
