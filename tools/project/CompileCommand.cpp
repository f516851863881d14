//===- CompileCommand.cpp - One way to compile one file -------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompileCommand.h"
#include "support/Llvm.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Option/Arg.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace pyext::project;
using clang::tooling::CompileCommand;

void pyext::project::makeAbsolute(llvm::StringRef Folder,
                                  llvm::SmallVectorImpl<char> &Path) {
  llvm::StringRef Old(Path.data(), Path.size());
  if (llvm::sys::path::is_absolute(Old))
    return;
  llvm::SmallString<256> New(Folder);
  llvm::sys::path::append(New, Old);
  Path.assign(New.begin(), New.end());
}

llvm::StringRef pyext::project::toString(Build B) {
  switch (B) {
  case Build::AsIs:
    return "as-is";
  case Build::Gil:
    return "gil";
  case Build::FreeThreaded:
    return "ft";
  }
  return "";
}

/// What clang knows and what would only be in the way here.
static bool isUnwanted(llvm::StringRef Flag) {
  for (llvm::StringRef Prefix :
       {"-specs=", "--specs=", "-fplugin", "-Xclang=-load", "-Werror", "-flto",
        "-fno-lto", "-save-temps", "--save-temps", "-fuse-ld=", "-fprofile-",
        "-Wp,-MD", "-Wp,-MMD", "-fanalyzer"})
    if (Flag.starts_with(Prefix))
      return true;
  return Flag == "-pedantic-errors" || Flag == "-pg" || Flag == "-p" ||
         Flag == "--coverage" || Flag == "-pipe";
}

std::vector<std::string> pyext::project::withoutForeignFlags(
    llvm::ArrayRef<std::string> Arguments) {
  if (Arguments.empty())
    return {};
  std::vector<const char *> Flags;
  for (const std::string &Argument : Arguments.drop_front())
    Flags.push_back(Argument.c_str());
  unsigned MissingIndex = 0, MissingCount = 0;
  llvm::opt::InputArgList Parsed = pyext::driverOptions().ParseArgs(
      Flags, MissingIndex, MissingCount);

  std::vector<std::string> Result{Arguments.front()};
  std::vector<std::pair<unsigned, bool>> Starts; // Index, whether to keep.
  for (const llvm::opt::Arg *Arg : Parsed) {
    llvm::StringRef Spelled = Flags[Arg->getIndex()];
    bool Keep =
        Arg->getOption().getKind() != llvm::opt::Option::UnknownClass &&
        !isUnwanted(Spelled);
    Starts.push_back({Arg->getIndex(), Keep});
  }
  for (size_t I = 0; I != Starts.size(); ++I) {
    if (!Starts[I].second)
      continue;
    size_t End = I + 1 < Starts.size() ? Starts[I + 1].first
                 : MissingCount        ? MissingIndex
                                       : Flags.size();
    for (size_t At = Starts[I].first; At < End; ++At)
      Result.push_back(Flags[At]);
  }
  return Result;
}

namespace {
/// One include folder as it stands on a command line.
struct IncludeFlag {
  size_t Begin, End; ///< In CommandLine.
  std::string Folder;
};
} // namespace

static std::vector<IncludeFlag> includeFlags(const CompileCommand &Command) {
  std::vector<IncludeFlag> Result;
  for (size_t I = 1; I < Command.CommandLine.size(); ++I) {
    llvm::StringRef Argument = Command.CommandLine[I];
    for (llvm::StringRef Name : {"-I", "-isystem", "-iquote", "-idirafter"}) {
      llvm::StringRef Folder = Argument;
      if (!Folder.consume_front(Name))
        continue;
      size_t End = I + 1;
      if (Folder.empty()) {
        if (End == Command.CommandLine.size())
          break;
        Folder = Command.CommandLine[End++];
      }
      llvm::SmallString<256> Path(Folder);
      makeAbsolute(Command.Directory, Path);
      llvm::sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
      Result.push_back({I, End, std::string(Path)});
      I = End - 1;
      break;
    }
  }
  return Result;
}

std::vector<std::string>
pyext::project::includeFolders(const CompileCommand &Command) {
  std::vector<std::string> Result;
  for (IncludeFlag &Flag : includeFlags(Command))
    Result.push_back(std::move(Flag.Folder));
  return Result;
}

void pyext::project::removePython(CompileCommand &Command) {
  const std::vector<IncludeFlag> Flags = includeFlags(Command);
  for (const IncludeFlag &Flag : llvm::reverse(Flags))
    if (hasPythonH(Flag.Folder))
      Command.CommandLine.erase(Command.CommandLine.begin() + Flag.Begin,
                                Command.CommandLine.begin() + Flag.End);
}

void pyext::project::addFolders(CompileCommand &Command,
                                llvm::ArrayRef<std::string> Folders) {
  std::vector<std::string> Flags;
  for (const std::string &Folder : Folders) {
    Flags.push_back("-isystem");
    Flags.push_back(Folder);
  }
  // Before `--`, behind which only names of files stand.
  auto At = llvm::find(Command.CommandLine, "--");
  Command.CommandLine.insert(At, Flags.begin(), Flags.end());
}

void pyext::project::setBuild(CompileCommand &Command, Build B) {
  if (B == Build::AsIs)
    return;
  llvm::erase_if(Command.CommandLine, [](llvm::StringRef Flag) {
    return Flag.starts_with("-DPy_GIL_DISABLED") ||
           Flag == "-UPy_GIL_DISABLED";
  });
  if (B == Build::FreeThreaded)
    Command.CommandLine.insert(Command.CommandLine.begin() + 1,
                               "-DPy_GIL_DISABLED=1");
}

void pyext::project::writeDatabase(llvm::ArrayRef<CompileCommand> Commands,
                                   llvm::raw_ostream &OS) {
  llvm::json::OStream J(OS, 2);
  J.array([&] {
    for (const CompileCommand &Command : Commands)
      J.object([&] {
        J.attribute("directory", Command.Directory);
        J.attribute("file", Command.Filename);
        J.attributeArray("arguments", [&] {
          for (const std::string &Argument : Command.CommandLine)
            J.value(Argument);
        });
        if (!Command.Output.empty())
          J.attribute("output", Command.Output);
      });
  });
  OS << "\n";
}
