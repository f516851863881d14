//===- Init.cpp - pyext-tidy init -----------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Catalogue.h"
#include "Commands.h"
#include "Embedded.h"
#include "Message.h"
#include "Module.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <string>

using namespace pyext::project;
using namespace pyext::driver;
namespace fs = llvm::sys::fs;

namespace {
struct Setting {
  llvm::StringRef Name, Template, File, What;
};
} // namespace

static constexpr Setting Settings[] = {
    {"github", "github.yml", ".github/workflows/pyext-tidy.yml",
     "GitHub workflow: annotations and code scanning (SARIF)"},
    {"gitlab", "gitlab.yml", ".gitlab/pyext-tidy.yml",
     "GitLab job with a code quality report; include it from .gitlab-ci.yml"},
    {"pre-commit", "pre-commit.yaml", ".pre-commit-config.yaml",
     "hook of pre-commit"},
    {"clang-tidy", "clang-tidy.yaml", ".clang-tidy",
     "which checks, and their options"},
    {"clangd", "clangd.yaml", ".clangd",
     "for a clangd of your own; pyext-clangd needs nothing"},
    {"vscode", "vscode.json", ".vscode/settings.json",
     "pyext-clangd in Visual Studio Code"},
    {"codechecker", "", "pyext-tidy-codechecker-labels.json",
     "severities of the checks, for CodeChecker"},
};

static void printHelp(llvm::raw_ostream &OS) {
  OS << "USAGE: pyext-tidy init WHAT...\n\n"
        "Writes settings into the current folder, with the version of this "
        "tool pinned.\nA file that exists is not changed; what to add to it is "
        "printed instead.\n\n";
  for (const Setting &S : Settings)
    OS << "  " << llvm::left_justify(S.Name, 12) << " " << S.File << "\n"
       << std::string(15, ' ') << S.What << "\n";
  OS << "\nExit status: 0; 2 for an unknown WHAT or a file that cannot be "
        "written.\n";
}

static std::string filledIn(llvm::StringRef Template) {
  std::string Result;
  while (!Template.empty()) {
    auto [Before, Rest] = Template.split('@');
    Result += Before;
    if (Before.size() == Template.size())
      break;
    llvm::StringRef Name = Rest.take_until([](char C) { return C == '@'; });
    if (Name == "VERSION") {
      Result += pyext::Version;
      Template = Rest.drop_front(Name.size() + 1);
    } else {
      Result += '@';
      Template = Rest;
    }
  }
  return Result;
}

/// CodeChecker shows a check it does not know as "unspecified".
static std::string codeCheckerLabels() {
  std::string Text = "{\n  \"analyzer\": \"clang-tidy\",\n  \"labels\": {\n";
  for (const CheckInfo &Check : CheckRows) {
    std::string Url = Check.url();
    Text += ("    \"" + Check.Name + "\": [\n" +
             (Url.empty() ? "" : "      \"doc_url:" + Url + "\",\n") +
             "      \"profile:default\",\n      \"severity:" +
             (Check.Group == "modules" ? "MEDIUM" : "HIGH") + "\"\n    ]" +
             (&Check == &CheckRows.back() ? "\n" : ",\n"))
                .str();
  }
  return Text + "  }\n}\n";
}

int pyext::project::init(llvm::ArrayRef<const char *> Arguments) {
  if (Arguments.empty()) {
    printHelp(llvm::outs());
    return 0;
  }
  std::vector<const Setting *> Chosen;
  for (llvm::StringRef Argument : Arguments) {
    if (Argument == "--help" || Argument == "-h") {
      printHelp(llvm::outs());
      return 0;
    }
    const Setting *Found = llvm::find_if(
        Settings, [&](const Setting &S) { return S.Name == Argument; });
    if (Found == std::end(Settings)) {
      error() << "init: nothing is called '" << Argument << "'\n\n";
      printHelp(llvm::errs());
      return 2;
    }
    Chosen.push_back(Found);
  }
  for (const Setting *S : Chosen) {
    std::string Text =
        S->Template.empty()
            ? codeCheckerLabels()
            : filledIn(embedded(("project/templates/" + S->Template).str()));
    if (auto Existing = llvm::MemoryBuffer::getFile(S->File, /*IsText=*/true)) {
      if ((*Existing)->getBuffer() == Text)
        llvm::outs() << S->File << ": is up to date\n";
      else
        llvm::outs() << S->File << ": exists and was left alone; add:\n\n"
                     << Text << "\n";
      continue;
    }
    llvm::StringRef Folder = llvm::sys::path::parent_path(S->File);
    std::error_code EC;
    if (!Folder.empty())
      EC = fs::create_directories(Folder);
    llvm::Error Err =
        EC ? llvm::errorCodeToError(EC)
           : llvm::writeToOutput(S->File, [&](llvm::raw_ostream &OS) {
               OS << Text;
               return llvm::Error::success();
             });
    if (Err) {
      error() << llvm::toString(std::move(Err)) << "\n";
      return 2;
    }
    llvm::outs() << S->File << ": written; " << S->What << "\n";
  }
  return 0;
}
