//===- Placement.cpp - What the fields of the state need before them ------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A field is declared where its variable was not: above the macro that says how
// long an array is, or in a header that does not know a type of the source. What
// it needs then goes with it.
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace pyext::migrate {

/// The words of \p Text, which are no comment or string.
static std::set<StringRef> wordsIn(StringRef Text) {
  std::set<StringRef> Out;
  for (size_t At = 0; At < Text.size();) {
    if (Text[At] == '"' || Text[At] == '\'') {
      const size_t End = Text.find(Text[At], At + 1);
      At = End == StringRef::npos ? Text.size() : End + 1;
      continue;
    }
    if (Text.substr(At).starts_with("/*")) {
      const size_t End = Text.find("*/", At);
      At = End == StringRef::npos ? Text.size() : End + 2;
      continue;
    }
    StringRef Word = Text.substr(At).take_while(isWord);
    if (!Word.empty() && !isDigit(Word[0]))
      Out.insert(Word);
    At += std::max<size_t>(Word.size(), 1);
  }
  return Out;
}

/// The names that a declaration, from its first word to its `;`, or a `#define`
/// gives to macros, types and constants.
static std::set<StringRef> namesOf(StringRef Text) {
  std::set<StringRef> Out;
  if (Text.consume_front("#")) {
    Text = Text.ltrim(" \t");
    if (Text.consume_front("define"))
      Out.insert(Text.ltrim(" \t").take_while(isWord));
    return Out;
  }
  const bool Typedef = Text.starts_with("typedef");
  StringRef Rest = Typedef ? Text.drop_front(7).ltrim() : Text;
  const size_t Open = Rest.find('{');
  for (StringRef Kind : {"struct", "union", "enum"})
    if (Open != StringRef::npos && Rest.take_while(isWord) == Kind) {
      StringRef Tag = Rest.slice(Kind.size(), Open).trim();
      if (!Tag.empty() && all_of(Tag, isWord))
        Out.insert(Tag);
      if (Kind != "enum")
        continue;
      StringRef Body = Rest.slice(Open + 1, Rest.rfind('}'));
      while (!Body.empty()) {
        Body = Body.ltrim();
        if (Body.starts_with("/*")) {
          Body = Body.substr(Body.find("*/")).drop_front(2);
        } else if (Body.starts_with("//") || Body.starts_with("#")) {
          Body = Body.drop_until([](char C) { return C == '\n'; });
        } else {
          Out.insert(Body.take_while(isWord));
          Body = Body.drop_until([](char C) { return C == ','; }).drop_front(
              Body.contains(',') ? 1 : 0);
        }
      }
    }
  if (!Typedef)
    return Out;
  StringRef Last = Rest.substr(Open == StringRef::npos ? 0 : Rest.rfind('}') + 1)
                       .rtrim("; \t\n");
  if (const size_t Star = Last.find("(*"); Star != StringRef::npos) {
    Out.insert(Last.substr(Star + 2).ltrim().take_while(isWord));
    return Out;
  }
  for (StringRef Each : split(Last, ',')) {
    Each = Each.take_front(Each.find('[')).rtrim();
    size_t Begin = Each.size();
    while (Begin && isWord(Each[Begin - 1]))
      --Begin;
    Out.insert(Each.substr(Begin));
  }
  return Out;
}

/// Declarations and directives at the top level, without functions.
const std::vector<Place> &Rewriter::topLevel(int File) const {
  auto [It, New] = TopLevels.insert({File, {}});
  std::vector<Place> &Out = It->second;
  if (!New)
    return Out;
  StringRef T = I.Files[File].Text;
  for (size_t At = firstWordFrom(T, 0, /*Directives=*/true); At < T.size();
       At = firstWordFrom(T, At, /*Directives=*/true)) {
    const size_t Begin = At;
    if (isSpace(T[At]))
      break;
    if (T[At] == '#') {
      do
        At = std::min(T.find('\n', At), T.size() - 1) + 1;
      while (At < T.size() && T.take_front(At - 1).ends_with("\\"));
      Out.push_back({File, unsigned(Begin), unsigned(At)});
      continue;
    }
    int Depth = 0;
    bool Function = false, Inside = false;
    for (; At < T.size(); ++At) {
      if (inComment(T, At))
        continue;
      const char C = T[At];
      if (C == '#' && (!At || T.take_front(At).rtrim(" \t").ends_with("\n"))) {
        At = std::min(T.find('\n', At), T.size() - 1);
      } else if (C == '{' && !Depth &&
                 (T.slice(Begin, At).rtrim().ends_with("extern \"C\"") ||
                  T.substr(Begin).starts_with("namespace"))) {
        Inside = true;
        break;
      } else if (C == '{' || C == '(') {
        Function |= C == '{' && !Depth && T.take_front(At).rtrim().ends_with(")");
        ++Depth;
      } else if (C == '}' || C == ')') {
        --Depth;
        if (C == '}' && Depth <= 0 && (Function || Depth < 0))
          break;
      } else if (C == ';' && !Depth) {
        break;
      }
    }
    At = std::min(At + 1, T.size());
    if (!Function && !Inside && Depth == 0)
      Out.push_back({File, unsigned(Begin), unsigned(At)});
  }
  return Out;
}

/// \p P with all of the conditions around it.
Place Rewriter::withConditions(Place P) const {
  StringRef T = I.Files[P.File].Text;
  const std::vector<size_t> Open = openConditions(T, P.Begin);
  const size_t Guards = I.Files[P.File].Header ? 1 : 0;
  if (Open.size() <= Guards)
    return P;
  size_t End = P.End - 1;
  for (size_t N = Open.size(); N > Guards; --N)
    End = endOfCondition(T, End);
  End = std::min(T.find('\n', End), T.size() - 1) + 1;
  return {P.File, unsigned(Open[Guards]), unsigned(End)};
}

/// A declaration or directives, and nothing else.
bool Rewriter::isSimple(Place P) const {
  StringRef T = I.text(P);
  if (!T.starts_with("#"))
    return !T.contains("\n#");
  SmallVector<StringRef, 16> Lines;
  T.split(Lines, '\n');
  bool Continued = false;
  for (StringRef L : Lines) {
    L = L.trim();
    if (!Continued && !L.empty() && !L.starts_with("#") && !L.starts_with("//"))
      return false;
    Continued = L.ends_with("\\");
  }
  return true;
}

/// What declares \p Name at the top level of \p File; invalid when that is not
/// one declaration.
Place Rewriter::declarationOf(int File, StringRef Name) const {
  Place Found;
  for (const Place &P : topLevel(File)) {
    StringRef T = I.text(P);
    if (!T.contains(Name))
      continue;
    if (T.starts_with("#") && T.drop_front().ltrim().starts_with("undef") &&
        wordsIn(T).count(Name))
      return {};
    if (!namesOf(T).count(Name))
      continue;
    const Place Whole = withConditions(P);
    if (Found.valid() && !(Found == Whole))
      return {};
    Found = Whole;
  }
  return Found;
}

/// What \p Texts need of \p File that is declared there at or behind \p From, in
/// order.
std::vector<Place> Rewriter::neededOf(int File, unsigned From,
                                      std::vector<std::string> Texts) const {
  std::set<Place> Out;
  while (!Texts.empty()) {
    const std::string Text = std::move(Texts.back());
    Texts.pop_back();
    for (StringRef Word : wordsIn(Text))
      if (const Place P = declarationOf(File, Word);
          P.valid() && P.End > From && !skipped(P) && Out.insert(P).second)
        Texts.push_back(I.text(P).str());
  }
  return {Out.begin(), Out.end()};
}

/// The texts of \p Places, which are taken away from where they are, with the
/// comments above them.
std::string Rewriter::takeDeclarations(const std::vector<Place> &Places) {
  std::string Out;
  if (!all_of(Places, [&](const Place &P) { return isSimple(P); }))
    return Out;
  for (Place P : Places) {
    GaveDeclarations.insert(P.File);
    StringRef T = I.Files[P.File].Text;
    // The comment that belongs to it.
    StringRef Above = T.take_front(P.Begin);
    if (Above.ends_with("*/\n"))
      if (const size_t Begin = Above.rfind("/*");
          Begin != StringRef::npos && Above.take_front(Begin).ends_with("\n\n"))
        P.Begin = Begin;
    if (I.text(P).ends_with("\n"))
      --P.End;
    const Place Line = wholeLine(P);
    std::string Text = takeEdited(Line);
    Replaced.push_back(Line);
    removeDeclarationBlock(Line);
    if (!StringRef(Text).ends_with("\n"))
      Text += "\n";
    const bool Directive = StringRef(Text).starts_with("#");
    if (!Out.empty() && !(Directive && StringRef(Out).rtrim("\n").substr(
                                           StringRef(Out).rtrim("\n").rfind('\n') +
                                           1).starts_with("#")))
      Out += "\n";
    Out += Text;
  }
  return Out.empty() ? "" : Out + "\n";
}

/// The declarations of the fields, of the variables in the file \p Of alone
/// unless that is -1.
std::vector<std::string>
Rewriter::fieldTexts(const std::vector<const Entity *> &Order, int Of) const {
  std::vector<std::string> Out;
  for (const Entity *E : Order)
    if (!E->isType() && (Of < 0 || placeOf(*E->V).File == Of))
      Out.push_back(fieldDeclaration(*E));
  return Out;
}

/// Where something in \p File needs to know the fields: what a macro says, where
/// it is used.
unsigned Rewriter::firstUse(int File) const {
  unsigned First = ~0u;
  std::set<Place> Bodies;
  auto Use = [&](const Place &At) {
    for (const Place &Body : I.MacroBodies)
      if (contains(Body, At))
        return Bodies.insert(Body).second;
    if (At.File == File)
      First = std::min(First, At.Begin);
    else if (I.Includes.count({File, At.File}) && onlyIncludedBy(At.File, File))
      First = unsigned(std::min<size_t>(First, includeOf(File, At.File)));
    return false;
  };
  for (const Edit &E : R.Edits)
    if (StringRef(E.Text).contains(StateName + "->") &&
        !inComment(I.Files[E.Where.File].Text, E.Where.Begin))
      Use(E.Where);
  for (bool More = !Bodies.empty(); More;) {
    More = false;
    for (const Index::MacroUse &U : I.MacroUses)
      if (Bodies.count(U.Definition))
        More |= Use(U.Name);
  }
  return First;
}

bool Rewriter::reachesState(int File) const {
  return any_of(R.Edits, [&](const Edit &E) {
    return mentionsState(E) && reaches(File, E.Where.File);
  });
}

/// What the fields need of sources, which are not the file of the state,
/// \p Header, and what that has to include in place of them.
std::string
Rewriter::neededOfSources(const std::vector<const Entity *> &Order, int Header,
                          std::vector<std::string> &Includes) {
  auto Include = [&](std::string Line) {
    if (!is_contained(Includes, Line))
      Includes.push_back(std::move(Line));
  };
  auto IncludeOwn = [&](int File) {
    if (File != Header && !(Header >= 0 && reaches(Header, File)) &&
        !reachesState(File))
      Include("#include \"" +
              includedFrom(File, Header < 0 ? MainFile : Header) + "\"\n");
  };
  static const std::set<StringRef> Known{
      "char", "short", "int", "long", "float", "double", "void", "signed",
      "unsigned", "const", "volatile", "struct", "union", "enum", "size_t",
      "ssize_t", "FILE", "bool", "_Bool", "sizeof", "NULL", "int8_t", "int16_t",
      "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t",
      "intptr_t", "uintptr_t", "define", "ifdef", "ifndef", "endif", "else",
      "defined", "typedef", "typeof", "static"};
  std::vector<Place> All;
  for (size_t S = 0; S < I.Files.size(); ++S) {
    if (I.Files[S].Header || int(S) == Header)
      continue;
    std::vector<std::string> Texts = fieldTexts(Order, int(S));
    const std::vector<Place> Own = neededOf(int(S), 0, Texts);
    All.insert(All.end(), Own.begin(), Own.end());
    for (const Place &P : Own)
      Texts.push_back(I.text(P).str());
    unsigned Behind = 0;
    for (const Entity *E : Order)
      if (!E->isType() && placeOf(*E->V).File == int(S))
        Behind = std::max(Behind, placeOf(*E->V).Begin);
    bool Foreign = false;
    for (const std::string &Text : Texts)
      for (StringRef Word : wordsIn(Text)) {
        if (Known.count(Word) || Word.starts_with("Py") ||
            declarationOf(int(S), Word).valid())
          continue;
        bool Found = false;
        for (size_t H = 0; H < I.Files.size(); ++H)
          if (I.Files[H].Header && declarationOf(int(H), Word).valid()) {
            Found = true;
            IncludeOwn(int(H));
          }
        Foreign |= !Found && none_of(Order, [&](const Entity *E) {
          return E->Field == Word;
        });
      }
    // A library declares it, or one of its headers says what it is.
    StringRef T = I.Files[S].Text;
    if (Foreign)
      for (const auto &[At, Name, Quoted] : inclusions(T)) {
        if (Name == "Python.h" || At > Behind ||
            !openConditions(T, At).empty() ||
            none_of(topLevel(int(S)),
                    [&, At = At](const Place &P) { return P.Begin == At; }))
          continue;
        if (!Quoted)
          Include(T.substr(At)
                      .take_until([](char C) { return C == '\n'; })
                      .rtrim()
                      .str() +
                  "\n");
        for (size_t H = 0; Quoted && H < I.Files.size(); ++H)
          if (I.Files[H].Header && I.Includes.count({int(S), int(H)}) &&
              sys::path::filename(I.Files[H].Path) == Name)
            IncludeOwn(int(H));
      }
  }
  return takeDeclarations(All);
}

} // namespace pyext::migrate
