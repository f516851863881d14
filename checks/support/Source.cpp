//===- Source.cpp - Macro-safe ranges and edits ---------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/Source.h"
#include "clang/AST/Expr.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <numeric>

using namespace clang;
using llvm::ArrayRef;
using llvm::StringRef;

namespace pyext::support {

SourceText::SourceText(const SourceManager &SM, const LangOptions &LO,
                       FileID File)
    : SM(SM), LO(LO), File(File), Text(SM.getBufferData(File)) {}

SourceLocation SourceText::location(unsigned Offset) const {
  return SM.getLocForStartOfFile(File).getLocWithOffset(Offset);
}

void SourceText::tokensFrom(unsigned Offset,
                            llvm::function_ref<bool(Token)> Take) const {
  Lexer Raw(SM.getLocForStartOfFile(File), LO, Text.begin(),
            Text.begin() + Offset, Text.end());
  bool IsFirst = true;
  clang::Token T;
  for (Raw.LexFromRawLexer(T); T.isNot(tok::eof); Raw.LexFromRawLexer(T)) {
    const unsigned End = Raw.getBufferLocation() - Text.begin();
    const bool StartsLine =
        IsFirst ? isFirstOnLine(Offset) : T.isAtStartOfLine();
    IsFirst = false;
    if (!Take({End - T.getLength(), End, StartsLine}))
      return;
  }
}

std::optional<TextRange> SourceText::written(SourceRange Range) const {
  if (Range.isInvalid())
    return std::nullopt;
  const CharSourceRange InFile = Lexer::makeFileCharRange(
      CharSourceRange::getTokenRange(Range), SM, LO);
  if (InFile.isInvalid() || SM.getFileID(InFile.getBegin()) != File ||
      SM.getFileID(InFile.getEnd()) != File)
    return std::nullopt;
  return TextRange{SM.getFileOffset(InFile.getBegin()),
                   SM.getFileOffset(InFile.getEnd())};
}

/// The last simple statement written within \p S: the one whose `;` ends it.
static const Stmt *lastPart(const Stmt *S) {
  while (S) {
    const Stmt *Next = nullptr;
    if (const auto *If = dyn_cast<IfStmt>(S))
      Next = If->getElse() ? If->getElse() : If->getThen();
    else if (const auto *For = dyn_cast<ForStmt>(S))
      Next = For->getBody();
    else if (const auto *While = dyn_cast<WhileStmt>(S))
      Next = While->getBody();
    else if (const auto *Range = dyn_cast<CXXForRangeStmt>(S))
      Next = Range->getBody();
    else if (const auto *Switch = dyn_cast<SwitchStmt>(S))
      Next = Switch->getBody();
    else if (const auto *Case = dyn_cast<SwitchCase>(S))
      Next = Case->getSubStmt();
    else if (const auto *Label = dyn_cast<LabelStmt>(S))
      Next = Label->getSubStmt();
    else if (const auto *Attributed = dyn_cast<AttributedStmt>(S))
      Next = Attributed->getSubStmt();
    if (!Next)
      return S;
    S = Next;
  }
  return S;
}

std::optional<TextRange> SourceText::writtenStatement(const Stmt *S) const {
  std::optional<TextRange> R = written(S);
  if (!R)
    return std::nullopt;
  const Stmt *Last = lastPart(S);
  if (isa<CompoundStmt, DeclStmt, NullStmt, CXXTryStmt>(Last))
    return R;
  std::optional<unsigned> End = skipToken(R->End, ";");
  if (!End)
    return std::nullopt;
  R->End = *End;
  return R;
}

std::optional<unsigned> SourceText::spelled(SourceLocation Loc) const {
  while (Loc.isMacroID()) {
    if (!SM.isMacroArgExpansion(Loc))
      return std::nullopt;
    Loc = SM.getImmediateSpellingLoc(Loc);
  }
  if (Loc.isInvalid() || SM.getFileID(Loc) != File)
    return std::nullopt;
  return SM.getFileOffset(Loc);
}

std::optional<WrittenCall> SourceText::writtenCall(SourceLocation Loc,
                                                   StringRef Name) const {
  std::optional<unsigned> At;
  while (Loc.isMacroID()) {
    if (Lexer::getImmediateMacroName(Loc, SM, LO) == Name) {
      // In the body of the macro, or in an argument of it.
      SourceLocation Call = Loc;
      if (SM.isMacroArgExpansion(Call))
        Call = SM.getImmediateExpansionRange(Call).getBegin();
      At = spelled(SM.getImmediateExpansionRange(Call).getBegin());
      break;
    }
    Loc = SM.isMacroArgExpansion(Loc)
              ? SM.getImmediateSpellingLoc(Loc)
              : SM.getImmediateExpansionRange(Loc).getBegin();
  }
  if (Loc.isFileID())
    At = spelled(Loc);
  if (!At)
    return std::nullopt;

  WrittenCall Call;
  unsigned Depth = 0, Number = 0;
  std::optional<TextRange> Arg;
  bool IsWhole = false;
  tokensFrom(*At, [&](Token Found) {
    const TextRange R{Found.Begin, Found.End};
    const StringRef T = text(R);
    if (Number++ == 0) {
      Call.Name = R;
      return R.Begin == *At && T == Name;
    }
    if ((Number == 2 && T != "(") || (T == "#" && Found.StartsLine))
      return false;
    const bool Opens = T == "(" || T == "[" || T == "{";
    const bool Closes = T == ")" || T == "]" || T == "}";
    if (Opens && Depth++ == 0)
      return true;
    if (Closes && --Depth == 0) {
      if (Arg)
        Call.Args.push_back(*Arg);
      Call.Whole = {Call.Name.Begin, R.End};
      IsWhole = true;
      return false;
    }
    if (T == "," && Depth == 1) {
      if (!Arg)
        return false;
      Call.Args.push_back(*Arg);
      Arg.reset();
      return true;
    }
    if (!Arg)
      Arg = R;
    Arg->End = R.End;
    return true;
  });
  return IsWhole ? std::optional(std::move(Call)) : std::nullopt;
}

std::optional<unsigned> SourceText::endOfTokenBefore(unsigned Offset,
                                                     unsigned From) const {
  std::optional<unsigned> End;
  bool InDirective = false;
  tokensFrom(From, [&](Token T) {
    if (T.StartsLine)
      InDirective = Text[T.Begin] == '#';
    if (T.Begin >= Offset)
      return false;
    End = InDirective ? std::nullopt : std::optional(T.End);
    return true;
  });
  return End;
}

std::optional<unsigned> SourceText::skipToken(unsigned Offset,
                                              StringRef Punct) const {
  std::optional<unsigned> End;
  tokensFrom(Offset, [&](Token T) {
    if (text({T.Begin, T.End}) == Punct)
      End = T.End;
    return false;
  });
  return End;
}

unsigned SourceText::lineStart(unsigned Offset) const {
  const size_t Newline = Text.take_front(Offset).rfind('\n');
  return Newline == StringRef::npos ? 0 : Newline + 1;
}

unsigned SourceText::nextLine(unsigned Offset) const {
  const size_t Newline = Text.find('\n', Offset);
  return Newline == StringRef::npos ? Text.size() : Newline + 1;
}

StringRef SourceText::indentation(unsigned Offset) const {
  return Text.substr(lineStart(Offset)).take_while([](char C) {
    return C == ' ' || C == '\t';
  });
}

bool SourceText::isFirstOnLine(unsigned Offset) const {
  return lineStart(Offset) + indentation(Offset).size() >= Offset;
}

unsigned SourceText::endOfLineOrHere(unsigned Offset) const {
  size_t End = Text.find('\n', Offset);
  if (End == StringRef::npos)
    End = Text.size();
  StringRef Rest = Text.slice(Offset, End).trim();
  if (Rest.ends_with("\\"))
    return Offset;
  const bool OnlyComment =
      Rest.starts_with("//") ||
      (Rest.starts_with("/*") && Rest.find("*/") == Rest.size() - 2);
  if (!Rest.empty() && !OnlyComment)
    return Offset;
  if (End > Offset && Text[End - 1] == '\r')
    --End;
  return End;
}

bool SourceText::hasDirective(TextRange R) const {
  bool Found = false;
  tokensFrom(R.Begin, [&](Token T) {
    if (T.Begin >= R.End)
      return false;
    Found = T.StartsLine && Text[T.Begin] == '#';
    return !Found;
  });
  return Found;
}

bool SourceText::mentions(TextRange R, StringRef Name) const {
  const StringRef Where = text(R);
  auto InWord = [](char C) { return llvm::isAlnum(C) || C == '_'; };
  for (size_t At = Where.find(Name); At != StringRef::npos;
       At = Where.find(Name, At + 1)) {
    const size_t End = At + Name.size();
    if ((At == 0 || !InWord(Where[At - 1])) &&
        (End == Where.size() || !InWord(Where[End])))
      return true;
  }
  return false;
}

std::vector<unsigned> SourceText::identifiers(TextRange R,
                                              StringRef Name) const {
  std::vector<unsigned> Found;
  StringRef Before;
  tokensFrom(R.Begin, [&](Token T) {
    if (T.Begin >= R.End)
      return false;
    const StringRef Here = text({T.Begin, T.End});
    if (Here == Name && Before != "->" && Before != ".")
      Found.push_back(T.Begin);
    Before = Here;
    return true;
  });
  return Found;
}

std::string SourceText::indentStep(unsigned Near) const {
  // The nearest line above that opens a block, and the line after it.
  unsigned Line = lineStart(Near);
  while (Line > 0) {
    const unsigned Previous = lineStart(Line - 1);
    const StringRef Above = Text.slice(Previous, Line).rtrim();
    const StringRef Inner = indentation(Line);
    const StringRef Outer = indentation(Previous);
    if (Above.ends_with("{") && Inner.size() > Outer.size() &&
        Inner.starts_with(Outer))
      return Inner.drop_front(Outer.size()).str();
    Line = Previous;
  }
  return "    ";
}

bool isWithin(const Stmt *S, const Stmt *Outer, const ParentMap &Parents) {
  while (S && S != Outer)
    S = Parents.getParent(S);
  return S;
}

const Stmt *enclosingStatement(const Stmt *S, const ParentMap &Parents) {
  while (S) {
    const Stmt *P = Parents.getParent(S);
    if (!P || isa<CompoundStmt, SwitchCase, LabelStmt, AttributedStmt>(P))
      return S;
    if (const auto *If = dyn_cast<IfStmt>(P);
        If && (S == If->getThen() || S == If->getElse()))
      return S;
    if (const auto *For = dyn_cast<ForStmt>(P); For && S == For->getBody())
      return S;
    if (const auto *While = dyn_cast<WhileStmt>(P);
        While && S == While->getBody())
      return S;
    if (const auto *Do = dyn_cast<DoStmt>(P); Do && S == Do->getBody())
      return S;
    if (const auto *Range = dyn_cast<CXXForRangeStmt>(P);
        Range && S == Range->getBody())
      return S;
    if (const auto *Switch = dyn_cast<SwitchStmt>(P);
        Switch && S == Switch->getBody())
      return S;
    S = P;
  }
  return nullptr;
}

void EditSet::replace(TextRange R, std::string Text) {
  Edits.push_back({R, std::move(Text)});
}

EditSet::Around &EditSet::around(const Stmt *S) {
  auto [It, New] = Statements.try_emplace(S);
  if (New)
    Order.push_back(S);
  return It->second;
}

void EditSet::before(const Stmt *S, ArrayRef<std::string> Lines,
                     bool OwnScope) {
  Around &A = around(S);
  A.Before.insert(A.Before.end(), Lines.begin(), Lines.end());
  A.OwnScope |= OwnScope;
}

void EditSet::after(const Stmt *S, ArrayRef<std::string> Lines, bool OwnScope) {
  Around &A = around(S);
  A.After.insert(A.After.end(), Lines.begin(), Lines.end());
  A.OwnScope |= OwnScope;
}

void EditSet::replaceStatement(const Stmt *S, ArrayRef<std::string> Lines) {
  around(S).Instead.emplace(Lines.begin(), Lines.end());
}

void EditSet::remove(const Stmt *S) { Removed.push_back(S); }

/// \p Line with its leading tabs turned into steps and in \p Indent.
static std::string indented(StringRef Line, StringRef Indent, StringRef Step) {
  if (Line.starts_with("#"))
    return Line.str();
  std::string Out = Indent.str();
  while (Line.consume_front("\t"))
    Out += Step;
  return Out + Line.str();
}

bool EditSet::place(const Stmt *S, const Around &A, std::string &WhyNot) {
  const std::optional<TextRange> R = Source.writtenStatement(S);
  if (!R) {
    WhyNot = "a statement to change is part of a macro";
    return false;
  }
  const Stmt *Parent = Parents.getParent(S);
  const bool Labelled =
      Parent && isa<SwitchCase, LabelStmt, AttributedStmt>(Parent);
  const bool Listed = Parent && isa<CompoundStmt>(Parent);
  if (!Parent || enclosingStatement(S, Parents) != S) {
    WhyNot = "a statement to change is part of another one";
    return false;
  }
  const unsigned Size = R->End - R->Begin;
  const std::string Step = Source.indentStep(R->Begin);
  const bool First = Source.isFirstOnLine(R->Begin);
  auto HasDirective = [](ArrayRef<std::string> Lines) {
    return llvm::any_of(
        Lines, [](const std::string &L) { return StringRef(L).starts_with("#"); });
  };
  const bool Directives = HasDirective(A.Before) || HasDirective(A.After) ||
                          (A.Instead && HasDirective(*A.Instead));
  const unsigned LineEnd = Source.endOfLineOrHere(R->End);
  const bool Last = LineEnd != R->End || R->End >= Source.text().size() ||
                    StringRef("\r\n").contains(Source.text()[R->End]);
  // Text for lines on their own, each followed by a newline.
  auto Block = [&](ArrayRef<std::string> Lines, StringRef Indent) {
    std::string Out;
    for (const std::string &L : Lines)
      Out += indented(L, Indent, Step) + "\n";
    return Out;
  };
  // The same for a place behind other text of the line.
  auto Trailing = [&](ArrayRef<std::string> Lines, StringRef Indent) {
    std::string Out;
    for (const std::string &L : Lines)
      Out += "\n" + indented(L, Indent, Step);
    return Out;
  };
  auto Inline = [&](ArrayRef<std::string> Lines) {
    std::string Out;
    for (const std::string &L : Lines)
      Out += StringRef(L).ltrim('\t').str() + " ";
    return Out;
  };
  auto Add = [&](TextRange Range, std::string Text, Role Why) {
    Edits.push_back({Range, std::move(Text), Why, Size});
  };
  auto PlaceInstead = [&](StringRef Indent) {
    if (!A.Instead)
      return;
    std::string Text;
    for (const std::string &L : *A.Instead)
      Text += (Text.empty() ? "" : "\n") +
              (Text.empty() && !StringRef(L).starts_with("#")
                   ? L
                   : indented(L, Indent, Step));
    const bool AtColumnOne =
        !A.Instead->empty() && StringRef(A.Instead->front()).starts_with("#");
    Add({AtColumnOne ? Source.lineStart(R->Begin) : R->Begin, R->End},
        std::move(Text), Role::Here);
  };

  if ((Listed || Labelled) && !A.OwnScope) {
    std::string Indent = Source.indentation(R->Begin).str();
    // What follows a labelled statement is indented like the statement.
    std::string IndentAfter = Indent;
    for (const Stmt *Sub = S; isa<LabelStmt, SwitchCase>(Sub);) {
      Sub = isa<LabelStmt>(Sub) ? cast<LabelStmt>(Sub)->getSubStmt()
                                : cast<SwitchCase>(Sub)->getSubStmt();
      const std::optional<TextRange> Inner = Source.written(Sub);
      if (Inner && Source.isFirstOnLine(Inner->Begin))
        IndentAfter = Source.indentation(Inner->Begin).str();
    }
    if (Directives && (!First || !Last)) {
      WhyNot = "more than one statement is on a line that needs a version "
               "guard";
      return false;
    }
    if (!A.Before.empty()) {
      if (First)
        Add({Source.lineStart(R->Begin), Source.lineStart(R->Begin)},
            Block(A.Before, Indent), Role::Before);
      else
        Add({R->Begin, R->Begin}, Inline(A.Before), Role::Before);
    }
    PlaceInstead(Indent);
    if (!A.After.empty()) {
      if (Last)
        Add({LineEnd, LineEnd}, Trailing(A.After, IndentAfter),
            Role::After);
      else
        Add({R->End, R->End}, " " + StringRef(Inline(A.After)).rtrim().str(),
            Role::After);
    }
    return true;
  }

  if (Listed || Labelled) {
    // Braces of its own, on lines of their own.
    if (!First || !Last) {
      WhyNot = "more than one statement is on a line that needs a block";
      return false;
    }
    const std::string Outer = Source.indentation(R->Begin).str();
    const std::string Inner = Outer + Step;
    const unsigned Line = Source.lineStart(R->Begin);
    Add({Line, Line}, Outer + "{\n" + Block(A.Before, Inner) + Step,
        Role::Before);
    PlaceInstead(Inner);
    Add({LineEnd, LineEnd}, Trailing(A.After, Inner) + "\n" + Outer + "}",
        Role::After);
    return true;
  }

  // The body of an if, an else or a loop, without braces.
  const std::optional<unsigned> From = Source.spelled(Parent->getBeginLoc());
  const std::optional<unsigned> Head =
      From ? Source.endOfTokenBefore(R->Begin, *From) : std::nullopt;
  if (!Head) {
    WhyNot = "a statement to change follows a preprocessor directive";
    return false;
  }
  const std::string Outer = Source.indentation(*Head - 1).str();
  std::string Inner;
  if (First) {
    Inner = Source.indentation(R->Begin).str();
    // The token is written again, so that two fixes that both need these braces
    // are seen to be in each other's way.
    Add({*Head - 1, *Head}, Source.text({*Head - 1, *Head}).str() + " {",
        Role::Before);
    const unsigned Line = Source.lineStart(R->Begin);
    if (!A.Before.empty())
      Add({Line, Line}, Block(A.Before, Inner), Role::Before);
  } else {
    if (!Source.text({*Head, R->Begin}).trim().empty()) {
      WhyNot = "a comment stands where a brace is needed";
      return false;
    }
    Inner = Outer + Step;
    Add({*Head - 1, R->Begin},
        Source.text({*Head - 1, *Head}).str() + " {\n" +
            Block(A.Before, Inner) + Inner,
        Role::Before);
  }
  if (Directives && !First) {
    WhyNot = "a version guard is needed in the middle of a line";
    return false;
  }
  PlaceInstead(Inner);
  Add({LineEnd, LineEnd}, Trailing(A.After, Inner) + "\n" + Outer + "}",
      Role::After);
  return true;
}

llvm::SmallVector<FixItHint> EditSet::finish(std::string &WhyNot) {
  llvm::SmallVector<FixItHint> Hints;
  for (const Stmt *S : Order)
    if (!place(S, Statements[S], WhyNot))
      return Hints;
  for (const Stmt *S : Removed) {
    const std::optional<TextRange> R = Source.writtenStatement(S);
    if (!R) {
      WhyNot = "a statement to remove is part of a macro";
      return Hints;
    }
    TextRange Cut = *R;
    const unsigned LineEnd = Source.endOfLineOrHere(R->End);
    const bool Alone =
        Source.text({R->End, LineEnd}).trim().empty() &&
        (LineEnd >= Source.text().size() ||
         StringRef("\r\n").contains(Source.text()[LineEnd]));
    if (Source.isFirstOnLine(R->Begin) && Alone) {
      // The newline before goes, and the one behind stays.
      Cut = {Source.lineStart(R->Begin), LineEnd};
      if (Cut.Begin > 0)
        --Cut.Begin;
      if (Cut.Begin > 0 && Source.text()[Cut.Begin - 1] == '\r')
        --Cut.Begin;
    } else if (Source.isFirstOnLine(R->Begin)) {
      while (Cut.End < Source.text().size() &&
             StringRef(" \t").contains(Source.text()[Cut.End]))
        ++Cut.End;
    } else {
      while (Cut.Begin > 0 &&
             StringRef(" \t").contains(Source.text()[Cut.Begin - 1]))
        --Cut.Begin;
    }
    Edits.push_back({Cut, "", Role::Here, 0});
  }

  std::vector<size_t> Sorted(Edits.size());
  std::iota(Sorted.begin(), Sorted.end(), 0);
  llvm::sort(Sorted, [&](size_t I, size_t J) {
    const Edit &A = Edits[I], &B = Edits[J];
    auto Rank = [](const Edit &E) {
      return E.R == Role::After ? long(E.Size)
             : E.R == Role::Before ? -long(E.Size)
                                   : 0L;
    };
    // An insertion precedes what is replaced at the same place.
    return std::make_tuple(A.Range.Begin, A.Range.End > A.Range.Begin,
                           int(A.R), Rank(A), I) <
           std::make_tuple(B.Range.Begin, B.Range.End > B.Range.Begin,
                           int(B.R), Rank(B), J);
  });
  std::vector<Edit> Merged;
  for (size_t I : Sorted) {
    Edit &E = Edits[I];
    if (!Merged.empty() && E.Range.Begin < Merged.back().Range.End) {
      WhyNot = "two changes overlap";
      return Hints;
    }
    if (!Merged.empty() && E.Range.Begin == Merged.back().Range.End) {
      Merged.back().Range.End = E.Range.End;
      Merged.back().Text += E.Text;
    } else {
      Merged.push_back(std::move(E));
    }
  }
  for (const Edit &E : Merged) {
    const CharSourceRange Range = CharSourceRange::getCharRange(
        Source.location(E.Range.Begin), Source.location(E.Range.End));
    Hints.push_back(E.Range.Begin == E.Range.End
                        ? FixItHint::CreateInsertion(Range.getBegin(), E.Text)
                        : FixItHint::CreateReplacement(Range, E.Text));
  }
  return Hints;
}

} // namespace pyext::support
