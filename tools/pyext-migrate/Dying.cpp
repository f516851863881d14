//===- Dying.cpp - The state where its module may be gone -----------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A deallocator, a tp_clear and what they call run after the collector has
// cleared the type of the object, if it does so at all. They look for the state
// and do without it: numbers are counted in a state that is thrown away, and
// memory that would go to a free list is released.
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace pyext::migrate {

size_t closing(StringRef T, size_t Open) {
  int Depth = 0;
  for (size_t At = Open; At < T.size(); ++At) {
    if (T[At] == '(' || T[At] == '{' || T[At] == '[')
      ++Depth;
    else if ((T[At] == ')' || T[At] == '}' || T[At] == ']') && --Depth == 0)
      return At + 1;
  }
  return StringRef::npos;
}

/// The statement that begins at \p At, up to the `;` or the `}`.
static size_t endOfStatement(StringRef T, size_t At) {
  if (At < T.size() && T[At] == '{')
    return closing(T, At);
  const size_t End = T.find(';', At);
  return End == StringRef::npos ? End : End + 1;
}

/// The statements of `{ ... }`, or the one that there is.
static std::vector<std::string> statements(StringRef Text) {
  Text = Text.trim();
  if (Text.consume_front("{"))
    Text = Text.drop_back();
  std::vector<std::string> Out;
  SmallVector<StringRef, 8> Parts;
  Text.split(Parts, ';');
  for (StringRef S : Parts) {
    std::string Flat;
    for (char C : S)
      if (!isSpace(C))
        Flat += C;
    if (!Flat.empty())
      Out.push_back(Flat);
  }
  return Out;
}

/// The `if` whose condition has \p At, in text that holds a function.
std::optional<Rewriter::Choice> Rewriter::choiceAt(const Function &F,
                                                   unsigned At) const {
  StringRef T = I.Files[F.Body.File].Text;
  Choice Best;
  bool Found = false;
  for (size_t If = T.find("if", F.Body.Begin);
       If != StringRef::npos && If < At; If = T.find("if", If + 1)) {
    if (isWord(T[If - 1]) || isWord(T[If + 2]) || inComment(T, If))
      continue;
    const size_t Open = T.find_first_not_of(" \t\n", If + 2);
    if (Open == StringRef::npos || T[Open] != '(')
      continue;
    const size_t Close = closing(T, Open);
    if (Close == StringRef::npos || Close > F.Body.End)
      continue;
    const size_t Then = T.find_first_not_of(" \t\r\n", Close);
    const size_t ThenEnd = endOfStatement(T, Then);
    if (ThenEnd == StringRef::npos || ThenEnd > F.Body.End || At >= ThenEnd)
      continue;
    Choice C;
    C.Condition = {F.Body.File, unsigned(Open + 1), unsigned(Close - 1)};
    C.Then = {F.Body.File, unsigned(Then), unsigned(ThenEnd)};
    const size_t Next = T.find_first_not_of(" \t\r\n", ThenEnd);
    StringRef After = T.substr(Next);
    if (After.starts_with("else") && !isWord(After[4])) {
      const size_t Else = T.find_first_not_of(" \t\r\n", Next + 4);
      const size_t End = endOfStatement(T, Else);
      if (End == StringRef::npos)
        continue;
      C.Otherwise = {F.Body.File, unsigned(Else), unsigned(End)};
    } else {
      const std::vector<std::string> Last = statements(T.slice(Then, ThenEnd));
      const size_t End = endOfStatement(T, Next);
      if (Last.empty() || Last.back() != "return" || End == StringRef::npos ||
          End > F.Body.End)
        continue;
      C.Otherwise = {F.Body.File, unsigned(Next), unsigned(End)};
    }
    Best = C;
    Found = true;
  }
  return Found ? std::optional<Choice>(Best) : std::nullopt;
}

/// `if (n < MAX) { list[n] = x; n++; } else free(x);` or the same with a list
/// of links: how to release what is kept.
std::optional<Rewriter::FreeList>
Rewriter::freeListOf(const Variable &V) const {
  for (const Reference &Ref : V.References) {
    const Function *F = function(Ref.Function);
    if (!F || !Ref.Token.valid() || F->MacroMade ||
        !contains(F->Body, Ref.Token))
      continue;
    const std::optional<Choice> C = choiceAt(*F, Ref.Token.Begin);
    if (!C)
      continue;
    const std::vector<std::string> Keep = statements(I.text(C->Then));
    const std::vector<std::string> Free = statements(I.text(C->Otherwise));
    if (Free.size() != 1)
      continue;
    StringRef Call = Free[0];
    StringRef Name = Call.take_while(isWord);
    if (Name.empty() || !Call.drop_front(Name.size()).starts_with("(") ||
        !Call.ends_with(")"))
      continue;
    StringRef Kept = Call.drop_front(Name.size() + 1).drop_back();
    if (Kept.empty() || !all_of(Kept, isWord))
      continue;
    static const std::set<StringRef> Release{"PyMem_Free", "PyMem_FREE",
                                             "PyMem_Del",  "PyMem_DEL",
                                             "PyMem_RawFree", "free"};
    if (!Release.count(Name))
      continue;
    FreeList Out;
    Out.Release = Name.str();
    for (const std::string &S : Keep) {
      auto [Left, Right] = StringRef(S).split('=');
      if (Right == Kept && Left.starts_with(V.Name) && Left.ends_with("]")) {
        // list[n] or list[n++]
        const size_t Open = Left.rfind('[');
        StringRef Count = Left.slice(Open + 1, Left.size() - 1);
        const bool Counts = Count.consume_back("++");
        if (Count.empty() ||
            !all_of(Count, [](char Ch) { return isWord(Ch) || Ch == '.'; }))
          continue;
        for (const std::string &Other : Keep)
          if (Counts || Other == (Count + "++").str() ||
              Other == ("++" + Count).str() ||
              Other == (Count + "+=1").str()) {
            Out.Array = Left.take_front(Open).str();
            Out.Count = Count.str();
          }
      } else if (Right == Kept && Left == V.Name) {
        // x->next = list; list = x;
        for (const std::string &Other : Keep) {
          auto [Link, Old] = StringRef(Other).split('=');
          if (Old == V.Name && Link.consume_front(Kept) &&
              Link.consume_front("->") && all_of(Link, isWord))
            Out.Link = Link.str();
        }
      }
    }
    if (Out.Array.empty() == Out.Link.empty())
      continue;
    // The names of other variables become fields as well.
    return Out;
  }
  return std::nullopt;
}

/// What \p Text names of variables that move, as fields of the state.
std::string Rewriter::asFields(StringRef Text) const {
  std::string Out;
  while (!Text.empty()) {
    StringRef Word = Text.take_while(isWord);
    if (Word.empty()) {
      Out += Text.front();
      Text = Text.drop_front();
      continue;
    }
    std::string New = Word.str();
    if (!StringRef(Out).ends_with("."))
      for (const auto &[Key, E] : Entities)
        if (E.V->Name == Word && E.Drop.empty() && !E.V->Local)
          New = access(E);
    Out += New;
    Text = Text.drop_front(Word.size());
  }
  return Out;
}

/// Whether no variable that \p Text names stays where it is.
bool Rewriter::allMove(StringRef Text) const {
  return none_of(I.Variables, [&](const auto &P) {
    if (moves(P.first) || P.second.Local)
      return false;
    for (size_t At = Text.find(P.second.Name); At != StringRef::npos;
         At = Text.find(P.second.Name, At + 1))
      if ((!At || !(isWord(Text[At - 1]) || Text[At - 1] == '.')) &&
          (At + P.second.Name.size() == Text.size() ||
           !isWord(Text[At + P.second.Name.size()])))
        return true;
    return false;
  });
}

/// Lines for m_free that release what free lists keep.
std::string Rewriter::drainLines() const {
  std::string Text;
  for (const Entity *E : ordered()) {
    if (E->isPointed())
      continue;
    const std::optional<FreeList> L = freeListOf(*E->V);
    if (!L)
      continue;
    if (!L->Link.empty()) {
      std::string Type = E->V->TypeText;
      if (!StringRef(Type).ends_with("*"))
        Type += " ";
      Text += In + "while (" + access(*E) + " != NULL) {\n" + In + In + Type +
              "kept = " + access(*E) + ";\n" + In + In + access(*E) +
              " = kept->" + L->Link + ";\n" + In + In + L->Release +
              "(kept);\n" + In + "}\n";
    } else {
      Text += In + "while (" + asFields(L->Count) + " > 0)\n" + In + In +
              L->Release + "(" + asFields(L->Array) + "[--" +
              asFields(L->Count) + "]);\n";
    }
  }
  return Text;
}

/// Functions that are given the state by \p Key, however deep, and it.
std::set<std::string> Rewriter::givenBy(const std::string &Key) const {
  std::set<std::string> Out{Key};
  std::vector<std::string> Work{Key};
  while (!Work.empty()) {
    const std::string F = Work.back();
    Work.pop_back();
    for (const Call &C : I.Calls)
      if (C.Caller == F)
        if (auto Is = Modes.find(C.Callee);
            Is != Modes.end() && Is->second == Mode::Parameter) {
          std::vector<std::string> Next{C.Callee};
          if (auto It = I.Functions.find(C.Callee); It != I.Functions.end())
            Next.insert(Next.end(), It->second.Members.begin(),
                        It->second.Members.end());
          for (const std::string &N : Next)
            if (Out.insert(N).second)
              Work.push_back(N);
        }
  }
  return Out;
}

/// How \p F does without the state where it mentions \p E at \p P.
std::optional<Rewriter::Guard>
Rewriter::guardFor(const Function &F, const Entity &E, Place P) const {
  if (E.isPointed() || E.V->Object || E.V->ObjectBlock || F.MacroMade)
    return std::nullopt;
  StringRef T = I.Files[F.Body.File].Text;
  if (const std::optional<Choice> C = choiceAt(F, P.Begin)) {
    StringRef Condition = I.text(C->Condition);
    const bool Tested = any_of(Entities, [&](const auto &Pair) {
      const Entity &Other = Pair.second;
      return Other.Drop.empty() && !Other.isPointed() &&
             any_of(Other.V->References, [&](const Reference &Ref) {
               return contains(C->Condition, Ref.Token);
             });
    });
    if (Tested && (contains(C->Condition, P) || contains(C->Then, P)))
      return Guard{C->Condition,
                   Condition.contains("||") || Condition.contains('?'),
                   Place()};
  }
  // A statement that does nothing else.
  if (E.V->PlainText.empty() || E.V->Array)
    return std::nullopt;
  size_t Begin = T.find_last_of(";{}", P.Begin - 1);
  if (Begin == StringRef::npos)
    return std::nullopt;
  StringRef Before = T.slice(Begin + 1, P.Begin).trim();
  while (Before.starts_with("/*") && Before.contains("*/"))
    Before = Before.substr(Before.find("*/") + 2).ltrim();
  StringRef After = T.substr(P.End).take_until([](char C) { return C == ';'; });
  After = After.trim();
  const bool Counts = (Before.empty() && (After == "++" || After == "--")) ||
                      ((Before == "++" || Before == "--") && After.empty());
  const bool Adds = Before.empty() && (After.starts_with("+=") ||
                                       After.starts_with("-="));
  if (!Counts && !Adds)
    return std::nullopt;
  Guard G;
  const size_t First = P.Begin - (Before.empty() ? 0 : 2);
  G.Statement = {F.Body.File, unsigned(First), unsigned(First)};
  if (T.slice(First, P.Begin).trim() != Before)
    return std::nullopt;
  return G;
}

/// Decides for each function that may miss the state how it does without; false
/// when something had to be left.
bool Rewriter::checkMissing() {
  Guards.clear();
  Thrown.clear();
  for (const auto &[Root, Is] : Modes) {
    if (Is != Mode::Perhaps)
      continue;
    std::map<Place, bool> Own;
    bool Throws = false;
    for (const std::string &Key : givenBy(Root)) {
      const Function *F = function(Key);
      if (!F)
        continue;
      for (auto &[K, E] : Entities) {
        if (!E.Drop.empty())
          continue;
        for (const Reference &Ref : E.V->References) {
          if (Ref.Function != Key)
            continue;
          std::optional<Guard> G;
          if (Ref.Token.valid() && contains(F->Body, Ref.Token))
            G = guardFor(*F, E, Ref.Token);
          // A number, or a free list: types have no guard.
          bool Does = !E.isPointed() && !E.V->PlainText.empty();
          if (!Does && G) {
            const std::optional<FreeList> List = freeListOf(*E.V);
            Does = List && allMove(List->Array + " " + List->Count);
          }
          if (!Does) {
            drop(E,
                 "'" + I.Functions.at(Root).Name +
                     "' uses it, and the module may be gone when that runs",
                 Ref.Token);
            return false;
          }
          if (!G)
            Throws = true;
          else if (G->Statement.valid())
            Own.insert({G->Statement, false});
          else
            Own.insert({G->Condition, G->Wrap});
        }
      }
    }
    if (Throws)
      Thrown.insert(Root);
    else
      Guards.insert(Own.begin(), Own.end());
    for (const auto &[P, Wrap] : Own)
      if (Throws && P.Begin != P.End)
        Guards.insert({P, Wrap}); // What a state thrown away kept would be lost.
  }
  return true;
}

void Rewriter::emitGuards() {
  const std::string Test = StateName + " != NULL";
  for (const auto &[P, Wrap] : Guards) {
    if (skipped(P))
      continue;
    if (P.Begin == P.End) {
      const std::string Ind = indentAt(P);
      insert(P.File, P.Begin, "if (" + Test + ")\n" + Ind + In);
    } else {
      insert(P.File, P.Begin, Test + " && " + (Wrap ? "(" : ""));
      if (Wrap)
        insert(P.File, P.End, ")");
    }
  }
}

/// The state in a function that may run when the module is gone.
void Rewriter::declarePerhaps(const Function &F) {
  std::string Text;
  const std::string Value =
      Prefix + "_find_state(Py_TYPE(" + selfName(F) + "))";
  declareState(F, Value);
  if (!Thrown.count(F.Key))
    return;
  std::string Gone = "gone";
  while (F.Locals.count(Gone))
    Gone += "_";
  declare(F, StateType + " " + Gone + " = {" + (Cxx ? "" : "0") + "};");
  insertFirst(F, "if (" + StateName + " == NULL)\n" + In + In + StateName +
                     " = &" + Gone + ";");
}

} // namespace pyext::migrate
