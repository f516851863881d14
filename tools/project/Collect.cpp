//===- Collect.cpp - From results of units to a report --------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Collect.h"
#include "Catalogue.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <map>
#include <set>

using namespace pyext::project;
using pyext::report::Report;
namespace path = llvm::sys::path;

const char pyext::project::NolintCheck[] = "pyext-tidy-nolint-reason";

namespace {
/// Which modules a unit is part of.
class Membership {
public:
  Membership(llvm::ArrayRef<Unit> Units, llvm::ArrayRef<UnitResult> Results) {
    for (size_t I = 0; I != Units.size(); ++I)
      for (const ModuleInfo &M : Results[I].Modules) {
        ByFile[Units[I].File].insert(M.Name);
        if (!Units[I].Target.empty())
          ByTarget[Units[I].Target].insert(M.Name);
        ByFolder[path::parent_path(Units[I].File).str()].insert(M.Name);
      }
  }

  /// Those that the file defines; else those of the same library; else those of
  /// the nearest folder that has any.
  std::set<std::string> of(const Unit &U) const {
    if (auto I = ByFile.find(U.File); I != ByFile.end())
      return I->second;
    if (auto I = ByTarget.find(U.Target); I != ByTarget.end())
      return I->second;
    for (llvm::StringRef Folder = path::parent_path(U.File); !Folder.empty();
         Folder = path::parent_path(Folder))
      if (auto I = ByFolder.find(Folder.str()); I != ByFolder.end())
        return I->second;
    return {};
  }

private:
  std::map<std::string, std::set<std::string>> ByFile, ByTarget, ByFolder;
};
} // namespace

static llvm::StringRef ownSystem() {
  const llvm::Triple Here(llvm::sys::getProcessTriple());
  return Here.isOSLinux()     ? "Linux"
         : Here.isOSDarwin()  ? "macOS"
         : Here.isOSWindows() ? "Windows"
                              : "";
}

/// The system that \p Name speaks of, when it is another one than this; empty
/// otherwise.
static llvm::StringRef otherSystem(llvm::StringRef Name) {
  static constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> Systems[] =
      {{"windows", "Windows"},   {"win32", "Windows"},
       {"win", "Windows"},       {"winapi", "Windows"},
       {"mingw", "Windows"},     {"macos", "macOS"},
       {"macosx", "macOS"},      {"osx", "macOS"},
       {"darwin", "macOS"},      {"mac", "macOS"},
       {"linux", "Linux"},       {"freebsd", "FreeBSD"},
       {"netbsd", "NetBSD"},     {"openbsd", "OpenBSD"},
       {"bsd", "BSD"},           {"solaris", "Solaris"},
       {"sunos", "Solaris"},     {"aix", "AIX"},
       {"hpux", "HP-UX"},        {"android", "Android"},
       {"emscripten", "Emscripten"}, {"wasm", "WebAssembly"}};
  std::string Lower = Name.lower();
  for (const auto &[Word, System] : Systems)
    for (size_t At = Lower.find(Word.str()); At != std::string::npos;
         At = Lower.find(Word.str(), At + 1)) {
      size_t End = At + Word.size();
      bool Whole = (At == 0 || !llvm::isAlpha(Lower[At - 1])) &&
                   (End == Lower.size() || !llvm::isAlpha(Lower[End]));
      if (Whole && System != ownSystem())
        return System;
    }
  return "";
}

/// Why a file that does not compile is no part of a build on this system;
/// empty when it may be one.
static std::string forOtherSystem(llvm::StringRef Root, const Unit &U,
                                  const UnitResult &Result) {
  if (!U.Guessed || Result.Cause.empty())
    return "";
  llvm::StringRef System = otherSystem(relativeTo(Root, U.File));
  llvm::StringRef Header = Result.Header;
  if (System.empty() && !llvm::sys::path::is_absolute(Header)) {
    static constexpr llvm::StringLiteral OfWindows[] = {
        "windows.h", "winsock2.h", "winsock.h", "ws2tcpip.h", "direct.h",
        "process.h", "io.h",       "conio.h",   "tchar.h",    "intrin.h",
        "wincrypt.h", "winternl.h", "winbase.h"};
    if (llvm::is_contained(OfWindows, Header.lower()))
      System = "Windows";
    for (llvm::StringRef Prefix :
         {"mach/", "mach-o/", "CoreFoundation/", "CoreServices/", "IOKit/",
          "Carbon/", "Cocoa/", "Foundation/", "AppKit/", "ApplicationServices/",
          "Security/", "SystemConfiguration/", "Availability"})
      if (Header.starts_with(Prefix))
        System = "macOS";
    if (System == ownSystem())
      System = "";
  }
  return System.empty() ? "" : "for " + System.str();
}

static bool isBelow(llvm::StringRef Root, llvm::StringRef File) {
  return relativeTo(Root, File) != File &&
         !File.contains("/site-packages/");
}

