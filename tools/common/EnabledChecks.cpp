//===- EnabledChecks.cpp - Which checks a configuration enables -----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// clang-tidy asks for each of some thousand names of checks, three times in a
// run, whether the globs of `Checks` match it, and answers with a regular
// expression per glob. In a small file that takes a twentieth of the time of
// the parse. The linker's --wrap puts this answer, which is the same, in its
// place: GlobList.cpp of clang-tidy says that the last glob that matches
// decides, and that `*` alone has a meaning.
//
//===----------------------------------------------------------------------===//

#include "clang-tidy/ClangTidyDiagnosticConsumer.h"
#include "clang-tidy/ClangTidyOptions.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

using llvm::StringRef;

/// Whether \p Glob, in which `*` is any text, is the whole of \p Name.
static bool matches(StringRef Glob, StringRef Name) {
  auto [Front, Rest] = Glob.split('*');
  if (Front.size() == Glob.size())
    return Name == Glob;
  if (!Name.consume_front(Front))
    return false;
  // What stands between two stars is taken where it comes first.
  while (Rest.contains('*')) {
    auto [Part, Next] = Rest.split('*');
    size_t At = Name.find(Part);
    if (At == StringRef::npos)
      return false;
    Name = Name.drop_front(At + Part.size());
    Rest = Next;
  }
  return Name.ends_with(Rest);
}

/// The last of \p Globs, separated by commas or line ends, that matches \p Name
/// decides: it enables the check unless a minus stands before it.
static bool enables(StringRef Globs, StringRef Name) {
  while (true) {
    size_t Comma = Globs.find_last_of(",\n");
    StringRef Glob =
        Comma == StringRef::npos ? Globs : Globs.drop_front(Comma + 1);
    Glob = Glob.trim();
    bool Positive = !Glob.consume_front("-");
    if (matches(Glob.trim(), Name))
      return Positive;
    if (Comma == StringRef::npos)
      return false;
    Globs = Globs.take_front(Comma);
  }
}

bool wrapIsCheckEnabled(const clang::tidy::ClangTidyContext *Context,
                        StringRef Name) asm("__wrap__ZNK5clang4tidy16"
                                            "ClangTidyContext14isCheckEnabledEN"
                                            "4llvm9StringRefE");

bool wrapIsCheckEnabled(const clang::tidy::ClangTidyContext *Context,
                        StringRef Name) {
  const std::optional<std::string> &Globs = Context->getOptions().Checks;
  return Globs && enables(*Globs, Name);
}
