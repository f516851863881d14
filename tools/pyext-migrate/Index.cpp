//===- Index.cpp - What a rewrite has to know of the sources --------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Index.h"
#include "Overlay.h"
#include "Pointers.h"
#include "model/ExtensionModel.h"
#include "model/Initializers.h"
#include "facts/ProcessState.h"
#include "model/SlotEvidence.h"
#include "support/TranslationUnit.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/AST/RecursiveASTVisitor.h"
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

namespace {

constexpr int MethClass = 0x10, MethStatic = 0x20;

int holdsForPython3(StringRef Directive);

/// Splits "name(a, b)" into its arguments.
std::vector<std::string> splitArguments(StringRef Call) {
  std::vector<std::string> Args;
  size_t Open = Call.find('(');
  if (Open == StringRef::npos)
    return Args;
  int Depth = 0;
  size_t Begin = Open + 1;
  char Quote = 0;
  for (size_t I = Open; I < Call.size(); ++I) {
    char C = Call[I];
    if (Quote) {
      if (C == '\\')
        ++I;
      else if (C == Quote)
        Quote = 0;
      continue;
    }
    if (C == '"' || C == '\'')
      Quote = C;
    else if (C == '(' || C == '[' || C == '{')
      ++Depth;
    else if (C == ')' || C == ']' || C == '}') {
      if (--Depth == 0) {
        StringRef Last = Call.slice(Begin, I).trim();
        if (!Last.empty() || !Args.empty())
          Args.push_back(Last.str());
        break;
      }
    } else if (C == ',' && Depth == 1) {
      Args.push_back(Call.slice(Begin, I).trim().str());
      Begin = I + 1;
    }
  }
  return Args;
}

bool isName(StringRef S) {
  return !S.empty() && all_of(S, [](char C) { return isAlnum(C) || C == '_'; });
}

bool isTypeObject(QualType T) {
  return model::elementTypeName(T) == "PyTypeObject" ||
         model::elementTypeName(T) == "_typeobject";
}

/// Slot functions that are called with the object as either operand.
bool isBinary(StringRef Field) {
  static const std::set<StringRef> Names{
      "nb_add",         "nb_subtract",
      "nb_multiply",    "nb_remainder",
      "nb_divmod",      "nb_power",
      "nb_lshift",      "nb_rshift",
      "nb_and",         "nb_xor",
      "nb_or",          "nb_floor_divide",
      "nb_true_divide", "nb_matrix_multiply"};
  return Names.count(Field);
}

Root rootOf(StringRef Field) {
  if (Field == "tp_new" || Field == "tp_alloc")
    return Root::TypeSlot;
  static const std::set<StringRef> Dying{
      "tp_dealloc", "tp_traverse", "tp_clear", "tp_finalize",
      "tp_del",     "tp_free",     "tp_is_gc"};
  if (Dying.count(Field))
    return Root::Dying;
  return isBinary(Field) ? Root::BinarySlot : Root::SelfSlot;
}

class Indexer : public RecursiveASTVisitor<Indexer> {
public:
  Indexer(Index &I, ASTContext &Context, const model::ExtensionModel &Model)
      : I(I), Context(Context), SM(Context.getSourceManager()),
        LO(Context.getLangOpts()), Model(Model), PP(Model.preprocessing()) {}

  void run() {
    for (Decl *D : Context.getTranslationUnitDecl()->decls()) {
      SourceLocation Loc = SM.getExpansionLoc(D->getLocation());
      if (D->isImplicit() || Loc.isInvalid() || !PP.isFirstParty(Loc))
        continue;
      TraverseDecl(D);
    }
    notePointers(I, Context,
                 {[&](const NamedDecl *D) { return keyOf(D); },
                  [&](SourceLocation Loc) { return token(Loc); },
                  [&](SourceRange R) { return written(R); },
                  [&](const Decl *D) { return ours(D); }});
    finishModules();
    noteForeignNames(Context.getTranslationUnitDecl());
  }

  // --- Places ---------------------------------------------------------------

  int file(FileID ID) {
    auto Known = Files.find(ID);
    if (Known != Files.end())
      return Known->second;
    int Result = -1;
    OptionalFileEntryRef Entry = SM.getFileEntryRefForID(ID);
    if (Entry && PP.isFirstParty(SM.getLocForStartOfFile(ID))) {
      SmallString<256> Path(Entry->getFileEntry().tryGetRealPathName());
      if (Path.empty())
        Path = Entry->getName();
      sys::fs::make_absolute(Path);
      sys::path::remove_dots(Path, true);
      Result = I.fileOf(Path);
      if (Result < 0) {
        Result = static_cast<int>(I.Files.size());
        SourceFile F;
        F.Path = std::string(Path);
        F.Text = SM.getBufferData(ID).str();
        F.Header = ID != SM.getMainFileID();
        F.Cxx = LO.CPlusPlus;
        I.Files.push_back(std::move(F));
      }
    }
    return Files[ID] = Result;
  }

  Place token(SourceLocation Loc) {
    if (Loc.isInvalid())
      return {};
    Loc = SM.getSpellingLoc(Loc);
    if (SM.isWrittenInScratchSpace(Loc) || SM.isWrittenInBuiltinFile(Loc))
      return {};
    auto [ID, Offset] = SM.getDecomposedLoc(Loc);
    int F = file(ID);
    if (F < 0)
      return {};
    const unsigned End = Offset + Lexer::MeasureTokenLength(Loc, SM, LO);
    // A token may begin with the end of the line before it.
    StringRef T = I.Files[F].Text;
    while (T.substr(Offset).starts_with("\\\n") ||
           T.substr(Offset).starts_with("\\\r\n"))
      Offset = T.find('\n', Offset) + 1;
    return {F, Offset, End};
  }

  /// As written, whole macro uses; invalid when its ends are in two places.
  Place written(SourceRange R) {
    if (R.isInvalid())
      return {};
    auto End = R.getEnd();
    CharSourceRange Char =
        Lexer::makeFileCharRange(CharSourceRange::getTokenRange(R), SM, LO);
    if (Char.isInvalid()) {
      SourceLocation B = SM.getExpansionLoc(R.getBegin());
      CharSourceRange E = SM.getExpansionRange(End);
      Char = Lexer::makeFileCharRange(
          CharSourceRange::getTokenRange(B, E.getEnd()), SM, LO);
    }
    if (Char.isInvalid())
      return {};
    auto [ID, Begin] = SM.getDecomposedLoc(Char.getBegin());
    auto [ID2, Stop] = SM.getDecomposedLoc(Char.getEnd());
    int F = file(ID);
    if (ID != ID2 || F < 0)
      return {};
    return {F, Begin, Stop};
  }

  /// The text of an expression that is only a part of what a macro gives, as
  /// the definition has it; empty for others.
  std::string textInMacro(const Expr *E) {
    SourceLocation B = E->getBeginLoc(), End = E->getEndLoc();
    if (!B.isMacroID() || !End.isMacroID() || SM.isMacroArgExpansion(B) ||
        SM.isMacroArgExpansion(End))
      return "";
    if (!Lexer::makeFileCharRange(
             CharSourceRange::getTokenRange(E->getSourceRange()), SM, LO)
             .isInvalid())
      return "";
    // Out of nested macros, until both ends are in one.
    for (unsigned N = 0; N < 8; ++N) {
      SourceLocation Up = SM.getImmediateExpansionRange(B).getBegin();
      if (!Up.isMacroID() || !SM.isAtStartOfImmediateMacroExpansion(B))
        break;
      B = Up;
    }
    for (unsigned N = 0; N < 8; ++N) {
      SourceLocation Up = SM.getImmediateExpansionRange(End).getEnd();
      SourceLocation After = End.getLocWithOffset(
          int(Lexer::MeasureTokenLength(SM.getSpellingLoc(End), SM, LO)));
      if (!Up.isMacroID() || !SM.isAtEndOfImmediateMacroExpansion(After))
        break;
      End = Up;
    }
    Place First = token(B), Last = token(End);
    if (!First.valid() || First.File != Last.File || Last.End <= First.Begin ||
        SM.isMacroArgExpansion(B) || SM.isMacroArgExpansion(End))
      return "";
    std::string Out;
    for (char C : I.text({First.File, First.Begin, Last.End}))
      if (C != '\\' && C != '\n')
        Out += C;
    return Out;
  }

  std::string textOf(const Expr *E) {
    // `(name)` in a macro is what the macro is given.
    if (E->getBeginLoc().isMacroID() &&
        SM.isMacroArgExpansion(E->IgnoreParenImpCasts()->getBeginLoc()))
      E = E->IgnoreParenImpCasts();
    if (std::string Text = textInMacro(E); !Text.empty())
      return Text;
    Place P = written(E->getSourceRange());
    return P.valid() ? I.text(P).str() : std::string();
  }

  /// \p P with the `;` that follows.
  Place withSemicolon(Place P) {
    if (!P.valid())
      return P;
    StringRef T = I.Files[P.File].Text;
    size_t At = T.find_first_not_of(" \t\r\n", P.End);
    if (At == StringRef::npos || T[At] != ';')
      return P;
    P.End = At + 1;
    return P;
  }

  // --- Names ----------------------------------------------------------------

  std::string keyOf(const NamedDecl *D) {
    std::string Name = D->getQualifiedNameAsString();
    if (const auto *VD = dyn_cast<VarDecl>(D)) {
      if (VD->isStaticLocal())
        return keyOf(cast<NamedDecl>(
                   cast<FunctionDecl>(VD->getParentFunctionOrMethod()))) +
               "::" + D->getNameAsString() + "@" +
               std::to_string(SM.getFileOffset(VD->getLocation()));
      if (VD->getFormalLinkage() == Linkage::External)
        return Name;
    } else if (const auto *FD = dyn_cast<FunctionDecl>(D)) {
      if (LO.CPlusPlus)
        Name += "/" + std::to_string(FD->getNumParams());
      if (FD->getFormalLinkage() == Linkage::External)
        return Name;
    }
    const Decl *C = D->getCanonicalDecl();
    return SM.getFilename(SM.getExpansionLoc(C->getLocation())).str() + "#" +
           Name;
  }

  bool ours(const Decl *D) {
    return D->getLocation().isValid() &&
           PP.isFirstParty(SM.getExpansionLoc(D->getLocation()));
  }

  // --- Traversal ------------------------------------------------------------

  bool TraverseDecl(Decl *D) {
    if (!D)
      return true;
    const FunctionDecl *OldFunction = Current;
    const VarDecl *OldTable = Table;
    if (auto *FD = dyn_cast<FunctionDecl>(D)) {
      noteFunction(FD);
      if (FD->doesThisDeclarationHaveABody()) {
        Current = FD;
        Table = nullptr;
      }
    } else if (auto *VD = dyn_cast<VarDecl>(D)) {
      if (VD->hasGlobalStorage()) {
        noteVariable(VD);
        Table = VD;
      } else {
        noteOther(VD);
      }
    } else if (auto *ND = dyn_cast<NamedDecl>(D)) {
      noteOther(ND);
    }
    bool Result = RecursiveASTVisitor::TraverseDecl(D);
    Current = OldFunction;
    Table = OldTable;
    return Result;
  }

  void noteOther(const NamedDecl *D) {
    Place P = token(D->getLocation());
    if (P.valid())
      I.OtherNames[P.File].insert(P.Begin);
    if (isa<TypeDecl>(D) && D->getIdentifier())
      I.Foreign.insert(D->getNameAsString());
    if (Current && !identifierOf(D).empty() && isa<VarDecl>(D))
      I.Functions[keyOf(Current)].Locals.insert(D->getNameAsString());
  }

