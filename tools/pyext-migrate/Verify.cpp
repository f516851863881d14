//===- Verify.cpp - Proving that a module does what it did ----------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verify.h"
#include "Databases.h"
#include "Embedded.h"
#include "Finding.h"
#include "Message.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using namespace pyext::project;
using pyext::driver::error;

namespace pyext::migrate {

static bool writeText(const std::string &Path, StringRef Text) {
  std::error_code EC;
  raw_fd_ostream OS(Path, EC);
  if (!EC) {
    OS << Text;
    OS.close();
    EC = OS.error();
    OS.clear_error();
  }
  if (EC)
    error() << Path << ": " << EC.message() << "\n";
  return !EC;
}

/// What verify.py has to know, as its top says.
static void writeJob(const VerifyOptions &Options, StringRef Root,
                     ArrayRef<ModuleRun> Runs,
                     const std::map<std::string, std::string> &Texts,
                     raw_ostream &OS) {
  json::OStream J(OS);
  J.object([&] {
    J.attribute("root", Root);
    J.attribute("build", Options.Build);
    J.attribute("test", Options.Test);
    J.attribute("keep", Options.Keep);
    J.attributeArray("benchmarks", [&] {
      for (const std::string &Command : Options.Benchmarks)
        J.value(json::fixUTF8(Command));
    });
    J.attributeArray("pythons", [&] {
      for (const std::string &Python : Options.Pythons)
        J.value(Python);
    });
    J.attributeObject("files", [&] {
      for (const auto &[Path, Text] : Texts)
        J.attribute(Path, Text);
    });
    J.attributeArray("modules", [&] {
      for (const ModuleRun &M : Runs) {
        if (!M.Refused.empty())
          continue;
        J.object([&] {
          J.attribute("name", M.Name);
          J.attribute("claims_own_gil", M.Options.ClaimOwnGil);
          J.attribute("claims_no_gil", M.Options.ClaimNoGil);
          J.attributeArray("commands", [&] {
            for (const Unit &U : M.Input.Units)
              J.object([&] {
                J.attribute("file", U.File);
                J.attribute("folder", U.Command.Directory);
                J.attributeArray("arguments", [&] {
                  for (const std::string &Argument : U.Command.CommandLine)
                    J.value(json::fixUTF8(Argument));
                });
              });
          });
        });
      }
    });
  });
}

bool verify(const VerifyOptions &Options, ArrayRef<ModuleRun> Runs,
            const FileChanges &Changes) {
  if (all_of(Runs, [](const ModuleRun &M) { return !M.Refused.empty(); }))
    return true;
  std::string Root = absolutePath(
      Options.Project.empty() ? projectRoot(sys::path::parent_path(
                                    Runs.front().Input.Units.front().File))
                              : Options.Project);
  if (!sys::fs::is_directory(Root)) {
    error() << Options.Project << ": no such folder\n";
    return false;
  }
  for (const auto &[Path, Change] : Changes)
    if (relativeTo(Root, Path) == Path) {
      error() << Path << " is outside of " << Root
              << "; name a folder with all files of the project with "
                 "--project\n";
      return false;
    }
  std::optional<std::string> Folder = temporaryFolder();
  ErrorOr<std::string> Python = sys::findProgramByName("python3");
  if (!Folder || !Python) {
    error() << (Folder ? "--verify needs python3 on the PATH\n"
                       : "no temporary folder can be made\n");
    return false;
  }
  std::map<std::string, std::string> Texts;
  for (const auto &[Path, Change] : Changes) {
    std::string Text = *Folder + "/" + std::to_string(Texts.size());
    if (!writeText(Text, Change.New))
      return false;
    Texts[relativeTo(Root, Path)] = Text;
  }
  std::string Job;
  raw_string_ostream OS(Job);
  writeJob(Options, Root, Runs, Texts, OS);
  for (StringRef Name : {"verify.py", "probe.py"})
    if (!writeText(*Folder + "/" + Name.str(),
                   embedded(("pyext-migrate/" + Name).str())))
      return false;
  if (!writeText(*Folder + "/job.json", OS.str()))
    return false;
  std::string Script = *Folder + "/verify.py", Input = *Folder + "/job.json";
  std::string Problem;
  int Status = sys::ExecuteAndWait(*Python, {*Python, "-B", Script, Input},
                                   std::nullopt, {}, 0, 0, &Problem);
  if (Status < 0)
    error() << *Python << ": " << Problem << "\n";
  return Status == 0;
}

} // namespace pyext::migrate
