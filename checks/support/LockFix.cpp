//===- LockFix.cpp --------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/LockFix.h"
#include "support/Exceptions.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;
using llvm::StringRef;
using pyext::support::TextRange;

namespace pyext {

/// What the name of a function ends in that is called with the lock held.
static constexpr llvm::StringLiteral Suffix = "_lock_held";

LockFix::LockFix(const model::ExtensionModel &Model, const FunctionDecl *FD)
    : Model(Model), FD(FD), SM(Model.context().getSourceManager()),
      Source(SM, Model.context().getLangOpts(),
             SM.getFileID(SM.getExpansionLoc(FD->getLocation()))),
      Parents(FD->getBody()) {
  Edits.emplace(Source, Parents);
  if (const auto *Body = dyn_cast<CompoundStmt>(FD->getBody()))
    Elements.append(Body->body_begin(), Body->body_end());
}

std::string LockFix::freshName(StringRef Wish) const {
  const std::optional<unsigned> Begin = Source.spelled(FD->getOuterLocStart());
  const std::optional<TextRange> Body = Source.written(FD->getBody());
  std::string Name = Wish.str();
  for (unsigned I = 2; Begin && Body && I < 20; ++I) {
    if (Source.identifiers({*Begin, Body->End}, Name).empty())
      break;
    Name = Wish.str() + std::to_string(I);
  }
  return Name;
}

std::optional<unsigned> LockFix::elementOf(const Stmt *S) const {
  while (S && Parents.getParent(S) != FD->getBody())
    S = Parents.getParent(S);
  const auto *It = llvm::find(Elements, S);
  if (!S || It == Elements.end())
    return std::nullopt;
  return It - Elements.begin();
}

/// Whether \p S names a local variable, or anything that is not constant.
static bool readsSomething(const Stmt *S) {
  if (!S)
    return false;
  if (const auto *R = dyn_cast<DeclRefExpr>(S))
    if (const auto *VD = dyn_cast<VarDecl>(R->getDecl()))
      return VD->hasLocalStorage() || VD->getType()->isScalarType();
  if (isa<MemberExpr, CXXThisExpr>(S))
    return true;
  return llvm::any_of(S->children(), readsSomething);
}

static bool mentionsDecl(const Stmt *S, const ValueDecl *D) {
  if (!S)
    return false;
  if (const auto *R = dyn_cast<DeclRefExpr>(S))
    if (R->getDecl() == D)
      return true;
  return llvm::any_of(S->children(), [&](const Stmt *Child) {
    return mentionsDecl(Child, D);
  });
}

bool LockFix::isUsedAfter(const ValueDecl *D, unsigned Last) const {
  for (unsigned I = Last + 1; I < Elements.size(); ++I)
    if (mentionsDecl(Elements[I], D))
      return true;
  return false;
}

std::optional<std::string> LockFix::declare(QualType Type,
                                            StringRef Name) const {
  if (!Type->isScalarType() || Type.isConstQualified())
    return std::nullopt;
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  Type.print(OS, Model.context().getPrintingPolicy(), Name);
  return Text + ";";
}

/// `return x;` becomes `result = x;` with the `return` behind the section.
bool LockFix::returnsLater(const ReturnStmt *R, std::vector<std::string> &Before,
                           std::vector<std::string> &After) {
  const Expr *Value = R->getRetValue();
  if (!Value) {
    After.push_back("return;");
    return false;
  }
  const std::optional<unsigned> Begin = Source.spelled(R->getBeginLoc());
  const std::optional<TextRange> Text = Source.written(Value);
  const std::string Name = freshName("result");
  const std::optional<std::string> Declared = declare(FD->getReturnType(), Name);
  if (!Begin || !Text || !Declared)
    return fail("what the function returns comes out of a macro");
  Before.push_back(*Declared);
  Edits->replace({*Begin, Text->Begin}, Name + " = ");
  After.push_back("return " + Name + ";");
  return true;
}

/// `Py_INCREF(x); return x;` reads x once: `result = x; Py_INCREF(result);`.
bool LockFix::takesAndReturns(const Stmt *S, const ReturnStmt *R,
                              std::vector<std::string> &Before) {
  const auto *E = dyn_cast<Expr>(S);
  const auto *Call = E ? dyn_cast<CallExpr>(E->IgnoreParenCasts()) : nullptr;
  const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
  const facts::ReferenceCountApi *Op =
      Callee && Callee->getIdentifier()
          ? facts::findReferenceCountOp(facts::canonicalName(Callee->getName()))
          : nullptr;
  if (!Op || Op->Op != facts::RefcountOp::Incref || !R->getRetValue() ||
      unsigned(Op->Arg) >= Call->getNumArgs())
    return false;
  const auto Taken = Source.writtenCall(S->getBeginLoc(), Op->Name);
  const auto Value = Source.written(R->getRetValue());
  const auto Begin = Source.spelled(R->getBeginLoc());
  const std::string Name = freshName("result");
  const auto Declared = declare(FD->getReturnType(), Name);
  if (!Taken || Taken->Args.size() <= unsigned(Op->Arg) || !Value || !Begin ||
      !Declared)
    return false;
  const TextRange Arg = Taken->Args[Op->Arg];
  const StringRef Written = Source.text(Arg);
  // With or without a cast to what is returned.
  if (!Source.text(*Value).ends_with(Written) ||
      !Source.text({Taken->Whole.End, *Begin}).trim(" \t\r\n;").empty())
    return false;
  Before.push_back(*Declared);
  Edits->replace({Taken->Whole.Begin, Value->End},
                 Name + " = " + Source.text(*Value).str() + ";\n" +
                     Source.indentation(*Begin).str() + Op->Name + "(" + Name + ")");
  return true;
}

/// Variables that are declared under the lock and used behind it are declared
/// before it.
bool LockFix::splitDeclarations(unsigned First, unsigned &Last,
                                std::vector<std::string> &Before) {
  for (unsigned I = First; I <= Last; ++I) {
    const auto *D = dyn_cast<DeclStmt>(Elements[I]);
    if (!D)
      continue;
    const bool Needed = llvm::any_of(D->decls(), [&](const Decl *Each) {
      const auto *VD = dyn_cast<ValueDecl>(Each);
      return VD && isUsedAfter(VD, Last);
    });
    if (!Needed)
      continue;
    const auto *VD =
        D->isSingleDecl() ? dyn_cast<VarDecl>(D->getSingleDecl()) : nullptr;
    if (!VD || VD->isStaticLocal())
      return false;
    const std::optional<std::string> Declared =
        declare(VD->getType(), VD->getNameAsString());
    const std::optional<TextRange> Whole = Source.writtenStatement(D);
    if (!Declared || !Whole)
      return false;
    Before.push_back(*Declared);
    if (!VD->getInit()) {
      Edits->remove(D);
      continue;
    }
    const std::optional<TextRange> Init = Source.written(VD->getInit());
    if (!Init)
      return false;
    Edits->replace({Whole->Begin, Init->Begin}, VD->getNameAsString() + " = ");
  }
  return true;
}

bool LockFix::inPlace(unsigned First, unsigned Last, const LockLines &Lines) {
  const auto *Body = cast<CompoundStmt>(FD->getBody());
  const std::optional<TextRange> Whole = Source.written(Body);
  if (!Whole || Source.hasDirective(*Whole))
    return false;
  // A version guard needs lines of its own.
  if (!Lines.Guard.empty())
    for (const Stmt *S : {Elements[First], Elements[Last]}) {
      const std::optional<TextRange> R = Source.writtenStatement(S);
      if (!R || !Source.isFirstOnLine(R->Begin) ||
          !StringRef("\r\n").contains(
              Source.text().substr(Source.endOfLineOrHere(R->End), 1)))
        return false;
    }
  const ReturnStmt *Final = nullptr;
  for (unsigned I = First; I <= Last; ++I) {
    const Stmt *S = Elements[I];
    if (const auto *R = dyn_cast<ReturnStmt>(S);
        R && I + 1 == Elements.size() && I == Last) {
      Final = R;
      continue;
    }
    const Leaving Ways(S);
    if (!Ways.Exits.empty() || Ways.Labels || Ways.Strange)
      return false;
  }
  // A `return` that says nothing of the object stays where it is.
  if (Final && Last > First && !readsSomething(Final)) {
    Final = nullptr;
    --Last;
  }
  std::vector<std::string> Before, After;
  if (!splitDeclarations(First, Last, Before))
    return false;
  if (Final && Last > First && takesAndReturns(Elements[Last - 1], Final, Before)) {
    After.push_back("return " + freshName("result") + ";");
  } else if (Final && !returnsLater(Final, Before, After)) {
    WhyNot.clear();
    return false;
  }
  Before.insert(Before.end(), Lines.Take.begin(), Lines.Take.end());
  After.insert(After.begin(), Lines.Give.begin(), Lines.Give.end());
  Edits->before(Elements[First], Before);
  Edits->after(Elements[Last], After);
  Locked.append(Elements.begin() + First, Elements.begin() + Last + 1);
  return true;
}

bool LockFix::lock(ArrayRef<const Stmt *> Places, const LockLines &Lines) {
  const LangOptions &LO = Model.context().getLangOpts();
  if (LO.CPlusPlus && LO.CXXExceptions && support::mayThrow(FD->getBody()))
    return fail("a C++ exception could leave the locked code");
  unsigned First = ~0u, Last = 0;
  for (const Stmt *S : Places) {
    const std::optional<unsigned> I = elementOf(S);
    if (!I)
      return fail("the code to lock is part of a macro");
    First = std::min(First, *I);
    Last = std::max(Last, *I);
  }
  if (First > Last)
    return fail("there is nothing to lock");
  const support::EditSet Untouched = *Edits;
  if (inPlace(First, Last, Lines))
    return true;
  Edits.emplace(Untouched);
  return splitFunction(Lines, nullptr, {});
}

bool LockFix::keep(ArrayRef<const MemberExpr *> Reads, const LockLines &Lines) {
  const LangOptions &LO = Model.context().getLangOpts();
  if (LO.CPlusPlus && LO.CXXExceptions && support::mayThrow(FD->getBody()))
    return fail("a C++ exception could leave the function");
  const MemberExpr *Read = Reads.front();
  const auto *Field = cast<FieldDecl>(Read->getMemberDecl());
  const std::string Name = freshName(Field->getName());
  // A name of a type or a function would be hidden, not more.
  std::vector<TextRange> Done;
  std::optional<unsigned> Element;
  bool One = true;
  for (const MemberExpr *M : Reads) {
    const std::optional<TextRange> R = Source.written(M);
    if (!R)
      return fail("the field is read in a macro");
    const std::optional<unsigned> I = elementOf(M);
    One &= I && (!Element || *Element == *I);
    Element = I;
    if (llvm::any_of(Done, [&](TextRange D) { return D.Begin == R->Begin; }))
      continue;
    Done.push_back(*R);
    Edits->replace(*R, Name);
  }
  const char *Take = nullptr, *Give = nullptr;
  for (const facts::ReferenceCountApi &Op : facts::referenceCountOps()) {
    if (!Op.NullOk || Op.Arg != 0 || Op.Kind == facts::SpellingKind::Function)
      continue;
    if (Op.Op == facts::RefcountOp::Incref && !Take)
      Take = Op.Name;
    if (Op.Op == facts::RefcountOp::Decref && !Give)
      Give = Op.Name;
  }
  const std::optional<std::string> Declared = declare(Field->getType(), Name);
  const std::optional<TextRange> From = Source.written(Read);
  if (!Take || !Give || !Declared || !From)
    return fail("the reference cannot be kept");
  LockLines Kept = Lines;
  const std::string Release = std::string(Give) + "(" + Name + ");";
  Kept.Take.push_back(Name + " = " + Source.text(*From).str() + ";");
  Kept.Take.push_back(std::string(Take) + "(" + Name + ");");
  Kept.Take.insert(Kept.Take.end(), Lines.Give.begin(), Lines.Give.end());
  Kept.Give = {Release};
  const std::optional<TextRange> Body = Source.written(FD->getBody());
  if (One && Element && Body && !Source.hasDirective(*Body) &&
      !isa<DeclStmt>(Elements[*Element])) {
    const Stmt *S = Elements[*Element];
    const auto *Final = dyn_cast<ReturnStmt>(S);
    const Leaving Ways(S);
    std::vector<std::string> Before{*Declared}, After;
    const support::EditSet Untouched = *Edits;
    if ((Final && Element == Elements.size() - 1 &&
         returnsLater(Final, Before, After)) ||
        (!Final && Ways.Exits.empty() && !Ways.Labels && !Ways.Strange)) {
      Before.insert(Before.end(), Kept.Take.begin(), Kept.Take.end());
      After.insert(After.begin(), Release);
      Edits->before(S, Before);
      Edits->after(S, After);
      return true;
    }
    Edits.emplace(Untouched);
    WhyNot.clear();
  }
  return splitFunction(Kept, Read, Name);
}

void LockFix::addBefore(ArrayRef<std::string> Lines) {
  const std::optional<unsigned> Begin = Source.spelled(FD->getOuterLocStart());
  if (!Begin) {
    WhyNot = "the function's head is part of a macro";
    return;
  }
  std::string Text;
  for (const std::string &L : Lines)
    Text += L + "\n";
  Edits->insert(Source.lineStart(*Begin), Text);
}

/// \p Kept is handed to the new function as a further argument; nullable.
bool LockFix::splitFunction(const LockLines &Lines, const MemberExpr *Kept,
                            StringRef KeptName) {
  const auto *Body = dyn_cast<CompoundStmt>(FD->getBody());
  const std::optional<unsigned> Begin = Source.spelled(FD->getOuterLocStart());
  const std::optional<unsigned> Name = Source.spelled(FD->getLocation());
  const std::optional<unsigned> Open =
      Body ? Source.spelled(Body->getLBracLoc()) : std::nullopt;
  const std::optional<unsigned> Close =
      Body ? Source.spelled(Body->getRBracLoc()) : std::nullopt;
  const std::string Called = FD->getNameAsString();
  if (!Begin || !Name || !Open || !Close || *Name < *Begin || *Open < *Name ||
      !Source.text().substr(*Name).starts_with(Called))
    return fail("the function's head is part of a macro");
  if (isa<CXXMethodDecl>(FD))
    return fail("jumps leave the code to lock, and the method cannot be split");
  if (FD->isVariadic() || FD->isTemplateInstantiation() ||
      FD->getDescribedFunctionTemplate() || !FD->hasWrittenPrototype() ||
      llvm::any_of(FD->parameters(), [](const ParmVarDecl *P) {
        return P->getName().empty() || P->hasDefaultArg();
      }))
    return fail("jumps leave the code to lock, and the function cannot be split");
  if (Source.hasDirective({*Begin, *Open}))
    return fail("preprocessor directives stand in the function's head");
  const std::string Inner =
      Called + (Kept ? "_with_" + cast<FieldDecl>(Kept->getMemberDecl())->getNameAsString() : Suffix.str());
  if (Model.context().Idents.find(Inner) != Model.context().Idents.end() &&
      Source.mentions({0, unsigned(Source.text().size())}, Inner))
    return fail("there is a function with the name of the new one");
  // A recursive call would no longer be declared.
  if (!FD->getPreviousDecl() && mentionsDecl(Body, FD))
    return fail("the function calls itself");
  Split = true;

  std::string Head = Source.text({*Begin, *Open}).str();
  if (FD->isExternallyVisible() && !FD->isInAnonymousNamespace())
    Edits->replace({*Begin, *Begin}, "static ");
  Edits->replace({*Name, unsigned(*Name + Called.size())}, Inner);
  const std::string Step = [&] {
    if (!Elements.empty())
      if (const std::optional<TextRange> R = Source.written(Elements.front());
          R && Source.isFirstOnLine(R->Begin))
        return Source.indentation(R->Begin).str();
    return Source.indentStep(*Open);
  }();
  std::string Arguments;
  for (const ParmVarDecl *P : FD->parameters())
    Arguments += (Arguments.empty() ? "" : ", ") + P->getNameAsString();
  if (Kept) {
    const auto TL = FD->getFunctionTypeLoc();
    const std::optional<unsigned> End =
        TL ? Source.spelled(TL.getRParenLoc()) : std::nullopt;
    if (!End || *End > *Open || FD->param_empty())
      return fail("the function's head is part of a macro");
    std::string Parameter;
    llvm::raw_string_ostream OS(Parameter);
    Kept->getType().print(OS, Model.context().getPrintingPolicy(), KeptName);
    Edits->insert(*End, ", " + Parameter);
    Arguments += ", " + KeptName.str();
  }
  std::string Text = "\n\n" + Head + "{\n";
  auto Line = [&](const std::string &L) {
    Text += (StringRef(L).starts_with("#") ? std::string() : Step) + L + "\n";
  };
  const bool Gives = !FD->getReturnType()->isVoidType();
  const std::string Result = freshName("result");
  if (Gives) {
    const std::optional<std::string> Declared =
        declare(FD->getReturnType(), Result);
    if (!Declared)
      return fail("the function returns a struct");
    Line(*Declared);
  }
  if (Kept)
    Line(*declare(Kept->getType(), KeptName));
  for (const std::string &L : Lines.Take)
    Line(L);
  Line((Gives ? Result + " = " : std::string()) + Inner + "(" + Arguments + ");");
  for (const std::string &L : Lines.Give)
    Line(L);
  if (Gives)
    Line("return " + Result + ";");
  Text += "}";
  Edits->insert(*Close + 1, Text);
  Locked.clear();
  Locked.push_back(Body);
  return true;
}

llvm::SmallVector<FixItHint> LockFix::hints() {
  if (!WhyNot.empty())
    return {};
  // Two findings in one function are in each other's way, and that shows.
  const std::optional<unsigned> Name = Source.spelled(FD->getLocation());
  const std::string Text = FD->getNameAsString();
  if (!Split && Name && Source.text().substr(*Name).starts_with(Text))
    Edits->replace({*Name, unsigned(*Name + Text.size())}, Text);
  llvm::SmallVector<FixItHint> Hints = Edits->finish(WhyNot);
  if (!WhyNot.empty())
    Hints.clear();
  return Hints;
}

} // namespace pyext
