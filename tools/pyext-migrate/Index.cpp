//===- Index.cpp - What a rewrite has to know of the sources --------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexer.h"
#include "Overlay.h"
#include "Pointers.h"
#include "model/SlotEvidence.h"
#include "support/TranslationUnit.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/Path.h"

using namespace clang;
using namespace llvm;

namespace pyext::migrate {

int Index::fileOf(StringRef Path) const {
  for (size_t I = 0; I < Files.size(); ++I)
    if (Files[I].Path == Path)
      return static_cast<int>(I);
  return -1;
}

const Function *Index::defined(const std::string &Key) const {
  auto F = Functions.find(Key);
  return F == Functions.end() || !F->second.Defined ? nullptr : &F->second;
}

std::set<std::string> Index::calledFrom(std::vector<std::string> Functions,
                                        StringRef Except) const {
  std::set<std::string> Out(Functions.begin(), Functions.end());
  while (!Functions.empty()) {
    const std::string Caller = std::move(Functions.back());
    Functions.pop_back();
    for (const Call &C : Calls)
      if (C.Caller == Caller && C.Callee != Except &&
          Out.insert(C.Callee).second)
        Functions.push_back(C.Callee);
  }
  return Out;
}

/// The condition of the `#if` that the `#else` or `#elif` at \p At belongs to.
static StringRef openingCondition(StringRef T, size_t At) {
  int Depth = 0;
  while (At) {
    size_t Line = T.rfind('\n', At - 1);
    size_t Begin = Line == StringRef::npos ? 0 : Line + 1;
    StringRef L = T.slice(Begin, At).trim();
    if (L.consume_front("#")) {
      L = L.ltrim();
      if (L.starts_with("endif"))
        ++Depth;
      else if (L.starts_with("if") && Depth-- == 0)
        return L;
    }
    At = Line == StringRef::npos ? 0 : Line;
  }
  return {};
}

/// 1 when \p Directive holds with every Python since 3.9, 0 when with none, -1
/// when that is not known.
int holdsForPython3(StringRef Directive) {
  StringRef C = Directive.take_until([](char Ch) { return Ch == '\n'; }).trim();
  C = C.take_front(C.find("/*")).take_front(C.find("//")).trim();
  bool Negated = false;
  if (C.consume_front("ifndef"))
    Negated = true;
  else if (!C.consume_front("ifdef") && !C.consume_front("if"))
    return -1;
  std::string Text;
  for (char Ch : C)
    if (!isSpace(Ch))
      Text += Ch;
  StringRef S = Text;
  while (S.consume_front("!"))
    Negated = !Negated;
  while (S.starts_with("(") && S.ends_with(")") && S.find(')') == S.size() - 1)
    S = S.drop_front().drop_back();
  if (S.consume_front("defined"))
    S = S.trim("()");
  if (S.contains("&&") || S.contains("||"))
    return -1;
  auto Answer = [&](bool Holds) { return Holds != Negated ? 1 : 0; };
  static const std::set<StringRef> Three{
      "PY3",     "PY3K",  "PY_3",       "IS_PY3",       "IS_PY3K",
      "PYTHON3", "ISPY3", "IS_PYTHON3", "PYTHON_API_3", "IS_PY_3"};
  static const std::set<StringRef> Two{
      "PY2",  "IS_PY2", "PYTHON2", "Py_InitModule", "Py_InitModule3",
      "PY_2", "IS_PY_2"};
  if (Three.count(S))
    return Answer(true);
  if (Two.count(S))
    return Answer(false);
  for (StringRef Name : {"PY_MAJOR_VERSION", "PY_VERSION_HEX"}) {
    if (!S.starts_with(Name))
      continue;
    StringRef Rest = S.drop_front(Name.size());
    StringRef Op = Rest.take_while(
        [](char Ch) { return Ch == '<' || Ch == '>' || Ch == '='; });
    unsigned Bound = 0;
    StringRef Number = Rest.drop_front(Op.size()).rtrim("lLuU");
    if (Number.getAsInteger(0, Bound))
      return -1;
    const bool Major = Name == "PY_MAJOR_VERSION";
    const unsigned Least = Major ? 3 : 0x030900F0, Most = Major ? 3 : ~0u;
    if (Op == ">=" ? Bound <= Least : Op == ">" && Bound < Least)
      return Answer(true);
    if (Op == "<" ? Bound <= Least : Op == "<=" && Bound < Least)
      return Answer(false);
    if (Op == "==")
      return Bound == Least && Least == Most ? Answer(true)
             : Bound < Least || Bound > Most ? Answer(false)
                                             : -1;
    if (Major && (Op == ">=" || Op == ">"))
      return Answer(false);
    return -1;
  }
  return -1;
}

namespace {

constexpr int MethClass = 0x10, MethStatic = 0x20;

class Recorder : public PPCallbacks {
public:
  struct Skip {
    SourceRange Range;
  };
  explicit Recorder(std::vector<Skip> &Skips,
                    std::vector<SourceLocation> &Macros,
                    std::set<std::string> &Headers)
      : Skips(Skips), Macros(Macros), Headers(Headers) {}
  void SourceRangeSkipped(SourceRange R, SourceLocation) override {
    Skips.push_back({R});
  }
  void MacroDefined(const Token &Name, const MacroDirective *) override {
    Macros.push_back(Name.getLocation());
  }
  struct Use {
    SourceLocation Name, Definition;
  };
  std::vector<Use> Uses;
  void MacroExpands(const Token &Name, const MacroDefinition &MD, SourceRange,
                    const MacroArgs *) override {
    if (const MacroInfo *Info = MD.getMacroInfo())
      if (!Info->isBuiltinMacro())
        Uses.push_back({Name.getLocation(), Info->getDefinitionLoc()});
  }
  void InclusionDirective(SourceLocation, const Token &, StringRef FileName,
                          bool, CharSourceRange, OptionalFileEntryRef,
                          StringRef, StringRef, const clang::Module *, bool,
                          SrcMgr::CharacteristicKind) override {
    Headers.insert(sys::path::filename(FileName).str());
  }

private:
  std::vector<Skip> &Skips;
  std::vector<SourceLocation> &Macros;
  std::set<std::string> &Headers;
};

class Consumer : public ASTConsumer {
public:
  Consumer(Index &I, std::shared_ptr<TranslationUnit> Unit, Preprocessor &PP)
      : I(I), Unit(std::move(Unit)), Processor(PP) {
    auto R = std::make_unique<Recorder>(Skips, Macros, I.Headers);
    Record = R.get();
    PP.addPPCallbacks(std::move(R));
  }
  void HandleTranslationUnit(ASTContext &Context) override {
    const SourceManager &SM = Context.getSourceManager();
    I.LimitedApi |= Processor.isMacroDefined("Py_LIMITED_API");
    I.HidesSlots |=
        Processor.isMacroDefined("Py_LIMITED_API") &&
        !Processor.isMacroDefined("Py_MOD_PER_INTERPRETER_GIL_SUPPORTED");
    if (Context.getDiagnostics().hasUncompilableErrorOccurred()) {
      OptionalFileEntryRef Main = SM.getFileEntryRefForID(SM.getMainFileID());
      I.Errors.push_back(Main ? Main->getName().str() : "?");
    }
    const model::ExtensionModel &Model = Unit->model(Context);
    Indexer Visitor(I, Context, Model);
    Visitor.run();
    I.PythonMinor =
        std::max(I.PythonMinor, Model.preprocessing().pythonMinor());
    noteEvidence(Model, SM);
    const int Main = Visitor.file(SM.getMainFileID());
    for (auto It = SM.fileinfo_begin(); It != SM.fileinfo_end(); ++It) {
      SmallString<256> Path(It->first.getFileEntry().tryGetRealPathName());
      int Header = I.fileOf(Path);
      if (Main >= 0 && Header >= 0)
        I.Includes.insert({Main, Header});
    }
    for (const Recorder::Skip &S : Skips) {
      if (!Model.preprocessing().isFirstParty(S.Range.getBegin()))
        continue;
      auto [ID, B] = SM.getDecomposedLoc(S.Range.getBegin());
      auto [ID2, E] = SM.getDecomposedLoc(S.Range.getEnd());
      int F = Visitor.file(ID);
      if (F < 0 || ID != ID2)
        continue;
      // The text after the directive itself.
      StringRef Text = I.Files[F].Text;
      size_t Line = Text.find('\n', B);
      SourceLocation Inside =
          S.Range.getBegin().getLocWithOffset(int(Line - B + 1));
      bool Dead = Line < E &&
                  Model.preprocessing().onlyBefore(facts::PyVersion{9}, Inside);
      StringRef Directive =
          Text.substr(B).take_until([](char C) { return C == '\n'; });
      Directive = Directive.ltrim(" \t#");
      if (Directive.starts_with("if"))
        Dead |= holdsForPython3(Directive) == 0;
      else if (Directive.starts_with("else") || Directive.starts_with("elif"))
        Dead |= holdsForPython3(openingCondition(Text, B)) == 1;
      I.Files[F].Inactive.push_back({{F, B, E}, !Dead});
    }
    for (SourceLocation L : Macros) {
      if (L.isInvalid() || !L.isFileID() ||
          !Model.preprocessing().isFirstParty(L))
        continue;
      Place P = Visitor.token(L);
      if (!P.valid())
        continue;
      StringRef Text = I.Files[P.File].Text;
      I.Macros.insert(I.text(P).str());
      size_t End = P.End;
      while (End < Text.size() && Text[End] != '\n') {
        if (Text[End] == '\\' && End + 1 < Text.size())
          ++End;
        ++End;
      }
      Place Body{P.File, P.Begin, unsigned(End)};
      if (!is_contained(I.MacroBodies, Body))
        I.MacroBodies.push_back(Body);
    }
    noteMacroUses(Visitor, Model, SM);
  }

private:
  void noteEvidence(const model::ExtensionModel &Model,
                    const SourceManager &SM) {
    model::SlotEvidence Evidence(Model);
    auto Add = [&](const std::vector<model::Evidence> &From,
                   std::vector<std::string> &To) {
      for (const model::Evidence &E : From) {
        // The interpreter keeps the strings of static identifiers apart.
        if (StringRef(E.Name).starts_with("PyId_"))
          continue;
        PresumedLoc P = SM.getPresumedLoc(SM.getExpansionLoc(E.Loc));
        std::string Line =
            (P.isValid() ? sys::path::filename(P.getFilename()).str() + ":" +
                               std::to_string(P.getLine()) + ": "
                         : std::string()) +
            "'" + E.Name + "' " + E.What;
        if (!E.KeptAs.empty())
          I.KeptEvidence.push_back({Line, E.KeptAs});
        else if (!is_contained(To, Line))
          To.push_back(Line);
      }
    };
    Add(Evidence.SeveralInterpreters, I.SeveralInterpreters);
    Add(Evidence.OwnGil, I.OwnGil);
    Add(Evidence.WithoutGil, I.WithoutGil);
    if (!Model.preprocessing().freeThreaded()) {
      I.FunctionsSeen += Evidence.Functions;
      I.VariablesSeen += Evidence.Variables;
      I.NotAnalysed += Evidence.NotAnalysed;
    }
  }

