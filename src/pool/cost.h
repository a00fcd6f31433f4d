#pragma once

#include <cstdint>

#include <keypool/limits.h>

namespace keypool::pool {

/// What a call takes from its lane's limits, as estimated or as it turned out.
struct Cost {
  double calls = 1;
  double input = 0;
  double output = 0;

  [[nodiscard]] double tokens() const noexcept { return input + output; }

  [[nodiscard]] double in(Dimension dimension) const noexcept {
    switch (dimension) {
      case Dimension::requests_per_minute:
      case Dimension::requests_per_day:
        return calls;
      case Dimension::tokens_per_minute:
      case Dimension::tokens_per_day:
        return input + output;
      case Dimension::input_tokens_per_minute:
        return input;
      case Dimension::output_tokens_per_minute:
        return output;
    }
    return 0;
  }

  Cost& operator+=(const Cost& other) noexcept {
    calls += other.calls;
    input += other.input;
    output += other.output;
    return *this;
  }
  Cost& operator-=(const Cost& other) noexcept {
    calls -= other.calls;
    input -= other.input;
    output -= other.output;
    return *this;
  }
};

}  // namespace keypool::pool
