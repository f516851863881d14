//===- Indexer.h - Reads one translation unit into an index -----*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_INDEXER_H
#define PYEXT_PYEXT_MIGRATE_INDEXER_H

#include "Index.h"
#include "model/ExtensionModel.h"
#include "model/Initializers.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/StringExtras.h"

namespace pyext::migrate {

/// Splits "name(a, b)" into its arguments.
std::vector<std::string> splitArguments(llvm::StringRef Call);
bool isTypeObject(clang::QualType T);
/// What calls the function in that field of a type or of its tables.
Root rootOf(llvm::StringRef Field);
/// 1 when \p Directive holds with every Python since 3.9, 0 when with none, -1
/// when that is not known.
int holdsForPython3(llvm::StringRef Directive);

/// Enters what a translation unit says into an Index: variables, types,
/// functions and modules, and their uses.
class Indexer : public clang::RecursiveASTVisitor<Indexer> {
public:
  Indexer(Index &I, clang::ASTContext &Context,
          const model::ExtensionModel &Model)
      : I(I), Context(Context), SM(Context.getSourceManager()),
        LO(Context.getLangOpts()), Model(Model), PP(Model.preprocessing()) {}

  void run();

  // --- Places ---------------------------------------------------------------

  int file(clang::FileID ID);

  Place token(clang::SourceLocation Loc);

  /// As written, whole macro uses; invalid when its ends are in two places.
  Place written(clang::SourceRange R);

  /// The text of an expression that is only a part of what a macro gives, as
  /// the definition has it; empty for others.
  std::string textInMacro(const clang::Expr *E);

  std::string textOf(const clang::Expr *E);

  /// \p P with the `;` that follows.
  Place withSemicolon(Place P);

  // --- Names ----------------------------------------------------------------

  std::string keyOf(const clang::NamedDecl *D);

  bool ours(const clang::Decl *D);

  // --- Traversal ------------------------------------------------------------

  bool TraverseDecl(clang::Decl *D);

  void noteOther(const clang::NamedDecl *D);

  void noteFunction(const clang::FunctionDecl *FD);

  /// The body as the definition of a macro has it.
  Place macroBody(const clang::Stmt *Body);

  void noteVariable(const clang::VarDecl *VD);

  /// `static Foo foo = {PyObject_HEAD_INIT(&Foo_Type) 1, 2};`
  void noteInstance(const clang::VarDecl *VD, Variable &V);

  /// What becomes of the object whose address is \p E: it is kept, or given a
  /// reference, or neither.
  void noteInstanceUse(const clang::Expr *E, Reference &R);

  /// `PyCapsule_New(&x, ...)`, in a macro as well.
  bool inCapsule(const clang::Expr *E);

  /// \p P is PyCapsule_New(\p Pointer, ...).
  static bool isHandedOut(const clang::Stmt *P, const clang::Stmt *Pointer);

  /// Behind the declaration of the type, when the extension declares it.
  std::optional<Place> ownTypeEnd(clang::QualType T);

  bool isAllZero(const clang::Expr *E);

  /// The object pointers in \p T; false when something hides them.
  bool objectPaths(clang::QualType T, const std::string &Path,
                   std::vector<std::string> &Out);

  /// The declaration from its first specifier to the `;`.
  void noteDeclaration(const clang::VarDecl *VD, Variable &V);

  // --- Tables ---------------------------------------------------------------

  void addRoot(const clang::FunctionDecl *FD, Root R, const std::string &Of);

  void noteMethods(const clang::VarDecl *VD);

  void noteGetSets(const clang::VarDecl *VD);

  void noteSpecSlots(const clang::VarDecl *VD);

  void noteDefinition(const clang::VarDecl *VD);

  void setDefinitionField(ModuleInfo &M, llvm::StringRef Field,
                          const clang::Expr *E);

  /// `def.m_name = "spam";` before the module is made.
  void noteDefinitionField(const clang::VarDecl *VD, llvm::StringRef Field,
                           const clang::BinaryOperator *B);

