//===- IndexCalls.cpp - Calls, assignments and returns --------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexer.h"
#include "Pointers.h"
#include "facts/ProcessState.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace llvm;

namespace pyext::migrate {

Place Indexer::useOf(const CallExpr *Call, const std::set<StringRef> &Names,
                     std::string &Name) {
  SourceLocation Loc = Call->getCallee()->getBeginLoc();
  if (const FunctionDecl *FD = Call->getDirectCallee())
    if (!Loc.isMacroID() && Names.count(identifierOf(FD))) {
      Name = FD->getNameAsString();
      return written(Call->getSourceRange());
    }
  Loc = Call->getBeginLoc();
  for (unsigned N = 0; N < 16 && Loc.isMacroID(); ++N) {
    StringRef Macro = Lexer::getImmediateMacroName(Loc, SM, LO);
    CharSourceRange R = SM.getImmediateExpansionRange(Loc);
    if (SM.isMacroArgExpansion(Loc)) {
      // An argument: go on where it is written.
      Loc = SM.getImmediateSpellingLoc(Loc);
      if (!Loc.isMacroID()) {
        if (const FunctionDecl *FD = Call->getDirectCallee())
          if (Names.count(identifierOf(FD))) {
            Name = FD->getNameAsString();
            return written(Call->getSourceRange());
          }
      }
      continue;
    }
    if (Names.count(Macro)) {
      Name = Macro.str();
      SourceLocation B = SM.getSpellingLoc(R.getBegin());
      SourceLocation E = SM.getSpellingLoc(R.getEnd());
      Place PB = token(B), PE = token(E);
      if (!PB.valid() || PB.File != PE.File) {
        Loc = R.getBegin(); // Within a macro of Python's.
        continue;
      }
      Place Whole{PB.File, PB.Begin, PE.End};
      if (!I.text(Whole).ends_with(")")) { // The macro is only the name.
        Place Close = token(Call->getRParenLoc());
        if (Close.File != Whole.File || Close.End < Whole.End)
          return {};
        Whole.End = Close.End;
      }
      return Whole;
    }
    Loc = R.getBegin();
  }
  // Written in a macro of the extension.
  if (const FunctionDecl *FD = Call->getDirectCallee())
    if (Names.count(identifierOf(FD))) {
      Place B = token(Call->getCallee()->getExprLoc());
      Place E = token(Call->getRParenLoc());
      if (B.valid() && B.File == E.File && B.Begin < E.End) {
        Name = FD->getNameAsString();
        return {B.File, B.Begin, E.End};
      }
    }
  return {};
}

std::string Indexer::unwrapped(Place &Whole, StringRef Name) {
  StringRef T = I.Files[Whole.File].Text;
  StringRef Text = I.text(Whole);
  StringRef Rest = Text;
  if (!Rest.consume_front(Name))
    return Text.str();
  Rest = Rest.ltrim();
  if (!Rest.consume_front(")"))
    return Text.str();
  StringRef Before = T.take_front(Whole.Begin).rtrim();
  if (!Before.consume_back("("))
    return Text.str();
  Before = Before.rtrim();
  size_t Begin = Before.size();
  while (Begin && (isAlnum(Before[Begin - 1]) || Before[Begin - 1] == '_'))
    --Begin;
  if (Begin == Before.size())
    return Text.str();
  std::string Out = (Name + Rest).str();
  Whole.Begin = Begin;
  return Out;
}

Place Indexer::statementOf(const Expr *E, Place Whole, bool &NeedsBraces) {
  const Stmt *S = E;
  const Stmt *P = parentStmt(S);
  while (P &&
         (isa<ParenExpr>(P) || isa<CastExpr>(P) || isa<ExprWithCleanups>(P))) {
    S = P;
    P = parentStmt(P);
  }
  if (!P)
    return {};
  if (isa<CompoundStmt>(P) || isa<LabelStmt>(P) || isa<SwitchCase>(P))
    NeedsBraces = false;
  else if (isa<IfStmt>(P) || isa<WhileStmt>(P) || isa<ForStmt>(P))
    NeedsBraces = true;
  else
    return {};
  Place W = written(S->getSourceRange());
  if (!W.valid())
    W = Whole;
  W.Begin = std::min(W.Begin, Whole.Begin);
  W.End = std::max(W.End, Whole.End);
  return withSemicolon(W);
}

void Indexer::noteThread(const CallExpr *C, const FunctionDecl *FD) {
  if (!FD->getIdentifier())
    return;
  Function &F = I.Functions[keyOf(Current)];
  StringRef Name = FD->getName();
  const facts::ThreadStateApi *Api = facts::findThreadStateApi(Name);
  if (!Api) {
    static const std::set<StringRef> Free{"_Py_IsFinalizing", "PyOS_mystricmp",
                                          "PyOS_mystrnicmp", "Py_AtExit"};
    F.CallsPython |= (Name.starts_with("Py") || Name.starts_with("_Py")) &&
                     !facts::mayCallDetached(facts::canonicalName(Name)) &&
                     !Name.starts_with("PyThread_") &&
                     !Name.starts_with("PyMutex_") && !Free.count(Name);
    if (!Name.ends_with("IsInitialized") && !Name.ends_with("IsFinalizing"))
      return;
  }
  using Op = facts::ThreadStateOp;
  Function::ThreadUse U;
  U.At = token(SM.getExpansionLoc(C->getBeginLoc()));
  if (Api && Api->Op == Op::Create)
    return;
  U.What = !Api || Api->Op == Op::Query ? Function::ThreadUse::Asks
           : Api->Op == Op::Detach || Api->Op == Op::DestroyDetach
               ? Function::ThreadUse::Detaches
           : Api->Op == Op::Release ? Function::ThreadUse::GivesBack
                                    : Function::ThreadUse::Attaches;
  if (any_of(F.ThreadUses, [&](const auto &Old) { return Old.At == U.At; }))
    return;
  if (F.ThreadUses.empty() && Name == "PyGILState_Ensure")
    noteEnsure(C, F);
  F.ThreadUses.push_back(U);
}

void Indexer::noteEnsure(const CallExpr *C, Function &F) {
  const auto *Block = dyn_cast_or_null<CompoundStmt>(Current->getBody());
  if (!Block || C->getBeginLoc().isMacroID())
    return;
  for (const Stmt *S : Block->body()) {
    std::string Name;
    if (const auto *DS = dyn_cast<DeclStmt>(S)) {
      for (const Decl *D : DS->decls())
        if (const auto *VD = dyn_cast<VarDecl>(D);
            VD && VD->getInit() && VD->getInit()->IgnoreParenCasts() == C)
          Name = VD->getNameAsString();
    } else if (const auto *B = dyn_cast<BinaryOperator>(S);
               B && B->getOpcode() == BO_Assign &&
               B->getRHS()->IgnoreParenCasts() == C) {
      if (const auto *D =
              dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParenCasts()))
        Name = D->getDecl()->getNameAsString();
    }
    if (!Name.empty()) {
      F.Ensure = withSemicolon(written(S->getSourceRange()));
      F.EnsuredBy = Name;
      return;
    }
    // What calls nothing does nothing that has to be undone, nor does
    // `if (kind != ROW) return other(kind);`.
    if (callsBeforeReturn(S))
      return;
  }
}

