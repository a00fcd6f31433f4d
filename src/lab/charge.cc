#include "lab/charge.h"

#include <algorithm>

namespace keypool::lab {

Charge expected_charge(Family family, LimitHeaders style, std::uint64_t input_tokens,
                       std::optional<std::uint64_t> output_cap) {
  const double input = static_cast<double>(input_tokens);
  const double cap = static_cast<double>(output_cap.value_or(0));
  Charge charge{.tokens = input, .input_tokens = input};
  if (family == Family::openai) {
    charge.tokens = style == LimitHeaders::groq ? input + cap : std::max(input, cap);
  }
  return charge;
}

Charge actual_charge(Family family, std::uint64_t input_tokens, std::uint64_t output_tokens) {
  const double input = static_cast<double>(input_tokens);
  const double output = static_cast<double>(output_tokens);
  return {.tokens = family == Family::gemini ? input : input + output,
          .input_tokens = input,
          .output_tokens = output};
}

}  // namespace keypool::lab
