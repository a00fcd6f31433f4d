#include "admin/key_query.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <ranges>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/snapshot.h"
#include "admin/target.h"

namespace keypool::admin {
namespace {

constexpr auto kSorts = std::to_array<std::pair<std::string_view, SortKeysBy>>({
    {"registration", SortKeysBy::registration},
    {"name", SortKeysBy::name},
    {"state", SortKeysBy::state},
    {"headroom", SortKeysBy::headroom},
    {"load", SortKeysBy::load},
    {"in_flight", SortKeysBy::in_flight},
    {"requests", SortKeysBy::requests},
    {"rate_limits", SortKeysBy::rate_limits},
    {"failures", SortKeysBy::failures},
    {"tokens", SortKeysBy::tokens},
    {"latency", SortKeysBy::latency},
    {"until", SortKeysBy::until},
});

std::optional<KeyState> state_named(std::string_view name) {
  const auto state = std::ranges::find_if(
      kKeyStates, [name](KeyState candidate) { return to_string(candidate) == name; });
  if (state == kKeyStates.end()) return std::nullopt;
  return *state;
}

std::expected<std::vector<KeyState>, std::string> read_states(std::string_view names) {
  std::vector<KeyState> states;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const auto state = state_named(names.substr(0, comma));
    if (!state) {
      const auto all =
          kKeyStates | std::views::transform([](KeyState one) { return to_string(one); });
      return std::unexpected(
          fmt::format("`state` takes some of {}", fmt::join(all.begin(), all.end(), ",")));
    }
    states.push_back(*state);
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return states;
}

std::expected<SortKeysBy, std::string> read_sort(std::string_view name) {
  const auto sort = std::ranges::find(kSorts, name, [](const auto& known) { return known.first; });
  if (sort != kSorts.end()) return sort->second;
  const auto all = kSorts | std::views::keys;
  return std::unexpected(
      fmt::format("`sort` takes one of {}", fmt::join(all.begin(), all.end(), ", ")));
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::expected<KeyQuery, std::string> read_key_query(std::string_view query) {
  KeyQuery wanted;
  if (auto endpoint = query_value(query, "endpoint")) wanted.endpoint = std::move(*endpoint);
  if (const auto search = query_value(query, "search")) wanted.search = lower_case(*search);
  if (const auto names = query_value(query, "state")) {
    auto states = read_states(*names);
    if (!states) return std::unexpected(std::move(states.error()));
    wanted.states = std::move(*states);
  }
  if (const auto name = query_value(query, "sort")) {
    const auto sort = read_sort(*name);
    if (!sort) return std::unexpected(sort.error());
    wanted.sort = *sort;
  }
  if (const auto order = query_value(query, "order")) {
    if (*order != "asc" && *order != "desc") return std::unexpected("`order` takes asc or desc");
    wanted.descending = *order == "desc";
  }
  const auto offset = query_number(query, "offset", 0, SIZE_MAX, wanted.offset);
  if (!offset) return std::unexpected(offset.error());
  wanted.offset = *offset;
  const auto limit = query_number(query, "limit", 1, kMostKeysAPage, wanted.limit);
  if (!limit) return std::unexpected(limit.error());
  wanted.limit = *limit;
  return wanted;
}

}  // namespace keypool::admin
