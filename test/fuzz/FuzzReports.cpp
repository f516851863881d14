//===- FuzzReports.cpp - Any findings through all writers -----------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The input is cut into texts of files and findings at places of them: messages,
// names and lines may hold any byte. Every report must be what it says it is:
// valid JSON in UTF-8; and the baseline that is written covers what it was
// written from.
//
//===----------------------------------------------------------------------===//

#include "Fuzz.h"
#include "project/Baseline.h"
#include "report/Report.h"
#include "llvm/Support/JSON.h"
#include <fuzzer/FuzzedDataProvider.h>

using namespace pyext;
using namespace pyext::project;
using fuzz::broken;

static const char *const Checks[] = {"cpython-refs-borrowed-ref-race",
                                     "cpython-state-static-type",
                                     "clang-diagnostic-error", "", "no\"such"};

static Place placeIn(FuzzedDataProvider &Input,
                     llvm::ArrayRef<std::string> Files, Sources &Texts) {
  Place At;
  if (Input.ConsumeIntegralInRange(0, 9) == 0)
    return At;
  At.File = Files[Input.ConsumeIntegralInRange<size_t>(0, Files.size() - 1)];
  At.Offset = Input.ConsumeIntegralInRange<unsigned>(
      0, Texts.text(At.File).size());
  Texts.locate(At);
  return At;
}

static std::vector<Edit> editsIn(FuzzedDataProvider &Input, const Place &At,
                                 Sources &Texts) {
  std::vector<Edit> Edits;
  if (At.File.empty() || !Input.ConsumeBool())
    return Edits;
  unsigned Rest = Texts.text(At.File).size() - At.Offset;
  Edits.push_back({At.File, At.Offset,
                   Input.ConsumeIntegralInRange<unsigned>(0, Rest),
                   Input.ConsumeRandomLengthString(30)});
  return Edits;
}

static void mustBeJson(llvm::StringRef What, llvm::StringRef Text) {
  if (!llvm::json::isUTF8(Text))
    broken(What + " is not UTF-8");
  if (auto Value = llvm::json::parse(Text); !Value)
    broken(What + ": " + llvm::toString(Value.takeError()) + "\n" + Text);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  FuzzedDataProvider Input(Data, Size);
  Sources Texts;
  std::vector<std::string> Files;
  for (unsigned I = 0, N = Input.ConsumeIntegralInRange(1, 3); I != N; ++I) {
    Files.push_back("/no/such/" + Input.ConsumeRandomLengthString(12));
    Texts.replace(Files.back(), Input.ConsumeRandomLengthString(400));
  }

  std::vector<Finding> Findings;
  for (unsigned I = 0, N = Input.ConsumeIntegralInRange(0, 6); I != N; ++I) {
    Finding F;
    F.Check = Input.PickValueInArray(Checks);
    F.Message = Input.ConsumeRandomLengthString(60);
    F.At = placeIn(Input, Files, Texts);
    F.Length = Input.ConsumeIntegralInRange<unsigned>(0, 1000);
    F.Edits = editsIn(Input, F.At, Texts);
    for (unsigned K = Input.ConsumeIntegralInRange(0, 3); K != 0; --K) {
      Place At = placeIn(Input, Files, Texts);
      F.Notes.push_back(
          {At, Input.ConsumeRandomLengthString(40), editsIn(Input, At, Texts)});
    }
    F.Builds = {Input.ConsumeBool() ? "gil" : "ft"};
    F.Error = Input.ConsumeBool();
    if (Input.ConsumeBool())
      F.Modules.push_back(Input.ConsumeRandomLengthString(20));
    Findings.push_back(std::move(F));
  }
  Findings = merge(std::move(Findings));
  setFingerprints(Findings, Texts, "/no");

  report::Report R;
  R.Root = "/no";
  R.Version = "0";
  R.BuildId = Input.ConsumeRandomLengthString(8);
  R.Findings = Findings;
  R.SarifLimit = Input.ConsumeIntegralInRange<size_t>(0, 8);
  R.Texts = &Texts;
  R.FilesAnalysed = Files.size();
  R.Failed.push_back({Files[0], Input.ConsumeRandomLengthString(20), {}});
  R.Functions.push_back({Files[0] + ": f", "too large", {}});
  report::Module M;
  M.Info.Name = Input.ConsumeRandomLengthString(20);
  M.Info.File = Files[0];
  M.Info.Line = 1;
  R.Modules.push_back(M);

  auto Written = [&](void (*Write)(const report::Report &,
                                   llvm::raw_ostream &)) {
    std::string Text;
    llvm::raw_string_ostream OS(Text);
    Write(R, OS);
    return Text;
  };
  mustBeJson("SARIF", Written(report::writeSarif));
  mustBeJson("GitLab", Written(report::writeGitLab));
  mustBeJson("JSON", Written(report::writeJson));
  if (!llvm::json::isUTF8(Written(report::writeHtml)))
    broken("HTML is not UTF-8");
  // One annotation a line: no line break of a message may begin another.
  std::string Annotations = Written(report::writeGitHub);
  for (llvm::StringRef Rest = Annotations; !Rest.empty();) {
    auto [Line, After] = Rest.split('\n');
    if (!Line.starts_with("::"))
      broken("GitHub: " + Line);
    Rest = After;
  }
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  report::writeFindings(R, "/no", Input.ConsumeIntegralInRange<size_t>(0, 4),
                        OS);
  report::writeSummary(R, "/no", OS);

  fuzz::TemporaryFile File("baseline.json", "");
  if (llvm::Error E = writeBaseline(File.path(), Findings, /*Kept=*/{},
                                    Texts, "/no"))
    broken("baseline: " + llvm::toString(std::move(E)));
  auto Known = readBaseline(File.path());
  if (!Known)
    broken("baseline: " + llvm::toString(Known.takeError()));
  if (!applyBaseline(Findings, *Known).empty() || !Findings.empty())
    broken("a baseline does not cover what it was written from");
  return 0;
}
