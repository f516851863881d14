//===- Config.cpp - The configuration, checked before anything runs -------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Config.h"
#include "Message.h"
#include "project/Catalogue.h"
#include "support/Llvm.h"
#include "clang-tidy/ClangTidy.h"
#include "clang-tidy/ClangTidyOptions.h"
#include "clang-tidy/GlobList.h"
#include "clang-tidy/ClangTidyDiagnosticConsumer.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/SourceMgr.h"

using namespace clang::tidy;
using namespace pyext::driver;

namespace {

using OptionsSource = ClangTidyOptionsProvider::OptionsSource;

class Verifier {
public:
  explicit Verifier(const Arguments &Args) : Args(Args) {}

  bool run(std::string &ExtraChecks);
  /// Some configuration says of which headers findings are shown.
  bool FiltersHeaders = false;

private:
  llvm::ErrorOr<ClangTidyOptions> parse(llvm::MemoryBufferRef Text);
  std::unique_ptr<ClangTidyOptionsProvider> makeProvider();
  void verify(const OptionsSource &Source);
  void verifyChecks(llvm::StringRef Globs, llvm::StringRef What,
                    llvm::StringRef Source);
  const llvm::StringSet<> &allChecks();
  void verifyOptions(const ClangTidyOptions::OptionMap &Options,
                     llvm::StringRef Source);

  void verifyValues(const ClangTidyOptions &Options, llvm::StringRef Source);

  /// The .clang-tidy files, read by a parser that reports through this class.
  /// (The constructor of FileOptionsProvider that takes handlers leaves it
  /// without a file system.)
  class Files : public FileOptionsProvider {
  public:
    Files(ClangTidyOptions Defaults, ClangTidyOptions Overrides,
          std::function<llvm::ErrorOr<ClangTidyOptions>(llvm::MemoryBufferRef)>
              Parse)
        : FileOptionsProvider(ClangTidyGlobalOptions(), std::move(Defaults),
                              std::move(Overrides)) {
      ConfigHandlers = {{".clang-tidy", std::move(Parse)}};
    }
  };

  /// Starts an error message.
  llvm::raw_ostream &fail() {
    Good = false;
    return error();
  }

  /// Starts the message about a name that \p Source has and nobody knows. In a
  /// .clang-tidy of the project one that is not \p Ours is a warning only: the
  /// file may be meant for a clang-tidy of another version.
  llvm::raw_ostream &unknown(bool Ours, llvm::StringRef Source) {
    const bool IsForeign = !Ours && !Args.VerifyConfig &&
                           llvm::sys::path::filename(Source) == ".clang-tidy";
    return (IsForeign ? warning() : fail()) << Source << ": ";
  }

  const Arguments &Args;
  bool Good = true;
  llvm::StringSet<> AllOptions;
  llvm::StringSet<> Names; ///< See allChecks().
  /// What has been verified, so that a file shared by many sources is named
  /// once.
  llvm::StringSet<> Seen;
};

} // namespace

/// The closest of \p Allowed to the mistyped \p Value; empty when none is.
static llvm::StringRef closest(llvm::StringRef Value,
                               const llvm::StringSet<> &Allowed) {
  unsigned Best = 6;
  llvm::StringRef Closest;
  for (llvm::StringRef Item : Allowed.keys()) {
    unsigned Distance = Value.edit_distance_insensitive(Item, true, Best);
    if (Distance < Best || (Distance == Best && Item < Closest)) {
      Closest = Item;
      Best = Distance;
    }
  }
  return Closest;
}

/// Whether \p Globs, a value of `Checks`, speaks of these checks.
static bool namesChecks(llvm::StringRef Globs) {
  return Globs.contains("cpython");
}

/// Whether a check of this project is among those that \p Enabled matches.
static bool enablesOwn(const llvm::Regex &Enabled) {
  return llvm::any_of(pyext::project::CheckRows, [&](const auto &Row) {
    return Enabled.match(Row.Name);
  });
}

static bool isOff(llvm::StringRef Globs) {
  llvm::SmallVector<llvm::StringRef, 8> Items;
  Globs.split(Items, ',', -1, /*KeepEmpty=*/false);
  bool Off = false;
  for (llvm::StringRef Item : Items) {
    Item = Item.trim();
    if (Item == "-*")
      Off = true;
    else if (!Item.empty() && !Item.starts_with("-"))
      Off = false;
  }
  return Off;
}