  void noteFunction(const FunctionDecl *FD) {
    Function &F = I.Functions[keyOf(FD)];
    F.Key = keyOf(FD);
    F.Name = FD->getNameAsString();
    F.Static = FD->getFormalLinkage() != Linkage::External;
    // `int f()` in C, with no parameters in its definition either.
    const FunctionDecl *Definition = FD->getDefinition();
    const bool NoList =
        !FD->hasPrototype() && (!Definition || !Definition->param_empty());
    F.Variadic |= FD->isVariadic() || NoList || isa<CXXMethodDecl>(FD) ||
                  FD->isTemplateInstantiation() ||
                  FD->getDescribedFunctionTemplate();
    QualType R = FD->getReturnType();
    F.Returns = R->isVoidType()                    ? Function::Void
                : R->isPointerType()               ? Function::Pointer
                : R->isIntegralOrEnumerationType() ? Function::Integer
                : R->isRealFloatingType()          ? Function::Floating
                                                   : Function::Other;
    F.ReturnsObject =
        R->isPointerType() &&
        model::ExtensionModel::isObjectPointer(R) &&
        model::elementTypeName(R) == "PyObject";
    F.ReturnsEnum = R->isEnumeralType();
    F.TakesObject |= any_of(FD->parameters(), [](const ParmVarDecl *P) {
      return model::ExtensionModel::isObjectPointer(P->getType());
    });
    Place Name = token(FD->getLocation());
    if (Name.valid())
      I.OtherNames[Name.File].insert(Name.Begin);
    for (const ParmVarDecl *P : FD->parameters()) {
      Place T = token(P->getLocation());
      if (T.valid())
        I.OtherNames[T.File].insert(T.Begin);
    }
    // The parameter list of this declaration.
    if (Name.valid() &&
        SM.getSpellingLoc(FD->getLocation()) == FD->getLocation()) {
      StringRef T = I.Files[Name.File].Text;
      size_t Open = T.find_first_not_of(" \t\r\n", Name.End);
      if (Open != StringRef::npos && T[Open] == '(') {
        Function::ParameterList L;
        unsigned At = Open + 1;
        L.Open = {Name.File, At, At};
        L.Empty = FD->param_empty();
        if (L.Empty) {
          size_t Word = T.find_first_not_of(" \t\r\n", At);
          if (T.substr(Word).starts_with("void"))
            L.Void = {Name.File, unsigned(Word), unsigned(Word + 4)};
        }
        bool Known = false;
        for (const auto &Old : F.Lists)
          Known |= Old.Open == L.Open;
        if (!Known)
          F.Lists.push_back(L);
      }
    } else {
      F.Variadic = true; // Written by a macro: its list cannot be changed.
    }
    if (!FD->doesThisDeclarationHaveABody())
      return;
    F.Defined = true;
    F.Parameters.clear();
    for (const ParmVarDecl *P : FD->parameters()) {
      Parameter Q;
      Q.Name = P->getNameAsString();
      Q.Type = P->getType().getAsString();
      Q.Pointer = P->getType()->isPointerType();
      Q.Written = written(P->getSourceRange());
      F.Parameters.push_back(Q);
    }
    F.Body = written(FD->getBody()->getSourceRange());
    if (Place Made = macroBody(FD->getBody()); Made.valid()) {
      F.Body = Made;
      F.Header = {};
      F.MacroMade = true;
      F.FirstStatement = F.Body.Begin + 1;
      for (unsigned N = 0; N < F.Parameters.size(); ++N) {
        Place Name = token(FD->getParamDecl(N)->getLocation());
        F.Parameters[N].Written = Name.File == Made.File ? Name : Place();
      }
    } else if (F.Body.valid()) {
      SourceLocation Begin = SM.getExpansionLoc(FD->getBeginLoc());
      auto [ID, B] = SM.getDecomposedLoc(Begin);
      int FileIndex = file(ID);
      if (FileIndex == F.Body.File) {
        StringRef T = I.Files[FileIndex].Text;
        unsigned E = F.Body.Begin;
        while (E > B && isspace(static_cast<unsigned char>(T[E - 1])))
          --E;
        StringRef Before = T.take_front(B).rtrim();
        if (Before.consume_back("\"C\"") && Before.rtrim().ends_with("extern"))
          B = Before.rtrim().size() - 6;
        F.Header = {FileIndex, unsigned(B), E};
      }
      F.FirstStatement = F.Body.Begin + 1;
    }
  }

  /// The body as the definition of a macro has it.
  Place macroBody(const Stmt *Body) {
    SourceLocation B = Body->getBeginLoc(), E = Body->getEndLoc();
    if (!B.isMacroID() || !E.isMacroID() || SM.isMacroArgExpansion(B) ||
        SM.isMacroArgExpansion(E) ||
        SM.getExpansionLoc(B) != SM.getExpansionLoc(E))
      return {};
    Place Open = token(B), Close = token(E);
    if (!Open.valid() || Open.File != Close.File || Close.End <= Open.Begin)
      return {};
    return {Open.File, Open.Begin, Close.End};
  }

  void noteVariable(const VarDecl *VD) {
    if (VD->getName().empty())
      return;
    Variable &V = I.Variables[keyOf(VD)];
    V.Key = keyOf(VD);
    V.Name = VD->getNameAsString();
    V.Static = VD->getFormalLinkage() != Linkage::External;
    V.Local = VD->isStaticLocal();
    QualType T = VD->getType();
    V.TypeName = model::elementTypeName(T);
    V.Defined |= VD->isThisDeclarationADefinition() != VarDecl::DeclarationOnly;
    if (VD->getLocation().isMacroID() &&
        !SM.isMacroArgExpansion(VD->getLocation()))
      V.MacroMade = true;
    V.ThreadLocal = VD->getTLSKind() != VarDecl::TLS_None;
    V.Object = model::ExtensionModel::isObjectPointer(T);
    const RecordDecl *RD = T->getAsRecordDecl();
    V.Instance =
        RD && model::ExtensionModel::isObjectRecord(RD) && !isTypeObject(T);
    V.ObjectBlock =
        !V.Object && !isTypeObject(T) && model::ExtensionModel::holdsObjects(T);
    V.Array = T->isArrayType();
    PrintingPolicy Policy(LO);
    Policy.SuppressTagKeyword = LO.CPlusPlus;
    V.TypeText = T.getUnqualifiedType().getAsString(Policy);
    if (V.FieldText.empty() ||
        (StringRef(V.FieldText).contains("[]") &&
         !T->isIncompleteArrayType())) {
      V.FieldText = "@";
      T.getUnqualifiedType().getAsStringInternal(V.FieldText, Policy);
    }
    if (T->isArithmeticType())
      V.PlainText = T.getCanonicalType().getUnqualifiedType().getAsString(Policy) + " @";
    const clang::Type *Element = T->getBaseElementTypeUnsafe();
    const RecordDecl *Inner = Element->getAsRecordDecl();
    V.Aggregate = T->isArrayType() || T->isRecordType();
    V.Declarable = !T->isIncompleteArrayType() &&
                   !(Inner && !Inner->getIdentifier() &&
                     !QualType(Element, 0)->getAs<TypedefType>());
    if (LO.CPlusPlus && Inner)
      V.Declarable &= T.isPODType(Context);
    if (std::optional<Place> End = ownTypeEnd(T))
      V.TypeEnd = *End;
    V.ObjectPaths.clear();
    if (V.ObjectBlock && !objectPaths(T, "", V.ObjectPaths))
      V.ObjectPaths.clear();
    if (const model::StateVariable *S = Model.stateOf(VD)) {
      V.Mutable |= !S->DefinitionTable && !S->Constant && !S->Synchronization &&
                   !S->HeaderTable && !S->Generated;
      for (const model::Access &A : S->Accesses) {
        V.Dropped |= A.DropsReference;
        if (A.writes() && A.Kind != model::AccessKind::Address)
          V.Changes = true;
        else if (A.Kind == model::AccessKind::Address) {
          const model::AddressUse Use = model::addressUse(Model, *S, A);
          V.Changes |= Use == model::AddressUse::Written;
          if (Use == model::AddressUse::Kept)
            V.KeptAs.insert(V.TypeName);
        } else if (A.Kind == model::AccessKind::Atomic) {
          V.Changes = true;
        }
      }
    } else {
      V.Changes = true;
    }
    if (VD->isStaticLocal() && Current)
      V.Owner = keyOf(Current);
    else if (VD->isStaticLocal())
      V.Owner = keyOf(cast<FunctionDecl>(VD->getParentFunctionOrMethod()));
    noteDeclaration(VD, V);
    if (const Expr *Init = VD->getInit())
      if (!isAllZero(Init)) {
        V.Initialiser = textOf(Init);
        V.ConstantInitialiser =
            (T->isArithmeticType() || T->isPointerType() ||
             T->isEnumeralType()) &&
            !Init->isValueDependent() &&
            (LO.CPlusPlus ? Init->isCXX11ConstantExpr(Context)
                          : Init->isConstantInitializer(Context, false));
      }
    if (V.Instance && VD->getInit())
      noteInstance(VD, V);
    V.FunctionTable = holdsFunctions(T);
    V.OfStructs = Inner && !Inner->isUnion() && V.TypeName != "" &&
                  Element->isRecordType();
    if (const Expr *Init = VD->getInit())
      V.OtherUse |= !givesFunctions(Init);
    if (V.TypeName == "PyMethodDef")
      noteMethods(VD);
    else if (V.TypeName == "PyGetSetDef")
      noteGetSets(VD);
    else if (V.TypeName == "PyType_Slot")
      noteSpecSlots(VD);
    else if (V.TypeName == "PyModuleDef")
      noteDefinition(VD);
    else if (isTypeObject(T) && RD)
      noteType(VD);
    else if (facts::findTypeSlotByField(firstFieldOf(RD)))
      noteSlotTable(VD);
  }

  /// `static Foo foo = {PyObject_HEAD_INIT(&Foo_Type) 1, 2};`
  void noteInstance(const VarDecl *VD, Variable &V) {
    const InitListExpr *List = model::initializerList(VD);
    const RecordDecl *RD = List ? List->getType()->getAsRecordDecl() : nullptr;
    if (!RD)
      return;
    struct Finder : RecursiveASTVisitor<Finder> {
      std::set<const VarDecl *> Found;
      bool VisitDeclRefExpr(DeclRefExpr *E) {
        if (auto *VD = dyn_cast<VarDecl>(E->getDecl()))
          Found.insert(VD);
        return true;
      }
    };
    V.InstanceType.clear();
    V.InstanceFields.clear();
    V.InstanceRefused.clear();
    const bool Plain = RD->getName() == "_object";
    for (const FieldDecl *F : RD->fields()) {
      const Expr *E = nullptr;
      if (F->isUnnamedBitField())
        continue;
      if (F->getFieldIndex() < List->getNumInits())
        E = List->getInit(F->getFieldIndex());
      if (!E || isa<ImplicitValueInitExpr>(E))
        continue;
      Finder Names;
      Names.TraverseStmt(const_cast<Expr *>(E));
      if (Plain || F->getFieldIndex() == 0) {
        for (const VarDecl *Of : Names.Found)
          if (isTypeObject(Of->getType()) && ours(Of))
            V.InstanceType = keyOf(Of);
        // The length of an object with items.
        if (const auto *Head = dyn_cast<InitListExpr>(E->IgnoreParenCasts()))
          if (const Expr *Size = model::fieldInit(Head, "ob_size");
              Size && !model::isNullOrZero(Size, Context))
            V.InstanceRefused = "it has items";
        continue;
      }
      if (isAllZero(E))
        continue;
      const std::string Text = textOf(E);
      if (!F->getType()->isScalarType() || !Names.Found.empty() ||
          Text.empty() || !F->getIdentifier() ||
          StringRef(Text).contains('\n'))
        V.InstanceRefused = "its initialiser is not understood";
      V.InstanceFields.push_back({F->getNameAsString(), Text});
    }
  }

