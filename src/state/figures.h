#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keypool::state {

/// What the ledger counts, each spelled as in the file, in JSON and in CSV. A try that a key was
/// leased for is one request, and ends as one of the first five.
enum class Figure : std::uint8_t {
  succeeded,
  rate_limited,  ///< a limit was reached, or no credit was left
  refused,       ///< the provider would not do it: the request's own fault, or the key's
  failed,        ///< the provider did not answer, broke off, or was overloaded
  hung_up,       ///< the client left before the end
  estimated,     ///< of those above: tokens are our estimate
  input_tokens,  ///< cached ones included
  cached_tokens,
  cache_write_tokens,
  cache_write_1h_tokens,
  audio_input_tokens,
  output_tokens,  ///< reasoning included
  reasoning_tokens,
  audio_output_tokens,
  cost_micro_usd,
};

inline constexpr std::size_t kFigures = 15;

[[nodiscard]] std::string_view to_string(Figure figure) noexcept;

/// One number for each figure.
struct Figures {
  std::array<std::uint64_t, kFigures> of{};

  [[nodiscard]] std::uint64_t& operator[](Figure figure) noexcept {
    return of[static_cast<std::size_t>(figure)];
  }
  [[nodiscard]] std::uint64_t operator[](Figure figure) const noexcept {
    return of[static_cast<std::size_t>(figure)];
  }

  Figures& operator+=(const Figures& other) noexcept {
    for (std::size_t at = 0; at < kFigures; ++at) of[at] += other.of[at];
    return *this;
  }

  [[nodiscard]] std::uint64_t requests() const noexcept {
    return (*this)[Figure::succeeded] + (*this)[Figure::rate_limited] + (*this)[Figure::refused] +
           (*this)[Figure::failed] + (*this)[Figure::hung_up];
  }
  [[nodiscard]] std::uint64_t tokens() const noexcept {
    return (*this)[Figure::input_tokens] + (*this)[Figure::output_tokens];
  }

  friend bool operator==(const Figures&, const Figures&) = default;
};

}  // namespace keypool::state
