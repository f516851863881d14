//===- Inputs.cpp - Which sources make which module -----------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Inputs.h"
#include "Databases.h"
#include "Finding.h"
#include "Message.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <map>
#include <set>

using namespace clang;
using namespace llvm;
using namespace pyext::project;
using pyext::driver::error;
using pyext::driver::note;

namespace pyext::migrate {

std::vector<std::string> ModuleInput::sources() const {
  std::vector<std::string> Files;
  for (const Unit &U : Units)
    if (!is_contained(Files, U.File))
      Files.push_back(U.File);
  return Files;
}

std::vector<tooling::CompileCommand>
ModuleInput::getCompileCommands(StringRef Path) const {
  std::vector<tooling::CompileCommand> Commands;
  for (const Unit &U : Units)
    if (U.File == Path)
      Commands.push_back(U.Command);
  return Commands;
}

namespace {

/// What a source shows to the linker.
struct Symbols {
  std::set<std::string> Defines, Uses;
  bool Init = false; ///< Has a PyInit_ function.
};

class SymbolVisitor : public RecursiveASTVisitor<SymbolVisitor> {
public:
  explicit SymbolVisitor(Symbols &S) : S(S) {}
  bool shouldVisitTemplateInstantiations() const { return true; }

  template <typename T> void defined(const T *D, bool IsDefinition) {
    if (!IsDefinition || !D->isExternallyVisible() || !D->getIdentifier())
      return;
    S.Defines.insert(D->getName().str());
    S.Init |= D->getName().starts_with("PyInit_");
  }
  bool VisitFunctionDecl(FunctionDecl *FD) {
    if (!FD->isInlined())
      defined(FD, FD->isThisDeclarationADefinition());
    return true;
  }
  bool VisitVarDecl(VarDecl *VD) {
    if (VD->isFileVarDecl())
      defined(VD, VD->hasDefinition() != VarDecl::DeclarationOnly);
    return true;
  }
  bool VisitDeclRefExpr(DeclRefExpr *E) {
    const ValueDecl *D = E->getDecl();
    if (D->getIdentifier() && D->isExternallyVisible() &&
        (isa<FunctionDecl>(D) ||
         (isa<VarDecl>(D) && cast<VarDecl>(D)->isFileVarDecl())))
      S.Uses.insert(D->getName().str());
    return true;
  }

private:
  Symbols &S;
};

class SymbolConsumer : public ASTConsumer {
public:
  explicit SymbolConsumer(Symbols &S) : S(S) {}
  void HandleTranslationUnit(ASTContext &Context) override {
    SymbolVisitor(S).TraverseDecl(Context.getTranslationUnitDecl());
  }

private:
  Symbols &S;
};

class SymbolAction : public ASTFrontendAction {
public:
  explicit SymbolAction(Symbols &S) : S(S) {}
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &,
                                                 StringRef) override {
    return std::make_unique<SymbolConsumer>(S);
  }

private:
  Symbols &S;
};

class SymbolFactory : public tooling::FrontendActionFactory {
public:
  explicit SymbolFactory(Symbols &S) : S(S) {}
  std::unique_ptr<FrontendAction> create() override {
    return std::make_unique<SymbolAction>(S);
  }

private:
  Symbols &S;
};

} // namespace

/// Whatever can be read: errors are reported when the module is rewritten.
static Symbols symbolsOf(const ModuleInput &All, const std::string &File,
                         const std::vector<std::string> &ExtraArgs) {
  Symbols S;
  tooling::ClangTool Tool(All, {File});
  std::vector<std::string> Args = ExtraArgs;
  Args.push_back("-w");
  Tool.appendArgumentsAdjuster(tooling::getInsertArgumentAdjuster(
      Args, tooling::ArgumentInsertPosition::END));
  Tool.setPrintErrorMessage(false);
  IgnoringDiagConsumer Quiet;
  Tool.setDiagnosticConsumer(&Quiet);
  SymbolFactory Factory(S);
  Tool.run(&Factory);
  return S;
}

/// The rest of what the build links with the named files.
static void addPartners(const Request &Wanted, Plan &P) {
  std::set<std::string> Targets, Known;
  std::set<std::string> Folders;
  for (const Unit &U : P.Units) {
    Known.insert(U.File);
    if (U.Target.empty())
      continue;
    Targets.insert(U.Target);
    Folders.insert(Wanted.BuildPath
                       ? *Wanted.BuildPath
                       : findDatabase(sys::path::parent_path(U.File)));
  }
  for (const std::string &Folder : Folders) {
    if (Folder.empty())
      continue;
    Request All = Wanted;
    All.Quiet = true;
    All.Paths = {Folder + "/" + databaseName().str()};
    std::optional<Plan> Whole = makePlan(All);
    for (Unit &U : Whole ? Whole->Units : std::vector<Unit>()) {
      if (!Targets.count(U.Target) || !Known.insert(U.File).second)
        continue;
      if (!Wanted.Quiet)
        note() << "the build links " << relativeTo(projectRoot(U.File), U.File)
               << " into the same module, so it is read too\n";
      P.Units.push_back(std::move(U));
    }
  }
}

