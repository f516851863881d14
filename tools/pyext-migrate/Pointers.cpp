//===- Pointers.cpp - Functions that are called through pointers ----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Pointers.h"
#include "model/Initializers.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/AST/TypeLoc.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace clang;
using namespace llvm;

namespace pyext::migrate {

namespace {

std::string rootOf(const Index &I, std::string Node) {
  for (auto It = I.Pointers.find(Node);
       It != I.Pointers.end() && It->second != Node; It = I.Pointers.find(Node))
    Node = It->second;
  return Node;
}

void unite(Index &I, const std::string &A, const std::string &B) {
  const std::string RootA = rootOf(I, A), RootB = rootOf(I, B);
  I.Pointers.insert({A, A});
  I.Pointers.insert({B, B});
  I.Pointers[RootB] = RootA;
}

/// What a node is called in a message: `kind name@place`.
StringRef nameOf(StringRef Node) {
  return Node.take_front(Node.find('@')).split(' ').second;
}

class PointerVisitor : public RecursiveASTVisitor<PointerVisitor> {
public:
  PointerVisitor(Index &I, ASTContext &Context, const Places &Where)
      : I(I), Context(Context), Where(Where) {}

  void run() {
    for (Decl *D : Context.getTranslationUnitDecl()->decls())
      if (!D->isImplicit() && Where.Ours(D))
        TraverseDecl(D);
  }

  bool TraverseFunctionDecl(FunctionDecl *FD) {
    const FunctionDecl *Old = Current;
    if (FD->doesThisDeclarationHaveABody())
      Current = FD;
    const bool Result = RecursiveASTVisitor::TraverseFunctionDecl(FD);
    Current = Old;
    return Result;
  }

  // --- Where addresses go ---------------------------------------------------

  bool VisitVarDecl(VarDecl *VD) {
    if (const Expr *Init = VD->getInit(); Init && !Init->isValueDependent())
      initialised(Init, pointsToFunction(VD->getType()) ? node(VD) : "");
    return true;
  }
  bool VisitCompoundLiteralExpr(CompoundLiteralExpr *E) {
    initialised(E->getInitializer(), "");
    return true;
  }
  bool VisitBinaryOperator(BinaryOperator *B) {
    if (B->getOpcode() == BO_Assign && pointsToFunction(B->getType())) {
      seen(B->getLHS());
      // A slot of the object.
      if (const auto *T = B->getLHS()->getType()->getAs<TypedefType>();
          T && T->getDecl()->getName() == "vectorcallfunc")
        return true;
      flow(B->getRHS(), nodeOf(B->getLHS()));
    } else if (B->isComparisonOp() || B->isLogicalOp()) {
      for (const Expr *Side : {B->getLHS(), B->getRHS()}) {
        seen(Side);
        Compared.insert(Side->IgnoreParenImpCasts());
      }
    }
    return true;
  }
  bool VisitUnaryOperator(UnaryOperator *U) {
    if (U->getOpcode() == UO_LNot)
      seen(U->getSubExpr());
    return true;
  }
  bool VisitIfStmt(IfStmt *S) { return seen(S->getCond()); }
  bool VisitWhileStmt(WhileStmt *S) { return seen(S->getCond()); }
  bool VisitForStmt(ForStmt *S) { return seen(S->getCond()); }
  bool VisitConditionalOperator(ConditionalOperator *C) {
    return seen(C->getCond());
  }
  bool VisitUnaryExprOrTypeTraitExpr(UnaryExprOrTypeTraitExpr *E) {
    return E->isArgumentType() ||
           seen(E->getArgumentExpr()->IgnoreParens());
  }
  bool VisitReturnStmt(ReturnStmt *R) {
    if (const Expr *V = R->getRetValue();
        V && Current && pointsToFunction(V->getType()) &&
        !V->isValueDependent())
      flow(V, result(Current));
    return true;
  }
  bool VisitCallExpr(CallExpr *C) {
    if (C->isValueDependent() || C->isTypeDependent())
      return true;
    if (const FunctionDecl *FD = C->getDirectCallee()) {
      noteConversions(C, FD);
      if (identifierOf(FD) == "PyCapsule_New" && C->getNumArgs())
        fixFields(C->getArg(0));
      if (Where.Ours(FD))
        for (const Expr *A : C->arguments())
          Compared.insert(A->IgnoreParenImpCasts());
      for (unsigned N = 0; Where.Ours(FD) && N < C->getNumArgs() &&
                           N < FD->getNumParams();
           ++N) {
        if (pointsToFunction(FD->getParamDecl(N)->getType())) {
          const std::string Sink = node(FD->getParamDecl(N));
          I.PointersGiven.insert({Where.KeyOf(FD), Sink});
          flow(C->getArg(N), Sink);
        } else {
          for (const std::string &Field : fieldsOf(C->getArg(N)))
            I.PointersGiven.insert({Where.KeyOf(FD), Field});
        }
      }
      return true;
    }
    const Expr *Callee = C->getCallee();
    const std::string Node = nodeOf(Callee);
    seen(Callee);
    if (Node.empty() || !Current)
      return true;
    Call Out;
    Out.Caller = Where.KeyOf(Current);
    Out.Callee = Node;
    Out.HasArguments = C->getNumArgs() > 0;
    const Place End = Where.Token(Callee->getEndLoc());
    if (End.valid()) {
      StringRef T = I.Files[End.File].Text;
      const size_t Open = T.find_first_not_of(" \t\r\n\\", End.End);
      if (Open != StringRef::npos && T[Open] == '(')
        Out.Open = {End.File, unsigned(Open + 1), unsigned(Open + 1)};
    }
    if (none_of(I.PointerCalls, [&](const Call &Old) {
          return Old.Open == Out.Open && Old.Caller == Out.Caller &&
                 Old.Callee == Out.Callee;
        }))
      I.PointerCalls.push_back(std::move(Out));
    return true;
  }