  /// Where macros of the extension are used.
  void noteMacroUses(Indexer &Visitor, const model::ExtensionModel &Model,
                     const SourceManager &SM) {
    std::map<std::pair<int, unsigned>, Place> Bodies;
    for (const Place &P : I.MacroBodies)
      Bodies[{P.File, P.Begin}] = P;
    std::set<Place> Known;
    for (const Index::MacroUse &U : I.MacroUses)
      Known.insert(U.Name);
    for (const Recorder::Use &U : Record->Uses) {
      SourceLocation Definition = SM.getSpellingLoc(U.Definition);
      if (Definition.isInvalid() ||
          !Model.preprocessing().isFirstParty(Definition))
        continue;
      Place D = Visitor.token(Definition), Name = Visitor.token(U.Name);
      auto Body = Bodies.find({D.File, D.Begin});
      if (!D.valid() || !Name.valid() || Body == Bodies.end() ||
          !Known.insert(Name).second)
        continue;
      Index::MacroUse Out;
      Out.Name = Name;
      Out.Definition = Body->second;
      StringRef T = I.Files[Name.File].Text;
      size_t Open = T.find_first_not_of(" \t\r\n\\", Name.End);
      StringRef Defined = I.Files[D.File].Text;
      if (D.End < Defined.size() && Defined[D.End] == '(' &&
          Open != StringRef::npos && T[Open] == '(') {
        Out.Open = {Name.File, unsigned(Open + 1), unsigned(Open + 1)};
        Out.HasArguments = !T.substr(Open + 1).ltrim().starts_with(")");
      }
      I.MacroUses.push_back(Out);
    }
  }

