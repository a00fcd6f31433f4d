#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/key_stats.h>

namespace keypool::admin {

/// What a list of keys is sorted by.
enum class SortKeysBy {
  registration,
  name,
  state,
  headroom,
  load,
  in_flight,
  requests,
  rate_limits,
  failures,
  tokens,
  latency,
  until,
};

/// Which keys are asked for, in which order, and which page of them.
struct KeyQuery {
  std::string endpoint;          ///< empty: every endpoint's
  std::vector<KeyState> states;  ///< empty: any
  std::string search;            ///< lower case; part of the name or of the reason
  SortKeysBy sort = SortKeysBy::registration;
  bool descending = false;
  std::size_t offset = 0;
  std::size_t limit = 100;
};

inline constexpr std::size_t kMostKeysAPage = 100'000;

/// Reads `endpoint=…&state=…,…&search=…&sort=…&order=…&offset=…&limit=…`. Else a sentence that
/// names the parameter and what it takes.
[[nodiscard]] std::expected<KeyQuery, std::string> read_key_query(std::string_view query);

/// In ASCII.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace keypool::admin
