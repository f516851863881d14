//===- Preprocessing.cpp --------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/Preprocessing.h"
#include "facts/Facts.h"
#include "facts/ModelCalls.h"
#include "clang/Basic/CharInfo.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/MacroArgs.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

namespace {

/// A macro's definition in the configuration that is not compiled here.
struct OtherDefinition {
  std::vector<std::string> Params;
  std::vector<std::string> Body; ///< Token spellings.
};

/// What a condition says about Py_GIL_DISABLED.
enum class GilCondition { None, FreeThreaded, WithGil, Mixed };

GilCondition classify(StringRef Condition) {
  size_t At = Condition.find("Py_GIL_DISABLED");
  if (At == StringRef::npos)
    return GilCondition::None;
  if (Condition.contains("||"))
    return GilCondition::Mixed;
  StringRef Before = Condition.take_front(At).rtrim(" \t(");
  if (Before.ends_with("defined"))
    Before = Before.drop_back(StringRef("defined").size()).rtrim(" \t(");
  return Before.ends_with("!") ? GilCondition::WithGil
                               : GilCondition::FreeThreaded;
}

GilCondition negate(GilCondition C, bool Sole) {
  if (C == GilCondition::None)
    return C;
  if (!Sole || C == GilCondition::Mixed)
    return GilCondition::Mixed;
  return C == GilCondition::FreeThreaded ? GilCondition::WithGil
                                         : GilCondition::FreeThreaded;
}

bool saysNothing(GilCondition C) {
  return C == GilCondition::None || C == GilCondition::Mixed;
}

bool isInteresting(StringRef Name) {
  if (Name.size() < 4)
    return false;
  if (const facts::LockApi *L = facts::findLockApi(Name))
    return L->IsMacro;
  if (const facts::ThreadStateApi *T = facts::findThreadStateApi(Name))
    return T->IsMacro;
  return facts::findModuleMacro(Name).has_value();
}

bool onVersion(StringRef Condition) {
  return Condition.contains("PY_VERSION_HEX") || Condition.contains("PYPY") ||
         Condition.contains("PY_MAJOR_VERSION") ||
         Condition.contains("PY_MINOR_VERSION");
}

/// Joins tokens the way the model spells text: without white space, except
/// between two words.
std::string join(ArrayRef<std::string> Tokens) {
  std::string Text;
  for (const std::string &T : Tokens) {
    if (!Text.empty() && !T.empty() && isAsciiIdentifierContinue(Text.back()) &&
        isAsciiIdentifierContinue(T.front()))
      Text += ' ';
    Text += T;
  }
  return Text;
}

/// Calls \p Consume with each raw token of a file that begins in [From, To).
template <class Fn>
void lexRaw(const SourceManager &SM, const LangOptions &LangOpts, FileID File,
            unsigned From, unsigned To, Fn Consume) {
  bool Invalid = false;
  StringRef Buffer = SM.getBufferData(File, &Invalid);
  if (Invalid || To <= From || To > Buffer.size())
    return;
  Lexer Raw(SM.getLocForStartOfFile(File), LangOpts, Buffer.begin(),
            Buffer.begin() + From, Buffer.end());
  Token Tok;
  for (Raw.LexFromRawLexer(Tok);
       Tok.isNot(tok::eof) && SM.getFileOffset(Tok.getLocation()) < To;
       Raw.LexFromRawLexer(Tok))
    Consume(Tok);
}

} // namespace

class Preprocessing::Recorder : public PPCallbacks {
public:
  Recorder(Preprocessing &Record, Preprocessor &PP,
           const facts::UserFacts *Facts)
      : Record(Record), PP(PP), Facts(Facts), SM(PP.getSourceManager()) {}

  void MacroExpands(const Token &NameTok, const MacroDefinition &MD,
                    SourceRange Range, const MacroArgs *Args) override {
    facts::UserFactsScope Scope(Facts);
    SourceLocation Loc = NameTok.getLocation();
    const IdentifierInfo *II = NameTok.getIdentifierInfo();
    if (!II)
      return;
    StringRef Name = II->getName();
    if (Loc.isFileID())
      TopLevel = Name;
    auto [Known, New] = Interesting.try_emplace(II, false);
    if (New)
      Known->second = isInteresting(Name);
    auto Other = Others.empty() ? Others.end() : Others.find(Name);
    if (Other == Others.end() && !Known->second)
      return;
    SourceLocation Begin = SM.getExpansionLoc(Loc);
    if (SM.isInSystemHeader(Begin))
      return;
    SourceLocation End = SM.getExpansionRange(Range.getEnd()).getEnd();
    std::vector<std::string> Arguments = spell(MD.getMacroInfo(), Args);
    if (Other != Others.end()) {
      expandOther(Name, Other->second, Arguments, Begin, End);
      return;
    }
    MacroUse Use;
    Use.Name = Name.str();
    Use.Begin = Begin;
    Use.End = End;
    Use.Args = std::move(Arguments);
    if (Loc.isMacroID())
      Use.Wrapper = TopLevel.str();
    Record.Uses.push_back(std::move(Use));
  }

