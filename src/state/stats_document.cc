#include "state/stats_document.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "state/json_place.h"

namespace keypool::state {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Deeper than any field that a later version could want, far from what would exhaust the stack.
constexpr int kMostDepth = 32;

/// One number of a key, in the file and in the pool.
struct Field {
  const char* name;
  bool required;
  std::uint64_t most;
  std::uint64_t (*get)(const KeyStats&);
  void (*set)(KeyStats&, std::uint64_t);
};

template <auto Member>
constexpr Field count(const char* name) {
  return {name, true, std::numeric_limits<std::uint64_t>::max(),
          [](const KeyStats& stats) { return stats.*Member; },
          [](KeyStats& stats, std::uint64_t value) { stats.*Member = value; }};
}

constexpr std::uint64_t kMostMilliseconds = std::numeric_limits<std::int64_t>::max();

/// A moment, in whole seconds since 1970; 0 is never.
template <auto Member>
constexpr Field moment(const char* name) {
  return {name, false, kMostMilliseconds / 1000,
          [](const KeyStats& stats) -> std::uint64_t {
            if (!(stats.*Member)) return 0;
            const auto since_1970 = (stats.*Member)->time_since_epoch();
            return static_cast<std::uint64_t>(
                std::max(std::chrono::floor<std::chrono::seconds>(since_1970).count(),
                         std::chrono::seconds::rep{0}));
          },
          [](KeyStats& stats, std::uint64_t value) {
            stats.*Member =
                value == 0 ? std::nullopt : std::optional(WallTime(std::chrono::seconds(value)));
          }};
}

constexpr const char* kName = "env_var";

constexpr std::array kCounts = {
    count<&KeyStats::total_requests>("total_requests"),
    count<&KeyStats::successes>("successes"),
    count<&KeyStats::failures>("failures"),
    count<&KeyStats::rate_limits>("rate_limits"),
    Field{"total_latency_ms", true, kMostMilliseconds,
          [](const KeyStats& stats) {
            return static_cast<std::uint64_t>(stats.total_latency.count());
          },
          [](KeyStats& stats, std::uint64_t value) {
            stats.total_latency = std::chrono::milliseconds(value);
          }},
    count<&KeyStats::total_input_tokens>("total_input_tokens"),
    count<&KeyStats::total_output_tokens>("total_output_tokens"),
};

constexpr std::array kMoments = {
    moment<&KeyStats::last_rate_limit_at>("last_rate_limit_at"),
    moment<&KeyStats::last_success_at>("last_success_at"),
};

bool is_known(std::string_view name) {
  const auto named = [name](const Field& field) { return field.name == name; };
  return name == kName || std::ranges::any_of(kCounts, named) ||
         std::ranges::any_of(kMoments, named);
}

/// Something in a well-formed text that is not what a stats file holds.
struct Misfit {
  json::json_pointer where;
  std::string what;
};

std::optional<Misfit> read_number(const json& key, const json::json_pointer& where,
                                  const Field& field, KeyStats& stats) {
  const auto value = key.find(field.name);
  if (value == key.end()) {
    if (!field.required) return std::nullopt;
    return Misfit{where, fmt::format("the field `{}` is missing", field.name)};
  }
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() > field.most) {
    return Misfit{where / field.name,
                  fmt::format("expected a whole number from 0 to {}", field.most)};
  }
  field.set(stats, value->get<std::uint64_t>());
  return std::nullopt;
}

std::expected<KeyStats, Misfit> read_key(const json& key, const json::json_pointer& where) {
  if (!key.is_object()) {
    return std::unexpected(Misfit{where, "expected an object with a key's counts"});
  }
  const auto name = key.find(kName);
  if (name == key.end()) {
    return std::unexpected(Misfit{where, fmt::format("the field `{}` is missing", kName)});
  }
  if (!name->is_string()) {
    return std::unexpected(Misfit{where / kName, "expected a string, the key's name"});
  }
  KeyStats stats;
  stats.name = name->get<std::string>();
  for (const Field& field : kCounts) {
    if (auto misfit = read_number(key, where, field, stats)) return std::unexpected(*misfit);
  }
  for (const Field& field : kMoments) {
    if (auto misfit = read_number(key, where, field, stats)) return std::unexpected(*misfit);
  }
  return stats;
}

ordered_json unknown_fields_of(const json& key) {
  auto fields = ordered_json::object();
  for (const auto& [name, value] : key.items()) {
    if (!is_known(name)) fields[name] = value;
  }
  return fields;
}

std::string described(std::string_view text, const Misfit& misfit) {
  const auto message =
      misfit.where.empty() ? misfit.what : readable(misfit.where) + ": " + misfit.what;
  const auto offset = offset_of(text, misfit.where);
  return offset ? at_place(text, *offset, message) : message;
}

/// What the parser says is wrong, without the piece of the file that it repeats.
std::string syntax_error(const json::parse_error& error) {
  std::string_view what = error.what();
  if (const auto dash = what.find(" - "); dash != what.npos) what.remove_prefix(dash + 3);
  what = what.substr(0, what.find("; last read"));
  return fmt::format("not JSON: {}", what);
}

