//===- FuzzFacts.cpp - Any file of user facts -----------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fuzz.h"
#include "facts/UserFacts.h"
#include "llvm/ADT/STLExtras.h"

using namespace pyext;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  llvm::StringRef Text(reinterpret_cast<const char *>(Data), Size);
  fuzz::TemporaryFile File("facts.yaml", Text);
  llvm::Expected<const facts::UserFacts *> Facts =
      facts::loadUserFacts(File.path());
  if (!Facts) {
    std::string Message = llvm::toString(Facts.takeError());
    // An error says which file, so that the user can mend it.
    if (!llvm::StringRef(Message).contains(File.path()))
      fuzz::broken("an error that names no file: " + Message);
    return 0;
  }
  if (!llvm::is_sorted((*Facts)->ApiNames))
    fuzz::broken("names are not sorted");
  return 0;
}
