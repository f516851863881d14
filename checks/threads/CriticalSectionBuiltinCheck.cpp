//===- CriticalSectionBuiltinCheck.cpp --------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/CriticalSectionBuiltinCheck.h"
#include "threads/HoldReports.h"

using namespace clang;

namespace pyext::threads {

/// Whether the call locks its argument number \p Arg by itself.
static bool locksItself(llvm::StringRef Name) {
  const std::optional<facts::ThreadSafety> Level = facts::threadSafety(Name);
  return Level && (*Level == facts::ThreadSafety::Atomic ||
                   *Level == facts::ThreadSafety::Shared);
}

/// Whether the text between two places has one statement.
static bool isOneStatement(llvm::StringRef Text) {
  unsigned Depth = 0, Ends = 0;
  for (char C : Text) {
    if (C == '{' || C == '}' || C == '#')
      return false;
    Depth += C == '(';
    Depth -= C == ')' && Depth;
    Ends += C == ';' && !Depth;
  }
  return Ends <= 2; // One of the macro's own.
}

void CriticalSectionBuiltinCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated || !F->Locks)
      continue;
    for (const flow::LexicalRegion &R : F->Locks->regions()) {
      const facts::LockApi *Api = facts::findLockApi(R.Open->Name);
      if (R.Kind != flow::LexicalRegion::Locked || !R.Close || !Api ||
          !Api->IsMacro || Api->Kind != facts::LockKind::CriticalSection ||
          R.Locks.size() != 1 || R.Open->Args.size() != 1)
        continue;
      const CallExpr *Only = nullptr;
      unsigned Calls = 0;
      for (const model::CallSite &Site : F->Calls) {
        if (!Site.Call)
          continue;
        const SourceLocation Loc = placeOf(Site.Call, SM);
        if (SM.isBeforeInTranslationUnit(R.Open->End, Loc) &&
            SM.isBeforeInTranslationUnit(Loc, R.End)) {
          ++Calls;
          Only = Site.Call;
        }
      }
      const FunctionDecl *Callee = Calls == 1 ? Only->getDirectCallee() : nullptr;
      if (!Callee || !Callee->getIdentifier() || !Only->getNumArgs())
        continue;
      const llvm::StringRef Name = facts::canonicalName(Callee->getName());
      if (!locksItself(Name) ||
          flow::canonicalText(Only->getArg(0)) != R.Locks[0].Key)
        continue;
      auto [File, Begin] = SM.getDecomposedLoc(R.Open->End);
      auto [EndFile, End] = SM.getDecomposedLoc(R.Close->Begin);
      const llvm::StringRef Text = SM.getBufferData(File);
      if (File != EndFile || End <= Begin ||
          !isOneStatement(Text.slice(Begin + 1, End)))
        continue;
      diag(placeOf(Only, SM), "'%0' locks '%1' itself, so that the critical "
                              "section adds nothing")
          << Name << R.Open->Args[0];
      diag(R.Begin, "the section begins here", DiagnosticIDs::Note);
    }
  }
}

} // namespace pyext::threads
