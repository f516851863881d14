//===- Solver.h - Forward dataflow over a function --------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One solver for every forward analysis. An analysis provides a type with
//
//   using State = ...;            // copyable
//   State entry();                // before the first element
//   bool join(State &Into, const State &From);     // true when Into changed
//   void transfer(State &S, const clang::CFGElement &E);
//   bool refine(State &S, const clang::CFGBlock &From, unsigned Successor);
//
// and, when it wants to forget what block B and those after it do not need,
//
//   void enter(State &S, const clang::CFGBlock &B);   // before it is joined
//
// join() must only ever move Into in one direction of a lattice of finite
// height. refine() narrows the state on the way to the Successor-th successor
// (0 is the branch taken when the condition is true) and returns false when
// that way cannot be taken.
//
// Blocks are taken in reverse post order. Every block may be entered as often
// as a fixed number says; an analysis that has not settled by then is reported
// as not analysed rather than given a wrong answer, so the cost is linear in
// the size of the function.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FLOW_SOLVER_H
#define PYEXT_FLOW_SOLVER_H

#include "flow/FunctionFlow.h"
#include <optional>
#include <queue>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace pyext::flow {

namespace detail {
template <typename A, typename = void> struct HasEnter : std::false_type {};
template <typename A>
struct HasEnter<A, std::void_t<decltype(std::declval<A &>().enter(
                       std::declval<typename A::State &>(),
                       std::declval<const clang::CFGBlock &>()))>>
    : std::true_type {};
} // namespace detail

/// The state before every block of a function. Element states are recomputed
/// by visit(), which keeps memory linear in the number of blocks.
template <typename Analysis> class Solution {
public:
  using State = typename Analysis::State;

  /// State on entry to \p B; null when \p B is never reached.
  const State *before(const clang::CFGBlock *B) const {
    unsigned I = Flow->indexOf(B);
    return I == ~0u || !States[I] ? nullptr : &*States[I];
  }

  /// Calls Visit(const State &Before, const CFGElement &) for every reachable
  /// element, blocks in reverse post order.
  template <typename Function> void visit(Analysis &A, Function Visit) const {
    for (const clang::CFGBlock *B : Flow->order()) {
      const State *In = before(B);
      if (!In)
        continue;
      State S = *In;
      for (const clang::CFGElement &E : *B) {
        Visit(static_cast<const State &>(S), E);
        A.transfer(S, E);
      }
    }
  }

  const FunctionFlow &flow() const { return *Flow; }

private:
  template <typename A>
  friend std::optional<Solution<A>>
  solveForward(std::shared_ptr<const FunctionFlow> Flow, A &Problem,
               std::string &Failed, unsigned MaxVisits);

  std::shared_ptr<const FunctionFlow> Flow;
  std::vector<std::optional<State>> States; ///< By position in order().
};

/// Runs \p Problem over \p Flow to its fixed point. Nothing when a block was
/// entered more than \p MaxVisits times; \p Failed then says so.
template <typename Analysis>
std::optional<Solution<Analysis>>
solveForward(std::shared_ptr<const FunctionFlow> Flow, Analysis &Problem,
             std::string &Failed, unsigned MaxVisits = 64) {
  using State = typename Analysis::State;
  Failed.clear();
  Solution<Analysis> Result;
  const auto Order = Flow->order();
  Result.Flow = Flow;
  Result.States.resize(Order.size());
  if (Order.empty())
    return Result;

  std::vector<unsigned> Visits(Order.size(), 0);
  std::vector<char> Queued(Order.size(), 0);
  std::priority_queue<unsigned, std::vector<unsigned>, std::greater<unsigned>>
      Work;
  Result.States[0] = Problem.entry();
  Work.push(0);
  Queued[0] = 1;
  while (!Work.empty()) {
    const unsigned I = Work.top();
    Work.pop();
    Queued[I] = 0;
    if (++Visits[I] > MaxVisits) {
      Failed = "its dataflow does not settle";
      return std::nullopt;
    }
    const clang::CFGBlock *B = Order[I];
    State Out = *Result.States[I];
    for (const clang::CFGElement &E : *B)
      Problem.transfer(Out, E);

    unsigned Number = 0;
    const unsigned NumSuccs = B->succ_size();
    for (auto It = B->succ_begin(); It != B->succ_end(); ++It, ++Number) {
      const clang::CFGBlock *Succ = It->getReachableBlock();
      if (!Succ)
        continue;
      const unsigned To = Flow->indexOf(Succ);
      bool Changed;
      if (NumSuccs == 1) {
        if constexpr (detail::HasEnter<Analysis>::value)
          Problem.enter(Out, *Succ);
        if (!Result.States[To]) {
          Result.States[To] = std::move(Out);
          Changed = true;
        } else {
          Changed = Problem.join(*Result.States[To], Out);
        }
      } else {
        State Edge = Out;
        if (!Problem.refine(Edge, *B, Number))
          continue;
        if constexpr (detail::HasEnter<Analysis>::value)
          Problem.enter(Edge, *Succ);
        if (!Result.States[To]) {
          Result.States[To] = std::move(Edge);
          Changed = true;
        } else {
          Changed = Problem.join(*Result.States[To], Edge);
        }
      }
      if (Changed && !Queued[To]) {
        Queued[To] = 1;
        Work.push(To);
      }
    }
  }
  return Result;
}

} // namespace pyext::flow

#endif // PYEXT_FLOW_SOLVER_H
