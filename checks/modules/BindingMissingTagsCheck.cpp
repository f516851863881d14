//===- BindingMissingTagsCheck.cpp - cpython-modules-binding-missing-tags ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/BindingMissingTagsCheck.h"
#include "model/SlotEvidence.h"
#include "clang/Basic/FileManager.h"
#include "llvm/Support/Path.h"

using namespace clang;
using namespace llvm;

namespace pyext::modules {

using facts::ModuleSlotRole;
using facts::Promise;

static constexpr unsigned MaxNotes = 3;

/// How the file calls the namespace of pybind11.
static StringRef namespaceName(const model::ExtensionModel &Model) {
  const ASTContext &Context = Model.context();
  for (const NamedDecl *D : Context.getTranslationUnitDecl()->lookup(
           &Context.Idents.get("py")))
    if (const auto *Alias = dyn_cast<NamespaceAliasDecl>(D))
      if (Alias->getNamespace()->getName() == "pybind11")
        return "py";
  return "pybind11";
}

/// The tag of the newest spelling that declares \p Meaning.
static StringRef tagFor(Promise Meaning) {
  StringRef Tag;
  for (const facts::BindingTag &Row : facts::bindingTags())
    if (Row.Meaning == Meaning)
      Tag = Row.Name;
  return Tag;
}

/// What declares \p Meaning in the version that is included: the GIL is used is
/// a tag of its own since 3.1, and an argument before.
static std::string spellingOf(const model::ExtensionModel &Model,
                              Promise Meaning) {
  const ASTContext &Context = Model.context();
  const StringRef Tag = tagFor(Meaning);
  const auto IsDeclared = [&](StringRef Name) {
    for (const NamedDecl *D : Context.getTranslationUnitDecl()->lookup(
             &Context.Idents.get("pybind11")))
      if (const auto *Space = dyn_cast<NamespaceDecl>(D))
        if (!Space->lookup(&Context.Idents.get(Name)).empty())
          return true;
    return false;
  };
  if (Meaning == Promise::GilUsed && !IsDeclared(Tag))
    return (tagFor(Promise::GilNotUsed) + "(false)").str();
  return (Tag + "()").str();
}

/// Whether a branch that is not compiled here has a tag for \p Role.
static bool skipsTag(const model::ExtensionModel &Model, SourceLocation Near,
                     ModuleSlotRole Role) {
  const SourceManager &SM = Model.context().getSourceManager();
  const FileID File = SM.getFileID(SM.getExpansionLoc(Near));
  const SourceRange Whole(SM.getLocForStartOfFile(File),
                          SM.getLocForEndOfFile(File));
  return any_of(facts::bindingTags(), [&](const facts::BindingTag &Row) {
    const StringRef Name = StringRef(Row.Name).rsplit(':').second;
    return facts::findModuleSlot(facts::moduleSlotValue(Row.Meaning).Slot)
                   ->Role == Role &&
           Model.preprocessing().skippedMentions(
               Whole, Name.empty() ? StringRef(Row.Name) : Name);
  });
}

void BindingMissingTagsCheck::checkPybind11(const model::ExtensionModel &Model,
                                            const model::Module &Mod) {
  const model::Preprocessing &PP = Model.preprocessing();
  const unsigned Major = PP.valueOf("PYBIND11_VERSION_MAJOR").value_or(0);
  const unsigned Minor = PP.valueOf("PYBIND11_VERSION_MINOR").value_or(0);
  // Older versions have no tags.
  const bool KnowsGil = Major > 2 || (Major == 2 && Minor >= 13);
  const bool KnowsInterpreters = Major > 2;
  if (model::hasUnknownTag(Mod))
    return;
  auto Lacks = [&](ModuleSlotRole Role) {
    return !model::promiseOf(Mod, Role) && !skipsTag(Model, Mod.Loc, Role);
  };
  const bool NoGil =
      hazards().FreeThreading && KnowsGil && Lacks(ModuleSlotRole::Gil);
  const bool NoInterpreters = hazards().Subinterpreters && KnowsInterpreters &&
                              Lacks(ModuleSlotRole::MultipleInterpreters);
  if (!NoGil && !NoInterpreters)
    return;
  diag(Mod.Loc,
       "module '%0' does not declare %select{whether it needs the GIL, so "
       "importing it enables the GIL in a free-threaded process|which "
       "interpreters it supports, so all but the main one refuse it|whether it "
       "needs the GIL or which interpreters it supports: importing it enables "
       "the GIL in a free-threaded process, and all interpreters but the main "
       "one refuse it}1")
      << Mod.Name << (NoGil && NoInterpreters ? 2 : NoInterpreters);

  const model::SlotEvidence &Evidence = Model.slotEvidence();
  std::string Tags, Names;
  auto Propose = [&](Promise Meaning) {
    const std::string Tag =
        (namespaceName(Model) + "::" + spellingOf(Model, Meaning)).str();
    Tags += ", " + Tag;
    Names += (Names.empty() ? "" : ", ") + Tag;
  };
  auto Note = [&](ArrayRef<model::Evidence> Against, Promise Meaning) {
    for (const model::Evidence &E : Against.take_front(MaxNotes))
      diag(E.Loc, "against '%0': '%1' %2", DiagnosticIDs::Note)
          << tagFor(Meaning) << E.Name << E.What;
    if (Against.size() > MaxNotes)
      diag(Mod.Loc, "%0 more places in this file stand against '%1'",
           DiagnosticIDs::Note)
          << unsigned(Against.size() - MaxNotes) << tagFor(Meaning);
  };
  if (NoGil) {
    Note(Evidence.WithoutGil, Promise::GilNotUsed);
    if (Evidence.WithoutGil.empty())
      Propose(Promise::GilNotUsed);
    else
      Propose(Promise::GilUsed);
  }
  if (NoInterpreters) {
    const bool Refuses = !Evidence.SeveralInterpreters.empty();
    Note(Refuses ? Evidence.SeveralInterpreters : Evidence.OwnGil,
         Refuses ? Promise::SharedGil : Promise::OwnGil);
    Propose(Refuses                   ? Promise::OneInterpreter
            : Evidence.OwnGil.empty() ? Promise::OwnGil
                                      : Promise::SharedGil);
  }
  if (!Names.empty())
    diag(Mod.Loc, "as this file shows it, the module is '%0' (%1)",
         DiagnosticIDs::Note)
        << Names << Evidence.extent()
        << (Mod.BindingEnd.isValid()
                ? FixItHint::CreateInsertion(Mod.BindingEnd, Tags)
                : FixItHint());
}

/// nanobind's tag is a word in the build files. They are read as far as the
/// project's root; nothing is known where they do not make the module.
void BindingMissingTagsCheck::checkNanobind(const model::ExtensionModel &Model,
                                            const model::Module &Mod) {
  if (!hazards().FreeThreading || Model.preprocessing().defined("NB_FREE_THREADED"))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  FileManager &Files = SM.getFileManager();
  SmallString<256> Folder(SM.getFilename(SM.getExpansionLoc(Mod.Loc)));
  if (Files.makeAbsolutePath(Folder))
    sys::path::remove_dots(Folder, /*remove_dot_dot=*/true);
  sys::path::remove_filename(Folder);
  std::string Maker;
  for (unsigned Level = 0; Level < 6 && !Folder.empty(); ++Level) {
    SmallString<256> Path(Folder);
    sys::path::append(Path, "CMakeLists.txt");
    if (auto Buffer = Files.getBufferForFile(Path)) {
      const StringRef Text = (*Buffer)->getBuffer();
      if (Text.contains("FREE_THREADED"))
        return;
      if (Maker.empty() && Text.contains("nanobind_add_module"))
        Maker = Path.str();
    }
    auto Exists = [&](StringRef Name) {
      SmallString<256> Mark(Folder);
      sys::path::append(Mark, Name);
      return Files.getVirtualFileSystem().exists(Mark);
    };
    if (Exists("pyproject.toml") || Exists(".git"))
      break;
    const StringRef Parent = sys::path::parent_path(Folder);
    if (Parent == Folder)
      break;
    Folder = SmallString<256>(Parent);
  }
  if (Maker.empty())
    return;
  diag(Mod.Loc, "module '%0' is built without 'FREE_THREADED', so importing it "
                "enables the GIL in a free-threaded process")
      << Mod.Name;
  diag(Mod.Loc, "'nanobind_add_module' is called in '%0'", DiagnosticIDs::Note)
      << sys::path::filename(sys::path::parent_path(Maker)).str() +
             "/CMakeLists.txt";
  const model::SlotEvidence &Evidence = Model.slotEvidence();
  for (const model::Evidence &E :
       ArrayRef(Evidence.WithoutGil).take_front(MaxNotes))
    diag(E.Loc, "against '%0': '%1' %2", DiagnosticIDs::Note)
        << "FREE_THREADED" << E.Name << E.What;
  if (Evidence.WithoutGil.empty())
    diag(Mod.Loc, "nothing in this file stands against it (%0)",
         DiagnosticIDs::Note)
        << Evidence.extent();
}

void BindingMissingTagsCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  for (const model::Module &Mod : Model.modules()) {
    if (Mod.Init == model::InitKind::Pybind11)
      checkPybind11(Model, Mod);
    else if (Mod.Init == model::InitKind::Nanobind)
      checkNanobind(Model, Mod);
  }
}

} // namespace pyext::modules
