//===- Html.cpp - One page to look at -------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "project/Catalogue.h"
#include "project/Embedded.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"
#include <map>
#include <set>

using namespace pyext;
using namespace pyext::report;
using project::CheckInfo;
using project::Finding;
using project::LeftOut;
using project::Place;
using llvm::StringRef;

static std::string escaped(StringRef Text) {
  std::string Result;
  for (char C : project::validUtf8(Text)) {
    switch (C) {
    case '&':
      Result += "&amp;";
      break;
    case '<':
      Result += "&lt;";
      break;
    case '>':
      Result += "&gt;";
      break;
    case '"':
      Result += "&quot;";
      break;
    default:
      Result += C;
    }
  }
  return Result;
}

static bool isKeyword(StringRef Word) {
  static const llvm::StringSet<> Words{
      "auto",     "bool",    "break",    "case",     "catch",    "char",
      "class",    "const",   "continue", "default",  "delete",   "do",
      "double",   "else",    "enum",     "extern",   "false",    "float",
      "for",      "goto",    "if",       "inline",   "int",      "long",
      "namespace", "new",    "nullptr",  "private",  "public",   "return",
      "short",    "signed",  "sizeof",   "static",   "struct",   "switch",
      "template", "this",    "throw",    "true",     "try",      "typedef",
      "typename", "union",   "unsigned", "using",    "virtual",  "void",
      "volatile", "while",   "NULL"};
  return Words.contains(Word);
}

/// One line of C with its words coloured; the bytes from \p Begin to \p End are
/// marked.
/// \p InComment: it begins inside of a comment.
static std::string coloured(StringRef Line, size_t Begin, size_t End,
                            bool InComment) {
  std::string Out;
  auto Put = [&](size_t From, size_t To, const char *Class) {
    if (*Class)
      Out += std::string("<span class=") + Class + ">";
    // The marked part may begin or end inside of a word.
    for (size_t Cut : {Begin, End})
      if (From < Cut && Cut < To) {
        size_t Marked = From >= Begin && From < End;
        Out += (Marked ? "<mark>" : "") + escaped(Line.slice(From, Cut)) +
               (Marked ? "</mark>" : "");
        From = Cut;
      }
    bool Marked = From >= Begin && From < End;
    Out += (Marked ? "<mark>" : "") + escaped(Line.slice(From, To)) +
           (Marked ? "</mark>" : "");
    if (*Class)
      Out += "</span>";
  };
  for (size_t I = 0; I < Line.size();) {
    size_t Start = I;
    char C = Line[I];
    if (Line.substr(I).starts_with("//")) {
      Put(I, Line.size(), "c");
      break;
    }
    if (InComment || Line.substr(I).starts_with("/*")) {
      size_t Close = Line.find("*/", InComment ? I : I + 2);
      InComment = false;
      I = Close == StringRef::npos ? Line.size() : Close + 2;
      Put(Start, I, "c");
    } else if (C == '"' || C == '\'') {
      for (++I; I < Line.size() && Line[I] != C; ++I)
        if (Line[I] == '\\')
          ++I;
      I = std::min(I + 1, Line.size());
      Put(Start, I, "s");
    } else if (llvm::isAlpha(C) || C == '_' || C == '#') {
      for (++I; I < Line.size() && (llvm::isAlnum(Line[I]) || Line[I] == '_');)
        ++I;
      Put(Start, I,
          C == '#' || isKeyword(Line.slice(Start, I)) ? "k" : "");
    } else if (llvm::isDigit(C)) {
      for (++I; I < Line.size() && (llvm::isAlnum(Line[I]) || Line[I] == '.');)
        ++I;
      Put(Start, I, "n");
    } else {
      for (++I; I < Line.size() && !llvm::isAlnum(Line[I]) && Line[I] != '_' &&
                Line[I] != '"' && Line[I] != '\'' && Line[I] != '/' &&
                Line[I] != '#';)
        ++I;
      Put(Start, I, "");
    }
  }
  return Out;
}

namespace {

class Page {
public:
  explicit Page(const Report &R) : R(R), OS(Text) {}
  std::string write();

private:
  void head();
  void modules();
  void readiness(StringRef Hazard, Readiness Value, unsigned Findings,
                 StringRef Declared,
                 llvm::ArrayRef<project::EvidenceInfo> Evidence);
  void findings();
  void finding(const Finding &F);
  void excerpt(const Finding &F);
  void list(StringRef Title, llvm::ArrayRef<LeftOut> Items, bool Open);
  bool inComment(const std::string &File, unsigned Line);
  void tile(size_t Value, StringRef What) {
    OS << "<div class=tile><b>" << Value << "</b><span>" << What
       << "</span></div>\n";
  }