  /// What becomes of the object whose address is \p E: it is kept, or given a
  /// reference, or neither.
  void noteInstanceUse(const Expr *E, Reference &R) {
    const Stmt *S = E;
    for (;;) {
      const DynTypedNode N = parent(DynTypedNode::create(*S));
      const Stmt *P = N.get<Stmt>();
      if (const auto *VD = N.get<VarDecl>())
        return void(R.KeptIn.push_back(VD->getNameAsString()));
      const Stmt *Child = S;
      if (!P)
        break;
      S = P;
      if (isa<ParenExpr>(P) || isa<CastExpr>(P) || isa<UnaryOperator>(P) ||
          isa<ConditionalOperator>(P) || isa<StmtExpr>(P))
        continue;
      if (isa<MemberExpr>(P))
        return; // A field of it.
      if (const auto *B = dyn_cast<BinaryOperator>(P)) {
        if (B->isComparisonOp() || B->isLogicalOp())
          return;
        if (B->getOpcode() == BO_Comma) {
          if (B->getLHS() == Child)
            return;
          continue;
        }
        if (B->getOpcode() == BO_Assign)
          return void(R.KeptIn.push_back(textOf(B->getLHS())));
        break;
      }
      if (isa<CompoundStmt>(P) || isa<IfStmt>(P))
        return; // Nothing.
      const auto *C = dyn_cast<CallExpr>(P);
      if (!C)
        break;
      const FunctionDecl *FD = C->getDirectCallee();
      if (!FD || !FD->getIdentifier() || C->getCallee() == Child)
        break;
      StringRef Name = FD->getName();
      Name.consume_front("_");
      if (const facts::ReferenceCountApi *Op = facts::findReferenceCountOp(Name);
          Op && (Op->Op == facts::RefcountOp::Incref ||
                 Op->Op == facts::RefcountOp::NewRef)) {
        R.Increments = true;
        return;
      }
      if (Name == "PyModule_AddObject" &&
          isa_and_nonnull<CompoundStmt>(parentStmt(C)))
        return; // It is given one there.
      if (facts::findStolen(Name).empty())
        return;
      break;
    }
    R.Keeps = true;
  }

  /// `PyCapsule_New(&x, ...)`, in a macro as well.
  bool inCapsule(const Expr *E) {
    const Stmt *S = E;
    const Stmt *P = parentStmt(S);
    while (P && (isa<ParenExpr>(P) || isa<CastExpr>(P) ||
                 isa<UnaryOperator>(P) || isa<MemberExpr>(P))) {
      S = P;
      P = parentStmt(P);
    }
    return isHandedOut(P, S);
  }

  /// \p P is PyCapsule_New(\p Pointer, ...).
  static bool isHandedOut(const Stmt *P, const Stmt *Pointer) {
    const auto *C = dyn_cast_or_null<CallExpr>(P);
    const FunctionDecl *FD = C ? C->getDirectCallee() : nullptr;
    return FD && identifierOf(FD) == "PyCapsule_New" && C->getNumArgs() &&
           C->getArg(0) == Pointer;
  }

  /// Behind the declaration of the type, when the extension declares it.
  std::optional<Place> ownTypeEnd(QualType T) {
    while (T->isPointerType() || T->isArrayType())
      T = T->isPointerType() ? T->getPointeeType()
                             : QualType(T->getBaseElementTypeUnsafe(), 0);
    const Decl *D = nullptr;
    if (const auto *TT = T->getAs<TypedefType>())
      D = TT->getDecl();
    else if (const RecordDecl *RD = T->getAsRecordDecl())
      D = RD->getIdentifier() ? (RD->getDefinition() ? RD->getDefinition() : RD)
                              : nullptr;
    if (!D || !ours(D))
      return std::nullopt;
    Place P = withSemicolon(written(D->getSourceRange()));
    if (!P.valid())
      return std::nullopt;
    return Place{P.File, P.End, P.End};
  }

  bool isAllZero(const Expr *E) {
    if (const auto *List = dyn_cast<InitListExpr>(E->IgnoreParenCasts())) {
      if (const InitListExpr *Semantic = List->getSemanticForm())
        List = Semantic;
      return all_of(List->inits(),
                    [&](const Expr *Init) { return isAllZero(Init); });
    }
    return isa<ImplicitValueInitExpr>(E) || model::isNullOrZero(E, Context);
  }

  /// The object pointers in \p T; false when something hides them.
  bool objectPaths(QualType T, const std::string &Path,
                   std::vector<std::string> &Out) {
    if (model::ExtensionModel::isObjectPointer(T)) {
      Out.push_back(Path);
      return true;
    }
    if (const ConstantArrayType *A = Context.getAsConstantArrayType(T))
      return !StringRef(Path).contains("[]") &&
             objectPaths(A->getElementType(), Path + "[]", Out);
    if (const RecordDecl *RD = T->getAsRecordDecl()) {
      RD = RD->getDefinition();
      if (!RD || RD->isUnion() || model::ExtensionModel::isObjectRecord(RD))
        return false;
      for (const FieldDecl *F : RD->fields())
        if (model::ExtensionModel::holdsObjects(F->getType()) ||
            model::ExtensionModel::isObjectPointer(F->getType()))
          if (!objectPaths(F->getType(), Path + "." + F->getNameAsString(),
                           Out))
            return false;
      return true;
    }
    return !T->isPointerType();
  }

  /// The declaration from its first specifier to the `;`.
  void noteDeclaration(const VarDecl *VD, Variable &V) {
    SourceLocation Begin = VD->getBeginLoc();
    Place B = token(SM.getExpansionLoc(Begin));
    if (!B.valid())
      return;
    StringRef T = I.Files[B.File].Text;
    // Find the `;` at depth 0 and count the declarators.
    int Depth = 0;
    unsigned Count = 1;
    size_t At = B.Begin;
    char Quote = 0;
    for (; At < T.size(); ++At) {
      char C = T[At];
      if (Quote) {
        if (C == '\\')
          ++At;
        else if (C == Quote)
          Quote = 0;
        continue;
      }
      if (C == '/' && At + 1 < T.size() &&
          (T[At + 1] == '/' || T[At + 1] == '*')) {
        size_t End = T[At + 1] == '/' ? T.find('\n', At) : T.find("*/", At + 2);
        if (End == StringRef::npos)
          return;
        At = T[At + 1] == '/' ? End : End + 1;
        continue;
      }
      if (C == '"' || C == '\'')
        Quote = C;
      else if (C == '(' || C == '{' || C == '[')
        ++Depth;
      else if (C == ')' || C == '}' || C == ']')
        --Depth;
      else if (C == ',' && Depth == 0)
        ++Count;
      else if (C == ';' && Depth == 0)
        break;
    }
    if (At >= T.size())
      return;
    Place P{B.File, B.Begin, unsigned(At + 1)};
    for (const Place &Old : V.Declarations)
      if (Old == P)
        return;
    V.Declarations.push_back(P);
    V.Declarators.push_back(Count);
    StringRef Rest = T.substr(P.End);
    Rest = Rest.take_until([](char C) { return C == '\n'; }).trim();
    if ((Rest.starts_with("/*") && Rest.ends_with("*/")) ||
        Rest.starts_with("//"))
      V.Comment = Rest.str();
  }

  // --- Tables ---------------------------------------------------------------

  void addRoot(const FunctionDecl *FD, Root R, const std::string &Of) {
    if (!FD || !ours(FD))
      return;
    Function &F = I.Functions[keyOf(FD)];
    F.Key = keyOf(FD);
    F.Name = FD->getNameAsString();
    for (const auto &Old : F.Roots)
      if (Old.first == R && Old.second == Of)
        return;
    F.Roots.push_back({R, Of});
  }

  void noteMethods(const VarDecl *VD) {
    auto &Entries = I.MethodTables[keyOf(VD)];
    if (!VD->getInit())
      return;
    Entries.clear();
    auto Read = [&](const InitListExpr *Element) {
      const Expr *Meth = model::fieldInit(Element, "ml_meth");
      const FunctionDecl *FD = Meth ? model::functionOf(Meth) : nullptr;
      if (!FD)
        return;
      const Expr *Flags = model::fieldInit(Element, "ml_flags");
      int Value = Flags ? int(model::integerOf(Flags, Context).value_or(0)) : 0;
      Place Static;
      if (Place P = Flags ? written(Flags->getSourceRange()) : Place();
          P.valid())
        if (size_t At = I.text(P).find("METH_STATIC"); At != StringRef::npos)
          Static = {P.File, unsigned(P.Begin + At),
                    unsigned(P.Begin + At + 11)};
      Entries.push_back({keyOf(FD), Value, Static});
    };
    if (VD->getType()->isArrayType())
      model::forEachElement(VD, Read);
    else if (const InitListExpr *List = model::initializerList(VD))
      Read(List);
  }

  void noteGetSets(const VarDecl *VD) {
    if (!VD->getInit())
      return;
    model::forEachElement(VD, [&](const InitListExpr *Element) {
      for (StringRef Field : {"get", "set"})
        if (const Expr *E = model::fieldInit(Element, Field))
          addRoot(model::functionOf(E), Root::SelfSlot, keyOf(VD));
    });
  }

  void noteSpecSlots(const VarDecl *VD) {
    if (!VD->getInit())
      return;
    model::forEachElement(VD, [&](const InitListExpr *Element) {
      const Expr *Id = model::fieldInit(Element, "slot");
      const Expr *Value = model::fieldInit(Element, "pfunc");
      if (!Id || !Value)
        return;
      StringRef Macro = PP.macroName(
          model::stripped(Id)->getBeginLoc(),
          [](StringRef N) { return facts::findTypeSlotByMacro(N) != nullptr; });
      if (const facts::TypeSlot *Row = facts::findTypeSlotByMacro(Macro))
        addRoot(model::functionOf(Value), rootOf(Row->TpField), keyOf(VD));
    });
  }

  void noteDefinition(const VarDecl *VD) {
    const InitListExpr *List = model::initializerList(VD);
    if (!List || !VD->getInit())
      return;
    ModuleInfo &M = Definitions[keyOf(VD)];
    M = {};
    M.Definition = keyOf(VD);
    M.DefName = VD->getNameAsString();
    M.DefStatic = VD->getFormalLinkage() != Linkage::External;
    for (StringRef Field : {"m_name", "m_doc", "m_size", "m_methods", "m_slots",
                            "m_traverse", "m_clear", "m_free"}) {
      const Expr *E = model::fieldInit(List, Field);
      if (E)
        setDefinitionField(M, Field, E);
    }
    Variable &V = I.Variables[keyOf(VD)];
    M.MacroMade = VD->getLocation().isMacroID();
    for (const Place &P : V.Declarations)
      if (I.text(P).contains("m_") || I.text(P).contains('{') ||
          I.text(P).contains("PyModuleDef_HEAD_INIT") ||
          (M.MacroMade && V.Declarations.size() == 1))
        M.DefDeclaration = P;
  }

