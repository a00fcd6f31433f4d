#include "admin/overview.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

#include "admin/key_json.h"
#include "provider/dialect.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

/// Of the keys that rest, so many are named: those that come back first.
constexpr std::size_t kNamedResting = 5;

json calls_json(const EndpointTraffic& traffic) {
  return {{"answered", traffic.answered},
          {"refused", traffic.refused},
          {"broken", traffic.broken},
          {"hung_up", traffic.hung_up}};
}

json states_json(const std::vector<KeyStats>& keys) {
  const auto counts = count_states(keys);
  json states = json::object();
  for (const KeyState state : kKeyStates) {
    states[std::string(to_string(state))] = counts[static_cast<std::size_t>(state)];
  }
  return states;
}

bool rests(const KeyStats& key) {
  return key.state == KeyState::cooling || key.state == KeyState::depleted ||
         key.state == KeyState::invalid;
}

json resting_json(const std::vector<KeyStats>& keys, WallTime now) {
  std::vector<const KeyStats*> resting;
  for (const KeyStats& key : keys) {
    if (rests(key)) resting.push_back(&key);
  }
  const auto named =
      resting.begin() + static_cast<std::ptrdiff_t>(std::min(kNamedResting, resting.size()));
  std::ranges::partial_sort(resting, named, {}, [](const KeyStats* key) {
    return std::pair(key->until.value_or(WallTime::max()), std::string_view(key->name));
  });
  json list = json::array();
  for (auto key = resting.begin(); key != named; ++key) {
    list.push_back({{"name", (*key)->name},
                    {"state", to_string((*key)->state)},
                    {"reason", (*key)->reason},
                    {"until", time_json((*key)->until)},
                    {"ready_in_ms", time_left_json((*key)->until, now)}});
  }
  return list;
}

/// What an endpoint's keys come to together.
struct Sum {
  std::uint64_t leased = 0;
  std::uint64_t rate_limits = 0;
  std::uint64_t failures = 0;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t latency_ms = 0;
  std::uint64_t successes = 0;
  double load = 0;

  void add(const KeyStats& key) {
    leased += key.total_requests;
    rate_limits += key.rate_limits;
    failures += key.failures;
    input_tokens += key.total_input_tokens;
    output_tokens += key.total_output_tokens;
    latency_ms += static_cast<std::uint64_t>(key.total_latency.count());
    successes += key.successes;
    load += key.window_load;
  }
};

json tokens_json(const Sum& sum) {
  return {{"input", sum.input_tokens}, {"output", sum.output_tokens}};
}

}  // namespace

json overview(const Snapshot& snapshot, const config::Config& config) {
  json endpoints = json::array();
  Sum all;
  EndpointTraffic calls;
  std::size_t waiting = 0;
  std::array<std::size_t, kKeyStates.size()> states{};
  for (std::size_t place = 0; place < snapshot.endpoints.size(); ++place) {
    const config::Endpoint& endpoint = config.endpoints[place];
    const std::vector<KeyStats>& keys = snapshot.endpoints[place].keys;
    const EndpointTraffic& traffic = snapshot.traffic.endpoints[place];
    Sum sum;
    for (const KeyStats& key : keys) {
      sum.add(key);
      all.add(key);
      ++states[static_cast<std::size_t>(key.state)];
    }
    waiting += snapshot.waiting[place];
    calls.answered += traffic.answered;
    calls.refused += traffic.refused;
    calls.broken += traffic.broken;
    calls.hung_up += traffic.hung_up;
    calls.in_flight += traffic.in_flight;
    calls.retries += traffic.retries;
    endpoints.push_back({{"name", endpoint.name},
                         {"base_url", endpoint.base_url.text()},
                         {"dialect", provider::to_string(endpoint.dialect)},
                         {"keyless", endpoint.keyless},
                         {"keys", keys.size()},
                         {"states", states_json(keys)},
                         {"calls", calls_json(traffic)},
                         {"in_flight", traffic.in_flight},
                         {"waiting", snapshot.waiting[place]},
                         {"retries", traffic.retries},
                         {"fallbacks", traffic.fallbacks},
                         {"leased", sum.leased},
                         {"rate_limits", sum.rate_limits},
                         {"failures", sum.failures},
                         {"tokens", tokens_json(sum)},
                         {"load", std::round(sum.load)},
                         {"successes", sum.successes},
                         {"total_latency_ms", sum.latency_ms},
                         {"resting", resting_json(keys, snapshot.at)}});
  }
  json by_state = json::object();
  std::size_t keys = 0;
  for (const KeyState state : kKeyStates) {
    const std::size_t count = states[static_cast<std::size_t>(state)];
    by_state[std::string(to_string(state))] = count;
    keys += count;
  }
  return {{"at", rfc3339(snapshot.at)},
          {"version", KEYPOOL_VERSION},
          {"keys", keys},
          {"states", std::move(by_state)},
          {"calls", calls_json(calls)},
          {"astray", snapshot.traffic.astray},
          {"connections", snapshot.traffic.connections},
          {"in_flight", calls.in_flight},
          {"waiting", waiting},
          {"retries", calls.retries},
          {"leased", all.leased},
          {"rate_limits", all.rate_limits},
          {"failures", all.failures},
          {"tokens", tokens_json(all)},
          {"endpoints", std::move(endpoints)}};
}

}  // namespace keypool::admin
