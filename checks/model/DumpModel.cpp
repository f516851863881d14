//===- DumpModel.cpp ------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/DumpModel.h"
#include "model/ExtensionModel.h"
#include "support/TranslationUnit.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Tooling/Tooling.h"

using namespace clang;

namespace pyext::model {

namespace {

class Consumer : public ASTConsumer {
public:
  Consumer(std::shared_ptr<TranslationUnit> Unit, llvm::raw_ostream &OS)
      : Unit(std::move(Unit)), OS(OS) {}
  void HandleTranslationUnit(ASTContext &Context) override {
    if (!Unit->preprocessing().pythonIncluded())
      llvm::errs() << "pyext-tidy: no Python.h was included: the model is "
                      "that of no extension module\n";
    Unit->model(Context).printJSON(OS);
  }

private:
  std::shared_ptr<TranslationUnit> Unit;
  llvm::raw_ostream &OS;
};

class Action : public ASTFrontendAction {
public:
  explicit Action(llvm::raw_ostream &OS) : OS(OS) {}
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &CI,
                                                 llvm::StringRef) override {
    return std::make_unique<Consumer>(
        TranslationUnit::of(CI.getSourceManager(), CI.getPreprocessor()), OS);
  }

private:
  llvm::raw_ostream &OS;
};

class Factory : public tooling::FrontendActionFactory {
public:
  explicit Factory(llvm::raw_ostream &OS) : OS(OS) {}
  std::unique_ptr<FrontendAction> create() override {
    return std::make_unique<Action>(OS);
  }

private:
  llvm::raw_ostream &OS;
};

} // namespace

int dumpModel(tooling::CompilationDatabase &Compilations,
              llvm::ArrayRef<std::string> Files, llvm::raw_ostream &OS) {
  tooling::ClangTool Tool(Compilations, Files);
  Factory F(OS);
  return Tool.run(&F);
}

} // namespace pyext::model
