//===- ModelCalls.cpp -----------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/ModelCalls.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <string_view>

using namespace llvm;

namespace pyext::facts {

namespace {

struct Row {
  std::string_view Name;
  ModelCall Role;
};

constexpr Row Rows[] = {
#define MODEL_CALL(NAME, ROLE) {NAME, ModelCall::ROLE},
#include "facts/ModelCalls.def"
};

template <size_t N> constexpr bool sorted(const Row (&R)[N]) {
  for (size_t I = 1; I < N; ++I)
    if (!(R[I - 1].Name < R[I].Name))
      return false;
  return true;
}
static_assert(sorted(Rows), "rows of ModelCalls.def are sorted and unique");

} // namespace

std::optional<ModelCall> findModelCall(StringRef Name) {
  std::string_view Key(Name.data(), Name.size());
  const Row *It = std::lower_bound(
      std::begin(Rows), std::end(Rows), Key,
      [](const Row &R, std::string_view K) { return R.Name < K; });
  if (It == std::end(Rows) || It->Name != Key)
    return std::nullopt;
  return It->Role;
}

std::optional<ModuleMacro> findModuleMacro(StringRef Name) {
  if (Name == "PYBIND11_MODULE" || Name == "PYBIND11_EMBEDDED_MODULE" ||
      Name == "PYBIND11_PLUGIN")
    return ModuleMacro::Pybind11;
  if (Name == "NB_MODULE")
    return ModuleMacro::Nanobind;
  return std::nullopt;
}

bool isModuleSlotValue(StringRef Name) {
  return Name == "Py_MOD_GIL_USED" || Name == "Py_MOD_GIL_NOT_USED" ||
         Name == "Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED" ||
         Name == "Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED" ||
         Name == "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED";
}

bool isAtomicFunction(StringRef Name) {
  for (StringRef Prefix : {"_Py_atomic_", "atomic_", "__atomic_", "__sync_",
                           "__c11_atomic_", "Interlocked", "_Interlocked"})
    if (Name.starts_with(Prefix))
      return true;
  return false;
}

bool isTypeObjectStruct(StringRef Name) {
  return Name == "PyTypeObject" || Name == "_typeobject";
}

bool isObjectHolderType(StringRef Name) {
  return Name == "pybind11::handle" || Name == "pybind11::object" ||
         Name == "nanobind::handle" || Name == "nanobind::object";
}

bool isLockHeldName(StringRef Name) {
  return Name.ends_with("_lock_held") || Name.ends_with("_locked") ||
         Name.ends_with("_unlocked_impl");
}

} // namespace pyext::facts
