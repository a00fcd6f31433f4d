// The way of one request, and its first steps. The tries stand in exchange_tries.cc, what goes to
// the client in exchange_answer.cc.
#include "gateway/exchange.h"

#include <array>
#include <atomic>
#include <utility>

#include "gateway/reactor.h"
#include "provider/include_usage.h"

namespace keypool::gateway {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

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
  ask_for_usage();
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
  began_ = system_clock().now();
  call_ = {};
  endpoint_ = nullptr;
  key_name_.clear();
  tries_ = 0;
  waits_until_.reset();
  verdict_.reset();
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
                                http::find(request_.headers(), "content-type").value_or(""),
                                body_.kept());
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

void Exchange::go_to(const Destination& destination) {
  endpoint_index_ = destination.endpoint;
  endpoint_ = &reactor_.site().config.endpoints[endpoint_index_];
  rest_ = destination.rest;
  attempts_ = Attempts(endpoint_->attempts);
}

// Streams whose usage would not be told are asked for it; the event that tells it is taken out
// again.
void Exchange::ask_for_usage() {
  asks_for_usage_ = false;
  if (!call_.stream || !body_.whole()) return;
  if (!provider::may_ask_for_usage(endpoint_->dialect, endpoint_->base_url.host, rest_)) return;
  if (auto asking = provider::ask_for_usage(body_.kept())) {
    body_.replace(std::move(*asking));
    asks_for_usage_ = true;
  }
}

}  // namespace keypool::gateway
