#pragma once

#include <cstdint>
#include <optional>

#include "lab/question.h"
#include "lab/quota.h"
#include "lab/scenario.h"

namespace keypool::lab {

/// What a provider family sets aside for a call before it knows the answer's length (providers'
/// docs, read 2026-11): OpenAI the larger of question and output cap, Groq both, Anthropic the
/// question, Gemini the question, which alone counts there.
[[nodiscard]] Charge expected_charge(Family family, LimitHeaders style, std::uint64_t input_tokens,
                                     std::optional<std::uint64_t> output_cap);

/// What the call came to.
[[nodiscard]] Charge actual_charge(Family family, std::uint64_t input_tokens,
                                   std::uint64_t output_tokens);

}  // namespace keypool::lab
