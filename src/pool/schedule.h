#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <keypool/clock.h>

#include "pool/key.h"

namespace keypool::pool {

class Endpoint;

/// When which endpoint has to be served next.
///
/// Thread-safety: every member may be called from any thread at any time.
class Schedule {
 public:
  using OnDue = std::function<void(MonotonicTime)>;

  explicit Schedule(OnDue on_due) : on_due_(std::make_shared<const OnDue>(std::move(on_due))) {}

  void set_on_due(OnDue on_due);

  /// kNever: nobody waits there.
  void set(Endpoint& endpoint, MonotonicTime due);

  [[nodiscard]] MonotonicTime next() const noexcept {
    return next_.load(std::memory_order_relaxed);
  }

  /// The endpoints that are due; each has to be set again.
  [[nodiscard]] std::vector<Endpoint*> take_due(MonotonicTime now);

 private:
  void update_next();

  std::mutex mutex_;
  std::shared_ptr<const OnDue> on_due_;
  struct Due {
    Endpoint* endpoint;
    MonotonicTime time;
  };
  std::map<std::uint32_t, Due> due_;  ///< by number, so that the order is always the same
  std::atomic<MonotonicTime> next_{kNever};
};

}  // namespace keypool::pool
