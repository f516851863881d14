//===- Rewrite.cpp - From process-global to per-module state --------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewrite.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <functional>

using namespace llvm;

namespace pyext::migrate {

namespace {

bool isWord(char C) { return isAlnum(C) || C == '_'; }

std::string sanitised(StringRef Name) {
  std::string Out;
  for (char C : Name)
    Out += isWord(C) ? C : '_';
  while (!Out.empty() && Out.front() == '_')
    Out.erase(Out.begin());
  if (Out.empty() || isDigit(Out[0]))
    Out = "module" + Out;
  return Out;
}

/// How a function gets at the module state.
enum class Mode { None, Parameter, Local, Exec, ModuleParameter };

class Rewriter {
public:
  Rewriter(const Index &I, const RewriteOptions &O) : I(I), O(O) {}

  RewriteResult run() {
    if (I.Modules.empty())
      return refuse("no PyInit_ function with its PyModuleDef in these files; "
                    "name all files of the extension");
    if (I.Modules.size() > 1) {
      std::string Names;
      for (const ModuleInfo &Mod : I.Modules)
        Names += (Names.empty() ? "" : ", ") + Mod.Name;
      return refuse("these files make several modules (" + Names +
                    "); name the files of one");
    }
    M = I.Modules.front();
    if (!M.Refused.empty())
      return refuse(M.Refused);
    Prefix = sanitised(StringRef(M.FullName.empty() ? M.Name : M.FullName)
                               .rsplit('.')
                               .second.empty()
                           ? (M.FullName.empty() ? M.Name : M.FullName)
                           : StringRef(M.FullName).rsplit('.').second);
    BodyKey = M.MultiPhase ? M.Exec : M.Body;
    if (const Function *B = function(BodyKey)) {
      Body = B;
      MainFile = B->Body.File;
    } else if (const Function *F = function(M.InitFunction)) {
      MainFile = F->Body.File;
    }
    if (MainFile < 0)
      return refuse("the body of PyInit_" + M.Name + " is not in these files");
    Cxx = I.Files[MainFile].Cxx;
    if (M.MultiPhase)
      ModuleName =
          Body && !Body->Parameters.empty() ? Body->Parameters[0].Name : "";
    else
      ModuleName = M.ModuleVariable.empty() ? "module" : M.ModuleVariable;
    if (!M.MultiPhase)
      if (std::string Why = whyNoSplit(); !Why.empty())
        return refuse(Why);
    HasState = M.SizeKnown && M.Size > 0;
    if (!M.MultiPhase)
      for (const ApiUse &U : I.Uses)
        if (U.Name == "PyUnstable_Module_SetGIL" && U.Function == BodyKey) {
          if (U.Args.size() != 2 || !U.Statement.valid() || U.NeedsBraces)
            return refuse("the result of PyUnstable_Module_SetGIL() is used");
          M.SetGil = U.Args[1];
          SetGil = U.Statement;
        }

    chooseEntities();
    chooseNames();
    settle();
    if (!R.Refused.empty())
      return std::move(R);
    emit();
    return std::move(R);
  }

private:
  RewriteResult refuse(std::string Why) {
    RewriteResult Out;
    Out.Refused = std::move(Why);
    return Out;
  }

  const Function *function(const std::string &Key) const {
    auto F = I.Functions.find(Key);
    return F == I.Functions.end() || !F->second.Defined ? nullptr : &F->second;
  }

  // --- What moves -----------------------------------------------------------

  struct Entity {
    const Variable *V = nullptr;
    const StaticType *T = nullptr;
    std::string Field;
    bool Owned = false;
    std::string Drop; ///< Why it does not move.
    Place DropAt;
    std::string Base, ForeignBase;
    std::vector<StaticType::Slot> Slots;
    std::vector<const TypeAssignment *> Absorbed;
    std::vector<const ApiUse *> Ready;
  };

  Place placeOf(const Variable &V) const {
    if (!V.Declarations.empty())
      return V.Declarations.front();
    return V.References.empty() ? Place() : V.References.front().Token;
  }

  void leave(const std::string &What, Place Where, std::string Why,
             bool Residue = true) {
    R.Left.push_back({What, Where, std::move(Why)});
    R.Residue |= Residue;
  }

  /// Functions that run only while the module is being imported.
  void findInitOnly() {
    std::set<std::string> Run;
    std::vector<std::string> Work;
    for (const auto &[Key, F] : I.Functions) {
      bool Other = !F.Escapes.empty();
      bool Init = Key == BodyKey || Key == M.InitFunction;
      for (const auto &[Root, Of] : F.Roots)
        if (Root == Root::Init)
          Init = true;
        else if (Root != Root::ModuleHook)
          Other = true;
      bool Called = false;
      for (const Call &C : I.Calls)
        Called |= C.Callee == Key;
      if (!Init && !Called && F.Roots.empty() && !F.Static)
        Other = true;
      if (Other && Run.insert(Key).second)
        Work.push_back(Key);
    }
    while (!Work.empty()) {
      std::string Key = Work.back();
      Work.pop_back();
      for (const Call &C : I.Calls)
        if (C.Caller == Key && Run.insert(C.Callee).second)
          Work.push_back(C.Callee);
    }
    RunTime = std::move(Run);
  }

  void chooseEntities() {
    findInitOnly();
    if (O.Upto < Level::State) {
      for (const auto &[Key, V] : I.Variables)
        if (V.Mutable && !isTable(V))
          R.Residue |= writtenAnywhere(V);
      R.Residue |= !I.Types.empty();
      return;
    }
    for (const auto &[Key, V] : I.Variables) {
      if (I.Types.count(Key) || isTable(V) || V.TypeName == "PyModuleDef")
        continue;
      if (V.Declarations.empty() || !V.Mutable)
        continue;
      bool AtRun = false, AtInit = false;
      for (const Reference &Ref : V.References)
        if (Ref.Writes)
          (RunTime.count(Ref.Function) ? AtRun : AtInit) = true;
      if (!AtRun && !AtInit && !V.Instance)
        continue;
      const std::string What = "variable '" + V.Name + "'";
      if (V.Instance) {
        leave(What, placeOf(V), "it is a Python object with static storage");
        continue;
      }
      if (V.ThreadLocal) {
        if (V.Object || V.ObjectBlock)
          leave(What, placeOf(V), "it is thread-local");
        continue;
      }
      if (V.TypeName == "PyTypeObject" && !V.Object) {
        leave(What, placeOf(V), "a type that is filled at run time");
        continue;
      }
      if (AtRun)
        if (std::string Api = processApi(V); !Api.empty()) {
          leave(What, placeOf(V),
                "it goes with '" + Api + "', which acts on the whole process");
          continue;
        }
      if (!V.Object && !V.ObjectBlock && !AtRun) {
        leave(What, placeOf(V),
              "plain data, written only while the module is imported", false);
        continue;
      }
      if (V.ObjectBlock) {
        leave(What, placeOf(V),
              "it holds Python objects in a struct or an array");
        continue;
      }
      if (!V.Declarable) {
        leave(What, placeOf(V), "its type cannot be declared as a field");
        continue;
      }
      if (!V.Object && (V.TypeText.find('*') != std::string::npos ||
                        V.TypeText.find("struct") != std::string::npos)) {
        leave(What, placeOf(V),
              "it may stand for something of the whole process, such as a "
              "handle of a library; decide by hand");
        continue;
      }
      Entity E;
      E.V = &V;
      E.Owned = V.Object && isOwned(V);
      Entities[Key] = E;
    }
    if (O.Upto >= Level::HeapTypes)
      for (const auto &[Key, T] : I.Types) {
        Entity E;
        E.V = &I.Variables.at(Key);
        E.T = &T;
        E.Owned = true;
        E.Drop = T.Refused;
        E.DropAt = T.Definition;
        Entities[Key] = E;
      }
    else
      R.Residue |= !I.Types.empty();
    if (HasState && !Entities.empty() &&
        (!M.StateEnd.valid() || !function(M.Traverse) || !function(M.Clear))) {
      for (auto &[Key, E] : Entities)
        leave(nameOf(E), placeOf(*E.V),
              "the module has a state struct already, without an m_traverse "
              "and an m_clear that could be extended");
      Entities.clear();
    }
    if (!HasState &&
        (!M.Traverse.empty() || !M.Clear.empty() || !M.Free.empty()) &&
        !Entities.empty()) {
      for (auto &[Key, E] : Entities)
        leave(nameOf(E), placeOf(*E.V),
              "the module has m_traverse, m_clear or m_free already");
      Entities.clear();
    }
    if (!Body && !Entities.empty() && M.MultiPhase) {
      for (auto &[Key, E] : Entities)
        leave(nameOf(E), placeOf(*E.V), "the module has no Py_mod_exec slot");
      Entities.clear();
    }
  }

  /// A function of the C library with state of the whole process that is called
  /// where the variable is written.
  std::string processApi(const Variable &V) const {
    for (const Reference &Ref : V.References)
      if (Ref.Writes)
        for (const auto &[Function, Api] : I.ProcessCalls)
          if (Function == Ref.Function)
            return Api;
    return "";
  }

  static bool isTable(const Variable &V) {
    static const std::set<StringRef> Names{
        "PyMethodDef",          "PyGetSetDef",       "PyMemberDef",
        "PyType_Slot",          "PyType_Spec",       "PyModuleDef_Slot",
        "PyNumberMethods",      "PySequenceMethods", "PyMappingMethods",
        "PyAsyncMethods",       "PyBufferProcs",     "PyStructSequence_Field",
        "PyStructSequence_Desc"};
    return Names.count(V.TypeName);
  }

  bool writtenAnywhere(const Variable &V) const {
    return any_of(V.References,
                  [](const Reference &Ref) { return Ref.Writes; });
  }

  /// The variable owns what it points to.
  bool isOwned(const Variable &V) const {
    if (V.Dropped)
      return true;
    // Assigned the result of a call, other than one that lends.
    for (const Reference &Ref : V.References) {
      if (!Ref.Writes || !Ref.Token.valid())
        continue;
      StringRef T = I.Files[Ref.Token.File].Text;
      StringRef Rest =
          T.substr(Ref.Token.End).take_until([](char C) { return C == ';'; });
      Rest = Rest.ltrim();
      if (!Rest.consume_front("=") || Rest.starts_with("="))
        continue;
      Rest = Rest.ltrim();
      while (Rest.starts_with("(") && Rest.contains(')') &&
             Rest.slice(1, Rest.find(')')).trim().ends_with("*"))
        Rest = Rest.substr(Rest.find(')') + 1).ltrim();
      StringRef Name = Rest.take_while(isWord);
      StringRef After = Rest.drop_front(Name.size()).ltrim();
      if (!After.starts_with("("))
        continue;
      static const std::set<StringRef> Lend{
          "PyDict_GetItem",   "PyDict_GetItemString", "PyDict_GetItemWithError",
          "PyList_GetItem",   "PyTuple_GetItem",      "PyList_GET_ITEM",
          "PyTuple_GET_ITEM", "PyImport_AddModule",   "PyModule_GetDict",
          "PySys_GetObject"};
      if (!Lend.count(Name))
        return true;
    }
    for (const ApiUse &U : I.Uses)
      if ((U.Name == "Py_INCREF" || U.Name == "Py_XINCREF") &&
          U.ArgVariable == V.Key)
        return true;
    return false;
  }

  std::string nameOf(const Entity &E) const {
    return (E.T ? "type '" : "variable '") + E.V->Name + "'";
  }