  Index &I;
  std::shared_ptr<TranslationUnit> Unit;
  Preprocessor &Processor;
  Recorder *Record = nullptr; ///< The preprocessor's.
  std::vector<Recorder::Skip> Skips;
  std::vector<SourceLocation> Macros;
};

class Action : public ASTFrontendAction {
public:
  explicit Action(Index &I) : I(I) {}
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &CI,
                                                 StringRef) override {
    return std::make_unique<Consumer>(
        I, TranslationUnit::of(CI.getSourceManager(), CI.getPreprocessor()),
        CI.getPreprocessor());
  }

private:
  Index &I;
};

class Factory : public tooling::FrontendActionFactory {
public:
  explicit Factory(Index &I) : I(I) {}
  std::unique_ptr<FrontendAction> create() override {
    return std::make_unique<Action>(I);
  }

private:
  Index &I;
};

} // namespace

namespace {

/// Keeps what the first error says, and nothing else.
class FirstErrorConsumer : public DiagnosticConsumer {
public:
  explicit FirstErrorConsumer(std::string &Text) : Text(Text) {}
  void HandleDiagnostic(DiagnosticsEngine::Level Level,
                        const Diagnostic &Info) override {
    if (Level < DiagnosticsEngine::Error || !Text.empty())
      return;
    SmallString<128> Message;
    Info.FormatDiagnostic(Message);
    Text = std::string(Message);
  }

private:
  std::string &Text;
};

} // namespace