  const Report &R;
  std::string Text;
  llvm::raw_string_ostream OS;
  /// For each line of a file: whether it begins inside of a comment.
  std::map<std::string, std::vector<bool>> Comments;
};

} // namespace

bool Page::inComment(const std::string &File, unsigned Line) {
  auto [I, New] = Comments.try_emplace(File);
  std::vector<bool> &Lines = I->second;
  if (New) {
    StringRef Text = R.Texts->text(File);
    char Inside = 0; // '*', '/' or the quote of a literal.
    Lines.push_back(false);
    for (size_t At = 0; At < Text.size(); ++At) {
      char C = Text[At];
      StringRef Rest = Text.substr(At);
      if (C == '\n') {
        if (Inside != '*')
          Inside = 0;
        Lines.push_back(Inside == '*');
      } else if (Inside == '*') {
        if (Rest.starts_with("*/")) {
          Inside = 0;
          ++At;
        }
      } else if (Inside == '"' || Inside == '\'') {
        if (C == '\\')
          ++At;
        else if (C == Inside)
          Inside = 0;
      } else if (Inside == 0) {
        if (Rest.starts_with("/*") || Rest.starts_with("//"))
          Inside = Rest[1], ++At;
        else if (C == '"' || C == '\'')
          Inside = C;
      }
    }
  }
  return Line <= Lines.size() && Lines[Line - 1];
}

void Page::head() {
  size_t Fixes = 0, FreeThreading = 0, Subinterpreters = 0;
  for (const Finding &F : R.Findings) {
    Fixes += !F.Edits.empty();
    FreeThreading += F.FreeThreading;
    Subinterpreters += F.Subinterpreters;
  }
  OS << "<header><div><h1>" << escaped(llvm::sys::path::filename(R.Root))
     << " <small>thread safety of its extension modules, by pyext-tidy "
     << escaped(R.Version) << "</small></h1>\n<div class=tiles>\n";
  tile(R.Findings.size(), R.Findings.size() == 1 ? "finding" : "findings");
  tile(FreeThreading, "for free threading");
  tile(Subinterpreters, "for subinterpreters");
  tile(Fixes, Fixes == 1 ? "has a safe fix" : "have a safe fix");
  tile(R.FilesAnalysed, R.FilesAnalysed == 1 ? "file analysed" : "files analysed");
  if (!R.Failed.empty())
    tile(R.Failed.size(), "not analysed");
  if (R.Known)
    tile(R.Known, "known, in the baseline");
  OS << "</div></div></header>\n<main>\n";
}

void Page::readiness(StringRef Hazard, Readiness Value, unsigned Findings,
                     StringRef Declared,
                     llvm::ArrayRef<project::EvidenceInfo> Evidence) {
  StringRef Class, Words;
  switch (Value) {
  case Readiness::Unknown:
    Class = "open";
    Words = "not known";
    break;
  case Readiness::Ready:
    Class = "ready";
    Words = "declared, nothing found against it";
    break;
  case Readiness::Contradicted:
    Class = "contradicted";
    Words = "declared, findings against it";
    break;
  case Readiness::Open:
    Class = "open";
    Words = "nothing found, not declared";
    break;
  case Readiness::NotReady:
    Class = "not-ready";
    Words = "not ready";
    break;
  case Readiness::Declined:
    Class = "declined";
    Words = "declares: not supported";
    break;
  }
  OS << "<div><div class=label>" << Hazard << "</div><span class=\"chip "
     << Class << "\">" << Words << "</span><div class=dim>";
  if (Findings)
    OS << Findings << (Findings == 1 ? " finding" : " findings") << ", ";
  OS << (Declared.empty() ? "no declaration"
                          : "<code>" + escaped(Declared) + "</code>")
     << "</div>";
  if (!Evidence.empty()) {
    OS << "<details><summary>" << Evidence.size()
       << (Evidence.size() == 1 ? " place stands" : " places stand")
       << " against declaring it</summary><ul>";
    size_t Shown = 0;
    for (const project::EvidenceInfo &E : Evidence) {
      if (++Shown > 50) {
        OS << "<li class=dim>and " << Evidence.size() - 50 << " more</li>";
        break;
      }
      OS << "<li>" << escaped(E.What) << " <span class=where>"
         << escaped(R.path(E.File)) << ":" << E.Line << "</span></li>";
    }
    OS << "</ul></details>";
  }
  OS << "</div>\n";
}

