//===- Rewrite.cpp - From process-global to per-module state --------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <functional>

using namespace llvm;

namespace pyext::migrate {

RewriteResult Rewriter::run() {
  if (I.Modules.empty())
    return refuse("no PyInit_ function with its PyModuleDef in these files; "
                  "name all files of the extension");
  if (I.Modules.size() > 1) {
    std::string Names;
    for (const ModuleInfo &Mod : I.Modules)
      Names += (Names.empty() ? "" : ", ") + Mod.Name;
    return refuse("these files make several modules (" + Names +
                  "); name the files of one");
  }
  M = I.Modules.front();
  if (!M.Refused.empty())
    return refuse(M.Refused);
  Prefix = sanitised(StringRef(M.FullName.empty() ? M.Name : M.FullName)
                             .rsplit('.')
                             .second.empty()
                         ? (M.FullName.empty() ? M.Name : M.FullName)
                         : StringRef(M.FullName).rsplit('.').second);
  BodyKey = M.MultiPhase ? M.Exec : M.Body;
  if (const Function *B = function(BodyKey)) {
    Body = B;
    MainFile = B->Body.File;
  } else if (const Function *F = function(M.InitFunction)) {
    MainFile = F->Body.File;
  }
  if (MainFile < 0)
    return refuse("the body of PyInit_" + M.Name + " is not in these files");
  Cxx = I.Files[MainFile].Cxx;
  if (M.MultiPhase)
    ModuleName =
        Body && !Body->Parameters.empty() ? Body->Parameters[0].Name : "";
  else
    ModuleName = M.ModuleVariable.empty() ? "module" : M.ModuleVariable;
  if (M.VariableReused && Body)
    for (const char *Name : {"module", "mod", "this_module"}) {
      ModuleName = Name;
      if (!Body->Locals.count(Name) && !I.Macros.count(Name))
        break;
    }
  if (!M.MultiPhase)
    if (std::string Why = whyNoSplit(); !Why.empty())
      return refuse(Why);
  HasState = M.SizeKnown && M.Size > 0;
  if (!M.MultiPhase)
    for (const ApiUse &U : I.Uses)
      if (U.Name == "PyUnstable_Module_SetGIL" && U.Function == BodyKey) {
        SetGil = U.If.valid() ? U.If : U.Statement;
        if (U.Args.size() != 2 || !SetGil.valid() ||
            (U.NeedsBraces && !U.If.valid()))
          return refuse("the result of PyUnstable_Module_SetGIL() is used");
        M.SetGil = U.Args[1];
      }

  prepareModuleVariable();
  moveFromInit();
  findOthersHeaders();
  readInactive();
  readUnusedMacros();
  findStateMacros();
  if (O.Upto >= Level::State)
    prepareTables();
  chooseEntities();
  chooseNames();
  settle();
  if (!R.Refused.empty())
    return std::move(R);
  emit();
  for (const Edit &E : R.Edits)
    if (auto Other = OthersHeaders.find(E.Where.File);
        Other != OthersHeaders.end() && R.Refused.empty())
      R.Refused = "'" +
                  sys::path::filename(I.Files[E.Where.File].Path).str() +
                  "' would change, and " + Other->second +
                  ", which is not one of the sources of the module, includes it";
  return std::move(R);
}

RewriteResult Rewriter::refuse(std::string Why) {
  RewriteResult Out;
  Out.Refused = std::move(Why);
  return Out;
}

const Function *Rewriter::function(const std::string &Key) const {
  return I.defined(Key);
}

RewriteResult rewrite(const Index &I, const RewriteOptions &Options) {
  return Rewriter(I, Options).run();
}

/// The bounds of the line at \p At, without its newline.
static std::pair<size_t, size_t> lineAt(StringRef T, size_t At) {
  const size_t Before = T.rfind('\n', At); // Not at At itself.
  return {Before == StringRef::npos ? 0 : Before + 1,
          std::min(T.find('\n', At), T.size())};
}

/// Where lines were deleted, at \p Gaps: no more empty lines than there were
/// between any two lines before, none where a block begins or ends that had
/// none, and no `#if` with nothing in it.
static void closeGaps(std::string &Text, std::vector<size_t> Gaps) {
  auto IsDirective = [](StringRef Line, StringRef Name) {
    return Line.consume_front("#") && Line.ltrim().starts_with(Name) &&
           !Line.ends_with("\\");
  };
  while (!Gaps.empty()) {
    size_t At = Gaps.back();
    if (auto [Begin, End] = lineAt(Text, At); Begin != At) {
      Gaps.pop_back();
      if (!StringRef(Text).slice(Begin, End).trim().empty())
        continue;
      Text.erase(Begin, std::min(End + 1, Text.size()) - Begin);
      Gaps.push_back(Begin);
      continue;
    }
    // The empty lines around it, and the lines around those.
    StringRef T = Text, Last, Next;
    size_t Begin = At, End = At;
    while (Begin > 0) {
      auto [LineBegin, LineEnd] = lineAt(T, Begin - 1);
      Last = T.slice(LineBegin, LineEnd).trim();
      if (!Last.empty())
        break;
      Begin = LineBegin;
    }
    while (End < T.size()) {
      auto [LineBegin, LineEnd] = lineAt(T, End);
      Next = T.slice(LineBegin, LineEnd).trim();
      if (!Next.empty())
        break;
      End = std::min(LineEnd + 1, T.size());
    }
    // As many as there were at the beginning, at the end, or at most.
    const size_t After = T.slice(At, End).count('\n');
    size_t Before = 0, Most = After;
    while (!Gaps.empty() && Gaps.back() >= Begin) {
      const size_t Up = Gaps.back();
      Gaps.pop_back();
      const size_t From =
          Gaps.empty() || Gaps.back() < Begin ? Begin : Gaps.back();
      Before = T.slice(From, Up).count('\n');
      Most = std::max(Most, Before);
    }
    // What a comment in it is about is gone, too.
    size_t Above = Begin;
    StringRef Opens = Last;
    while (Above > 0 && IsDirective(Next, "endif")) {
      auto [LineBegin, LineEnd] = lineAt(T, Above - 1);
      Opens = T.slice(LineBegin, LineEnd).trim();
      Above = LineBegin;
      if (!Opens.empty() && !Opens.starts_with("//") &&
          !(Opens.starts_with("/*") && Opens.find("*/") == Opens.size() - 2))
        break;
    }
    const bool Else = IsDirective(Opens, "else");
    if ((IsDirective(Opens, "if") || Else) && IsDirective(Next, "endif")) {
      const size_t From = Above,
                   To = Else ? End
                             : std::min(lineAt(T, End).second + 1, T.size());
      Text.erase(From, To - From);
      Gaps.push_back(From);
      continue;
    }
    const size_t Kept = Last.ends_with("{") || Begin == 0 ? Before
                        : Next.starts_with("}")           ? After
                                                          : Most;
    size_t Surplus = T.slice(Begin, End).count('\n') - Kept, To = Begin;
    for (; Surplus > 0; --Surplus)
      To = lineAt(T, To).second + 1;
    Text.erase(Begin, To - Begin);
  }
}

std::map<std::string, std::string>
apply(const Index &I, std::vector<Edit> Edits, std::string &Error) {
  std::map<std::string, std::string> Out;
  std::stable_sort(
      Edits.begin(), Edits.end(), [](const Edit &A, const Edit &B) {
        if (A.Where.File != B.Where.File)
          return A.Where.File < B.Where.File;
        return A.Where.Begin < B.Where.Begin ||
               (A.Where.Begin == B.Where.Begin && A.Where.End < B.Where.End);
      });
  for (size_t N = 0; N < Edits.size();) {
    int File = Edits[N].Where.File;
    const std::string &Old = I.Files[File].Text;
    std::string New;
    unsigned At = 0;
    bool Blank = false;       // An empty line was just added.
    std::vector<size_t> Gaps; // Where nothing stands for what was there.
    auto Keep = [&](size_t End) {
      if (At < End && Blank && Old[At] == '\n')
        ++At;
      Blank &= At >= End;
      New.append(Old, At, End - At);
    };
    for (; N < Edits.size() && Edits[N].Where.File == File; ++N) {
      const Edit &E = Edits[N];
      if (E.Where.Begin < At) {
        const bool Deletes = N && Edits[N - 1].Text.empty();
        if (E.Text.empty() && (E.Where.End <= At || Deletes)) {
          At = std::max(At, E.Where.End); // Some of it is gone already.
          continue;
        }
        StringRef Text(Old);
        Error = I.Files[File].Path + ":" +
                std::to_string(Text.take_front(E.Where.Begin).count('\n') + 1) +
                ": two edits overlap here";
        return {};
      }
      Keep(E.Where.Begin);
      New += E.Text;
      if (E.Text.empty())
        Gaps.push_back(New.size());
      else
        Blank = StringRef(E.Text).ends_with("\n\n");
      At = E.Where.End;
    }
    Keep(Old.size());
    closeGaps(New, std::move(Gaps));
    if (New != Old)
      Out[I.Files[File].Path] = New;
  }
  return Out;
}

} // namespace pyext::migrate
