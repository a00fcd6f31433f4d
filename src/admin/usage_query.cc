#include "admin/usage_query.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "admin/target.h"
#include "provider/calendar.h"

namespace keypool::admin {
namespace {

using state::By;

constexpr std::array kPeriods{By::hour, By::day, By::month};
constexpr std::array kGroups{By::endpoint, By::key, By::model, By::client};
constexpr std::string_view kNoPeriod = "none";
constexpr std::chrono::days kUsualLength{30};

template <std::size_t kSize>
std::optional<By> named(const std::array<By, kSize>& all, std::string_view name) {
  const auto* by =
      std::ranges::find_if(all, [name](By candidate) { return to_string(candidate) == name; });
  if (by == all.end()) return std::nullopt;
  return *by;
}

std::expected<WallTime, std::string> read_time(std::string_view query, std::string_view name,
                                               WallTime otherwise) {
  auto text = query_value(query, name);
  if (!text) return otherwise;
  constexpr std::size_t kDate = std::string_view("2026-11-24").size();
  if (text->size() == kDate) *text += "T00:00:00Z";
  if (const auto time = provider::parse_rfc3339(*text)) return *time;
  return std::unexpected(fmt::format(
      "`{}` takes a day such as 2026-11-24 or a time such as 2026-11-24T13:00:00Z", name));
}

std::expected<std::vector<By>, std::string> read_groups(std::string_view names) {
  std::vector<By> groups;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const auto by = named(kGroups, names.substr(0, comma));
    if (!by) return std::unexpected("`group` takes some of endpoint,key,model,client");
    if (std::ranges::find(groups, *by) == groups.end()) groups.push_back(*by);
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return groups;
}

/// From the hour that `from` is in to the one that `to` ends in or begins.
std::expected<std::pair<state::Hour, state::Hour>, std::string> read_span(std::string_view query,
                                                                          WallTime now) {
  const auto to = read_time(query, "to", now);
  if (!to) return std::unexpected(to.error());
  const auto today = std::chrono::floor<std::chrono::days>(*to);
  const auto from = read_time(query, "from", today - kUsualLength + std::chrono::days(1));
  if (!from) return std::unexpected(from.error());
  if (*from >= *to) return std::unexpected("`from` takes a time before `to`");
  return std::pair(state::hour_of(*from),
                   state::hour_of(std::chrono::ceil<std::chrono::hours>(*to)));
}

}  // namespace

std::expected<UsageQuery, std::string> read_usage_query(std::string_view query, WallTime now) {
  UsageQuery wanted;
  state::UsageQuestion& question = wanted.question;
  const auto span = read_span(query, now);
  if (!span) return std::unexpected(span.error());
  question.from = span->first;
  question.until = span->second;

  const auto period = query_value(query, "by").value_or("day");
  if (period == kNoPeriod) {
    wanted.period = kNoPeriod;
  } else if (const auto by = named(kPeriods, period)) {
    wanted.period = to_string(*by);
    question.by.push_back(*by);
  } else {
    return std::unexpected("`by` takes one of hour, day, month, none");
  }
  auto groups = read_groups(query_value(query, "group").value_or(""));
  if (!groups) return std::unexpected(groups.error());
  wanted.groups = std::move(*groups);
  question.by.insert(question.by.end(), wanted.groups.begin(), wanted.groups.end());
  question.endpoint = query_value(query, "endpoint");
  question.key = query_value(query, "key");
  question.model = query_value(query, "model");
  question.client = query_value(query, "client");

  const auto offset = query_number(query, "offset", 0, INT64_MAX, question.offset);
  if (!offset) return std::unexpected(offset.error());
  question.offset = *offset;
  const auto limit = query_number(query, "limit", 1, kMostUsageRows, wanted.limit);
  if (!limit) return std::unexpected(limit.error());
  wanted.limit = *limit;
  question.most = wanted.limit + 1;
  if (const auto format = query_value(query, "format")) {
    if (*format != "json" && *format != "csv") return std::unexpected("`format` takes json or csv");
    if (*format == "csv") wanted.format = UsageQuery::Format::csv;
  }
  return wanted;
}

}  // namespace keypool::admin