bool Indexer::VisitCXXConstructExpr(CXXConstructExpr *E) {
  if (Current && E->getConstructor() && ours(E->getConstructor()))
    I.Functions[keyOf(Current)].Constructors.insert(keyOf(E->getConstructor()));
  return true;
}

bool Indexer::VisitCallExpr(CallExpr *C) {
  noteGiven(C);
  if (const FunctionDecl *Called = C->getDirectCallee();
      Called && Current && !ours(Called))
    noteThread(C, Called);
  const Expr *CalleeExpr = C->getCallee()->IgnoreParenImpCasts();
  const FunctionDecl *FD = C->getDirectCallee();
  if (const auto *DRE = dyn_cast<DeclRefExpr>(CalleeExpr))
    Callees.insert(DRE);
  if (FD && ours(FD) && Current) {
    Call Out;
    Out.Caller = keyOf(Current);
    Out.Callee = keyOf(FD);
    Out.HasArguments = C->getNumArgs() > 0;
    Place Name = token(CalleeExpr->getExprLoc());
    if (!Name.valid())
      if (Name = pastedAt(CalleeExpr->getExprLoc()); Name.valid()) {
        // `decode_ ## Of (x)`
        StringRef T = I.Files[Name.File].Text;
        StringRef Rest = T.substr(Name.End).ltrim();
        while (Rest.consume_front("##")) {
          Rest = Rest.ltrim();
          Rest = Rest.drop_while([](char C) { return isAlnum(C) || C == '_'; });
          Name.End = Rest.data() - T.data();
          Rest = Rest.ltrim();
        }
        Out.Pasted = true;
      }
    if (Name.valid()) {
      StringRef T = I.Files[Name.File].Text;
      size_t Open = T.find_first_not_of(" \t\r\n\\", Name.End);
      if (Open != StringRef::npos && T[Open] == '(')
        Out.Open = {Name.File, unsigned(Open + 1), unsigned(Open + 1)};
    }
    bool Known = false;
    for (const Call &Old : I.Calls)
      Known |= Old.Open == Out.Open && Old.Caller == Out.Caller &&
               Old.Callee == Out.Callee;
    if (!Known)
      I.Calls.push_back(Out);
  }
  // Py_SET_TYPE(&Foo_Type, &PyType_Type), a macro of Python as well.
  if (FD && Current && !ours(FD) && C->getNumArgs() == 2 &&
      identifierOf(FD) == "Py_SET_TYPE")
    if (const VarDecl *VD = assignedVariable(C->getArg(0));
        VD && ours(VD) && isTypeObject(VD->getType()))
      noteTypeField(VD, "ob_type", C->getArg(1), C, SourceLocation());
  static const std::set<StringRef> Process{
      "openlog",   "closelog",    "signal",        "sigaction", "atexit",
      "setlocale", "umask",       "setitimer",     "tcsetattr", "initscr",
      "Py_AtExit", "PyOS_setsig", "pthread_atfork"};
  if (FD && Current && !ours(FD) && Process.count(identifierOf(FD)))
    I.ProcessCalls.insert({keyOf(Current), FD->getNameAsString()});
  static const std::set<StringRef> Names{"PyType_Ready",
                                         "PyObject_New",
                                         "PyObject_NEW",
                                         "PyObject_NewVar",
                                         "PyObject_NEW_VAR",
                                         "_PyObject_New",
                                         "_PyObject_NewVar",
                                         "PyObject_Del",
                                         "PyObject_DEL",
                                         "PyObject_Free",
                                         "PyObject_FREE",
                                         "PyObject_GC_Del",
                                         "PyModule_AddObject",
                                         "PyModule_AddObjectRef",
                                         "PyModule_AddType",
                                         "PyObject_GC_UnTrack",
                                         "PyModule_Create",
                                         "PyModule_Create2",
                                         "PyModule_New",
                                         "PyModule_NewObject",
                                         "PyModule_AddFunctions",
                                         "PyImport_AddModule",
                                         "PyImport_AddModuleRef",
                                         "PyImport_AddModuleObject",
                                         "PyModuleDef_Init",
                                         "PyState_FindModule",
                                         "PyState_AddModule",
                                         "PyObject_GC_New",
                                         "PyObject_GC_NewVar",
                                         "Py_INCREF",
                                         "Py_XINCREF",
                                         "PyMem_Free",
                                         "PyMem_FREE",
                                         "PyMem_Del",
                                         "PyMem_DEL",
                                         "free",
                                         "PyObject_GC_Track",
                                         "PyDict_SetItemString",
                                         "PyModule_Add",
                                         "Py_DECREF",
                                         "Py_XDECREF",
                                         "PyStructSequence_InitType",
                                         "PyStructSequence_InitType2",
                                         "PyGILState_Ensure",
                                         "_PyObject_GC_UNTRACK",
                                         "PyObject_Init",
                                         "PyObject_INIT",
                                         "PyObject_InitVar",
                                         "PyObject_INIT_VAR",
                                         "PyType_FromSpec",
                                         "PyType_FromSpecWithBases",
                                         "PyUnstable_Module_SetGIL"};
  ApiUse U;
  U.Whole = useOf(C, Names, U.Name);
  if (U.Name.empty())
    if (const auto *M = dyn_cast<MemberExpr>(CalleeExpr)) {
      StringRef Field = identifierOf(M->getMemberDecl());
      if (Field == "tp_free" || Field == "tp_dealloc" ||
          Field == "tp_traverse" || Field == "tp_clear" ||
          Field == "tp_alloc") {
        U.Name = Field.str();
        U.Whole = written(C->getSourceRange());
        struct Finder : RecursiveASTVisitor<Finder> {
          const VarDecl *Found = nullptr;
          bool VisitDeclRefExpr(DeclRefExpr *E) {
            if (auto *VD = dyn_cast<VarDecl>(E->getDecl()))
              if (VD->hasGlobalStorage())
                Found = VD;
            return true;
          }
        } F;
        F.TraverseStmt(const_cast<Expr *>(M->getBase()));
        if (F.Found && ours(F.Found))
          U.Type = keyOf(F.Found);
        else if (F.Found)
          U.ArgVariable = F.Found->getNameAsString();
      }
    }
  if (U.Name.empty() || !Current)
    return true;
  U.Function = keyOf(Current);
  if (C->getNumArgs()) {
    QualType Pointee =
        C->getArg(0)->IgnoreParenCasts()->getType()->getPointeeType();
    if (!Pointee.isNull())
      if (const RecordDecl *RD = Pointee->getAsRecordDecl()) {
        U.ArgStruct = RD->getNameAsString();
        if (U.ArgStruct.empty())
          if (const TypedefNameDecl *TD = RD->getTypedefNameForAnonDecl())
            U.ArgStruct = TD->getNameAsString();
      }
  }
  if (U.Whole.valid() && StringRef(U.Name).starts_with("tp_")) {
    // ((PyTypeObject *)base)->tp_dealloc(self)
    StringRef Text = I.text(U.Whole);
    U.Args =
        splitArguments(Text.substr(Text.find("->" + U.Name) == StringRef::npos
                                       ? 0
                                       : Text.find("->" + U.Name)));
  } else if (U.Whole.valid())
    U.Args = splitArguments(unwrapped(U.Whole, U.Name));
  if (U.Name != "tp_dealloc" && U.Name != "tp_traverse")
    for (const Expr *A : C->arguments()) {
      if (std::string Key = typeKey(A); !Key.empty() && U.Type.empty())
        U.Type = Key;
      if (const VarDecl *VD = model::variableOf(A))
        if (VD->hasGlobalStorage() && ours(VD) && U.ArgVariable.empty())
          U.ArgVariable = keyOf(VD);
    }
  if (U.Whole.valid())
    U.Statement = statementOf(C, U.Whole, U.NeedsBraces);
  if (U.Name == "PyUnstable_Module_SetGIL" || U.Name == "PyState_AddModule" ||
      U.Name == "PyType_Ready" || U.Name == "PyModule_AddObject") {
    const Stmt *S = C;
    for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
      if (isa<ParenExpr>(P) || isa<CastExpr>(P) || isa<UnaryOperator>(P) ||
          (isa<BinaryOperator>(P) && cast<BinaryOperator>(P)->isComparisonOp()))
        continue;
      if (const auto *B = dyn_cast<BinaryOperator>(P))
        if ((U.Name == "PyType_Ready" || U.Name == "PyModule_AddObject") &&
            B->getOpcode() == BO_LOr)
          continue;
      // if (m != NULL && PyUnstable_Module_SetGIL(m, ...) < 0)
      if (const auto *B = dyn_cast<BinaryOperator>(P))
        if (B->getOpcode() == BO_LAnd && B->getRHS() == S &&
            model::stripped(B->getLHS())->getType()->isIntegerType() &&
            !callsSomething(B->getLHS()))
          continue;
      if (const auto *If = dyn_cast<IfStmt>(P))
        if (If->getCond() == S && !If->getElse()) {
          Place Whole = withSemicolon(written(If->getSourceRange()));
          const Stmt *Up = parentStmt(If);
          if (Up && isa<CompoundStmt>(Up))
            U.If = Whole;
          const Stmt *Then = If->getThen();
          if (const auto *Block = dyn_cast<CompoundStmt>(Then))
            Then = Block->body_empty() ? nullptr : Block->body_back();
          if (const auto *Goto = dyn_cast_or_null<GotoStmt>(Then))
            U.Jump = "goto " + Goto->getLabel()->getNameAsString() + ";";
        }
      break;
    }
  }
  if (C->getNumArgs())
    if (const auto *Last = dyn_cast<CallExpr>(
            C->getArg(C->getNumArgs() - 1)->IgnoreParenCasts()))
      if (const FunctionDecl *Made = Last->getDirectCallee();
          Made && Made->getIdentifier())
        if (const facts::NewReference *New =
                facts::findNewReference(Made->getName()))
          U.GivesNew = New->OutArg < 0;
  if (U.Name == "PyState_FindModule")
    U.Again = returnsAgain(C);
  if (U.Name == "PyModule_Create" || U.Name == "PyModule_Create2")
    noteCreate(C, U);
  else if (U.Name == "PyModuleDef_Init")
    Inits.push_back({keyOf(Current), definitionOf(C)});
  bool Known = false;
  for (const ApiUse &Old : I.Uses)
    Known |= Old.Whole == U.Whole && Old.Name == U.Name &&
             Old.Function == U.Function && Old.Type == U.Type;
  if (!Known)
    I.Uses.push_back(U);
  return true;
}

