//===- FtDropsAttachCheck.cpp - cpython-threads-ft-drops-attach -----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/FtDropsAttachCheck.h"
#include "facts/Facts.h"
#include "flow/Attachment.h"
#include "flow/LockRegions.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace llvm;

namespace pyext::threads {

namespace {
/// A call in text that only builds with the GIL have.
struct Dropped {
  SourceLocation Loc;
  const facts::ThreadStateApi *Api;
  const model::ConfigurationRegion *Region;
  const model::Function *Function; ///< Null in a macro's definition.
};
} // namespace

/// The row of a name that attaches or detaches the thread, with or without the
/// namespace of a guard class.
static const facts::ThreadStateApi *attachesOrDetaches(StringRef Name) {
  const facts::ThreadStateApi *Row = facts::findThreadStateApi(Name);
  if (!Row)
    for (const facts::ThreadStateApi &R : facts::threadStateApis())
      if (R.Kind == facts::SpellingKind::Guard &&
          StringRef(R.Name).rsplit(':').second == Name)
        Row = &R;
  if (!Row || (Row->Op != facts::ThreadStateOp::Attach &&
               Row->Op != facts::ThreadStateOp::Detach &&
               Row->Op != facts::ThreadStateOp::Release))
    return nullptr;
  return Row->Family == facts::ThreadStateFamily::AllowThreads ||
                 Row->Family == facts::ThreadStateFamily::Eval ||
                 Row->Family == facts::ThreadStateFamily::GILState ||
                 Row->Family == facts::ThreadStateFamily::InterpreterGuard
             ? Row
             : nullptr;
}

static bool undoes(const facts::ThreadStateApi &Close,
                   const facts::ThreadStateApi &Open) {
  return Open.Counterpart && StringRef(Open.Counterpart) == Close.Name;
}

/// The function around \p Loc; null at file scope.
static const model::Function *functionAt(const model::ExtensionModel &Model,
                                         SourceLocation Loc) {
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    const SourceLocation Begin = SM.getExpansionLoc(F->Decl->getBeginLoc());
    if (SM.isWrittenInSameFile(Begin, Loc) &&
        SM.isPointWithin(Loc, Begin, SM.getExpansionLoc(F->Decl->getEndLoc())))
      return F.get();
  }
  return nullptr;
}

/// The whole line of \p Loc when it reads as one of \p Texts.
static CharSourceRange lineThatIs(const SourceManager &SM, SourceLocation Loc,
                                  function_ref<bool(StringRef)> Reads) {
  auto [File, Offset] = SM.getDecomposedLoc(Loc);
  const StringRef Text = SM.getBufferData(File);
  const size_t Begin = Text.rfind('\n', Offset) + 1;
  const size_t End = std::min(Text.find('\n', Offset), Text.size() - 1) + 1;
  std::string Line;
  for (char C : Text.slice(Begin, End).split("/*").first.split("//").first)
    if (!isSpace(C))
      Line += C;
  if (!Reads(Line))
    return {};
  // With the newline before it, so that the next line keeps its indentation.
  const SourceLocation Start = SM.getLocForStartOfFile(File);
  return CharSourceRange::getCharRange(
      Start.getLocWithOffset(Begin - (Begin > 0)),
      Start.getLocWithOffset(End - (Begin > 0)));
}

/// Takes the two lines of a condition that says nothing else away.
static SmallVector<FixItHint, 2> uncondition(const SourceManager &SM,
                                             SourceRange Region) {
  CharSourceRange If = lineThatIs(SM, Region.getBegin(), [](StringRef Line) {
    return Line == "#ifndefPy_GIL_DISABLED" ||
           Line == "#if!defined(Py_GIL_DISABLED)" ||
           Line == "#if!definedPy_GIL_DISABLED" || Line == "#if!Py_GIL_DISABLED";
  });
  CharSourceRange Endif =
      lineThatIs(SM, Region.getEnd(), [](StringRef Line) {
        return StringRef(Line).starts_with("#endif");
      });
  if (If.isInvalid() || Endif.isInvalid())
    return {};
  return {FixItHint::CreateRemoval(If), FixItHint::CreateRemoval(Endif)};
}

/// Where the directive begins that \p Loc is a part of, a macro's definition; 0
/// in code.
static unsigned directiveOf(const SourceManager &SM, SourceLocation Loc) {
  auto [File, Offset] = SM.getDecomposedLoc(Loc);
  const StringRef Text = SM.getBufferData(File);
  size_t Begin = Text.rfind('\n', Offset) + 1;
  while (Begin > 1 && Text.take_front(Begin - 1).rtrim("\r").ends_with("\\"))
    Begin = Text.rfind('\n', Begin - 1) + 1;
  return Text.drop_front(Begin).ltrim(" \t").starts_with("#") ? Begin + 1 : 0;
}

