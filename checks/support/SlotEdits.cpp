//===- SlotEdits.cpp ------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/SlotEdits.h"
#include "model/Initializers.h"
#include "clang/AST/Stmt.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;
using namespace llvm;

namespace pyext {

/// The text of \p Loc's line before it.
static StringRef lineBefore(const SourceManager &SM, SourceLocation Loc) {
  auto [File, Offset] = SM.getDecomposedLoc(Loc);
  StringRef Text = SM.getBufferData(File).take_front(Offset);
  return Text.drop_front(Text.rfind('\n') + 1);
}

static std::string indentOf(StringRef Line) {
  return Line.take_while([](char C) { return C == ' ' || C == '\t'; }).str();
}

/// The directive that an element for \p Row needs around it; empty for none.
static std::string guardOf(const model::ExtensionModel &Model,
                           const facts::ModuleSlotValue &Row,
                           facts::PyVersion Min) {
  const unsigned Since = facts::findApi(Row.Slot)->Since;
  std::optional<unsigned> Limited = Model.preprocessing().limitedApi();
  if (Limited && *Limited < (0x03000000u | Since << 16))
    return std::string("#ifdef ") + Row.Name; // Not declared for older ones.
  if (Min.Minor < Since)
    return "#if PY_VERSION_HEX >= 0x03" + utohexstr(Since, false, 2) + "0000";
  return "";
}

std::string slotLines(const model::ExtensionModel &Model,
                      facts::Promise Meaning, facts::PyVersion Min,
                      StringRef Indent) {
  const facts::ModuleSlotValue &Row = facts::moduleSlotValue(Meaning);
  const std::string Guard = guardOf(Model, Row, Min);
  const std::string Line =
      (Indent + "{" + Row.Slot + ", " + Row.Name + "},\n").str();
  return Guard.empty() ? Line : Guard + "\n" + Line + "#endif\n";
}

FixItHint addSlot(const model::ExtensionModel &Model, const model::Module &Mod,
                  facts::Promise Meaning, facts::PyVersion Min,
                  SlotPlace Place) {
  const facts::ModuleSlotValue &Row = facts::moduleSlotValue(Meaning);
  const StringRef Slot = Row.Slot, Value = Row.Name;
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  SourceLocation Loc = Mod.SlotEnd;
  if (!Mod.SlotsVisible || !Mod.SlotArray || Loc.isInvalid() ||
      Mod.SlotArray->getLocation().isMacroID() ||
      !SM.isWrittenInSameFile(Loc, Mod.SlotArray->getLocation()))
    return {};

  std::string Element, Guard;
  if (Mod.Init == model::InitKind::Export) {
    const LangOptions &LO = Context.getLangOpts();
    Element = (Twine(LO.CPlusPlus && !LO.CPlusPlus20 ? "PySlot_PTR("
                                                     : "PySlot_DATA(") +
               Slot + ", " + Value + "),")
                  .str();
  } else {
    Element = ("{" + Slot + ", " + Value + "},").str();
    Guard = guardOf(Model, Row, Min);
  }

  const StringRef Before = lineBefore(SM, Loc);
  const std::string Indent = indentOf(Before);
  const bool OwnLine = Before.trim().empty();
  auto [File, Offset] = SM.getDecomposedLoc(Loc);
  const StringRef Text = SM.getBufferData(File);
  std::string Insert;
  if (OwnLine) {
    const std::string Lines =
        Guard.empty() ? Indent + Element
                      : Guard + "\n" + Indent + Element + "\n#endif";
    Offset -= Before.size();
    if (Place == SlotPlace::BeforeEnd || !Offset) {
      Insert = Lines + "\n";
    } else {
      // At the end of the line above.
      Offset -= Offset > 1 && Text[Offset - 2] == '\r' ? 2 : 1;
      Insert = "\n" + Lines;
    }
  } else if (Place == SlotPlace::BeforeEnd || !isSpace(Text[Offset - 1])) {
    Insert = Guard.empty() ? Element + " "
                           : "\n" + Guard + "\n" + Indent + "    " + Element +
                                 "\n#endif\n" + Indent + "    ";
  } else {
    // One character earlier.
    --Offset;
    Insert = Guard.empty() ? " " + Element
                           : "\n" + Guard + "\n" + Indent + "    " + Element +
                                 "\n#endif\n" + Indent + "   ";
  }
  return FixItHint::CreateInsertion(
      SM.getLocForStartOfFile(File).getLocWithOffset(Offset), Insert);
}

/// The compound statement of \p Root that has \p Inner below one of its direct
/// children, and the index of that child.
static std::pair<const CompoundStmt *, unsigned> blockOf(const Stmt *Root,
                                                         const Stmt *Inner) {
  std::pair<const CompoundStmt *, unsigned> Found = {nullptr, 0};
  auto Search = [&](auto &&Self, const Stmt *S) -> bool {
    if (S == Inner)
      return true;
    unsigned Index = 0;
    for (const Stmt *Child : S->children()) {
      if (Child && Self(Self, Child)) {
        if (const auto *Block = dyn_cast<CompoundStmt>(S); Block && !Found.first)
          Found = {Block, Index};
        return true;
      }
      ++Index;
    }
    return false;
  };
  if (Root)
    Search(Search, Root);
  return Found;
}

/// The variable \p Call is stored to in \p S; null when there is none.
static const VarDecl *storedTo(const Stmt *S, const CallExpr *Call) {
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    const auto *VD =
        D->isSingleDecl() ? dyn_cast<VarDecl>(D->getSingleDecl()) : nullptr;
    return VD && VD->getInit() && model::stripped(VD->getInit()) == Call ? VD
                                                                         : nullptr;
  }
  const auto *E = dyn_cast<Expr>(S);
  const auto *B = E ? dyn_cast<BinaryOperator>(E->IgnoreParens()) : nullptr;
  if (!B || B->getOpcode() != BO_Assign || model::stripped(B->getRHS()) != Call)
    return nullptr;
  const auto *Ref = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
  return Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
}

