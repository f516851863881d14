//===- Baseline.cpp - Findings that are known -----------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Baseline.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace pyext::project;

llvm::Expected<std::vector<BaselineEntry>>
pyext::project::readBaseline(llvm::StringRef Path) {
  auto Bad = [&](const llvm::Twine &Why) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   Path + ": " + Why);
  };
  auto Buffer = llvm::MemoryBuffer::getFile(Path, /*IsText=*/true);
  if (!Buffer)
    return Bad(Buffer.getError().message() +
               "; --update-baseline writes a first one");
  auto Parsed = llvm::json::parse((*Buffer)->getBuffer());
  if (!Parsed)
    return Bad(llvm::toString(Parsed.takeError()));
  const llvm::json::Object *Top = Parsed->getAsObject();
  if (!Top || Top->getInteger("version").value_or(0) != 1)
    return Bad("not a baseline of this version; write it again with "
               "--update-baseline");
  const llvm::json::Array *List = Top->getArray("findings");
  if (!List)
    return Bad("has no list 'findings'");
  std::vector<BaselineEntry> Result;
  for (const llvm::json::Value &Value : *List) {
    const llvm::json::Object *O = Value.getAsObject();
    auto Text = [&](llvm::StringRef Key) {
      return O ? O->getString(Key).value_or("").str() : std::string();
    };
    BaselineEntry Entry{Text("fingerprint"), Text("check"), Text("file"),
                        Text("message"), Text("code")};
    if (Entry.Fingerprint.empty())
      return Bad("an entry has no fingerprint");
    Result.push_back(std::move(Entry));
  }
  return Result;
}

llvm::Error pyext::project::writeBaseline(llvm::StringRef Path,
                                          llvm::ArrayRef<Finding> Findings,
                                          llvm::ArrayRef<BaselineEntry> Kept,
                                          Sources &Texts,
                                          llvm::StringRef Root) {
  std::vector<BaselineEntry> Entries(Kept.begin(), Kept.end());
  for (const Finding &F : Findings)
    Entries.push_back({F.Fingerprint, F.Check,
                       validUtf8(relativeTo(Root, F.At.File)),
                       validUtf8(F.Message),
                       validUtf8(Texts.line(F.At.File, F.At.Line).trim())});
  // By file, so that the file changes where the code does.
  llvm::stable_sort(Entries, [](const BaselineEntry &A, const BaselineEntry &B) {
    return A.File < B.File;
  });
  return llvm::writeToOutput(Path, [&](llvm::raw_ostream &OS) {
    llvm::json::OStream J(OS, 1);
    J.object([&] {
      J.attribute("version", 1);
      J.attributeArray("findings", [&] {
        for (const BaselineEntry &Entry : Entries)
          J.object([&] {
            J.attribute("fingerprint", Entry.Fingerprint);
            J.attribute("check", Entry.Check);
            J.attribute("file", Entry.File);
            J.attribute("message", Entry.Message);
            J.attribute("code", Entry.Code);
          });
      });
    });
    OS << "\n";
    return llvm::Error::success();
  });
}

std::vector<BaselineEntry>
pyext::project::applyBaseline(std::vector<Finding> &Findings,
                              llvm::ArrayRef<BaselineEntry> Known) {
  llvm::StringSet<> Prints, Used;
  for (const BaselineEntry &Entry : Known)
    Prints.insert(Entry.Fingerprint);
  llvm::erase_if(Findings, [&](const Finding &F) {
    if (!Prints.contains(F.Fingerprint))
      return false;
    Used.insert(F.Fingerprint);
    return true;
  });
  std::vector<BaselineEntry> Stale;
  for (const BaselineEntry &Entry : Known)
    if (!Used.contains(Entry.Fingerprint))
      Stale.push_back(Entry);
  return Stale;
}
