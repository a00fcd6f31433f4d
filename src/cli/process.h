#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace keypool::cli {

/// For a process that holds secrets and many sockets: no core dumps, no tracing by its own user's
/// other processes, no death by a closed pipe, and as many open files as the system lets it have.
void harden_process() noexcept;

/// SIGINT and SIGTERM as something to wait for.
///
/// Make it before the first thread starts: the signals are held back from the calling thread and
/// from all that it starts afterwards.
class StopSignals {
 public:
  StopSignals() noexcept;

  /// Blocks until one comes.
  void wait() const noexcept;

  /// Blocks until one comes or `limit` has passed; true when one came.
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds limit) const noexcept;

  /// From now on one ends the process at once, as if nobody had ever waited for it.
  void let_the_next_kill() const noexcept;

 private:
  sigset_t signals_{};
};

}  // namespace keypool::cli
