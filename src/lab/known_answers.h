#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/answer.h"
#include "lab/scenario.h"

namespace keypool::lab {

/// An answer as a provider is known to give it, byte for byte: what `says` names in a scenario
/// file. Named after who says it and what: `groq.request_too_large`.
struct KnownAnswer {
  std::string_view name;
  int status = 200;
  std::string_view headers = {};  ///< lines of `name: value`; none: JSON without any other
  std::string_view body = {};
  std::uint64_t input_tokens = 0;  ///< what the body says it cost, cached input included
  std::uint64_t output_tokens = 0;
  std::uint64_t repeats = 1;  ///< how often the body's `@` is said: long lines are made, not kept
};

/// Errors, as whole answers.
[[nodiscard]] std::span<const KnownAnswer> known_refusals() noexcept;
/// Good answers, and streams of every kind, good or not.
[[nodiscard]] std::span<const KnownAnswer> known_streams() noexcept;

/// Null: there is none of this name.
[[nodiscard]] const KnownAnswer* known_answer(std::string_view name) noexcept;

[[nodiscard]] http::Answer to_answer(const KnownAnswer& known);

/// Makes the fault say it.
void say(const KnownAnswer& known, Fault& fault);

}  // namespace keypool::lab
