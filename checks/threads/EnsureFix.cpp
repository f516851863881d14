//===- EnsureFix.cpp ------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/EnsureFix.h"
#include "flow/Attachment.h"
#include "model/Initializers.h"
#include "support/Source.h"
#include "clang/AST/ParentMap.h"

using namespace clang;

namespace pyext::threads {

/// Every reference to \p VD below \p S.
static void references(const Stmt *S, const VarDecl *VD,
                       llvm::SmallVectorImpl<const DeclRefExpr *> &Out) {
  if (!S)
    return;
  if (const auto *R = dyn_cast<DeclRefExpr>(S); R && R->getDecl() == VD)
    Out.push_back(R);
  for (const Stmt *Child : S->children())
    references(Child, VD, Out);
}

/// What a function returns that could do nothing; nothing when that is not
/// clear.
static std::optional<std::string> returnNothing(const FunctionDecl *FD) {
  if (FD->getReturnType()->isVoidType())
    return "return;";
  if (FD->getReturnType()->isPointerType())
    return "return NULL;";
  return std::nullopt;
}

bool attachesElsewhereByView(const model::ExtensionModel &Model,
                             const model::Function &F) {
  const model::Preprocessing &PP = Model.preprocessing();
  const SourceRange Range = F.Decl->getSourceRange();
  return llvm::any_of(
      facts::threadStateApis(), [&](const facts::ThreadStateApi &Row) {
        return Row.Family == facts::ThreadStateFamily::InterpreterGuard &&
               Row.Op == facts::ThreadStateOp::Attach &&
               (PP.skippedMentions(Range, Row.Name) ||
                PP.skippedDefinition(Range, Row.Name));
      });
}

namespace {
/// The statements of a function that attach a thread and give that back.
struct Attach {
  const VarDecl *Handle = nullptr;
  const Stmt *Statement = nullptr; ///< Declares the handle.
  std::vector<const CallExpr *> Releases;
};
} // namespace

/// The attach \p Use of \p F when it is the first thing that \p F does, and its
/// handle serves for nothing but the release.
static std::optional<Attach> attachOf(const model::Function &F,
                                      const model::ThreadStateUse &Use,
                                      const ParentMap &Parents) {
  const auto *Body = dyn_cast_or_null<CompoundStmt>(F.Decl->getBody());
  const auto *Call = dyn_cast<CallExpr>(Use.Where);
  if (!Body || !Call || Call->getBeginLoc().isMacroID())
    return std::nullopt;
  Attach Result;
  // Nothing that would have to be undone comes before.
  for (const Stmt *S : Body->body()) {
    const auto *D = dyn_cast<DeclStmt>(S);
    if (!D)
      return std::nullopt;
    const auto *VD =
        D->isSingleDecl() ? dyn_cast<VarDecl>(D->getSingleDecl()) : nullptr;
    if (VD && VD->getInit() && VD->getInit()->IgnoreParenImpCasts() == Call) {
      Result.Handle = VD;
      Result.Statement = S;
      break;
    }
    for (const Decl *Each : D->decls())
      if (const auto *Other = dyn_cast<VarDecl>(Each);
          !Other || Other->getType()->getAsCXXRecordDecl())
        return std::nullopt;
  }
  if (!Result.Handle || !Result.Handle->hasLocalStorage())
    return std::nullopt;
  llvm::SmallVector<const DeclRefExpr *, 4> Uses;
  references(Body, Result.Handle, Uses);
  for (const DeclRefExpr *R : Uses) {
    const Stmt *P = Parents.getParent(R);
    while (isa_and_nonnull<CastExpr, ParenExpr>(P))
      P = Parents.getParent(P);
    const auto *Release = dyn_cast_or_null<CallExpr>(P);
    const FunctionDecl *Callee = Release ? Release->getDirectCallee() : nullptr;
    const facts::ThreadStateApi *Api =
        Callee && Callee->getIdentifier()
            ? facts::findThreadStateApi(Callee->getName())
            : nullptr;
    // A statement of its own, in a block.
    if (!Api || Api->Op != facts::ThreadStateOp::Release ||
        Release->getBeginLoc().isMacroID() ||
        !isa_and_nonnull<CompoundStmt>(Parents.getParent(Release)))
      return std::nullopt;
    Result.Releases.push_back(Release);
  }
  if (Result.Releases.empty())
    return std::nullopt;
  return Result;
}

namespace {
/// Edits for Python 3.15 beside what there is for older ones.
class VersionedEdits {
public:
  VersionedEdits(const support::SourceText &Source, const ParentMap &Parents,
                 facts::PyVersion Min)
      : Source(Source), Edits(Source, Parents), Both(Min.Minor < 15) {}

