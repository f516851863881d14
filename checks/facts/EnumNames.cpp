//===- EnumNames.cpp - The enumerators of the facts as text ---------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/EnumNames.h"
#include "facts/ApiRoles.h"
#include "facts/ContainerRules.h"
#include "facts/Containers.h"
#include "facts/ModelCalls.h"

using llvm::ArrayRef;
using llvm::StringLiteral;

namespace pyext::facts {

/// Whether the values are 0, 1, 2 and so on up to Last.
template <typename EnumT, size_t N>
static constexpr bool isComplete(const EnumT (&Values)[N], EnumT Last) {
  for (size_t I = 0; I < N; ++I)
    if (static_cast<size_t>(Values[I]) != I)
      return false;
  return static_cast<size_t>(Last) + 1 == N;
}

#define ENUMERATOR_VALUE(Name) Type::Name,
#define ENUMERATOR_NAME(Name) StringLiteral(#Name),
#define NAMES(EnumT, Last)                                                     \
  template <> ArrayRef<StringLiteral> enumNames<EnumT>() {                     \
    using Type = EnumT;                                                        \
    static constexpr Type Values[] = {ENUMERATORS(ENUMERATOR_VALUE)};          \
    static_assert(isComplete(Values, Type::Last), #EnumT);                     \
    static constexpr StringLiteral Names[] = {ENUMERATORS(ENUMERATOR_NAME)};   \
    return Names;                                                              \
  }

#define ENUMERATORS(E) \
  E(Function) E(Inline) E(Macro) E(Constant) E(Type) E(Variable) E(Method) \
  E(Guard)
NAMES(SpellingKind, Guard)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(CPython) E(C) E(Cxx) E(POSIX) E(Windows) E(Darwin) E(Abseil) E(Boost) \
  E(Cython) E(GLib) E(Libuv) E(Nanobind) E(NumPy) E(OpenMP) E(OpenSSL) \
  E(Pybind11) E(Qt) E(SDL) E(TBB) E(ThirdParty) E(User)
NAMES(Origin, User)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(List) E(Dict) E(FrozenDict) E(Set) E(FrozenSet) E(Tuple) E(Sequence) \
  E(Module) E(Type) E(Weakref) E(Frame) E(Unicode) E(Bytes) E(ByteArray) \
  E(MemoryView) E(Number) E(Capsule) E(Cell) E(Function) E(Method) E(Instance) \
  E(Arguments) E(Interpreter) E(Sys) E(Thread) E(Other)
NAMES(ContainerKind, Other)
#undef ENUMERATORS

#define ENUMERATORS(E) E(Count) E(Unique) E(Temporary)
NAMES(UniquenessMeaning, Temporary)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Return) E(OutArguments) E(FormatOutArguments) E(Items)
NAMES(ResultKind, Items)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(None) E(DropInReturnStrong) E(IntReturnWithLookup) \
  E(OutParamIntReturn) E(OtherArguments)
NAMES(ReplacementShape, OtherArguments)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Always) E(OnSuccess) E(InPlaceReplace) E(NeverUse)
NAMES(StealWhen, NeverUse)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Reference) E(Handle)
NAMES(StealWhat, Handle)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Incref) E(Decref) E(NewRef) E(Clear) E(SetRef)
NAMES(RefcountOp, SetRef)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Pure) E(Alloc) E(Lock) E(Decref) E(Conditional) E(RunsCode) E(Detach) \
  E(NoReturn)
NAMES(EffectClass, NoReturn)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(No) E(Contended) E(Yes)
NAMES(MaySuspend, Yes)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Documented) E(CPython) E(Reviewed) E(Default)
NAMES(Basis, Default)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Incompatible) E(Compatible) E(Distinct) E(Shared) E(Atomic)
NAMES(ThreadSafety, Atomic)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(CriticalSection) E(CriticalSection2) E(CriticalSectionMutex) \
  E(CriticalSection2Mutex) E(PyMutex) E(ThreadLock) E(Pthread) E(C11) \
  E(Win32) E(Darwin) E(StdMutex) E(Abseil) E(Boost) E(GLib) E(Libuv) \
  E(OpenMP) E(OpenSSL) E(Qt) E(SDL) E(TBB) E(Once) E(User)
NAMES(LockKind, User)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Begin) E(End) E(Acquire) E(AcquireShared) E(TryAcquire) \
  E(TryAcquireShared) E(Release) E(Once) E(Wait) E(Query)
NAMES(LockOp, Query)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Attach) E(Detach) E(Release) E(Swap) E(Create) E(Destroy) \
  E(DestroyDetach) E(Clear) E(Query)
NAMES(ThreadStateOp, Query)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(AllowThreads) E(Eval) E(GILState) E(InterpreterGuard) E(ThreadState) \
  E(Interpreter)
