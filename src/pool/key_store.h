#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "pool/key.h"

namespace keypool::pool {

/// Keys at addresses that stay, in order of registration. Chunks that double spare both a few keys
/// and a hundred thousand an allocation each.
class KeyStore {
 public:
  KeyStore() = default;
  KeyStore(const KeyStore&) = delete;
  KeyStore& operator=(const KeyStore&) = delete;

  template <typename Pointer>
  class Iterator {
   public:
    explicit Iterator(Pointer key) noexcept : key_(key) {}
    auto& operator*() const noexcept { return *key_; }
    Iterator& operator++() noexcept {
      key_ = key_->after;
      return *this;
    }
    bool operator==(const Iterator&) const noexcept = default;

   private:
    Pointer key_;
  };

  [[nodiscard]] auto begin() noexcept { return Iterator<Key*>(first_); }
  [[nodiscard]] auto end() noexcept { return Iterator<Key*>(nullptr); }
  [[nodiscard]] auto begin() const noexcept { return Iterator<const Key*>(first_); }
  [[nodiscard]] auto end() const noexcept { return Iterator<const Key*>(nullptr); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// A new key at the end.
  Key& add() {
    if (free_.empty()) add_chunk();
    Key& key = *free_.back();
    free_.pop_back();
    key.before = last_;
    (last_ == nullptr ? first_ : last_->after) = &key;
    last_ = &key;
    ++size_;
    return key;
  }

  void erase(Key& key) {
    (key.before == nullptr ? first_ : key.before->after) = key.after;
    (key.after == nullptr ? last_ : key.after->before) = key.before;
    key = {};
    free_.push_back(&key);
    --size_;
  }

 private:
  static constexpr std::size_t kFirstChunk = 4;
  static constexpr std::size_t kLargestChunk = 1024;

  void add_chunk() {
    const std::size_t count = chunks_.empty() ? kFirstChunk : std::min(size_, kLargestChunk);
    chunks_.push_back(std::make_unique<Key[]>(count));
    for (std::size_t at = count; at > 0; --at) free_.push_back(&chunks_.back()[at - 1]);
  }

  std::vector<std::unique_ptr<Key[]>> chunks_;
  std::vector<Key*> free_;
  Key* first_ = nullptr;
  Key* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace keypool::pool
