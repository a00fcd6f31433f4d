#include "config/problems.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace keypool::config {

Problems::Problems(std::filesystem::path file) : file_(std::move(file)) {}

void Problems::add(const YamlNode& node, std::string what) {
  if (!refused_.contains(&node)) add(node.place, node.path(), std::move(what));
}

void Problems::add_at_name(const YamlNode& node, std::string what) {
  if (!refused_.contains(&node)) add(node.name_place, node.path(), std::move(what));
}

void Problems::add_missing(const YamlNode& map, std::string_view field, std::string_view expected) {
  if (refused_.contains(&map)) return;
  const auto path = map.path();
  add(map.place, fmt::format("{}{}{}", path, path.empty() ? "" : ".", field),
      fmt::format("missing; expected {}", expected));
}

void Problems::add_at(Place place, std::string what) { add(place, {}, std::move(what)); }

void Problems::refuse(const YamlNode& node, std::string what) {
  add(node, std::move(what));
  refused_.insert(&node);
}

void Problems::refuse_name(const YamlNode& node, std::string what) {
  add_at_name(node, std::move(what));
  refused_.insert(&node);
}

std::vector<Problem> Problems::in_file_order() const {
  auto ordered = problems_;
  std::ranges::stable_sort(ordered, {}, [](const Problem& problem) {
    return std::pair(problem.place.line, problem.place.column);
  });
  if (ordered.size() > kMostShown) {
    const auto more = ordered.size() - kMostShown;
    ordered.resize(kMostShown + 1);
    Problem& last = ordered.back();
    last.field.clear();
    last.expected = fmt::format("{} more mistake{} from here on; mend those above first", more,
                                more == 1 ? "" : "s");
  }
  return ordered;
}

void Problems::add(Place place, std::string field, std::string what) {
  problems_.push_back({file_, place, std::move(field), std::move(what)});
}

}  // namespace keypool::config