  // --- What is left ---------------------------------------------------------

  bool VisitExplicitCastExpr(ExplicitCastExpr *C) {
    // Compared as `void *`, or handed to a function of the extension for that.
    if (!pointsToFunction(C->getType()) && C->getType()->isPointerType() &&
        pointsToFunction(C->getSubExpr()->getType()))
      if (const std::string Node = nodeOf(C->getSubExpr());
          !Node.empty() && Compared.count(C)) {
        seen(C->getSubExpr());
        I.PlainPointers.insert(Node);
      }
    const QualType From = C->getSubExpr()->getType();
    I.FromPlainPointers |= pointsToFunction(C->getType()) &&
                           From->isPointerType() && !pointsToFunction(From);
    return true;
  }
  bool VisitDeclRefExpr(DeclRefExpr *E) {
    if (const auto *VD = dyn_cast<VarDecl>(E->getDecl()))
      if (!Seen.count(E) && pointsToFunction(VD->getType()))
        fix(node(VD), "its value goes elsewhere");
    return true;
  }
  bool VisitMemberExpr(MemberExpr *E) {
    if (!Seen.count(E) && pointsToFunction(E->getType()))
      fix(node(E->getMemberDecl()), "its value goes elsewhere");
    return true;
  }

private:
  static bool pointsToFunction(QualType T) {
    if (T.isNull() || T->isDependentType())
      return false;
    for (bool Pointer = false;;) {
      if (const auto *A = dyn_cast<clang::ArrayType>(T.getCanonicalType())) {
        T = A->getElementType();
        Pointer = true;
      } else if (T->isPointerType()) {
        T = T->getPointeeType();
        Pointer = true;
      } else {
        return Pointer && T->isFunctionType();
      }
    }
  }


  /// Others call what is in a struct whose address they are given.
  void fixFields(const Expr *E) {
    for (E = E->IgnoreParenCasts(); E; E = E->IgnoreParenCasts()) {
      QualType T = E->getType();
      if (T->isPointerType() || T->isArrayType())
        T = QualType(T->getPointeeOrArrayElementType(), 0);
      const RecordDecl *RD = T->getAsRecordDecl();
      if (RD && (RD = RD->getDefinition()))
        for (const FieldDecl *F : RD->fields())
          if (pointsToFunction(F->getType()))
            fix(node(F), "others are given it in a capsule");
      const auto *U = dyn_cast<UnaryOperator>(E);
      if (!U)
        return;
      E = U->getSubExpr();
    }
  }

