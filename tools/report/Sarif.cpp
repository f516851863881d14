//===- Sarif.cpp - SARIF 2.1.0, as GitHub reads it ------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "project/Catalogue.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include <map>

using namespace pyext;
using namespace pyext::report;
using project::CheckInfo;
using project::Finding;
using project::Place;
using project::validUtf8;

// A limit of GitHub's code scanning: what is beyond it is dropped. That of
// results is Report::SarifLimit.
static constexpr size_t MaxRelated = 100;

/// \p Path as the path of a URI.
static std::string encoded(llvm::StringRef Path) {
  static const char Hex[] = "0123456789ABCDEF";
  std::string Result;
  for (unsigned char C : Path) {
    if (llvm::isAlnum(C) || llvm::StringRef("-._~/+@,").contains(C))
      Result += C;
    else
      (Result += '%') += {Hex[C >> 4], Hex[C & 15]};
  }
  return Result;
}

namespace {

class Writer {
public:
  Writer(const Report &R, llvm::raw_ostream &OS) : R(R), J(OS, 1) {}
  void write();

private:
  void driver();
  void rule(const std::string &Name);
  void result(const Finding &F);
  void artifact(llvm::StringRef File);
  void region(const Place &At, unsigned Length);
  void text(llvm::StringRef Key, llvm::StringRef Text) {
    J.attributeObject(Key, [&] { J.attribute("text", validUtf8(Text)); });
  }

  const Report &R;
  llvm::json::OStream J;
  std::map<std::string, unsigned> Rules; ///< Index of each check.
};

} // namespace

void Writer::artifact(llvm::StringRef File) {
  std::string Path = R.path(File);
  J.attributeObject("artifactLocation", [&] {
    if (Path == File) {
      J.attribute("uri", "file://" + encoded(Path));
      return;
    }
    J.attribute("uri", encoded(Path));
    J.attribute("uriBaseId", "%SRCROOT%");
  });
}

void Writer::region(const Place &At, unsigned Length) {
  project::Sources &Texts = *R.Texts;
  Place End = At;
  End.Offset = std::min<size_t>(At.Offset + Length, Texts.text(At.File).size());
  Texts.locate(End);
  auto Column = [&](const Place &P) {
    return project::utf16Column(Texts.line(P.File, P.Line), P.Column);
  };
  J.attribute("startLine", At.Line);
  J.attribute("startColumn", Column(At));
  if (End.Offset > At.Offset) {
    J.attribute("endLine", End.Line);
    J.attribute("endColumn", Column(End));
  }
}

void Writer::rule(const std::string &Name) {
  J.object([&] {
    J.attribute("id", Name);
    const CheckInfo *Check = project::findCheck(Name);
    if (!Check) {
      text("shortDescription", Name);
      return;
    }
    J.attribute("name", Check->Pattern);
    text("shortDescription", (Check->Sentence + ".").str());
    text("fullDescription", Check->section("What it does").take_front(1000));
    J.attributeObject("help", [&] {
      std::string Why = Check->section("Why is this bad?").str();
      J.attribute("text", validUtf8(Check->Sentence.str() + ".\n\n" + Why));
      std::string Markdown;
      for (llvm::StringRef Heading :
           {"What it does", "Why is this bad?", "Example", "Use instead",
            "Known problems", "Fix safety"}) {
        llvm::StringRef Text = Check->section(Heading);
        if (!Text.empty() && Text != "None.")
          Markdown += ("## " + Heading + "\n\n" + Text + "\n\n").str();
      }
      J.attribute("markdown", validUtf8(Markdown));
    });
    if (std::string Url = Check->url(); !Url.empty())
      J.attribute("helpUri", Url);
    J.attributeObject("defaultConfiguration",
                      [&] { J.attribute("level", "warning"); });
    J.attributeObject("properties", [&] {
      J.attribute("precision",
                  Check->Stability == "stable" ? "very-high" : "high");
      J.attribute("problem.severity", "warning");
      J.attributeArray("tags", [&] {
        J.value("correctness");
        J.value("concurrency");
        J.value(Check->Group);
        if (Check->FreeThreading)
          J.value("free-threading");
        if (Check->Subinterpreters)
          J.value("subinterpreters");
      });
    });
  });
}

void Writer::driver() {
  J.attributeObject("tool", [&] {
    J.attributeObject("driver", [&] {
      J.attribute("name", "pyext-tidy");
      J.attribute("semanticVersion", R.Version);
      J.attribute("version", R.BuildId);
      if (*project::ProjectUrl)
        J.attribute("informationUri", project::ProjectUrl);
      J.attributeArray("rules", [&] {
        for (const auto &[Name, Index] : Rules)
          rule(Name);
      });
    });
  });
}

