//===- Rewriter.h - The plan of a rewrite -----------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The steps of rewrite(), in files by concern: Entities.cpp chooses what could
// move, Settle.cpp finds what keeps it from moving, and the *Edits.cpp write.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_REWRITER_H
#define PYEXT_PYEXT_MIGRATE_REWRITER_H

#include "Rewrite.h"
#include "llvm/ADT/StringExtras.h"

namespace pyext::migrate {

inline bool isWord(char C) { return llvm::isAlnum(C) || C == '_'; }

/// Where \p T has the word \p Name next, at \p From or behind it; npos when it
/// has not.
inline size_t findWord(llvm::StringRef T, llvm::StringRef Name,
                       size_t From = 0) {
  for (size_t At = T.find(Name, From); At != llvm::StringRef::npos;
       At = T.find(Name, At + 1))
    if (!(At && isWord(T[At - 1])) &&
        (At + Name.size() >= T.size() || !isWord(T[At + Name.size()])))
      return At;
  return llvm::StringRef::npos;
}

/// The lines of the definition of the macro whose text \p Body is.
inline Place definitionLines(const Index &I, Place Body) {
  llvm::StringRef T = I.Files[Body.File].Text;
  return {Body.File, unsigned(T.rfind('\n', Body.Begin) + 1),
          unsigned(std::min<size_t>(Body.End + 1, T.size()))};
}

inline std::string sanitised(llvm::StringRef Name) {
  std::string Out;
  for (char C : Name)
    Out += isWord(C) ? C : '_';
  while (!Out.empty() && Out.front() == '_')
    Out.erase(Out.begin());
  if (Out.empty() || llvm::isDigit(Out[0]))
    Out = "module" + Out;
  return Out;
}

/// How a function gets at the module state.
enum class Mode {
  None,
  Parameter, ///< It is given the state.
  Local,     ///< It fetches the state from its object or the module.
  Exec,
  ModuleParameter, ///< It is given the module.
  Closure,         ///< It finds the state with what it is to fill.
  Perhaps,         ///< It looks for the state, which may be gone.
  Current,         ///< It asks the interpreter that it runs in.
  Asserts,         ///< It fetches the state for assertions, where they are.
};

class Rewriter {
public:
  Rewriter(const Index &I, const RewriteOptions &O) : I(I), O(O) {}
  RewriteResult run();

private:
  RewriteResult refuse(std::string Why);
  const Function *function(const std::string &Key) const;
  struct Entity {
    const Variable *V = nullptr;
    const StaticType *T = nullptr;
    std::string Field;
    bool Owned = false;
    bool Sequence = false; ///< A struct sequence.
    bool isType() const { return T || Sequence; }
    bool Instance = false; ///< A Python object itself.
    /// The field is a pointer to what the variable was.
    bool isPointed() const { return isType() || Instance; }
    mutable bool Plainly = false; ///< The field is declared without a typedef.
    std::vector<std::string> OwnedPaths; ///< Of a block of objects.
    std::vector<const TypeAssignment *> TableAssignments;
    std::string Drop; ///< Why it does not move.
    Place DropAt;
    std::string Base, ForeignBase;
    std::vector<StaticType::Slot> Slots;
    std::vector<const TypeAssignment *> Absorbed;
    std::vector<const ApiUse *> Ready, MacroReady;
    std::vector<const ApiUse *> Late; ///< PyType_Ready() at run time.
  };
  Place placeOf(const Variable &V) const;
  void leave(const std::string &What, Place Where, std::string Why,
             bool Residue = true);
  /// Functions that run only while the module is being imported.
  void findInitOnly();
  void chooseEntities();
  /// Adds the mentions in text that is compiled elsewhere to the index.
  void readInactive();
  /// Functions in such text, as far as it says what they are.
  void readFunctionsElsewhere();
  void rootsElsewhere(Function &F) const;
  std::set<std::string> Elsewhere; ///< Their keys.
  /// Headers that sources which are not of this module include as well, and one
  /// of these.
  void findOthersHeaders();
  /// What PyInit_ does before it returns PyModuleDef_Init(), when it needs the
  /// state: the exec function does it first.
  void moveFromInit();
  std::vector<Place> FromInit;
  bool inFromInit(Place P) const;
  /// The text of \p P with the edits in it, which are taken back.
  std::string takeEdited(Place P);
  std::map<int, std::string> OthersHeaders;
  /// "x.h, which ..." when \p File is one of OthersHeaders; else "".
  std::string inOthersHeader(int File) const;
  void readUnusedMacros();
  /// Stands for the function of a mention in a macro that nothing expands.
  /// Macros that are the state, whose uses become its name.
  void findStateMacros();
  void emitStateMacros();
  bool isStateMacro(const ApiUse &U) const;
  struct StateMacro {
    Place Find; ///< PyState_FindModule() in it.
    std::set<std::string> Functions; ///< That use it.
    std::vector<Place> Uses;
  };
  std::map<Place, StateMacro> StateMacros; ///< By body, from the name on.
  static constexpr const char *UnusedMacro = "#";
  bool noteInactiveReturn(Place Word, llvm::StringRef Name);
  void noteInactiveField(const std::string &Key, Place Name,
                         const std::string &In);
  std::string enclosing(int File, unsigned At) const;
  void prepareModuleVariable();
  bool isOwnedPath(const Variable &V, llvm::StringRef Path) const;
  bool filledFor(const Reference &Ref, llvm::StringRef Path) const;
  bool givesReference(const std::string &Function, llvm::StringRef Value,
                      int Depth = 0) const;
  /// Lines that apply Py_VISIT or Py_CLEAR to the objects of \p E.
  std::string hookLines(const Entity &E, const char *Macro,
                        const std::string &Access,
                        const std::string &Indent) const;
  /// \p Declaration without the variables \p Names; empty when none is left.
  std::string withoutNames(llvm::StringRef Declaration,
                           const std::set<std::string> &Names) const;
  std::string fieldDeclaration(const Entity &E) const;
  size_t includeOf(int File, int Header) const;
  int includedAt(int File, unsigned At) const;
  unsigned includePlace(int File) const;
  unsigned pythonPlace(int File, unsigned Depth = 0) const;
  unsigned specPlace(const Entity &E) const;
  /// A function of the C library with state of the whole process that is called
  /// where the variable is written.
  std::string processApi(const Variable &V) const;
  static bool isTable(const Variable &V);
  bool writtenAnywhere(const Variable &V) const;
  bool isGuard(const Variable &V) const;
  bool isStructSequence(const std::string &Key) const;
  unsigned testsWhetherMade(const Reference &Ref, bool Sequence) const;
  bool isShared(const Variable &V) const;
  bool pastedMoves(const Reference &Ref) const;
  bool soleOfMacro(const Variable &V) const;
  bool anyInitialiser() const;
  bool inClinic(const Function &F) const;
  /// Gives macros that mention the state a parameter for it.
  void emitMacros();
  void editClinicInput();
  /// The declarator as the text has it, `@` for the name; empty when it is not
  /// to be had.
  std::string fieldFromText(const Variable &V) const;
  std::string nameOf(const Entity &E) const;
  void chooseNames();
  bool moves(const std::string &Key) const;
  void drop(Entity &E, std::string Why, Place At = {});
  /// Functions that mention what moves.
  std::set<std::string> mentioned() const;
  static bool has(const Function &F, Root R);
  /// Uses of PyState_FindModule(): under multi-phase initialisation it finds
  /// nothing.
  std::vector<const ApiUse *> finds() const;
  /// Calls of PyType_Ready() need the module itself.
  std::set<std::string> readyFunctions() const;
  /// Whether functions are called with objects of the struct sequence \p E.
  bool knowsModule(const Entity &E) const;
  /// Modules within the module, whose functions need its state.
  std::string otherModules();
  Mode modeOf(const std::string &Key, std::string &Why) const;
  Mode givenModeOf(const std::string &Key, std::string &Why) const;
  /// Whether the state of the interpreter does for \p F.
  bool canAsk(const Function &F, std::string &Why) const;
  /// The type of which \p F is called with objects and which stays static.
  std::string staticTypeOf(const Function &F) const;
  /// How \p F returns when there is no state.
  std::optional<std::string> failureOf(const Function &F) const;
  enum class Thread { AsCalled, Attaches, Enters };
  Thread threadOf(const std::string &Key) const;
  bool knownAttached(const std::string &Key,
                     std::set<std::string> &Seen) const;
  bool calledAttached(const std::string &Key,
                      std::set<std::string> &Seen) const;
  /// Whether any function asks the interpreter; for the state, for the module.
  bool asks() const;
  bool asksForState() const;
  bool asksForModule() const;
  void emitAsking(const Function &F);
  bool isInLoop(const Function &F, unsigned At) const;
  /// A function that asks the interpreter only to hand the state on, once,
  /// leaves the asking to what it calls; false when there is none.
  bool leaveAsking();
  bool endsInReturn(const Function &F, unsigned At) const;
  std::string askingText() const;
  std::string askingPrototypes() const;
  /// Lines that make \p Module the one of its interpreter.
  std::string settingLines(const std::string &Ind) const;
  /// Functions that cannot be given the state although they are only called.
  std::map<std::string, std::string> NotGiven;
  /// Functions that ask the interpreter, and why.
  std::map<std::string, std::string> Asking;
  mutable std::map<std::string, Thread> Threads;
  mutable std::map<std::string, std::vector<std::string>> Callees;
  Mode ownModeOf(const Function &F, std::string &Why) const;
  /// Where \p Key calls what has to be given the state.
  /// Tables that become local ones, by the key of the function that reads them.
  std::map<std::string, std::string> LocalTables;
  const Function *readerOf(const Variable &Table) const;
  void prepareTables();
  void emitTables();
  /// Tables of the function that makes the module, and where it reads them.
  std::vector<std::pair<unsigned, std::string>> ExecTables;
  unsigned statementAround(const Function &F, unsigned At) const;
  unsigned firstWordFrom(llvm::StringRef T, unsigned At,
                         bool Directives = false) const;
  /// `Type.tp_slot(self)`
  struct DirectCall {
    std::string Type, Function, Slot, Caller;
    Place Name, Open; ///< Open holds a cast to PyObject *.
  };
  std::vector<DirectCall> DirectCalls;
  void prepareDirectCalls();
  void emitDirectCalls();
  /// An `if` with what is done when its condition does not hold.
  struct Choice {
    Place Condition, Then, Otherwise;
  };
  std::optional<Choice> choiceAt(const Function &F, unsigned At) const;
  /// Memory that is kept for later, and how it is released.
  struct FreeList {
    std::string Release, Array, Count, Link;
  };
  std::optional<FreeList> freeListOf(const Variable &V) const;
  std::string asFields(llvm::StringRef Text) const;
  bool allMove(llvm::StringRef Text) const;
  std::string drainLines() const;
  std::set<std::string> givenBy(const std::string &Key) const;
  struct Guard {
    Place Condition;
    bool Wrap = false;
    Place Statement; ///< Empty range before it; then there is no Condition.
  };
  std::optional<Guard> guardFor(const Function &F, const Entity &E,
                                Place P) const;
  bool checkMissing();
  void emitGuards();
  void declarePerhaps(const Function &F);
  /// Places where the state is tested, and whether a condition needs brackets.
  std::map<Place, bool> Guards;
  /// Functions that use a state of their own when the module is gone.
  std::set<std::string> Thrown;
  std::vector<Place> handsIn(const std::string &Key) const;
  /// Where the text of \p F needs the state, macros by their uses; nothing when
  /// that is not known.
  std::optional<std::vector<Place>> needsIn(const Function &F) const;
  /// The uses of macros in \p F that lead to \p Token.
  std::vector<Place> usesLeadingTo(const Function &F, Place Token) const;
  /// Where METH_STATIC has to become METH_CLASS for \p F.
  std::vector<Place> staticFlags(const Function &F) const;
  void emitConversions();
  bool isTemplate(const Variable &V) const;
  /// Gives the fields of the state what their variables began with.
  std::vector<std::string> initialLines() const;
  void removeSurplusReferences();
  std::string closureType() const { return Prefix + "_converter"; }
  void settle();
  void checkModes();
  /// Nothing that \p Key mentions, itself or through what it calls, can move.
  void dropAllOf(const std::string &Key, const std::string &Why);
  void dropReached(const std::string &Key, const std::string &Why);
  void checkReferences(Entity &E);
  /// A mention of the variable that no configuration explains.
  Place unexplained(const Variable &V) const;
  unsigned nameIn(Place P, llvm::StringRef Name) const;
  bool inDeclaration(const Variable &V, int File, unsigned At) const;
  bool inFunction(const std::string &Key, int File, unsigned At) const;
  bool isDead(int File, unsigned At) const;
  /// Whether \p At is in a comment or in a string.
  bool inComment(llvm::StringRef T, size_t At) const;
  void prepareTypes();
  bool setPlainField(Entity &E, const TypeAssignment &A);
  bool hasSlot(const Entity &E, llvm::StringRef Id) const;
  std::string slotFunction(const Entity &E, llvm::StringRef Id) const;
  bool contains(Place Outer, Place Inner) const;
  void checkType(Entity &E);
  Place usedBeforeReady(const Entity &E) const;
  std::string delegateOf(const std::string &Key, llvm::StringRef Slot) const;
  std::string selfOf(const Function &F) const;
  /// A local that is nothing but the object, cast: `PyObject *o = (PyObject
  /// *)self`.
  bool isAliasOfSelf(const Function &F, llvm::StringRef Name) const;
  /// What gives the memory of a dying object back.
  std::vector<const ApiUse *> frees(const std::string &Dealloc) const;
  std::string whyNoSplit();
  Place macroOf(const Return &Ret) const;
  bool isOnlyReturn(const Return &Ret) const;
  bool returnsArgument(const Return &Ret) const;
  bool onlyInBody(Place P) const;
  void edit(Place P, std::string Text);
  void insert(int File, unsigned At, std::string Text);
  /// \p P with its line when nothing else is on it.
  Place wholeLine(Place P) const;
  std::string indentAt(Place P) const;
  /// One level of indentation in the main file.
  std::string indent() const;
  std::string access(const Entity &E) const;
  void emit();
  bool multiFile() const;
  bool together(int A, int B) const;
  bool onlyIncludedBy(int Header, int Source) const;
  void emitReferences();
  /// Memory of an object that is given back without its deallocator, and
  /// references that a failing import gives back although the state has them.
  void emitReleases();
  bool givesBackExtra(const ApiUse &U) const;
  bool increasedBefore(const ApiUse &Add) const;
  void removeDeclaration(Place P);
  /// The reference is in text that another edit replaces.
  bool skipped(Place P) const;
  std::string fetch(const Function &F) const;
  bool servesFinalTypes(const Function &F) const;
  unsigned lazyPlace(const Function &F) const;
  bool onlyAsserts(const Function &F) const;
  void declareForAsserts(const Function &F, const std::string &Value);
  struct Assertions {
    std::vector<unsigned> Statements; ///< In the file of the function.
    std::string Value;                ///< What leads to the state.
  };
  std::optional<Assertions> onlyAssertedTypes(const Function &F) const;
  void emitAssertions(const Function &F);
  std::string asObject(const Function &F, unsigned N) const;
  std::string selfName(const Function &F) const;
  std::string parameterName(const Function &F, unsigned N) const;
  /// Gives a name to a parameter that has none or that is marked as unused.
  void nameParameter(const Function &F, unsigned N);
  std::string moduleParameter(const Function &F) const;
  /// The name under which functions know the module.
  std::string moduleVariable() const;
  void chooseModuleWord();
  /// The module in a function that is called with one of its objects.
  std::string fetchModule(const Function &F) const;
  bool inBody(const ApiUse &U) const;
  void emitFinds();
  std::string moduleFor(const Function &F);
  bool handsModule(const std::string &Key) const;
  void emitFunctions();
  std::string moduleIn(const std::string &Key) const;
  std::string moduleAt(const ApiUse &U) const;
  bool specsNeedModule() const;
  /// Calls a function that is given the state.
  bool handsState(const std::string &Key) const;
  void declareState(const Function &F, const std::string &Value,
                    unsigned At = 0);
  void declare(const Function &F, const std::string &Decl, unsigned Where = 0);
  void addParameter(const Function &F, const std::string &Text,
                    const std::string &Argument);
  bool anyType() const;
  std::string immutable() const;
  std::string notCallable() const;
  static std::string upper(llvm::StringRef S);
  /// True when the type gets the flag, its traverse and its dealloc; a type
  /// that only inherits them does not.
  bool isHeapBase(const Entity &E) const;
  void emitTypes();
  /// A function of the type that is not there yet, named as its deallocator is.
  std::string slotName(const Entity &E, llvm::StringRef Suffix);
  std::set<std::string> SlotNames;
  /// Functions that an initialiser of a type is or calls.
  std::set<std::string> initReach() const;
  /// Memory of objects that is given back outside of their deallocator.
  void rewriteFrees();
  /// Forgets edits within \p P, because something else replaces it.
  void replaceAll(Place P);
  void removeUnusedMacros();
  /// T_PYSSIZET and READONLY are in Python.h since 3.12 under other names.
  void includeStructMember(int File);
  bool functionNamed(llvm::StringRef Name) const;
  bool foreignBaseIsImmutable(const Entity &E) const;
  std::string traverseText(const Entity &E, const std::string &Name);
  std::string collectorOfBase(const Entity &E) const;
  bool needsNoCollector(const Entity &E) const;
  bool visitedByOthers(const StaticType &T) const;
  mutable std::map<std::string, bool> NoCollectors;
  bool isWithin(const Entity &E) const;
  bool isInNoCycle(const Entity &E) const;
  bool isPlain(const Variable &V) const;
  bool holdsNoInstance() const;
  mutable std::optional<bool> HoldsNone;
  std::string plainFree(const Entity &E) const;
  /// The instance struct as the file spells it in sizeof().
  std::string structName(const StaticType &T) const;
  void visitType(const std::string &Key);
  void rewriteDealloc(const std::string &Key, bool Collected);
  void insertBefore(Place P, const std::string &Text, bool Braces);
  void replaceStatement(Place P, std::string Text, bool Braces);
  /// A statement behind the declarations, outside of conditions.
  void insertFirst(const Function &F, const std::string &Statement);
  /// Offset of the first statement that is no declaration. Declarations are
  /// recognised by their form.
  unsigned firstStatement(const Function &F, unsigned From = 0) const;
  void removeSubTable(const std::string &Key);
  std::string baseText(const Entity &E) const;
  std::string createCall(const Entity &E, const std::string &Module) const;
  void createType(Entity &E);
  /// Statements that make the objects with static storage of the type \p E;
  /// when that fails, \p Fail.
  std::string instanceLines(const Entity &E, const std::string &Indent,
                            const std::string &Fail) const;
  void createInstances(const Entity &E);
  bool needsForward(const Entity &E, Place Declaration) const;
  bool isMadeElsewhere(const Entity &E) const;
  /// Why the object \p E cannot be made with the module; empty when it can.
  std::string whyInstanceStays(const Entity &E) const;
  /// The deallocator of a type whose objects last for ever.
  bool neverRuns(const Entity &E, const std::string &Dealloc) const;
  /// PyModule_AddObject() takes a reference; a static type did not mind when
  /// it was not given one.
  void createSequence(Entity &E);
  void registerType(Entity &E);
  void rewriteAllocations();
  void emitStateStruct();
  /// Files whose text mentions the state.
  std::set<int> stateFiles() const;
  /// A header of the extension that declares something that moves and that
  /// every file in need of the state includes; -1 when there is none.
  int sharedHeader(const std::vector<const Entity *> &Order) const;
  int chooseHeader(const std::vector<const Entity *> &Order, int Header);
  /// Puts the state into a header of its own.
  void newHeader(const std::string &Text);
  std::string includedFrom(int File, int Other) const;
  bool reaches(int From, int To, unsigned Depth = 0) const;
  std::vector<const Entity *> ordered() const;
  bool usesByType() const;
  /// What only assertions look up with, where they are compiled.
  static std::string forAsserts(bool Only, const std::string &Text);
  bool assertsByType() const;
  bool usesOperands() const;
  bool usesThree() const;
  bool usesFetch(llvm::StringRef Name) const;
  bool usesPerhaps() const;
  /// Before everything that mentions the state, after the types that its
  /// fields need.
  unsigned structPlace(const std::vector<const Entity *> &Order, int File,
                       bool AfterTypes) const;
  bool mentionsState(const Edit &E) const;
  bool inMacroAlone(const Edit &E) const;
  unsigned ofItsOwn(int File, unsigned At) const;
  unsigned firstUse(int File) const;
  unsigned fieldsPlace(const std::vector<const Entity *> &Order, int File,
                       std::vector<Place> &Needed) const;
  std::set<int> GaveDeclarations; ///< To the file of the state.
  const std::vector<Place> &topLevel(int File) const;
  mutable std::map<int, std::vector<Place>> TopLevels;
  Place withConditions(Place P) const;
  bool isSimple(Place P) const;
  Place declarationOf(int File, llvm::StringRef Name) const;
  std::vector<Place> neededOf(int File, unsigned From,
                              std::vector<std::string> Texts) const;
  std::string takeDeclarations(const std::vector<Place> &Places);
  std::vector<std::string> fieldTexts(const std::vector<const Entity *> &Order,
                                      int Of = -1) const;
  std::string neededOfSources(const std::vector<const Entity *> &Order,
                              int Header, std::vector<std::string> &Includes);
  bool reachesState(int File) const;
  /// Why the struct of the state that a source declares cannot go to a header
  /// of its own; empty when it can.
  std::string whyStructStays();
  static unsigned outsideConditions(llvm::StringRef T, unsigned At,
                                    bool Header);
  std::string guarded(unsigned Minor, const std::string &Line) const;
  std::string slotLines(bool Exec);
  std::string hooksText();
  std::string freeText();
  /// Adds what moved to an m_traverse or m_clear that exists.
  void extendHook(const std::string &Key, const char *Macro);
  std::string accessorsText();
  std::string finderText() const;
  std::string definitionText();
  std::string loadedOnce();
  void emitModule();
  void removeDeclarationBlock(Place P);
  void editInitCall();
  bool isTrivialBody() const;
  std::string giverText();
  void editBody();
  std::string execTables(unsigned At);
  void insertExecTables();
  unsigned startOfBody(std::vector<Place> Gone) const;
  bool InNamespace = false; ///< The state is declared in `namespace {`.
  /// \p P, a whole line, with the #ifdef and #endif around nothing else.
  Place withDirectives(Place P) const;
  static std::string minusOne(const Return &Ret);
  std::vector<const Entity *> inBaseOrder(std::vector<Entity *> In) const;
  /// The declaration of the local variable that held the module.
  void removeVariable();
  static std::vector<std::string> splitTop(llvm::StringRef S);
  /// exec borrows the module.
  void removeReleases();
  void removeDeadBranches();
  void emitMultiPhase();
  Index I; ///< A copy: text that is not compiled adds to it.
  const RewriteOptions &O;
  RewriteResult R;
  ModuleInfo M;
  const Function *Body = nullptr;
  std::string BodyKey, Prefix, StateType, StateName = "state", ModuleName, In;
  int MainFile = -1;
  bool Cxx = false, HasState = false, WithState = false, Multi = false;
  bool HasHooks = false, HasFree = false, AnyNotCallable = false;
  bool Changed = false;
  std::map<std::string, Entity> Entities;
  std::map<std::string, Mode> Modes;
  std::set<std::string> RunTime, Deallocs, ModuleUsers;
  std::string ModuleWord = "module";
  std::string GetState;
  bool OwnGetState = true; ///< It has to be written.
  bool UsesModuleByType = false, UsesFreeObject = false, UsesSequence = false;
  bool MovesStruct = false; ///< Of a state that was there, to a new header.
  std::vector<Place> Replaced;
  std::vector<ApiUse> ModuleMentions; ///< Of the global that holds it.
  Place SetGil; ///< The statement that PyUnstable_Module_SetGIL() is.
  std::vector<Entity *> AtExecStart;
  mutable std::map<const char *, std::vector<std::pair<size_t, size_t>>>
      Comments;
};

/// The end of the comment or the literal at \p At in \p T; \p At when there is
/// none.
size_t pastLiteral(llvm::StringRef T, size_t At);

/// Where the preprocessor conditions begin that are open at \p At, outermost
/// first.
std::vector<size_t> openConditions(llvm::StringRef T, size_t At);

/// The beginning of the #endif of the innermost condition that is open at \p At.
size_t endOfCondition(llvm::StringRef T, size_t At);

/// The position after the bracket that closes the one at \p Open; npos when
/// none does.
size_t closing(llvm::StringRef T, size_t Open);

/// `#include "folder/name"` or `#include <name>`.
struct Inclusion {
  size_t At; ///< Of the `#`.
  llvm::StringRef Name; ///< Without folders.
  bool Quoted;
};
/// What \p T includes, in comments and in what is not compiled as well.
std::vector<Inclusion> inclusions(llvm::StringRef T);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_REWRITER_H
