#include "config/yaml_node.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/shown.h"

namespace keypool::config {

const YamlNode* YamlNode::field(std::string_view field_name) const noexcept {
  if (kind != YamlKind::map) return nullptr;
  const auto found = std::ranges::find(children, field_name, &YamlNode::name);
  return found == children.end() ? nullptr : *found;
}

std::string YamlNode::path() const {
  if (parent == nullptr) return {};
  const auto before = parent->path();
  if (parent->kind == YamlKind::list) return fmt::format("{}[{}]", before, number);
  return fmt::format("{}{}{}", before, before.empty() ? "" : ".", shown_name(name));
}

}  // namespace keypool::config