std::expected<json, std::string> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto watch_depth = [&](int depth, json::parse_event_t, json&) {
    too_deep |= depth > kMostDepth;
    return !too_deep;
  };
  try {
    auto document = json::parse(text, watch_depth);
    if (too_deep) return std::unexpected("nested too deeply for a stats file");
    return document;
  } catch (const json::parse_error& error) {
    const auto offset = error.byte == 0 ? 0 : error.byte - 1;
    return std::unexpected(at_place(text, offset, syntax_error(error)));
  } catch (const json::out_of_range&) {
    return std::unexpected("not JSON: a number is too large");
  }
}

ordered_json written(const KeyStats& stats, const ordered_json& unknown_fields) {
  auto key = ordered_json::object();
  key[kName] = stats.name;
  for (const Field& field : kCounts) key[field.name] = field.get(stats);
  for (const Field& field : kMoments) key[field.name] = field.get(stats);
  for (const auto& [name, value] : unknown_fields.items()) key[name] = value;
  return key;
}

void copy_counts(const KeyStats& from, KeyStats& to) {
  for (const Field& field : kCounts) field.set(to, field.get(from));
  for (const Field& field : kMoments) field.set(to, field.get(from));
}

std::uint64_t sum_up_to(std::uint64_t most, std::uint64_t a, std::uint64_t b) {
  return b > most - std::min(a, most) ? most : a + b;
}

void add_counts(const KeyStats* before, const KeyStats& now, KeyStats& to) {
  const bool began_anew =
      before == nullptr || std::ranges::any_of(kCounts, [&](const Field& field) {
        return field.get(now) < field.get(*before);
      });
  for (const Field& field : kCounts) {
    const auto already = began_anew ? 0 : field.get(*before);
    field.set(to, sum_up_to(field.most, field.get(to), field.get(now) - already));
  }
  for (const Field& field : kMoments) field.set(to, std::max(field.get(to), field.get(now)));
}

}  // namespace

StatsDocument::Key& StatsDocument::Endpoint::key(const std::string& name) {
  const auto [entry, added] = index_.try_emplace(name, keys_.size());
  if (added) keys_.emplace_back().stats.name = name;
  return keys_[entry->second];
}

std::expected<StatsDocument, std::string> StatsDocument::parse(std::string_view text) {
  const auto document = parse_json(text);
  if (!document) return std::unexpected(document.error());

  const json::json_pointer root;
  if (!document->is_object()) {
    return std::unexpected(described(text, {root, "expected an object: endpoint → list of keys"}));
  }
  StatsDocument result;
  for (const auto& [endpoint_name, keys] : document->items()) {
    const auto where = root / endpoint_name;
    if (!keys.is_array()) {
      return std::unexpected(described(text, {where, "expected a list of keys"}));
    }
    auto& endpoint = result.endpoints_[endpoint_name];
    for (std::size_t number = 0; number < keys.size(); ++number) {
      auto stats = read_key(keys[number], where / number);
      if (!stats) return std::unexpected(described(text, stats.error()));
      auto& key = endpoint.key(stats->name);
      key.stats = std::move(*stats);
      key.unknown_fields = unknown_fields_of(keys[number]);
    }
  }
  return result;
}

std::string StatsDocument::text() const {
  ordered_json::object_t document;
  for (const auto& [name, endpoint] : endpoints_) {
    auto keys = ordered_json::array();
    for (const Key& key : endpoint.keys()) {
      keys.push_back(written(key.stats, key.unknown_fields));
    }
    document.emplace_back(name, std::move(keys));
  }
  constexpr int kIndent = 2;
  return ordered_json(std::move(document))
             .dump(kIndent, ' ', false, ordered_json::error_handler_t::replace) +
         '\n';
}

std::vector<EndpointStats> StatsDocument::stats() const {
  std::vector<EndpointStats> all;
  for (const auto& [name, endpoint] : endpoints_) {
    auto& keys = all.emplace_back(EndpointStats{name, {}}).keys;
    for (const Key& key : endpoint.keys()) keys.push_back(key.stats);
  }
  return all;
}

void StatsDocument::put(const std::vector<EndpointStats>& now) {
  for (const auto& [name, keys] : now) {
    auto& endpoint = endpoints_[name];
    for (const KeyStats& key : keys) copy_counts(key, endpoint.stats_of(key.name));
  }
}

void StatsDocument::add(const std::vector<EndpointStats>& before,
                        const std::vector<EndpointStats>& now) {
  std::map<std::pair<std::string_view, std::string_view>, const KeyStats*> counted_before;
  for (const auto& [name, keys] : before) {
    for (const KeyStats& key : keys) counted_before[{name, key.name}] = &key;
  }
  for (const auto& [name, keys] : now) {
    auto& endpoint = endpoints_[name];
    for (const KeyStats& key : keys) {
      const auto known = counted_before.find({name, key.name});
      add_counts(known == counted_before.end() ? nullptr : known->second, key,
                 endpoint.stats_of(key.name));
    }
  }
}

}  // namespace keypool::state
