//===- Lifecycle.h - What happens to an object's fields ---------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a traverse, clear, dealloc or free function does with the object or the
// module state it is given: the steps in the order of the text, those of the
// file's own helpers included. Every branch counts as taken; what a helper of
// another file does is unknown.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_LIFECYCLE_H
#define PYEXT_MODEL_LIFECYCLE_H

#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "llvm/ADT/DenseSet.h"
#include <vector>

namespace pyext::model {

class ExtensionModel;
struct TypeObject;

enum class LifeStep : uint8_t {
  Visits,      ///< Shows the field to the collector.
  VisitsType,  ///< Shows the type of the object.
  Drops,       ///< Drops the reference in the field.
  Nulls,       ///< Stores null in the field.
  Uses,        ///< Gives the field to a function that is not known.
  Untracks,
  FreesObject, ///< Frees the memory of the object; Call says how.
  LoadsType,   ///< Reads the type of the object.
  DropsType,   ///< Drops the reference to the type.
  ClearsWeakRefs,
  VisitsDict,
  ClearsDict,
  Finalizes,
  Delegates,   ///< Calls the same slot of another type.
  PassesSelf,  ///< Gives the object to a function that is not known.
};

struct LifeEvent {
  LifeStep Step;
  const clang::FieldDecl *Field; ///< Canonical; null when it is about no field.
  const clang::Expr *Where;      ///< In the function that was asked about.
  const clang::Expr *Inner;      ///< The same, or in the helper it calls.
  const clang::FunctionDecl *In; ///< Whose body Inner is in.
};

struct Lifecycle {
  std::vector<LifeEvent> Events;
  /// Fields that the function or a helper names, for whatever.
  llvm::DenseSet<const clang::FieldDecl *> Mentioned;
  /// The function and the helpers, in the order of the calls.
  std::vector<const clang::FunctionDecl *> Functions;

  /// The first event of the kind, for the field if given; null when there is
  /// none.
  const LifeEvent *first(LifeStep Step,
                         const clang::FieldDecl *Field = nullptr) const;
  bool has(LifeStep Step, const clang::FieldDecl *Field = nullptr) const {
    return first(Step, Field) != nullptr;
  }

  static Lifecycle of(const ExtensionModel &Model,
                      const clang::FunctionDecl *FD);
};

/// The fields of \p RD, those of structs in it included, that are pointers to
/// objects or arrays of them; without the object header and the struct of a
/// base that comes first.
std::vector<const clang::FieldDecl *>
objectFields(const clang::RecordDecl *RD);

/// A field with a reference that belongs to the instance.
struct OwnedField {
  const clang::FieldDecl *Field;
  const clang::Expr *Dropped; ///< Where the reference is dropped.
  /// Nothing but strings, bytes and numbers is stored in it.
  bool Leaf;
};

/// Whether all that is stored in the field is a new string, number or the like,
/// which cannot be part of a cycle.
bool holdsLeaves(const ExtensionModel &Model, const clang::FieldDecl *Field);

/// Those of \p Type's own struct, by the code that drops their references; not
/// the list of weak references. In the order of the struct.
std::vector<OwnedField> ownedFields(const ExtensionModel &Model,
                                    const TypeObject &Type);

} // namespace pyext::model

#endif // PYEXT_MODEL_LIFECYCLE_H
