#pragma once

#include <map>
#include <memory>
#include <span>
#include <thread>
#include <unordered_set>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/call_log.h"
#include "gateway/connection.h"
#include "gateway/directions.h"
#include "gateway/poller.h"
#include "gateway/scratch.h"
#include "gateway/session.h"
#include "gateway/site.h"

namespace keypool::gateway {

/// One thread and everything it alone touches: its clients, its upstream connections, its clock
/// tick. Calls of different reactors meet in the pool and the counters only.
///
/// Thread-safety: `start`, `post`, `stop` and the destructor from the gateway's thread; all else on
/// the reactor's own.
class Reactor {
 public:
  Reactor(Site& site, std::shared_ptr<const Rules> rules);
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
  [[nodiscard]] CallRing& calls() noexcept { return calls_; }
  /// Where this thread counts usage; null: nowhere.
  [[nodiscard]] state::Tally* tally() noexcept { return tally_; }

  /// What calls that begin now go by.
  [[nodiscard]] const std::shared_ptr<const Directions>& directions() const noexcept {
    return directions_;
  }
  /// The same configuration's, at an address that stays.
  [[nodiscard]] const config::Limits& limits() const noexcept { return limits_; }

  /// Has the calls that begin from now on go by other rules. Connections to servers that both know
  /// are kept.
  void follow(std::shared_ptr<const Rules> rules);

  /// Until `resume`, no call begins to ask for a key.
  void pause() noexcept { paused_ = true; }
  void resume();
  [[nodiscard]] bool paused() const noexcept { return paused_; }

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
  std::map<std::string, EndpointTimes<Times>*> times_;  // this thread's own, by endpoint
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
  config::Limits limits_;
  std::shared_ptr<const Directions> directions_;
  bool paused_ = false;
  std::unordered_set<std::shared_ptr<Session>> sessions_;
  bool draining_ = false;
  std::thread thread_;
};

}  // namespace keypool::gateway
