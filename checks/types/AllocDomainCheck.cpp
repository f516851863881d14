//===- AllocDomainCheck.cpp - cpython-types-alloc-domain ------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/AllocDomainCheck.h"
#include "model/Allocations.h"
#include "model/Initializers.h"
#include "support/Source.h"

using namespace clang;
using namespace llvm;
using pyext::facts::AllocationOp;
using pyext::facts::MemoryDomain;
using pyext::model::AllocationSite;
using pyext::model::Allocations;
using pyext::model::ExtensionModel;
using pyext::model::MemoryHolder;

namespace pyext::types {

/// What the memory is for, in a message.
static StringRef nameOf(const AllocationSite &Site) { return Site.Api->Name; }

/// Whether the memory is made for an object.
static std::optional<bool> isObject(const ValueDecl *D) {
  QualType QT = D->getType();
  if (!QT->isPointerType())
    return std::nullopt;
  const QualType To = QT->getPointeeType();
  if (To->isVoidType() || To->isDependentType() || To->isFunctionType())
    return std::nullopt;
  if (ExtensionModel::isObjectPointer(QT))
    return true;
  const RecordDecl *RD = To->getAsRecordDecl();
  if (RD && !RD->getDefinition())
    return std::nullopt; // Unknown.
  return false;
}

void AllocDomainCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated())
    return;
  const Allocations All(Model);
  // Fields first: a local variable on the way to one says nothing new.
  Judged.clear();
  for (const bool Fields : {true, false})
    for (const MemoryHolder &P : All.places())
      if (isa<FieldDecl>(P.Decl) == Fields && !checkMismatch(Model, P))
        checkPurpose(Model, P);
  const SourceManager &SM = Model.context().getSourceManager();
  for (const CXXNewExpr *New : All.newObjects())
    diag(SM.getExpansionLoc(New->getBeginLoc()),
         "a Python object of type '%0' is allocated with 'new': the memory of "
         "objects comes from the object domain, as tp_alloc takes it")
        << New->getAllocatedType().getAsString();
}

/// Allocated by one family, freed by another.
bool AllocDomainCheck::checkMismatch(const ExtensionModel &Model,
                                     const MemoryHolder &P) {
  const SourceManager &SM = Model.context().getSourceManager();
  bool Any = false;
  // What resizes says where memory comes from only when nothing else does.
  const bool Made = any_of(P.Allocs, [](const AllocationSite &A) {
    return A.Api->Op == AllocationOp::Alloc;
  });
  auto Counts = [&](const AllocationSite &A) {
    return !Made || A.Api->Op == AllocationOp::Alloc;
  };
  // A field that is freed in several ways is also filled in several, of which
  // some can be in another file.
  if (isa<FieldDecl>(P.Decl) && any_of(P.Frees, [&](const AllocationSite &F) {
        return any_of(P.Allocs, [&](const AllocationSite &A) {
          return A.Api->Domain == F.Api->Domain &&
                 F.Api->Op == AllocationOp::Free;
        });
      }))
    return false;
  for (const AllocationSite &Free : P.Frees) {
    const auto From = find_if(P.Allocs, Counts);
    if (From == P.Allocs.end() || any_of(P.Allocs, [&](const AllocationSite &A) {
          return Counts(A) && A.Api->Domain == Free.Api->Domain;
        }) ||
        !Judged.insert(Free.Call).second)
      continue;
    diag(SM.getExpansionLoc(Free.Call->getExprLoc()),
         "'%0' %select{frees|resizes}1 '%2', which '%3' allocated: they belong "
         "to different allocators")
        << nameOf(Free) << (Free.Api->Op == AllocationOp::Resize)
        << P.Decl->getName() << nameOf(*From);
    diag(SM.getExpansionLoc(From->Call->getExprLoc()), "allocated here",
         DiagnosticIDs::Note);
    Any = true;
  }
  return Any;
}

/// Python objects outside the object domain, or something else within.
void AllocDomainCheck::checkPurpose(const ExtensionModel &Model,
                                    const MemoryHolder &P) {
  const SourceManager &SM = Model.context().getSourceManager();
  std::optional<bool> Object = isObject(P.Decl);
  if (P.Initialized)
    Object = true;
  if (!Object)
    return;
  for (const AllocationSite &Alloc : P.Allocs) {
    const bool Domain = Alloc.Api->Domain == MemoryDomain::Object ||
                        Alloc.Api->Domain == MemoryDomain::GcObject;
    if (Alloc.MakesObject || Domain == *Object || Judged.contains(Alloc.Call))
      continue;
    for (const AllocationSite &Each : P.Allocs)
      Judged.insert(Each.Call);
    if (*Object) {
      diag(SM.getExpansionLoc(Alloc.Call->getExprLoc()),
           "'%0' allocates the memory of the Python object '%1': without the "
           "GIL the memory of objects must come from the object domain, as "
           "tp_alloc takes it")
          << nameOf(Alloc) << P.Decl->getName();
      if (P.Initialized)
        diag(SM.getExpansionLoc(P.Initialized->getExprLoc()),
             "it is made an object here", DiagnosticIDs::Note);
      return;
    }
    // One finding for all allocations of the place.
    {
      auto Diag = diag(
          SM.getExpansionLoc(Alloc.Call->getExprLoc()),
          "'%0' allocates '%1', which is no Python object: without the GIL a "
          "thread can still read freed memory of the object domain as if it "
          "were an object");
      Diag << nameOf(Alloc) << P.Decl->getName();
      for (const FixItHint &Hint : rename(Model, P))
        Diag << Hint;
    }
    for (const AllocationSite &Free : P.Frees)
      diag(SM.getExpansionLoc(Free.Call->getExprLoc()),
           "%select{freed|resized}0 here", DiagnosticIDs::Note)
          << (Free.Api->Op == AllocationOp::Resize);
    return;
  }
}

/// The functions of the memory domain in place of all that are called; empty
/// when a part may be elsewhere.
SmallVector<FixItHint, 4> AllocDomainCheck::rename(const ExtensionModel &Model,
                                                   const MemoryHolder &P) {
  const SourceManager &SM = Model.context().getSourceManager();
  SmallVector<FixItHint, 4> Hints;
  if (P.Frees.empty() || P.Escapes ||
      any_of(P.Frees, [](const AllocationSite &F) {
        return F.Shared;
      }) ||
      !SM.isInMainFile(SM.getExpansionLoc(P.Decl->getLocation())))
    return {};
  DenseSet<const CallExpr *> Done;
  for (ArrayRef<AllocationSite> Sites : {ArrayRef(P.Allocs), ArrayRef(P.Frees)})
    for (const AllocationSite &Site : Sites) {
      const facts::Allocation *To =
          facts::inDomain(*Site.Api, MemoryDomain::Mem);
      const SourceLocation Loc = SM.getExpansionLoc(Site.Call->getExprLoc());
      const support::SourceText Source(SM, Model.context().getLangOpts(),
                                       SM.getFileID(Loc));
      std::optional<unsigned> At =
          Source.spelled(Site.Call->getCallee()->getExprLoc());
      if (!To || !At)
        return {};
      const SourceLocation Name = Source.location(*At);
      if (Done.insert(Site.Call).second)
        Hints.push_back(FixItHint::CreateReplacement(
            CharSourceRange::getTokenRange(Name, Name), To->Name));
    }
  return Hints;
}

} // namespace pyext::types