/// Tables of functions that code makes objects of.
static void noteForeignTables(Index &I, std::set<std::string> &OfModule) {
  if (I.Modules.size() != 1)
    return;
  ModuleInfo &M = I.Modules.front();
  // Only one module is there to be given more functions.
  const bool Alone =
      M.Others.empty() && none_of(I.Uses, [](const ApiUse &U) {
        return StringRef(U.Name).starts_with("PyModule_New") ||
               StringRef(U.Name).starts_with("PyImport_AddModule");
      });
  for (const auto &[Table, Entries] : I.MethodTables) {
    auto V = I.Variables.find(Table);
    if (OfModule.count(Table) || V == I.Variables.end())
      continue;
    unsigned Mentions = 0, Given = 0;
    for (const Reference &Ref : V->second.References)
      Mentions += !Ref.Function.empty();
    for (const ApiUse &U : I.Uses)
      Given += U.Name == "PyModule_AddFunctions" && U.ArgVariable == Table;
    for (const TypeAssignment &A : I.Assignments)
      if (A.ValueVariable == Table && Mentions)
        --Mentions;
    if (!Mentions)
      continue;
    if (Alone && Given == Mentions)
      OfModule.insert(Table);
    else
      M.ForeignTables[Table] =
          "an object that code gives it with '" + V->second.Name + "'";
  }
}