llvm::ErrorOr<ClangTidyOptions> Verifier::parse(llvm::MemoryBufferRef Text) {
  std::string Message;
  int Line = 0;
  auto Collect = [&](const llvm::SMDiagnostic &Diagnostic) {
    if (!Message.empty())
      return;
    Message = Diagnostic.getMessage().str();
    Line = Diagnostic.getLineNo();
  };
  llvm::ErrorOr<ClangTidyOptions> Options =
      parseConfigurationWithDiags(Text, Collect);
  if (!Options) {
    llvm::raw_ostream &OS = fail() << Text.getBufferIdentifier();
    if (Line > 0)
      OS << ":" << Line;
    OS << ": " << (Message.empty() ? Options.getError().message() : Message)
       << "; correct it: nothing is analysed with half a configuration\n";
    // An empty configuration: the provider would print its own error.
    return ClangTidyOptions();
  }
  return Options;
}

std::unique_ptr<ClangTidyOptionsProvider> Verifier::makeProvider() {
  ClangTidyOptions Defaults = ClangTidyOptions::getDefaults();
  ClangTidyOptions Overrides;
  Overrides.Checks = Args.Checks;
  Overrides.WarningsAsErrors = Args.WarningsAsErrors;

  std::string Name;
  std::unique_ptr<llvm::MemoryBuffer> Buffer;
  if (Args.ConfigFile) {
    Name = *Args.ConfigFile;
    auto Text = llvm::MemoryBuffer::getFile(Name);
    if (!Text) {
      fail() << Name << ": " << Text.getError().message()
             << "; give --config-file an existing file\n";
      return nullptr;
    }
    Buffer = std::move(*Text);
  } else if (Args.Config) {
    Name = "--config";
    Buffer = llvm::MemoryBuffer::getMemBuffer(*Args.Config);
  }
  if (Buffer) {
    auto Parsed = parse(llvm::MemoryBufferRef(Buffer->getBuffer(), Name));
    if (!Good)
      return nullptr;
    return std::make_unique<ConfigOptionsProvider>(
        ClangTidyGlobalOptions(), std::move(Defaults), std::move(*Parsed),
        std::move(Overrides));
  }
  return std::make_unique<Files>(std::move(Defaults), std::move(Overrides),
                                 [this](llvm::MemoryBufferRef Text) {
                                   return parse(Text);
                                 });
}

/// The names of the checks that exist. It takes a while to ask for them.
const llvm::StringSet<> &Verifier::allChecks() {
  if (!Names.empty())
    return Names;
  ClangTidyOptions All;
  All.Checks = "*";
  for (const std::string &Name :
       getCheckNames(All, PYEXT_ALPHA_AND_CUSTOM_CHECKS(true)))
    Names.insert(Name);
  // What clang-tidy itself reports under.
  Names.insert("clang-tidy-config");
  Names.insert("clang-tidy-nolint");
  return Names;
}

void Verifier::verifyChecks(llvm::StringRef Globs, llvm::StringRef What,
                            llvm::StringRef Source) {
  GlobList List(Globs);
  for (const auto &Item : List.getItems()) {
    if (Item.Text.starts_with("clang-diagnostic") ||
        Item.Text.starts_with("custom-") || enablesOwn(Item.Regex))
      continue;
    if (llvm::any_of(allChecks().keys(), [&](llvm::StringRef Name) {
          return Item.Regex.match(Name);
        }))
      continue;
    const bool Glob = Item.Text.contains('*');
    llvm::StringRef Closest = Glob ? "" : closest(Item.Text, allChecks());
    llvm::raw_ostream &OS =
        unknown(namesChecks(Item.Text) || namesChecks(Closest), Source);
    OS << (Glob ? "no check matches '" : "unknown check '") << Item.Text
       << "' in " << What;
    if (!Closest.empty())
      OS << "; did you mean '" << Closest << "'?";
    OS << " (pyext-tidy --list-checks '--checks=*' lists all)\n";
  }
}

void Verifier::verifyOptions(const ClangTidyOptions::OptionMap &Options,
                             llvm::StringRef Source) {
  if (Options.empty())
    return;
  if (AllOptions.empty())
    AllOptions =
        getAllChecksAndOptions(PYEXT_ALPHA_AND_CUSTOM_CHECKS(true)).Options;
  for (const auto &Option : Options) {
    llvm::StringRef Key = Option.getKey();
    if (!AllOptions.contains(Key)) {
      llvm::StringRef Closest = closest(Key, AllOptions);
      // Only these checks have options for all of them, without a dot.
      const bool Ours = Key.starts_with("cpython") ||
                        Closest.starts_with("cpython") || !Key.contains('.');
      llvm::raw_ostream &OS = unknown(Ours, Source)
                              << "unknown option '" << Key
                              << "' in CheckOptions";
      if (!Closest.empty())
        OS << "; did you mean '" << Closest << "'?";
      OS << "\n";
    }
  }
}