  // --- Conditional regions -------------------------------------------------

  void If(SourceLocation Loc, SourceRange Condition,
          ConditionValueKind Value) override {
    open(Loc, text(Loc, Condition), Value != CVK_True);
  }
  void Ifdef(SourceLocation Loc, const Token &Name,
             const MacroDefinition &MD) override {
    open(Loc, ("defined(" + spelling(Name) + ")"), !MD);
  }
  void Ifndef(SourceLocation Loc, const Token &Name,
              const MacroDefinition &MD) override {
    open(Loc, ("!defined(" + spelling(Name) + ")"), bool(MD));
  }
  void Elif(SourceLocation Loc, SourceRange Condition, ConditionValueKind Value,
            SourceLocation) override {
    next(Loc, text(Loc, Condition), Value != CVK_True);
  }
  void Elifdef(SourceLocation Loc, const Token &Name,
               const MacroDefinition &MD) override {
    next(Loc, "defined(" + spelling(Name) + ")", !MD);
  }
  void Elifndef(SourceLocation Loc, const Token &Name,
                const MacroDefinition &MD) override {
    next(Loc, "!defined(" + spelling(Name) + ")", bool(MD));
  }
  void Else(SourceLocation Loc, SourceLocation) override {
    if (Stack.empty())
      return;
    Frame &F = Stack.back();
    close(F, Loc);
    F.Begin = Loc;
    F.Gil = F.Others = elsewhere(F);
    F.Condition = "!(" + F.Condition + ")";
    F.Early = false; // Said of the #if.
    F.Skipped = F.AnyTaken;
    ++F.Branches;
  }
  void Endif(SourceLocation Loc, SourceLocation) override {
    if (Stack.empty())
      return;
    close(Stack.back(), Loc);
    Stack.pop_back();
  }

  void PragmaDirective(SourceLocation Loc, PragmaIntroducerKind Kind) override {
    if (Kind != PIK_HashPragma || Loc.isMacroID() || !Record.isFirstParty(Loc))
      return;
    auto [File, Offset] = SM.getDecomposedLoc(Loc);
    const StringRef Rest = SM.getBufferData(File).drop_front(Offset);
    size_t End = Rest.find('\n');
    while (End != StringRef::npos && Rest.take_front(End).rtrim("\r").ends_with("\\"))
      End = Rest.find('\n', End + 1);
    const StringRef Line = Rest.take_front(End);
    SmallVector<StringRef, 8> Words;
    SplitString(Line.split('(').first, Words, " \t\r\n\\#");
    if (Words.size() < 3 || Words[0] != "pragma" || Words[1] != "omp")
      return;
    const bool Master = Words[2] == "master" || Words[2] == "masked";
    if (Master || is_contained(ArrayRef(Words).take_front(6), "parallel"))
      Record.Parallels.push_back(
          {Loc, Loc.getLocWithOffset(Line.size()), Master});
  }

  void SourceRangeSkipped(SourceRange Range, SourceLocation) override {
    facts::UserFactsScope Scope(Facts);
    SourceLocation Begin = Range.getBegin();
    if (Begin.isMacroID() || Record.isOfPython(Begin) || isNever(Range))
      return;
    // Macros of a library's headers take locks too.
    bool Invalid = false;
    StringRef Buffer = SM.getBufferData(SM.getFileID(Begin), &Invalid);
    if (Record.isFirstParty(Begin) && !Invalid)
      Record.Skipped.push_back(
          {Range, Buffer.slice(SM.getFileOffset(Begin),
                               SM.getFileOffset(Range.getEnd()))});
    // The branches of the skipped range are closed before it is reported.
    std::vector<SourceRange> FreeThreadedOnly;
    for (const ConfigurationRegion &R : llvm::reverse(Record.Regions)) {
      if (!SM.isWrittenInSameFile(R.Range.getBegin(), Begin) ||
          SM.getFileOffset(R.Range.getBegin()) < SM.getFileOffset(Begin))
        break;
      if (R.FreeThreaded && R.Skipped)
        FreeThreadedOnly.push_back(R.Range);
    }
    for (SourceRange R : llvm::reverse(FreeThreadedOnly))
      readFreeThreaded(R);
  }

private:
  struct Frame {
    SourceLocation Begin;
    std::string Condition;
    GilCondition Gil;
    bool Skipped;
    bool AnyTaken;
    unsigned Branches;
    bool FirstInFile;
    bool Early;
    /// What the branches before say by not being taken.
    GilCondition Others = GilCondition::None;
  };

