#include "lab/checked_yaml.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/duration.h"

namespace keypool::lab {
namespace {

std::string shown(const YAML::Node& node) {
  constexpr std::size_t kMost = 40;
  if (node.IsSequence()) return "a list";
  if (node.IsMap()) return "an object";
  if (!node.IsScalar()) return "nothing";
  const std::string& text = node.Scalar();
  return "\"" + (text.size() > kMost ? text.substr(0, kMost) + "…" : text) + "\"";
}

template <typename Number>
std::optional<Number> number_in(const YAML::Node& node) {
  if (!node.IsScalar()) return std::nullopt;
  const std::string& text = node.Scalar();
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void Problems::add(const YAML::Mark& mark, std::string_view path, std::string_view what) {
  if (!text_.empty()) text_.push_back('\n');
  const std::string field = path.empty() ? std::string{} : std::string(path) + ": ";
  text_ += fmt::format("{}:{}:{}: {}{}", file_, mark.line + 1, mark.column + 1, field, what);
}

void read(const Place& place, std::string& out) {
  if (!place.node.IsScalar()) {
    place.complain("expected a text, got " + shown(place.node));
    return;
  }
  out = place.node.Scalar();
}

void read(const Place& place, std::uint64_t& out) {
  if (const auto number = number_in<std::uint64_t>(place.node)) {
    out = *number;
  } else {
    place.complain("expected a whole number, got " + shown(place.node));
  }
}

void read(const Place& place, double& out) {
  const auto number = number_in<double>(place.node);
  if (number && std::isfinite(*number) && *number >= 0) {
    out = *number;
  } else {
    place.complain("expected a number, 0 or more, got " + shown(place.node));
  }
}

void read(const Place& place, std::chrono::milliseconds& out) {
  const auto duration = place.node.IsScalar() ? parse_duration(place.node.Scalar()) : std::nullopt;
  if (duration) {
    out = *duration;
  } else {
    place.complain("expected a duration such as 300ms, 5s or 2m, got " + shown(place.node));
  }
}

std::vector<Place> items_of(const Place& list) {
  if (!list.node.IsSequence()) return {list};
  return list_at(list);
}

std::vector<Place> list_at(const Place& list) {
  std::vector<Place> items;
  if (!list.node.IsSequence()) {
    list.complain("expected a list, got " + shown(list.node));
    return items;
  }
  for (std::size_t i = 0; i < list.node.size(); ++i) {
    items.push_back({list.node[i], fmt::format("{}[{}]", list.path, i), list.problems});
  }
  return items;
}

Fields::Fields(const Place& object) : object_(object) {
  if (!object.node.IsMap()) {
    object.complain("expected an object, got " + shown(object.node));
    object_.node = YAML::Node(YAML::NodeType::Map);
  }
}

std::optional<Place> Fields::find(std::string_view name) {
  asked_.emplace_back(name);
  const YAML::Node value = std::as_const(object_.node)[std::string(name)];
  if (!value.IsDefined()) return std::nullopt;
  const std::string path =
      object_.path.empty() ? std::string(name) : fmt::format("{}.{}", object_.path, name);
  return Place{value, path, object_.problems};
}

void Fields::finish() const {
  std::vector<std::string> seen;
  for (const auto& field : object_.node) {
    const std::string name = field.first.IsScalar() ? field.first.Scalar() : "?";
    const Place place{field.first, object_.path.empty() ? name : object_.path + "." + name,
                      object_.problems};
    if (std::ranges::find(asked_, name) == asked_.end()) {
      place.complain(fmt::format("unknown field; known here are {}", fmt::join(asked_, ", ")));
    } else if (std::ranges::find(seen, name) != seen.end()) {
      place.complain("given twice");
    }
    seen.push_back(name);
  }
}

}  // namespace keypool::lab
