//===- ModuleStateHooksFix.cpp --------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/ModuleStateHooksFix.h"
#include "model/Initializers.h"
#include "support/Source.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;
using namespace llvm;
using pyext::model::ExtensionModel;

namespace pyext::types {

std::string typeText(const RecordDecl *RD, const LangOptions &LO) {
  if (const TypedefNameDecl *Name = RD->getTypedefNameForAnonDecl())
    return Name->getNameAsString();
  return (LO.CPlusPlus ? "" : RD->isUnion() ? "union " : "struct ") +
         RD->getNameAsString();
}

bool isDeclared(const ExtensionModel &Model, StringRef Name) {
  ASTContext &Context = Model.context();
  return !Context.getTranslationUnitDecl()
              ->lookup(&Context.Idents.get(Name))
              .empty();
}

SmallVector<FixItHint> makeHooks(const ModuleHooks &S) {
  const SourceManager &SM = S.Model.context().getSourceManager();
  const LangOptions &LO = S.Model.context().getLangOpts();
  const VarDecl *Def = S.Mod.Definition;
  const InitListExpr *Semantic = Def ? model::initializerList(Def) : nullptr;
  const InitListExpr *List =
      Semantic && Semantic->getSyntacticForm() ? Semantic->getSyntacticForm()
                                               : Semantic;
  if (!List || !List->getNumInits() || Def->getBeginLoc().isMacroID() ||
      List->getLBraceLoc().isMacroID() || Def->isStaticLocal() ||
      !isa<TranslationUnitDecl>(Def->getDeclContext()))
    return {};
  // Every field by its own name.
  for (const FieldDecl *Field : S.Fields)
    if (Field->getParent()->getCanonicalDecl() !=
            S.Mod.State->getCanonicalDecl() ||
        !Field->getType()->isPointerType())
      return {};

  std::string Stem = S.Mod.Name;
  Stem = Stem.substr(Stem.rfind('.') + 1);
  for (char &C : Stem)
    if (!isAlnum(C))
      C = '_';
  std::string Names[3];
  std::string Code;
  const std::string Struct = typeText(S.Mod.State, LO);
  const std::string Get = "  " + Struct + " *state = (" + Struct +
                          " *)PyModule_GetState(module);\n";
  static constexpr llvm::StringLiteral Suffixes[] = {"_traverse", "_clear", "_free"};
  for (int I : {Traverse, Clear, Free}) {
    if (S.Hooks[I]) {
      Names[I] = S.Hooks[I]->getNameAsString();
      continue;
    }
    Names[I] = Stem + Suffixes[I].str();
    if (isDeclared(S.Model, Names[I]) || !clang::isValidAsciiIdentifier(Names[I]))
      return {};
  }
  if (!S.Hooks[Traverse]) {
    Code += "static int\n" + Names[Traverse] +
            "(PyObject *module, visitproc visit, void *arg)\n{\n" + Get;
    for (const FieldDecl *F : S.Fields)
      Code += "  Py_VISIT(state->" + F->getNameAsString() + ");\n";
    Code += "  return 0;\n}\n\n";
  }
  if (!S.Hooks[Clear]) {
    Code += "static int\n" + Names[Clear] + "(PyObject *module)\n{\n" + Get;
    for (const FieldDecl *F : S.Fields)
      Code += "  Py_CLEAR(state->" + F->getNameAsString() + ");\n";
    Code += "  return 0;\n}\n\n";
  }
  if (!S.Hooks[Free])
    Code += "static void\n" + Names[Free] + "(void *module)\n{\n  (void)" +
            Names[Clear] + "((PyObject *)module);\n}\n\n";

  SmallVector<FixItHint> Hints;
  const support::SourceText Source(SM, LO, SM.getFileID(Def->getBeginLoc()));
  const unsigned Start = SM.getFileOffset(Def->getBeginLoc());
  if (!Source.isFirstOnLine(Start))
    return {};
  Hints.push_back(FixItHint::CreateInsertion(
      Source.location(Source.lineStart(Start)), Code));

  const bool Designated = isa<DesignatedInitExpr>(List->getInit(0)) ||
                          isa<DesignatedInitExpr>(
                              List->getInit(List->getNumInits() - 1));
  const Expr *Last = List->getInit(List->getNumInits() - 1);
  std::optional<support::TextRange> End =
      Source.written(Last->getSourceRange());
  if (!End)
    return {};
  std::string Added;
  if (Designated) {
    // C++ wants the order of the declaration.
    if (LO.CPlusPlus && (S.Hooks[Traverse] || S.Hooks[Clear] || S.Hooks[Free]))
      return {};
    const bool OwnLine = Source.isFirstOnLine(End->Begin);
    const std::string Separator =
        OwnLine ? ",\n" + Source.indentation(End->Begin).str() : ", ";
    for (int I : {Traverse, Clear, Free})
      if (!S.Hooks[I]) {
        if (model::fieldInit(Semantic, FieldNames[I]))
          return {}; // Null, written out.
        Added += Separator + "." + FieldNames[I].str() + " = " + Names[I];
      }
  } else {
    constexpr unsigned First = 6; // m_traverse
    for (unsigned I = List->getNumInits(); I < First; ++I)
      Added += ", NULL";
    for (unsigned I : {0u, 1u, 2u}) {
      if (First + I >= List->getNumInits()) {
        Added += ", " + Names[I];
        continue;
      }
      if (S.Hooks[I])
        continue;
      std::optional<support::TextRange> R =
          Source.written(List->getInit(First + I)->getSourceRange());
      if (!R)
        return {};
      Hints.push_back(FixItHint::CreateReplacement(
          CharSourceRange::getCharRange(Source.location(R->Begin),
                                        Source.location(R->End)),
          Names[I]));
    }
  }
  if (!Added.empty())
    Hints.push_back(
        FixItHint::CreateInsertion(Source.location(End->End), Added));
  return Hints;
}

} // namespace pyext::types
