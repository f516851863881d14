//===- CallbackObjectUserdataCheck.cpp ------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/CallbackObjectUserdataCheck.h"
#include "model/ApiUses.h"
#include "flow/Attachment.h"
#include "model/Initializers.h"
#include "facts/Facts.h"
#include "threads/EnsureFix.h"

using namespace clang;
using namespace llvm;
using pyext::facts::ApiRole;
using pyext::model::ApiUse;
using pyext::model::ExtensionModel;

namespace pyext::threads {

/// Where the function takes its parameter to be an object; null when nowhere.
static const Expr *objectCast(const Stmt *S, const ParmVarDecl *P,
                              const DenseSet<const VarDecl *> &Same,
                              unsigned Depth = 0) {
  if (!S || Depth > 400)
    return nullptr;
  if (const auto *C = dyn_cast<CastExpr>(S);
      C && C->getType()->isPointerType() &&
      ExtensionModel::isObjectPointer(C->getType())) {
    const auto *Ref = dyn_cast<DeclRefExpr>(C->getSubExpr()->IgnoreParenCasts());
    if (Ref && (Ref->getDecl() == P ||
                Same.contains(dyn_cast<VarDecl>(Ref->getDecl()))))
      return C;
  }
  for (const Stmt *Child : S->children())
    if (const Expr *E = objectCast(Child, P, Same, Depth + 1))
      return E;
  return nullptr;
}

/// The call that hands \p Callback to foreign code with an object as its data.
static const CallExpr *registration(const ExtensionModel &Model,
                                    const FunctionDecl *Callback,
                                    const Expr *&Object,
                                    const model::Function *&In) {
  for (const auto &F : Model.functions())
    for (const model::CallSite &Site : F->Calls) {
      if (!Site.Call || Model.function(Site.Callee))
        continue;
      bool Passed = false;
      Object = nullptr;
      for (const Expr *Arg : Site.Call->arguments()) {
        const FunctionDecl *FD = model::functionOf(Arg);
        if (FD && FD->getCanonicalDecl() == Callback->getCanonicalDecl())
          Passed = true;
        else if (Arg->getType()->isPointerType() &&
                 ExtensionModel::isObjectPointer(
                     model::stripped(Arg)->getType()))
          Object = Arg;
      }
      if (Passed && Object) {
        In = F.get();
        return Site.Call;
      }
    }
  return nullptr;
}

/// Whether the function takes a reference to the variable that \p Object is.
static bool isKept(const model::Function &F, const Expr *Object) {
  const auto *Ref = dyn_cast<DeclRefExpr>(model::stripped(Object));
  return any_of(F.Calls, [&](const model::CallSite &Site) {
    const FunctionDecl *FD = Site.Callee;
    const facts::ReferenceCountApi *Api =
        FD && FD->getIdentifier() ? facts::findReferenceCountOp(
                                        facts::canonicalName(FD->getName()))
                                  : nullptr;
    if (!Api || !Site.Call ||
        (Api->Op != facts::RefcountOp::Incref &&
         Api->Op != facts::RefcountOp::NewRef))
      return false;
    if (!Ref)
      return true;
    const auto *Arg =
        dyn_cast<DeclRefExpr>(model::stripped(Site.Call->getArg(Api->Arg)));
    return Arg && Arg->getDecl() == Ref->getDecl();
  });
}

/// The variable's value, casts stripped, when it is set once.
static const Expr *valueOf(const model::Function &F, const Expr *E) {
  const auto *Ref = dyn_cast<DeclRefExpr>(model::stripped(E));
  const auto *VD = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  if (!VD || !VD->hasLocalStorage() || isa<ParmVarDecl>(VD))
    return E;
  const Expr *Value = VD->getInit();
  for (const auto &[Variable, Set] : F.PointerValues)
    if (Variable == VD)
      Value = Set;
  return Value ? Value : E;
}

/// Of no object in particular: what a variable of the file keeps, or the main
/// interpreter.
static bool isAnyInterpreter(const model::Function &F, const Expr *E) {
  const Expr *Value = model::stripped(valueOf(F, E));
  if (const auto *Ref = dyn_cast<DeclRefExpr>(Value)) {
    const auto *VD = dyn_cast<VarDecl>(Ref->getDecl());
    return VD && VD->hasGlobalStorage() && VD->getTLSKind() == VarDecl::TLS_None;
  }
  return model::isCallOf(Value, ApiRole::MainInterpreter);
}

/// Attaches a thread that may be any, to an interpreter that has nothing to do
/// with what the callback is given.
static bool attachesBlindly(const model::Function &F,
                            const model::ThreadStateUse &Use) {
  if (Use.Api->Op != facts::ThreadStateOp::Attach)
    return false;
  if (Use.Api->Family == facts::ThreadStateFamily::GILState)
    return true;
  const auto *Call = dyn_cast<CallExpr>(Use.Where);
  if (!Call || Call->getNumArgs() != 1)
    return false;
  const Expr *State = model::stripped(valueOf(F, Call->getArg(0)));
  if (isAnyInterpreter(F, State))
    return true;
  // PyEval_RestoreThread(PyThreadState_New(PyInterpreterState_Main()))
  const auto *Made = dyn_cast<CallExpr>(State);
  const FunctionDecl *FD = Made ? Made->getDirectCallee() : nullptr;
  const facts::ThreadStateApi *Api =
      FD && FD->getIdentifier()
          ? facts::findThreadStateApi(facts::canonicalName(FD->getName()))
          : nullptr;
  return Api && Api->Op == facts::ThreadStateOp::Create &&
         Made->getNumArgs() == 1 && isAnyInterpreter(F, Made->getArg(0));
}

/// A call for which the thread was detached does the work, and calls back on
/// this thread meanwhile; one that only registers needs no detaching.
static bool lastsAsLong(const ExtensionModel &Model, const model::Function &In,
                        const CallExpr *Call) {
  if (Model.attachments().stateAt(In.Decl, Call) !=
      flow::AttachState::Detached)
    return false;
  const FunctionDecl *Callee = Call->getDirectCallee();
  if (!Callee || !Callee->getIdentifier())
    return false;
  const StringRef Name = Callee->getName();
  return none_of(ArrayRef<StringRef>{"set", "register", "add", "subscribe",
                                     "install", "listen", "connect", "on_",
                                     "watch", "start", "async", "hook"},
                 [&](StringRef Word) {
                   return Name.contains_insensitive(Word);
                 });
}

void CallbackObjectUserdataCheck::analyze(const ExtensionModel &Model) {
  if (Model.isGenerated() || model::isProgram(Model))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  for (const auto &F : Model.functions()) {
    if (F->Generated || F->Decl->isDependentContext())
      continue;
    // It attaches a thread that may be any, without naming an interpreter.
    const model::ThreadStateUse *Attach = nullptr;
    for (const model::ThreadStateUse &Use : F->ThreadStates)
      if (!Attach && attachesBlindly(*F, Use))
        Attach = &Use;
    if (!Attach || attachesElsewhereByView(Model, *F))
      continue;
    for (const ParmVarDecl *P : F->Decl->parameters()) {
      if (!P->getType()->isVoidPointerType())
        continue;
      // void *user; T *self = user; in C.
      DenseSet<const VarDecl *> Same;
      const Expr *Cast =
          objectCast(F->Decl->getBody(), P, Same);
      if (!Cast)
        continue;
      const Expr *Object = nullptr;
      const model::Function *In = nullptr;
      const CallExpr *Call = registration(Model, F->Decl, Object, In);
      if (!Call && !F->HandedOver)
        continue;
      if (Call && In && lastsAsLong(Model, *In, Call))
        continue;
      diag(SM.getFileLoc(Cast->getExprLoc()),
           "callback '%0' takes its data '%1' for a Python object, but "
           "'%2' does not attach to the interpreter of that object"
           "%select{|, and nothing keeps the object alive until then}3")
          << F->Decl->getNameAsString() << P->getName() << Attach->Api->Name
          << (Call && Object && !isKept(*In, Object));
      diag(SM.getExpansionLoc(Attach->Where->getExprLoc()),
           "the thread is attached here, to "
           "%select{an interpreter that the registration has not chosen|the "
           "main interpreter or to the one it used last}0",
           DiagnosticIDs::Note)
          << (Attach->Api->Family == facts::ThreadStateFamily::GILState);
      if (Call)
        diag(SM.getExpansionLoc(Call->getExprLoc()),
             "the callback is registered here with the object",
             DiagnosticIDs::Note);
      else
        diag(SM.getExpansionLoc(F->HandedOver->getExprLoc()),
             "the callback is handed to other code here", DiagnosticIDs::Note);
      {
        auto Diag = diag(
            SM.getFileLoc(Cast->getExprLoc()),
            "give it a struct with a strong reference to the object and, from "
            "Python 3.15 on, a PyInterpreterView for "
            "'PyThreadState_EnsureFromView'",
            DiagnosticIDs::Note);
        if (Call && Object && In && !isKept(*In, Object) &&
            Attach->Api->Family == facts::ThreadStateFamily::GILState)
          for (const FixItHint &Hint : carryView(Model, *F, P, *Attach, *In,
                                                 Call, Object, minPython()))
            Diag << Hint;
      }
      break;
    }
  }
}

} // namespace pyext::threads