  /// What holds when neither this branch nor one before it is taken.
  static GilCondition elsewhere(const Frame &F) {
    const GilCondition Not = negate(classify(F.Condition),
                                    !StringRef(F.Condition).contains("&&"));
    return saysNothing(Not) && F.Others != GilCondition::None ? F.Others : Not;
  }

  void open(SourceLocation Loc, std::string Condition, bool Skipped) {
    GilCondition Gil = classify(Condition);
    const bool First =
        Stack.empty() || !SM.isWrittenInSameFile(Stack.back().Begin, Loc);
    Stack.push_back({Loc, std::move(Condition), Gil, Skipped, !Skipped, 1, First,
                     isEarly(Loc, Gil)});
  }

  void next(SourceLocation Loc, std::string Condition, bool Skipped) {
    if (Stack.empty())
      return;
    Frame &F = Stack.back();
    close(F, Loc);
    F.Others = elsewhere(F);
    F.Begin = Loc;
    F.Gil = classify(Condition);
    F.Early = isEarly(Loc, F.Gil);
    if (saysNothing(F.Gil) && F.Others != GilCondition::None)
      F.Gil = F.Others;
    F.Condition = std::move(Condition);
    F.Skipped = Skipped || F.AnyTaken;
    F.AnyTaken |= !Skipped;
    ++F.Branches;
  }

  void close(const Frame &F, SourceLocation End) {
    if (SM.isInSystemHeader(End))
      return;
    SourceRange Range(F.Begin, End);
    if (F.Gil == GilCondition::FreeThreaded || F.Gil == GilCondition::WithGil)
      Record.Regions.push_back(
          {Range, F.Gil == GilCondition::FreeThreaded, F.Skipped});
    if (onVersion(F.Condition))
      Record.VersionConditions.push_back({Range, F.Condition});
    else if (!isGuard(F) && Record.isFirstParty(F.Begin))
      Record.OtherConditions.push_back(Range);
    if (F.Early && !definesGilDisabled(Range))
      Record.EarlyGilConditions.push_back(F.Begin);
  }

  /// The condition around the whole of a header.
  bool isGuard(const Frame &F) const {
    return F.FirstInFile && F.Branches == 1 &&
           StringRef(F.Condition).starts_with("!defined(") &&
           SM.getFileID(F.Begin) != SM.getMainFileID();
  }

  bool definesGilDisabled(SourceRange Range) const {
    bool AfterDefine = false, Found = false;
    lex(Range, [&](const Token &Tok) {
      const bool Word = Tok.is(tok::raw_identifier);
      Found |= AfterDefine && Word && Tok.getRawIdentifier() == "Py_GIL_DISABLED";
      AfterDefine = Word && Tok.getRawIdentifier() == "define";
    });
    return Found;
  }

  /// Python.h, which defines Py_GIL_DISABLED, is not read yet.
  bool isEarly(SourceLocation Loc, GilCondition Gil) {
    return Gil != GilCondition::None && !Record.defined("Py_PYTHON_H") &&
           !Record.defined("Py_PYCONFIG_H") && Record.isFirstParty(Loc);
  }

  /// The condition of the directive at \p Loc. Empty in system headers, of
  /// whose conditions nothing is kept.
  std::string text(SourceLocation Loc, SourceRange Range) const {
    if (SM.isInSystemHeader(Loc))
      return std::string();
    // The range ends where the last token begins.
    return Lexer::getSourceText(CharSourceRange::getTokenRange(Range), SM,
                                PP.getLangOpts())
        .split('\n')
        .first.trim()
        .str();
  }

  std::string spelling(const Token &Tok) const {
    return PP.getSpelling(Tok);
  }

  std::vector<std::string> spell(const MacroInfo *MI,
                                 const MacroArgs *Args) const {
    std::vector<std::string> Result;
    if (!Args || !MI)
      return Result;
    for (unsigned I = 0, N = std::min(MI->getNumParams(),
                                      Args->getNumMacroArguments());
         I != N; ++I) {
      std::vector<std::string> Tokens;
      for (const Token *T = Args->getUnexpArgument(I); T->isNot(tok::eof); ++T)
        Tokens.push_back(PP.getSpelling(*T));
      Result.push_back(join(Tokens));
    }
    return Result;
  }