bool Indexer::callsBeforeReturn(const Stmt *S) {
  return S && !isa<ReturnStmt>(S) &&
         (isa<CallExpr>(S) || isa<CXXConstructExpr>(S) || isa<LabelStmt>(S) ||
          any_of(S->children(), callsBeforeReturn));
}

bool Indexer::callsSomething(const Stmt *S) {
  return S && (isa<CallExpr>(S) || any_of(S->children(), callsSomething));
}

std::string Indexer::definitionOf(const CallExpr *C) {
  if (C->getNumArgs() < 1)
    return "";
  const VarDecl *VD = model::variableOf(C->getArg(0));
  return VD ? keyOf(VD) : "";
}

void Indexer::noteCreate(const CallExpr *C, const ApiUse &U) {
  Create Out;
  Out.Function = keyOf(Current);
  Out.Definition = definitionOf(C);
  // The statement that holds it.
  const Stmt *S = C;
  const Stmt *P = nullptr;
  const Expr *Value = C; // The module, as an expression.
  for (;;) {
    DynTypedNode N = parent(DynTypedNode::create(*S));
    if (const VarDecl *VD = N.get<VarDecl>()) {
      Out.Variable = VD->getNameAsString();
      Out.WithDeclaration = true;
      if (VD->hasGlobalStorage())
        Out.GlobalVariable = keyOf(VD);
      N = parent(N);
    }
    P = N.get<Stmt>();
    if (!P || isa<CompoundStmt>(P))
      break;
    if (isa<ParenExpr>(P) || isa<CastExpr>(P))
      Value = cast<Expr>(P);
    if (const auto *B = dyn_cast<BinaryOperator>(P))
      if (B->getOpcode() == BO_Assign) {
        Value = B;
        if (const auto *D =
                dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParenCasts())) {
          Out.Variable = D->getDecl()->getNameAsString();
          if (const auto *VD = dyn_cast<VarDecl>(D->getDecl()))
            if (VD->hasGlobalStorage())
              Out.GlobalVariable = keyOf(VD);
        } else {
          Out.Refused = "the module is stored in an expression";
        }
      }
    if (isa<ReturnStmt>(P))
      Out.Returned = true;
    if (const auto *If = dyn_cast<IfStmt>(P)) {
      // if ((m = PyModule_Create(&def)) == NULL) return NULL;
      const Expr *Cond = If->getCond()->IgnoreParenImpCasts();
      bool Test = false;
      auto Is = [&](const Expr *E) {
        return E->IgnoreParenCasts() == Value->IgnoreParenCasts();
      };
      if (const auto *U = dyn_cast<UnaryOperator>(Cond))
        Test = U->getOpcode() == UO_LNot && Is(U->getSubExpr());
      else if (const auto *B = dyn_cast<BinaryOperator>(Cond))
        Test = B->getOpcode() == BO_EQ && (Is(B->getLHS()) || Is(B->getRHS()));
      if (!Test || If->getElse())
        Out.Refused = "the module is created in a condition that does more "
                      "than test for failure";
    } else if (isa<WhileStmt>(P) || isa<ForStmt>(P) || isa<SwitchStmt>(P)) {
      Out.Refused = "the module is created in a loop";
    }
    S = P;
  }
  Out.Statement = withSemicolon(written(S->getSourceRange()));
  // A check for failure right after it.
  if (const auto *Body = dyn_cast_or_null<CompoundStmt>(P)) {
    const Stmt *Previous = nullptr;
    for (const Stmt *Next : Body->body()) {
      if (Previous == S)
        if (const auto *If = dyn_cast<IfStmt>(Next))
          if (!If->getElse() && testsNull(If->getCond(), Out.Variable))
            Out.Check = withSemicolon(written(If->getSourceRange()));
      Previous = Next;
    }
  }
  // The variable's own declaration.
  if (C->getNumArgs()) {
    Out.Spelled = StringRef(textOf(C->getArg(0))).ltrim("& ").str();
    Out.Argument = U.Args.empty() ? "" : U.Args[0];
  }
  if (!Out.Variable.empty() && Out.GlobalVariable.empty())
    for (const Decl *D : Current->decls())
      if (const auto *VD = dyn_cast<VarDecl>(D))
        if (VD->getName() == Out.Variable && !isa<ParmVarDecl>(VD))
          Out.Declared = token(VD->getLocation());
  Out.Call = U.Whole;
  Out.Reused = !Out.Variable.empty() && Out.GlobalVariable.empty() &&
               holdsOthers(Out.Variable, C);
  Creates.push_back(Out);
}

