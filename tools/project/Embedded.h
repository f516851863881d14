//===- Embedded.h - Files that the tool carries -------------- -*- C++ -*--===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PROJECT_EMBEDDED_H
#define PYEXT_PROJECT_EMBEDDED_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace pyext::project {

/// A file of the source tree, put into the executable by cmake/embed.py.
struct EmbeddedFile {
  llvm::StringRef Name, Text;
};

extern const llvm::ArrayRef<EmbeddedFile> EmbeddedFiles;

/// The text of the file \p Name, which exists.
inline llvm::StringRef embedded(llvm::StringRef Name) {
  for (const EmbeddedFile &File : EmbeddedFiles)
    if (File.Name == Name)
      return File.Text;
  return "";
}

} // namespace pyext::project

#endif // PYEXT_PROJECT_EMBEDDED_H
