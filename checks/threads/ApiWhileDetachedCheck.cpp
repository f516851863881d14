//===- ApiWhileDetachedCheck.cpp ------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/ApiWhileDetachedCheck.h"
#include "threads/HoldReports.h"
#include "threads/ForeignThreads.h"
#include "clang/AST/DeclCXX.h"

using namespace clang;

namespace pyext::threads {

namespace {
/// One use of Python while the thread is detached.
struct DetachedUse {
  SourceLocation Loc;
  enum { Call, Helper, Foreign, Copy, End } K;
  std::string Name;  ///< Of what is called or copied.
  std::string Inner; ///< Of the API in a helper.
  const Expr *Inside = nullptr;     ///< The use in the helper.
  const Expr *DetachedBy = nullptr; ///< Null: as the function was entered.
};
} // namespace

/// A function of another file that is handed a Python object and no saved thread
/// state with which it could attach.
static bool takesObject(const FunctionDecl *Callee,
                        const model::ExtensionModel &Model) {
  if (!Callee || Callee->hasBody() || !Callee->getIdentifier() ||
      isa<CXXMethodDecl>(Callee) ||
      !Model.preprocessing().isFirstParty(Callee->getLocation()))
    return false;
  bool Object = false;
  for (const ParmVarDecl *P : Callee->parameters()) {
    const std::string Type = model::ExtensionModel::isObjectPointer(P->getType())
                                 ? "object"
                                 : "";
    if (P->getType().getAsString().find("ThreadState") != std::string::npos)
      return false;
    // A struct of the extension's own may be used for its C part only.
    if (!Type.empty() && P->getType()->getPointeeType()->isRecordType() &&
        facts::isObjectStruct(P->getType()
                                  ->getPointeeType()
                                  ->getAsRecordDecl()
                                  ->getName()) &&
        !Model.preprocessing().isFirstParty(P->getType()
                                                ->getPointeeType()
                                                ->getAsRecordDecl()
                                                ->getLocation()))
      Object = true;
  }
  return Object;
}

static std::vector<DetachedUse> usesIn(const model::ExtensionModel &Model,
                                       const model::Function &F,
                                       bool EntryDetached) {
  flow::Attachments &All = Model.attachments();
  const flow::FunctionAttachment *A = All.of(F.Decl);
  std::vector<DetachedUse> Uses;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const model::CallSite &Site : F.Calls) {
    if (!Site.Call || !Site.Callee)
      continue;
    const flow::AttachState S =
        A ? A->at(Site.Call) : flow::AttachState::AsEntered;
    if (S != flow::AttachState::Detached &&
        !(EntryDetached && S == flow::AttachState::AsEntered))
      continue;
    DetachedUse Use;
    Use.Loc = placeOf(Site.Call, SM);
    Use.DetachedBy = A ? A->detachedBy(Site.Call) : nullptr;
    const llvm::StringRef Name = All.needsThreadState(Site.Callee);
    if (!Name.empty()) {
      Use.K = DetachedUse::Call;
      Use.Name = writtenApi(Site.Call, Name, Model).str();
    } else if (Model.function(Site.Callee)) {
      // One that is only called detached, and knows it, is judged itself.
      const flow::EntryState &E = All.entryOf(Site.Callee);
      if (E.Why == flow::EntryState::Parameter ||
          E.Why == flow::EntryState::CallGuard)
        continue;
      std::optional<flow::Attachments::ApiUse> Api =
          All.usesApiAsEntered(Site.Callee);
      if (!Api)
        continue;
      Use.K = DetachedUse::Helper;
      Use.Name = Site.Callee->getNameAsString();
      Use.Inner = writtenApi(Api->Where, Api->Name, Model).str();
      Use.Inside = Api->Where;
    } else if (const llvm::StringRef Inner = All.bindingNeeds(Site.Callee);
               !Inner.empty()) {
      Use.Name = flow::bindingName(Site.Callee);
      Use.Inner = Inner.str();
      Use.K = Use.Name == Inner ? DetachedUse::Call : DetachedUse::Helper;
    } else if (takesObject(Site.Callee, Model)) {
      Use.K = DetachedUse::Foreign;
      Use.Name = Site.Callee->getNameAsString();
    } else {
      continue;
    }
    Uses.push_back(std::move(Use));
  }
  if (A)
    for (const flow::FunctionAttachment::ObjectUse &O : A->detachedObjects())
      Uses.push_back({SM.getExpansionLoc(O.Loc),
                      O.Variable ? DetachedUse::End : DetachedUse::Copy,
                      O.Variable ? O.Variable->getNameAsString() : O.Type, "",
                      nullptr, nullptr});
  llvm::sort(Uses, [&](const DetachedUse &L, const DetachedUse &R) {
    return SM.isBeforeInTranslationUnit(L.Loc, R.Loc);
  });
  return Uses;
}

void ApiWhileDetachedCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  flow::Attachments &All = Model.attachments();
  for (const model::StateVariable &S : Model.state())
    field(Model, S);
  parallel(Model);
  for (const auto &F : Model.functions()) {
    if (F->Generated)
      continue;
    const flow::EntryState &E = All.entryOf(F->Decl);
    const bool EntryDetached =
        E.Detached && E.Why != flow::EntryState::Call &&
        (E.Why != flow::EntryState::Callback || !E.Attached);
    if (!EntryDetached && !All.of(F->Decl))
      continue;
    std::vector<DetachedUse> Uses = usesIn(Model, *F, EntryDetached);
    // One finding per region.
    while (!Uses.empty()) {
      const Expr *Region = Uses.front().DetachedBy;
      bool First = true;
      unsigned Notes = 0;
      for (const DetachedUse &Use : Uses) {
        if (Use.DetachedBy != Region)
          continue;
        if (!First && ++Notes > 12)
          break;
        diag(Use.Loc,
             "%select{'%1' is called|'%1' uses '%2' and is called|'%1' is given "
             "a Python object|an object of class '%1' is made|'%1' drops its "
             "reference}0 while the thread is detached",
             First ? DiagnosticIDs::Warning : DiagnosticIDs::Note)
            << Use.K << Use.Name << Use.Inner;
        if (First && Use.Inside)
          diag(placeOf(Use.Inside, Model.context().getSourceManager()),
               "'%0' is used here", DiagnosticIDs::Note)
              << Use.Inner;
        First = false;
      }
      explain(Model, *F, E, Region);
      llvm::erase_if(Uses, [&](const DetachedUse &Use) {
        return Use.DetachedBy == Region;
      });
    }
  }
}

/// The locks by what they are called in every function.
static std::set<std::string> lockNames(const model::Access &A) {
  std::set<std::string> Names;
  for (const flow::Lock &L : A.Locks) {
    const llvm::StringRef Key = L.Key;
    const size_t At = Key.find_last_of(">.");
    Names.insert((At == llvm::StringRef::npos ? Key : Key.drop_front(At + 1))
                     .str());
  }
  return Names;
}

/// The object is not being made or destroyed.
static bool isShared(const model::Function &F) {
  using model::EntryKind;
  return !F.onlyIn(model::InitContext | model::DeadContext |
                   model::UnloadContext) &&
         !F.has(EntryKind::New) && !F.has(EntryKind::Init) &&
         !F.has(EntryKind::Dealloc);
}

void ApiWhileDetachedCheck::field(const model::ExtensionModel &Model,
                                  const model::StateVariable &S) {
  const QualType QT = S.Decl->getType();
  if (S.Kind != model::StateKind::InstanceField || S.Synchronization ||
      S.ThreadLocal || S.Generated || !QT->isPointerType())
    return;
  flow::Attachments &All = Model.attachments();
  const SourceManager &SM = Model.context().getSourceManager();
  for (const model::Access &Write : S.Accesses) {
    const model::Function *F =
        Write.Function ? Model.function(Write.Function) : nullptr;
    const flow::FunctionAttachment *A = F ? All.of(F->Decl) : nullptr;
    if (!A || !(Write.Kind == model::AccessKind::Write ||
                Write.Kind == model::AccessKind::ReadWrite) ||
        !isShared(*F) || A->at(Write.Where) != flow::AttachState::Detached)
      continue;
    const model::Access *Other = nullptr;
    const std::set<std::string> Locks = lockNames(Write);
    for (const model::Access &Each : S.Accesses) {
      const model::Function *By =
          Each.Function ? Model.function(Each.Function) : nullptr;
      if (!By || By == F || !isShared(*By) ||
          All.stateAt(By->Decl, Each.Where) != flow::AttachState::Attached)
        continue;
      const std::set<std::string> Theirs = lockNames(Each);
      if (llvm::none_of(Theirs, [&](const std::string &L) {
            return Locks.count(L);
          })) {
        Other = &Each;
        break;
      }
    }
    if (!Other)
      continue;
    diag(placeOf(Write.Where, SM),
         "field '%0' of a Python object is written while the thread is "
         "detached, and '%1' uses it without a common lock")
        << S.Decl->getNameAsString() << Other->Function->getNameAsString();
    unsigned Notes = 0;
    for (const model::Access &Each : S.Accesses)
      if (&Each != &Write && Each.Function == Write.Function &&
          Each.writes() && ++Notes < 8 &&
          A->at(Each.Where) == flow::AttachState::Detached)
        diag(placeOf(Each.Where, SM), "also written here", DiagnosticIDs::Note);
    diag(placeOf(Other->Where, SM), "used here by an attached thread",
         DiagnosticIDs::Note);
    if (const Expr *By = A->detachedBy(Write.Where))
      diag(placeOf(By, SM), "detached here", DiagnosticIDs::Note);
    return;
  }
}