NAMES(ThreadStateFamily, Interpreter)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Dealloc) E(Traverse) E(Clear) E(Finalize) E(Del) E(New) E(Init) \
  E(Alloc) E(Free) E(IsGc) E(Iter) E(IterNext) E(Repr) E(Str) E(Hash) \
  E(Call) E(Vectorcall) E(GetAttr) E(SetAttr) E(RichCompare) E(DescrGet) \
  E(DescrSet) E(GetBuffer) E(ReleaseBuffer) E(Await) E(AIter) E(ANext) \
  E(Send) E(Number) E(Sequence) E(Mapping) E(Methods) E(Members) E(GetSet) \
  E(Doc) E(Name) E(Base) E(Flags) E(Size) E(Offset) E(Token) E(Module) \
  E(Metaclass) E(Slots) E(SubTable) E(Internal) E(Other)
NAMES(SlotRole, Other)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Create) E(Exec) E(Gil) E(MultipleInterpreters) E(Methods) E(StateSize) \
  E(StateTraverse) E(StateClear) E(StateFree) E(Token) E(Name) E(Doc) \
  E(Abi) E(Slots) E(End) E(Invalid)
NAMES(ModuleSlotRole, Invalid)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(CreatesMultiPhase) E(CreatesSinglePhase) E(SetsGil) E(ReturnsState) \
  E(Registers) E(WritesType) E(StartsThread) E(ForeignAttach) E(StateModule) \
  E(GuessesThreadState) E(EmbedsPython) E(NamesMain) E(LeavesFunction) E(StopsWorld) \
  E(StartsWorld) E(Blocks) E(AsksForEnd) E(Reallocates) \
  E(CopiesMemory) E(CallsBack)
NAMES(ModelCall, CallsBack)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(GilUsed) E(GilNotUsed) E(OneInterpreter) E(SharedGil) E(OwnGil)
NAMES(Promise, OwnGil)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Gone) E(Scheduled) E(Deprecated) E(NoOp)
NAMES(SupersededStatus, NoOp)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Rename) E(Delete) E(Other)
NAMES(SupersededChange, Other)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Prefix) E(Suffix) E(Word)
NAMES(NameMatch, Word)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(AtomicFunction) E(CApi) E(LockHeld) E(SetsUp) E(ErrorSetter) E(Locking) \
  E(Disposes) E(Asks) E(AsksWhetherUnique) E(CallArguments) E(CallKeywords) \
  E(MakesInstance)
NAMES(NameMeaning, MakesInstance)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(TypeOf) E(Untracks) E(Tracks) E(FreesObject) E(FreesGcObject) \
  E(MakesObject) E(MakesGcObject) E(InitsObject) E(ClearsWeakRefs) \
  E(VisitsManagedDict) E(ClearsManagedDict) E(CallsFinalizer) \
  E(GetsTypeSlot) E(ReadsTypeModule) E(ReadsTypeData) E(FindsTypeModule) \
  E(MakesBareType) E(MakesModuleType) E(FindsModule) E(RegistersModule) \
  E(ImportsByName) E(ListsModules) E(TraverseSafe) E(TraverseTolerated) \
  E(DuringGc) E(DropsHandle) E(ReturnsInterpreter) E(ReturnsInterpreterId) \
  E(ReturnsThreadState) E(MainInterpreter) E(WalksThreadStates) \
  E(SwitchesInterpreter) E(AddsPendingCall) E(Forks) E(BeforeFork) \
  E(AfterFork) E(ObsoleteAfterFork) E(ReplacesProcess) E(ForkHandlers) \
  E(LegacyTls) E(SetsSignalHandler) E(SetsReferenceCount) E(SignalSafe) \
  E(ThreadIdentity) E(ChecksGilState) E(GetsGilStateThread) E(ReadsModuleState) \
  E(AddsToModule) E(MakesMetaclassType) E(AsksAttached) E(UsesThreadState) \
  E(MakesInterpreter) E(SetsException) E(TakesException) \
  E(TargetsAbi3t) E(OpaqueInAbi3t) E(TakesIfAlive) E(GivesConstant) \
  E(CallsBack) E(RunsElsewhere)
NAMES(ApiRole, RunsElsewhere)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Raw) E(Mem) E(Object) E(GcObject) E(CRuntime)
NAMES(MemoryDomain, CRuntime)
#undef ENUMERATORS

#define ENUMERATORS(E) \
  E(Alloc) E(Resize) E(Free)
NAMES(AllocationOp, Free)
#undef ENUMERATORS

#define ENUMERATORS(E) E(Always) E(Conversion)
NAMES(UserCodeWhen, Conversion)
#undef ENUMERATORS

} // namespace pyext::facts
