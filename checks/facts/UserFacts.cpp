//===- UserFacts.cpp - Reads files of facts -------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/UserFacts.h"
#include "facts/EnumNames.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/StringSaver.h"
#include "llvm/Support/YAMLTraits.h"
#include <mutex>
#include <system_error>

using namespace llvm;

namespace pyext::facts {

//===----------------------------------------------------------------------===//
// Scopes
//===----------------------------------------------------------------------===//

static thread_local const UserFacts *Current = nullptr;

UserFactsScope::UserFactsScope(const UserFacts *Facts) : Outer(Current) {
  Current = Facts;
}
UserFactsScope::~UserFactsScope() { Current = Outer; }
const UserFacts *UserFactsScope::current() { return Current; }

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

namespace {

/// What reading one file needs; the context of the yaml::IO.
struct Loader {
  std::string Path; ///< Of the file.
  BumpPtrAllocator Allocator;
  UniqueStringSaver Saver{Allocator};
  std::vector<StringRef> Keys; ///< The keys of the mapping read last.
  StringSet<> Seen;            ///< The rows read so far, by table and key.
  std::string Message;         ///< An error message being returned.
  std::string Problem;         ///< The first error.
};

Loader &loader(void *Context) { return *static_cast<Loader *>(Context); }

// Wrappers: how a value of a row is written.
struct Text {
  const char *Value;
};
struct Name {
  const char *Value;
};
struct Version {
  unsigned Minor;
};
struct Argument {
  int Index;
};
struct Flag {
  bool Value;
};
template <typename EnumT> struct Choice {
  EnumT Value;
};

} // namespace
} // namespace pyext::facts

using namespace pyext::facts;