  void chooseNames() {
    std::set<std::string> Taken;
    for (const auto &[Key, V] : I.Variables)
      Taken.insert(V.Name);
    for (const auto &[Key, F] : I.Functions)
      Taken.insert(F.Name);
    Taken.insert(I.Macros.begin(), I.Macros.end());
    while (Taken.count(Prefix + "_state") || Taken.count(Prefix + "_exec") ||
           Taken.count(Prefix + "_slots") || Taken.count(Prefix + "_clear") ||
           Taken.count(Prefix + "_free") || Taken.count(Prefix + "_traverse") ||
           Taken.count(Prefix + "_get_state"))
      Prefix += "_module";
    StateType = Prefix + "_state";
    if (HasState)
      for (const auto &[Field, Text] : M.DefFields)
        if (Field == "m_size") {
          StringRef T = Text;
          StateType = T.slice(T.find('(') + 1, T.rfind(')')).trim().str();
        }
    for (const char *Name : {"state", "mstate", "module_state"}) {
      StateName = Name;
      bool Free = !Taken.count(Name);
      for (const auto &[Key, F] : I.Functions) {
        Free &= !F.Locals.count(Name);
        for (const Parameter &P : F.Parameters)
          Free &= P.Name != Name;
      }
      if (Free)
        break;
      StateName = Prefix + "_st";
    }
    std::set<std::string> Fields;
    for (auto &[Key, E] : Entities) {
      E.Field = E.V->Name;
      if (!Fields.insert(E.Field).second) {
        E.Field = sanitised(E.V->Owner.substr(E.V->Owner.rfind('#') + 1)) +
                  "_" + E.V->Name;
        while (!Fields.insert(E.Field).second)
          E.Field += "_";
      }
    }
  }

  // --- Fixpoint -------------------------------------------------------------

  bool moves(const std::string &Key) const {
    auto E = Entities.find(Key);
    return E != Entities.end() && E->second.Drop.empty();
  }

  void drop(Entity &E, std::string Why, Place At = {}) {
    if (!E.Drop.empty())
      return;
    E.Drop = std::move(Why);
    E.DropAt = At;
    Changed = true;
  }

  /// Functions that mention what moves.
  std::set<std::string> mentioned() const {
    std::set<std::string> Out;
    for (const auto &[Key, E] : Entities)
      if (E.Drop.empty())
        for (const Reference &Ref : E.V->References)
          if (!Ref.Function.empty())
            Out.insert(Ref.Function);
    return Out;
  }

  static bool has(const Function &F, Root R) {
    return any_of(F.Roots, [&](const auto &P) { return P.first == R; });
  }

  /// Uses of PyState_FindModule(): under multi-phase initialisation it finds
  /// nothing.
  std::vector<const ApiUse *> finds() const {
    std::vector<const ApiUse *> Out;
    for (const ApiUse &U : I.Uses)
      if (U.Name == "PyState_FindModule" && U.ArgVariable == M.Definition)
        Out.push_back(&U);
    return Out;
  }

  /// Calls of PyType_Ready() need the module itself.
  std::set<std::string> readyFunctions() const {
    std::set<std::string> Out;
    for (const auto &[Key, E] : Entities)
      if (E.Drop.empty() && E.T)
        for (const ApiUse *U : E.Ready)
          Out.insert(U->Function);
    return Out;
  }

