#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <keypool/key_stats.h>

namespace keypool::state {

/// The content of a stats file: endpoint → keys → counts, the format of the Rust module that
/// keypool grew out of. Fields that this version does not know are kept.
class StatsDocument {
 public:
  /// Reads a file's text. The error gives line, column, the field, and what was expected there.
  [[nodiscard]] static std::expected<StatsDocument, std::string> parse(std::string_view text);

  [[nodiscard]] std::string text() const;

  [[nodiscard]] std::vector<EndpointStats> stats() const;

  /// Puts `now` in the place of what stood here for the same keys; other keys stay.
  void put(const std::vector<EndpointStats>& now);

  /// Adds what was counted between `before` and `now`, both from the same pool. Counts that went
  /// down began anew, from zero.
  void add(const std::vector<EndpointStats>& before, const std::vector<EndpointStats>& now);

 private:
  struct Key {
    KeyStats stats;
    nlohmann::ordered_json unknown_fields = nlohmann::ordered_json::object();
  };

  class Endpoint {
   public:
    [[nodiscard]] KeyStats& stats_of(const std::string& key_name) { return key(key_name).stats; }
    [[nodiscard]] Key& key(const std::string& name);
    [[nodiscard]] const std::vector<Key>& keys() const noexcept { return keys_; }

   private:
    std::vector<Key> keys_;
    std::map<std::string, std::size_t, std::less<>> index_;
  };

  std::map<std::string, Endpoint, std::less<>> endpoints_;
};

}  // namespace keypool::state
