//===- Lifecycle.cpp ------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/Lifecycle.h"
#include "facts/ApiRoles.h"
#include "facts/Facts.h"
#include "model/ExtensionModel.h"
#include "model/Initializers.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

/// The typedef that a type was written with; empty when it was written without.
static StringRef typedefName(QualType QT) {
  const auto *T = QT->getAs<TypedefType>();
  return T ? T->getDecl()->getName() : StringRef();
}

namespace {
/// What an expression can stand for.
struct Origins {
  SmallVector<const FieldDecl *, 2> Fields;
  bool Self = false; ///< The object the function was given.
  bool Type = false; ///< The type of an object.
  bool Visitor = false; ///< The collector's function.
};

class Walker {
public:
  Walker(const ExtensionModel &Model, Lifecycle &Out)
      : Model(Model), SM(Model.context().getSourceManager()),
        Out(Out) {}

  void enter(const FunctionDecl *FD) {
    Out.Functions.push_back(FD);
    const FunctionDecl *Outer = std::exchange(Current, FD);
    collect(FD->getBody());
    walk(FD->getBody());
    Current = Outer;
  }

private:
  void collect(const Stmt *S);
  void walk(const Stmt *S);
  void call(const CallExpr *E);
  void assignment(const BinaryOperator *E);
  bool countMacro(const Stmt *S);
  void origins(const Expr *E, Origins &To, unsigned Depth = 0);
  Origins originsOf(const Expr *E) {
    Origins To;
    Seen.clear();
    origins(E, To);
    return To;
  }
  void add(LifeStep Step, const Expr *At, const FieldDecl *Field = nullptr) {
    Out.Events.push_back({Step, Field, Outermost ? Outermost : At, At, Current});
  }
  static StringRef nameOf(const FunctionDecl *FD) {
    return FD && FD->getIdentifier() ? facts::canonicalName(FD->getName())
                                     : StringRef();
  }

  const ExtensionModel &Model;
  const SourceManager &SM;
  Lifecycle &Out;
  const FunctionDecl *Current = nullptr;
  const Expr *Outermost = nullptr; ///< The call that led to a helper.
  unsigned Nesting = 0, Deep = 0;
  /// What is stored in the local variables and given to the parameters.
  DenseMap<const VarDecl *, SmallVector<const Expr *, 2>> Values;
  DenseSet<const VarDecl *> Seen;
  SmallVector<const FunctionDecl *, 4> Stack;
};
} // namespace

void Walker::collect(const Stmt *S) {
  if (!S || isa<LambdaExpr>(S) || Deep > 500)
    return;
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    for (const Decl *Each : D->decls())
      if (const auto *VD = dyn_cast<VarDecl>(Each); VD && VD->getInit())
        Values[VD].push_back(VD->getInit());
  } else if (const auto *B = dyn_cast<BinaryOperator>(S)) {
    if (B->getOpcode() == BO_Assign)
      if (const auto *Ref = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens()))
        if (const auto *VD = dyn_cast<VarDecl>(Ref->getDecl());
            VD && VD->hasLocalStorage())
          Values[VD].push_back(B->getRHS());
  }
  ++Deep;
  for (const Stmt *Child : S->children())
    collect(Child);
  --Deep;
}

