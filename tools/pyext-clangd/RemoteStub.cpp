//===- RemoteStub.cpp - No remote index -----------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Distributions build clangd with the gRPC remote index, which would pull gRPC
// and protobuf into this tool. As in a clangd built without it, there is no
// client.
//
//===----------------------------------------------------------------------===//

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>

namespace clang::clangd {

class SymbolIndex;

namespace remote {

/// Returns null: remote indexes are not supported.
std::unique_ptr<SymbolIndex> getClient(llvm::StringRef Address,
                                       llvm::StringRef ProjectRoot) {
  llvm::errs() << "pyext-clangd: built without the remote index; ignoring "
               << Address << "\n";
  return nullptr;
}

} // namespace remote
} // namespace clang::clangd