  /// Records what the other configuration's definition of a user macro does
  /// with locks, the parameters replaced by the arguments of this use.
  void expandOther(StringRef Name, const OtherDefinition &Def,
                   ArrayRef<std::string> Arguments, SourceLocation Begin,
                   SourceLocation End) {
    std::vector<std::string> Tokens;
    for (const std::string &T : Def.Body) {
      size_t Index = find(Def.Params, T) - Def.Params.begin();
      Tokens.push_back(Index < Arguments.size() ? Arguments[Index] : T);
    }
    recordLocks(Tokens, Begin, End, Name);
  }

  /// The lock operation of \p Tokens[\p I], `m.lock()`; null when it is none.
  static const facts::LockApi *methodAt(ArrayRef<std::string> Tokens, size_t I) {
    if (I < 2 || (Tokens[I - 1] != "." && Tokens[I - 1] != "->"))
      return nullptr;
    // Of which class is not known; all their locks are alike.
    for (const facts::LockApi &Row : llvm::reverse(facts::lockApis()))
      if (Row.LockArg == facts::ThisArgument &&
          StringRef(Row.Name).rsplit("::").second == Tokens[I])
        return &Row;
    return nullptr;
  }

  /// What stands in front of the dot before \p Tokens[\p I]: `st->mutex`.
  static std::string objectBefore(ArrayRef<std::string> Tokens, size_t I) {
    size_t First = I - 2;
    while (First >= 2 && (Tokens[First - 1] == "." || Tokens[First - 1] == "->" ||
                          Tokens[First - 1] == "::"))
      First -= 2;
    return join(Tokens.slice(First, I - 1 - First));
  }

  /// What a variable that the macro has declared stands for:
  /// `PyObject *seq = (PyObject *)(original);`. \p Arg itself when it is none.
  static ArrayRef<std::string> behind(ArrayRef<std::string> Before,
                                      ArrayRef<std::string> Arg) {
    if (Arg.size() != 1)
      return Arg;
    for (size_t I = 1; I + 1 < Before.size(); ++I) {
      if (Before[I] != Arg[0] || Before[I + 1] != "=" || Before[I - 1] == ".")
        continue;
      ArrayRef<std::string> Init = Before.drop_front(I + 2);
      return Init.take_front(llvm::find(Init, ";") - Init.begin());
    }
    return Arg;
  }

  /// Records each lock operation called in a token list.
  void recordLocks(ArrayRef<std::string> Tokens, SourceLocation Begin,
                   SourceLocation End, StringRef Wrapper) {
    for (size_t I = 0; I + 1 < Tokens.size(); ++I) {
      if (Tokens[I + 1] != "(")
        continue;
      const facts::LockApi *Method = methodAt(Tokens, I);
      if (!Method && !facts::findLockApi(Tokens[I]))
        continue;
      MacroUse Use;
      Use.Name = Method ? Method->Name : Tokens[I];
      if (Method)
        Use.Args.push_back(objectBefore(Tokens, I));
      Use.Begin = Begin;
      Use.End = End;
      Use.Wrapper = Wrapper.str();
      Use.FromOtherConfiguration = true;
      unsigned Depth = 1;
      std::vector<std::string> Arg;
      size_t J = I + 2;
      for (; J < Tokens.size() && Depth; ++J) {
        const std::string &T = Tokens[J];
        Depth += T == "(";
        Depth -= T == ")";
        if (!Depth || (Depth == 1 && T == ",")) {
          if (!Arg.empty())
            Use.Args.push_back(join(behind(Tokens.take_front(I), Arg)));
          Arg.clear();
        } else {
          Arg.push_back(T);
        }
      }
      I = J - 1;
      Record.Uses.push_back(std::move(Use));
    }
  }

  /// Calls \p Consume with each raw token of a range of one file.
  template <class Fn> void lex(SourceRange Range, Fn Consume) const {
    lexRaw(SM, PP.getLangOpts(), SM.getFileID(Range.getBegin()),
           SM.getFileOffset(Range.getBegin()), SM.getFileOffset(Range.getEnd()),
           Consume);
  }

  /// `#if 0`: no configuration has the text.
  bool isNever(SourceRange Range) const {
    auto [File, Offset] = SM.getDecomposedLoc(Range.getBegin());
    StringRef Line = SM.getBufferData(File).drop_front(Offset);
    Line = Line.take_front(Line.find_first_of("\r\n"));
    return Line.consume_front("#") && (Line = Line.ltrim()).consume_front("if") &&
           (Line = Line.ltrim()).consume_front("0") &&
           (Line.empty() || isSpace(Line.front()) || Line.front() == '/');
  }

