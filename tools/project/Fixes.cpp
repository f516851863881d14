//===- Fixes.cpp - Safe fixes, whole or not at all ------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fixes.h"
#include "llvm/ADT/STLExtras.h"
#include <set>

using namespace pyext::project;

/// Whether both change the same text; insertions at one place do too, because
/// their order would matter.
static bool overlap(const Edit &A, const Edit &B) {
  if (A.File != B.File)
    return false;
  if (A.Offset == B.Offset)
    return true;
  const Edit &First = A.Offset < B.Offset ? A : B;
  const Edit &Second = A.Offset < B.Offset ? B : A;
  return First.Offset + First.Length > Second.Offset;
}

Applied pyext::project::applyFixes(
    llvm::ArrayRef<Finding> Findings, Sources &Texts, llvm::StringRef Root,
    llvm::function_ref<bool(const Finding &)> Wanted) {
  Applied Result;
  std::map<std::string, std::vector<Edit>> Accepted;
  for (const Finding &F : Findings) {
    if (F.Edits.empty() || !Wanted(F))
      continue;
    bool Outside = false, Clash = false;
    for (const Edit &E : F.Edits) {
      Outside |= relativeTo(Root, E.File) == E.File ||
                 size_t(E.Offset) + E.Length > Texts.text(E.File).size();
      for (const Edit &Other : Accepted[E.File])
        Clash |= overlap(E, Other) && !(E == Other && E.Length != 0);
    }
    if (Outside)
      continue;
    if (Clash) {
      ++Result.Postponed;
      continue;
    }
    for (const Edit &E : F.Edits)
      if (!llvm::is_contained(Accepted[E.File], E) || E.Length == 0)
        Accepted[E.File].push_back(E);
    Result.Fixed.push_back(&F);
  }
  for (auto &[File, Edits] : Accepted) {
    if (Edits.empty())
      continue;
    // From the end, so that offsets stay true. Edits of one fix at one place
    // keep their order.
    llvm::stable_sort(Edits, [](const Edit &A, const Edit &B) {
      return A.Offset < B.Offset;
    });
    std::string Text = Texts.text(File).str();
    for (const Edit &E : llvm::reverse(Edits))
      Text.replace(E.Offset, E.Length, E.Text);
    Result.Texts[File] = std::move(Text);
  }
  return Result;
}

static std::vector<llvm::StringRef> linesOf(llvm::StringRef Text) {
  std::vector<llvm::StringRef> Lines;
  while (!Text.empty()) {
    size_t End = Text.find('\n');
    size_t Length = End == llvm::StringRef::npos ? Text.size() : End + 1;
    Lines.push_back(Text.take_front(Length));
    Text = Text.drop_front(Length);
  }
  return Lines;
}

/// Pairs of equal lines, ascending: the longest common subsequence by Myers'
/// greedy algorithm; nothing in common when more than \p Bound lines differ.
static std::vector<std::pair<int, int>>
commonLines(llvm::ArrayRef<llvm::StringRef> A, llvm::ArrayRef<llvm::StringRef> B,
            int Bound) {
  const int N = A.size(), M = B.size();
  const int Max = std::min(N + M, Bound);
  std::vector<std::vector<int>> Trace;
  std::vector<int> V(2 * Max + 3, 0);
  auto At = [&](std::vector<int> &Vector, int K) -> int & {
    return Vector[K + Max + 1];
  };
  for (int D = 0; D <= Max; ++D) {
    for (int K = -D; K <= D; K += 2) {
      int X = K == -D || (K != D && At(V, K - 1) < At(V, K + 1))
                  ? At(V, K + 1)
                  : At(V, K - 1) + 1;
      int Y = X - K;
      while (X < N && Y < M && A[X] == B[Y])
        ++X, ++Y;
      At(V, K) = X;
      if (X < N || Y < M)
        continue;
      std::vector<std::pair<int, int>> Pairs;
      for (int Back = D; Back >= 0; --Back) {
        int Diagonal = X - Y, FromX = 0, FromY = 0;
        if (Back > 0) {
          std::vector<int> &Old = Trace[Back - 1];
          int Previous = Diagonal == -Back ||
                                 (Diagonal != Back &&
                                  At(Old, Diagonal - 1) < At(Old, Diagonal + 1))
                             ? Diagonal + 1
                             : Diagonal - 1;
          FromX = At(Old, Previous);
          FromY = FromX - Previous;
        }
        while (X > FromX && Y > FromY) {
          --X, --Y;
          Pairs.push_back({X, Y});
        }
        X = FromX;
        Y = FromY;
      }
      std::reverse(Pairs.begin(), Pairs.end());
      return Pairs;
    }
    Trace.push_back(V);
  }
  return {};
}