void pyext::project::collect(llvm::ArrayRef<Unit> Units,
                             llvm::ArrayRef<UnitResult> Results, Report &R) {
  Membership Members(Units, Results);
  // What is found where the compiler guessed may be right, and may be nonsense.
  std::vector<Finding> Findings, Doubtful;
  std::map<std::string, std::string> Causes, Elsewhere; ///< By file.
  std::map<std::string, std::set<std::string>> FailedOf; ///< By module.
  std::map<std::pair<std::string, std::string>, report::Module> Modules;
  std::map<std::string, std::set<std::string>> Files;
  std::set<std::string> Analysed, Without, Builds;
  std::set<std::pair<std::string, std::string>> Functions;
  /// By file and reason: the builds it is the reason in.
  std::map<std::pair<std::string, std::string>, std::set<Build>> Failed;
  std::map<std::string, std::set<Build>> Tried;

  for (size_t I = 0; I != Units.size(); ++I) {
    const Unit &U = Units[I];
    const UnitResult &Result = Results[I];
    std::set<std::string> Names = Members.of(U);
    Builds.insert(toString(U.For).str());
    Tried[U.File].insert(U.For);
    if (!Result.Analysed) {
      if (std::string Reason = forOtherSystem(R.Root, U, Result);
          !Reason.empty()) {
        Elsewhere[U.File] = Reason;
        continue;
      }
      Failed[{U.File, Result.Problem}].insert(U.For);
      Causes[U.File] = Result.Cause;
    }
    else if (Result.IncludesPython)
      Analysed.insert(U.File);
    else
      Without.insert(U.File);
    for (const auto &[Name, Reason] : Result.FunctionsNotAnalysed)
      Functions.insert({U.File, Name + "(): " + Reason});
    for (Finding F : Result.Findings) {
      if (!isBelow(R.Root, F.At.File))
        continue;
      F.Modules.assign(Names.begin(), Names.end());
      (Result.Analysed ? Findings : Doubtful).push_back(std::move(F));
    }
    for (const ModuleInfo &M : Result.Modules) {
      report::Module &Slot = Modules[{M.Name, M.File}];
      Slot.Info = M;
    }
    for (const std::string &Name : Names)
      if (!Result.Analysed)
        FailedOf[Name].insert(U.File);
      else if (Result.IncludesPython)
        Files[Name].insert(U.File);
  }
  for (auto &[Key, M] : Modules) {
    const std::set<std::string> &Own = Files[M.Info.Name];
    M.Files = Own.size();
    M.Failed = FailedOf[M.Info.Name].size();
    auto Add = [](std::vector<EvidenceInfo> &To,
                  const std::vector<EvidenceInfo> &From) {
      for (const EvidenceInfo &E : From)
        if (!llvm::is_contained(To, E))
          To.push_back(E);
    };
    for (size_t I = 0; I != Units.size(); ++I)
      if (Own.count(Units[I].File)) {
        Add(M.AgainstFreeThreading, Results[I].AgainstFreeThreading);
        Add(M.AgainstInterpreters, Results[I].AgainstInterpreters);
      }
  }

  R.Findings = merge(std::move(Findings));
  R.Withheld = 0;
  for (const Finding &F : merge(std::move(Doubtful)))
    R.Withheld += llvm::none_of(R.Findings, [&](const Finding &Sure) {
      return Sure.At == F.At && Sure.Check == F.Check;
    });
  for (const auto &[File, Reason] : Elsewhere)
    R.Skipped.push_back({File, Reason, Reason});
  R.Modules.clear();
  for (auto &[Key, M] : Modules)
    R.Modules.push_back(std::move(M));
  for (const auto &[Key, In] : Failed) {
    std::string Reason = Key.second;
    if (In.size() < Tried[Key.first].size())
      for (Build B : In)
        Reason += " (" + toString(B).str() + ")";
    R.Failed.push_back({Key.first, Reason, Causes[Key.first]});
  }
  R.Functions.clear();
  for (const auto &[File, Reason] : Functions)
    R.Functions.push_back({File, Reason});
  R.FilesAnalysed = Analysed.size();
  R.WithoutPython += Without.size();
  R.Builds.assign(Builds.begin(), Builds.end());
}

/// The names in the parentheses behind NOLINT speak of our checks.
static bool namesOurs(llvm::StringRef Names) {
  llvm::SmallVector<llvm::StringRef, 8> Items;
  Names.split(Items, ',');
  return llvm::any_of(Items, [](llvm::StringRef Item) {
    Item = Item.trim();
    return Item == "*" || Item.starts_with("cpython-");
  });
}

void pyext::project::addUnexplainedNolints(llvm::ArrayRef<std::string> Files,
                                           Report &R) {
  for (const std::string &File : Files) {
    llvm::StringRef Text = R.Texts->text(File);
    for (size_t At = Text.find("NOLINT"); At != llvm::StringRef::npos;
         At = Text.find("NOLINT", At + 1)) {
      llvm::StringRef Rest = Text.substr(At + 6);
      Rest = Rest.take_until([](char C) { return C == '\n'; });
      if (!Rest.consume_front("NEXTLINE"))
        if (Rest.consume_front("END"))
          continue; // The reason is at the beginning.
      Rest.consume_front("BEGIN");
      if (!Rest.consume_front("("))
        continue; // Silences everything; not ours to judge.
      auto [Names, Reason] = Rest.split(')');
      Reason = Reason.split("*/").first.trim(" \t\r:-");
      if (!namesOurs(Names) || Reason.size() >= 3)
        continue;
      Finding F;
      F.Check = NolintCheck;
      F.Message = "NOLINT(" + Names.trim().str() +
                  ") gives no reason; write it behind the parenthesis";
      F.At.File = File;
      F.At.Offset = At;
      F.Length = 6;
      R.Texts->locate(F.At);
      R.Findings.push_back(std::move(F));
    }
  }
  R.Findings = merge(std::move(R.Findings));
}