  Mode modeOf(const std::string &Key, std::string &Why) const {
    if (Key == BodyKey)
      return Mode::Exec;
    auto It = I.Functions.find(Key);
    if (It == I.Functions.end() || !It->second.Defined) {
      Why = "it is not defined in these files";
      return Mode::None;
    }
    const Function &F = It->second;
    if (Key == M.InitFunction && Key != BodyKey) {
      Why = "PyInit_" + M.Name + " uses it before there is a module";
      return Mode::None;
    }
    if (!F.Roots.empty()) {
      for (const auto &[R, Of] : F.Roots) {
        if (R == Root::StaticMethod) {
          Why = "'" + F.Name + "' is a static method, which is given no object";
          return Mode::None;
        }
        if (R == Root::Dying) {
          Why = "'" + F.Name +
                "' uses it, and the module may be gone when that runs";
          return Mode::None;
        }
        if (R == Root::Init) {
          Why = "'" + F.Name + "' runs before there is a module";
          return Mode::None;
        }
        // A static type does not know the module.
        if (R != Root::ModuleMethod && R != Root::ModuleHook)
          for (const auto &[TypeKey, T] : I.Types)
            if ((TypeKey == Of || is_contained(T.Tables, Of)) &&
                !moves(TypeKey)) {
              Why = "'" + F.Name + "' is called with objects of '" + T.Name +
                    "', which stays a static type";
              return Mode::None;
            }
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
      return Mode::Local;
    }
    if (!F.Escapes.empty()) {
      Why = "'" + F.Name + "' uses it and cannot be given the module state: " +
            F.Escapes.front().second;
      return Mode::None;
    }
    if (F.Variadic) {
      Why = "the parameters of '" + F.Name + "' cannot be changed";
      return Mode::None;
    }
    return Mode::Parameter;
  }

  void settle() {
    prepareTypes();
    do {
      Changed = false;
      for (auto &[Key, E] : Entities)
        if (E.Drop.empty())
          checkReferences(E);
      for (auto &[Key, E] : Entities)
        if (E.Drop.empty() && E.T)
          checkType(E);
      checkModes();
    } while (Changed);
    for (auto &[Key, E] : Entities)
      if (!E.Drop.empty())
        leave(nameOf(E), E.DropAt.valid() ? E.DropAt : placeOf(*E.V), E.Drop);
      else
        R.Moved.push_back({nameOf(E), placeOf(*E.V), ""});
  }

  void checkModes() {
    Modes.clear();
    std::set<std::string> Need = mentioned();
    std::set<std::string> NeedModule = readyFunctions();
    for (const ApiUse *U : finds()) {
      Need.insert(U->Function);
      NeedModule.insert(U->Function);
    }
    // Propagate to callers.
    bool More = true;
    while (More) {
      More = false;
      for (const std::string &Key : std::set<std::string>(Need)) {
        std::string Why;
        Mode Is = modeOf(Key, Why);
        if (Is == Mode::Parameter && NeedModule.count(Key))
          Is = Mode::ModuleParameter;
        if (Is == Mode::None) {
          dropAllOf(Key, Why);
          return;
        }
        if (Is != Mode::Parameter && Is != Mode::ModuleParameter)
          continue;
        for (const Call &C : I.Calls)
          if (C.Callee == Key) {
            if (!C.Open.valid()) {
              dropAllOf(Key, "a call of '" + I.Functions.at(Key).Name +
                                 "' is written by a macro");
              return;
            }
            if (Need.insert(C.Caller).second)
              More = true;
            if (Is == Mode::ModuleParameter &&
                NeedModule.insert(C.Caller).second)
              More = true;
          }
      }
    }
    for (const std::string &Key : Need) {
      std::string Why;
      Mode Is = modeOf(Key, Why);
      if (NeedModule.count(Key) && Is == Mode::Parameter)
        Is = Mode::ModuleParameter;
      Modes[Key] = Is;
    }
    ModuleUsers = NeedModule;
  }

  /// Nothing that \p Key mentions, itself or through what it calls, can move.
  void dropAllOf(const std::string &Key, const std::string &Why) {
    const bool Before = Changed;
    Changed = false;
    dropReached(Key, Why);
    if (!Changed) {
      // Only the module itself is needed here, and that cannot be done.
      R.Refused = "PyState_FindModule() finds nothing under multi-phase "
                  "initialisation, and '" +
                  I.Functions.at(Key).Name + "' needs it: " + Why;
      Modes.clear();
    }
    Changed |= Before;
  }

  void dropReached(const std::string &Key, const std::string &Why) {
    std::set<std::string> Reached{Key};
    std::vector<std::string> Work{Key};
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

  void checkReferences(Entity &E) {
    const Variable &V = *E.V;
    for (const Reference &Ref : V.References) {
      if (!Ref.Token.valid()) {
        drop(E, "its name is pasted together by a macro");
        return;
      }
      if (StringRef(I.Files[Ref.Token.File].Path).contains("/clinic/")) {
        drop(E,
             "code that Argument Clinic has written mentions it; change its "
             "input",
             Ref.Token);
        return;
      }
      if (Ref.Function.empty() ||
          (!Ref.Table.empty() && Ref.Function.empty())) {
        bool Handled = E.T && Ref.TableField == "tp_base" && moves(Ref.Table);
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
      if (V.Declarators[N] > 1) {
        // All of the declaration moves, or none of it.
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
    if (!V.Initialiser.empty() && !E.T && !V.Local) {
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

  /// A mention of the variable that no configuration explains.
  Place unexplained(const Variable &V) const {
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
      for (size_t At = T.find(V.Name); At != StringRef::npos;
           At = T.find(V.Name, At + 1)) {
        if ((At && isWord(T[At - 1])) ||
            (At + V.Name.size() < T.size() && isWord(T[At + V.Name.size()])))
          continue;
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
        return {int(F), unsigned(At), unsigned(At + V.Name.size())};
      }
    }
    return {};
  }

  unsigned nameIn(Place P, StringRef Name) const {
    StringRef T = I.text(P);
    for (size_t At = T.find(Name); At != StringRef::npos;
         At = T.find(Name, At + 1))
      if ((!At || !isWord(T[At - 1])) &&
          (At + Name.size() >= T.size() || !isWord(T[At + Name.size()])))
        return P.Begin + At;
    return P.Begin;
  }

  bool inDeclaration(const Variable &V, int File, unsigned At) const {
    return any_of(V.Declarations, [&](const Place &P) {
      return P.File == File && P.Begin <= At && At < P.End &&
             (nameIn(P, V.Name) == At);
    });
  }

  bool inFunction(const std::string &Key, int File, unsigned At) const {
    const Function *F = function(Key);
    return F && F->Body.File == File && F->Body.Begin <= At && At < F->Body.End;
  }

  bool isDead(int File, unsigned At) const {
    return any_of(I.Files[File].Inactive, [&](const auto &P) {
      return !P.second && P.first.Begin <= At && At < P.first.End;
    });
  }

  /// Whether \p At is in a comment or in a string.
  bool inComment(StringRef T, size_t At) const {
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

  // --- Types ----------------------------------------------------------------

  void prepareTypes() {
    for (auto &[Key, E] : Entities) {
      if (!E.T)
        continue;
      E.Slots = E.T->Slots;
      E.Base = E.T->Base;
      E.ForeignBase = E.T->ForeignBase;
      for (const ApiUse &U : I.Uses)
        if (U.Name == "PyType_Ready" && U.Type == Key)
          E.Ready.push_back(&U);
      std::set<std::string> Fields;
      for (const TypeAssignment &A : I.Assignments) {
        if (A.Type != Key)
          continue;
        if (!A.Statement.valid() || RunTime.count(A.Function)) {
          drop(E, "'" + A.Field + "' is assigned where it cannot be moved",
               A.Statement);
          continue;
        }
        if (!Fields.insert(A.Field).second) {
          drop(E, "'" + A.Field + "' is assigned more than once", A.Statement);
          continue;
        }
        if (A.Field == "tp_base") {
          if (!A.ValueVariable.empty())
            E.Base = A.ValueVariable;
          else
            E.ForeignBase = A.Value;
        } else if (A.Field == "ob_type") {
          if (A.ValueName != "PyType_Type")
            drop(E, "its metaclass is not 'type'", A.Statement);
        } else if (StringRef(A.Field).starts_with("tp_") &&
                   A.Field != "tp_dict" && A.Field != "tp_flags" &&
                   !A.ValueName.empty()) {
          static const std::set<StringRef> Dropped{"tp_alloc", "tp_free"};
          if (Dropped.count(A.Field)) {
            static const std::set<StringRef> Default{
                "PyType_GenericAlloc", "PyObject_Free", "PyObject_Del",
                "PyObject_GC_Del"};
            if (!Default.count(A.ValueName))
              drop(E, "it has an allocator of its own", A.Statement);
          } else {
            StaticType::Slot S;
            S.Id = "Py_" + A.Field;
            S.Value = (Cxx ? "(void *)" : "") + A.ValueName;
            S.Function = A.ValueFunction;
            E.Slots.erase(std::remove_if(E.Slots.begin(), E.Slots.end(),
                                         [&](const StaticType::Slot &Old) {
                                           return Old.Id == S.Id;
                                         }),
                          E.Slots.end());
            E.Slots.push_back(S);
          }
        } else if (A.ValueIsNull) {
          // Nothing to set.
        } else {
          drop(E, "'" + A.Field + "' is assigned while the module is imported",
               A.Statement);
        }
        E.Absorbed.push_back(&A);
      }
    }
  }

  bool hasSlot(const Entity &E, StringRef Id) const {
    return any_of(E.Slots,
                  [&](const StaticType::Slot &S) { return S.Id == Id; });
  }
  std::string slotFunction(const Entity &E, StringRef Id) const {
    for (const StaticType::Slot &S : E.Slots)
      if (S.Id == Id)
        return S.Function.empty() ? "?" : S.Function;
    return "";
  }

  bool contains(Place Outer, Place Inner) const {
    return Outer.File == Inner.File && Outer.Begin <= Inner.Begin &&
           Inner.End <= Outer.End;
  }

  void checkType(Entity &E) {
    const StaticType &T = *E.T;
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
    for (const ApiUse &U : I.Uses) {
      if (U.Type != T.Key)
        continue;
      if (U.Name == "PyObject_Init" || U.Name == "PyObject_InitVar" ||
          U.Name == "PyObject_INIT") {
        drop(E, "objects of it are made in memory of their own", U.Whole);
        return;
      }
      if (StringRef(U.Name).starts_with("PyStructSequence_InitType")) {
        drop(E, "it is a struct sequence", U.Whole);
        return;
      }
      if (StringRef(U.Name).starts_with("PyObject_New") ||
          StringRef(U.Name).starts_with("PyObject_NEW")) {
        bool Found = U.Whole.valid() && U.Args.size() >= 2 &&
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
      drop(E, "its deallocator is '" + T.ForeignDealloc + "'");
      return;
    }
    if (!Dealloc.empty()) {
      const Function *F = function(Dealloc);
      if (!F || F->Parameters.size() != 1 || !F->Body.valid()) {
        drop(E, "its deallocator is not in these files");
        return;
      }
      if (frees(Dealloc).empty()) {
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
    if (!T.Offsets.empty() && !T.Members.empty() && !T.MembersEnd.valid()) {
      drop(E, "the end of its member table was not found");
      return;
    }
  }

  std::string selfOf(const Function &F) const { return F.Parameters[0].Name; }

  /// A local that is nothing but the object, cast: `PyObject *o = (PyObject
  /// *)self`.
  bool isAliasOfSelf(const Function &F, StringRef Name) const {
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

  /// What gives the memory of a dying object back.
  std::vector<const ApiUse *> frees(const std::string &Dealloc) const {
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

  // --- Whether PyInit_ can be split -----------------------------------------

  std::string whyNoSplit() {
    if (!Body)
      return "the function that creates the module was not found";
    if (!M.CreateStatement.valid() || M.CreateStatement.File != Body->Body.File)
      return "the call of PyModule_Create() is written by a macro";
    if (!M.DefDeclaration.valid())
      return "the definition of '" + M.DefName + "' was not found in the text";
    if (!Body->Header.valid())
      return "the beginning of '" + Body->Name + "' was not found";
    for (const Return &Ret : I.Returns) {
      if (Ret.Function != BodyKey)
        continue;
      if (!Ret.Whole.valid())
        return "a return of '" + Body->Name + "' is written by a macro";
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
          Init->Body.File != Body->Body.File ||
          Init->Body.Begin < Body->Body.End)
        return "'" + Body->Name + "' creates the module for PyInit_" + M.Name +
               " in a way that is not understood";
    }
    return "";
  }

  // --- Edits ----------------------------------------------------------------

  void edit(Place P, std::string Text) {
    for (const Edit &Old : R.Edits)
      if (Old.Where == P && Old.Text == Text)
        return;
    R.Edits.push_back({P, std::move(Text)});
  }
  void insert(int File, unsigned At, std::string Text) {
    edit({File, At, At}, std::move(Text));
  }

  /// \p P with its line when nothing else is on it.
  Place wholeLine(Place P) const {
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

  std::string indentAt(Place P) const {
    StringRef T = I.Files[P.File].Text;
    size_t Begin = T.rfind('\n', P.Begin ? P.Begin - 1 : 0);
    Begin = Begin == StringRef::npos ? 0 : Begin + 1;
    return T.substr(Begin)
        .take_while([](char C) { return C == ' ' || C == '\t'; })
        .str();
  }

  /// One level of indentation in the main file.
  std::string indent() const {
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

  std::string access(const Entity &E) const {
    return StateName + "->" + E.Field;
  }

  void emit() {
    In = indent();
    Multi = multiFile();
    bool NeedState =
        any_of(Entities, [](const auto &P) { return P.second.Drop.empty(); });
    WithState = NeedState;
    chooseModuleWord();
    emitReferences();
    emitFunctions();
    emitFinds();
    emitReleases();
    emitTypes();
    if (WithState || UsesModuleByType)
      emitStateStruct();
    emitModule();
  }

  bool multiFile() const {
    std::set<int> Files;
    for (const auto &[Key, F] : Modes)
      if (const Function *Fn = function(Key))
        Files.insert(Fn->Body.File);
    Files.insert(MainFile);
    return Files.size() > 1;
  }

  void emitReferences() {
    for (const auto &[Key, E] : Entities) {
      if (!E.Drop.empty())
        continue;
      for (const Reference &Ref : E.V->References) {
        if (Ref.Function.empty())
          continue; // Inside a type's definition, which goes.
        if (skipped(Ref.Token))
          continue;
        if (!E.T) {
          edit(Ref.Token, access(E));
        } else if (Ref.AddressOf.valid()) {
          edit({Ref.Token.File, Ref.AddressOf.Begin, Ref.Token.End}, access(E));
        } else if (Ref.Member.valid()) {
          edit({Ref.Token.File, Ref.Token.Begin, Ref.Member.End},
               access(E) + "->");
        } else {
          edit(Ref.Token, "(*" + access(E) + ")");
        }
      }
      for (const Place &P : E.V->Declarations)
        if (!E.T || !(P == E.T->Definition))
          removeDeclaration(P);
    }
  }

  /// Memory of an object that is given back without its deallocator, and
  /// references that a failing import gives back although the state has them.
  void emitReleases() {
    for (const ApiUse &U : I.Uses) {
      if (!U.Whole.valid() || U.Args.empty() || skipped(U.Whole))
        continue;
      if ((U.Name == "Py_DECREF" || U.Name == "Py_XDECREF") &&
          moves(U.ArgVariable) && !RunTime.count(U.Function) &&
          !Entities.at(U.ArgVariable).T && Entities.at(U.ArgVariable).Owned) {
        edit({U.Whole.File, U.Whole.Begin,
              U.Whole.Begin + unsigned(U.Name.size())},
             "Py_CLEAR");
        continue;
      }
      if (U.Name != "PyModule_AddObject" || U.Args.size() != 3 ||
          !moves(U.ArgVariable) || Entities.at(U.ArgVariable).T ||
          !Entities.at(U.ArgVariable).Owned)
        continue;
      bool Increased = any_of(I.Uses, [&](const ApiUse &Other) {
        return (Other.Name == "Py_INCREF" || Other.Name == "Py_XINCREF") &&
               Other.ArgVariable == U.ArgVariable &&
               Other.Function == U.Function;
      });
      if (!Increased && U.Statement.valid())
        insert(U.Statement.File, U.Statement.Begin,
               "Py_XINCREF(" + access(Entities.at(U.ArgVariable)) + ");\n" +
                   indentAt(U.Statement));
      else if (!Increased)
        R.Refused = "'" + Entities.at(U.ArgVariable).V->Name +
                    "' is given to PyModule_AddObject() without a reference of "
                    "its own";
    }
  }

  void removeDeclaration(Place P) {
    Place L = wholeLine(P);
    // An empty line before and after: keep one.
    StringRef T = I.Files[L.File].Text;
    if (L.Begin >= 2 && T[L.Begin - 1] == '\n' && T[L.Begin - 2] == '\n' &&
        L.End < T.size() && T[L.End] == '\n')
      ++L.End;
    edit(L, "");
  }

  /// The reference is in text that another edit replaces.
  bool skipped(Place P) const {
    return any_of(Replaced, [&](const Place &Q) { return contains(Q, P); });
  }

  std::string fetch(const Function &F) const {
    const std::string &Self = selfName(F);
    bool ModuleSelf = has(F, Root::ModuleMethod) || has(F, Root::ModuleHook);
    bool TypeSelf = has(F, Root::TypeSlot) || has(F, Root::ClassMethod);
    bool Binary = has(F, Root::BinarySlot);
    bool ObjectSelf = has(F, Root::SelfSlot) || has(F, Root::TypeMethod);
    std::string Module = Prefix + "_get_state(" + asObject(F, 0) + ")";
    std::string ByType = Prefix + "_get_state_by_type(Py_TYPE(" + Self + "))";
    if (ModuleSelf && ObjectSelf)
      return "PyModule_Check(" + Self + ") ? " + Module + " : " + ByType;
    if (ModuleSelf)
      return Module;
    if (TypeSelf) {
      std::string Cast =
          StringRef(F.Parameters[0].Type).contains("PyTypeObject")
              ? Self
              : "(PyTypeObject *)" + Self;
      return Prefix + "_get_state_by_type(" + Cast + ")";
    }
    if (Binary && F.Parameters.size() >= 2)
      return Prefix + "_get_state_by_operands(" + asObject(F, 0) + ", " +
             asObject(F, 1) + ")";
    return ByType;
  }

  std::string asObject(const Function &F, unsigned N) const {
    std::string Name = parameterName(F, N);
    StringRef T = F.Parameters[N].Type;
    if (T == "PyObject *" || T.contains("PyObject *"))
      return Name;
    return "(PyObject *)" + Name;
  }

  std::string selfName(const Function &F) const { return parameterName(F, 0); }

  std::string parameterName(const Function &F, unsigned N) const {
    const Parameter &P = F.Parameters[N];
    StringRef Name = P.Name;
    if (Name.consume_front("_unused_"))
      return Name.str();
    return P.Name.empty() ? (N ? "other" : "self") : P.Name;
  }

  /// Gives a name to a parameter that has none or that is marked as unused.
  void nameParameter(const Function &F, unsigned N) {
    const Parameter &P = F.Parameters[N];
    if (!P.Written.valid())
      return;
    StringRef T = I.text(P.Written);
    if (StringRef(P.Name).starts_with("_unused_")) {
      size_t At = T.find("Py_UNUSED");
      size_t End = T.find(')', At);
      if (At != StringRef::npos && End != StringRef::npos)
        edit({P.Written.File, unsigned(P.Written.Begin + At),
              unsigned(P.Written.Begin + End + 1)},
             parameterName(F, N));
    } else if (P.Name.empty()) {
      insert(P.Written.File, P.Written.End,
             (T.ends_with("*") ? "" : " ") + parameterName(F, N));
    }
  }

  std::string moduleParameter(const Function &F) const {
    for (const Parameter &P : F.Parameters)
      if (StringRef(P.Type).starts_with("PyObject *") &&
          (P.Name == ModuleName || P.Name == "module" || P.Name == "mod" ||
           P.Name == "m"))
        return P.Name;
    return "";
  }

  /// The name under which functions know the module.
  std::string moduleVariable() const { return ModuleWord; }

  void chooseModuleWord() {
    for (const char *Name : {"module", "mod", "this_module"}) {
      ModuleWord = Name;
      bool Free = !I.Macros.count(Name) && M.DefName != Name;
      for (const std::string &Key : ModuleUsers) {
        auto It = I.Functions.find(Key);
        if (It == I.Functions.end() || Key == BodyKey)
          continue;
        Free &= !It->second.Locals.count(Name);
        for (unsigned N = 0; N < It->second.Parameters.size(); ++N) {
          const Parameter &P = It->second.Parameters[N];
          if (P.Name == Name && !(StringRef(P.Type).starts_with("PyObject *") &&
                                  (N == 0 || It->second.Roots.empty())))
            Free = false;
        }
      }
      if (Free)
        break;
    }
  }

  /// The module in a function that is called with one of its objects.
  std::string fetchModule(const Function &F) const {
    if (has(F, Root::ModuleMethod) || has(F, Root::ModuleHook))
      return asObject(F, 0);
    std::string Type = "Py_TYPE(" + selfName(F) + ")";
    if (has(F, Root::TypeSlot) || has(F, Root::ClassMethod))
      Type = "(PyTypeObject *)" + selfName(F);
    return Prefix + "_get_module_by_type(" + Type + ")";
  }

  bool inBody(const ApiUse &U) const {
    return U.Function == BodyKey && Body && contains(Body->Body, U.Whole);
  }

  void emitFinds() {
    for (const ApiUse *U : finds()) {
      if (skipped(U->Whole))
        continue;
      replaceAll(U->Whole);
      edit(U->Whole, inBody(*U) ? ModuleName : moduleVariable());
    }
    for (const std::string &Key : ModuleUsers) {
      auto It = I.Functions.find(Key);
      auto Is = Modes.find(Key);
      if (It == I.Functions.end() || Is == Modes.end())
        continue;
      bool Finds = any_of(finds(), [&](const ApiUse *U) {
        return U->Function == Key && !inBody(*U);
      });
      bool Hands = any_of(I.Calls, [&](const Call &C) {
        auto To = Modes.find(C.Callee);
        return C.Caller == Key && To != Modes.end() &&
               To->second == Mode::ModuleParameter;
      });
      if (!Finds && (!Hands || Key == BodyKey))
        continue;
      const Function &F = It->second;
      std::string Value;
      if (Is->second == Mode::Local)
        Value = fetchModule(F);
      else if (Is->second == Mode::Exec)
        Value = ModuleName;
      if (Value.empty() || Value == moduleVariable())
        continue;
      if (Is->second == Mode::Local)
        nameParameter(F, 0);
      declare(F, "PyObject *" + moduleVariable() + " = " + Value + ";");
      UsesModuleByType |= StringRef(Value).contains("_get_module_by_type");
    }
    // Types of the module have to know it.
    if (WithState || !finds().empty())
      for (const ApiUse &U : I.Uses) {
        if (!StringRef(U.Name).starts_with("PyType_FromSpec") ||
            U.Function != BodyKey || !U.Whole.valid() || U.Args.empty())
          continue;
        edit({U.Whole.File, U.Whole.Begin,
              U.Whole.Begin + unsigned(U.Name.size())},
             "PyType_FromModuleAndSpec");
        StringRef T = I.text(U.Whole);
        unsigned Open = U.Whole.Begin + T.find('(') + 1;
        insert(U.Whole.File, Open, ModuleName + ", ");
        if (U.Name == "PyType_FromSpec")
          insert(U.Whole.File, U.Whole.End - 1, ", NULL");
      }
  }

  void emitFunctions() {
    for (const auto &[Key, Is] : Modes) {
      auto It = I.Functions.find(Key);
      if (It == I.Functions.end())
        continue;
      const Function &F = It->second;
      if (Is == Mode::Local) {
        if (!mentioned().count(Key) && !handsState(Key))
          continue; // Only the module itself.
        nameParameter(F, 0);
        if (has(F, Root::BinarySlot) && F.Parameters.size() >= 2)
          nameParameter(F, 1);
        declareState(F, fetch(F));
      } else if (Is == Mode::Exec) {
        if (mentioned().count(Key) || handsState(Key))
          declareState(F, Prefix + "_get_state(" + ModuleName + ")");
      } else if (Is == Mode::Parameter) {
        addParameter(F, StateType + " *" + StateName, StateName);
      } else if (Is == Mode::ModuleParameter) {
        std::string Own = moduleParameter(F);
        if (Own.empty()) {
          Own = moduleVariable();
          addParameter(F, "PyObject *" + Own, "");
        } else if (Own != moduleVariable() &&
                   any_of(finds(), [&](const ApiUse *U) {
                     return U->Function == F.Key;
                   })) {
          declare(F, "PyObject *" + moduleVariable() + " = " + Own + ";");
        }
        if (mentioned().count(Key) || handsState(Key))
          declareState(F, Prefix + "_get_state(" + Own + ")");
      }
    }
    // Calls of functions that got the module.
    for (const auto &[Key, Is] : Modes) {
      if (Is != Mode::ModuleParameter)
        continue;
      const Function &F = I.Functions.at(Key);
      if (!moduleParameter(F).empty())
        continue;
      for (const Call &C : I.Calls)
        if (C.Callee == Key && !skipped(C.Open))
          edit(C.Open, moduleIn(C.Caller) + (C.HasArguments ? ", " : ""));
    }
  }

  std::string moduleIn(const std::string &Key) const {
    if (Key == BodyKey)
      return ModuleName;
    const Function *F = function(Key);
    std::string Own = F && F->Roots.empty() ? moduleParameter(*F) : "";
    return Own.empty() ? moduleVariable() : Own;
  }

  /// Calls a function that is given the state.
  bool handsState(const std::string &Key) const {
    return any_of(I.Calls, [&](const Call &C) {
      auto To = Modes.find(C.Callee);
      return C.Caller == Key && To != Modes.end() &&
             To->second == Mode::Parameter;
    });
  }

  void declareState(const Function &F, const std::string &Value) {
    declare(F, StateType + " *" + StateName + " = " + Value + ";");
  }

  void declare(const Function &F, const std::string &Decl) {
    StringRef T = I.Files[F.Body.File].Text;
    unsigned At = F.FirstStatement;
    StringRef Rest = T.substr(At).take_until([](char C) { return C == '\n'; });
    StringRef Trimmed = Rest.trim();
    if (Trimmed.empty() || Trimmed.starts_with("/*") ||
        Trimmed.starts_with("//")) {
      std::string Ind = In;
      size_t Line = At + Rest.size() + 1;
      StringRef Next = T.substr(std::min(Line, T.size()));
      std::string Seen =
          Next.take_while([](char C) { return C == ' ' || C == '\t'; }).str();
      if (!Seen.empty() && !Next.ltrim(" \t").starts_with("\n"))
        Ind = Seen;
      insert(F.Body.File, At + Rest.size(), "\n" + Ind + Decl);
    } else {
      insert(F.Body.File, At, " " + Decl);
    }
  }

  void addParameter(const Function &F, const std::string &Text,
                    const std::string &Argument) {
    for (const Function::ParameterList &L : F.Lists) {
      if (L.Void.valid())
        edit(L.Void, Text);
      else
        edit(L.Open, Text + (L.Empty ? "" : ", "));
    }
    if (Argument.empty())
      return;
    for (const Call &C : I.Calls)
      if (C.Callee == F.Key && !skipped(C.Open))
        edit(C.Open, Argument + (C.HasArguments ? ", " : ""));
  }

  // --- Types ----------------------------------------------------------------

  bool anyType() const {
    return any_of(Entities, [](const auto &P) {
      return P.second.T && P.second.Drop.empty();
    });
  }

  std::string immutable() const {
    return O.MinMinor >= 10 ? "Py_TPFLAGS_IMMUTABLETYPE"
                            : upper(Prefix) + "_IMMUTABLETYPE";
  }
  std::string notCallable() const {
    return O.MinMinor >= 10 ? "Py_TPFLAGS_DISALLOW_INSTANTIATION"
                            : upper(Prefix) + "_DISALLOW_INSTANTIATION";
  }
  static std::string upper(StringRef S) { return S.upper(); }

  /// True when the type gets the flag, its traverse and its dealloc; a type
  /// that only inherits them does not.
  bool isHeapBase(const Entity &E) const {
    return !E.Base.empty() && moves(E.Base);
  }

  void emitTypes() {
    for (auto &[Key, E] : Entities) {
      if (!E.T || !E.Drop.empty())
        continue;
      const StaticType &T = *E.T;
      std::string Members = T.Members;
      std::string Before;
      // Offsets that a spec takes as members.
      if (!T.Offsets.empty()) {
        includeStructMember(T.Definition.File);
        if (T.MembersEnd.valid()) {
          std::string Lines;
          for (const std::string &Entry : T.Offsets)
            Lines += Entry + ",\n" + indentAt(T.MembersEnd);
          insert(T.MembersEnd.File, T.MembersEnd.Begin, Lines);
        } else {
          Members = T.Name + "_members";
          Before += "static PyMemberDef " + Members + "[] = {\n";
          for (const std::string &Entry : T.Offsets)
            Before += In + Entry + ",\n";
          Before += In + "{NULL, 0, 0, 0, NULL}\n};\n\n";
          E.Slots.push_back({"Py_tp_members", Members, ""});
        }
      }
      std::string Dealloc = slotFunction(E, "Py_tp_dealloc");
      std::string Traverse = slotFunction(E, "Py_tp_traverse");
      // Collector.
      bool Gc = true;
      std::string Flags = T.Flags;
      const bool Inherits = isHeapBase(E) && Traverse.empty() &&
                            Dealloc.empty() && E.T->Owned.empty();
      if (Inherits) {
        Gc = false;
      } else if (Traverse.empty()) {
        std::string Name = T.Name + "_traverse";
        Name[0] = toLower(Name[0]);
        while (I.Macros.count(Name) || functionNamed(Name))
          Name += "_";
        Before += traverseText(T, Name);
        E.Slots.push_back(
            {"Py_tp_traverse", (Cxx ? "(void *)" : "") + Name, ""});
      } else {
        visitType(Traverse);
      }
      if (Gc && !T.HasGc)
        Flags += " | Py_TPFLAGS_HAVE_GC";
      if (foreignBaseIsImmutable(E))
        Flags += " | " + immutable();
      const bool Callable =
          hasSlot(E, "Py_tp_new") || !E.Base.empty() ||
          (!E.ForeignBase.empty() &&
           !StringRef(E.ForeignBase).contains("PyBaseObject_Type"));
      if (!Callable) {
        Flags += " | " + notCallable();
        AnyNotCallable = true;
      }
      if (!Dealloc.empty())
        rewriteDealloc(Dealloc);
      std::string Text = Before;
      Text += "static PyType_Slot " + T.Name + "_slots[] = {\n";
      for (const StaticType::Slot &S : E.Slots)
        Text += In + "{" + S.Id + ", " + S.Value + "},\n";
      Text += In + "{0, NULL}\n};\n\n";
      std::string Storage = Multi && !E.V->Static ? "" : "static ";
      std::string Name = T.NameText;
      if (!T.TpName.empty() && T.TpName.find('.') == std::string::npos) {
        std::string Full = M.FullName.empty() ? M.Name : M.FullName;
        Name = "\"" + Full + "." + T.TpName + "\"";
      }
      std::string Size = T.BasicSize.empty() ? "0" : T.BasicSize;
      Text += Storage + "PyType_Spec " + T.Name + "_spec = {\n";
      if (Cxx) {
        Text += In + Name + ",\n" + In + "(int)(" + Size + "),\n" + In +
                (T.ItemSize.empty() ? "0" : T.ItemSize) + ",\n" + In +
                "(unsigned int)(" + Flags + "),\n" + In + T.Name + "_slots\n";
      } else {
        Text += In + ".name = " + Name + ",\n";
        Text += In + ".basicsize = " + Size + ",\n";
        if (!T.ItemSize.empty())
          Text += In + ".itemsize = " + T.ItemSize + ",\n";
        Text += In + ".flags = " + Flags + ",\n";
        Text += In + ".slots = " + T.Name + "_slots,\n";
      }
      Text += "};";
      replaceAll(T.Definition);
      edit(T.Definition, Text);
      for (const std::string &Sub : T.SubTables)
        removeSubTable(Sub);
      for (const TypeAssignment *A : E.Absorbed) {
        replaceAll(A->Statement);
        edit(wholeLine(A->Statement), "");
      }
      createType(E);
      registerType(E);
    }
    rewriteAllocations();
    rewriteFrees();
  }

  /// Functions that an initialiser of a type is or calls.
  std::set<std::string> initReach() const {
    std::set<std::string> Out;
    std::vector<std::string> Work;
    for (const auto &[Key, E] : Entities)
      if (E.T)
        if (std::string F = slotFunction(E, "Py_tp_init"); Out.insert(F).second)
          Work.push_back(F);
    while (!Work.empty()) {
      std::string F = Work.back();
      Work.pop_back();
      for (const Call &C : I.Calls)
        if (C.Caller == F && Out.insert(C.Callee).second)
          Work.push_back(C.Callee);
    }
    return Out;
  }

  /// Memory of objects that is given back outside of their deallocator.
  void rewriteFrees() {
    std::set<std::string> Structs;
    for (const auto &[Key, E] : Entities)
      if (E.T && E.Drop.empty() && !E.T->InstanceStruct.empty())
        Structs.insert(E.T->InstanceStruct);
    static const std::set<StringRef> Names{"PyObject_Del", "PyObject_DEL",
                                           "PyObject_Free", "PyObject_FREE",
                                           "PyObject_GC_Del"};
    std::set<std::string> Init = initReach();
    for (const ApiUse &U : I.Uses) {
      if (!Names.count(U.Name) || Deallocs.count(U.Function) ||
          !Structs.count(U.ArgStruct) || !U.Whole.valid() || U.Args.empty() ||
          skipped(U.Whole))
        continue;
      if (Init.count(U.Function) && U.Statement.valid()) {
        // Whoever called tp_init releases the object when that fails.
        R.Left.push_back(
            {"'" + I.text(U.Statement).str() + "'", U.Statement,
             "removed: the object is freed once more by the caller "
             "of tp_init"});
        replaceAll(U.Statement);
        if (U.NeedsBraces)
          edit(U.Statement, ";");
        else
          edit(wholeLine(U.Statement), "");
        continue;
      }
      UsesFreeObject = true;
      replaceAll(U.Whole);
      edit(U.Whole, Prefix + "_free_object((PyObject *)" + U.Args[0] + ")");
    }
  }

  /// Forgets edits within \p P, because something else replaces it.
  void replaceAll(Place P) {
    for (size_t N = R.Edits.size(); N-- > 0;)
      if (contains(P, R.Edits[N].Where))
        R.Edits.erase(R.Edits.begin() + N);
    Replaced.push_back(P);
  }

  /// T_PYSSIZET and READONLY are in Python.h since 3.12 under other names.
  void includeStructMember(int File) {
    if (I.Headers.count("structmember.h"))
      return;
    StringRef T = I.Files[File].Text;
    size_t At = T.find("Python.h");
    size_t Line = At == StringRef::npos ? StringRef::npos : T.find('\n', At);
    insert(File, Line == StringRef::npos ? 0 : Line + 1,
           "#include <structmember.h>\n");
  }

  bool functionNamed(StringRef Name) const {
    return any_of(I.Functions,
                  [&](const auto &P) { return P.second.Name == Name; });
  }

  bool foreignBaseIsImmutable(const Entity &E) const {
    if (E.ForeignBase.empty())
      return true;
    StringRef B = StringRef(E.ForeignBase).trim();
    B.consume_front("&");
    return B.starts_with("Py");
  }

  std::string traverseText(const StaticType &T, const std::string &Name) {
    std::string Self = T.InstanceStruct.empty() || T.Owned.empty()
                           ? "PyObject *self"
                           : "PyObject *self_object";
    std::string Text = "static int\n" + Name + "(" + Self +
                       ", visitproc visit, void *arg)\n{\n";
    if (!T.Owned.empty() && !T.InstanceStruct.empty()) {
      Text += In + structName(T) + " *self = (" + structName(T) +
              " *)self_object;\n";
      Text += In + "Py_VISIT(Py_TYPE(self_object));\n";
      for (const std::string &Field : T.Owned)
        Text += In + "Py_VISIT(self->" + Field + ");\n";
    } else {
      Text += In + "Py_VISIT(Py_TYPE(self));\n";
    }
    return Text + In + "return 0;\n}\n\n";
  }

  /// The instance struct as the file spells it in sizeof().
  std::string structName(const StaticType &T) const {
    StringRef S = T.BasicSize;
    size_t Open = S.find('(');
    if (S.trim().starts_with("sizeof") && Open != StringRef::npos)
      return S.slice(Open + 1, S.find(')', Open)).trim().str();
    return T.InstanceStruct;
  }

  void visitType(const std::string &Key) {
    const Function *F = function(Key);
    if (!F)
      return;
    StringRef T = I.text(F->Body);
    if (T.contains("Py_VISIT(Py_TYPE("))
      return;
    // After the declarations: found as the first line that begins with a
    // statement of the traverse idiom.
    size_t At = std::min({T.find("Py_VISIT"), T.find("return"), T.find("if "),
                          T.find("if("), T.find("for "), T.find("for("),
                          T.find("while"), T.find("visit(")});
    if (At == StringRef::npos)
      At = T.size() - 1;
    std::string Ind = indentAt({F->Body.File, unsigned(F->Body.Begin + At),
                                unsigned(F->Body.Begin + At)});
    std::string Line = "Py_VISIT(Py_TYPE(" + selfOf(*F) + "));";
    if (T.slice(0, At).contains('\n'))
      insert(F->Body.File, F->Body.Begin + At, Line + "\n" + Ind);
    else
      insert(F->Body.File, F->Body.Begin + At, Line + " ");
  }

  void rewriteDealloc(const std::string &Key) {
    if (!Deallocs.insert(Key).second)
      return;
    const Function *F = function(Key);
    const std::string Self = selfOf(*F);
    StringRef T = I.text(F->Body);
    bool Untracked = T.contains("PyObject_GC_UnTrack") ||
                     T.contains("_PyObject_GC_UNTRACK") ||
                     T.contains("PyObject_GC_UNTRACK");
    std::string Type = "tp";
    for (const char *Name : {"tp", "type", "heap_type"}) {
      Type = Name;
      if (!F->Locals.count(Name) && Self != Name)
        break;
    }
    StringRef Rest =
        T.drop_front(1).take_until([](char C) { return C == '\n'; });
    bool OneLine = !Rest.trim().empty() && !Rest.trim().starts_with("/*") &&
                   !Rest.trim().starts_with("//");
    std::string Sep = OneLine ? " " : "\n" + In;
    std::string Start =
        Sep + "PyTypeObject *" + Type + " = Py_TYPE(" + Self + ");";
    unsigned At = F->Body.Begin + 1 + (OneLine ? 0 : Rest.size());
    insert(F->Body.File, At, Start);
    if (!Untracked) {
      // The first statement after the declarations.
      unsigned First = firstStatement(*F);
      if (OneLine)
        insert(F->Body.File, First, "PyObject_GC_UnTrack(" + Self + "); ");
      else
        insert(F->Body.File, First,
               "PyObject_GC_UnTrack(" + Self + ");\n" +
                   indentAt({F->Body.File, First, First}));
    }
    for (const ApiUse *U : frees(Key)) {
      std::string Ind = indentAt(U->Statement);
      if (U->Name == "tp_dealloc") {
        if (moves(U->Type))
          continue; // It releases the type.
        std::string New = I.text(U->Statement).str() + "\n" + Ind +
                          "Py_DECREF(" + Type + ");";
        replaceStatement(U->Statement, New, U->NeedsBraces);
        continue;
      }
      std::string Free = Type + "->tp_free((PyObject *)" + Self + ");\n" + Ind +
                         "Py_DECREF(" + Type + ");";
      replaceStatement(U->Statement, Free, U->NeedsBraces);
    }
  }

  void replaceStatement(Place P, std::string Text, bool Braces) {
    replaceAll(P);
    if (Braces) {
      std::string Ind = indentAt(P);
      Text =
          "{\n" + Ind + Text + "\n" +
          Ind.substr(0, Ind.size() >= In.size() ? Ind.size() - In.size() : 0) +
          "}";
    }
    edit(P, Text);
  }

  /// Offset of the first statement that is no declaration. Declarations are
  /// recognised by their form.
  unsigned firstStatement(const Function &F) const {
    StringRef T = I.text(F.Body);
    size_t At = 1;
    for (;;) {
      // Skip white space, comments and directives.
      for (;;) {
        size_t Next = T.find_first_not_of(" \t\r\n", At);
        if (Next == StringRef::npos)
          return F.Body.End - 1;
        At = Next;
        if (T.substr(At).starts_with("/*"))
          At = T.find("*/", At) + 2;
        else if (T.substr(At).starts_with("//") || T[At] == '#')
          At = T.find('\n', At);
        else
          break;
      }
      size_t Semi = T.find(';', At);
      if (Semi == StringRef::npos)
        return F.Body.Begin + At;
      StringRef S = T.slice(At, Semi);
      // "Type *name", "Type name = ...", "const char *x".
      StringRef Head =
          S.take_until([](char C) { return C == '=' || C == '('; });
      if (S.contains('{') || Head.trim().empty())
        return F.Body.Begin + At;
      SmallVector<StringRef, 8> Words;
      std::string Spaced;
      for (char C : Head)
        Spaced += isWord(C) ? C : ' ';
      StringRef(Spaced).split(Words, ' ', -1, false);
      bool Keyword =
          !Words.empty() &&
          (Words[0] == "return" || Words[0] == "if" || Words[0] == "goto" ||
           Words[0] == "for" || Words[0] == "while" || Words[0] == "do" ||
           Words[0] == "switch");
      bool Arrow =
          Head.contains("->") || Head.contains('.') || Head.contains('[');
      bool Decl = !Keyword && !Arrow && Words.size() >= 2 &&
                  (S.contains('=') ? true : !S.contains('('));
      if (!Decl)
        return F.Body.Begin + At;
      At = Semi + 1;
    }
  }

  void removeSubTable(const std::string &Key) {
    const Variable &V = I.Variables.at(Key);
    // Other types may use it.
    for (const auto &[K, T] : I.Types)
      if (is_contained(T.SubTables, Key) && !moves(K))
        return;
    for (const Reference &Ref : V.References)
      if (!Ref.Function.empty())
        return;
    for (const Place &P : V.Declarations)
      removeDeclaration(P);
  }

  std::string baseText(const Entity &E) const {
    if (!E.Base.empty()) {
      if (moves(E.Base))
        return access(Entities.at(E.Base));
      return "&" + I.Variables.at(E.Base).Name;
    }
    if (!E.ForeignBase.empty() &&
        !StringRef(E.ForeignBase).contains("PyBaseObject_Type"))
      return E.ForeignBase;
    return "NULL";
  }

  std::string createCall(const Entity &E, const std::string &Module) const {
    return Prefix + "_create_type(" + Module + ", &" + E.T->Name + "_spec, " +
           baseText(E) + ", &" + access(E) + ")";
  }

  void createType(Entity &E) {
    if (E.Ready.empty()) {
      AtExecStart.push_back(&E);
      return;
    }
    for (const ApiUse *U : E.Ready) {
      replaceAll(U->Whole);
      edit(U->Whole, createCall(E, moduleIn(U->Function)));
    }
  }

  /// PyModule_AddObject() takes a reference; a static type did not mind when
  /// it was not given one.
  void registerType(Entity &E) {
    // A static type could be given references that nobody gives back.
    std::vector<const ApiUse *> Increments;
    unsigned Given = 0;
    for (const ApiUse &U : I.Uses) {
      if (U.Type != E.T->Key || RunTime.count(U.Function))
        continue;
      if (U.Name == "Py_INCREF" || U.Name == "Py_XINCREF")
        Increments.push_back(&U);
      else if (U.Name == "PyModule_AddObject")
        ++Given;
    }
    while (Increments.size() > Given && Increments.back()->Statement.valid() &&
           !Increments.back()->NeedsBraces) {
      Place S = Increments.back()->Statement;
      replaceAll(S);
      edit(wholeLine(S), "");
      Increments.pop_back();
    }
    for (const ApiUse &U : I.Uses) {
      if (U.Type != E.T->Key || U.Name != "PyModule_AddObject" ||
          U.Args.size() != 3 || !U.Whole.valid())
        continue;
      bool Increased = any_of(I.Uses, [&](const ApiUse &Other) {
        return (Other.Name == "Py_INCREF" || Other.Name == "Py_XINCREF") &&
               Other.Type == E.T->Key && Other.Function == U.Function;
      });
      if (Increased)
        continue;
      if (U.Statement.valid())
        insert(U.Statement.File, U.Statement.Begin,
               "Py_INCREF(" + access(E) + ");\n" + indentAt(U.Statement));
      else {
        replaceAll(U.Whole);
        edit(U.Whole, "PyModule_AddType(" + U.Args[0] + ", " + access(E) + ")");
      }
    }
  }

  void rewriteAllocations() {
    std::set<std::string> Structs;
    for (const auto &[Key, E] : Entities)
      if (E.T && E.Drop.empty())
        Structs.insert(structName(*E.T));
    for (const ApiUse &U : I.Uses) {
      const bool Var =
          U.Name == "PyObject_NewVar" || U.Name == "PyObject_NEW_VAR";
      if (!Var && U.Name != "PyObject_New" && U.Name != "PyObject_NEW")
        continue;
      if (!U.Whole.valid() || U.Args.size() < 2)
        continue;
      std::string Type;
      if (moves(U.Type))
        Type = access(Entities.at(U.Type));
      else if (U.Type.empty() && Structs.count(U.Args[0]))
        Type = U.Args[1];
      else
        continue;
      replaceAll(U.Whole);
      edit(U.Whole, "(" + U.Args[0] + " *)" + Type + "->tp_alloc(" + Type +
                        ", " + (Var && U.Args.size() > 2 ? U.Args[2] : "0") +
                        ")");
    }
  }

  // --- The state struct -----------------------------------------------------

  std::string fieldType(const Entity &E) const {
    return E.T ? "PyTypeObject *" : E.V->TypeText;
  }

  void emitStateStruct() {
    // In the order of declaration.
    std::vector<const Entity *> Order = ordered();
    std::string Fields;
    for (const Entity *E : Order) {
      std::string Type = fieldType(*E);
      Fields += In + Type + (Type.back() == '*' ? "" : " ") + E->Field + ";";
      if (!E->T && !E->V->Comment.empty())
        Fields += " " + E->V->Comment;
      Fields += "\n";
    }
    std::string Text;
    std::string Storage = Multi ? "" : "static ";
    if (HasState && WithState)
      insert(M.StateEnd.File, M.StateEnd.Begin, Fields);
    else if (WithState)
      Text = "typedef struct {\n" + Fields + "} " + StateType + ";\n\n";
    if (UsesModuleByType)
      Text += Storage + "PyObject *" + Prefix +
              "_get_module_by_type(PyTypeObject *type);\n";
    if (WithState)
      Text += Storage + StateType + " *" + Prefix +
              "_get_state(PyObject *module);\n";
    if (usesByType())
      Text += Storage + StateType + " *" + Prefix +
              "_get_state_by_type(PyTypeObject *type);\n";
    if (usesOperands())
      Text += Storage + StateType + " *" + Prefix +
              "_get_state_by_operands(PyObject *left, PyObject *right);\n";
    if (anyType()) {
      Text += Storage + "int " + Prefix +
              "_create_type(PyObject *module, PyType_Spec *spec,\n" + In +
              "PyTypeObject *base, PyTypeObject **type);\n";
      if (UsesFreeObject)
        Text += Storage + "void " + Prefix + "_free_object(PyObject *self);\n";
      if (O.MinMinor < 10) {
        std::string Up = upper(Prefix);
        Text += "\n#ifdef Py_TPFLAGS_IMMUTABLETYPE\n#  define " + Up +
                "_IMMUTABLETYPE Py_TPFLAGS_IMMUTABLETYPE\n#  define " + Up +
                "_DISALLOW_INSTANTIATION Py_TPFLAGS_DISALLOW_INSTANTIATION\n"
                "#else\n#  define " +
                Up + "_IMMUTABLETYPE 0\n#  define " + Up +
                "_DISALLOW_INSTANTIATION 0\n#endif\n";
      }
    }
    Text += "\n";
    if (Multi)
      for (const Entity *E : Order)
        if (E->T && !E->V->Static)
          Text += "extern PyType_Spec " + E->T->Name + "_spec;\n";
    if (HasState) {
      // After the struct.
      StringRef T = I.Files[M.StateEnd.File].Text;
      size_t Semi = T.find(';', M.StateEnd.Begin);
      size_t Line = T.find('\n', Semi);
      if (Line == StringRef::npos)
        Line = T.size() - 1;
      insert(M.StateEnd.File, unsigned(Line + 1), "\n" + Text);
      return;
    }
    int Header = Multi ? sharedHeader(Order) : MainFile;
    if (Header < 0) {
      newHeader(Text);
      return;
    }
    insert(Header, structPlace(Order, Header), Text);
  }

  /// Files whose text mentions the state.
  std::set<int> stateFiles() const {
    std::set<int> Out{MainFile};
    for (const Edit &E : R.Edits)
      if (StringRef(E.Text).contains(StateType) ||
          StringRef(E.Text).contains(StateName + "->"))
        Out.insert(E.Where.File);
    return Out;
  }

  /// A header of the extension that declares something that moves and that
  /// every file in need of the state includes; -1 when there is none.
  int sharedHeader(const std::vector<const Entity *> &Order) const {
    for (const Entity *E : Order)
      for (const Place &P : E->V->Declarations) {
        if (!I.Files[P.File].Header)
          continue;
        bool All = true;
        for (int File : stateFiles())
          All &= File == P.File || I.Includes.count({File, P.File});
        if (All)
          return P.File;
      }
    return -1;
  }

  /// Puts the state into a header of its own.
  void newHeader(const std::string &Text) {
    SmallString<256> Path(sys::path::parent_path(I.Files[MainFile].Path));
    const std::string Name = Prefix + "_state.h";
    sys::path::append(Path, Name);
    std::string Guard = upper(Prefix) + "_STATE_H";
    R.NewFiles[std::string(Path)] = "#ifndef " + Guard + "\n#define " + Guard +
                                    "\n\n#include <Python.h>\n\n" +
                                    StringRef(Text).rtrim().str() +
                                    "\n\n#endif\n";
    for (int File : stateFiles()) {
      StringRef T = I.Files[File].Text;
      // After the first #include <Python.h>, else after the last #include
      // before the first edit, else after the include guard.
      size_t At = T.find("Python.h");
      if (At == StringRef::npos) {
        size_t First = T.size();
        for (const Edit &E : R.Edits)
          if (E.Where.File == File)
            First = std::min<size_t>(First, E.Where.Begin);
        At = T.take_front(First).rfind("#include");
        if (At == StringRef::npos)
          At = T.find("#define");
      }
      size_t Line = At == StringRef::npos ? StringRef::npos : T.find('\n', At);
      SmallString<256> Spelled(Name);
      if (sys::path::parent_path(I.Files[File].Path) !=
          sys::path::parent_path(I.Files[MainFile].Path))
        Spelled = Path;
      insert(File, Line == StringRef::npos ? 0 : Line + 1,
             "#include \"" + std::string(Spelled) + "\"\n");
    }
  }

  std::vector<const Entity *> ordered() const {
    std::vector<const Entity *> Order;
    for (const auto &[Key, E] : Entities)
      if (E.Drop.empty())
        Order.push_back(&E);
    sort(Order, [&](const Entity *A, const Entity *B) {
      if (!A->T != !B->T)
        return !A->T;
      return placeOf(*A->V) < placeOf(*B->V);
    });
    return Order;
  }

  bool usesByType() const {
    return any_of(Modes,
                  [&](const auto &P) {
                    return P.second == Mode::Local &&
                           (mentioned().count(P.first) ||
                            handsState(P.first)) &&
                           StringRef(fetch(I.Functions.at(P.first)))
                               .contains("_by_type");
                  }) ||
           usesOperands();
  }
  bool usesOperands() const {
    return any_of(Modes, [&](const auto &P) {
      return P.second == Mode::Local &&
             StringRef(fetch(I.Functions.at(P.first))).contains("_by_operands");
    });
  }

  /// Before everything that mentions the state, after the types that its
  /// fields need.
  unsigned structPlace(const std::vector<const Entity *> &Order,
                       int File) const {
    unsigned At = ~0u;
    for (const Edit &E : R.Edits)
      if (E.Where.File == File)
        At = std::min(At, E.Where.Begin);
    for (const Entity *E : Order)
      for (const Place &P : E->V->Declarations)
        if (P.File == File && !E->V->Local)
          At = std::min(At, P.Begin);
    StringRef T = I.Files[File].Text;
    if (At == ~0u)
      At = T.size();
    // Not within a function or a macro: go to the start of the declaration at
    // the top level that holds it.
    for (const auto &[Key, F] : I.Functions)
      if (F.Defined && F.Body.File == File && F.Header.valid() &&
          F.Header.Begin <= At && At < F.Body.End)
        At = std::min(At, F.Header.Begin);
    for (const Place &P : I.MacroBodies)
      if (P.File == File && P.Begin <= At && At < P.End)
        At = P.Begin;
    // After the types of the fields.
    for (const Entity *E : Order)
      if (!E->T && !E->V->Local && E->V->TypeName != "PyObject" &&
          E->V->TypeName != "PyTypeObject")
        for (const Place &P : E->V->Declarations)
          if (P.File == File)
            At = std::max(At, P.Begin);
    size_t Line = At ? T.rfind('\n', At - 1) : StringRef::npos;
    At = Line == StringRef::npos ? 0 : Line + 1;
    // Before a comment or a condition that belongs to what follows.
    for (;;) {
      StringRef Before = T.take_front(At).rtrim("\n");
      size_t Prev = Before.rfind('\n');
      StringRef Last = Before.substr(Prev == StringRef::npos ? 0 : Prev + 1);
      StringRef L = Last.trim();
      bool Directly = T.take_front(At).ends_with(Last.str() + "\n") &&
                      !T.take_front(At).ends_with("\n\n");
      if (Directly && (L.starts_with("#if") || L.starts_with("//") ||
                       (L.starts_with("/*") && L.ends_with("*/")))) {
        At = Prev == StringRef::npos ? 0 : Prev + 1;
        continue;
      }
      break;
    }
    // Conditions that are open here would make the struct depend on them.
    return outsideConditions(T, At, I.Files[File].Header);
  }

  static unsigned outsideConditions(StringRef T, unsigned At, bool Header) {
    std::vector<unsigned> Open;
    unsigned Pos = 0;
    while (Pos < At) {
      size_t End = T.find('\n', Pos);
      if (End == StringRef::npos)
        break;
      StringRef L = T.slice(Pos, End).trim();
      if (L.consume_front("#")) {
        L = L.ltrim();
        if (L.starts_with("if"))
          Open.push_back(Pos);
        else if (L.starts_with("endif") && !Open.empty())
          Open.pop_back();
      }
      Pos = End + 1;
    }
    size_t Keep = Header && !Open.empty() ? 1 : 0; // The include guard.
    if (Open.size() > Keep)
      return Open[Keep];
    return At;
  }

  // --- The module -----------------------------------------------------------

  std::string guarded(unsigned Minor, const std::string &Line) const {
    if (O.MinMinor >= Minor)
      return Line;
    char Hex[16];
    snprintf(Hex, sizeof Hex, "0x03%02X0000", Minor);
    return std::string("#if PY_VERSION_HEX >= ") + Hex + "\n" + Line +
           "#endif\n";
  }

  std::string slotLines(bool Exec) {
    std::string Text;
    if (Exec)
      Text += In + "{Py_mod_exec, " + (Cxx ? "(void *)" : "") + Prefix +
              "_exec},\n";
    if (!M.Slots.count("Py_mod_multiple_interpreters")) {
      if (O.ClaimOwnGil)
        Text += guarded(12, In + "{Py_mod_multiple_interpreters, "
                                 "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},\n");
      else if (O.Upto >= Level::Interpreters || R.Residue)
        Text += guarded(12, In + "{Py_mod_multiple_interpreters, "
                                 "Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},"
                                 "\n");
    }
    if (!M.Slots.count("Py_mod_gil")) {
      if (!M.SetGil.empty())
        Text += guarded(13, In + "{Py_mod_gil, " + M.SetGil + "},\n");
      else if (O.ClaimNoGil)
        Text += guarded(13, In + "{Py_mod_gil, Py_MOD_GIL_NOT_USED},\n");
    }
    return Text;
  }

  std::string hooksText() {
    if (!WithState)
      return "";
    std::string S = StateName, Text;
    std::vector<const Entity *> Order = ordered();
    bool Objects = any_of(Order, [](const Entity *E) { return E->Owned; });
    if (!Objects)
      return "";
    if (HasState) {
      extendHook(M.Traverse, "Py_VISIT");
      extendHook(M.Clear, "Py_CLEAR");
      return "";
    }
    HasHooks = true;
    Text += "static int\n" + Prefix +
            "_traverse(PyObject *module, visitproc visit, void *arg)\n{\n" +
            In + StateType + " *" + S + " = " + Prefix +
            "_get_state(module);\n";
    for (const Entity *E : Order)
      if (E->Owned)
        Text += In + "Py_VISIT(" + access(*E) + ");\n";
    Text += In + "return 0;\n}\n\nstatic int\n" + Prefix +
            "_clear(PyObject *module)\n{\n" + In + StateType + " *" + S +
            " = " + Prefix + "_get_state(module);\n";
    for (const Entity *E : Order)
      if (E->Owned)
        Text += In + "Py_CLEAR(" + access(*E) + ");\n";
    Text += In + "return 0;\n}\n\nstatic void\n" + Prefix +
            "_free(void *module)\n{\n" + In + "(void)" + Prefix +
            "_clear((PyObject *)module);\n}\n\n";
    return Text;
  }

  /// Adds what moved to an m_traverse or m_clear that exists.
  void extendHook(const std::string &Key, const char *Macro) {
    const Function *F = function(Key);
    StringRef T = I.text(F->Body);
    size_t At = T.rfind("return");
    if (At == StringRef::npos)
      At = T.size() - 1;
    unsigned Offset = F->Body.Begin + At;
    std::string Ind = indentAt({F->Body.File, Offset, Offset}), Lines;
    for (const Entity *E : ordered())
      if (E->Owned)
        Lines += std::string(Macro) + "(" + Prefix + "_get_state(" +
                 parameterName(*F, 0) + ")->" + E->Field + ");\n" + Ind;
    nameParameter(*F, 0);
    insert(F->Body.File, Offset, Lines);
  }

  std::string accessorsText() {
    std::string Finder;
    if (UsesModuleByType || (WithState && usesByType()))
      Finder = finderText();
    if (!WithState)
      return Finder;
    std::string Storage = Multi ? "" : "static ";
    std::string Text = Storage + StateType + " *\n" + Prefix +
                       "_get_state(PyObject *module)\n{\n" + In +
                       "void *data = PyModule_GetState(module);\n" + In +
                       "assert(data != NULL);\n" + In + "return (" + StateType +
                       " *)data;\n}\n\n";
    if (usesByType()) {
      Text += Finder;
      Text += "static " + StateType + " *\n" + Prefix +
              "_find_state(PyTypeObject *type)\n{\n" + In +
              "PyObject *owner = " + Prefix + "_find_module(type);\n" + In +
              "return owner == NULL ? NULL : " + Prefix +
              "_get_state(owner);\n}\n\n";
      Text += Storage + StateType + " *\n" + Prefix +
              "_get_state_by_type(PyTypeObject *type)\n{\n" + In + StateType +
              " *" + StateName + " = " + Prefix + "_find_state(type);\n" + In +
              "assert(" + StateName + " != NULL);\n" + In + "return " +
              StateName + ";\n}\n\n";
    }
    if (usesOperands())
      Text += Storage + StateType + " *\n" + Prefix +
              "_get_state_by_operands(PyObject *left, PyObject *right)\n{\n" +
              In + StateType + " *" + StateName + " = " + Prefix +
              "_find_state(Py_TYPE(left));\n" + In + "if (" + StateName +
              " == NULL)\n" + In + In + StateName + " = " + Prefix +
              "_find_state(Py_TYPE(right));\n" + In + "assert(" + StateName +
              " != NULL);\n" + In + "return " + StateName + ";\n}\n\n";
    if (anyType()) {
      Text +=
          "/* Makes a heap type of the module. Returns -1 with an exception "
          "set when that fails. */\n" +
          Storage + "int\n" + Prefix +
          "_create_type(PyObject *module, PyType_Spec *spec,\n" + In +
          "PyTypeObject *base, PyTypeObject **type)\n{\n" + In +
          "PyObject *bases = NULL;\n" + In + "if (base != NULL) {\n" + In + In +
          "bases = PyTuple_Pack(1, (PyObject *)base);\n" + In + In +
          "if (bases == NULL)\n" + In + In + In + "return -1;\n" + In + "}\n" +
          In +
          "PyObject *made = PyType_FromModuleAndSpec(module, spec, "
          "bases);\n" +
          In + "Py_XDECREF(bases);\n" + In + "if (made == NULL)\n" + In + In +
          "return -1;\n";
      if (AnyNotCallable && O.MinMinor < 10)
        Text += "#if PY_VERSION_HEX < 0x030A0000\n" + In +
                "/* No Py_TPFLAGS_DISALLOW_INSTANTIATION. */\n" + In +
                "if (base == NULL) {\n" + In + In +
                "const PyType_Slot *slot = spec->slots;\n" + In + In +
                "while (slot->slot != 0 && slot->slot != Py_tp_new)\n" + In +
                In + In + "slot++;\n" + In + In + "if (slot->slot == 0)\n" +
                In + In + In + "((PyTypeObject *)made)->tp_new = NULL;\n" + In +
                "}\n#endif\n";
      Text += In + "Py_XSETREF(*type, (PyTypeObject *)made);\n" + In +
              "return 0;\n}\n\n";
      if (UsesFreeObject)
        Text += "/* Frees an object that was never completed, without its "
                "deallocator. */\n" +
                Storage + "void\n" + Prefix +
                "_free_object(PyObject *self)\n{\n" + In +
                "PyTypeObject *type = Py_TYPE(self);\n" + In +
                "PyObject_GC_UnTrack(self);\n" + In + "type->tp_free(self);\n" +
                In + "Py_DECREF(type);\n}\n\n";
    }
    return Text;
  }

  std::string finderText() const {
    std::string Text =
        "/* The module that made a type or one of its bases. NULL, without an "
        "exception, for\n   types of others. */\nstatic PyObject *\n" +
        Prefix + "_find_module(PyTypeObject *type)\n{\n" + In +
        "PyObject *mro = type->tp_mro;\n" + In +
        "Py_ssize_t n = mro == NULL ? 0 : PyTuple_GET_SIZE(mro);\n" + In +
        "for (Py_ssize_t i = 0; i < n; i++) {\n" + In + In +
        "PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);\n" +
        In + In + "if (PyType_HasFeature(base, Py_TPFLAGS_HEAPTYPE)) {\n" + In +
        In + In + "PyObject *owner = ((PyHeapTypeObject *)base)->ht_module;\n" +
        In + In + In + "if (owner != NULL && PyModule_GetDef(owner) == &" +
        M.DefName + ")\n" + In + In + In + In + "return owner;\n" + In + In +
        "}\n" + In + "}\n" + In + "return NULL;\n}\n\n";
    if (UsesModuleByType)
      Text += std::string(Multi ? "" : "static ") + "PyObject *\n" + Prefix +
              "_get_module_by_type(PyTypeObject *type)\n{\n" + In +
              "PyObject *owner = " + Prefix + "_find_module(type);\n" + In +
              "assert(owner != NULL);\n" + In + "return owner;\n}\n\n";
    return Text;
  }

  std::string definitionText() {
    std::map<std::string, std::string> Fields(M.DefFields.begin(),
                                              M.DefFields.end());
    Fields["m_size"] = HasState    ? Fields["m_size"]
                       : WithState ? "sizeof(" + StateType + ")"
                                   : "0";
    Fields["m_slots"] = M.MultiPhase ? Fields["m_slots"] : Prefix + "_slots";
    if (HasHooks) {
      Fields["m_traverse"] = Prefix + "_traverse";
      Fields["m_clear"] = Prefix + "_clear";
      Fields["m_free"] =
          Cxx ? "(freefunc)" + Prefix + "_free" : Prefix + "_free";
    }
    std::string Storage = M.DefStatic ? "static " : "";
    std::string Text = Storage + "struct PyModuleDef " + M.DefName + " = {\n" +
                       In + "PyModuleDef_HEAD_INIT,\n";
    for (const char *Name : {"m_name", "m_doc", "m_size", "m_methods",
                             "m_slots", "m_traverse", "m_clear", "m_free"}) {
      std::string Value = Fields[Name];
      if (Cxx) {
        if (Value.empty())
          Value = StringRef(Name) == "m_size" ? "0" : "NULL";
        Text += In + Value + ", /* " + Name + " */\n";
      } else if (!Value.empty()) {
        Text += In + "." + Name + " = " + Value + ",\n";
      }
    }
    return Text + "};\n\n";
  }

  std::string loadedOnce() {
    return In + "static int loaded = 0;\n\n" + In +
           "/* Some of the state is still shared by the whole process. */\n" +
           In + "if (loaded) {\n" + In + In +
           "PyErr_SetString(PyExc_ImportError,\n" + In + In +
           "                \"cannot load module more than once per "
           "process\");\n" +
           In + In + "return -1;\n" + In + "}\n" + In + "loaded = 1;\n";
  }

  void emitModule() {
    if (M.MultiPhase) {
      emitMultiPhase();
      return;
    }
    std::string Hooks = hooksText();
    bool Trivial = isTrivialBody();
    StringRef T = I.Files[Body->Body.File].Text;
    // The definition moves behind the slots.
    Place Def = M.DefDeclaration;
    bool Earlier = false;
    for (const Reference &Ref : I.Variables.at(M.Definition).References)
      Earlier |= !contains(Body->Body, Ref.Token) &&
                 Ref.Function != M.InitFunction && Ref.Token.valid();
    replaceAll(Def);
    if (Earlier && !Cxx)
      edit(Def, std::string("static struct PyModuleDef ") + M.DefName + ";");
    else
      removeDeclarationBlock(Def);
    // Header.
    std::string Exec = Prefix + "_exec";
    Place Header = Body->Header;
    StringRef HeaderText = I.text(Header);
    if (HeaderText.contains("\n#")) {
      size_t If = T.take_front(Header.Begin).rfind("#if");
      if (If != StringRef::npos)
        Header.Begin = If;
    }
    std::string InitText = "PyMODINIT_FUNC\nPyInit_" + M.Name + "(void)\n{\n" +
                           In + "return PyModuleDef_Init(&" + M.DefName +
                           ");\n}\n";
    std::string Tail =
        Hooks + "static PyModuleDef_Slot " + Prefix + "_slots[] = {\n" +
        slotLines(!Trivial || R.Residue || !AtExecStart.empty()) + In +
        "{0, NULL}\n};\n\n" + definitionText() + accessorsText();
    const bool Own = BodyKey == M.InitFunction;
    if (Trivial && !R.Residue && AtExecStart.empty()) {
      Place All{Header.File, Header.Begin, Body->Body.End};
      replaceAll(All);
      edit(All, Tail + (Own ? StringRef(InitText).rtrim().str() : ""));
      if (!Own)
        editInitCall();
      return;
    }
    edit(Header, "static int\n" + Exec + "(PyObject *" + ModuleName + ")");
    editBody();
    std::string Whole = "\n\n" + StringRef(Tail).rtrim().str();
    if (Own)
      Whole += "\n\n" + StringRef(InitText).rtrim().str();
    insert(Body->Body.File, Body->Body.End, Whole);
    if (!Own)
      editInitCall();
  }

  void removeDeclarationBlock(Place P) {
    Place L = wholeLine(P);
    StringRef T = I.Files[L.File].Text;
    while (L.End < T.size() && T[L.End] == '\n' && L.Begin >= 2 &&
           T[L.Begin - 2] == '\n')
      ++L.End;
    edit(L, "");
  }

  void editInitCall() {
    for (const Return &Ret : I.Returns)
      if (Ret.Function == M.InitFunction && Ret.Whole.valid() &&
          StringRef(Ret.Value).contains(Body->Name)) {
        edit(Ret.Whole, "return PyModuleDef_Init(&" + M.DefName + ");");
        return;
      }
    R.Refused = "PyInit_" + M.Name + " does not simply return what '" +
                Body->Name + "' creates";
  }

  bool isTrivialBody() const {
    if (!M.OnlyReturnsCreate)
      return false;
    StringRef T = I.text(Body->Body).drop_front().drop_back().trim();
    return T.starts_with("return") && T.count(';') == 1;
  }

  void editBody() {
    StringRef T = I.Files[Body->Body.File].Text;
    // Initialisers of what moved.
    std::string Start;
    for (const Entity *E : ordered())
      if (!E->T && !E->V->Initialiser.empty())
        Start += "\n" + In + access(*E) + " = " + E->V->Initialiser + ";";
    for (const Entity *E : inBaseOrder(AtExecStart))
      Start += "\n" + In + "if (" + createCall(*E, ModuleName) + " < 0)\n" +
               In + In + "return -1;";
    if (!Start.empty()) {
      unsigned At = firstStatement(*Body);
      // Not behind a declaration whose text goes.
      insert(Body->Body.File, At,
             StringRef(Start).drop_front(1 + In.size()).str() + "\n\n" +
                 indentAt({Body->Body.File, At, At}));
    }
    if (R.Residue) {
      StringRef Rest = T.substr(Body->Body.Begin + 1).take_until([](char C) {
        return C == '\n';
      });
      insert(Body->Body.File, Body->Body.Begin + 1 + Rest.size(),
             "\n" + StringRef(loadedOnce()).rtrim().str());
    }
    if (M.OnlyReturnsCreate) {
      for (const Return &Ret : I.Returns)
        if (Ret.Function == BodyKey)
          edit(Ret.Whole,
               Ret.What == Return::Null ? minusOne(Ret) : "return 0;");
      return;
    }
    removeVariable();
    if (SetGil.valid()) {
      replaceAll(SetGil);
      edit(withDirectives(wholeLine(SetGil)), "");
    }
    replaceAll(M.CreateStatement);
    edit(wholeLine(M.CreateStatement), "");
    if (M.CheckStatement.valid()) {
      replaceAll(M.CheckStatement);
      edit(wholeLine(M.CheckStatement), "");
    }
    for (const Return &Ret : I.Returns) {
      if (Ret.Function != BodyKey || skipped(Ret.Whole) ||
          contains(M.CheckStatement, Ret.Whole) ||
          contains(M.CreateStatement, Ret.Whole))
        continue;
      if (Ret.What == Return::Null)
        edit(Ret.Whole, minusOne(Ret));
      else if (Ret.What == Return::Module)
        edit(Ret.Whole, "return 0;");
      else
        edit(Ret.Whole, "return " + Ret.Value + " == NULL ? -1 : 0;");
    }
    removeReleases();
  }

  /// \p P, a whole line, with the #ifdef and #endif around nothing else.
  Place withDirectives(Place P) const {
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

  static std::string minusOne(const Return &Ret) {
    return Ret.Macro ? "return -1" : "return -1;";
  }

  std::vector<const Entity *> inBaseOrder(std::vector<Entity *> In) const {
    std::vector<const Entity *> Out;
    std::set<const Entity *> Done;
    std::function<void(const Entity *)> Add = [&](const Entity *E) {
      if (!Done.insert(E).second)
        return;
      if (!E->Base.empty())
        for (Entity *Other : In)
          if (Other->T->Key == E->Base)
            Add(Other);
      Out.push_back(E);
    };
    for (Entity *E : In)
      Add(E);
    return Out;
  }

  /// The declaration of the local variable that held the module.
  void removeVariable() {
    if (M.VariableWithCreate || !M.VariableDeclaration.valid())
      return;
    Place Token = M.VariableDeclaration;
    StringRef T = I.Files[Token.File].Text;
    size_t Begin = T.find_last_of(";{}", Token.Begin);
    Begin = T.find_first_not_of(" \t\r\n", Begin + 1);
    while (Begin < Token.Begin &&
           (T.substr(Begin).starts_with("/*") ||
            T.substr(Begin).starts_with("//") || T[Begin] == '#')) {
      size_t End = T.substr(Begin).starts_with("/*") ? T.find("*/", Begin) + 2
                                                     : T.find('\n', Begin);
      Begin = T.find_first_not_of(" \t\r\n", End);
    }
    size_t End = T.find(';', Token.End);
    if (Begin == StringRef::npos || End == StringRef::npos ||
        Begin > Token.Begin)
      return;
    Place Whole{Token.File, unsigned(Begin), unsigned(End + 1)};
    StringRef Text = I.text(Whole);
    std::vector<std::string> Parts = splitTop(Text.drop_back().str());
    if (Parts.size() == 1) {
      replaceAll(Whole);
      edit(wholeLine(Whole), "");
      return;
    }
    // "PyObject *m, *d" without m.
    StringRef First = Parts[0];
    size_t Star = First.find_first_of("*");
    StringRef Type = Star == StringRef::npos
                         ? First.take_front(First.find_last_of(" \t") + 1)
                         : First.take_front(Star);
    std::vector<std::string> Kept;
    for (size_t N = 0; N < Parts.size(); ++N) {
      StringRef P =
          N ? StringRef(Parts[N]).trim() : First.drop_front(Type.size()).trim();
      StringRef Name = P.ltrim("* ").take_while(isWord);
      if (Name != M.ModuleVariable)
        Kept.push_back(P.str());
    }
    replaceAll(Whole);
    edit(Whole, Type.str() + join(Kept, ", ") + ";");
  }

  static std::vector<std::string> splitTop(StringRef S) {
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

  /// exec borrows the module.
  void removeReleases() {
    StringRef T = I.Files[Body->Body.File].Text;
    for (const char *Name : {"Py_DECREF", "Py_XDECREF", "Py_CLEAR"}) {
      for (size_t At = T.find(Name, Body->Body.Begin);
           At != StringRef::npos && At < Body->Body.End;
           At = T.find(Name, At + 1)) {
        size_t P = At + strlen(Name);
        StringRef Rest = T.substr(P).ltrim();
        if (!Rest.consume_front("("))
          continue;
        Rest = Rest.ltrim();
        if (!Rest.consume_front(M.ModuleVariable))
          continue;
        Rest = Rest.ltrim();
        if (!Rest.consume_front(")"))
          continue;
        Rest = Rest.ltrim();
        if (!Rest.consume_front(";"))
          continue;
        unsigned End = Rest.data() - T.data();
        Place S{Body->Body.File, unsigned(At), End};
        if (inComment(T, At) || skipped(S))
          continue;
        // The body of an if without braces needs a statement.
        StringRef Before = T.take_front(At).rtrim();
        if (Before.ends_with(")") || Before.ends_with("else"))
          edit(S, ";");
        else
          edit(wholeLine(S), "");
      }
    }
  }

  void emitMultiPhase() {
    std::string Lines = slotLines(false);
    if (!Lines.empty() && M.SlotsEnd.valid()) {
      StringRef T = I.Files[M.SlotsEnd.File].Text;
      size_t Line = T.rfind('\n', M.SlotsEnd.Begin);
      insert(M.SlotsEnd.File, Line == StringRef::npos ? 0 : Line + 1, Lines);
    }
    if (!WithState)
      return;
    if (!M.DefDeclaration.valid()) {
      R.Refused = "the definition of '" + M.DefName + "' was not found";
      return;
    }
    std::string Hooks = hooksText();
    std::string Text = Hooks + StringRef(definitionText()).rtrim().str() +
                       "\n\n" + StringRef(accessorsText()).rtrim().str();
    replaceAll(M.DefDeclaration);
    edit(M.DefDeclaration, Text);
    if (Body) {
      std::string Start;
      for (const Entity *E : ordered())
        if (!E->T && !E->V->Initialiser.empty())
          Start += In + access(*E) + " = " + E->V->Initialiser + ";\n";
      for (const Entity *E : inBaseOrder(AtExecStart))
        Start += In + "if (" + createCall(*E, ModuleName) + " < 0)\n" + In +
                 In + "return -1;\n";
      if (!Start.empty()) {
        unsigned At = firstStatement(*Body);
        insert(Body->Body.File, At,
               StringRef(Start).ltrim().str() +
                   indentAt({Body->Body.File, At, At}));
      }
    }
  }

  const Index &I;
  const RewriteOptions &O;
  RewriteResult R;
  ModuleInfo M;
  const Function *Body = nullptr;
  std::string BodyKey, Prefix, StateType, StateName = "state", ModuleName, In;
  int MainFile = -1;
  bool Cxx = false, HasState = false, WithState = false, Multi = false;
  bool HasHooks = false, AnyNotCallable = false;
  bool Changed = false;
  std::map<std::string, Entity> Entities;
  std::map<std::string, Mode> Modes;
  std::set<std::string> RunTime, Deallocs, ModuleUsers;
  std::string ModuleWord = "module";
  bool UsesModuleByType = false, UsesFreeObject = false;
  std::vector<Place> Replaced;
  Place SetGil; ///< The statement that PyUnstable_Module_SetGIL() is.
  std::vector<Entity *> AtExecStart;
  mutable std::map<const char *, std::vector<std::pair<size_t, size_t>>>
      Comments;
};

} // namespace

RewriteResult rewrite(const Index &I, const RewriteOptions &Options) {
  return Rewriter(I, Options).run();
}

std::map<std::string, std::string>
apply(const Index &I, std::vector<Edit> Edits, std::string &Error) {
  std::map<std::string, std::string> Out;
  std::stable_sort(
      Edits.begin(), Edits.end(), [](const Edit &A, const Edit &B) {
        if (A.Where.File != B.Where.File)
          return A.Where.File < B.Where.File;
        return A.Where.Begin < B.Where.Begin ||
               (A.Where.Begin == B.Where.Begin && A.Where.End < B.Where.End);
      });
  for (size_t N = 0; N < Edits.size();) {
    int File = Edits[N].Where.File;
    const std::string &Old = I.Files[File].Text;
    std::string New;
    unsigned At = 0;
    for (; N < Edits.size() && Edits[N].Where.File == File; ++N) {
      const Edit &E = Edits[N];
      if (E.Where.Begin < At) {
        if (E.Text.empty() && E.Where.End <= At)
          continue; // Already gone.
        StringRef Text(Old);
        Error = I.Files[File].Path + ":" +
                std::to_string(Text.take_front(E.Where.Begin).count('\n') + 1) +
                ": two edits overlap here";
        return {};
      }
      New.append(Old, At, E.Where.Begin - At);
      New += E.Text;
      At = E.Where.End;
    }
    New.append(Old, At, std::string::npos);
    if (New != Old)
      Out[I.Files[File].Path] = New;
  }
  return Out;
}

} // namespace pyext::migrate