void Walker::origins(const Expr *E, Origins &To, unsigned Depth) {
  if (!E || Depth > 40)
    return;
  E = E->IgnoreParenCasts();
  if (const auto *M = dyn_cast<MemberExpr>(E)) {
    const auto *FD = dyn_cast<FieldDecl>(M->getMemberDecl());
    if (!FD)
      return;
    if (FD->getName() == "ob_type") {
      To.Type = true;
      return;
    }
    To.Fields.push_back(FD->getCanonicalDecl());
    if (!M->isArrow())
      origins(M->getBase(), To, Depth + 1);
    return;
  }
  if (const auto *Ref = dyn_cast<DeclRefExpr>(E)) {
    const auto *VD = dyn_cast<VarDecl>(Ref->getDecl());
    if (!VD || !Seen.insert(VD).second)
      return;
    To.Visitor |= typedefName(VD->getType()) == "visitproc";
    auto It = Values.find(VD);
    if (It != Values.end())
      for (const Expr *Value : SmallVector<const Expr *, 2>(It->second))
        origins(Value, To, Depth + 1);
    if (const auto *P = dyn_cast<ParmVarDecl>(VD);
        P && Out.Functions.size() && P->getDeclContext() == Out.Functions.front())
      To.Self |= P->getFunctionScopeIndex() == 0;
    return;
  }
  if (isa<CXXThisExpr>(E)) {
    To.Self = true;
    return;
  }
  if (const auto *Call = dyn_cast<CallExpr>(E);
      Call && facts::hasRole(nameOf(Call->getDirectCallee()),
                             facts::ApiRole::TypeOf)) {
    To.Type = true;
    return;
  }
  if (const auto *Cond = dyn_cast<ConditionalOperator>(E)) {
    origins(Cond->getTrueExpr(), To, Depth + 1);
    origins(Cond->getFalseExpr(), To, Depth + 1);
    return;
  }
  for (const Stmt *Child : E->children())
    if (const auto *Sub = dyn_cast_or_null<Expr>(Child))
      origins(Sub, To, Depth + 1);
}

/// Py_CLEAR() and Py_XSETREF() are loops that run once and begin with the
/// address or the value of their argument.
bool Walker::countMacro(const Stmt *S) {
  const auto *Do = dyn_cast<DoStmt>(S);
  if (!Do || !Do->getBeginLoc().isMacroID())
    return false;
  StringRef Name = Model.preprocessing().macroName(Do->getBeginLoc(), [](StringRef N) {
    const facts::ReferenceCountApi *Api = facts::findReferenceCountOp(N);
    return Api && (Api->Op == facts::RefcountOp::Clear ||
                   Api->Op == facts::RefcountOp::SetRef);
  });
  const auto *Body = dyn_cast<CompoundStmt>(Do->getBody());
  if (Name.empty() || !Body)
    return false;
  const bool Clears =
      facts::findReferenceCountOp(Name)->Op == facts::RefcountOp::Clear;
  for (const Stmt *Each : Body->body()) {
    const auto *D = dyn_cast<DeclStmt>(Each);
    const auto *VD =
        D && D->isSingleDecl() ? dyn_cast<VarDecl>(D->getSingleDecl()) : nullptr;
    if (!VD || !VD->getInit())
      continue;
    for (const FieldDecl *Field : originsOf(VD->getInit()).Fields) {
      Out.Mentioned.insert(Field);
      add(LifeStep::Drops, VD->getInit(), Field);
      // A replacement is as good as null: nothing dangles.
      add(LifeStep::Nulls, VD->getInit(), Field);
    }
    break;
  }
  return Clears || Body->size() > 0;
}

void Walker::walk(const Stmt *S) {
  if (!S || isa<UnaryExprOrTypeTraitExpr>(S) || Nesting > 1000)
    return;
  if (countMacro(S))
    return;
  ++Nesting;
  if (const auto *L = dyn_cast<LambdaExpr>(S)) {
    collect(L->getBody());
    walk(L->getBody());
  } else {
    for (const Stmt *Child : S->children())
      walk(Child);
  }
  --Nesting;
  if (const auto *E = dyn_cast<CallExpr>(S)) {
    call(E);
  } else if (const auto *E = dyn_cast<BinaryOperator>(S)) {
    assignment(E);
  } else if (const auto *E = dyn_cast<MemberExpr>(S)) {
    if (const auto *FD = dyn_cast<FieldDecl>(E->getMemberDecl())) {
      Out.Mentioned.insert(FD->getCanonicalDecl());
      if (FD->getName() == "ob_type")
        add(LifeStep::LoadsType, E);
    }
  } else if (const auto *E = dyn_cast<CXXDeleteExpr>(S)) {
    if (originsOf(E->getArgument()).Self)
      add(LifeStep::FreesObject, E);
  }
}

