//===- Prepare.cpp - Texts that a rewrite can follow ----------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Prepare.h"
#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace pyext::migrate {

namespace {

/// More than this would be written out for one use, or for all: the reader is
/// better off with the macro.
constexpr unsigned MostLines = 100, MostOfAll = 1200;

/// What is between the bracket before \p At and the one that closes it, by
/// commas, and the position after that; nothing when it does not close.
std::optional<std::pair<std::vector<std::string>, size_t>>
argumentsAt(StringRef T, size_t At) {
  std::vector<std::string> Out;
  unsigned Depth = 0;
  size_t Begin = At;
  while (At < T.size()) {
    if (const size_t End = pastLiteral(T, At); End != At) {
      At = End;
      continue;
    }
    const char C = T[At];
    if (C == '(' || C == '{' || C == '[')
      ++Depth;
    else if (Depth && (C == ')' || C == '}' || C == ']'))
      --Depth;
    else if (C == ')' || (C == ',' && !Depth)) {
      Out.push_back(T.slice(Begin, At).trim().str());
      Begin = At + 1;
      if (C == ')')
        return std::make_pair(std::move(Out), At + 1);
    }
    ++At;
  }
  return std::nullopt;
}

struct Macro {
  std::string Name;
  bool FunctionLike = false;
  std::vector<std::string> Parameters;
  StringRef Body;
  /// \p Text is from the name to the end of the definition.
  explicit Macro(StringRef Text) {
    Name = Text.take_while(isWord).str();
    Body = Text.drop_front(Name.size());
    if (!Body.starts_with("("))
      return;
    FunctionLike = true;
    if (auto List = argumentsAt(Body, 1)) {
      Parameters = std::move(List->first);
      Body = Body.substr(List->second);
      if (Parameters.size() == 1 && Parameters[0].empty())
        Parameters.clear();
    }
  }
};

/// `#x` as the preprocessor has it.
std::string quoted(StringRef Text) {
  std::string Out = "\"";
  for (char C : Text) {
    if (C == '"' || C == '\\')
      Out += '\\';
    Out += C == '\n' ? ' ' : C;
  }
  return Out + "\"";
}

/// \p M with \p Arguments, one level deep, in lines without a common
/// indentation; nothing for what is not understood.
std::optional<std::string> expanded(const Macro &M,
                                    ArrayRef<std::string> Arguments) {
  if (Arguments.size() != M.Parameters.size())
    return std::nullopt;
  std::string Out;
  size_t LiteralEnd = std::string::npos; // Of what was written last.
  bool LiteralMade = false;
  auto AddLiteral = [&](std::string L, bool Made) {
    // "spam." "Foo" is one.
    if (LiteralEnd != std::string::npos && (Made || LiteralMade) &&
        StringRef(Out).rtrim(" \t").size() == LiteralEnd) {
      Out.resize(LiteralEnd - 1);
      L.erase(0, 1);
    }
    Out += L;
    LiteralEnd = StringRef(L).contains('\\') ? std::string::npos : Out.size();
    LiteralMade = Made;
  };
  StringRef T = M.Body;
  bool Paste = false;
  for (size_t At = 0; At < T.size();) {
    StringRef Rest = T.substr(At);
    if (Rest.starts_with("\\\n")) {
      At += 2;
      if (!Paste)
        Out = StringRef(Out).rtrim(" \t").str() + "\n";
      continue;
    }
    if (Paste && isSpace(Rest[0])) {
      ++At;
      continue;
    }
    if (Rest.starts_with("##")) {
      Out = StringRef(Out).rtrim().str();
      Paste = true;
      At += 2;
      continue;
    }
    const bool Pasted = std::exchange(Paste, false);
    if (const size_t End = pastLiteral(T, At); End != At) {
      if (Rest[0] == '"')
        AddLiteral(T.slice(At, End).str(), false);
      else
        Out += T.slice(At, End);
      At = End;
      continue;
    }
    if (Rest.starts_with("#")) {
      StringRef Name = Rest.drop_front().ltrim().take_while(isWord);
      const auto P = find(M.Parameters, Name);
      if (P == M.Parameters.end())
        return std::nullopt;
      AddLiteral(quoted(Arguments[P - M.Parameters.begin()]), true);
      At = Name.end() - T.begin();
      continue;
    }
    if (isWord(Rest[0])) {
      StringRef Word = Rest.take_while(isWord);
      const auto P = find(M.Parameters, Word);
      if (P != M.Parameters.end()) {
        StringRef Given = Arguments[P - M.Parameters.begin()];
        if (Pasted && Given.empty())
          return std::nullopt;
        Out += Given;
      } else {
        if (Word == "__VA_ARGS__")
          return std::nullopt;
        Out += Word;
      }
      At += Word.size();
      continue;
    }
    Out += Rest[0];
    ++At;
  }
  // Lines.
  SmallVector<StringRef, 64> Lines;
  StringRef(Out).split(Lines, '\n');
  size_t Indent = StringRef::npos;
  for (StringRef L : ArrayRef(Lines).drop_front())
    if (!L.trim().empty())
      Indent = std::min(Indent, L.size() - L.ltrim(" \t").size());
  std::string Text = Lines[0].trim().str();
  for (StringRef L : ArrayRef(Lines).drop_front())
    Text += "\n" + L.drop_front(std::min(Indent, L.size())).rtrim().str();
  return StringRef(Text).trim("\n").rtrim().str();
}

/// `X(a) X(b)` of a list, each on a line of its own; else \p Text.
std::string inLines(StringRef Text) {
  std::string Out;
  for (size_t At = 0; At < Text.size();) {
    if (isSpace(Text[At])) {
      ++At;
      continue;
    }
    if (const size_t End = pastLiteral(Text, At); End != At)
      return Text.str();
    StringRef Name = Text.substr(At).take_while(isWord);
    const size_t Open = At + Name.size();
    if (Name.empty() || Open >= Text.size() || Text[Open] != '(')
      return Text.str();
    const auto Given = argumentsAt(Text, Open + 1);
    if (!Given)
      return Text.str();
    size_t End = Given->second;
    if (Text.substr(End).ltrim().starts_with(";"))
      End = Text.find(';', End) + 1;
    Out += (Out.empty() ? "" : "\n") + Text.slice(At, End).str();
    At = End;
  }
  return Out;
}

/// A group of `#if`, `#else` and `#endif`.
struct Condition {
  struct Branch {
    size_t Directive, Begin, End; ///< Lines.
  };
  std::vector<Branch> Branches;
  size_t Endif = 0, End = 0; ///< Lines.
};

std::vector<Condition> conditionsOf(StringRef T) {
  std::vector<Condition> Out, Open;
  for (size_t Pos = 0; Pos < T.size();) {
    size_t End = T.find('\n', Pos);
    while (End != StringRef::npos && End && T[End - 1] == '\\')
      End = T.find('\n', End + 1);
    End = End == StringRef::npos ? T.size() : End + 1;
    StringRef L = T.slice(Pos, End).ltrim(" \t");
    if (L.consume_front("#")) {
      L = L.ltrim(" \t");
      if (L.starts_with("if")) {
        Open.emplace_back().Branches.push_back({Pos, End, End});
      } else if (!Open.empty() && L.starts_with("el")) {
        Open.back().Branches.back().End = Pos;
        Open.back().Branches.push_back({Pos, End, End});
      } else if (!Open.empty() && L.starts_with("endif")) {
        Condition &C = Open.back();
        C.Branches.back().End = Pos;
        C.Endif = Pos;
        C.End = End;
        Out.push_back(std::move(C));
        Open.pop_back();
      }
    }
    Pos = End;
  }
  return Out;
}

/// A condition with one name or comparison, and whether it is the opposite.
std::pair<std::string, bool> plain(StringRef Directive) {
  StringRef L = Directive.trim().drop_front().ltrim();
  L = L.take_front(L.find("/*")).take_front(L.find("//"));
  bool Negated = false;
  std::string Text;
  if (L.consume_front("ifdef") || (Negated = L.consume_front("ifndef")))
    return {"defined " + L.trim().str(), Negated};
  if (!L.consume_front("if"))
    return {"", false};
  L = L.trim();
  while (L.consume_front("!")) {
    Negated = !Negated;
    L = L.ltrim();
  }
  if (L.consume_front("defined"))
    return {"defined " + L.trim(" \t()").str(), Negated};
  return {L.str(), Negated};
}

class Preparer {
public:
  Preparer(const Index &I, Level Upto, const Preparation &Before,
           const std::set<std::string> &Never)
      : I(I), Upto(Upto), Never(Never), Out(Before) {
    Out.Texts.clear();
  }
  Preparation run();

private:
  void joinHalves(const ModuleInfo &M);
  bool neverDefined(StringRef Name) const;
  void writeOut();
  void removeMacros();
  bool candidate(const Variable &V) const;
  void write(const Index::MacroUse &U);
  bool outside(const Index::MacroUse &U) const;
  bool enclosed(const Index::MacroUse &U) const;
  bool declares(const Index::MacroUse &U, StringRef Name, Place Body) const;
  bool declares(StringRef Text, const Macro &M, StringRef Name, Place Body,
                unsigned Depth) const;
  std::optional<std::pair<std::string, Place>>
  textOf(const Index::MacroUse &U) const;
  const Place *definitionOf(StringRef Name) const;
  bool isObjectMacro(StringRef Name) const;

