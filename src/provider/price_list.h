#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "provider/prices.h"

namespace keypool::provider {

/// When in the day a price holds, in UTC.
enum class Hours : std::uint8_t {
  all,
  peak,      ///< 01:00–04:00 and 06:00–10:00 (DeepSeek)
  off_peak,  ///< the rest
};

/// One row of the price list.
struct ListedPrice {
  /// The endpoint's name in known.cc whose price this is. Empty: a model that only its maker sells,
  /// at one price everywhere.
  std::string_view provider;
  std::string_view model;
  Price price;

  /// From this input on the whole call costs `long_price`; 0: never.
  std::uint64_t long_from = 0;
  Price long_price = {};

  Hours hours = Hours::all;
  std::chrono::sys_days from = {};                             ///< the first day it holds
  std::chrono::sys_days until = std::chrono::sys_days::max();  ///< the first it no longer does
};

[[nodiscard]] std::span<const ListedPrice> price_list() noexcept;

}  // namespace keypool::provider
