#pragma once

#include <string_view>
#include <vector>

#include "pool/key.h"

namespace keypool::pool {

/// Keys by name: eight bytes a place, at most three in four taken.
class NameIndex {
 public:
  [[nodiscard]] Key* find(std::string_view name) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// No key of this name may be there.
  void add(Key& key);

  /// The key must be there.
  void erase(const Key& key) noexcept;

 private:
  [[nodiscard]] std::size_t home(std::string_view name) const noexcept;
  void place(Key& key) noexcept;

  std::vector<Key*> places_;
  std::size_t size_ = 0;
};

}  // namespace keypool::pool
