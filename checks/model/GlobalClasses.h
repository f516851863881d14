//===- GlobalClasses.h - What static variables are --------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One verdict per variable of static storage, by what really happens to it. A
// variable is the business of one check only: the first class that fits.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_GLOBALCLASSES_H
#define PYEXT_MODEL_GLOBALCLASSES_H

#include "model/FirstUse.h"
#include "model/GlobalUses.h"

namespace pyext::model {

/// The most specific first.
enum class GlobalClass : uint8_t {
  /// A constant, a definition table, a lock, an atomic, a header's table, made
  /// by a generator, or plain data that is written only while the module is
  /// imported, or only under one lock.
  Silent,
  StaticType,      ///< A type object.
  StructSequence,  ///< A type object that is filled from a description.
  ThreadObject,    ///< Thread-local, and holds Python objects.
  ApiTable,        ///< Another module's functions, out of a capsule.
  CxxObject,       ///< A C++ object that owns Python objects.
  Freelist,        ///< Dead instances kept for reuse, or their number.
  LazyInit,        ///< Initialised on first use, or what goes with such a one.
  Object,          ///< Holds Python objects.
  BufferReturn,    ///< A scratch buffer that is returned to the caller.
  NativeHandle,    ///< Of a C library, used by all threads.
  Unguarded,       ///< Plain data that two threads can access, one writing.
};
llvm::StringRef toString(GlobalClass Class);

/// What an unguarded variable is to its code.
enum class GlobalShape : uint8_t { Counter, Buffer, Container, List, Setting };

struct GlobalVerdict {
  const StateVariable *Variable;
  /// The definition; the declaration that is used when another file has it.
  const clang::VarDecl *Decl;
  bool DefinedElsewhere = false;
  /// Builds without the GIL have another declaration of it.
  bool OnlyWithGil = false;
  GlobalClass Class = GlobalClass::Silent;
  GlobalShape Shape = GlobalShape::Setting;
  std::vector<GlobalUse> Uses;
  /// Being given to a function elsewhere counts as a write.
  bool WrittenWhenPassed = false;
  /// Two uses that can run at the same time with no common lock, the first of
  /// them a write; null when there are none. Indices into Uses.
  std::optional<unsigned> Write, Other;
  /// Freelist: where a dead instance is put in, and one is taken out.
  /// BufferReturn: where the buffer is written, and where it leaves.
  /// ApiTable: where it comes from.
  const clang::Expr *In = nullptr, *OutOf = nullptr;
  /// The variable of which this one is a part: the counter of a free list, the
  /// data behind a flag. Null for itself.
  const StateVariable *PartOf = nullptr;

  bool races() const { return Write.has_value(); }
};

class GlobalClasses {
public:
  explicit GlobalClasses(const ExtensionModel &Model);

  /// In source order.
  llvm::ArrayRef<GlobalVerdict> all() const { return Verdicts; }
  /// Null for what is no static variable of the extension.
  const GlobalVerdict *of(const StateVariable &S) const;
  /// First uses at run time that no common lock guards.
  llvm::ArrayRef<FirstUse> firstUses() const { return FirstUses; }
  UseFollower &follower() const { return Follower; }

private:
  void classify(GlobalVerdict &V);
  void findRace(GlobalVerdict &V) const;
  bool isFreelist(GlobalVerdict &V) const;
  bool isApiTable(GlobalVerdict &V) const;
  bool isReturnedBuffer(GlobalVerdict &V) const;
  bool isNativeHandle(GlobalVerdict &V) const;
  bool hasLibraryCall(const GlobalVerdict &V, const GlobalUse &U) const;
  void claimParts();
  GlobalShape shapeOf(const GlobalVerdict &V) const;

  const ExtensionModel &Model;
  mutable UseFollower Follower;
  std::vector<GlobalVerdict> Verdicts;
  std::vector<FirstUse> FirstUses;
  /// Those whose test and write have a lock in common.
  std::vector<FirstUse> GuardedFirstUses;
  llvm::DenseMap<const StateVariable *, unsigned> Index;
};

/// The type, or a part of it, is a C++ class whose destructor drops a reference
/// to a Python object.
bool ownsObjects(clang::QualType QT);

/// The use of a C library's handle that is not known to be safe from several
/// threads: \p QT points to a struct of which this file knows only the name, or
/// that a library declares.
bool isNativeHandleType(const ExtensionModel &Model, clang::QualType QT);

} // namespace pyext::model

#endif // PYEXT_MODEL_GLOBALCLASSES_H
