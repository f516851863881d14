//===- UseEdits.cpp - How functions reach the state -----------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <functional>

using namespace llvm;

namespace pyext::migrate {

std::string Rewriter::access(const Entity &E) const {
  return StateName + "->" + E.Field;
}

void Rewriter::emit() {
  In = indent();
  Multi = multiFile();
  bool NeedState =
      any_of(Entities, [](const auto &P) { return P.second.Drop.empty(); });
  WithState = NeedState || !StateMacros.empty();
  chooseModuleWord();
  for (const auto &[Key, Reader] : LocalTables)
    for (const auto &[Other, E] : Entities)
      if (E.Drop.empty())
        for (const Reference &Ref : E.V->References)
          if (contains(I.Variables.at(Key).Declarations[0], Ref.Token))
            Replaced.push_back(I.Variables.at(Key).Declarations[0]);
  emitReferences();
  emitFunctions();
  emitTables();
  emitDirectCalls();
  emitGuards();
  emitConversions();
  emitFinds();
  emitStateMacros();
  emitReleases();
  emitTypes();
  emitMacros();
  editClinicInput();
  if (HasState && WithState && Multi)
    for (int File : stateFiles())
      if (File != M.StateEnd.File &&
          !I.Includes.count({File, M.StateEnd.File}) &&
          !(I.Files[File].Header && reaches(File, M.StateEnd.File))) {
        MovesStruct = true;
        if (std::string Why = whyStructStays(); !Why.empty()) {
          R.Refused = "the state of the module is declared in " +
                      sys::path::filename(I.Files[M.StateEnd.File].Path).str() +
                      ", and " +
                      sys::path::filename(I.Files[File].Path).str() +
                      " needs it; declare it in a header that both include (" +
                      Why + ")";
          return;
        }
        break;
      }
  if (WithState || UsesModuleByType || asks())
    emitStateStruct();
  emitModule();
  removeUnusedMacros();
}

bool Rewriter::anyInitialiser() const {
  return any_of(Entities, [](const auto &P) {
    const Entity &E = P.second;
    return E.Drop.empty() &&
           ((!E.T && !E.Instance && !E.V->Initialiser.empty()) ||
            (E.T && E.Ready.empty()));
  });
}

bool Rewriter::inClinic(const Function &F) const {
  return F.Body.valid() &&
         StringRef(I.Files[F.Body.File].Path).contains("/clinic/");
}

/// The type in the input of Argument Clinic: `class m.T "T *" "&T_Type"`.
void Rewriter::editClinicInput() {
  for (const auto &[Key, E] : Entities) {
    if (!E.isType() || !E.Drop.empty())
      continue;
    const std::string Old = "\"&" + E.V->Name + "\"";
    for (size_t File = 0; File < I.Files.size(); ++File) {
      StringRef T = I.Files[File].Text;
      for (size_t At = T.find(Old); At != StringRef::npos;
           At = T.find(Old, At + 1)) {
        size_t Line = T.rfind('\n', At);
        if (!T.slice(Line == StringRef::npos ? 0 : Line + 1, At)
                 .ltrim()
                 .starts_with("class "))
          continue;
        edit({int(File), unsigned(At), unsigned(At + Old.size())},
             "\"" + Prefix + "_get_state_by_type(type)->" + E.Field + "\"");
      }
    }
  }
}

/// The macro that the line at \p At defines, with the lines that it goes on in;
/// empty when it defines none.
static std::string macroAround(StringRef T, size_t At) {
  size_t Line = T.take_front(At).rfind('\n') + 1;
  while (Line > 1 && T.take_front(Line - 1).rtrim(" \t\r").ends_with("\\"))
    Line = T.take_front(Line - 1).rfind('\n') + 1;
  StringRef Text = T.slice(Line, At).ltrim();
  if (!Text.consume_front("#"))
    return "";
  Text = Text.ltrim(" \t");
  return Text.consume_front("define")
             ? Text.ltrim(" \t").take_while(isWord).str()
             : "";
}

/// A macro that mentions the state takes it as its first argument.
void Rewriter::emitMacros() {
  auto Mentions = [&](const Place &Body) {
    return any_of(R.Edits, [&](const Edit &E) {
      StringRef T = E.Text;
      size_t At = T.find(StateName);
      return contains(Body, E.Where) && At != StringRef::npos &&
             (!At || !isWord(T[At - 1])) &&
             none_of(I.Functions, [&](const auto &P) {
               return P.second.MacroMade && contains(P.second.Body, E.Where);
             });
    });
  };
  std::set<Place> Bodies;
  for (const Place &P : I.MacroBodies)
    if (Mentions(P))
      Bodies.insert(P);
  bool More = !Bodies.empty();
  while (More) {
    More = false;
    for (const Index::MacroUse &U : I.MacroUses)
      if (Bodies.count(U.Definition))
        for (const Place &P : I.MacroBodies)
          if (contains(P, U.Name) && !(P == U.Definition))
            More |= Bodies.insert(P).second;
  }
  std::set<std::string> Names;
  for (const Place &Body : Bodies)
    Names.insert(I.text(Body).take_while(isWord).str());
  std::set<std::pair<std::string, int>> Done;
  for (const Place &Body : Bodies) {
    StringRef T = I.text(Body);
    std::string Name = T.take_while(isWord).str();
    const bool Function = T.drop_front(Name.size()).starts_with("(");
    // What has the name until `#undef` is another macro.
    std::set<std::pair<int, unsigned>> Others;
    const bool Undefined = any_of(I.Files, [&](const SourceFile &File) {
      StringRef Text = File.Text;
      for (size_t At = Text.find("undef"); At != StringRef::npos;
           At = Text.find("undef", At + 1))
        if (Text.substr(At + 5).ltrim(" \t").take_while(isWord) == Name)
          return true;
      return false;
    });
    for (const Place &P : I.MacroBodies)
      if (Undefined && !Bodies.count(P) && I.text(P).take_while(isWord) == Name)
        Others.insert({P.File, P.Begin});
    // What stands for it in other builds takes the same arguments.
    std::vector<std::pair<int, size_t>> Definitions;
    bool Alike = true;
    for (size_t File = 0; File < I.Files.size(); ++File) {
      StringRef Text = I.Files[File].Text;
      if (!together(int(File), Body.File))
        continue;
      for (size_t At = Text.find(Name); At != StringRef::npos;
           At = Text.find(Name, At + 1)) {
        const size_t End = At + Name.size();
        if (isWord(Text[End]) || inComment(Text, At))
          continue;
        StringRef Before = Text.take_front(At).rtrim(" \t");
        if (!Before.consume_back("define") ||
            !Before.rtrim(" \t").ends_with("#"))
          continue;
        if (Others.count({int(File), unsigned(At)}))
          continue;
        Alike &= (Text[End] == '(') == Function;
        Definitions.push_back({int(File), End});
      }
    }
    if (!Alike || !Done.insert({Name, Body.File}).second)
      continue;
    for (const auto &[File, End] : Definitions) {
      const bool Empty = Function && StringRef(I.Files[File].Text)
                                         .substr(End + 1)
                                         .ltrim()
                                         .starts_with(")");
      insert(File, End + (Function ? 1 : 0),
             Function ? StateName + (Empty ? "" : ", ")
                      : "(" + StateName + ")");
    }
    for (const Index::MacroUse &U : I.MacroUses) {
      if (I.text(U.Definition).take_while(isWord) != Name ||
          !together(U.Definition.File, Body.File) || skipped(U.Name) ||
          Others.count({U.Definition.File, U.Definition.Begin}))
        continue;
      if (!Function)
        insert(U.Name.File, U.Name.End, "(" + StateName + ")");
      else if (U.Open.valid())
        edit(U.Open, StateName + (U.HasArguments ? ", " : ""));
    }
    // The same where this configuration compiles nothing.
    for (size_t File = 0; File < I.Files.size(); ++File) {
      StringRef Text = I.Files[File].Text;
      for (const auto &[Where, Supported] : I.Files[File].Inactive)
        for (size_t At = Text.find(Name, Where.Begin);
             Supported && At < Where.End; At = Text.find(Name, At + 1)) {
          const unsigned End = At + Name.size();
          if ((At && isWord(Text[At - 1])) || isWord(Text[End]) ||
              inComment(Text, At) || isDead(int(File), At))
            continue;
          if (enclosing(int(File), At).empty()) {
            const std::string Macro = macroAround(Text, At);
            if (Macro.empty() || Macro == Name)
              continue;
            if (!Names.count(Macro)) {
              R.Refused = "the macro '" + Macro +
                          "', which is not compiled here, needs '" + Name +
                          "'";
              return;
            }
          }
          if (!Function)
            insert(int(File), End, "(" + StateName + ")");
          else if (Text[End] == '(')
            edit({int(File), End + 1, End + 1},
                 StateName + (Text.substr(End + 1).ltrim().starts_with(")")
                                  ? ""
                                  : ", "));
        }
    }
  }
}

/// Whether one source compiles both.
bool Rewriter::together(int A, int B) const {
  if (A == B)
    return true;
  for (size_t S = 0; S < I.Files.size(); ++S) {
    auto Has = [&](int F) {
      return int(S) == F || I.Includes.count({int(S), F});
    };
    if (Has(A) && Has(B))
      return true;
  }
  return false;
}

bool Rewriter::onlyIncludedBy(int Header, int Source) const {
  return all_of(I.Includes, [&](const auto &P) {
    return P.second != Header || P.first == Source;
  });
}

bool Rewriter::multiFile() const {
  std::set<int> Files;
  for (const auto &[Key, F] : Modes)
    if (const Function *Fn = function(Key))
      Files.insert(Fn->Body.File);
  Files.insert(MainFile);
  for (const auto &[Key, E] : Entities)
    if (E.Drop.empty()) {
      if (E.T)
        Files.insert(E.T->Definition.File);
      for (const Reference &Ref : E.V->References)
        if (!Ref.Function.empty() && Ref.Token.valid() &&
            !I.Files[Ref.Token.File].Header)
          Files.insert(Ref.Token.File);
    }
  // What is included into a source is part of it.
  Files.erase(-1);
  for (int File : std::set<int>(Files))
    if (File != MainFile && I.Files[File].Header &&
        I.Includes.count({MainFile, File}) && onlyIncludedBy(File, MainFile))
      Files.erase(File);
  return Files.size() > 1;
}

void Rewriter::emitReferences() {
  for (const auto &[Key, E] : Entities) {
    if (!E.Drop.empty())
      continue;
    for (const Reference &Ref : E.V->References) {
      if (Ref.Function.empty())
        continue; // Inside a type's definition, which goes.
      if (!Ref.Token.valid()) {
        if (skipped(Ref.Pasted))
          continue;
        if (E.isPointed())
          edit({Ref.Pasted.File, Ref.AddressOf.Begin, Ref.Pasted.Begin},
               StateName + "->");
        else
          insert(Ref.Pasted.File, Ref.Pasted.Begin, StateName + "->");
        continue;
      }
      if (skipped(Ref.Token))
        continue;
      if (const Function *F = function(Ref.Function); F && inClinic(*F)) {
        // As Argument Clinic writes it when its input says so.
        Place Whole = Ref.Token;
        if (E.isPointed() && Ref.AddressOf.valid())
          Whole.Begin = Ref.AddressOf.Begin;
        edit(Whole, fetch(*F) + "->" + E.Field);
        continue;
      }
      if (!E.isPointed()) {
        edit(Ref.Token, access(E));
      } else if (Ref.AddressOf.valid()) {
        edit({Ref.Token.File, Ref.AddressOf.Begin, Ref.Token.End}, access(E));
      } else if (const unsigned End = testsWhetherMade(Ref, E.Sequence)) {
        edit({Ref.Token.File, Ref.Token.Begin, End}, access(E));
      } else if (Ref.Member.valid()) {
        edit({Ref.Token.File, Ref.Token.Begin, Ref.Member.End},
             access(E) + "->");
      } else {
        edit(Ref.Token, "(*" + access(E) + ")");
      }
    }
    for (unsigned N = 0; N < E.V->Declarations.size(); ++N) {
      const Place &P = E.V->Declarations[N];
      if (E.T && P == E.T->Definition)
        continue;
      std::set<std::string> Names;
      std::string Forward;
      for (const auto &[K, Other] : Entities)
        if (Other.Drop.empty() && is_contained(Other.V->Declarations, P)) {
          Names.insert(Other.V->Name);
          if (needsForward(Other, P))
            Forward += (Forward.empty() ? "" : "\n" + indentAt(P)) +
                       "static PyType_Spec " + Other.T->Name + "_spec;";
        }
      if (isTemplate(*E.V) && !E.V->Local && I.text(P).contains('=')) {
        // Its value when the module is made.
        StringRef T = I.text(P);
        const unsigned Name = nameIn(P, E.V->Name);
        insert(P.File, Name + E.V->Name.size(), "_init");
        if (T.starts_with("static") && !isWord(T[6]) && !T.contains("const ") &&
            !T.take_front(Name - P.Begin).contains('*'))
          insert(P.File, P.Begin + 6, " const");
        else if (Cxx && E.V->Static && !T.starts_with("static") &&
                 !T.contains("const ") &&
                 !T.take_front(Name - P.Begin).contains('*'))
          insert(P.File, P.Begin, "const ");
        continue;
      }
      if (E.V->MacroMade)
        replaceAll(P);
      if (E.V->Declarators[N] == Names.size() && !Forward.empty())
        edit(P, Forward);
      else if (E.V->Declarators[N] == Names.size())
        removeDeclaration(P);
      else
        edit(P, withoutNames(I.text(P), Names));
    }
  }
}

/// `if (PyModule_AddObject(m, "x", x) < 0)`, which the state shares its
/// reference with: one is made before.
bool Rewriter::increasedBefore(const ApiUse &Add) const {
  return !Add.Statement.valid() && Add.If.valid() &&
         none_of(I.Uses, [&](const ApiUse &Other) {
           return (Other.Name == "Py_INCREF" || Other.Name == "Py_XINCREF") &&
                  Other.ArgVariable == Add.ArgVariable &&
                  Other.Function == Add.Function;
         });
}

/// `Py_INCREF(x); if (PyModule_AddObject(m, "x", x) < 0) { Py_DECREF(x); ...`:
/// the state keeps its own reference.
bool Rewriter::givesBackExtra(const ApiUse &U) const {
  const Function *F = function(U.Function);
  if (!F || !contains(F->Body, U.Whole))
    return false;
  StringRef T = I.Files[U.Whole.File].Text;
  const size_t Block = T.slice(F->Body.Begin, U.Whole.Begin).rfind("if");
  if (Block == StringRef::npos)
    return false;
  const Place Since{U.Whole.File, unsigned(F->Body.Begin + Block),
                    U.Whole.Begin};
  if (I.text(Since).contains("DECREF") || I.text(Since).contains("}"))
    return false;
  return any_of(I.Uses, [&](const ApiUse &Add) {
    return Add.Name == "PyModule_AddObject" && contains(Since, Add.Whole) &&
           Add.ArgVariable == U.ArgVariable &&
           (increasedBefore(Add) || any_of(I.Uses, [&](const ApiUse &More) {
             return (More.Name == "Py_INCREF" || More.Name == "Py_XINCREF") &&
                    More.ArgVariable == U.ArgVariable &&
                    More.Function == U.Function &&
                    More.Whole.Begin < Add.Whole.Begin;
           }));
  });
}

void Rewriter::emitReleases() {
  for (const ApiUse &U : I.Uses) {
    if (!U.Whole.valid() || U.Args.empty() || skipped(U.Whole))
      continue;
    if ((U.Name == "Py_DECREF" || U.Name == "Py_XDECREF") &&
        moves(U.ArgVariable) && !RunTime.count(U.Function) &&
        !Entities.at(U.ArgVariable).T && Entities.at(U.ArgVariable).Owned) {
      if (givesBackExtra(U))
        continue;
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
             Other.ArgVariable == U.ArgVariable && Other.Function == U.Function;
    });
    if (!Increased && U.Statement.valid())
      insertBefore(U.Statement,
                   "Py_XINCREF(" + access(Entities.at(U.ArgVariable)) + ");",
                   U.NeedsBraces);
    else if (increasedBefore(U))
      insert(U.If.File, U.If.Begin,
             "Py_XINCREF(" + access(Entities.at(U.ArgVariable)) + ");\n" +
                 indentAt(U.If));
    else if (!Increased)
      R.Refused = "'" + Entities.at(U.ArgVariable).V->Name +
                  "' is given to PyModule_AddObject() without a reference of "
                  "its own";
  }
}