  void setDefinitionField(ModuleInfo &M, StringRef Field, const Expr *E) {
    if (model::isNullOrZero(E, Context) && Field != "m_size")
      return;
    M.DefFields.push_back({Field.str(), textOf(E)});
    if (Field == "m_size") {
      if (std::optional<int64_t> N = model::integerOf(E, Context)) {
        M.Size = *N;
        M.SizeKnown = true;
      }
      if (const RecordDecl *RD = model::sizeofRecord(E)) {
        if (RD->getDefinition()) {
          Place End = token(RD->getDefinition()->getBraceRange().getEnd());
          if (End.valid())
            M.StateEnd = {End.File, End.Begin, End.Begin};
          const TypedefNameDecl *TD = RD->getTypedefNameForAnonDecl();
          M.StateDeclaration = withSemicolon(
              written(TD ? TD->getSourceRange()
                         : RD->getDefinition()->getSourceRange()));
          for (const FieldDecl *F : RD->getDefinition()->fields())
            if (std::optional<Place> Type = ownTypeEnd(F->getType()))
              M.StateTypes.push_back(*Type);
        }
        M.StateStruct =
            RD->getNameAsString().empty() && RD->getTypedefNameForAnonDecl()
                ? RD->getTypedefNameForAnonDecl()->getNameAsString()
                : RD->getNameAsString();
      }
    } else if (Field == "m_name") {
      M.FullName = model::stringOf(model::stripped(E));
    } else if (Field == "m_methods") {
      if (const VarDecl *T = model::variableOf(E))
        M.MethodTables.push_back(keyOf(T));
    } else if (Field == "m_slots") {
      if (const VarDecl *T = model::variableOf(E))
        readSlots(T, M);
    } else if (const FunctionDecl *FD = model::functionOf(E)) {
      addRoot(FD, Root::ModuleHook, M.Definition);
      (Field == "m_traverse" ? M.Traverse
       : Field == "m_clear"  ? M.Clear
                             : M.Free) = keyOf(FD);
    }
  }

  /// `def.m_name = "spam";` before the module is made.
  void noteDefinitionField(const VarDecl *VD, StringRef Field,
                           const BinaryOperator *B) {
    auto Known = Definitions.find(keyOf(VD));
    if (Known == Definitions.end())
      return;
    ModuleInfo &M = Known->second;
    bool Braces = false;
    Place W = written(B->getSourceRange());
    Place Statement = W.valid() ? statementOf(B, W, Braces) : Place();
    const VarDecl *Value = model::variableOf(B->getRHS());
    if (!Statement.valid() || Braces || (Value && !Value->hasGlobalStorage()))
      M.Refused = "'" + Field.str() +
                  "' of its PyModuleDef is assigned where "
                  "it cannot be moved to the definition";
    M.DefAssignments.push_back(Statement);
    if (Field == "m_reload")
      Field = "m_slots";
    erase_if(M.DefFields, [&](const auto &F) { return F.first == Field; });
    setDefinitionField(M, Field, B->getRHS());
  }

  void readSlots(const VarDecl *T, ModuleInfo &M) {
    model::forEachElement(T, [&](const InitListExpr *Element) {
      const Expr *Id = model::fieldInit(Element, "slot");
      const Expr *Value = model::fieldInit(Element, "value");
      if (!Id || model::isNullOrZero(Id, Context)) {
        Place P = written(Element->getSourceRange());
        if (P.valid())
          M.SlotsEnd = {P.File, P.Begin, P.Begin};
        return;
      }
      StringRef Macro = PP.macroName(
          model::stripped(Id)->getBeginLoc(),
          [](StringRef N) { return facts::findModuleSlot(N) != nullptr; });
      M.Slots.insert(Macro.str());
      if (Value)
        M.SlotValues[Macro.str()] = written(Value->getSourceRange());
      if (Value)
        if (const FunctionDecl *FD = model::functionOf(Value)) {
          addRoot(FD, Macro == "Py_mod_exec" ? Root::Init : Root::ModuleHook,
                  keyOf(T));
          if (Macro == "Py_mod_exec" && M.Exec.empty())
            M.Exec = keyOf(FD);
        }
    });
  }

  std::string typeKey(const Expr *E) {
    const VarDecl *VD = model::variableOf(E);
    return VD && VD->hasGlobalStorage() && isTypeObject(VD->getType()) &&
                   ours(VD)
               ? keyOf(VD)
               : "";
  }

  void noteType(const VarDecl *VD) {
    const InitListExpr *List = model::initializerList(VD);
    if (!List || !VD->getInit() || isAllZero(VD->getInit()))
      return; // `= {0}` is filled at run time.
    StaticType &T = I.Types[keyOf(VD)];
    if (!T.Key.empty())
      return; // Known from another configuration.
    T.Key = keyOf(VD);
    T.Name = VD->getNameAsString();
    for (const Place &P : I.Variables[T.Key].Declarations)
      if (I.text(P).contains('='))
        T.Definition = P;
    if (!T.Definition.valid())
      T.Refused = "its definition is not written as one variable";
    else if (hasForeignDirective(T.Definition) && !readConditionals(T))
      T.Refused = "its initialiser depends on a preprocessor condition";
    const RecordDecl *RD = List->getType()->getAsRecordDecl();
    for (const FieldDecl *F : RD->fields())
      if (const Expr *E = model::fieldInit(List, F->getName()))
        readTypeField(T, F->getName(), E);
    if (const Expr *Base = model::fieldInit(List, "ob_base"))
      checkMetaclass(T, Base);
    if (T.Flags.empty()) {
      T.Flags = "Py_TPFLAGS_DEFAULT";
      T.Subclassable = false;
    }
  }

  static StringRef firstFieldOf(const RecordDecl *RD) {
    RD = RD ? RD->getDefinition() : nullptr;
    return RD && !RD->field_empty() ? RD->field_begin()->getName()
                                    : StringRef();
  }

  /// A PyNumberMethods or another tp_as_... table.
  void noteSlotTable(const VarDecl *VD) {
    auto &Slots = I.SlotTables[keyOf(VD)];
    const InitListExpr *List = model::initializerList(VD);
    const RecordDecl *RD = List ? List->getType()->getAsRecordDecl() : nullptr;
    if (!RD || !VD->getInit() || !Slots.empty())
      return;
    StaticType T;
    for (const Place &P : I.Variables[keyOf(VD)].Declarations)
      if (hasForeignDirective(P))
        return void(I.SlotTables.erase(keyOf(VD)));
    for (const FieldDecl *F : RD->fields())
      if (const Expr *E = model::fieldInit(List, F->getName()))
        readTypeField(T, F->getName(), E);
    if (T.Refused.empty())
      Slots = T.Slots;
    else
      I.SlotTables.erase(keyOf(VD));
  }

  /// Comments and blanks aside, the values of a part of an initialiser.
  static std::vector<std::string> valuesIn(StringRef Text) {
    std::string Clean;
    for (size_t At = 0; At < Text.size(); ++At) {
      if (Text.substr(At).starts_with("/*"))
        At = std::min(Text.find("*/", At), Text.size() - 2) + 1;
      else if (Text.substr(At).starts_with("//"))
        At = std::min(Text.find('\n', At), Text.size());
      else
        Clean += Text[At];
    }
    std::vector<std::string> Out = splitArguments("(" + Clean + ")");
    while (!Out.empty() && Out.back().empty())
      Out.pop_back();
    return Out;
  }

  /// `#if X` `a,` `#else` `b,` `#endif` in the definition of \p T: one value in
  /// each branch, or one that is named in one of them. False for others.
  bool readConditionals(StaticType &T) {
    StringRef All = I.Files[T.Definition.File].Text;
    StaticType::Conditional Now;
    std::string Other;
    size_t Begin = 0;
    bool Open = false, InElse = false, Version = false;
    std::vector<std::pair<size_t, size_t>> Branches;
    for (size_t At = T.Definition.Begin; At < T.Definition.End;) {
      const size_t End = std::min(All.find('\n', At), All.size());
      StringRef L = All.slice(At, End).trim();
      if (L.consume_front("#")) {
        L = L.ltrim();
        if (L.starts_with("if")) {
          if (Open)
            return false;
          Version = !hasForeignDirective(
              {T.Definition.File, unsigned(At), unsigned(End)});
          Open = true;
          InElse = false;
          Branches.clear();
          Now.If = All.slice(At, End).trim().str();
          Begin = End;
        } else if (L.starts_with("else") && Open && !InElse) {
          Branches.push_back({Begin, At});
          InElse = true;
          Begin = End;
        } else if (L.starts_with("endif") && Open) {
          Branches.push_back({Begin, At});
          Open = false;
          if (!Version && !addConditional(T, Now.If, Branches))
            return false;
        } else if (!L.starts_with("define")) {
          return false;
        }
      }
      At = End + 1;
    }
    return !Open;
  }

  bool addConditional(StaticType &T, StringRef If,
                      ArrayRef<std::pair<size_t, size_t>> Branches) {
    StringRef All = I.Files[T.Definition.File].Text;
    const std::vector<std::string> First =
        valuesIn(All.slice(Branches[0].first, Branches[0].second));
    std::vector<std::string> Second;
    if (Branches.size() == 2)
      Second = valuesIn(All.slice(Branches[1].first, Branches[1].second));
    // `.tp_x = value`
    auto Named = [](StringRef Value) { return Value.starts_with("."); };
    if (First.size() != 1 || Second.size() > 1 ||
        (Second.empty() && !Named(First[0])) ||
        (Second.size() == 1 && Named(First[0]) != Named(Second[0])) ||
        (Second.size() == 1 && Named(First[0]) &&
         StringRef(First[0]).split('=').first.trim() !=
             StringRef(Second[0]).split('=').first.trim()))
      return false;
    auto Bare = [&](StringRef Value) {
      StringRef V = Named(Value) ? Value.split('=').second.trim() : Value;
      return V == "0" || V == "NULL" ? "" : V.str();
    };
    // Which branch is compiled shows when its value is read.
    for (unsigned N = 0; N < Branches.size(); ++N) {
      StaticType::Conditional C;
      C.Compiled = {T.Definition.File, unsigned(Branches[N].first),
                    unsigned(Branches[N].second)};
      C.If = If.str();
      if (N == 0) {
        C.Else = Second.empty() ? "" : Bare(Second[0]);
      } else {
        // What stands before the #else is the other value.
        StringRef D = If.drop_front(1).ltrim();
        if (D.consume_front("ifdef"))
          C.If = ("#ifndef" + D).str();
        else if (D.consume_front("ifndef"))
          C.If = ("#ifdef" + D).str();
        else if (D.consume_front("if"))
          C.If = ("#if !(" + D.trim() + ")").str();
        C.Else = Bare(First[0]);
      }
      T.Conditionals.push_back(C);
    }
    return true;
  }

  bool hasForeignDirective(Place P) {
    StringRef T = I.text(P);
    size_t At = 0;
    while ((At = T.find('#', At)) != StringRef::npos) {
      size_t Line = T.rfind('\n', At);
      StringRef Before = T.slice(Line == StringRef::npos ? 0 : Line + 1, At);
      if (Before.trim().empty()) {
        StringRef D = T.substr(At + 1)
                          .take_until([](char C) { return C == '\n'; })
                          .trim();
        bool Version = D.starts_with("endif") || D.starts_with("else") ||
                       D.contains("PY_VERSION_HEX") ||
                       D.contains("PY_MAJOR_VERSION") ||
                       D.contains("Py_TPFLAGS_") || holdsForPython3(D) >= 0;
        if (!Version)
          return true;
      }
      ++At;
    }
    return false;
  }

