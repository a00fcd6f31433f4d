// The tries of an exchange: a lease, a connection, the request, the beginning of the answer, and
// what it means for the key.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "gateway/alarm.h"
#include "gateway/exchange.h"
#include "gateway/reactor.h"
#include "gateway/request_head.h"

namespace keypool::gateway {
namespace {

using std::chrono::milliseconds;

// SDKs take no longer advice (Anthropic's ignores more than 60 s).
constexpr milliseconds kLongestAdvice{60'000};

// An error's body is waited for this long; then it is judged by what has come.
constexpr milliseconds kErrorBodyTime{5'000};

}  // namespace

// Waits up to Endpoint::max_wait of the call for a key to open.
Task<std::expected<void, LeaseError>> Exchange::lease_key() {
  if (endpoint_->keyless) co_return std::expected<void, LeaseError>();
  const LeaseRequest request{.model = call_.model,
                             .estimated_input_tokens = call_.input_tokens,
                             .estimated_output_tokens = call_.output_tokens,
                             .when_none_ready = WhenNoneReady::refuse,
                             .avoid = attempts_.used()};
  for (;;) {
    auto lease = reactor_.site().pool.lease(endpoint_->name, request);
    if (lease) {
      if (!attempts_.worth_trying(lease->key_id())) {
        lease->release();
        co_return std::unexpected(LeaseError{LeaseErrorKind::all_cooling, endpoint_->name, {}, {}});
      }
      lease_ = std::move(*lease);
      key_name_ = lease_.key_name();
      co_return std::expected<void, LeaseError>();
    }
    const auto& error = lease.error();
    if (error.kind != LeaseErrorKind::all_cooling || !error.retry_after) {
      co_return std::unexpected(error);
    }
    const auto now = system_clock().now();
    if (!waits_until_) waits_until_ = now + endpoint_->max_wait;
    if (now + *error.retry_after > *waits_until_) co_return std::unexpected(error);
    const bool stayed = co_await pause(*error.retry_after + milliseconds{1});
    if (!stayed) co_return std::unexpected(error);
  }
}

// A key refused for a while is reported as that, with the pool's own time; any other refusal is the
// provider's to explain.
bool Exchange::pass_on_instead(const LeaseError& no_key) const {
  if (!verdict_) return false;
  return verdict_->kind != provider::VerdictKind::throttled || !no_key.retry_after;
}

Exchange::Refused Exchange::for_want_of_key(const LeaseError& no_key) const {
  const auto opens = no_key.retry_after;
  switch (no_key.kind) {
    case LeaseErrorKind::all_cooling:
      return {429, "all_keys_cooling", no_key.message(),
              std::min(opens.value_or(kLongestAdvice), kLongestAdvice), opens.has_value()};
    case LeaseErrorKind::circuit_open:
      return {502, "upstream_unreachable", no_key.message(),
              opens ? std::optional(std::min(*opens, kLongestAdvice)) : std::nullopt};
    case LeaseErrorKind::no_keys:
    case LeaseErrorKind::unknown_endpoint:
      break;
  }
  return {503, "no_keys", no_key.message(), std::nullopt, false};
}

// False: the client has left meanwhile.
Task<bool> Exchange::pause(milliseconds time) {
  const Alarm alarm(reactor_.io(), client_.signal(), time);
  while (!alarm.rang()) {
    if (!client_.here()) co_return false;
    co_await client_.event();
  }
  co_return client_.here();
}

Task<Exchange::Tried> Exchange::try_upstream() {
  auto& server = reactor_.upstream(endpoint_index_);
  ++tries_;
  if (tries_ > 1) {
    reactor_.site().counters.of(endpoint_index_).retries.fetch_add(1, std::memory_order_relaxed);
  }
  // A kept connection may turn out to be stale; what is sent once must not be lost on one.
  upstream_ = body_.whole() ? server.take_kept() : nullptr;
  if (upstream_) {
    const auto tried = co_await send_and_receive();
    // A kept connection may have been closed by the server while the request was on its way. That
    // is no failure: nothing was answered, and a new connection will tell.
    const bool stale = tried == Tried::failed && !answer_.begun() && !upstream_->expired();
    if (!stale || !body_.replayable()) co_return tried;
  }
  auto reached = co_await server.connect(client_);
  if (!reached) {
    const auto& failure = reached.error();
    if (failure.kind == ConnectFailure::Kind::client_left) {
      lease_.release();
      co_return Tried::client_left;
    }
    refused_ = failed_upstream(failure.kind == ConnectFailure::Kind::timed_out, "cannot be reached",
                               failure.what);
    may_try_again_ = true;
    co_return Tried::failed;
  }
  upstream_ = std::move(*reached);
  co_return co_await send_and_receive();
}

// Until the answer's final head is here; it may come before the request is sent to its end.
Task<Exchange::Tried> Exchange::send_and_receive() {
  const auto& limits = reactor_.site().config.limits;
  auto& scratch = reactor_.scratch();
  upstream_->report_to(client_.signal().get());
  write_upstream_head();
  sender_.begin(body_);
  answer_.begin(request_.method(), limits.head_bytes);
  bool all_sent = false;
  for (;;) {
    switch (sender_.advance(*upstream_, client_, scratch)) {
      case RequestSender::State::sending:
        upstream_->expire_after(limits.idle_time);
        client_.connection().expire_after(limits.idle_time);
        break;
      case RequestSender::State::malformed:
        co_return Tried::bad_request;
      case RequestSender::State::sent:
      case RequestSender::State::broken:
        if (!std::exchange(all_sent, true)) {
          upstream_->expire_after(limits.first_byte_time);
          client_.connection().never_expire();
        }
        break;
    }
    const auto state = answer_.advance(*upstream_, scratch.bytes);
    switch (state) {
      case Answer::State::head:
        co_return Tried::answered;
      case Answer::State::interim:
        pass_interim_head();
        continue;
      case Answer::State::broken:
      case Answer::State::malformed: {
        const bool late = upstream_->expired();
        const auto what = late ? "it did not answer in time"
                          : state == Answer::State::malformed
                              ? answer_.trouble()
                              : std::string_view("the connection ended before an answer came");
        refused_ = failed_upstream(late, "gave no answer", what);
        may_try_again_ = !late && body_.replayable();
        sender_.stop();
        co_return Tried::failed;
      }
      case Answer::State::waiting:
        break;
    }
    if (!client_.here()) co_return Tried::client_left;
    if (!sender_.can_go_on(client_)) co_await client_.event();
  }
}

Exchange::Refused Exchange::failed_upstream(bool late, std::string_view how,
                                            std::string_view what) const {
  return {late ? 504 : 502, late ? "upstream_timeout" : "upstream_unreachable",
          fmt::format("{} {}: {}", endpoint_->name, how, what)};
}

void Exchange::write_upstream_head() {
  write_request_head({*endpoint_, reactor_.upstream(endpoint_index_).authority(), request_, rest_,
                      lease_.secret().reveal(), body_.outgoing()},
                     sender_.head());
}

void Exchange::pass_interim_head() {
  if (answer_.head().status() == 100 || request_.minor_version() == 0) return;
  out_.clear();
  write_interim_head(answer_.head(), out_);
  std::array<std::string_view, 1> pieces{out_};
  // If it cannot be sent, the answer cannot either, and that is where it is noticed.
  static_cast<void>(client_.outbox().send(client_.connection(), pieces));
}

Task<void> Exchange::read_error_body() {
  upstream_->expire_after(kErrorBodyTime);
  while (!answer_.read_ahead(*upstream_, reactor_.scratch().bytes, provider::kJudgedBodyBytes)) {
    if (!client_.here()) co_return;
    co_await client_.event();
  }
  upstream_->expire_after(reactor_.site().config.limits.idle_time);
}

// A success is settled when its usage is known.
Fault Exchange::settle(const provider::Verdict& verdict) {
  switch (verdict.kind) {
    case provider::VerdictKind::success:
      break;
    case provider::VerdictKind::throttled:
      lease_.rate_limited(verdict.retry_after);
      break;
    case provider::VerdictKind::depleted:
      lease_.group_depleted(verdict.reason, verdict.retry_after);
      break;
    case provider::VerdictKind::bad_key:
      if (verdict.operator_only) {
        lease_.key_leaked(verdict.reason);
      } else if (lease_.key_refused(verdict.reason) == Blame::endpoint) {
        return Fault::request;
      }
      break;
    case provider::VerdictKind::no_model_access:
      lease_.model_refused(verdict.reason);
      break;
    case provider::VerdictKind::overloaded:
    case provider::VerdictKind::server_error:
      lease_.endpoint_failed(verdict.reason);
      break;
    case provider::VerdictKind::request_fault:
      lease_.release();
      break;
  }
  return fault_of(verdict.kind);
}

// As soon as the answer is here whole; before that, it may still have to be relayed.
void Exchange::give_back_upstream() {
  if (!upstream_ || sender_.state() != RequestSender::State::sent) return;
  if (!answer_.leaves_connection_usable()) return;
  reactor_.upstream(endpoint_index_).keep(std::exchange(upstream_, nullptr));
}

}  // namespace keypool::gateway