/// Whether the objects that a slot or method is called with are of types that
/// nothing derives from: their type is the one that the module has made.
bool Rewriter::servesFinalTypes(const Function &F) const {
  if ((I.LimitedApi && O.MinMinor < 10) || inClinic(F))
    return false;
  for (const auto &[R, Of] : F.Roots) {
    bool Found = false;
    for (const auto &[Key, T] : I.Types)
      if (Key == Of || is_contained(T.Tables, Of)) {
        if (T.Subclassable || !moves(Key))
          return false;
        Found = true;
      }
    if (!Found)
      return false;
  }
  return !F.Roots.empty();
}

std::string Rewriter::fetch(const Function &F) const {
  const std::string &Self = selfName(F);
  bool ModuleSelf = has(F, Root::ModuleMethod) || has(F, Root::ModuleHook);
  bool TypeSelf = has(F, Root::TypeSlot) || has(F, Root::ClassMethod) ||
                  has(F, Root::StaticMethod);
  bool Binary = has(F, Root::BinarySlot);
  if (F.MacroMade) // The macro writes others, with the same text.
    for (const auto &[Key, Other] : I.Functions)
      Binary |= Other.MacroMade && Other.Body == F.Body &&
                has(Other, Root::BinarySlot);
  bool ObjectSelf = has(F, Root::SelfSlot) || has(F, Root::TypeMethod);
  std::string Module = GetState + "(" + asObject(F, 0) + ")";
  std::string ByType =
      servesFinalTypes(F)
          ? std::string(Cxx ? "(" + StateType + " *)" : "") +
                "PyType_GetModuleState(Py_TYPE(" + Self + "))"
          : Prefix + "_get_state_by_type(Py_TYPE(" + Self + "))";
  if (ModuleSelf && ObjectSelf)
    return "PyModule_Check(" + Self + ") ? " + Module + " : " + ByType;
  if (ModuleSelf)
    return Module;
  if (TypeSelf) {
    std::string Cast = StringRef(F.Parameters[0].Type).contains("PyTypeObject")
                           ? Self
                           : "(PyTypeObject *)" + Self;
    return Prefix + "_get_state_by_type(" + Cast + ")";
  }
  // pow(2, 3, x) calls the slot of x.
  if (Binary && F.Parameters.size() >= 3)
    return Prefix + "_get_state_by_three(" + asObject(F, 0) + ", " +
           asObject(F, 1) + ", " + asObject(F, 2) + ")";
  if (Binary && F.Parameters.size() >= 2)
    return Prefix + "_get_state_by_operands(" + asObject(F, 0) + ", " +
           asObject(F, 1) + ")";
  return ByType;
}

