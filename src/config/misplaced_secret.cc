#include "config/misplaced_secret.h"

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "secrets/key_shape.h"

namespace keypool::config {
namespace {

std::string how_to_store(std::string_view what, std::string_view name) {
  return fmt::format(
      "looks like {}. Secrets never stand in this file: put it into the environment or ~/.car/env "
      "as {}=…, and list the name {} under `keys`",
      what, name, name);
}

std::string how_to_store(const secrets::KeyShape& shape) {
  const bool vowel =
      std::string_view("AEIOUaeiou").find(shape.provider.front()) != std::string_view::npos;
  return how_to_store(fmt::format("{} {} key", vowel ? "an" : "a", shape.provider), shape.variable);
}

}  // namespace

void refuse_secrets(const YamlNode& node, Problems& problems) {
  if (const auto shape = secrets::key_shape(node.name)) {
    problems.refuse_name(node, how_to_store(*shape));
  } else if (const auto value_shape = secrets::key_shape(node.text)) {
    problems.refuse(node, how_to_store(*value_shape));
  }
  for (const YamlNode* child : node.children) refuse_secrets(*child, problems);
}

bool refuse_random(const YamlNode& node, Problems& problems) {
  if (!secrets::looks_random(node.text)) return false;
  problems.refuse(node, how_to_store("a secret", "TEAM_KEY"));
  return true;
}

}  // namespace keypool::config