  /// Puts \p Lines in the place of \p S. False when S shares its line.
  bool replace(const Stmt *S, std::vector<std::string> Lines) {
    std::optional<support::TextRange> R = Source.writtenStatement(S);
    if (!R || !Source.isFirstOnLine(R->Begin))
      return false;
    if (Both) {
      Lines.insert(Lines.begin(), Condition);
      Lines.push_back("#else");
      Lines.push_back(Source.text(*R).str());
      Lines.push_back("#endif");
    }
    Edits.replaceStatement(S, Lines);
    return true;
  }
  void before(const Stmt *S, std::vector<std::string> Lines) {
    Edits.before(S, guarded(std::move(Lines)));
  }
  /// At the beginning of a line.
  void insert(unsigned Offset, std::vector<std::string> Lines) {
    std::string Text;
    for (const std::string &Line : guarded(std::move(Lines)))
      Text += Line + "\n";
    Edits.insert(Offset, Text);
  }
  /// The attach becomes \p New, which declares a token of the handle's name.
  bool attach(const Attach &A, std::vector<std::string> New,
              const std::string &Return) {
    const std::string Name = A.Handle->getNameAsString();
    New.push_back("if (" + Name + " == NULL)");
    New.push_back("\t" + Return);
    if (!replace(A.Statement, std::move(New)))
      return false;
    for (const CallExpr *Release : A.Releases)
      // The release can take an exception with it.
      if (!replace(Release, {"if (PyErr_Occurred() != NULL)",
                             "\tPyErr_WriteUnraisable(NULL);",
                             "PyThreadState_Release(" + Name + ");"}))
        return false;
    return true;
  }
  llvm::SmallVector<FixItHint> finish() {
    std::string WhyNot;
    return Edits.finish(WhyNot);
  }

private:
  static constexpr const char *Condition = "#if PY_VERSION_HEX >= 0x030F0000";
  std::vector<std::string> guarded(std::vector<std::string> Lines) const {
    if (Both) {
      Lines.insert(Lines.begin(), Condition);
      Lines.push_back("#endif");
    }
    return Lines;
  }

