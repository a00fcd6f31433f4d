// The tries of an exchange: a lease, a connection, the request, the beginning of the answer. What
// it means for the key stands in exchange_verdict.cc.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "gateway/alarm.h"
#include "gateway/exchange.h"
#include "gateway/key_wait.h"
#include "gateway/reactor.h"
#include "gateway/request_head.h"
#include "gateway/retry_advice.h"

namespace keypool::gateway {
namespace {

using std::chrono::milliseconds;

// What to advise where a key only waits for a running call's end.
constexpr milliseconds kShortAdvice{1'000};

}  // namespace

// At once, or from the pool's queue.
Task<std::expected<void, LeaseError>> Exchange::lease_key() {
  // A reload changes the keys: nobody asks for one meanwhile.
  while (reactor_.paused() && client_.here()) co_await client_.event();
  auto& site = reactor_.site();
  trail_.key_is_asked_for(site.clock.now());
  if (endpoint_->keyless) {
    trail_.key_is_had({}, site.clock.now());
    co_return std::expected<void, LeaseError>();
  }
  const LeaseRequest request{.model = call_.model,
                             .estimated_input_tokens = call_.input_tokens,
                             .estimated_output_tokens = call_.output_tokens,
                             .when_none_ready = WhenNoneReady::refuse,
                             .avoid = attempts_.used(),
                             .affinity = affinity_,
                             .same_group_as = owner_};
  // Nobody goes before those who wait.
  const bool others_wait = counters().waiting.load(std::memory_order_relaxed) > 0;
  std::expected<Lease, LeaseError> leased;
  if (!others_wait) leased = site.pool.lease(endpoint_->name, request);
  if (others_wait || (!leased && worth_waiting(leased.error()))) {
    leased = co_await wait_for_key(request);
  }
  if (!leased) co_return std::unexpected(leased.error());
  if (has_moved()) {
    leased->release();
    co_return std::unexpected(LeaseError{LeaseErrorKind::no_keys, endpoint_->name, {}, {}});
  }
  if (!attempts_.worth_trying(leased->key_id())) {
    leased->release();
    co_return std::unexpected(LeaseError{LeaseErrorKind::all_cooling, endpoint_->name, {}, {}});
  }
  lease_ = std::move(*leased);
  key_name_ = lease_.key_name();
  trail_.key_is_had(key_name_, site.clock.now());
  co_return std::expected<void, LeaseError>();
}

// Whether a reload has taken the endpoint away or led it to another server since the call began:
// the keys that it has now are not for the server that this call knows.
bool Exchange::has_moved() const {
  const auto& now = reactor_.directions();
  if (now == directions_) return false;
  const auto& endpoints = now->rules->config.endpoints;
  const auto same = std::ranges::find(endpoints, endpoint_->name, &config::Endpoint::name);
  return same == endpoints.end() || same->base_url != endpoint_->base_url;
}

// A failing endpoint is not waited for where another one stands in.
bool Exchange::worth_waiting(const LeaseError& no_key) const {
  switch (no_key.kind) {
    case LeaseErrorKind::all_cooling:
      return true;
    case LeaseErrorKind::circuit_open:
      return fallbacks_.empty();
    case LeaseErrorKind::no_keys:
    case LeaseErrorKind::unknown_endpoint:
      return false;
  }
  return false;
}

// Until Endpoint::max_wait after the call's first wait. `request` points into what the awaiter
// holds.
Task<std::expected<Lease, LeaseError>> Exchange::wait_for_key(LeaseRequest request) {
  auto& site = reactor_.site();
  const auto now = site.clock.now();
  if (!waits_until_) waits_until_ = now + endpoint_->max_wait;
  const auto caller = access_.account() ? std::string(access_.name()) : client_.connection().peer();
  KeyWait wait(reactor_.io(), client_.signal());
  wait.begin(site.pool, endpoint_->name,
             {.lease = request,
              .client = caller,
              .bytes = body_.kept().size(),
              .deadline = reactor_.draining() ? now : *waits_until_,
              .arrived = began_});
  const Counted waiting(counters().waiting);
  while (!wait.ended() && client_.here() && !reactor_.draining()) co_await client_.event();
  auto leased = wait.leave();
  if (!leased) leased.error().endpoint = endpoint_->name;
  if (!leased && reactor_.draining()) leased.error().retry_after = kShortAdvice;
  co_return leased;
}

// A key refused for a while is reported as that, with the pool's own time; any other refusal is the
// provider's to explain.
bool Exchange::pass_on_instead(const LeaseError& no_key) const {
  if (!verdict_) return false;
  return verdict_->kind != provider::VerdictKind::throttled || !no_key.retry_after;
}

Exchange::Refused Exchange::for_want_of_key(const LeaseError& no_key) const {
  auto opens = no_key.retry_after;
  switch (no_key.kind) {
    case LeaseErrorKind::all_cooling: {
      auto message = no_key.message();
      if (reactor_.draining()) {
        message = "keypool is stopping, and lets no call wait for a key: try again";
      } else if (!opens && others_run()) {
        opens = kShortAdvice;
        message = fmt::format(
            "the keys of {} are taken by other calls, or out of service: try again soon, add a "
            "key, or raise limits.max_waiting or the endpoint's max_wait",
            endpoint_->name);
      }
      return {429, "all_keys_cooling", std::move(message),
              std::min(opens.value_or(kLongestAdvice), kLongestAdvice), worth_coming_back(opens)};
    }
    case LeaseErrorKind::circuit_open:
      return {502, "upstream_unreachable", no_key.message(),
              opens ? std::optional(std::min(*opens, kLongestAdvice)) : std::nullopt,
              worth_coming_back(opens)};
    case LeaseErrorKind::no_keys:
    case LeaseErrorKind::unknown_endpoint:
      break;
  }
  return {503, "no_keys", no_key.message(), std::nullopt, false};
}

// Whether the end of another call may give room.
bool Exchange::others_run() const {
  return counters().in_flight.load(std::memory_order_relaxed) > 1;
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
  ++tries_;
  if (const auto before = trail_.last_end(); tries_ > 1 && before) {
    counters().retries[static_cast<std::size_t>(*before)].fetch_add(1, std::memory_order_relaxed);
  }
  // A kept connection may turn out to be stale; what is sent once must not be lost on one.
  const bool sent_once = !body_.whole() || repeat_ == provider::Repeat::never;
  upstream_ = sent_once ? nullptr : server().take_kept();
  if (upstream_) {
    const auto tried = co_await send_and_receive();
    // A kept connection may have been closed by the server while the request was on its way. That
    // is no failure: nothing was answered, and a new connection will tell.
    const bool stale = tried == Tried::failed && !answer_.begun() && !upstream_->expired();
    if (!stale || !body_.replayable()) co_return tried;
  }
  auto reached = co_await server().connect(client_);
  if (!reached) {
    const auto& failure = reached.error();
    if (failure.kind == ConnectFailure::Kind::client_left) {
      lease_.release();
      co_return Tried::client_left;
    }
    refused_ = failed_upstream(failure.kind == ConnectFailure::Kind::timed_out, "cannot be reached",
                               failure.what);
    may_try_again_ = true;
    in_doubt_ = false;
    co_return Tried::failed;
  }
  upstream_ = std::move(*reached);
  co_return co_await send_and_receive();
}

// Until the answer's final head is here; it may come before the request is sent to its end.
Task<Exchange::Tried> Exchange::send_and_receive() {
  const auto& limits = config().limits;
  auto& scratch = reactor_.scratch();
  upstream_->report_to(client_.signal().get());
  write_upstream_head();
  sender_.begin(body_);
  answer_.begin(request_.method(), {.bytes = limits.head_bytes, .headers = limits.headers},
                switches_);
  bool all_sent = false;
  for (;;) {
    switch (sender_.advance(*upstream_, client_, scratch)) {
      case RequestSender::State::sending:
        if (sender_.waits_for_client()) {
          upstream_->never_expire();
          client_.expect_body();
        } else {
          upstream_->expire_after(limits.idle_time);
          client_.expect_nothing();
        }
        break;
      case RequestSender::State::malformed:
        co_return Tried::bad_request;
      case RequestSender::State::sent:
      case RequestSender::State::broken:
        if (!std::exchange(all_sent, true)) {
          upstream_->expire_after(limits.first_byte_time);
          client_.expect_nothing();
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
        in_doubt_ = sender_.state() == RequestSender::State::sent;
        sender_.stop();
        co_return Tried::failed;
      }
      case Answer::State::waiting:
        break;
    }
    if (!client_.here()) co_return Tried::client_left;
    if (client_.too_slow()) {
      sender_.give_up(kTooSlow);
      co_return Tried::bad_request;
    }
    if (client_.overdue()) {
      refused_ = failed_upstream(true, "gave no answer", "not within limits.call_time");
      may_try_again_ = false;
      sender_.stop();
      co_return Tried::failed;
    }
    if (!sender_.can_go_on(client_)) co_await client_.event();
  }
}

// After a try of which nobody knows what became.
bool Exchange::may_repeat() {
  switch (repeat_) {
    case provider::Repeat::freely:
      return true;
    case provider::Repeat::once:
      return !std::exchange(doubted_before_, true);
    case provider::Repeat::never:
      return false;
  }
  return false;
}

// By the time a client hears of it, whatever was worth trying again has been.
Exchange::Refused Exchange::failed_upstream(bool late, std::string_view how,
                                            std::string_view what) const {
  return {late ? 504 : 502, late ? "upstream_timeout" : "upstream_unreachable",
          fmt::format("{} {}: {}", endpoint_->name, how, what), std::nullopt, false};
}

// Of a stream the beginning is judged, and an event may be taken out: it comes as it is.
void Exchange::write_upstream_head() {
  write_request_head({*endpoint_, server().authority(), request_, rest_, lease_.secret().reveal(),
                      body_.outgoing(), switches_, call_.stream},
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

// As soon as the answer is here whole; before that, it may still have to be relayed.
void Exchange::give_back_upstream() {
  if (!upstream_ || sender_.state() != RequestSender::State::sent) return;
  if (!answer_.leaves_connection_usable()) return;
  server().keep(std::exchange(upstream_, nullptr));
}

}  // namespace keypool::gateway
