//===- Diff.cpp - Unified diffs -------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewrite.h"

using namespace llvm;

namespace pyext::migrate {

static std::vector<StringRef> linesOf(StringRef Text) {
  std::vector<StringRef> Lines;
  while (!Text.empty()) {
    size_t End = Text.find('\n');
    size_t Size = End == StringRef::npos ? Text.size() : End + 1;
    Lines.push_back(Text.take_front(Size));
    Text = Text.drop_front(Size);
  }
  return Lines;
}

namespace {
enum class Op : char { Keep = ' ', Remove = '-', Add = '+' };
} // namespace

/// The shortest edit script, by Myers' algorithm.
static std::vector<Op> script(const std::vector<StringRef> &A,
                              const std::vector<StringRef> &B) {
  size_t Prefix = 0, Suffix = 0;
  while (Prefix < A.size() && Prefix < B.size() && A[Prefix] == B[Prefix])
    ++Prefix;
  while (Suffix + Prefix < A.size() && Suffix + Prefix < B.size() &&
         A[A.size() - 1 - Suffix] == B[B.size() - 1 - Suffix])
    ++Suffix;
  const int N = int(A.size() - Prefix - Suffix);
  const int M = int(B.size() - Prefix - Suffix);
  std::vector<std::vector<int>> Trace;
  std::vector<int> V(2 * size_t(N + M) + 3, 0);
  const int Mid = N + M + 1;
  auto Line = [&](int I) { return A[Prefix + I]; };
  auto Other = [&](int I) { return B[Prefix + I]; };
  int D = 0;
  for (bool Done = N == 0 && M == 0; !Done; ++D) {
    for (int K = -D; K <= D && !Done; K += 2) {
      int X = K == -D || (K != D && V[Mid + K - 1] < V[Mid + K + 1])
                  ? V[Mid + K + 1]
                  : V[Mid + K - 1] + 1;
      int Y = X - K;
      while (X < N && Y < M && Line(X) == Other(Y))
        ++X, ++Y;
      V[Mid + K] = X;
      Done = X >= N && Y >= M;
    }
    Trace.emplace_back(V.begin() + Mid - D - 1, V.begin() + Mid + D + 2);
  }
  std::vector<Op> Middle;
  int X = N, Y = M;
  for (int Depth = D - 1; Depth > 0; --Depth) {
    const std::vector<int> &Before = Trace[Depth - 1];
    auto At = [&](int K) { return Before[K + Depth]; };
    int K = X - Y;
    bool Down = K == -Depth || (K != Depth && At(K - 1) < At(K + 1));
    int PrevK = Down ? K + 1 : K - 1;
    int PrevX = At(PrevK), PrevY = PrevX - PrevK;
    while (X > PrevX + !Down && Y > PrevY + Down)
      Middle.push_back(Op::Keep), --X, --Y;
    Middle.push_back(Down ? Op::Add : Op::Remove);
    X = PrevX;
    Y = PrevY;
  }
  while (X > 0 && Y > 0)
    Middle.push_back(Op::Keep), --X, --Y;
  std::vector<Op> Result(Prefix, Op::Keep);
  Result.insert(Result.end(), Middle.rbegin(), Middle.rend());
  Result.insert(Result.end(), Suffix, Op::Keep);
  return Result;
}

std::vector<std::pair<unsigned, unsigned>> addedRanges(StringRef Old,
                                                       StringRef New) {
  std::vector<StringRef> A = linesOf(Old), B = linesOf(New);
  std::vector<std::pair<unsigned, unsigned>> Ranges;
  unsigned Offset = 0;
  size_t Y = 0;
  for (Op O : script(A, B)) {
    if (O == Op::Remove)
      continue;
    const unsigned End = Offset + B[Y++].size();
    if (O == Op::Add && !Ranges.empty() && Ranges.back().second == Offset)
      Ranges.back().second = End;
    else if (O == Op::Add)
      Ranges.push_back({Offset, End});
    Offset = End;
  }
  return Ranges;
}

std::string unifiedDiff(StringRef Path, StringRef Old, StringRef New) {
  if (Old == New)
    return "";
  constexpr size_t Around = 3;
  std::vector<StringRef> A = linesOf(Old), B = linesOf(New);
  std::vector<Op> Ops = script(A, B);
  std::string Out = (Old.empty() ? "--- /dev/null" : "--- a/" + Path.str()) +
                    "\n+++ b/" + Path.str() + "\n";
  size_t I = 0, X = 0, Y = 0;
  while (I < Ops.size()) {
    size_t First = I;
    while (First < Ops.size() && Ops[First] == Op::Keep)
      ++First;
    if (First == Ops.size())
      break;
    size_t Begin = First > I + Around ? First - Around : I;
    X += Begin - I;
    Y += Begin - I;
    // The hunk ends where more than twice the context is unchanged.
    size_t End = First, Quiet = 0;
    while (End < Ops.size() && Quiet <= 2 * Around) {
      Quiet = Ops[End] == Op::Keep ? Quiet + 1 : 0;
      ++End;
    }
    if (Quiet > Around)
      End -= Quiet - Around;
    std::string Body;
    size_t FromX = X, FromY = Y;
    for (size_t J = Begin; J < End; ++J) {
      StringRef Line = Ops[J] == Op::Add ? B[Y] : A[X];
      Body += char(Ops[J]);
      Body += Line;
      if (!Line.ends_with("\n"))
        Body += "\n\\ No newline at end of file\n";
      X += Ops[J] != Op::Add;
      Y += Ops[J] != Op::Remove;
    }
    auto Range = [](size_t From, size_t To) {
      return std::to_string(From + (To > From)) + "," +
             std::to_string(To - From);
    };
    Out += "@@ -" + Range(FromX, X) + " +" + Range(FromY, Y) + " @@\n" + Body;
    I = End;
  }
  return Out;
}

} // namespace pyext::migrate
