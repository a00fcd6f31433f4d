#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <keypool/standing.h>

namespace keypool::state {

/// What was found of one key as JSON on one line, its name left out; what it has not is not there.
///
///     {"refused":{"reason":"401 revoked","since":1795525200000,"in_a_row":2},
///      "lanes":[{"model":"gpt-4.1","limits":[{"dimension":"requests_per_minute",
///                "source":"learned","limit":480}]}]}
///
/// Times are Unix milliseconds.
[[nodiscard]] std::string standing_text(const KeyStanding& standing);

/// The same back; nothing for what is no such text. Words that this version does not know are left
/// out, with what they say.
[[nodiscard]] std::optional<KeyStanding> read_standing(std::string_view key, std::string_view text);

}  // namespace keypool::state
