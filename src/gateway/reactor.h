#pragma once

#include <memory>
#include <span>
#include <thread>
#include <unordered_set>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/call_log.h"
#include "gateway/connection.h"
#include "gateway/poller.h"
#include "gateway/scratch.h"
#include "gateway/session.h"
#include "gateway/site.h"
#include "gateway/upstream.h"

namespace keypool::gateway {

/// One thread and everything it alone touches: its clients, its upstream connections, its clock
/// tick. Calls of different reactors meet in the pool and the counters only.
///
/// Thread-safety: `start`, `post`, `stop` and the destructor from the gateway's thread; all else on
/// the reactor's own.
class Reactor {
 public:
  explicit Reactor(Site& site);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  void start();

  /// Ends the thread, after what was posted before. No client may be left.
  void stop();

  [[nodiscard]] asio::io_context& io() noexcept { return io_; }
  [[nodiscard]] Site& site() noexcept { return site_; }
  [[nodiscard]] Deadlines& deadlines() noexcept { return deadlines_; }
  [[nodiscard]] Scratch& scratch() noexcept { return scratch_; }
  /// Where this thread counts how long things take, by endpoint.
  [[nodiscard]] EndpointTimes<Times>& times(std::size_t endpoint) noexcept {
    return times_[endpoint];
  }
  [[nodiscard]] CallRing& calls() noexcept { return calls_; }
  /// Where this thread counts usage; null: nowhere.
  [[nodiscard]] state::Tally* tally() noexcept { return tally_; }
  [[nodiscard]] Upstream& upstream(std::size_t endpoint) noexcept { return *upstreams_[endpoint]; }

  /// Serves a client on an accepted socket that does not block, which it takes over.
  void serve(int descriptor, Visitors::Visit visit);

  /// Ends clients that have kept a connection for some time without a request, to make room.
  void close_idle();

  /// Ends clients between two requests; the others get no further request, and wait for no key.
  void drain();
  [[nodiscard]] bool draining() const noexcept { return draining_; }

  /// Ends every client, whatever it waits for.
  void cut();

 private:
  void tick();

  Site& site_;
  state::Tally* const tally_;
  const std::span<EndpointTimes<Times>> times_;
  CallRing& calls_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Poller poller_;
  Deadlines deadlines_;
  Scratch scratch_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>,
                             asio::io_context::executor_type>
      ticker_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  std::unordered_set<std::shared_ptr<Session>> sessions_;
  bool draining_ = false;
  std::thread thread_;
};

}  // namespace keypool::gateway