namespace llvm::yaml {

template <> struct ScalarTraits<Text> {
  static void output(const Text &, void *, raw_ostream &) {}
  static StringRef input(StringRef Scalar, void *Context, Text &T) {
    T.Value = loader(Context).Saver.save(Scalar).data();
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<Name> {
  static void output(const Name &, void *, raw_ostream &) {}
  static StringRef input(StringRef Scalar, void *Context, Name &N) {
    bool Valid = !Scalar.empty() && !isDigit(Scalar.front()) &&
                 all_of(Scalar, [](char C) {
                   return isAlnum(C) || C == '_' || C == ':';
                 });
    if (!Valid)
      return "expected a name: letters, digits, '_' and '::'";
    N.Value = loader(Context).Saver.save(Scalar).data();
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<Version> {
  static void output(const Version &, void *, raw_ostream &) {}
  static StringRef input(StringRef Scalar, void *, Version &V) {
    std::optional<PyVersion> Parsed = PyVersion::parse(Scalar);
    if (!Parsed)
      return "expected a version such as '3.13'";
    V.Minor = Parsed->Minor;
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<Argument> {
  static void output(const Argument &, void *, raw_ostream &) {}
  static StringRef input(StringRef Scalar, void *, Argument &A) {
    if (Scalar == "this")
      A.Index = ThisArgument;
    else if (Scalar.getAsInteger(10, A.Index) || A.Index < 0 || A.Index > 127)
      return "expected the index of an argument, from 0, or 'this'";
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<Flag> {
  static void output(const Flag &, void *, raw_ostream &) {}
  static StringRef input(StringRef Scalar, void *, Flag &F) {
    if (Scalar != "true" && Scalar != "false")
      return "expected true or false";
    F.Value = Scalar == "true";
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <typename EnumT> struct ScalarTraits<Choice<EnumT>> {
  static void output(const Choice<EnumT> &, void *, raw_ostream &) {}
  static StringRef input(StringRef Scalar, void *Context, Choice<EnumT> &C) {
    ArrayRef<StringLiteral> Names = enumNames<EnumT>();
    const auto *It = llvm::find(Names, Scalar);
    if (It == Names.end()) {
      std::string &Message = loader(Context).Message;
      Message = ("unknown value '" + Scalar +
                 "'; expected one of: " + llvm::join(Names, ", "))
                    .str();
      return Message;
    }
    C.Value = static_cast<EnumT>(It - Names.begin());
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

} // namespace llvm::yaml

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

namespace pyext::facts {
namespace {

/// Reads the columns of one row and remembers which there are.
class Columns {
public:
  explicit Columns(yaml::IO &IO) : IO(IO), L(loader(IO.getContext())) {
    L.Keys.clear();
  }

  void name(const char *Key, const char *&Value) {
    L.Keys.push_back(Key);
    Name N{""};
    IO.mapRequired(Key, N);
    Value = N.Value;
  }
  /// A name that may be left out: null then.
  void optionalName(const char *Key, const char *&Value) {
    Name N{nullptr};
    read(Key, N);
    Value = N.Value;
  }
  void text(const char *Key, const char *&Value) {
    Text T{""};
    read(Key, T);
    Value = T.Value;
  }
  void flag(const char *Key, bool &Value) {
    Flag F{Value};
    read(Key, F);
    Value = F.Value;
  }
  void version(const char *Key, unsigned &Minor) {
    Version V{0};
    read(Key, V);
    Minor = V.Minor;
  }
  void argument(const char *Key, int &Index) {
    Argument A{-1};
    read(Key, A);
    Index = A.Index;
  }
  template <typename EnumT> void choice(const char *Key, EnumT &Value) {
    L.Keys.push_back(Key);
    Choice<EnumT> C{Value};
    IO.mapRequired(Key, C);
    Value = C.Value;
  }
  template <typename EnumT> void optionalChoice(const char *Key, EnumT &Value) {
    Choice<EnumT> C{Value};
    read(Key, C);
    Value = C.Value;
  }

private:
  template <typename T> void read(const char *Key, T &Value) {
    L.Keys.push_back(Key);
    IO.mapOptional(Key, Value);
  }

  yaml::IO &IO;
  Loader &L;
};

/// The complaint about a row that is there twice, or "".
std::string notTwice(yaml::IO &IO, StringRef Table, StringRef Key, int Rest) {
  // With a missing name the row has its error already.
  std::string Id = (Table + "/" + Key + "/" + Twine(Rest)).str();
  if (Key.empty() || loader(IO.getContext()).Seen.insert(Id).second)
    return "";
  return ("a second row of '" + Key + "' in " + Table).str();
}

bool isCallSpelling(SpellingKind Kind) {
  return Kind == SpellingKind::Function || Kind == SpellingKind::Inline ||
         Kind == SpellingKind::Macro;
}
constexpr const char *CallSpelling =
    "'Spelling' must be one of: Function, Inline, Macro";

constexpr StringLiteral TableNames[] = {
    "BorrowedReferences", "CallEffects",     "ContainerCalls",
    "DefinitionTables",   "DetachedCalls",   "GeneratedNames",
    "InteriorPointers",   "LockGuards",      "Locks",
    "ModelCalls",         "NewReferences",   "ReferenceCounts",
    "StolenReferences",   "SynchronizationTypes", "ThreadStates",
};

/// A name of one of the tables that consist of names.
template <int Table> struct NameRow {
  NamedEntity Row{nullptr, Origin::User};
};
using DefinitionTableRow = NameRow<0>;
using SynchronizationTypeRow = NameRow<1>;

} // namespace
} // namespace pyext::facts

LLVM_YAML_IS_SEQUENCE_VECTOR(BorrowedReference)
LLVM_YAML_IS_SEQUENCE_VECTOR(CallEffect)
LLVM_YAML_IS_SEQUENCE_VECTOR(ContainerCall)
LLVM_YAML_IS_SEQUENCE_VECTOR(DefinitionTableRow)
LLVM_YAML_IS_SEQUENCE_VECTOR(DetachedCall)
LLVM_YAML_IS_SEQUENCE_VECTOR(GeneratedName)
LLVM_YAML_IS_SEQUENCE_VECTOR(InteriorPointer)
LLVM_YAML_IS_SEQUENCE_VECTOR(LockApi)
LLVM_YAML_IS_SEQUENCE_VECTOR(LockGuard)
LLVM_YAML_IS_SEQUENCE_VECTOR(ModelCallApi)
LLVM_YAML_IS_SEQUENCE_VECTOR(NewReference)
LLVM_YAML_IS_SEQUENCE_VECTOR(ReferenceCountApi)
LLVM_YAML_IS_SEQUENCE_VECTOR(StolenReference)
LLVM_YAML_IS_SEQUENCE_VECTOR(SynchronizationTypeRow)
LLVM_YAML_IS_SEQUENCE_VECTOR(ThreadStateApi)

namespace llvm::yaml {

template <> struct MappingTraits<BorrowedReference> {
  static void mapping(IO &IO, BorrowedReference &R) {
    R = {};
    R.ContainerArg = R.OutArg = R.OutArg2 = -1;
    R.Mutable = true;
    Columns C(IO);
    C.name("Name", R.Name);
    C.optionalChoice("Spelling", R.Kind);
    C.optionalChoice("Result", R.Result);
    C.argument("OutArg", R.OutArg);
    C.argument("OutArg2", R.OutArg2);
    C.argument("ContainerArg", R.ContainerArg);
    C.choice("Container", R.Container);
    C.flag("Mutable", R.Mutable);
    C.optionalName("Replacement", R.Replacement);
    C.optionalChoice("Shape", R.Shape);
    C.version("Since", R.Since);
    C.flag("InCompat", R.InCompat);
    C.flag("SwallowsErrors", R.SwallowsErrors);
    C.text("Note", R.Note);
  }
  static std::string validate(IO &IO, BorrowedReference &R) {
    if (!isCallSpelling(R.Kind))
      return CallSpelling;
    if ((R.Shape != ReplacementShape::None) != (R.Replacement != nullptr))
      return "'Replacement' and a 'Shape' other than None need each other";
    if ((R.OutArg >= 0) != (R.Result == ResultKind::OutArguments))
      return "'OutArg' and 'Result: OutArguments' need each other";
    if (R.OutArg2 >= 0 && R.OutArg2 <= R.OutArg)
      return "'OutArg2' must be greater than 'OutArg'";
    return notTwice(IO, "BorrowedReferences", R.Name, 0);
  }
};

template <> struct MappingTraits<CallEffect> {
  static void mapping(IO &IO, CallEffect &R) {
    R = {};
    R.MutatesArg = -1;
    R.Source = Basis::Documented;
    Columns C(IO);
    C.name("Name", R.Name);
    C.choice("Class", R.Class);
    R.Suspend = R.mayRunUserCode() ? MaySuspend::Yes
                : R.Class == EffectClass::Lock ? MaySuspend::Contended
                                               : MaySuspend::No;
    C.optionalChoice("MaySuspend", R.Suspend);
    C.argument("MutatesArg", R.MutatesArg);
    C.text("Condition", R.Condition);
  }
  static std::string validate(IO &IO, CallEffect &R) {
    if (R.Class == EffectClass::Conditional && !*R.Condition)
      return "'Class: Conditional' needs a 'Condition'";
    if (R.mayRunUserCode() && R.Suspend != MaySuspend::Yes)
      return "a call that can run Python code has 'MaySuspend: Yes'";
    if (R.Class == EffectClass::Lock && R.Suspend == MaySuspend::No)
      return "'Class: Lock' has 'MaySuspend: Contended' or 'Yes'";
    if (R.Class == EffectClass::Pure && R.Suspend != MaySuspend::No)
      return "'Class: Pure' has 'MaySuspend: No'";
    return notTwice(IO, "CallEffects", R.Name, 0);
  }
};

template <> struct MappingTraits<ContainerCall> {
  static void mapping(IO &IO, ContainerCall &R) {
    R = {};
    Columns C(IO);
    C.name("Name", R.Name);
    C.argument("Arg", R.Arg);
  }
  static std::string validate(IO &IO, ContainerCall &R) {
    if (R.Arg < 0)
      return "'Arg' must be the index of an argument, from 0";
    return notTwice(IO, "ContainerCalls", R.Name, R.Arg);
  }
};

template <int Table> struct MappingTraits<NameRow<Table>> {
  static void mapping(IO &IO, NameRow<Table> &R) {
    Columns(IO).name("Name", R.Row.Name);
  }
  static std::string validate(IO &IO, NameRow<Table> &R) {
    return notTwice(IO, Table ? "SynchronizationTypes" : "DefinitionTables",
                    R.Row.Name, 0);
  }
};

template <> struct MappingTraits<DetachedCall> {
  static void mapping(IO &IO, DetachedCall &R) {
    R = {};
    R.Source = Basis::Documented;
    Columns C(IO);
    C.name("Name", R.Name);
    C.text("Note", R.Note);
  }
  static std::string validate(IO &IO, DetachedCall &R) {
    return notTwice(IO, "DetachedCalls", R.Name, 0);
  }
};

template <> struct MappingTraits<GeneratedName> {
  static void mapping(IO &IO, GeneratedName &R) {
    R = {};
    Columns C(IO);
    C.name("Text", R.Text);
    C.flag("IsPrefix", R.IsPrefix);
    C.text("Generator", R.Generator);
  }
  static std::string validate(IO &IO, GeneratedName &R) {
    return notTwice(IO, "GeneratedNames", R.Text, 0);
  }
};

template <> struct MappingTraits<InteriorPointer> {
  static void mapping(IO &IO, InteriorPointer &R) {
    R = {};
    R.OwnerArg = -1;
    R.Moves = true;
    Columns C(IO);
    C.name("Name", R.Name);
    C.optionalChoice("Spelling", R.Kind);
    C.flag("IsSize", R.IsSize);
    C.argument("OwnerArg", R.OwnerArg);
    C.choice("Owner", R.Owner);
    C.flag("Moves", R.Moves);
    C.optionalName("Alternative", R.Alternative);
    C.text("Note", R.Note);
  }
  static std::string validate(IO &IO, InteriorPointer &R) {
    if (!isCallSpelling(R.Kind))
      return CallSpelling;
    return notTwice(IO, "InteriorPointers", R.Name, 0);
  }
};

template <> struct MappingTraits<LockApi> {
  static void mapping(IO &IO, LockApi &R) {
    R = {};
    R.From = Origin::User;
    R.Kind = LockKind::User;
    Columns C(IO);
    C.name("Name", R.Name);
    C.optionalChoice("Spelling", R.Spelling);
    C.choice("Op", R.Op);
    C.optionalChoice("Kind", R.Kind);
    C.argument("LockArg", R.LockArg);
    C.argument("LockArg2", R.LockArg2);
    R.IsMacro = R.Spelling == SpellingKind::Macro;
  }
  static std::string validate(IO &IO, LockApi &R) {
    if (R.Spelling != SpellingKind::Function && !R.IsMacro &&
        R.Spelling != SpellingKind::Method)
      return "'Spelling' must be one of: Function, Macro, Method";
    if ((R.Spelling == SpellingKind::Method) != (R.LockArg == ThisArgument))
      return "'Spelling: Method' and 'LockArg: this' need each other";
    bool IsSectionOp = R.Op == LockOp::Begin || R.Op == LockOp::End;
    if (isCriticalSection(R.Kind) != IsSectionOp)
      return "'Op: Begin' and 'Op: End' are for a 'Kind' of critical section, "
             "the other operations for the other kinds";
    return notTwice(IO, "Locks", R.Name, 0);
  }
};

template <> struct MappingTraits<LockGuard> {
  static void mapping(IO &IO, LockGuard &R) {
    R = {};
    R.From = Origin::User;
    R.Kind = LockKind::User;
    Columns C(IO);
    C.name("Name", R.Name);
    C.optionalChoice("Kind", R.Kind);
    C.argument("LockArg", R.LockArg);
    R.LockArg = std::max(R.LockArg, 0);
  }
  static std::string validate(IO &IO, LockGuard &R) {
    return notTwice(IO, "LockGuards", R.Name, 0);
  }
};

template <> struct MappingTraits<ModelCallApi> {
  static void mapping(IO &IO, ModelCallApi &R) {
    R = {};
    R.From = Origin::User;
    Columns C(IO);
    C.name("Name", R.Name);
    C.choice("Role", R.Role);
  }
  static std::string validate(IO &IO, ModelCallApi &R) {
    return notTwice(IO, "ModelCalls", R.Name, 0);
  }
};

template <> struct MappingTraits<NewReference> {
  static void mapping(IO &IO, NewReference &R) {
    R = {};
    R.Container = ContainerKind::Other;
    Columns C(IO);
    C.name("Name", R.Name);
    C.argument("OutArg", R.OutArg);
    C.optionalChoice("Container", R.Container);
    C.flag("Fresh", R.Fresh);
    C.flag("FreshByFormat", R.FreshByFormat);
  }
  static std::string validate(IO &IO, NewReference &R) {
    return notTwice(IO, "NewReferences", R.Name, R.OutArg);
  }
};

template <> struct MappingTraits<ReferenceCountApi> {
  static void mapping(IO &IO, ReferenceCountApi &R) {
    R = {};
    Columns C(IO);
    C.name("Name", R.Name);
    C.optionalChoice("Spelling", R.Kind);
    C.choice("Op", R.Op);
    C.flag("NullOk", R.NullOk);
    C.argument("Arg", R.Arg);
    R.Arg = std::max(R.Arg, 0);
  }
  static std::string validate(IO &IO, ReferenceCountApi &R) {
    if (!isCallSpelling(R.Kind))
      return CallSpelling;
    return notTwice(IO, "ReferenceCounts", R.Name, 0);
  }
};

template <> struct MappingTraits<StolenReference> {
  static void mapping(IO &IO, StolenReference &R) {
    R = {};
    Columns C(IO);
    C.name("Name", R.Name);
    C.optionalChoice("Spelling", R.Kind);
    C.argument("Arg", R.ArgIndex);
    C.optionalChoice("When", R.When);
    C.optionalChoice("What", R.What);
    C.flag("NullOk", R.NullOk);
    C.text("Note", R.Note);
  }
  static std::string validate(IO &IO, StolenReference &R) {
    if (!isCallSpelling(R.Kind))
      return CallSpelling;
    return notTwice(IO, "StolenReferences", R.Name, R.ArgIndex);
  }
};

template <> struct MappingTraits<ThreadStateApi> {
  static void mapping(IO &IO, ThreadStateApi &R) {
    R = {};
    R.From = Origin::User;
    Columns C(IO);
    C.name("Name", R.Name);
    C.optionalChoice("Spelling", R.Kind);
    C.choice("Op", R.Op);
    C.choice("Family", R.Family);
    C.optionalName("Counterpart", R.Counterpart);
    R.IsMacro = R.Kind == SpellingKind::Macro;
  }
  static std::string validate(IO &IO, ThreadStateApi &R) {
    if (R.Kind != SpellingKind::Function && !R.IsMacro &&
        R.Kind != SpellingKind::Guard)
      return "'Spelling' must be one of: Function, Guard, Macro";
    return notTwice(IO, "ThreadStates", R.Name, 0);
  }
};

template <> struct MappingTraits<UserFacts> {
  template <int Table>
  static void names(IO &IO, const char *Key, std::vector<NamedEntity> &Names) {
    std::vector<NameRow<Table>> Rows;
    IO.mapOptional(Key, Rows);
    for (const NameRow<Table> &Row : Rows)
      Names.push_back(Row.Row);
  }

  static void mapping(IO &IO, UserFacts &F) {
    IO.mapOptional("BorrowedReferences", F.BorrowedReferences);
    IO.mapOptional("CallEffects", F.CallEffects);
    IO.mapOptional("ContainerCalls", F.ContainerCalls);
    names<0>(IO, "DefinitionTables", F.DefinitionTables);
    IO.mapOptional("DetachedCalls", F.DetachedCalls);
    IO.mapOptional("GeneratedNames", F.GeneratedNames);
    IO.mapOptional("InteriorPointers", F.InteriorPointers);
    IO.mapOptional("LockGuards", F.LockGuards);
    IO.mapOptional("Locks", F.Locks);
    IO.mapOptional("ModelCalls", F.ModelCalls);
    IO.mapOptional("NewReferences", F.NewReferences);
    IO.mapOptional("ReferenceCounts", F.ReferenceCounts);
    IO.mapOptional("StolenReferences", F.StolenReferences);
    names<1>(IO, "SynchronizationTypes", F.SynchronizationTypes);
    IO.mapOptional("ThreadStates", F.ThreadStates);
    // An unknown key is reported after this returns.
    loader(IO.getContext()).Keys.assign(std::begin(TableNames),
                                        std::end(TableNames));
  }
};

} // namespace llvm::yaml

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

namespace pyext::facts {

/// Keeps the first error of the YAML reader as "file:line:column: message".
static void collect(const SMDiagnostic &Diag, void *Context) {
  Loader &L = loader(Context);
  // What follows an error may only follow from it.
  if (!L.Problem.empty())
    return;
  raw_string_ostream OS(L.Problem);
  // An error at no place in the file has no name of a file either.
  OS << L.Path;
  if (Diag.getLineNo() > 0)
    OS << ':' << Diag.getLineNo() << ':' << Diag.getColumnNo() + 1;
  OS << ": " << Diag.getMessage();
  if (Diag.getMessage().starts_with("unknown key"))
    OS << "; expected one of: " << llvm::join(L.Keys, ", ");
  else if (Diag.getMessage() == "not a sequence")
    OS << "; a table is a list of rows, each of which begins with '-'";
  else if (Diag.getMessage() == "not a mapping")
    OS << "; expected 'key: value' pairs";
}

template <typename RowT, typename KeyT>
static void sortRows(std::vector<RowT> &Rows, KeyT Key) {
  llvm::sort(Rows, [&](const RowT &A, const RowT &B) {
    return Key(A) < Key(B);
  });
}

static void sortTables(UserFacts &F) {
  auto ByName = [](const auto &Row) { return StringRef(Row.Name); };
  sortRows(F.BorrowedReferences, ByName);
  sortRows(F.CallEffects, ByName);
  sortRows(F.ContainerCalls, [](const ContainerCall &Row) {
    return std::make_pair(StringRef(Row.Name), Row.Arg);
  });
  for (const ContainerCall &Row : F.ContainerCalls)
    F.ContainerArgs.push_back(Row.Arg);
  sortRows(F.DefinitionTables, ByName);
  sortRows(F.DetachedCalls, ByName);
  sortRows(F.GeneratedNames,
           [](const GeneratedName &Row) { return StringRef(Row.Text); });
  sortRows(F.InteriorPointers, ByName);
  sortRows(F.LockGuards, ByName);
  sortRows(F.Locks, ByName);
  sortRows(F.ModelCalls, ByName);
  sortRows(F.NewReferences, [](const NewReference &Row) {
    return std::make_pair(StringRef(Row.Name), Row.OutArg);
  });
  sortRows(F.ReferenceCounts, ByName);
  sortRows(F.StolenReferences, [](const StolenReference &Row) {
    return std::make_pair(StringRef(Row.Name), Row.ArgIndex);
  });
  sortRows(F.SynchronizationTypes, ByName);
  sortRows(F.ThreadStates, ByName);

  auto AddNames = [&](const auto &Rows) {
    for (const auto &Row : Rows)
      F.ApiNames.push_back(Row.Name);
  };
  AddNames(F.BorrowedReferences);
  AddNames(F.CallEffects);
  AddNames(F.ContainerCalls);
  AddNames(F.InteriorPointers);
  AddNames(F.NewReferences);
  AddNames(F.ReferenceCounts);
  AddNames(F.StolenReferences);
  llvm::sort(F.ApiNames);
}

namespace {
/// A file that was read. Kept for ever: rows are handed out as plain pointers.
struct LoadedFile {
  sys::TimePoint<> Modified;
  uint64_t Size = 0;
  Loader L;
  UserFacts Facts;
};

struct LoadedFiles {
  std::mutex Mutex;
  StringMap<std::vector<std::unique_ptr<LoadedFile>>> Files;
};
} // namespace

static LoadedFiles &loadedFiles() {
  static LoadedFiles Files;
  return Files;
}

Expected<const UserFacts *> loadUserFacts(StringRef Path) {
  auto CannotRead = [&](std::error_code EC) {
    return createStringError(EC, "%s: cannot be read: %s", Path.str().c_str(),
                             EC.message().c_str());
  };
  SmallString<128> Absolute(Path);
  if (std::error_code EC = sys::fs::make_absolute(Absolute))
    return CannotRead(EC);
  sys::fs::file_status Status;
  if (std::error_code EC = sys::fs::status(Absolute, Status))
    return CannotRead(EC);
  if (sys::fs::is_directory(Status))
    return CannotRead(make_error_code(std::errc::is_a_directory));

  LoadedFiles &All = loadedFiles();
  std::lock_guard<std::mutex> Guard(All.Mutex);
  std::vector<std::unique_ptr<LoadedFile>> &Versions = All.Files[Absolute];
  if (!Versions.empty() &&
      Versions.back()->Modified == Status.getLastModificationTime() &&
      Versions.back()->Size == Status.getSize())
    return &Versions.back()->Facts;

  ErrorOr<std::unique_ptr<MemoryBuffer>> Buffer = MemoryBuffer::getFile(Path);
  if (!Buffer)
    return CannotRead(Buffer.getError());
  auto File = std::make_unique<LoadedFile>();
  File->Modified = Status.getLastModificationTime();
  File->Size = Status.getSize();
  File->L.Path = Path.str();
  yaml::Input In((*Buffer)->getMemBufferRef(), &File->L, collect, &File->L);
  In >> File->Facts;
  if (In.error() || !File->L.Problem.empty()) {
    if (File->L.Problem.empty())
      return CannotRead(In.error());
    return createStringError(std::errc::invalid_argument,
                             "%s", File->L.Problem.c_str());
  }
  // Every row was seen.
  if (File->L.Seen.empty())
    return createStringError(
        std::errc::invalid_argument, "%s: holds no rows; expected one of: %s",
        Path.str().c_str(),
        llvm::join(ArrayRef<StringLiteral>(TableNames), ", ").c_str());
  sortTables(File->Facts);
  File->L.Seen.clear();
  Versions.push_back(std::move(File));
  return &Versions.back()->Facts;
}

} // namespace pyext::facts
