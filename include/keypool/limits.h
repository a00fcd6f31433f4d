#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keypool {

/// What providers limit. Minutes and days are rolling: what is used comes back at a steady pace.
enum class Dimension : std::uint8_t {
  requests_per_minute,
  tokens_per_minute,  ///< input and output together
  input_tokens_per_minute,
  output_tokens_per_minute,
  requests_per_day,
  tokens_per_day,
};

inline constexpr std::size_t kDimensions = 6;

[[nodiscard]] std::string_view to_string(Dimension dimension) noexcept;

/// The limits of one lane, by dimension; 0: none known.
struct Limits {
  std::array<std::uint64_t, kDimensions> most{};

  [[nodiscard]] std::uint64_t& operator[](Dimension dimension) noexcept {
    return most[static_cast<std::size_t>(dimension)];
  }
  [[nodiscard]] std::uint64_t operator[](Dimension dimension) const noexcept {
    return most[static_cast<std::size_t>(dimension)];
  }

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// What an answer's headers say about one dimension of the lane that it was asked on.
struct LimitNotice {
  Dimension dimension;
  std::optional<std::uint64_t> limit = {};      ///< 0: never allowed on this plan
  std::optional<std::uint64_t> remaining = {};  ///< after the call that was answered
};

/// How a pool knows a limit. A better source is never overruled by a worse one.
enum class LimitSource : std::uint8_t {
  none,
  learned,  ///< from what was used between two refused calls; raised again by single calls that
            ///< are sent in spite of it
  configured,
  reported,  ///< by the provider's own headers
};

[[nodiscard]] std::string_view to_string(LimitSource source) noexcept;

}  // namespace keypool
