#include "bench/goodput/replay.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <keypool/key_pool.h>

#include "config/config.h"
#include "gateway/gateway.h"
#include "http/client.h"
#include "lab/provider.h"
#include "lab/simulation.h"

namespace keypool::bench {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr const char* kEndpoint = "lab";
constexpr std::size_t kTokenBytes = 4;

void must(const std::expected<void, std::string>& started) {
  if (!started) throw std::runtime_error(started.error());
}

/// The callers: a connection for each call, made when it is due.
class Callers {
 public:
  Callers(const lab::Scenario& scenario, const lab::Trace& trace, std::uint16_t port,
          milliseconds max_wait)
      : pace_(scenario.pace), trace_(trace), port_(port), max_wait_(max_wait) {}

  Replayed run() {
    asio::co_spawn(io_, arrive(), asio::detached);
    io_.run();
    return std::move(replayed_);
  }

 private:
  asio::awaitable<void> arrive() {
    asio::steady_timer next(io_);
    const auto begin = steady_clock::now();
    for (const lab::Arrival& arrival : trace_) {
      const auto due = begin + arrival.at;
      next.expires_at(due);
      co_await next.async_wait(asio::use_awaitable);
      ++replayed_.calls;
      asio::co_spawn(io_, call(arrival, due), asio::detached);
    }
  }

  asio::awaitable<void> call(lab::Arrival arrival, steady_clock::time_point due) {
    const auto takes = lab::answer_time(pace_, arrival.output_tokens);
    const http::Fetch fetch{
        .port = port_,
        .method = "POST",
        .target = fmt::format("/{}/v1/chat/completions", kEndpoint),
        .headers = {{"content-type", "application/json"},
                    {"x-lab-tokens", std::to_string(arrival.output_tokens)}},
        .body = fmt::format(
            R"({{"model": "{}", "messages": [{{"role": "user", "content": "{:x>{}}"}}]}})",
            lab::kSimulatedModel, "", arrival.input_tokens * kTokenBytes),
        .deadline = std::chrono::ceil<milliseconds>(takes) + 2 * max_wait_};
    const auto answer = co_await http::async_fetch(fetch);
    if (answer && answer->status == 200) {
      replayed_.waits.push_back(std::max(nanoseconds{0}, steady_clock::now() - due - takes));
    } else {
      ++replayed_.failed;
    }
  }

  const lab::Pace& pace_;
  const lab::Trace& trace_;
  std::uint16_t port_;
  milliseconds max_wait_;
  Replayed replayed_;
  asio::io_context io_{1};
};

}  // namespace

Replayed replay(const lab::Scenario& scenario, const lab::Trace& trace, milliseconds max_wait) {
  lab::Provider provider(scenario);
  must(provider.start());

  config::Config config;
  config.listen.port = 0;
  config.threads = 1;
  config::Endpoint& endpoint = config.endpoints.emplace_back();
  endpoint.name = kEndpoint;
  endpoint.base_url.host = "127.0.0.1";
  endpoint.base_url.port = provider.port();
  endpoint.dialect = provider::Dialect::openai;
  endpoint.max_wait = max_wait;

  KeyPool pool;
  for (const lab::Key& key : scenario.keys) {
    pool.add_key(kEndpoint, {.name = key.name, .secret = Secret(key.secret)});
  }
  gateway::Gateway gateway(config, pool);
  must(gateway.start());

  Replayed replayed = Callers(scenario, trace, gateway.port(), max_wait).run();
  for (const lab::ObservedKey& key : provider.observed().keys) replayed.refused += key.rate_limited;
  return replayed;
}

lab::Trace busiest(const lab::Trace& trace, nanoseconds length) {
  std::size_t best = 0;
  std::size_t most = 0;
  for (std::size_t first = 0, end = 0; first < trace.size(); ++first) {
    while (end < trace.size() && trace[end].at < trace[first].at + length) ++end;
    if (end - first <= most) continue;
    best = first;
    most = end - first;
  }
  lab::Trace piece(trace.begin() + static_cast<std::ptrdiff_t>(best),
                   trace.begin() + static_cast<std::ptrdiff_t>(best + most));
  for (lab::Arrival& arrival : piece) arrival.at -= trace[best].at;
  return piece;
}

}  // namespace keypool::bench
