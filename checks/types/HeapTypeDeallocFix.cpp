//===- HeapTypeDeallocFix.cpp ---------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "types/HeapTypeDeallocFix.h"
#include "facts/ApiRoles.h"
#include "model/Initializers.h"
#include "support/Source.h"
#include "support/TypeEdits.h"

using namespace clang;
using namespace llvm;
using pyext::model::ExtensionModel;
using pyext::model::LifeEvent;
using pyext::model::LifeStep;

namespace pyext::types {

bool contains(const Stmt *Root, const Stmt *Inner, unsigned Depth) {
  if (!Root || Depth > 400)
    return false;
  return Root == Inner || any_of(Root->children(), [&](const Stmt *Child) {
           return contains(Child, Inner, Depth + 1);
         });
}

/// A local variable that holds the type and is set where it is declared.
static std::string typeVariable(const ExtensionModel &Model,
                                const FunctionDecl *FD) {
  const auto *Body = dyn_cast<CompoundStmt>(FD->getBody());
  if (Body)
    for (const Stmt *S : Body->body())
      if (const auto *D = dyn_cast<DeclStmt>(S))
        for (const Decl *Each : D->decls()) {
          const auto *VD = dyn_cast<VarDecl>(Each);
          const auto *Call =
              VD && VD->getInit()
                  ? dyn_cast<CallExpr>(model::stripped(VD->getInit()))
                  : nullptr;
          const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
          if (Callee && Callee->getIdentifier() &&
              facts::hasRole(facts::canonicalName(Callee->getName()),
                             facts::ApiRole::TypeOf))
            return VD->getNameAsString();
        }
  return {};
}

SourceLocation Dealloc::at(const LifeEvent &E) const {
  return Model.context().getSourceManager().getExpansionLoc(
      E.Inner->getExprLoc());
}

const LifeEvent *Dealloc::only(LifeStep Step) const {
  const LifeEvent *Found = nullptr;
  for (const LifeEvent &E : Life.Events)
    if (E.Step == Step) {
      if (Found || E.In != FD)
        return nullptr;
      Found = &E;
    }
  return Found;
}

bool Dealloc::mentions(StringRef Name) const {
  const SourceManager &SM = Model.context().getSourceManager();
  const support::SourceText Source(SM, Model.context().getLangOpts(),
                                   SM.getFileID(FD->getBody()->getBeginLoc()));
  std::optional<support::TextRange> R = Source.written(FD->getSourceRange());
  return !R || Source.mentions(*R, Name);
}

Edits dropAfterFree(const Dealloc &D) {
  Edits Result;
  const LifeEvent *OnlyFree = D.only(LifeStep::FreesObject);
  const LifeEvent *OnlyDrop = D.only(LifeStep::DropsType);
  const CompoundStmt *FreeBlock = nullptr, *DropBlock = nullptr;
  const Stmt *FreeAt = OnlyFree ? elementOf(D.FD, OnlyFree->Inner, &FreeBlock)
                                : nullptr;
  const Stmt *DropAt = OnlyDrop ? elementOf(D.FD, OnlyDrop->Inner, &DropBlock)
                                : nullptr;
  const std::string Variable = typeVariable(D.Model, D.FD);
  if (FreeAt && DropAt && FreeBlock == DropBlock && !Variable.empty()) {
    const SourceManager &SM = D.Model.context().getSourceManager();
    const support::SourceText Source(SM, D.Model.context().getLangOpts(),
                                     SM.getFileID(D.at(*OnlyDrop)));
    ParentMap Parents(D.FD->getBody());
    support::EditSet Text(Source, Parents);
    Text.remove(DropAt);
    Text.after(FreeAt, {"Py_DECREF(" + Variable + ");"});
    std::string WhyNot;
    for (const FixItHint &Hint : Text.finish(WhyNot))
      Result.push_back(Hint);
  }
  return Result;
}

Edits readTypeFirst(const Dealloc &D, const LifeEvent &E) {
  Edits Result;
  const std::string Variable = typeVariable(D.Model, D.FD);
  const std::string Name = Variable.empty() ? "type" : Variable;
  const SourceManager &SM = D.Model.context().getSourceManager();
  const support::SourceText Source(SM, D.Model.context().getLangOpts(),
                                   SM.getFileID(D.at(E)));
  std::optional<support::TextRange> R = Source.written(E.Inner);
  if (R && E.In == D.FD && !D.Self.empty() &&
      (!Variable.empty() || !D.mentions(Name))) {
    const FixItHint Add =
        addFirst(D.Model, D.FD,
                 {"PyTypeObject *" + Name + " = Py_TYPE(" + D.Self + ");"},
                 true);
    if (Variable.empty() && Add.isNull())
      return {};
    Result.push_back(FixItHint::CreateReplacement(
        CharSourceRange::getCharRange(Source.location(R->Begin),
                                      Source.location(R->End)),
        Name));
    if (Variable.empty())
      Result.push_back(Add);
  }
  return Result;
}

Edits dropType(const Dealloc &D) {
  Edits Result;
  const LifeEvent *Only = D.only(LifeStep::FreesObject);
  const Stmt *Element = Only ? elementOf(D.FD, Only->Inner) : nullptr;
  const std::string Variable = typeVariable(D.Model, D.FD);
  const std::string Used = Variable.empty() ? "type" : Variable;
  if (Element && !D.Self.empty() &&
      (!Variable.empty() || !D.mentions(Used))) {
    const FixItHint Drop =
        addAfter(D.Model, D.FD, Element, {"Py_DECREF(" + Used + ");"});
    const FixItHint Load = addFirst(
        D.Model, D.FD, {"PyTypeObject *" + Used + " = Py_TYPE(" + D.Self + ");"},
        true);
    if (!Drop.isNull() && (!Variable.empty() || !Load.isNull())) {
      if (Variable.empty())
        Result.push_back(Load);
      Result.push_back(Drop);
    }
  }
  return Result;
}

Edits freeByType(const Dealloc &D, const LifeEvent &E, const CallExpr &Call) {
  Edits Result;
  const SourceManager &SM = D.Model.context().getSourceManager();
  const support::SourceText Source(SM, D.Model.context().getLangOpts(),
                                   SM.getFileID(D.at(E)));
  const LifeEvent *Drop = D.Life.first(LifeStep::DropsType);
  const std::string Variable = typeVariable(D.Model, D.FD);
  if (std::optional<unsigned> At =
          Source.spelled(Call.getCallee()->getExprLoc());
      At && E.In == D.FD && !D.Self.empty() &&
      !D.Model.preprocessing().limitedApi() &&
      (!Drop || D.index(Drop) > D.index(&E)))
    Result.push_back(FixItHint::CreateReplacement(
        CharSourceRange::getTokenRange(Source.location(*At),
                                       Source.location(*At)),
        Variable.empty() ? "Py_TYPE(" + D.Self + ")->tp_free"
                         : Variable + "->tp_free"));
  return Result;
}

Edits clearWeakRefs(const Dealloc &D) {
  Edits Result;
  const LifeEvent *Untrack = D.only(LifeStep::Untracks);
  const Stmt *After = Untrack ? elementOf(D.FD, Untrack->Inner) : nullptr;
  if (!D.Self.empty()) {
    const std::string Line =
        facts::nameOf(facts::ApiRole::ClearsWeakRefs).str() + "((PyObject *)" +
        D.Self + ");";
    Result.push_back(After ? addAfter(D.Model, D.FD, After, {Line})
                           : addFirst(D.Model, D.FD, {Line}));
  }
  return Result;
}

} // namespace pyext::types