Index buildIndex(const tooling::CompilationDatabase &Compilations,
                 const std::vector<std::string> &Sources,
                 const std::vector<std::string> &ExtraArgs,
                 const std::map<std::string, std::string> &Overlay,
                 bool Quietly, bool Once) {
  Index I;
  // With assertions where they compile, because they mention types too.
  struct Configuration {
    const char *Define;
    bool Needed;
  };
  std::set<std::string> WithoutAssertions;
  for (const Configuration &C :
       {Configuration{"-UNDEBUG", false}, Configuration{"-DNDEBUG", true},
        Configuration{"-DPy_GIL_DISABLED=1", false}}) {
    for (const std::string &Source : Sources) {
      std::vector<std::string> Before = I.Errors;
      const bool Assertions = StringRef(C.Define) == "-UNDEBUG";
      if (Once && !Assertions && !C.Needed)
        continue;
      if (C.Needed && !WithoutAssertions.count(Source))
        continue;
      tooling::ClangTool Tool(Compilations, {Source},
                              std::make_shared<PCHContainerOperations>(),
                              overlaid(Overlay));
      std::vector<std::string> Args = ExtraArgs;
      Args.push_back(C.Define);
      Args.push_back("-w");
      Tool.appendArgumentsAdjuster(tooling::getInsertArgumentAdjuster(
          Args, tooling::ArgumentInsertPosition::END));
      Tool.setPrintErrorMessage(false);
      for (const auto &[Path, Text] : Overlay)
        if (!sys::fs::exists(Path))
          Tool.mapVirtualFile(Path, Text);
      FirstErrorConsumer Quiet(I.FirstError);
      if (!C.Needed || Quietly)
        Tool.setDiagnosticConsumer(&Quiet);
      Factory F(I);
      Tool.run(&F);
      if (I.Errors.size() > Before.size()) {
        if (Assertions)
          WithoutAssertions.insert(Source);
        if (!C.Needed)
          I.Errors = Before; // An extension need not have this build.
      }
      if (I.Errors.empty())
        I.FirstError.clear();
    }
  }
  // What only pointers are kept of, and no code writes such a struct.
  for (const auto &[Line, Struct] : I.KeptEvidence)
    if (I.WrittenStructs.count(Struct) && !is_contained(I.OwnGil, Line))
      I.OwnGil.push_back(Line);
  // What is the same in every interpreter.
  erase_if(I.OwnGil, [&](StringRef Line) {
    bool Found = false, All = true;
    for (const auto &[Key, V] : I.Variables)
      if (Line.contains("'" + V.Name + "' is shared by all interpreters")) {
        Found = true;
        All &= V.onlyFunctions() || I.unwritten(V);
      }
    return Found && All;
  });
  for (auto &[Key, V] : I.Variables)
    if ((!V.Changes || I.unwritten(V)) && !V.Object && !V.ObjectBlock &&
        !V.Instance && V.TypeName != "PyTypeObject" &&
        V.TypeName != "_typeobject" &&
        none_of(V.KeptAs, [&](const std::string &Struct) {
          return I.WrittenStructs.count(Struct);
        }))
      for (Reference &R : V.References)
        R.Writes = false;
  // Functions of method tables.
  std::set<std::string> OfModule;
  for (ModuleInfo &M : I.Modules) {
    OfModule.insert(M.MethodTables.begin(), M.MethodTables.end());
    for (ModuleInfo::Other &Other : M.Others)
      for (const std::string &Table : Other.MethodTables) {
        OfModule.insert(Table);
        if (count_if(I.Uses, [&](const ApiUse &U) {
              return U.ArgVariable == Other.Definition;
            }) != 1)
          Other.Refused = "it is looked for elsewhere";
        if (!Other.Refused.empty())
          M.ForeignTables[Table] =
              "another module, '" + Other.Name + "', and " + Other.Refused;
      }
  }
  noteForeignTables(I, OfModule);
  for (const auto &[Table, Entries] : I.MethodTables)
    for (const MethodEntry &E : Entries) {
      Root R = OfModule.count(Table)    ? Root::ModuleMethod
               : (E.Flags & MethClass)  ? Root::ClassMethod
               : (E.Flags & MethStatic) ? Root::StaticMethod
                                        : Root::TypeMethod;
      auto &Roots = I.Functions[E.Function].Roots;
      Roots.push_back({R, Table});
      // One table may be that of the module and that of a type.
      if (R == Root::ModuleMethod && any_of(I.Types, [&, &Table = Table](const auto &P) {
            return is_contained(P.second.Tables, Table);
          }))
        Roots.push_back({Root::TypeMethod, Table});
    }
  finishPointers(I);
  // What Argument Clinic splits off has the arguments of its wrapper.
  std::map<std::string, std::vector<const Call *>> CallsOf;
  for (const Call &C : I.Calls)
    CallsOf[C.Callee].push_back(&C);
  for (auto &[Key, F] : I.Functions) {
    StringRef Stem = F.Name;
    auto Calls = CallsOf.find(Key);
    if (!Stem.consume_back("_impl") || !F.Roots.empty() ||
        Calls == CallsOf.end())
      continue;
    // It is given the first argument of the wrapper, or of what is called alike.
    const Function *Wrapper = nullptr;
    std::set<bool> OfModules;
    const bool Given = all_of(Calls->second, [&](const Call *C) {
      auto Caller = I.Functions.find(C->Caller);
      if (Caller == I.Functions.end() || Caller->second.Parameters.empty() ||
          !C->Open.valid())
        return false;
      if (Caller->second.Name == Stem)
        Wrapper = &Caller->second;
      else if (Caller->second.Roots.empty() &&
               !StringRef(Caller->second.Name).ends_with("_impl"))
        return false;
      if (!Caller->second.Roots.empty())
        OfModules.insert(Caller->second.Roots[0].first == Root::ModuleMethod);
      StringRef First =
          StringRef(I.Files[C->Open.File].Text)
              .substr(C->Open.Begin)
              .take_until([](char C) { return C == ',' || C == ';'; })
              .rtrim(" )");
      if (First.starts_with("("))
        First = First.substr(First.find(')') + 1).ltrim();
      return First == Caller->second.Parameters[0].Name;
    });
    if (Given && Wrapper && OfModules.size() == 1)
      F.Roots = Wrapper->Roots;
  }
  return I;
}

} // namespace pyext::migrate
