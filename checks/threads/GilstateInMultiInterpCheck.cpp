//===- GilstateInMultiInterpCheck.cpp -------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/GilstateInMultiInterpCheck.h"
#include "facts/ModelCalls.h"
#include "model/Initializers.h"
#include "model/SlotEvidence.h"
#include "support/SlotEdits.h"
#include "threads/EnsureFix.h"
#include <utility>

using namespace clang;

namespace pyext::threads {

namespace {
/// What the file says about the interpreters its module can be used in. Rising
/// strength.
enum class Support { Refused, Unknown, Assumed, ByState, Default, Shared, OwnGil };

struct Claim {
  Support How = Support::Unknown;
  const model::Module *Mod = nullptr;
  const model::Slot *Slot = nullptr;
  SourceLocation Loc; ///< Of what makes the claim; or invalid.
};
} // namespace

static Claim claimOf(const model::ExtensionModel &Model,
                     const model::Module &Mod) {
  constexpr auto Role = facts::ModuleSlotRole::MultipleInterpreters;
  const model::Slot *S = Mod.slot(Role);
  if (std::optional<facts::Promise> Promise = model::promiseOf(Mod, Role))
    return {*Promise == facts::Promise::OwnGil      ? Support::OwnGil
            : *Promise == facts::Promise::SharedGil ? Support::Shared
                                                    : Support::Refused,
            &Mod, S, S ? S->Loc : Mod.Loc};
  if ((Mod.Init == model::InitKind::MultiPhase ||
       Mod.Init == model::InitKind::Export) &&
      model::lacksSlot(Model, Mod, Role))
    return {Support::Default, &Mod, nullptr,
            (Mod.SlotArray ? Mod.SlotArray : Mod.Definition)->getLocation()};
  return {Support::Unknown, &Mod, nullptr, {}};
}

/// The strongest claim of the file.
static Claim claimOf(const model::ExtensionModel &Model, bool Assume) {
  Claim Best;
  for (const model::Module &Mod : Model.modules()) {
    Claim C = claimOf(Model, Mod);
    if (!Best.Mod || C.How > Best.How)
      Best = C;
  }
  // A file of a larger extension: state per module is made for several
  // interpreters.
  if (!Best.Mod)
    for (const auto &F : Model.functions())
      for (const model::CallSite &Site : F->Calls)
        if (Site.Call && Site.Callee && Site.Callee->getIdentifier() &&
            facts::findModelCall(Site.Name) == facts::ModelCall::ReturnsState &&
            Best.How == Support::Unknown)
          Best = {Support::ByState, nullptr, nullptr, Site.Call->getExprLoc()};
  if (Best.How == Support::Unknown && Assume)
    Best.How = Support::Assumed;
  return Best;
}

/// Whether code that is not Python's enters \p F directly.
static bool isForeign(const model::Function &F) {
  const auto *Method = dyn_cast<CXXMethodDecl>(F.Decl);
  const bool Lambda = Method && Method->getParent()->isLambda();
  bool Python = false;
  for (const model::EntryPoint &E : F.Entries)
    switch (E.Kind) {
    case model::EntryKind::Thread:
    case model::EntryKind::Callback:
    case model::EntryKind::Exported:
      return true;
    default:
      Python = true;
    }
  if (Python || F.PresumedInit)
    return false;
  return F.AddressTaken || Lambda || F.Callers.empty() ||
         llvm::any_of(F.Callers, [](const model::CallSite &Site) {
           return !Site.Where;
         });
}

/// A function that foreign code enters and from which \p F is reached; null when
/// Python alone leads there, whose threads are attached already.
static const model::Function *foreignRoot(const model::ExtensionModel &Model,
                                          const model::Function &F) {
  llvm::SmallVector<const model::Function *, 8> Work = {&F};
  for (size_t I = 0; I < Work.size(); ++I) {
    if (isForeign(*Work[I]))
      return Work[I];
    for (const model::CallSite &Site : Work[I]->Callers)
      if (const model::Function *Caller = Model.function(Site.Caller);
          Caller && !llvm::is_contained(Work, Caller))
        Work.push_back(Caller);
  }
  return nullptr;
}

/// The attach that the function makes without naming an interpreter; null when
/// there is none or Python 3.15 gets another one.
static const model::ThreadStateUse *
blindAttach(const model::ExtensionModel &Model, const model::Function &F) {
  const model::Preprocessing &PP = Model.preprocessing();
  const SourceManager &SM = Model.context().getSourceManager();
  for (const model::ThreadStateUse &Use : F.ThreadStates) {
    if (Use.Api->Family != facts::ThreadStateFamily::GILState ||
        (Use.Api->Op != facts::ThreadStateOp::Attach &&
         facts::findModelCall(Use.Api->Name) !=
             facts::ModelCall::GuessesThreadState))
      continue;
    SourceLocation Loc = Use.Where->getBeginLoc();
    // Written by a macro of a framework, unless the macro says what it does.
    if (Loc.isMacroID() && !PP.isFirstParty(SM.getSpellingLoc(Loc)) &&
        PP.macroName(Loc, [](llvm::StringRef N) {
            return facts::findThreadStateApi(N) != nullptr;
          }).empty())
      continue;
    FileID File = SM.getFileID(SM.getExpansionLoc(Loc));
    SourceRange Whole(SM.getLocForStartOfFile(File), SM.getLocForEndOfFile(File));
    bool Other = attachesElsewhereByView(Model, F);
    for (const facts::ThreadStateApi &Row : facts::threadStateApis())
      if (Row.Family == facts::ThreadStateFamily::InterpreterGuard &&
          Row.Op == facts::ThreadStateOp::Attach)
        Other |= PP.versionCondition(Loc) &&
                 PP.skippedMentions(Whole, Row.Name);
    if (!Other)
      return &Use;
  }
  return nullptr;
}

GilstateInMultiInterpCheck::GilstateInMultiInterpCheck(
    llvm::StringRef Name, tidy::ClangTidyContext *Context)
    : ModelCheck(Name, Context),
      AssumeMultipleInterpreters(
          Options.get("AssumeMultipleInterpreters", false)),
      SlotOfferedElsewhere(Context->isCheckEnabled(
          "cpython-modules-missing-interpreters-slot")) {}

void GilstateInMultiInterpCheck::storeOptions(
    tidy::ClangTidyOptions::OptionMap &Opts) {
  ModelCheck::storeOptions(Opts);
  Options.store(Opts, "AssumeMultipleInterpreters", AssumeMultipleInterpreters);
}

void GilstateInMultiInterpCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  const Claim C = claimOf(Model, AssumeMultipleInterpreters);
  if (C.How <= Support::Unknown)
    return;
  for (const auto &F : Model.functions())
    if (F->Decl->isMain())
      return; // An application that embeds Python.