  /// Reads text that only the free-threaded build compiles: the macros it
  /// defines and the locks it takes.
  void readFreeThreaded(SourceRange Range) {
    std::vector<std::string> Code;
    std::vector<Token> Directive;
    bool InDirective = false;
    lex(Range, [&](const Token &Tok) {
      if (Tok.isAtStartOfLine()) {
        define(Directive);
        Directive.clear();
        InDirective = Tok.is(tok::hash);
      }
      if (InDirective)
        Directive.push_back(Tok);
      else
        Code.push_back(spelling(Tok));
    });
    define(Directive);
    recordLocks(Code, Range.getBegin(), Range.getEnd(), "");
  }

  /// Keeps the definition when \p Line, from its hash on, defines a macro that
  /// works on locks.
  void define(ArrayRef<Token> Line) {
    if (Line.size() < 4 || spelling(Line[1]) != "define")
      return;
    OtherDefinition Def;
    size_t I = 3;
    if (Line[3].is(tok::l_paren) && !Line[3].hasLeadingSpace()) {
      for (I = 4; I < Line.size() && Line[I].isNot(tok::r_paren); ++I)
        if (Line[I].is(tok::raw_identifier))
          Def.Params.push_back(spelling(Line[I]));
      ++I;
    }
    for (; I < Line.size(); ++I)
      Def.Body.push_back(spelling(Line[I]));
    bool Locks = false;
    for (size_t J = 0; J < Def.Body.size(); ++J)
      Locks |= facts::findLockApi(Def.Body[J]) || methodAt(Def.Body, J);
    if (Locks)
      Others[spelling(Line[2])] = std::move(Def);
  }

  Preprocessing &Record;
  Preprocessor &PP;
  const facts::UserFacts *Facts;
  const SourceManager &SM;
  std::vector<Frame> Stack;
  StringMap<OtherDefinition> Others;
  /// The verdict of isInteresting() on every macro met.
  DenseMap<const IdentifierInfo *, bool> Interesting;
  /// The macro written in the file, whose expansion goes on.
  StringRef TopLevel;
};

Preprocessing::Preprocessing() = default;
Preprocessing::~Preprocessing() = default;

void Preprocessing::record(Preprocessor &P,
                           const facts::UserFacts *Facts) {
  PP = &P;
  SM = &P.getSourceManager();
  P.addPPCallbacks(std::make_unique<Recorder>(*this, P, Facts));
}

static const MacroInfo *macro(Preprocessor &PP, StringRef Name) {
  return PP.getMacroInfo(PP.getIdentifierInfo(Name));
}

std::vector<const MacroUse *>
Preprocessing::usesWithin(SourceRange Range) const {
  if (UsesByFile.empty())
    for (const MacroUse &Use : Uses) {
      auto [File, Offset] = SM->getDecomposedLoc(Use.Begin);
      UsesByFile[File].push_back({Offset, &Use});
    }
  std::vector<const MacroUse *> Result;
  auto [File, From] = SM->getDecomposedExpansionLoc(Range.getBegin());
  auto [EndFile, To] = SM->getDecomposedExpansionLoc(Range.getEnd());
  auto It = UsesByFile.find(File);
  if (It == UsesByFile.end() || File != EndFile)
    return Result;
  auto First = llvm::partition_point(
      It->second, [From = From](const auto &P) { return P.first < From; });
  for (; First != It->second.end() && First->first <= To; ++First)
    Result.push_back(First->second);
  return Result;
}

bool Preprocessing::freeThreaded() const {
  return macro(*PP, "Py_GIL_DISABLED") != nullptr;
}

bool Preprocessing::pythonIncluded() const {
  return macro(*PP, "Py_PYTHON_H") || macro(*PP, "PY_VERSION_HEX");
}

static std::optional<unsigned> integer(Preprocessor &PP, StringRef Name) {
  const MacroInfo *MI = macro(PP, Name);
  if (!MI || MI->getNumTokens() != 1)
    return std::nullopt;
  unsigned Value;
  if (StringRef(PP.getSpelling(MI->getReplacementToken(0)))
          .getAsInteger(0, Value))
    return std::nullopt;
  return Value;
}

unsigned Preprocessing::pythonMinor() const {
  return integer(*PP, "PY_MINOR_VERSION").value_or(0);
}

std::optional<unsigned> Preprocessing::limitedApi() const {
  return integer(*PP, "Py_LIMITED_API");
}

bool Preprocessing::defined(StringRef Name) const {
  return macro(*PP, Name) != nullptr;
}

std::optional<unsigned> Preprocessing::valueOf(StringRef Name) const {
  return integer(*PP, Name);
}

