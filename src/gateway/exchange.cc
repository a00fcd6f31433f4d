#include "gateway/exchange.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "gateway/alarm.h"
#include "gateway/reactor.h"
#include "gateway/relay.h"
#include "gateway/request_head.h"
#include "provider/error_shape.h"

namespace keypool::gateway {
namespace {

using std::chrono::milliseconds;

// SDKs take no longer advice (Anthropic's ignores more than 60 s).
constexpr milliseconds kLongestAdvice{60'000};

// An error's body is waited for this long; then it is judged by what has come.
constexpr milliseconds kErrorBodyTime{5'000};

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

MonotonicTime now() { return system_clock().now(); }

int advised_seconds(milliseconds time) {
  const auto bounded = std::clamp(time, milliseconds{0}, kLongestAdvice);
  return static_cast<int>((bounded.count() + 999) / 1000);
}

std::string_view value_or_empty(http::Headers headers, std::string_view name) {
  return http::find(headers, name).value_or(std::string_view());
}

// A call counted as being served as long as this lives.
class Served {
 public:
  explicit Served(std::atomic<std::uint64_t>& count) noexcept : count_(count) {
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() { count_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t>& count_;
};

}  // namespace

Exchange::Exchange(Reactor& reactor, Client& client) : reactor_(reactor), client_(client) {}

Task<Exchange::After> Exchange::run() {
  auto& counters = reactor_.site().counters;

  // Read the head, and the body as far as it is kept for another try.
  const auto head = co_await client_.read_head(request_);
  if (head && !*head) co_return After::close;
  begin();
  const Served served(counters.calls);
  if (!head) co_return co_await refuse_malformed(head.error());
  const auto body = co_await read_body();
  if (!body) co_return co_await refuse_malformed(body.error());
  if (!*body) co_return hung_up();

  // Route to an endpoint.
  const auto destination = find_destination();
  if (!destination) {
    refused_ = {destination.error().status, destination.error().code, destination.error().message};
    co_return co_await refuse();
  }
  go_to(*destination);
  const Served served_by_endpoint(counters.of(endpoint_index_).in_flight);

  // Try key after key, until an answer is the client's.
  for (;;) {
    const auto leased = co_await lease_key();
    if (!client_.here()) {
      lease_.release();
      co_return hung_up();
    }
    if (!leased) {
      if (pass_on_instead(leased.error())) break;
      refused_ = for_want_of_key(leased.error());
      co_return co_await refuse();
    }

    verdict_.reset();
    const auto tried = co_await try_upstream();
    if (tried == Tried::client_left) co_return hung_up();
    if (tried == Tried::bad_request) co_return co_await refuse_malformed(sender_.refusal());
    if (tried == Tried::failed) {
      lease_.endpoint_failed(refused_.message);
      const auto wait = may_try_again_ ? attempts_.pause_after_failure({}) : std::nullopt;
      if (!wait) co_return co_await refuse();
      const bool stayed = co_await pause(*wait);
      if (!stayed) co_return hung_up();
      continue;
    }

    const provider::AnswerHead answer{answer_.head().status(), answer_.head().headers()};
    if (provider::needs_body(answer)) {
      co_await read_error_body();
      if (!client_.here()) co_return hung_up();
    }
    verdict_ = provider::judge(endpoint_->dialect, answer, answer_.ahead(), system_clock().wall());
    const auto key = lease_.key_id();
    const auto fault = settle(*verdict_);
    if (fault == Fault::none) break;
    if (fault == Fault::request || !body_.replayable() || endpoint_->keyless) break;
    give_back_upstream();
    if (fault == Fault::key) {
      attempts_.refused(key);
      continue;
    }
    const auto wait = attempts_.pause_after_failure(verdict_->retry_after);
    if (!wait) break;
    const bool stayed = co_await pause(*wait);
    if (!stayed) co_return hung_up();
  }

  // Relay the answer, count its usage, settle the lease.
  co_return co_await relay();
}

void Exchange::begin() {
  began_ = now();
  endpoint_ = nullptr;
  key_name_.clear();
  tries_ = 0;
  waits_until_.reset();
  verdict_.reset();
}

void Exchange::go_to(const Destination& destination) {
  endpoint_index_ = destination.endpoint;
  endpoint_ = &reactor_.site().config.endpoints[endpoint_index_];
  rest_ = destination.rest;
  attempts_ = Attempts(endpoint_->attempts);
}

// False: the client has left.
Task<std::expected<bool, http::Refusal>> Exchange::read_body() {
  const auto& limits = reactor_.site().config.limits;
  if (auto begun = body_.begin(request_, limits); !begun) co_return std::unexpected(begun.error());
  if (request_.expects_continue() && !body_.consumed() && client_.input().empty()) {
    std::array<std::string_view, 1> pieces{kContinue};
    if (client_.outbox().send(client_.connection(), pieces) == Io::broken) co_return false;
  }
  for (;;) {
    if (auto kept = body_.keep(client_); !kept) co_return std::unexpected(kept.error());
    if (body_.kept_enough()) break;
    client_.connection().expire_after(limits.idle_time);
    const auto before = client_.input().size();
    if (!client_.here()) co_return false;
    if (client_.input().size() == before) co_await client_.event();
  }
  client_.connection().never_expire();
  co_return true;
}

std::expected<Destination, Astray> Exchange::find_destination() {
  const auto& config = reactor_.site().config;
  const auto read_as = [this](provider::Dialect dialect) {
    call_ = provider::read_call(dialect, request_.target(),
                                value_or_empty(request_.headers(), "content-type"), body_.kept());
  };
  // A route goes by the model, which the OpenAI shape tells for every dialect that is called under
  // /v1.
  const bool by_model = routed_by_model(config, request_.target());
  if (by_model) read_as(provider::Dialect::openai);
  const auto destination = route(config, request_.target(), by_model ? call_.model : "");
  if (!destination) return destination;
  const auto dialect = config.endpoints[destination->endpoint].dialect;
  if (!by_model || dialect != provider::Dialect::openai) read_as(dialect);
  return destination;
}

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
    if (!waits_until_) waits_until_ = now() + endpoint_->max_wait;
    if (now() + *error.retry_after > *waits_until_) co_return std::unexpected(error);
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
  switch (no_key.kind) {
    case LeaseErrorKind::all_cooling:
      return {429, "all_keys_cooling", no_key.message(),
              no_key.retry_after.value_or(kLongestAdvice), no_key.retry_after.has_value()};
    case LeaseErrorKind::circuit_open:
      return {502, "upstream_unreachable", no_key.message(), no_key.retry_after};
    case LeaseErrorKind::no_keys:
    case LeaseErrorKind::unknown_endpoint:
      return {503, "no_keys", no_key.message(), std::nullopt, false};
  }
  return {503, "no_keys", no_key.message()};
}

Task<Exchange::Tried> Exchange::try_upstream() {
  auto& server = reactor_.upstream(endpoint_index_);
  ++tries_;
  if (tries_ > 1) {
    reactor_.site().counters.of(endpoint_index_).retries.fetch_add(1, std::memory_order_relaxed);
  }
  upstream_ = server.take_kept();
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

Task<void> Exchange::read_error_body() {
  upstream_->expire_after(kErrorBodyTime);
  while (!answer_.read_ahead(*upstream_, reactor_.scratch().bytes, provider::kJudgedBodyBytes)) {
    if (!client_.here()) co_return;
    co_await client_.event();
  }
}

Task<Exchange::After> Exchange::relay() {
  const auto& limits = reactor_.site().config.limits;
  const auto& head = answer_.head();
  const bool success = verdict_->kind == provider::VerdictKind::success;
  if (!success) sender_.stop();
  const bool stays = request_.keeps_alive() && body_.consumed() && !reactor_.draining();
  const auto framing = frame_for_client(head, request_.minor_version(), stays);
  out_.clear();
  write_answer_head(head, request_.minor_version(), framing, {endpoint_->name, key_name_, tries_},
                    out_);
  const auto tap = success ? provider::make_usage_tap(
                                 endpoint_->dialect, value_or_empty(head.headers(), "content-type"),
                                 value_or_empty(head.headers(), "content-encoding"))
                           : nullptr;
  const auto count = [&tap] { return tap ? tap->finish() : provider::Usage{}; };

  Relay relay(answer_, upstream_.get(), client_, framing.framing, out_, tap.get(),
              reactor_.scratch());
  for (;;) {
    const auto state = relay.advance();
    if (state == Relay::State::done) break;
    if (state == Relay::State::client_broken) {
      if (success) settle_success(count());
      co_return hung_up();
    }
    if (state == Relay::State::upstream_broken) {
      lease_.endpoint_failed("the answer broke off");
      upstream_.reset();
      ended(Outcome::broken, head.status());
      // Where the end of the connection is the end of the answer, only a reset tells the
      // difference.
      co_return framing.framing.kind == http::Framing::Kind::until_close ? After::reset
                                                                         : After::close;
    }
    if (client_.outbox().empty()) {
      client_.connection().never_expire();
    } else {
      client_.connection().expire_after(limits.idle_time);
    }
    if (upstream_) {
      const auto sending = sender_.advance(*upstream_, client_, reactor_.scratch());
      if (sending == RequestSender::State::sent) body_.forget();
      if (client_.outbox().empty()) {
        upstream_->expire_after(limits.idle_time);
      } else {
        upstream_->never_expire();
      }
    }
    if (!client_.here()) {
      if (success) settle_success(count());
      co_return hung_up();
    }
    if (state == Relay::State::yielding) {
      co_await asio::post(reactor_.io().get_executor(), kAwait);
    } else if (!sender_.can_go_on(client_)) {
      co_await client_.event();
    }
  }

  if (success) settle_success(count());
  give_back_upstream();
  upstream_.reset();
  ended(Outcome::answered, head.status());
  if (framing.keeps_alive && !reactor_.draining()) co_return After::next;
  co_return body_.consumed() ? After::close : After::linger;
}

Task<Exchange::After> Exchange::refuse_malformed(http::Refusal refusal) {
  refused_ = {refusal.status, refusal.status == 413 ? "request_too_large" : "bad_request",
              std::string(refusal.what)};
  refused_.closes = true;
  co_return co_await refuse();
}

Task<Exchange::After> Exchange::refuse() {
  sender_.stop();
  upstream_.reset();
  const bool stays =
      !refused_.closes && request_.keeps_alive() && body_.consumed() && !reactor_.draining();
  const auto dialect = endpoint_ != nullptr ? endpoint_->dialect : provider::Dialect::openai;
  OwnError error{refused_.status,
                 provider::error_body(dialect, refused_.status, refused_.code, refused_.message)};
  if (refused_.retry_after) error.retry_after_seconds = advised_seconds(*refused_.retry_after);
  error.should_retry = refused_.should_retry;
  const auto endpoint = endpoint_ != nullptr ? std::string_view(endpoint_->name) : "";
  write_own_error(error, request_.minor_version(), stays, request_.method() == "HEAD",
                  {endpoint, key_name_, tries_}, out_);
  std::array<std::string_view, 1> pieces{out_};
  client_.connection().expire_after(reactor_.site().config.limits.idle_time);
  ended(Outcome::refused, refused_.status);
  if (client_.outbox().send(client_.connection(), pieces) == Io::broken) co_return After::close;
  const bool all_sent = co_await client_.drain_outbox();
  if (!all_sent) co_return After::close;
  co_return stays ? After::next : After::linger;
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
      if (lease_.key_refused(verdict.reason) == Blame::endpoint) return Fault::request;
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

void Exchange::settle_success(const provider::Usage& usage) {
  lease_.succeed({std::chrono::duration_cast<milliseconds>(now() - began_), usage.input_tokens,
                  usage.output_tokens});
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

// As soon as the answer is here whole; before that, it may still have to be relayed.
void Exchange::give_back_upstream() {
  if (!upstream_ || sender_.state() != RequestSender::State::sent) return;
  if (!answer_.leaves_connection_usable()) return;
  reactor_.upstream(endpoint_index_).keep(std::exchange(upstream_, nullptr));
}

Exchange::Refused Exchange::failed_upstream(bool late, std::string_view how,
                                            std::string_view what) const {
  return {late ? 504 : 502, late ? "upstream_timeout" : "upstream_unreachable",
          fmt::format("{} {}: {}", endpoint_->name, how, what)};
}

Exchange::After Exchange::hung_up() {
  sender_.stop();
  upstream_.reset();
  lease_ = {};
  ended(Outcome::hung_up, 0);
  return After::close;
}

void Exchange::ended(Outcome outcome, int status) {
  auto& counters = reactor_.site().counters;
  if (endpoint_ == nullptr) {
    counters.astray.fetch_add(1, std::memory_order_relaxed);
  } else {
    counters.of(endpoint_index_)
        .ended[static_cast<std::size_t>(outcome)]
        .fetch_add(1, std::memory_order_relaxed);
  }
  if (!spdlog::should_log(spdlog::level::debug)) return;
  spdlog::debug("{} {}: {} {} after {} ms, endpoint \"{}\", key \"{}\", model \"{}\", {} tries",
                request_.method(), request_.target(), to_string(outcome), status,
                std::chrono::duration_cast<milliseconds>(now() - began_).count(),
                endpoint_ != nullptr ? std::string_view(endpoint_->name) : "", key_name_,
                call_.model, tries_);
}

}  // namespace keypool::gateway