  const SourceManager &SM = Model.context().getSourceManager();
  const char *NotSupported =
      facts::moduleSlotValue(facts::Promise::OneInterpreter).Name;
  bool FixOffered = false, FormShown = false;
  for (const auto &F : Model.functions()) {
    if (F->Generated)
      continue;
    const model::ThreadStateUse *Use = blindAttach(Model, *F);
    const model::Function *Root = Use ? foreignRoot(Model, *F) : nullptr;
    if (!Root)
      continue;
    const std::string Name = C.Mod ? C.Mod->Name : "";
    {
      auto Diag = diag(Use->Where->getExprLoc(),
                       "'%0' does not know to which interpreter the callback "
                       "belongs, and %select{the module may be used in several|"
                       "the module keeps its state per interpreter|module '%2' "
                       "supports several by default|module '%2' claims to "
                       "support several|module '%2' claims to support several "
                       "that run in parallel}1");
      Diag << Use->Api->Name
           << unsigned(C.How) - unsigned(Support::Assumed) << Name;
    }
    if (Root->HandedOver)
      diag(Root->HandedOver->getExprLoc(),
           "'%0' is handed to code here that may call it on any thread",
           DiagnosticIDs::Note)
          << Root->Decl->getNameAsString();
    if (C.Loc.isValid())
      diag(C.Loc,
           "%select{|the module's state is fetched here|no slot of module '%1' "
           "declares which interpreters it supports|module '%1' claims it "
           "here|module '%1' claims it here}0",
           DiagnosticIDs::Note)
          << unsigned(C.How) - unsigned(Support::Assumed) << Name;

    // The same edit serves all findings.
    FixItHint Hint;
    if (!FixOffered && C.Slot && C.Slot->ValueLoc.isValid())
      Hint = FixItHint::CreateReplacement(C.Slot->ValueLoc, NotSupported);
    else if (!FixOffered && C.How == Support::Default && !SlotOfferedElsewhere)
      Hint = addSlot(Model, *C.Mod, facts::Promise::OneInterpreter, minPython(),
                     SlotPlace::AfterOthers);
    FixOffered |= !Hint.isNull();
    {
    auto Diag = diag(
        SM.getExpansionLoc(Use->Where->getExprLoc()),
        "from Python 3.15 on 'PyThreadState_EnsureFromView' attaches to the "
        "interpreter in which the callback was registered; a module that cannot "
        "know it declares '%0'",
        DiagnosticIDs::Note);
    Diag << (C.Mod && C.Mod->Init == model::InitKind::Pybind11
                 ? "multiple_interpreters::not_supported"
                 : NotSupported)
         << Hint;
    // With the slot there is no interpreter but the main one.
    if (FixOffered)
      for (const FixItHint &Edit : attachToMain(Model, *F, *Use, minPython()))
        Diag << Edit;
    }
    if (!std::exchange(FormShown, true))
      diag(SM.getExpansionLoc(Use->Where->getExprLoc()),
           "keep what PyInterpreterView_FromCurrent() gives at the registration "
           "with the callback's data, and write '#if PY_VERSION_HEX >= "
           "0x030F0000', 'PyThreadStateToken *token = "
           "PyThreadState_EnsureFromView(view); if (token == NULL) return;', "
           "later 'PyThreadState_Release(token);', '#else', what is here now, "
           "'#endif'",
           DiagnosticIDs::Note);
  }
}

} // namespace pyext::threads
