#pragma once

#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>

#include "gateway/task.h"

namespace keypool::gateway {

/// What a coroutine waits on for everything at once: its client, its upstream, a deadline, a pause.
///
/// Whoever changes something the coroutine may be waiting for calls `notify`; the coroutine then
/// looks at all of it again and decides. Nothing is lost between looking and waiting, because both
/// happen on the reactor's one thread:
///
///     while (!upstream.readable()) {
///       if (!client.here()) co_return hung_up;
///       co_await signal.wait();
///     }
///
/// Thread-safety: the reactor's thread only. One coroutine waits at a time.
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Until the next `notify`.
  auto wait() {
    return asio::async_initiate<const asio::use_awaitable_t<asio::io_context::executor_type>,
                                void()>(Store{}, kAwait, this);
  }

  /// Resumes the waiting coroutine, if any, before it returns. The signal's owner may be gone then.
  void notify() {
    if (!waiting_) return;
    Handler handler = std::move(*waiting_);
    waiting_.reset();
    handler();
  }

 private:
  using Handler = asio::async_result<asio::use_awaitable_t<asio::io_context::executor_type>,
                                     void()>::handler_type;

  struct Store {
    void operator()(Handler handler, Signal* signal) const {
      signal->waiting_.emplace(std::move(handler));
    }
  };

  std::optional<Handler> waiting_;
};

}  // namespace keypool::gateway