  /// What holds addresses of functions in a struct that \p E is or points to.
  std::vector<std::string> fieldsOf(const Expr *E) {
    std::vector<std::string> Out;
    QualType T = E->IgnoreParenCasts()->getType();
    if (T->isPointerType() || T->isArrayType())
      T = QualType(T->getPointeeOrArrayElementType(), 0);
    const RecordDecl *RD = T->getAsRecordDecl();
    if (RD && (RD = RD->getDefinition()))
      for (const FieldDecl *F : RD->fields())
        if (pointsToFunction(F->getType()))
          Out.push_back(node(F));
    return Out;
  }

  void fix(const std::string &Node, const std::string &Why) {
    if (!Node.empty())
      I.FixedPointers.insert({Node, Why});
  }

  /// The name of what may hold the address of a function; empty when it is not
  /// of the extension.
  std::string node(const ValueDecl *D) {
    if (!Where.Ours(D))
      return "";
    std::string Node;
    if (const auto *P = dyn_cast<ParmVarDecl>(D)) {
      const auto *FD = dyn_cast<FunctionDecl>(P->getDeclContext());
      if (!FD)
        return "";
      const unsigned N = P->getFunctionScopeIndex();
      Node = "parameter " + P->getNameAsString() + "@" + Where.KeyOf(FD) + "#" +
             std::to_string(N);
      if (!Known.insert(Node).second)
        return Node;
      I.Pointers.insert({Node, Node});
      for (const FunctionDecl *Again : FD->redecls())
        if (N < Again->getNumParams())
          typed(Node, Again->getParamDecl(N));
      return Node;
    }
    const auto *VD = dyn_cast<VarDecl>(D);
    if (VD && VD->hasGlobalStorage()) {
      Node = "variable " + VD->getNameAsString() + "@" + Where.KeyOf(VD);
    } else {
      const Place P = Where.Token(D->getLocation());
      if (!P.valid())
        return "";
      Node = (isa<FieldDecl>(D) ? "field " : "variable ") +
             D->getNameAsString() + "@" + std::to_string(P.File) + ":" +
             std::to_string(P.Begin);
    }
    if (!Known.insert(Node).second)
      return Node;
    I.Pointers.insert({Node, Node});
    if (VD)
      for (const VarDecl *Again : VD->redecls())
        typed(Node, Again);
    else
      typed(Node, cast<DeclaratorDecl>(D));
    return Node;
  }

  std::string result(const FunctionDecl *FD) {
    if (!Where.Ours(FD))
      return "";
    std::string Node =
        "result of " + FD->getNameAsString() + "@" + Where.KeyOf(FD);
    if (!Known.insert(Node).second)
      return Node;
    I.Pointers.insert({Node, Node});
    for (const FunctionDecl *Again : FD->redecls()) {
      if (FunctionTypeLoc L = Again->getFunctionTypeLoc())
        typed(Node, L.getReturnLoc());
      else
        fix(Node, "its type is written by a macro");
    }
    return Node;
  }

  void typed(const std::string &Node, const DeclaratorDecl *D) {
    if (const TypeSourceInfo *Info = D->getTypeSourceInfo())
      typed(Node, Info->getTypeLoc());
    else
      fix(Node, "its type is not written");
  }