std::string Rewriter::asObject(const Function &F, unsigned N) const {
  std::string Name = parameterName(F, N);
  StringRef T = F.Parameters[N].Type;
  if (T == "PyObject *" || T.contains("PyObject *"))
    return Name;
  return "(PyObject *)" + Name;
}

std::string Rewriter::selfName(const Function &F) const {
  return parameterName(F, 0);
}

std::string Rewriter::parameterName(const Function &F, unsigned N) const {
  const Parameter &P = F.Parameters[N];
  StringRef Name = P.Name;
  if (Name.consume_front("_unused_"))
    return Name.str();
  return P.Name.empty() ? (N == 0   ? "self"
                         : N == 1 ? "other"
                                  : "third") : P.Name;
}

void Rewriter::nameParameter(const Function &F, unsigned N) {
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

std::string Rewriter::moduleParameter(const Function &F) const {
  for (const Parameter &P : F.Parameters)
    if (StringRef(P.Type).starts_with("PyObject *") &&
        (P.Name == ModuleName || P.Name == "module" || P.Name == "mod" ||
         P.Name == "m"))
      return P.Name;
  return "";
}

std::string Rewriter::moduleVariable() const { return ModuleWord; }

void Rewriter::chooseModuleWord() {
  if (!M.GlobalVariable.empty()) {
    ModuleWord = I.Variables.at(M.GlobalVariable).Name;
    return;
  }
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

std::string Rewriter::fetchModule(const Function &F) const {
  if (has(F, Root::ModuleMethod) || has(F, Root::ModuleHook))
    return asObject(F, 0);
  std::string Type = "Py_TYPE(" + selfName(F) + ")";
  if (has(F, Root::TypeSlot) || has(F, Root::ClassMethod) ||
      has(F, Root::StaticMethod))
    Type = "(PyTypeObject *)" + selfName(F);
  return Prefix + "_get_module_by_type(" + Type + ")";
}

bool Rewriter::inBody(const ApiUse &U) const {
  return U.Function == BodyKey && Body && contains(Body->Body, U.Whole);
}

void Rewriter::emitFunctions() {
  for (const auto &[Key, Is] : Modes) {
    auto It = I.Functions.find(Key);
    if (It == I.Functions.end())
      continue;
    const Function &F = It->second;
    if (Is == Mode::Local) {
      // A static method is given no object; a class method is given its class.
      for (const Place &Flag : staticFlags(F))
        edit(Flag, "METH_CLASS");
      if (!mentioned().count(Key) && !handsState(Key))
        continue; // Only the module itself.
      nameParameter(F, 0);
      if (has(F, Root::BinarySlot) && F.Parameters.size() >= 2)
        nameParameter(F, 1);
      if (has(F, Root::BinarySlot) && F.Parameters.size() >= 3)
        nameParameter(F, 2);
      if (!inClinic(F) || handsState(Key)) {
        if (onlyAsserts(F))
          declareForAsserts(F, fetch(F));
        else
          declareState(F, fetch(F), ModuleUsers.count(Key) ? 0 : lazyPlace(F));
      }
    } else if (Is == Mode::Asserts) {
      nameParameter(F, 0);
      emitAssertions(F);
    } else if (Is == Mode::Perhaps) {
      nameParameter(F, 0);
      declarePerhaps(F);
    } else if (Is == Mode::Current) {
      emitAsking(F);
    } else if (Is == Mode::Exec) {
      if (mentioned().count(Key) || handsState(Key) || anyInitialiser())
        declareState(F, GetState + "(" + ModuleName + ")");
    } else if (Is == Mode::Closure) {
      const std::string Target = parameterName(F, 1);
      const std::string Own = "((" + closureType() + " *)" + Target + ")->";
      declare(F, StateType + " *" + StateName + " = " + Own + StateName +
                     ";\n" + In + Target + " = " + Own + "target;");
    } else if (Is == Mode::Parameter) {
      const bool Unused = !F.Family.empty() && !mentioned().count(Key) &&
                          !handsState(Key);
      addParameter(F,
                   StateType + " *" +
                       (Unused ? "Py_UNUSED(" + StateName + ")" : StateName),
                   StateName);
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
        declareState(F, GetState + "(" + Own + ")");
    }
  }
  // Assignments that stand for initialisers need it too.
  if (Body && !Modes.count(BodyKey) && anyInitialiser())
    declareState(*Body, GetState + "(" + ModuleName + ")");
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

/// `&value` to `&(spam_converter){state, &value}`, in C++ to
/// `spam_converter{state, &value}.address()`.
void Rewriter::emitConversions() {
  for (const Conversion &C : I.Conversions) {
    auto Is = Modes.find(C.Converter);
    if (Is == Modes.end() || Is->second != Mode::Closure || skipped(C.Target))
      continue;
    insert(C.Target.File, C.Target.Begin,
           (Cxx ? closureType() + "{" : "&(" + closureType() + "){") +
               StateName + ", ");
    insert(C.Target.File, C.Target.End, Cxx ? "}.address()" : "}");
  }
}

std::string Rewriter::moduleIn(const std::string &Key) const {
  if (Key == BodyKey)
    return ModuleName;
  const Function *F = function(Key);
  std::string Own = F && F->Roots.empty() ? moduleParameter(*F) : "";
  return Own.empty() ? moduleVariable() : Own;
}

bool Rewriter::handsState(const std::string &Key) const {
  auto Is = [&](const std::string &Callee, Mode Of) {
    auto To = Modes.find(Callee);
    return To != Modes.end() && To->second == Of;
  };
  return any_of(I.Calls,
                [&](const Call &C) {
                  return C.Caller == Key && Is(C.Callee, Mode::Parameter);
                }) ||
         any_of(I.Conversions, [&](const Conversion &C) {
           return C.Caller == Key && Is(C.Converter, Mode::Closure);
         });
}

void Rewriter::declareState(const Function &F, const std::string &Value,
                            unsigned At) {
  declare(F, StateType + " *" + StateName + " = " + Value + ";", At);
}

std::vector<Place> Rewriter::usesLeadingTo(const Function &F,
                                           Place Token) const {
  std::set<Place> Definitions;
  for (const Place &P : I.MacroBodies)
    if (contains(P, Token))
      Definitions.insert(P);
  std::set<Place> Out;
  for (bool More = !Definitions.empty(); More;) {
    More = false;
    for (const Index::MacroUse &U : I.MacroUses) {
      if (!Definitions.count(U.Definition))
        continue;
      if (contains(F.Body, U.Name))
        Out.insert(U.Name);
      for (const Place &P : I.MacroBodies)
        if (contains(P, U.Name) && !(P == U.Definition))
          More |= Definitions.insert(P).second;
    }
  }
  return {Out.begin(), Out.end()};
}

std::optional<std::vector<Place>> Rewriter::needsIn(const Function &F) const {
  std::vector<Place> All = handsIn(F.Key), Out;
  for (const auto &[Key, E] : Entities)
    if (E.Drop.empty())
      for (const Reference &Ref : E.V->References)
        if (Ref.Function == F.Key)
          All.push_back(Ref.Token);
  for (const auto &[Body, Macro] : StateMacros)
    if (Macro.Functions.count(F.Key))
      for (const Place &Use : Macro.Uses)
        if (contains(F.Body, Use))
          All.push_back(Use);
  for (const Place &P : All) {
    if (!P.valid())
      return std::nullopt;
    if (contains(F.Body, P)) {
      Out.push_back(P);
      continue;
    }
    std::vector<Place> Uses = usesLeadingTo(F, P);
    if (Uses.empty())
      return std::nullopt;
    Out.insert(Out.end(), Uses.begin(), Uses.end());
  }
  return Out;
}

/// After the `{` of the innermost block with all that needs the state, such as
/// the one that raises an exception; 0 for the function itself. It is not one
/// that a loop runs often, or that a jump enters.
unsigned Rewriter::lazyPlace(const Function &F) const {
  StringRef T = I.Files[F.Body.File].Text;
  if (F.MacroMade || I.text(F.Body).contains("\n#") ||
      I.text(F.Body).contains("\n #"))
    return 0; // What other builds compile may need it elsewhere.
  unsigned First = ~0u, Last = 0;
  const std::optional<std::vector<Place>> Needs = needsIn(F);
  if (!Needs)
    return 0;
  for (const Place &P : *Needs) {
    First = std::min(First, P.Begin);
    Last = std::max(Last, P.End);
  }
  if (First >= Last)
    return 0;
  // The blocks around all of them, from the outside in.
  std::vector<std::pair<unsigned, unsigned>> Around;
  std::vector<unsigned> Open;
  for (unsigned At = F.Body.Begin; At < F.Body.End; ++At) {
    if ((T[At] != '{' && T[At] != '}') || inComment(T, At))
      continue;
    if (T[At] == '{') {
      Open.push_back(At);
      continue;
    }
    if (Open.empty())
      return 0;
    if (Open.back() < First && Last <= At)
      Around.push_back({Open.back(), At});
    Open.pop_back();
  }
  if (!Open.empty() || Around.empty() || Around.back().first != F.Body.Begin)
    return 0;
  Around.pop_back();
  unsigned Found = 0;
  for (const auto &[Begin, End] : reverse(Around)) {
    StringRef Before = T.slice(F.Body.Begin, Begin).rtrim();
    bool Once =
        Before.ends_with(";") || Before.ends_with("{") || Before.ends_with("}");
    if (Before.ends_with("else") && !isWord(Before[Before.size() - 5]))
      Once = true;
    if (Before.ends_with(")")) {
      int Depth = 0;
      size_t At = Before.size();
      do {
        --At;
        if (!inComment(T, F.Body.Begin + At))
          Depth += Before[At] == ')' ? 1 : Before[At] == '(' ? -1 : 0;
      } while (At && Depth);
      StringRef Word = Before.take_front(At).rtrim();
      Once = Word.ends_with("if") &&
             (Word.size() < 3 || !isWord(Word[Word.size() - 3]));
    }
    StringRef Text = T.slice(Begin + 1, End);
    if (!Once)
      break;
    SmallVector<StringRef, 16> Lines;
    Text.split(Lines, '\n');
    if (any_of(Lines, [](StringRef L) {
          L = L.trim();
          return L.ends_with(":") && L.size() > 1 &&
                 all_of(L.drop_back(), isWord) && L != "default:";
        }))
      break; // A label.
    Found = Begin + 1;
  }
  return Found;
}

void Rewriter::declare(const Function &F, const std::string &Decl,
                       unsigned Where) {
  StringRef T = I.Files[F.Body.File].Text;
  unsigned At = Where ? Where : F.FirstStatement;
  StringRef Rest = T.substr(At).take_until([](char C) { return C == '\n'; });
  StringRef Trimmed = Rest.trim();
  if (F.MacroMade) {
    // On a line of its own, with the `\` in the column that it has.
    const size_t Line = T.rfind('\n', At) + 1;
    if (Trimmed == "\\" && Rest.ends_with("\\")) {
      std::string Text = In + Decl;
      const size_t Column = At + Rest.size() - 1 - Line;
      Text.append(Text.size() < Column ? Column - Text.size() : 1, ' ');
      insert(F.Body.File, At + Rest.size(), "\n" + Text + "\\");
    } else {
      insert(F.Body.File, At, " " + Decl);
    }
  } else if (Trimmed.empty() || Trimmed.starts_with("/*") ||
             Trimmed.starts_with("//")) {
    std::string Ind = In;
    size_t Line = At + Rest.size() + 1;
    StringRef Next = T.substr(std::min(Line, T.size()));
    std::string Seen =
        Next.take_while([](char C) { return C == ' ' || C == '\t'; }).str();
    if (!Seen.empty() && !Next.ltrim(" \t").starts_with("\n"))
      Ind = Seen;
    const bool Longer = Trimmed.starts_with("/*") && !Trimmed.contains("*/");
    insert(F.Body.File, Longer ? At : At + Rest.size(), "\n" + Ind + Decl);
  } else {
    insert(F.Body.File, At, " " + Decl);
  }
}

void Rewriter::addParameter(const Function &F, const std::string &Text,
                            const std::string &Argument) {
  for (const Function::ParameterList &L : F.Lists) {
    // `( Foo *foo)`
    Place At = L.Open;
    StringRef T = StringRef(I.Files[At.File].Text).substr(At.End);
    At.Begin += T.size() - T.ltrim(' ').size();
    At.End = At.Begin;
    const bool Last = T.ltrim(" \r").starts_with("\n");
    if (L.Void.valid())
      edit(L.Void, Text);
    else
      edit(L.Empty ? L.Open : At, Text + (L.Empty ? "" : Last ? "," : ", "));
  }
  if (Argument.empty())
    return;
  for (const Call &C : I.Calls)
    if (C.Callee == F.Key && !skipped(C.Open)) {
      const bool Last = StringRef(I.Files[C.Open.File].Text)
                            .substr(C.Open.End)
                            .starts_with("\n");
      edit(C.Open, Argument + (!C.HasArguments ? "" : Last ? "," : ", "));
    }
}

} // namespace pyext::migrate
