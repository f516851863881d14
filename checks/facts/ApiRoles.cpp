//===- ApiRoles.cpp -------------------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "facts/ApiRoles.h"
#include "facts/RowIndex.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <string_view>

using namespace llvm;

namespace pyext::facts {

static constexpr ApiRoleRow RoleRows[] = {
#define API_ROLE(Name, Origin_, Role) {Name, Origin::Origin_, ApiRole::Role},
#include "facts/ApiRoles.def"
#undef API_ROLE
};

static constexpr Allocation AllocationRows[] = {
#define ALLOCATION(Name, Origin_, Domain, Op)                                  \
  {Name, Origin::Origin_, MemoryDomain::Domain, AllocationOp::Op},
#include "facts/Allocations.def"
#undef ALLOCATION
};

static_assert(isSortedByName(RoleRows, NameOf(), /*Repeated=*/true), "ApiRoles.def");
static_assert(isSortedByName(AllocationRows), "Allocations.def");

ArrayRef<ApiRoleRow> findRoles(StringRef Name) {
  return rowsOf<RoleRows>(Name);
}

bool hasRole(StringRef Name, ApiRole Role) {
  return any_of(findRoles(Name),
                [&](const ApiRoleRow &Row) { return Row.Role == Role; });
}

StringRef nameOf(ApiRole Role) {
  for (const ApiRoleRow &Row : RoleRows)
    if (Row.Role == Role)
      return Row.Name;
  return {};
}

const Allocation *findAllocation(StringRef Name) {
  ArrayRef<Allocation> Rows = rowsOf<AllocationRows>(Name);
  return Rows.empty() ? nullptr : Rows.data();
}

/// The name without the prefix of its domain: "Malloc".
static StringRef verbOf(const Allocation &Row) {
  StringRef Name = Row.Name;
  for (StringRef Prefix : {"PyMem_Raw", "PyMem_", "PyObject_GC_", "PyObject_"})
    if (Name.consume_front(Prefix))
      break;
  return Name;
}

const Allocation *inDomain(const Allocation &Row, MemoryDomain Domain) {
  for (const Allocation &Other : AllocationRows)
    if (Other.Domain == Domain && Other.Op == Row.Op &&
        verbOf(Other).equals_insensitive(verbOf(Row)))
      return &Other;
  return nullptr;
}

ArrayRef<ApiRoleRow> apiRoles() { return RoleRows; }
ArrayRef<Allocation> allocations() { return AllocationRows; }

} // namespace pyext::facts
