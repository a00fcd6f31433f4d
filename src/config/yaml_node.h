#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace keypool::config {

enum class YamlKind { null, scalar, list, map };

/// One value of a YAML file, with where it stands.
struct YamlNode {
  YamlKind kind = YamlKind::null;
  Place place;
  std::string text;  ///< of a scalar, without its quotes

  std::string name;        ///< in a map: the field's name
  Place name_place;        ///< in a map: where the name stands
  std::size_t number = 0;  ///< in a list: which item, from 0

  const YamlNode* parent = nullptr;
  std::vector<const YamlNode*> children;  ///< fields of a map, items of a list, in file order

  /// The field called `field_name`; null when there is none.
  [[nodiscard]] const YamlNode* field(std::string_view field_name) const noexcept;

  /// `endpoints[0].keys[1].group`, fit for a message; empty for the root.
  [[nodiscard]] std::string path() const;
};

/// A file's values. The nodes point at each other and stay where they are when the document is
/// moved.
class YamlDocument {
 public:
  /// Null for a file that holds nothing.
  [[nodiscard]] const YamlNode* root() const noexcept {
    return nodes_.empty() ? nullptr : &nodes_.front();
  }

  YamlNode& add() { return nodes_.emplace_back(); }

 private:
  std::deque<YamlNode> nodes_;
};

}  // namespace keypool::config
