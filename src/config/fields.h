#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "config/problems.h"
#include "config/shown.h"
#include "config/suggest.h"
#include "config/yaml_node.h"

namespace keypool::config {

enum class Presence {
  required,
  optional,
  not_yet,  ///< named by the contract, its feature not built: refused, never ignored
};

/// One field of a map: all that the parser, and a reference of the configuration, know about it.
template <class Target>
struct Field {
  /// Puts the value of `node` into `target`. False: it is not what was `expected`. A reader that
  /// has more to say than that adds its own problem and returns true.
  using Read = bool (*)(const YamlNode& node, Target& target, Problems& problems);

  std::string_view name;
  Presence presence;
  std::string_view expected;  ///< `a duration such as 60s`
  Read read = nullptr;        ///< null for a field that is not yet supported
};

template <class Target, std::size_t Count>
std::string names_of(const std::array<Field<Target>, Count>& fields) {
  std::string names;
  for (const auto& field : fields) {
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return names;
}

inline std::string described(const YamlNode& node) {
  switch (node.kind) {
    case YamlKind::null:
      return "nothing";
    case YamlKind::scalar:
      return shown(node.text);
    case YamlKind::list:
      return "a list";
    case YamlKind::map:
      return "a map";
  }
  return {};
}

/// Reads a map by the table of its fields: each is read, or refused as unknown, misspelled, not yet
/// supported or missing.
template <class Target, std::size_t Count>
void read_map(const YamlNode& node, const std::array<Field<Target>, Count>& fields, Target& target,
              Problems& problems) {
  if (node.kind != YamlKind::map) {
    problems.add(node, fmt::format("expected a map of the fields {}, got {}", names_of(fields),
                                   described(node)));
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& field : fields) names.push_back(field.name);

  for (const YamlNode* child : node.children) {
    const auto field =
        std::find_if(fields.begin(), fields.end(),
                     [child](const Field<Target>& known) { return known.name == child->name; });
    if (field == fields.end()) {
      auto advice = did_you_mean(child->name, names);
      if (advice.empty()) advice = fmt::format("; known here: {}", names_of(fields));
      problems.add_at_name(*child, fmt::format("unknown field{}", advice));
    } else if (field->presence == Presence::not_yet) {
      problems.add_at_name(*child, "not yet supported by this version; leave the field out");
    } else if (!field->read(*child, target, problems)) {
      problems.add(*child, fmt::format("expected {}, got {}", field->expected, described(*child)));
    }
  }
  for (const auto& field : fields) {
    if (field.presence == Presence::required && node.field(field.name) == nullptr) {
      problems.add_missing(node, field.name, field.expected);
    }
  }
}

}  // namespace keypool::config
