#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lab/scenario.h"
#include "lab/token_bucket.h"

namespace keypool::lab {

/// What limits are counted in.
enum class Dimension { requests, requests_per_day, tokens, input_tokens, output_tokens };

inline constexpr std::size_t kDimensions = 5;

/// What one call costs, or is expected to, where tokens are counted together and apart.
struct Charge {
  double tokens = 0;
  double input_tokens = 0;
  double output_tokens = 0;
};

/// Why a call may not pass: the dimension that has to refill longest.
struct Refusal {
  Dimension dimension = Dimension::requests;
  double limit = 0;  ///< a minute's, or a day's
  double used = 0;   ///< of what may be spent at once
  double requested = 0;
  bool too_large = false;  ///< more than fits at all: waiting does not help
  WorldTime retry_after{0};
};

/// How a dimension stands.
struct Headroom {
  double limit = 0;
  double remaining = 0;  ///< never below zero
  WorldTime full_after{0};
};

/// The limits of one organization for one model, with what is left of them.
///
/// Thread-safety: none.
class Quota {
 public:
  Quota(const Limits& limits, WorldTime now);

  /// Takes a request and the charge, or takes nothing and says why. Where output is counted apart
  /// it is charged when settled; a call passes as long as anything is left.
  [[nodiscard]] std::optional<Refusal> admit(WorldTime now, const Charge& expected);

  /// Corrects an admitted call's charge to what it came to.
  void settle(WorldTime now, const Charge& expected, const Charge& actual);

  void change(WorldTime now, const Limits& limits);

  /// Nothing where there is no such limit.
  [[nodiscard]] std::optional<Headroom> headroom(WorldTime now, Dimension dimension) const;

 private:
  struct Meter {
    double limit;
    TokenBucket bucket;
  };

  void set(WorldTime now, Dimension dimension, std::uint64_t limit, double capacity,
           double per_second);
  std::optional<Meter>& meter(Dimension dimension) {
    return meters_[static_cast<std::size_t>(dimension)];
  }

  std::array<std::optional<Meter>, kDimensions> meters_;
};

/// An account with the provider: its keys share these limits, each model's apart.
///
/// Thread-safety: none.
class Organization {
 public:
  explicit Organization(ModelLimits limits) : limits_(std::move(limits)) {}

  /// The model's quota; null where nothing limits it. Valid as long as the organization.
  [[nodiscard]] Quota* quota(std::string_view model, WorldTime now);

  void change(WorldTime now, ModelLimits limits);

 private:
  [[nodiscard]] const Limits* limits_for(std::string_view model) const;

  ModelLimits limits_;
  std::map<std::string, Quota, std::less<>> quotas_;
};

}  // namespace keypool::lab
