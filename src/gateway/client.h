#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/config.h"
#include "gateway/connection.h"
#include "gateway/outbox.h"
#include "gateway/signal.h"
#include "gateway/task.h"
#include "http/head.h"

namespace keypool::gateway {

/// Who calls the gateway: a connection, what has come on it and is not used yet, how long it may
/// take, and the signal that one exchange waits on. While a call runs the client is always listened
/// to, so that its leaving is noticed at once; what it sends ahead stays for the next request.
///
/// Thread-safety: the reactor's thread only.
class Client {
 public:
  /// `scratch` is the reactor's, used between two waits only. `limits` must outlive the client.
  Client(std::shared_ptr<Connection> connection, const config::Limits& limits, Deadlines& deadlines,
         std::span<char> scratch);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] Connection& connection() noexcept { return *connection_; }
  [[nodiscard]] Outbox& outbox() noexcept { return outbox_; }

  /// What the exchange waits on. Shared with look-ups and alarms that may end after it.
  [[nodiscard]] const std::shared_ptr<Signal>& signal() const noexcept { return signal_; }
  auto event() { return signal_->wait(); }

  /// Takes what has come, and asks to be told of more. False: the client has left, or must go.
  [[nodiscard]] bool here();

  /// Bytes that have come and are not used yet.
  [[nodiscard]] std::string_view input() const noexcept {
    return std::string_view(input_).substr(used_);
  }
  void consume(std::size_t bytes);
  /// No input will be needed soon.
  void give_back();

  /// Reads the next request's head; a call begins with it. False: the client has left. `head`
  /// belongs to the awaiter.
  Task<std::expected<bool, http::Refusal>> read_head(http::RequestHead& head);

  /// The body is what comes next: from now on it must come at Limits::body_rate on average, and
  /// without a pause longer than Limits::idle_time.
  void expect_body();
  /// It is not the client that is waited for.
  void expect_nothing();
  /// Whether what was expected has not come in time.
  [[nodiscard]] bool too_slow() const noexcept { return reading_.passed(); }

  /// Whether its call has taken longer than Limits::call_time.
  [[nodiscard]] bool overdue() const noexcept { return call_.passed(); }

  /// Waits until everything in the outbox is sent. False: the client has left.
  Task<bool> drain_outbox();

  /// Between two requests, with nothing of the next one here yet.
  [[nodiscard]] bool idle() const noexcept { return idle_; }
  /// Since when; meaningless unless idle.
  [[nodiscard]] MonotonicTime idle_since() const noexcept { return idle_since_; }

  /// Whether it is served; else it is only told why not.
  [[nodiscard]] bool welcome() const noexcept { return welcome_; }
  void turn_away() noexcept { welcome_ = false; }

  /// Ends the connection whatever goes on; the exchange sees a client that has left.
  void cut();
  [[nodiscard]] bool was_cut() const noexcept { return cut_; }

 private:
  void credit(std::size_t bytes);

  std::shared_ptr<Connection> connection_;
  const config::Limits& limits_;
  std::span<char> scratch_;
  std::shared_ptr<Signal> signal_ = std::make_shared<Signal>();
  std::string input_;
  std::size_t used_ = 0;
  Outbox outbox_;
  Deadlines& deadlines_;
  Deadline reading_;  // for a head or a body to come
  Deadline call_;
  std::optional<MonotonicTime> body_due_;  // nothing: no body is expected
  MonotonicTime idle_since_{};
  bool idle_ = false;
  bool welcome_ = true;
  bool left_ = false;
  bool cut_ = false;
};

}  // namespace keypool::gateway
