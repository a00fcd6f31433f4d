#pragma once

#include <chrono>
#include <csignal>
#include <initializer_list>
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
  /// `others` are waited for as well.
  explicit StopSignals(std::initializer_list<int> others = {}) noexcept;

  /// Blocks until one comes; which one.
  int wait() const noexcept;

  /// Blocks until one comes or `limit` has passed; true when one came.
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds limit) const noexcept;

  /// From now on SIGINT or SIGTERM ends the process at once, as if nobody had ever waited for it.
  void let_the_next_kill() const noexcept;

 private:
  sigset_t signals_{};
};

/// Whether the terminal that the process was started from has gone, which the same signal tells
/// (SIGHUP) that services are told to reload by. Never true for a process that had none.
class OwnTerminal {
 public:
  OwnTerminal() noexcept;

  [[nodiscard]] bool gone() const noexcept;

 private:
  bool there_ = false;
};

}  // namespace keypool::cli