bool Indexer::holdsOthers(const std::string &Name, const CallExpr *C) {
  struct Finder : RecursiveASTVisitor<Finder> {
    const std::string &Name;
    const CallExpr *C;
    ASTContext &Context;
    bool Found = false;
    Finder(const std::string &Name, const CallExpr *C, ASTContext &Context)
        : Name(Name), C(C), Context(Context) {}
    void given(const Expr *Value) {
      const Expr *V = Value->IgnoreParenCasts();
      const auto *Call = dyn_cast<CallExpr>(V);
      const FunctionDecl *FD = Call ? Call->getDirectCallee() : nullptr;
      Found |= Call && V != C && !model::isNullOrZero(Value, Context) &&
               !(FD && (identifierOf(FD) == "PyState_FindModule" ||
                        identifierOf(FD).starts_with("PyModule_Create")));
    }
    bool VisitBinaryOperator(BinaryOperator *B) {
      const auto *D = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParenCasts());
      if (B->getOpcode() == BO_Assign && D &&
          identifierOf(D->getDecl()) == Name)
        given(B->getRHS());
      return true;
    }
    bool VisitVarDecl(VarDecl *VD) {
      if (VD->getName() == Name && VD->getInit())
        given(VD->getInit());
      return true;
    }
  } F(Name, C, Context);
  F.TraverseStmt(Current->getBody());
  return F.Found;
}

