// The way of one request, and its first steps. The tries stand in exchange_tries.cc, what goes to
// the client in exchange_answer.cc.
#include "gateway/exchange.h"

#include <array>
#include <utility>

#include "gateway/affinity.h"
#include "gateway/reactor.h"
#include "gateway/websocket_relay.h"
#include "provider/include_usage.h"

namespace keypool::gateway {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Exchange::Exchange(Reactor& reactor, Client& client)
    : reactor_(reactor), client_(client), access_(reactor.site().clients) {}

Task<Exchange::After> Exchange::run() {
  // Read the head. Which rules it goes by is decided when it is here.
  endpoint_ = nullptr;
  directions_.reset();
  const auto head = co_await client_.read_head(request_);
  if (head && !*head) co_return After::close;
  begin();
  const Counted served(reactor_.site().counters.calls);
  if (!head) co_return co_await refuse_malformed(head.error());
  if (!client_.welcome()) co_return co_await turn_away();
  if (auto begun = body_.begin(request_, config().limits); !begun) {
    co_return co_await refuse_malformed(begun.error());
  }

  // Authenticate the client.
  if (!client_may_call()) {
    // A body that came with its head is read over, so that the connection may stay.
    refused_.closes = !body_.keep(client_);
    co_return co_await refuse();
  }

  // Read the body as far as it is kept for another try.
  const auto body = co_await read_body();
  if (!body) co_return co_await refuse_malformed(body.error());
  if (!*body) co_return hung_up();

  // Route to an endpoint.
  const auto destination = find_destination();
  if (!destination) {
    refused_ = {destination.error().status, destination.error().code, destination.error().message};
    co_return co_await refuse();
  }
  if (!client_may_go_to(destination->endpoint)) co_return co_await refuse();
  rest_ = destination->rest;
  fallbacks_ = directions_->rules->fallbacks[destination->endpoint];
  go_to(destination->endpoint);

  // Try key after key, and where none serves the next endpoint, until an answer is the client's.
  for (;;) {
    const auto leased = co_await lease_key();
    if (!client_.here()) {
      lease_.release();
      co_return hung_up();
    }
    if (!leased) {
      if (fall_back()) continue;
      opens_ = leased.error().retry_after;
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
      record(state::Figure::failed);
      trail_.try_ends(refused_.status == 504 ? TryEnd::timed_out : TryEnd::unreachable, 0,
                      refused_.message, reactor_.site().clock.now());
      if (in_doubt_ && !may_repeat()) may_try_again_ = false;
      const auto wait = may_try_again_ ? attempts_.pause_after_failure({}) : std::nullopt;
      if (wait) {
        const bool stayed = co_await pause(*wait);
        if (!stayed) co_return hung_up();
        continue;
      }
      if (may_try_again_ && fall_back()) continue;
      co_return co_await refuse();
    }

    co_await judge();
    if (!client_.here()) co_return hung_up();
    const auto key = lease_.key_id();
    const auto fault = settle(*verdict_);
    if (fault == Fault::none || !body_.replayable()) break;
    if (fault == Fault::request && verdict_->conflict) {
      const auto wait = attempts_.pause_after_conflict();
      if (!wait) break;
      owner_ = key_name_;
      give_back_upstream();
      const bool stayed = co_await pause(*wait);
      if (!stayed) co_return hung_up();
      continue;
    }
    if (fault == Fault::request && !ask_next_owner()) break;
    give_back_upstream();
    if (fault == Fault::request) continue;
    if (fault == Fault::endpoint || endpoint_->keyless) {
      const auto wait =
          endpoint_->keyless ? std::nullopt : attempts_.pause_after_failure(verdict_->retry_after);
      if (wait) {
        const bool stayed = co_await pause(*wait);
        if (!stayed) co_return hung_up();
        continue;
      }
      if (fall_back()) continue;
      break;
    }
    if (fault == Fault::lane) {
      attempts_.too_small(key);
    } else {
      attempts_.refused(key);
    }
  }

  // Relay the answer, count its usage, settle the lease.
  if (answer_.head().status() == 101) co_return co_await relay_websocket();
  co_return co_await relay();
}

void Exchange::begin() {
  began_ = reactor_.site().clock.now();
  trail_.begin(began_);
  directions_ = reactor_.directions();
  call_ = {};
  access_.begin();
  asks_for_usage_ = false;
  switches_ = wants_websocket(request_);
  fallbacks_ = {};
  rest_ = {};
  key_name_.clear();
  tries_ = 0;
  doubted_before_ = false;
  verdict_.reset();
}

// False: the client has left.
Task<std::expected<bool, http::Refusal>> Exchange::read_body() {
  const auto& limits = config().limits;
  if (request_.expects_continue() && !body_.consumed() && client_.input().empty()) {
    std::array<std::string_view, 1> pieces{kContinue};
    if (client_.outbox().send(client_.connection(), pieces) == Io::broken) co_return false;
  }
  for (;;) {
    if (auto kept = body_.keep(client_); !kept) co_return std::unexpected(kept.error());
    if (body_.kept_enough()) break;
    client_.expect_body();
    if (client_.too_slow() || client_.overdue()) co_return std::unexpected(kTooSlow);
    const auto before = client_.input().size();
    if (!client_.here()) co_return false;
    if (client_.input().size() == before) co_await client_.event();
  }
  client_.expect_nothing();
  co_return true;
}

std::expected<Destination, Astray> Exchange::find_destination() {
  const auto read_as = [this](provider::Dialect dialect) {
    call_ = provider::read_call(dialect, request_.target(),
                                http::find(request_.headers(), "content-type").value_or(""),
                                body_.kept());
  };
  // A route goes by the model, which the OpenAI shape tells for every dialect that is called under
  // /v1.
  const bool by_model = routed_by_model(config(), request_.target());
  if (by_model) read_as(provider::Dialect::openai);
  const auto destination = route(config(), request_.target(), by_model ? call_.model : "");
  if (!destination) return destination;
  const auto dialect = config().endpoints[destination->endpoint].dialect;
  if (!by_model || dialect != provider::Dialect::openai) read_as(dialect);
  return destination;
}

void Exchange::go_to(std::size_t endpoint) {
  endpoint_index_ = endpoint;
  endpoint_ = &config().endpoints[endpoint];
  in_flight_ = Counted(counters().in_flight);
  trail_.go_to(*directions_->times[endpoint]);
  attempts_ = Attempts(endpoint_->attempts);
  waits_until_.reset();
  opens_.reset();
  accounts_asked_ = 0;
  strangers_.clear();
  key_name_.clear();
  ask_for_usage();
  find_affinity(endpoint_->affinity, request_, body_.kept(), reactor_.site().salt, affinity_);
  owner_ = find_owner();
  repeat_ = provider::repeat_of(endpoint_->dialect, request_.method(), rest_, body_.kept());
}

// Goes on to the next endpoint that stands in and that the client may use. False: there is none,
// only this one has what the call is about, or part of the request is gone and cannot be sent
// again.
bool Exchange::fall_back() {
  while (!fallbacks_.empty() && !client_may_use(fallbacks_.front())) {
    fallbacks_ = fallbacks_.subspan(1);
  }
  if (fallbacks_.empty() || !owner_.empty() || !body_.replayable()) return false;
  sender_.stop();
  upstream_.reset();
  verdict_.reset();
  counters().fallbacks.fetch_add(1, std::memory_order_relaxed);
  go_to(fallbacks_.front());
  fallbacks_ = fallbacks_.subspan(1);
  return true;
}

// Streams whose usage would not be told are asked for it; the event that tells it is taken out
// again, whichever endpoint answers in the end.
void Exchange::ask_for_usage() {
  if (asks_for_usage_ || !call_.stream || !body_.whole()) return;
  if (!provider::may_ask_for_usage(endpoint_->dialect, endpoint_->base_url.host, rest_)) return;
  if (auto asking = provider::ask_for_usage(body_.kept())) {
    body_.replace(std::move(*asking));
    asks_for_usage_ = true;
  }
}

}  // namespace keypool::gateway
