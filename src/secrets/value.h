#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include <keypool/secret.h>

#include "secrets/wiped_text.h"

namespace keypool::secrets {

/// The most a file of secrets may hold: more than 41,000 of the longest keys in one list.
inline constexpr std::size_t kMaxValueBytes = 16 * 1024 * 1024;

/// The longest single key; what is longer is not one.
inline constexpr std::size_t kMaxKeyBytes = 16 * 1024;

/// Makes a secret of what stood in a variable or a file: without a byte order mark, without white
/// space and one pair of quotes around it, its lines ended by `\n` alone. What could not go into a
/// request's header is refused: the error says why in a few words ("empty", "holds a NUL byte") and
/// never holds a part of the value.
[[nodiscard]] std::expected<Secret, std::string> make_secret(WipedText raw);

}  // namespace keypool::secrets