  /// The parameter list in a type, or the typedef that has it.
  void typed(const std::string &Node, TypeLoc L) {
    for (;;) {
      L = L.getUnqualifiedLoc();
      if (auto A = L.getAs<AdjustedTypeLoc>())
        L = A.getOriginalLoc();
      else if (auto P = L.getAs<ParenTypeLoc>())
        L = P.getInnerLoc();
      else if (auto P = L.getAs<PointerTypeLoc>())
        L = P.getPointeeLoc();
      else if (auto A = L.getAs<ArrayTypeLoc>())
        L = A.getElementLoc();
      else if (auto A = L.getAs<AttributedTypeLoc>())
        L = A.getModifiedLoc();
      else if (auto M = L.getAs<MacroQualifiedTypeLoc>())
        L = M.getInnerLoc();
      else if (TypeLoc Named = L.getNextTypeLoc();
               !Named.isNull() && !L.getAs<FunctionTypeLoc>())
        L = Named; // What `struct` or a namespace was written before.
      else
        break;
    }
    if (auto T = L.getAs<TypedefTypeLoc>()) {
      const TypedefNameDecl *TD = T.getTypePtr()->getDecl();
      if (!Where.Ours(TD))
        return fix(Node, "its type is '" + TD->getNameAsString() + "'");
      const Place P = Where.Token(TD->getLocation());
      if (!P.valid())
        return fix(Node, "its type is written by a macro");
      const std::string Of = "type " + TD->getNameAsString() + "@" +
                             std::to_string(P.File) + ":" +
                             std::to_string(P.Begin);
      unite(I, Of, Node);
      if (Known.insert(Of).second)
        typed(Of, TD->getTypeSourceInfo()->getTypeLoc());
      return;
    }
    auto F = L.getAs<FunctionProtoTypeLoc>();
    if (!F)
      return fix(Node, "its type has no list of parameters");
    const SourceLocation Paren = F.getLParenLoc();
    const Place P = Paren.isMacroID() ? Place() : Where.Token(Paren);
    if (!P.valid() || F.getTypePtr()->isVariadic())
      return fix(Node, "its list of parameters cannot be changed");
    Function::ParameterList List;
    List.Open = {P.File, P.End, P.End};
    List.Empty = F.getNumParams() == 0;
    StringRef T = I.Files[P.File].Text;
    if (const size_t Word = T.find_first_not_of(" \t\r\n", P.End);
        List.Empty && T.substr(Word).starts_with("void"))
      List.Void = {P.File, unsigned(Word), unsigned(Word + 4)};
    auto &Lists = I.PointerLists[Node];
    if (none_of(Lists, [&](const Function::ParameterList &Old) {
          return Old.Open == List.Open;
        }))
      Lists.push_back(List);
  }

  /// The declaration that an expression reads a pointer from, parentheses,
  /// subscripts and such aside.
  static const Expr *source(const Expr *E) {
    for (;;) {
      E = E->IgnoreParenImpCasts();
      if (const auto *A = dyn_cast<ArraySubscriptExpr>(E))
        E = A->getBase();
      else if (const auto *U = dyn_cast<UnaryOperator>(E);
               U && (U->getOpcode() == UO_Deref || U->getOpcode() == UO_AddrOf))
        E = U->getSubExpr();
      else if (const auto *U = dyn_cast<UnaryOperator>(E);
               U && U->isIncrementDecrementOp())
        E = U->getSubExpr();
      else
        return E;
    }
  }

  bool seen(const Expr *E) {
    if (E)
      Seen.insert(source(E));
    return true;
  }

  std::string nodeOf(const Expr *E) {
    E = source(E);
    if (const auto *D = dyn_cast<DeclRefExpr>(E)) {
      if (const auto *VD = dyn_cast<VarDecl>(D->getDecl()))
        return node(VD);
    } else if (const auto *M = dyn_cast<MemberExpr>(E)) {
      return node(M->getMemberDecl());
    } else if (const auto *C = dyn_cast<CallExpr>(E)) {
      if (const FunctionDecl *FD = C->getDirectCallee())
        return result(FD);
    } else if (const auto *C = dyn_cast<ExplicitCastExpr>(E)) {
      // ((fn)p)(x)
      const std::string From = nodeOf(C->getSubExpr());
      if (From.empty())
        return "";
      typed(From, C->getTypeInfoAsWritten()->getTypeLoc());
      seen(C->getSubExpr());
      return From;
    }
    return "";
  }

  void initialised(const Expr *Init, const std::string &Sink) {
    const auto *List = dyn_cast<InitListExpr>(Init->IgnoreParenImpCasts());
    if (!List) {
      if (pointsToFunction(Init->getType()))
        flow(Init, Sink);
      return;
    }
    if (const InitListExpr *Semantic = List->getSemanticForm())
      List = Semantic;
    if (const RecordDecl *RD = List->getType()->getAsRecordDecl()) {
      if (RD->isUnion()) {
        if (const FieldDecl *F = List->getInitializedFieldInUnion();
            F && List->getNumInits())
          initialised(List->getInit(0),
                      pointsToFunction(F->getType()) ? node(F) : "");
        return;
      }
      unsigned N = 0;
      for (const FieldDecl *F : RD->fields()) {
        if (F->isUnnamedBitField())
          continue;
        if (N >= List->getNumInits())
          break;
        initialised(List->getInit(N++),
                    pointsToFunction(F->getType()) ? node(F) : "");
      }
      return;
    }
    for (const Expr *E : List->inits())
      initialised(E, Sink);
  }

