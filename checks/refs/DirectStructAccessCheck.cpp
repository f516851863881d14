//===- DirectStructAccessCheck.cpp - cpython-refs-direct-struct-access ----===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "refs/DirectStructAccessCheck.h"
#include "facts/ApiRoles.h"
#include "facts/Containers.h"
#include "model/ApiUses.h"
#include "refs/Places.h"
#include "support/Source.h"
#include "clang/AST/ParentMap.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace pyext::refs {

namespace {

/// The fields of CPython's structs that rows speak of, by declaration.
class KnownFields {
public:
  explicit KnownFields(const ASTContext &Context) {
    for (const facts::BorrowedField &Row : facts::borrowedFields())
      if (Row.Mutable && facts::isObjectStruct(Row.Struct))
        if (const RecordDecl *R = recordNamed(Row.Struct, Context))
          for (const FieldDecl *F : R->fields())
            add(F, Row);
  }

  const facts::BorrowedField *find(const FieldDecl *F) const {
    return Rows.lookup(F->getCanonicalDecl());
  }

private:
  static const RecordDecl *recordNamed(StringRef Name,
                                       const ASTContext &Context) {
    auto Found = Context.Idents.find(Name);
    if (Found == Context.Idents.end())
      return nullptr;
    for (const NamedDecl *D :
         Context.getTranslationUnitDecl()->lookup(Found->second)) {
      const RecordDecl *R = dyn_cast<RecordDecl>(D);
      if (const auto *T = dyn_cast<TypedefNameDecl>(D))
        R = T->getUnderlyingType()->getAsRecordDecl();
      if (R && R->getDefinition())
        return R->getDefinition();
    }
    return nullptr;
  }

  void add(const FieldDecl *F, const facts::BorrowedField &Row) {
    // In a union without a name.
    if (!F->getIdentifier()) {
      if (const RecordDecl *Inner = F->getType()->getAsRecordDecl())
        for (const FieldDecl *G : Inner->fields())
          add(G, Row);
      return;
    }
    if (F->getName() != Row.Field)
      return;
    // What a type is made of seldom changes once it is ready; its dict and the
    // tuples do.
    if (facts::isTypeObjectStruct(Row.Struct) && !isPlainObject(F->getType()))
      return;
    // Locks have a check of their own.
    if (const auto *T = F->getType()->getAs<TypedefType>();
        T && facts::isSynchronizationType(T->getDecl()->getName()))
      return;
    Rows[F->getCanonicalDecl()] = &Row;
  }

  static bool isPlainObject(QualType T) {
    return T->isPointerType() && model::ExtensionModel::isObjectPointer(T) &&
           !facts::isTypeObjectStruct(
               T->getPointeeType()->getAsRecordDecl()->getName());
  }

  llvm::DenseMap<const FieldDecl *, const facts::BorrowedField *> Rows;
};

} // namespace

/// `Py_TYPE` for reading and `Py_SET_TYPE` for writing out of "Py_TYPE /
/// Py_SET_TYPE / Py_IS_TYPE"; empty when the row names no such pair.
static StringRef accessor(const facts::BorrowedField &Row, bool Writes) {
  llvm::SmallVector<StringRef, 4> Names;
  StringRef(Row.Accessor).split(Names, " / ");
  if (Names.size() < 2 || !Names[1].contains("_SET_") ||
      Names[0].contains(' '))
    return {};
  return Names[Writes];
}