bool Indexer::testsNull(const Expr *Cond, const std::string &Name) {
  Cond = Cond->IgnoreParenImpCasts();
  auto IsVariable = [&](const Expr *E) {
    const auto *D = dyn_cast<DeclRefExpr>(E->IgnoreParenCasts());
    return D && identifierOf(D->getDecl()) == Name;
  };
  if (const auto *U = dyn_cast<UnaryOperator>(Cond))
    return U->getOpcode() == UO_LNot && IsVariable(U->getSubExpr());
  if (const auto *B = dyn_cast<BinaryOperator>(Cond))
    return B->getOpcode() == BO_EQ &&
           ((IsVariable(B->getLHS()) &&
             model::isNullOrZero(B->getRHS(), Context)) ||
            (IsVariable(B->getRHS()) &&
             model::isNullOrZero(B->getLHS(), Context)));
  return false;
}

bool Indexer::VisitBinaryOperator(BinaryOperator *B) {
  // *p = value
  if (B->getOpcode() == BO_Assign)
    if (const RecordDecl *RD = B->getLHS()->getType()->getAsRecordDecl();
        RD && !isa<DeclRefExpr>(B->getLHS()->IgnoreParens()))
      noteWritten(RD);
  if (B->getOpcode() != BO_Assign || !Current)
    return true;
  const auto *M = dyn_cast<MemberExpr>(B->getLHS()->IgnoreParenCasts());
  const VarDecl *VD = M ? assignedVariable(M->getBase()) : nullptr;
  if (!VD || !ours(VD))
    return true;
  if (model::elementTypeName(VD->getType()) == "PyModuleDef") {
    noteDefinitionField(VD, identifierOf(M->getMemberDecl()), B);
    return true;
  }
  if (!isTypeObject(VD->getType()) && !facts::findTypeSlotByField(firstFieldOf(
                                          VD->getType()->getAsRecordDecl())))
    return true;
  noteTypeField(VD, M->getMemberDecl()->getNameAsString(), B->getRHS(), B,
                B->getOperatorLoc());
  return true;
}

