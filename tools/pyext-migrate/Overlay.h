//===- Overlay.h - Other texts for files that exist -------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_PYEXT_MIGRATE_OVERLAY_H
#define PYEXT_PYEXT_MIGRATE_OVERLAY_H

#include "llvm/Support/VirtualFileSystem.h"
#include <map>
#include <string>

namespace pyext::migrate {

/// The real file system with \p Texts, by real path, in the place of what files
/// hold, whatever links lead to them.
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem>
overlaid(std::map<std::string, std::string> Texts);

} // namespace pyext::migrate

#endif // PYEXT_PYEXT_MIGRATE_OVERLAY_H
