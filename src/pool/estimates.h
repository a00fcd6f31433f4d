#pragma once

#include <algorithm>
#include <cstdint>

#include "pool/cost.h"
#include "pool/saturate.h"

namespace keypool::pool {

/// How a model's calls turn out against what their callers expect of them.
///
/// A ratio of sums that forget, not a mean of ratios: few large calls weigh as much in a limit as
/// many small ones. It compares with what was asked for, not with what was reserved: that is
/// corrected by the ratio of its time already, and a ratio that learns from its own correction,
/// some hundred calls late, swings for ever.
class Estimates {
 public:
  /// What a call will likely use. 0 tokens: the caller has no idea.
  [[nodiscard]] Cost corrected(std::uint64_t input, std::uint64_t output) const noexcept {
    const auto believed = [](std::uint64_t tokens) {
      return static_cast<double>(std::min(tokens, kMostTokens));
    };
    return {.input = believed(input) * input_.value(),
            .output = output > 0 ? believed(output) * output_.value() : mean_output_};
  }

  void learn(std::uint32_t asked_input, std::uint32_t asked_output, std::uint64_t used_input,
             std::uint64_t used_output) noexcept {
    if (asked_input > 0) input_.learn(asked_input, used_input);
    if (asked_output > 0) {
      output_.learn(asked_output, used_output);
    } else {
      mean_output_ +=
          kStep * (static_cast<double>(std::min(used_output, kMostTokens)) - mean_output_);
    }
  }

 private:
  static constexpr double kStep = 0.02;

  class Ratio {
   public:
    [[nodiscard]] double value() const noexcept { return value_; }

    void learn(std::uint32_t asked, std::uint64_t used) noexcept {
      constexpr double kKept = 0.995;
      constexpr double kMost = 100;  ///< what one call may differ
      const double expected = asked;
      asked_ = asked_ * kKept + expected;
      used_ = used_ * kKept +
              std::min(static_cast<double>(std::min(used, kMostTokens)), expected * kMost);
      value_ = std::max(used_ / asked_, 1 / kMost);
    }

   private:
    double asked_ = 0;
    double used_ = 0;
    double value_ = 1;
  };

  Ratio input_;
  Ratio output_;
  double mean_output_ = 0;  ///< of calls whose callers had no idea
};

}  // namespace keypool::pool
