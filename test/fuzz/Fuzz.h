//===- Fuzz.h - What the fuzz targets share ------------------- -*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FUZZ_FUZZ_H
#define PYEXT_FUZZ_FUZZ_H

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <string>

namespace pyext::fuzz {

/// Ends the process, as a crash does: \p What does not hold.
[[noreturn]] inline void broken(const llvm::Twine &What) {
  llvm::errs() << "fuzz: " << What << "\n";
  abort();
}

/// A file of this process that holds \p Text; each call may name it anew.
class TemporaryFile {
public:
  TemporaryFile(llvm::StringRef Name, llvm::StringRef Text) {
    static unsigned Number;
    llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, Path);
    llvm::sys::path::append(
        Path, ("pyext-fuzz-" + llvm::Twine(llvm::sys::Process::getProcessId()) +
               "-" + llvm::Twine(++Number) + "-" + Name));
    std::error_code EC;
    llvm::raw_fd_ostream OS(Path, EC);
    if (EC)
      broken(Path + ": " + EC.message());
    OS << Text;
  }
  ~TemporaryFile() { llvm::sys::fs::remove(Path); }
  llvm::StringRef path() const { return Path; }

private:
  llvm::SmallString<128> Path;
};

} // namespace pyext::fuzz

#endif // PYEXT_FUZZ_FUZZ_H
