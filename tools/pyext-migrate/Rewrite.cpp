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
  auto F = I.Functions.find(Key);
  return F == I.Functions.end() || !F->second.Defined ? nullptr : &F->second;
}

RewriteResult rewrite(const Index &I, const RewriteOptions &Options) {
  return Rewriter(I, Options).run();
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
    bool Blank = false; // An empty line was just added.
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
      if (!E.Text.empty())
        Blank = StringRef(E.Text).ends_with("\n\n");
      At = E.Where.End;
    }
    Keep(Old.size());
    if (New != Old)
      Out[I.Files[File].Path] = New;
  }
  return Out;
}

} // namespace pyext::migrate
