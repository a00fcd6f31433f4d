#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include <keypool/secret.h>

namespace keypool::secrets {

/// Text on its way to becoming a secret: all its bytes are wiped when it ends. Always followed by a
/// NUL, for the C functions that want one.
class WipedText {
 public:
  explicit WipedText(std::size_t size)
      : bytes_(std::make_unique<char[]>(size + 1)), allocated_(size + 1), size_(size) {}

  explicit WipedText(std::string_view text) : WipedText(text.size()) {
    text.copy(bytes_.get(), text.size());
  }

  WipedText(WipedText&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        allocated_(std::exchange(other.allocated_, 0)),
        size_(std::exchange(other.size_, 0)) {}

  WipedText& operator=(WipedText&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(allocated_, other.allocated_);
    std::swap(size_, other.size_);
    return *this;
  }

  ~WipedText() {
    if (bytes_) wipe_memory(bytes_.get(), allocated_);
  }

  [[nodiscard]] char* data() noexcept { return bytes_.get(); }
  [[nodiscard]] const char* c_str() const noexcept { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }

  /// Keeps the first `size` bytes; `size` must not be above `size()`.
  void truncate(std::size_t size) noexcept {
    size_ = size;
    bytes_[size] = '\0';
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t allocated_;
  std::size_t size_;
};

}  // namespace keypool::secrets