  void readSlots(const clang::VarDecl *T, ModuleInfo &M);

  std::string typeKey(const clang::Expr *E);

  void noteType(const clang::VarDecl *VD);

  static llvm::StringRef firstFieldOf(const clang::RecordDecl *RD);

  /// A PyNumberMethods or another tp_as_... table.
  void noteSlotTable(const clang::VarDecl *VD);

  /// Comments and blanks aside, the values of a part of an initialiser.
  static std::vector<std::string> valuesIn(llvm::StringRef Text);

  /// `#if X` `a,` `#else` `b,` `#endif` in the definition of \p T: one value in
  /// each branch, or one that is named in one of them. False for others.
  bool readConditionals(StaticType &T);

  bool addConditional(StaticType &T, llvm::StringRef If,
                      llvm::ArrayRef<std::pair<size_t, size_t>> Branches);

  bool hasForeignDirective(Place P);

  void checkMetaclass(StaticType &T, const clang::Expr *Base);

  /// `A\n#ifdef B\n | B` with its #endif and the end of that line.
  std::string withDirectives(const clang::Expr *E, const std::string &Text);

  /// The struct in `sizeof(S)`, `offsetof(S, field)` or a sum with one of them.
  static const clang::RecordDecl *instanceIn(const clang::Expr *E);
  bool mayHoldObjects(const clang::RecordDecl *RD,
                      std::set<const clang::RecordDecl *> &Seen);

  void readTypeField(StaticType &T, llvm::StringRef Field,
                     const clang::Expr *E);

  void addSlot(StaticType &T, llvm::StringRef Field, const clang::Expr *E,
               const std::string &Text);

  void memberEnd(const clang::VarDecl *VD, StaticType &T);

  // --- References -----------------------------------------------------------

  clang::DynTypedNode parent(const clang::DynTypedNode &N);
  const clang::Stmt *parentStmt(const clang::Stmt *S);

  bool VisitMemberExpr(clang::MemberExpr *E);
  void noteOtherToken(clang::SourceLocation Loc);
  bool VisitOffsetOfExpr(clang::OffsetOfExpr *E);
  bool VisitGotoStmt(clang::GotoStmt *S);
  bool VisitLabelStmt(clang::LabelStmt *S);
  bool VisitTypedefTypeLoc(clang::TypedefTypeLoc TL);
  bool VisitTagTypeLoc(clang::TagTypeLoc TL);
  bool VisitDesignatedInitExpr(clang::DesignatedInitExpr *E);

  bool VisitDeclRefExpr(clang::DeclRefExpr *E);

  void noteReference(const clang::DeclRefExpr *E, const clang::VarDecl *VD);

  /// The if statement that tests \p E and returns, `E != NULL` and such.
  Place returningIf(const clang::Expr *E);

  static bool returnsAlways(const clang::Stmt *S);

  /// `m = PyState_FindModule(&def); if (m != NULL) { ... return m; }`, or both
  /// in one.
  std::vector<Place> returnsAgain(const clang::CallExpr *C);

  /// The beginning of `name ## X` in the macro that pasted the token at \p Loc.
  Place pastedAt(clang::SourceLocation Loc);

  bool writes(const clang::Expr *E);

  /// A pointer to a struct of the extension's own objects.
  static bool isInstance(clang::QualType T);

  void noteEscape(const clang::DeclRefExpr *E, const clang::FunctionDecl *FD);

  // --- Calls ----------------------------------------------------------------

  /// The use of a macro or a function named in \p Names that gives the code at
  /// \p Call, when it is written in a file.
  Place useOf(const clang::CallExpr *Call,
              const std::set<llvm::StringRef> &Names, std::string &Name);

  /// The call `PyObject_New(T, &Type)` as `F(PyObject_New)(T, &Type)`, with a
  /// macro of the extension: the range takes the macro in, and what is returned
  /// is the text from the name on without it.
  std::string unwrapped(Place &Whole, llvm::StringRef Name);

  /// Whether \p E is a statement of its own, and whether adding another one
  /// needs braces.
  Place statementOf(const clang::Expr *E, Place Whole, bool &NeedsBraces);

