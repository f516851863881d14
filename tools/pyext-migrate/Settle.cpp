//===- Settle.cpp - What keeps something from moving ----------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "facts/ProcessState.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <functional>

using namespace llvm;

namespace pyext::migrate {

bool Rewriter::moves(const std::string &Key) const {
  auto E = Entities.find(Key);
  return E != Entities.end() && E->second.Drop.empty();
}

void Rewriter::drop(Entity &E, std::string Why, Place At) {
  if (!E.Drop.empty())
    return;
  E.Drop = std::move(Why);
  E.DropAt = At;
  Changed = true;
}

std::set<std::string> Rewriter::mentioned() const {
  std::set<std::string> Out;
  for (const auto &[Key, E] : Entities)
    if (E.Drop.empty())
      for (const Reference &Ref : E.V->References)
        if (!Ref.Function.empty() && Ref.Function != UnusedMacro)
          Out.insert(Ref.Function);
  for (const auto &[Body, Macro] : StateMacros)
    Out.insert(Macro.Functions.begin(), Macro.Functions.end());
  return Out;
}

bool Rewriter::has(const Function &F, Root R) {
  return any_of(F.Roots, [&](const auto &P) { return P.first == R; });
}

std::vector<Place> Rewriter::handsIn(const std::string &Key) const {
  std::vector<Place> Out;
  for (const Call &C : I.Calls)
    if (auto To = Modes.find(C.Callee);
        C.Caller == Key && To != Modes.end() &&
        (To->second == Mode::Parameter || To->second == Mode::ModuleParameter))
      Out.push_back(C.Open);
  for (const Conversion &C : I.Conversions)
    if (auto To = Modes.find(C.Converter);
        C.Caller == Key && To != Modes.end() && To->second == Mode::Closure)
      Out.push_back(C.Target);
  return Out;
}

std::vector<Place> Rewriter::staticFlags(const Function &F) const {
  std::vector<Place> Out;
  for (const auto &[R, Of] : F.Roots)
    if (R == Root::StaticMethod) {
      if (auto Table = I.MethodTables.find(Of); Table != I.MethodTables.end())
        for (const MethodEntry &E : Table->second)
          if (E.Function == F.Key && E.Static.valid())
            Out.push_back(E.Static);
    } else {
      return {};
    }
  return Out;
}

std::vector<const ApiUse *> Rewriter::finds() const {
  std::vector<const ApiUse *> Out;
  for (const ApiUse &U : I.Uses)
    if (U.Name == "PyState_FindModule" && U.ArgVariable == M.Definition &&
        !isStateMacro(U))
      Out.push_back(&U);
  for (const ApiUse &U : ModuleMentions)
    Out.push_back(&U);
  return Out;
}

std::set<std::string> Rewriter::readyFunctions() const {
  std::set<std::string> Out;
  for (const auto &[Key, E] : Entities)
    if (E.Drop.empty() && E.isType())
      for (const ApiUse *U : E.Ready)
        Out.insert(U->Function);
  for (const ApiUse &U : I.Uses)
    if (StringRef(U.Name).starts_with("PyStructSequence_InitType") &&
        moves(U.Type) && knowsModule(Entities.at(U.Type)))
      Out.insert(U.Function);
  return Out;
}

bool Rewriter::knowsModule(const Entity &E) const {
  return E.Sequence && any_of(I.Functions, [&](const auto &P) {
           return any_of(P.second.Roots, [&](const auto &Root) {
             return Root.second == E.V->Key;
           });
         });
}

Mode Rewriter::modeOf(const std::string &Key, std::string &Why) const {
  Mode Is = givenModeOf(Key, Why);
  if (auto Not = NotGiven.find(Key);
      Not != NotGiven.end() && Is == Mode::Parameter) {
    Is = Mode::None;
    Why = Not->second;
  }
  if (Is != Mode::None)
    return Is;
  // The last resort.
  std::string Not;
  const Function *F = function(Key);
  if (F && F->Members.empty() && canAsk(*F, Not))
    return Mode::Current;
  if (!Not.empty())
    Why += ", and " + Not;
  return Mode::None;
}

Mode Rewriter::givenModeOf(const std::string &Key, std::string &Why) const {
  if (Key == BodyKey)
    return Mode::Exec;
  auto It = I.Functions.find(Key);
  const bool Pointer = It != I.Functions.end() && It->second.Members.size();
  if (It != I.Functions.end() && (Pointer || !It->second.Family.empty())) {
    const Function &Family =
        Pointer ? It->second : I.Functions.at(It->second.Family);
    // All that is called through the pointers, or nothing.
    Mode Is = Mode::Parameter;
    if (!Family.Escapes.empty()) {
      Why =
          "'" +
          (Pointer ? I.Functions.at(Family.Members[0]) : It->second).Name +
          "' uses it and cannot be given the module state: " +
          Family.Escapes.front().second;
      return Mode::None;
    }
    for (const std::string &Member : Family.Members) {
      std::string Its;
      const Function &M = I.Functions.at(Member);
      if (!M.Defined)
        Its = "it is not defined in these files";
      else if (M.MacroMade)
        Its = "a macro writes it";
      else
        Is = ownModeOf(M, Its);
      if (Its.empty() && Is != Mode::Parameter)
        Its = "that is no helper only";
      if (Its.empty())
        continue;
      Why = Member == Key ? Its
                          : "it is called through '" + Family.Name +
                                "' like '" + M.Name + "': " + Its;
      return Mode::None;
    }
    return Mode::Parameter;
  }
  if (It == I.Functions.end() || !It->second.Defined) {
    Why = "it is not defined in these files";
    return Mode::None;
  }
  return ownModeOf(It->second, Why);
}

Mode Rewriter::ownModeOf(const Function &F, std::string &Why) const {
  const std::string &Key = F.Key;
  if (Key == M.InitFunction && Key != BodyKey) {
    Why = "PyInit_" + M.Name + " uses it before there is a module";
    return Mode::None;
  }
  if (!F.Roots.empty()) {
    for (const auto &[R, Of] : F.Roots) {
      if (auto Foreign = M.ForeignTables.find(Of);
          Foreign != M.ForeignTables.end()) {
        Why = "'" + F.Name + "' is called with " + Foreign->second;
        return Mode::None;
      }
      if (R == Root::StaticMethod && staticFlags(F).empty()) {
        Why = "'" + F.Name + "' is a static method, which is given no object";
        return Mode::None;
      }
      if (R == Root::Init) {
        Why = "'" + F.Name + "' runs before there is a module";
        return Mode::None;
      }
      // A heap type that is made without the module does not know it.
      if (R != Root::ModuleMethod && R != Root::ModuleHook && !Of.empty() &&
          !I.Types.count(Of) && !I.SlotTables.count(Of) &&
          !Entities.count(Of) &&
          none_of(I.Types,
                  [&, &Of = Of](const auto &P) {
                    return is_contained(P.second.Tables, Of);
                  }) &&
          any_of(I.Uses, [&](const ApiUse &U) {
            return StringRef(U.Name).starts_with("PyType_FromSpec") &&
                   moduleAt(U).empty();
          })) {
        Why = "'" + F.Name +
              "' is called with objects of a type that PyType_FromSpec() makes "
              "where the module is not known";
        return Mode::None;
      }
    }
    // A static type does not know the module.
    if (std::string Type = staticTypeOf(F); !Type.empty()) {
      Why = "'" + F.Name + "' is called with objects of '" + Type +
            "', which stays a static type";
      return Mode::None;
    }
    if (!F.Escapes.empty()) {
      Why = "'" + F.Name +
            "' is also used elsewhere: " + F.Escapes.front().second;
      return Mode::None;
    }
    if (F.Parameters.empty()) {
      Why = "'" + F.Name + "' has no parameter to reach the module from";
      return Mode::None;
    }
    if (has(F, Root::Dying)) {
      if (all_of(F.Roots, [](const auto &P) {
            return P.first == Root::Dying && !P.second.empty();
          }) &&
          !F.MacroMade)
        return Mode::Perhaps;
      Why = "'" + F.Name +
            "' uses it, and the module may be gone when that runs";
      return Mode::None;
    }
    return Mode::Local;
  }
  for (const auto &[At, How] : F.Escapes)
    if (!F.Handed.count(At)) {
      Why = "'" + F.Name +
            "' uses it and cannot be given the module state: " + How;
      return Mode::None;
    }
  if (F.Converts) {
    for (const Conversion &C : I.Conversions)
      if (C.Converter == Key && !C.Target.valid())
        Why = "'" + F.Name +
              "' uses it and cannot be given the module state: a macro writes "
              "what it is to fill";
    if (F.MacroMade || F.Parameters[1].Name.empty())
      Why = "'" + F.Name + "' converts arguments, and is written by a macro";
    return Why.empty() ? Mode::Closure : Mode::None;
  }
  for (const Function::ParameterList &L : F.Lists)
    if (std::string In = inOthersHeader(L.Open.File); !In.empty()) {
      Why = "'" + F.Name + "' is declared in " + In;
      return Mode::None;
    }
  if (F.Variadic) {
    Why = "the parameters of '" + F.Name + "' cannot be changed";
    return Mode::None;
  }
  return Mode::Parameter;
}

void Rewriter::settle() {
  prepareTypes();
  prepareDirectCalls();
  for (const auto &[Key, Why] : O.Excluded)
    if (auto E = Entities.find(Key); E != Entities.end())
      drop(E->second, Why);
  do {
    Changed = false;
    for (auto &[Key, E] : Entities)
      if (E.Drop.empty())
        checkReferences(E);
    for (auto &[Key, E] : Entities)
      if (E.Drop.empty() && E.T)
        checkType(E);
    // A static type cannot be derived from a heap type.
    for (auto &[Key, E] : Entities)
      if (E.T && !E.Drop.empty() && moves(E.Base))
        drop(Entities.at(E.Base),
             "'" + E.V->Name + "', which stays static, is derived from it");
    checkModes();
  } while (Changed);
  for (auto &[Key, E] : Entities)
    if (!E.Drop.empty())
      leave(nameOf(E), E.DropAt.valid() ? E.DropAt : placeOf(*E.V), E.Drop);
    else {
      R.Moved.push_back({nameOf(E), placeOf(*E.V), ""});
      R.MovedKeys.push_back(Key);
    }
  for (const auto &[Key, Why] : Asking) {
    const Function &F = I.Functions.at(Key);
    R.Asking.push_back(
        {"function '" + F.Name + "'", F.Header.valid() ? F.Header : F.Body,
         Why});
  }
}

void Rewriter::checkModes() {
  Modes.clear();
  Asking.clear();
  std::set<std::string> Need = mentioned();
  std::set<std::string> NeedModule = readyFunctions();
  for (const ApiUse *U : finds()) {
    Need.insert(U->Function);
    NeedModule.insert(U->Function);
  }
  // What calls others with the state needs it for more than assertions.
  std::set<std::string> Hands;
  auto OnlyAsserts = [&](const std::string &Key) {
    const Function *F = function(Key);
    return F && !Hands.count(Key) && !NeedModule.count(Key) &&
           onlyAssertedTypes(*F);
  };
  // Propagate to callers.
  bool More = true;
  while (More) {
    More = false;
    for (const std::string &Key : std::set<std::string>(Need)) {
      if (OnlyAsserts(Key))
        continue;
      std::string Why;
      Mode Is = modeOf(Key, Why);
      if (Is == Mode::Parameter && NeedModule.count(Key))
        Is = Mode::ModuleParameter;
      if (Is == Mode::None) {
        dropAllOf(Key, Why);
        return;
      }
      if (Is == Mode::Closure) {
        if (NeedModule.count(Key)) {
          dropAllOf(Key, "'" + I.Functions.at(Key).Name +
                             "' converts arguments and needs the module");
          return;
        }
        for (const Conversion &C : I.Conversions)
          if (C.Converter == Key) {
            More |= Need.insert(C.Caller).second;
            More |= Hands.insert(C.Caller).second;
          }
        continue;
      }
      if (Is != Mode::Parameter && Is != Mode::ModuleParameter)
        continue;
      // With everything that is called through the same pointers.
      const Function &F = I.Functions.at(Key);
      std::vector<std::string> Relatives = F.Members;
      if (!F.Family.empty())
        Relatives.push_back(F.Family);
      for (const std::string &Relative : Relatives) {
        More |= Need.insert(Relative).second;
        if (Is == Mode::ModuleParameter)
          More |= NeedModule.insert(Relative).second;
      }
      for (const Call &C : I.Calls)
        if (C.Callee == Key) {
          if (!C.Open.valid()) {
            const std::string Written = "a call of '" +
                                        I.Functions.at(Key).Name +
                                        "' is written by a macro";
            NotGiven.insert({Key, Written});
            for (const std::string &Relative : Relatives) {
              NotGiven.insert({Relative, Written});
              for (const std::string &Member :
                   I.Functions.at(Relative).Members)
                NotGiven.insert({Member, Written});
            }
            return checkModes();
          }
          if (Need.insert(C.Caller).second)
            More = true;
          More |= Hands.insert(C.Caller).second;
          if (Is == Mode::ModuleParameter && NeedModule.insert(C.Caller).second)
            More = true;
        }
    }
  }
  for (const std::string &Key : Need) {
    std::string Why;
    Mode Is = OnlyAsserts(Key) ? Mode::Asserts : modeOf(Key, Why);
    if (NeedModule.count(Key) && Is == Mode::Parameter)
      Is = Mode::ModuleParameter;
    if (Is == Mode::Current) {
      const size_t Because = Why.rfind("module state: ");
      Asking[Key] = Because == std::string::npos ? Why : Why.substr(Because + 14);
    }
    Modes[Key] = Is;
  }
  // What a function calls before it attaches has to attach and ask for itself.
  for (const auto &[Key, Is] : Modes) {
    const Function *F = Is == Mode::Current ? function(Key) : nullptr;
    if (!F || !F->Ensure.valid())
      continue;
    for (const Call &C : I.Calls) {
      if (C.Caller != Key || !contains(F->Body, C.Open) ||
          C.Open.Begin >= F->Ensure.End)
        continue;
      auto To = Modes.find(C.Callee);
      if (To == Modes.end() ||
          (To->second != Mode::Parameter && To->second != Mode::ModuleParameter))
        continue;
      const std::string Early =
          "'" + F->Name + "' calls it before it calls PyGILState_Ensure()";
      const Function *Callee = function(C.Callee);
      if (Callee && Callee->Ensure.valid() &&
          NotGiven.insert({C.Callee, Early}).second)
        return checkModes();
      dropAllOf(C.Callee, Early);
      return;
    }
  }
  ModuleUsers = NeedModule;
  for (const auto &[Key, Is] : Modes)
    if (Is == Mode::Perhaps && NeedModule.count(Key)) {
      dropAllOf(Key, "'" + I.Functions.at(Key).Name +
                         "' uses it, and the module may be gone when that "
                         "runs");
      return;
    }
  if (!checkMissing())
    return;
  if (leaveAsking())
    return checkModes();
  // Functions of one macro have one text.
  for (const auto &[Key, Is] : Modes) {
    const Function *F = function(Key);
    if (!F || !F->MacroMade)
      continue;
    for (const auto &[OtherKey, Other] : I.Functions) {
      if (OtherKey == Key || !Other.MacroMade || !(Other.Body == F->Body))
        continue;
      auto OtherIs = Modes.find(OtherKey);
      if (Is == Mode::Current && OtherIs == Modes.end())
        continue;
      if (OtherIs == Modes.end() || OtherIs->second != Is ||
          (Is == Mode::Local && fetch(*F) != fetch(Other))) {
        dropAllOf(Key, "the macro that writes '" + F->Name + "' also writes '" +
                           Other.Name +
                           "', which reaches the module otherwise");
        return;
      }
    }
  }
}

void Rewriter::dropAllOf(const std::string &Key, const std::string &Why) {
  const bool Before = Changed;
  Changed = false;
  dropReached(Key, Why);
  if (!Changed) {
    // Only the module itself is needed here, and that cannot be done.
    R.Refused = (M.GlobalVariable.empty()
                     ? std::string("PyState_FindModule() finds nothing under "
                                   "multi-phase initialisation")
                     : "the module is kept in a global variable, '" +
                           I.Variables.at(M.GlobalVariable).Name + "'") +
                ", and '" + I.Functions.at(Key).Name + "' needs it: " + Why;
    Modes.clear();
  }
  Changed |= Before;
}

void Rewriter::dropReached(const std::string &Key, const std::string &Why) {
  std::vector<std::string> Work{Key};
  if (auto F = I.Functions.find(Key); F != I.Functions.end())
    Work.insert(Work.end(), F->second.Members.begin(), F->second.Members.end());
  std::set<std::string> Reached(Work.begin(), Work.end());
  while (!Work.empty()) {
    std::string F = Work.back();
    Work.pop_back();
    for (const Call &C : I.Calls)
      if (C.Caller == F) {
        auto It = I.Functions.find(C.Callee);
        if (It == I.Functions.end() || !It->second.Roots.empty())
          continue;
        if (Reached.insert(C.Callee).second)
          Work.push_back(C.Callee);
        for (const std::string &Member : It->second.Members)
          if (Reached.insert(Member).second)
            Work.push_back(Member);
      }
  }
  for (auto &[K, E] : Entities)
    if (E.Drop.empty())
      for (const Reference &Ref : E.V->References)
        if (Reached.count(Ref.Function)) {
          drop(E, Why, Ref.Token);
          break;
        }
}

/// Whether all that a macro pastes together at a place moves.
bool Rewriter::pastedMoves(const Reference &Ref) const {
  if (!Ref.Pasted.valid())
    return false;
  for (const auto &[Key, V] : I.Variables)
    for (const Reference &Other : V.References)
      if (Other.Pasted == Ref.Pasted && !Other.Token.valid() &&
          (Other.Function.empty() || !moves(Key) ||
           Entities.at(Key).Field != V.Name))
        return false;
  return true;
}

/// Whether the macro that declares a variable declares nothing else.
bool Rewriter::soleOfMacro(const Variable &V) const {
  if (V.Declarations.size() != 1 || V.Declarators[0] != 1)
    return false;
  const Place P = V.Declarations[0];
  for (const auto &[Key, Other] : I.Variables)
    if (Key != V.Key && is_contained(Other.Declarations, P))
      return false;
  for (const Index::MacroUse &U : I.MacroUses)
    if (U.Name.File == P.File && U.Name.Begin == P.Begin) {
      StringRef Text = I.text(U.Definition).rtrim();
      Text.consume_back(";");
      return !Text.contains(';') && !Text.contains('{');
    }
  return false;
}

void Rewriter::checkReferences(Entity &E) {
  const Variable &V = *E.V;
  for (const Reference &Ref : V.References) {
    // Who has the capsule may have it for longer than the module lasts.
    if (Ref.Token.valid() && !E.isPointed() && !V.Object) {
      StringRef Before =
          StringRef(I.Files[Ref.Token.File].Text).take_front(Ref.Token.Begin);
      if (Ref.InCapsule || Before.substr(Before.find_last_of(";{}") + 1)
                               .contains("PyCapsule_New")) {
        drop(E, "its address is given to others in a capsule", Ref.Token);
        return;
      }
    }
    if (!Ref.Token.valid() &&
        ((E.isPointed() && !(E.T && Ref.AddressOf.valid())) ||
         !pastedMoves(Ref))) {
      drop(E, "its name is pasted together by a macro");
      return;
    }
    if (Ref.Function.empty() || (!Ref.Table.empty() && Ref.Function.empty())) {
      bool Handled =
          E.T && moves(Ref.Table) &&
          (Ref.TableField == "tp_base" || Entities.at(Ref.Table).Instance);
      if (!Handled) {
        drop(E,
             "its address is in a static table" +
                 (Ref.Table.empty()
                      ? std::string()
                      : " ('" + I.Variables.at(Ref.Table).Name + "')"),
             Ref.Token);
        return;
      }
    } else if (!Ref.Table.empty() && !moves(Ref.Table)) {
      drop(E, "a static variable of a function is initialised with it",
           Ref.Token);
      return;
    }
  }
  for (unsigned N = 0; N < V.Declarations.size(); ++N)
    if (V.Declarators[N] > 1 &&
        I.text(V.Declarations[N]).find_first_of("({[=") != StringRef::npos) {
      // Only plain lists of names are taken apart.
      for (auto &[Key, Other] : Entities)
        for (const Place &P : Other.V->Declarations)
          if (P == V.Declarations[N] && !Other.Drop.empty()) {
            drop(E, "it is declared together with '" + Other.V->Name +
                        "', which stays");
            return;
          }
      unsigned Together = 0;
      for (const auto &[Key, Other] : Entities)
        Together += is_contained(Other.V->Declarations, V.Declarations[N]);
      if (Together != V.Declarators[N]) {
        drop(E, "it is declared together with variables that stay",
             V.Declarations[N]);
        return;
      }
    }
  for (const Place &P : V.Declarations)
    if (std::string In = inOthersHeader(P.File); !In.empty()) {
      drop(E, "it is declared in " + In, P);
      return;
    }
  if (V.MacroMade && !soleOfMacro(V)) {
    drop(E, "a macro declares it");
    return;
  }
  if (HasState && V.TypeEnd.valid() && M.StateEnd.valid() &&
      V.TypeEnd.File == M.StateEnd.File &&
      V.TypeEnd.Begin > M.StateEnd.Begin &&
      !StringRef(V.TypeText).contains('*')) {
    drop(E, "its type is declared after the state of the module");
    return;
  }
  if (isTemplate(V) && !V.KeptAs.empty()) {
    drop(E, "its address is kept elsewhere");
    return;
  }
  if (isTemplate(V)) {
    const Place P = placeOf(V);
    auto Here = [&](const Place &D) {
      return D.File == MainFile || (I.Includes.count({MainFile, D.File}) &&
                                    onlyIncludedBy(D.File, MainFile));
    };
    const bool There = any_of(V.Declarations, [&](const Place &D) {
      return Here(D) && I.text(D).contains('=');
    });
    if (V.MacroMade || !There || !Body || !Here(P) ||
        (P.File == MainFile && Body->Body.Begin < P.Begin) ||
        I.Macros.count(V.Name + "_init") ||
        (V.Local && StringRef(V.Initialiser).contains('#'))) {
      drop(E, "its initialiser cannot become an assignment");
      return;
    }
  } else if (V.ConstantInitialiser) {
    // Assigned when the module is executed.
  } else if (E.Instance) {
    if (!moves(V.InstanceType)) {
      drop(E, "its type stays static");
      return;
    }
  } else if (!V.Initialiser.empty() && !E.T && !V.Local) {
    StringRef Init = V.Initialiser;
    bool Simple = all_of(Init, [](char C) {
      return isWord(C) || C == '-' || C == '.' || C == '(' || C == ')' ||
             C == ' ' || C == '"';
    });
    if (!Simple) {
      drop(E, "its initialiser cannot become an assignment");
      return;
    }
  } else if (!V.Initialiser.empty() && V.Local) {
    drop(E, "a static variable of a function with an initialiser");
    return;
  }
  if (Place P = unexplained(V); P.valid())
    drop(E, "code that is not compiled here mentions it", P);
}

/// An array or a struct with values to begin with.
bool Rewriter::isTemplate(const Variable &V) const {
  return V.Aggregate && !V.Instance && !V.Initialiser.empty() &&
         !I.Types.count(V.Key);
}

Place Rewriter::unexplained(const Variable &V) const {
  std::set<std::pair<int, unsigned>> Known;
  for (const Reference &Ref : V.References)
    Known.insert({Ref.Token.File, Ref.Token.Begin});
  for (const auto &[Key, Other] : I.Variables)
    if (Other.Name == V.Name && Key != V.Key) {
      for (const Reference &Ref : Other.References)
        Known.insert({Ref.Token.File, Ref.Token.Begin});
      for (const Place &P : Other.Declarations)
        Known.insert({P.File, nameIn(P, V.Name)});
    }
  for (size_t F = 0; F < I.Files.size(); ++F) {
    StringRef T = I.Files[F].Text;
    auto Names = I.OtherNames.find(static_cast<int>(F));
    for (size_t At = findWord(T, V.Name); At != StringRef::npos;
         At = findWord(T, V.Name, At + 1)) {
      if (Known.count({int(F), unsigned(At)}) ||
          (Names != I.OtherNames.end() && Names->second.count(At)))
        continue;
      if (inDeclaration(V, int(F), At) || inComment(T, At))
        continue;
      // A member of something.
      StringRef Before = T.take_front(At).rtrim(" \t");
      if (Before.ends_with("->") || Before.ends_with("."))
        continue;
      if (V.Local && !inFunction(V.Owner, int(F), At))
        continue;
      if (isDead(int(F), At))
        continue;
      const Place There{int(F), unsigned(At), unsigned(At + V.Name.size())};
      // A parameter of a macro.
      if (any_of(I.MacroBodies, [&](const Place &P) {
            if (!contains(P, There))
              return false;
            StringRef D = I.text(P);
            D = D.drop_front(D.take_while(isWord).size());
            if (!D.starts_with("("))
              return false;
            SmallVector<StringRef, 8> Names;
            D.slice(1, D.find(')')).split(Names, ',');
            return any_of(Names, [&](StringRef Each) {
              return Each.trim() == V.Name;
            });
          }))
        continue;
      // The text of `_Py_IDENTIFIER(name)`, and part of another name.
      if (StringRef Macro = Before; Macro.consume_back("(")) {
        Macro = Macro.rtrim(" \t");
        const size_t Begin = Macro.find_last_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if (facts::findStaticIdentifier(Macro.substr(Begin + 1)))
          continue;
      }
      // `DEFERRED_ADDRESS(&Foo_Type)` in a type that is replaced.
      if (any_of(Entities, [&](const auto &P) {
            return P.second.T && P.second.Drop.empty() &&
                   contains(P.second.T->Definition, There);
          }))
        continue;
      return There;
    }
  }
  return {};
}

void Rewriter::prepareTypes() {
  for (auto &[Key, E] : Entities) {
    if (!E.T)
      continue;
    E.Slots = E.T->Slots;
    E.Base = E.T->Base;
    E.ForeignBase = E.T->ForeignBase;
    for (const ApiUse &U : I.Uses)
      if (U.Name == "PyType_Ready" && U.Type == Key) {
        // What a macro readies is made before.
        const bool Written =
            U.Whole.valid() && any_of(E.V->References, [&](const auto &R) {
              return contains(U.Whole, R.Token);
            });
        const Place Late = U.If.valid() ? U.If : U.Statement;
        if (Written && RunTime.count(U.Function) && Late.valid() &&
            I.text(Late).count("PyType_Ready") == 1 && !U.NeedsBraces)
          E.Late.push_back(&U); // The import has made it by then.
        else if (Written || !RunTime.count(U.Function))
          (Written ? E.Ready : E.MacroReady).push_back(&U);
        else
          E.Ready.push_back(&U);
      }
    std::set<std::string> Fields;
    std::vector<std::string> Tables = E.T->SubTables;
    for (const TypeAssignment &A : I.Assignments)
      if (A.Type == Key && StringRef(A.Field).starts_with("tp_as_") &&
          I.SlotTables.count(A.ValueVariable))
        Tables.push_back(A.ValueVariable);
    auto SetSlot = [&, &E = E](const std::string &Field, const TypeAssignment &A) {
      StaticType::Slot S;
      S.Id = "Py_" + Field;
      S.Value = (Cxx ? "(void *)" : "") + A.ValueName;
      S.Function = A.ValueFunction;
      E.Slots.erase(std::remove_if(E.Slots.begin(), E.Slots.end(),
                                   [&](const StaticType::Slot &Old) {
                                     return Old.Id == S.Id;
                                   }),
                    E.Slots.end());
      E.Slots.push_back(S);
    };
    for (const TypeAssignment &A : I.Assignments) {
      if (is_contained(Tables, A.Type) && !A.ValueIsNull) {
        if (A.ValueName.empty() || !A.Statement.valid() || A.InMacro ||
            RunTime.count(A.Function) || !StringRef(A.Field).contains('_')) {
          drop(E, "'" + A.Field + "' is assigned where it cannot be moved",
               A.Statement);
          continue;
        }
        SetSlot(A.Field, A);
        E.TableAssignments.push_back(&A);
        continue;
      }
      if (A.Type != Key)
        continue;
      if (A.Inactive) {
        // The spec says so everywhere.
        bool Said = A.ValueIsNull;
        for (StaticType::Slot &S : E.Slots)
          if (S.Id == "Py_" + A.Field && S.Value == A.Value && S.Else.empty()) {
            S.If.clear();
            Said = true;
          }
        if (!Said)
          drop(E, "'" + A.Field + "' is assigned in code that is not compiled "
                  "here", A.Statement);
        E.Absorbed.push_back(&A);
        continue;
      }
      if (StringRef(A.Field).starts_with("tp_as_") &&
          I.SlotTables.count(A.ValueVariable) && A.Statement.valid() &&
          !A.InMacro &&
          !RunTime.count(A.Function) && Fields.insert(A.Field).second) {
        for (const StaticType::Slot &S : I.SlotTables.at(A.ValueVariable))
          if (!hasSlot(E, S.Id))
            E.Slots.push_back(S);
        E.Absorbed.push_back(&A);
        continue;
      }
      // The macro sets it once more, to what the slot sets.
      if (A.InMacro && A.Field == "tp_new" && !A.ValueName.empty() &&
          !RunTime.count(A.Function) && Fields.insert(A.Field).second) {
        SetSlot(A.Field, A);
        continue;
      }
      if (!A.Statement.valid() || A.InMacro || RunTime.count(A.Function)) {
        drop(E, "'" + A.Field + "' is assigned where it cannot be moved",
             A.Statement);
        continue;
      }
      if (!Fields.insert(A.Field).second) {
        drop(E, "'" + A.Field + "' is assigned more than once", A.Statement);
        continue;
      }
      if (A.Field == "tp_base") {
        if (I.Types.count(A.ValueVariable))
          E.Base = A.ValueVariable;
        else
          E.ForeignBase = A.Value;
      } else if (A.Field == "ob_type") {
        if (A.ValueName != "PyType_Type")
          drop(E, "its metaclass is not 'type'", A.Statement);
      } else if (StringRef(A.Field).starts_with("tp_") &&
                 A.Field != "tp_dict" && A.Field != "tp_flags" &&
                 A.Field != "tp_members" && A.Field != "tp_doc" &&
                 !A.ValueName.empty()) {
        static const std::set<StringRef> Dropped{"tp_alloc", "tp_free"};
        if (Dropped.count(A.Field)) {
          static const std::set<StringRef> Default{
              "PyType_GenericAlloc", "PyObject_Free", "PyObject_Del",
              "PyObject_GC_Del"};
          if (!Default.count(A.ValueName))
            drop(E, "it has an allocator of its own", A.Statement);
        } else {
          SetSlot(A.Field, A);
        }
      } else if (A.ValueIsNull) {
        // Nothing to set.
      } else if (setPlainField(E, A)) {
        // Part of the spec.
      } else {
        drop(E, "'" + A.Field + "' is assigned while the module is imported",
             A.Statement);
      }
      E.Absorbed.push_back(&A);
    }
  }
}

/// Fields of a type that are data.
bool Rewriter::setPlainField(Entity &E, const TypeAssignment &A) {
  StaticType &T = I.Types.at(E.T->Key);
  if (A.Value.empty())
    return false;
  const std::string Entry = ", T_PYSSIZET, " + A.Value + ", READONLY, NULL}";
  if (A.Field == "tp_flags")
    T.Flags = A.Value;
  else if (A.Field == "tp_name" && StringRef(A.Value).starts_with("\"") &&
           StringRef(A.Value).count('"') == 2) {
    T.NameText = A.Value;
    T.TpName = StringRef(A.Value).trim('"').str();
  } else if (A.Field == "tp_basicsize")
    T.BasicSize = A.Value;
  else if (A.Field == "tp_itemsize")
    T.ItemSize = A.Value;
  else if (A.Field == "tp_weaklistoffset")
    T.Offsets.push_back("{\"__weaklistoffset__\"" + Entry);
  else if (A.Field == "tp_dictoffset")
    T.Offsets.push_back("{\"__dictoffset__\"" + Entry);
  else if (A.Field == "tp_vectorcall_offset")
    T.Offsets.push_back("{\"__vectorcalloffset__\"" + Entry);
  else if (A.Field == "tp_doc" || A.Field == "tp_members") {
    E.Slots.erase(std::remove_if(E.Slots.begin(), E.Slots.end(),
                                 [&](const StaticType::Slot &Old) {
                                   return Old.Id == "Py_" + A.Field;
                                 }),
                  E.Slots.end());
    E.Slots.push_back(
        {"Py_" + A.Field,
         (Cxx || (A.Field == "tp_doc" && !A.ValueVariable.empty()) ? "(void *)"
                                                                   : "") +
             A.Value,
         ""});
    if (A.Field == "tp_members") {
      auto V = I.Variables.find(A.ValueVariable);
      if (V == I.Variables.end() || V->second.Declarations.empty())
        return false;
      T.Members = V->second.Name;
      for (const Place &P : V->second.Declarations)
        if (size_t Last = I.text(P).rfind('{');
            Last != StringRef::npos && I.text(P).contains('='))
          T.MembersEnd = {P.File, unsigned(P.Begin + Last),
                          unsigned(P.Begin + Last)};
    }
  } else {
    return false;
  }
  if (A.Field == "tp_flags") {
    T.HasGc = StringRef(T.Flags).contains("Py_TPFLAGS_HAVE_GC");
    T.Subclassable = true;
  }
  return true;
}

bool Rewriter::hasSlot(const Entity &E, StringRef Id) const {
  return any_of(E.Slots, [&](const StaticType::Slot &S) { return S.Id == Id; });
}

std::string Rewriter::slotFunction(const Entity &E, StringRef Id) const {
  for (const StaticType::Slot &S : E.Slots)
    if (S.Id == Id)
      return S.Function.empty() ? "?" : S.Function;
  return "";
}

/// A use of the type above the first PyType_Ready() for it, where the field of
/// the state would be NULL still.
Place Rewriter::usedBeforeReady(const Entity &E) const {
  for (const Reference &Ref : E.V->References) {
    bool Above = false, Below = false;
    for (const ApiUse *U : E.Ready)
      if (U->Function == Ref.Function && U->Whole.File == Ref.Token.File) {
        Above |= U->Whole.Begin <= Ref.Token.Begin;
        Below |= Ref.Token.Begin < U->Whole.Begin;
      }
    if (!Below || Above || contains(M.CreateStatement, Ref.Token) ||
        testsWhetherMade(Ref, false) ||
        any_of(I.Assignments, [&](const TypeAssignment &A) {
          return A.Statement.valid() && contains(A.Statement, Ref.Token) &&
                 (A.Type == E.T->Key ||
                  (A.ValueVariable == E.T->Key && moves(A.Type)) ||
                  is_contained(E.T->SubTables, A.Type));
        }))
      continue;
    return Ref.Token;
  }
  return {};
}

void Rewriter::checkType(Entity &E) {
  const StaticType &T = *E.T;
  // Its base has to be known before.
  StringRef Base = StringRef(E.ForeignBase).trim();
  Base.consume_front("(PyTypeObject *)");
  Base = Base.ltrim("& ");
  if (E.Ready.empty() && !E.MacroReady.empty() && !Base.empty() &&
      !Base.starts_with("Py")) {
    drop(E, "PyType_Ready() is called for it by a macro",
         E.MacroReady.front()->Whole);
    return;
  }
  if (isMadeElsewhere(E) && E.V->Static)
    for (const auto &[Key, Other] : I.Types)
      if (Key != T.Key && Other.Name == T.Name) {
        drop(E, "nothing readies it, and another source has a type of its name",
             T.Definition);
        return;
      }
  for (const ApiUse *U : E.Ready) {
    bool Found =
        U->Whole.valid() && any_of(E.V->References, [&](const auto &R) {
          return contains(U->Whole, R.Token);
        });
    if (!Found) {
      drop(E, "PyType_Ready() is called for it by a macro", U->Whole);
      return;
    }
    if (RunTime.count(U->Function)) {
      drop(E, "it is readied after the import of the module", U->Whole);
      return;
    }
  }
  if (Place P = usedBeforeReady(E); P.valid()) {
    drop(E, "it is used before PyType_Ready() is called for it", P);
    return;
  }
  for (const ApiUse &U : I.Uses) {
    if (U.Type != T.Key)
      continue;
    if (U.Name == "PyObject_Init" || U.Name == "PyObject_InitVar" ||
        U.Name == "PyObject_INIT" || U.Name == "PyObject_INIT_VAR") {
      drop(E, "objects of it are made in memory of their own", U.Whole);
      return;
    }
    const bool Raw = StringRef(U.Name).starts_with("_PyObject_New");
    if (Raw || StringRef(U.Name).starts_with("PyObject_New") ||
        StringRef(U.Name).starts_with("PyObject_NEW")) {
      bool Found = U.Whole.valid() && (Raw || U.Args.size() >= 2) &&
                   any_of(E.V->References, [&](const auto &R) {
                     return contains(U.Whole, R.Token);
                   });
      if (!Found) {
        drop(E, "objects of it are made by a macro", U.Whole);
        return;
      }
    }
  }
  std::string Dealloc = slotFunction(E, "Py_tp_dealloc");
  if (Dealloc == "?") {
    // Of a heap type, it releases the type as well.
    if (is_contained({"PyObject_Free", "PyObject_Del", "PyObject_FREE",
                      "PyObject_DEL", "PyObject_GC_Del"},
                     StringRef(T.ForeignDealloc)) &&
        E.Base.empty() && StringRef(E.ForeignBase).trim().empty()) {
      erase_if(E.Slots, [](const StaticType::Slot &S) {
        return S.Id == "Py_tp_dealloc";
      });
      return checkType(E);
    }
    drop(E, "its deallocator is '" + T.ForeignDealloc + "'");
    return;
  }
  if (!Dealloc.empty()) {
    const Function *F = function(Dealloc);
    if (!F || F->Parameters.size() != 1 || !F->Body.valid()) {
      drop(E, "its deallocator is not in these files");
      return;
    }
    if (F->MacroMade) {
      drop(E, "a macro writes its deallocator", F->Body);
      return;
    }
    if (neverRuns(E, Dealloc)) {
      erase_if(E.Slots, [](const StaticType::Slot &S) {
        return S.Id == "Py_tp_dealloc";
      });
      return checkType(E);
    }
    if (frees(Dealloc).empty() &&
        delegateOf(Dealloc, "Py_tp_dealloc").empty()) {
      drop(E,
           "no release of the object's memory was recognised in its "
           "deallocator '" +
               F->Name + "'",
           F->Body);
      return;
    }
    for (const ApiUse *U : frees(Dealloc))
      if (!U->Statement.valid()) {
        drop(E, "its deallocator releases the memory in an expression",
             U->Whole);
        return;
      }
    for (const auto &[Key, Other] : Entities)
      if (Other.T && &Other != &E &&
          slotFunction(Other, "Py_tp_dealloc") == Dealloc &&
          !Other.Drop.empty()) {
        drop(E, "it shares its deallocator with '" + Other.V->Name +
                    "', which stays static");
        return;
      }
  }
  std::string Traverse = slotFunction(E, "Py_tp_traverse");
  if (Traverse == "?") {
    drop(E, "its tp_traverse is not in these files");
    return;
  }
  if (const Function *F = function(Traverse); F && F->MacroMade) {
    drop(E, "a macro writes its tp_traverse", F->Body);
    return;
  }
  if (!T.Offsets.empty() && !T.Members.empty() && !T.MembersEnd.valid()) {
    drop(E, "the end of its member table was not found");
    return;
  }
}

/// The slot function of another type that moves, when \p Key hands the object
/// on to it.
std::string Rewriter::delegateOf(const std::string &Key, StringRef Slot) const {
  for (const DirectCall &C : DirectCalls)
    if (C.Caller == Key && C.Slot == Slot && moves(C.Type))
      return C.Function;
  for (const Call &C : I.Calls)
    if (C.Caller == Key && C.Callee != Key)
      for (const auto &[K, E] : Entities)
        if (E.T && E.Drop.empty() && slotFunction(E, Slot) == C.Callee)
          return C.Callee;
  return "";
}

std::string Rewriter::selfOf(const Function &F) const {
  return F.Parameters[0].Name;
}

bool Rewriter::isAliasOfSelf(const Function &F, StringRef Name) const {
  if (!F.Locals.count(Name.str()))
    return false;
  StringRef T = I.text(F.Body);
  for (size_t At = T.find(Name); At != StringRef::npos;
       At = T.find(Name, At + 1)) {
    StringRef Rest = T.substr(At + Name.size()).ltrim();
    if (!Rest.consume_front("=") || Rest.starts_with("="))
      continue;
    StringRef Value = Rest.take_until([](char C) { return C == ';'; }).trim();
    size_t Close = Value.rfind(')');
    if (Close != StringRef::npos && Value.starts_with("("))
      Value = Value.substr(Close + 1).trim();
    return Value == selfOf(F);
  }
  return false;
}

std::vector<const ApiUse *> Rewriter::frees(const std::string &Dealloc) const {
  std::vector<const ApiUse *> Out;
  const Function *F = function(Dealloc);
  if (!F)
    return Out;
  static const std::set<StringRef> Names{
      "tp_free",       "PyObject_Del",    "PyObject_DEL", "PyObject_Free",
      "PyObject_FREE", "PyObject_GC_Del", "tp_dealloc"};
  for (const ApiUse &U : I.Uses) {
    if (U.Function != Dealloc || !Names.count(U.Name) || U.Args.empty())
      continue;
    // The object itself, casts aside.
    StringRef Arg = StringRef(U.Args.back());
    if (U.Name == "tp_free" || U.Name == "tp_dealloc")
      Arg = StringRef(U.Args.front());
    StringRef Name = Arg.rtrim(" )\t");
    size_t Begin = Name.size();
    while (Begin && isWord(Name[Begin - 1]))
      --Begin;
    Name = Name.substr(Begin);
    if (Name == selfOf(*F) || isAliasOfSelf(*F, Name))
      Out.push_back(&U);
  }
  return Out;
}

std::string Rewriter::whyNoSplit() {
  if (!Body)
    return "the function that creates the module was not found";
  if (!M.CreateStatement.valid() || M.CreateStatement.File != Body->Body.File)
    return "the call of PyModule_Create() is written by a macro";
  if (!M.DefDeclaration.valid())
    return "the definition of '" + M.DefName + "' was not found in the text";
  if (!Body->Header.valid())
    return "the beginning of '" + Body->Name + "' was not found";
  if (M.VariableReused) {
    // What it held before is released; the module is borrowed.
    StringRef After = StringRef(I.Files[Body->Body.File].Text)
                          .slice(M.CreateStatement.End, Body->Body.End);
    for (const char *Name : {"Py_DECREF(", "Py_XDECREF(", "Py_CLEAR("})
      if (After.contains(Name + M.ModuleVariable + ")"))
        return "'" + M.ModuleVariable +
               "' holds other modules before the one that '" + Body->Name +
               "' creates, and is released after that";
    if (!M.CreateCall.valid() || !contains(M.CreateStatement, M.CreateCall) ||
        I.text(M.CreateStatement).starts_with("if"))
      return "'" + M.ModuleVariable + "' holds other modules before the one "
             "that '" + Body->Name + "' creates";
  }
  for (const Return &Ret : I.Returns) {
    if (Ret.Function != BodyKey)
      continue;
    if (!Ret.Whole.valid())
      return "a return of '" + Body->Name + "' is written by a macro";
    if (Ret.Macro && !isOnlyReturn(Ret) && !returnsArgument(Ret) &&
        (Ret.What != Return::Null || !Ret.Spelled.valid() ||
         !onlyInBody(Ret.Spelled) || !M.ModuleVariable.size()))
      return "'" + I.text(Ret.Whole).take_while(isWord).str() +
             "' returns from '" + Body->Name +
             "' and does more, so that it cannot be replaced";
    if (Ret.What == Return::Module && !M.OnlyReturnsCreate &&
        Ret.Value != M.ModuleVariable)
      return "'" + Body->Name + "' returns '" + Ret.Value +
             "', not only the module it creates";
  }
  if (BodyKey != M.InitFunction) {
    const Function *Init = function(M.InitFunction);
    if (!Init)
      return "PyInit_" + M.Name + " is not in these files";
    unsigned Direct = 0;
    for (const Call &C : I.Calls)
      Direct += C.Callee == BodyKey;
    if (Direct != 1 || !Body->Parameters.empty() ||
        Init->Body.File != Body->Body.File || Init->Body.Begin < Body->Body.End)
      return "'" + Body->Name + "' creates the module for PyInit_" + M.Name +
             " in a way that is not understood";
  }
  return "";
}

} // namespace pyext::migrate
