//===- PluginGuard.cpp - Stops a plugin in the wrong clang-tidy -----------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linked into the plugin only. A plugin built for another LLVM major would be
// listed by clang-tidy and then report nothing, so this file ends the process
// before that. It runs before every other initialiser of the plugin and uses
// nothing of LLVM but two functions whose signatures have never changed; all
// undefined symbols of the plugin are weak, see cmake/weaken_undefined.py.
//
//===----------------------------------------------------------------------===//

#include "clang/Basic/Version.inc"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <string>

namespace clang {
/// "clang version 19.1.7 ...", possibly with the vendor's name before it.
__attribute__((weak)) std::string getClangFullVersion();
} // namespace clang

static const char *pluginPath() {
  Dl_info Info;
  if (dladdr(reinterpret_cast<void *>(&pluginPath), &Info) && Info.dli_fname)
    return Info.dli_fname;
  return "the pyext-tidy plugin";
}

[[noreturn]] static void refuse(const char *What, const char *WayOut) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s: error: %s; %s\n", pluginPath(), What, WayOut);
  std::fflush(stderr);
  // Not exit(): LLVM's own initialisers may be half way through.
  std::_Exit(1);
}

/// The major version in "... version 19.1.7 ...", or an empty string.
static std::string majorIn(const std::string &FullVersion) {
  static const char Key[] = "version ";
  std::string::size_type Start = FullVersion.find(Key);
  if (Start == std::string::npos)
    return "";
  Start += sizeof(Key) - 1;
  std::string::size_type End = FullVersion.find_first_not_of("0123456789", Start);
  return FullVersion.substr(Start, End - Start);
}

__attribute__((constructor(101))) static void checkHost() {
  if (!&clang::getClangFullVersion)
    refuse("this program has no clang in it",
           "load the plugin with clang-tidy -load");
  std::string Host = clang::getClangFullVersion();
  std::string Major = majorIn(Host);
  if (Major != CLANG_VERSION_MAJOR_STRING) {
    std::string What = "built for LLVM " CLANG_VERSION_MAJOR_STRING
                       ", but this clang-tidy is " +
                       Host;
    std::string WayOut =
        Major.empty() ? "use the plugin built for it"
                      : "use libpyext-tidy-llvm" + Major + ".so";
    refuse(What.c_str(), WayOut.c_str());
  }
  // A function that only clang-tidy has, and that every check module calls.
  if (!dlsym(RTLD_DEFAULT, "_ZN5clang4tidy15ClangTidyModule16getModuleOptionsEv"))
    refuse("this program is not clang-tidy",
           "load the plugin with clang-tidy -load");
}