/// What an if statement compares with null before it leaves: `e` in
/// `if (!e) return` and `if (e == NULL) goto`; null otherwise.
static const Expr *leavesWhenNull(const Stmt *S, const ASTContext &Context) {
  const auto *If = dyn_cast<IfStmt>(S);
  if (!If || If->getElse() || !If->getCond())
    return nullptr;
  const Stmt *Last = If->getThen();
  if (const auto *Block = dyn_cast<CompoundStmt>(Last))
    Last = Block->body_empty() ? nullptr : Block->body_back();
  if (!isa_and_nonnull<ReturnStmt, GotoStmt>(Last))
    return nullptr;
  const Expr *Cond = If->getCond()->IgnoreParenImpCasts();
  if (const auto *U = dyn_cast<UnaryOperator>(Cond))
    return U->getOpcode() == UO_LNot ? U->getSubExpr()->IgnoreParenImpCasts()
                                     : nullptr;
  const auto *B = dyn_cast<BinaryOperator>(Cond);
  if (!B || B->getOpcode() != BO_EQ)
    return nullptr;
  if (model::isNullOrZero(B->getRHS(), Context))
    return B->getLHS()->IgnoreParenImpCasts();
  if (model::isNullOrZero(B->getLHS(), Context))
    return B->getRHS()->IgnoreParenImpCasts();
  return nullptr;
}

FixItHint addSetGil(const model::ExtensionModel &Model,
                    const model::Module &Mod, facts::Promise Meaning) {
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  if (!Mod.CreateCall || Mod.CreateSite != Mod.CreateCall ||
      Model.preprocessing().limitedApi())
    return {};
  const VarDecl *VD = nullptr;
  const Stmt *Test = nullptr;
  for (const auto &F : Model.functions()) {
    if (llvm::none_of(F->Calls, [&](const model::CallSite &Site) {
          return Site.Call == Mod.CreateCall;
        }))
      continue;
    auto [Block, Index] = blockOf(F->Decl->getBody(), Mod.CreateCall);
    if (!Block)
      continue;
    const Stmt *S = Block->body_begin()[Index];
    if (const Expr *Tested = leavesWhenNull(S, Context)) {
      VD = storedTo(Tested, Mod.CreateCall); // if (!(m = PyModule_Create(&d)))
      Test = S;
    } else if (Index + 1 < Block->size()) {
      VD = storedTo(S, Mod.CreateCall);
      Test = Block->body_begin()[Index + 1];
      const auto *Ref =
          dyn_cast_or_null<DeclRefExpr>(leavesWhenNull(Test, Context));
      if (!Ref || Ref->getDecl() != VD)
        return {};
    }
    break;
  }
  if (!VD || !Test || Test->getBeginLoc().isMacroID())
    return {};
  SourceLocation End = SM.getExpansionRange(Test->getEndLoc()).getEnd();
  const Stmt *Then = cast<IfStmt>(Test)->getThen();
  End = isa<CompoundStmt>(Then)
            ? Lexer::getLocForEndOfToken(End, 0, SM, Context.getLangOpts())
            : Lexer::findLocationAfterToken(End, tok::semi, SM,
                                            Context.getLangOpts(), false);
  if (End.isInvalid())
    return {};
  auto [File, Offset] = SM.getDecomposedLoc(End);
  StringRef Rest = SM.getBufferData(File).drop_front(Offset);
  Rest = Rest.take_front(Rest.find('\n')).trim();
  std::string Insert =
      "\n#ifdef Py_GIL_DISABLED\n" + indentOf(lineBefore(SM, Test->getBeginLoc())) +
      "PyUnstable_Module_SetGIL(" + VD->getNameAsString() + ", " +
      facts::moduleSlotValue(Meaning).Name + ");\n#endif" + (Rest.empty() ? "" : "\n");
  return FixItHint::CreateInsertion(End, Insert);
}

} // namespace pyext
