#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/lease.h>

#include "gateway/answer.h"
#include "gateway/answer_head.h"
#include "gateway/attempts.h"
#include "gateway/call_trail.h"
#include "gateway/client.h"
#include "gateway/client_access.h"
#include "gateway/counted.h"
#include "gateway/counters.h"
#include "gateway/directions.h"
#include "gateway/request_body.h"
#include "gateway/request_sender.h"
#include "gateway/retry_advice.h"
#include "gateway/routing.h"
#include "gateway/task.h"
#include "provider/call.h"
#include "provider/repeat.h"
#include "provider/usage.h"
#include "provider/verdict.h"
#include "state/figures.h"

namespace keypool::gateway {

class Reactor;

/// One request of a client's and its answer, from the first byte of the one to the last of the
/// other. Used again for each request of a connection, so that its memory is.
///
/// Thread-safety: the reactor's thread only.
class Exchange {
 public:
  /// What becomes of the client's connection.
  enum class After {
    next,    ///< another request may come
    linger,  ///< closed, once the client has had time to read the answer
    close,
    reset,  ///< closed so that what the client has cannot pass for the whole
  };

  /// Both must outlive it.
  Exchange(Reactor& reactor, Client& client);

  Task<After> run();

 private:
  /// Of a body that is waited for.
  static constexpr http::Refusal kTooSlow{
      408, "the body came too slowly for limits.idle_time, body_rate or call_time"};

  /// An error of the gateway's own.
  struct Refused {
    int status = 0;
    std::string_view code = {};
    std::string message = {};
    std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
    std::optional<bool> should_retry = std::nullopt;
    bool closes = false;  ///< where the next request begins is not known
  };

  enum class Tried {
    answered,     ///< the answer's head is in `answer_`
    failed,       ///< why is in `refused_`
    bad_request,  ///< the client's body is malformed or too large: see `sender_`
    client_left,
  };

  [[nodiscard]] bool client_may_call();  ///< else why is in `refused_`; likewise with the next
  [[nodiscard]] bool client_may_go_to(std::size_t endpoint);
  [[nodiscard]] bool client_may_use(std::size_t endpoint) const;
  Task<std::expected<bool, http::Refusal>> read_body();
  Task<std::expected<void, LeaseError>> lease_key();
  Task<std::expected<Lease, LeaseError>> wait_for_key(LeaseRequest request);
  Task<Tried> try_upstream();
  Task<Tried> send_and_receive();
  Task<void> judge();  ///< into `verdict_`
  Task<void> hold_preamble();
  Task<void> look_for_error();
  Task<void> read_error_body();
  Task<After> relay();
  Task<After> relay_websocket();
  Task<After> refuse();  ///< with `refused_`
  Task<After> refuse_malformed(http::Refusal refusal);
  Task<After> turn_away();
  Task<bool> pause(std::chrono::milliseconds time);

  void begin();
  [[nodiscard]] std::expected<Destination, Astray> find_destination();
  [[nodiscard]] provider::Dialect spoken() const;
  void go_to(std::size_t endpoint);
  [[nodiscard]] const config::Config& config() const noexcept { return directions_->rules->config; }
  [[nodiscard]] EndpointCounters& counters() const noexcept {
    return *directions_->rules->counters[endpoint_index_];
  }
  [[nodiscard]] Upstream& server() const noexcept {
    return *directions_->upstreams[endpoint_index_];
  }
  [[nodiscard]] bool has_moved() const;
  [[nodiscard]] bool fall_back();
  void ask_for_usage();
  [[nodiscard]] bool worth_waiting(const LeaseError& no_key) const;
  [[nodiscard]] bool others_run() const;
  [[nodiscard]] bool pass_on_instead(const LeaseError& no_key) const;
  [[nodiscard]] Refused forbidden_endpoint(std::size_t endpoint) const;
  [[nodiscard]] Refused for_want_of_key(const LeaseError& no_key) const;
  [[nodiscard]] Refused failed_upstream(bool late, std::string_view how,
                                        std::string_view what) const;
  [[nodiscard]] std::string find_owner();
  [[nodiscard]] provider::Kept kept_of_answer() const;
  [[nodiscard]] bool may_repeat();
  void remember_resources(const provider::UsageTap* tap);
  void note_limits();
  Fault settle(const provider::Verdict& verdict);
  void rest_lane(const provider::Verdict& throttled);
  [[nodiscard]] std::chrono::milliseconds time_so_far() const;
  [[nodiscard]] provider::Usage with_own_estimate(provider::Usage usage) const;
  [[nodiscard]] std::uint64_t cost_of(const provider::Usage& usage) const;
  [[nodiscard]] Success used(state::Figure end, const provider::Usage& usage);
  void record(state::Figure end, const provider::Usage& usage = {}, std::uint64_t cost = 0);
  [[nodiscard]] std::optional<RetryAdvice> advice_on_answer() const;
  [[nodiscard]] bool may_tell_error() const;
  [[nodiscard]] bool may_be_elsewhere() const;
  void note_strangers();
  [[nodiscard]] bool ask_next_owner();
  void write_upstream_head();
  void pass_interim_head();
  void give_back_upstream();
  void hold_little();
  After hung_up();
  void ended(Outcome outcome, int status);

  Reactor& reactor_;
  Client& client_;
  ClientAccess access_;

  // The request.
  http::RequestHead request_;
  RequestBody body_;
  provider::Call call_;
  bool asks_for_usage_ = false;  // though the client did not
  bool switches_ = false;        // to a WebSocket, as the client asks
  MonotonicTime began_;

  // Where it goes.
  std::shared_ptr<const Directions> directions_;
  const config::Endpoint* endpoint_ = nullptr;
  std::size_t endpoint_index_ = 0;
  std::span<const std::size_t> fallbacks_;  // that are left
  std::string_view rest_;                   // of the target
  Counted in_flight_;                       // at the endpoint
  std::vector<std::uint64_t> affinity_;
  std::string owner_;         // a key, whose account has what the call is about; empty: any will do
  bool owner_known_ = false;  // not by rule, but because it made it
  std::size_t accounts_asked_ = 0;      // for what nobody is known to have made
  std::vector<std::string> strangers_;  // keys whose account has said that it has it not

  // The tries.
  Attempts attempts_{0};
  Lease lease_;
  std::string key_name_;
  int tries_ = 0;
  std::optional<MonotonicTime> waits_until_;        // for a key to open
  std::optional<std::chrono::milliseconds> opens_;  // the first key, when none could be had
  std::shared_ptr<Connection> upstream_;
  RequestSender sender_;
  Answer answer_;
  std::optional<provider::Verdict> verdict_;  // on the answer at hand
  bool may_try_again_ = false;                // after the try that failed
  bool in_doubt_ = false;                     // whether that one was acted upon
  bool doubted_before_ = false;
  provider::Repeat repeat_ = provider::Repeat::once;

  CallTrail trail_;  // for the log and the metrics

  // What goes to the client.
  Refused refused_;
  std::string out_;  // a head
};

}  // namespace keypool::gateway