std::string Preprocessing::replacementOf(StringRef Name) const {
  std::vector<std::string> Tokens;
  if (const MacroInfo *MI = macro(*PP, Name))
    for (const Token &Tok : MI->tokens())
      Tokens.push_back(PP->getSpelling(Tok));
  return join(Tokens);
}

void Preprocessing::identifiers(
    SourceRange Range,
    function_ref<void(StringRef, SourceLocation)> Visit) const {
  auto [File, From] = SM->getDecomposedLoc(Range.getBegin());
  auto [EndFile, To] = SM->getDecomposedLoc(Range.getEnd());
  if (File == EndFile)
    lexRaw(*SM, PP->getLangOpts(), File, From, To, [&](const Token &Tok) {
      if (Tok.is(tok::raw_identifier))
        Visit(Tok.getRawIdentifier(), Tok.getLocation());
    });
}

static bool contains(const SourceManager &SM, SourceRange Range,
                     SourceLocation Loc) {
  return SM.isPointWithin(Loc, Range.getBegin(), Range.getEnd());
}

bool Preprocessing::onlyWithGil(SourceLocation Loc) const {
  if (!GilRangesReady) {
    GilRangesReady = true;
    for (const ConfigurationRegion &R : Regions) {
      const auto [File, Begin] = SM->getDecomposedLoc(R.Range.getBegin());
      const auto [EndFile, End] = SM->getDecomposedLoc(R.Range.getEnd());
      if (!R.FreeThreaded && File == EndFile)
        GilRanges[File].push_back({Begin, End});
    }
    for (auto &[File, Ranges] : GilRanges) {
      llvm::sort(Ranges);
      // Of nested ones the outer is enough.
      size_t Kept = 0;
      for (const auto &Range : Ranges)
        if (!Kept || Range.second > Ranges[Kept - 1].second)
          Ranges[Kept++] = Range;
      Ranges.resize(Kept);
    }
  }
  if (GilRanges.empty())
    return false;
  const auto [File, Offset] =
      SM->getDecomposedLoc(SM->getExpansionLoc(Loc));
  auto It = GilRanges.find(File);
  if (It == GilRanges.end())
    return false;
  // The last one that begins at or before Offset.
  const auto *After = llvm::partition_point(
      It->second, [&, At = Offset](const auto &Range) { return Range.first <= At; });
  return After != It->second.begin() && Offset <= After[-1].second;
}

bool Preprocessing::conditional(SourceLocation Loc) const {
  Loc = SM->getExpansionLoc(Loc);
  return any_of(OtherConditions, [&](SourceRange R) {
    return SM->isWrittenInSameFile(Loc, R.getBegin()) && contains(*SM, R, Loc);
  });
}

std::optional<StringRef>
Preprocessing::versionCondition(SourceLocation Loc) const {
  Loc = SM->getExpansionLoc(Loc);
  // Recorded when they close, so the first that contains Loc is the innermost.
  for (const ConditionRegion &R : VersionConditions)
    if (SM->isWrittenInSameFile(Loc, R.Range.getBegin()) &&
        contains(*SM, R.Range, Loc))
      return StringRef(R.Condition);
  return std::nullopt;
}

bool Preprocessing::onlyBefore(facts::PyVersion Version,
                               SourceLocation Loc) const {
  std::optional<StringRef> Condition = versionCondition(Loc);
  if (!Condition)
    return false;
  StringRef Text = *Condition;
  bool Negated = false;
  while (Text.consume_front("!(")) {
    Negated = !Negated;
    Text.consume_back(")");
  }
  static constexpr StringRef Hex = "PY_VERSION_HEX";
  size_t At = Text.find(Hex);
  if (At == StringRef::npos || Text.contains("&&") || Text.contains("||"))
    return false;
  Text = Text.drop_front(At + Hex.size()).ltrim();
  const bool Below = Text.consume_front("<");
  if (!Below && !Text.consume_front(">"))
    return false;
  Text.consume_front("=");
  unsigned Bound = 0;
  if (Text.trim(" \t()").getAsInteger(0, Bound))
    return false;
  // A pre-release of the version counts as older.
  return Below != Negated &&
         Bound <= (0x03000000u | Version.Minor << 16 | 0xFFu);
}

