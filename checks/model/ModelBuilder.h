//===- ModelBuilder.h - One pass over the user's declarations ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_MODELBUILDER_H
#define PYEXT_MODEL_MODELBUILDER_H

#include "facts/ModelCalls.h"
#include "model/ExtensionModel.h"
#include "model/StoredFunctions.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "llvm/ADT/SetVector.h"

namespace pyext::model {

/// Fills an ExtensionModel: collects declarations, walks each body once with
/// the chain of parents at hand, reads the tables, then concludes what needs
/// the whole file (contexts, which fields are state, locks held by callers).
class ExtensionModel::Builder
    : public clang::RecursiveASTVisitor<ExtensionModel::Builder> {
public:
  explicit Builder(ExtensionModel &M)
      : M(M), Context(M.Context), SM(M.Context.getSourceManager()), PP(M.PP) {}

  void build();

  // RecursiveASTVisitor; bodies are walked by walk() instead. Templates are seen
  // as they are instantiated, or as written when nothing uses them.
  bool shouldVisitTemplateInstantiations() const { return true; }
  bool TraverseStmt(clang::Stmt *) { return true; }
  bool VisitFunctionDecl(clang::FunctionDecl *FD);
  bool VisitVarDecl(clang::VarDecl *VD);

private:
  using Stmt = clang::Stmt;
  using Expr = clang::Expr;

  /// A use of a variable or field, judged from its parents; nothing when it is
  /// not evaluated.
  std::optional<Access> classify(const Expr *E);
  /// elementTypeName(), remembered; the result is good until the next call.
  llvm::StringRef typeNameOf(clang::QualType QT);
  llvm::DenseMap<const void *, std::string> TypeNames;
  void countReference(Access &A) const;

  // Walking, with Path holding the chain of parents down to the node.
  void walkBody(const clang::FunctionDecl *FD);
  void walkInit(const clang::VarDecl *VD);
  void walk(const Stmt *S);
  void visitDeclRef(const clang::DeclRefExpr *E);
  void visitMember(const clang::MemberExpr *E);
  bool isPythonField(const clang::FieldDecl *FD);
  void visitCall(const clang::CallExpr *E);
  void visitConstruct(const clang::CXXConstructExpr *E);
  void visitAssignment(const clang::BinaryOperator *E);
  bool isOwnField(const clang::MemberExpr *E) const;
  bool enterFromCxx(Function *F, const Expr *E);
  /// What a binding holds around a function, however it is bound.
  llvm::DenseMap<const clang::FunctionDecl *, flow::LockList> BindingLocks;
  void visitLambda(const clang::LambdaExpr *E);
  void visitFunctionAddress(const clang::DeclRefExpr *E,
                            const clang::FunctionDecl *FD);
  void handOver(const clang::DeclRefExpr *Passed, const clang::CallExpr *Call);

  // Tables.
  void readTables();
  void readMethods(const clang::VarDecl *Table, const TypeObject *Type);
  void readGetSets(const clang::VarDecl *Table, const TypeObject *Type);
  void readSlotTable(const clang::VarDecl *VD, llvm::StringRef Name);
  void readMembers(const clang::VarDecl *Table, TypeObject &Type);
  void readStaticType(const clang::VarDecl *VD);
  void readSpec(const clang::VarDecl *VD);
  void readTypeSlots(const clang::VarDecl *VD);
  void readTypeSlot(TypeObject &Type, llvm::StringRef Field, const Expr *Value);
  void readModules();
  void readDefinition(Module &Mod, const clang::VarDecl *Def);
  void readModuleSlots(Module &Mod, const clang::VarDecl *Array,
                       unsigned Depth = 0);
  void readBindings();
  void addBindingTags(Module &Mod, llvm::StringRef Text, unsigned Depth = 0);
  void readSetGil(Module &Mod, const clang::CallExpr *Call);
  void addModule(Module Mod);
  void addEntry(const clang::FunctionDecl *FD, EntryPoint Entry);

  // Conclusions.
  void concludeContexts();
  void concludeState();
  void concludeLocks();
  void detectGenerator();
  llvm::StringRef Generator; ///< What wrote the file; empty for nobody.

  Function *functionFor(const clang::FunctionDecl *FD) const;
  StateVariable &stateFor(const clang::ValueDecl *D, StateKind Kind);
  bool isOfModuleMacro(clang::SourceLocation Loc) const;
  bool isGenerated(const clang::NamedDecl *D) const;
  std::string textOf(clang::SourceRange Range) const;
  static const clang::RecordDecl *canonical(const clang::RecordDecl *RD) {
    return llvm::cast<clang::RecordDecl>(RD->getCanonicalDecl());
  }

  ExtensionModel &M;
  clang::ASTContext &Context;
  const clang::SourceManager &SM;
  const Preprocessing &PP;

  llvm::SmallVector<const Stmt *, 64> Path;
  /// Deeper than any hand-written code, and safe on a small thread stack.
  static constexpr size_t MaxDepth = 2000;
  Function *Current = nullptr; ///< Whose body is walked; null in initialisers.

  std::vector<const clang::VarDecl *> Variables; ///< Static storage, defined.
  /// Type specs that are local variables of functions.
  std::vector<const clang::VarDecl *> LocalSpecs;
  /// Special calls: module creation, type creation, thread starts.
  std::vector<std::pair<llvm::StringRef, CallSite>> Special;
  /// `X_Type.tp_new = f` in code.
  struct TypeAssignment {
    const clang::VarDecl *Object;
    std::string Field;
    const Expr *Value;
  };
  std::vector<TypeAssignment> TypeAssignments;
  /// Module definitions whose m_slots code assigns, and what: `def.m_slots = s`.
  std::vector<TypeAssignment> SlotAssignments;
  bool InTable = false; ///< In the initialiser of one of Python's tables.
  /// Functions named in initialisers; the place, null in one of Python's tables.
  llvm::DenseMap<const clang::FunctionDecl *, const clang::DeclRefExpr *>
      InInitializers;
  llvm::SetVector<const clang::RecordDecl *> StateRecords;
  /// What LockSummaries and facts::findModelCall() say of a callee.
  struct CalleeFacts {
    bool ChangesLocks = false;
    std::optional<facts::ModelCall> Role;
    llvm::StringRef Name; ///< Canonical; empty without an identifier.
    const facts::ThreadStateApi *ThreadState = nullptr;
  };
  const CalleeFacts &factsOf(const clang::FunctionDecl *Callee);
  flow::LockSummaries LockCallees;
  llvm::DenseMap<const clang::FunctionDecl *, CalleeFacts> Callees;
  /// Functions that call or declare something that changes locks.
  llvm::DenseSet<const clang::FunctionDecl *> ChangesLocks;
  StoredFunctions Stored;
  llvm::DenseMap<const clang::RecordDecl *, bool> PythonRecords;
  /// Functions listed in tables that were read.
  llvm::DenseSet<const clang::FunctionDecl *> InTables;
};

} // namespace pyext::model

#endif // PYEXT_MODEL_MODELBUILDER_H
