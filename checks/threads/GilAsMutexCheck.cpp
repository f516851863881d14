//===- GilAsMutexCheck.cpp --------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/GilAsMutexCheck.h"
#include "flow/Attachment.h"
#include "threads/HoldReports.h"
#include "clang/AST/DeclCXX.h"

using namespace clang;

namespace pyext::threads {

/// Whether something between attaching and going back needs the thread to be
/// attached.
static bool usesPython(const model::ExtensionModel &Model,
                       const model::Function &F,
                       const flow::FunctionAttachment &A, unsigned Hold) {
  flow::Attachments &All = Model.attachments();
  for (const model::CallSite &Site : F.Calls) {
    if (!Site.Where || !llvm::is_contained(A.heldAt(Site.Where), Hold))
      continue;
    if (!Site.Callee)
      return true; // Through a pointer.
    if (!All.needsThreadState(Site.Callee).empty())
      return true;
    if (Model.function(Site.Callee)) {
      if (All.usesApiAsEntered(Site.Callee))
        return true;
      continue;
    }
    // A method of a class that is not the user's, or a function of another
    // file, can do anything.
    const llvm::StringRef Name =
        Site.Callee->getIdentifier()
            ? Site.Name
            : llvm::StringRef();
    if (!facts::findThreadStateApi(Name) &&
        (isa<CXXMethodDecl>(Site.Callee) ||
         Model.preprocessing().isFirstParty(Site.Callee->getLocation())))
      return true;
  }
  return false;
}

void GilAsMutexCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  for (const auto &F : Model.functions()) {
    const flow::FunctionAttachment *A =
        F->Generated || F->ThreadStates.empty()
            ? nullptr
            : Model.attachments().of(F->Decl);
    if (!A)
      continue;
    for (unsigned Index = 0; Index < A->holds().size(); ++Index) {
      const flow::Hold &H = A->holds()[Index];
      if (H.Kind != flow::HoldKind::GILState || usesPython(Model, *F, *A, Index))
        continue;
      for (const model::StateVariable &S : Model.state()) {
        if (S.ThreadLocal || S.Synchronization || S.Generated ||
            S.Decl->getType().isVolatileQualified())
          continue;
        report(Model, *F, *A, Index, S);
      }
    }
  }
}

void GilAsMutexCheck::report(const model::ExtensionModel &Model,
                             const model::Function &F,
                             const flow::FunctionAttachment &A, unsigned Index,
                             const model::StateVariable &S) {
  const SourceManager &SM = Model.context().getSourceManager();
  const model::Access *Write = nullptr, *Other = nullptr;
  for (const model::Access &Each : S.Accesses) {
    if (Each.Function == F.Decl && Each.writes() && Each.Locks.empty() &&
        llvm::is_contained(A.heldAt(Each.Where), Index)) {
      if (!Write)
        Write = &Each;
    } else if (Each.Function && !Other) {
      const model::Function *By = Model.function(Each.Function);
      if (By && !By->initOnly())
        Other = &Each;
    }
  }
  if (!Write || Model.preprocessing().onlyWithGil(
                    SM.getExpansionLoc(Write->Where->getExprLoc())))
    return;
  const flow::Hold &H = A.holds()[Index];
  diag(placeOf(H.Where, SM), "'%0' guards nothing but '%1': without the GIL any "
                             "number of threads is attached at the same time")
      << H.Name << S.Decl->getNameAsString();
  diag(placeOf(Write->Where, SM), "'%0' is written here", DiagnosticIDs::Note)
      << S.Decl->getNameAsString();
  if (Other)
    diag(placeOf(Other->Where, SM), "'%0' is also %select{read|written}1 here",
         DiagnosticIDs::Note)
        << S.Decl->getNameAsString() << Other->writes();
}

} // namespace pyext::threads
