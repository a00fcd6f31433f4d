#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include <keypool/clock.h>
#include <keypool/lease.h>

namespace keypool {

namespace pool {
class Queue;
}

/// A call that waits for a lease instead of failing. Every view only needs to live for the call it
/// is passed to.
struct WaitRequest {
  LeaseRequest lease;            ///< `when_none_ready` does not matter here
  std::string_view client = {};  ///< clients take turns; calls of one client keep their order
  std::size_t bytes = 0;         ///< held in memory for the call while it waits
  MonotonicTime deadline = MonotonicTime::max();  ///< by the pool's clock

  /// When the call first came, by the pool's clock; nothing: now. A call that a provider refused
  /// and that asks again keeps its place before those that came later.
  std::optional<MonotonicTime> arrived = {};
};

/// Told how a wait ended: with a lease; with the error there would have been without waiting, when
/// the deadline passed (`all_cooling`, `circuit_open`); or when there was no place to wait in.
///
/// Called once, outside of locks: from inside KeyPool::lease_when_ready, from whichever thread
/// ended the call whose room became free, or from KeyPool::run_due. Must not throw, and should be
/// short.
using OnLease = std::move_only_function<void(std::expected<Lease, LeaseError>)>;

/// A place in the queue. Move-only; letting it go cancels the wait.
///
/// Lifetime: may outlive the pool.
/// Thread-safety: one thread at a time; the callback may run on another one meanwhile.
class [[nodiscard]] Waiting {
 public:
  Waiting() noexcept = default;
  Waiting(Waiting&& other) noexcept = default;
  Waiting& operator=(Waiting&& other) noexcept;
  ~Waiting() { cancel(); }

  /// True: the callback has not been called and never will be, and the place is free. False: there
  /// was nothing to wait for any more, or the callback is running or about to run on another
  /// thread.
  bool cancel() noexcept;

 private:
  friend class pool::Queue;

  std::weak_ptr<pool::Queue> queue_;
  std::uint64_t place_ = 0;
};

}  // namespace keypool
