//===- InvalidInterpreterConfigCheck.cpp ----------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/InvalidInterpreterConfigCheck.h"
#include "model/ApiUses.h"
#include "model/Initializers.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

static bool isConfig(QualType QT) {
  return model::elementTypeName(QT) == "PyInterpreterConfig";
}

namespace {
/// The constant values of a variable's fields; a field that is set to something
/// else is open.
struct Config {
  const VarDecl *VD = nullptr;
  DenseMap<const FieldDecl *, std::optional<int64_t>> Fields;

  std::optional<int64_t> get(StringRef Name) const {
    for (const auto &[Field, Value] : Fields)
      if (Field->getName() == Name)
        return Value;
    return std::nullopt;
  }
};
} // namespace

static void collect(const Stmt *S, const ASTContext &Context,
                    SmallVectorImpl<Config> &To, unsigned Depth = 0) {
  if (!S || Depth > 400)
    return;
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    for (const Decl *Each : D->decls()) {
      const auto *VD = dyn_cast<VarDecl>(Each);
      const InitListExpr *List =
          VD && isConfig(VD->getType()) && !VD->getType()->isPointerType()
              ? model::initializerList(VD)
              : nullptr;
      // Of an array, and of what does not compile, it is no record's.
      const RecordDecl *RD =
          List ? List->getType()->getAsRecordDecl() : nullptr;
      if (!RD)
        continue;
      Config C;
      C.VD = VD;
      for (const FieldDecl *F : RD->fields()) {
        const Expr *Init = model::fieldInit(List, F->getName());
        C.Fields[F] = Init ? model::integerOf(Init, Context) : 0;
      }
      To.push_back(std::move(C));
    }
  } else if (const auto *B = dyn_cast<BinaryOperator>(S);
             B && B->isAssignmentOp()) {
    if (const auto *M = dyn_cast<MemberExpr>(B->getLHS()->IgnoreParens()))
      for (Config &C : To)
        if (model::variableOf(M->getBase()) == C.VD)
          if (const auto *F = dyn_cast<FieldDecl>(M->getMemberDecl()))
            C.Fields[F] = model::integerOf(B->getRHS(), Context);
  }
  for (const Stmt *Child : S->children())
    collect(Child, Context, To, Depth + 1);
}

void InvalidInterpreterConfigCheck::analyze(const ExtensionModel &Model) {
  if (!hazards().Subinterpreters || Model.isGenerated())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  DenseSet<const FunctionDecl *> Seen;
  for (const ApiUse &Use : model::usesOf(Model, ApiRole::MakesInterpreter)) {
    const std::vector<const Stmt *> Path =
        model::pathTo(Model, Use.In->Decl, Use.Call);
    if (model::isIgnored(Path))
      diag(SM.getExpansionLoc(Use.Call->getExprLoc()),
           "'%0' tells with its result whether there is an interpreter: "
           "nothing tests it")
          << Use.Name;
    if (!Seen.insert(Use.In->Decl).second)
      continue;
    SmallVector<Config, 2> Configs;
    collect(Use.In->Decl->getBody(), Model.context(), Configs);
    for (const Config &C : Configs) {
      const std::optional<int64_t> Gil = C.get("gil"),
                                   Alloc = C.get("use_main_obmalloc"),
                                   Check = C.get("check_multi_interp_extensions");
      if (Gil == 2 && Alloc && *Alloc)
        diag(C.VD->getLocation(),
             "'%0' asks for a GIL of its own and for the allocator of the main "
             "interpreter, which needs the main GIL: no interpreter is made")
            << C.VD->getName();
      else if (Alloc == 0 && Check == 0)
        diag(C.VD->getLocation(),
             "'%0' asks for an allocator of its own, but lets in extensions "
             "that do not support it: no interpreter is made")
            << C.VD->getName();
    }
  }
}

} // namespace pyext::threads
