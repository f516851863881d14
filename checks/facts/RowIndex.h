//===- RowIndex.h - The rows of a table by name -----------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every call in a file is looked up in several tables, and most names are in
// none of them: one hash instead of a dozen comparisons of strings.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_FACTS_ROWINDEX_H
#define PYEXT_FACTS_ROWINDEX_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/CachedHashString.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"
#include <string_view>

namespace pyext {
namespace facts {

/// The name of a row.
struct NameOf {
  template <typename RowT>
  constexpr std::string_view operator()(const RowT &Row) const {
    return Row.Name;
  }
};

/// Whether the names of \p Rows ascend, as an index needs it; none stands
/// twice unless \p Repeated.
template <typename RowT, size_t N, typename KeyT = NameOf>
constexpr bool isSortedByName(const RowT (&Rows)[N], KeyT Key = {},
                              bool Repeated = false) {
  for (size_t I = 1; I < N; ++I)
    if (!(Key(Rows[I - 1]) < Key(Rows[I])) &&
        !(Repeated && Key(Rows[I - 1]) == Key(Rows[I])))
      return false;
  return true;
}

template <typename RowT> class RowIndex {
public:
  /// \p Rows are sorted by \p Key, a function from a row to its name, and
  /// outlive the index.
  template <typename KeyT> RowIndex(llvm::ArrayRef<RowT> Rows, KeyT Key) {
    Groups.reserve(Rows.size());
    Filter.resize(llvm::PowerOf2Ceil(8 * Rows.size() + 1));
    while (!Rows.empty()) {
      const llvm::StringRef Name(Key(Rows.front()));
      const size_t Size =
          Rows.take_while([&](const RowT &Row) {
                return llvm::StringRef(Key(Row)) == Name;
              })
              .size();
      const llvm::CachedHashStringRef Hashed = hashed(Name);
      Groups.try_emplace(Hashed, Rows.take_front(Size));
      Filter.set(bitOf(Hashed));
      Rows = Rows.drop_front(Size);
    }
  }

  /// The rows of \p Name, in order; empty when there are none.
  llvm::ArrayRef<RowT> find(llvm::StringRef Name) const {
    const llvm::CachedHashStringRef Hashed = hashed(Name);
    if (!Filter.test(bitOf(Hashed)))
      return {};
    return Groups.lookup(Hashed);
  }

private:
  static llvm::CachedHashStringRef hashed(llvm::StringRef Name) {
    return {Name, static_cast<uint32_t>(llvm::xxh3_64bits(Name))};
  }

  /// The bit of the filter that stands for names of this hash.
  unsigned bitOf(llvm::CachedHashStringRef Name) const {
    return Name.hash() & (Filter.size() - 1);
  }

  llvm::DenseMap<llvm::CachedHashStringRef, llvm::ArrayRef<RowT>> Groups;
  /// No name in the table has a bit that is not set, nor most others one that
  /// is. Its size is a power of two.
  llvm::BitVector Filter;
};

/// The rows of \p Name in the table \p Rows, an array sorted by \p Key.
template <const auto &Rows, typename KeyT>
auto rowsOf(llvm::StringRef Name, KeyT Key) {
  using RowT = std::remove_cv_t<std::remove_reference_t<decltype(Rows[0])>>;
  static const RowIndex<RowT> Index(Rows, Key);
  return Index.find(Name);
}
template <const auto &Rows> auto rowsOf(llvm::StringRef Name) {
  return rowsOf<Rows>(Name, NameOf());
}

/// The only row of \p Name, or null.
template <const auto &Rows> auto rowOf(llvm::StringRef Name) {
  const auto Found = rowsOf<Rows>(Name);
  return Found.empty() ? nullptr : Found.data();
}

} // namespace facts
} // namespace pyext

#endif // PYEXT_FACTS_ROWINDEX_H