/// The calls in GIL-only text whose counterparts are outside of it.
static std::vector<Dropped> droppedCalls(const model::ExtensionModel &Model) {
  const model::Preprocessing &PP = Model.preprocessing();
  const SourceManager &SM = Model.context().getSourceManager();
  std::vector<Dropped> Result;
  for (const model::ConfigurationRegion &R : PP.configurationRegions()) {
    if (R.FreeThreaded || !PP.isFirstParty(R.Range.getBegin()))
      continue;
    // The other branch does something else instead.
    if (any_of(PP.configurationRegions(),
               [&](const model::ConfigurationRegion &O) {
                 return O.FreeThreaded &&
                        (O.Range.getEnd() == R.Range.getBegin() ||
                         O.Range.getBegin() == R.Range.getEnd()) &&
                        PP.hasCode(O.Range);
               }))
      continue;
    const model::Function *F = functionAt(Model, R.Range.getBegin());
    std::vector<Dropped> Here;
    PP.identifiers(R.Range, [&](StringRef Name, SourceLocation Loc) {
      const facts::ThreadStateApi *Api = attachesOrDetaches(Name);
      if (!Api)
        return;
      // A pair that goes together does.
      for (size_t I = Here.size(); I--;)
        if ((undoes(*Api, *Here[I].Api) || undoes(*Here[I].Api, *Api)) &&
            directiveOf(SM, Loc) == directiveOf(SM, Here[I].Loc)) {
          Here.erase(Here.begin() + I);
          return;
        }
      Here.push_back({Loc, Api, &R, F});
    });
    Result.insert(Result.end(), Here.begin(), Here.end());
  }
  return Result;
}

/// From \p Loc to the end of the block that it is written in.
static SourceRange restOfBlock(const model::ExtensionModel &Model,
                               const model::Function &F, SourceLocation Loc) {
  const SourceManager &SM = Model.context().getSourceManager();
  SourceLocation End = SM.getExpansionLoc(F.Decl->getEndLoc());
  SmallVector<const Stmt *, 16> Work{F.Decl->getBody()};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S || !SM.isPointWithin(Loc, SM.getExpansionLoc(S->getBeginLoc()),
                                SM.getExpansionLoc(S->getEndLoc())))
      continue;
    if (isa<CompoundStmt>(S) && !S->getEndLoc().isMacroID())
      End = S->getEndLoc();
    Work.assign(S->child_begin(), S->child_end());
  }
  return {Loc, End};
}

void FtDropsAttachCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  std::vector<Dropped> Calls = droppedCalls(Model);
  llvm::stable_sort(Calls, [&](const Dropped &A, const Dropped &B) {
    return SM.isBeforeInTranslationUnit(A.Loc, B.Loc);
  });
  std::vector<bool> Told(Calls.size());
  for (size_t I = 0; I < Calls.size(); ++I) {
    if (Told[I])
      continue;
    const Dropped &Call = Calls[I];
    const bool Detaches = Call.Api->Op == facts::ThreadStateOp::Detach;
    std::vector<const Dropped *> Others;
    SourceLocation End;
    for (size_t J = I + 1; J < Calls.size(); ++J)
      if (Calls[J].Function == Call.Function &&
          undoes(*Calls[J].Api, *Call.Api)) {
        Told[J] = true;
        Others.push_back(&Calls[J]);
        End = Calls[J].Loc;
      }
    if (Detaches && Call.Function) {
      SourceRange Covered = restOfBlock(Model, *Call.Function, Call.Loc);
      if (Call.Api->Kind != facts::SpellingKind::Guard && End.isValid())
        Covered.setEnd(End);
      // Where the thread never detached it need not attach again.
      for (size_t J = I + 1; J < Calls.size(); ++J)
        if (!Told[J] && Calls[J].Function == Call.Function &&
            SM.isPointWithin(Calls[J].Loc, Covered.getBegin(),
                             Covered.getEnd())) {
          Told[J] = true;
          Others.push_back(&Calls[J]);
        }
      if (Model.attachments().lockRegions().waitsForLocksThatDetach(
              *Call.Function, Covered))
        continue;
    }
    {
      auto Diag = diag(Call.Loc,
                       "'%0' is left out of free-threaded builds, which need "
                       "%select{an attached thread state as much as others|to "
                       "detach before they block: until then every "
                       "stop-the-world pause waits}1")
                  << Call.Api->Name << Detaches;
      SmallVector<FixItHint, 4> Hints = uncondition(SM, Call.Region->Range);
      bool Complete = !Hints.empty();
      for (const Dropped *O : Others) {
        SmallVector<FixItHint, 2> More = uncondition(SM, O->Region->Range);
        Complete &= !More.empty();
        if (O->Region != Call.Region)
          Hints.append(More.begin(), More.end());
      }
      if (Complete)
        for (const FixItHint &Hint : Hints)
          Diag << Hint;
    }
    for (const Dropped *O : Others)
      diag(O->Loc, "and so is '%0'", DiagnosticIDs::Note) << O->Api->Name;
  }

  ArrayRef<SourceLocation> Early = Model.preprocessing().earlyGilConditions();
  if (Early.empty())
    return;
  diag(Early.front(), "'Py_GIL_DISABLED' is tested before Python.h, which "
                      "defines it, is included");
  for (SourceLocation Loc : Early.drop_front().take_front(3))
    diag(Loc, "and here", DiagnosticIDs::Note);
}

} // namespace pyext::threads
