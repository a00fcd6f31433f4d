#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <keypool/clock.h>

namespace keypool::cli {

/// What became of calls, and what is under way.
struct CallFigures {
  std::uint64_t answered = 0;
  std::uint64_t refused = 0;
  std::uint64_t broken = 0;
  std::uint64_t hung_up = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t waiting = 0;
  std::uint64_t rate_limits = 0;
  std::uint64_t tokens = 0;  ///< input and output together

  [[nodiscard]] std::uint64_t ended() const noexcept {
    return answered + refused + broken + hung_up;
  }
};

struct EndpointRow {
  std::string name;
  bool keyless = false;
  std::uint64_t keys = 0;
  std::uint64_t ready = 0;
  CallFigures calls;
};

/// What `GET /api/v1/overview` tells; names as there.
struct Overview {
  std::string at;
  std::uint64_t keys = 0;
  std::vector<std::pair<std::string, std::uint64_t>> states;  ///< those that some key is in
  CallFigures calls;
  std::vector<EndpointRow> endpoints;

  [[nodiscard]] std::uint64_t in_state(std::string_view state) const;
};

/// Reads the body of an overview; else what was wrong with it.
[[nodiscard]] std::expected<Overview, std::string> read_overview(std::string_view body);

/// Calls and tokens a second, over the last moments.
class Pace {
 public:
  struct Rates {
    double calls = 0;
    double tokens = 0;
  };

  /// Takes the totals at `now` in. Totals that went down are a new gateway's: the count begins
  /// anew.
  Rates rates(const CallFigures& totals, MonotonicTime now);

 private:
  static constexpr std::chrono::seconds kOver{5};

  struct Moment {
    MonotonicTime at;
    std::uint64_t ended;
    std::uint64_t tokens;
  };
  std::deque<Moment> moments_;
};

}  // namespace keypool::cli