  /// The value of \p E goes to \p Sink.
  void flow(const Expr *E, const std::string &Sink) {
    E = E->IgnoreParenImpCasts();
    if (Sink.empty() || isa<ImplicitValueInitExpr>(E) ||
        model::isNullOrZero(E, Context))
      return;
    if (isa<InitListExpr>(E))
      return initialised(E, Sink);
    if (const auto *C = dyn_cast<ConditionalOperator>(E)) {
      flow(C->getTrueExpr(), Sink);
      return flow(C->getFalseExpr(), Sink);
    }
    if (const auto *C = dyn_cast<ExplicitCastExpr>(E)) {
      if (!pointsToFunction(C->getType()) ||
          !(pointsToFunction(C->getSubExpr()->getType()) ||
            C->getSubExpr()->getType()->isFunctionType()))
        return fix(Sink, "what it holds comes from elsewhere");
      typed(Sink, C->getTypeInfoAsWritten()->getTypeLoc());
      return flow(C->getSubExpr(), Sink);
    }
    const Expr *From = source(E);
    if (const auto *D = dyn_cast<DeclRefExpr>(From))
      if (const auto *FD = dyn_cast<FunctionDecl>(D->getDecl())) {
        if (!Where.Ours(FD))
          return fix(Sink, "it may hold '" + FD->getNameAsString() + "'");
        const std::string Key = Where.KeyOf(FD);
        unite(I, Sink, "function " + FD->getNameAsString() + "@" + Key);
        I.Functions[Key].Handed.insert(Where.Token(D->getLocation()));
        return;
      }
    const std::string Node = nodeOf(From);
    if (Node.empty() || !pointsToFunction(E->getType())) {
      I.FromPlainPointers |= !pointsToFunction(E->getType());
      return fix(Sink, "what it holds comes from elsewhere");
    }
    seen(From);
    unite(I, Sink, Node);
  }

  /// Converters of arguments, and calls that look like one of their uses.
  void noteConversions(const CallExpr *C, const FunctionDecl *FD) {
    if (!Current)
      return;
    auto Note = [&](const FunctionDecl *Converter, const Expr *Target) {
      Conversion Out;
      Out.Caller = Where.KeyOf(Current);
      Out.Converter = Where.KeyOf(Converter);
      if (!Target->getBeginLoc().isMacroID())
        Out.Target = Where.Written(Target->getSourceRange());
      if (none_of(I.Conversions, [&](const Conversion &Old) {
            return Old.Caller == Out.Caller && Old.Target == Out.Target &&
                   Old.Converter == Out.Converter;
          }))
        I.Conversions.push_back(std::move(Out));
    };
    if (Where.Ours(FD)) {
      if (FD->getNumParams() == 2 && C->getNumArgs() == 2 &&
          FD->getParamDecl(1)->getType()->isPointerType())
        Note(FD, C->getArg(1));
      return;
    }
    if (!identifierOf(FD).contains("PyArg_Parse"))
      return;
    for (unsigned N = FD->getNumParams(); N + 1 < C->getNumArgs(); ++N) {
      const Expr *A = source(C->getArg(N));
      while (const auto *Cast = dyn_cast<ExplicitCastExpr>(A))
        A = source(Cast->getSubExpr());
      const auto *D = dyn_cast<DeclRefExpr>(A);
      const auto *Converter =
          D ? dyn_cast<FunctionDecl>(D->getDecl()) : nullptr;
      if (!Converter || !Where.Ours(Converter) ||
          Converter->getNumParams() != 2 ||
          !Converter->getParamDecl(1)->getType()->isPointerType())
        continue;
      Note(Converter, C->getArg(N + 1));
      const Place At = Where.Token(D->getLocation());
      Function &F = I.Functions[Where.KeyOf(Converter)];
      F.Handed.insert(At);
      F.Converts = true;
    }
  }

