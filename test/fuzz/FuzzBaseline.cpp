//===- FuzzBaseline.cpp - Any baseline, any exported fixes ----------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fuzz.h"
#include "project/Baseline.h"

using namespace pyext;
using namespace pyext::project;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  llvm::StringRef Text(reinterpret_cast<const char *>(Data), Size);
  fuzz::TemporaryFile File("baseline.json", Text);
  auto Entries = readBaseline(File.path());
  if (!Entries) {
    std::string Message = llvm::toString(Entries.takeError());
    if (!llvm::StringRef(Message).contains(File.path()))
      fuzz::broken("an error that names no file: " + Message);
  } else {
    // What the baseline lists is known, and all of it was used.
    std::vector<Finding> Findings;
    for (const BaselineEntry &Entry : *Entries) {
      Finding F;
      F.Fingerprint = Entry.Fingerprint;
      Findings.push_back(F);
    }
    if (!applyBaseline(Findings, *Entries).empty() || !Findings.empty())
      fuzz::broken("a baseline does not cover itself");
  }
  // The other file that is read back: what clang-tidy exports.
  Sources Texts;
  if (auto Exported = readExported(File.path(), Texts)) {
    std::vector<Finding> Merged = merge(std::move(Exported->Findings));
    setFingerprints(Merged, Texts, "/");
  } else {
    llvm::consumeError(Exported.takeError());
  }
  return 0;
}
