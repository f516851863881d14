//===- SinglePhaseFix.cpp -------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/SinglePhaseFix.h"
#include "model/Initializers.h"
#include "model/SlotEvidence.h"
#include "support/SlotEdits.h"
#include "support/Source.h"

using namespace clang;
using namespace llvm;

namespace pyext::modules {

/// The body is `return PyModule_Create(&def);` and nothing else.
static bool onlyCreates(const model::Module &Mod) {
  const auto *Body =
      dyn_cast_or_null<CompoundStmt>(Mod.InitFunction->getBody());
  if (!Body || Body->size() != 1)
    return false;
  const auto *Return = dyn_cast<ReturnStmt>(Body->body_front());
  return Return && Return->getRetValue() &&
         model::stripped(Return->getRetValue()) == Mod.CreateCall;
}

static StringRef multiPhaseCall() {
  for (const facts::ModelCallApi &Row : facts::modelCalls())
    if (Row.Role == facts::ModelCall::CreatesMultiPhase)
      return Row.Name;
  llvm_unreachable("there is a row");
}

/// The call as written; whichever of the names the source uses.
static std::optional<support::WrittenCall>
writtenCreate(const support::SourceText &Source, const CallExpr *Call) {
  for (const facts::ModelCallApi &Row : facts::modelCalls())
    if (Row.Role == facts::ModelCall::CreatesSinglePhase)
      if (auto Written = Source.writtenCall(Call->getBeginLoc(), Row.Name);
          Written && Written->Args.size() == 1)
        return Written;
  return std::nullopt;
}

/// A name for the array that nothing else has; empty when there is none.
static std::string freeName(const model::ExtensionModel &Model,
                            const model::Module &Mod) {
  ASTContext &Context = const_cast<ASTContext &>(Model.context());
  StringRef Last = StringRef(Mod.Name).rsplit('.').second;
  const std::string Name =
      ((Last.empty() ? StringRef(Mod.Name) : Last) + "_slots").str();
  const IdentifierInfo &II = Context.Idents.get(Name);
  const bool Taken = II.hasMacroDefinition() ||
                     !Context.getTranslationUnitDecl()->lookup(&II).empty();
  return !Taken && isValidAsciiIdentifier(Name) ? Name : std::string();
}

SinglePhaseFix defineSlots(const model::ExtensionModel &Model,
                           const model::Module &Mod, facts::PyVersion Min) {
  const ASTContext &Context = Model.context();
  const SourceManager &SM = Context.getSourceManager();
  const model::SlotEvidence &Evidence = Model.slotEvidence();
  // C++ wants designators in order, and its macros do not take the array.
  if (Context.getLangOpts().CPlusPlus || !Mod.Definition || !Mod.InitFunction ||
      !Mod.CreateCall || !Mod.Size || *Mod.Size > 0 || !onlyCreates(Mod) ||
      !Evidence.SeveralInterpreters.empty() || !Evidence.OwnGil.empty())
    return {};
  const SourceLocation Begin = Mod.Definition->getBeginLoc();
  if (!Begin.isFileID() || !Mod.Definition->isFileVarDecl() ||
      !SM.isWrittenInSameFile(Begin, Mod.InitFunction->getLocation()))
    return {};
  const InitListExpr *List = model::initializerList(Mod.Definition);
  const InitListExpr *Written = List ? List->getSyntacticForm() : nullptr;
  if (List && !Written)
    Written = List;
  if (!Written || !Written->getNumInits())
    return {};
  const support::SourceText Source(SM, Context.getLangOpts(),
                                   SM.getFileID(Begin));
  auto Call = writtenCreate(Source, Mod.CreateCall);
  auto Last = Source.written(
      Written->getInit(Written->getNumInits() - 1)->getSourceRange());
  const std::string Name = freeName(Model, Mod);
  if (!Call || !Last || Name.empty())
    return {};
  const unsigned Line = Source.lineStart(Source.spelled(Begin).value_or(0));
  const StringRef Indent = Source.indentation(Line);

  SinglePhaseFix Fix;
  auto Replace = [&](support::TextRange R, const Twine &Text) {
    Fix.push_back(FixItHint::CreateReplacement(
        CharSourceRange::getCharRange(Source.location(R.Begin),
                                      Source.location(R.End)),
        Text.str()));
  };
  const std::string Step = Source.indentStep(Line);
  Fix.push_back(FixItHint::CreateInsertion(
      Source.location(Line),
      (Indent + "static PyModuleDef_Slot " + Name + "[] = {\n" +
       slotLines(Model, facts::Promise::OwnGil, Min, (Indent + Step).str()) +
       slotLines(Model, facts::Promise::GilUsed, Min, (Indent + Step).str()) +
       Indent + Step + "{0, NULL}\n" + Indent + "};\n\n")
          .str()));
  if (*Mod.Size < 0) {
    const Expr *Size = model::fieldInit(List, "m_size");
    auto Where = Size ? Source.written(Size) : std::nullopt;
    if (!Where)
      return {};
    Replace(*Where, "0");
  }
  if (const Expr *Slots = model::fieldInit(List, "m_slots")) {
    auto Where = Source.written(Slots);
    if (!Where)
      return {};
    Replace(*Where, Name);
  } else {
    Fix.push_back(FixItHint::CreateInsertion(Source.location(Last->End),
                                             ", .m_slots = " + Name));
  }
  Replace(Call->Name, multiPhaseCall());
  return Fix;
}

} // namespace pyext::modules
