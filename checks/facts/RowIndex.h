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
#include "llvm/ADT/CachedHashString.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/xxhash.h"

namespace pyext {
namespace facts {

template <typename RowT> class RowIndex {
public:
  /// \p Rows are sorted by \p Key, a function from a row to its name, and
  /// outlive the index.
  template <typename KeyT> RowIndex(llvm::ArrayRef<RowT> Rows, KeyT Key) {
    Groups.reserve(Rows.size());
    while (!Rows.empty()) {
      const llvm::StringRef Name(Key(Rows.front()));
      const size_t Size =
          Rows.take_while([&](const RowT &Row) {
                return llvm::StringRef(Key(Row)) == Name;
              })
              .size();
      Groups.try_emplace(hashed(Name), Rows.take_front(Size));
      Rows = Rows.drop_front(Size);
    }
  }

  /// The rows of \p Name, in order; empty when there are none.
  llvm::ArrayRef<RowT> find(llvm::StringRef Name) const {
    return Groups.lookup(hashed(Name));
  }

private:
  static llvm::CachedHashStringRef hashed(llvm::StringRef Name) {
    return {Name, static_cast<uint32_t>(llvm::xxh3_64bits(Name))};
  }

  llvm::DenseMap<llvm::CachedHashStringRef, llvm::ArrayRef<RowT>> Groups;
};

/// The rows of \p Name in the table \p Rows, an array sorted by \p Key.
template <const auto &Rows, typename KeyT>
auto rowsOf(llvm::StringRef Name, KeyT Key) {
  using RowT = std::remove_cv_t<std::remove_reference_t<decltype(Rows[0])>>;
  static const RowIndex<RowT> Index(Rows, Key);
  return Index.find(Name);
}
template <const auto &Rows> auto rowsOf(llvm::StringRef Name) {
  return rowsOf<Rows>(Name, [](const auto &Row) { return Row.Name; });
}

/// The only row of \p Name, or null.
template <const auto &Rows> auto rowOf(llvm::StringRef Name) {
  const auto Found = rowsOf<Rows>(Name);
  return Found.empty() ? nullptr : Found.data();
}

} // namespace facts
} // namespace pyext

#endif // PYEXT_FACTS_ROWINDEX_H
