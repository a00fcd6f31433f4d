#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/table.h"

namespace keypool::cli {

/// The limit of a key that has the least left, in proportion.
struct TightestRoom {
  double share_left = 0;  ///< 0: nothing, 1: all of it
  std::string dimension;  ///< `requests_per_minute`, as the API calls it
  double left = 0;
  double limit = 0;
};

/// A key as the admin API tells of it; names as there.
struct KeyRow {
  std::string endpoint;
  std::string name;
  std::string state;
  std::string reason;
  std::optional<std::chrono::milliseconds> ready_in;
  std::uint64_t in_flight = 0;
  std::uint64_t total_requests = 0;
  std::uint64_t successes = 0;
  std::uint64_t rate_limits = 0;
  std::uint64_t tokens = 0;  ///< input and output together
  double window_load = 0;
  std::optional<TightestRoom> headroom = {};  ///< nothing: no limit is known
};

/// A page of keys.
struct KeyPage {
  std::vector<KeyRow> keys;
  std::size_t total = 0;  ///< keys that were asked for, on this page and beyond
};

/// Reads the body of `GET /api/v1/keys`; else what was wrong with it.
[[nodiscard]] std::expected<KeyPage, std::string> key_page(std::string_view body);

/// What a state means to the reader.
[[nodiscard]] Tone tone_of(std::string_view state) noexcept;

[[nodiscard]] Table key_table(const std::vector<KeyRow>& keys);

}  // namespace keypool::cli