/// The variable of `x`, `(&x)->`, `((PyObject *)&x)->` or `x.ob_base.`.
const VarDecl *Indexer::assignedVariable(const Expr *E) {
  for (;;) {
    E = E->IgnoreParenCasts();
    if (const auto *U = dyn_cast<UnaryOperator>(E);
        U && U->getOpcode() == UO_AddrOf)
      E = U->getSubExpr();
    else if (const auto *M = dyn_cast<MemberExpr>(E);
             M && !M->isArrow() && M->getMemberDecl()->getName() == "ob_base")
      E = M->getBase();
    else
      break;
  }
  const auto *D = dyn_cast<DeclRefExpr>(E);
  const auto *VD = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
  return VD && VD->getType()->isRecordType() ? VD : nullptr;
}

void Indexer::noteTypeField(const VarDecl *VD, std::string Field,
                            const Expr *Value, const Expr *Whole,
                            SourceLocation At) {
  TypeAssignment A;
  A.Type = keyOf(VD);
  A.Field = std::move(Field);
  A.Value = textOf(Value);
  A.ValueIsNull = model::isNullOrZero(Value, Context);
  if (const FunctionDecl *FD = model::functionOf(Value)) {
    A.ValueName = FD->getNameAsString();
    if (ours(FD)) {
      A.ValueFunction = keyOf(FD);
      addRoot(FD, rootOf(A.Field), A.Type);
      A.Position = token(FD->getLocation());
    }
  } else if (const VarDecl *V = model::variableOf(Value)) {
    A.ValueName = V->getNameAsString();
    if (ours(V) && V->hasGlobalStorage())
      A.ValueVariable = keyOf(V), A.Position = token(V->getLocation());
  }
  A.Function = keyOf(Current);
  bool Braces = false;
  Place W = written(Whole->getSourceRange());
  A.Statement = W.valid() ? statementOf(Whole, W, Braces) : Place();
  if (Braces)
    A.Statement = {};
  // What is written is the use of a macro, which does more.
  A.InMacro = SM.isMacroBodyExpansion(At);
  for (const TypeAssignment &Old : I.Assignments)
    if (Old.Statement == A.Statement && Old.Field == A.Field &&
        Old.Type == A.Type)
      return;
  I.Assignments.push_back(A);
}

