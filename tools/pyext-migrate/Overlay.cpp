//===- Overlay.cpp --------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Overlay.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace pyext::migrate {

namespace {

class TextFile : public vfs::File {
public:
  TextFile(vfs::Status Known, std::string Text)
      : Known(std::move(Known)), Text(std::move(Text)) {}
  ErrorOr<vfs::Status> status() override { return Known; }
  ErrorOr<std::unique_ptr<MemoryBuffer>> getBuffer(const Twine &Name, int64_t,
                                                   bool, bool) override {
    return MemoryBuffer::getMemBufferCopy(Text, Name);
  }
  std::error_code close() override { return {}; }

private:
  vfs::Status Known;
  std::string Text;
};

class TextFileSystem : public vfs::ProxyFileSystem {
public:
  TextFileSystem(IntrusiveRefCntPtr<vfs::FileSystem> Real,
                 std::map<std::string, std::string> Texts)
      : ProxyFileSystem(std::move(Real)), Texts(std::move(Texts)) {}

  ErrorOr<vfs::Status> status(const Twine &Path) override {
    ErrorOr<vfs::Status> Known = ProxyFileSystem::status(Path);
    const std::string *Text = Known ? textOf(Path) : nullptr;
    return Text ? vfs::Status::copyWithNewSize(*Known, Text->size()) : Known;
  }
  ErrorOr<std::unique_ptr<vfs::File>>
  openFileForRead(const Twine &Path) override {
    const std::string *Text = textOf(Path);
    if (!Text)
      return ProxyFileSystem::openFileForRead(Path);
    ErrorOr<vfs::Status> Known = status(Path);
    if (!Known)
      return Known.getError();
    return std::make_unique<TextFile>(std::move(*Known), *Text);
  }

private:
  const std::string *textOf(const Twine &Path) {
    SmallString<256> Real;
    if (getRealPath(Path, Real))
      return nullptr;
    auto Found = Texts.find(std::string(Real));
    return Found == Texts.end() ? nullptr : &Found->second;
  }

  std::map<std::string, std::string> Texts;
};

} // namespace

IntrusiveRefCntPtr<vfs::FileSystem>
overlaid(std::map<std::string, std::string> Texts) {
  // One of its own: tools change its current folder.
  IntrusiveRefCntPtr<vfs::FileSystem> Real(
      vfs::createPhysicalFileSystem().release());
  return IntrusiveRefCntPtr<vfs::FileSystem>(
      new TextFileSystem(std::move(Real), std::move(Texts)));
}

} // namespace pyext::migrate
