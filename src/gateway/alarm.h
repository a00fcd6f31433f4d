#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/steady_timer.hpp>

#include "gateway/signal.h"

namespace keypool::gateway {

/// Rings a signal once after a time. For the rare waits that are shorter than the reactor's tick or
/// belong to no connection: pauses between attempts, the staggering of addresses.
///
/// Thread-safety: the reactor's thread only.
class Alarm {
 public:
  Alarm(asio::io_context& io, std::shared_ptr<Signal> signal, std::chrono::milliseconds time)
      : state_(std::make_shared<State>(State{std::move(signal)})), timer_(io, time) {
    auto ring = [state = state_](const boost::system::error_code& error) {
      if (error) return;
      state->rang = true;
      state->signal->notify();
    };
    timer_.async_wait(std::move(ring));
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  [[nodiscard]] bool rang() const noexcept { return state_->rang; }

 private:
  struct State {
    std::shared_ptr<Signal> signal;
    bool rang = false;
  };

  std::shared_ptr<State> state_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>,
                             asio::io_context::executor_type>
      timer_;
};

}  // namespace keypool::gateway
