#pragma once

#include <expected>
#include <memory>
#include <string_view>

#include <keypool/key_pool.h>

#include "gateway/signal.h"

namespace keypool::gateway {

/// One call's wait in the pool's queue. The lease may come from any thread; the waiting call hears
/// of it through its signal, on its reactor's thread.
///
///     KeyWait wait(io, signal);
///     wait.begin(pool, "openai", request);
///     while (!wait.ended() && client.here()) co_await client.event();
///     auto lease = wait.leave();
///
/// Thread-safety: the reactor's thread only.
/// Lifetime: letting go of it frees the place; a lease that comes too late is given back as if it
/// had never been taken.
class KeyWait {
 public:
  KeyWait(asio::io_context& io, std::shared_ptr<Signal> signal);
  KeyWait(const KeyWait&) = delete;
  KeyWait& operator=(const KeyWait&) = delete;
  ~KeyWait();

  void begin(KeyPool& pool, std::string_view endpoint, const WaitRequest& request);

  [[nodiscard]] bool ended() const;

  /// How it ended. A wait that has not is given up: `all_cooling`, with nothing to wait for.
  [[nodiscard]] std::expected<Lease, LeaseError> leave();

 private:
  class Meeting;

  std::shared_ptr<Meeting> meeting_;
  Waiting place_;
};

}  // namespace keypool::gateway