void Walker::assignment(const BinaryOperator *E) {
  if (E->getOpcode() != BO_Assign)
    return;
  if (!isNullOrZero(E->getRHS(), Model.context())) {
    // A new value, which nothing says is the old one.
    return;
  }
  for (const FieldDecl *Field : originsOf(E->getLHS()).Fields)
    add(LifeStep::Nulls, E, Field);
}

void Walker::call(const CallExpr *E) {
  const FunctionDecl *Callee = E->getDirectCallee();
  const StringRef Name = nameOf(Callee);
  auto UseAll = [&](LifeStep Step) {
    bool Self = false;
    for (const Expr *Arg : E->arguments()) {
      Origins From = originsOf(Arg);
      for (const FieldDecl *Field : From.Fields)
        add(Step, E, Field);
      Self |= From.Self && From.Fields.empty();
    }
    return Self;
  };

  if (!Callee) {
    // Through a pointer: the typedef says what it is.
    const StringRef Kind = typedefName(E->getCallee()->getType());
    if (Kind == "visitproc" && E->getNumArgs()) {
      Origins From = originsOf(E->getArg(0));
      for (const FieldDecl *Field : From.Fields)
        add(LifeStep::Visits, E, Field);
      if (From.Type && From.Fields.empty())
        add(LifeStep::VisitsType, E);
    } else if (Kind == "freefunc") {
      add(LifeStep::FreesObject, E);
    } else if (Kind == "destructor" || Kind == "traverseproc" ||
               Kind == "inquiry") {
      // base->tp_clear(self), or that of another object.
      add(LifeStep::Delegates, E);
    } else if (UseAll(LifeStep::Uses)) {
      add(LifeStep::PassesSelf, E);
    }
    return;
  }

  for (const facts::ApiRoleRow &Row : facts::findRoles(Name))
    switch (Row.Role) {
    case facts::ApiRole::TypeOf:
      add(LifeStep::LoadsType, E);
      return;
    case facts::ApiRole::Untracks:
      add(LifeStep::Untracks, E);
      return;
    case facts::ApiRole::FreesObject:
    case facts::ApiRole::FreesGcObject:
      // Of the object, not of what a field points to.
      if (E->getNumArgs() && originsOf(E->getArg(0)).Fields.empty())
        add(LifeStep::FreesObject, E);
      else
        UseAll(LifeStep::Uses);
      return;
    case facts::ApiRole::ClearsWeakRefs:
      add(LifeStep::ClearsWeakRefs, E);
      return;
    case facts::ApiRole::VisitsManagedDict:
      add(LifeStep::VisitsDict, E);
      return;
    case facts::ApiRole::ClearsManagedDict:
      add(LifeStep::ClearsDict, E);
      return;
    case facts::ApiRole::CallsFinalizer:
      add(LifeStep::Finalizes, E);
      return;
    default:
      break;
    }
  if (const facts::ReferenceCountApi *Api = facts::findReferenceCountOp(Name)) {
    if (Api->Op != facts::RefcountOp::Decref ||
        unsigned(Api->Arg) >= E->getNumArgs())
      return;
    Origins From = originsOf(E->getArg(Api->Arg));
    for (const FieldDecl *Field : From.Fields)
      add(LifeStep::Drops, E, Field);
    if (From.Type && From.Fields.empty())
      add(LifeStep::DropsType, E);
    return;
  }

  const Function *Known = Model.function(Callee);
  const FunctionDecl *Body = Known ? Known->Decl : nullptr;
  if (Body && !is_contained(Out.Functions, Body) && Stack.size() < 8) {
    unsigned Index = 0;
    const unsigned Skip =
        isa<CXXOperatorCallExpr>(E) && isa<CXXMethodDecl>(Callee) ? 1 : 0;
    for (const Expr *Arg : E->arguments()) {
      if (Index >= Skip && Index - Skip < Body->getNumParams())
        Values[Body->getParamDecl(Index - Skip)].push_back(Arg);
      ++Index;
    }
    const Expr *Before = Outermost;
    if (!Outermost)
      Outermost = E;
    Stack.push_back(Body);
    enter(Body);
    Stack.pop_back();
    Outermost = Before;
    return;
  }
  if (Body) {
    // The second call of a helper, with other arguments: its parameters stand
    // for these too.
    if (Stack.size() < 8 && !is_contained(Stack, Body)) {
      for (unsigned I = 0; I < E->getNumArgs() && I < Body->getNumParams(); ++I)
        Values[Body->getParamDecl(I)] = {E->getArg(I)};
      const Expr *Before = Outermost;
      if (!Outermost)
        Outermost = E;
      Stack.push_back(Body);
      const FunctionDecl *Outer = std::exchange(Current, Body);
      walk(Body->getBody());
      Current = Outer;
      Stack.pop_back();
      Outermost = Before;
    }
    return;
  }
  if (Name.empty() && isa<CXXDestructorDecl>(Callee))
    return;
  const bool Self = UseAll(LifeStep::Uses);
  // A function of another file that is given the object, for example that of a
  // base class. One of Python's own is known not to.
  if (Self && !facts::findApi(Name))
    add(LifeStep::PassesSelf, E);
}

