#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace keypool::gateway {

/// One of what a gauge counts, as long as this lives.
class Counted {
 public:
  Counted() = default;
  explicit Counted(std::atomic<std::uint64_t>& gauge) noexcept : gauge_(&gauge) {
    gauge_->fetch_add(1, std::memory_order_relaxed);
  }
  Counted(Counted&& other) noexcept : gauge_(std::exchange(other.gauge_, nullptr)) {}
  Counted& operator=(Counted&& other) noexcept {
    std::swap(gauge_, other.gauge_);
    return *this;
  }
  ~Counted() {
    if (gauge_ != nullptr) gauge_->fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t>* gauge_ = nullptr;
};

}  // namespace keypool::gateway
