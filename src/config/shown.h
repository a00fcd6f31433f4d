#pragma once

#include <string>
#include <string_view>

namespace keypool::config {

/// A value from the file as a message may repeat it: in quotes, shortened, control characters
/// replaced; what looks like a secret is not repeated at all.
[[nodiscard]] std::string shown(std::string_view value);

/// As `shown`, without quotes: the name of a field.
[[nodiscard]] std::string shown_name(std::string_view name);

}  // namespace keypool::config
