#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <keypool/secret.h>

namespace keypool::pool {

/// One key of a resolved variable.
struct ListedKey {
  std::string name;
  Secret secret;
};

/// The keys that `value` holds. A value with a comma or a line break inside is a list and makes
/// `NAME[0]`, `NAME[1]`, …: items are trimmed, and an empty one leaves a gap in the numbers. Any
/// other value is one key under the plain name; an empty one is none.
[[nodiscard]] std::vector<ListedKey> split_keys(std::string_view name, std::string_view value);

}  // namespace keypool::pool