bool Preprocessing::hasCode(SourceRange Range) const {
  auto [File, From] = SM->getDecomposedLoc(Range.getBegin());
  auto [EndFile, To] = SM->getDecomposedLoc(Range.getEnd());
  if (File != EndFile)
    return true;
  bool Found = false, Directive = true, Define = false;
  unsigned Position = 0; // In the directive.
  bool Parameters = false;
  lexRaw(*SM, PP->getLangOpts(), File, From, To, [&](const Token &Tok) {
    if (Tok.isAtStartOfLine() && Position) {
      Directive = Tok.is(tok::hash);
      Define = Parameters = false;
      Position = 0;
    }
    ++Position;
    const StringRef Word =
        Tok.is(tok::raw_identifier) ? Tok.getRawIdentifier() : StringRef();
    if (!Directive) {
      Found = true;
      return;
    }
    if (Position == 2)
      Define = Word == "define";
    if (!Define || Position < 4)
      return;
    if (Position == 4)
      Parameters = Tok.is(tok::l_paren) && !Tok.hasLeadingSpace();
    if (Parameters) {
      Parameters = !Tok.is(tok::r_paren);
      return;
    }
    // do {} while (0) and ((void)0) do nothing.
    Found |= !Word.empty() ? Word != "do" && Word != "while" && Word != "void"
                           : !Tok.isOneOf(tok::l_paren, tok::r_paren,
                                          tok::l_brace, tok::r_brace, tok::semi,
                                          tok::numeric_constant);
  });
  return Found;
}

bool Preprocessing::isSkipped(SourceLocation Loc) const {
  return any_of(Skipped, [&](const SkippedText &S) {
    return SM->isWrittenInSameFile(S.Range.getBegin(), Loc) &&
           contains(*SM, S.Range, Loc);
  });
}

bool Preprocessing::skippedMentions(SourceRange Range, StringRef Name) const {
  SourceLocation Begin = SM->getExpansionLoc(Range.getBegin());
  SourceLocation End = SM->getExpansionRange(Range.getEnd()).getEnd();
  return any_of(Skipped, [&](const SkippedText &S) {
    return SM->isWrittenInSameFile(S.Range.getBegin(), Begin) &&
           contains(*SM, {Begin, End}, S.Range.getBegin()) &&
           S.Text.contains(Name) && wordsOf(S).count(Name);
  });
}

bool Preprocessing::skippedDefinition(SourceRange Range, StringRef Name) const {
  auto [File, From] = SM->getDecomposedExpansionLoc(Range.getBegin());
  auto [EndFile, To] = SM->getDecomposedLoc(
      SM->getExpansionRange(Range.getEnd()).getEnd());
  StringSet<> Macros;
  for (const SkippedText &S : Skipped) {
    if (!S.Text.contains("define") || !S.Text.contains(Name))
      continue;
    const StringMap<bool> Words = wordsOf(S);
    if (Words.count(Name))
      for (const auto &Word : Words)
        if (Word.second)
          Macros.insert(Word.first());
  }
  if (Macros.empty() || File != EndFile)
    return false;
  bool Found = false;
  lexRaw(*SM, PP->getLangOpts(), File, From, To, [&](const Token &Tok) {
    Found |= Tok.is(tok::raw_identifier) &&
             Macros.contains(Tok.getRawIdentifier());
  });
  return Found;
}

bool Preprocessing::locksAreHidden() const {
  if (freeThreaded())
    return false;
  auto IsLock = [](StringRef Text) {
    return Text.contains_insensitive("lock") ||
           Text.contains_insensitive("mutex") ||
           Text.contains_insensitive("critical");
  };
  // A macro for what takes a lock is read off its definition, and where a lock is
  // declared says nothing; a line that does something with one, and a flag that
  // says which to use, hide it.
  return any_of(Regions, [&](const ConfigurationRegion &R) {
    if (!R.FreeThreaded || !R.Skipped || !isFirstParty(R.Range.getBegin()))
      return false;
    const auto [File, From] = SM->getDecomposedLoc(R.Range.getBegin());
    const auto [EndFile, To] = SM->getDecomposedLoc(R.Range.getEnd());
    if (File != EndFile)
      return false;
    bool Found = false, Lock = false, Call = false, Directive = false;
    unsigned Tokens = 0;
    auto EndLine = [&] {
      Found |= Lock && (Directive ? Tokens == 3 : Call); // # define NAME
      Lock = Call = Directive = false;
      Tokens = 0;
    };
    lexRaw(*SM, PP->getLangOpts(), File, From, To, [&](const Token &Tok) {
      if (Tok.isAtStartOfLine()) {
        EndLine();
        Directive = Tok.is(tok::hash);
      }
      ++Tokens;
      Lock |= Tok.is(tok::raw_identifier) && IsLock(Tok.getRawIdentifier());
      Call |= Tok.is(tok::l_paren);
    });
    EndLine();
    return Found;
  });
}

bool Preprocessing::isInPythonDir(StringRef Path) const {
  if (!PythonDir)
    if (const MacroInfo *MI = macro(*PP, "Py_PYTHON_H"))
      PythonDir = sys::path::parent_path(
                      SM->getFilename(SM->getExpansionLoc(
                          MI->getDefinitionLoc())))
                      .str();
  return PythonDir && Path.starts_with(*PythonDir) &&
         Path.drop_front(PythonDir->size()).starts_with("/");
}

