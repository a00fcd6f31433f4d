#include "lab/report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace keypool::lab {
namespace {

using Json = nlohmann::ordered_json;

std::string shown(std::chrono::milliseconds wait) {
  return fmt::format("{:.2f} s", static_cast<double>(wait.count()) / 1000);
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Json as_json(const Outcome& outcome) {
  Json keys = Json::array();
  for (const KeyShare& key : outcome.keys) {
    keys.push_back({{"name", key.name}, {"served", key.served}, {"refused", key.refused}});
  }
  Json slices = Json::array();
  for (const Slice& slice : outcome.slices) {
    slices.push_back({{"offered", slice.offered},
                      {"served", slice.served},
                      {"failed", slice.failed},
                      {"refused", slice.refused},
                      {"wait_p99_ms", slice.wait_p99.count()}});
  }
  return {{"name", outcome.name},
          {"offered", outcome.offered},
          {"served", outcome.served},
          {"failed", outcome.failed},
          {"failed_share", outcome.failed_share()},
          {"refused", outcome.refused},
          {"refused_per_thousand", outcome.refused_per_thousand()},
          {"wait_ms",
           {{"p50", outcome.wait_p50.count()},
            {"p99", outcome.wait_p99.count()},
            {"max", outcome.wait_max.count()}}},
          {"followed_share", share_of(outcome.followed, outcome.followers)},
          {"keys", std::move(keys)},
          {"slice_seconds", std::chrono::duration<double>(outcome.slice_length).count()},
          {"slices", std::move(slices)}};
}

}  // namespace

std::string to_table(const std::vector<Outcome>& outcomes) {
  std::size_t width = 10;
  for (const Outcome& outcome : outcomes) width = std::max(width, outcome.name.size());
  const bool conversations =
      std::ranges::any_of(outcomes, [](const Outcome& outcome) { return outcome.followers > 0; });

  std::string table =
      fmt::format("{:<{}} {:>9} {:>9} {:>9} {:>10} {:>10} {:>12}", "", width, "SERVED", "FAILED",
                  "FAILED %", "WAIT P50", "WAIT P99", "429 / 1000");
  table += conversations ? fmt::format(" {:>10}\n", "FOLLOWED") : "\n";
  for (const Outcome& outcome : outcomes) {
    table += fmt::format("{:<{}} {:>9} {:>9} {:>9.2f} {:>10} {:>10} {:>12.2f}", outcome.name, width,
                         outcome.served, outcome.failed, 100 * outcome.failed_share(),
                         shown(outcome.wait_p50), shown(outcome.wait_p99),
                         outcome.refused_per_thousand());
    table += conversations
                 ? fmt::format(" {:>8.1f} %\n", 100 * share_of(outcome.followed, outcome.followers))
                 : "\n";
  }
  return table;
}

std::string to_json(const std::vector<Outcome>& outcomes) {
  Json all = Json::array();
  for (const Outcome& outcome : outcomes) all.push_back(as_json(outcome));
  return Json{{"outcomes", std::move(all)}}.dump(2) + "\n";
}

}  // namespace keypool::lab