void Page::modules() {
  if (R.Modules.empty())
    return;
  OS << "<h2>Modules</h2>\n";
  for (const Module &M : R.Modules) {
    OS << "<div class=\"card module\"><div><h3>" << escaped(M.Info.Name)
       << "</h3><div class=where>" << escaped(R.path(M.Info.File)) << ":"
       << M.Info.Line << "</div><div class=dim>" << escaped(M.Info.Init) << ", "
       << M.Files << (M.Files == 1 ? " file" : " files");
    if (M.Failed)
      OS << ", " << M.Failed << " not analysed";
    OS << "</div></div>\n";
    readiness("free threading", freeThreading(M), M.FreeThreading, M.Info.Gil,
              M.AgainstFreeThreading);
    readiness("subinterpreters", subinterpreters(M), M.Subinterpreters,
              M.Info.Interpreters, M.AgainstInterpreters);
    OS << "</div>\n";
  }
}

/// The code around the finding and its notes, with what is said under the line
/// it is said about.
void Page::excerpt(const Finding &F) {
  constexpr unsigned Around = 2;
  project::Sources &Texts = *R.Texts;
  std::map<std::string, std::map<unsigned, std::vector<std::string>>> Said;
  std::vector<std::string> Order{F.At.File};
  std::map<std::string, std::set<unsigned>> Lines;
  auto Add = [&](const Place &At) {
    unsigned Last = std::min(Texts.lines(At.File), At.Line + Around);
    for (unsigned L = At.Line > Around ? At.Line - Around : 1; L <= Last; ++L)
      Lines[At.File].insert(L);
    if (!llvm::is_contained(Order, At.File))
      Order.push_back(At.File);
  };
  if (F.At.Line)
    Add(F.At);
  std::string Homeless;
  for (const project::Note &N : F.Notes) {
    if (N.At.Line == 0 || Texts.text(N.At.File).empty()) {
      Homeless += "<p class=dim>" + escaped(N.Message) + "</p>";
      continue;
    }
    Add(N.At);
    Said[N.At.File][N.At.Line].push_back(N.Message);
  }
  OS << "<div class=code><table>";
  for (const std::string &File : Order) {
    if (File != F.At.File)
      OS << "<tr class=file><td colspan=2>" << escaped(R.path(File))
         << "</td></tr>";
    unsigned Previous = 0;
    for (unsigned L : Lines[File]) {
      if (Previous && L != Previous + 1)
        OS << "<tr class=gap><td colspan=2>⋯</td></tr>";
      Previous = L;
      bool Hit = File == F.At.File && L == F.At.Line;
      auto Notes = Said[File].find(L);
      bool Noted = Notes != Said[File].end();
      StringRef Line = Texts.line(File, L).take_front(400);
      size_t Begin = 0, End = 0;
      if (Hit) {
        Begin = F.At.Column - 1;
        End = Begin + F.Length;
        // Without a range, the word there.
        if (F.Length == 0)
          End = std::min(Line.size(),
                         Line.find_if_not(
                             [](char C) { return llvm::isAlnum(C) || C == '_'; },
                             Begin));
        End = std::max(End, Begin + 1);
      }
      OS << "<tr" << (Hit ? " class=hit" : Noted ? " class=noted" : "")
         << "><td>" << L << "</td><td>"
         << coloured(Line, Begin, End, inComment(File, L))
         << "</td></tr>";
      if (Noted)
        for (const std::string &Message : Notes->second)
          OS << "<tr class=say><td></td><td><div>" << escaped(Message)
             << "</div></td></tr>";
    }
  }
  OS << "</table></div>" << Homeless;
}

void Page::finding(const Finding &F) {
  OS << "<article class=\"card finding\" id=\"f-" << F.Fingerprint
     << "\" data-hazards=\"" << (F.FreeThreading ? "free-threading " : "")
     << (F.Subinterpreters ? "subinterpreters" : "") << "\" data-modules=\""
     << escaped(llvm::join(F.Modules, "\n")) << "\">\n<div class=message>"
     << escaped(F.Message) << "</div>\n<div class=where>"
     << escaped(R.path(F.At.File)) << ":" << F.At.Line << ":" << F.At.Column
     << "</div>\n<div>";
  if (F.FreeThreading)
    OS << "<span class=tag>free threading</span>";
  if (F.Subinterpreters)
    OS << "<span class=tag>subinterpreters</span>";
  if (F.Builds.size() == 1 && F.Builds.front() != "as-is")
    OS << "<span class=tag>only in the " << escaped(F.Builds.front())
       << " build</span>";
  if (!F.Edits.empty())
    OS << "<span class=\"tag fix\">safe fix</span>";
  for (const std::string &M : F.Modules)
    OS << "<span class=tag>" << escaped(M) << "</span>";
  OS << "</div>\n";
  excerpt(F);
  OS << "</article>\n";
}