Lifecycle Lifecycle::of(const ExtensionModel &Model, const FunctionDecl *FD) {
  Lifecycle Result;
  Walker(Model, Result).enter(FD);
  return Result;
}

const LifeEvent *Lifecycle::first(LifeStep Step, const FieldDecl *Field) const {
  for (const LifeEvent &E : Events)
    if (E.Step == Step && (!Field || E.Field == Field->getCanonicalDecl()))
      return &E;
  return nullptr;
}

const Lifecycle *ExtensionModel::lifecycle(const FunctionDecl *FD) const {
  const Function *F = FD ? function(FD) : nullptr;
  if (!F || !F->Decl->getBody())
    return nullptr;
  std::unique_ptr<const Lifecycle> &Known = Lifecycles[F->Decl];
  if (!Known)
    Known = std::make_unique<const Lifecycle>(Lifecycle::of(*this, F->Decl));
  return Known.get();
}

static void collectFields(const RecordDecl *RD, bool Outer,
                          std::vector<const FieldDecl *> &To, unsigned Depth) {
  RD = RD ? RD->getDefinition() : nullptr;
  if (!RD || Depth > 4)
    return;
  bool First = true;
  for (const FieldDecl *Field : RD->fields()) {
    QualType QT = Field->getType();
    while (const auto *Array = QT->getAsArrayTypeUnsafe())
      QT = Array->getElementType();
    // The header, or a base.
    const bool Base = Outer && std::exchange(First, false) &&
                      QT->isRecordType() &&
                      (ExtensionModel::isObjectRecord(QT->getAsRecordDecl()) ||
                       facts::isObjectStruct(elementTypeName(QT)));
    if (Base)
      continue;
    if (QT->isRecordType() && !QT->getAsRecordDecl()->isUnion())
      collectFields(QT->getAsRecordDecl(), false, To, Depth + 1);
    else if (ExtensionModel::isObjectPointer(QT))
      To.push_back(Field->getCanonicalDecl());
  }
}

std::vector<const FieldDecl *> objectFields(const RecordDecl *RD) {
  std::vector<const FieldDecl *> Fields;
  collectFields(RD, true, Fields, 0);
  return Fields;
}

/// Of an instance without a base: PyObject_HEAD.
static bool isPlainHeader(const FieldDecl *Field) {
  return facts::isObjectStruct(elementTypeName(Field->getType()));
}

/// Whether \p E is a string, bytes or a number, or another object that refers to
/// nothing and runs no code when it goes.
static bool isLeaf(const Expr *E) {
  E = stripped(E);
  if (const auto *C = dyn_cast<ConditionalOperator>(E))
    return isLeaf(C->getTrueExpr()) && isLeaf(C->getFalseExpr());
  if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    // Py_None, Py_True; a type refers to much.
    const VarDecl *VD = U->getOpcode() == UO_AddrOf ? variableOf(E) : nullptr;
    return VD && VD->hasGlobalStorage() &&
           !facts::isTypeObjectStruct(elementTypeName(VD->getType())) &&
           VD->getIdentifier() && facts::isApiName(VD->getName().ltrim('_'));
  }
  const auto *Call = dyn_cast<CallExpr>(E);
  const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
  if (!Callee || !Callee->getIdentifier())
    return false;
  const StringRef Name = facts::canonicalName(Callee->getName());
  if (const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(Name))
    return Op->Op == facts::RefcountOp::NewRef && Call->getNumArgs() &&
           isLeaf(Call->getArg(0));
  const facts::NewReference *New = facts::findNewReference(Name);
  return facts::hasRole(Name, facts::ApiRole::GivesConstant) ||
         (New && (New->Container == facts::ContainerKind::Unicode ||
                  New->Container == facts::ContainerKind::Bytes ||
                  New->Container == facts::ContainerKind::Number));
}

