//===- BufferExportCounterCheck.h - cpython-state-buffer-export-counter ---*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_STATE_BUFFEREXPORTCOUNTERCHECK_H
#define PYEXT_STATE_BUFFEREXPORTCOUNTERCHECK_H

#include "state/FieldRaceReport.h"

namespace pyext::state {

/// Finds buffer export counters that are changed without a lock.
///
/// For users: docs/checks/state/buffer-export-counter.md
class BufferExportCounterCheck : public FieldRaceReport {
public:
  BufferExportCounterCheck(llvm::StringRef Name, clang::tidy::ClangTidyContext *Context)
      : FieldRaceReport(Name, Context, model::RaceKind::BufferExport) {}

protected:
  void report(const model::ExtensionModel &Model,
              const model::FieldRace &R) override;
  llvm::StringRef advice(const model::FieldRace &R) const override;
};

} // namespace pyext::state

#endif // PYEXT_STATE_BUFFEREXPORTCOUNTERCHECK_H