void Writer::result(const Finding &F) {
  J.object([&] {
    J.attribute("ruleId", F.Check);
    J.attribute("ruleIndex", Rules[F.Check]);
    J.attribute("level", F.Error ? "error" : "warning");
    std::string Message = F.Message;
    for (const project::Note &N : F.Notes)
      if (N.At.Line == 0)
        Message += "\n" + N.Message;
    text("message", Message);
    J.attributeArray("locations", [&] {
      J.object([&] {
        J.attributeObject("physicalLocation", [&] {
          artifact(F.At.File);
          J.attributeObject("region", [&] { region(F.At, F.Length); });
        });
      });
    });
    J.attributeArray("relatedLocations", [&] {
      size_t Id = 0;
      for (const project::Note &N : F.Notes) {
        if (N.At.Line == 0 || Id == MaxRelated)
          continue;
        J.object([&] {
          J.attribute("id", int64_t(++Id));
          text("message", N.Message);
          J.attributeObject("physicalLocation", [&] {
            artifact(N.At.File);
            J.attributeObject("region", [&] { region(N.At, 0); });
          });
        });
      }
    });
    J.attributeObject("partialFingerprints", [&] {
      J.attribute("pyextTidy/v1", F.Fingerprint);
    });
    if (!F.Edits.empty())
      J.attributeArray("fixes", [&] {
        J.object([&] {
          text("description", "Safe fix of " + F.Check);
          J.attributeArray("artifactChanges", [&] {
            for (size_t I = 0; I < F.Edits.size();) {
              const std::string &File = F.Edits[I].File;
              J.object([&] {
                artifact(File);
                J.attributeArray("replacements", [&] {
                  for (; I < F.Edits.size() && F.Edits[I].File == File; ++I) {
                    const project::Edit &E = F.Edits[I];
                    Place At{E.File, E.Offset, 0, 0};
                    R.Texts->locate(At);
                    J.object([&] {
                      J.attributeObject("deletedRegion", [&] {
                        region(At, E.Length);
                        if (E.Length == 0) {
                          // An empty region has to be spelled out.
                          J.attribute("endLine", At.Line);
                          J.attribute("endColumn",
                                      project::utf16Column(
                                          R.Texts->line(At.File, At.Line),
                                          At.Column));
                        }
                      });
                      text("insertedContent", E.Text);
                    });
                  }
                });
              });
            }
          });
        });
      });
    J.attributeObject("properties", [&] {
      J.attributeArray("builds", [&] {
        for (const std::string &B : F.Builds)
          J.value(B);
      });
      J.attributeArray("modules", [&] {
        for (const std::string &M : F.Modules)
          J.value(validUtf8(M));
      });
    });
  });
}

/// At most \p Limit findings in their order: errors before others, what breaks
/// the program before what a module declares, and of the same rank as many
/// checks as there are, so that no check is dropped for another one's sake.
static std::vector<const Finding *>
mostImportant(llvm::ArrayRef<Finding> Findings, size_t Limit) {
  std::vector<std::pair<std::pair<int, size_t>, const Finding *>> Ranked;
  std::map<std::string, size_t> Seen;
  for (const Finding &F : Findings) {
    const CheckInfo *Check = project::findCheck(F.Check);
    int Rank = F.Error ? 0 : Check && Check->Group != "modules" ? 1 : 2;
    Ranked.push_back({{Rank, Seen[F.Check]++}, &F});
  }
  if (Ranked.size() > Limit) {
    llvm::stable_sort(Ranked, [](const auto &A, const auto &B) {
      return A.first < B.first;
    });
    Ranked.resize(Limit);
    llvm::sort(Ranked, [](const auto &A, const auto &B) {
      return A.second < B.second; // Places in one array.
    });
  }
  std::vector<const Finding *> Kept;
  for (const auto &Entry : Ranked)
    Kept.push_back(Entry.second);
  return Kept;
}

void Writer::write() {
  std::vector<const Finding *> Kept = mostImportant(R.Findings, R.SarifLimit);
  size_t Count = Kept.size();
  for (const Finding *F : Kept)
    Rules[F->Check] = 0;
  // All of ours, so that a rule does not vanish with its last finding.
  for (const CheckInfo &Check : project::CheckRows)
    Rules[Check.Name.str()] = 0;
  unsigned Index = 0;
  for (auto &Rule : Rules)
    Rule.second = Index++;

  J.object([&] {
    J.attribute("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    J.attribute("version", "2.1.0");
    J.attributeArray("runs", [&] {
      J.object([&] {
        driver();
        J.attributeObject("automationDetails",
                          [&] { J.attribute("id", "pyext-tidy/"); });
        J.attribute("columnKind", "utf16CodeUnits");
        J.attributeObject("originalUriBaseIds", [&] {
          J.attributeObject("%SRCROOT%", [&] {
            J.attribute("uri", "file://" + encoded(R.Root) + "/");
          });
        });
        J.attributeArray("invocations", [&] {
          J.object([&] {
            J.attribute("executionSuccessful", R.Failed.empty());
            J.attributeArray("toolExecutionNotifications", [&] {
              auto Notify = [&](llvm::StringRef Level, llvm::StringRef File,
                                llvm::StringRef Text) {
                J.object([&] {
                  J.attribute("level", Level);
                  text("message", Text);
                  if (File.empty())
                    return;
                  J.attributeArray("locations", [&] {
                    J.object([&] {
                      J.attributeObject("physicalLocation",
                                        [&] { artifact(File); });
                    });
                  });
                });
              };
              for (const project::LeftOut &L : R.Failed)
                Notify("error", L.File, "not analysed: " + L.Reason);
              if (R.Findings.size() > Count)
                Notify("warning", "",
                       std::to_string(R.Findings.size() - Count) +
                           " more findings are left out of this report");
            });
          });
        });
        J.attributeArray("results", [&] {
          for (const Finding *F : Kept)
            result(*F);
        });
      });
    });
  });
  J.flush();
}

void pyext::report::writeSarif(const Report &R, llvm::raw_ostream &OS) {
  Writer(R, OS).write();
  OS << "\n";
}