  void noteWritten(const clang::RecordDecl *RD);

  /// A struct of functions and numbers, such as a C API in a capsule: nobody
  /// writes the addresses of functions, nor the number of a version.
  static bool onlyFunctions(const clang::RecordDecl *RD);

  /// Such a struct, or an array of them or of addresses.
  static bool holdsFunctions(clang::QualType T);

  /// Whether the value is the address of a function, a number or text, or made
  /// of those.
  bool givesFunctions(const clang::Expr *E);

  /// Whether \p E is read, or a pointer into it is kept in a local variable.
  bool onlyReads(const clang::Expr *E);

  /// Whether \p E is read from or called, given an address of a function while
  /// the module is imported, or handed out in a capsule.
  bool usesAsTable(const clang::Expr *E);

  /// Functions of others may write what they are given.
  void noteGiven(const clang::CallExpr *C);

  /// What the function does to its thread, and whether it needs to be attached.
  void noteThread(const clang::CallExpr *C, const clang::FunctionDecl *FD);

  /// The statement with the call, when nothing happens before it.
  void noteEnsure(const clang::CallExpr *C, Function &F);

  bool VisitCXXConstructExpr(clang::CXXConstructExpr *E);

  bool VisitCallExpr(clang::CallExpr *C);

  static bool callsBeforeReturn(const clang::Stmt *S);

  static bool callsSomething(const clang::Stmt *S);

  std::string definitionOf(const clang::CallExpr *C);

  void noteCreate(const clang::CallExpr *C, const ApiUse &U);

  /// Whether the local variable \p Name holds something else than what \p C
  /// makes.
  bool holdsOthers(const std::string &Name, const clang::CallExpr *C);

  bool testsNull(const clang::Expr *Cond, const std::string &Name);

  const clang::VarDecl *assignedVariable(const clang::Expr *E);
  void noteTypeField(const clang::VarDecl *VD, std::string Field,
                     const clang::Expr *Value, const clang::Expr *Whole,
                     clang::SourceLocation At);
  bool VisitBinaryOperator(clang::BinaryOperator *B);

  /// The token that a macro was given and that became what is at \p L.
  Place argumentAt(clang::SourceLocation L);

  bool VisitReturnStmt(clang::ReturnStmt *R);

  // --- Modules --------------------------------------------------------------

  void noteForeignNames(const clang::DeclContext *In);

  /// `if (p)`, `p != NULL`, `!p`, `p && ...`, or printed: `(void *)p`.
  bool onlyTested(const clang::Expr *E);

  /// The deallocator of \p T follows a pointer to an object, its own or not.
  bool looksInside(const StaticType &T);

  void finishModules();

private:
  struct Create;
  /// \p C makes a module within \p M.
  void noteOtherModule(ModuleInfo &M, const Create &Made, const Create &C);

  struct Create {
    std::string Argument; ///< `&def`.
    std::string Function, Definition, Variable;
    std::string GlobalVariable, Refused, Spelled;
    bool WithDeclaration = false, Returned = false, Reused = false;
    Place Statement, Check, Declared, Call;
  };

  Index &I;
  clang::ASTContext &Context;
  const clang::SourceManager &SM;
  const clang::LangOptions &LO;
  const model::ExtensionModel &Model;
  const model::Preprocessing &PP;
  std::map<clang::FileID, int> Files;
  const clang::FunctionDecl *Current = nullptr;
  const clang::VarDecl *Table = nullptr;
  std::set<const clang::DeclRefExpr *> Callees;
  std::map<std::string, const clang::RecordDecl *> InstanceOf;
  std::map<std::string, ModuleInfo> Definitions;
  std::vector<Create> Creates;
  struct Vectorcall {
    const clang::FunctionDecl *Function;
    const clang::RecordDecl *Instance;
    Place At;
  };
  std::vector<Vectorcall> Vectorcalls;
  std::vector<std::pair<std::string, std::string>> Inits;
};

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_INDEXER_H