std::string pyext::project::unifiedDiff(llvm::StringRef Name,
                                        llvm::StringRef Before,
                                        llvm::StringRef After) {
  if (Before == After)
    return "";
  std::vector<llvm::StringRef> AllA = linesOf(Before), AllB = linesOf(After);
  // What both begin and end with needs no search.
  size_t Head = 0, Tail = 0;
  while (Head < AllA.size() && Head < AllB.size() && AllA[Head] == AllB[Head])
    ++Head;
  while (Tail < AllA.size() - Head && Tail < AllB.size() - Head &&
         AllA[AllA.size() - 1 - Tail] == AllB[AllB.size() - 1 - Tail])
    ++Tail;
  llvm::ArrayRef<llvm::StringRef> A(AllA), B(AllB);
  auto Pairs = commonLines(A.slice(Head, A.size() - Head - Tail),
                           B.slice(Head, B.size() - Head - Tail), 4000);
  // ' ' both, '-' only before, '+' only after.
  struct Line {
    char Kind;
    llvm::StringRef Text;
    size_t InA, InB;
  };
  std::vector<Line> Script;
  size_t X = 0, Y = 0;
  auto Until = [&](size_t EndX, size_t EndY) {
    for (; X < EndX; ++X)
      Script.push_back({'-', A[X], X, Y});
    for (; Y < EndY; ++Y)
      Script.push_back({'+', B[Y], X, Y});
  };
  auto Common = [&](size_t AtX, size_t AtY) {
    Until(AtX, AtY);
    Script.push_back({' ', A[X], X, Y});
    ++X, ++Y;
  };
  for (size_t I = 0; I != Head; ++I)
    Common(I, I);
  for (auto [PX, PY] : Pairs)
    Common(Head + PX, Head + PY);
  for (size_t I = Tail; I != 0; --I)
    Common(A.size() - I, B.size() - I);
  Until(A.size(), B.size());

  constexpr size_t Context = 3;
  std::string Out = ("--- a/" + Name + "\n+++ b/" + Name + "\n").str();
  for (size_t I = 0; I < Script.size();) {
    if (Script[I].Kind == ' ') {
      ++I;
      continue;
    }
    size_t Begin = I > Context ? I - Context : 0, End = I;
    // Changes closer than twice the context share a hunk.
    for (size_t J = I; J < Script.size() && J <= End + 2 * Context; ++J)
      if (Script[J].Kind != ' ')
        End = J;
    size_t Last = std::min(Script.size(), End + Context + 1);
    size_t CountA = 0, CountB = 0;
    for (size_t J = Begin; J != Last; ++J) {
      CountA += Script[J].Kind != '+';
      CountB += Script[J].Kind != '-';
    }
    auto Range = [](size_t First, size_t Count) {
      return std::to_string(Count == 0 ? First : First + 1) + "," +
             std::to_string(Count);
    };
    Out += "@@ -" + Range(Script[Begin].InA, CountA) + " +" +
           Range(Script[Begin].InB, CountB) + " @@\n";
    for (size_t J = Begin; J != Last; ++J) {
      Out += Script[J].Kind;
      Out += Script[J].Text;
      if (!Script[J].Text.ends_with("\n"))
        Out += "\n\\ No newline at end of file\n";
    }
    I = Last;
  }
  return Out;
}