/// What the write \p A stores; nullable. `Py_XSETREF(self->x, y)` stores through
/// a pointer of its own.
static const Expr *storedValue(const Access &A) {
  if (const auto *B = dyn_cast<BinaryOperator>(A.Statement))
    return B->getRHS();
  const auto *D = dyn_cast<DeclStmt>(A.Statement);
  const auto *Place =
      D && D->isSingleDecl() ? dyn_cast<VarDecl>(D->getSingleDecl()) : nullptr;
  if (!Place || !Place->getLocation().isMacroID() || !A.Function)
    return nullptr;
  SmallVector<const Stmt *, 32> Todo{A.Function->getBody()};
  while (!Todo.empty()) {
    const Stmt *S = Todo.pop_back_val();
    if (!S)
      continue;
    const auto *B = dyn_cast<BinaryOperator>(S);
    const auto *U = B && B->getOpcode() == BO_Assign
                        ? dyn_cast<UnaryOperator>(stripped(B->getLHS()))
                        : nullptr;
    if (U && U->getOpcode() == UO_Deref && variableOf(U->getSubExpr()) == Place)
      return B->getRHS();
    for (const Stmt *Child : S->children())
      Todo.push_back(Child);
  }
  return nullptr;
}

bool holdsLeaves(const ExtensionModel &Model, const FieldDecl *Field) {
  static const StringRef LeafStructs[] = {"PyUnicodeObject", "PyBytesObject",
                                          "PyLongObject", "PyFloatObject"};
  if (is_contained(LeafStructs, elementTypeName(Field->getType())))
    return true;
  // An instance of a struct that refers to nothing.
  const QualType QT = Field->getType();
  const RecordDecl *RD =
      QT->isPointerType() ? QT->getPointeeType()->getAsRecordDecl() : nullptr;
  RD = RD ? RD->getDefinition() : nullptr;
  if (RD && Model.preprocessing().isFirstParty(RD->getLocation()) &&
      ExtensionModel::isObjectRecord(RD) && objectFields(RD).empty() &&
      !RD->field_empty() && isPlainHeader(*RD->field_begin()))
    return true;
  const StateVariable *State = Model.stateOf(Field);
  bool Any = false;
  if (State)
    for (const Access &A : State->Accesses) {
      if (!A.writes() || A.Resets)
        continue;
      const Expr *Value = storedValue(A);
      if (!Value || !isLeaf(Value))
        return false;
      Any = true;
    }
  return Any;
}

std::vector<OwnedField> ownedFields(const ExtensionModel &Model,
                                    const TypeObject &Type) {
  std::vector<OwnedField> Owned;
  for (const FieldDecl *Field : objectFields(Type.Instance)) {
    if (Type.WeakListField &&
        Type.WeakListField->getCanonicalDecl() == Field)
      continue;
    const Expr *Dropped = nullptr;
    for (StringRef Slot : {"tp_dealloc", "tp_clear", "tp_finalize"})
      if (const Lifecycle *Life = Model.lifecycle(Type.slot(Slot)))
        if (const LifeEvent *E = Life->first(LifeStep::Drops, Field);
            E && !Dropped)
          Dropped = E->Inner;
    if (const StateVariable *State = Model.stateOf(Field); State && !Dropped)
      for (const Access &A : State->Accesses)
        if (A.DropsReference && !Dropped)
          Dropped = A.Where;
    if (Dropped)
      Owned.push_back({Field, Dropped, holdsLeaves(Model, Field)});
  }
  return Owned;
}

} // namespace pyext::model
