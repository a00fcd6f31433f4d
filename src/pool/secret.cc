#include <cstring>
#include <ostream>
#include <utility>

#include <keypool/secret.h>

namespace keypool {

void wipe_memory(void* bytes, std::size_t size) noexcept {
  if (size == 0) return;
  std::memset(bytes, 0, size);
  // The compiler must assume that this reads the bytes, so the memset stays.
  asm volatile("" : : "r"(bytes) : "memory");
}

Secret::Secret(std::string_view bytes) : size_(bytes.size()) {
  if (bytes.empty()) return;
  bytes_ = std::make_unique_for_overwrite<char[]>(bytes.size());
  std::memcpy(bytes_.get(), bytes.data(), bytes.size());
}

Secret::Secret(std::string&& bytes) : Secret(std::string_view(bytes)) {
  // The whole capacity: a longer value may have stood there before.
  bytes.resize(bytes.capacity());
  wipe_memory(bytes.data(), bytes.size());
  bytes.clear();
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() { wipe(); }

Secret Secret::clone() const { return Secret(reveal()); }

void Secret::wipe() noexcept {
  if (bytes_) wipe_memory(bytes_.get(), size_);
}

void PrintTo(const Secret&, std::ostream* out) { *out << "Secret(redacted)"; }

}  // namespace keypool
