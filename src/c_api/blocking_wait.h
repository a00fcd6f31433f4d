#pragma once

#include <condition_variable>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include <keypool/key_pool.h>

namespace keypool::c_api {

/// Lets threads wait for a lease, and has the pool's due work done by whoever waits: a program that
/// only ever blocks needs no timer of its own.
///
/// Thread-safety: any thread at any time.
class BlockingWait {
 public:
  /// Takes the pool's `on_due` over; the pool must outlive every wait.
  explicit BlockingWait(KeyPool& pool);

  /// Blocks until there is a lease, or the error there would have been without waiting.
  [[nodiscard]] std::expected<Lease, LeaseError> wait(std::string_view endpoint,
                                                      const WaitRequest& request);

 private:
  using Leased = std::expected<Lease, LeaseError>;

  /// Rung when something a sleeper should look at has changed.
  struct Bell {
    std::mutex mutex;
    std::condition_variable rung;
  };

  KeyPool& pool_;
  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
};

}  // namespace keypool::c_api