void Page::findings() {
  if (R.Findings.empty()) {
    OS << "<h2>Findings</h2><div class=card>Nothing was found in "
       << R.FilesAnalysed << (R.FilesAnalysed == 1 ? " file" : " files")
       << ".</div>\n";
    return;
  }
  static const std::pair<StringRef, StringRef> Groups[] = {
      {"refs", "References that die while they are in use"},
      {"state", "State shared by all threads or interpreters"},
      {"modules", "What a module declares about itself"},
      {"threads", "Attaching, detaching, and locks"},
      {"types", "Type objects and their instances"},
      {"", "Other checks"}};
  std::map<std::string, std::map<std::string, std::vector<const Finding *>>>
      Sorted;
  std::set<std::string> Modules;
  for (const Finding &F : R.Findings) {
    const CheckInfo *Check = project::findCheck(F.Check);
    Sorted[Check ? Check->Group.str() : ""][F.Check].push_back(&F);
    Modules.insert(F.Modules.begin(), F.Modules.end());
  }
  OS << "<h2>Findings</h2>\n<div class=bar><input id=filter type=search "
        "placeholder=\"filter: words, file, check\" aria-label=\"filter "
        "findings\"><select id=hazard aria-label=hazard><option "
        "value=\"\">both hazards</option><option value=free-threading>free "
        "threading</option><option value=subinterpreters>subinterpreters"
        "</option></select><select id=module aria-label=module><option "
        "value=\"\">all modules</option>";
  for (const std::string &M : Modules)
    OS << "<option>" << escaped(M) << "</option>";
  OS << "</select><span id=count class=dim></span></div>\n";
  for (auto [Group, Title] : Groups) {
    auto Found = Sorted.find(Group.str());
    if (Found == Sorted.end())
      continue;
    OS << "<section class=group><h2>" << Title << "</h2>\n";
    for (const auto &[Name, List] : Found->second) {
      const CheckInfo *Check = project::findCheck(Name);
      OS << "<section class=check><h3>";
      if (Check && !Check->url().empty())
        OS << "<a href=\"" << escaped(Check->url()) << "\">" << escaped(Name)
           << "</a>";
      else
        OS << escaped(Name);
      OS << " <small>" << List.size()
         << (List.size() == 1 ? " finding" : " findings") << "</small></h3>\n";
      if (Check)
        OS << "<p class=dim>" << escaped(Check->Sentence) << ".</p>\n";
      for (const Finding *F : List)
        finding(*F);
      OS << "</section>\n";
    }
    OS << "</section>\n";
  }
}

void Page::list(StringRef Title, llvm::ArrayRef<LeftOut> Items, bool Open) {
  if (Items.empty())
    return;
  OS << "<details class=card" << (Open ? " open" : "") << "><summary>"
     << Items.size() << " " << Title << "</summary><ul class=plain>\n";
  for (const LeftOut &L : Items)
    OS << "<li><span class=where>" << escaped(R.path(L.File)) << "</span> "
       << escaped(L.Reason) << "</li>\n";
  OS << "</ul></details>\n";
}

std::string Page::write() {
  head();
  modules();
  findings();
  if (!R.Failed.empty() || !R.Skipped.empty() || !R.Functions.empty())
    OS << "<h2>Not analysed</h2>\n";
  list(R.Failed.size() == 1 ? "file could not be analysed"
                            : "files could not be analysed",
       R.Failed, /*Open=*/true);
  if (R.Withheld)
    OS << "<p class=dim>" << R.Withheld
       << (R.Withheld == 1 ? " finding is" : " findings are")
       << " withheld: what does not compile cannot be judged.</p>\n";
  list("functions were too large", R.Functions, false);
  list(R.Skipped.size() == 1 ? "file is not part of this build"
                             : "files are not part of this build",
       R.Skipped, false);
  OS << "<footer>" << escaped(R.BuildId);
  if (!R.Builds.empty())
    OS << " · builds: " << escaped(llvm::join(R.Builds, ", "));
  if (*project::ProjectUrl)
    OS << " · <a href=\"" << project::ProjectUrl
       << "\">what the checks mean</a>";
  else
    OS << " · <code>pyext-tidy explain CHECK</code> says what a check means";
  OS << "</footer>\n</main>";
  StringRef Template = project::embedded("report/page.html");
  std::string Result;
  while (!Template.empty()) {
    auto [Before, Rest] = Template.split("{{");
    Result += Before;
    auto [Name, After] = Rest.split("}}");
    if (Name == "TITLE")
      Result += escaped(llvm::sys::path::filename(R.Root)) + " · pyext-tidy";
    else if (Name == "BODY")
      Result += OS.str();
    Template = After;
  }
  return Result;
}

void pyext::report::writeHtml(const Report &R, llvm::raw_ostream &OS) {
  OS << Page(R).write();
}