/// One finding per region of OpenMP, and per object that a thread takes along.
void ApiWhileDetachedCheck::parallel(const model::ExtensionModel &Model) {
  const SourceManager &SM = Model.context().getSourceManager();
  SourceLocation Region;
  std::set<SourceLocation> Seen; // Template instances.
  unsigned Notes = 0;
  for (const ParallelUse &Use : usesInForeignThreads(Model)) {
    if (!Seen.insert(placeOf(Use.Where, SM)).second)
      continue;
    const bool First = Use.Pragma != Region;
    Notes = First ? 0 : Notes + 1;
    if (Notes > 12)
      continue;
    diag(placeOf(Use.Where, SM),
         "%select{'%1' is called|'%1' uses '%2' and is called}0 in a parallel "
         "region, whose threads are not attached",
         First ? DiagnosticIDs::Warning : DiagnosticIDs::Note)
        << (Use.Inside != nullptr) << Use.Name << Use.Inner;
    if (First && Use.Inside)
      diag(placeOf(Use.Inside, SM), "'%0' is used here", DiagnosticIDs::Note)
          << Use.Inner;
    if (First)
      diag(Use.Pragma, "the region runs in threads of OpenMP",
           DiagnosticIDs::Note);
    Region = Use.Pragma;
  }
  for (const ThreadCapture &C : capturedByThreads(Model)) {
    diag(SM.getExpansionLoc(C.Loc),
         "the lambda's '%0' drops its reference when the thread ends, which is "
         "not attached then")
        << C.Variable->getName();
    if (C.Lambda->HandedOver)
      diag(placeOf(C.Lambda->HandedOver, SM),
           "the lambda is started as a thread here", DiagnosticIDs::Note);
    diag(SM.getExpansionLoc(C.Loc),
         "give the object away while the thread is attached: move it into a "
         "variable behind the guard",
         DiagnosticIDs::Note);
  }
}

static bool isLambda(const FunctionDecl *FD) {
  const auto *Method = dyn_cast<CXXMethodDecl>(FD);
  return Method && Method->getParent()->isLambda();
}

void ApiWhileDetachedCheck::explain(const model::ExtensionModel &Model,
                                    const model::Function &F,
                                    const flow::EntryState &E,
                                    const Expr *Region) {
  const SourceManager &SM = Model.context().getSourceManager();
  if (Region) {
    diag(placeOf(Region, SM), "detached here", DiagnosticIDs::Note);
    return;
  }
  switch (E.Why) {
  case flow::EntryState::Thread:
    if (E.Where)
      diag(placeOf(E.Where, SM),
           "%select{'%0'|the lambda}1 is started as a thread here, and does not "
           "attach itself",
           DiagnosticIDs::Note)
          << F.Decl->getNameAsString() << isLambda(F.Decl);
    break;
  case flow::EntryState::Parameter:
    diag(E.Param->getLocation(),
         "'%0' carries the saved thread state: the caller has detached the "
         "thread",
         DiagnosticIDs::Note)
        << E.Param->getNameAsString();
    break;
  case flow::EntryState::CallGuard:
    diag(placeOf(E.Where, SM), "the function is bound with a guard that detaches "
                               "the thread",
         DiagnosticIDs::Note);
    break;
  case flow::EntryState::Callback:
    diag(placeOf(E.Where, SM), "'%0' is handed to a library here",
         DiagnosticIDs::Note)
        << F.Decl->getNameAsString();
    diag(placeOf(E.Other, SM),
         "the library is called while the thread is detached here",
         DiagnosticIDs::Note);
    break;
  default:
    break;
  }
}

} // namespace pyext::threads