  void checkMetaclass(StaticType &T, const Expr *Base) {
    struct Finder : RecursiveASTVisitor<Finder> {
      const VarDecl *Found = nullptr;
      bool VisitDeclRefExpr(DeclRefExpr *E) {
        if (auto *VD = dyn_cast<VarDecl>(E->getDecl()))
          Found = VD;
        return true;
      }
    } F;
    F.TraverseStmt(const_cast<Expr *>(Base));
    if (F.Found && F.Found->getName() != "PyType_Type")
      T.Refused = "its metaclass is not 'type'";
  }

  /// `A\n#ifdef B\n | B` with its #endif and the end of that line.
  std::string withDirectives(const Expr *E, const std::string &Text) {
    const size_t Opened =
        StringRef(Text).count("#if") + StringRef(Text).count("# if");
    size_t Closed = StringRef(Text).count("endif");
    Place P = written(E->getSourceRange());
    if (Opened == Closed || !P.valid() || I.text(P) != Text)
      return Text;
    StringRef All = I.Files[P.File].Text;
    size_t End = P.End;
    for (; Closed < Opened && End != StringRef::npos; ++Closed) {
      End = All.find("endif", End);
      End = End == StringRef::npos ? End : End + 5;
    }
    if (End == StringRef::npos)
      return Text;
    End = All.find('\n', End);
    return All.slice(P.Begin, End == StringRef::npos ? End : End + 1).str();
  }

  /// The struct in `sizeof(S)`, `offsetof(S, field)` or a sum with one of them.
  static const RecordDecl *instanceIn(const Expr *E) {
    if (const RecordDecl *RD = model::sizeofRecord(E))
      return RD;
    E = E->IgnoreParenCasts();
    if (const auto *O = dyn_cast<OffsetOfExpr>(E))
      return O->getTypeSourceInfo()->getType()->getAsRecordDecl();
    if (const auto *B = dyn_cast<BinaryOperator>(E))
      return instanceIn(B->getLHS());
    return nullptr;
  }

  void readTypeField(StaticType &T, StringRef Field, const Expr *E) {
    if (model::isNullOrZero(E, Context))
      return;
    static const std::set<StringRef> NotSettable{
        "tp_dict",       "tp_mro",      "tp_cache",
        "tp_subclasses", "tp_weaklist", "tp_version_tag",
        "tp_bases",      "tp_watched",  "tp_versions_used"};
    if (NotSettable.count(Field)) {
      T.Refused = "it initialises " + Field.str();
      return;
    }
    if (Field == "ob_base")
      return;
    std::string Text = textOf(E);
    const StaticType::Conditional *Below = nullptr;
    if (!T.Conditionals.empty()) {
      const Place P = written(E->getSourceRange());
      for (const StaticType::Conditional &C : T.Conditionals)
        if (P.valid() && P.File == C.Compiled.File &&
            P.Begin >= C.Compiled.Begin && P.End <= C.Compiled.End)
          Below = &C;
    }
    if (Below) {
      const size_t Before = T.Slots.size();
      static const std::set<StringRef> Plain{
          "tp_new",     "tp_init",   "tp_repr",        "tp_str",
          "tp_call",    "tp_hash",   "tp_iter",        "tp_iternext",
          "tp_getattr", "tp_setattr", "tp_getattro",   "tp_setattro",
          "tp_doc",     "tp_getset", "tp_richcompare", "tp_descr_get",
          "tp_descr_set", "tp_methods"};
      if (Plain.count(Field))
        addSlot(T, Field, E, Text);
      if (T.Slots.size() != Before + 1)
        T.Refused = "its initialiser depends on a preprocessor condition";
      else {
        T.Slots.back().If = Below->If;
        T.Slots.back().Else = Below->Else;
      }
      return;
    }
    const FunctionDecl *FD = model::functionOf(E);
    const VarDecl *VD = model::variableOf(E);
    if (Field == "tp_name") {
      T.TpName = model::stringOf(model::stripped(E));
      T.NameText = Text;
    } else if (Field == "tp_basicsize") {
      T.BasicSize = Text;
      if (const RecordDecl *RD = instanceIn(E)) {
        T.InstanceStruct = RD->getNameAsString();
        if (T.InstanceStruct.empty())
          if (const TypedefNameDecl *TD = RD->getTypedefNameForAnonDecl())
            T.InstanceStruct = TD->getNameAsString();
        InstanceOf[T.Key] = RD->getDefinition() ? RD->getDefinition() : RD;
      }
    } else if (Field == "tp_itemsize") {
      T.ItemSize = Text;
    } else if (Field == "tp_flags") {
      T.Flags = withDirectives(E, Text);
      if (std::optional<int64_t> N = model::integerOf(E, Context)) {
        T.HasGc = *N & (1 << 14);
        T.Subclassable = *N & (1 << 10);
      }
    } else if (Field == "tp_base") {
      if (VD && ours(VD))
        T.Base = keyOf(VD);
      else
        T.ForeignBase = Text;
    } else if (Field == "tp_members") {
      if (VD) {
        T.Members = VD->getNameAsString();
        T.Slots.push_back({"Py_tp_members", T.Members, ""});
        memberEnd(VD, T);
      }
    } else if (Field == "tp_weaklistoffset") {
      T.Offsets.push_back("{\"__weaklistoffset__\", T_PYSSIZET, " + Text +
                          ", READONLY, NULL}");
    } else if (Field == "tp_dictoffset") {
      T.Offsets.push_back("{\"__dictoffset__\", T_PYSSIZET, " + Text +
                          ", READONLY, NULL}");
    } else if (Field == "tp_vectorcall_offset" || Field == "tp_print") {
      if (!FD)
        T.Offsets.push_back("{\"__vectorcalloffset__\", T_PYSSIZET, " + Text +
                            ", READONLY, NULL}");
    } else if (Field.starts_with("tp_as_")) {
      const InitListExpr *Sub = VD ? model::initializerList(VD) : nullptr;
      if (!Sub || !ours(VD)) {
        T.Refused = "its " + Field.str() + " is not a table of this extension";
        return;
      }
      T.SubTables.push_back(keyOf(VD));
      for (const Place &P : I.Variables[keyOf(VD)].Declarations)
        if (hasForeignDirective(P))
          T.Refused = "the initialiser of its " + Field.str() +
                      " depends on a preprocessor condition";
      if (const RecordDecl *RD = Sub->getType()->getAsRecordDecl())
        for (const FieldDecl *F : RD->fields())
          if (const Expr *Init = model::fieldInit(Sub, F->getName()))
            readTypeField(T, F->getName(), Init);
    } else if (Field == "tp_alloc" || Field == "tp_free") {
      StringRef Name = FD ? identifierOf(FD) : StringRef();
      if (Name != "PyType_GenericAlloc" && Name != "PyObject_Free" &&
          Name != "PyObject_GC_Del" && Name != "PyObject_Del")
        T.Refused = "it has an allocator of its own (" + Field.str() + ")";
    } else if (Field == "tp_vectorcall") {
      T.Refused = "tp_vectorcall has no slot before Python 3.14";
    } else if (Field == "nb_reserved" || Field.starts_with("was_")) {
      return;
    } else {
      addSlot(T, Field, E, Text);
    }
  }

  void addSlot(StaticType &T, StringRef Field, const Expr *E,
               const std::string &Text) {
    const facts::TypeSlot *Row = facts::findTypeSlotByField(Field);
    if (!Row || !*Row->SlotMacro) {
      T.Refused = "no slot sets " + Field.str();
      return;
    }
    StaticType::Slot S;
    S.Id = Row->SlotMacro;
    const FunctionDecl *FD = model::functionOf(E);
    const VarDecl *VD = model::variableOf(E);
    S.Value = FD ? FD->getNameAsString() : Text;
    if (FD && LO.CPlusPlus)
      S.Value = "(void *)" + S.Value;
    if (!FD && VD && Field != "tp_doc")
      S.Value = VD->getNameAsString();
    if (!FD && Field == "tp_doc" && VD)
      S.Value = "(void *)" + VD->getNameAsString();
    else if (!FD && LO.CPlusPlus)
      S.Value = "(void *)" + S.Value;
    if (FD && ours(FD)) {
      S.Function = keyOf(FD);
      addRoot(FD, rootOf(Field), T.Key);
    }
    if ((Field == "tp_methods" || Field == "tp_getset") && VD)
      T.Tables.push_back(keyOf(VD));
    if (Field == "tp_dealloc") {
      T.Dealloc = S.Function;
      if (S.Function.empty())
        T.ForeignDealloc = S.Value;
    }
    if (Field == "tp_traverse")
      T.Traverse = S.Function.empty() ? "?" : S.Function;
    if (Field == "tp_clear")
      T.Clear = S.Function.empty() ? "?" : S.Function;
    for (StaticType::Slot &Old : T.Slots)
      if (Old.Id == S.Id)
        return;
    T.Slots.push_back(S);
  }

  void memberEnd(const VarDecl *VD, StaticType &T) {
    model::forEachElement(VD, [&](const InitListExpr *Element) {
      const Expr *Name = model::fieldInit(Element, "name");
      if (Name && !model::isNullOrZero(Name, Context))
        return;
      Place P = written(Element->getSourceRange());
      if (P.valid())
        T.MembersEnd = {P.File, P.Begin, P.Begin};
    });
  }

  // --- References -----------------------------------------------------------

  DynTypedNode parent(const DynTypedNode &N) {
    auto Parents = Context.getParents(N);
    return Parents.empty() ? DynTypedNode() : Parents[0];
  }
  const Stmt *parentStmt(const Stmt *S) {
    return parent(DynTypedNode::create(*S)).get<Stmt>();
  }

  bool VisitMemberExpr(MemberExpr *E) {
    Place P = token(E->getMemberLoc());
    if (P.valid())
      I.OtherNames[P.File].insert(P.Begin);
    return true;
  }
  void noteOtherToken(SourceLocation Loc) {
    if (Place P = token(Loc); P.valid())
      I.OtherNames[P.File].insert(P.Begin);
  }
  bool VisitGotoStmt(GotoStmt *S) {
    noteOtherToken(S->getLabelLoc());
    return true;
  }
  bool VisitLabelStmt(LabelStmt *S) {
    noteOtherToken(S->getIdentLoc());
    return true;
  }
  bool VisitTypedefTypeLoc(TypedefTypeLoc TL) {
    noteOtherToken(TL.getNameLoc());
    return true;
  }
  bool VisitTagTypeLoc(TagTypeLoc TL) {
    noteOtherToken(TL.getNameLoc());
    return true;
  }
  bool VisitDesignatedInitExpr(DesignatedInitExpr *E) {
    for (const DesignatedInitExpr::Designator &D : E->designators())
      if (D.isFieldDesignator()) {
        Place P = token(D.getFieldLoc());
        if (P.valid())
          I.OtherNames[P.File].insert(P.Begin);
      }
    return true;
  }

  bool VisitDeclRefExpr(DeclRefExpr *E) {
    if (auto *VD = dyn_cast<VarDecl>(E->getDecl())) {
      if (VD->hasGlobalStorage() && ours(VD))
        noteReference(E, VD);
      else {
        Place P = token(E->getLocation());
        if (P.valid())
          I.OtherNames[P.File].insert(P.Begin);
      }
    } else if (auto *FD = dyn_cast<FunctionDecl>(E->getDecl())) {
      if (ours(FD) && !Callees.count(E))
        noteEscape(E, FD);
      Place P = token(E->getLocation());
      if (P.valid())
        I.OtherNames[P.File].insert(P.Begin);
    } else {
      Place P = token(E->getLocation());
      if (P.valid())
        I.OtherNames[P.File].insert(P.Begin);
    }
    return true;
  }