/// Makes the enabled checks read their options, and an error of everything they
/// have to say about them.
void Verifier::verifyValues(const ClangTidyOptions &Options,
                            llvm::StringRef Source) {
  ClangTidyContext Context(std::make_unique<DefaultOptionsProvider>(
      ClangTidyGlobalOptions(), Options));
  ClangTidyDiagnosticConsumer Consumer(Context);
  auto Engine = pyext::attachDiagnostics(Context, Consumer);
  ClangTidyASTConsumerFactory Factory(Context);
  (void)Factory.getCheckOptions();
  for (const ClangTidyError &Error : Consumer.take())
    if (Seen.insert(Error.Message.Message).second)
      fail() << Source << ": " << Error.Message.Message << "\n";
}

void Verifier::verify(const OptionsSource &Source) {
  const auto &[Options, Name] = Source;
  if (!Seen.insert(Name).second)
    return;
  if (Options.Checks)
    verifyChecks(*Options.Checks, "Checks", Name);
  if (Options.WarningsAsErrors)
    verifyChecks(*Options.WarningsAsErrors, "WarningsAsErrors", Name);
  FiltersHeaders |=
      Options.HeaderFilterRegex && !Options.HeaderFilterRegex->empty();
  verifyOptions(Options.CheckOptions, Name);
}

bool Verifier::run(std::string &ExtraChecks) {
  std::unique_ptr<ClangTidyOptionsProvider> Provider = makeProvider();
  if (!Provider)
    return false;

  std::vector<std::string> Sources = Args.Sources;
  if (Sources.empty())
    Sources.push_back("dummy"); // As clang-tidy: the current folder.

  // One file per folder is enough: configuration is per folder.
  llvm::StringSet<> Folders;
  bool AnyConfiguration = Args.Checks.has_value();
  bool AllUnnamed = true;
  std::vector<std::pair<std::string, std::string>> Without;
  for (const std::string &File : Sources) {
    llvm::SmallString<256> Path(File);
    if (llvm::sys::fs::make_absolute(Path))
      continue;
    llvm::sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
    if (!Folders.insert(llvm::sys::path::parent_path(Path)).second)
      continue;

    std::string Globs, Origin, OptionsOrigin;
    for (const OptionsSource &Source : Provider->getRawOptions(Path)) {
      const auto &[Options, Name] = Source;
      // The first one is what clang-tidy starts from.
      if (Name == ClangTidyOptionsProvider::OptionsSourceTypeDefaultBinary)
        continue;
      verify(Source);
      if (Options.Checks) {
        AnyConfiguration = true;
        Globs += (Globs.empty() ? "" : ",") + *Options.Checks;
        Origin = Name;
      }
      if (!Options.CheckOptions.empty())
        OptionsOrigin = Name;
    }
    if (Good && !OptionsOrigin.empty()) {
      ClangTidyOptions Options = Provider->getOptions(Path);
      if (!Args.Checks && !namesChecks(Globs))
        Options.Checks = Globs + ",cpython-*";
      verifyValues(Options, OptionsOrigin);
    }
    if (!Good)
      continue;
    if (Globs.empty()) {
      Without.push_back({"default", "the configuration of " + File});
      continue;
    }
    if (namesChecks(Globs))
      AllUnnamed = false;
    GlobList Enabled(Globs);
    const bool On =
        llvm::any_of(pyext::project::CheckRows,
                     [&](const auto &Row) { return Enabled.contains(Row.Name); });
    if (On)
      AllUnnamed = false;
    else
      Without.push_back({isOff(Globs) ? "" : Globs, Origin});
  }
  if (!Good)
    return false;

  if (!AnyConfiguration) {
    ExtraChecks = "-*,cpython-*";
    return true;
  }
  // A configuration that does not speak of these checks does not turn them off;
  // --checks is given for the whole run, so it has to be so for all files.
  if (!Args.Checks && AllUnnamed &&
      llvm::none_of(Without, [](const auto &W) { return W.first.empty(); })) {
    ExtraChecks = "cpython-*";
    return true;
  }
  if (Args.AllowNoChecks || Args.VerifyConfig)
    return true;
  for (const auto &[Globs, Origin] : Without) {
    // On the command line other checks alone may be what is wanted.
    if (Args.Checks && !Globs.empty() && !namesChecks(Globs))
      warning() << Origin << " enables no cpython check; add 'cpython-*' to it "
                << "to find thread-safety defects of extensions\n";
    else
      fail() << Origin << " enables no cpython check, so nothing would be "
             << "found; add 'cpython-*' to its Checks, or to --checks\n";
  }
  return Good;
}

bool pyext::driver::checkConfiguration(const Arguments &Args,
                                       std::string &ExtraChecks,
                                       bool &FiltersHeaders) {
  Verifier V(Args);
  const bool Good = V.run(ExtraChecks);
  FiltersHeaders = V.FiltersHeaders;
  return Good;
}
