//===- BlockingWhileAttachedCheck.cpp ---------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/BlockingWhileAttachedCheck.h"
#include "facts/ModelCalls.h"
#include "flow/LockRegions.h"
#include "model/Initializers.h"
#include "threads/HoldReports.h"
#include "clang/AST/DeclCXX.h"

using namespace clang;

namespace pyext::threads {

void BlockingWhileAttachedCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  locks(Model);
  for (const auto &F : Model.functions())
    if (!F->Generated && !F->initOnly() &&
        !(F->Contexts & model::ForeignContext))
      calls(Model, *F);
}

void BlockingWhileAttachedCheck::locks(const model::ExtensionModel &Model) {
  const SourceManager &SM = Model.context().getSourceManager();
  const flow::LockRegions &Regions = Model.attachments().lockRegions();
  std::set<std::string> Done;
  for (const flow::LockSite &Site : Regions.sites()) {
    // These detach the thread while it waits.
    if (Site.State != flow::AttachState::Attached ||
        Site.L.Kind == facts::LockKind::PyMutex ||
        (Site.L.Kind == facts::LockKind::ThreadLock &&
         Model.preprocessing().pythonMinor() >= 15))
      continue;
    const model::Function *F = Model.function(Site.In);
    if (F && F->initOnly())
      continue;
    const std::string Id = Regions.identity(Site.L);
    if (Done.count(Id))
      continue;
    // Whoever has the lock can be made to wait for this thread.
    const flow::LockedUse *Use = nullptr;
    for (const flow::LockedUse &Each : Regions.uses())
      if (Regions.identity(Each.L) == Id) {
        Use = &Each;
        break;
      }
    if (!Use)
      continue;
    Done.insert(Id);
    diag(placeOf(Site.Where, SM),
         "the thread waits for '%0' while it is attached, and who has it may "
         "have to wait for this thread")
        << Site.L.Key;
    std::set<SourceLocation> Seen = {placeOf(Site.Where, SM)};
    for (const flow::LockSite &Other : Regions.sites())
      if (Other.State == flow::AttachState::Attached &&
          Regions.identity(Other.L) == Id &&
          Seen.insert(placeOf(Other.Where, SM)).second && Seen.size() < 12)
        diag(placeOf(Other.Where, SM), "it waits here too",
             DiagnosticIDs::Note);
    diag(placeOf(Use->Where, SM),
         "'%0' can %select{run Python code|run Python code|run Python code|wait "
         "until it is attached}1 while '%2' is locked",
         DiagnosticIDs::Note)
        << writtenApi(Use->Where, Use->Name, Model) << Use->K << Use->L.Key;
  }
}

/// An argument says that the call does not wait.
static bool returnsAtOnce(const CallExpr *Call, const ASTContext &Context) {
  if (!Call->getNumArgs())
    return false;
  const Expr *Last = Call->getArg(Call->getNumArgs() - 1);
  const std::optional<int64_t> Value = model::integerOf(Last, Context);
  const IdentifierInfo *II = Call->getDirectCallee()->getIdentifier();
  switch (facts::waitArgument(II ? II->getName() : "")) {
  case facts::WaitArgument::Time:
    return Value && *Value == 0;
  case facts::WaitArgument::Timeout:
    return !Value || *Value == 0;
  case facts::WaitArgument::None:
    return false;
  }
  llvm_unreachable("covered switch");
}

void BlockingWhileAttachedCheck::calls(const model::ExtensionModel &Model,
                                       const model::Function &F) {
  const SourceManager &SM = Model.context().getSourceManager();
  bool First = true;
  for (const model::CallSite &Site : F.Calls) {
    if (!Site.Call || !Site.Callee || !Site.Callee->getIdentifier() ||
        Model.function(Site.Callee) ||
        Model.preprocessing().isFirstParty(Site.Callee->getLocation()))
      continue;
    const auto *Method = dyn_cast<CXXMethodDecl>(Site.Callee);
    // Without the arguments of the class's template.
    const std::string Name =
        Method ? Method->getParent()->getQualifiedNameAsString() +
                     "::" + Method->getName().str()
        : Site.Callee->isInStdNamespace()
            ? Site.Callee->getQualifiedNameAsString()
            : Site.Callee->getName().str();
    if (facts::findModelCall(Name) != facts::ModelCall::Blocks ||
        returnsAtOnce(Site.Call, Model.context()) ||
        Model.attachments().stateAt(F.Decl, Site.Call) !=
            flow::AttachState::Attached)
      continue;
    diag(placeOf(Site.Call, SM),
         "'%0' %select{blocks the thread while it is attached: no other thread "
         "can run Python code with the GIL, or pause the others without it|"
         "blocks it too}1",
         First ? DiagnosticIDs::Warning : DiagnosticIDs::Note)
        << Name << !First;
    First = false;
  }
}

} // namespace pyext::threads