  const support::SourceText &Source;
  support::EditSet Edits;
  const bool Both;
};
} // namespace

llvm::SmallVector<FixItHint> attachToMain(const model::ExtensionModel &Model,
                                          const model::Function &F,
                                          const model::ThreadStateUse &Use,
                                          facts::PyVersion Min) {
  const FunctionDecl *FD = F.Decl;
  const std::optional<std::string> Return = returnNothing(FD);
  // An object that it is given belongs to an interpreter of its own.
  for (const ParmVarDecl *P : FD->parameters())
    if (P->getType()->isVoidPointerType() ||
        model::ExtensionModel::isObjectPointer(P->getType()))
      return {};
  if (!Return)
    return {};
  ParentMap Parents(const_cast<Stmt *>(FD->getBody()));
  const std::optional<Attach> A = attachOf(F, Use, Parents);
  if (!A)
    return {};
  const SourceManager &SM = Model.context().getSourceManager();
  const support::SourceText Source(
      SM, Model.context().getLangOpts(),
      SM.getFileID(SM.getExpansionLoc(Use.Where->getBeginLoc())));
  // No name of ours may be one of the function's.
  std::optional<support::TextRange> Whole = Source.written(FD->getSourceRange());
  if (!Whole || Source.mentions(*Whole, "main_view"))
    return {};
  VersionedEdits Edits(Source, Parents, Min);
  if (!Edits.attach(
          *A,
          {"PyInterpreterView *main_view = PyInterpreterView_FromMain();",
           "PyThreadStateToken *" + A->Handle->getNameAsString() +
               " = main_view == NULL ? NULL : "
               "PyThreadState_EnsureFromView(main_view);",
           "if (main_view != NULL)", "\tPyInterpreterView_Close(main_view);"},
          *Return))
    return {};
  return Edits.finish();
}

/// Whether the function has taken or made a reference before \p Call.
static bool mayOwnReferences(const model::ExtensionModel &Model,
                             const model::Function &In, const CallExpr *Call) {
  const SourceManager &SM = Model.context().getSourceManager();
  return llvm::any_of(In.Calls, [&](const model::CallSite &Site) {
    return Site.Where &&
           SM.isBeforeInTranslationUnit(
               SM.getExpansionLoc(Site.Where->getBeginLoc()),
               SM.getExpansionLoc(Call->getBeginLoc())) &&
           (facts::findNewReference(Site.Name) ||
            facts::isReferenceCountOp(facts::canonicalName(Site.Name)) ||
            Model.function(Site.Callee));
  });
}

/// Whether \p Call is the only place where anything is done with \p F.
static bool isOnlyUse(const model::ExtensionModel &Model,
                      const model::Function &F, const CallExpr *Call) {
  if (F.Entries.size() != 1 || F.Entries[0].Kind != model::EntryKind::Callback)
    return false;
  unsigned Uses = 0;
  for (const auto &Each : Model.functions())
    for (const model::CallSite &Site : Each->Calls) {
      if (!Site.Call)
        continue;
      if (Site.Where && Site.Callee && Model.function(Site.Callee) == &F)
        return false;
      for (const Expr *Arg : Site.Call->arguments()) {
        const FunctionDecl *FD = model::functionOf(Arg);
        if (FD && FD->getCanonicalDecl() == F.Decl->getCanonicalDecl()) {
          if (Site.Call != Call)
            return false;
          ++Uses;
        }
      }
    }
  return Uses == 1;
}

llvm::SmallVector<FixItHint>
carryView(const model::ExtensionModel &Model, const model::Function &F,
          const ParmVarDecl *Data, const model::ThreadStateUse &Use,
          const model::Function &In, const CallExpr *Call, const Expr *Object,
          facts::PyVersion Min) {
  const FunctionDecl *FD = F.Decl;
  const std::optional<std::string> Return = returnNothing(FD);
  const auto *Body = dyn_cast_or_null<CompoundStmt>(FD->getBody());
  if (!Return || !Body || Data->getName().empty() ||
      Data->getType()->getPointeeType().isConstQualified() ||
      !In.isPythonVisible() || !In.Decl->getReturnType()->isPointerType() ||
      Call->getBeginLoc().isMacroID() || !isOnlyUse(Model, F, Call) ||
      mayOwnReferences(Model, In, Call) ||
      !Model.locksAt(In.Decl, Call).empty() ||
      Model.attachments().stateAt(In.Decl, Call) == flow::AttachState::Detached)
    return {};
  ParentMap Parents(const_cast<Stmt *>(FD->getBody()));
  ParentMap InParents(const_cast<Stmt *>(In.Decl->getBody()));
  const std::optional<Attach> A = attachOf(F, Use, Parents);
  if (!A || !isa_and_nonnull<CompoundStmt>(InParents.getParent(Call)))
    return {};
  const SourceManager &SM = Model.context().getSourceManager();
  const support::SourceText Source(
      SM, Model.context().getLangOpts(),
      SM.getFileID(SM.getExpansionLoc(FD->getLocation())));
  auto WholeF = Source.written(FD->getSourceRange());
  auto WholeIn = Source.written(In.Decl->getSourceRange());
  auto CallText = Source.written(Call);
  auto ObjectText = Source.written(Object);
  if (!WholeF || !WholeIn || !CallText || !ObjectText)
    return {};
  const std::string Type = FD->getNameAsString() + "_data";
  const support::TextRange All{0, unsigned(Source.text().size())};
  const unsigned At = std::min(WholeF->Begin, WholeIn->Begin);
  if (Source.mentions(All, Type) || Source.mentions(*WholeF, "registered") ||
      Source.mentions(*WholeIn, "registered") || !Source.isFirstOnLine(At))
    return {};

  VersionedEdits Edits(Source, Parents, Min);
  Edits.insert(At, {"typedef struct {", "  PyInterpreterView *view;",
                    "  PyObject *object;", "} " + Type + ";"});
  const std::string Name = Data->getNameAsString();
  Edits.before(*Body->body_begin(),
               {Type + " *registered = (" + Type + " *)" + Name + ";",
                Name + " = registered->object;"});
  if (!Edits.attach(*A,
                    {"PyThreadStateToken *" + A->Handle->getNameAsString() +
                     " = PyThreadState_EnsureFromView(registered->view);"},
                    *Return))
    return {};
  VersionedEdits InEdits(Source, InParents, Min);
  std::string NewCall = Source.text(*CallText).str();
  NewCall.replace(ObjectText->Begin - CallText->Begin,
                  ObjectText->End - ObjectText->Begin, "registered");
  if (!InEdits.replace(
          Call,
          {Type + " *registered = (" + Type + " *)PyMem_RawMalloc(sizeof(" +
               Type + "));",
           "if (registered == NULL)", "\treturn PyErr_NoMemory();",
           "registered->view = PyInterpreterView_FromCurrent();",
           "if (registered->view == NULL) {", "\tPyMem_RawFree(registered);",
           "\treturn NULL;", "}",
           "registered->object = Py_NewRef(" + Source.text(*ObjectText).str() +
               ");",
           NewCall + ";"}))
    return {};
  llvm::SmallVector<FixItHint> Hints = Edits.finish();
  llvm::SmallVector<FixItHint> More = InEdits.finish();
  if (Hints.empty() || More.empty())
    return {};
  Hints.append(More.begin(), More.end());
  return Hints;
}

} // namespace pyext::threads
