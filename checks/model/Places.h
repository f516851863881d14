//===- Places.h - Which object a pointer leads to ---------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Names the memory behind an expression from the object it belongs to:
// `self->ctx->pos` and `c->pos` after `Ctx *c = self->ctx;` are the same place.
// An object that the function has just made is nobody else's.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_MODEL_PLACES_H
#define PYEXT_MODEL_PLACES_H

#include "model/ExtensionModel.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace pyext::model {

using FieldPath = llvm::SmallVector<const clang::FieldDecl *, 3>;

/// Memory, named from a root.
struct Place {
  enum RootKind : uint8_t {
    Unknown,
    Null,
    Fresh,  ///< Made in this function and known to nobody else.
    Param,  ///< What parameter Index of the function points or refers to.
    This,   ///< The object of the C++ method.
    Object, ///< A Python object that other threads may know too.
  } Root = Unknown;
  unsigned Index = 0;
  /// An Unknown that some call returned.
  bool FromCall = false;
  /// An Object that came in a plain struct which the function is given: whoever
  /// calls it has the object already.
  bool InStruct = false;
  /// What the function calls the root, in canonical text.
  llvm::SmallVector<std::string, 1> Names;
  FieldPath Path;
  /// Not the last field of Path itself but what it points to.
  bool Content = false;

  bool known() const { return Root == Param || Root == This || Root == Object; }
};

/// Places as one function sees them.
class Places {
public:
  explicit Places(const ExtensionModel &Model) : Model(Model) {}

  /// What the pointer \p E of \p F points to.
  Place pointee(const Function &F, const clang::Expr *E);
  /// The place that \p E of \p F denotes.
  Place placeOf(const Function &F, const clang::Expr *E);

  /// The field of an object through which alone structs of type \p RD are
  /// reached; null when there is no such field, or more than one.
  const clang::FieldDecl *ownerOf(const clang::RecordDecl *RD);

private:
  Place ofVariable(const Function &F, const clang::VarDecl *VD);
  bool storesNew(const Function &F, const clang::ParmVarDecl *Param, bool &Made);
  bool isSetToNew(const Function &F, const clang::VarDecl *VD);
  Place ofReference(const Function &F, const clang::DeclRefExpr *E);
  Place ofHolder(const Function &F, const clang::VarDecl *VD);
  Place ofCall(const Function &F, const clang::CallExpr *Call, bool Reference);
  Place returned(const Function &F);
  /// Whether what local \p VD points to is made an object anew, as the memory
  /// that a free list keeps is.
  bool isInitialized(const clang::VarDecl *VD);
  Place heldIn(const Function &F, const clang::MemberExpr *E);
  /// A parameter of a function; with a field, what that field of the struct which
  /// the parameter points to holds.
  using Given =
      std::tuple<const Function *, unsigned, const clang::FieldDecl *>;
  bool isMadeFor(const Given &What);
  bool comesNew(const Function &F, const clang::Expr *E, bool &Made,
                llvm::SmallVectorImpl<Given> &From);
  bool isMadeIn(const Function &F, const clang::VarDecl *VD,
                const clang::FieldDecl *FD, llvm::SmallVectorImpl<Given> &From);
  bool isFreelist(const clang::VarDecl *VD);
  void readOwners();
  void member(Place &P, const Function &F, const clang::MemberExpr *E);
  Place join(Place A, const Place &B);

  const ExtensionModel &Model;
  llvm::DenseMap<std::pair<const Function *, const clang::VarDecl *>, Place>
      Variables;
  llvm::DenseMap<const Function *, Place> Results;
  llvm::DenseMap<const clang::RecordDecl *, const clang::FieldDecl *> Owners;
  std::optional<llvm::DenseSet<const clang::ValueDecl *>> Initialized;
  llvm::DenseMap<Given, bool> MadeFor;
  /// What is assigned to `*Param`.
  llvm::DenseMap<const clang::ParmVarDecl *,
                 llvm::SmallVector<const clang::Expr *, 4>>
      Stored;
  bool OwnersRead = false;
  unsigned Depth = 0;
};

/// True when \p FD is itself an object's head: `ob_base`, or an object struct
/// embedded first. Its fields count as those of the object around it.
bool isHead(const clang::FieldDecl *FD);

} // namespace pyext::model

#endif // PYEXT_MODEL_PLACES_H
