//===- IndexPlaces.cpp - Where it is written, and what it is called -------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexer.h"
#include "Pointers.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace llvm;

namespace pyext::migrate {

/// Splits "name(a, b)" into its arguments.
std::vector<std::string> splitArguments(StringRef Call) {
  std::vector<std::string> Args;
  size_t Open = Call.find('(');
  if (Open == StringRef::npos)
    return Args;
  int Depth = 0;
  size_t Begin = Open + 1;
  char Quote = 0;
  for (size_t I = Open; I < Call.size(); ++I) {
    char C = Call[I];
    if (Quote) {
      if (C == '\\')
        ++I;
      else if (C == Quote)
        Quote = 0;
      continue;
    }
    if (C == '"' || C == '\'')
      Quote = C;
    else if (C == '(' || C == '[' || C == '{')
      ++Depth;
    else if (C == ')' || C == ']' || C == '}') {
      if (--Depth == 0) {
        StringRef Last = Call.slice(Begin, I).trim();
        if (!Last.empty() || !Args.empty())
          Args.push_back(Last.str());
        break;
      }
    } else if (C == ',' && Depth == 1) {
      Args.push_back(Call.slice(Begin, I).trim().str());
      Begin = I + 1;
    }
  }
  return Args;
}

void Indexer::run() {
  for (Decl *D : Context.getTranslationUnitDecl()->decls()) {
    SourceLocation Loc = SM.getExpansionLoc(D->getLocation());
    if (D->isImplicit() || Loc.isInvalid() || !PP.isFirstParty(Loc))
      continue;
    TraverseDecl(D);
  }
  notePointers(I, Context,
               {[&](const NamedDecl *D) { return keyOf(D); },
                [&](SourceLocation Loc) { return token(Loc); },
                [&](SourceRange R) { return written(R); },
                [&](const Decl *D) { return ours(D); }});
  finishModules();
  noteForeignNames(Context.getTranslationUnitDecl());
}

int Indexer::file(FileID ID) {
  auto Known = Files.find(ID);
  if (Known != Files.end())
    return Known->second;
  int Result = -1;
  OptionalFileEntryRef Entry = SM.getFileEntryRefForID(ID);
  if (Entry && PP.isFirstParty(SM.getLocForStartOfFile(ID))) {
    SmallString<256> Path(Entry->getFileEntry().tryGetRealPathName());
    if (Path.empty())
      Path = Entry->getName();
    sys::fs::make_absolute(Path);
    sys::path::remove_dots(Path, true);
    Result = I.fileOf(Path);
    if (Result < 0) {
      Result = static_cast<int>(I.Files.size());
      SourceFile F;
      F.Path = std::string(Path);
      F.Text = SM.getBufferData(ID).str();
      F.Header = ID != SM.getMainFileID();
      F.Cxx = LO.CPlusPlus;
      I.Files.push_back(std::move(F));
    }
  }
  return Files[ID] = Result;
}

Place Indexer::token(SourceLocation Loc) {
  if (Loc.isInvalid())
    return {};
  Loc = SM.getSpellingLoc(Loc);
  if (SM.isWrittenInScratchSpace(Loc) || SM.isWrittenInBuiltinFile(Loc))
    return {};
  auto [ID, Offset] = SM.getDecomposedLoc(Loc);
  int F = file(ID);
  if (F < 0)
    return {};
  const unsigned End = Offset + Lexer::MeasureTokenLength(Loc, SM, LO);
  // A token may begin with the end of the line before it.
  StringRef T = I.Files[F].Text;
  while (T.substr(Offset).starts_with("\\\n") ||
         T.substr(Offset).starts_with("\\\r\n"))
    Offset = T.find('\n', Offset) + 1;
  return {F, Offset, End};
}

Place Indexer::written(SourceRange R) {
  if (R.isInvalid())
    return {};
  auto End = R.getEnd();
  CharSourceRange Char =
      Lexer::makeFileCharRange(CharSourceRange::getTokenRange(R), SM, LO);
  if (Char.isInvalid()) {
    SourceLocation B = SM.getExpansionLoc(R.getBegin());
    CharSourceRange E = SM.getExpansionRange(End);
    Char = Lexer::makeFileCharRange(
        CharSourceRange::getTokenRange(B, E.getEnd()), SM, LO);
  }
  if (Char.isInvalid())
    return {};
  auto [ID, Begin] = SM.getDecomposedLoc(Char.getBegin());
  auto [ID2, Stop] = SM.getDecomposedLoc(Char.getEnd());
  int F = file(ID);
  if (ID != ID2 || F < 0)
    return {};
  return {F, Begin, Stop};
}

std::string Indexer::textInMacro(const Expr *E) {
  SourceLocation B = E->getBeginLoc(), End = E->getEndLoc();
  if (!B.isMacroID() || !End.isMacroID() || SM.isMacroArgExpansion(B) ||
      SM.isMacroArgExpansion(End))
    return "";
  if (!Lexer::makeFileCharRange(
           CharSourceRange::getTokenRange(E->getSourceRange()), SM, LO)
           .isInvalid())
    return "";
  // Out of nested macros, until both ends are in one.
  for (unsigned N = 0; N < 8; ++N) {
    SourceLocation Up = SM.getImmediateExpansionRange(B).getBegin();
    if (!Up.isMacroID() || !SM.isAtStartOfImmediateMacroExpansion(B))
      break;
    B = Up;
  }
  for (unsigned N = 0; N < 8; ++N) {
    SourceLocation Up = SM.getImmediateExpansionRange(End).getEnd();
    SourceLocation After = End.getLocWithOffset(
        int(Lexer::MeasureTokenLength(SM.getSpellingLoc(End), SM, LO)));
    if (!Up.isMacroID() || !SM.isAtEndOfImmediateMacroExpansion(After))
      break;
    End = Up;
  }
  Place First = token(B), Last = token(End);
  if (!First.valid() || First.File != Last.File || Last.End <= First.Begin ||
      SM.isMacroArgExpansion(B) || SM.isMacroArgExpansion(End))
    return "";
  std::string Out;
  for (char C : I.text({First.File, First.Begin, Last.End}))
    if (C != '\\' && C != '\n')
      Out += C;
  return Out;
}

std::string Indexer::textOf(const Expr *E) {
  // `(name)` in a macro is what the macro is given.
  if (E->getBeginLoc().isMacroID() &&
      SM.isMacroArgExpansion(E->IgnoreParenImpCasts()->getBeginLoc()))
    E = E->IgnoreParenImpCasts();
  if (std::string Text = textInMacro(E); !Text.empty())
    return Text;
  Place P = written(E->getSourceRange());
  return P.valid() ? I.text(P).str() : std::string();
}

Place Indexer::withSemicolon(Place P) {
  if (!P.valid())
    return P;
  StringRef T = I.Files[P.File].Text;
  size_t At = T.find_first_not_of(" \t\r\n", P.End);
  if (At == StringRef::npos || T[At] != ';')
    return P;
  P.End = At + 1;
  return P;
}

std::string Indexer::keyOf(const NamedDecl *D) {
  std::string Name = D->getQualifiedNameAsString();
  if (const auto *VD = dyn_cast<VarDecl>(D)) {
    if (VD->isStaticLocal())
      return keyOf(cast<NamedDecl>(
                 cast<FunctionDecl>(VD->getParentFunctionOrMethod()))) +
             "::" + D->getNameAsString() + "@" +
             std::to_string(SM.getFileOffset(VD->getLocation()));
    if (VD->getFormalLinkage() == Linkage::External)
      return Name;
  } else if (const auto *FD = dyn_cast<FunctionDecl>(D)) {
    if (LO.CPlusPlus)
      Name += "/" + std::to_string(FD->getNumParams());
    if (FD->getFormalLinkage() == Linkage::External)
      return Name;
  }
  const Decl *C = D->getCanonicalDecl();
  return SM.getFilename(SM.getExpansionLoc(C->getLocation())).str() + "#" +
         Name;
}

bool Indexer::ours(const Decl *D) {
  return D->getLocation().isValid() &&
         PP.isFirstParty(SM.getExpansionLoc(D->getLocation()));
}

} // namespace pyext::migrate