Place Indexer::argumentAt(SourceLocation L) {
  bool Given = false;
  while (L.isMacroID()) {
    const bool Argument = SM.isMacroArgExpansion(L);
    L = Argument ? SM.getImmediateSpellingLoc(L)
                 : SM.getImmediateExpansionRange(L).getBegin();
    Given |= Argument;
    if (Place Where = token(L); Given && Where.valid())
      return Where;
  }
  return {};
}

bool Indexer::VisitReturnStmt(ReturnStmt *R) {
  if (!Current)
    return true;
  Return Out;
  Out.Function = keyOf(Current);
  SourceLocation B = R->getBeginLoc();
  if (B.isMacroID() && !SM.isMacroArgExpansion(B)) {
    CharSourceRange E = SM.getExpansionRange(B);
    Place PB = token(E.getBegin()), PE = token(E.getEnd());
    if (PB.valid() && PB.File == PE.File)
      Out.Whole = {PB.File, PB.Begin, PE.End};
    if (Place First = token(B); First.valid()) {
      StringRef T = I.Files[First.File].Text;
      SourceLocation End = R->getEndLoc();
      while (End.isMacroID() && SM.getFileID(End) != SM.getFileID(B)) // NULL
        End = SM.getImmediateExpansionRange(End).getEnd();
      Place Last = token(End);
      size_t Semi = T.find(';', First.Begin);
      if (Last.File == First.File && Last.End > First.Begin &&
          !StringRef(T.substr(Last.End)).ltrim(" \t").starts_with(";"))
        Semi = Last.End - 1; // The one of the use ends it.
      if (T.substr(First.Begin).starts_with("return") &&
          Semi != StringRef::npos)
        Out.Spelled = {First.File, First.Begin, unsigned(Semi + 1)};
    }
    Out.Macro = true;
    if (R->getRetValue())
      Out.Argument =
          argumentAt(R->getRetValue()->IgnoreParenCasts()->getBeginLoc());
  } else {
    Out.Whole = withSemicolon(written(R->getSourceRange()));
  }
  if (const Expr *V = R->getRetValue()) {
    Out.Value = textOf(V);
    if (model::isNullOrZero(V, Context))
      Out.What = Return::Null;
    else if (const auto *D = dyn_cast<DeclRefExpr>(V->IgnoreParenCasts())) {
      Out.What = Return::Module;
      Out.Value = D->getDecl()->getNameAsString();
    }
  } else {
    Out.What = Return::Nothing;
  }
  for (const Return &Old : I.Returns)
    if (Old.Whole == Out.Whole && Old.Function == Out.Function &&
        Old.Spelled == Out.Spelled)
      return true;
  I.Returns.push_back(Out);
  return true;
}

} // namespace pyext::migrate
