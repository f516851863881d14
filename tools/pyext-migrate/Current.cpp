//===- Current.cpp - The state of the interpreter -------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last resort of a function that can neither be given the state nor find it
// by its arguments, such as a callback of a library: the interpreter that the
// function runs in keeps the module, and PyState_FindModule() finds it. The
// function has to run with a thread state, and does without what it finds when
// the interpreter is at its end.
//
// PyState_AddModule() and PyState_FindModule() refuse a definition with slots
// (https://docs.python.org/3/c-api/module.html#c.PyState_FindModule), and do not
// ask whether it is that of the module: another one, without slots, is the key.
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace pyext::migrate {

/// What calling the function does to the thread, through what it calls as well.
Rewriter::Thread Rewriter::threadOf(const std::string &Key) const {
  if (Callees.empty())
    for (const Call &C : I.Calls)
      Callees[C.Caller].push_back(C.Callee);
  auto [Known, New] = Threads.insert({Key, Thread::AsCalled});
  if (!New)
    return Known->second; // Of what calls itself: as far as is known.
  const Function *F = function(Key);
  if (!F)
    return Thread::AsCalled;
  Thread Is = Thread::AsCalled;
  int Depth = 0;
  bool First = true, Detached = false;
  for (const Function::ThreadUse &U : F->ThreadUses) {
    if (U.What == Function::ThreadUse::Asks)
      continue;
    const bool Takes = U.What == Function::ThreadUse::Attaches;
    if (First) // `enter(); ... PyGILState_Release(s);` is the end of it.
      Detached = Takes || U.What == Function::ThreadUse::GivesBack;
    First = false;
    Depth += Takes ? 1 : -1;
  }
  if (Depth > 0)
    Is = Thread::Enters;
  else if (Detached)
    Is = Thread::Attaches;
  for (const std::string &Constructor : F->Constructors)
    if (threadOf(Constructor) != Thread::AsCalled)
      Is = std::max(Is, Thread::Attaches);
  if (auto To = Callees.find(Key); To != Callees.end())
    for (const std::string &Callee : To->second) {
      std::vector<std::string> Called{Callee};
      if (auto It = I.Functions.find(Callee); It != I.Functions.end())
        Called.insert(Called.end(), It->second.Members.begin(),
                      It->second.Members.end());
      for (const std::string &C : Called)
        if (const Thread Its = threadOf(C); First || Its == Thread::Enters)
          Is = std::max(Is, Its);
    }
  return Threads[Key] = Is;
}

/// Whether the function could not do what it does without a thread state.
bool Rewriter::knownAttached(const std::string &Key,
                             std::set<std::string> &Seen) const {
  const Function *F = function(Key);
  if (!F || !Seen.insert(Key).second)
    return false;
  if (F->TakesObject || F->ReturnsObject || F->CallsPython ||
      (!F->ThreadUses.empty() &&
       F->ThreadUses.front().What == Function::ThreadUse::Detaches))
    return true;
  for (const auto &[K, E] : Entities)
    if ((E.isType() || E.V->Object || E.V->ObjectBlock) &&
        any_of(E.V->References,
               [&](const Reference &Ref) { return Ref.Function == Key; }))
      return true;
  auto To = Callees.find(Key);
  return To != Callees.end() &&
         any_of(To->second, [&](const std::string &Callee) {
           return threadOf(Callee) == Thread::AsCalled &&
                  knownAttached(Callee, Seen);
         });
}

/// Whether the thread is attached at \p At, of a function that begins attached.
static bool attachedAt(const Function &F, Place At) {
  if (!At.valid() || At.File != F.Body.File)
    return F.ThreadUses.empty();
  int Depth = 0;
  for (const Function::ThreadUse &U : F.ThreadUses) {
    if (!U.At.valid() || U.At.File != At.File)
      return false;
    if (U.What == Function::ThreadUse::Asks || !(U.At < At))
      continue;
    Depth += U.What == Function::ThreadUse::Attaches ? 1 : -1;
  }
  return Depth >= 0;
}

/// Whether all that leads to the function runs with a thread state: it is called
/// by functions of the extension that do, in their threads.
bool Rewriter::calledAttached(const std::string &Key,
                              std::set<std::string> &Seen) const {
  const Function *F = function(Key);
  if (!F || F->MacroMade)
    return false;
  if (!Seen.insert(Key).second)
    return true; // Of what calls itself: as the others do.
  if (!F->Roots.empty() || Key == BodyKey || Key == M.InitFunction)
    return true;
  for (const auto &[At, How] : F->Escapes)
    if (none_of(F->CalledBack,
                [&, Place = At](const auto &P) { return P.first == Place; }))
      return false;
  if (!F->Family.empty() ||
      any_of(F->Lists, [&](const Function::ParameterList &L) {
        return !inOthersHeader(L.Open.File).empty();
      }))
    return false;
  bool Called = false;
  for (const auto &[At, Caller] : F->CalledBack) {
    const Function *By = function(Caller);
    if (!By || !attachedAt(*By, At) || !calledAttached(Caller, Seen))
      return false;
    Called = true;
  }
  for (const Call &C : I.Calls)
    if (C.Callee == Key) {
      const Function *By = function(C.Caller);
      if (!By || !attachedAt(*By, C.Open) || !calledAttached(C.Caller, Seen))
        return false;
      Called = true;
    }
  return Called;
}

std::string Rewriter::staticTypeOf(const Function &F) const {
  for (const auto &[R, Of] : F.Roots)
    if (R != Root::ModuleMethod && R != Root::ModuleHook)
      for (const auto &[TypeKey, T] : I.Types)
        if ((TypeKey == Of || is_contained(T.Tables, Of)) && !moves(TypeKey))
          return T.Name;
  return "";
}

std::optional<std::string> Rewriter::failureOf(const Function &F) const {
  const bool InCxx = F.Body.valid() && I.Files[F.Body.File].Cxx;
  switch (F.Returns) {
  case Function::Void:
    return "return;";
  case Function::Pointer:
    return "return NULL;";
  case Function::Floating:
    return "return 0;";
  case Function::Integer:
    if (F.ReturnsEnum && InCxx)
      return "return {};";
    for (const Return &Ret : I.Returns) {
      // What the library calls an error.
      StringRef Value = StringRef(Ret.Value).trim("() ");
      if (Ret.Function == F.Key && !Value.empty() && isAlpha(Value[0]) &&
          all_of(Value, [](char C) { return isWord(C) && !isLower(C); }) &&
          any_of(ArrayRef<StringRef>{"ERR", "FAIL", "DENY", "ABORT", "INVALID"},
                 [&](StringRef Word) { return Value.contains(Word); }))
        return ("return " + Value + ";").str();
    }
    for (const Return &Ret : I.Returns)
      if (Ret.Function == F.Key && StringRef(Ret.Value).trim("() ") == "-1")
        return "return -1;";
    return "return 0;";
  default:
    return std::nullopt;
  }
}

bool Rewriter::canAsk(const Function &F, std::string &Why) const {
  if (!F.Body.valid() || inClinic(F) || F.Key == M.InitFunction ||
      !M.DefDeclaration.valid() || !Body)
    return false;
  for (const auto &[R, Of] : F.Roots)
    if (R == Root::Init || R == Root::Dying || R == Root::ModuleHook)
      return false;
  if (!staticTypeOf(F).empty())
    return false;
  // Before there is a module.
  if (BodyKey != M.InitFunction &&
      I.calledFrom({M.InitFunction}, BodyKey).count(F.Key))
    return false;
  if (!failureOf(F)) {
    Why = "it cannot say that it has failed";
    return false;
  }
  for (const auto &[Key, E] : Entities)
    for (const Reference &Ref : E.V->References)
      if (Ref.Function == F.Key && E.Drop.empty()) {
        const Place At = Ref.Token.valid() ? Ref.Token : Ref.Pasted;
        if (!At.valid() ||
            (!contains(F.Body, At) && usesLeadingTo(F, At).empty()))
          return false; // In what comes before the body, such as `: a(b)`.
        if (F.Ensure.valid() && contains(F.Body, At) &&
            At.Begin < F.Ensure.End) {
          Why = "it uses it before it calls PyGILState_Ensure()";
          return false;
        }
      }
  if (F.Ensure.valid())
    return !F.MacroMade;
  if (!F.Foreign.empty()) {
    Why = "'" + F.Foreign + "' may run it in a thread that is not attached";
    return false;
  }
  const char *Detached = "it may run in a thread that is not attached";
  const Thread Is = threadOf(F.Key);
  bool Objects = F.TakesObject || F.ReturnsObject;
  if (Is == Thread::Enters ||
      (Is == Thread::Attaches &&
       (!F.ThreadUses.empty() || !F.Constructors.empty() ||
        !(Objects || F.CallsPython)))) {
    Why = Detached;
    return false;
  }
  if (!Objects && any_of(F.ThreadUses, [](const auto &U) {
        return U.What == Function::ThreadUse::Asks;
      })) {
    Why = Detached;
    return false;
  }
  std::set<std::string> Seen;
  std::set<std::string> Callers;
  if (!knownAttached(F.Key, Seen) && !calledAttached(F.Key, Callers)) {
    Why = Detached;
    return false;
  }
  return true;
}

bool Rewriter::asks() const {
  return any_of(Modes,
                [](const auto &P) { return P.second == Mode::Current; });
}

bool Rewriter::asksForState() const {
  return any_of(Modes, [&](const auto &P) {
    return P.second == Mode::Current &&
           (mentioned().count(P.first) || handsState(P.first));
  });
}

bool Rewriter::asksForModule() const {
  return any_of(Modes, [&](const auto &P) {
    return P.second == Mode::Current && ModuleUsers.count(P.first);
  });
}

/// Whether the last statement of the block that begins before \p At is a return.
bool Rewriter::endsInReturn(const Function &F, unsigned At) const {
  StringRef T = I.Files[F.Body.File].Text;
  int Depth = 1;
  unsigned End = At;
  for (; End < F.Body.End && Depth; ++End)
    if ((T[End] == '{' || T[End] == '}') && !inComment(T, End))
      Depth += T[End] == '{' ? 1 : -1;
  StringRef Block = T.slice(At, End ? End - 1 : At).rtrim();
  if (!Block.consume_back(";"))
    return false;
  Block = Block.substr(Block.find_last_of(";{}") + 1).ltrim();
  return Block.starts_with("return") && (Block.size() == 6 || !isWord(Block[6]));
}

/// Whether what is at \p At is in a loop of \p F.
bool Rewriter::isInLoop(const Function &F, unsigned At) const {
  StringRef T = I.text(F.Body);
  for (size_t N = 0; N < T.size(); ++N) {
    if (!isWord(T[N]) || (N && isWord(T[N - 1])) ||
        inComment(I.Files[F.Body.File].Text, F.Body.Begin + N))
      continue;
    StringRef Word = T.substr(N).take_while(isWord);
    if (Word != "for" && Word != "while" && Word != "do")
      continue;
    // To the end of its statement.
    int Depth = 0;
    size_t End = N;
    for (bool Done = false; End < T.size() && !Done; ++End) {
      const char C = T[End];
      Depth += C == '(' || C == '{' ? 1 : C == ')' || C == '}' ? -1 : 0;
      Done = Depth == 0 && (C == ';' || C == '}');
    }
    if (F.Body.Begin + N < At && At < F.Body.Begin + End)
      return true;
  }
  return false;
}

bool Rewriter::leaveAsking() {
  std::set<std::string> Own = mentioned();
  for (const ApiUse *U : finds())
    Own.insert(U->Function);
  for (const auto &[Key, Is] : Modes) {
    const Function *F = function(Key);
    if (Is != Mode::Current || !F || Own.count(Key))
      continue;
    const std::vector<Place> Hands = handsIn(Key);
    if (Hands.size() != 1 || isInLoop(*F, Hands[0].Begin))
      continue;
    auto Only = find_if(I.Calls, [&, &Key = Key](const Call &C) {
      return C.Caller == Key && C.Open == Hands[0];
    });
    if (Only == I.Calls.end() || count_if(I.Calls, [&](const Call &C) {
                                   return C.Callee == Only->Callee;
                                 }) != 1)
      continue;
    const Function *Callee = function(Only->Callee);
    std::string Why;
    if (!Callee || !Callee->Family.empty() || !Callee->Members.empty() ||
        !canAsk(*Callee, Why))
      continue;
    NotGiven.insert({Callee->Key, "'" + F->Name +
                                      "' calls it, which is given nothing"});
    return true;
  }
  return false;
}

void Rewriter::emitAsking(const Function &F) {
  const std::string &Key = F.Key;
  if (!mentioned().count(Key) && !handsState(Key))
    return; // Only the module itself.
  const std::string Failure = *failureOf(F);
  const std::string Decl = StateType + " *" + StateName + " = " + Prefix +
                           "_get_current_state();";
  std::vector<std::string> Lines;
  if (F.Ensure.valid())
    Lines.push_back("PyGILState_Release(" + F.EnsuredBy + ");");
  else if (F.ReturnsObject)
    Lines.push_back("PyErr_SetString(PyExc_RuntimeError, \"" + M.Name +
                    " is not imported\");");
  Lines.push_back(Failure);
  auto Guard = [&](const std::string &Ind) {
    std::string Text = "if (" + StateName + " == NULL)";
    if (Lines.size() == 1)
      return Text + "\n" + Ind + In + Lines[0];
    Text += " {";
    for (const std::string &Line : Lines)
      Text += "\n" + Ind + In + Line;
    return Text + "\n" + Ind + "}";
  };
  StringRef T = I.Files[F.Body.File].Text;
  if (F.Ensure.valid()) {
    const std::string Ind = indentAt(F.Ensure);
    insert(F.Body.File, F.Ensure.End,
           "\n" + Ind + Decl + "\n" + Ind + Guard(Ind));
    return;
  }
  // Where an exception is raised; elsewhere there may be something to give back.
  unsigned Lazy =
      !F.ThreadUses.empty() || ModuleUsers.count(Key) ? 0 : lazyPlace(F);
  if (Lazy && !endsInReturn(F, Lazy))
    Lazy = 0;
  const unsigned At = Lazy ? Lazy : F.FirstStatement;
  StringRef Rest = T.substr(At).take_until([](char C) { return C == '\n'; });
  if (F.MacroMade || !Rest.trim().empty()) {
    // On one line, whatever follows there.
    std::string Text = Decl + " if (" + StateName + " == NULL) { ";
    for (const std::string &Line : Lines)
      Text += Line + " ";
    declare(F, Text + "}", Lazy);
    return;
  }
  // After the declarations, unless one of them needs it or makes something.
  unsigned First = Lazy ? 0 : firstStatement(F);
  const std::optional<std::vector<Place>> Needs = needsIn(F);
  if (First && Needs && First + 1 < F.Body.End &&
      none_of(*Needs, [&](const Place &P) { return P.Begin < First; }) &&
      openConditions(T, First) == openConditions(T, F.Body.Begin) &&
      T.slice(F.Body.Begin, First).contains(';') &&
      !T.slice(F.Body.Begin, First).contains('(')) {
    declare(F, Decl);
    const std::string Ind = indentAt({F.Body.File, First, First});
    insert(F.Body.File, First, Guard(Ind) + "\n" + Ind);
    return;
  }
  // As far in as what follows.
  StringRef Next = T.substr(At + Rest.size() + 1);
  std::string Ind =
      Next.take_while([](char C) { return C == ' ' || C == '\t'; }).str();
  if (Ind.empty() || Next.ltrim(" \t").starts_with("\n"))
    Ind = In;
  declare(F, Decl + "\n" + Ind + Guard(Ind), Lazy);
}

std::string Rewriter::settingLines(const std::string &Ind) const {
  return Ind + "if (" + Prefix + "_set_current(" + ModuleName + ") < 0)\n" +
         Ind + In + "return -1;";
}

std::string Rewriter::askingPrototypes() const {
  if (!asks())
    return "";
  const std::string Storage = Multi ? "" : "static ";
  std::string Text;
  if (asksForState())
    Text += Storage + StateType + " *" + Prefix + "_get_current_state(void);\n";
  if (asksForModule())
    Text += Storage + "PyObject *" + Prefix + "_get_current_module(void);\n";
  return Text + Storage + "int " + Prefix + "_set_current(PyObject *module);\n";
}

std::string Rewriter::askingText() const {
  if (!asks())
    return "";
  const std::string Storage = Multi ? "" : "static ";
  // PyState_FindModule() finds nothing under a definition that has slots.
  std::string Text =
      "/* What the interpreter keeps the module under; one with slots would not "
      "do. */\nstatic struct PyModuleDef " +
      Prefix + "_current = {\n" + In + "PyModuleDef_HEAD_INIT,\n" + In +
      (Cxx ? "" : ".m_name = ") + "\"" +
      (M.FullName.empty() ? M.Name : M.FullName) + "\",\n" +
      (Cxx ? In + "nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr\n"
           : "") +
      "};\n\n";
  const std::string Found = "PyState_FindModule(&" + Prefix + "_current)";
  if (asksForState())
    Text += "/* Of the module that the interpreter has imported last. NULL, "
            "without an exception, when\n   there is none, or none any more: at "
            "its end. */\n" +
            Storage + StateType + " *\n" + Prefix +
            "_get_current_state(void)\n{\n" + In + "PyObject *module = " +
            Found + ";\n" + In + "return module == NULL ? NULL : " + GetState +
            "(module);\n}\n\n";
  if (asksForModule())
    Text += "/* Borrowed from the interpreter; NULL, without an exception, when "
            "it has none. */\n" +
            Storage + "PyObject *\n" + Prefix +
            "_get_current_module(void)\n{\n" + In + "return " + Found +
            ";\n}\n\n";
  Text += "/* Makes it the module that functions find that are given none. */\n" +
          Storage + "int\n" + Prefix + "_set_current(PyObject *module)\n{\n" +
          In + "if (PyModuleDef_Init(&" + Prefix + "_current) == NULL)\n" + In +
          In + "return -1;\n" + In + "return PyState_AddModule(module, &" +
          Prefix + "_current);\n}\n\n";
  return Text;
}

} // namespace pyext::migrate
