//===- LockHeldAcrossPythonCheck.cpp ----------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/LockHeldAcrossPythonCheck.h"
#include "flow/LockRegions.h"
#include "threads/HoldReports.h"

using namespace clang;

namespace pyext::threads {

void LockHeldAcrossPythonCheck::analyze(const model::ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const flow::LockRegions &Regions = Model.attachments().lockRegions();
  // Locks that a thread waits for while it is attached.
  std::set<std::string> TakenAttached;
  for (const flow::LockSite &Site : Regions.sites())
    if (Site.State == flow::AttachState::Attached)
      TakenAttached.insert(Regions.identity(Site.L));

  struct Group {
    std::string Lock;
    const FunctionDecl *In;
    std::vector<const flow::LockedUse *> Uses;
  };
  std::vector<Group> Groups;
  std::set<std::pair<SourceLocation, std::string>> Seen; // Template instances.
  for (const flow::LockedUse &Use : Regions.uses()) {
    if (Use.K == flow::LockedUse::MayRun)
      continue;
    // A PyMutex detaches the thread that waits for it.
    if (Use.K == flow::LockedUse::Attaches &&
        (Use.L.Kind == facts::LockKind::PyMutex ||
         !TakenAttached.count(Regions.identity(Use.L))))
      continue;
    const std::string Id = Regions.identity(Use.L);
    if (!Seen.insert({placeOf(Use.Where, SM), Id}).second)
      continue;
    auto It = llvm::find_if(Groups, [&](const Group &G) {
      return G.In == Use.In && G.Lock == Id;
    });
    if (It == Groups.end()) {
      Groups.push_back({Id, Use.In, {}});
      It = std::prev(Groups.end());
    }
    It->Uses.push_back(&Use);
  }
  for (const Group &G : Groups) {
    for (size_t I = 0; I < G.Uses.size() && I < 10; ++I) {
      const flow::LockedUse &Use = *G.Uses[I];
      diag(placeOf(Use.Where, SM),
           "%select{'%1' runs Python code|'%1' drops a reference, which can run "
           "Python code,||'%1' waits until the thread is attached}0 while '%2' "
           "is locked",
           I ? DiagnosticIDs::Note : DiagnosticIDs::Warning)
          << Use.K << writtenApi(Use.Where, Use.Name, Model) << Use.L.Key;
      if (!I && Use.Inside)
        diag(placeOf(Use.Inside, SM), "'%0' is called here",
             DiagnosticIDs::Note)
            << Use.Inner;
    }
    const flow::LockSite *Own = nullptr, *Other = nullptr;
    for (const flow::LockSite &Site : Regions.sites())
      if (Regions.identity(Site.L) == G.Lock) {
        const bool Before = Site.In == G.In &&
                            SM.isBeforeInTranslationUnit(
                                Site.Where->getBeginLoc(),
                                G.Uses[0]->Where->getBeginLoc());
        if (Before)
          Own = &Site;
        else if (!Other || (Other->State != flow::AttachState::Attached &&
                            Site.State == flow::AttachState::Attached))
          Other = &Site;
      }
    if (Own)
      diag(placeOf(Own->Where, SM), "locked here", DiagnosticIDs::Note);
    if (Other)
      diag(placeOf(Other->Where, SM),
           "%select{locked by the caller here|code that needs the lock waits "
           "here}0",
           DiagnosticIDs::Note)
          << (Own != nullptr);
  }
}

} // namespace pyext::threads
