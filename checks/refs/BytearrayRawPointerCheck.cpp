//===- BytearrayRawPointerCheck.cpp - cpython-refs-bytearray-raw-pointer ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/BytearrayRawPointerCheck.h"
#include "refs/Places.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::refs {

/// The first use of \p V in \p FD while the thread is detached; nullable.
static const DeclRefExpr *detachedUse(const model::ExtensionModel &Model,
                                      const FunctionDecl *FD, const VarDecl *V) {
  const model::Function *F = Model.function(FD);
  if (!F || !F->Locks || !V)
    return nullptr;
  const SourceManager &SM = Model.context().getSourceManager();
  llvm::SmallVector<const Stmt *, 32> Todo = {FD->getBody()};
  const DeclRefExpr *First = nullptr;
  while (!Todo.empty()) {
    const Stmt *S = Todo.pop_back_val();
    for (const Stmt *Child : S->children())
      if (Child)
        Todo.push_back(Child);
    const auto *R = dyn_cast<DeclRefExpr>(S);
    if (!R || R->getDecl() != V)
      continue;
    const SourceLocation At = SM.getFileLoc(R->getBeginLoc());
    if (F->Locks->attachmentAt(R) != flow::Attachment::Detached &&
        llvm::none_of(F->Locks->regions(), [&](const flow::LexicalRegion &L) {
          return L.Kind == flow::LexicalRegion::Detached &&
                 SM.isBeforeInTranslationUnit(L.Begin, At) &&
                 SM.isBeforeInTranslationUnit(At, SM.getFileLoc(L.End));
        }))
      continue;
    if (!First ||
        SM.isBeforeInTranslationUnit(At, SM.getFileLoc(First->getBeginLoc())))
      First = R;
  }
  return First;
}

/// True when \p FD holds an export of the object of \p Call: storage that is
/// exported cannot move.
static bool isPinned(const model::ExtensionModel &Model, const FunctionDecl *FD,
                     const Expr *Owner, const facts::InteriorPointer &Row) {
  if (!Row.Alternative)
    return false;
  for (const model::CallSite *C : Model.apiCalls(Row.Alternative))
    if (C->Caller == FD && C->Call->getNumArgs() > 0 &&
        flow::canonicalText(C->Call->getArg(0)) == flow::canonicalText(Owner))
      return true;
  return false;
}

void BytearrayRawPointerCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const facts::InteriorPointer &Row : facts::interiorPointers()) {
    if (Row.IsSize || !Row.Moves || Row.OwnerArg < 0 ||
        (Row.Owner != facts::ContainerKind::ByteArray &&
         Row.Owner != facts::ContainerKind::MemoryView))
      continue;
    for (const model::CallSite *C : Model.apiCalls(Row.Name)) {
      const FunctionDecl *FD = C->Caller;
      if (C->Call->getNumArgs() <= unsigned(Row.OwnerArg) ||
          !runsConcurrently(Model, FD, C->Call->getExprLoc()))
        continue;
      const flow::FunctionRefs *R = Model.refs().get(FD);
      if (!R)
        continue;
      const flow::Sharing S =
          Model.sharing().argument(*R, C->Call, Row.OwnerArg);
      const Expr *Owner = C->Call->getArg(Row.OwnerArg);
      if (S.K != flow::Sharing::Shared || isPinned(Model, FD, Owner, Row))
        continue;
      const ParentMap &Parents = Model.flows().body(FD)->parents();
      const VarDecl *Kept = keptIn(C->Call, Parents);
      const DeclRefExpr *Detached = detachedUse(Model, FD, Kept);
      bool Suspendable = false;
      if (!Detached &&
          (Model.sharing().protects(Model.locksAt(FD, C->Call), *R, C->Call,
                                    Row.OwnerArg, Suspendable) ||
           lockedElsewhere(Model, FD, C->Call)))
        continue;
      const SourceLocation Loc = SM.getFileLoc(C->Call->getExprLoc());
      diag(Loc, "pointer from '%0' into '%1' is used while another thread may "
                "move or free what it points to")
          << Row.Name << objectText(Owner, Model.context());
      diag(S.Where.isValid() ? SM.getFileLoc(S.Where) : Loc, "%0",
           DiagnosticIDs::Note)
          << S.Who;
      if (Detached)
        diag(SM.getFileLoc(Detached->getBeginLoc()),
             "it is used here while the thread is detached; the GIL does not "
             "help then",
             DiagnosticIDs::Note);
      if (Row.Alternative)
        diag(Loc, "'%0' keeps the memory in place until the buffer is released",
             DiagnosticIDs::Note)
            << Row.Alternative;
    }
  }
}

} // namespace pyext::refs
