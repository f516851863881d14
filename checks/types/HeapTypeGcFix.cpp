//===- HeapTypeGcFix.cpp --------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/HeapTypeGcFix.h"
#include "facts/ApiRoles.h"
#include "model/Initializers.h"
#include "support/Source.h"
#include "support/TypeEdits.h"
#include "types/ModuleStateHooksFix.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;
using namespace llvm;
using pyext::model::ExtensionModel;
using pyext::model::LifeEvent;
using pyext::model::LifeStep;
using pyext::model::Lifecycle;
using pyext::model::OwnedField;
using pyext::model::TypeObject;

namespace pyext::types {

/// "tok" of tok_dealloc, or of "spam.Tok".
static std::string stemOf(const TypeObject &Type, const FunctionDecl *Dealloc) {
  if (Dealloc->getIdentifier())
    for (StringRef Suffix : {"_dealloc", "_del", "_finalize"})
      if (StringRef Name = Dealloc->getName(); Name.consume_back(Suffix))
        return Name.str();
  std::string Stem = StringRef(Type.Name).rsplit('.').second.lower();
  if (Stem.empty())
    Stem = StringRef(Type.Name).lower();
  for (char &C : Stem)
    if (!isAlnum(C))
      C = '_';
  return Stem;
}

/// The objects have no header of the collector when this makes them.
static bool isMadeHere(const ExtensionModel &Model) {
  for (const auto &F : Model.functions())
    for (const model::CallSite &Site : F->Calls)
      if (Site.Callee && Site.Callee->getIdentifier() &&
          facts::hasRole(facts::canonicalName(Site.Callee->getName()),
                         facts::ApiRole::MakesObject))
        return true;
  return false;
}

/// The deallocator frees with tp_free, and can be told to untrack first.
static bool fits(const Lifecycle &Life) {
  if (Life.has(LifeStep::Finalizes) || Life.has(LifeStep::Delegates) ||
      Life.has(LifeStep::Untracks) || Life.has(LifeStep::PassesSelf))
    return false;
  bool Frees = false;
  for (const LifeEvent &E : Life.Events) {
    if (E.Step != LifeStep::FreesObject)
      continue;
    Frees = true;
    const auto *Call = dyn_cast<CallExpr>(E.Inner);
    const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
    if (Callee && Callee->getIdentifier() &&
        facts::hasRole(facts::canonicalName(Callee->getName()),
                       facts::ApiRole::FreesObject))
      return false;
  }
  return Frees;
}

SmallVector<FixItHint> makeCollectable(const ExtensionModel &Model,
                                       const TypeObject &Type,
                                       ArrayRef<OwnedField> Owned,
                                       facts::PyVersion Min) {
  const SourceManager &SM = Model.context().getSourceManager();
  const LangOptions &LO = Model.context().getLangOpts();
  const FunctionDecl *Slot = Type.slot("tp_dealloc");
  const model::Function *F = Slot ? Model.function(Slot) : nullptr;
  const Lifecycle *Life = Model.lifecycle(Slot);
  if (!F || !Life || !fits(*Life) || isMadeHere(Model) || !Type.Instance ||
      !Type.SlotArray || Type.SlotEnd.isInvalid() || !Type.FlagsExpr ||
      Type.sets("tp_clear") || Type.sets("tp_alloc") || Type.sets("tp_free") ||
      !F->Decl->getNumParams() ||
      F->Decl->getParamDecl(0)->getName().empty() ||
      Type.SlotArray->isStaticLocal() ||
      !isa<TranslationUnitDecl>(Type.SlotArray->getDeclContext()))
    return {};
  // Another type would be untracked without having been tracked.
  for (const TypeObject &Other : Model.types())
    if (&Other != &Type && Other.slot("tp_dealloc") == Slot)
      return {};
  for (const OwnedField &Each : Owned)
    if (Each.Field->getParent()->getCanonicalDecl() !=
            Type.Instance->getCanonicalDecl() ||
        !Each.Field->getType()->isPointerType())
      return {};
  const std::string Stem = stemOf(Type, F->Decl);
  const std::string Visit = Stem + "_traverse", Clear = Stem + "_clear";
  if (!isValidAsciiIdentifier(Visit) || isDeclared(Model, Visit) ||
      isDeclared(Model, Clear))
    return {};

  const FileID File = SM.getFileID(Type.SlotArray->getBeginLoc());
  const support::SourceText Source(SM, LO, File);
  const unsigned Start = SM.getFileOffset(Type.SlotArray->getBeginLoc());
  std::optional<support::TextRange> Flags = Source.written(Type.FlagsExpr);
  if (Type.SlotArray->getBeginLoc().isMacroID() || !Source.isFirstOnLine(Start) ||
      !Flags || SM.getFileID(Type.SlotEnd) != File)
    return {};
  const unsigned End = SM.getFileOffset(Type.SlotEnd);

  const std::string Struct = typeText(Type.Instance, LO);
  const std::string Get = "  " + Struct + " *object = (" + Struct + " *)self;\n";
  std::string Code = "static int\n" + Visit +
                     "(PyObject *self, visitproc visit, void *arg)\n{\n" + Get;
  for (const std::string &Line :
       sinceVersion(9, Min, {"Py_VISIT(Py_TYPE(self));"}))
    Code += (Line[0] == '#' ? "" : "  ") + Line + "\n";
  std::string Cleared;
  for (const OwnedField &Each : Owned)
    if (!Each.Leaf) {
      Code += "  Py_VISIT(object->" + Each.Field->getNameAsString() + ");\n";
      Cleared += "  Py_CLEAR(object->" + Each.Field->getNameAsString() + ");\n";
    }
  Code += "  return 0;\n}\n\nstatic int\n" + Clear +
          "(PyObject *self)\n{\n" + Get + Cleared + "  return 0;\n}\n\n";

  const FixItHint Untrack =
      addFirst(Model, F->Decl,
               {facts::nameOf(facts::ApiRole::Untracks).str() + "(" +
                F->Decl->getParamDecl(0)->getNameAsString() + ");"});
  if (Untrack.isNull())
    return {};
  const bool OwnLine = Source.isFirstOnLine(End);
  const std::string Between =
      OwnLine ? "\n" + Source.indentation(End).str() : " ";
  auto Entry = [&](const std::string &Start, const std::string &Function) {
    // A function pointer is no void * in C++.
    return Start + (LO.CPlusPlus ? "(void *)" : "") + Function + "}," + Between;
  };
  SmallVector<FixItHint> Hints;
  Hints.push_back(FixItHint::CreateInsertion(
      Source.location(Source.lineStart(Start)), Code));
  Hints.push_back(FixItHint::CreateInsertion(
      Source.location(End),
      Entry("{Py_tp_traverse, ", Visit) +
                               Entry("{Py_tp_clear, ", Clear)));
  Hints.push_back(FixItHint::CreateInsertion(
      Source.location(Flags->End),
      " | Py_TPFLAGS_HAVE_GC"));
  Hints.push_back(Untrack);
  return Hints;
}

} // namespace pyext::types