/// For each of \p Files the first one of the same module; and whether it has a
/// PyInit_ function at all.
static std::vector<std::pair<unsigned, bool>>
joined(const std::vector<std::string> &Files,
       const std::map<std::string, std::string> &Targets,
       const std::vector<Symbols> &All) {
  std::vector<std::pair<unsigned, bool>> Sets;
  std::map<std::string, unsigned> ByTarget;
  std::map<std::string, std::vector<unsigned>> Definers;
  auto Join = [&](unsigned A, unsigned B) {
    const unsigned Low = std::min(Sets[A].first, Sets[B].first);
    const unsigned High = std::max(Sets[A].first, Sets[B].first);
    const bool Init = Sets[A].second || Sets[B].second;
    for (auto &Set : Sets)
      if (Set.first == Low || Set.first == High)
        Set = {Low, Init};
  };
  for (unsigned F = 0; F < Files.size(); ++F) {
    Sets.push_back({F, All[F].Init});
    const std::string &Target = Targets.at(Files[F]);
    if (!Target.empty())
      Join(ByTarget.insert({Target, F}).first->second, F);
    for (const std::string &Name : All[F].Defines)
      Definers[Name].push_back(F);
  }
  // A part without an init function belongs to who uses it; a name that several
  // sources define says nothing. One that two modules use makes them one: its
  // variables cannot be in the state of both.
  for (unsigned F = 0; F < Files.size(); ++F)
    for (const std::string &Name : All[F].Uses) {
      auto Found = Definers.find(Name);
      if (Found == Definers.end() || Found->second.size() != 1)
        continue;
      unsigned Other = Found->second.front();
      if (!All[Other].Init || !All[F].Init)
        Join(F, Other);
    }
  return Sets;
}

std::vector<ModuleInput>
findModules(const Request &Wanted, const std::vector<std::string> &ExtraArgs) {
  std::optional<Plan> P = makePlan(Wanted);
  if (!P)
    return {};
  for (const LeftOut &Out : P->Failed)
    error() << relativeTo(projectRoot(Out.File), Out.File) << ": " << Out.Reason
            << "\n";
  if (!P->Failed.empty())
    return {};
  const bool OnlyFiles = none_of(Wanted.Paths, [](const std::string &Path) {
    return sys::fs::is_directory(Path) ||
           sys::path::filename(Path) == databaseName();
  });
  if (OnlyFiles)
    addPartners(Wanted, *P);
  if (P->Units.empty()) {
    error() << "no C or C++ source that includes Python.h among the paths\n";
    return {};
  }

  ModuleInput All;
  std::map<std::string, std::string> Targets;
  for (Unit &U : P->Units) {
    // A file that is compiled twice is read as it is compiled first.
    if (Targets.insert({U.File, U.Target}).second)
      All.Units.push_back(std::move(U));
  }
  std::vector<ModuleInput> Result;
  if (All.Units.size() == 1) {
    Result.push_back(std::move(All));
    return Result;
  }
  const std::vector<std::string> Files = All.sources();
  std::vector<Symbols> Seen;
  for (const std::string &File : Files)
    Seen.push_back(symbolsOf(All, File, ExtraArgs));
  const auto Inits = count_if(Seen, [](const Symbols &S) { return S.Init; });
  if (OnlyFiles && Inits <= 1) {
    Result.push_back(std::move(All));
    return Result;
  }
  const auto Sets = joined(Files, Targets, Seen);
  std::map<unsigned, size_t> Places; ///< In Result, by leader.
  for (unsigned F = 0; F < Files.size(); ++F) {
    if (!Sets[F].second) {
      if (OnlyFiles) {
        error() << relativeTo(projectRoot(Files[F]), Files[F])
                << ": no module among these files uses it; name the files of "
                   "one module\n";
        return {};
      }
      if (!Wanted.Quiet)
        note() << relativeTo(projectRoot(Files[F]), Files[F])
               << " belongs to no module here, so it is left out\n";
      continue;
    }
    auto [Place, New] = Places.insert({Sets[F].first, Result.size()});
    if (New)
      Result.emplace_back();
    for (const Unit &U : All.Units)
      if (U.File == Files[F])
        Result[Place->second].Units.push_back(U);
  }
  if (Result.empty())
    error() << "no PyInit_ function in these files; name all files of the "
               "extension\n";
  return Result;
}

} // namespace pyext::migrate
