//===- Facts.cpp - The rows and how they are found ------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/Facts.h"
#include "facts/GeneratedCode.h"
#include "facts/RowIndex.h"
#include "facts/UserFacts.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::ArrayRef;
using llvm::StringRef;

namespace pyext::facts {

//===----------------------------------------------------------------------===//
// Strings at compile time
//===----------------------------------------------------------------------===//

/// Three-way comparison in the order of StringRef: by unsigned bytes.
static constexpr int compareNames(const char *A, const char *B) {
  while (*A && *A == *B) {
    ++A;
    ++B;
  }
  auto Left = static_cast<unsigned char>(*A);
  auto Right = static_cast<unsigned char>(*B);
  return Left < Right ? -1 : Left > Right ? 1 : 0;
}

static constexpr const char *orNull(const char *Text) {
  return *Text ? Text : nullptr;
}

//===----------------------------------------------------------------------===//
// The names
//===----------------------------------------------------------------------===//

namespace row {
enum Build { Any, FreeThreaded };
enum Compat { NotInCompat, InCompat };
enum Mutability { Immutable, Mutable, Fixed, Replaceable };
enum Errors { KeepsErrors, SwallowsErrors };
enum Freshness { Shared, Fresh, FreshByFormat };
enum InteriorWhat { Pointer, Size };
enum Storage { Stays, Moves };
enum Null { NotNull, NullOk };
enum Match { Exact, Prefix };
enum StructKind { Object, Type };
} // namespace row

static constexpr ApiVersion ApiRows[] = {
#define API(Name, Kind, Since, Removed, Build, LimitedSince, Compat)           \
  {#Name,                                                                      \
   SpellingKind::Kind,                                                         \
   Since,                                                                      \
   Removed,                                                                    \
   row::Build == row::FreeThreaded,                                            \
   LimitedSince,                                                               \
   row::Compat == row::InCompat},
#include "facts/Apis.def"
#undef API
};

/// The row of a name, or null. At compile time only: constexpr binary search.
static constexpr const ApiVersion *apiRow(const char *Name) {
  size_t Low = 0, High = std::size(ApiRows);
  while (Low < High) {
    size_t Middle = Low + (High - Low) / 2;
    int Order = compareNames(ApiRows[Middle].Name, Name);
    if (Order == 0)
      return &ApiRows[Middle];
    if (Order < 0)
      Low = Middle + 1;
    else
      High = Middle;
  }
  return nullptr;
}

/// How a name of the C API is spelled. A name without a row does not compile.
static constexpr SpellingKind kindOf(const char *Name) {
  return apiRow(Name)->Kind;
}
static constexpr unsigned sinceOf(const char *Name) {
  return *Name ? apiRow(Name)->Since : 0;
}
static constexpr bool inCompat(const char *Name) {
  return *Name && apiRow(Name)->InCompat;
}

//===----------------------------------------------------------------------===//
// The rows
//===----------------------------------------------------------------------===//

static constexpr AstAlias AliasRows[] = {
#define ALIAS(Callee, Name, Since, Removed) {#Callee, #Name, Since, Removed},
#include "facts/AstAliases.def"
#undef ALIAS
};

static constexpr BorrowedReference BorrowedRows[] = {
#define BORROWED(Name, Result, OutArg, OutArg2, ContainerArg, Container,       \
                 Mutability, Replacement, Shape, Errors, Note)                 \
  {#Name,                                                                      \
   kindOf(#Name),                                                              \
   ResultKind::Result,                                                         \
   OutArg,                                                                     \
   OutArg2,                                                                    \
   ContainerArg,                                                               \
   ContainerKind::Container,                                                   \
   row::Mutability == row::Mutable,                                            \
   orNull(Replacement),                                                        \
   ReplacementShape::Shape,                                                    \
   sinceOf(Replacement),                                                       \
   inCompat(Replacement),                                                      \
   row::Errors == row::SwallowsErrors,                                         \
   Note},
#include "facts/BorrowedReferences.def"
#undef BORROWED
};

static constexpr StolenReference StolenRows[] = {
#define STOLEN(Name, Arg, When, What, NullOk, Note)                            \
  {#Name, kindOf(#Name), Arg, StealWhen::When, StealWhat::What, NullOk, Note},
#include "facts/StolenReferences.def"
#undef STOLEN
};

static constexpr NewReference NewRows[] = {
#define NEW(Name, OutArg, Container, Freshness)                                \
  {#Name, OutArg, ContainerKind::Container, row::Freshness != row::Shared,     \
   row::Freshness == row::FreshByFormat},
#include "facts/NewReferences.def"
#undef NEW
};

static constexpr ReferenceCountApi RefcountRows[] = {
#define REFCOUNT(Name, Op, Null, Arg)                                          \
  {#Name, kindOf(#Name), RefcountOp::Op, row::Null == row::NullOk, Arg},
#include "facts/ReferenceCounts.def"
#undef REFCOUNT
};

static constexpr ContainerCall ContainerRows[] = {
#define CONTAINER_CALL(Name, Arg) {#Name, Arg},
#include "facts/ContainerCalls.def"
#undef CONTAINER_CALL
};

static constexpr int ContainerArgs[] = {
#define CONTAINER_CALL(Name, Arg) Arg,
#include "facts/ContainerCalls.def"
#undef CONTAINER_CALL
};

static constexpr InteriorPointer InteriorRows[] = {
#define INTERIOR(Name, What, OwnerArg, Owner, Storage, Alternative, Note)      \
  {#Name,                                                                      \
   kindOf(#Name),                                                              \
   row::What == row::Size,                                                     \
   OwnerArg,                                                                   \
   ContainerKind::Owner,                                                       \
   row::Storage == row::Moves,                                                 \
   orNull(Alternative),                                                        \
   Note},
#include "facts/InteriorPointers.def"
#undef INTERIOR
};

static constexpr BorrowedField FieldRows[] = {
#define FIELD(Struct, Field, Mutability, Accessor, Note)                       \
  {#Struct, Field, row::Mutability == row::Replaceable, Accessor, Note},
#include "facts/BorrowedFields.def"
#undef FIELD
};

static constexpr CallEffect EffectRows[] = {
#define EFFECT(Name, Class, MaySuspend_, MutatesArg, Basis_, Condition)        \
  {#Name,      EffectClass::Class, MaySuspend::MaySuspend_,                    \
   MutatesArg, Basis::Basis_,      Condition},
#include "facts/CallEffects.def"
#undef EFFECT
};

static constexpr DetachedCall DetachedRows[] = {
#define DETACHED(Name, Basis_, Note) {#Name, Basis::Basis_, Note},
#include "facts/DetachedCalls.def"
#undef DETACHED
};

static constexpr ThreadSafetyLevel LevelRows[] = {
#define THREADSAFETY(Name, Level) {#Name, ThreadSafety::Level},
#include "facts/ThreadSafety.def"
#undef THREADSAFETY
};

static constexpr LockApi LockRows[] = {
#define LOCK(Name, Origin_, Spelling, Op, Kind, LockArg, LockArg2)             \
  {Name,                                                                       \
   Origin::Origin_,                                                            \
   SpellingKind::Spelling,                                                     \
   SpellingKind::Spelling == SpellingKind::Macro,                              \
   LockOp::Op,                                                                 \
   LockKind::Kind,                                                             \
   LockArg,                                                                    \
   LockArg2},
#include "facts/Locks.def"
#undef LOCK
};

static constexpr LockGuard GuardRows[] = {
#define LOCK_GUARD(Name, Origin_, Kind, LockArg, Mode)                         \
  {Name, Origin::Origin_, LockKind::Kind, LockArg, LockMode::Mode},
#include "facts/LockGuards.def"
#undef LOCK_GUARD
};

static constexpr ThreadStateApi ThreadStateRows[] = {
#define THREAD_STATE(Name, Origin_, Spelling, Op, Family, Counterpart)         \
  {Name,                                                                       \
   Origin::Origin_,                                                            \
   SpellingKind::Spelling,                                                     \
   SpellingKind::Spelling == SpellingKind::Macro,                              \
   ThreadStateOp::Op,                                                          \
   ThreadStateFamily::Family,                                                  \
   orNull(Counterpart)},
#include "facts/ThreadStates.def"
#undef THREAD_STATE
};

static constexpr NamedEntity SynchronizationRows[] = {
#define SYNCHRONIZATION_TYPE(Name, Origin_) {Name, Origin::Origin_},
#include "facts/SynchronizationTypes.def"
#undef SYNCHRONIZATION_TYPE
};

static constexpr NamedEntity DefinitionRows[] = {
#define DEFINITION_TABLE(Name, Origin_) {Name, Origin::Origin_},
#include "facts/DefinitionTables.def"
#undef DEFINITION_TABLE
};

static constexpr NamedEntity ApiTableRows[] = {
#define API_TABLE(Name, Origin_) {Name, Origin::Origin_},
#include "facts/ApiTables.def"
#undef API_TABLE
};

static constexpr ObjectStruct ObjectRows[] = {
#define OBJECT_STRUCT(Name, Kind) {#Name, row::Kind == row::Type},
#include "facts/ObjectStructs.def"
#undef OBJECT_STRUCT
};

static constexpr GeneratedName GeneratedRows[] = {
#define GENERATED(Text, Match, Generator)                                      \
  {Text, row::Match == row::Prefix, Generator},
#include "facts/GeneratedNames.def"
#undef GENERATED
};

namespace {
/// The Struct column of TypeSlots.def: null for None, else the struct's name.
constexpr const char *structName(const char *Name) {
  return compareNames(Name, "None") == 0 ? nullptr : Name;
}
} // namespace

static constexpr TypeSlot TypeSlotRows[] = {
#define TYPE_SLOT(Field, Macro, Role, Struct)                                  \
  {Field, Macro, SlotRole::Role, structName(#Struct)},
#include "facts/TypeSlots.def"
#undef TYPE_SLOT
};

static constexpr ModuleSlot ModuleSlotRows[] = {
#define MODULE_SLOT(Macro, Role) {#Macro, ModuleSlotRole::Role},
#include "facts/ModuleSlots.def"
#undef MODULE_SLOT
};

//===----------------------------------------------------------------------===//
// What holds between the rows
//===----------------------------------------------------------------------===//

// The key of each row type: a name, and for some tables a second column.
static constexpr const char *keyOf(const AstAlias &Row) { return Row.Callee; }
static constexpr const char *keyOf(const BorrowedField &Row) {
  return Row.Struct;
}
static constexpr const char *keyOf(const GeneratedName &Row) {
  return Row.Text;
}
static constexpr const char *keyOf(const TypeSlot &Row) { return Row.TpField; }
static constexpr const char *keyOf(const ModuleSlot &Row) { return Row.Macro; }
template <typename RowT> static constexpr const char *keyOf(const RowT &Row) {
  return Row.Name;
}

template <typename RowT>
static constexpr int compareRest(const RowT &, const RowT &) {
  return 0;
}
static constexpr int compareRest(const StolenReference &A,
                                 const StolenReference &B) {
  return A.ArgIndex - B.ArgIndex;
}
static constexpr int compareRest(const NewReference &A, const NewReference &B) {
  return A.OutArg - B.OutArg;
}
static constexpr int compareRest(const ContainerCall &A,
                                 const ContainerCall &B) {
  return A.Arg - B.Arg;
}
static constexpr int compareRest(const BorrowedField &A,
                                 const BorrowedField &B) {
  return compareNames(A.Field, B.Field);
}
static constexpr int compareRest(const TypeSlot &A, const TypeSlot &B) {
  return compareNames(A.SlotMacro, B.SlotMacro);
}

/// Whether the rows are in order and no two are the same.
template <typename RowT, size_t N>
static constexpr bool isSorted(const RowT (&Rows)[N]) {
  for (size_t I = 1; I < N; ++I) {
    int Order = compareNames(keyOf(Rows[I - 1]), keyOf(Rows[I]));
    if (Order == 0)
      Order = compareRest(Rows[I - 1], Rows[I]);
    if (Order >= 0)
      return false;
  }
  return true;
}

static_assert(isSorted(ApiRows), "Apis.def");
static_assert(isSorted(AliasRows), "AstAliases.def");
static_assert(isSorted(BorrowedRows), "BorrowedReferences.def");
static_assert(isSorted(StolenRows), "StolenReferences.def");
static_assert(isSorted(NewRows), "NewReferences.def");
static_assert(isSorted(RefcountRows), "ReferenceCounts.def");
static_assert(isSorted(ContainerRows), "ContainerCalls.def");
static_assert(isSorted(InteriorRows), "InteriorPointers.def");
static_assert(isSorted(FieldRows), "BorrowedFields.def");
static_assert(isSorted(EffectRows), "CallEffects.def");
static_assert(isSorted(DetachedRows), "DetachedCalls.def");
static_assert(isSorted(LevelRows), "ThreadSafety.def");
static_assert(isSorted(LockRows), "Locks.def");
static_assert(isSorted(GuardRows), "LockGuards.def");
static_assert(isSorted(ThreadStateRows), "ThreadStates.def");
static_assert(isSorted(SynchronizationRows), "SynchronizationTypes.def");
static_assert(isSorted(DefinitionRows), "DefinitionTables.def");
static_assert(isSorted(ApiTableRows), "ApiTables.def");
static_assert(isSorted(ObjectRows), "ObjectStructs.def");
static_assert(isSorted(GeneratedRows), "GeneratedNames.def");
static_assert(isSorted(TypeSlotRows), "TypeSlots.def");
static_assert(isSorted(ModuleSlotRows), "ModuleSlots.def");

/// Whether a row is about a name of the C API, which then has a row of its own.
template <typename RowT> static constexpr bool isCPython(const RowT &) {
  return true;
}
static constexpr bool isCPython(const LockApi &Row) {
  return Row.From == Origin::CPython;
}
static constexpr bool isCPython(const ThreadStateApi &Row) {
  return Row.From == Origin::CPython;
}
static constexpr bool isCPython(const NamedEntity &Row) {
  return Row.From == Origin::CPython;
}

/// Whether every name of the C API in sorted rows has a row in Apis.def. Walks
/// both tables side by side.
template <typename RowT, size_t N>
static constexpr bool namesHaveRows(const RowT (&Rows)[N]) {
  size_t Next = 0;
  for (size_t I = 0; I < N; ++I) {
    if (!isCPython(Rows[I]))
      continue;
    while (Next < std::size(ApiRows) &&
           compareNames(ApiRows[Next].Name, keyOf(Rows[I])) < 0)
      ++Next;
    if (Next == std::size(ApiRows) ||
        compareNames(ApiRows[Next].Name, keyOf(Rows[I])) != 0)
      return false;
  }
  return true;
}

static_assert(namesHaveRows(BorrowedRows), "BorrowedReferences.def: no API row");
static_assert(namesHaveRows(StolenRows), "StolenReferences.def: no API row");
static_assert(namesHaveRows(NewRows), "NewReferences.def: no API row");
static_assert(namesHaveRows(RefcountRows), "ReferenceCounts.def: no API row");
static_assert(namesHaveRows(ContainerRows), "ContainerCalls.def: no API row");
static_assert(namesHaveRows(InteriorRows), "InteriorPointers.def: no API row");
static_assert(namesHaveRows(EffectRows), "CallEffects.def: no API row");
static_assert(namesHaveRows(DetachedRows), "DetachedCalls.def: no API row");
static_assert(namesHaveRows(LevelRows), "ThreadSafety.def: no API row");
static_assert(namesHaveRows(LockRows), "Locks.def: no API row");
static_assert(namesHaveRows(ThreadStateRows), "ThreadStates.def: no API row");
static_assert(namesHaveRows(SynchronizationRows),
              "SynchronizationTypes.def: no API row");
static_assert(namesHaveRows(DefinitionRows),
              "DefinitionTables.def: no API row");
static_assert(namesHaveRows(ModuleSlotRows), "ModuleSlots.def: no API row");

static constexpr bool versionsAreOrdered() {
  for (const ApiVersion &Row : ApiRows) {
    if (Row.Removed && Row.Removed <= Row.Since)
      return false;
    // What is not there yet cannot be in the Limited API or be backported.
    if (Row.LimitedSince && Row.LimitedSince < Row.Since)
      return false;
    if (Row.InCompat && Row.Since == 0)
      return false;
  }
  for (const AstAlias &Row : AliasRows)
    if (!apiRow(Row.Name) || (Row.Removed && Row.Removed <= Row.Since))
      return false;
  return true;
}
static_assert(versionsAreOrdered(), "Apis.def or AstAliases.def: versions");

static constexpr bool borrowedRowsHold() {
  for (const BorrowedReference &Row : BorrowedRows) {
    bool HasShape = Row.Shape != ReplacementShape::None;
    if (HasShape != (Row.Replacement != nullptr))
      return false;
    // What replaces a call has to outlive it.
    if (Row.Replacement && apiRow(Row.Replacement)->Removed)
      return false;
    bool HasOut = Row.OutArg >= 0;
    if (HasOut != (Row.Result == ResultKind::OutArguments))
      return false;
    if (Row.OutArg2 >= 0 && Row.OutArg2 <= Row.OutArg)
      return false;
  }
  return true;
}
static_assert(borrowedRowsHold(), "BorrowedReferences.def");

static constexpr bool noCallIsNewAndBorrowed() {
  for (const BorrowedReference &Row : BorrowedRows) {
    if (Row.Result != ResultKind::Return)
      continue;
    for (const NewReference &New : NewRows)
      if (New.OutArg == -1 && compareNames(New.Name, Row.Name) == 0)
        return false;
  }
  return true;
}
static_assert(noCallIsNewAndBorrowed(),
              "a name in both BorrowedReferences.def and NewReferences.def");

static constexpr bool interiorRowsHold() {
  for (const InteriorPointer &Row : InteriorRows)
    if (Row.Alternative && !apiRow(Row.Alternative))
      return false;
  return true;
}
static_assert(interiorRowsHold(), "InteriorPointers.def: no API row");

static constexpr bool effectRowsHold() {
  for (const CallEffect &Row : EffectRows) {
    bool NeedsCondition = Row.Class == EffectClass::Conditional;
    if (NeedsCondition && !*Row.Condition)
      return false;
    // Whatever runs Python code can be interrupted in it.
    if (Row.mayRunUserCode() && Row.Suspend != MaySuspend::Yes)
      return false;
    if (Row.Class == EffectClass::Lock && Row.Suspend == MaySuspend::No)
      return false;
    if (Row.Class == EffectClass::Pure && Row.Suspend != MaySuspend::No)
      return false;
  }
  return true;
}
static_assert(effectRowsHold(), "CallEffects.def");

static constexpr bool lockRowsHold() {
  for (const LockApi &Row : LockRows) {
    bool IsSection = isCriticalSection(Row.Kind);
    bool IsSectionOp = Row.Op == LockOp::Begin || Row.Op == LockOp::End;
    if (IsSection != IsSectionOp)
      return false;
    if ((Row.Op == LockOp::End) != (Row.LockArg == -1))
      return false;
    bool IsPair = Row.Op == LockOp::Begin &&
                  (Row.Kind == LockKind::CriticalSection2 ||
                   Row.Kind == LockKind::CriticalSection2Mutex);
    if (IsPair != (Row.LockArg2 >= 0))
      return false;
    if ((Row.Spelling == SpellingKind::Method) !=
        (Row.LockArg == ThisArgument))
      return false;
  }
  return true;
}
static_assert(lockRowsHold(), "Locks.def");

static constexpr bool threadStateRowsHold() {
  for (const ThreadStateApi &Row : ThreadStateRows) {
    if (!Row.Counterpart)
      continue;
    bool Found = false;
    for (const ThreadStateApi &Other : ThreadStateRows)
      Found |= compareNames(Other.Name, Row.Counterpart) == 0;
    if (!Found)
      return false;
  }
  return true;
}
static_assert(threadStateRowsHold(), "ThreadStates.def: unknown counterpart");

static constexpr bool typeSlotRowsHold() {
  for (const TypeSlot &Row : TypeSlotRows) {
    if (!*Row.TpField && !*Row.SlotMacro)
      return false;
    if ((*Row.TpField != 0) != (Row.SubStruct != nullptr))
      return false;
    if (*Row.SlotMacro && !apiRow(Row.SlotMacro))
      return false;
  }
  return true;
}
static_assert(typeSlotRowsHold(), "TypeSlots.def");

//===----------------------------------------------------------------------===//
// Look-ups
//===----------------------------------------------------------------------===//

namespace {
struct ByKey {
  template <typename RowT>
  bool operator()(const RowT &Row, StringRef Name) const {
    return StringRef(keyOf(Row)) < Name;
  }
  template <typename RowT>
  bool operator()(StringRef Name, const RowT &Row) const {
    return Name < StringRef(keyOf(Row));
  }
};
} // namespace

/// The rows with this key, in order.
template <typename RowT>
static ArrayRef<RowT> findIn(ArrayRef<RowT> Rows, StringRef Name) {
  auto Range = std::equal_range(Rows.begin(), Rows.end(), Name, ByKey());
  return ArrayRef<RowT>(Range.first, Range.second);
}

/// A table that users can add rows to.
template <typename RowT> using UserTable = std::vector<RowT> UserFacts::*;

/// The rows with this key, in order: the user's if there are any.
template <const auto &Rows, typename RowT = std::remove_cv_t<
                                std::remove_reference_t<decltype(Rows[0])>>>
static ArrayRef<RowT> findRows(StringRef Name,
                               UserTable<RowT> User = nullptr) {
  if (const UserFacts *Facts = User ? UserFactsScope::current() : nullptr) {
    ArrayRef<RowT> Found = findIn(ArrayRef<RowT>(Facts->*User), Name);
    if (!Found.empty())
      return Found;
  }
  return rowsOf<Rows>(Name, [](const RowT &Row) { return keyOf(Row); });
}

/// The only row with this key, or null.
template <const auto &Rows, typename RowT = std::remove_cv_t<
                                std::remove_reference_t<decltype(Rows[0])>>>
static const RowT *findRow(StringRef Name, UserTable<RowT> User = nullptr) {
  ArrayRef<RowT> Found = findRows<Rows>(Name, User);
  return Found.empty() ? nullptr : Found.data();
}

std::string PyVersion::str() const { return "3." + std::to_string(Minor); }

std::optional<PyVersion> PyVersion::parse(StringRef Text) {
  PyVersion Version;
  if (!Text.consume_front("3.") || Text.empty() || Text.size() > 2 ||
      !llvm::all_of(Text, [](char C) { return C >= '0' && C <= '9'; }) ||
      (Text.size() > 1 && Text[0] == '0') ||
      Text.getAsInteger(10, Version.Minor))
    return std::nullopt;
  return Version;
}

const ApiVersion *findApi(StringRef Name) { return findRow<ApiRows>(Name); }

StringRef canonicalName(StringRef AstCallee) {
  const AstAlias *Row = findRow<AliasRows>(AstCallee);
  return Row ? StringRef(Row->Name) : AstCallee;
}

const BorrowedReference *findBorrowed(StringRef Name) {
  return findRow<BorrowedRows>(Name, &UserFacts::BorrowedReferences);
}

ArrayRef<StolenReference> findStolen(StringRef Name) {
  return findRows<StolenRows>(Name, &UserFacts::StolenReferences);
}

ArrayRef<NewReference> findNewReferences(StringRef Name) {
  return findRows<NewRows>(Name, &UserFacts::NewReferences);
}

const NewReference *findNewReference(StringRef Name) {
  ArrayRef<NewReference> Rows = findNewReferences(Name);
  return Rows.empty() || Rows.front().OutArg != -1 ? nullptr : Rows.data();
}

const ReferenceCountApi *findReferenceCountOp(StringRef Name) {
  return findRow<RefcountRows>(Name, &UserFacts::ReferenceCounts);
}

bool isReferenceCountOp(StringRef Name) { return findReferenceCountOp(Name); }

ArrayRef<int> findContainerOnlyArgs(StringRef Name) {
  if (const UserFacts *Facts = UserFactsScope::current()) {
    ArrayRef<ContainerCall> Rows =
        findIn(ArrayRef<ContainerCall>(Facts->ContainerCalls), Name);
    if (!Rows.empty())
      return ArrayRef<int>(Facts->ContainerArgs)
          .slice(Rows.data() - Facts->ContainerCalls.data(), Rows.size());
  }
  ArrayRef<ContainerCall> Rows = findRows<ContainerRows>(Name);
  if (Rows.empty())
    return {};
  return ArrayRef<int>(ContainerArgs)
      .slice(Rows.data() - std::begin(ContainerRows), Rows.size());
}

bool isContainerOnlyApi(StringRef Name) {
  return !findContainerOnlyArgs(Name).empty();
}

bool isContainerOnlyApi(StringRef Name, unsigned ArgIndex) {
  return llvm::is_contained(findContainerOnlyArgs(Name),
                            static_cast<int>(ArgIndex));
}

const InteriorPointer *findInteriorPointer(StringRef Name) {
  return findRow<InteriorRows>(Name, &UserFacts::InteriorPointers);
}

const BorrowedField *findBorrowedField(StringRef Struct, StringRef Field) {
  for (const BorrowedField &Row : findRows<FieldRows>(Struct))
    if (Field == Row.Field || StringRef(Row.Field) == "*")
      return &Row;
  return nullptr;
}

const CallEffect *findEffect(StringRef Name) {
  return findRow<EffectRows>(Name, &UserFacts::CallEffects);
}

bool mayCallDetached(StringRef Name) { return findRow<DetachedRows>(Name, &UserFacts::DetachedCalls); }

std::optional<ThreadSafety> threadSafety(StringRef Name) {
  if (const ThreadSafetyLevel *Row = findRow<LevelRows>(Name))
    return Row->Level;
  return std::nullopt;
}

const LockApi *findLockApi(StringRef Name) { return findRow<LockRows>(Name, &UserFacts::Locks); }

const LockGuard *findLockGuard(StringRef QualifiedTypeName) {
  return findRow<GuardRows>(QualifiedTypeName, &UserFacts::LockGuards);
}

bool isLockGuardType(StringRef QualifiedTypeName) {
  return findLockGuard(QualifiedTypeName);
}

const ThreadStateApi *findThreadStateApi(StringRef Name) {
  return findRow<ThreadStateRows>(Name, &UserFacts::ThreadStates);
}

bool isAttachMacro(StringRef Name) {
  const ThreadStateApi *Row = findThreadStateApi(Name);
  return Row && Row->IsMacro;
}

bool isSynchronizationType(StringRef TypeName) {
  return findRow<SynchronizationRows>(TypeName, &UserFacts::SynchronizationTypes);
}

bool isDefinitionTableType(StringRef TypeName) {
  return findRow<DefinitionRows>(TypeName, &UserFacts::DefinitionTables);
}

bool isHeaderProvidedTable(StringRef VarName) {
  return findRow<ApiTableRows>(VarName);
}

bool isObjectStruct(StringRef RecordName) {
  return findRow<ObjectRows>(RecordName);
}

bool isTypeObjectStruct(StringRef RecordName) {
  const ObjectStruct *Row = findRow<ObjectRows>(RecordName);
  return Row && Row->IsType;
}

bool isGeneratedName(StringRef Name) {
  auto Matches = [&](const GeneratedName &Row) {
    return Row.IsPrefix ? Name.starts_with(Row.Text) : Name == Row.Text;
  };
  if (GeneratedCodeScope::analyzes())
    return false;
  const UserFacts *Facts = UserFactsScope::current();
  return llvm::any_of(GeneratedRows, Matches) ||
         (Facts && llvm::any_of(Facts->GeneratedNames, Matches));
}

const TypeSlot *findTypeSlotByField(StringRef Field) {
  return Field.empty() ? nullptr : findRow<TypeSlotRows>(Field);
}

const TypeSlot *findTypeSlotByMacro(StringRef Macro) {
  if (!Macro.consume_front("Py_"))
    return nullptr;
  if (const TypeSlot *Row = findTypeSlotByField(Macro))
    return *Row->SlotMacro ? Row : nullptr;
  for (const TypeSlot &Row : findRows<TypeSlotRows>(""))
    if (StringRef(Row.SlotMacro).drop_front(3) == Macro)
      return &Row;
  return nullptr;
}

const ModuleSlot *findModuleSlot(StringRef Macro) {
  return findRow<ModuleSlotRows>(Macro);
}

ArrayRef<ApiVersion> apis() { return ApiRows; }
ArrayRef<AstAlias> astAliases() { return AliasRows; }
ArrayRef<BorrowedReference> borrowedReferences() { return BorrowedRows; }
ArrayRef<StolenReference> stolenReferences() { return StolenRows; }
ArrayRef<NewReference> newReferences() { return NewRows; }
ArrayRef<ReferenceCountApi> referenceCountOps() { return RefcountRows; }
ArrayRef<ContainerCall> containerCalls() { return ContainerRows; }
ArrayRef<InteriorPointer> interiorPointers() { return InteriorRows; }
ArrayRef<BorrowedField> borrowedFields() { return FieldRows; }
ArrayRef<CallEffect> callEffects() { return EffectRows; }
ArrayRef<DetachedCall> detachedCalls() { return DetachedRows; }
ArrayRef<ThreadSafetyLevel> threadSafetyLevels() { return LevelRows; }
ArrayRef<LockApi> lockApis() { return LockRows; }
ArrayRef<LockGuard> lockGuards() { return GuardRows; }
ArrayRef<ThreadStateApi> threadStateApis() { return ThreadStateRows; }
ArrayRef<NamedEntity> synchronizationTypes() { return SynchronizationRows; }
ArrayRef<NamedEntity> definitionTables() { return DefinitionRows; }
ArrayRef<NamedEntity> apiTables() { return ApiTableRows; }
ArrayRef<ObjectStruct> objectStructs() { return ObjectRows; }
ArrayRef<GeneratedName> generatedNames() { return GeneratedRows; }
ArrayRef<TypeSlot> typeSlots() { return TypeSlotRows; }
ArrayRef<ModuleSlot> moduleSlots() { return ModuleSlotRows; }

} // namespace pyext::facts
