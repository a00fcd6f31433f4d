#include "cli/probe_view.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/figures.h"
#include "cli/table.h"

namespace keypool::cli {
namespace {

Tone tone_of(Finding finding) {
  if (finding == Finding::good) return Tone::good;
  if (finding == Finding::not_asked) return Tone::faint;
  return bad(finding) ? Tone::bad : Tone::warn;
}

/// `500 a minute`, in the unit that the dimension counts.
std::string limit_text(const LimitNotice& notice) {
  const auto unit = [&]() -> std::string_view {
    switch (notice.dimension) {
      case Dimension::requests_per_minute:
        return "rpm";
      case Dimension::tokens_per_minute:
        return "tpm";
      case Dimension::input_tokens_per_minute:
        return "input_tpm";
      case Dimension::output_tokens_per_minute:
        return "output_tpm";
      case Dimension::requests_per_day:
        return "rpd";
      case Dimension::tokens_per_day:
        return "tpd";
    }
    return "";
  }();
  if (!notice.limit) return fmt::format("{} {} left", *notice.remaining, unit);
  const std::string limit = fmt::format("{} {}", short_count(*notice.limit), unit);
  if (!notice.remaining) return limit;
  return fmt::format("{} ({} left)", limit, short_count(*notice.remaining));
}

std::string limits_text(const std::vector<LimitNotice>& limits) {
  std::vector<std::string> texts;
  for (const LimitNotice& notice : limits) {
    if (notice.limit || notice.remaining) texts.push_back(limit_text(notice));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// What to do about it, where something can be done.
std::string_view advice(Finding finding) {
  switch (finding) {
    case Finding::bad_key:
      return "make a new one at the provider, then: keypool secrets put NAME";
    case Finding::depleted:
      return "add credit or raise the spending limit at the provider";
    case Finding::no_access:
      return "it may not list models; it can still be good for what it is restricted to";
    case Finding::overloaded:
    case Finding::server_error:
      return "the provider has trouble; ask again later";
    case Finding::wrong_request:
    case Finding::unreachable:
    case Finding::good:
    case Finding::throttled:
    case Finding::not_asked:
      return "";
  }
  return "";
}

std::string why_text(const Probed& probed) {
  std::string text = probed.why;
  if (probed.retry_after) {
    text +=
        fmt::format("{}again in {}", text.empty() ? "" : ", ", duration_text(*probed.retry_after));
  }
  const std::string_view next = advice(probed.finding);
  if (!next.empty()) text += fmt::format("{}{}", text.empty() ? "" : ": ", next);
  return text;
}

std::string full_name(const ProbedKey& key) {
  return key.key.empty() ? key.endpoint : key.endpoint + "/" + key.key;
}

/// Names of the keys by organization, where one has several.
std::string shared_limits(const std::vector<ProbedKey>& keys) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> by_organization;
  for (const ProbedKey& key : keys) {
    if (key.probed.organization.empty()) continue;
    by_organization[{key.endpoint, key.probed.organization}].push_back(key.key);
  }
  std::string text;
  for (const auto& [of, names] : by_organization) {
    if (names.size() < 2) continue;
    text += fmt::format("{} of {} belong to one organization ({}) and share its limits: {}.\n",
                        counted(names.size(), "key"), of.first, printable(of.second),
                        fmt::join(names, ", "));
  }
  return text;
}

std::string summary(const std::vector<ProbedKey>& keys, const Terminal& terminal) {
  std::vector<std::string> faulty;
  for (const ProbedKey& key : keys) {
    if (bad(key.probed.finding)) faulty.push_back(full_name(key));
  }
  if (faulty.empty()) return paint("Nothing is wrong with them.\n", Tone::good, terminal);
  return paint(fmt::format("Not good: {} of {}: {}.\n", faulty.size(), counted(keys.size(), "key"),
                           fmt::join(faulty, ", ")),
               Tone::bad, terminal);
}

}  // namespace

std::string probe_report(const std::vector<ProbedKey>& keys, const Terminal& terminal) {
  using enum Table::Align;
  Table table({{"ENDPOINT", left, true},
               {"KEY", left, true},
               {"VERDICT"},
               {"ORGANIZATION", left, true},
               {"LIMITS", left, true},
               {"TOOK", right},
               {"WHY", left, true}});
  for (const ProbedKey& key : keys) {
    const Probed& probed = key.probed;
    table.add(
        {{key.endpoint},
         {key.key.empty() ? "needs none" : key.key, key.key.empty() ? Tone::faint : Tone::strong},
         {std::string(to_string(probed.finding)), tone_of(probed.finding)},
         {probed.organization},
         {limits_text(probed.limits)},
         {probed.finding == Finding::not_asked ? "" : duration_text(probed.took), Tone::faint},
         {why_text(probed)}});
  }
  return table.render(terminal) + '\n' + shared_limits(keys) + summary(keys, terminal);
}

nlohmann::json probe_json(const ProbedKey& key) {
  const Probed& probed = key.probed;
  auto limits = nlohmann::json::array();
  for (const LimitNotice& notice : probed.limits) {
    nlohmann::json one{{"dimension", keypool::to_string(notice.dimension)}};
    if (notice.limit) one["limit"] = *notice.limit;
    if (notice.remaining) one["remaining"] = *notice.remaining;
    limits.push_back(std::move(one));
  }
  nlohmann::json json{{"name", key.key},
                      {"verdict", to_string(probed.finding)},
                      {"good", !bad(probed.finding)},
                      {"status", probed.status},
                      {"why", why_text(probed)},
                      {"organization", probed.organization},
                      {"limits", std::move(limits)},
                      {"took_ms", probed.took.count()}};
  if (probed.retry_after) json["retry_after_ms"] = probed.retry_after->count();
  return json;
}

}  // namespace keypool::cli
