#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// Collects what is wrong with a file.
class Problems {
 public:
  static constexpr std::size_t kMostShown = 50;

  explicit Problems(std::filesystem::path file);

  /// Something is wrong with the value of `node`.
  void add(const YamlNode& node, std::string what);

  /// Something is wrong with the name of `node`, a field of a map.
  void add_at_name(const YamlNode& node, std::string what);

  /// `map` lacks a field.
  void add_missing(const YamlNode& map, std::string_view field, std::string_view expected);

  /// Something is wrong that is no value's.
  void add_at(Place place, std::string what);

  /// As `add` or `add_at_name`, the last word on `node`: what is added about it later is left out.
  void refuse(const YamlNode& node, std::string what);
  void refuse_name(const YamlNode& node, std::string what);

  [[nodiscard]] bool empty() const noexcept { return problems_.empty(); }

  /// In the order in which they stand in the file: all of them, or the first kMostShown and one
  /// that says how many more there are.
  [[nodiscard]] std::vector<Problem> in_file_order() const;

 private:
  void add(Place place, std::string field, std::string what);

  std::filesystem::path file_;
  std::vector<Problem> problems_;
  std::set<const YamlNode*> refused_;
};

}  // namespace keypool::config
