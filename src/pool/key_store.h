#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "pool/board.h"
#include "pool/key.h"

namespace keypool::pool {

/// Keys at addresses that stay, in order of registration. The first few stand inside; chunks that
/// double spare a hundred thousand an allocation each.
class KeyStore {
 public:
  KeyStore() { offer(few_); }
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

  /// Those inside, whether they are in use or not.
  [[nodiscard]] std::span<const Key> few() const noexcept { return few_; }

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
  static constexpr std::size_t kLargestChunk = 1024;

  void add_chunk() {
    const std::size_t count = std::min(size_, kLargestChunk);
    chunks_.push_back(std::make_unique<Key[]>(count));
    offer({chunks_.back().get(), count});
  }

  void offer(std::span<Key> keys) {
    for (std::size_t at = keys.size(); at > 0; --at) free_.push_back(&keys[at - 1]);
  }

  std::array<Key, kFew> few_;
  std::vector<std::unique_ptr<Key[]>> chunks_;
  std::vector<Key*> free_;
  Key* first_ = nullptr;
  Key* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace keypool::pool