  void noteReference(const DeclRefExpr *E, const VarDecl *VD) {
    Variable &V = I.Variables[keyOf(VD)];
    if (V.Key.empty())
      noteVariable(VD);
    Reference R;
    R.Token = token(E->getLocation());
    if (!R.Token.valid())
      R.Pasted = pastedAt(E->getLocation());
    if (Current)
      R.Function = keyOf(Current);
    if (Table) {
      R.Table = keyOf(Table);
      if (isTypeObject(Table->getType()))
        if (const InitListExpr *List = model::initializerList(Table))
          for (const char *Field : {"tp_base"})
            if (const Expr *Init = model::fieldInit(List, Field))
              if (model::variableOf(Init) == VD)
                R.TableField = Field;
    }
    // What is around it.
    const Stmt *S = E;
    const Stmt *P = parentStmt(S);
    while (P && isa<ParenExpr>(P)) {
      S = P;
      P = parentStmt(P);
    }
    if (const auto *U = dyn_cast_or_null<UnaryOperator>(P)) {
      const Place At = R.Token.valid() ? R.Token : R.Pasted;
      if (U->getOpcode() == UO_AddrOf && At.valid()) {
        Place Amp = token(U->getOperatorLoc());
        if (Amp.File == At.File && Amp.Begin < At.Begin) {
          StringRef Between =
              StringRef(I.Files[Amp.File].Text).slice(Amp.End, At.Begin);
          if (Between.trim(" \t").empty())
            R.AddressOf = Amp;
        }
      }
    } else if (const auto *M = dyn_cast_or_null<MemberExpr>(P)) {
      if (!M->isArrow() && R.Token.valid()) {
        Place Dot = token(M->getOperatorLoc());
        if (Dot.File == R.Token.File && Dot.Begin >= R.Token.End &&
            StringRef(I.Files[Dot.File].Text)
                .slice(R.Token.End, Dot.Begin)
                .trim(" \t")
                .empty())
          R.Member = Dot;
      }
    }
    R.Writes = Current && writes(E);
    V.OtherUse |= !usesAsTable(E);
    V.MoreThanRead |= !onlyReads(E);
    if (Current)
      R.Returning = returningIf(E);
    if (Current && V.Instance)
      noteInstanceUse(E, R);
    if (Current && R.AddressOf.valid())
      R.InCapsule = inCapsule(E);
    for (Reference &Old : V.References)
      if (Old.Token == R.Token && Old.Pasted == R.Pasted &&
          Old.Function == R.Function) {
        Old.Writes |= R.Writes;
        Old.Keeps |= R.Keeps;
        Old.InCapsule |= R.InCapsule;
        Old.Increments |= R.Increments;
        Old.KeptIn.insert(Old.KeptIn.end(), R.KeptIn.begin(), R.KeptIn.end());
        return;
      }
    V.References.push_back(std::move(R));
  }

  /// The if statement that tests \p E and returns, `E != NULL` and such.
  Place returningIf(const Expr *E) {
    const Stmt *S = E;
    for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
      if (isa<ParenExpr>(P) || isa<CastExpr>(P))
        continue;
      if (const auto *B = dyn_cast<BinaryOperator>(P))
        if ((B->getOpcode() == BO_NE &&
             model::isNullOrZero(B->getLHS() == S ? B->getRHS() : B->getLHS(),
                                 Context)) ||
            (B->getOpcode() == BO_Assign && B->getRHS() == S))
          continue;
      const auto *If = dyn_cast<IfStmt>(P);
      if (!If || If->getCond() != S || If->getElse() ||
          !returnsAlways(If->getThen()))
        return {};
      const Stmt *Up = parentStmt(If);
      return Up && isa<CompoundStmt>(Up)
                 ? withSemicolon(written(If->getSourceRange()))
                 : Place();
    }
    return {};
  }

  static bool returnsAlways(const Stmt *S) {
    if (const auto *Block = dyn_cast<CompoundStmt>(S))
      return !Block->body_empty() && returnsAlways(Block->body_back());
    return isa<ReturnStmt>(S);
  }

