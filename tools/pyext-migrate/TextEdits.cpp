//===- TextEdits.cpp - Places and edits in texts --------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <functional>

using namespace llvm;

namespace pyext::migrate {

void Rewriter::edit(Place P, std::string Text) {
  for (const Edit &Old : R.Edits)
    if (Old.Where == P && Old.Text == Text)
      return;
  R.Edits.push_back({P, std::move(Text)});
}

void Rewriter::insert(int File, unsigned At, std::string Text) {
  edit({File, At, At}, std::move(Text));
}

Place Rewriter::wholeLine(Place P) const {
  StringRef T = I.Files[P.File].Text;
  size_t Begin = T.rfind('\n', P.Begin ? P.Begin - 1 : 0);
  Begin = Begin == StringRef::npos ? 0 : Begin + 1;
  if (P.Begin && T[P.Begin - 1] == '\n')
    Begin = P.Begin;
  if (!T.slice(Begin, P.Begin).trim().empty())
    return P;
  size_t End = T.find('\n', P.End);
  End = End == StringRef::npos ? T.size() : End;
  StringRef Rest = T.slice(P.End, End).trim();
  bool Comment =
      (Rest.starts_with("/*") && Rest.find("*/") == Rest.size() - 2) ||
      Rest.starts_with("//");
  if (!Rest.empty() && !Comment)
    return P;
  return {P.File, unsigned(Begin), unsigned(std::min(End + 1, T.size()))};
}

std::string Rewriter::indentAt(Place P) const {
  StringRef T = I.Files[P.File].Text;
  size_t Begin = T.rfind('\n', P.Begin ? P.Begin - 1 : 0);
  Begin = Begin == StringRef::npos ? 0 : Begin + 1;
  return T.substr(Begin)
      .take_while([](char C) { return C == ' ' || C == '\t'; })
      .str();
}

std::string Rewriter::indent() const {
  StringRef T = I.Files[MainFile].Text;
  if (Body && Body->Body.valid()) {
    size_t Line = T.find('\n', Body->Body.Begin);
    if (Line != StringRef::npos) {
      StringRef Rest = T.substr(Line + 1);
      while (Rest.starts_with("\n"))
        Rest = Rest.drop_front();
      std::string S =
          Rest.take_while([](char C) { return C == ' ' || C == '\t'; }).str();
      if (!S.empty() && S.size() <= 8)
        return S;
    }
  }
  return "    ";
}

std::string Rewriter::withoutNames(StringRef Declaration,
                                   const std::set<std::string> &Names) const {
  std::vector<std::string> Parts = splitTop(Declaration.rtrim("; ").str());
  StringRef First = Parts[0];
  size_t Star = First.find('*');
  StringRef Type = Star == StringRef::npos
                       ? First.take_front(First.find_last_of(" \t\n") + 1)
                       : First.take_front(Star);
  std::vector<std::string> Kept;
  for (size_t N = 0; N < Parts.size(); ++N) {
    StringRef P =
        N ? StringRef(Parts[N]).trim() : First.drop_front(Type.size()).trim();
    if (!Names.count(P.ltrim("* ").take_while(isWord).str()))
      Kept.push_back(P.str());
  }
  return Kept.empty() ? "" : Type.str() + join(Kept, ", ") + ";";
}

void Rewriter::removeDeclaration(Place P) {
  Place L = wholeLine(P);
  // An empty line before and after: keep one.
  StringRef T = I.Files[L.File].Text;
  if (L.Begin >= 2 && T[L.Begin - 1] == '\n' && T[L.Begin - 2] == '\n' &&
      L.End < T.size() && T[L.End] == '\n')
    ++L.End;
  edit(L, "");
}

bool Rewriter::skipped(Place P) const {
  return any_of(Replaced, [&](const Place &Q) { return contains(Q, P); });
}

/// `#define DECLARE(name) static PyObject *name##_str`, when all that it was
/// used for is gone.
void Rewriter::removeUnusedMacros() {
  // Up to `#undef`, where all between goes.
  for (const Place &D : I.MacroBodies) {
    StringRef T = I.Files[D.File].Text;
    size_t At = D.End;
    bool Crossed = false;
    for (bool More = true; More;) {
      At = std::min(T.find_first_not_of(" \t\n", At), T.size());
      More = false;
      for (const Edit &E : R.Edits)
        if (E.Where.File == D.File && E.Text.empty() && E.Where.Begin <= At &&
            At < E.Where.End) {
          At = E.Where.End;
          More = Crossed = true;
          break;
        }
    }
    StringRef Rest = T.substr(At);
    if (!Crossed || !Rest.consume_front("#"))
      continue;
    Rest = Rest.ltrim(" \t");
    if (!Rest.consume_front("undef") ||
        Rest.ltrim(" \t").take_while(isWord) != I.text(D).take_while(isWord))
      continue;
    edit({D.File, unsigned(T.rfind('\n', D.Begin) + 1), D.End + 1}, "");
    edit({D.File, unsigned(At), unsigned(std::min(T.find('\n', At), T.size() - 1) + 1)},
         "");
  }
  auto Gone = [&](Place P) {
    return any_of(R.Edits,
                  [&](const Edit &E) { return contains(E.Where, P); });
  };
  std::set<Place> Candidates;
  for (const Index::MacroUse &U : I.MacroUses)
    if (!Candidates.count(U.Definition) &&
        !I.Files[U.Definition.File].Header && Gone(U.Name))
      Candidates.insert(U.Definition);
  for (const Place &D : Candidates) {
    StringRef Name = I.text(D).take_while(isWord);
    bool Left = any_of(R.Edits, [&](const Edit &E) {
      return StringRef(E.Text).contains(Name) && !contains(D, E.Where);
    });
    for (const auto &[Path, Text] : R.NewFiles)
      Left |= StringRef(Text).contains(Name);
    for (size_t N = 0; N < I.Files.size() && !Left; ++N) {
      StringRef T = I.Files[N].Text;
      for (size_t At = findWord(T, Name); At != StringRef::npos && !Left;
           At = findWord(T, Name, At + 1)) {
        const Place P{int(N), unsigned(At), unsigned(At + Name.size())};
        Left = !(P.File == D.File && At == D.Begin) && !inComment(T, At) &&
               !Gone(P);
      }
    }
    if (Left)
      continue;
    const Place Whole = definitionLines(I, D);
    if (any_of(R.Edits, [&](const Edit &E) {
          return E.Where.File == D.File && E.Where.Begin < Whole.End &&
                 Whole.Begin < E.Where.End && !contains(Whole, E.Where);
        }))
      continue; // It is within something that goes.
    erase_if(R.Edits, [&](const Edit &E) {
      return E.Where.Begin >= D.Begin && contains(D, E.Where);
    });
    edit(Whole, "");
  }
}

void Rewriter::replaceAll(Place P) {
  for (size_t N = R.Edits.size(); N-- > 0;)
    if (contains(P, R.Edits[N].Where))
      R.Edits.erase(R.Edits.begin() + N);
  Replaced.push_back(P);
}

std::string Rewriter::takeEdited(Place P) {
  std::vector<Edit> In;
  for (size_t N = R.Edits.size(); N-- > 0;)
    if (contains(P, R.Edits[N].Where)) {
      In.push_back(R.Edits[N]);
      R.Edits.erase(R.Edits.begin() + N);
    }
  std::stable_sort(In.begin(), In.end(), [](const Edit &A, const Edit &B) {
    return A.Where < B.Where;
  });
  std::string Out;
  unsigned At = P.Begin;
  for (const Edit &E : In) {
    Out += I.text({P.File, At, std::max(At, E.Where.Begin)}).str() + E.Text;
    At = std::max(At, E.Where.End);
  }
  return Out + I.text({P.File, At, P.End}).str();
}

void Rewriter::includeStructMember(int File) {
  auto Includes = [&](int Of) {
    return any_of(inclusions(I.Files[Of].Text), [](const Inclusion &Each) {
      return Each.Name == "structmember.h";
    });
  };
  if (Includes(File) || any_of(I.Includes, [&](const auto &P) {
        return P.first == File && Includes(P.second);
      }))
    return;
  StringRef T = I.Files[File].Text;
  size_t At = T.find("Python.h");
  size_t Line = At == StringRef::npos ? StringRef::npos : T.find('\n', At);
  insert(File, Line == StringRef::npos ? 0 : Line + 1,
         "#include <structmember.h>\n");
}

void Rewriter::replaceStatement(Place P, std::string Text, bool Braces) {
  replaceAll(P);
  if (!Braces) {
    edit(P, std::move(Text));
    return;
  }
  const std::string Ind = indentAt(P);
  StringRef T = I.Files[P.File].Text;
  const unsigned Before = T.take_front(P.Begin).rtrim().size();
  const size_t Line = T.rfind('\n', Before);
  const bool OwnLine = T.slice(Before, P.Begin).contains('\n');
  if (inComment(T, Before ? Before - 1 : 0) ||
      T.slice(Line == StringRef::npos ? 0 : Line + 1, Before)
          .ltrim()
          .starts_with("#")) {
    edit(P, "{\n" + Ind + Text + "\n" +
                Ind.substr(0, Ind.size() >= In.size() ? Ind.size() - In.size()
                                                      : 0) +
                "}");
    return;
  }
  // `if (x)` on the line before, or on the same.
  const std::string Outer =
      OwnLine ? Ind.substr(0, Ind.size() >= In.size() ? Ind.size() - In.size() : 0)
              : Ind;
  insert(P.File, Before, " {");
  if (!OwnLine) {
    std::string Deeper = "\n" + Ind + In;
    for (char C : Text) {
      Deeper += C;
      if (C == '\n')
        Deeper += In;
    }
    edit({P.File, Before, P.Begin}, "");
    Text = std::move(Deeper);
  }
  edit(P, Text + "\n" + Outer + "}");
}

/// Another statement before the one at \p P; both in braces when it is the body
/// of an if or a loop.
void Rewriter::insertBefore(Place P, const std::string &Text, bool Braces) {
  std::string Ind = indentAt(P);
  if (!Braces)
    return insert(P.File, P.Begin, Text + "\n" + Ind);
  StringRef Before = StringRef(I.Files[P.File].Text).take_front(P.Begin);
  insert(P.File, Before.rtrim().size(), " {");
  insert(P.File, P.Begin,
         (Before.rtrim(" \t").ends_with("\n") ? "" : "\n" + Ind) + Text + "\n" +
             Ind);
  insert(
      P.File, P.End,
      "\n" +
          Ind.substr(0, Ind.size() >= In.size() ? Ind.size() - In.size() : 0) +
          "}");
}

unsigned Rewriter::firstStatement(const Function &F, unsigned From) const {
  StringRef T = I.text(F.Body);
  size_t At = From ? From - F.Body.Begin : 1;
  for (;;) {
    At = firstWordFrom(T, At);
    if (At >= T.size() || isSpace(T[At]))
      return F.Body.End - 1;
    size_t Semi = T.find(';', At);
    if (Semi == StringRef::npos)
      return F.Body.Begin + At;
    StringRef S = T.slice(At, Semi);
    // "Type *name", "Type name = ...", "const char *x".
    StringRef Head = S.take_until([](char C) { return C == '=' || C == '('; });
    if (S.contains('{') || Head.trim().empty())
      return F.Body.Begin + At;
    SmallVector<StringRef, 8> Words;
    std::string Spaced;
    for (char C : Head)
      Spaced += isWord(C) ? C : ' ';
    StringRef(Spaced).split(Words, ' ', -1, false);
    // Behind a macro without a semicolon as well.
    bool Keyword = any_of(Words, [](StringRef Word) {
      return Word == "return" || Word == "if" || Word == "goto" ||
             Word == "for" || Word == "while" || Word == "do" ||
             Word == "switch" || Word == "else";
    });
    // "a[1] = ..." is none, "char a[8]" is one.
    StringRef Name = Head.take_until([](char C) { return C == '['; });
    bool Arrow = Head.contains("->") || Head.contains('.') ||
                 (Head.contains('[') &&
                  !Name.trim().contains(' ') && !Name.contains('*'));
    bool Decl = !Keyword && !Arrow && Words.size() >= 2 &&
                (S.contains('=') ? true : !S.contains('('));
    if (!Decl)
      return F.Body.Begin + At;
    At = Semi + 1;
  }
}

void Rewriter::insertFirst(const Function &F, const std::string &Statement) {
  StringRef T = I.Files[F.Body.File].Text;
  const unsigned First = firstStatement(F);
  const std::vector<size_t> Outer = openConditions(T, F.Body.Begin),
                            Open = openConditions(T, First);
  if (Open.size() > Outer.size())
    return insert(F.Body.File, Open[Outer.size()], In + Statement + "\n");
  insert(F.Body.File, First,
         Statement + "\n" + indentAt({F.Body.File, First, First}));
}

unsigned Rewriter::nameIn(Place P, StringRef Name) const {
  const size_t At = findWord(I.text(P), Name);
  return At == StringRef::npos ? P.Begin : P.Begin + At;
}

bool Rewriter::inDeclaration(const Variable &V, int File, unsigned At) const {
  return any_of(V.Declarations, [&](const Place &P) {
    return P.File == File && P.Begin <= At && At < P.End &&
           (nameIn(P, V.Name) == At);
  });
}

bool Rewriter::inFunction(const std::string &Key, int File, unsigned At) const {
  const Function *F = function(Key);
  return F && F->Body.File == File && F->Body.Begin <= At && At < F->Body.End;
}

bool Rewriter::isDead(int File, unsigned At) const {
  return any_of(I.Files[File].Inactive, [&](const auto &P) {
    return !P.second && P.first.Begin <= At && At < P.first.End;
  });
}

bool Rewriter::inComment(StringRef T, size_t At) const {
  auto &Ranges = Comments[T.data()];
  if (Ranges.empty()) {
    Ranges.push_back({0, 0});
    for (size_t P = 0; P < T.size(); ++P) {
      size_t Begin = P;
      if (T[P] == '/' && P + 1 < T.size() && T[P + 1] == '/') {
        P = std::min(T.find('\n', P), T.size());
        Ranges.push_back({Begin, P});
      } else if (T[P] == '/' && P + 1 < T.size() && T[P + 1] == '*') {
        size_t End = T.find("*/", P + 2);
        P = End == StringRef::npos ? T.size() : End + 1;
        Ranges.push_back({Begin, P});
      } else if (T[P] == '"' || T[P] == '\'') {
        char Q = T[P];
        for (++P; P < T.size() && T[P] != Q && T[P] != '\n'; ++P)
          if (T[P] == '\\')
            ++P;
        Ranges.push_back({Begin, P});
      }
    }
  }
  auto It = std::upper_bound(Ranges.begin(), Ranges.end(),
                             std::make_pair(At, size_t(-1)));
  --It;
  return It->first <= At && At < It->second;
}

bool Rewriter::contains(Place Outer, Place Inner) const {
  return Outer.File == Inner.File && Outer.Begin <= Inner.Begin &&
         Inner.End <= Outer.End;
}

void Rewriter::removeDeclarationBlock(Place P) {
  Place L = wholeLine(P);
  StringRef T = I.Files[L.File].Text;
  while (L.End < T.size() && T[L.End] == '\n' && L.Begin >= 2 &&
         T[L.Begin - 2] == '\n')
    ++L.End;
  edit(L, "");
}

Place Rewriter::withDirectives(Place P) const {
  StringRef T = I.Files[P.File].Text;
  StringRef Before = T.take_front(P.Begin).rtrim("\n");
  size_t Line = Before.rfind('\n');
  Line = Line == StringRef::npos ? 0 : Line + 1;
  size_t End = T.find('\n', P.End);
  End = End == StringRef::npos ? T.size() : End + 1;
  StringRef First = Before.substr(Line).trim(),
            Last = T.slice(P.End, End).trim();
  if (First.starts_with("#if") && First.contains("Py_GIL_DISABLED") &&
      Last.starts_with("#endif"))
    return {P.File, unsigned(Line), unsigned(End)};
  return P;
}

std::vector<std::string> Rewriter::splitTop(StringRef S) {
  std::vector<std::string> Out;
  int Depth = 0;
  size_t Begin = 0;
  for (size_t N = 0; N <= S.size(); ++N) {
    char C = N < S.size() ? S[N] : ',';
    if (C == '(' || C == '{' || C == '[')
      ++Depth;
    else if (C == ')' || C == '}' || C == ']')
      --Depth;
    else if (C == ',' && Depth == 0) {
      Out.push_back(S.slice(Begin, N).str());
      Begin = N + 1;
    }
  }
  return Out;
}

size_t pastLiteral(StringRef T, size_t At) {
  StringRef Rest = T.substr(At);
  if (Rest.starts_with("//"))
    return std::min(T.find('\n', At), T.size());
  if (Rest.starts_with("/*")) {
    const size_t End = T.find("*/", At + 2);
    return End == StringRef::npos ? T.size() : End + 2;
  }
  if (Rest.empty() || (Rest[0] != '"' && Rest[0] != '\''))
    return At;
  size_t End = At + 1;
  for (; End < T.size() && T[End] != Rest[0] && T[End] != '\n'; ++End)
    if (T[End] == '\\')
      ++End;
  return std::min(End + 1, T.size());
}

std::vector<size_t> openConditions(StringRef T, size_t At) {
  std::vector<size_t> Open;
  for (size_t Pos = 0; Pos < At;) {
    const size_t End = std::min(T.find('\n', Pos), T.size());
    StringRef L = T.slice(Pos, End).ltrim(" \t");
    if (L.consume_front("#")) {
      L = L.ltrim();
      if (L.starts_with("if"))
        Open.push_back(Pos);
      else if (L.starts_with("endif") && !Open.empty())
        Open.pop_back();
    }
    Pos = End + 1;
  }
  return Open;
}

unsigned Rewriter::outsideConditions(StringRef T, unsigned At, bool Header) {
  const std::vector<size_t> Open = openConditions(T, At);
  const size_t Keep = Header && !Open.empty() ? 1 : 0; // The include guard.
  return Open.size() > Keep ? Open[Keep] : At;
}

} // namespace pyext::migrate