/// Replaces \p M, or the assignment to it, by a call of the accessor; nothing
/// when its value is used in other ways.
static std::optional<FixItHint>
useAccessor(const MemberExpr *M, const facts::BorrowedField &Row,
            const ParentMap &Parents, const support::SourceText &Source) {
  // ob_refcnt is in a union without a name: the object is what is before that.
  const MemberExpr *Written = M;
  for (const Expr *E = M; (E = cast<MemberExpr>(E)->getBase()->IgnoreParenImpCasts());) {
    const auto *Inner = dyn_cast<MemberExpr>(E);
    const auto *Unnamed =
        Inner ? dyn_cast<FieldDecl>(Inner->getMemberDecl()) : nullptr;
    if (!Unnamed || !Unnamed->isAnonymousStructOrUnion())
      break;
    Written = Inner;
  }
  const Expr *Base = Written->getBase()->IgnoreParenImpCasts();
  const std::optional<support::TextRange> Object = Source.written(Base);
  if (!Object)
    return std::nullopt;
  const Stmt *Child = M;
  const Stmt *Parent = Parents.getParent(M);
  while (isa_and_nonnull<ParenExpr>(Parent)) {
    Child = Parent;
    Parent = Parents.getParent(Parent);
  }
  const std::string Argument =
      (Written->isArrow() ? "" : "&") + Source.text(*Object).str();
  auto Replace = [&](const Stmt *S,
                     std::string Text) -> std::optional<FixItHint> {
    const std::optional<support::TextRange> R = Source.written(S);
    if (!R)
      return std::nullopt;
    return FixItHint::CreateReplacement(
        CharSourceRange::getCharRange(Source.location(R->Begin),
                                      Source.location(R->End)),
        std::move(Text));
  };
  if (const auto *Cast = dyn_cast_or_null<ImplicitCastExpr>(Parent);
      Cast && Cast->getCastKind() == CK_LValueToRValue &&
      !accessor(Row, false).empty()) {
    // `op->ob_refcnt == 1` asks who else has the object, which no count tells.
    const Stmt *Use = Parents.getParentIgnoreParenImpCasts(const_cast<ImplicitCastExpr *>(Cast));
    const auto *Compared = dyn_cast_or_null<BinaryOperator>(Use);
    if (Compared && Compared->isComparisonOp() &&
        StringRef(Row.Accessor).contains("Unique"))
      return std::nullopt;
    return Replace(M, (accessor(Row, false) + "(" + Argument + ")").str());
  }
  const auto *B = dyn_cast_or_null<BinaryOperator>(Parent);
  if (!B || B->getOpcode() != BO_Assign || B->getLHS() != Child ||
      accessor(Row, true).empty() ||
      support::enclosingStatement(B, Parents) != B)
    return std::nullopt;
  const std::optional<support::TextRange> Value = Source.written(B->getRHS());
  if (!Value)
    return std::nullopt;
  return Replace(B, (accessor(Row, true) + "(" + Argument + ", " +
                     Source.text(*Value) + ")")
                        .str());
}

/// The object was made here and nobody else knows it, or a section on it is
/// held and the field only read.
static bool isExclusive(const model::ExtensionModel &Model,
                        const FunctionDecl *FD, const model::Access &A) {
  const auto *M = cast<MemberExpr>(A.Where);
  while (!M->isArrow())
    if (!(M = dyn_cast<MemberExpr>(M->getBase()->IgnoreParenImpCasts())))
      return false;
  if (const flow::FunctionRefs *R = Model.refs().get(FD);
      R && R->isOfNewObject(M))
    return true;
  const std::string Object = flow::canonicalText(M->getBase()->IgnoreParenCasts());
  return !A.writes() &&
         llvm::any_of(Model.locksAt(FD, A.Where), [&](const flow::Lock &L) {
           return L.isByConvention() ||
                  (facts::isCriticalSection(L.Kind) && L.Key == Object);
         });
}

