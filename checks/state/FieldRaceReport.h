//===- FieldRaceReport.h - Base class of checks of fields -------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_FIELDRACEREPORT_H
#define PYEXT_STATE_FIELDRACEREPORT_H

#include "model/InstanceState.h"
#include "state/FieldRaceFix.h"
#include "support/ModelCheck.h"

namespace pyext::state {

/// A check of one kind of race for fields of objects. The model has already
/// decided which kind each field is, so a field has one finding.
class FieldRaceReport : public ModelCheck {
public:
  FieldRaceReport(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context,
                 model::RaceKind Kind)
      : ModelCheck(Name, Context), Kind(Kind) {}

protected:
  void analyze(const model::ExtensionModel &Model) override;
  /// Says what happens, at \p R.First or where the kind shows best.
  virtual void report(const model::ExtensionModel &Model,
                      const model::FieldRace &R) = 0;
  /// What to do, as a note; may be empty.
  virtual llvm::StringRef advice(const model::FieldRace &R) const;
  /// False for a race that an option has switched off.
  virtual bool accept(const model::FieldRace &R) const { return true; }

  /// The changes that need no review, of the race that is reported; mostly none.
  llvm::ArrayRef<clang::FixItHint> safeFix() const {
    return Fix.Simple ? llvm::ArrayRef(Fix.Hints) : llvm::ArrayRef<clang::FixItHint>();
  }

  /// "x", or "ctx->x" for a part of the field.
  static std::string fieldOf(const model::FieldRace &R);
  /// "'x'" or "'x', 'y' and 2 more" of the race's fields.
  static std::string fieldsOf(const model::FieldRace &R);
  /// The struct's name.
  static std::string structOf(const model::FieldRace &R);
  /// Every lock held there lets other readers in.
  static bool isReader(const model::FieldUse &U);
  static std::string nameOf(const model::Function &F);
  /// The file location of \p S.
  static clang::SourceLocation placeOf(const model::ExtensionModel &Model,
                                       const clang::Stmt *S);

private:
  void reach(const model::Function *F);
  void note(const model::ExtensionModel &Model, const model::FieldRace &R);

  const model::RaceKind Kind;
  GuardFix Fix; ///< Of the race that is reported.
  bool OfModule = false; ///< That is about a field of the module state.
};

} // namespace pyext::state

#endif // PYEXT_STATE_FIELDRACEREPORT_H
