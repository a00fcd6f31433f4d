#pragma once

#include <memory>

#include <boost/asio/steady_timer.hpp>

#include <keypool/key_pool.h>

#include "gateway/task.h"

namespace keypool::gateway {

/// Has the pool serve waiting calls when their time comes: one timer, set to KeyPool::next_due()
/// whenever the pool says that it has moved to an earlier time. While nobody waits it is not set.
///
/// Thread-safety: made and ended on any thread while `io` does not run; between these it works on
/// the thread that runs `io`.
class DueTimer {
 public:
  /// All must outlive it. `clock` is the pool's own.
  DueTimer(asio::io_context& io, KeyPool& pool, const Clock& clock);
  DueTimer(const DueTimer&) = delete;
  DueTimer& operator=(const DueTimer&) = delete;
  ~DueTimer();

 private:
  class Bell;

  void set();

  KeyPool& pool_;
  const Clock& clock_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>,
                             asio::io_context::executor_type>
      timer_;
  std::shared_ptr<Bell> bell_;
};

}  // namespace keypool::gateway
