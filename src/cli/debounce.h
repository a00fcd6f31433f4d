#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include <keypool/clock.h>

namespace keypool::cli {

/// When to act on changes that come in bursts: once it has been quiet for a while, but no later
/// than so long after the first.
class Debounce {
 public:
  Debounce(std::chrono::milliseconds quiet, std::chrono::milliseconds longest)
      : quiet_(quiet), longest_(longest) {}

  /// Something changed. When to act, if nothing else does.
  MonotonicTime change(MonotonicTime now) {
    if (!first_) first_ = now;
    return std::min(now + quiet_, *first_ + longest_);
  }

  /// It was acted upon: the next change begins anew.
  void settle() noexcept { first_.reset(); }

 private:
  const std::chrono::milliseconds quiet_;
  const std::chrono::milliseconds longest_;
  std::optional<MonotonicTime> first_;
};

}  // namespace keypool::cli
