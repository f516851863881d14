//===- ParseNestedBorrowedCheck.cpp - cpython-refs-parse-nested-borrowed ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/ParseNestedBorrowedCheck.h"
#include "flow/RefState.h"
#include "refs/BorrowedLookup.h"
#include "clang/Lex/Lexer.h"

using namespace clang;

namespace pyext::refs {

namespace {

/// A parenthesised group of a format that stores something it does not own.
struct Group {
  std::string Text;    ///< "(OO)"
  unsigned Offset = 0; ///< Of Text within the format.
  unsigned Argument = 0; ///< Of the first borrowing unit, counted from 0.
  char Unit = 0;         ///< That unit.
};

/// Reads the format of PyArg_ParseTuple() and its likes.
class FormatReader {
public:
  explicit FormatReader(StringRef Format) : Format(Format) {}

  /// The outermost groups with a borrowing unit somewhere within.
  llvm::SmallVector<Group, 2> read() {
    llvm::SmallVector<Group, 2> Result;
    Group Open;
    unsigned Depth = 0, Argument = 0;
    while (I < Format.size() && Format[I] != ':' && Format[I] != ';') {
      const unsigned Start = I;
      const char C = Format[I++];
      if (C == '(') {
        if (Depth++ == 0) {
          Open = Group();
          Open.Offset = Start;
        }
      } else if (C == ')') {
        if (Depth == 0)
          return {}; // No format at all.
        if (--Depth == 0 && Open.Unit) {
          Open.Text = Format.slice(Open.Offset, I).str();
          Result.push_back(Open);
        }
      } else if (isAlphabetic(C)) {
        bool Borrows = false;
        const unsigned Taken = unit(C, Borrows);
        if (Borrows && Depth && !Open.Unit) {
          Open.Unit = C;
          // The type or the like comes before what is stored.
          Open.Argument = Argument + (Format[I - 1] == '!' ? 1 : 0);
        }
        Argument += Taken;
      }
    }
    return Result;
  }

private:
  StringRef Format;
  size_t I = 0;

  static bool isAlphabetic(char C) {
    return (C >= 'a' && C <= 'z') || (C >= 'A' && C <= 'Z');
  }
  bool next(char C) {
    if (I >= Format.size() || Format[I] != C)
      return false;
    ++I;
    return true;
  }
  /// The number of arguments of the unit that begins with \p C.
  unsigned unit(char C, bool &Borrows) {
    switch (C) {
    case 'O':
      if (next('&'))
        return 2;
      Borrows = true;
      return next('!') ? 2 : 1;
    case 'S':
    case 'U':
    case 'Y':
      Borrows = true;
      return 1;
    case 's':
    case 'y':
    case 'z':
      if (next('*'))
        return 1;
      Borrows = true;
      return next('#') ? 2 : 1;
    case 'w':
      next('*');
      return 1;
    case 'e':
      ++I; // s or t
      return next('#') ? 3 : 2;
    default:
      return 1;
    }
  }
};

/// The format of \p Call and the number of the argument that it is.
const StringLiteral *formatOf(const CallExpr *Call, unsigned &Argument) {
  for (Argument = 0; Argument < Call->getNumArgs(); ++Argument) {
    const Expr *E = Call->getArg(Argument)->IgnoreParenCasts();
    if (const auto *DRE = dyn_cast<DeclRefExpr>(E))
      if (const auto *VD = dyn_cast<VarDecl>(DRE->getDecl());
          VD && VD->getType()->isArrayType() && VD->hasInit() &&
          VD->getType()->getAsArrayTypeUnsafe()->getElementType()
              .isConstQualified())
        E = VD->getInit()->IgnoreParenCasts();
    if (const auto *Literal = dyn_cast<StringLiteral>(E))
      return Literal->getCharByteWidth() == 1 ? Literal : nullptr;
  }
  return nullptr;
}

} // namespace

void ParseNestedBorrowedCheck::analyze(const model::ExtensionModel &Model) {
  for (const facts::BorrowedReference &Row : facts::borrowedReferences())
    if (Row.Result == facts::ResultKind::FormatOutArguments)
      for (const model::CallSite *C : Model.apiCalls(Row.Name))
        if (!runsAlone(Model, C->Caller))
          checkCall(Model, *C, Row);
}

void ParseNestedBorrowedCheck::checkCall(const model::ExtensionModel &Model,
                                         const model::CallSite &Site,
                                         const facts::BorrowedReference &Row) {
  unsigned FormatArgument = 0;
  const StringLiteral *Format = formatOf(Site.Call, FormatArgument);
  if (!Format || !Format->getString().contains('('))
    return;
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  const StringRef Text = Format->getString();
  for (const Group &G : FormatReader(Text).read()) {
    // PyArg_Parse(pair, "(OO)", ...) with a pair that is known to be a tuple.
    if (Row.Name == StringRef("PyArg_Parse") && G.Offset == 0 &&
        isTuple(Model, Site))
      continue;
    SourceLocation Loc = Format->getBeginLoc();
    if (Loc.isMacroID() ||
        !SM.isInFileID(Loc, SM.getFileID(SM.getFileLoc(Site.Call->getExprLoc()))))
      Loc = SM.getFileLoc(Site.Call->getExprLoc());
    else
      Loc = Format->getLocationOfByte(G.Offset, SM, Context.getLangOpts(),
                                      Context.getTargetInfo());
    const bool Buffer = G.Unit == 's' || G.Unit == 'y' || G.Unit == 'z';
    diag(Loc, "'%0' in the format accepts a list too, and what it stores is "
              "borrowed from items that others can remove from it")
        << G.Text;
    // Skipping the keyword names that follow the format.
    unsigned First = FormatArgument + 1;
    if (First < Site.Call->getNumArgs() && isKeywords(Site.Call->getArg(First)))
      ++First;
    if (First + G.Argument < Site.Call->getNumArgs())
      diag(SM.getFileLoc(Site.Call->getArg(First + G.Argument)->getBeginLoc()),
           Buffer ? "the buffer of an item is stored here; the item is not kept "
                    "alive"
                  : "a borrowed reference to an item is stored here",
           DiagnosticIDs::Note);
    diag(Loc, "parse the group as a tuple of its own, and keep that tuple while "
              "its items are used",
         DiagnosticIDs::Note);
  }
}

/// `char *keywords[]`, which PyArg_ParseTupleAndKeywords() takes after the format.
bool ParseNestedBorrowedCheck::isKeywords(const Expr *E) {
  E = E->IgnoreParenCasts();
  QualType T = E->getType();
  if (const auto *A = T->getAsArrayTypeUnsafe())
    T = A->getElementType();
  else if (isa<DeclRefExpr>(E) && T->isPointerType())
    T = T->getPointeeType();
  else
    return false;
  return T->isPointerType() && T->getPointeeType()->isAnyCharacterType();
}

bool ParseNestedBorrowedCheck::isTuple(const model::ExtensionModel &Model,
                                       const model::CallSite &Site) {
  const flow::FunctionRefs *Refs = Model.refs().get(Site.Caller);
  const flow::CallArguments *Given = Refs ? Refs->arguments(Site.Call) : nullptr;
  return Given && !Given->IsTuple.empty() && Given->IsTuple[0];
}

} // namespace pyext::refs
