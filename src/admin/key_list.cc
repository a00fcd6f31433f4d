#include "admin/key_list.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include <nlohmann/json.hpp>

#include "admin/json_answer.h"
#include "admin/key_json.h"
#include "admin/snapshot.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

/// One key among those of all endpoints.
struct Row {
  std::size_t endpoint;  // its place in the snapshot
  const KeyStats* key;
};

/// The headroom of an endpoint's keys, worked out when the first of them asks.
class Rooms {
 public:
  explicit Rooms(const Subject& subject) : subject_(subject) {}

  std::optional<TightestLimit> of(const Row& row) {
    const auto [known, is_new] = by_endpoint_.try_emplace(row.endpoint);
    if (is_new) {
      const auto& name = subject_.config.endpoints[row.endpoint].name;
      known->second = headroom_of(subject_.pool.lanes(name));
    }
    return find(known->second, row.key->name);
  }

 private:
  const Subject& subject_;
  std::map<std::size_t, Headroom> by_endpoint_;
};

bool found_by(const std::string& search, const KeyStats& key) {
  if (search.empty()) return true;
  return lower_case(key.name).find(search) != std::string::npos ||
         lower_case(key.reason).find(search) != std::string::npos;
}

bool among(const std::vector<KeyState>& states, KeyState state) {
  return states.empty() || std::ranges::find(states, state) != states.end();
}

/// Keys that the order says nothing about stay in order of registration.
template <typename Projection>
void sort_by(std::vector<Row>& rows, bool descending, Projection projection) {
  if (descending) {
    std::ranges::stable_sort(rows, std::ranges::greater{}, projection);
  } else {
    std::ranges::stable_sort(rows, std::ranges::less{}, projection);
  }
}

template <typename Value>
auto of_key(Value KeyStats::*field) {
  return [field](const Row& row) { return row.key->*field; };
}

void sort_by_headroom(std::vector<Row>& rows, bool descending, Rooms& rooms) {
  std::map<const KeyStats*, double> shares;
  for (const Row& row : rows) {
    const auto tightest = rooms.of(row);
    shares[row.key] = tightest ? tightest->share_left() : 1.0;
  }
  sort_by(rows, descending, [&](const Row& row) { return shares.at(row.key); });
}

void sort(std::vector<Row>& rows, const KeyQuery& query, Rooms& rooms) {
  const bool descending = query.descending;
  switch (query.sort) {
    case SortKeysBy::registration:
      if (descending) std::ranges::reverse(rows);
      return;
    case SortKeysBy::name:
      return sort_by(rows, descending,
                     [](const Row& row) -> const std::string& { return row.key->name; });
    case SortKeysBy::state:
      return sort_by(rows, descending, of_key(&KeyStats::state));
    case SortKeysBy::headroom:
      return sort_by_headroom(rows, descending, rooms);
    case SortKeysBy::load:
      return sort_by(rows, descending, of_key(&KeyStats::window_load));
    case SortKeysBy::in_flight:
      return sort_by(rows, descending, of_key(&KeyStats::in_flight));
    case SortKeysBy::requests:
      return sort_by(rows, descending, of_key(&KeyStats::total_requests));
    case SortKeysBy::rate_limits:
      return sort_by(rows, descending, of_key(&KeyStats::rate_limits));
    case SortKeysBy::failures:
      return sort_by(rows, descending, of_key(&KeyStats::failures));
    case SortKeysBy::tokens:
      return sort_by(rows, descending, [](const Row& row) {
        return row.key->total_input_tokens + row.key->total_output_tokens;
      });
    case SortKeysBy::latency:
      return sort_by(rows, descending,
                     [](const Row& row) { return row.key->average_latency_ms(); });
    case SortKeysBy::until:
      return sort_by(rows, descending,
                     [](const Row& row) { return row.key->until.value_or(WallTime::max()); });
  }
}

}  // namespace

std::string key_list(const Subject& subject, const KeyQuery& query) {
  const WallTime now = subject.clock.wall();
  std::vector<EndpointStats> endpoints;
  for (const config::Endpoint& endpoint : subject.config.endpoints) {
    const bool wanted = query.endpoint.empty() || endpoint.name == query.endpoint;
    endpoints.push_back(
        {endpoint.name, wanted ? subject.pool.stats(endpoint.name) : std::vector<KeyStats>()});
  }

  std::vector<Row> rows;
  std::array<std::size_t, kKeyStates.size()> states{};
  for (std::size_t place = 0; place < endpoints.size(); ++place) {
    for (const KeyStats& key : endpoints[place].keys) {
      if (!found_by(query.search, key)) continue;
      ++states[static_cast<std::size_t>(key.state)];
      if (among(query.states, key.state)) rows.push_back({place, &key});
    }
  }
  Rooms rooms(subject);
  sort(rows, query, rooms);

  // Text at once: a tree of a hundred thousand keys would take more memory than all else does.
  std::string text = "{\n  \"keys\": [";
  const std::size_t begin = std::min(query.offset, rows.size());
  const std::size_t end = begin + std::min(query.limit, rows.size() - begin);
  for (std::size_t i = begin; i < end; ++i) {
    const Row& row = rows[i];
    text += i == begin ? "\n    " : ",\n    ";
    text += one_line(key_json(endpoints[row.endpoint].endpoint, *row.key, rooms.of(row), now));
  }
  json by_state = json::object();
  for (const KeyState state : kKeyStates) {
    by_state[std::string(to_string(state))] = states[static_cast<std::size_t>(state)];
  }
  const json rest{{"total", rows.size()},
                  {"offset", query.offset},
                  {"limit", query.limit},
                  {"states", std::move(by_state)}};
  constexpr std::string_view kOpening = "{\n";
  return text + (begin == end ? "],\n" : "\n  ],\n") + rest.dump(2).substr(kOpening.size()) + '\n';
}

}  // namespace keypool::admin