  Index &I;
  ASTContext &Context;
  const Places &Where;
  const FunctionDecl *Current = nullptr;
  SmallPtrSet<const Expr *, 32> Seen;
  /// What is compared, or given to a function of the extension.
  SmallPtrSet<const Expr *, 32> Compared;
  std::set<std::string> Known;
};

} // namespace

void notePointers(Index &I, ASTContext &Context, const Places &Where) {
  PointerVisitor(I, Context, Where).run();
}

/// What is given to functions that others define, and what is declared where
/// such functions are: the header of a library.
static void fixOthers(Index &I) {
  std::set<int> Theirs;
  for (const Call &C : I.Calls)
    if (auto F = I.Functions.find(C.Callee);
        F != I.Functions.end() && !F->second.Defined)
      for (const Function::ParameterList &L : F->second.Lists)
        if (I.Files[L.Open.File].Header)
          Theirs.insert(L.Open.File);
  for (const auto &[Key, Node] : I.PointersGiven)
    if (auto F = I.Functions.find(Key);
        !Node.empty() && F != I.Functions.end() && !F->second.Defined)
      I.FixedPointers.insert(
          {Node, "it is given to '" + F->second.Name +
                     "', which is not defined in these files"});
  for (const auto &[Node, Of] : I.Pointers) {
    StringRef Where = StringRef(Node).split('@').second;
    int File = -1;
    if (!StringRef(Node).starts_with("parameter ") &&
        !Where.split(':').first.getAsInteger(10, File) && Theirs.count(File))
      I.FixedPointers.insert(
          {Node, "it is declared with functions that are not defined in these "
                 "files"});
  }
}

void finishPointers(Index &I) {
  fixOthers(I);
  // What one place of a macro calls has one list of arguments.
  std::map<Place, std::string> Pasted;
  for (const Call &C : I.Calls)
    if (C.Pasted) {
      std::string Node =
          "function " + I.Functions[C.Callee].Name + "@" + C.Callee;
      auto [First, New] = Pasted.insert({C.Open, Node});
      unite(I, First->second, Node);
    }
  std::map<std::string, Function> Families;
  for (const auto &[Node, Of] : I.Pointers) {
    const std::string Key = "family " + rootOf(I, Node);
    Function &F = Families[Key];
    F.Key = Key;
    F.Defined = true;
    if (StringRef(Node).starts_with("function ")) {
      F.Members.push_back(StringRef(Node).split('@').second.str());
      continue;
    }
    if (F.Name.empty() || StringRef(Node).starts_with("field "))
      F.Name = "*" + nameOf(Node).str();
    for (const Function::ParameterList &L : I.PointerLists[Node])
      if (none_of(F.Lists, [&](const Function::ParameterList &Old) {
            return Old.Open == L.Open;
          }))
        F.Lists.push_back(L);
    if (I.FromPlainPointers && I.PlainPointers.count(Node))
      I.FixedPointers.insert({Node, "its value goes elsewhere"});
    // Who calls it is in another library.
    if (StringRef(Node).starts_with("parameter ") ||
        StringRef(Node).starts_with("result of ")) {
      StringRef Of = StringRef(Node).split('@').second;
      if (StringRef(Node).starts_with("parameter "))
        Of = Of.take_front(Of.rfind('#'));
      if (auto It = I.Functions.find(Of.str());
          It != I.Functions.end() && !It->second.Defined)
        I.FixedPointers.insert({Node, "'" + It->second.Name +
                                          "' is not defined in these files"});
    }
    if (auto Why = I.FixedPointers.find(Node); Why != I.FixedPointers.end())
      F.Escapes.push_back(
          {Place(), "it is called through '" + nameOf(Node).str() + "', and " +
                        Why->second});
  }
  std::set<std::string> Called;
  for (const Call &C : I.PointerCalls) {
    Call Out = C;
    Out.Callee = "family " + rootOf(I, C.Callee);
    Called.insert(Out.Callee);
    if (none_of(I.Calls, [&](const Call &Old) {
          return Old.Open == Out.Open && Old.Caller == Out.Caller &&
                 Old.Callee == Out.Callee;
        }))
      I.Calls.push_back(std::move(Out));
  }
  for (auto &[Key, F] : Families) {
    if (F.Members.empty())
      continue;
    // A field of another library, which calls it.
    if (!Called.count(Key) && !F.Lists.empty() && F.Escapes.empty() &&
        any_of(F.Lists, [&](const Function::ParameterList &L) {
          return L.Open.valid() && I.Files[L.Open.File].Header;
        }))
      F.Escapes.push_back({Place(), "it is called through '" + F.Name +
                                        "', and that is not done in these "
                                        "files"});
    for (const std::string &Member : F.Members)
      I.Functions[Member].Family = Key;
    I.Functions[Key] = std::move(F);
  }
}

} // namespace pyext::migrate
