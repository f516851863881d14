//===- IndexModules.cpp - What makes the modules --------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexer.h"
#include "Pointers.h"
#include "llvm/ADT/Sequence.h"

using namespace clang;
using namespace llvm;

namespace pyext::migrate {

static bool isName(StringRef S) {
  return !S.empty() && all_of(S, [](char C) { return isAlnum(C) || C == '_'; });
}

void Indexer::noteForeignNames(const DeclContext *In) {
  for (const Decl *D : In->decls()) {
    if (const auto *Linkage = dyn_cast<LinkageSpecDecl>(D))
      noteForeignNames(Linkage);
    const auto *ND = dyn_cast<NamedDecl>(D);
    if (!ND || !ND->getIdentifier() || ours(ND))
      continue;
    // Shadowed, a type cannot be named.
    if (isa<TypeDecl>(ND) &&
        (isa<TypedefNameDecl>(ND) || LO.CPlusPlus) &&
        is_contained({"state", "mstate", "module_state"}, identifierOf(ND)))
      I.Foreign.insert(identifierOf(ND).str());
    for (StringRef End : {"_state", "_exec", "_slots", "_clear", "_free",
                          "_traverse", "_get_state"})
      if (identifierOf(ND).ends_with(End))
        I.Foreign.insert(identifierOf(ND).str());
  }
}

bool Indexer::onlyTested(const Expr *E) {
  const Stmt *S = E;
  bool Address = false;
  for (const Stmt *P = parentStmt(S); P; S = P, P = parentStmt(P)) {
    if (isa<ParenExpr>(P) || isa<CastExpr>(P)) {
      Address |= isa<ExplicitCastExpr>(P) &&
                 cast<Expr>(P)->getType()->isVoidPointerType();
      continue;
    }
    if (const auto *C = dyn_cast<CallExpr>(P)) {
      const FunctionDecl *FD = C->getDirectCallee();
      return Address && FD && FD->isVariadic() &&
             none_of(llvm::seq(0u, FD->getNumParams()),
                     [&](unsigned N) { return C->getArg(N) == S; });
    }
    if (const auto *B = dyn_cast<BinaryOperator>(P)) {
      if (B->isLogicalOp())
        return true;
      const Expr *Other = B->getLHS() == S ? B->getRHS() : B->getLHS();
      return B->isEqualityOp() &&
             Other->isNullPointerConstant(Context,
                                          Expr::NPC_ValueDependentIsNotNull);
    }
    if (const auto *U = dyn_cast<UnaryOperator>(P))
      return U->getOpcode() == UO_LNot;
    if (const auto *If = dyn_cast<IfStmt>(P))
      return If->getCond() == S;
    if (const auto *Conditional = dyn_cast<ConditionalOperator>(P))
      return Conditional->getCond() == S;
    return false;
  }
  return false;
}

bool Indexer::looksInside(const StaticType &T) {
  const std::set<std::string> Dying = I.calledFrom({T.Dealloc});
  return any_of(Model.fieldAccesses(), [&](const model::FieldAccess &F) {
    return F.By.Function && !F.By.DropsReference && !F.By.Resets &&
           F.Field->getName() != "ob_type" &&
           model::ExtensionModel::isObjectPointer(F.Field->getType()) &&
           Dying.count(keyOf(F.By.Function)) && !onlyTested(F.By.Place);
  });
}

void Indexer::finishModules() {
  for (const model::FieldAccess &F : Model.fieldAccesses())
    if (F.By.writes() || F.By.Kind == model::AccessKind::Atomic)
      noteWritten(F.Field->getParent());
  // What is called by its type's tp_vectorcall_offset.
  for (const Vectorcall &V : Vectorcalls) {
    bool Found = false;
    for (const auto &[Key, Of] : InstanceOf)
      if (Of == V.Instance &&
          any_of(I.Types[Key].Offsets, [](StringRef Offset) {
            return Offset.contains("__vectorcalloffset__");
          })) {
        addRoot(V.Function, Root::SelfSlot, Key);
        Found = true;
      }
    // Else known from another configuration.
    Function &F = I.Functions[keyOf(V.Function)];
    if (!Found && F.Roots.empty())
      F.Escapes.push_back({V.At, "its address is kept in an object"});
  }
  // Fields that the deallocator of a type releases.
  for (auto &[Key, RD] : InstanceOf) {
    StaticType &T = I.Types[Key];
    for (const FieldDecl *F : RD->fields()) {
      const model::StateVariable *S = Model.stateOf(F);
      if (!S || !model::ExtensionModel::isObjectPointer(F->getType()))
        continue;
      for (const model::Access &A : S->Accesses)
        if (A.DropsReference && A.Function &&
            (keyOf(A.Function) == T.Dealloc || keyOf(A.Function) == T.Clear)) {
          if (!is_contained(T.Owned, F->getNameAsString()))
            T.Owned.push_back(F->getNameAsString());
        }
    }
    T.LooksInside |= looksInside(T);
  }
  for (const auto &Entry : Model.modules()) {
    if (!Entry.InitFunction)
      continue;
    ModuleInfo M;
    std::string InitKey = keyOf(Entry.InitFunction);
    bool Known = false;
    for (const ModuleInfo &Old : I.Modules)
      Known |= Old.InitFunction == InitKey;
    if (Known)
      continue;
    // Which function makes it, from which definition?
    std::string Body, Def;
    const Create *Made = nullptr;
    bool Multi = false;
    std::set<std::string> Reached{InitKey};
    for (unsigned N = 0; N < 3; ++N)
      for (const Call &C : I.Calls)
        if (Reached.count(C.Caller))
          Reached.insert(C.Callee);
    // The one that PyInit_ returns; others are for modules within it.
    auto Rank = [&](const Create &C) {
      const bool Returned =
          C.Returned || any_of(I.Returns, [&](const Return &R) {
            return R.Function == C.Function && R.What == Return::Module &&
                   R.Value == C.Variable;
          });
      return (C.Function == InitKey ? 2 : 0) + (Returned ? 1 : 0);
    };
    for (const Create &C : Creates)
      if (Reached.count(C.Function) && (!Made || Rank(C) >= Rank(*Made)))
        Made = &C;
    for (const auto &[Function, Definition] : Inits)
      if (Reached.count(Function) && !Made) {
        Multi = true;
        Body = Function;
        Def = Definition;
      }
    if (Made) {
      Body = Made->Function;
      Def = Made->Definition;
    }
    if (Def.empty() || !Definitions.count(Def))
      continue;
    M = Definitions[Def];
    M.InitFunction = InitKey;
    M.Name = Entry.InitFunction->getName().substr(7).str();
    M.Body = Body;
    M.MultiPhase = Multi;
    if (Made) {
      M.ModuleVariable = Made->Variable;
      M.VariableWithCreate = Made->WithDeclaration;
      M.VariableReused = Made->Reused;
      M.CreateCall = Made->Call;
      M.CreateStatement = Made->Statement;
      M.CheckStatement = Made->Check;
      M.OnlyReturnsCreate = Made->Returned;
      M.VariableDeclaration = Made->Declared;
      M.GlobalVariable = Made->GlobalVariable;
      if (!Made->Refused.empty())
        M.Refused = Made->Refused;
      for (const Create &C : Creates)
        if (&C != Made && Reached.count(C.Function) && C.Definition != Def &&
            Definitions.count(C.Definition))
          noteOtherModule(M, *Made, C);
      if (M.DefName.empty() ||
          (!Made->Spelled.empty() && M.MacroMade && isName(Made->Spelled)))
        M.DefName = Made->Spelled;
    }
    I.Functions[InitKey].Roots.push_back({Root::Init, ""});
    I.Modules.push_back(M);
  }
}

void Indexer::noteOtherModule(ModuleInfo &M, const Create &Made,
                              const Create &C) {
  const ModuleInfo &D = Definitions[C.Definition];
  ModuleInfo::Other Out;
  Out.Definition = C.Definition;
  Out.Name = D.FullName.empty() ? D.DefName : D.FullName;
  Out.Function = C.Function;
  Out.Call = C.Call;
  Out.Argument = C.Argument;
  Out.MethodTables = D.MethodTables;
  if (C.Function == Made.Function && C.Variable == Made.Variable &&
      !C.Variable.empty())
    M.Refused = "'" + C.Variable + "' holds several modules that " +
                "PyModule_Create() makes";
  if (C.Function != Made.Function || !C.Call.valid() || C.Argument.empty())
    Out.Refused = "it is made where the module is not known";
  else if (D.Size > 0 || !D.SizeKnown || !D.Traverse.empty() ||
           !D.Clear.empty() || !D.Free.empty() || !D.Slots.empty())
    Out.Refused = "it has a state of its own";
  M.Others.push_back(Out);
}

} // namespace pyext::migrate