  /// `m = PyState_FindModule(&def); if (m != NULL) { ... return m; }`, or both
  /// in one.
  std::vector<Place> returnsAgain(const CallExpr *C) {
    if (Place If = returningIf(C); If.valid())
      return {If};
    const Stmt *S = C, *P = parentStmt(S);
    std::string Name;
    for (;; S = P, P = parentStmt(P)) {
      DynTypedNode N = parent(DynTypedNode::create(*S));
      if (const auto *VD = N.get<VarDecl>()) {
        Name = VD->getNameAsString();
        P = parent(N).get<Stmt>();
        if (const auto *DS = dyn_cast_or_null<DeclStmt>(P);
            !DS || !DS->isSingleDecl())
          return {};
        S = P;
        P = parentStmt(P);
        break;
      }
      if (!P)
        return {};
      if (isa<CompoundStmt>(P))
        break;
      if (const auto *B = dyn_cast<BinaryOperator>(P)) {
        const auto *D = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParenCasts());
        if (B->getOpcode() != BO_Assign || !D || !Name.empty())
          return {};
        Name = D->getDecl()->getNameAsString();
      } else if (!isa<ParenExpr>(P) && !isa<CastExpr>(P)) {
        return {};
      }
    }
    const auto *Block = dyn_cast_or_null<CompoundStmt>(P);
    if (!Block || Name.empty())
      return {};
    const auto *At = llvm::find(Block->body(), S);
    if (At == Block->body_end() || At + 1 == Block->body_end())
      return {};
    const auto *If = dyn_cast<IfStmt>(*(At + 1));
    if (!If || If->getElse() || !returnsAlways(If->getThen()))
      return {};
    const Expr *Cond = If->getCond()->IgnoreParenImpCasts();
    if (const auto *B = dyn_cast<BinaryOperator>(Cond);
        B && B->getOpcode() == BO_NE &&
        model::isNullOrZero(B->getRHS(), Context))
      Cond = B->getLHS()->IgnoreParenCasts();
    const auto *D = dyn_cast<DeclRefExpr>(Cond);
    if (!D || identifierOf(D->getDecl()) != Name)
      return {};
    Place First = withSemicolon(written(S->getSourceRange()));
    Place Second = withSemicolon(written(If->getSourceRange()));
    if (!First.valid() || !Second.valid())
      return {};
    return {First, Second};
  }

  /// The beginning of `name ## X` in the macro that pasted the token at \p Loc.
  Place pastedAt(SourceLocation Loc) {
    for (unsigned N = 0; N < 8 && SM.isMacroArgExpansion(Loc); ++N)
      Loc = SM.getImmediateSpellingLoc(Loc);
    if (!Loc.isMacroID() || !SM.isWrittenInScratchSpace(SM.getSpellingLoc(Loc)))
      return {};
    Place P = token(SM.getImmediateExpansionRange(Loc).getBegin());
    if (!P.valid())
      return {};
    StringRef Rest = StringRef(I.Files[P.File].Text).substr(P.End).ltrim();
    return Rest.starts_with("##") ? P : Place();
  }

  bool writes(const Expr *E) {
    const Stmt *S = E;
    for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
      if (isa<ParenExpr>(P))
        continue;
      if (const auto *M = dyn_cast<MemberExpr>(P)) {
        if (M->isArrow())
          return false;
        continue;
      }
      if (const auto *A = dyn_cast<ArraySubscriptExpr>(P)) {
        if (A->getBase()->IgnoreParenImpCasts()->getType()->isArrayType() &&
            A->getBase()->IgnoreParens() != nullptr)
          continue;
        return false;
      }
      if (const auto *C = dyn_cast<ImplicitCastExpr>(P)) {
        if (C->getCastKind() == CK_ArrayToPointerDecay) {
          const Stmt *Up = parentStmt(C);
          if (Up && isa<ArraySubscriptExpr>(Up))
            continue;
          return true;
        }
        return false;
      }
      if (const auto *B = dyn_cast<BinaryOperator>(P))
        return B->isAssignmentOp() && B->getLHS() == S;
      if (const auto *U = dyn_cast<UnaryOperator>(P))
        return U->isIncrementDecrementOp() || U->getOpcode() == UO_AddrOf;
      return false;
    }
    return false;
  }

  /// A pointer to a struct of the extension's own objects.
  static bool isInstance(QualType T) {
    const RecordDecl *RD =
        T->isPointerType() ? T->getPointeeType()->getAsRecordDecl() : nullptr;
    return RD && RD->getName() != "_object" &&
           model::ExtensionModel::isObjectRecord(RD);
  }

  void noteEscape(const DeclRefExpr *E, const FunctionDecl *FD) {
    Place At = token(E->getLocation());
    std::string Where, Foreign;
    if (Table) {
      std::string Type = model::elementTypeName(Table->getType());
      static const std::set<StringRef> Tables{
          "PyMethodDef",     "PyGetSetDef",       "PyType_Slot",
          "PyTypeObject",    "PyModuleDef_Slot",  "PyModuleDef",
          "PyNumberMethods", "PySequenceMethods", "PyMappingMethods",
          "PyAsyncMethods",  "PyBufferProcs",     "_typeobject"};
      if (Tables.count(Type))
        return;
      Where = "it is stored in '" + Table->getNameAsString() + "'";
    } else {
      // T.tp_x = f is a slot.
      const Stmt *P = parentStmt(E);
      while (P && (isa<ParenExpr>(P) || isa<CastExpr>(P) ||
                   (isa<UnaryOperator>(P) &&
                    cast<UnaryOperator>(P)->getOpcode() == UO_AddrOf)))
        P = parentStmt(P);
      if (const auto *B = dyn_cast_or_null<BinaryOperator>(P)) {
        if (B->isComparisonOp())
          return;
        if (B->isAssignmentOp())
          if (const auto *D =
                  dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParenCasts());
              D && facts::findProcessHook(identifierOf(D->getDecl())))
            Foreign = D->getDecl()->getNameAsString();
        if (B->isAssignmentOp())
          if (const auto *M =
                  dyn_cast<MemberExpr>(B->getLHS()->IgnoreParenCasts())) {
            StringRef Field = identifierOf(M->getMemberDecl());
            if (Field == "sa_handler" || Field == "sa_sigaction")
              Foreign = "sigaction";
            if (facts::findTypeSlotByField(Field) &&
                !M->isArrow())
              return;
            const auto *T = M->getType()->getAs<TypedefType>();
            const RecordDecl *RD =
                M->getBase()->IgnoreParenCasts()->getType()->isPointerType()
                    ? M->getBase()->getType()->getPointeeType()->getAsRecordDecl()
                    : nullptr;
            if (T && RD && T->getDecl()->getName() == "vectorcallfunc") {
              Vectorcalls.push_back(
                  {FD, RD->getDefinition() ? RD->getDefinition() : RD, At});
              return;
            }
          }
      }
      Where = "its address is taken";
      if (const auto *C = dyn_cast_or_null<CallExpr>(P))
        if (const FunctionDecl *Callee = C->getDirectCallee()) {
          // The object that a trace function is given is an instance.
          if ((identifierOf(Callee) == "PyEval_SetTrace" ||
               identifierOf(Callee) == "PyEval_SetProfile") &&
              C->getNumArgs() == 2 && FD->getNumParams() &&
              isInstance(C->getArg(1)->IgnoreParenCasts()->getType()))
            return addRoot(FD, Root::SelfSlot, "");
          Where = "it is handed to '" + Callee->getNameAsString() + "'";
          static const std::set<StringRef> Threads{
              "atexit",         "on_exit",
              "at_quick_exit",  "pthread_create",
              "pthread_atfork", "pthread_key_create",
              "pthread_once",   "thrd_create",
              "call_once",      "tss_create",
              "CreateThread",   "_beginthread",
              "_beginthreadex", "PyThread_start_new_thread",
              "signal",         "sigaction",
              "sigset",         "bsd_signal"};
          if (Threads.count(identifierOf(Callee)) ||
              facts::findProcessHook(identifierOf(Callee)))
            Foreign = Callee->getNameAsString();
        }
    }
    Function &F = I.Functions[keyOf(FD)];
    F.Key = keyOf(FD);
    if (!Foreign.empty())
      F.Foreign = Foreign;
    for (const auto &Old : F.Escapes)
      if (Old.first == At)
        return;
    F.Escapes.push_back({At, Where});
  }

  // --- Calls ----------------------------------------------------------------

  /// The use of a macro or a function named in \p Names that gives the code at
  /// \p Call, when it is written in a file.
  Place useOf(const CallExpr *Call, const std::set<StringRef> &Names,
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

  /// The call `PyObject_New(T, &Type)` as `F(PyObject_New)(T, &Type)`, with a
  /// macro of the extension: the range takes the macro in, and what is returned
  /// is the text from the name on without it.
  std::string unwrapped(Place &Whole, StringRef Name) {
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

  /// Whether \p E is a statement of its own, and whether adding another one
  /// needs braces.
  Place statementOf(const Expr *E, Place Whole, bool &NeedsBraces) {
    const Stmt *S = E;
    const Stmt *P = parentStmt(S);
    while (P && (isa<ParenExpr>(P) || isa<CastExpr>(P) ||
                 isa<ExprWithCleanups>(P))) {
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

  void noteWritten(const RecordDecl *RD) {
    if (const TypedefNameDecl *TD = RD->getTypedefNameForAnonDecl())
      I.WrittenStructs.insert(TD->getNameAsString());
    I.WrittenStructs.insert(RD->getNameAsString());
  }

  /// A struct of functions and numbers, such as a C API in a capsule: nobody
  /// writes the addresses of functions, nor the number of a version.
  static bool onlyFunctions(const RecordDecl *RD) {
    RD = RD->getDefinition();
    return RD && !RD->isUnion() && all_of(RD->fields(), [](const FieldDecl *F) {
             const QualType T = F->getType();
             return T->isIntegralOrEnumerationType() ||
                    (T->isPointerType() &&
                     (T->getPointeeType()->isFunctionType() ||
                      (T->getPointeeType()->isCharType() &&
                       T->getPointeeType().isConstQualified())));
           });
  }

  /// Such a struct, or an array of them or of addresses.
  static bool holdsFunctions(QualType T) {
    if (T->isArrayType()) {
      const QualType Element(T->getBaseElementTypeUnsafe(), 0);
      if (Element->isVoidPointerType() || Element->isFunctionPointerType())
        return true;
      T = Element;
    }
    const RecordDecl *RD = T->getAsRecordDecl();
    return RD && onlyFunctions(RD) &&
           any_of(RD->getDefinition()->fields(), [](const FieldDecl *F) {
             return F->getType()->isFunctionPointerType();
           });
  }

  /// Whether the value is the address of a function, a number or text, or made
  /// of those.
  bool givesFunctions(const Expr *E) {
    E = E->IgnoreParenCasts();
    if (const auto *List = dyn_cast<InitListExpr>(E)) {
      if (const InitListExpr *Semantic = List->getSemanticForm())
        List = Semantic;
      return all_of(List->inits(),
                    [&](const Expr *Init) { return givesFunctions(Init); });
    }
    return isa<ImplicitValueInitExpr>(E) || isa<clang::StringLiteral>(E) ||
           model::functionOf(E) || model::isNullOrZero(E, Context) ||
           (E->getType()->isIntegralOrEnumerationType() &&
            model::integerOf(E, Context));
  }

  /// Whether \p E is read, or a pointer into it is kept in a local variable.
  bool onlyReads(const Expr *E) {
    const Stmt *S = E;
    bool Pointer = false;
    for (;; ) {
      const DynTypedNode N = parent(DynTypedNode::create(*S));
      if (const auto *VD = N.get<VarDecl>())
        return Pointer && !VD->hasGlobalStorage() &&
               VD->getType()->isPointerType();
      const Stmt *P = N.get<Stmt>();
      if (!P)
        return false;
      if (const auto *A = dyn_cast<ArraySubscriptExpr>(P)) {
        if (A->getBase() != S)
          return false;
        Pointer = false;
      } else if (const auto *C = dyn_cast<CastExpr>(P)) {
        if (C->getCastKind() == CK_LValueToRValue)
          return true;
        if (C->getCastKind() == CK_ArrayToPointerDecay)
          Pointer = true;
        else if (C->getCastKind() != CK_NoOp || isa<ExplicitCastExpr>(C))
          return false;
      } else if (const auto *U = dyn_cast<UnaryOperator>(P)) {
        if (U->getOpcode() != UO_AddrOf)
          return false;
        Pointer = true;
      } else if (const auto *B = dyn_cast<BinaryOperator>(P)) {
        if (B->getOpcode() != BO_Assign || B->getRHS() != S || !Pointer)
          return false;
        const auto *D = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
        const auto *VD = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
        return VD && !VD->hasGlobalStorage();
      } else if (isa<UnaryExprOrTypeTraitExpr>(P)) {
        return true;
      } else if (!isa<ParenExpr>(P) && !isa<MemberExpr>(P)) {
        return false;
      }
      S = P;
    }
  }

  /// Whether \p E is read from or called, given an address of a function while
  /// the module is imported, or handed out in a capsule.
  bool usesAsTable(const Expr *E) {
    const Stmt *S = E;
    for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
      if (isa<ParenExpr>(P) || isa<MemberExpr>(P))
        continue;
      if (const auto *A = dyn_cast<ArraySubscriptExpr>(P)) {
        if (A->getBase() == S)
          continue;
        return false;
      }
      if (const auto *C = dyn_cast<CastExpr>(P)) {
        if (C->getCastKind() == CK_LValueToRValue)
          return true;
        continue;
      }
      if (const auto *U = dyn_cast<UnaryOperator>(P)) {
        if (U->getOpcode() == UO_AddrOf)
          continue;
        return false;
      }
      if (const auto *B = dyn_cast<BinaryOperator>(P))
        return B->getOpcode() == BO_Assign && B->getLHS() == S && Current &&
               Model.contextsOf(Current) == model::InitContext &&
               givesFunctions(B->getRHS());
      if (isa<UnaryExprOrTypeTraitExpr>(P))
        return true;
      return isHandedOut(P, S);
    }
    return false;
  }

  /// Functions of others may write what they are given.
  void noteGiven(const CallExpr *C) {
    const FunctionDecl *FD = C->getDirectCallee();
    if (FD && ours(FD))
      return;
    for (const Expr *A : C->arguments()) {
      QualType T = A->IgnoreParenCasts()->getType();
      T = T->isPointerType() || T->isArrayType()
              ? QualType(T->getPointeeOrArrayElementType(), 0)
              : QualType();
      if (!T.isNull() && T->getAsRecordDecl())
        noteWritten(T->getAsRecordDecl());
    }
  }

  /// What the function does to its thread, and whether it needs to be attached.
  void noteThread(const CallExpr *C, const FunctionDecl *FD) {
    if (!FD->getIdentifier())
      return;
    Function &F = I.Functions[keyOf(Current)];
    StringRef Name = FD->getName();
    const facts::ThreadStateApi *Api = facts::findThreadStateApi(Name);
    if (!Api) {
      static const std::set<StringRef> Free{"_Py_IsFinalizing",
                                            "PyOS_mystricmp",
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

  /// The statement with the call, when nothing happens before it.
  void noteEnsure(const CallExpr *C, Function &F) {
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

  bool VisitCXXConstructExpr(CXXConstructExpr *E) {
    if (Current && E->getConstructor() && ours(E->getConstructor()))
      I.Functions[keyOf(Current)].Constructors.insert(
          keyOf(E->getConstructor()));
    return true;
  }

  bool VisitCallExpr(CallExpr *C) {
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
            Rest = Rest.drop_while(
                [](char C) { return isAlnum(C) || C == '_'; });
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
      U.Args = splitArguments(Text.substr(Text.find("->" + U.Name) ==
                                                  StringRef::npos
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
        U.Name == "PyType_Ready") {
      const Stmt *S = C;
      for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
        if (isa<ParenExpr>(P) || isa<CastExpr>(P) || isa<UnaryOperator>(P) ||
            (isa<BinaryOperator>(P) &&
             cast<BinaryOperator>(P)->isComparisonOp()))
          continue;
        if (const auto *B = dyn_cast<BinaryOperator>(P))
          if (U.Name == "PyType_Ready" && B->getOpcode() == BO_LOr)
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

  static bool callsBeforeReturn(const Stmt *S) {
    return S && !isa<ReturnStmt>(S) &&
           (isa<CallExpr>(S) || isa<CXXConstructExpr>(S) || isa<LabelStmt>(S) ||
            any_of(S->children(), callsBeforeReturn));
  }

  static bool callsSomething(const Stmt *S) {
    return S && (isa<CallExpr>(S) || any_of(S->children(), callsSomething));
  }

  std::string definitionOf(const CallExpr *C) {
    if (C->getNumArgs() < 1)
      return "";
    const VarDecl *VD = model::variableOf(C->getArg(0));
    return VD ? keyOf(VD) : "";
  }

  void noteCreate(const CallExpr *C, const ApiUse &U) {
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
          Test =
              B->getOpcode() == BO_EQ && (Is(B->getLHS()) || Is(B->getRHS()));
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

  /// Whether the local variable \p Name holds something else than what \p C
  /// makes.
  bool holdsOthers(const std::string &Name, const CallExpr *C) {
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

  bool testsNull(const Expr *Cond, const std::string &Name) {
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

  bool VisitBinaryOperator(BinaryOperator *B) {
    // *p = value
    if (B->getOpcode() == BO_Assign)
      if (const RecordDecl *RD = B->getLHS()->getType()->getAsRecordDecl();
          RD && !isa<DeclRefExpr>(B->getLHS()->IgnoreParens()))
        noteWritten(RD);
    if (B->getOpcode() != BO_Assign || !Current)
      return true;
    const auto *M = dyn_cast<MemberExpr>(B->getLHS()->IgnoreParenCasts());
    if (!M || M->isArrow())
      return true;
    const auto *D = dyn_cast<DeclRefExpr>(M->getBase()->IgnoreParenCasts());
    const auto *VD = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
    if (!VD || !ours(VD))
      return true;
    if (model::elementTypeName(VD->getType()) == "PyModuleDef") {
      noteDefinitionField(VD, identifierOf(M->getMemberDecl()), B);
      return true;
    }
    if (!isTypeObject(VD->getType()) &&
        !facts::findTypeSlotByField(
            firstFieldOf(VD->getType()->getAsRecordDecl())))
      return true;
    TypeAssignment A;
    A.Type = keyOf(VD);
    A.Field = M->getMemberDecl()->getNameAsString();
    A.Value = textOf(B->getRHS());
    A.ValueIsNull = model::isNullOrZero(B->getRHS(), Context);
    if (const FunctionDecl *FD = model::functionOf(B->getRHS())) {
      A.ValueName = FD->getNameAsString();
      if (ours(FD)) {
        A.ValueFunction = keyOf(FD);
        addRoot(FD, rootOf(A.Field), A.Type);
        A.Position = token(FD->getLocation());
      }
    } else if (const VarDecl *V = model::variableOf(B->getRHS())) {
      A.ValueName = V->getNameAsString();
      if (ours(V) && V->hasGlobalStorage())
        A.ValueVariable = keyOf(V), A.Position = token(V->getLocation());
    }
    A.Function = keyOf(Current);
    bool Braces = false;
    Place W = written(B->getSourceRange());
    A.Statement = W.valid() ? statementOf(B, W, Braces) : Place();
    if (Braces)
      A.Statement = {};
    // What is written is the use of a macro, which does more.
    A.InMacro = SM.isMacroBodyExpansion(B->getOperatorLoc());
    for (const TypeAssignment &Old : I.Assignments)
      if (Old.Statement == A.Statement && Old.Field == A.Field &&
          Old.Type == A.Type)
        return true;
    I.Assignments.push_back(A);
    return true;
  }

  /// The token that a macro was given and that became what is at \p L.
  Place argumentAt(SourceLocation L) {
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

  bool VisitReturnStmt(ReturnStmt *R) {
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

  // --- Modules --------------------------------------------------------------

  void noteForeignNames(const DeclContext *In) {
    for (const Decl *D : In->decls()) {
      if (const auto *Linkage = dyn_cast<LinkageSpecDecl>(D))
        noteForeignNames(Linkage);
      const auto *ND = dyn_cast<NamedDecl>(D);
      if (!ND || !ND->getIdentifier() || ours(ND))
        continue;
      for (StringRef End : {"_state", "_exec", "_slots", "_clear", "_free",
                            "_traverse", "_get_state"})
        if (identifierOf(ND).ends_with(End))
          I.Foreign.insert(identifierOf(ND).str());
    }
  }

  /// `if (p)`, `p != NULL`, `!p`, `p && ...`, or printed: `(void *)p`.
  bool onlyTested(const Expr *E) {
    const Stmt *S = E;
    bool Address = false;
    for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
      if (isa<ParenExpr>(P) || isa<CastExpr>(P)) {
        Address |= isa<ExplicitCastExpr>(P) &&
                   cast<Expr>(P)->getType()->isVoidPointerType();
        continue;
      }
      if (const auto *C = dyn_cast<CallExpr>(P)) {
        const FunctionDecl *FD = C->getDirectCallee();
        return Address && FD && FD->isVariadic() &&
               none_of(llvm::seq(0u, FD->getNumParams()),
                       [&](unsigned N) { return C->getArg(N) == S; });
      }
      if (const auto *B = dyn_cast<BinaryOperator>(P)) {
        if (B->isLogicalOp())
          return true;
        const Expr *Other = B->getLHS() == S ? B->getRHS() : B->getLHS();
        return B->isEqualityOp() &&
               Other->isNullPointerConstant(
                   Context, Expr::NPC_ValueDependentIsNotNull);
      }
      if (const auto *U = dyn_cast<UnaryOperator>(P))
        return U->getOpcode() == UO_LNot;
      if (const auto *If = dyn_cast<IfStmt>(P))
        return If->getCond() == S;
      if (const auto *Conditional = dyn_cast<ConditionalOperator>(P))
        return Conditional->getCond() == S;
      return false;
    }
    return false;
  }

  /// The deallocator of \p T follows a pointer to an object, its own or not.
  bool looksInside(const StaticType &T) {
    const std::set<std::string> Dying = I.calledFrom({T.Dealloc});
    return any_of(Model.fieldAccesses(), [&](const model::FieldAccess &F) {
      return F.By.Function && !F.By.DropsReference && !F.By.Resets &&
             F.Field->getName() != "ob_type" &&
             model::ExtensionModel::isObjectPointer(F.Field->getType()) &&
             Dying.count(keyOf(F.By.Function)) && !onlyTested(F.By.Place);
    });
  }

  void finishModules() {
    for (const model::FieldAccess &F : Model.fieldAccesses())
      if (F.By.writes() || F.By.Kind == model::AccessKind::Atomic)
        noteWritten(F.Field->getParent());
    // What is called by its type's tp_vectorcall_offset.
    for (const Vectorcall &V : Vectorcalls) {
      bool Found = false;
      for (const auto &[Key, Of] : InstanceOf)
        if (Of == V.Instance &&
            any_of(I.Types[Key].Offsets, [](StringRef Offset) {
              return Offset.contains("__vectorcalloffset__");
            })) {
          addRoot(V.Function, Root::SelfSlot, Key);
          Found = true;
        }
      // Else known from another configuration.
      Function &F = I.Functions[keyOf(V.Function)];
      if (!Found && F.Roots.empty())
        F.Escapes.push_back({V.At, "its address is kept in an object"});
    }
    // Fields that the deallocator of a type releases.
    for (auto &[Key, RD] : InstanceOf) {
      StaticType &T = I.Types[Key];
      for (const FieldDecl *F : RD->fields()) {
        const model::StateVariable *S = Model.stateOf(F);
        if (!S || !model::ExtensionModel::isObjectPointer(F->getType()))
          continue;
        for (const model::Access &A : S->Accesses)
          if (A.DropsReference && A.Function &&
              (keyOf(A.Function) == T.Dealloc ||
               keyOf(A.Function) == T.Clear)) {
            if (!is_contained(T.Owned, F->getNameAsString()))
              T.Owned.push_back(F->getNameAsString());
          }
      }
      T.LooksInside |= looksInside(T);
    }
    for (const auto &Entry : Model.modules()) {
      if (!Entry.InitFunction)
        continue;
      ModuleInfo M;
      std::string InitKey = keyOf(Entry.InitFunction);
      bool Known = false;
      for (const ModuleInfo &Old : I.Modules)
        Known |= Old.InitFunction == InitKey;
      if (Known)
        continue;
      // Which function makes it, from which definition?
      std::string Body, Def;
      const Create *Made = nullptr;
      bool Multi = false;
      std::set<std::string> Reached{InitKey};
      for (unsigned N = 0; N < 3; ++N)
        for (const Call &C : I.Calls)
          if (Reached.count(C.Caller))
            Reached.insert(C.Callee);
      // The one that PyInit_ returns; others are for modules within it.
      auto Rank = [&](const Create &C) {
        const bool Returned =
            C.Returned || any_of(I.Returns, [&](const Return &R) {
              return R.Function == C.Function && R.What == Return::Module &&
                     R.Value == C.Variable;
            });
        return (C.Function == InitKey ? 2 : 0) + (Returned ? 1 : 0);
      };
      for (const Create &C : Creates)
        if (Reached.count(C.Function) && (!Made || Rank(C) >= Rank(*Made)))
          Made = &C;
      for (const auto &[Function, Definition] : Inits)
        if (Reached.count(Function) && !Made) {
          Multi = true;
          Body = Function;
          Def = Definition;
        }
      if (Made) {
        Body = Made->Function;
        Def = Made->Definition;
      }
      if (Def.empty() || !Definitions.count(Def))
        continue;
      M = Definitions[Def];
      M.InitFunction = InitKey;
      M.Name = Entry.InitFunction->getName().substr(7).str();
      M.Body = Body;
      M.MultiPhase = Multi;
      if (Made) {
        M.ModuleVariable = Made->Variable;
        M.VariableWithCreate = Made->WithDeclaration;
        M.VariableReused = Made->Reused;
        M.CreateCall = Made->Call;
        M.CreateStatement = Made->Statement;
        M.CheckStatement = Made->Check;
        M.OnlyReturnsCreate = Made->Returned;
        M.VariableDeclaration = Made->Declared;
        M.GlobalVariable = Made->GlobalVariable;
        if (!Made->Refused.empty())
          M.Refused = Made->Refused;
        for (const Create &C : Creates)
          if (&C != Made && Reached.count(C.Function) && C.Definition != Def &&
              Definitions.count(C.Definition))
            noteOtherModule(M, *Made, C);
        if (M.DefName.empty() ||
            (!Made->Spelled.empty() && M.MacroMade && isName(Made->Spelled)))
          M.DefName = Made->Spelled;
      }
      I.Functions[InitKey].Roots.push_back({Root::Init, ""});
      I.Modules.push_back(M);
    }
  }

private:
  struct Create;
  /// \p C makes a module within \p M.
  void noteOtherModule(ModuleInfo &M, const Create &Made, const Create &C) {
    const ModuleInfo &D = Definitions[C.Definition];
    ModuleInfo::Other Out;
    Out.Definition = C.Definition;
    Out.Name = D.FullName.empty() ? D.DefName : D.FullName;
    Out.Function = C.Function;
    Out.Call = C.Call;
    Out.Argument = C.Argument;
    Out.MethodTables = D.MethodTables;
    if (C.Function == Made.Function && C.Variable == Made.Variable &&
        !C.Variable.empty())
      M.Refused = "'" + C.Variable + "' holds several modules that " +
                  "PyModule_Create() makes";
    if (C.Function != Made.Function || !C.Call.valid() || C.Argument.empty())
      Out.Refused = "it is made where the module is not known";
    else if (D.Size > 0 || !D.SizeKnown || !D.Traverse.empty() ||
             !D.Clear.empty() || !D.Free.empty() || !D.Slots.empty())
      Out.Refused = "it has a state of its own";
    M.Others.push_back(Out);
  }

  struct Create {
    std::string Argument; ///< `&def`.
    std::string Function, Definition, Variable;
    std::string GlobalVariable, Refused, Spelled;
    bool WithDeclaration = false, Returned = false, Reused = false;
    Place Statement, Check, Declared, Call;
  };

  Index &I;
  ASTContext &Context;
  const SourceManager &SM;
  const LangOptions &LO;
  const model::ExtensionModel &Model;
  const model::Preprocessing &PP;
  std::map<FileID, int> Files;
  const FunctionDecl *Current = nullptr;
  const VarDecl *Table = nullptr;
  std::set<const DeclRefExpr *> Callees;
  std::map<std::string, const RecordDecl *> InstanceOf;
  std::map<std::string, ModuleInfo> Definitions;
  std::vector<Create> Creates;
  struct Vectorcall {
    const FunctionDecl *Function;
    const RecordDecl *Instance;
    Place At;
  };
  std::vector<Vectorcall> Vectorcalls;
  std::vector<std::pair<std::string, std::string>> Inits;
};

/// The condition of the `#if` that the `#else` or `#elif` at \p At belongs to.
StringRef openingCondition(StringRef T, size_t At) {
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
      M.ForeignTables[Table] = "an object that code gives it with '" +
                               V->second.Name + "'";
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
    if ((!V.Changes || I.unwritten(V)) && !V.Object && !V.ObjectBlock && !V.Instance &&
        V.TypeName != "PyTypeObject" && V.TypeName != "_typeobject" &&
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
      I.Functions[E.Function].Roots.push_back({R, Table});
    }
  finishPointers(I);
  // What Argument Clinic splits off has the arguments of its wrapper.
  for (const Call &C : I.Calls) {
    Function &Callee = I.Functions[C.Callee];
    auto Caller = I.Functions.find(C.Caller);
    if (StringRef(Callee.Name).ends_with("_impl") &&
        Caller != I.Functions.end() && Callee.Roots.empty())
      Callee.Roots = Caller->second.Roots;
  }
  return I;
}

} // namespace pyext::migrate
