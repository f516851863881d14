//===- TypeEdits.cpp ------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/TypeEdits.h"
#include "support/Source.h"
#include "clang/AST/Stmt.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;
using namespace llvm;

namespace pyext {

/// Offsets and text of the file of \p Loc.
static support::SourceText sourceOf(const model::ExtensionModel &Model,
                                    SourceLocation Loc) {
  const SourceManager &SM = Model.context().getSourceManager();
  return support::SourceText(SM, Model.context().getLangOpts(),
                             SM.getFileID(SM.getExpansionLoc(Loc)));
}

static std::string joined(ArrayRef<std::string> Lines, StringRef Indent) {
  std::string Text;
  for (const std::string &Line : Lines) {
    if (!Text.empty())
      Text += "\n";
    Text += (StringRef(Line).starts_with("#") ? StringRef() : Indent).str() + Line;
  }
  return Text;
}

FixItHint addFirst(const model::ExtensionModel &Model, const FunctionDecl *FD,
                   ArrayRef<std::string> Lines, bool BeforeDeclarations) {
  const auto *Body = dyn_cast_or_null<CompoundStmt>(FD->getBody());
  if (!Body || Body->getLBracLoc().isMacroID() ||
      Body->getRBracLoc().isMacroID())
    return {};
  const Stmt *Last = nullptr;
  if (!BeforeDeclarations)
    for (const Stmt *S : Body->body()) {
      if (!isa<DeclStmt>(S))
        break;
      Last = S;
    }
  const support::SourceText Source = sourceOf(Model, Body->getLBracLoc());
  if (Last)
    return addAfter(Model, FD, Last, Lines);
  const SourceManager &SM = Model.context().getSourceManager();
  const unsigned Open = SM.getFileOffset(Body->getLBracLoc());
  const unsigned Close = SM.getFileOffset(Body->getRBracLoc());
  unsigned At = Source.endOfLineOrHere(Open + 1);
  if (At > Close)
    At = Open + 1;
  if (StringRef(Source.text()).slice(Open, Close).contains('\n')) {
    std::string Indent =
        (Source.indentation(Open) + Source.indentStep(Open)).str();
    // As the first statement has it.
    if (!Body->body_empty()) {
      const SourceLocation First =
          SM.getExpansionLoc(Body->body_front()->getBeginLoc());
      if (SM.isWrittenInSameFile(First, Body->getLBracLoc()) &&
          Source.isFirstOnLine(SM.getFileOffset(First)))
        Indent = Source.indentation(SM.getFileOffset(First)).str();
    }
    return FixItHint::CreateInsertion(Source.location(At),
                                      "\n" + joined(Lines, Indent));
  }
  // All on one line.
  const bool Directive =
      any_of(Lines, [](StringRef L) { return L.starts_with("#"); });
  return FixItHint::CreateInsertion(
      Source.location(Open + 1),
      Directive ? "\n" + joined(Lines, "") + "\n" : " " + llvm::join(Lines, " "));
}

static FixItHint addBeside(const model::ExtensionModel &Model, const Stmt *S,
                           ArrayRef<std::string> Lines, bool After) {
  const support::SourceText Source = sourceOf(Model, S->getBeginLoc());
  std::optional<support::TextRange> R = Source.writtenStatement(S);
  if (!R)
    return {};
  // The semicolon after a macro's name.
  if (!Source.text(*R).ends_with(";") && !Source.text(*R).ends_with("}"))
    if (std::optional<unsigned> Semi = Source.skipToken(R->End, ";"))
      R->End = *Semi;
  const bool Alone = Source.isFirstOnLine(R->Begin);
  if (After) {
    const unsigned End = Source.endOfLineOrHere(R->End);
    if (Alone)
      return FixItHint::CreateInsertion(
          Source.location(End),
          "\n" + joined(Lines, Source.indentation(R->Begin)) +
              (End == R->End && Source.endOfLineOrHere(End) == End &&
                       !Source.text().substr(End).starts_with("\n") &&
                       !Source.text().substr(End).starts_with("\r")
                   ? "\n" + Source.indentation(R->Begin).str()
                   : ""));
    return FixItHint::CreateInsertion(Source.location(R->End),
                                      " " + llvm::join(Lines, " "));
  }
  if (Alone)
    return FixItHint::CreateInsertion(
        Source.location(Source.lineStart(R->Begin)),
        joined(Lines, Source.indentation(R->Begin)) + "\n");
  return FixItHint::CreateInsertion(Source.location(R->Begin),
                                    llvm::join(Lines, " ") + " ");
}

FixItHint addBefore(const model::ExtensionModel &Model, const FunctionDecl *,
                    const Stmt *S, ArrayRef<std::string> Lines) {
  return addBeside(Model, S, Lines, false);
}

FixItHint addAfter(const model::ExtensionModel &Model, const FunctionDecl *,
                   const Stmt *S, ArrayRef<std::string> Lines) {
  return addBeside(Model, S, Lines, true);
}

static bool find(const Stmt *Root, const Stmt *Inner, const Stmt *&Element,
                 const CompoundStmt *&Block, unsigned Depth) {
  if (!Root || Depth > 400)
    return false;
  if (Root == Inner)
    return true;
  for (const Stmt *Child : Root->children())
    if (find(Child, Inner, Element, Block, Depth + 1)) {
      if (Element)
        return true;
      if (const auto *C = dyn_cast<CompoundStmt>(Root)) {
        // A block that a macro makes is no place to write to.
        if (C->getLBracLoc().isMacroID())
          return true;
        Element = Child;
        Block = C;
      }
      return true;
    }
  return false;
}

const Stmt *elementOf(const FunctionDecl *FD, const Stmt *S,
                      const CompoundStmt **Out) {
  const Stmt *Element = nullptr;
  const CompoundStmt *Block = nullptr;
  find(FD->getBody(), S, Element, Block, 0);
  if (!Element)
    return nullptr;
  if (Out)
    *Out = Block;
  // Under an if without braces the element is the if.
  const Stmt *At = Element;
  while (const auto *L = dyn_cast<LabelStmt>(At))
    At = L->getSubStmt();
  if (isa<IfStmt, WhileStmt, ForStmt, SwitchStmt, SwitchCase>(At))
    return nullptr;
  return At;
}

std::string writtenText(const model::ExtensionModel &Model, const Expr *E) {
  const support::SourceText Source = sourceOf(Model, E->getBeginLoc());
  if (std::optional<support::TextRange> R = Source.written(E))
    return Source.text(*R).str();
  return {};
}

static const MemberExpr *memberOf(const Stmt *S, const FieldDecl *Field,
                                  unsigned Depth = 0) {
  if (!S || Depth > 40)
    return nullptr;
  if (const auto *M = dyn_cast<MemberExpr>(S))
    if (M->getMemberDecl()->getCanonicalDecl() == Field->getCanonicalDecl())
      return M;
  for (const Stmt *Child : S->children())
    if (const MemberExpr *M = memberOf(Child, Field, Depth + 1))
      return M;
  return nullptr;
}

SmallVector<FixItHint, 1>
addLikeSibling(const model::ExtensionModel &Model, const FunctionDecl *FD,
               const model::Lifecycle &Life, model::LifeStep Step,
               ArrayRef<const FieldDecl *> Fields) {
  const StringRef Macro =
      Step == model::LifeStep::Visits ? "Py_VISIT" : "Py_CLEAR";
  for (const model::LifeEvent &E : Life.Events) {
    if (E.Step != Step || E.In != FD || !E.Field ||
        !all_of(Fields, [&](const FieldDecl *F) {
          return F->getParent() == E.Field->getParent() &&
                 F->getType()->isPointerType();
        }))
      continue;
    const MemberExpr *Member = memberOf(E.Inner, E.Field);
    const std::string Base = Member && E.Field->getType()->isPointerType()
                                 ? writtenText(Model, Member->getBase())
                                 : std::string();
    const Stmt *Element = elementOf(FD, E.Inner);
    if (Base.empty() || !Element)
      continue;
    std::vector<std::string> Lines;
    for (const FieldDecl *F : Fields)
      Lines.push_back((Macro + "(" + Base + (Member->isArrow() ? "->" : ".") +
                       F->getName() + ");")
                          .str());
    FixItHint Hint = addAfter(Model, FD, Element, Lines);
    if (!Hint.isNull())
      return {Hint};
  }
  return {};
}

std::vector<std::string> sinceVersion(unsigned Since, facts::PyVersion Min,
                                      std::vector<std::string> Lines) {
  if (Min.Minor >= Since)
    return Lines;
  Lines.insert(Lines.begin(), "#if PY_VERSION_HEX >= 0x03" +
                                  utohexstr(Since, false, 2) + "0000");
  Lines.push_back("#endif");
  return Lines;
}

} // namespace pyext
