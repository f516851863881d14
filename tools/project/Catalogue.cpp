//===- Catalogue.cpp - What there is to know about each check -------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Catalogue.h"
#include "Message.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace pyext::project;

const char pyext::project::ProjectUrl[] = PYEXT_DOCS_URL;

const CheckInfo *pyext::project::findCheck(llvm::StringRef Name) {
  auto I = llvm::partition_point(
      CheckRows, [&](const CheckInfo &Row) { return Row.Name < Name; });
  return I != CheckRows.end() && I->Name == Name ? I : nullptr;
}

llvm::StringRef CheckInfo::section(llvm::StringRef Heading) const {
  size_t Begin = Page.find(("\n## " + Heading + "\n").str());
  if (Begin == llvm::StringRef::npos)
    return "";
  llvm::StringRef Rest = Page.substr(Begin + 5 + Heading.size());
  // A line "## " inside a code block does not occur: C has no such line.
  return Rest.substr(0, Rest.find("\n## ")).trim();
}

std::string CheckInfo::url() const {
  if (!*ProjectUrl)
    return "";
  return (ProjectUrl + ("/checks/" + Group) + "/" + Pattern + ".html").str();
}

static constexpr char Help[] = R"(USAGE: pyext-tidy explain [CHECK...]

Prints the page of each check: what it finds, why that is bad, an example, what
to write instead, what it misses. CHECK is a name, with or without "cpython-" and
the group, or a glob such as 'cpython-refs-*'. Without one, lists all checks.

Exit status: 0; 2 when there is no such check.
)";

static bool matches(const CheckInfo &Row, llvm::StringRef Name) {
  if (Name.consume_back("*"))
    return Row.Name.starts_with(Name);
  return Row.Name == Name || Row.Pattern == Name ||
         (Row.Group + "-" + Row.Pattern).str() == Name;
}

int pyext::project::explain(llvm::ArrayRef<const char *> Arguments) {
  if (Arguments.empty()) {
    for (const CheckInfo &Row : CheckRows)
      llvm::outs() << Row.Name << "\n    " << Row.Sentence << ".\n";
    return 0;
  }
  bool First = true;
  for (llvm::StringRef Argument : Arguments) {
    if (Argument == "--help" || Argument == "-h") {
      llvm::outs() << Help;
      return 0;
    }
    bool Any = false;
    for (const CheckInfo &Row : CheckRows) {
      if (!matches(Row, Argument))
        continue;
      Any = true;
      if (!First)
        llvm::outs() << "\n";
      First = false;
      llvm::outs() << Row.Page;
    }
    if (Any)
      continue;
    llvm::raw_ostream &OS = pyext::driver::error()
                            << "explain: no check '" << Argument << "'";
    llvm::StringRef Closest;
    unsigned Best = 8;
    for (const CheckInfo &Row : CheckRows)
      for (llvm::StringRef Name : {Row.Name, Row.Pattern}) {
        unsigned Distance = Argument.edit_distance(Name, true, Best);
        if (Distance < Best) {
          Best = Distance;
          Closest = Row.Name;
        }
      }
    if (!Closest.empty())
      OS << "; did you mean '" << Closest << "'?";
    OS << " ('pyext-tidy explain' lists all)\n";
    return 2;
  }
  return 0;
}