  const Index &I;
  const Level Upto;
  const std::set<std::string> &Never;
  Preparation Out;
  std::vector<Edit> Edits;
  std::set<Place> Written;
  mutable std::map<std::string, std::vector<const Place *>> ByName;
};

Preparation Preparer::run() {
  for (const Place &P : I.MacroBodies)
    ByName[I.text(P).take_while(isWord).str()].push_back(&P);
  if (I.Modules.size() == 1 && !I.Modules.front().MultiPhase)
    joinHalves(I.Modules.front());
  if (Edits.empty() && Upto >= Level::State)
    writeOut();
  if (Edits.empty() && Upto >= Level::State)
    Edits = plainer(I, Upto, Never, Out.For);
  if (Edits.empty())
    removeMacros();
  std::string Problem;
  Out.Texts = apply(I, std::move(Edits), Problem);
  return std::move(Out);
}

/// Drops what is for Python 2 where it shares a part of the function that makes
/// the module.
void Preparer::joinHalves(const ModuleInfo &M) {
  const Function *F = I.defined(M.Body);
  if (!F || !F->Header.valid() || F->Header.File != F->Body.File)
    return;
  const int File = F->Body.File;
  StringRef T = I.Files[File].Text;
  const std::vector<size_t> First = openConditions(T, F->Body.Begin + 1),
                            Last = openConditions(T, F->Body.End - 1);
  auto BranchOf = [](const Condition &C, size_t At) -> int {
    for (size_t N = 0; N < C.Branches.size(); ++N)
      if (C.Branches[N].Begin <= At && At < C.Branches[N].End)
        return N;
    return -1;
  };
  const std::vector<Condition> Conditions = conditionsOf(T);
  if (none_of(Conditions, [&](const Condition &C) {
        return BranchOf(C, F->Body.Begin) != BranchOf(C, F->Body.End - 1);
      }))
    return;
  // Which branches no Python compiles that is supported, and what that says of
  // the conditions.
  enum Fate { Compiled, Elsewhere, Never };
  auto FateOf = [&](const Condition::Branch &B) {
    for (const auto &[Where, Supported] : I.Files[File].Inactive)
      if (B.Directive <= Where.Begin && Where.Begin < B.Begin)
        return Supported ? Elsewhere : Never;
    return Compiled;
  };
  auto FateIn = [&](const Condition &C, size_t N) {
    const Fate Of = FateOf(C.Branches[N]);
    if (Of != Elsewhere || C.Branches.size() > 2)
      return Of;
    // `#ifdef PYTHON_TWO`, which only text for Python 2 defines.
    auto [Name, Negated] = plain(T.slice(C.Branches[0].Directive,
                                         C.Branches[0].Begin));
    StringRef Only = Name;
    return Only.consume_front("defined ") && Negated == (N == 1) &&
                   neverDefined(Only)
               ? Never
               : Of;
  };
  std::map<std::string, bool> Known;
  for (const Condition &C : Conditions) {
    const auto [Name, Negated] = plain(T.slice(C.Branches[0].Directive,
                                               C.Branches[0].Begin));
    if (C.Branches.size() <= 2 && FateIn(C, 0) == Never)
      Known[Name] = Negated;
    else if (C.Branches.size() == 2 && FateIn(C, 1) == Never)
      Known[Name] = !Negated;
  }
  for (const Condition &C : Conditions) {
    auto Within = [&](size_t At) {
      return F->Header.Begin <= At && At < F->Body.End;
    };
    bool Inside = Within(C.Endif);
    unsigned Nevers = 0, Elsewheres = 0;
    for (size_t N = 0; N < C.Branches.size(); ++N) {
      Inside |= Within(C.Branches[N].Directive);
      const Fate Of = FateIn(C, N);
      Nevers += Of == Never;
      Elsewheres += Of == Elsewhere;
    }
    const auto [Name, Negated] = plain(T.slice(C.Branches[0].Directive,
                                               C.Branches[0].Begin));
    auto Value = Known.find(Name);
    const bool Holds = C.Branches.size() == 1 && Value != Known.end() &&
                       Value->second != Negated;
    if (!Inside || Elsewheres || Nevers + 1 < C.Branches.size() ||
        (!Nevers && !Holds))
      continue;
    auto Drop = [&](size_t Begin, size_t End) {
      Edits.push_back({{File, unsigned(Begin), unsigned(End)}, ""});
    };
    for (size_t N = 0; N < C.Branches.size(); ++N)
      Drop(C.Branches[N].Directive,
           FateIn(C, N) == Never ? C.Branches[N].End : C.Branches[N].Begin);
    Drop(C.Endif, C.End);
  }
}

/// Whether macros named \p Name are defined, and only in text that no Python
/// compiles that is supported.
bool Preparer::neverDefined(StringRef Name) const {
  bool Found = false;
  for (const SourceFile &File : I.Files) {
    StringRef T = File.Text;
    for (size_t At = findWord(T, Name); At != StringRef::npos;
         At = findWord(T, Name, At + 1)) {
      StringRef Before = T.take_front(At).rtrim(" \t");
      if (!Before.consume_back("define") ||
          !Before.rtrim(" \t").ends_with("#"))
        continue;
      Found = true;
      if (none_of(File.Inactive, [&](const auto &P) {
            return !P.second && P.first.Begin <= At && At < P.first.End;
          }))
        return false;
    }
  }
  return Found;
}

const Place *Preparer::definitionOf(StringRef Name) const {
  auto Found = ByName.find(Name.str());
  return Found == ByName.end() || Found->second.size() != 1
             ? nullptr
             : Found->second.front();
}

bool Preparer::isObjectMacro(StringRef Name) const {
  auto Found = ByName.find(Name.str());
  return Found != ByName.end() && any_of(Found->second, [&](const Place *P) {
           return !Macro(I.text(*P)).FunctionLike;
         });
}

/// What \p U stands for, one level deep, and all of its text; nothing when that
/// could be something else.
std::optional<std::pair<std::string, Place>>
Preparer::textOf(const Index::MacroUse &U) const {
  const Macro M(I.text(U.Definition));
  Place Whole = U.Name;
  std::vector<std::string> Given;
  StringRef T = I.Files[U.Name.File].Text;
  if (M.FunctionLike) {
    if (!U.Open.valid())
      return std::nullopt;
    auto Found = argumentsAt(T, U.Open.Begin);
    if (!Found)
      return std::nullopt;
    Given = std::move(Found->first);
    if (M.Parameters.empty() && Given.size() == 1 && Given[0].empty())
      Given.clear();
    Whole.End = Found->second;
  }
  // The preprocessor would write them out first.
  for (const std::string &G : Given) {
    StringRef Rest = G;
    while (!Rest.empty()) {
      StringRef Word = Rest.take_while(isWord);
      if (!Word.empty() && isObjectMacro(Word))
        return std::nullopt;
      Rest = Rest.drop_front(std::max<size_t>(1, Word.size()));
    }
    if (StringRef(G).contains('#') || StringRef(G).contains("//"))
      return std::nullopt;
  }
  auto Text = expanded(M, Given);
  if (!Text || Text->empty())
    return std::nullopt;
  return std::make_pair(inLines(*Text), Whole);
}

/// Whether \p U is neither in a function nor in a macro.
bool Preparer::outside(const Index::MacroUse &U) const {
  auto In = [&](Place P) {
    return P.File == U.Name.File && P.Begin <= U.Name.Begin &&
           U.Name.End <= P.End;
  };
  return none_of(I.MacroBodies, In) &&
         none_of(I.Functions, [&](const auto &F) {
           return F.second.Body.valid() && In(F.second.Body);
         });
}

/// Whether \p Text, which \p M has become, or what it leads to mentions \p Name
/// where \p Body is written, if that is valid.
bool Preparer::declares(StringRef Text, const Macro &M, StringRef Name,
                        Place Body, unsigned Depth) const {
  const bool There = !Body.valid() || (M.Body.begin() <= I.text(Body).begin() &&
                                       I.text(Body).end() <= M.Body.end());
  if (There && findWord(Text, Name) != StringRef::npos)
    return true;
  if (Depth > 8)
    return false;
  for (size_t At = 0; At < Text.size();) {
    if (const size_t End = pastLiteral(Text, At); End != At) {
      At = End;
      continue;
    }
    if (!isWord(Text[At])) {
      ++At;
      continue;
    }
    StringRef Word = Text.substr(At).take_while(isWord);
    At += Word.size();
    const auto Definitions = ByName.find(Word.str());
    if (Definitions == ByName.end())
      continue;
    // Which of them is meant depends on where it is used.
    for (const Place *Inner : Definitions->second) {
      const Macro Called(I.text(*Inner));
      std::vector<std::string> Given;
      if (Called.FunctionLike) {
        StringRef Rest = Text.substr(At).ltrim();
        if (!Rest.starts_with("("))
          continue;
        auto Found = argumentsAt(Text, Rest.data() - Text.data() + 1);
        if (!Found)
          continue;
        Given = std::move(Found->first);
        if (Called.Parameters.empty())
          Given.clear();
      }
      auto More = expanded(Called, Given);
      if (More && declares(*More, Called, Name, Body, Depth + 1))
        return true;
    }
  }
  return false;
}

bool Preparer::declares(const Index::MacroUse &U, StringRef Name,
                        Place Body) const {
  auto Text = textOf(U);
  return Text &&
         declares(Text->first, Macro(I.text(U.Definition)), Name, Body, 0);
}

void Preparer::write(const Index::MacroUse &U) {
  auto Found = textOf(U);
  if (!Found || !Written.insert(U.Name).second)
    return;
  auto [Text, Whole] = *Found;
  StringRef T = I.Files[Whole.File].Text;
  // The use may end in a semicolon that has no meaning any more.
  StringRef After = T.substr(Whole.End);
  if (After.ltrim(" \t").starts_with(";")) {
    bool Own = StringRef(Text).ends_with(";");
    if (StringRef(Text).ends_with("}")) {
      size_t Open = StringRef::npos;
      for (size_t At = 0, Depth = 0; At < Text.size(); ++At)
        if (const size_t End = pastLiteral(Text, At); End != At)
          At = End - 1;
        else if (Text[At] == '{' && !Depth++)
          Open = At;
        else if (Text[At] == '}' && Depth)
          --Depth;
      Own = Open != StringRef::npos &&
            StringRef(Text).take_front(Open).rtrim().ends_with(")");
    }
    if (Own)
      Whole.End = T.find(';', Whole.End) + 1;
  }
  size_t Line = T.rfind('\n', Whole.Begin);
  Line = Line == StringRef::npos ? 0 : Line + 1;
  const std::string Indent =
      T.slice(Line, Whole.Begin)
          .take_while([](char C) { return C == ' ' || C == '\t'; })
          .str();
  std::string Indented;
  for (char C : Text) {
    if (!Indented.empty() && Indented.back() == '\n' && C != '\n')
      Indented += Indent;
    Indented += C;
  }
  const unsigned Lines = StringRef(Text).count('\n');
  if (Lines > MostLines || Out.Lines + Lines > MostOfAll)
    return;
  // Functions and tables are apart from what is around them.
  if (Lines && Line == Whole.Begin && outside(U) &&
      StringRef(Text).contains('{')) {
    if (Line >= 2 && T[Line - 2] != '\n' &&
        none_of(Edits, [&, &Whole = Whole](const Edit &E) {
          return E.Where.File == Whole.File && E.Where.End + 1 == Line;
        }))
      Indented.insert(0, "\n");
    const size_t Next = T.find('\n', Whole.End);
    if (Next != StringRef::npos && Next + 1 < T.size() && T[Next + 1] != '\n')
      Indented += "\n";
  }
  Out.Lines += Lines;
  Out.Macros.insert(Macro(I.text(U.Definition)).Name);
  Edits.push_back({Whole, std::move(Indented)});
}

bool Preparer::candidate(const Variable &V) const {
  if (Never.count(V.Key) || V.ThreadLocal)
    return false;
  return I.Types.count(V.Key) ? Upto >= Level::HeapTypes
                              : V.Mutable && (V.Object || V.ObjectBlock);
}

void Preparer::writeOut() {
  auto WriteAt = [&](Place P, const Variable &V) {
    for (const Index::MacroUse &U : I.MacroUses)
      if (U.Name.File == P.File && U.Name.Begin == P.Begin && outside(U) &&
          declares(U, V.Name, {})) {
        Out.For.insert(V.Key);
        write(U);
      }
  };
  // What macros declare, unless it is nothing else and goes away.
  std::map<std::string, std::string> Needs; // Functions, and for what.
  for (const auto &[Key, V] : I.Variables) {
    if (!candidate(V))
      continue;
    const bool Type = I.Types.count(Key);
    for (const Place &P : V.Declarations) {
      StringRef Text = I.text(P).trim();
      const Place *Definition = definitionOf(Text.take_while(isWord));
      bool Sole = Definition && !Type;
      if (Sole) {
        Sole = I.text(*Definition).find_first_of(";{") == StringRef::npos;
        for (const auto &[Other, O] : I.Variables)
          Sole &= Other == Key || !is_contained(O.Declarations, P);
      }
      if (!Sole)
        WriteAt(P, V);
    }
    for (const Reference &Ref : V.References)
      Needs.insert({Ref.Function, Key});
  }
  if (!Edits.empty())
    return;
  // Functions that have to be given the state, and deallocators.
  auto Given = [&](const Function &F) {
    return all_of(F.Roots, [](const auto &R) { return R.first == Root::Dying; });
  };
  std::multimap<std::string, std::string> Callers;
  for (const Call &C : I.Calls)
    if (!C.Callee.empty())
      Callers.insert({C.Callee, C.Caller});
  std::vector<std::string> Work;
  for (const auto &[Key, For] : Needs)
    Work.push_back(Key);
  while (!Work.empty()) {
    const std::string Key = std::move(Work.back());
    Work.pop_back();
    const Function *F = I.defined(Key);
    if (!F || !Given(*F))
      continue;
    auto [Begin, End] = Callers.equal_range(Key);
    for (auto It = Begin; It != End; ++It)
      if (Needs.insert({It->second, Needs.at(Key)}).second)
        Work.push_back(It->second);
  }
  std::vector<const Index::MacroUse *> Outside;
  for (const auto &[Key, F] : I.Functions) {
    if (!F.MacroMade || !F.Defined || !Given(F))
      continue;
    std::string For;
    if (auto Needed = Needs.find(Key); Needed != Needs.end())
      For = Needed->second;
    for (const auto &[Kind, Type] : F.Roots)
      if (auto V = I.Variables.find(Type);
          V != I.Variables.end() && I.Types.count(Type) && candidate(V->second))
        For = Type;
    if (For.empty())
      continue;
    if (Outside.empty())
      for (const Index::MacroUse &U : I.MacroUses)
        if (outside(U))
          Outside.push_back(&U);
    for (const Index::MacroUse *U : Outside)
      if (declares(*U, F.Name, F.Body)) {
        Out.For.insert(For);
        write(*U);
        break;
      }
  }
  if (!Edits.empty())
    return;
  // Lists of what a macro does with each, in functions: it cannot be told more.
  std::map<Place, bool> Lists;
  auto IsList = [&](Place Definition) {
    auto [It, New] = Lists.insert({Definition, false});
    if (New) {
      const Macro M(I.text(Definition));
      std::string Body;
      for (char C : M.Body)
        Body += C == '\\' || C == '\n' ? ' ' : C;
      StringRef B = StringRef(Body).trim();
      StringRef Callee = B.take_while(isWord);
      auto Each = ByName.find(Callee.str());
      It->second = !Callee.empty() && inLines(B) != B &&
                   (is_contained(M.Parameters, Callee) ||
                    (Each != ByName.end() && Each->second.size() > 1));
    }
    return It->second;
  };
  std::map<Place, std::string> Mentioned; // By macros, of candidates.
  for (const Index::MacroUse &U : I.MacroUses) {
    if (!IsList(U.Definition) || !enclosed(U))
      continue;
    if (Mentioned.empty())
      for (const auto &[Key, V] : I.Variables)
        if (candidate(V))
          for (const Reference &Ref : V.References)
            if (const Place At = Ref.Token.valid() ? Ref.Token : Ref.Pasted;
                At.valid())
              for (const Place &D : I.MacroBodies)
                if (At.File == D.File && D.Begin <= At.Begin && At.End <= D.End)
                  Mentioned[D] = Key;
    auto Text = textOf(U);
    if (!Text)
      continue;
    auto Each = ByName.find(StringRef(Text->first).take_while(isWord).str());
    if (Each == ByName.end())
      continue;
    for (const Place *D : Each->second)
      if (auto For = Mentioned.find(*D); For != Mentioned.end()) {
        Out.For.insert(For->second);
        write(U);
        break;
      }
  }
}

/// Whether \p U is in a function that no macro writes.
bool Preparer::enclosed(const Index::MacroUse &U) const {
  return any_of(I.Functions, [&](const auto &P) {
    const Function &F = P.second;
    return !F.MacroMade && F.Body.valid() && F.Body.File == U.Name.File &&
           F.Body.Begin < U.Name.Begin && U.Name.End < F.Body.End;
  });
}

/// The definitions of what was written out everywhere.
void Preparer::removeMacros() {
  for (const std::string &Name : Out.Macros) {
    const Place *P = definitionOf(Name);
    if (!P)
      continue;
    bool Used = false;
    for (size_t N = 0; N < I.Files.size() && !Used; ++N) {
      StringRef T = I.Files[N].Text;
      for (size_t At = findWord(T, Name); At != StringRef::npos && !Used;
           At = findWord(T, Name, At + 1))
        Used = int(N) != P->File || At < P->Begin || At >= P->End;
    }
    if (Used)
      continue;
    StringRef T = I.Files[P->File].Text;
    Place Lines = definitionLines(I, *P);
    if (Lines.Begin >= 2 && T[Lines.Begin - 2] == '\n' &&
        Lines.End < T.size() && T[Lines.End] == '\n')
      ++Lines.End;
    Edits.push_back({Lines, ""});
  }
  Out.Macros.clear();
}

} // namespace

Preparation prepare(const Index &I, Level Upto, const Preparation &Before,
                    const std::set<std::string> &Never) {
  return Preparer(I, Upto, Before, Never).run();
}

} // namespace pyext::migrate