bool Preprocessing::isOfPython(SourceLocation Loc) const {
  Loc = SM->getExpansionLoc(Loc);
  const StringRef Path = SM->getFilename(Loc);
  return SM->isInSystemHeader(Loc) || isInPythonDir(Path) ||
         sys::path::filename(Path) == "pythoncapi_compat.h";
}

StringMap<bool> Preprocessing::wordsOf(const SkippedText &Skipped) const {
  StringMap<bool> Words;
  const auto [File, From] = SM->getDecomposedLoc(Skipped.Range.getBegin());
  unsigned Define = 0; // 1 after the hash, 2 after the word.
  lexRaw(*SM, PP->getLangOpts(), File, From, From + Skipped.Text.size(),
         [&](const Token &Tok) {
           if (!Tok.is(tok::raw_identifier)) {
             Define = Tok.is(tok::hash) && Tok.isAtStartOfLine();
             return;
           }
           const StringRef Name = Tok.getRawIdentifier();
           Words[Name] |= Define == 2;
           Define = Define == 1 && Name == "define" ? 2 : 0;
         });
  return Words;
}

StringRef Preprocessing::immediateMacro(SourceLocation Loc) const {
  // The name is the same for all tokens of an expansion, of an argument too.
  auto [It, New] = MacroNames.try_emplace(SM->getFileID(Loc));
  if (New)
    It->second = Lexer::getImmediateMacroName(Loc, *SM, PP->getLangOpts());
  return It->second;
}

SmallVector<StringRef, 4> Preprocessing::macroNames(SourceLocation Loc) const {
  SmallVector<StringRef, 4> Names;
  while (Loc.isMacroID()) {
    Names.push_back(immediateMacro(Loc));
    // An argument belongs to the macro it is passed to, whose name has not been
    // said yet when the argument came out of another macro.
    if (SM->isMacroArgExpansion(Loc)) {
      while (SM->isMacroArgExpansion(Loc))
        Loc = SM->getImmediateExpansionRange(Loc).getBegin();
      if (Loc.isMacroID())
        if (StringRef Outer = immediateMacro(Loc); Outer != Names.back())
          Names.push_back(Outer);
    }
    if (Loc.isMacroID())
      Loc = SM->getImmediateExpansionRange(Loc).getBegin();
  }
  return Names;
}

StringRef
Preprocessing::macroName(SourceLocation Loc,
                         function_ref<bool(StringRef)> Accept) const {
  // The macro the token itself comes from, when it was written as an argument:
  // {SLOT(Py_tp_new), f}.
  bool Argument = false;
  for (SourceLocation Spelled = Loc; Spelled.isMacroID();) {
    StringRef Name = immediateMacro(Spelled);
    if (Accept(Name))
      return Name;
    const bool IsArgument = SM->isMacroArgExpansion(Spelled);
    Argument |= IsArgument;
    Spelled = IsArgument ? SM->getImmediateSpellingLoc(Spelled)
                         : SM->getImmediateExpansionRange(Spelled).getBegin();
  }
  // Else the macros around it are those just asked for.
  if (Argument)
    for (StringRef Name : macroNames(Loc))
      if (Accept(Name))
        return Name;
  return {};
}

bool Preprocessing::isFirstParty(SourceLocation Loc) const {
  if (Loc.isInvalid())
    return false;
  Loc = SM->getExpansionLoc(Loc);
  FileID File = SM->getFileID(Loc);
  // With line markers and pragmas it is not the same on each line.
  const bool OfFile = !SM->getSLocEntry(File).getFile().hasLineDirectives();
  if (OfFile)
    if (auto Known = FirstParty.find(File); Known != FirstParty.end())
      return Known->second;
  bool First = !SM->isInSystemHeader(Loc);
  bool Final = true;
  if (First && File != SM->getMainFileID()) {
    StringRef Path = SM->getFilename(Loc);
    if (Path.empty()) // <built-in>, <command line>
      First = false;
    else if (isInPythonDir(Path))
      First = false;
    else
      for (StringRef Part : {"/pybind11/", "/nanobind/", "/numpy/", "/boost/"})
        First &= !Path.contains(Part);
    StringRef Base = sys::path::filename(Path);
    if (Base == "Python.h" || Base == "pythoncapi_compat.h")
      First = false;
    Final = PythonDir.has_value();
  }
  if (OfFile && Final)
    FirstParty[File] = First;
  return First;
}

} // namespace pyext::model