void DirectStructAccessCheck::analyze(const model::ExtensionModel &Model) {
  if (!hazards().FreeThreading || Model.isGenerated())
    return;
  reportCounts(Model);
  if (Model.objectFieldAccesses().empty())
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const KnownFields Fields(Model.context());
  llvm::DenseSet<SourceLocation> Seen;
  auto At = [&](const model::Access *A) {
    return SM.getSpellingLoc(cast<MemberExpr>(A->Where)->getMemberLoc());
  };
  llvm::ArrayRef<model::FieldAccess> Rest = Model.objectFieldAccesses();
  while (!Rest.empty()) {
    const FunctionDecl *FD = Rest.front().By.Function;
    const size_t N = llvm::find_if(Rest, [&](const model::FieldAccess &A) {
                       return A.By.Function != FD;
                     }) - Rest.begin();
    llvm::ArrayRef<model::FieldAccess> Here = Rest.take_front(N);
    Rest = Rest.drop_front(N);
    if (!FD || !runsConcurrently(Model, FD))
      continue;
    // One finding for each struct.
    using Place = std::pair<const facts::BorrowedField *, const model::Access *>;
    llvm::MapVector<StringRef, llvm::SmallVector<Place, 4>> ByStruct;
    for (const model::FieldAccess &A : Here)
      if (const facts::BorrowedField *Row = Fields.find(A.Field))
        if (runsConcurrently(Model, FD, At(&A.By)) &&
            !isExclusive(Model, FD, A.By) && Seen.insert(At(&A.By)).second)
          ByStruct[Row->Struct].push_back({Row, &A.By});
    if (ByStruct.empty())
      continue;
    const flow::FunctionBody *Body = Model.flows().body(FD);
    if (!Body)
      continue;
    const ParentMap &Parents = Body->parents();
    for (auto &[Struct, Places] : ByStruct) {
      llvm::stable_sort(Places, [&](const Place &A, const Place &B) {
        return SM.isBeforeInTranslationUnit(At(A.second), At(B.second));
      });
      const facts::BorrowedField *Row = Places.front().first;
      const SourceLocation Loc = At(Places.front().second);
      {
        auto Warning = diag(Loc, "field '%0' of CPython's '%1' is accessed "
                                 "directly; other threads change it, and it is "
                                 "not there in every build")
                       << Row->Field << Row->Struct;
        const support::SourceText Source(
            SM, Model.context().getLangOpts(), SM.getFileID(Loc));
        for (const auto &[Field, A] : Places)
          if (SM.getFileID(At(A)) == Source.file())
            if (std::optional<FixItHint> Fix = useAccessor(
                    cast<MemberExpr>(A->Where), *Field, Parents, Source))
              Warning << *Fix;
      }
      for (const auto &[Field, A] : llvm::drop_begin(Places))
        diag(At(A), Field == Row ? "and here" : "and '%0' here",
             DiagnosticIDs::Note)
            << Field->Field;
      if (*Row->Accessor)
        diag(Loc, "use %0", DiagnosticIDs::Note) << Row->Accessor;
    }
  }
}

/// Reference counts that are set instead of counted.
void DirectStructAccessCheck::reportCounts(const model::ExtensionModel &Model) {
  const SourceManager &SM = Model.context().getSourceManager();
  for (const model::ApiUse &U :
       model::usesOf(Model, facts::ApiRole::SetsReferenceCount)) {
    const FunctionDecl *FD = U.In->Decl;
    const SourceLocation Loc = SM.getFileLoc(U.Call->getExprLoc());
    // An object that dies is no better: others may see it come back.
    if (U.Call->getNumArgs() == 0 || U.In->initOnly() || Model.preprocessing().onlyWithGil(Loc) ||
        inAssertion(U.Call->getExprLoc(), Model.context()))
      continue;
    if (const flow::FunctionRefs *R = Model.refs().get(FD)) {
      const flow::CallArguments *Given = R->arguments(U.Call);
      if (!Given || Given->Args.empty())
        continue; // Never reached.
      bool New = !Given->Args[0].empty() && !Given->Escaped[0];
      for (unsigned V : Given->Args[0]) {
        const flow::OriginKind K = R->origin(V).Kind;
        New &= K == flow::OriginKind::Fresh ||
               K == flow::OriginKind::Instance ||
               K == flow::OriginKind::Address || K == flow::OriginKind::Null;
      }
      if (New)
        continue;
    }
    diag(Loc, "'%0' sets the reference count of '%1'; other threads count their "
              "references in a field of their own")
        << U.Name << objectText(U.Call->getArg(0), Model.context());
    diag(Loc, "a count that is written while another thread takes or drops a "
              "reference frees the object too early or never",
         DiagnosticIDs::Note);
  }
}

} // namespace pyext::refs
